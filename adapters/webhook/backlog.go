package webhook

import (
	"context"
	"sync"
	"time"
)

// backlog knows how far behind the inbox is, without a query per request: one request a second starts a
// look, and goes on with what was known before.
type backlog struct {
	read func(context.Context) (n int, oldest time.Time, err error)
	work *sync.WaitGroup

	mu      sync.Mutex
	asked   time.Time
	reading bool
	n       int
	oldest  time.Time
}

// behind reports whether the inbox is past a limit. A limit below zero is none. When the inbox can't be
// asked, what was known last counts.
func (b *backlog) behind(now time.Time, maxN int, maxAge time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.reading && (b.asked.IsZero() || now.Sub(b.asked) >= time.Second || now.Before(b.asked)) {
		b.asked, b.reading = now, true
		b.work.Go(b.refresh)
	}
	if maxN >= 0 && b.n > maxN {
		return true
	}
	return maxAge >= 0 && b.n > 0 && !b.oldest.IsZero() && now.Sub(b.oldest) > maxAge
}

func (b *backlog) refresh() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	n, oldest, err := 0, time.Time{}, context.Canceled
	defer func() {
		_ = recover() // of a store that panics: the last figures stay
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reading = false
		if err == nil {
			b.n, b.oldest = n, oldest
		}
	}()
	n, oldest, err = b.read(ctx)
}
