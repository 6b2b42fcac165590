package dingtalkcard

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// dialect is what DingTalk promises: headings, quotes, bold, italic, links, pictures and lists. Tables, code
// blocks and HTML are none of it, so their marks stay text.
//
// Source: DingTalk Open Platform, "Robot message types", markdown, checked 2026-08.
var dialect = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000)),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewEmphasisParser(), 500)),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)),
	// A line's end counts only with two spaces before it, as in the client.
	goldmark.WithRendererOptions(html.WithXHTML(), renderer.WithNodeRenderers(util.Prioritized(linkRenderer{}, 100))),
)

// markdown renders a text; what is no markdown here is escaped.
func markdown(src string) template.HTML {
	source := []byte(strings.ToValidUTF8(cut(src), "\uFFFD"))
	var out bytes.Buffer
	if err := dialect.Convert(source, &out); err != nil {
		return template.HTML(template.HTMLEscapeString(src))
	}
	return template.HTML(strings.TrimSpace(out.String()))
}

// linkRenderer opens links in a new window, and draws pictures as placeholders, since nothing is asked for
// from the network.
type linkRenderer struct{}

func (linkRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindLink, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		open, shut := `<span class="fc-deadlink">`, `</span>`
		if u := webURL(string(n.(*ast.Link).Destination)); u != "" {
			open, shut = `<a href="`+template.HTMLEscapeString(u)+`" target="_blank" rel="noopener noreferrer">`, `</a>`
		}
		if !entering {
			open = shut
		}
		_, _ = w.WriteString(open)
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindImage, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			alt := template.HTMLEscapeString(firstOf(plainOf(n, src), "图片"))
			_, _ = w.WriteString(`<span class="fc-img" role="img" aria-label="` + alt + `">` + alt + `</span>`)
		}
		return ast.WalkSkipChildren, nil
	})
}

// plainOf is the text below a node.
func plainOf(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(src))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
