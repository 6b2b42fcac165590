package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// An event or a timer is buried after so many attempts, an event not before it is so old: a process that is
// started over and over makes many attempts in a few seconds, and what it lacks may be there in the next.
const (
	maxAttempts = 8
	buryAge     = 3 * time.Minute
)

// maxLookupPause is the longest pause between two attempts to look people up: somebody waits for it.
const maxLookupPause = 15 * time.Second

// handle works on one leased event, and gives it back or buries it when that fails.
func (e *Engine) handle(ctx context.Context, l workflows.Leased, hold bool) (Result, error) {
	r, err := e.guarded(ctx, l, hold)
	if err == nil || errors.Is(err, workflows.ErrLeaseLost) {
		return r, err
	}
	if ctx.Err() != nil {
		return r, err // the caller's time is up: the lease runs out and another process goes on
	}
	age := e.now().Sub(l.Event.ReceivedAt)
	if f := (*fatal)(nil); errors.As(err, &f) || l.Attempt >= maxAttempts && age >= buryAge {
		e.o.Log.Error("event buried", "event", l.ID, "kind", l.Event.Kind, "attempt", l.Attempt, "err", err)
		if berr := e.buried(ctx, l); berr != nil {
			return r, errors.Join(err, berr)
		}
		if berr := e.o.Store.BuryEvent(ctx, l, err.Error()); berr != nil {
			return r, errors.Join(err, berr)
		}
		return r, err
	}
	at := e.now().Add(min(backoff(l.Attempt), max(age, time.Second)))
	e.o.Log.Warn("event is tried again", "event", l.ID, "kind", l.Event.Kind, "attempt", l.Attempt, "at", at, "err", err)
	if rerr := e.o.Store.RetryEvent(ctx, l, at, err.Error()); rerr != nil {
		return r, errors.Join(err, rerr)
	}
	return r, err
}

// backoff grows from a second to five minutes.
func backoff(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 10), 5*time.Minute)
}

// guarded turns a panic of a program into a fatal error: one bad event must not end the process.
func (e *Engine) guarded(ctx context.Context, l workflows.Leased, hold bool) (r Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			e.o.Log.Error("panic while handling an event", "event", l.ID, "panic", p, "stack", string(debug.Stack()))
			err = &fatal{fmt.Errorf("panic: %v", p)}
		}
	}()
	return e.dispatch(ctx, l, hold)
}

// dispatch finds out whom an event concerns.
func (e *Engine) dispatch(ctx context.Context, l workflows.Leased, hold bool) (Result, error) {
	if ev := l.Event; ev.Post != nil && ev.Connection == event.Self {
		return e.posted(ctx, &command{e: e, rt: e.o.Runtime(), ev: ev, done: &workflows.EventDone{ID: l.ID, Token: l.Token}, hold: hold})
	}
	ev, err := e.identify(ctx, l.Event)
	if err != nil {
		return Result{}, err
	}
	c := &command{e: e, rt: e.o.Runtime(), ev: ev, done: &workflows.EventDone{ID: l.ID, Token: l.Token}, hold: hold}
	if l.ID == "" {
		c.done.New = &l.Event
	}

	switch b := ev.Body.(type) {
	case *event.Action:
		return e.press(ctx, c, b)
	case *event.Receipt:
		if ev.Kind == event.KindMessageRead {
			return e.receipt(ctx, c, b)
		}
	case *event.Directory:
		if e.o.Directory != nil {
			if err := e.o.Directory(ctx, ev); err != nil {
				return Result{}, fmt.Errorf("update people: %w", err)
			}
		}
		return c.finish(ctx, "directory", nil)
	}

	if ev.Actor.Type == event.ActorBot {
		return c.finish(ctx, "ignored:bot", nil)
	}
	if e.o.Desk != nil {
		answer, ok, err := e.o.Desk(ctx, ev)
		if err != nil {
			return Result{}, fmt.Errorf("ask the desk: %w", err)
		}
		if ok {
			return c.commit(ctx, c.e.deskWork(answer, nil))
		}
	}
	if ev.Actor.Person == "" && ev.Actor.Type != event.ActorSystem && ev.Conv != nil && ev.Conv.ToBot {
		return c.stranger(ctx)
	}
	for _, p := range c.rt.Programs() {
		corr, ok := p.Correlate(ev)
		if !ok {
			continue
		}
		d := p.Definition()
		if corr.Start && ev.Actor.Person == "" && ev.Actor.Type != event.ActorSystem {
			return c.stranger(ctx)
		}
		began := ev.ReceivedAt
		if corr.Lasting {
			began = time.Time{}
		}
		c.instance, c.start = InstanceID(d.ID, corr.Key, began), corr.Start
		c.definition, c.hash = d.ID, d.Hash
		return c.run(ctx)
	}
	return c.fall(ctx)
}

// press handles a press on a card: the token first, then the instance that the slot names.
func (e *Engine) press(ctx context.Context, c *command, a *event.Action) (Result, error) {
	if a.Slot == "" || !verify(e.o.Key, a) {
		return c.finish(ctx, "refused:bad_token", toast(card.ToastError, textNotOurs))
	}
	instance, slot, ok := strings.Cut(a.Slot, "/")
	if !ok || slot == "" {
		return c.finish(ctx, "refused:bad_slot", toast(card.ToastError, textNotOurs))
	}
	if c.ev.Actor.Person == "" {
		return c.stranger(ctx)
	}
	// The program knows its slots by their own names.
	b := *a
	b.Slot = slot
	c.ev.Body = &b
	if instance == DeskSlots && e.o.Lists != nil {
		return e.pressList(ctx, c)
	}
	if err := c.ownFiles(ctx, &b, instance); err != nil {
		return Result{}, err
	}
	c.instance = instance
	return c.run(ctx)
}

// receipt keeps who has read what.
func (e *Engine) receipt(ctx context.Context, c *command, b *event.Receipt) (Result, error) {
	at := b.At
	if at.IsZero() {
		at = c.ev.ReceivedAt
	}
	for _, m := range b.Messages {
		c.receipts = append(c.receipts, workflows.Receipt{
			Message: m, Account: c.ev.Actor.Ref, Person: c.ev.Actor.Person, State: "read", Source: "event", At: at,
		})
	}
	return c.finish(ctx, "receipt", nil)
}
