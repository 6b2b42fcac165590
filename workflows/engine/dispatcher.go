package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// batch is how many rows one look for due work takes.
const batch = 64

// Run handles what was enqueued, and looks for events and timers that are due: those of this process's
// past, of other processes that died, and those whose time has come. It returns when ctx ends and all work
// in hand is done.
func (e *Engine) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	jobs := make(chan workflows.LeasedJob)
	for range e.o.Workers {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case l := <-e.work:
					// What is in hand is finished even while the process stops.
					if l.Event.Post != nil {
						e.inTurn(context.WithoutCancel(ctx), l)
						continue
					}
					_, _ = e.handle(context.WithoutCancel(ctx), l, false)
				case j := <-jobs:
					e.due(context.WithoutCancel(ctx), j)
				}
			}
		})
	}
	wg.Go(func() { e.poll(ctx, jobs) })
	wg.Wait()
	return nil
}

// poll looks for due work about once a second, at once again while there is a full batch.
func (e *Engine) poll(ctx context.Context, jobs chan<- workflows.LeasedJob) {
	for {
		full, err := e.look(ctx, jobs)
		if err != nil && ctx.Err() == nil {
			e.o.Log.Error("look for due work", "err", err)
		}
		if full && err == nil {
			continue
		}
		pause := e.o.Poll*3/4 + time.Duration(rand.Int64N(int64(e.o.Poll)/2+1))
		select {
		case <-ctx.Done():
			return
		case <-e.wake:
		case <-time.After(pause):
		}
	}
}

func (e *Engine) look(ctx context.Context, jobs chan<- workflows.LeasedJob) (full bool, err error) {
	events, err := e.o.Store.LeaseEvents(ctx, e.now(), batch, e.o.Lease)
	if err != nil {
		return false, fmt.Errorf("lease events: %w", err)
	}
	for _, l := range events {
		select {
		case e.work <- l:
		case <-ctx.Done():
			return false, nil // the lease runs out, somebody else goes on
		}
	}
	timers, err := e.o.Store.LeaseTimers(ctx, e.now(), batch, e.o.Lease)
	if err != nil {
		return false, fmt.Errorf("lease timers: %w", err)
	}
	found := len(timers)
	if timers, err = e.spread(ctx, timers, e.now()); err != nil {
		return false, err
	}
	for _, j := range timers {
		select {
		case jobs <- j:
		case <-ctx.Done():
			return false, nil
		}
	}
	return len(events) == batch || found == batch, nil
}

// due handles a timer, or asks a lookup again.
func (e *Engine) due(ctx context.Context, j workflows.LeasedJob) {
	err := e.dueOnce(ctx, j)
	if err == nil || errors.Is(err, workflows.ErrLeaseLost) {
		return
	}
	if f := (*fatal)(nil); errors.As(err, &f) || j.Queue == workflows.QueueTimer && j.Attempt >= maxAttempts {
		e.o.Log.Error("job buried", "job", j.ID, "attempt", j.Attempt, "err", err)
		err = e.o.Store.BuryJob(ctx, j, err.Error())
	} else {
		e.o.Log.Warn("job is tried again", "job", j.ID, "attempt", j.Attempt, "err", err)
		pause := backoff(j.Attempt)
		if j.Queue == workflows.QueueLookup {
			pause = min(pause, maxLookupPause)
		}
		err = e.o.Store.RetryJob(ctx, j, e.now().Add(pause), err.Error())
	}
	if err != nil {
		e.o.Log.Error("give a job back", "job", j.ID, "err", err)
	}
}

func (e *Engine) dueOnce(ctx context.Context, j workflows.LeasedJob) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e.o.Log.Error("panic while handling a job", "job", j.ID, "panic", p, "stack", string(debug.Stack()))
			err = &fatal{fmt.Errorf("panic: %v", p)}
		}
	}()
	c := &command{e: e, rt: e.o.Runtime(), job: &workflows.JobDone{ID: j.ID, Token: j.Token, Gen: j.Gen}}
	ev := event.Event{ID: j.ID, ReceivedAt: e.now(), At: j.DueAt, Actor: event.Actor{Type: event.ActorSystem}, TraceID: j.ID}
	switch j.Queue {
	case workflows.QueueTimer:
		t := j.Timer
		ev.Kind, ev.Body, c.instance = event.KindTimer, &t, t.Instance
	case workflows.QueueLookup:
		ans, err := e.o.People.Resolve(ctx, j.Lookup.Lookup)
		if err != nil {
			return fmt.Errorf("look people up: %w", err)
		}
		ans.ID = j.Lookup.Lookup.ID
		ev = lookupEvent(ev, ans)
		c.instance = j.Lookup.Instance
	default:
		return &fatal{fmt.Errorf("job of unknown queue %q", j.Queue)}
	}
	c.ev = ev
	_, err = c.run(ctx)
	return err
}
