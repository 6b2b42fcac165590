package approval

import (
	"fmt"
	"slices"
	"strings"

	"magpie/config"
)

// leadsBack compiles where a step may be returned to, and where its refusal leads. Both are checked when all steps
// are known.
func (c *compiler) leadsBack(n *node, s stepSpec, path string) {
	if s.Return != nil {
		n.then = s.Return.Then
		if len(s.Return.To) > 0 {
			n.returnTo = s.Return.To
		}
		c.later = append(c.later, func() {
			for i, id := range s.Return.To {
				at := path + ".return.to"
				if c.root.At(at).Kind() == config.List {
					at = fmt.Sprintf("%s[%d]", at, i)
				}
				c.backTo(n, id, at, false)
			}
		})
	}
	if s.Failed != "" && s.Failed != "end" {
		n.ifFailed = s.Failed
		c.later = append(c.later, func() { c.backTo(n, s.Failed, path+".if_rejected", true) })
	}
}

// backTo checks that an id names a step which lies before n; always says that every way to n must have passed it.
func (c *compiler) backTo(n *node, id, path string, always bool) {
	if id == nodeStart {
		return
	}
	t := c.p.nodes[id]
	switch {
	case t == nil || t.kind != nodeApprove:
		want := nodeStart + ", or the id of an approve step before this one"
		if best := config.Nearest(id, append(c.approvals(), nodeStart)); best != "" {
			want = "did you mean " + best + "?"
		}
		c.fail(path, fmt.Sprintf("there is no approval step %s", id), want)
	case !t.before(n):
		c.fail(path, fmt.Sprintf("%s does not come before %s", id, n.id), nodeStart+", or a step before this one")
	case always && (len(t.within) > len(n.within) || !slices.Equal(t.within, n.within[:len(t.within)])):
		c.fail(path, fmt.Sprintf("not every way to %s leads through %s", n.id, id), "a step that is not in an arm, or start")
	}
}

// approvals are the ids of the approve steps.
func (c *compiler) approvals() []string {
	var out []string
	for _, n := range c.p.order {
		if n.kind == nodeApprove && !strings.Contains(n.id, "/") {
			out = append(out, n.id)
		}
	}
	return out
}
