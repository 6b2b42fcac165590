package dingtalkcard

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

// TestDraw compares every card in testdata with its golden drawing.
func TestDraw(t *testing.T) {
	t.Parallel()
	cards, err := filepath.Glob("testdata/*.card.json")
	if err != nil || len(cards) < 9 {
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
			drawn, err := Draw(raw, Options{Prefix: "m1"})
			if err != nil {
				t.Fatal(err)
			}
			safe(t, string(drawn))
			got := lines(string(drawn))
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

// lines puts a line break before each element, so that a golden's diff can be read.
func lines(html string) string {
	return strings.TrimSpace(regexp.MustCompile(`\s*<([a-z])`).ReplaceAllString(html, "\n<$1")) + "\n"
}

var (
	tag       = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[-a-zA-Z]+(?:="[^"<>]*")?)*)\s*/?>`)
	attribute = regexp.MustCompile(`([-a-zA-Z]+)(?:="([^"]*)")?`)
	void      = map[string]bool{"br": true, "hr": true, "input": true}
)

// safe checks a drawing: only known elements and attributes, links to the web only, and all of it balanced.
func safe(t *testing.T, html string) {
	t.Helper()
	elements := " a blockquote br button dd div dl dt em form h1 h2 h3 h4 h5 h6 header hr input label li ol option p select span strong textarea ul "
	attributes := " class id for name type value rows placeholder maxlength role hidden disabled selected checked novalidate autocomplete start href target rel required "
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
		case void[name]:
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
	for _, raw := range []string{``, `null`, `[]`, `"x"`, `{`, `{} {}`, `{}`, `{"template":1}`, `{"todo":[]}`} {
		if html, err := Draw(json.RawMessage(raw), Options{}); !errors.Is(err, ErrNotCard) {
			t.Errorf("Draw(%q) = %q, %v; want ErrNotCard", raw, html, err)
		}
	}
}

// TestDrawBounds: a template and a text far beyond all limits are cut, visibly.
func TestDrawBounds(t *testing.T) {
	t.Parallel()
	long := strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, 5000), ",")
	html, err := Draw(json.RawMessage(`{"template":{"components":[`+long+`]}}`), Options{})
	if err != nil || !strings.Contains(string(html), "其余未显示") || len(html) > 20_000 {
		t.Errorf("%v, %d bytes", err, len(html))
	}
	text := encode(strings.Repeat("长", 50_000))
	html, err = Draw(json.RawMessage(`{"msgKey":"sampleMarkdown","msgParam":{"text":`+text+`}}`), Options{})
	if err != nil || len(html) > 30_000 || !strings.Contains(string(html), "…") {
		t.Errorf("%v, %d bytes", err, len(html))
	}
	safe(t, string(html))
}

func encode(s string) string { raw, _ := json.Marshal(s); return string(raw) }

func TestSummary(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"template":{"components":[{"type":"header","text":"${t}"}]},"cardData":{"cardParamMap":{"t":"题"}}}`: "题",
		`{"msgKey":"sampleActionCard","msgParam":{"title":"请审批"}}`:                                            "请审批",
		`{"todo":{"subject":"下单"}}`: "下单", `{}`: "[卡片]", `broken`: "[卡片]",
	} {
		if got := Summary(json.RawMessage(raw)); got != want {
			t.Errorf("Summary(%s) = %q, want %q", raw, got, want)
		}
	}
}

func TestTone(t *testing.T) {
	t.Parallel()
	for colour, want := range map[string]string{"0xFFF65E5E": "danger", "0xFF78C06E": "success", "0xFF5E97F6": "info", "0xFFFF9D46": "warning", "0xFF808080": "neutral",
		"": "neutral", "red": "neutral", "0xFFFFFFFFFFFFFFFFFF": "neutral"} {
		if got := colourTone(colour); got != want {
			t.Errorf("%s is %s, want %s", colour, got, want)
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
		if html, err := Draw(raw, Options{Prefix: "m1"}); err == nil {
			safe(t, string(html))
		}
		_ = Summary(raw)
	})
}

// FuzzMarkdown: whatever the text.
func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"**a**  \n*b*", "# h\n> q\n- l\n1. n", "[a](javascript:x)", "[a](<https://b>)", "![x](y)", "<script>", "\\<b\\>", "| a |\n| - |", "```\n<x>\n```", "---", "\x00<", "&lt;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { safe(t, string(markdown(s))) })
}
