package delivery

import "time"

// rest is how a connection is doing.
type rest struct {
	until    time.Time
	failures int // in a row
	rounds   int // rests for failures in a row
}

// pausedUntil says until when a connection rests; a time that is past when it does not.
func (p *Pump) pausedUntil(connection string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.rests[connection]; s != nil {
		return s.until
	}
	return time.Time{}
}

// pause lets a connection rest. A pause is never cut short by a shorter one.
func (p *Pump) pause(connection string, until time.Time) {
	p.mu.Lock()
	s := p.restOf(connection)
	longer := until.After(s.until)
	if longer {
		s.until = until
	}
	p.mu.Unlock()
	if longer && p.o.Metrics.Paused != nil {
		p.o.Metrics.Paused(connection, until)
	}
}

// health counts failures that say nothing about the row: after some in a row the connection rests, 5 s at
// first, up to a minute. One success ends it.
func (p *Pump) health(connection string, ok bool, now time.Time) {
	p.mu.Lock()
	s := p.restOf(connection)
	if ok {
		s.failures, s.rounds = 0, 0
		p.mu.Unlock()
		return
	}
	s.failures++
	tired := s.failures >= breakAfter
	var d time.Duration
	if tired {
		s.failures = 0
		d = min(5*time.Second<<min(s.rounds, 4), time.Minute)
		s.rounds++
	}
	p.mu.Unlock()
	if tired {
		p.pause(connection, now.Add(d))
		p.o.Log.Warn("connection rests after failures in a row", "connection", connection, "for", d)
	}
}

// restOf finds or makes the state of a connection. Called with the lock held.
func (p *Pump) restOf(connection string) *rest {
	s := p.rests[connection]
	if s == nil {
		s = &rest{}
		p.rests[connection] = s
	}
	return s
}
