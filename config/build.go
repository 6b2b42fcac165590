package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// builder turns the library's tree into Nodes, refusing what we don't read.
type builder struct {
	doc      *document
	problems Problems
}

func (b *builder) refuse(t *token.Token, path, what, want string) {
	p := *b.doc.at(t, what, want)
	p.Path = path
	b.problems = append(b.problems, p)
}

// node converts one value. What can't be converted is reported and becomes Null.
func (b *builder) node(v ast.Node, path string, depth int) *Node {
	t := firstToken(v)
	n := &Node{doc: b.doc, path: path, line: 1, col: 1}
	if t == nil || t.Position == nil {
		return n
	}
	n.line, n.col = t.Position.Line, t.Position.Column
	if depth > maxDepth {
		b.refuse(t, path, "is nested too deeply", fmt.Sprintf("at most %d levels", maxDepth))
		return n
	}
	switch v := v.(type) {
	case *ast.MappingNode:
		n.kind = Map
		b.entries(n, v.Values, depth)
	case *ast.MappingValueNode:
		n.kind = Map
		b.entries(n, []*ast.MappingValueNode{v}, depth)
	case *ast.SequenceNode:
		n.kind = List
		for i, item := range v.Values {
			n.items = append(n.items, b.node(item, joinIndex(path, i), depth+1))
		}
	case *ast.LiteralNode:
		n.kind, n.quoted, n.block = Scalar, true, true
		if v.Value != nil {
			n.text = v.Value.Value
		}
	case *ast.StringNode:
		n.kind, n.text = Scalar, v.Value
		n.quoted = t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
	case *ast.NullNode:
	case *ast.AnchorNode:
		b.refuse(t, path, "anchors (&name) are not read", "write the value where it is needed")
	case *ast.AliasNode:
		b.refuse(t, path, "aliases (*name) are not read", "write the value out; text that begins with * must stand in quotes")
	case *ast.TagNode:
		b.refuse(t, path, fmt.Sprintf("tags (%s) are not read", v.GetToken().Value), "remove it; text that begins with ! must stand in quotes")
	default:
		if _, ok := v.(ast.ScalarNode); !ok {
			b.refuse(t, path, "can't be read here", "")
			break
		}
		n.kind, n.text = Scalar, strings.TrimSpace(t.Value) // numbers and truth values, as written
	}
	return n
}

// entries fills a Map.
func (b *builder) entries(n *Node, values []*ast.MappingValueNode, depth int) {
	first := make(map[string]int, len(values))
	for _, v := range values {
		t := firstToken(v.Key)
		if t == nil || t.Position == nil {
			continue
		}
		if v.Key.IsMergeKey() {
			b.refuse(t, n.path, "merge keys (<<) are not read", "write the keys out")
			continue
		}
		var key string
		switch k := v.Key.(type) {
		case *ast.StringNode:
			key = k.Value
		case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
			b.node(k, n.path, depth)
			continue
		case *ast.NullNode:
			b.refuse(t, n.path, "a key is missing before the colon", "write one; a key that is really called null must stand in quotes")
			continue
		default:
			key = t.Value
		}
		if line, dup := first[key]; dup {
			b.refuse(t, joinKey(n.path, key), fmt.Sprintf("key %q is given twice", key), fmt.Sprintf("it is on line %d already", line))
			continue
		}
		first[key] = t.Position.Line
		e := entry{key: key, line: t.Position.Line, col: t.Position.Column}
		e.node = b.node(v.Value, joinKey(n.path, key), depth+1)
		n.entries = append(n.entries, e)
	}
}

// firstToken is where a value begins: for a block mapping that is its first key, not the colon.
func firstToken(v ast.Node) *token.Token {
	switch v := v.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if v.Start != nil && v.Start.Type == token.MappingStartType {
			return v.Start
		}
		if len(v.Values) > 0 {
			return firstToken(v.Values[0])
		}
	case *ast.MappingValueNode:
		return firstToken(v.Key)
	}
	return v.GetToken()
}
