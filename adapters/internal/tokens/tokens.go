// Package tokens holds the access token of one connection.
//
// A Source fetches a token when somebody needs one: one fetch at a time however many wait for it, a new one
// before the old one ends, and after failures not more often than a growing, jittered pause allows. A
// token that the vendor refused is dropped only if it is still the one in use, so that the second of two
// callers who were refused with the same token does not throw away the new one.
//
// A Source belongs to one connection. Where there is a database, the processes on it have one token together
// (Share): vendors limit how often one may be asked for. One process fetches under a short lease, the others
// take what it got; who finds a token refused looks first whether somebody has replaced it. Without the database
// each fetches its own. A Source writes no log.
package tokens

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Token is what a fetch gives.
type Token struct {
	Value   string
	Expires time.Time
}

// String hides the value.
func (Token) String() string { return "<token>" }

// GoString hides the value from %#v.
func (Token) GoString() string { return "<token>" }

// Fetch asks the vendor for a token. It is called by one goroutine at a time, with a context that ends
// after Options.Timeout and not with any caller's.
type Fetch func(ctx context.Context) (Token, error)

// Options of a Source. The zero value takes the defaults.
type Options struct {
	Early   time.Duration                     // fetch a new one when less is left: 10 min; at most half of a token's life
	Timeout time.Duration                     // of one fetch: 15 s
	Backoff time.Duration                     // pause after the first failure, doubled with each: 1 s
	MaxWait time.Duration                     // longest pause: 1 min
	Now     func() time.Time                  // time.Now
	Jitter  func(time.Duration) time.Duration // what becomes of a pause: between half and all of it

	share *share // nil: a token of its own
}

// Source gives the current token. It is safe for concurrent use.
type Source struct {
	fetch Fetch
	opt   Options

	mu       sync.Mutex
	token    Token
	renewAt  time.Time
	flight   *flight
	failures int
	failed   error
	pauseTo  time.Time
	refused  string    // the token that was refused last, until there is another
	same     string    // what a fetch gave although it had been refused
	sameAt   time.Time // when
}

// flight is a fetch under way.
type flight struct {
	done  chan struct{}
	token Token
	err   error
}

// New makes a Source. It fetches nothing yet.
func New(fetch Fetch, opt Options) *Source {
	if opt.Early <= 0 {
		opt.Early = 10 * time.Minute
	}
	if opt.Timeout <= 0 {
		opt.Timeout = 15 * time.Second
	}
	if opt.Backoff <= 0 {
		opt.Backoff = time.Second
	}
	if opt.MaxWait <= 0 {
		opt.MaxWait = time.Minute
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Jitter == nil {
		opt.Jitter = func(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }
	}
	return &Source{fetch: fetch, opt: opt}
}

// Get gives a token that the vendor should accept now. It waits for a fetch only when there is none to use
// meanwhile; ctx ends the waiting, not the fetch. While failed fetches are being paused for, it gives the
// last failure again, or the old token if that still has life left.
func (s *Source) Get(ctx context.Context) (string, error) {
	s.mu.Lock()
	now := s.opt.Now()
	usable := s.token.Value != "" && now.Before(s.token.Expires)
	if usable && now.Before(s.renewAt) {
		v := s.token.Value
		s.mu.Unlock()
		return v, nil
	}
	if s.flight == nil {
		if now.Before(s.pauseTo) {
			v, err := s.token.Value, s.failed
			s.mu.Unlock()
			if usable {
				return v, nil
			}
			return "", err
		}
		s.flight = &flight{done: make(chan struct{})}
		go s.run(context.WithoutCancel(ctx), s.flight)
	}
	f, old := s.flight, s.token.Value
	s.mu.Unlock()
	if usable {
		return old, nil
	}
	select {
	case <-f.done:
		return f.token.Value, f.err
	case <-ctx.Done():
		return "", fmt.Errorf("wait for a token: %w", ctx.Err())
	}
}

// run makes one fetch and wakes those who wait.
func (s *Source) run(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, s.opt.Timeout)
	defer cancel()
	s.mu.Lock()
	refused := s.refused
	s.mu.Unlock()
	var again time.Time
	f.token, again, f.err = s.obtain(ctx, refused)
	if f.err == nil && f.token.Value == "" {
		f.err = fmt.Errorf("the vendor gave an empty token")
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opt.Now()
	s.flight = nil
	if f.err != nil {
		f.token = Token{}
		pause := s.opt.Backoff << min(s.failures, 16)
		s.failures++
		s.failed = f.err
		s.pauseTo = now.Add(s.opt.Jitter(min(pause, s.opt.MaxWait)))
	} else {
		s.failures, s.failed, s.pauseTo = 0, nil, time.Time{}
		s.token, s.refused = f.token, ""
		s.renewAt = s.renewal(f.token, now)
		if !again.IsZero() {
			s.renewAt = again
		}
		if f.token.Value == refused {
			s.same, s.sameAt = refused, now
		}
	}
	close(f.done)
}

// renewal is when a token that is had now should be replaced.
func (s *Source) renewal(t Token, now time.Time) time.Time {
	return t.Expires.Add(-min(s.opt.Early, t.Expires.Sub(now)/2))
}

// Refuse says that the vendor did not accept a token. It is dropped if it is still the current one. One that the
// vendor itself gave again after it had refused it is kept for a while: asking on would only use up how often one
// may ask.
func (s *Source) Refuse(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value == "" || s.token.Value != value || value == s.same && s.opt.Now().Before(s.sameAt.Add(s.opt.MaxWait)) {
		return
	}
	s.token, s.renewAt, s.refused = Token{}, time.Time{}, value
}

// Current is the token in use, for keeping it out of what is shown; "" when there is none.
func (s *Source) Current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token.Value
}
