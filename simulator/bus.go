package simulator

import (
	"sync"
	"sync/atomic"
)

// busDepth is how many notices wait for one slow listener before older ones are dropped for it.
const busDepth = 256

// Bus carries notices from the suites to whoever watches. The zero value is ready; a nil Bus swallows
// everything. Its methods may be called concurrently.
type Bus struct {
	mu        sync.Mutex
	listeners map[chan Notice]struct{}
	lost      atomic.Int64
}

// Publish hands n to every listener and never waits: a listener that does not keep up loses its oldest notice.
func (b *Bus) Publish(n Notice) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for ch := range b.listeners {
		select {
		case ch <- n:
			continue
		default:
		}
		select {
		case <-ch:
			b.lost.Add(1)
		default:
		}
		// Only Publish sends, and it holds the lock: there is room now.
		ch <- n
	}
}

// Subscribe returns a channel of the notices from now on. cancel ends it and closes the channel; it may be
// called more than once.
func (b *Bus) Subscribe() (notices <-chan Notice, cancel func()) {
	ch := make(chan Notice, busDepth)
	if b == nil {
		close(ch)
		return ch, func() {}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners == nil {
		b.listeners = map[chan Notice]struct{}{}
	}
	b.listeners[ch] = struct{}{}
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if _, there := b.listeners[ch]; there {
			delete(b.listeners, ch)
			close(ch)
		}
	}
}

// Lost counts the notices that slow listeners missed.
func (b *Bus) Lost() int64 {
	if b == nil {
		return 0
	}
	return b.lost.Load()
}
