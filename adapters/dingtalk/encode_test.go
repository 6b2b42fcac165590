package dingtalk

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/card"
)

func testPlatform(templates ...string) *Platform {
	cfg := testConfig()
	cfg.Templates = map[string]Template{}
	for _, name := range templates {
		cfg.Templates[name] = Template{ID: name + ".schema", Version: shipped[name].Version}
	}
	return newPlatform(cfg, adapters.Env{})
}

// goldenCard is what a card comes to in one setting.
type goldenCard struct {
	Kind   string          `json:"kind"`
	Body   json.RawMessage `json:"body"`
	Losses []card.Loss     `json:"losses,omitempty"`
}

// Each card of testdata/cards, drawn with both templates, with the plain one, and with none.
func TestGoldenCards(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cards/*.card.json")
	if err != nil || len(files) < 5 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".card.json"), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c card.Card
			if err := json.Unmarshal(b, &c); err != nil {
				t.Fatal(err)
			}
			got := map[string]goldenCard{}
			for name, p := range map[string]*Platform{
				"templates": testPlatform(templateCard, templateForm), "card only": testPlatform(templateCard), "none": testPlatform(),
			} {
				w, losses, err := p.EncodeCard(c, adapters.EncodeOptions{})
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got[name] = goldenCard{w.Kind, short(t, w), losses}
			}
			if err := adapterstest.CompareJSON(strings.TrimSuffix(file, ".card.json")+".want.json", got); err != nil {
				t.Error(err)
			}
		})
	}
}

// short leaves the empty variables of a template out.
func short(t *testing.T, w adapters.Wire) json.RawMessage {
	t.Helper()
	if w.Kind != WireTemplate {
		return w.Body
	}
	var d drawnCard
	if err := json.Unmarshal(w.Body, &d); err != nil {
		t.Fatal(err)
	}
	for k, v := range d.Data.Map {
		if !shipped[d.Template].known[k] {
			t.Errorf("the template %s declares no variable %s", d.Template, k)
		}
		if v == "" {
			delete(d.Data.Map, k)
		}
	}
	b, err := marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The variables that a template is drawn with are all of its own, and every ${…} in it is declared.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, f := range TemplateFiles() {
		own := shipped[f.Name]
		if f.Version < 1 || own.Format != "magpie-dingtalk-template/1" || len(own.Components) < 10 {
			t.Errorf("%s: version %d, format %q, %d components", f.Name, f.Version, own.Format, len(own.Components))
		}
		for _, c := range own.Components {
			for _, part := range strings.Split(string(c), "${")[1:] {
				name, _, ok := strings.Cut(part, "}")
				if !ok || !own.known[name] {
					t.Errorf("%s: %s names %q, which is not declared", f.Name, c, name)
				}
			}
			if strings.Contains(string(c), `"tv"`) && !strings.Contains(string(c), fmt.Sprintf(`"tv": "%d"`, f.Version)) {
				t.Errorf("%s: a button does not tell the version %d: %s", f.Name, f.Version, c)
			}
		}
	}
	for _, name := range shipped[templateCard].public {
		if !shipped[templateForm].known[name] {
			t.Errorf("the template form lacks %s, which card has: a card with a form could not lose its form", name)
		}
	}
}

func genText(t *rapid.T, label string, max int) string {
	n := rapid.IntRange(1, max).Draw(t, label+" length")
	words := []string{"采购", "**x**", "[a](http://x)", "<b>", "_", "\\", "#", "- ", "1. ", "很长的内容", "\n", "🐦", "`", "~"}
	var b strings.Builder
	for range n {
		b.WriteString(rapid.SampledFrom(words).Draw(t, label))
	}
	return "字" + b.String()
}

func genButton(t *rapid.T, i int) card.Button {
	b := card.Button{Label: card.T(fmt.Sprintf("按钮%d号", i)), Verb: fmt.Sprintf("verb%d", i), Token: "token", Style: rapid.SampledFrom([]card.Style{"", card.StylePrimary, card.StyleDanger}).Draw(t, "style")}
	if rapid.Bool().Draw(t, "page") {
		b.Page = fmt.Sprintf("https://bot.example.com/m/%d", i)
	}
	if rapid.IntRange(0, 9).Draw(t, "big") == 0 {
		b.Data = map[string]string{"blob": strings.Repeat("x", 1200)}
	}
	if rapid.IntRange(0, 4).Draw(t, "link") == 0 {
		b.Verb, b.Token, b.Page, b.Data, b.URL = "", "", "", nil, fmt.Sprintf("https://example.com/%d", i)
	}
	return b
}

// Whatever is on a card, each of its actions is drawn: as a button, as a link to its page with a loss, or as a word
// to reply with, with a loss. Nothing is larger than DingTalk takes.
func TestNoActionDisappears(t *testing.T) {
	t.Parallel()
	platforms := []*Platform{testPlatform(templateCard, templateForm), testPlatform(templateCard), testPlatform()}
	rapid.Check(t, func(t *rapid.T) {
		c := card.Card{Slot: "inst-1/boss", Rev: 3, Title: card.T(genText(t, "title", 30)), Summary: card.T(genText(t, "summary", 30))}
		if rapid.Bool().Draw(t, "link of the card") {
			c.Link = "https://bot.example.com/m/card"
		}
		for range rapid.IntRange(0, 12).Draw(t, "elements") {
			switch rapid.IntRange(0, 3).Draw(t, "element") {
			case 0:
				c.Body = append(c.Body, &card.Markdown{Text: card.T(genText(t, "markdown", 300))})
			case 1:
				c.Body = append(c.Body, &card.Note{Text: card.T(genText(t, "note", 100))})
			case 2:
				c.Body = append(c.Body, &card.Fields{Items: []card.Field{{Label: card.T("项"), Value: card.T(genText(t, "value", 100))}}})
			default:
				c.Body = append(c.Body, &card.Image{URL: "https://example.com/a.png"})
			}
		}
		n := 0
		button := func() card.Button { n++; return genButton(t, n) }
		for range rapid.IntRange(0, 12).Draw(t, "buttons") {
			c.Actions = append(c.Actions, button())
		}
		if rapid.Bool().Draw(t, "form") {
			f := &card.Form{ID: "f", Submit: card.Button{Label: card.T("按钮0号"), Verb: "submit", Token: "token"}}
			kinds := []card.InputKind{card.InputText, card.InputLongText, card.InputNumber, card.InputSelect, card.InputMultiSelect, card.InputPerson, card.InputDate, card.InputDateTime, card.InputBool}
			for i := range rapid.IntRange(1, 6).Draw(t, "inputs") {
				in := card.Input{Name: fmt.Sprintf("in%d", i), Label: card.T("字段"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
				if in.Kind == card.InputSelect || in.Kind == card.InputMultiSelect {
					in.Options = []card.Option{{Value: "1", Label: card.T("一")}}
				}
				f.Inputs = append(f.Inputs, in)
			}
			for range rapid.IntRange(0, 3).Draw(t, "others") {
				b := button()
				if b.URL == "" {
					f.Others = append(f.Others, b)
				}
			}
			c.Body = append(c.Body, f)
		}
		for i, p := range platforms {
			for level := 0; level <= levelLinks; level++ {
				w, losses, err := p.EncodeCard(c, adapters.EncodeOptions{Level: level})
				if err != nil {
					t.Fatalf("platform %d, level %d: %v", i, level, err)
				}
				checkDrawn(t, &c, w, losses)
			}
		}
	})
}

func checkDrawn(t *rapid.T, c *card.Card, w adapters.Wire, losses []card.Loss) {
	interactions := 0
	for _, l := range losses {
		if l.Severity == card.Interaction {
			interactions++
		}
	}
	var text string
	pressed, linked := map[string]bool{}, map[string]string{}
	if w.Kind == WireTemplate {
		var d drawnCard
		if err := json.Unmarshal(w.Body, &d); err != nil {
			t.Fatal(err)
		}
		for k, v := range d.Data.Map {
			if len(v) > maxValue {
				t.Fatalf("%s has %d bytes", k, len(v))
			}
			if !shipped[d.Template].known[k] {
				t.Fatalf("%s is not declared", k)
			}
			switch {
			case strings.HasPrefix(k, "btn") && strings.HasSuffix(k, "_value") && v != "":
				var in carried
				if json.Unmarshal([]byte(v), &in) != nil || in.Slot != c.Slot || in.Rev != c.Rev || in.Token == "" {
					t.Fatalf("%s carries %s", k, v)
				}
				pressed[in.Verb] = d.Data.Map[strings.TrimSuffix(k, "_value")+"_text"] != ""
			case strings.HasPrefix(k, "link") && strings.HasSuffix(k, "_url") && v != "":
				linked[d.Data.Map[strings.TrimSuffix(k, "_url")+"_text"]] = v
			case strings.HasPrefix(k, "body"):
				text += v + "\n"
			}
		}
		if len(w.Body) > maxPayload {
			t.Fatalf("%d bytes", len(w.Body))
		}
	} else {
		m, err := readContent(w)
		if err != nil || len(w.Body) > maxMsgParam {
			t.Fatalf("%d bytes, %v", len(w.Body), err)
		}
		for _, b := range linksOf(m) {
			linked[b.label] = b.url
		}
		text = m.Param["text"]
	}
	look := func(b card.Button) {
		label := b.Label.Default
		switch {
		case pressed[b.Verb] && b.Verb != "", linked[label] != "":
		case strings.Contains(text, "["+label+"]("):
		case b.URL == "" && interactions > 0 && strings.Contains(text, "回复 ") && strings.Contains(text, label):
		default:
			t.Fatalf("the button %s has disappeared from %s", label, w.Body)
		}
		if b.Verb != "" && !pressed[b.Verb] && interactions == 0 {
			t.Fatalf("the button %s is no button any more, and nothing says so", label)
		}
	}
	for _, b := range c.Actions {
		look(b)
	}
	for _, el := range c.Body {
		if f, ok := el.(*card.Form); ok {
			for _, b := range append([]card.Button{f.Submit}, f.Others...) {
				look(b)
			}
		}
	}
}

// What a person typed stays what it is.
func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"3*4=12": `3\*4=12`, "[x](http://evil.example)": `\[x\](http://evil.example)`, "# 标题": `\# 标题`, "- 一": `\- 一`, "1. 一": `1\. 一`,
		"snake_case": "snake_case", "_x_": `\_x\_`, "<font color=red>": `\<font color=red>`, "a\\b": `a\\b`, "3.14": `3\.14`, "¥300.00": "¥300.00", "x - y": "x - y",
	} {
		if got := escapeMD(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
