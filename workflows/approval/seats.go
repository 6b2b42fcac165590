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

// need is how much weight of approvals passes a step, in whole numbers.
func need(m modeSpec, total int) int {
	switch m.Kind {
	case modeAny:
		return 1
	case modeRatio:
		return (total*m.N + 99) / 100
	case modeCount:
		return m.N
	}
	return total
}

// tally says what the votes make of a run: passed, failed, or still open. It closes early, both ways, as
// soon as the seats that are left can't change it.
func tally(r *run, veto bool) runState {
	yes, no, total := 0, 0, 0
	for i := range r.Seats {
		x := &r.Seats[i]
		total += x.weight()
		switch x.State {
		case workflows.TaskApproved:
			yes += x.weight()
		case workflows.TaskRejected:
			no += x.weight()
		}
	}
	switch {
	case no > 0 && veto, no > total-r.Need:
		return runFailed
	case yes >= r.Need:
		return runPassed
	}
	return runOpen
}

// seat opens a step for its approvers.
func (d *decider) seat(n *node, round int, who []seatFact, mode modeSpec, veto bool) {
	f := &entered{Node: n.id, Round: round, Mode: mode.Kind, Need: need(mode, len(who)), Veto: veto}
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
		if x.State != "" {
			if r.Mode == modeSequence && x.State == workflows.TaskOpen {
				return
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
			d.open(n, r, x)
			return
		}
	}
	if d.settle(n, r) {
		return
	}
	for i := range r.Seats {
		if x := &r.Seats[i]; x.State == "" {
			d.open(n, r, x)
		}
	}
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
		d.walk(n.next)
		return true
	}
	d.finish(workflows.StatusRejected, "rejected", why, d.decidedBy(d.s.run(n.id, r.Round)))
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
	if x.Person == d.s.By && d.p.self == "skip" {
		return autoSelf, ""
	}
	if d.p.same == "off" {
		return "", ""
	}
	for i := len(d.s.Runs) - 1; i >= 0; i-- {
		old := &d.s.Runs[i]
		if old.Node == r.Node && old.Round == r.Round || old.State != runPassed {
			continue
		}
		if d.p.same == "consecutive" && !d.p.nodes[old.Node].before(d.p.nodes[r.Node]) {
			continue // in another arm: not the step before this one
		}
		for k := range old.Seats {
			if y := &old.Seats[k]; y.Person == x.Person && y.State == workflows.TaskApproved && y.Auto != autoTimeout {
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
	key := taskKey(n.id, r.Round, x.ID, f.Task)
	if n.timeout != nil {
		due, known := d.p.after(d.now, n.timeout.After)
		f.Due, f.Rule, f.Guessed, f.Late = stampOf(due), n.timeout.After.String(), !known, d.nextGen()
		d.timerAt("timeout/"+key, due, f.Late, f.Rule)
	}
	if n.remind != nil {
		at, _ := d.p.after(d.now, n.remind.After)
		f.Remind = d.nextGen()
		d.timerAt("remind/"+key, at, f.Remind, n.remind.After.String())
	}
	d.emit(f)
}
