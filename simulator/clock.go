package simulator

import (
	"sync"
	"time"
)

// Clock is the time a simulated suite lives in. Every window, deadline and redelivery of a suite is measured
// with it, so that a test can let six hours pass at once.
type Clock interface {
	// Now is the present moment.
	Now() time.Time
	// AfterFunc calls f once, in a goroutine of its own, when d has passed. stop cancels it and reports
	// whether it did so in time.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// WallClock is the machine's own time.
type WallClock struct{}

// Now implements Clock.
func (WallClock) Now() time.Time { return time.Now() }

// AfterFunc implements Clock.
func (WallClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}

// ManualClock stands still until it is advanced. Its methods may be called concurrently.
type ManualClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*manualTimer]struct{}
	set    *sync.Cond // a timer has been set
}

type manualTimer struct {
	at time.Time
	f  func()
}

// NewManualClock starts a clock that shows now.
func NewManualClock(now time.Time) *ManualClock {
	c := &ManualClock{now: now, timers: map[*manualTimer]struct{}{}}
	c.set = sync.NewCond(&c.mu)
	return c
}

// Now implements Clock.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc implements Clock.
func (c *ManualClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d <= 0 {
		go f()
		return func() bool { return false }
	}
	t := &manualTimer{at: c.now.Add(d), f: f}
	c.timers[t] = struct{}{}
	c.set.Broadcast()
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waiting := c.timers[t]
		delete(c.timers, t)
		return waiting
	}
}

// Advance moves the clock on by d and starts what became due.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for t := range c.timers {
		if !t.at.After(c.now) {
			delete(c.timers, t)
			go t.f()
		}
	}
}

// Waiting counts the timers that have not run.
func (c *ManualClock) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// BlockUntil returns once at least n timers wait, so that a test advances the clock only when what it tests
// has been scheduled.
func (c *ManualClock) BlockUntil(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.timers) < n {
		c.set.Wait()
	}
}
