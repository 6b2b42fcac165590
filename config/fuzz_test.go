package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"magpie/config"
)

// seeds gives a fuzzer every YAML file of the package.
func seeds(f *testing.F) {
	f.Helper()
	for _, glob := range []string{"testdata/bad/*.yaml", "example/*.yaml"} {
		files, err := filepath.Glob(filepath.FromSlash(glob))
		if err != nil || len(files) == 0 {
			f.Fatal(glob, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	for _, s := range []string{"", "\ufeffa: 1", "a: |\n  b\n", "a: >-\n\n  b\n\tc", "- - - -", "{a: {b: [c", "? a\n: b", "a: 'b''c'\r\nd: \"\\u4e2d\"", "%YAML 1.2\n---\n", "\x00", "a: ${B:-c}$${d}"} {
		f.Add([]byte(s))
	}
}

// FuzzParse checks that no input makes Parse panic, that its problems and nodes lie inside the text, and
// that At finds every node by its own path.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		n, ps := config.Parse("f.yaml", src)
		if (n == nil) != ps.Bad() {
			t.Fatalf("node %v with %v", n, ps)
		}
		lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(string(src), "\r\n", "\n"), "\r", "\n"), "\n")
		inside := func(line, col int) bool {
			return line >= 1 && line <= len(lines)+1 && col >= 1 && (line > len(lines) || col <= utf8.RuneCountInString(lines[line-1])+2)
		}
		for _, p := range ps {
			if p.Line != 0 && !inside(p.Line, p.Col) {
				t.Errorf("%s lies outside of %q", p, src)
			}
		}
		if n == nil {
			return
		}
		var walk func(*config.Node)
		walk = func(m *config.Node) {
			if line, col := m.Pos(); !inside(line, col) {
				t.Errorf("%q at %d:%d lies outside of %q", m.Path(), line, col, src)
			}
			if got := n.At(m.Path()); got != m {
				t.Errorf("At(%q) finds %q", m.Path(), got.Path())
			}
			for _, k := range m.Keys() {
				walk(m.Get(k))
			}
			for _, item := range m.Items() {
				walk(item)
			}
		}
		walk(n)
	})
}

// FuzzDecode checks that no input makes Decode panic, and that variables come in as text only.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Add([]byte("name: x\ncount: 1\non: true\namount: 1.5\nevery: 1h\nto: a\nlist: [{id: b}]\nlabels: {a: b}\nany: [1, {}]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		n, _ := config.Parse("f.yaml", src, config.Env(func(string) (string, bool) { return "${X}\n- [*a", true }))
		if n == nil {
			return
		}
		n.Decode(new(sample))
		var m map[string]string
		if ps := n.Decode(&m); len(ps) > 0 {
			return
		}
		for k, v := range m {
			if plain := n.Get(k).Text(); !strings.Contains(plain, "${") && v != plain {
				t.Errorf("%q became %q", plain, v)
			}
		}
	})
}

// FuzzAt checks that a path never makes At panic, and never leads to nil.
func FuzzAt(f *testing.F) {
	for _, s := range []string{"", "a.b[1]", `a["b.c"]`, "[", `["`, "a..b", "[99999999999999999999]", "[-1]", "a[0]x"} {
		f.Add(s)
	}
	n, ps := config.Parse("f.yaml", []byte(`{a: {b: [1, {c: d}], "b.c": e}}`))
	if n == nil {
		f.Fatal(ps)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if n.At(path) == nil {
			t.Error("nil")
		}
	})
}
