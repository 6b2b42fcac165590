package wecom

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a document. WeCom's own stay far below.
const (
	maxXMLDepth = 16
	maxXMLNodes = 4000
)

// node is an element: its text, or the elements in it.
type node struct {
	name string
	text string
	kids []*node
}

// parseXML reads the small part of XML that WeCom writes: elements without attributes, text, CDATA, the five
// named entities and numbers of characters. Everything else is refused, above all DOCTYPE, entities of the
// document's own, processing instructions and comments; so are invalid UTF-8, more than one root, more than
// maxXMLDepth levels and more than maxXMLNodes elements.
func parseXML(b []byte) (*node, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("xml: not UTF-8")
	}
	p := &xmlParser{b: bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))}
	p.space()
	if err := p.declaration(); err != nil {
		return nil, err
	}
	if !p.has("<") {
		return nil, p.bad("no element")
	}
	n, err := p.element(1)
	if err != nil {
		return nil, err
	}
	if p.space(); p.i != len(p.b) {
		return nil, p.bad("something after the end")
	}
	return n, nil
}

type xmlParser struct {
	b     []byte
	i     int
	nodes int
}

func (p *xmlParser) bad(what string) error { return fmt.Errorf("xml: %s at byte %d", what, p.i) }

func (p *xmlParser) has(s string) bool { return bytes.HasPrefix(p.b[p.i:], []byte(s)) }

func (p *xmlParser) space() {
	for p.i < len(p.b) && strings.IndexByte(" \t\r\n", p.b[p.i]) >= 0 {
		p.i++
	}
}

// declaration reads <?xml …?>, which may name UTF-8 and nothing else.
func (p *xmlParser) declaration() error {
	if !p.has("<?") {
		return nil
	}
	end := bytes.Index(p.b[p.i:], []byte("?>"))
	if !p.has("<?xml ") || end < 0 || end > 200 {
		return p.bad("a processing instruction")
	}
	d := strings.ToLower(string(p.b[p.i : p.i+end]))
	if strings.Contains(d, "encoding") && !strings.Contains(d, "utf-8") {
		return p.bad("another encoding than UTF-8")
	}
	p.i += end + 2
	p.space()
	return nil
}

// element reads one element; the parser stands on its <.
func (p *xmlParser) element(depth int) (*node, error) {
	if depth > maxXMLDepth {
		return nil, p.bad("nested too deep")
	}
	if p.nodes++; p.nodes > maxXMLNodes {
		return nil, p.bad("too many elements")
	}
	p.i++
	name := p.name()
	if name == "" {
		return nil, p.bad("neither an element nor text")
	}
	n := &node{name: name}
	p.space()
	if p.has("/>") {
		p.i += 2
		return n, nil
	}
	if !p.has(">") {
		return nil, p.bad("an attribute, or a broken tag")
	}
	p.i++
	return n, p.content(n, depth)
}

// content reads what is inside an element, and its end tag.
func (p *xmlParser) content(n *node, depth int) error {
	var text []byte
	for {
		stop := bytes.IndexAny(p.b[p.i:], "<&")
		if stop < 0 {
			return p.bad("the document ends early")
		}
		if bytes.Contains(p.b[p.i:p.i+stop], []byte("]]>")) {
			return p.bad("]]> outside of CDATA")
		}
		text = append(text, p.b[p.i:p.i+stop]...)
		p.i += stop
		switch {
		case p.b[p.i] == '&':
			r, err := p.entity()
			if err != nil {
				return err
			}
			text = utf8.AppendRune(text, r)
		case p.has("<![CDATA["):
			p.i += len("<![CDATA[")
			end := bytes.Index(p.b[p.i:], []byte("]]>"))
			if end < 0 {
				return p.bad("CDATA without an end")
			}
			text = append(text, p.b[p.i:p.i+end]...)
			p.i += end + 3
		case p.has("</"):
			p.i += 2
			if p.name() != n.name {
				return p.bad("an end tag of another element")
			}
			p.space()
			if !p.has(">") {
				return p.bad("a broken end tag")
			}
			p.i++
			if len(n.kids) > 0 {
				if len(bytes.TrimSpace(text)) > 0 {
					return p.bad("text beside elements")
				}
				return nil
			}
			n.text = string(text)
			return nil
		default:
			kid, err := p.element(depth + 1)
			if err != nil {
				return err
			}
			n.kids = append(n.kids, kid)
		}
	}
}

// name reads a name: letters, digits, and a few signs; not a digit first.
func (p *xmlParser) name() string {
	from := p.i
	for p.i < len(p.b) {
		c := p.b[p.i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (p.i == from || !(c >= '0' && c <= '9' || c == '-' || c == '.')) {
			break
		}
		p.i++
	}
	return string(p.b[from:p.i])
}

var xmlEntities = map[string]rune{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// entity reads &name; or &#number;. The document can't define any.
func (p *xmlParser) entity() (rune, error) {
	end := bytes.IndexByte(p.b[p.i:min(len(p.b), p.i+12)], ';')
	if end < 0 {
		return 0, p.bad("an unknown entity")
	}
	ref := string(p.b[p.i+1 : p.i+end])
	r, ok := xmlEntities[ref]
	if num, is := strings.CutPrefix(ref, "#"); is {
		base := 10
		if hex, is := strings.CutPrefix(num, "x"); is {
			num, base = hex, 16
		}
		n, err := strconv.ParseUint(num, base, 32)
		r = rune(n)
		ok = err == nil && n <= utf8.MaxRune && utf8.ValidRune(r) && (r >= ' ' || r == '\t' || r == '\n' || r == '\r')
	}
	if !ok {
		return 0, p.bad("an unknown entity")
	}
	p.i += end + 1
	return r, nil
}

// get finds the first element of a name, whatever its case (WeCom writes AgentID and AgentId); nil when
// there is none. It may be called on nil.
func (n *node) get(path ...string) *node {
	for _, name := range path {
		if n == nil {
			return nil
		}
		var found *node
		for _, k := range n.kids {
			if strings.EqualFold(k.name, name) {
				found = k
				break
			}
		}
		n = found
	}
	return n
}

// str is the text of the element at a path, without the space around it; "" when it is not there.
func (n *node) str(path ...string) string {
	if n = n.get(path...); n == nil {
		return ""
	}
	return strings.TrimSpace(n.text)
}

// all lists the elements of a name: WeCom's lists are siblings.
func (n *node) all(name string) []*node {
	if n == nil {
		return nil
	}
	var out []*node
	for _, k := range n.kids {
		if strings.EqualFold(k.name, name) {
			out = append(out, k)
		}
	}
	return out
}
