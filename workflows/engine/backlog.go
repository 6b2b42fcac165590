package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"magpie/workflows"
)

const (
	// lateBy is how late a timer may be and still fire at once: what is later waited through a time without a
	// server.
	lateBy = 10 * time.Minute
	// perSecond is how many timers of a backlog fire in a second: each may ask and tell several people, and the
	// suites take only so many messages.
	perSecond = 20
)

// backlog gives timers that piled up a time of their own each, one after the other.
type backlog struct {
	mu   sync.Mutex
	next time.Time
}

// slot is the next free time.
func (b *backlog) slot(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next.Before(now) || b.next.Sub(now) > 24*time.Hour { // the clock was set back
		b.next = now
	}
	b.next = b.next.Add(time.Second / perSecond)
	return b.next
}

// spread keeps the timers that fire now and puts off those that are long overdue, so that after a time without a
// server they do not all fire at once, and what is due in time is not behind them. A timer that was put off is
// due at its new time; it is the same row, and fires once.
func (e *Engine) spread(ctx context.Context, timers []workflows.LeasedJob, now time.Time) ([]workflows.LeasedJob, error) {
	kept := timers[:0]
	put := 0
	for _, j := range timers {
		if j.Queue != workflows.QueueTimer || j.DueAt.IsZero() || now.Sub(j.DueAt) <= lateBy {
			kept = append(kept, j)
			continue
		}
		err := e.o.Store.RetryJob(ctx, j, e.late.slot(now), "") // no cause: it was no attempt
		if err != nil && !errors.Is(err, workflows.ErrLeaseLost) {
			return kept, fmt.Errorf("put off %s: %w", j.ID, err)
		}
		put++
	}
	if put > 0 {
		e.o.Log.Info("timers that piled up fire one after the other", "timers", put, "per_second", perSecond)
	}
	return kept, nil
}
