package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows"
)

// Resend sends the card of a slot to its person once more, drawn anew: the one they have may be out of reach,
// or its links over. Where the suite can, the message that they have is changed. workflows.ErrNotFound when there is
// no such card any more, or nowhere to send it.
func (e *Engine) Resend(ctx context.Context, slot, person string) error {
	return e.resend(ctx, slot, person, false)
}

// SendAnew is Resend as a new message at the end of the chat. The one that they had says so from then on.
func (e *Engine) SendAnew(ctx context.Context, slot, person string) error {
	return e.resend(ctx, slot, person, true)
}

func (e *Engine) resend(ctx context.Context, slot, person string, anew bool) error {
	instance, own, _ := strings.Cut(slot, "/")
	in, p, err := e.Load(ctx, instance)
	if err != nil {
		return err
	}
	pr, ok := p.(workflows.Projector)
	if !ok {
		return fmt.Errorf("flow %s does not say what is on its cards: %w", in.Definition, workflows.ErrNotFound)
	}
	switch _, _, there, err := pr.Card(in, own, e.now()); {
	case err != nil:
		return err
	case !there:
		return fmt.Errorf("instance %s has no card in slot %s: %w", instance, own, workflows.ErrNotFound)
	}
	c := &command{e: e, rt: e.o.Runtime(), instance: instance, ev: event.Event{ID: "resend/" + slot}}
	id, m, err := c.showCard(ctx, workflows.ShowCard{Slot: own, To: workflows.To{Person: person}}, in.Rev, 0)
	if err != nil {
		return err
	}
	if m.To.IsZero() {
		return fmt.Errorf("%s has no account to write to: %w", person, workflows.ErrNotFound)
	}
	if m.Redraw = true; anew {
		// Another message than the one that went out under the slot's key.
		m.Anew, m.Key = true, hashID(id, "anew", strconv.FormatInt(e.now().UnixMilli(), 10))
	}
	job := workflows.Job{ID: id, Queue: workflows.QueueOut, RunAt: e.now(), Instance: instance, Message: m}
	if err := e.o.Store.Commit(ctx, workflows.Commit{Now: e.now(), Jobs: []workflows.Job{job}}); err != nil {
		return errors.Join(fmt.Errorf("send slot %s again", slot), err)
	}
	e.o.Kick([]string{id})
	return nil
}
