package approval

import (
	"fmt"
	"slices"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// slotAdmin is where an administrator acts on an instance. Nobody is sent its card: the page shows it.
const slotAdmin = "admin"

// adminView is the request as an administrator sees it.
func (d *decider) adminView() View {
	v := d.view(nil)
	if d.s.Status == workflows.StatusRunning {
		v.Mine, v.Actions = true, []string{"terminate"}
	}
	if v.Tasks = d.movable(); len(v.Tasks) > 0 {
		v.Mine, v.Actions = true, append(v.Actions, verbTransfer.name)
	}
	return v
}

// movable are the tasks that wait for somebody, for an administrator to choose among. A form that came back is the
// initiator's alone.
func (d *decider) movable() []ViewOption {
	var out []ViewOption
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		if r.Node == nodeStart || !d.running(r) {
			continue
		}
		for k := range r.Seats {
			if x := &r.Seats[k]; x.State == workflows.TaskOpen {
				out = append(out, ViewOption{Value: taskKey(r.Node, r.Round, x.ID, x.Task), Label: d.p.names([]string{r.Node}) + " · " + d.s.who(x)})
			}
		}
	}
	return out
}

// askAdmin judges what somebody wants to do as an administrator. Whether they are one the directory says: it is
// asked now, because a page may be old.
func (d *decider) askAdmin(a *event.Action) *workflows.Refusal {
	who := d.ev.Actor.Person
	if who == "" {
		return workflows.Refuse("not_admin", textNotAdmin)
	}
	todo := ask{For: "admin", Verb: a.Verb}
	reason := ""
	switch a.Verb {
	case "terminate":
		var no *workflows.Refusal
		switch reason, no = opinion(a); {
		case d.s.Status != workflows.StatusRunning:
			return d.over("")
		case no != nil:
			return no
		case reason == "":
			return workflows.Refuse("reason_required", textWhyNeeded)
		}
	case verbTransfer.name:
		if who == d.s.By {
			return workflows.Refuse("self_approval", textOwnApprovers)
		}
		e, no := d.handing(a, who)
		if no != nil {
			return no
		}
		todo.Node, todo.Round, todo.Seat, todo.Task, todo.Persons = e.at.Node, e.at.Round, e.at.Seat, e.task, e.who
		reason = e.opinion
	default:
		return workflows.Refuse("unknown_action", textUnknown)
	}
	d.s.Asked++ // the fact that carries it sets it again
	todo.N, todo.ID = d.s.Asked, fmt.Sprintf("admin/%d", d.s.Asked)
	f := &requested{Selectors: []string{"role:admin"}, ask: todo}
	f.p.Opinion = reason
	d.emitBy(f, who)
	d.effect(workflows.Lookup{ID: f.ID, Selectors: f.Selectors, Initiator: d.s.By, At: d.now})
	d.say(card.ToastInfo, textLooking)
	return nil
}

// handing reads which task an administrator hands to whom, and judges it.
func (d *decider) handing(a *event.Action, who string) (*errand, *workflows.Refusal) {
	key, _ := scalar(a.Form["task"])
	if key == "" {
		return nil, workflows.Refuse("invalid_form", textWhichTask)
	}
	r, x, n := d.find(key)
	switch {
	case x == nil:
		return nil, workflows.Refuse("unknown_action", textNoTask, key)
	case n != x.Task || x.State != workflows.TaskOpen || !d.running(r):
		return nil, d.late(r, x, n)
	}
	e, no := d.errand(verbTransfer, place{r.Node, r.Round, x.ID}, n, renamed(a))
	if no != nil {
		return nil, no
	}
	e.by = who
	return e, verbTransfer.judge(d, e)
}

// administered does what somebody asked for as an administrator, if they are among them. Whoever asked a while ago
// waits for no toast any more.
func (d *decider) administered(a ask, admins []string) {
	switch {
	case !slices.Contains(admins, a.By):
		d.say(card.ToastWarning, textNotAdmin)
	case a.Verb == verbTransfer.name:
		e := &errand{at: place{a.Node, a.Round, a.Seat}, task: a.Task, verb: a.Verb, by: a.By, who: a.Persons, opinion: a.Opinion}
		if no := d.run(verbTransfer, e); no != nil {
			d.say(card.ToastWarning, "%s", no.Message.Default)
		}
	case d.s.Status == workflows.StatusRunning:
		d.end(a.Opinion, a.By)
	default:
		d.say(card.ToastWarning, "%s", d.over("").Message.Default)
	}
	if a.At != stampOf(d.now) {
		d.effect(workflows.SendText{Key: a.ID, To: workflows.To{Person: a.By}, Text: d.toast.Text})
	}
}

// end terminates the request, and tells the initiator why.
func (d *decider) end(reason, who string) {
	d.finish(workflows.StatusTerminated, "terminated", reason, who)
	d.effect(workflows.SendText{Key: "terminated", To: workflows.To{Person: d.s.By, Connection: d.s.From},
		Text: card.T(fmt.Sprintf(textTerminated, d.s.Title, reason))})
	d.say(card.ToastSuccess, textTerminatedDone)
}
