package engine

import (
	"context"
	"fmt"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// Say sends a short text that belongs to no instance, through the outbox. The same key again while the first waits
// replaces it. workflows.ErrNotFound when the person can't be reached anywhere.
func (e *Engine) Say(ctx context.Context, key string, to workflows.To, text card.Text) error {
	c := &command{e: e, rt: e.o.Runtime(), ev: event.Event{ID: key}}
	id := "text/" + key
	m, err := c.message(ctx, id, to)
	if err != nil {
		return err
	}
	if m.To.IsZero() {
		return fmt.Errorf("%s has no account to write to: %w", to.Person, workflows.ErrNotFound)
	}
	m.Text = text
	now := e.now()
	job := workflows.Job{ID: id, Queue: workflows.QueueOut, RunAt: now, Message: m}
	if err := e.o.Store.Commit(ctx, workflows.Commit{Now: now, Jobs: []workflows.Job{job}}); err != nil {
		return fmt.Errorf("send %s: %w", id, err)
	}
	e.o.Kick([]string{id})
	return nil
}
