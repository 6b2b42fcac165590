package delivery

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"magpie/adapters"
)

const (
	backoffFirst = 5 * time.Second
	backoffCap   = 6 * time.Hour
	pauseMax     = 15 * time.Minute
	authPause    = time.Minute
	authBackoff  = 5 * time.Minute
	breakAfter   = 5 // failures of a connection in a row, until it rests
)

// fate is what happens to a row after a failed call.
type fate struct {
	bury      bool
	after     time.Duration // until the next attempt
	uncertain bool
	cause     string
	pause     time.Duration // the whole connection rests
	loud      bool          // an operator should look now
}

// decide turns a failure into a fate.
//
//	rate_limited     again after RetryAfter and a jittered backoff; the connection rests for RetryAfter, at
//	                 least 1 s, since the error does not say whose limit it was
//	transient        again after a backoff; after five failures in a row the connection rests
//	unknown          as transient, if repeating is harmless (see the package comment), else buried
//	unauthenticated  again slowly, loudly; the connection rests for a minute: the next row would fail too
//	all others       buried: waiting changes nothing
func (p *Pump) decide(r *row, err error, sending bool, now time.Time) fate {
	kind := adapters.KindOf(err)
	f := fate{cause: err.Error(), after: p.backoff(r.o.Attempt)}
	switch kind {
	case adapters.KindRateLimited:
		var e *adapters.Error
		rest := time.Second
		if errors.As(err, &e) && e.RetryAfter > 0 {
			rest = min(e.RetryAfter, pauseMax)
			f.after = e.RetryAfter + p.jitter(min(f.after, time.Minute))
		}
		f.after = max(f.after, rest)
		f.pause = rest
	case adapters.KindUnauthenticated:
		f.after = max(f.after, authBackoff)
		f.pause, f.loud = authPause, true
	case adapters.KindUnknown:
		switch {
		case r.op == opUrge:
			f.bury, f.cause = true, "outcome unknown, an urge is not repeated: "+f.cause
		case !sending: // the same change again leads to the same card
		case p.keyCovers(r, now.Add(f.after)):
			f.uncertain = true
		case p.keyCovers(r, now.Add(backoffFirst)):
			f.uncertain, f.after = true, p.jitter(backoffFirst)
		default:
			f.bury, f.cause = true, "outcome unknown, sending again could show it twice: "+f.cause
		}
	case adapters.KindTransient:
	case adapters.KindForbidden:
		f.bury, f.loud = true, true
	default:
		f.bury = true
	}
	if !f.bury && r.o.Attempt >= p.o.MaxAttempts && now.Sub(r.o.CreatedAt) >= p.o.GiveUpAfter {
		f.bury, f.cause = true, fmt.Sprintf("given up after %d attempts: %s", r.o.Attempt, f.cause)
	}
	return f
}

// keyCovers reports whether the vendor will still know the row's key then. The row's age counts, not the
// time of its first attempt, which a restart forgets: too early rather than too late.
func (p *Pump) keyCovers(r *row, then time.Time) bool {
	return then.Sub(r.o.CreatedAt) < r.conn.Capabilities().SendKey-30*time.Second
}

// backoff is full jitter: anywhere between nothing and a bound that triples with each attempt.
func (p *Pump) backoff(attempt int) time.Duration {
	bound := backoffFirst
	for i := 1; i < attempt && bound < backoffCap; i++ {
		bound *= 3
	}
	return p.jitter(min(bound, backoffCap))
}

func (p *Pump) jitter(upTo time.Duration) time.Duration {
	if upTo <= 0 {
		return 0
	}
	return time.Duration(p.o.Rand() * float64(upTo))
}

// spread keeps retries of a minute and more away from the full and half hour, when the suites are
// congested.
func (p *Pump) spread(now time.Time, after time.Duration) time.Time {
	at := now.Add(after)
	if after < time.Minute {
		return at
	}
	if into := at.Sub(at.Truncate(30 * time.Minute)); into < time.Minute {
		at = at.Add(time.Minute - into + p.jitter(2*time.Minute))
	} else if into > 29*time.Minute+30*time.Second {
		at = at.Add(90*time.Second + p.jitter(2*time.Minute))
	}
	return at
}

func defaultRand() float64 { return rand.Float64() }
