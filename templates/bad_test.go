package templates_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"magpie/config"
	"magpie/templates"

	"github.com/google/go-cmp/cmp"
)

// load reads one template.
func load(src []byte) (*templates.Set, config.Problems) {
	return templates.Load(nil, templates.Layer{FS: fstest.MapFS{"x.yaml": {Data: src}}})
}

// TestBadTemplates loads each file under testdata/bad. The comment lines at its head are the problems that
// are wanted: "# line:col: path: what; want". -update writes them; run it twice when lines move.
func TestBadTemplates(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.yaml"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			set, ps := load(src)
			if set != nil || !ps.Bad() {
				t.Error("the template is accepted")
			}
			var got []string
			for _, p := range ps {
				got = append(got, strings.TrimPrefix(p.String(), "x.yaml:"))
			}
			want, rest := []string(nil), string(src)
			for {
				line, after, found := strings.Cut(rest, "\n")
				w, comment := strings.CutPrefix(line, "# ")
				if !comment || !found {
					break
				}
				want, rest = append(want, w), after
			}
			if *update {
				head := strings.Repeat("# ?\n", len(got))
				if len(got) == len(want) {
					head = "# " + strings.Join(got, "\n# ") + "\n"
				}
				if err := os.WriteFile(file, []byte(head+rest), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestRenderErrors fills templates with views that don't fit.
func TestRenderErrors(t *testing.T) {
	t.Parallel()
	const head = "title: t\nsummary: s\n"
	for _, c := range []struct{ name, src, view, want string }{
		{"missing key", head + "body: [{note: \"采购{{.reason}}\"}]\n", `{}`, `x.yaml:3:20: body[0].note: the view has no "reason"; ask has . "reason" first if it may be absent`},
		{"missing below", head + "body:\n  - markdown: |\n      一\n      二{{.a.b}}\n", `{"a":{}}`, `x.yaml:6:12: body[0].markdown: the view has no "b"; ask has . "b" first if it may be absent`},
		{"missing in a condition", head + "body: [{if: eq .state 1, note: x}]\n", `{}`, `x.yaml:3:16: body[0].if: the view has no "state"; ask has . "state" first if it may be absent`},
		{"prints a mapping", "title: \"{{.a}}\"\nsummary: s\n", `{"a":{"b":1}}`, `x.yaml:1:11: title: prints a mapping; use a loop, join or name`},
		{"prints null", "title: \"{{.a}}\"\nsummary: s\n", `{"a":null}`, `x.yaml:1:11: title: is null; use default "…"`},
		{"no list", head + "body: [{for: x in .a, note: \"{{.x}}\"}]\n", `{"a":"b"}`, `x.yaml:3:14: body[0].for: is a text; a loop needs a list`},
		{"no number", "title: \"{{money .a}}\"\nsummary: s\n", `{"a":"1,5"}`, `x.yaml:1:11: title: "1,5" is no number`},
		{"field lacks value", head + "body: [{fields: .f}]\n", `{"f":[{"label":"a"}]}`, `x.yaml:3:17: body[0].fields: item 1 lacks "value"`},
		{"endless", "title: \"{{range 2000000000}}{{end}}\"\nsummary: s\n", `{}`, `loops more than 10000 times`},
		{"doubling", "title: \"{{$a := .a}}{{range 99}}{{$a = print $a $a}}{{end}}\"\nsummary: s\n", `{"a":"0123456789"}`, `makes too long a text`},
		{"too large", head + "body: [{for: x in .l, note: \"{{.x}}\"}]\n", `{"l":["` + strings.Join(manyOf(strings.Repeat("长", 9000), 40), `","`) + `"]}`, `the card is too large`},
		{"bad input kind", head + "body: [{form: {id: f, inputs: .i, buttons: [{verb: a, label: b}]}}]\n", `{"i":[{"name":"a","kind":"hologram"}]}`, `body[0].inputs[0].kind: "hologram" is not a kind of input`},
		{"not an object", head, `[1]`, `the view is no JSON object`},
		{"empty title", "title: \"{{.a}}\"\nsummary: s\n", `{"a":" "}`, `title: is required`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set, ps := load([]byte(c.src))
			if set == nil {
				t.Fatal(ps.Error())
			}
			_, err := set.Render("x", raw(c.view))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func manyOf(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// raw is a view that is JSON already.
type raw string

func (r raw) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func layer(src string) templates.Layer {
	return templates.Layer{FS: fstest.MapFS{"x.yaml": {Data: []byte(src)}}}
}

func mustRead(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
