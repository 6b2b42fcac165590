package engine

import (
	"context"
	"errors"
	"fmt"

	"magpie/adapters/card"
	"magpie/workflows"
)

// pressList has the desk judge a press on one of its cards.
func (e *Engine) pressList(ctx context.Context, c *command) (Result, error) {
	out, err := e.o.Lists.Press(ctx, c.ev)
	var no *workflows.Refusal
	switch {
	case errors.As(err, &no):
		return c.finish(ctx, "refused:"+no.Code, &card.Toast{Kind: card.ToastWarning, Text: no.Message})
	case err != nil:
		return Result{}, fmt.Errorf("ask the desk: %w", err)
	}
	return c.commit(ctx, e.deskWork(out.Effects, out.Toast))
}

// deskWork is what the desk answers. Its cards belong to no instance: the time stands for their revision.
func (e *Engine) deskWork(effects []workflows.Effect, t *card.Toast) *work {
	now := e.now()
	return &work{base: workflows.Instance{Rev: now.UnixMilli()}, commit: workflows.Commit{Now: now}, effects: effects, toast: t}
}
