package config

import (
	"sync"
	"sync/atomic"
)

// Live holds the value that runs now: everything built from the configuration, as one immutable whole.
// Readers never wait; a value that can't be built leaves the last good one in place.
type Live[T any] struct {
	now atomic.Pointer[T]
	mu  sync.Mutex // one build at a time
	err atomic.Pointer[error]
}

// NewLive starts with a value, which must not be changed any more.
func NewLive[T any](v *T) *Live[T] {
	l := &Live[T]{}
	l.now.Store(v)
	return l
}

// Get returns the value that runs now. Take it once per piece of work and use that one throughout.
func (l *Live[T]) Get() *T { return l.now.Load() }

// Swap builds a new value from the present one and puts it in place, unless build fails: then the
// present one stays, and Err tells why until a build succeeds. A build that returns the present value, or
// nil, changes nothing and is a success. Concurrent calls build one after the other.
func (l *Live[T]) Swap(build func(now *T) (*T, error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, err := build(l.now.Load())
	if err != nil {
		l.err.Store(&err)
		return err
	}
	if v != nil {
		l.now.Store(v)
	}
	l.err.Store(nil)
	return nil
}

// Err is why the last Swap failed; nil when it did not. /readyz shows it.
func (l *Live[T]) Err() error {
	if e := l.err.Load(); e != nil {
		return *e
	}
	return nil
}
