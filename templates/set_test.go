package templates_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"magpie/adapters/card"
	"magpie/templates"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden cards")

// TestBuiltin fills the shipped templates with their samples and compares the cards.
func TestBuiltin(t *testing.T) {
	t.Parallel()
	set, ps := templates.Load(nil, templates.Builtin())
	if len(ps) > 0 {
		t.Fatal(ps.Error())
	}
	cards, ps := set.Check()
	if len(ps) > 0 {
		t.Fatal(ps.Error())
	}
	for _, c := range cards {
		t.Run(c.Template+"/"+c.Sample, func(t *testing.T) {
			t.Parallel()
			got, err := json.MarshalIndent(c.Card, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			file := filepath.Join("builtin", "testdata", c.Template, c.Sample+".card.json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Error(d)
			}
		})
	}
	var names []string
	for _, n := range set.Names() {
		names = append(names, n)
	}
	want := []string{"approval.admin", "approval.cc", "approval.form", "approval.initiator", "approval.remind", "approval.task", "desk.list", "desk.pick", "system.error", "system.help", "system.text"}
	if d := cmp.Diff(want, names); d != "" {
		t.Error(d)
	}
}

// one loads a single template, and renders it.
func one(t *testing.T, src string, view any) (card.Card, error) {
	t.Helper()
	set, ps := templates.Load(nil, templates.Layer{FS: fstest.MapFS{"x.yaml": {Data: []byte(src)}}})
	if ps.Bad() {
		t.Fatal(ps.Error())
	}
	return set.Render("x", view)
}

func TestMarkdownValuesNeverBecomeMarkup(t *testing.T) {
	t.Parallel()
	const hostile = "**b** [x](https://e.com) <at id=all></at>\n# h\n- l\n> q `c` ~~s~~ [@a](person:b)"
	c, err := one(t, `
title: "{{.v}}"
summary: s
body:
  - markdown: |
      {{range .list}}- {{.}} {{end}}**{{print .v}}** {{if .v}}{{.v | upper | lower}}{{else}}{{.v}}{{end}} {{with $x := .v}}{{$x}}{{end}} {{mention .who}}
  - markdown: "{{.v}}"
`, map[string]any{"v": hostile, "list": []string{hostile}, "who": map[string]string{"id": "li.lei", "name": "李](x)雷"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range c.Body {
		for _, b := range card.ParseMarkdown(e.(*card.Markdown).Text.Default) {
			if b.Kind != card.BlockParagraph && i > 0 {
				t.Errorf("a value made a block: %+v", b)
			}
			for _, l := range b.Lines {
				for _, s := range l {
					switch {
					case s.Kind == card.SpanMention && s.Ref == "li.lei" && s.Text == "李](x)雷":
					case s.Kind != card.SpanText, s.Italic, s.Strike, s.Bold && i > 0:
						t.Errorf("a value made markup: %+v", s)
					}
				}
			}
		}
	}
	if got := card.ParseMarkdown(c.Body[1].(*card.Markdown).Text.Default)[0].Lines[0][0].Text; got != hostile {
		t.Errorf("the text changed: %q", got)
	}
	if strings.Contains(c.Title.Default, "\n") {
		t.Errorf("a title has lines: %q", c.Title.Default)
	}
}
