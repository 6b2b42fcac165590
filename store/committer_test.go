package store

import (
	"testing"
	"time"
)

// A group waits for those that shared the one before, for a bounded time, and never after a pause.
func TestLinger(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 9, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name        string
		size        int
		took, later time.Duration
		want        time.Duration
	}{
		{"nothing ran", 0, 0, 0, 0},
		{"alone", 1, 2 * time.Millisecond, 0, 0},
		{"together", 4, 2 * time.Millisecond, time.Millisecond, time.Millisecond},
		{"a slow server", 4, time.Second, 0, maxLinger},
		{"after a pause", 4, 2 * time.Millisecond, 3 * time.Millisecond, 0},
	} {
		var l gather
		if c.size > 0 {
			l.ran(c.size, at.Add(-c.took), at)
		}
		if got := l.patience(at.Add(c.later)); got != c.want {
			t.Errorf("%s: waits %v, want %v", c.name, got, c.want)
		}
	}
}
