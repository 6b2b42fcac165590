package config

// Node is a value in a YAML file that remembers where it stands. Its owner decodes it.
// A Node is immutable and safe for concurrent use.
type Node struct {
	file string
	path string
	src  []byte // of the whole file, for the version hash
}

// Parse reads one YAML document: size cap, no anchors or aliases, no duplicate keys. Variables are not
// replaced yet: Decode does it, scalar by scalar.
func Parse(file string, src []byte) (*Node, Problems) {
	panic("replaced by the config package's own work")
}

// Source returns the bytes of the file that the node stands in.
func (n *Node) Source() []byte { return n.src }

// File is the name of the file, as problems show it.
func (n *Node) File() string { return n.file }

// Decode fills a struct, map, slice or scalar, strictly: unknown keys (with a suggestion), wrong types,
// missing required fields, all at once. Fields are named by the tag `yaml:"name"`; `yaml:"name,required"`
// must be there. A type with its own form implements Decoder.
func (n *Node) Decode(into any) Problems { panic("replaced") }

// Decoder is a type that reads itself from a Node: unions such as `any` or `{ratio: 60%}`.
type Decoder interface{ DecodeYAML(n *Node) Problems }

// At returns the node below, by a path such as "steps[1].approve.by"; the nearest one above it that
// exists when it does not. For pointing at the place of a mistake found after decoding.
func (n *Node) At(path string) *Node { panic("replaced") }

// Problem makes an error that points at the node.
func (n *Node) Problem(what, want string) Problem { panic("replaced") }

// Warn makes a warning that points at the node.
func (n *Node) Warn(what, want string) Problem { panic("replaced") }
