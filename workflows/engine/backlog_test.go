package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// shelf is the timers of a store, and nothing else of it.
type shelf struct {
	workflows.Store
	due    map[string]time.Time
	leased map[string]bool
	puts   int
}

func (s *shelf) lease(now time.Time, n int) []workflows.LeasedJob {
	var out []workflows.LeasedJob
	for id, at := range s.due {
		if !at.After(now) && !s.leased[id] {
			out = append(out, workflows.LeasedJob{ID: id, Queue: workflows.QueueTimer, DueAt: at, Timer: event.Timer{Name: id}})
		}
	}
	slices.SortFunc(out, func(a, b workflows.LeasedJob) int { return a.DueAt.Compare(b.DueAt) })
	out = out[:min(n, len(out))]
	for _, j := range out {
		s.leased[j.ID] = true
	}
	return out
}

func (s *shelf) RetryJob(_ context.Context, j workflows.LeasedJob, at time.Time, cause string) error {
	if cause != "" {
		return fmt.Errorf("putting off is no attempt, but the cause is %q", cause)
	}
	s.due[j.ID], s.leased[j.ID] = at, false
	s.puts++
	return nil
}

// After a year without a server ten thousand timers fire one after the other, each once; one that is due in time
// does not wait behind them, and setting the clock back fires nothing early or twice.
func TestBacklogSpreads(t *testing.T) {
	t.Parallel()
	start := time.Date(2027, 3, 2, 1, 0, 0, 0, time.UTC)
	const many = 10_000
	s := &shelf{due: map[string]time.Time{}, leased: map[string]bool{}}
	for i := range many {
		s.due[fmt.Sprintf("old/%05d", i)] = start.Add(-time.Duration(i+1) * 50 * time.Minute)
	}
	fresh := start.Add(90 * time.Second)
	s.due["fresh"] = fresh
	e, err := New(Options{Store: s, People: noPeople{}, Runtime: func() *Runtime { return nil }, Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	fired := map[string]time.Time{}
	now, seconds, most := start, 0, 0
	for ; len(fired) < many+1 && seconds < 2000; seconds++ {
		if seconds == 60 {
			now = now.Add(-time.Hour) // the clock is set back
			for _, j := range s.lease(now, many) {
				t.Fatalf("%s fires early, or again", j.ID)
			}
			now = now.Add(time.Hour)
		}
		inSecond := 0
		for {
			batch := s.lease(now, 64)
			if len(batch) == 0 {
				break
			}
			ready, err := e.spread(t.Context(), batch, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range ready {
				if _, twice := fired[j.ID]; twice {
					t.Fatalf("%s fires twice", j.ID)
				}
				fired[j.ID] = now
				delete(s.due, j.ID)
				inSecond++
			}
		}
		most = max(most, inSecond)
		now = now.Add(time.Second)
	}
	if len(fired) != many+1 {
		t.Fatalf("%d of %d fired in %d seconds", len(fired), many+1, seconds)
	}
	if most > perSecond+1 {
		t.Errorf("%d fired in one second, at most %d should", most, perSecond+1)
	}
	if got := fired["fresh"]; got.Before(fresh) || got.Sub(fresh) > time.Second {
		t.Errorf("the timer that was due in time fired at %s instead of %s", got, fresh)
	}
	if s.puts != many {
		t.Errorf("%d timers were put off, %d should be", s.puts, many)
	}
}

// noPeople is a directory that nobody asks.
type noPeople struct{ workflows.People }
