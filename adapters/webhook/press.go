package webhook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// pressed is what became of a press.
type pressed struct {
	toast *card.Toast
	known bool // the toast is the outcome, even if it is nil
	held  []string
	err   error // not stored
}

// press stores one press, has it processed and encodes the answer, all within the budget from receipt.
// The work goes on by itself when the budget is spent. An error means that it was not stored in time to
// say so, and that nobody will try again.
func (h *Handler) press(ctx context.Context, t *trip, d adapters.Delivery, i int) (adapters.Response, error) {
	ev := d.Events[i]
	budget := t.received.Add(h.o.AnswerBudget).Sub(h.o.Now())
	answered := make(chan struct{}) // the answer is out
	result := make(chan pressed, 1)
	h.work.Go(func() {
		p := h.handle(ctx, t, ev, budget)
		result <- p
		if len(p.held) > 0 {
			<-answered
			h.o.Release(p.held)
		}
	})
	timer := time.NewTimer(budget)
	defer timer.Stop()
	var p pressed
	select {
	case p = <-result:
	case <-timer.C:
	}
	t.after = sync.OnceFunc(func() { close(answered) })
	if p.err != nil {
		t.after()
		t.after = nil
		return adapters.Response{}, p.err
	}
	if h.o.Metrics.Answer != nil {
		h.o.Metrics.Answer(t.conn.ID, h.o.Now().Sub(t.received), p.known)
	}
	toast := p.toast
	if !p.known {
		toast = received
	}
	resp, err := t.conn.EncodeAnswer(ev, toast)
	if err != nil { // the press is stored: a bare acknowledgement is better than an error
		h.o.Log.Error("encode answer", "request", t.id, "connection", t.conn.ID, "event", ev.ID, "err", err)
		return d.Response, nil
	}
	return resp, nil
}

// handle stores and processes one press, however long the store takes.
func (h *Handler) handle(ctx context.Context, t *trip, ev event.Event, budget time.Duration) (p pressed) {
	deadline := h.o.Now().Add(budget)
	defer func() {
		if r := recover(); r != nil {
			h.o.Log.Error("panic while handling a press", "request", t.id, "connection", ev.Connection, "event", ev.ID, "panic", r, "stack", string(debug.Stack()))
			p = pressed{} // taken, outcome not known; the lease runs out and it is tried again
		}
	}()
	st, err := h.putPress(ctx, ev, deadline)
	if err != nil {
		return pressed{err: err}
	}
	if !st.New {
		return pressed{toast: st.Toast, known: st.Done}
	}
	left := deadline.Sub(h.o.Now())
	if left <= 0 {
		h.o.Engine.Enqueue(st.ID, st.Token, ev)
		return pressed{}
	}
	pctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	out, err := h.o.Engine.Process(pctx, st.ID, st.Token, ev)
	if err != nil {
		level := h.o.Log.Warn
		if errors.Is(err, context.DeadlineExceeded) {
			level = h.o.Log.Info
		}
		level("press is finished later", "request", t.id, "connection", ev.Connection, "event", ev.ID, "err", err)
		h.o.Engine.Enqueue(st.ID, st.Token, ev)
		return pressed{}
	}
	return pressed{toast: out.Toast, known: true, held: out.Held}
}

// putPress stores a press. Not every suite delivers a press again, so a failing store is tried until
// KeepTrying is over; by then the person has been told that it was received, and the loss is counted.
func (h *Handler) putPress(ctx context.Context, ev event.Event, deadline time.Time) (adapters.Stored, error) {
	giveUp := h.o.Now().Add(h.o.KeepTrying)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		st, err := h.put(ctx, ev, max(giveUp.Sub(h.o.Now()), time.Millisecond))
		if err == nil {
			return st, nil
		}
		if h.o.Now().Add(wait).After(giveUp) {
			h.o.Log.Error("a press is lost: it was answered but can't be stored", "connection", ev.Connection, "event", ev.ID, "request", ev.TraceID, "err", err)
			if h.o.Metrics.Lost != nil {
				h.o.Metrics.Lost(ev.Connection)
			}
			return st, fmt.Errorf("%w (given up after %s)", err, h.o.KeepTrying)
		}
		time.Sleep(wait)
	}
}
