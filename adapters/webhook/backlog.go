package webhook

import (
	"context"
	"sync"
	"time"
)

// figuresLast is how long what was read last says something about now: with no requests in between nobody
// has looked since, and an event that waited then has long been handled.
const figuresLast = 5 * time.Second

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
// asked, what was known last counts; when nobody asked for a while, nothing does.
func (b *backlog) behind(now time.Time, maxN int, maxAge time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	fresh := !b.asked.IsZero() && !now.Before(b.asked) && now.Sub(b.asked) < figuresLast
	if !b.reading && (b.asked.IsZero() || now.Sub(b.asked) >= time.Second || now.Before(b.asked)) {
		b.asked, b.reading = now, true
		b.work.Go(b.refresh)
	}
	if !fresh {
		return false
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
