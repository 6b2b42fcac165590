package approval

import (
	"fmt"

	"magpie/config"
)

// count is how many steps a list holds, with those inside arms. The parser bounds how deep a file goes.
func count(list []stepSpec) int {
	n := len(list)
	for _, s := range list {
		for _, a := range s.Branch {
			n += count(a.Steps)
		}
		for _, a := range s.Inclusive {
			n += count(a.Steps)
		}
		for _, a := range s.Parallel {
			n += count(a)
		}
	}
	return n
}

// branch compiles arms with conditions: one of them is gone, or with inclusive all whose condition holds.
func (c *compiler) branch(n *node, list []armSpec, path string, depth int) {
	word := "branch"
	if n.kind == nodeInclusive {
		word = "inclusive"
	}
	for i, a := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		last := i == len(list)-1
		var out arm
		switch {
		case a.Else && a.If != "":
			c.fail(at, "an arm has both if and else", "one of the two")
		case a.Else && !last:
			c.fail(at, "else is not the last arm, what follows is never reached", "move it to the end")
		case !a.Else && a.If == "":
			c.fail(at, "an arm has neither if nor else", "if: a condition, or else: true")
		case !a.Else:
			if out.cond = c.cond(a.If, at+".if"); out.cond != nil && last {
				c.fail(path, "the last arm is not else", "{else: true, steps: []}")
			}
		}
		out.first = c.oneArm(n, i, a.Steps, at+".steps", depth)
		n.arms = append(n.arms, out)
	}
	c.armCount(n, path, "the "+word+" has no arms", "{if: …, steps: […]} and {else: true, steps: []}")
}

// parallel compiles lists of steps that are gone at the same time.
func (c *compiler) parallel(n *node, list [][]stepSpec, path string, depth int) {
	for i, steps := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		n.arms = append(n.arms, arm{first: c.oneArm(n, i, steps, at, depth)})
	}
	c.armCount(n, path, "parallel has no arms", "[[{id: legal, approve: {by: …}}], [{id: it, approve: {by: …}}]]")
	if len(list) == 1 {
		c.warn(path, "there is only one arm: nothing happens at the same time", "a second arm, or the steps without parallel")
	}
}

// armCount refuses a step without arms, and a split with so many that everybody would be asked at once.
func (c *compiler) armCount(n *node, path, what, want string) {
	switch {
	case len(n.arms) == 0:
		c.fail(path, what, want)
	case n.splits() && len(n.arms) > maxArms:
		c.fail(path, fmt.Sprintf("%d arms at the same time", len(n.arms)), fmt.Sprintf("at most %d", maxArms))
	}
}

// oneArm compiles the steps of an arm and returns the first node. The arm of a branch leads to what follows the
// branch, that of a split to its join.
func (c *compiler) oneArm(n *node, i int, steps []stepSpec, path string, depth int) string {
	id, next := fmt.Sprintf("%s/%d", n.id, i), n.next
	if n.splits() {
		c.p.nodes[id] = &node{id: id, kind: nodeJoin, next: n.next, of: n, arm: i}
		next = id
	}
	outer := c.arms
	c.arms = append(outer[:len(outer):len(outer)], id)
	first := c.steps(steps, path, next, depth+1)
	c.arms = outer
	return first
}

// fileOrder lists the nodes in the order of the file, arms before what follows their branch.
func (c *compiler) fileOrder() []*node {
	var out []*node
	seen := map[string]bool{}
	var walk func(id, stop string)
	walk = func(id, stop string) {
		for id != "" && id != stop && !seen[id] {
			n := c.p.nodes[id]
			if n == nil || n.kind == nodeJoin {
				return
			}
			seen[id] = true
			out = append(out, n)
			for _, a := range n.arms {
				walk(a.first, n.next)
			}
			id = n.next
		}
	}
	walk(c.p.first, "")
	for _, n := range c.p.order {
		if !seen[n.id] {
			out = append(out, n)
		}
	}
	return out
}

// armLists are the lists of steps inside a step as it is written.
func armLists(step *config.Node) []*config.Node {
	var out []*config.Node
	for _, key := range [...]string{"branch", "inclusive", "parallel"} {
		arms := step.Get(key)
		if arms == nil {
			continue
		}
		for _, a := range arms.Items() {
			if a.Kind() == config.List {
				out = append(out, a)
			} else if list := a.Get("steps"); list != nil {
				out = append(out, list)
			}
		}
	}
	return out
}
