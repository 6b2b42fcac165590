package templates_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSimpleTextsAreFilledTheSame writes each text once so that it is filled without the template engine,
// and once so that it isn't, and compares.
func TestSimpleTextsAreFilledTheSame(t *testing.T) {
	t.Parallel()
	view := map[string]any{"a": " x **y**\n", "n": 12, "f": 1.5, "t": true, "e": "", "o": map[string]any{"p": map[string]any{"q": "深"}}, "z": nil, "l": []string{"a"}}
	for _, name := range []string{"a", "n", "f", "t", "e", "o.p.q", "z", "l", "o", "gone", "o.gone", "a.b", "z.b"} {
		src := func(pipe string) string {
			return "title: t\nsummary: s\nbody:\n  - note: \"甲{{- " + pipe + "}} 乙\"\n  - markdown: \"*{{" + pipe + "}}*\"\n"
		}
		quick, err1 := one(t, src("."+name), view)
		slow, err2 := one(t, src("(."+name+")"), view)
		if (err1 == nil) != (err2 == nil) {
			t.Errorf("%s: %v, %v", name, err1, err2)
		}
		if d := cmp.Diff(slow, quick); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		cond := func(pipe string) string {
			return "title: t\nsummary: s\nbody:\n  - {if: " + pipe + ", note: yes, else: [{note: no}]}\n"
		}
		quick, err1 = one(t, cond("."+name), view)
		slow, err2 = one(t, cond("(."+name+")"), view)
		if d := cmp.Diff(slow, quick); d != "" || (err1 == nil) != (err2 == nil) {
			t.Errorf("if %s: %s, %v, %v", name, d, err1, err2)
		}
	}
}
