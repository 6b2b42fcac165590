package feishucard

import (
	"html/template"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// mark is a picture character and the shape that is drawn for it.
type mark struct{ char, shape string }

// pictures are the marks that cards use for states. Feishu brings its own pictures for them; many machines
// have no font that does, so they are drawn here. Longer sequences stand before their beginnings.
var pictures = []mark{
	{"✅", "ok"}, {"☑️", "ok"}, {"✔️", "ok"}, {"❌", "bad"}, {"⏭️", "skip"}, {"⏭", "skip"}, {"⏳", "wait"}, {"🔵", "now"},
	{"🟢", "green"}, {"🔴", "red"}, {"🟠", "orange"}, {"🟡", "orange"}, {"⚪", "todo"}, {"⚪️", "todo"}, {"⚠️", "warn"}, {"⚠", "warn"},
}

// pictureMarks is the pass over a parsed text that puts shapes in place of the pictures.
type pictureMarks struct{}

func (pictureMarks) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	src := reader.Source()
	var texts []*ast.Text
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if _, code := n.(*ast.CodeSpan); code {
			return ast.WalkSkipChildren, nil
		}
		if t, ok := n.(*ast.Text); ok && entering {
			texts = append(texts, t)
		}
		return ast.WalkContinue, nil
	})
	for _, t := range texts {
		split(t, src)
	}
}

// split cuts a text at its pictures. The last piece is t itself, which carries the line break.
func split(t *ast.Text, src []byte) {
	parent := t.Parent()
	for {
		at, found := firstMark(string(t.Segment.Value(src)))
		if at < 0 {
			return
		}
		start := t.Segment.Start
		if at > 0 {
			parent.InsertBefore(parent, t, ast.NewTextSegment(text.NewSegment(start, start+at)))
		}
		parent.InsertBefore(parent, t, &tagNode{html: template.HTML(
			`<span class="fc-mark fc-mark-` + found.shape + `" role="img" aria-label="` + found.char + `"></span>`)})
		t.Segment = text.NewSegment(start+at+len(found.char), t.Segment.Stop)
	}
}

// firstMark finds the first picture in s; -1 when there is none.
func firstMark(s string) (int, mark) {
	at, found := -1, mark{}
	for _, m := range pictures {
		if i := strings.Index(s, m.char); i >= 0 && (at < 0 || i < at || i == at && len(m.char) > len(found.char)) {
			at, found = i, m
		}
	}
	return at, found
}
