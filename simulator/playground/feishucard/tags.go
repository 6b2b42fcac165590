package feishucard

import (
	"bytes"
	"html/template"
	"regexp"
	"strconv"
	"time"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var (
	kindTag  = ast.NewNodeKind("FeishuTag")
	kindFont = ast.NewNodeKind("FeishuFont")
)

// tagNode is one of Feishu's tags that hold no markdown: what to write is decided when it is parsed.
type tagNode struct {
	ast.BaseInline
	html template.HTML
}

func (*tagNode) Kind() ast.NodeKind { return kindTag }

// Dump prints the node for goldmark's debugging.
func (n *tagNode) Dump(src []byte, level int) { ast.DumpHelper(n, src, level, nil, nil) }

// fontNode is <font>: first two loose ends, then, by fontPairs, one node around what is between.
type fontNode struct {
	ast.BaseInline
	colour string
	end    bool
	paired bool
	source text.Segment // as written, for an end without its other half
}

func (*fontNode) Kind() ast.NodeKind { return kindFont }

// Dump prints the node for goldmark's debugging.
func (n *fontNode) Dump(src []byte, level int) { ast.DumpHelper(n, src, level, nil, nil) }

var (
	tagOpen = regexp.MustCompile(`^<(at|font|person|text_tag|number_tag|link|local_datetime|br|hr)((?:\s+[A-Za-z_]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>/]+))*)\s*/?>`)
	tagAttr = regexp.MustCompile(`([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))`)
	fontEnd = []byte("</font>")
)

// tagParser reads Feishu's own tags in markdown.
// Source: Feishu Open Platform, "Card JSON 2.0, rich text (Markdown)", checked 2026-11.
type tagParser struct{}

func (tagParser) Trigger() []byte { return []byte{'<'} }

func (tagParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, seg := block.PeekLine()
	if bytes.HasPrefix(line, fontEnd) {
		block.Advance(len(fontEnd))
		return &fontNode{end: true, source: text.NewSegment(seg.Start, seg.Start+len(fontEnd))}
	}
	m := tagOpen.FindSubmatch(line)
	if m == nil {
		return nil
	}
	attrs := map[string]string{}
	for _, a := range tagAttr.FindAllSubmatch(m[2], -1) {
		attrs[string(a[1])] = string(a[2]) + string(a[3]) + string(a[4])
	}
	name, used := string(m[1]), len(m[0])
	if name == "font" {
		block.Advance(used)
		return &fontNode{colour: colour(attrs["color"]), source: text.NewSegment(seg.Start, seg.Start+used)}
	}
	inner := ""
	if name != "br" && name != "hr" && line[used-2] != '/' {
		end := bytes.Index(line[used:], []byte("</"+name+">"))
		if end >= 0 {
			inner = string(line[used : used+end])
			used += end + len(name) + 3
		}
	}
	b, _ := pc.Get(builderKey).(*builder)
	if b == nil {
		return nil
	}
	block.Advance(used)
	return &tagNode{html: b.tag(name, attrs, inner)}
}

// tag draws one of Feishu's tags.
func (b *builder) tag(name string, attrs map[string]string, inner string) template.HTML {
	esc := template.HTMLEscapeString
	switch name {
	case "at":
		id := firstOf(attrs["id"], attrs["user_id"])
		if id == "all" {
			return `<span class="fc-at" data-who="all">@所有人</span>`
		}
		p, ok := b.who(id)
		if !ok {
			return template.HTML(`<span class="fc-at fc-at-unknown">@` + esc(firstOf(inner, "未知用户")) + `</span>`)
		}
		class := "fc-at"
		if p.ID == b.o.Viewer && p.ID != "" {
			class += " fc-at-me"
		}
		return template.HTML(`<span class="` + class + `" data-who="` + esc(p.ID) + `">@` + esc(p.Name) + `</span>`)
	case "person":
		v := b.person(firstOf(attrs["id"], attrs["user_id"]))
		return template.HTML(`<span class="fc-person" data-who="` + esc(v.ID) + `">` + string(v.Avatar) + esc(v.Name) + `</span>`)
	case "text_tag":
		return template.HTML(`<span class="fc-tag fc-c-` + colour(attrs["color"]) + `">` + esc(inner) + `</span>`)
	case "number_tag":
		return template.HTML(`<span class="fc-num fc-c-` + colour(attrs["background_color"]) + `">` + esc(inner) + `</span>`)
	case "link":
		if u := webURL(firstOf(attrs["pc_url"], attrs["url"])); u != "" {
			return template.HTML(`<a href="` + esc(u) + `" target="_blank" rel="noopener noreferrer">` + esc(firstOf(inner, u)) + `</a>`)
		}
		return template.HTML(`<span class="fc-deadlink">` + esc(inner) + `</span>`)
	case "local_datetime":
		return template.HTML(esc(b.localTime(attrs["millisecond"], attrs["format_type"])))
	case "br":
		return "<br>"
	}
	return `<span class="fc-hr" role="separator"></span>`
}

// localTime shows a moment in the reader's zone.
func (b *builder) localTime(ms, format string) string {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil || n > 1e14 || n < -1e14 {
		return ms
	}
	t := time.UnixMilli(n).In(b.o.Location)
	switch format {
	case "date_num":
		return t.Format("2006/01/02")
	case "date_short":
		return t.Format("1月2日")
	case "date":
		return t.Format("2006年1月2日")
	case "week", "week_long":
		return "星期" + []string{"日", "一", "二", "三", "四", "五", "六"}[t.Weekday()]
	case "time":
		return t.Format("15:04")
	case "time_sec":
		return t.Format("15:04:05")
	}
	return t.Format("2006/01/02 15:04")
}

func renderTag(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString(string(n.(*tagNode).html))
	}
	return ast.WalkContinue, nil
}

func renderFont(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	f := n.(*fontNode)
	switch {
	case !f.paired && entering:
		_, _ = w.WriteString(template.HTMLEscapeString(string(f.source.Value(src))))
	case f.paired && entering:
		_, _ = w.WriteString(`<span class="fc-ink-` + f.colour + `">`)
	case f.paired:
		_, _ = w.WriteString(`</span>`)
	}
	return ast.WalkContinue, nil
}

// fontPairs joins an opening and a closing <font> among the same siblings into one node around what stands
// between them. An end without its other half stays text, so that drawn HTML is always balanced.
type fontPairs struct{}

func (fontPairs) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var parents []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.HasChildren() {
			parents = append(parents, n)
		}
		return ast.WalkContinue, nil
	})
	for _, p := range parents {
		pairFonts(p)
	}
}

func pairFonts(parent ast.Node) {
	var open []*fontNode
	for n := parent.FirstChild(); n != nil; {
		next := n.NextSibling()
		f, ok := n.(*fontNode)
		switch {
		case ok && !f.end:
			open = append(open, f)
		case ok && len(open) > 0:
			start := open[len(open)-1]
			open = open[:len(open)-1]
			for c := start.NextSibling(); c != nil && c != n; {
				after := c.NextSibling()
				start.AppendChild(start, c)
				c = after
			}
			start.paired = true
			parent.RemoveChild(parent, n)
		}
		n = next
	}
}
