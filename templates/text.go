package templates

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"

	"magpie/config"
)

// source is one scalar of a file that is compiled to a template.
type source struct {
	node   *config.Node
	before string // put before the text for compiling, "{{if "
	after  string
	text   string
	tmpl   *template.Template
	fixed  bool // no {{ in it: text is the result

	markdown bool     // values are escaped
	parts    []part   // of a simple text, see fast.go
	path     []string // of a pipeline that is nothing but a name
}

// compile parses the text, checks its tree and arms it: see arm.
func (s *source) compile(c *compiler, markdown bool) config.Problems {
	if s.node == nil {
		return nil
	}
	if s.before == "" && !strings.Contains(s.text, "{{") {
		s.fixed = true
		return nil
	}
	whole := s.before + s.text + s.after
	t, err := c.base().Parse(whole)
	if err != nil {
		return config.Problems{s.parseProblem(c, whole, err)}
	}
	s.markdown = markdown
	if s.before == "" {
		s.parts = simple(t.Tree.Root)
	} else {
		s.path = pathOf(s.text)
	}
	if what, want, at := arm(t, c, markdown); what != "" {
		return config.Problems{s.problem(what, want, at)}
	}
	s.tmpl = t
	return nil
}

// problem points into the scalar: at is a byte offset in what was compiled.
func (s *source) problem(what, want string, at int) config.Problem {
	p := s.node.Problem(what, want)
	at = min(max(at-len(s.before), 0), len(s.text))
	before := s.text[:at]
	lines := strings.Count(before, "\n")
	switch {
	case s.node.Block():
		p.Line += 1 + lines
		p.Col = s.indent(p.Line) + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	case lines == 0:
		p.Col += s.quote() + utf8.RuneCountInString(before)
	}
	return p
}

// line returns a line of the file, from 1.
func (s *source) line(n int) string {
	for line := range strings.Lines(string(s.node.Source())) {
		if n--; n == 0 {
			return line
		}
	}
	return ""
}

// indent counts the spaces that a line begins with.
func (s *source) indent(line int) int {
	l := s.line(line)
	return len(l) - len(strings.TrimLeft(l, " "))
}

// quote is 1 where the scalar begins with a quotation mark.
func (s *source) quote() int {
	line, col := s.node.Pos()
	if l := []rune(strings.TrimPrefix(s.line(line), "\ufeff")); col <= len(l) && (l[col-1] == '"' || l[col-1] == '\'') {
		return 1
	}
	return 0
}

var (
	templateError = regexp.MustCompile(`^template: [^:]*:(\d+)(?::(\d+))?: (?s:(.*))$`)
	undefined     = regexp.MustCompile(`^function "([^"]*)" not defined$`)
)

// parseProblem words a mistake of the template language and finds its place.
func (s *source) parseProblem(c *compiler, whole string, err error) config.Problem {
	message, want := err.Error(), ""
	if m := templateError.FindStringSubmatch(message); m != nil {
		message = m[3]
	}
	at := len(s.before)
	if m := undefined.FindStringSubmatch(message); m != nil {
		message = "function " + strconv.Quote(m[1]) + " is not known"
		if best := config.Nearest(m[1], c.names); best != "" {
			want = "did you mean " + best + "?"
		} else {
			want = "known here: " + strings.Join(c.names, ", ")
		}
		if i := regexp.MustCompile(`\b` + regexp.QuoteMeta(m[1]) + `\b`).FindStringIndex(s.text); i != nil {
			at += i[0]
		}
		return s.problem(message, want, at)
	}
	// The parser tells the line only: the first action with which the mistake appears is the place.
	for pos := 0; ; {
		open := strings.Index(s.text[pos:], "{{")
		if open < 0 {
			break
		}
		open += pos
		end := strings.Index(s.text[open:], "}}")
		at = len(s.before) + open
		if end < 0 {
			break
		}
		pos = open + end + 2
		if _, e := c.base().Parse(s.before + s.text[:pos]); e != nil && !strings.Contains(e.Error(), "unexpected EOF") {
			break
		}
	}
	return s.problem("is no template: "+message, "see the text/template language: {{.name}}, {{if .x}}…{{end}}", at)
}

// renderError is a mistake found while filling a template.
type renderError struct{ problem config.Problem }

func (e *renderError) Error() string { return e.problem.String() }

var (
	missingKey = regexp.MustCompile(`map has no entry for key "([^"]*)"`)
	errorCall  = regexp.MustCompile(`error calling [^:]*: (?s:(.*))$`)
	executing  = regexp.MustCompile(`^executing "[^"]*" at <(?s:(.*?))>: (?s:(.*))$`)
)

// execError words an error of the execution and finds its place.
func (s *source) execError(err error) error {
	var re *renderError
	if errors.As(err, &re) {
		return re
	}
	m := templateError.FindStringSubmatch(err.Error())
	if m == nil {
		return &renderError{s.problem(err.Error(), "", 0)}
	}
	line, _ := strconv.Atoi(m[1])
	col, _ := strconv.Atoi(m[2])
	at := 0
	whole := s.before + s.text + s.after
	for range line - 1 {
		at += strings.IndexByte(whole[at:], '\n') + 1
	}
	at += col
	message, want := m[3], ""
	if x := executing.FindStringSubmatch(message); x != nil {
		message = "{{" + x[1] + "}}: " + x[2]
	}
	if x := missingKey.FindStringSubmatch(message); x != nil {
		message, want = "the view has no "+strconv.Quote(x[1]), `ask has . "`+x[1]+`" first if it may be absent`
	} else if x := errorCall.FindStringSubmatch(message); x != nil {
		message = x[1]
	}
	return &renderError{s.problem(message, want, at)}
}

// arm makes a parsed template safe to run: it refuses what the language has and we don't, adds the
// printing function to the end of every pipeline that prints, and a tick to every loop.
func arm(t *template.Template, c *compiler, markdown bool) (what, want string, at int) {
	a := &armer{compiler: c, printer: "_plain"}
	if markdown {
		a.printer = "_markdown"
	}
	if len(t.Templates()) > 1 {
		return "define and block are not available", "write the text where it is needed", 0
	}
	a.list(t.Tree.Root)
	return a.what, a.want, a.at
}

type armer struct {
	*compiler
	printer    string
	what, want string
	at         int
}

func (a *armer) refuse(n parse.Node, what, want string) {
	if a.what == "" {
		a.what, a.want, a.at = what, want, int(n.Position())
	}
}

func (a *armer) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			a.pipe(n.Pipe)
			if len(n.Pipe.Decl) == 0 {
				n.Pipe.Cmds = append(n.Pipe.Cmds, command(n.Pos, a.printer))
			}
		case *parse.IfNode:
			a.branch(&n.BranchNode, false)
		case *parse.WithNode:
			a.branch(&n.BranchNode, false)
		case *parse.RangeNode:
			a.branch(&n.BranchNode, true)
		case *parse.TemplateNode:
			a.refuse(n, "template is not available", "write the text where it is needed")
		}
	}
}

func (a *armer) branch(b *parse.BranchNode, loop bool) {
	a.pipe(b.Pipe)
	a.list(b.List)
	a.list(b.ElseList)
	if loop && b.List != nil {
		b.List.Nodes = append([]parse.Node{tick.CopyList().Nodes[0]}, b.List.Nodes...)
	}
}

// pipe refuses functions that the language brings along and that we don't offer.
func (a *armer) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			switch arg := arg.(type) {
			case *parse.PipeNode:
				a.pipe(arg)
			case *parse.ChainNode:
				if inner, ok := arg.Node.(*parse.PipeNode); ok {
					a.pipe(inner)
				}
			case *parse.IdentifierNode:
				if hidden[arg.Ident] {
					a.refuse(arg, "function "+strconv.Quote(arg.Ident)+" is not available", "known here: "+strings.Join(a.names, ", "))
				}
			}
		}
	}
}

// hidden are functions of text/template that only make sense for HTML, or could be used to blow up.
var hidden = map[string]bool{"html": true, "js": true, "urlquery": true, "call": true, "println": true}

// command is a call of a function without arguments, for the end of a pipeline.
func command(pos parse.Pos, name string) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{parse.NewIdentifier(name).SetPos(pos)}}
}

// tick counts the rounds of loops: {{(index $ "_run").Tick}}.
var tick = func() *parse.ListNode {
	t := template.Must(template.New("").Parse(`{{(index $ "_run").Tick}}`))
	return t.Tree.Root
}()
