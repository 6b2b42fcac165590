package approval

import (
	"fmt"
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// operatorPrefix begins the name of whoever acts by a command on the server's machine: cli:root@host.
const operatorPrefix = "cli:"

// operator is who acts by a command, "" for anybody else. Only an event of our own can say so: it was put into the
// inbox by somebody who has the database.
func (d *decider) operator() string {
	a := d.ev.Actor
	if d.ev.Connection != event.Self || d.ev.Post == nil || d.ev.Post.From != "" || a.Type != event.ActorSystem || !strings.HasPrefix(a.Name, operatorPrefix) {
		return ""
	}
	return a.Name
}

// pressAdmin lets an operator end a request, or hand a task of it to somebody else. The trail names them.
func (d *decider) pressAdmin(a *event.Action) *workflows.Refusal {
	who := d.operator()
	if who == "" {
		return workflows.Refuse("not_admin", textNotAdmin)
	}
	reason, no := opinion(a)
	switch {
	case no != nil:
		return no
	case d.s.Status.Ended():
		return d.over("")
	}
	switch a.Verb {
	case "terminate":
		if reason == "" {
			return workflows.Refuse("reason_required", textWhyNeeded)
		}
		if d.s.Status == workflows.StatusDraft {
			d.effect(workflows.CancelTimer{Name: timerDraft})
		}
		d.finish(workflows.StatusTerminated, "terminated", reason, who)
		d.effect(workflows.SendText{Key: "terminated", To: workflows.To{Person: d.s.By, Connection: d.s.From},
			Text: card.T(fmt.Sprintf(textTerminated, d.s.Title, reason))})
		d.say(card.ToastSuccess, textTerminatedDone)
		return nil
	case "transfer":
		key, _ := scalar(a.Form["task"])
		r, x, n := d.find(key)
		if x == nil {
			return workflows.Refuse("unknown_action", textNoTask, key)
		}
		if n != x.Task || x.State != workflows.TaskOpen {
			return d.late(r, x, n)
		}
		d.ev.Actor.Person = who
		e, no := d.errand(verbTransfer, place{r.Node, r.Round, x.ID}, n, a)
		if no != nil {
			return no
		}
		return d.run(verbTransfer, e)
	}
	return workflows.Refuse("unknown_action", textUnknown)
}
