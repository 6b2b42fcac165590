package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// unheard reports whether nobody waits for the answer to a press: the suite only acknowledges presses, or its
// patience was over before the outcome was known. What a toast would have said has to be written then.
func (c *command) unheard() bool {
	return c.ev.Kind == event.KindCardAction && c.ev.Post == nil && c.done != nil && !c.hold
}

// tell is the message in place of a toast that nobody sees, to the presser's own chat; nil when there is nothing
// to say or nobody to say it to. It belongs to the event: handled again, it is the same row.
func (c *command) tell(ctx context.Context, t *card.Toast) (*workflows.Job, error) {
	if t == nil || t.Text.IsZero() || !c.unheard() {
		return nil, nil
	}
	to := workflows.To{Person: c.ev.Actor.Person, Connection: c.ev.Connection}
	if to.Person == "" {
		to.Conv = c.ev.Actor.Ref
	}
	id := "told/" + hashID(c.ev.Connection, c.ev.ID)
	m, err := c.message(ctx, id, to)
	if err != nil || m.Quiet || m.To.IsZero() {
		return nil, err
	}
	m.Text = t.Text
	return &workflows.Job{ID: id, Queue: workflows.QueueOut, RunAt: c.e.now(), Instance: c.instance, Message: m}, nil
}

// shows reports whether the card that was pressed is sent and looks another way than before: it says what came of
// the press.
func (c *command) shows(w *work) bool {
	a, ok := c.ev.Body.(*event.Action)
	if !ok || w.inst == nil || !slices.ContainsFunc(w.effects, func(eff workflows.Effect) bool {
		s, is := eff.(workflows.ShowCard)
		return is && s.Slot == a.Slot
	}) {
		return false
	}
	pr, ok := w.program.(workflows.Projector)
	if !ok || w.toast == nil || !c.unheard() {
		return true
	}
	was, err := look(pr, w.base, a.Slot, w.commit.Now)
	if err != nil {
		return true
	}
	is, err := look(pr, *w.inst, a.Slot, w.commit.Now)
	return err != nil || !bytes.Equal(was, is)
}

// look is what a slot's card shows of an instance.
func look(pr workflows.Projector, in workflows.Instance, slot string, now time.Time) ([]byte, error) {
	template, view, there, err := pr.Card(in, slot, now)
	if err != nil {
		return nil, err
	}
	return json.Marshal([]any{template, view, there})
}
