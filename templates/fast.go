package templates

import (
	"regexp"
	"strings"
	"text/template/parse"
)

// Most texts are plain words and names of the view. They are filled without the template engine, which
// costs several times as much; whatever is not as expected goes the long way and gets its error there.

// part is a piece of such a text: words, or a path into the view.
type part struct {
	words string
	path  []string
}

// simple takes a tree apart that holds words and {{.a.b}} only; nil for all others. It must see the tree
// before it is armed.
func simple(root *parse.ListNode) []part {
	var parts []part
	for _, n := range root.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			parts = append(parts, part{words: string(n.Text)})
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
				return nil
			}
			f, ok := n.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
			if !ok {
				return nil
			}
			parts = append(parts, part{path: f.Ident})
		default:
			return nil
		}
	}
	return parts
}

var plainPath = regexp.MustCompile(`^\s*(\.[A-Za-z_][A-Za-z0-9_]*)+\s*$`)

// pathOf is the path of a pipeline that is nothing but a name; nil for all others.
func pathOf(pipeline string) []string {
	if !plainPath.MatchString(pipeline) {
		return nil
	}
	return strings.Split(strings.TrimSpace(pipeline)[1:], ".")
}

// lookup follows a path through mappings.
func lookup(data map[string]any, path []string) (any, bool) {
	for i, name := range path {
		v, ok := data[name]
		if !ok || i == len(path)-1 {
			return v, ok && len(path) > 0
		}
		if data, ok = v.(map[string]any); !ok {
			return nil, false
		}
	}
	return nil, false
}

// quick fills a simple source; ok is false where the long way must be gone.
func (s *source) quick(data map[string]any) (out string, ok bool) {
	if s.parts == nil {
		return "", false
	}
	var b strings.Builder
	for _, p := range s.parts {
		if p.path == nil {
			b.WriteString(p.words)
			continue
		}
		v, found := lookup(data, p.path)
		if !found {
			return "", false
		}
		printer := printPlain
		if s.markdown {
			printer = printMarkdown
		}
		text, err := printer(v)
		if err != nil {
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), true
}
