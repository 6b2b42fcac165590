package simulator

import (
	"context"
	"sync"
	"time"
)

// Life is what a running suite has under way: goroutines and timers, none of which outlasts Close. Make it with
// NewLife. Its methods may be called concurrently and under a suite's locks, except Close, which waits for
// goroutines that may take them.
type Life struct {
	clock  Clock
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex // guards what follows, and closed against wg.Add
	closed bool
	stops  map[int64]func() bool // timers not yet fired
	nextID int64
}

// NewLife begins. clock is what After goes by.
func NewLife(clock Clock) *Life {
	l := &Life{clock: clock, stops: map[int64]func() bool{}}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// Context ends when Close begins.
func (l *Life) Context() context.Context { return l.ctx }

// Spawn runs f in a goroutine that Close waits for, and reports whether it does: not once closed.
func (l *Life) Spawn(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.wg.Go(f)
	}
	return !l.closed
}

// Enter counts the caller's goroutine among those that Close waits for, until it calls Leave. False, and nothing
// to leave, once closed.
func (l *Life) Enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.wg.Add(1)
	}
	return !l.closed
}

// Leave ends what Enter began.
func (l *Life) Leave() { l.wg.Done() }

// After spawns f when d has passed on the clock, unless stop or Close is called before.
func (l *Life) After(d time.Duration, f func()) (stop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return func() {}
	}
	l.nextID++
	id := l.nextID
	forget := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.stops, id)
	}
	cancel := l.clock.AfterFunc(d, func() {
		forget()
		l.Spawn(f)
	})
	l.stops[id] = cancel
	return func() {
		forget()
		cancel()
	}
}

// Close gives up the timers, ends Context, calls hangUp to end what goroutines may be waiting for besides, and
// waits for all of them. False, at once and without hangUp, if Close has been called before.
func (l *Life) Close(hangUp func()) bool {
	l.mu.Lock()
	already, stops := l.closed, l.stops
	l.closed, l.stops = true, nil
	l.mu.Unlock()
	if already {
		return false
	}
	for _, stop := range stops {
		stop()
	}
	l.cancel()
	hangUp()
	l.wg.Wait()
	return true
}
