package feishucard

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Two dialects: the markdown component has blocks, lark_md has lines only. Neither has the parsers for raw
// HTML: a '<' that opens none of Feishu's own tags is a character like any other.
var (
	blockDialect = dialect(true)
	lineDialect  = dialect(false)
)

func dialect(blocks bool) goldmark.Markdown {
	paragraphs := []util.PrioritizedValue{util.Prioritized(parser.NewParagraphParser(), 1000)}
	if blocks {
		paragraphs = append(paragraphs,
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800))
	}
	p := parser.NewParser(
		parser.WithBlockParsers(paragraphs...),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(tagParser{}, 150),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500)),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
		parser.WithASTTransformers(util.Prioritized(fontPairs{}, 100), util.Prioritized(pictureMarks{}, 200)),
	)
	ext := []goldmark.Extender{extension.Strikethrough, extension.Linkify}
	if blocks {
		ext = append(ext, extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)))
	}
	return goldmark.New(
		goldmark.WithParser(p),
		goldmark.WithExtensions(ext...),
		goldmark.WithRendererOptions(html.WithHardWraps(), renderer.WithNodeRenderers(util.Prioritized(tagRenderer{}, 100))),
	)
}

// builderKey carries the drawing's builder to the tag parser, which knows the persons.
var builderKey = parser.NewContextKey()

// markdown renders Feishu's markdown; blocks says whether lists, tables, headings and the like count.
func (b *builder) markdown(src string, blocks bool) template.HTML {
	d := lineDialect
	if blocks {
		d = blockDialect
	}
	ctx := parser.NewContext()
	ctx.Set(builderKey, b)
	source := []byte(strings.ToValidUTF8(src, "\uFFFD"))
	var out bytes.Buffer
	doc := d.Parser().Parse(text.NewReader(source), parser.WithContext(ctx))
	if err := d.Renderer().Render(&out, source, doc); err != nil {
		return template.HTML(template.HTMLEscapeString(src))
	}
	return template.HTML(strings.TrimSpace(out.String()))
}

// tagRenderer draws Feishu's tags, and links and pictures in its own way: links open in a new window, pictures
// are placeholders, since nothing is asked for from the network.
type tagRenderer struct{}

func (tagRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindTag, renderTag)
	r.Register(kindFont, renderFont)
	r.Register(ast.KindLink, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		return renderLink(w, string(n.(*ast.Link).Destination), entering), nil
	})
	r.Register(ast.KindAutoLink, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		l := n.(*ast.AutoLink)
		if entering {
			renderLink(w, string(l.URL(src)), true)
			_, _ = w.WriteString(template.HTMLEscapeString(string(l.Label(src))))
			renderLink(w, string(l.URL(src)), false)
		}
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindImage, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			alt := template.HTMLEscapeString(plainOf(n, src))
			_, _ = w.WriteString(`<span class="fc-img" role="img" aria-label="` + alt + `">` + alt + `</span>`)
		}
		return ast.WalkSkipChildren, nil
	})
}

// renderLink writes an anchor for web addresses, and a plain span for everything else (javascript:, file: …).
func renderLink(w util.BufWriter, url string, entering bool) ast.WalkStatus {
	open, shut := `<span class="fc-deadlink">`, `</span>`
	if u := webURL(url); u != "" {
		open = `<a href="` + template.HTMLEscapeString(u) + `" target="_blank" rel="noopener noreferrer">`
		shut = `</a>`
	}
	if entering {
		_, _ = w.WriteString(open)
	} else {
		_, _ = w.WriteString(shut)
	}
	return ast.WalkContinue
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
