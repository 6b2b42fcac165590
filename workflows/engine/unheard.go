package engine

import (
	"context"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// unheard reports whether nobody waits for the answer to a press: the suite only acknowledges presses, or its
// patience was over before the outcome was known. What a toast would have said has to be written then.
func (c *command) unheard() bool {
	return c.ev.Kind == event.KindCardAction && c.done != nil && !c.hold
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

// shows reports whether the card that was pressed is among what is sent: it says what came of the press.
func (c *command) shows(effects []workflows.Effect) bool {
	a, ok := c.ev.Body.(*event.Action)
	if !ok {
		return false
	}
	for _, eff := range effects {
		if s, is := eff.(workflows.ShowCard); is && s.Slot == a.Slot {
			return true
		}
	}
	return false
}
