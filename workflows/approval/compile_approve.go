package approval

import (
	"fmt"
	"slices"

	"magpie/config"
	"magpie/workflows/selector"
)

// approve compiles what an approval step holds.
func (c *compiler) approve(n *node, s stepSpec, path string) {
	n.by = c.selectors(s.Approve.By, path+".approve.by", false)
	n.mode = s.Approve.Mode
	if n.mode.Kind == "" {
		n.mode.Kind = modeAny
	}
	quorum := n.mode.Kind == modeRatio || n.mode.Kind == modeCount || n.mode.Kind == modeWeight
	c.weights(n, path)
	c.abstain(n, s.Approve.Abstain, path)
	c.allow(n, s.Approve.Allow)
	n.veto = !quorum
	defer c.rights(n, s.Approve.Fields, path)
	n.alone = s.Approve.Batch != nil && !*s.Approve.Batch
	n.sign = s.Approve.Sign
	if s.Approve.Veto != nil {
		n.veto = *s.Approve.Veto
		if !n.veto && (n.mode.Kind == modeAll || n.mode.Kind == modeSequence) {
			c.warn(path+".approve.veto", fmt.Sprintf("veto: false changes nothing with mode %s: one refusal is enough", n.mode.Kind), "remove it, or use {ratio: 60%}")
		}
	}
	if n.remind = s.Remind; n.remind != nil {
		if n.remind.AtMost == 0 {
			n.remind.AtMost = 1
			if !n.remind.Every.IsZero() {
				n.remind.AtMost = 3
			}
		}
		if n.remind.AtMost > 1 && n.remind.Every.IsZero() {
			c.fail(path+".remind", "at_most is more than one, but every is missing", "every: 4 work hours")
		}
	}
	c.timeout(n, s, path)
	c.ifNobody(n, s, path)
}

func (c *compiler) timeout(n *node, s stepSpec, path string) {
	t := s.Timeout
	if n.timeout = t; t == nil {
		return
	}
	switch {
	case t.Then == "transfer" && len(t.To) == 0:
		c.fail(path+".timeout", "transfer needs to whom", "to: role:admin")
	case t.Then != "transfer" && len(t.To) > 0:
		c.fail(path+".timeout.to", "to belongs to then: transfer", "remove it")
	case t.Then == "approve" && n.sign:
		c.fail(path+".timeout.then", "nobody signs when the time is up: a step with sign: true can't approve by itself", "remind, escalate, transfer or reject")
	case t.Then == "approve":
		c.warn(path+".timeout.then", "nobody has to look: after the timeout the step approves by itself", "remind or escalate")
	}
	if len(t.To) > 0 {
		t.To = c.selectors(t.To, path+".timeout.to", false)
	}
}

func (c *compiler) ifNobody(n *node, s stepSpec, path string) {
	at := path + ".if_nobody"
	switch s.IfNobody {
	case "skip":
		n.ifNobody = "skip"
		switch {
		case n.sign:
			c.warn(at, "when nobody is found the step is passed over, and nobody signs", "admin or person:ID")
		case c.money:
			c.warn(at, "the flow has a money field, and this step is passed over when nobody is found", "admin or person:ID")
		}
	case "reject":
		n.ifNobody = "reject"
	case "", "admin":
		n.ifNobody = "role:admin"
		if _, ok := c.env.Roles["admin"]; !ok && c.env.Roles != nil && s.IfNobody != "" {
			c.warn(at, "role admin is not defined under people.roles: when nobody is found the request waits", "define it, or person:ID")
		}
	default:
		sel, err := selector.Parse(s.IfNobody)
		if err != nil || sel.Kind != selector.Person && sel.Kind != selector.Role {
			want := "skip, reject, admin or person:ID"
			if near := config.Nearest(s.IfNobody, []string{"skip", "reject", "admin"}); near != "" {
				want = "did you mean " + near + "?"
			}
			c.fail(at, fmt.Sprintf("%q is not a rule for when nobody is found", s.IfNobody), want)
			return
		}
		n.ifNobody = c.selectors([]string{s.IfNobody}, at, false)[0]
	}
}

// weights checks who weighs how much: a person's id alone is a person.
func (c *compiler) weights(n *node, path string) {
	for i := range n.mode.Of {
		x := &n.mode.Of[i]
		at := c.root.At(path + ".approve.mode.of").Key(x.who)
		sel, err := selector.Parse(x.who)
		if err != nil {
			if sel, err = selector.Parse("person:" + x.who); err == nil {
				x.who = "person:" + x.who
			}
		}
		if err != nil {
			c.ps = append(c.ps, at.Problem(fmt.Sprintf("%q names nobody", x.who), `a selector or the id of a person: "role:finance", zhang.wei`))
			continue
		}
		what, want, soft := selector.Check(sel, c.scope(false))
		switch {
		case what == "":
		case soft:
			c.ps = append(c.ps, at.Warn(what, want))
		default:
			c.ps = append(c.ps, at.Problem(what, want))
		}
	}
}

// abstain notes what abstentions count.
func (c *compiler) abstain(n *node, how, path string) {
	n.abstain = how
	if how == abstainCounts && (n.mode.Kind == modeAll || n.mode.Kind == modeSequence) {
		c.warn(path+".approve.abstain", fmt.Sprintf("with mode %s an abstention that counts is as good as a refusal", n.mode.Kind), "ignored, or {ratio: 60%}")
	}
}

// allow notes what may not be done at the step: what the step's own list leaves out, or without one the flow's.
func (c *compiler) allow(n *node, own *allowed) {
	if own == nil {
		own = c.allowAll
	}
	if own == nil {
		return
	}
	n.denied = map[string]bool{}
	for _, w := range allowances {
		n.denied[w] = !slices.Contains(*own, w)
	}
}

// What abstentions count.
const (
	abstainCounts  = "counts"
	abstainIgnored = "ignored"
)
