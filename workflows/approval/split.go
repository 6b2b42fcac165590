package approval

import (
	"fmt"
	"slices"

	"magpie/workflows"
	"magpie/workflows/cond"
)

// way is a place that the flow has come to, and where it goes after that instead of going on: see run.Back.
type way struct {
	id   string
	back []string
}

// walk goes on from a node until on every way somebody must be asked, or to the end. Ways never lead back, so it
// ends; nothing here calls itself, however long the flow is.
func (d *decider) walk(id string) { d.walkAll([]way{{id: id}}) }

// walkAll goes several ways, the first of them first.
func (d *decider) walkAll(ways []way) {
	slices.Reverse(ways) // the next one is taken from the end
	d.vals = nil
	for len(ways) > 0 && !d.s.Status.Ended() {
		w := ways[len(ways)-1]
		d.ways = ways[:len(ways)-1]
		more := d.pass(w)
		slices.Reverse(more)
		ways = append(d.ways, more...)
	}
	d.ways = nil
}

// pass goes through one node and returns where that leads.
func (d *decider) pass(w way) []way {
	if w.id == "" {
		d.finish(workflows.StatusApproved, "", "", "")
		return nil
	}
	n := d.p.nodes[w.id]
	if n.kind == nodeJoin {
		return d.arrive(n)
	}
	round := d.s.rounds(n.id) + 1
	if n.kind == nodeBranch {
		return []way{{id: d.fork(n, round)}}
	}
	if !d.holds(n) {
		d.emit(&skipped{Node: n.id, Round: round, Why: "if"})
		return d.after(n, w.back)
	}
	switch {
	case d.dry != nil && len(d.unfilled(n)) > 0:
		return d.suppose(n, round, w.back)
	case n.kind == nodeCC:
		d.lookup(ask{ID: fmt.Sprintf("cc/%s/%d", n.id, round), For: "cc", Node: n.id, Round: round}, n.to, d.s.By)
		return d.after(n, w.back)
	case n.kind == nodeFlow:
		return d.startFlow(n, round, w.back)
	case n.splits():
		return d.split(n, round)
	}
	d.askApprovers(n, round, 1, w.back)
	return nil
}

// split opens the ways of a split: all of them, or those whose condition holds.
func (d *decider) split(n *node, round int) []way {
	f := &split{Node: n.id, Round: round, Arms: n.goes(d.s.values(), d.test)}
	if len(f.Arms) == 0 {
		return []way{{id: n.next}}
	}
	d.emit(f)
	out := make([]way, len(f.Arms))
	for i, k := range f.Arms {
		out[i].id = n.arms[k].first
	}
	return out
}

// goes are the arms of a split that are gone with these values; test decides their conditions.
func (n *node) goes(vals cond.Values, test func(*node, *cond.Cond, cond.Values) (bool, error)) []int {
	var out []int
	for i, a := range n.arms {
		switch {
		case n.kind == nodeParallel:
		case a.cond == nil && len(out) > 0:
			continue // else
		case a.cond != nil:
			if ok, err := test(n, a.cond, vals); err != nil || !ok {
				continue
			}
		}
		out = append(out, i)
	}
	return out
}

// arrive ends one way of a split; the last to arrive goes on behind it.
func (d *decider) arrive(join *node) []way {
	r := d.s.openSplit(join.of.id)
	if r == nil {
		return nil
	}
	d.emit(&arrived{Node: r.Node, Round: r.Round, Arm: join.arm})
	if r.State != runMerged {
		return nil
	}
	return []way{{id: join.next}}
}

// openSplit is the run of a split whose ways are being gone, nil when there is none.
func (s *state) openSplit(node string) *run {
	for i := len(s.Runs) - 1; i >= 0; i-- {
		if r := &s.Runs[i]; r.Node == node && r.State == runSplit {
			return r
		}
	}
	return nil
}
