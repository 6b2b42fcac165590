package approval

import (
	"slices"

	"magpie/workflows"
)

// repeats is same_person in a rehearsal: whether the person of a seat has agreed already, and need not be asked. What a
// vote has settled is settled; but who of several votes before a step is decided, and who comes first of those who are
// asked in several arms, nobody can know. Where that matters they are asked, and it is noted that they may not be.
func (d *decider) repeats(r *run, x *seat) (why, refers string) {
	sure := 0
	var doubts []*run
	before := d.agreedBefore(r)
	for _, old := range before {
		y, certain := d.agreedAt(old, r, x.Person)
		switch {
		case y != nil && certain:
			sure++
			refers = taskKey(old.Node, old.Round, y.ID, y.Task)
		case y != nil || d.dry.unsure[runKey(old.Node, old.Round)] != nil:
			doubts = append(doubts, old)
		}
	}
	if sure > 0 && (d.p.same == "whole" || sure == len(before)) {
		return autoSame, refers
	}
	if sure > 0 { // of several arms the one that was gone last counts
		doubts = before
	}
	for _, old := range doubts {
		d.mayRepeat(r, old)
		if d.aside(old, r) {
			d.mayRepeat(old, r)
		}
	}
	return "", ""
}

// agreedBefore are the passes that count for a seat of r: all, or those just before it.
func (d *decider) agreedBefore(r *run) []*run {
	var out []*run
	for i := len(d.s.Runs) - 1; i >= 0; i-- {
		old := &d.s.Runs[i]
		n := d.p.nodes[old.Node]
		switch {
		case n == nil, old.Node == r.Node && old.Round == r.Round, old.Epoch != r.Epoch:
		case old.Node == r.Node && old.State == runPassed:
			return out // sent back to them: they are to look again
		case old.State != runPassed && !(old.live() && d.aside(old, r)):
		case d.p.same == "consecutive" && !n.before(d.p.nodes[r.Node]):
		case d.p.same == "consecutive" && slices.ContainsFunc(out, func(later *run) bool { return n.before(d.p.nodes[later.Node]) }):
		default:
			out = append(out, old)
		}
	}
	return out
}

// aside reports whether two passes are gone at the same time.
func (d *decider) aside(a, b *run) bool {
	n, m := d.p.nodes[a.Node], d.p.nodes[b.Node]
	return n != m && !n.before(m) && !m.before(n)
}

// agreedAt is the seat of a person in an earlier pass, and whether it is certain that they agree there first.
func (d *decider) agreedAt(old, r *run, person string) (y *seat, certain bool) {
	for k := range old.Seats {
		y := &old.Seats[k]
		if y.Gone || d.s.one(y.Person) != d.s.one(person) || y.Auto == autoTimeout {
			continue
		}
		// What has happened is no question.
		given := old.State == runPassed && slices.IndexFunc(d.s.Runs, func(x run) bool { return x.Node == old.Node && x.Round == old.Round }) < d.dry.base
		switch {
		case y.State != workflows.TaskApproved && given:
		case d.aside(old, r):
			return y, false
		default:
			return y, y.State == workflows.TaskApproved && (given || y.Auto != "" || old.wantsAll())
		}
	}
	return nil, false
}

// wantsAll reports whether nobody in a pass can be done without.
func (r *run) wantsAll() bool {
	_, _, _, total := r.count()
	if r.Veto && r.Mode != modeAny {
		return true
	}
	need := r.need(total)
	return !slices.ContainsFunc(r.Seats, func(x seat) bool { return !x.Gone && total-x.weight() >= need })
}

// mayRepeat notes that somebody in r may have agreed in old already.
func (d *decider) mayRepeat(r, old *run) {
	if d.p.nodes[r.Node].byHand() {
		return
	}
	key := runKey(r.Node, r.Round)
	x := d.dry.doubt[key]
	if x == nil {
		x = &doubt{}
		d.dry.doubt[key] = x
	}
	if labels := d.dry.unsure[runKey(old.Node, old.Round)]; labels != nil {
		x.labels = union(x.labels, labels)
		return
	}
	x.steps = union(x.steps, []string{d.p.nodes[old.Node].name})
}
