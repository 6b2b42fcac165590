package selector_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"magpie/workflows/selector"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal("Go brings zone data along:", err)
	}
	return loc
}

func TestDuty(t *testing.T) {
	t.Parallel()
	const form = "2006-01-02T15:04"
	sh, ny := time.FixedZone("CST", 8*60*60), zone(t, "America/New_York")
	day := func(loc *time.Location, s string) time.Time {
		x, err := time.ParseInLocation(form, s, loc)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	three := []string{"a", "b", "c"}
	weekly := selector.Duty{Persons: three, Every: selector.Turn{N: 1, Unit: selector.Weeks}, From: day(sh, "2026-11-02T09:00")}
	covered := weekly
	covered.Covers = []selector.Cover{{Person: "x", From: day(sh, "2026-11-01T00:00"), To: day(sh, "2026-11-03T00:00")}}
	daily := selector.Duty{Persons: three, Every: selector.Turn{N: 2, Unit: selector.Days}, From: day(ny, "2026-03-07T09:00")}
	hourly := selector.Duty{Persons: three[:2], Every: selector.Turn{N: 12, Unit: selector.Hours}, From: day(ny, "2026-03-07T20:00")}
	for name, c := range map[string]struct {
		d    selector.Duty
		at   time.Time
		want string
	}{
		"before the first turn":    {weekly, day(sh, "2026-11-02T08:59"), ""},
		"first":                    {weekly, day(sh, "2026-11-02T09:00"), "a"},
		"last minute of the first": {weekly, day(sh, "2026-11-09T08:59"), "a"},
		"second":                   {weekly, day(sh, "2026-11-09T09:00"), "b"},
		"third":                    {weekly, day(sh, "2026-11-16T09:00"), "c"},
		"round again":              {weekly, day(sh, "2026-11-23T09:00"), "a"},
		"years later":              {weekly, day(sh, "2036-11-03T09:00"), "a"}, // 522 weeks
		"the same elsewhere":       {weekly, day(sh, "2026-11-09T09:00").In(ny), "b"},
		"cover before the first":   {covered, day(sh, "2026-11-01T12:00"), "x"},
		"cover":                    {covered, day(sh, "2026-11-02T23:59"), "x"},
		"after the cover":          {covered, day(sh, "2026-11-03T00:00"), "a"},
		"a short day":              {daily, day(ny, "2026-03-09T08:59"), "a"}, // the 8th has 23 hours
		"after a short day":        {daily, day(ny, "2026-03-09T09:00"), "b"},
		"a long day":               {daily, day(ny, "2026-11-02T08:59"), "c"}, // 120 days, the 1st has 25 hours
		"after a long day":         {daily, day(ny, "2026-11-02T09:00"), "a"},
		"hours are hours":          {hourly, day(ny, "2026-03-08T09:00"), "b"}, // at nine, since an hour is missing
		"nobody":                   {selector.Duty{}, day(sh, "2026-11-02T09:00"), ""},
	} {
		if got := c.d.On(c.at); got != c.want {
			t.Errorf("%s: %q is on duty, want %q", name, got, c.want)
		}
	}
}

// Turns follow each other without a gap: whoever is on duty at the beginning of a turn is so to its end.
func TestDutyTurns(t *testing.T) {
	t.Parallel()
	loc := zone(t, "Europe/Berlin")
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(r, "n")
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, loc).AddDate(0, 0, rapid.IntRange(0, 400).Draw(r, "day")).Add(time.Duration(rapid.IntRange(0, 1439).Draw(r, "minute")) * time.Minute)
		d := selector.Duty{Persons: []string{"a", "b", "c"}, Every: selector.Turn{N: n, Unit: selector.Days}, From: from}
		k := rapid.IntRange(0, 500).Draw(r, "k")
		begin, end := from.AddDate(0, 0, k*n), from.AddDate(0, 0, (k+1)*n)
		want := d.Persons[k%3]
		for _, at := range []time.Time{begin, begin.Add(end.Sub(begin) / 2), end.Add(-time.Nanosecond)} {
			if got := d.On(at); got != want {
				r.Fatalf("turn %d of %d days from %v: %q at %v, want %q", k, n, from, got, at, want)
			}
		}
	})
}
