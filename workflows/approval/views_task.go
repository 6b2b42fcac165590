package approval

import (
	"magpie/adapters/card"
	"magpie/workflows"
)

// taskCards adds the cards of a seat: one for each task that a person was asked with.
func (d *decider) taskCards(out []shown, r *run, x *seat) []shown {
	if x.Task == 0 || r.Node == nodeStart || x.Auto == autoSame || x.Auto == autoSelf {
		return out // nobody was asked
	}
	n := d.p.nodes[r.Node]
	add := func(num int, person string, once bool, view func(View) View) {
		out = append(out, shown{
			slot: slotTask(taskKey(r.Node, r.Round, x.ID, num)), person: person, template: "approval.task", once: once, may: n.shows, view: view,
		})
	}
	for _, old := range x.Past {
		add(old.N, old.Person, true, func(v View) View {
			v.Task = d.viewTask(n, r, x, old.N, old.State, old.Due)
			v.Task.DecidedAt = old.Closed.time()
			v.More = d.onlyComment()
			return v
		})
	}
	add(x.Task, x.Person, x.State != workflows.TaskOpen, func(v View) View {
		v.Task = d.viewTask(n, r, x, x.Task, x.State, x.Due)
		switch x.State {
		case workflows.TaskOpen:
			v.Mine, v.Actions = true, []string{"approve", "reject"}
			v.More, v.Edit = d.more(n, r, x, true), d.editForm(n)
			if v.Sign = n.signs(x); v.Sign && v.Edit != nil {
				v.Edit.Inputs = append(v.Edit.Inputs, ViewInput{Name: workflows.SignatureInput, Label: textSignLabel, Kind: card.InputSignature, Required: true})
			}
			v.Returned = d.sentBackTo(r)
			if r.Node == nodeRevoke {
				v.Revoke = &ViewRevoke{Reason: d.s.Revoke}
			}
			if n.abstain != "" {
				v.Actions = append(v.Actions, "abstain")
			}
			if x.Said != nil {
				v.Task.Advice = &ViewAdvice{By: ViewPerson{ID: x.Said.By, Name: d.s.name(x.Said.By)}, State: x.Said.State, Reason: x.Said.Reason}
			}
			if x.Back != nil {
				v.Task.Lender = &ViewPerson{ID: x.Back.Person, Name: d.s.name(x.Back.Person)}
			}
		case workflows.TaskSuspended:
			v.More = d.more(n, r, x, false)
		case workflows.TaskSuperseded:
			v.More = d.onlyComment()
			if by := r.decisive(); by != nil {
				d.decided(v.Task, by)
			}
		case workflows.TaskCanceled:
			v.Task.DecidedAt = x.Closed.time()
			if r.Void > 0 {
				d.voidView(&v, r)
			} else if d.s.EndBy != "" {
				v.Task.DecidedBy = &ViewPerson{ID: d.s.EndBy, Name: d.s.name(d.s.EndBy)}
			}
		case workflows.TaskReturned:
			d.decided(v.Task, x)
			d.voidView(&v, r)
		default:
			d.decided(v.Task, x)
			v.More = d.onlyComment()
			if r.State == runOpen {
				v.More = d.more(n, r, x, false)
			}
		}
		return v
	})
	return out
}

func (d *decider) viewTask(n *node, r *run, x *seat, num int, st workflows.TaskState, due stamp) *ViewTask {
	label := modeWords[r.Mode]
	if len(r.Seats) < 2 {
		label = ""
	}
	if x.Auto == autoTimeout && num == x.Task {
		st = workflows.TaskTimedOut
	}
	return &ViewTask{ID: d.in.ID + "/" + taskKey(r.Node, r.Round, x.ID, num), Node: n.id, Name: n.name, State: st, ModeLabel: label, DueAt: due.time()}
}

func (d *decider) decided(t *ViewTask, by *seat) {
	t.DecidedAt, t.Reason = by.Closed.time(), by.Reason
	if by.By != "" {
		t.DecidedBy = &ViewPerson{ID: by.By, Name: d.s.name(by.By)}
	}
}
