package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/cond"
	"magpie/workflows/selector"
	"magpie/workflows/workcal"
)

// limits of a definition.
const (
	maxFields = 60
	maxNodes  = 500
	maxArms   = 20 // of one split: each asks for people at the same moment
	maxDepth  = 5
	maxAsked  = 20 // selectors of one step
)

var (
	idForm    = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
	fieldForm = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]{0,39}$`)
)

// Compile checks everything that can be checked and returns the Program, nil when a problem is an error.
func (Kind) Compile(src *config.Node, env workflows.Env) (workflows.Program, config.Problems) {
	p, ps := compile(src, env)
	ps.Sort()
	if ps.Bad() {
		return nil, causes(src, ps)
	}
	return p, ps
}

// compiler collects problems and what they need to know.
type compiler struct {
	root     *config.Node
	env      workflows.Env
	p        *Program
	conds    *cond.Env
	above    *cond.Env // of the fields above the one that is compiled
	ids      []string  // of all fields, as written
	money    bool
	auto     int
	allowAll *allowed // of the whole flow
	later    []func() // checks that wait until all steps are known
	arms     []string // the arms around the steps that are compiled now
	ps       config.Problems
}

func compile(src *config.Node, env workflows.Env) (*Program, config.Problems) {
	s := spec{Rules: rulesSpec{SamePerson: "off", InitiatorIsApprover: "ask", Withdraw: "until_final"}}
	c := &compiler{root: src, env: env}
	c.ps = src.Decode(&s)
	loc := env.Location
	if loc == nil {
		loc = workcal.Shanghai()
	}
	sum := sha256.Sum256(src.Source())
	c.p = &Program{
		def:   workflows.Definition{ID: s.ID, Kind: "approval", Name: s.Name, Hash: hex.EncodeToString(sum[:]), Source: src.Source()},
		about: s.Description, commands: s.Start.Commands, menu: s.Start.Menu,
		nodes: map[string]*node{nodeStart: {id: nodeStart, name: textInitiator, kind: nodeBegin, pos: -1}}, byField: map[string]*field{},
		same: s.Rules.SamePerson, self: s.Rules.InitiatorIsApprover, withdraw: s.Rules.Withdraw == "until_final",
		cal: env.Calendar, loc: loc, accept: s.Accept,
	}
	c.p.urge = workcal.Span{N: 30, Unit: workcal.Minutes}
	if u := s.Rules.Urge; u != nil && !u.Every.IsZero() {
		c.p.urge = u.Every
	}
	if c.p.same == "skip_repeat" {
		c.p.same = "whole"
	}
	if c.ps.Bad() && (s.ID == "" || len(s.Form) == 0 || len(s.Steps) == 0) {
		return nil, c.ps
	}
	c.allowAll = s.Rules.Allow
	c.head(&s)
	c.chosenFields(&s)
	c.form(s.Form)
	c.checks(s.Checks)
	c.title(s)
	if n := count(s.Steps); n > maxNodes {
		c.fail("steps", fmt.Sprintf("%d steps with those inside branches", n), fmt.Sprintf("at most %d; split the flow", maxNodes))
		return c.p, c.ps
	}
	c.p.first = c.steps(s.Steps, "steps", "", 1)
	c.revoke(s.Rules.Revoke)
	c.whole()
	c.lint()
	c.tests(s.Tests)
	return c.p, c.ps
}

func (c *compiler) fail(path, what, want string) {
	c.ps = append(c.ps, c.root.At(path).Problem(what, want))
}

func (c *compiler) warn(path, what, want string) {
	c.ps = append(c.ps, c.root.At(path).Warn(what, want))
}

// head checks the names and how the flow is started.
func (c *compiler) head(s *spec) {
	if !idForm.MatchString(s.ID) {
		c.fail("id", fmt.Sprintf("%q is not an id", s.ID), "lower-case letters, digits, - and _, at most 40, a letter first")
	}
	if s.On != nil && s.On.Kind() != config.Null {
		c.ps = append(c.ps, c.root.Key("on").Problem("on is not supported yet", "remove it"))
	}
	if len(s.Start.Commands) == 0 && len(s.Start.Menu) == 0 {
		c.warn("start", "nothing starts this flow", "start: {commands: ["+s.Name+"]}")
	}
	seen := map[string]bool{}
	for i, cmd := range s.Start.Commands {
		path := fmt.Sprintf("start.commands[%d]", i)
		switch {
		case strings.ContainsAny(cmd, " \t\n　/@"):
			c.fail(path, fmt.Sprintf("the command %q has a space, / or @", cmd), "one word")
		case len([]rune(cmd)) > 20:
			c.fail(path, "the command is longer than 20 characters", "a short word")
		case seen[strings.ToLower(cmd)]:
			c.fail(path, fmt.Sprintf("the command %q is given twice", cmd), "remove one")
		}
		seen[strings.ToLower(cmd)] = true
	}
	if !(len(s.Start.Who) == 0 || len(s.Start.Who) == 1 && s.Start.Who[0] == "everyone") {
		c.p.who = c.selectors(s.Start.Who, "start.who", true)
	}
}

// selectors parses and checks a list; whole says that form fields and the like can't be known yet.
func (c *compiler) selectors(list []string, path string, start bool) []string {
	if len(list) > maxAsked {
		c.fail(path, fmt.Sprintf("%d selectors", len(list)), fmt.Sprintf("at most %d; a role can hold more people", maxAsked))
	}
	for i, text := range list {
		at := path
		if c.root.At(path).Kind() == config.List {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		s, err := selector.Parse(text)
		if e, ok := err.(*selector.Error); ok {
			pr := c.root.At(at).Problem(fmt.Sprintf("selector %q: %s", e.Text, e.What), e.Want)
			if q := c.quote(pr); pr.Line > 0 {
				pr.Col += e.Col - 1 + q
			}
			c.ps = append(c.ps, pr)
			continue
		}
		what, want, soft := selector.Check(s, c.scope(start))
		switch {
		case what == "":
		case soft:
			c.warn(at, what, want)
		default:
			c.fail(at, what, want)
		}
		if f, ok := c.p.byField[s.Field()]; ok && what == "" && !f.required && !strings.HasSuffix(path, ".cc.to") { // nobody need be told
			c.warn(at, fmt.Sprintf("the field %s may be left empty, then nobody is found", f.id), "required: true for the field")
		}
	}
	return list
}

// scope is what selectors may name; start says that there is no form yet.
func (c *compiler) scope(start bool) selector.Scope {
	return selector.Scope{Roles: c.env.Roles, OnCall: c.env.OnCall, Field: func(id string) (selector.Holds, bool) {
		f, ok := c.p.byField[id]
		switch {
		case !ok || start:
			return "", false
		case f.typ == typePerson || f.typ == typePersons:
			return selector.HoldsPersons, true
		case f.typ == typeDepartment:
			return selector.HoldsDept, true
		}
		return "", true
	}}
}

// quote is 1 when the scalar at a problem's place stands in quotes, so that columns inside it shift by one.
func (c *compiler) quote(p config.Problem) int {
	lines := strings.Split(string(c.root.Source()), "\n")
	if p.Line < 1 || p.Line > len(lines) {
		return 0
	}
	if r := []rune(lines[p.Line-1]); p.Col >= 1 && p.Col <= len(r) && (r[p.Col-1] == '"' || r[p.Col-1] == '\'') {
		return 1
	}
	return 0
}

// cond compiles a condition and maps its mistakes into the file.
func (c *compiler) cond(src, path string) *cond.Cond {
	if c.conds == nil {
		return nil
	}
	k, err := c.conds.Compile(src)
	if err == nil {
		return k
	}
	c.place(err.(*cond.Error), "condition: ", path)
	return nil
}

// place reports what is wrong with an expression where it stands in the file.
func (c *compiler) place(e *cond.Error, what, path string) {
	n := c.root.At(path)
	pr := n.Problem(what+e.What, e.Want)
	if n.Block() {
		lines := strings.Split(string(c.root.Source()), "\n")
		if at := pr.Line + e.Line - 1; at < len(lines) {
			indent := len(lines[at]) - len(strings.TrimLeft(lines[at], " "))
			pr.Line, pr.Col = at+1, indent+e.Col
		}
	} else if e.Line == 1 {
		pr.Col += e.Col - 1 + c.quote(pr)
	}
	c.ps = append(c.ps, pr)
}

func near(id string, p *Program) string {
	var ids []string
	for _, n := range p.order {
		if n.kind == nodeApprove {
			ids = append(ids, n.id)
		}
	}
	if best := config.Nearest(id, ids); best != "" {
		return "did you mean " + best + "?"
	}
	return "one of " + strings.Join(ids, ", ")
}
