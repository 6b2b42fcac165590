package feishu

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// hostile are texts that try to be more than texts.
var hostile = []string{
	"<at id=all></at>", "<at id=ou_evil></at>", "</font>", "**", "__", "~~", "`", "```\n", "[x](https://evil.example)",
	"<https://evil.example>", "https://evil.example", "www.evil.example", "\n# 标题", "\n- ", "\n1. ", "\n> ", "\n---\n", "\n===\n",
	"| a | b |\n|---|---|\n", "    ", "\t", ":OK:", "&lt;", "&#60;", "$x$", "\\", "\\*", "<font color='red'>", "<b>", "![i](img_x)",
	"韩梅梅", "采购 10:32", "a_b_c", "\u202e", "\u200b", "\x00", "\r\n", "😀", "“引号”", "(", ")", "\"", "'", "{", "}", "<!-- ", "-->",
	"[@x](person:ou_evil)", "[^1]: x", "\xff\xfe", "+ ", "10. ", "*", "_",
}

func hostileText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostile), rapid.String()), 0, 8).Draw(t, "parts")
		return strings.Join(parts, "")
	})
}

var commonMark = goldmark.New(goldmark.WithExtensions(extension.GFM))

// Characters that are taken out must not hide from the escaping what comes to stand together.
func TestHiddenCharactersHideNoMark(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"\u202e+ x": "&#43; x", "+\u202e x": "&#43; x", "\x00# x": "&#35; x", "1\u2066. x": "1&#46; x", "ww\u202ew.x": "www&#46;x", "a\r\n- b": "a\n&#45; b",
	} {
		if got := escapeMD(src); got != want {
			t.Errorf("%q became %q, want %q", src, got, want)
		}
	}
}

// TestEscapedTextIsText checks escapeMD with a CommonMark parser that also knows tables, strikes and
// automatic links: whatever a person wrote is paragraphs of text, and the same text.
func TestEscapedTextIsText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := hostileText().Draw(t, "text")
		md := escapeMD(src)
		doc := commonMark.Parser().Parse(text.NewReader([]byte(md)))
		var seen strings.Builder
		_ = ast.Walk(doc, func(n ast.Node, enter bool) (ast.WalkStatus, error) {
			if !enter {
				return ast.WalkContinue, nil
			}
			switch n := n.(type) {
			case *ast.Document, *ast.Paragraph:
			case *ast.Text:
				seen.Write(n.Segment.Value([]byte(md)))
			case *ast.String:
				seen.Write(n.Value)
			case *ast.AutoLink:
				// A mail address is linked by GFM only.
				if n.AutoLinkType != ast.AutoLinkEmail {
					t.Fatalf("%q became a link: %q", src, md)
				}
				seen.Write(n.Label([]byte(md)))
			default:
				t.Fatalf("%q became %s: %q", src, n.Kind(), md)
			}
			return ast.WalkContinue, nil
		})
		if got, want := letters(html.UnescapeString(seen.String())), letters(src); got != want {
			t.Fatalf("text %q, was %q, drawn %q", got, want, md)
		}
		if strings.ContainsAny(md, "<>*_~`[]|$") {
			t.Fatalf("markup left in %q", md)
		}
	})
}

// letters leaves out what escaping may change or drop: blanks, controls, marks of direction.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == 0xa0 || r == 0xfffd || isBidi(r) || r >= 0x80 && r < 0xa0 || strings.ContainsRune(blanks, r) {
			return -1
		}
		return r
	}, s)
}

// blanks of Unicode that a parser may trim at the ends of lines.
const blanks = "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u0085\ufeff"

// TestPersonsTextInMarkdown checks the whole way of a person's text into markup: escaped for the neutral
// subset by a template, drawn by us, it is still only text.
func TestPersonsTextInMarkdown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := hostileText().Draw(t, "text")
		md, _ := drawMarkdown("**申请人：**"+card.EscapeMarkdown(src)+" [@李雷](person:ou_li)", false, 1<<20)
		if n := strings.Count(md, "<"); n != 2 || !strings.HasSuffix(md, "<at id=ou_li></at>") {
			t.Fatalf("%q was drawn as %q", src, md)
		}
		if strings.Contains(md, "](") {
			t.Fatalf("%q became a link: %q", src, md)
		}
	})
}

// ourTags is every piece of markup that the encoder writes itself.
var (
	ourTags = regexp.MustCompile(`<font color='(grey|red)'>|</font>|<at id=ou_[a-z0-9]+></at>`)
	anyTag  = regexp.MustCompile(`</?[A-Za-z]`)
)

// TestRandomCards draws random cards at every level: always something that the strict checker accepts, with
// every action, and with no tag in it that the encoder did not write.
func TestRandomCards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := randomCard(t)
		if err := c.Validate(); err != nil {
			t.Fatalf("the generator makes bad cards: %v", err)
		}
		checkDrawn(t, c)
	})
}

type fataler interface {
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

func checkDrawn(t fataler, c *card.Card) {
	for level := 0; level <= maxLevel; level++ {
		w, losses, err := encodeCard(*c, adapters.EncodeOptions{Level: level})
		if err != nil {
			if strings.Contains(err.Error(), "nothing left but its actions") && actionWeight(c) > 20000 {
				return
			}
			t.Fatalf("level %d: %v", level, err)
		}
		again, _, _ := encodeCard(*c, adapters.EncodeOptions{Level: level})
		if string(again.Body) != string(w.Body) {
			t.Fatalf("level %d: drawn differently the second time", level)
		}
		if len(c.Ext) == 0 {
			if ps := checkStrict(w.Body); len(ps) > 0 {
				t.Fatalf("level %d: %s\n%s", level, strings.Join(ps, "\n"), w.Body)
			}
		}
		checkActions(t, c, w.Body, losses)
		var root any
		if err := json.Unmarshal(w.Body, &root); err != nil {
			t.Fatalf("level %d: %v", level, err)
		}
		walk(root, func(m map[string]any) {
			if m["tag"] != "markdown" {
				return
			}
			texts := []any{m["content"]}
			if all, ok := m["i18n_content"].(map[string]any); ok {
				for _, x := range all {
					texts = append(texts, x)
				}
			}
			for _, x := range texts {
				s, _ := x.(string)
				if tag := anyTag.FindString(ourTags.ReplaceAllString(s, "")); tag != "" {
					t.Fatalf("level %d: a tag of somebody else's in %q", level, s)
				}
			}
		})
	}
}

// actionWeight estimates what can't be left out of a card.
func actionWeight(c *card.Card) int {
	n := 0
	add := func(b card.Button) { n += len(toJSON(b)) + 2*len(c.Slot) + 200 }
	for _, b := range c.Actions {
		add(b)
	}
	for _, el := range c.Body {
		if f, ok := el.(*card.Form); ok {
			add(f.Submit)
			for _, b := range f.Others {
				add(b)
			}
			if c.Link == "" {
				n += len(toJSON(f))
			}
		}
	}
	return n
}

func randomCard(t *rapid.T) *card.Card {
	g := &cardGen{t: t}
	c := &card.Card{
		Slot: "i/s", Rev: rapid.Int64Range(0, 99).Draw(t, "rev"), Title: g.need(), Summary: g.need(),
		Tone: rapid.SampledFrom([]card.Tone{"", card.Info, card.Success, card.Warning, card.Danger}).Draw(t, "tone"),
		Lang: rapid.SampledFrom([][]string{nil, {"zh-CN"}, {"zh-CN", "en-US"}, {"en-US", "zh-CN", "ja-JP"}}).Draw(t, "lang"),
	}
	if rapid.Bool().Draw(t, "status") {
		c.Status = g.need()
	}
	if rapid.Bool().Draw(t, "link") {
		c.Link = "https://bot.example.com/m"
	}
	for range rapid.IntRange(0, 12).Draw(t, "body") {
		c.Body = append(c.Body, g.element(0))
	}
	for range rapid.IntRange(0, 6).Draw(t, "actions") {
		c.Actions = append(c.Actions, g.button(true))
	}
	return c
}

type cardGen struct {
	t *rapid.T
	n int
}

func (g *cardGen) id(p string) string { g.n++; return fmt.Sprintf("%s%d", p, g.n) }

func (g *cardGen) text() card.Text {
	s := hostileText().Draw(g.t, "text")
	if rapid.IntRange(0, 29).Draw(g.t, "long") == 0 {
		s += strings.Repeat("长文本 <at id=all></at> ", rapid.IntRange(0, 800).Draw(g.t, "times"))
	}
	tx := card.Text{Default: s}
	if s != "" && rapid.IntRange(0, 3).Draw(g.t, "i18n") == 0 {
		tx.I18n = map[string]string{"en-US": hostileText().Draw(g.t, "en")}
	}
	return tx
}

func (g *cardGen) need() card.Text {
	tx := g.text()
	tx.Default += "文"
	return tx
}

func (g *cardGen) button(open bool) card.Button {
	b := card.Button{Label: g.need(), Style: rapid.SampledFrom([]card.Style{"", card.StylePrimary, card.StyleDanger}).Draw(g.t, "style")}
	if open && rapid.IntRange(0, 4).Draw(g.t, "url") == 0 {
		b.URL = "https://bot.example.com/" + g.id("p")
		return b
	}
	b.Verb, b.Token = rapid.SampledFrom([]string{"approve", "reject", "a.b-c"}).Draw(g.t, "verb"), g.id("tok")
	if rapid.Bool().Draw(g.t, "data") {
		b.Data = map[string]string{"k": hostileText().Draw(g.t, "v")}
	}
	if rapid.Bool().Draw(g.t, "confirm") {
		b.Confirm = &card.Confirm{Title: g.need(), Body: g.text()}
	}
	return b
}

func (g *cardGen) body(depth int) card.Elements {
	var es card.Elements
	for range rapid.IntRange(0, 3).Draw(g.t, "inner") {
		es = append(es, g.element(depth))
	}
	return es
}

func (g *cardGen) element(depth int) card.Element {
	kinds := []string{"markdown", "note", "divider", "fields", "image", "people", "progress"}
	if depth < 4 {
		kinds = append(kinds, "columns", "collapse")
	}
	if depth == 0 {
		kinds = append(kinds, "table", "form")
	}
	switch rapid.SampledFrom(kinds).Draw(g.t, "kind") {
	case "markdown":
		return &card.Markdown{Text: g.need()}
	case "note":
		return &card.Note{Text: g.need()}
	case "fields":
		f := &card.Fields{}
		for range rapid.IntRange(1, 12).Draw(g.t, "fields") {
			f.Items = append(f.Items, card.Field{Label: g.need(), Value: g.text(), Short: rapid.Bool().Draw(g.t, "short")})
		}
		return f
	case "image":
		im := &card.Image{Desc: g.text()}
		if rapid.Bool().Draw(g.t, "key") {
			im.Key = "img_1"
		} else {
			im.URL = "https://cdn.example.com/a"
		}
		return im
	case "people":
		p := &card.People{Label: g.text()}
		for range rapid.IntRange(0, 5).Draw(g.t, "persons") {
			q := card.Person{Name: g.need().Default}
			if rapid.Bool().Draw(g.t, "ref") {
				q.Ref = event.Ref{Scope: event.Scope{Platform: Name}, Kind: event.RefUser, ID: rapid.SampledFrom([]string{"ou_1", "all", "a b", "ou_<"}).Draw(g.t, "id")}
			}
			p.Persons = append(p.Persons, q)
		}
		return p
	case "progress":
		p := &card.Progress{}
		for range rapid.IntRange(1, 6).Draw(g.t, "steps") {
			p.Steps = append(p.Steps, card.Step{Name: g.need(), Note: g.text()})
		}
		p.Current = rapid.IntRange(0, len(p.Steps)).Draw(g.t, "current")
		return p
	case "columns":
		c := &card.Columns{}
		for range rapid.IntRange(1, 3).Draw(g.t, "boxes") {
			c.Items = append(c.Items, card.ColumnBox{Weight: rapid.IntRange(0, 5).Draw(g.t, "weight"), Body: g.body(depth + 1)})
		}
		return c
	case "collapse":
		return &card.Collapse{Title: g.need(), Body: g.body(depth + 1)}
	case "table":
		tb := &card.Table{}
		for range rapid.IntRange(1, 5).Draw(g.t, "cols") {
			tb.Cols = append(tb.Cols, card.Column{Name: g.id("c"), Label: g.text(), Right: rapid.Bool().Draw(g.t, "right")})
		}
		for range rapid.IntRange(0, 20).Draw(g.t, "rows") {
			row := make([]card.Text, len(tb.Cols))
			for i := range row {
				row[i] = g.text()
			}
			tb.Rows = append(tb.Rows, row)
		}
		return tb
	case "form":
		return g.form()
	}
	return &card.Divider{}
}

func (g *cardGen) form() *card.Form {
	f := &card.Form{ID: g.id("f"), Submit: g.button(false), Problem: g.text(), Fold: g.text()}
	for range rapid.IntRange(1, 6).Draw(g.t, "inputs") {
		in := card.Input{Name: g.id("i"), Label: g.need(), Placeholder: g.text(), Required: rapid.Bool().Draw(g.t, "required"),
			Max: rapid.SampledFrom([]int{0, 5, 5000}).Draw(g.t, "max"),
			Kind: rapid.SampledFrom([]card.InputKind{card.InputText, card.InputLongText, card.InputNumber, card.InputSelect, card.InputMultiSelect,
				card.InputPerson, card.InputPeople, card.InputDate, card.InputDateTime, card.InputBool}).Draw(g.t, "input")}
		if in.Kind == card.InputSelect || in.Kind == card.InputMultiSelect {
			for range rapid.IntRange(1, 8).Draw(g.t, "options") {
				in.Options = append(in.Options, card.Option{Value: g.id("v"), Label: g.need()})
			}
		}
		if in.Kind == card.InputText {
			in.Default = event.Text(hostileText().Draw(g.t, "default"))
		}
		if in.Kind == card.InputDate {
			in.Default = event.Value{Kind: event.ValueDate, Text: rapid.SampledFrom([]string{"2026-01-02", "morgen"}).Draw(g.t, "date")}
		}
		f.Inputs = append(f.Inputs, in)
	}
	for range rapid.IntRange(0, 2).Draw(g.t, "others") {
		f.Others = append(f.Others, g.button(false))
	}
	return f
}

// FuzzEncodeCard draws whatever card can be read from JSON, seeded by the goldens.
func FuzzEncodeCard(f *testing.F) {
	files, _ := filepath.Glob("testdata/cards/*.card.json")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var c card.Card
		if json.Unmarshal(b, &c) != nil || c.Validate() != nil {
			return
		}
		checkFuzzed(t, &c)
	})
}

// checkFuzzed is what holds for any valid card, those with author's tricks included.
func checkFuzzed(t *testing.T, c *card.Card) {
	for level := 0; level <= maxLevel; level++ {
		w, losses, err := encodeCard(*c, adapters.EncodeOptions{Level: level})
		if err != nil {
			if actionWeight(c) < 10000 {
				t.Fatalf("level %d: %v", level, err)
			}
			continue
		}
		if len(w.Body) > maxCardBytes || !json.Valid(w.Body) {
			t.Fatalf("level %d: %d bytes", level, len(w.Body))
		}
		if len(c.Ext) == 0 {
			if ps := checkStrict(w.Body); len(ps) > 0 {
				t.Fatalf("level %d: %s\n%s", level, strings.Join(ps, "\n"), w.Body)
			}
		}
		checkActions(t, c, w.Body, losses)
	}
}
