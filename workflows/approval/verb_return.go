package approval

import (
	"slices"

	"magpie/adapters/card"
	"magpie/workflows"
)

// maxOffered is how many steps a card lists to return to; others can be named in chat.
const maxOffered = 30

// verbReturn sends the request back to the initiator or to steps that it has passed: 退回.
var verbReturn = &verb{
	name: "return", allow: "return", needs: true,
	offered: func(_ *decider, _ *run, x *seat) bool { return x.Back == nil }, // who was asked to look gives an opinion
	steps: func(d *decider, r *run, _ *seat) []ViewOption {
		if len(d.s.Turns) >= maxTurns {
			return nil
		}
		var out []ViewOption
		for _, t := range d.passed(d.p.nodes[r.Node]) {
			out = append(out, ViewOption{Value: t.id, Label: t.name})
		}
		if len(out) > maxOffered { // the initiator, and the nearest
			out = slices.Delete(out, 1, 1+len(out)-maxOffered)
		}
		return out
	},
	then: func(d *decider, r *run, _ *seat) bool {
		n := d.p.nodes[r.Node]
		return n.then == "" || n.then == thenAsk
	},
	judge: func(d *decider, e *errand) *workflows.Refusal {
		if _, x, _ := d.seatOf(e); x == nil || x.Back != nil {
			return workflows.Refuse("not_allowed", textNotAllowed)
		}
		return d.judgeReturn(e.at, e.steps, d.p.nodes[e.at.Node].thenOf(e.then))
	},
	do: func(d *decider, e *errand) {
		d.sendBack(e.at, slices.Clone(e.steps), d.p.nodes[e.at.Node].thenOf(e.then), "", e.opinion, e.by)
		d.say(card.ToastSuccess, textReturned, d.p.names(e.steps))
	},
}
