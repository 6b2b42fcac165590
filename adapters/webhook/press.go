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

// settle is what the other side is given to take an answer in after it was written. A change of the card that
// overtakes the answer on another connection is taken back.
const settle = 150 * time.Millisecond

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
			time.Sleep(settle)
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

// handle stores and processes one press, however long the store takes. At its best that costs one
// transaction: the press is stored together with what was decided, and answered after that. Where this fails,
// or takes more than its share of the budget, the press is stored by itself, to be finished later; should the
// decision still get through, the inbox's unique key lets only one of the two stand.
func (h *Handler) handle(ctx context.Context, t *trip, ev event.Event, budget time.Duration) pressed {
	share := budget * 2 / 3
	type decision struct {
		out Outcome
		err error
	}
	decided := make(chan decision, 1)
	h.work.Go(func() {
		dctx, cancel := context.WithTimeout(ctx, share)
		defer cancel()
		out, err := h.decide(dctx, t, ev)
		decided <- decision{out, err}
	})
	late := time.NewTimer(share + 10*time.Millisecond) // an engine that minds its context is given the chance to say so
	defer late.Stop()
	err := context.DeadlineExceeded
	select {
	case d := <-decided:
		if d.err == nil {
			if h.o.Metrics.Event != nil {
				h.o.Metrics.Event(ev.Connection, ev.Kind, true)
			}
			return pressed{toast: d.out.Toast, known: true, held: d.out.Held}
		}
		err = d.err
	case <-late.C:
	}
	st, perr := h.putPress(ctx, ev)
	if perr != nil {
		return pressed{err: perr}
	}
	if !st.New {
		return pressed{toast: st.Toast, known: st.Done}
	}
	h.o.Log.Warn("press is finished later", "request", t.id, "connection", ev.Connection, "event", ev.ID, "err", err)
	h.o.Engine.Enqueue(st.ID, st.Token, ev)
	return pressed{}
}

// decide turns a panic into an error: the press is stored then, and whoever takes it up buries it.
func (h *Handler) decide(ctx context.Context, t *trip, ev event.Event) (out Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			h.o.Log.Error("panic while handling a press", "request", t.id, "connection", ev.Connection, "event", ev.ID, "panic", r, "stack", string(debug.Stack()))
			err = errors.New("panic, see the log")
		}
	}()
	return h.o.Engine.Decide(ctx, ev)
}

// putPress stores a press. Not every suite delivers a press again, so a failing store is tried until
// KeepTrying is over; by then the person has been told that it was received, and the loss is counted.
func (h *Handler) putPress(ctx context.Context, ev event.Event) (adapters.Stored, error) {
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
