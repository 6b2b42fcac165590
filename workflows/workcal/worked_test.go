package workcal_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWorked(t *testing.T) {
	t.Parallel()
	c := calendar(t, nil)
	for _, k := range []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-11-23 09:00", "2026-11-23 14:30", 4 * time.Hour},                // lunch does not count
		{"2026-11-20 17:59", "2026-11-23 09:59", time.Hour},                    // nor does a weekend
		{"2026-09-30 17:00", "2026-10-08 10:00", 2 * time.Hour},                // nor the National Day
		{"2026-10-10 08:00", "2026-10-10 23:00", 7*time.Hour + 30*time.Minute}, // a Saturday that is worked
		{"2026-11-23 20:00", "2026-11-23 21:00", 0},
		{"2026-11-23 10:00", "2026-11-23 10:00", 0},
		{"2026-11-23 11:00", "2026-11-23 10:00", 0},
	} {
		if got := c.Worked(at(t, k.from), at(t, k.to)); got != k.want {
			t.Errorf("%s to %s: %s, want %s", k.from, k.to, got, k.want)
		}
	}
}

// It is the sum of the minutes that are worked, and what AddWorkHours adds.
func TestWorkedCounts(t *testing.T) {
	t.Parallel()
	c := calendar(t, nil)
	start := at(t, "2025-01-01 00:00")
	rapid.Check(t, func(t *rapid.T) {
		from := start.Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(t, "minute")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(0, 20000).Draw(t, "later")) * time.Minute)
		if got, want := c.Worked(from.UTC(), to), worked(c, from, to); got != want {
			t.Fatalf("%s to %s: %s, want %s", from, to, got, want)
		}
		d := time.Duration(rapid.IntRange(1, 100*60).Draw(t, "d")) * time.Minute
		if got := c.Worked(from, c.AddWorkHours(from, d)); got != d {
			t.Fatalf("%s + %s counts %s", from, d, got)
		}
	})
}
