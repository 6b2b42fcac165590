package config

import (
	"strings"
	"testing"
)

// One slip of the pen is one problem: what stands under a misspelt key is read as what was meant, so that nothing
// that follows from it is reported beside it.
func TestOneSlipIsOneProblem(t *testing.T) {
	t.Parallel()
	type inner struct {
		By   []string `yaml:"by,required,scalar"`
		Mode string   `yaml:"mode" jsonschema:"enum=any,enum=all"`
		Max  int      `yaml:"max" jsonschema:"maximum=9"`
	}
	type outer struct {
		ID      string `yaml:"id,required"`
		Approve *inner `yaml:"approve,required"`
	}
	for _, c := range []struct{ src, want string }{
		{"id: a\naprove: {by: x, mode: all}", `2:1: aprove: unknown key "aprove"; did you mean approve?`},
		{"id: a\napprove: {bye: x, mode: all}", `2:11: approve.bye: unknown key "bye"; did you mean by?`},
		{"idd: a\napprove: {by: x}", `1:1: idd: unknown key "idd"; did you mean id?`},
		// Mistakes below a misspelt key count, with the place where they stand.
		{"id: a\naprove: {by: x, mode: alll}", "2:1: aprove: unknown key \"aprove\"; did you mean approve?\n2:23: aprove.mode: \"alll\" is not known here; did you mean all?"},
		{"id: a\naprove: {by: x, max: 12}", "2:1: aprove: unknown key \"aprove\"; did you mean approve?\n2:22: aprove.max: 12 is too large; at most 9"},
		// What is there already isn't meant once more.
		{"id: a\niid: b\napprove: {by: x}", `2:1: iid: unknown key "iid"; did you mean id?`},
		// A key that is like nothing leaves the required one missing.
		{"id: a\nzzzzzz: {by: x}", "1:1: required key \"approve\" is missing; give a mapping\n2:1: zzzzzz: unknown key \"zzzzzz\"; known here: id, approve"},
	} {
		root, ps := Parse("f.yaml", []byte(c.src))
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		var into outer
		ps = root.Decode(&into)
		ps.Sort()
		if got := strings.ReplaceAll(ps.Error(), "f.yaml:", ""); got != c.want {
			t.Errorf("%q:\ngot\n%s\nwant\n%s", c.src, got, c.want)
		}
		if c.src[:3] == "id:" && into.ID != "a" {
			t.Errorf("%q: id became %q", c.src, into.ID)
		}
	}
	root, _ := Parse("f.yaml", []byte("id: a\naprove: {bye: x, mode: al}"))
	var into outer
	root.Decode(&into)
	if into.Approve == nil || len(into.Approve.By) != 1 || into.Approve.Mode != "all" {
		t.Errorf("what was meant: %+v", into.Approve)
	}
}
