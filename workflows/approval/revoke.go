package approval

import (
	"fmt"
	"strconv"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/workcal"
)

// nodeRevoke is the reserved id of the approval that a withdrawal after the approval needs.
const nodeRevoke = "revoke"

// maxRevokes is how often it may be asked for.
const maxRevokes = 5

// revokeDefault is how long after the approval, where the flow does not say.
var revokeDefault = workcal.Span{N: 31, Unit: workcal.Days}

// revoke compiles rules.revoke: an approval of its own, which is not among the steps.
func (c *compiler) revoke(s *revokeSpec) {
	if s == nil || s.Approve == nil {
		return
	}
	n := &node{id: nodeRevoke, name: textRevokeStep, kind: nodeApprove, pos: maxNodes + 1}
	c.p.nodes[n.id] = n
	c.approve(n, stepSpec{Approve: s.Approve}, "rules.revoke")
	if c.p.within = s.Within; c.p.within.IsZero() {
		c.p.within = revokeDefault
	}
}

// running reports whether a pass may still be decided: while the request runs, and afterwards the pass that decides on
// withdrawing it.
func (d *decider) running(r *run) bool {
	return d.s.Status == workflows.StatusRunning || r.Node == nodeRevoke && d.s.Status == workflows.StatusApproved
}

// revoking is the pass that decides on withdrawing an approved request, nil when there is none.
func (s *state) revoking() *run {
	if r := s.lastRun(nodeRevoke); r != nil && r.live() {
		return r
	}
	return nil
}

// mayRevoke refuses to withdraw the request after it was approved.
func (d *decider) mayRevoke() *workflows.Refusal {
	switch {
	case d.s.Status == workflows.StatusRunning:
		return workflows.Refuse("not_approved", textNotApprovedYet)
	case d.s.Status != workflows.StatusApproved:
		return d.over("")
	case d.p.nodes[nodeRevoke] == nil:
		return workflows.Refuse("no_revoke", textNoRevoke)
	case d.s.revoking() != nil:
		return workflows.Refuse("revoke_pending", textRevokePending)
	case d.s.rounds(nodeRevoke) >= maxRevokes:
		return workflows.Refuse("too_many_revokes", textTooManyRevokes, maxRevokes)
	}
	if until, _ := d.p.after(d.s.Ended.time(), d.p.within); d.now.After(until) {
		return workflows.Refuse("revoke_too_late", textRevokeLate, d.clock(until))
	}
	return nil
}

// askRevoke asks those whom the flow names whether the approved request may be withdrawn.
func (d *decider) askRevoke(a *event.Action) *workflows.Refusal {
	if no := d.mayRevoke(); no != nil {
		return no
	}
	if why, there := a.Form["why"]; there { // the names of inputs are unique on a card, and one can comment there too
		a = &event.Action{Form: map[string]event.Value{"opinion": why}}
	}
	reason, no := opinion(a)
	switch {
	case no != nil:
		return no
	case reason == "":
		return workflows.Refuse("reason_required", textWhyNeeded)
	}
	f := &revoking{Round: d.s.rounds(nodeRevoke) + 1}
	f.p.Reason = reason
	d.emitBy(f, d.s.By)
	d.say(card.ToastSuccess, textRevokeAsked)
	d.askApprovers(d.p.nodes[nodeRevoke], f.Round, 1, nil)
	return nil
}

// revokeNow withdraws the approved request.
func (d *decider) revokeNow() {
	d.emit(&revoked{})
	d.publish(workflows.StatusRevoked)
	d.effect(workflows.SendText{Key: "revoked", To: workflows.To{Person: d.s.By, Connection: d.s.From}, Text: card.T(fmt.Sprintf(textRevoked, d.s.Title))})
}

// revokeRefused tells the initiator that the request stays approved.
func (d *decider) revokeRefused(r *run) {
	d.effect(workflows.SendText{Key: "revoke/" + strconv.Itoa(r.Round), To: workflows.To{Person: d.s.By, Connection: d.s.From},
		Text: card.T(fmt.Sprintf(textRevokeRefused, d.s.Title))})
}

// ViewRevoke tells those who are asked why an approved request is to be withdrawn.
type ViewRevoke struct {
	Reason string `json:"reason"`
}
