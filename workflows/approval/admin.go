package approval

import (
	"strings"

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
	switch a.Verb {
	case "terminate":
		reason, no := opinion(a)
		switch {
		case no != nil:
			return no
		case d.s.Status.Ended():
			return d.over("")
		case reason == "":
			return workflows.Refuse("reason_required", textWhyNeeded)
		}
		if d.s.Status == workflows.StatusDraft {
			d.effect(workflows.CancelTimer{Name: timerDraft})
		}
		d.end(reason, who)
		return nil
	case verbTransfer.name:
		e, no := d.handing(a, who)
		if no != nil {
			return no
		}
		return d.run(verbTransfer, e)
	}
	return workflows.Refuse("unknown_action", textUnknown)
}
