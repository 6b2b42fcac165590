package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Kind is the shape of a Node.
type Kind int

const (
	Null   Kind = iota // nothing given: "key:", "~", "null", or an empty document
	Scalar             // text, number or truth value; which of them is for the reader to decide
	List
	Map
)

// String is the word used in problems.
func (k Kind) String() string {
	switch k {
	case Scalar:
		return "a single value"
	case List:
		return "a list"
	case Map:
		return "a mapping"
	}
	return "nothing"
}

// Node is a value in a YAML file that remembers where it stands. Its owner decodes it.
// A Node is immutable and safe for concurrent use.
type Node struct {
	doc       *document
	path      string
	line, col int
	kind      Kind
	text      string // of a Scalar, as written, variables not replaced
	quoted    bool   // the scalar stood in quotes or was a block: never a number, a truth value or null
	block     bool   // the scalar was a block (| or >): its text begins on the line after
	entries   []entry
	items     []*Node
}

// entry is one "key: value" of a Map.
type entry struct {
	key       string
	line, col int // of the key
	node      *Node
}

// document is what all nodes of one file share.
type document struct {
	file   string
	src    []byte
	lookup func(name string) (string, bool) // nil: ${…} is ordinary text
}

// Source returns the bytes of the file that the node stands in. They must not be changed.
func (n *Node) Source() []byte { return n.doc.src }

// File is the name of the file, as problems show it.
func (n *Node) File() string { return n.doc.file }

// Path is where the node stands in its file: "steps[1].approve.by"; "" for the whole document.
func (n *Node) Path() string { return n.path }

// Pos is the line and the column of the value, both from 1, the column in characters.
func (n *Node) Pos() (line, col int) { return n.line, n.col }

// Kind is the shape of the value.
func (n *Node) Kind() Kind { return n.kind }

// Text is a scalar as written, without quotes and with variables not replaced; "" for other kinds.
// To get the value, Decode into a string.
func (n *Node) Text() string { return n.text }

// Block reports whether the scalar was written as a block (| or >), so that line i of its text
// stands i+1 lines below Pos when the block is literal.
func (n *Node) Block() bool { return n.block }

// Keys are the keys of a Map in the order of the file; nil for other kinds.
func (n *Node) Keys() []string {
	keys := make([]string, len(n.entries))
	for i, e := range n.entries {
		keys[i] = e.key
	}
	return keys
}

// Has reports whether a Map has the key.
func (n *Node) Has(key string) bool { return n.Get(key) != nil }

// Get returns the value of a key, nil when the node is no Map or lacks the key.
func (n *Node) Get(key string) *Node {
	for _, e := range n.entries {
		if e.key == key {
			return e.node
		}
	}
	return nil
}

// Key returns a node that stands where the key itself is written, with the value's path: for a mistake
// in the key. It is n when n lacks the key.
func (n *Node) Key(key string) *Node {
	for _, e := range n.entries {
		if e.key == key {
			return &Node{doc: n.doc, path: e.node.path, line: e.line, col: e.col, kind: Scalar, text: key}
		}
	}
	return n
}

// Items are the elements of a List; nil for other kinds.
func (n *Node) Items() []*Node { return slices.Clone(n.items) }

// At returns the node below, by a path such as "steps[1].approve.by"; the nearest one above it that
// exists when it does not. For pointing at the place of a mistake found after decoding.
func (n *Node) At(path string) *Node {
	for path != "" {
		key, index, rest, ok := cutPath(path)
		if !ok {
			return n
		}
		var next *Node
		switch {
		case index < 0:
			next = n.Get(key)
		case index < len(n.items):
			next = n.items[index]
		}
		if next == nil {
			return n
		}
		n, path = next, rest
	}
	return n
}

// Problem makes an error that points at the node.
func (n *Node) Problem(what, want string) Problem {
	return Problem{File: n.doc.file, Line: n.line, Col: n.col, Path: n.path, What: what, Want: want}
}

// Warn makes a warning that points at the node.
func (n *Node) Warn(what, want string) Problem {
	p := n.Problem(what, want)
	p.Severity = Warning
	return p
}

// plainKey is a key that stands in a path as it is.
var plainKey = regexp.MustCompile(`^[^\s.\[\]"]+$`)

// joinKey appends a key to a path.
func joinKey(path, key string) string {
	if !plainKey.MatchString(key) {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// joinIndex appends an index to a path.
func joinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// cutPath takes the first step off a path: a key (index -1) or an index.
func cutPath(path string) (key string, index int, rest string, ok bool) {
	path = strings.TrimPrefix(path, ".")
	if !strings.HasPrefix(path, "[") {
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		return path[:end], -1, path[end:], end > 0
	}
	if quoted, err := strconv.QuotedPrefix(path[1:]); err == nil {
		key, err := strconv.Unquote(quoted)
		rest, closed := strings.CutPrefix(path[1+len(quoted):], "]")
		return key, -1, rest, err == nil && closed
	}
	digits, rest, closed := strings.Cut(path[1:], "]")
	i, err := strconv.Atoi(digits)
	return "", i, rest, closed && err == nil && i >= 0
}
