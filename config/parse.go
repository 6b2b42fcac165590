package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file may hold. The caps on depth and keys keep the YAML library inside its linear range.
const (
	MaxFileBytes = 1 << 20
	maxDepth     = 64
	maxKeys      = 10_000
)

// Option changes how a file is parsed.
type Option func(*document)

// Env replaces the source of ${VAR}, which is the process environment without it.
func Env(lookup func(name string) (string, bool)) Option {
	return func(d *document) { d.lookup = lookup }
}

// NoVariables leaves ${…} alone: for files whose authors must not see the environment, such as templates.
func NoVariables() Option { return func(d *document) { d.lookup = nil } }

// Parse reads one YAML document: at most 1 MiB, no anchors, aliases, merge keys or tags, no duplicate
// keys. Variables are not replaced yet: Decode does it, scalar by scalar. The Node is nil exactly when a
// problem is an Error. Parse never panics, whatever the bytes.
func Parse(file string, src []byte, opts ...Option) (*Node, Problems) {
	d := &document{file: file, src: src, lookup: os.LookupEnv}
	for _, o := range opts {
		o(d)
	}
	if p := checkBytes(file, src); p != nil {
		return nil, Problems{*p}
	}
	doc, p := d.parseAST()
	if p != nil {
		return nil, Problems{*p}
	}
	b := &builder{doc: d}
	root := &Node{doc: d, line: 1, col: 1}
	if doc != nil && doc.Body != nil {
		root = b.node(doc.Body, "", 1)
	}
	b.problems.Sort()
	if b.problems.Bad() {
		return nil, b.problems
	}
	return root, b.problems
}

var byteOrderMark = []byte("\ufeff")

// checkBytes refuses what is no text, with the place of the first wrong byte.
func checkBytes(file string, src []byte) *Problem {
	if len(src) > MaxFileBytes {
		return &Problem{File: file, What: fmt.Sprintf("the file has %d bytes", len(src)), Want: "at most 1 MiB is read: split it"}
	}
	line, col := 1, 1
	for s := bytes.TrimPrefix(src, byteOrderMark); len(s) > 0; {
		r, size := utf8.DecodeRune(s)
		switch {
		case r == utf8.RuneError && size == 1:
			return &Problem{File: file, Line: line, Col: col, What: "is not UTF-8", Want: "save the file as UTF-8 (not GBK)"}
		case r < ' ' && r != '\n' && r != '\t' && r != '\r', r == 0x7f, r == '\ufeff':
			return &Problem{File: file, Line: line, Col: col, What: fmt.Sprintf("has the control character %U", r), Want: "remove it"}
		case r == '\n':
			line, col = line+1, 1
		default:
			col++
		}
		s = s[size:]
	}
	return nil
}

// parseAST runs the YAML library over the text. A nil document is an empty file.
func (d *document) parseAST() (doc *ast.DocumentNode, problem *Problem) {
	defer func() { // the library has panicked on broken input before
		if r := recover(); r != nil {
			doc, problem = nil, &Problem{File: d.file, What: "can't be read as YAML", Want: "take it apart to find the place"}
		}
	}()
	text := string(bytes.TrimPrefix(d.src, byteOrderMark))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	tokens := lexer.Tokenize(text)
	if p := d.checkTokens(tokens); p != nil {
		return nil, p
	}
	f, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, d.syntaxProblem(err)
	}
	for _, next := range f.Docs {
		if doc != nil {
			p := Problem{File: d.file, Line: 1, Col: 1, What: "a second document begins", Want: "one document a file: move it to a file of its own"}
			if next.Start != nil {
				p.Line, p.Col = next.Start.Position.Line, next.Start.Position.Column
			}
			return nil, &p
		}
		doc = next
	}
	return doc, nil
}

// checkTokens refuses what the parser must not see: nesting and numbers of keys beyond the caps (it
// recurses, and is quadratic in the keys of one mapping), directives, and complex keys.
func (d *document) checkTokens(tokens token.Tokens) *Problem {
	flow, run, runLine, keys := 0, 0, 0, 0
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if t.Position.Line != runLine {
			run, runLine = 0, t.Position.Line
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(flow-1, 0)
		case token.SequenceEntryType:
			run++
		case token.MappingValueType:
			keys++
		case token.MappingKeyType:
			return d.at(t, "\"? \" begins a complex key", "write plain keys: name: value")
		case token.DirectiveType:
			if t.Prev == nil || t.Prev.Position.Line < t.Position.Line {
				return d.at(t, "directives are not read", "remove the line")
			}
		}
		if flow > maxDepth || run > maxDepth {
			return d.at(t, "is nested too deeply", fmt.Sprintf("at most %d levels", maxDepth))
		}
		if keys > maxKeys {
			return d.at(t, "the file has too many keys", fmt.Sprintf("at most %d: split it", maxKeys))
		}
	}
	return nil
}

func (d *document) at(t *token.Token, what, want string) *Problem {
	return &Problem{File: d.file, Line: t.Position.Line, Col: t.Position.Column, What: what, Want: want}
}

// syntaxProblem words the library's complaint, with a hint for the mistakes that people make most.
func (d *document) syntaxProblem(err error) *Problem {
	var syntax yaml.Error
	if !errors.As(err, &syntax) || syntax.GetToken() == nil || syntax.GetToken().Position == nil {
		return &Problem{File: d.file, What: "is not YAML: " + firstLine(err.Error())}
	}
	t, message := syntax.GetToken(), firstLine(syntax.GetMessage())
	p := d.at(t, "is not YAML: "+message, "")
	line := d.line(p.Line)
	switch {
	case strings.Contains(message, `character '	'`):
		p.What, p.Want = "is not YAML: a tab in the indentation", "indent with spaces"
	case strings.Contains(line, "{{") && !strings.Contains(message, "end character"):
		p.Want = "a value that begins with {{ must stand in quotes"
	case strings.Contains(message, "mapping value is not allowed"):
		p.Want = "check the indentation; a value with \": \" in it must stand in quotes"
	case strings.Contains(message, "reserved character"):
		p.Want = "put the value in quotes"
	case strings.Contains(message, "could not find end character"):
		p.Want = "close the quotes"
	case strings.Contains(message, "must be specified"):
		p.Want = "close the bracket"
	default:
		p.Want = "check the indentation and the colons"
	}
	return p
}

// line returns a line of the source, from 1, without its end.
func (d *document) line(n int) string {
	for line := range strings.Lines(string(d.src)) {
		if n--; n == 0 {
			return strings.TrimRight(line, "\r\n")
		}
	}
	return ""
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
