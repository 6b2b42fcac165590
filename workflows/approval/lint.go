package approval

import (
	"fmt"
	"strings"

	"magpie/config"
	"magpie/workflows/selector"
)

// lint warns of what compiles and is dangerous all the same: steps that can't be reached, money without a
// bound, people who decide about themselves. What only shows with the directory at hand is Lint's.
func (c *compiler) lint() {
	if c.ps.Bad() {
		return
	}
	at := c.places()
	for _, n := range c.p.order {
		c.reach(n, at[n.id])
		if n.kind == nodeApprove {
			c.selfish(n, at[n.id])
			c.named(n, at[n.id])
			c.circles(n, at[n.id])
		}
	}
	c.unbounded()
}

// places finds where each step stands in the file: steps are written in the order in which they are listed.
func (c *compiler) places() map[string]*config.Node {
	var written []*config.Node
	var walk func(list *config.Node)
	walk = func(list *config.Node) {
		if list == nil {
			return
		}
		for _, s := range list.Items() {
			written = append(written, s)
			for _, arm := range armLists(s) {
				walk(arm)
			}
		}
	}
	walk(c.root.Get("steps"))
	out := make(map[string]*config.Node, len(written))
	for i, n := range c.p.order {
		out[n.id] = c.root
		if len(written) == len(c.p.order) {
			out[n.id] = written[i]
		}
	}
	return out
}

func (c *compiler) warnAt(n *config.Node, what, want string) {
	c.ps = append(c.ps, n.Warn(what, want))
}

// selfish warns of a step at which the initiator decides alone about their own request.
func (c *compiler) selfish(n *node, at *config.Node) {
	if c.p.self != "ask" {
		return
	}
	const want = "rules: {initiator_is_approver: manager}, or another approver"
	if who, all := ownWords(n.by); all {
		c.warnAt(at.At("approve.by"), fmt.Sprintf("step %s: %s: the initiator can be the only one to decide about their own request", n.id, who), want)
	}
	if n.timeout != nil {
		if who, all := ownWords(n.timeout.To); all {
			c.warnAt(at.At("timeout.to"), fmt.Sprintf("step %s: after the timeout it goes to %s: the initiator can be the only one to decide about their own request", n.id, who), want)
		}
	}
}

// ownWords tells whether all that is named may be the initiator alone: they themself, or whom they name in the
// form, or above somebody whom they name there.
func ownWords(by []string) (word string, all bool) {
	for _, text := range by {
		s, err := selector.Parse(text)
		if err != nil || s.Kind != selector.Initiator && s.Field() == "" {
			return "", false
		}
		word = text
	}
	return word, len(by) > 0
}

// circles warns of a step that is refused by time, which leads back to a step before it: nobody need do
// anything for the request to go round and round.
func (c *compiler) circles(n *node, at *config.Node) {
	to := at.Get("if_rejected")
	if to == nil || to.Text() == "end" || to.Text() == nodeStart || n.timeout == nil || n.timeout.Then != "reject" {
		return
	}
	c.warnAt(to, fmt.Sprintf("step %s: after the timeout it is refused, and that leads back to %s: with nobody there it goes in circles", n.id, to.Text()), "timeout: {then: escalate}, or if_rejected: end")
}

// named warns of a count that the persons of a step can't reach.
func (c *compiler) named(n *node, at *config.Node) {
	if n.mode.Kind != modeCount {
		return
	}
	who := map[string]bool{}
	for _, text := range n.by {
		s, err := selector.Parse(text)
		if err != nil || s.Kind != selector.Person && s.Kind != selector.Initiator && (s.Kind != selector.Manager || s.Of != "") {
			return // how many they are is known to the directory
		}
		who[s.String()] = true
	}
	if len(who) < n.mode.N {
		c.warnAt(at.At("approve.mode"), fmt.Sprintf("step %s: %d must agree, but only %d can be asked: nobody can decide it", n.id, n.mode.N, len(who)), fmt.Sprintf("count: %d, or more persons", max(1, len(who))))
	}
}

// unbounded warns of money that nothing depends on and nothing bounds.
func (c *compiler) unbounded() {
	read := c.p.asked()
	var free []*field
	for i := range c.p.fields {
		f := &c.p.fields[i]
		switch {
		case f.typ != typeMoney:
		case f.max != nil || read[f.id]:
			return
		default:
			free = append(free, f)
		}
	}
	for _, f := range free {
		for _, at := range c.root.Get("form").Items() {
			if id := at.Get("id"); id != nil && id.Text() == f.id {
				c.warnAt(at, fmt.Sprintf("%s: any amount goes the same way, and nothing bounds it", f.id), "max: 100000 for the field, or a step with if: form."+f.id+" >= …")
			}
		}
	}
}

// asked are the fields on which the way depends.
func (p *Program) asked() map[string]bool {
	out := map[string]bool{}
	for _, n := range p.nodes {
		for _, id := range n.cond.Fields() {
			out[id] = true
		}
		for _, a := range n.arms {
			for _, id := range a.cond.Fields() {
				out[id] = true
			}
		}
	}
	return out
}

// pathWords names the conditions that lead to a step, for people.
func pathWords(texts []string) string { return strings.Join(texts, " and ") }
