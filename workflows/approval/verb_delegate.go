package approval

import (
	"magpie/adapters/card"
	"magpie/workflows"
)

// verbDelegate gives a seat to somebody else for now: 委派. When they have decided it comes back, with what they
// said, and its person decides. The deadline stays the same: it is still theirs.
var verbDelegate = &verb{
	name: "delegate", allow: "delegate", who: 1,
	offered: func(_ *decider, _ *run, x *seat) bool { return x.Back == nil },
	judge: func(d *decider, e *errand) *workflows.Refusal {
		if no := d.takes(e, true); no != nil {
			return no
		}
		if _, x, _ := d.seatOf(e); x.Back != nil {
			return workflows.Refuse("delegated", textLent, d.s.name(x.Back.Person))
		}
		return nil
	},
	do: func(d *decider, e *errand) {
		r, x, n := d.seatOf(e)
		d.stopTimer(r, x)
		to := d.standFor(e.who[0], e.grants, 0, r.sits)
		d.name(map[string]person{to.person: to.who})
		f := &delegated{place: e.at, To: to.person, proxied: to.proxied}
		f.p.Reason = e.opinion
		d.emitBy(f, e.by)
		d.reopen(n, r, x)
		d.say(card.ToastSuccess, textDelegated, d.s.name(to.person))
	},
}

// advise takes the decision of somebody who was asked to look at it first, and asks the seat's person.
func (d *decider) advise(r *run, x *seat, verb, reason string) {
	n := d.p.nodes[r.Node]
	d.stopTimer(r, x)
	f := &advised{place: place{r.Node, r.Round, x.ID}, Verb: verb}
	f.p.Reason = reason
	d.emitBy(f, d.ev.Actor.Person)
	d.reopen(n, r, x)
}
