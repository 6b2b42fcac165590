package approval

import (
	"fmt"
	"slices"
	"strconv"

	"magpie/adapters/card"
	"magpie/workflows"
)

// nodeStart is the reserved id of the initiator's place in a flow: where a request goes that is sent back to them.
const nodeStart = workflows.NodeStart

// What follows a return.
const (
	thenAgain = "again" // everything from the target on is done once more
	thenBack  = "back"  // only the target, then whoever returned it
	thenAsk   = "ask"   // whoever returns it chooses
)

// maxTurns bounds how often an instance is sent back: then somebody has to decide.
const maxTurns = 20

// passed are the steps that a step may be returned to now, nearest to the beginning first; start is the form.
func (d *decider) passed(n *node) []*node {
	var out []*node
	for _, id := range append([]string{nodeStart}, d.p.ids()...) {
		if t := d.p.nodes[id]; d.turnable(n, t) == nil {
			out = append(out, t)
		}
	}
	return out
}

// turnable refuses a step that can't be returned to.
func (d *decider) turnable(n, t *node) *workflows.Refusal {
	switch {
	case n.id == nodeRevoke || t == nil || t.id == nodeRevoke || t.kind != nodeApprove && t.kind != nodeBegin:
		return workflows.Refuse("no_such_step", textNoSuchStep)
	case n.returnTo != nil && !slices.Contains(n.returnTo, t.id):
		return workflows.Refuse("no_such_step", textNotThatStep, t.name)
	case t.kind == nodeBegin:
		return nil
	}
	r := d.s.lastRun(t.id)
	if r == nil || r.Void > 0 || r.State != runPassed || !t.before(n) {
		return workflows.Refuse("not_passed", textNotPassed, t.name)
	}
	return nil
}

// judgeReturn refuses a return that must not be.
func (d *decider) judgeReturn(at place, to []string, then string) *workflows.Refusal {
	n := d.p.nodes[at.Node]
	switch {
	case len(d.s.Turns) >= maxTurns:
		return workflows.Refuse("too_many_returns", textTooManyTurns, maxTurns)
	case len(to) == 0:
		return workflows.Refuse("invalid_form", textChooseStep)
	case then != thenAgain && then != thenBack:
		return workflows.Refuse("invalid_form", textChooseThen)
	}
	for i, id := range to {
		t := d.p.nodes[id]
		if no := d.turnable(n, t); no != nil {
			return no
		}
		for _, other := range to[:i] {
			o := d.p.nodes[other]
			if o == t || t.kind == nodeBegin || o.kind == nodeBegin || o.before(t) || t.before(o) {
				return workflows.Refuse("one_behind_another", textOneBehind, o.name, t.name)
			}
		}
		if t.kind == nodeBegin && then == thenBack && d.s.atStart() != nil {
			return workflows.Refuse("with_initiator", textWithInitiator)
		}
	}
	return nil
}

// thenOf is what follows a return from a step, when somebody chose then.
func (n *node) thenOf(then string) string {
	switch {
	case n.then != "" && n.then != thenAsk:
		return n.then
	case then == "":
		return thenAgain
	}
	return then
}

// sendBack returns the request. A refusal that leads back does it too, with why.
func (d *decider) sendBack(at place, to []string, then, why, reason, actor string) {
	n := d.p.nodes[at.Node]
	back := []string(nil)
	if r := d.s.run(at.Node, at.Round); r != nil && then == thenBack {
		back = append([]string{n.id}, r.Back...)
	}
	f := &returned{place: at, To: to, Then: then, Why: why, Void: d.voided(at, to, then)}
	f.p.Reason = reason
	for _, i := range f.Void {
		if r := &d.s.Runs[i]; r.live() {
			d.quiet(r)
		}
	}
	d.emitBy(f, actor)
	var ways []way
	for _, id := range to {
		if id == nodeStart {
			d.emit(&reopened{Round: d.s.rounds(nodeStart) + 1, Back: back})
			// A card that changes where it is may go unseen; approvers get a new one.
			d.effect(workflows.SendText{Key: "returned/" + strconv.Itoa(len(d.s.Turns)), To: workflows.To{Person: d.s.By, Connection: d.s.From},
				Text: card.T(fmt.Sprintf(textComesBack, n.name, d.titleAt(n), reason))})
			return
		}
		ways = append(ways, way{id: id, back: back})
	}
	if then == thenAgain {
		d.reopenSplits(to)
	}
	d.walkAll(ways)
}

// voided lists the passes that count no longer after a return: with back those of the returner and of the targets, with
// again all from the targets on, and whatever would lead there.
func (d *decider) voided(at place, to []string, then string) []int {
	redone := func(id string) bool {
		n := d.p.nodes[id]
		return n != nil && slices.ContainsFunc(to, func(t string) bool {
			return t == nodeStart || n.id == t || d.p.nodes[t].before(n)
		})
	}
	var out []int
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		if r.Void > 0 {
			continue
		}
		in := r.Node == at.Node && r.Round == at.Round || slices.Contains(to, r.Node)
		if then == thenAgain {
			in = in || redone(r.Node) || r.live() && slices.ContainsFunc(r.Back, redone)
		}
		if in {
			out = append(out, i)
		}
	}
	return out
}

// reopenSplits opens the splits around the targets once more, with only the arms in which they stand. One whose arm is
// still being gone is left alone.
func (d *decider) reopenSplits(to []string) {
	arms := map[string][]int{}
	var order []*node
	for _, id := range to {
		for _, in := range d.p.nodes[id].within {
			join := d.p.nodes[in]
			if join == nil {
				continue // of a branch
			}
			if r := d.s.openSplit(join.of.id); r != nil && slices.Contains(r.Arms, join.arm) && !slices.Contains(r.Done, join.arm) {
				continue
			}
			if arms[join.of.id] == nil {
				order = append(order, join.of)
			}
			if !slices.Contains(arms[join.of.id], join.arm) {
				arms[join.of.id] = append(arms[join.of.id], join.arm)
			}
		}
	}
	for _, n := range order {
		slices.Sort(arms[n.id])
		d.emit(&split{Node: n.id, Round: d.s.rounds(n.id) + 1, Arms: arms[n.id]})
	}
}

// after is where the flow goes from a node that is done: on, or back to whoever returned the request, as soon as the
// others that they returned it to are done as well.
func (d *decider) after(n *node, back []string) []way {
	if len(back) == 0 {
		return []way{{id: n.next}}
	}
	waits := func(b []string) bool { return slices.Contains(b, back[0]) }
	if slices.ContainsFunc(d.ways, func(w way) bool { return waits(w.back) }) ||
		slices.ContainsFunc(d.s.Runs, func(r run) bool { return r.live() && waits(r.Back) }) {
		return nil
	}
	return []way{{id: back[0], back: back[1:]}}
}

// goOn leaves a pass that is done.
func (d *decider) goOn(r *run) {
	n, back := d.p.nodes[r.Node], r.Back
	if n.id == nodeRevoke {
		d.revokeNow()
		return
	}
	if n.kind == nodeBegin && len(back) == 0 {
		d.walk(d.p.first)
		return
	}
	d.walkAll(d.after(n, back))
}

// live reports whether a pass is still going on.
func (r *run) live() bool {
	switch r.State {
	case runAsking, runOpen, runStuck, runSplit:
		return true
	}
	return false
}

// atStart is the pass in which the initiator has the form again, nil when they don't.
func (s *state) atStart() *run {
	if r := s.lastRun(nodeStart); r != nil && r.State == runOpen {
		return r
	}
	return nil
}

// resubmit takes the form that the initiator handed in once more.
func (d *decider) resubmit(r *run, values map[string]value) {
	f := &resubmitted{Round: r.Round}
	f.Form, f.p.Form = d.p.parts(values)
	f.p.Old = map[string]value{}
	for i := range d.p.fields {
		x := &d.p.fields[i]
		if was, is := d.s.Form[x.id], values[x.id]; !slices.Equal(workflows.Data(was), workflows.Data(is)) {
			f.Changed = append(f.Changed, x.id)
			f.p.Old[x.id] = was
		}
	}
	f.p.People = d.myself()
	f.p.Title = d.title(values)
	d.emitBy(f, d.ev.Actor.Person)
	d.say(card.ToastSuccess, textSubmitted)
	d.askNamed(values, "form/"+strconv.Itoa(r.Round))
	d.goOn(d.s.run(nodeStart, f.Round))
}

// failed ends the request because a step was refused, or leads back where the step says so.
func (d *decider) failed(n *node, r *run, why string) {
	by := d.decidedBy(r)
	if n.id == nodeRevoke {
		d.revokeRefused(r)
		return
	}
	if n.flow != nil && n.ifFailed != "" && len(d.s.Turns) < maxTurns {
		d.sendBack(place{Node: n.id, Round: r.Round}, []string{n.ifFailed}, thenAgain, "rejected", why, by)
		return
	}
	if x := r.decisive(); n.ifFailed != "" && x != nil && len(d.s.Turns) < maxTurns {
		d.sendBack(place{n.id, r.Round, x.ID}, []string{n.ifFailed}, thenAgain, "rejected", why, by)
		return
	}
	d.finish(workflows.StatusRejected, "rejected", why, by)
}

// ids are the steps in the order of the file.
func (p *Program) ids() []string {
	out := make([]string, len(p.order))
	for i, n := range p.order {
		out[i] = n.id
	}
	return out
}
