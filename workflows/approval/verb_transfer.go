package approval

import (
	"slices"

	"magpie/adapters/card"
	"magpie/workflows"
)

// verbTransfer hands a seat over for good: 转交. The task ends, seat and history stay.
var verbTransfer = &verb{
	name: "transfer", allow: "transfer", who: 1,
	judge: func(d *decider, e *errand) *workflows.Refusal { return d.takes(e, true) },
	do: func(d *decider, e *errand) {
		r, x, n := d.seatOf(e)
		d.stopTimer(r, x)
		to := d.standFor(e.who[0], e.grants, 0, r.sits)
		d.name(map[string]person{to.person: to.who})
		f := &moved{place: e.at, To: to.person, Why: "transfer_by_hand", Was: workflows.TaskTransferred, proxied: to.proxied}
		f.p.Reason = e.opinion
		d.emitBy(f, e.by)
		d.open(n, r, x)
		d.say(card.ToastSuccess, textSentOn, d.s.name(e.who[0]))
	},
}

// seatOf is the seat of an errand.
func (d *decider) seatOf(e *errand) (*run, *seat, *node) {
	r := d.s.run(e.at.Node, e.at.Round)
	if r == nil {
		return nil, nil, nil
	}
	return r, r.seat(e.at.Seat), d.p.nodes[e.at.Node]
}

// takes refuses to give a seat to somebody who may not have it. instead says that they sit down in the place of
// whoever asks, at a task that is open.
func (d *decider) takes(e *errand, instead bool) *workflows.Refusal {
	r, x, _ := d.seatOf(e)
	switch {
	case x == nil, r.Node == nodeStart: // the form is the initiator's
		return workflows.Refuse("unknown_action", textUnknown)
	case instead && (x.Task != e.task || x.State != workflows.TaskOpen):
		return d.late(r, x, e.task) // decided while the persons were looked up
	case len(e.who) == 0:
		return workflows.Refuse("invalid_form", textWhoNeeded)
	}
	for _, id := range e.who {
		if no := d.mayTake(r, id); no != nil {
			return no
		}
	}
	return nil
}

// mayTake refuses a seat to the initiator where they may not decide for themself, and to whoever sits there.
func (d *decider) mayTake(r *run, person string) *workflows.Refusal {
	switch {
	case person == d.s.By && d.p.self != "ask":
		return workflows.Refuse("self_approval", textMayNotTake, d.s.name(person))
	case r.sits(person), slices.ContainsFunc(r.Seats, func(x seat) bool { return !x.Gone && d.s.one(x.Person) == person }):
		return workflows.Refuse("sits_there", textSitsThere, d.s.name(person))
	}
	return nil
}
