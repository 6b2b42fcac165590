package approval

import (
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"magpie/config"
)

// steps compiles a list of steps that goes on with next, and returns the id of the first of them.
func (c *compiler) steps(list []stepSpec, path, next string, depth int) string {
	if depth > maxDepth {
		c.fail(path, "branches are nested too deeply", fmt.Sprintf("at most %d levels", maxDepth))
		return next
	}
	// From the last to the first, so that each knows what follows; ids are given from the first on.
	nodes := make([]*node, len(list))
	for i, s := range list {
		nodes[i] = c.declare(s, fmt.Sprintf("%s[%d]", path, i))
	}
	for i := len(list) - 1; i >= 0; i-- {
		if nodes[i] == nil {
			continue
		}
		nodes[i].next = next
		c.fill(nodes[i], list[i], fmt.Sprintf("%s[%d]", path, i), depth)
		next = nodes[i].id
	}
	return next
}

// declare checks what kind of step it is and gives it its id.
func (c *compiler) declare(s stepSpec, path string) *node {
	var kinds []string
	for _, k := range []struct {
		name string
		has  bool
	}{{"approve", s.Approve != nil}, {"cc", s.CC != nil}, {"flow", s.Flow != nil}, {"branch", s.Branch != nil}, {"parallel", s.Parallel != nil}, {"inclusive", s.Inclusive != nil}} {
		if k.has {
			kinds = append(kinds, k.name)
		}
	}
	at := c.root.At(path)
	switch {
	case len(kinds) == 0:
		c.fail(path, "the step does nothing", "approve, cc, flow, branch, parallel or inclusive")
		return nil
	case len(kinds) > 1:
		c.fail(path, "the step is "+strings.Join(kinds, " and ")+" at once", "one step for each")
		return nil
	}
	n := &node{id: s.ID, name: s.Name, within: slices.Clone(c.arms), kind: map[string]nodeKind{
		"approve": nodeApprove, "cc": nodeCC, "flow": nodeFlow, "branch": nodeBranch, "parallel": nodeParallel, "inclusive": nodeInclusive}[kinds[0]]}
	switch {
	case n.id == "" && n.kind == nodeApprove:
		c.fail(path, "the step has no id", "id: leader")
		return nil
	case n.id == "":
		c.auto++
		n.id = fmt.Sprintf("%s_%d", kinds[0], c.auto)
	case !idForm.MatchString(n.id):
		c.fail(path+".id", fmt.Sprintf("%q is not an id", n.id), "lower-case letters, digits, - and _, at most 40, a letter first")
		return nil
	}
	if n.id == nodeStart || n.id == nodeRevoke {
		c.fail(path+".id", "the id "+n.id+" means something else already", "another id")
		return nil
	}
	if _, ok := c.p.nodes[n.id]; ok {
		c.fail(path+".id", fmt.Sprintf("a step has the id %s already", n.id), "another id")
		return nil
	}
	if n.name == "" {
		n.name = n.id
	}
	for _, k := range []struct {
		key  string
		has  bool
		kind nodeKind
	}{{"remind", s.Remind != nil, nodeApprove}, {"timeout", s.Timeout != nil, nodeApprove}, {"if_nobody", s.IfNobody != "", nodeApprove}, {"return", s.Return != nil, nodeApprove}, {"if_rejected", s.Failed != "", nodeApprove}} {
		if k.has && n.kind != k.kind && !(k.key == "if_rejected" && n.kind == nodeFlow) {
			c.ps = append(c.ps, at.Key(k.key).Problem(k.key+" belongs to an approve step", "remove it"))
		}
	}
	c.p.nodes[n.id] = n
	c.p.order = append(c.p.order, n)
	return n
}

// fill compiles what a step holds.
func (c *compiler) fill(n *node, s stepSpec, path string, depth int) {
	if s.If != "" {
		switch n.kind {
		case nodeBranch:
			c.fail(path+".if", "a branch has its conditions in its arms", "branch: [{if: …, steps: […]}, {else: true, steps: []}]")
		case nodeInclusive:
			c.fail(path+".if", "an inclusive step has its conditions in its arms", "inclusive: [{if: …, steps: […]}, {else: true, steps: []}]")
		default:
			n.cond = c.cond(s.If, path+".if")
		}
	}
	switch n.kind {
	case nodeApprove:
		c.approve(n, s, path)
		c.leadsBack(n, s, path)
	case nodeCC:
		n.to = c.selectors(s.CC.To, path+".cc.to", false)
	case nodeFlow:
		c.flow(n, s.Flow, path+".flow")
		c.flowFailed(n, s, path)
	case nodeBranch:
		c.branch(n, s.Branch, path+".branch", depth)
	case nodeInclusive:
		c.branch(n, s.Inclusive, path+".inclusive", depth)
	case nodeParallel:
		c.parallel(n, s.Parallel, path+".parallel", depth)
	}
}

// whole checks what only shows when all steps are known.
func (c *compiler) whole() {
	decides := slices.ContainsFunc(c.p.order, func(n *node) bool { return n.kind == nodeApprove })
	if !decides && !c.ps.Bad() {
		c.fail("steps", "nobody decides in this flow", "an approve step")
	}
	// The order of declaration puts nested steps after their siblings; people expect the file's.
	c.p.order = c.fileOrder()
	for i, n := range c.p.order {
		n.pos = i
	}
	for _, check := range c.later {
		check()
	}
	c.constant()
}

// constant warns of steps that are never reached because their condition reads nothing and is false.
func (c *compiler) constant() {
	for i := range c.p.order {
		n := c.p.order[i]
		if v, ok := n.cond.Fixed(); ok && !v {
			c.ps = append(c.ps, c.warnNode(n, "the condition is never true: the step is unreachable", "a condition on the form"))
		}
		open := true
		for _, a := range n.arms {
			v, ok := a.cond.Fixed()
			if n.splits() {
				open = true // each arm for itself
			}
			if !open || ok && !v {
				c.ps = append(c.ps, c.warnNode(n, "an arm of the branch is unreachable", "a condition on the form"))
			}
			open = open && !(ok && v)
		}
	}
}

func (c *compiler) warnNode(n *node, what, want string) config.Problem {
	return c.root.At(c.pathOf(n.id)).Warn(fmt.Sprintf("step %s: %s", n.id, what), want)
}

// pathOf finds where a step with a written id stands; "steps" for those without.
func (c *compiler) pathOf(id string) string {
	var find func(list *config.Node) *config.Node
	find = func(list *config.Node) *config.Node {
		if list == nil {
			return nil
		}
		for _, s := range list.Items() {
			if k := s.Get("id"); k != nil && k.Text() == id {
				return s
			}
			for _, list := range armLists(s) {
				if hit := find(list); hit != nil {
					return hit
				}
			}
		}
		return nil
	}
	if n := find(c.root.Get("steps")); n != nil {
		return n.Path()
	}
	return "steps"
}

// title compiles the title: texts, fields and simple conditions only.
func (c *compiler) title(s spec) {
	src := s.Title
	if src == "" {
		src = "{{.initiator.name}}的" + strings.ReplaceAll(s.Name, "{{", "")
	}
	if len(src) > 500 {
		c.fail("title", "the title is longer than 500 bytes", "a shorter one")
		return
	}
	t, err := template.New("title").Option("missingkey=error").Parse(src)
	if err != nil {
		c.fail("title", strings.TrimPrefix(err.Error(), "template: "), `"{{.initiator.name}}的采购申请：{{.form.item}}"`)
		return
	}
	if t.Tree != nil {
		for _, n := range t.Root.Nodes {
			c.titleNode(n)
		}
	}
	c.p.title = t
}

func (c *compiler) titleNode(n parse.Node) {
	switch n := n.(type) {
	case *parse.TextNode, *parse.CommentNode:
	case *parse.ActionNode:
		c.titlePipe(n.Pipe, false)
	case *parse.IfNode:
		c.titlePipe(n.Pipe, true)
		for _, l := range []*parse.ListNode{n.List, n.ElseList} {
			if l != nil {
				for _, k := range l.Nodes {
					c.titleNode(k)
				}
			}
		}
	default:
		c.fail("title", fmt.Sprintf("%s is not allowed in a title", n), "{{.form.FIELD}}, {{.initiator.name}} and {{if}}")
	}
}

func (c *compiler) titlePipe(p *parse.PipeNode, cond bool) {
	if p == nil || len(p.Decl) > 0 || len(p.Cmds) != 1 {
		c.fail("title", fmt.Sprintf("%s is not allowed in a title", p), "{{.form.FIELD}}")
		return
	}
	for i, arg := range p.Cmds[0].Args {
		switch a := arg.(type) {
		case *parse.FieldNode:
			if what := c.titleField(a.Ident); what != "" {
				c.fail("title", what, "{{.form.FIELD}} or {{.initiator.name}}")
			}
		case *parse.StringNode:
			if i == 0 && len(p.Cmds[0].Args) > 1 || !cond {
				c.fail("title", fmt.Sprintf("%s is not allowed in a title", p), "{{.form.FIELD}}")
			}
		case *parse.IdentifierNode:
			if !cond || i > 0 || !slices.Contains([]string{"eq", "ne", "not", "and", "or"}, a.Ident) {
				c.fail("title", fmt.Sprintf("the function %s is not allowed in a title", a.Ident), "{{.form.FIELD}}")
			}
		default:
			c.fail("title", fmt.Sprintf("%s is not allowed in a title", p), "{{.form.FIELD}}")
		}
	}
}

func (c *compiler) titleField(ident []string) string {
	name := "." + strings.Join(ident, ".")
	if len(ident) != 2 {
		return name + " is not a value"
	}
	switch ident[0] {
	case "form":
		if _, ok := c.p.byField[ident[1]]; !ok {
			return "the form has no field " + ident[1]
		}
		return ""
	case "initiator":
		if slices.Contains([]string{"id", "name", "dept", "title"}, ident[1]) {
			return ""
		}
	}
	return name + " is not known"
}
