package feishucard

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// options know three persons; the name of one is an attack.
func options() Options {
	known := map[string]Person{
		"ou_li": {"li.lei", "李雷"}, "ou_han": {"han.meimei", "韩梅梅"},
		"ou_evil": {`"><script>`, `<script>alert("名")</script>`},
	}
	return Options{
		Prefix: "m1", Viewer: "li.lei", Location: time.FixedZone("CST", 8*3600),
		Who: func(ref string) (Person, bool) { p, ok := known[ref]; return p, ok },
	}
}

// TestDraw compares every card in testdata with its golden drawing.
func TestDraw(t *testing.T) {
	t.Parallel()
	cards, err := filepath.Glob("testdata/*.card.json")
	if err != nil || len(cards) < 7 {
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
			got := lines(string(drawn))
			safe(t, string(drawn))
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
	void      = map[string]bool{"br": true, "hr": true, "input": true, "rect": true, "circle": true}
)

// safe checks a drawing: only known elements and attributes, links to the web only, and all of it balanced.
func safe(t *testing.T, html string) {
	t.Helper()
	elements := " a article b blockquote br button circle code del details div em fieldset figcaption figure form h1 h2 h3 h4 h5 h6 header hr input label legend li ol option p pre rect section select small span strong summary svg table tbody td textarea th thead tr ul "
	attributes := " class id for name type value rows placeholder maxlength role tabindex title open hidden disabled selected checked novalidate autocomplete scope start href target rel width height viewBox preserveAspectRatio cx cy r rx transform stroke-dasharray align required "
	var open []string
	for _, m := range tag.FindAllStringSubmatch(html, -1) {
		name := m[2]
		if !strings.Contains(elements, " "+name+" ") {
			t.Errorf("element %s", m[0])
		}
		for _, a := range attribute.FindAllStringSubmatch(m[3], -1) {
			known := strings.HasPrefix(a[1], "data-") || strings.HasPrefix(a[1], "aria-") || strings.Contains(attributes, " "+a[1]+" ")
			if !known || strings.HasPrefix(a[1], "on") || a[1] == "href" && !strings.HasPrefix(a[2], "http") {
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
	for _, raw := range []string{``, `null`, `[]`, `"x"`, `{`, `{} {}`} {
		if html, err := Draw(json.RawMessage(raw), Options{}); !errors.Is(err, ErrNotCard) {
			t.Errorf("Draw(%q) = %q, %v; want ErrNotCard", raw, html, err)
		}
	}
	if _, err := Draw(json.RawMessage(`{}`), Options{}); err != nil {
		t.Errorf("an empty card is legal: %v", err)
	}
}

// TestDrawBounds: cards far beyond Feishu's limits are cut, visibly.
func TestDrawBounds(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"tag":"column_set","columns":[{"elements":[`, 60) + `{"tag":"hr"}` + strings.Repeat(`]}]}`, 60)
	long := strings.TrimSuffix(strings.Repeat(`{"tag":"hr"},`, 5000), ",")
	for name, elements := range map[string]string{"deep": deep, "long": long} {
		html, err := Draw(json.RawMessage(`{"schema":"2.0","body":{"elements":[`+elements+`]}}`), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(html), "其余未显示") || len(html) > 100_000 {
			t.Errorf("%s: %d bytes, cut visibly: %t", name, len(html), strings.Contains(string(html), "其余未显示"))
		}
		safe(t, string(html))
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"config":{"summary":{"content":"一句话"}},"header":{"title":{"content":"题"}}}`: "一句话",
		`{"header":{"title":{"content":"题"}}}`:                                        "题",
		`{}`:                                                                          "[卡片]", `broken`: "[卡片]",
	} {
		if got := Summary(json.RawMessage(raw)); got != want {
			t.Errorf("Summary(%s) = %q, want %q", raw, got, want)
		}
	}
}

func TestAvatar(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"韩梅梅": ">梅梅<", "李雷": ">李雷<", "ada": ">A<", "": ">?<", "<b>": ">&lt;<"} {
		if got := string(Avatar("x", name)); !strings.Contains(got, want) {
			t.Errorf("Avatar(%q) = %s", name, got)
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

// FuzzMarkdown: whatever the text, in both dialects.
func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"**a**", "<font color=red>**x</font>**", "<at id=all></at>", "[a](<b)", "| a |\n| - |\n| <br> |",
		"<font color='red'>", "</font>", "![x](y)", "<link url='https://a'>b</link>", "- a\n  - <person id=ou_evil></person>", "\x00<", "<a@b.c>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := &builder{o: options()}
		safe(t, string(b.markdown(s, true)))
		safe(t, string(b.markdown(s, false)))
	})
}
