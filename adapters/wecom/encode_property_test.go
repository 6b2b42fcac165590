package wecom

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// hostile are texts that try to be more than texts.
var hostile = []string{
	"<at>", "**", "[x](https://evil.example)", "\n# 标题", "$userName=boss$", "<@all>", "&lt;", "]]>", "\\u0041", "\u202e", "\u2028", "\x00", "\r\n", "\xff",
	"😀", "韩梅梅", "采购 10:32", strings.Repeat("很长", 60), "\"", "'", "{", "%2F", "&a=b", "=",
}

func someText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return "文" + strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostile), rapid.String()), 0, 5).Draw(t, "parts"), "")
	})
}

// randomCard makes any card that is valid.
func randomCard(t *rapid.T) *card.Card {
	text := func() card.Text { return card.T(someText().Draw(t, "text")) }
	page := func(n int) string {
		return rapid.SampledFrom([]string{"", fmt.Sprintf("https://bot.example.com/m/a/%d?x=1&y=2", n), "https://bot.example.com/" + strings.Repeat("p", 2100)}).Draw(t, "page")
	}
	n := 0
	button := func(acts bool) card.Button {
		n++
		b := card.Button{Label: text(), Style: rapid.SampledFrom([]card.Style{"", card.StylePrimary, card.StyleDanger}).Draw(t, "style")}
		if !acts && rapid.Bool().Draw(t, "opens") {
			b.URL = fmt.Sprintf("https://bot.example.com/x/%d", n)
			return b
		}
		b.Verb, b.Token, b.Page = rapid.SampledFrom([]string{"approve", "reject", "x.y-z"}).Draw(t, "verb"), "tok", page(n)
		if rapid.Bool().Draw(t, "data") {
			b.Data = map[string]string{"k": rapid.SampledFrom([]string{"1", "中文 &=", strings.Repeat("长", 400)}).Draw(t, "value")}
		}
		if rapid.Bool().Draw(t, "asks") {
			b.Confirm = &card.Confirm{Title: card.T("确定？")}
		}
		return b
	}
	c := &card.Card{
		Slot: rapid.SampledFrom([]string{"", "inst/boss"}).Draw(t, "slot"), Rev: int64(rapid.IntRange(0, 9).Draw(t, "rev")), Title: text(), Summary: text(),
		Status: card.Text{Default: rapid.SampledFrom([]string{"", "待审批", strings.Repeat("状态", 30)}).Draw(t, "status")},
		Tone:   rapid.SampledFrom([]card.Tone{"", card.Info, card.Success, card.Danger}).Draw(t, "tone"), Link: page(0),
	}
	form := false
	for range rapid.IntRange(0, 6).Draw(t, "elements") {
		switch rapid.IntRange(0, 8).Draw(t, "kind") {
		case 0:
			c.Body = append(c.Body, &card.Markdown{Text: text()})
		case 1:
			c.Body = append(c.Body, &card.Fields{Items: []card.Field{{Label: text(), Value: text()}, {Label: card.T("金额"), Value: card.T("1")}}})
		case 2:
			c.Body = append(c.Body, &card.Image{URL: "https://bot.example.com/a.png", Desc: text()})
		case 3:
			c.Body = append(c.Body, &card.Table{Cols: []card.Column{{Name: "a", Label: text()}}, Rows: [][]card.Text{{text()}}})
		case 4:
			c.Body = append(c.Body, &card.People{Label: card.T("人"), Persons: []card.Person{{Name: "李", Ref: event.Ref{Scope: event.Scope{Platform: Name}, Kind: event.RefUser, ID: "li"}}, {Name: "王"}}})
		case 5:
			c.Body = append(c.Body, &card.Progress{Steps: []card.Step{{Name: text(), Note: text()}}})
		case 6:
			c.Body = append(c.Body, &card.Collapse{Title: text(), Body: card.Elements{&card.Note{Text: text()}}})
		default:
			if form {
				continue
			}
			form = true
			f := &card.Form{ID: "f", Submit: button(true)}
			if rapid.IntRange(0, 3).Draw(t, "folded") == 0 {
				f.Fold = text()
			}
			for i := range rapid.IntRange(1, 4).Draw(t, "inputs") {
				in := card.Input{Name: fmt.Sprint("in", i), Label: text(), Required: rapid.Bool().Draw(t, "required"),
					Kind: rapid.SampledFrom([]card.InputKind{card.InputSelect, card.InputSelect, card.InputMultiSelect, card.InputBool, card.InputText, card.InputDate}).Draw(t, "input")}
				if in.Kind == card.InputSelect || in.Kind == card.InputMultiSelect {
					for o := range rapid.IntRange(1, 24).Draw(t, "options") {
						in.Options = append(in.Options, card.Option{Value: fmt.Sprint("o", o), Label: text()})
					}
				}
				f.Inputs = append(f.Inputs, in)
			}
			for range rapid.IntRange(0, 2).Draw(t, "others") {
				f.Others = append(f.Others, button(true))
			}
			c.Body = append(c.Body, f)
		}
	}
	for range rapid.IntRange(0, 14).Draw(t, "actions") {
		c.Actions = append(c.Actions, button(false))
	}
	return c
}

// TestRandomCards draws random cards for every target at every level: always something that the second reading of
// the vendor's limits accepts, drawn the same twice, and no action disappears: it is a press that brings back
// what was put in, or an address, or an Interaction loss says where it went.
func TestRandomCards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := randomCard(t)
		if err := c.Validate(); err != nil {
			t.Skip("not a card: " + err.Error())
		}
		for _, to := range []target{toPerson, toRobot, toPush, asChange} {
			for level := 0; level <= maxLevel; level++ {
				o := adapters.EncodeOptions{Level: level}
				d, err := draw(*c, o, to)
				if err != nil {
					t.Fatalf("target %d, level %d: %v", to, level, err)
				}
				again, _ := draw(*c, o, to)
				if fmt.Sprint(d) != fmt.Sprint(again) {
					t.Fatal("drawn differently the second time")
				}
				if d.kind == "text" {
					if len(d.text) > maxText || to == asChange || strings.Contains(d.text, "\x00") {
						t.Fatalf("target %d: text of %d bytes", to, len(d.text))
					}
					if len(c.Choices()) > 0 && !said(d.losses, "") && to != toPush {
						t.Fatalf("actions became text without a word: %v", d.losses)
					}
					continue
				}
				body, err := marshal(d.card)
				if err != nil {
					t.Fatal(err)
				}
				if ps := checkStrict(body); len(ps) > 0 {
					t.Fatalf("target %d, level %d: %s\n%s", to, level, strings.Join(ps, "\n"), body)
				}
				checkActions(t, c, d, body)
			}
		}
	})
}

// checkActions looks for every action of a card.
func checkActions(t *rapid.T, c *card.Card, d drawn, body []byte) {
	var keys, addresses []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				if s, ok := x.(string); ok && k == "key" {
					keys = append(keys, s)
				} else if ok && k == "url" {
					addresses = append(addresses, s)
				}
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	var root any
	if err := json.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	walk(root)
	find := func(path string, b card.Button) {
		if said(d.losses, path) {
			return
		}
		if b.URL != "" {
			for _, a := range addresses {
				if a == b.URL {
					return
				}
			}
			t.Fatalf("the address of %s has disappeared: %s", path, body)
		}
		for _, k := range keys {
			var a event.Action
			readKey(&a, k)
			if a.Slot == c.Slot && a.Rev == c.Rev && a.Verb == b.Verb && a.Token == b.Token && fmt.Sprint(a.Data) == fmt.Sprint(b.Data) {
				return
			}
		}
		t.Fatalf("%s (%s) has disappeared without a word: %v\n%s", path, b.Verb, d.losses, body)
	}
	for i, el := range c.Body {
		if f, ok := el.(*card.Form); ok {
			p := fmt.Sprintf("body[%d]", i)
			if said(d.losses, p) {
				continue // the form as a whole went to its page
			}
			find(p+".submit", f.Submit)
			for j, b := range f.Others {
				find(fmt.Sprintf("%s.others[%d]", p, j), b)
			}
		}
	}
	for i, b := range c.Actions {
		find(fmt.Sprintf("actions[%d]", i), b)
	}
	for _, a := range addresses {
		if u, err := url.Parse(a); err != nil || u.Host == "" {
			t.Fatalf("address %q", a)
		}
	}
}

// said reports whether an Interaction loss names a path; "" is any.
func said(losses []card.Loss, path string) bool {
	for _, l := range losses {
		if l.Severity == card.Interaction && (path == "" || l.Path == path) {
			return true
		}
	}
	return false
}
