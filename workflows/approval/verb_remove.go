package approval

import (
	"slices"

	"magpie/adapters/card"
	"magpie/workflows"
)

// verbRemove takes away again whom one added oneself: 减签. Only seats without a vote; those who were added by them
// go with them.
var verbRemove = &verb{
	name: "remove_sign", allow: "add_sign", who: maxAdded, late: true, known: true,
	offered: func(_ *decider, r *run, x *seat) bool {
		return slices.ContainsFunc(r.Seats, func(y seat) bool { return y.Adder == x.Person && r.removable(&y) })
	},
	judge: func(d *decider, e *errand) *workflows.Refusal {
		if len(e.who) == 0 {
			return workflows.Refuse("invalid_form", textWhoNeeded)
		}
		r, _, _ := d.seatOf(e)
		if r.State != runOpen {
			return d.over(textClosed)
		}
		for _, id := range e.who {
			x := r.addedBy(e.by, id)
			switch {
			case x == nil:
				return workflows.Refuse("not_added", textNotAdded, d.s.name(id))
			case !r.removable(x):
				return workflows.Refuse("already_decided", textHasSaid, d.s.name(id))
			}
		}
		return nil
	},
	do: func(d *decider, e *errand) {
		r, _, n := d.seatOf(e)
		f := &unseated{Node: r.Node, Round: r.Round}
		for i := range r.Seats {
			x := &r.Seats[i]
			top := x.Adder == e.by && slices.Contains(e.who, x.Person)
			if x.Gone || !top && !slices.ContainsFunc(f.Seats, func(id string) bool { return r.under(x, id) }) {
				continue
			}
			if x.State == workflows.TaskOpen {
				d.stopTimer(r, x)
			}
			f.Seats = append(f.Seats, x.ID)
		}
		d.emitBy(f, e.by)
		d.say(card.ToastSuccess, textUnseated)
		d.progress(n, r.Round)
	},
}

// addedBy is the seat of a person whom somebody added.
func (r *run) addedBy(adder, person string) *seat {
	for i := range r.Seats {
		if x := &r.Seats[i]; !x.Gone && x.Adder == adder && x.Person == person {
			return x
		}
	}
	return nil
}

// removable reports whether nobody has voted at an added seat, or for it.
func (r *run) removable(x *seat) bool {
	if x.Gone || x.Adder == "" || x.State != "" && x.State != workflows.TaskOpen && x.State != workflows.TaskSuspended {
		return false
	}
	for i := range r.Seats {
		if y := &r.Seats[i]; y.Of == x.ID && !y.Gone && !r.removable(y) {
			return false
		}
	}
	return true
}
