package approval

import (
	"fmt"
	"strings"

	"magpie/adapters/card"
	"magpie/workflows"
)

const (
	maxAdded = 20 // seats that may be added to a step
	maxDeep  = 3  // how often whoever was added may add in turn
)

// Three ways to hear others too: before me (my task waits until they have decided; a refusal of theirs is mine), after
// me (I agree, and my seat counts once they have agreed too), beside me (seats like mine under the rule of the step).
var (
	verbAddBefore = addSign("add_before")
	verbAddAfter  = addSign("add_after")
	verbAddBeside = addSign("add_beside")
)

func addSign(name string) *verb {
	how := strings.TrimPrefix(name, "add_")
	return &verb{
		name: name, allow: "add_sign", who: maxAdded,
		offered: func(d *decider, r *run, x *seat) bool { return x.Back == nil && d.mayAdd(r, x, how, 1) == nil },
		judge: func(d *decider, e *errand) *workflows.Refusal {
			if no := d.takes(e, true); no != nil {
				return no
			}
			r, x, _ := d.seatOf(e)
			return d.mayAdd(r, x, how, len(e.who))
		},
		do: func(d *decider, e *errand) { d.add(e, how) },
	}
}

// mayAdd refuses what would never come to an end.
func (d *decider) mayAdd(r *run, x *seat, how string, n int) *workflows.Refusal {
	if x.Back != nil {
		return workflows.Refuse("delegated", textLent, d.s.name(x.Back.Person))
	}
	if how == "after" && d.p.nodes[r.Node].signs(x) { // it agrees, and brings no signature
		return workflows.Refuse("sign_required", textSignAfter)
	}
	have := 0
	for i := range r.Seats {
		if y := &r.Seats[i]; y.Adder != "" {
			have++ // removed ones too: they had a number
		}
	}
	if have+n > maxAdded {
		return workflows.Refuse("too_many_added", textAddedMany, maxAdded)
	}
	if strings.Count(x.ID, ".") >= maxDeep {
		return workflows.Refuse("added_too_deep", textAddedDeep, maxDeep)
	}
	return nil
}

func (d *decider) add(e *errand, how string) {
	r, x, n := d.seatOf(e)
	f := &added{place: e.at, How: how}
	f.p.Reason = e.opinion
	var names []string
	for _, id := range e.who {
		taken := func(p string) bool {
			for _, y := range f.Seats {
				if y.Person == p {
					return true
				}
			}
			return r.sits(p)
		}
		to := d.standFor(id, e.grants, 0, taken)
		d.name(map[string]person{to.person: to.who})
		f.Seats = append(f.Seats, seatFact{ID: fmt.Sprintf("%s.%d", x.ID, x.Kids+len(f.Seats)+1), Person: to.person, proxied: to.proxied})
		names = append(names, d.s.name(to.person))
	}
	switch how {
	case "before":
		d.stopTimer(r, x)
	case "after":
		d.stopTimer(r, x)
		v := &voted{place: e.at, Verb: "approve", proxied: proxied{x.For, x.Grants}}
		v.p.Reason = e.opinion
		d.emitBy(v, e.by)
	}
	d.emitBy(f, e.by)
	d.say(card.ToastSuccess, textAdded, strings.Join(names, "、"))
	d.progress(n, r.Round)
}
