package workcal_test

import (
	"testing"
	"time"

	"magpie/workflows/workcal"
)

// Every day of 2025 and 2026 is as the State Council announced it: 国办发明电〔2024〕12号 of 2024-11-12, and the
// notice of 2025-11-04. The table is typed here a second time, so that a slip in the shipped files is seen.
func TestAnnounced(t *testing.T) {
	t.Parallel()
	off := [][2]string{
		{"2025-01-01", "2025-01-01"}, {"2025-01-28", "2025-02-04"}, {"2025-04-04", "2025-04-06"}, {"2025-05-01", "2025-05-05"},
		{"2025-05-31", "2025-06-02"}, {"2025-10-01", "2025-10-08"},
		{"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"}, {"2026-04-04", "2026-04-06"}, {"2026-05-01", "2026-05-05"},
		{"2026-06-19", "2026-06-21"}, {"2026-09-25", "2026-09-27"}, {"2026-10-01", "2026-10-07"},
	}
	worked := []string{
		"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
		"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
	}
	zone := workcal.Shanghai()
	want := map[string]bool{}
	for d := time.Date(2025, 1, 1, 12, 0, 0, 0, zone); d.Year() < 2027; d = d.AddDate(0, 0, 1) {
		want[d.Format(time.DateOnly)] = d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
	}
	for _, span := range off {
		for d := span[0]; d <= span[1]; {
			want[d] = false
			day, err := time.Parse(time.DateOnly, d)
			if err != nil {
				t.Fatal(err)
			}
			d = day.AddDate(0, 0, 1).Format(time.DateOnly)
		}
	}
	for _, d := range worked {
		if day, err := time.Parse(time.DateOnly, d); err != nil || day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			t.Fatalf("%s is no weekend day: %v", d, err)
		}
		want[d] = true
	}
	c, err := workcal.New(workcal.Options{Years: workcal.Shipped("cn")})
	if err != nil {
		t.Fatal(err)
	}
	days := 0
	for d := time.Date(2025, 1, 1, 12, 0, 0, 0, zone); d.Year() < 2027; d = d.AddDate(0, 0, 1) {
		days++
		if got := c.Workday(d); got != want[d.Format(time.DateOnly)] {
			t.Errorf("%s: worked %v, announced %v", d.Format(time.DateOnly), got, want[d.Format(time.DateOnly)])
		}
	}
	if days != 730 {
		t.Fatalf("looked at %d days", days)
	}
	at := func(year int) time.Time { return time.Date(year, 6, 1, 0, 0, 0, 0, zone) }
	if !c.Known(at(2025), at(2026)) || c.Known(at(2026), at(2027)) {
		t.Error("2027 is not announced: it must not be known")
	}
}
