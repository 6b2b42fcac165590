package templates_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"magpie/adapters/card"
	"magpie/templates"
)

// FuzzLoad checks that no template makes Load or Render panic or run away, and that what comes out is a
// valid card.
func FuzzLoad(f *testing.F) {
	for _, glob := range []string{"builtin/*.yaml", "testdata/bad/*.yaml"} {
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
	f.Add([]byte("title: '{{range 9}}{{range 999999999}}{{end}}{{end}}'\nsummary: '{{printf \"%999999d\" 1}}'\n"))
	view, err := os.ReadFile(filepath.FromSlash("builtin/testdata/approval.task/open.view.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		set, ps := load(src)
		if (set == nil) != ps.Bad() {
			t.Fatalf("set %v with %v", set, ps)
		}
		if set == nil {
			return
		}
		c, err := set.Render("x", raw(view))
		if err != nil {
			return
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzView checks that no view makes a built-in template panic, that what comes out is valid, and that
// two renderings are the same.
func FuzzView(f *testing.F) {
	files, err := filepath.Glob(filepath.FromSlash("builtin/testdata/*/*.view.json"))
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "longest") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	set, ps := templates.Load(nil, templates.Builtin())
	if set == nil {
		f.Fatal(ps)
	}
	f.Fuzz(func(t *testing.T, view []byte) {
		if !json.Valid(view) {
			return
		}
		for _, name := range set.Names() {
			c, err := set.Render(name, raw(view))
			if err != nil {
				continue
			}
			if err := c.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			again, err := set.Render(name, raw(view))
			a, _ := json.Marshal(c)
			if b, _ := json.Marshal(again); err != nil || string(a) != string(b) {
				t.Errorf("%s: another card the second time: %v", name, err)
			}
		}
	})
}

// FuzzMarkdownValue checks that a value inside markdown stands for itself, wherever it is put.
func FuzzMarkdownValue(f *testing.F) {
	for _, s := range []string{"a", "**b**", "[x](https://e.com)", "[@a](person:b)", "- l\n1. n\n> q", "`c` ~~s~~ \\", " \\ ", "\n", "1", ". x", "<at id=all></at>", "​\u202e"} {
		f.Add(s, s)
	}
	set, ps := load([]byte("title: t\nsummary: s\nbody:\n  - markdown: \"x {{.a}}{{.b}} y\"\n"))
	if set == nil {
		f.Fatal(ps)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		c, err := set.Render("x", map[string]string{"a": a, "b": b})
		if err != nil {
			t.Fatal(err)
		}
		text := c.Body[0].(*card.Markdown).Text.Default
		if strings.HasSuffix(text, "…") { // cut
			return
		}
		blocks := card.ParseMarkdown(text)
		if len(blocks) != 1 || len(blocks[0].Lines) != 1 || blocks[0].Kind != card.BlockParagraph {
			t.Fatalf("%q and %q made blocks: %+v", a, b, blocks)
		}
		spans := blocks[0].Lines[0]
		if len(spans) != 1 || spans[0].Kind != card.SpanText || spans[0].Bold || spans[0].Italic || spans[0].Strike {
			t.Errorf("%q and %q made markup: %+v", a, b, spans)
		}
	})
}
