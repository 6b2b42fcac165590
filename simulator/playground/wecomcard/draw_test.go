package wecomcard

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options know two persons; the name of one is an attack.
func options() Options {
	known := map[string]Person{"LiLei": {"li.lei", "李雷"}, "evil": {`"><script>`, `<script>alert("名")</script>`}}
	return Options{Prefix: "m1", Who: func(ref string) (Person, bool) { p, ok := known[ref]; return p, ok }}
}

// TestDraw compares every card in testdata with its golden drawing.
func TestDraw(t *testing.T) {
	t.Parallel()
	cards, err := filepath.Glob("testdata/*.card.json")
	if err != nil || len(cards) < 13 {
		t.Fatalf("%d cards, %v", len(cards), err)
	}
	for _, path := range cards {
		name := strings.TrimSuffix(filepath.Base(path), ".card.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			drawn, err := Draw(raw, options())
			if err != nil {
				t.Fatal(err)
			}
			safe(t, string(drawn))
			got := lineByLine(string(drawn))
			golden := filepath.Join("testdata", name+".want.html")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lineByLine puts a line break before each element, so that a golden's diff can be read.
func lineByLine(html string) string {
	return strings.TrimSpace(regexp.MustCompile(`\s*<([a-z])`).ReplaceAllString(html, "\n<$1")) + "\n"
}

var (
	tag       = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[-a-zA-Z]+(?:="[^"<>]*")?)*)\s*/?>`)
	attribute = regexp.MustCompile(`([-a-zA-Z]+)(?:="([^"]*)")?`)
)

// safe checks a drawing: only known elements and attributes, links to the web only, and all of it balanced.
func safe(t *testing.T, html string) {
	t.Helper()
	elements := " a blockquote button code dd details div dl dt fieldset form h3 header input label legend option p select span strong summary "
	attributes := " class id for name type value role hidden disabled selected checked novalidate autocomplete href target rel "
	var open []string
	for _, m := range tag.FindAllStringSubmatch(html, -1) {
		name := m[2]
		if !strings.Contains(elements, " "+name+" ") {
			t.Errorf("element %s", m[0])
		}
		for _, a := range attribute.FindAllStringSubmatch(m[3], -1) {
			known := strings.HasPrefix(a[1], "data-") || strings.HasPrefix(a[1], "aria-") || strings.Contains(attributes, " "+a[1]+" ")
			link := a[1] == "href" || a[1] == "data-url"
			if !known || strings.HasPrefix(a[1], "on") || link && !strings.HasPrefix(strings.ToLower(a[2]), "http") {
				t.Errorf("attribute %s in %s", a[0], m[0])
			}
		}
		switch {
		case name == "input":
		case m[1] == "":
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("%s closes %v", m[0], open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("left open: %v", open)
	}
	if rest := tag.ReplaceAllString(html, ""); strings.Contains(rest, "<") {
		t.Errorf("a bare < in %q", rest)
	}
}

func TestDrawRefuses(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{``, `null`, `[]`, `"x"`, `{`, `{} {}`, `{}`, `{"msgtype":"text"}`, `{"msgtype":"text","text":"x"}`, `{"template_card":1}`} {
		if html, err := Draw(json.RawMessage(raw), Options{}); !errors.Is(err, ErrNotCard) {
			t.Errorf("Draw(%q) = %q, %v; want ErrNotCard", raw, html, err)
		}
	}
	if _, err := Draw(json.RawMessage(`{"msgtype":"miniprogram_notice","miniprogram_notice":{"title":"会议室预订"}}`), Options{}); err != nil {
		t.Errorf("a kind without a drawing of its own: %v", err)
	}
}

// TestDrawBounds: lists and texts far beyond all limits are cut.
func TestDrawBounds(t *testing.T) {
	t.Parallel()
	rows := strings.TrimSuffix(strings.Repeat(`{"keyname":"k","value":"v"},`, 5000), ",")
	words, _ := json.Marshal(strings.Repeat("长\n", 50_000))
	for _, raw := range []string{`{"card_type":"text_notice","horizontal_content_list":[` + rows + `]}`, `{"msgtype":"markdown","markdown":{"content":` + string(words) + `}}`} {
		html, err := Draw(json.RawMessage(raw), Options{})
		if err != nil || len(html) > 40_000 {
			t.Errorf("%v, %d bytes", err, len(html))
		}
		safe(t, string(html))
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"msgtype":"template_card","template_card":{"card_type":"text_notice","main_title":{"title":"题"}}}`: "题",
		`{"card_type":"text_notice","sub_title_text":"副题"}`:                                                  "副题",
		`{"msgtype":"markdown","markdown":{"content":"\n# **题** 目"}}`:                                        "题 目",
		`{"msgtype":"news","news":{"articles":[{"title":"头条"}]}}`:                                            "头条",
		`{}`: "[卡片]", `broken`: "[卡片]", `{"card_type":"text_notice"}`: "[卡片]",
	} {
		if got := Summary(json.RawMessage(raw)); got != want {
			t.Errorf("Summary(%s) = %q, want %q", raw, got, want)
		}
	}
}

// FuzzDraw: whatever the JSON, the drawing does not panic and is safe.
func FuzzDraw(f *testing.F) {
	cards, err := filepath.Glob("testdata/*.card.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range cards {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if html, err := Draw(raw, options()); err == nil {
			safe(t, string(html))
		}
	})
}

// FuzzWords: whatever the text, in all dialects, no character of it is lost where there is no mark.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"**a**", "<font color=info>**x</font>**", "<@all>", "[a](<b)", "> # x", "<div class=gray>x</div><br/>", "<a href=x>y</a>", "\x00<", "****", "<font color=\"info\"></font>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := &builder{o: options()}
		for _, l := range [][]line{b.markdown(s, true), b.markdown(s, false), textLines(s), cardLines(s)} {
			raw, _ := json.Marshal(s)
			_ = l
			if html, err := Draw(json.RawMessage(`{"msgtype":"markdown","markdown":{"content":`+string(raw)+`}}`), options()); err == nil {
				safe(t, string(html))
			}
		}
		if !strings.ContainsAny(s, "*`[<>#\r\n") && len(s) <= maxText {
			if got := b.markdown(s, false)[0]; got.Kind == "p" && got.Pieces[0].Text != s {
				t.Errorf("%q became %q", s, got.Pieces[0].Text)
			}
		}
	})
}
