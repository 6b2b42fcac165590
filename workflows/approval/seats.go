package approval

import (
	"strconv"

	"magpie/workflows"
)

// Why a seat was decided without a press.
const (
	autoSame    = "same_person"
	autoSelf    = "initiator"
	autoTimeout = "timeout"
)

// seat opens a step for its approvers.
func (d *decider) seat(n *node, round int, who []seatFact, mode modeSpec, veto bool) {
	f := &entered{Node: n.id, Round: round, Mode: mode.Kind, N: mode.N, Veto: veto, Abstain: n.abstain}
	for i, x := range who {
		x.ID = strconv.Itoa(i)
		f.Seats = append(f.Seats, x)
	}
	d.emit(f)
	d.progress(n, round)
}

// progress votes for seats that need no asking, closes the step when it is decided, and opens the tasks
// whose turn it is.
func (d *decider) progress(n *node, round int) {
	r := d.s.run(n.id, round)
	for i := range r.Seats {
		x := &r.Seats[i]
		if x.Of != "" {
			continue
		}
		if x.State != "" {
			if r.Mode == modeSequence && r.stance(x) == undecided {
				break
			}
			continue
		}
		if d.settle(n, r) {
			return
		}
		if auto, refers := d.auto(r, x); auto != "" {
			d.emit(&voted{place: place{n.id, round, x.ID}, Verb: "approve", Auto: auto, Refers: refers})
			continue
		}
		if r.Mode == modeSequence {
			break
		}
	}
	if d.settle(n, r) {
		return
	}
	blocked := false // by somebody whose turn is before
	for i := range r.Seats {
		x := &r.Seats[i]
		switch {
		case x.Gone, blocked && x.Of == "":
		case x.State == "", x.State == workflows.TaskSuspended && r.free(x):
			d.open(n, r, x)
		}
		blocked = blocked || r.Mode == modeSequence && x.Of == "" && r.stance(x) == undecided
	}
}

// free reports whether nobody is waited for who was added before a seat.
func (r *run) free(x *seat) bool {
	for i := range r.Seats {
		if c := &r.Seats[i]; c.Of == x.ID && r.stance(c) == undecided {
			return false
		}
	}
	return true
}

// settle closes the step when its votes decide it, and goes on.
func (d *decider) settle(n *node, r *run) bool {
	result := tally(r, r.Veto)
	if result == runOpen {
		return false
	}
	why := ""
	for i := range r.Seats {
		if x := &r.Seats[i]; result == runFailed && x.State == workflows.TaskRejected {
			why = x.Reason
		}
	}
	d.stopTimers(r)
	d.emit(&closed{Node: n.id, Round: r.Round, Result: result})
	if result == runPassed {
		d.goOn(r)
		return true
	}
	d.failed(n, r, why)
	return true
}

// decidedBy is who closed a run: the last vote, "" when a rule did.
func (d *decider) decidedBy(r *run) string {
	if x := r.decisive(); x != nil {
		return x.By
	}
	return ""
}

// decisive is the seat whose vote closed the run: of those that went the way of the run, the last one.
func (r *run) decisive() *seat {
	want := workflows.TaskApproved
	if r.State == runFailed {
		want = workflows.TaskRejected
	}
	var last *seat
	for i := range r.Seats {
		if x := &r.Seats[i]; x.State == want && (last == nil || x.Closed >= last.Closed) {
			last = x
		}
	}
	return last
}

// auto tells whether a seat needs no asking, and why.
func (d *decider) auto(r *run, x *seat) (why, refers string) {
	if r.Node == nodeRevoke {
		return "", "" // nobody has said anything about that
	}
	if x.Adder != "" {
		return "", "" // somebody wants to hear them now
	}
	if d.p.nodes[r.Node].byHand() {
		return "", "" // only the person themself can sign, or fill in what is wanted
	}
	if x.Person == d.s.By && d.p.self == "skip" {
		return autoSelf, ""
	}
	if d.p.same == "off" {
		return "", ""
	}
	if d.dry != nil {
		return d.repeats(r, x)
	}
	for i := len(d.s.Runs) - 1; i >= 0; i-- {
		old := &d.s.Runs[i]
		switch {
		case old.Node == r.Node && old.Round == r.Round || old.Epoch != r.Epoch || old.State != runPassed:
			continue // what was agreed to before a return, or before the form was changed, was something else
		case old.Node == r.Node:
			return "", "" // sent back to them: they are to look again
		}
		if d.p.same == "consecutive" && !d.p.nodes[old.Node].before(d.p.nodes[r.Node]) {
			continue // in another arm: not the step before this one
		}
		for k := range old.Seats {
			if y := &old.Seats[k]; d.s.one(y.Person) == d.s.one(x.Person) && y.State == workflows.TaskApproved && y.Auto != autoTimeout {
				return autoSame, taskKey(old.Node, old.Round, y.ID, y.Task)
			}
		}
		if d.p.same == "consecutive" {
			break
		}
	}
	return "", ""
}

// open asks a seat's person, and sets the timers.
func (d *decider) open(n *node, r *run, x *seat) {
	f := &opened{place: place{n.id, r.Round, x.ID}, Task: x.Task + 1}
	if n.timeout != nil {
		due, known := d.p.after(d.now, n.timeout.After)
		f.Due, f.Rule, f.Guessed = stampOf(due), n.timeout.After.String(), !known
		if worked(n.timeout.After) {
			f.Cal = d.p.calendarVersion()
		}
	}
	d.openUntil(n, r, x, f)
}

// reopen asks somebody else about a seat while its deadline stays.
func (d *decider) reopen(n *node, r *run, x *seat) {
	f := &opened{place: place{n.id, r.Round, x.ID}, Task: x.Task + 1, Due: x.Due, Guessed: x.Guess, Cal: x.Cal, Since: x.since()}
	if n.timeout != nil {
		f.Rule = n.timeout.After.String()
	}
	d.openUntil(n, r, x, f)
}

func (d *decider) openUntil(n *node, r *run, x *seat, f *opened) {
	key := taskKey(n.id, r.Round, x.ID, f.Task)
	if due := f.Due.time(); n.timeout != nil && due.After(d.now) {
		f.Late = d.nextGen()
		d.timerAt("timeout/"+key, due, f.Late, f.Rule)
	}
	if n.remind != nil {
		at, _ := d.p.after(d.now, n.remind.After)
		f.Remind = d.nextGen()
		d.timerAt("remind/"+key, at, f.Remind, n.remind.After.String())
	}
	d.emit(f)
}
