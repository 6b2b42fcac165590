package approval

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	maxReason = 1000 // runes of an opinion
)

// press judges a button. The card may be old: what counts is how things stand now.
func (d *decider) press(a *event.Action) *workflows.Refusal {
	slot := d.slot(a.Slot)
	if key, ok := strings.CutPrefix(slot, "task/"); ok {
		return d.pressTask(key, a)
	}
	if who, ok := strings.CutPrefix(slot, "cc/"); ok && slices.Contains(d.s.CC, who) {
		if d.ev.Actor.Person != who {
			return workflows.Refuse("not_yours", textNotYours)
		}
		return d.pressComment(a)
	}
	switch {
	case slot == slotAdmin && d.operator() != "":
		return d.pressAdmin(a)
	case slot == slotAdmin, slot == slotInitiator && a.Verb == "terminate":
		return d.askAdmin(a)
	}
	if slot != slotInitiator {
		return workflows.Refuse("unknown_action", textUnknown)
	}
	if d.ev.Actor.Person != d.s.By {
		return workflows.Refuse("not_yours", textNotYours)
	}
	switch a.Verb {
	case "submit":
		return d.submit(a)
	case "cancel":
		return d.cancel()
	case "withdraw":
		return d.withdrawn()
	case "urge":
		return d.urge()
	case "comment", "more":
		return d.pressComment(a)
	case "revoke":
		return d.askRevoke(a)
	}
	return workflows.Refuse("unknown_action", textUnknown)
}

// over refuses what comes after the end, or before its time; draft says what else a running one is told.
func (d *decider) over(running string) *workflows.Refusal {
	r := workflows.Refuse("ended", textOver, statusWords[d.s.Status])
	switch d.s.Status {
	case workflows.StatusRunning:
		r = workflows.Refuse("already_submitted", "%s", running)
	case workflows.StatusDraft:
		r = workflows.Refuse("not_submitted", textNotSubmitted)
	}
	r.Refresh = true
	return r
}

// pressTask judges a decision at a task.
func (d *decider) pressTask(key string, a *event.Action) *workflows.Refusal {
	r, x, n := d.find(key)
	if x == nil || r.Node == nodeStart {
		return workflows.Refuse("unknown_action", textUnknown)
	}
	if a.Verb == "more" {
		var no *workflows.Refusal
		if a, no = unfold(a); no != nil {
			return no
		}
	}
	v := verbOf(a.Verb)
	if v == nil && verdicts[a.Verb] == "" {
		return workflows.Refuse("unknown_action", textUnknown)
	}
	person := x.Person
	if n < x.Task {
		person = x.past(n).Person
	}
	if d.ev.Actor.Person == "" || d.ev.Actor.Person != person {
		return workflows.Refuse("not_your_task", textNotYourTask, d.s.name(person))
	}
	open := n == x.Task && x.State == workflows.TaskOpen
	if !d.running(r) || !open && (v == nil || !v.late) {
		return d.late(r, x, n)
	}
	if v != nil {
		return d.pressVerb(v, r, x, n, a)
	}
	reason, refusal := opinion(a)
	switch {
	case a.Data[workflows.InBatch] != "" && d.p.nodes[r.Node].single():
		return workflows.Refuse(workflows.InBatch, textAlone)
	case refusal != nil:
		return refusal
	case a.Verb == "reject" && reason == "":
		return workflows.Refuse("reason_required", textReasonNeeded)
	}
	if no := d.mayDecide(r, x, a.Verb, d.ev.Actor.Person); no != nil {
		return no
	}
	sign, no := d.signed(d.p.nodes[r.Node], x, a)
	if no != nil {
		return no
	}
	change, no := d.edit(d.p.nodes[r.Node], place{r.Node, r.Round, x.ID}, a)
	if no != nil {
		return no
	}
	if change != nil {
		d.change(change)
	}
	if x.Back != nil {
		d.say(card.ToastSuccess, textAdvised, d.s.name(x.Back.Person))
		d.advise(r, x, a.Verb, reason)
		return nil
	}
	d.say(card.ToastSuccess, "%s", verdictWords[verdicts[a.Verb]])
	d.vote(r, x, a.Verb, "", reason, d.ev.Actor.Person, sign)
	return nil
}

// mayDecide refuses a decision that its person may not make, whichever way it came in: a card, a page, a word in
// the chat, many at once.
func (d *decider) mayDecide(r *run, x *seat, verb, person string) *workflows.Refusal {
	switch {
	case verb == "abstain" && d.p.nodes[r.Node].abstain == "":
		return workflows.Refuse("not_allowed", textNoAbstain)
	case person == d.s.By && d.p.self == "skip" && d.p.nodes[r.Node].byHand(): // nobody else can do it for them
	case person == d.s.By && d.p.self != "ask":
		return workflows.Refuse("self_approval", textSelf)
	}
	return nil
}

// opinion reads what was written beside the decision.
func opinion(a *event.Action) (string, *workflows.Refusal) {
	in, ok := a.Form["opinion"]
	if !ok {
		in, ok = a.Form["reason"] // where agreeing has a form of its own: the names of inputs are unique on a card
	}
	if !ok {
		return "", nil
	}
	text, ok := scalar(in)
	if !ok {
		return "", workflows.Refuse("invalid_form", textNotText)
	}
	text = strings.TrimSpace(clean(text, true))
	if len([]rune(text)) > maxReason {
		return "", workflows.Refuse("invalid_form", textReasonLong, maxReason)
	}
	return text, nil
}

// vote records a decision and what follows from it.
func (d *decider) vote(r *run, x *seat, verb, auto, reason, actor string, sign *signature) {
	n := d.p.nodes[r.Node]
	d.stopTimer(r, x)
	if x.Of != "" && verb == "reject" {
		for i := range r.Seats { // those whom nobody needs to hear any more
			if y := &r.Seats[i]; y.State == workflows.TaskOpen && r.under(y, r.top(x)) {
				d.stopTimer(r, y)
			}
		}
	}
	f := &voted{place: place{r.Node, r.Round, x.ID}, Verb: verb, Auto: auto, proxied: proxied{x.For, x.Grants}}
	f.p.Reason = reason
	f.sign(sign)
	d.emitBy(f, actor)
	d.progress(n, r.Round)
}

// find is the seat of a task's key, and the task's number.
func (d *decider) find(key string) (*run, *seat, int) {
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		for k := range r.Seats {
			for n := 1; n <= r.Seats[k].Task; n++ {
				if taskKey(r.Node, r.Round, r.Seats[k].ID, n) == key {
					return r, &r.Seats[k], n
				}
			}
		}
	}
	return nil, nil, 0
}

func (s *seat) past(n int) pastTask {
	for _, p := range s.Past {
		if p.N == n {
			return p
		}
	}
	return pastTask{}
}

// late refuses a decision that comes too late, naming what happened instead.
func (d *decider) late(r *run, x *seat, n int) *workflows.Refusal {
	var out *workflows.Refusal
	switch {
	case n < x.Task:
		to := x.Person
		for _, p := range x.Past {
			if p.N == n+1 {
				to = p.Person
			}
		}
		out = workflows.Refuse("moved", textMoved, d.s.name(to))
	case x.State == workflows.TaskApproved || x.State == workflows.TaskRejected || x.State == workflows.TaskAbstained:
		out = workflows.Refuse("already_decided", "%s", d.decision(x, true))
	case x.State == workflows.TaskSuperseded && r.decisive() != nil:
		out = workflows.Refuse("already_decided", "%s", d.decision(r.decisive(), false))
	case r.Void > 0 && (x.State == workflows.TaskReturned || x.State == workflows.TaskCanceled):
		t := d.s.Turns[r.Void-1]
		out = workflows.Refuse("returned", textWasReturned, d.s.name(t.By), d.clock(t.At.time()), d.p.names(t.To))
	case d.s.Status.Ended():
		out = workflows.Refuse("ended", textOver, statusWords[d.s.Status])
	default:
		out = workflows.Refuse("already_decided", textClosed)
	}
	out.Refresh = true
	return out
}

// decision words who decided and when: 韩梅梅 10:32 已同意.
func (d *decider) decision(x *seat, self bool) string {
	word := verdictWords[x.State]
	who := d.s.name(x.By)
	if x.For != "" && x.By == x.Person {
		who = d.s.who(x)
	}
	switch {
	case x.By == "":
		who = d.s.name(x.Person)
	case self && x.By == d.ev.Actor.Person:
		who = "你"
	}
	return fmt.Sprintf(textDecided, who, d.clock(x.Closed.time()), word)
}

// withdrawn takes the request back.
func (d *decider) withdrawn() *workflows.Refusal {
	if d.s.Status != workflows.StatusRunning {
		return d.over("")
	}
	if !d.p.withdraw {
		return workflows.Refuse("no_withdraw", textNoWithdraw)
	}
	d.finish(workflows.StatusWithdrawn, "withdrawn", "", d.s.By)
	d.say(card.ToastSuccess, textWithdrawn)
	return nil
}

// urge nudges everybody who is asked now and was not nudged a moment ago.
func (d *decider) urge() *workflows.Refusal {
	if d.s.Status != workflows.StatusRunning {
		return d.over("")
	}
	var next time.Time
	f := &urged{}
	var names []string
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		for k := range r.Seats {
			x := &r.Seats[k]
			if x.State != workflows.TaskOpen || r.Node == nodeStart {
				continue
			}
			if again, _ := d.p.after(x.Urged.time(), d.p.urge); x.Urged != 0 && d.now.Before(again) {
				if next.IsZero() || again.Before(next) {
					next = again
				}
				continue
			}
			f.Seats = append(f.Seats, place{r.Node, r.Round, x.ID})
			names = append(names, d.s.name(x.Person))
			key := taskKey(r.Node, r.Round, x.ID, x.Task)
			id := fmt.Sprintf("urge/%s/%d", key, x.Urges+1)
			to := workflows.To{Person: x.Person}
			d.effect(workflows.Urge{Key: id, Slot: slotTask(key), To: to, Level: card.UrgeApp})
			d.effect(workflows.SendText{Key: id, To: to, Text: card.T(fmt.Sprintf(textUrge, d.s.name(d.s.By), d.titleFor(x.Person)))})
		}
	}
	switch {
	case len(f.Seats) > 0:
	case !next.IsZero():
		return workflows.Refuse("urged_recently", textUrgedEarly, d.clock(next))
	default:
		return workflows.Refuse("nobody_open", textNobodyOpen)
	}
	d.emitBy(f, d.s.By)
	d.say(card.ToastSuccess, textUrged, strings.Join(names, "、"))
	return nil
}
