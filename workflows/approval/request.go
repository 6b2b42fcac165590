package approval

import (
	"fmt"
	"slices"

	"magpie/adapters/card"
	"magpie/workflows"
)

// Whoever is named in an errand is looked up before it is done: a card or a page may be old, and only the
// directory knows who is still there. The engine mostly answers in the same command; when the directory is slow,
// the errand waits in the state and is judged once more with the answer.

// request asks about the persons of an errand.
func (d *decider) request(e *errand) {
	sel := make([]string, len(e.who))
	for i, id := range e.who {
		sel[i] = "person:" + id
	}
	d.s.Asked++ // the fact that carries it sets it again
	f := &requested{Selectors: sel, ask: ask{
		ID: fmt.Sprintf("do/%d", d.s.Asked), For: "do", Verb: e.verb, Node: e.at.Node, Round: e.at.Round, Seat: e.at.Seat, Task: e.task,
		Persons: e.who, N: d.s.Asked,
	}}
	f.p.Opinion = e.opinion
	d.emitBy(f, e.by)
	d.effect(workflows.Lookup{ID: f.ID, Selectors: sel, Initiator: d.s.By, At: d.now})
}

// requested does an errand whose persons are known now. Whoever asked is answered where they pressed, or with a
// message when that was a while ago.
func (d *decider) requested(a ask, found []string, grants []grant) {
	e := &errand{at: place{a.Node, a.Round, a.Seat}, task: a.Task, verb: a.Verb, by: a.By, who: a.Persons, opinion: a.Opinion, grants: grants}
	v := verbOf(a.Verb)
	if r := d.s.run(a.Node, a.Round); v == nil || d.s.Status != workflows.StatusRunning && (r == nil || !d.running(r)) {
		return
	}
	no := d.stillThere(e, found)
	if no == nil {
		e.who = found // under the names that they go by now
	}
	if no == nil {
		no = v.judge(d, e)
	}
	if no == nil {
		v.do(d, e)
	} else {
		d.say(card.ToastWarning, "%s", no.Message.Default)
	}
	if a.At != stampOf(d.now) && d.toast != nil { // nobody waits for the toast any more
		d.effect(workflows.SendText{Key: a.ID, To: workflows.To{Person: e.by}, Text: d.toast.Text})
	}
}

// stillThere refuses persons whom the directory does not know, or no longer.
func (d *decider) stillThere(e *errand, found []string) *workflows.Refusal {
	for _, id := range e.who {
		if !slices.Contains(found, id) && len(found) != len(e.who) {
			return workflows.Refuse("not_there", textNotThere, d.s.name(id))
		}
	}
	return nil
}
