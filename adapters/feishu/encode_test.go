package feishu

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/card"
)

var updateCards = flag.Bool("update", false, "write the goldens of testdata/cards and testdata/api")

// goldenCard is what is written for a case: the card at every level, with its losses.
type goldenCard struct {
	Level  int             `json:"level"`
	Losses []card.Loss     `json:"losses"`
	Card   json.RawMessage `json:"card"`
}

func TestCardGoldens(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cards/*.card.json")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".card.json"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var c card.Card
			if err := json.Unmarshal(src, &c); err != nil {
				t.Fatal(err)
			}
			var got []goldenCard
			for level := 0; level <= maxLevel; level++ {
				w, losses, err := encodeCard(c, adapters.EncodeOptions{Level: level})
				if err != nil {
					t.Fatal(err)
				}
				if w.Kind != "interactive" {
					t.Errorf("kind %q", w.Kind)
				}
				for _, p := range checkStrict(w.Body) {
					if len(c.Ext) == 0 {
						t.Errorf("level %d: %s", level, p)
					}
				}
				checkActions(t, &c, w.Body, losses)
				got = append(got, goldenCard{level, losses, w.Body})
			}
			compareFile(t, strings.TrimSuffix(f, ".card.json")+".want.json", got)
		})
	}
}

// checkActions makes sure that every action of a card can still be reached: as a button with its own
// data, or, for a form that was left out with a loss, by the page.
func checkActions(t interface{ Errorf(string, ...any) }, c *card.Card, body []byte, losses []card.Loss) {
	var root any
	_ = json.Unmarshal(body, &root)
	found := map[string]int{}
	urls := map[string]bool{}
	walk(root, func(m map[string]any) {
		if m["type"] == "callback" {
			v, _ := m["value"].(map[string]any)
			token, _ := v["token"].(string)
			verb, _ := v["verb"].(string)
			found[verb+"\x00"+token]++
		}
		if u, ok := m["default_url"].(string); ok {
			urls[u] = true
		}
	})
	lost := 0
	for _, l := range losses {
		if l.Element == "form" && l.Severity == card.Interaction {
			lost++
		}
	}
	need := func(b card.Button, form bool) {
		switch key := b.Verb + "\x00" + b.Token; {
		case b.URL != "":
			if !urls[b.URL] {
				t.Errorf("link %q is gone", b.URL)
			}
		case found[key] > 0:
			found[key]--
		case form && lost > 0 && urls[c.Link]:
		default:
			t.Errorf("action %q is gone", b.Verb)
		}
	}
	for _, el := range c.Body {
		if f, ok := el.(*card.Form); ok {
			need(f.Submit, true)
			for _, b := range f.Others {
				need(b, true)
			}
		}
	}
	for _, b := range c.Actions {
		need(b, false)
	}
}

func compareFile(t *testing.T, file string, got any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(got); err != nil {
		t.Fatal(err)
	}
	if *updateCards {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}
