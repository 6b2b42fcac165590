package workcal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"magpie/config"
	"magpie/workflows/workcal"
)

func calendar(t testing.TB, loc *time.Location) *workcal.Calendar {
	t.Helper()
	c, err := workcal.New(workcal.Options{
		Start: 9 * time.Hour, End: 18 * time.Hour, LunchStart: 12 * time.Hour, LunchEnd: 13*time.Hour + 30*time.Minute,
		QuietStart: 21 * time.Hour, QuietEnd: 8 * time.Hour, Location: loc, Years: workcal.Shipped("cn"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, workcal.Shanghai())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWorkday(t *testing.T) {
	t.Parallel()
	c := calendar(t, nil)
	for date, want := range map[string]bool{
		"2025-01-01": false, "2025-01-26": true, "2025-01-28": false, "2025-02-04": false, "2025-02-05": true, "2025-02-08": true, "2025-02-09": false,
		"2025-09-28": true, "2025-10-08": false, "2025-10-09": true, "2025-10-11": true,
		"2026-01-04": true, "2026-02-14": true, "2026-02-16": false, "2026-02-24": true, "2026-02-28": true, "2026-03-01": false,
		"2026-05-09": true, "2026-06-19": false, "2026-09-20": true, "2026-09-25": false, "2026-10-07": false, "2026-10-08": true, "2026-10-10": true,
		"2026-11-21": false, "2026-11-23": true, "2027-01-01": true, // nobody told us of 2027: a plain Friday
	} {
		if got := c.Workday(at(t, date+" 12:00")); got != want {
			t.Errorf("%s is worked: %v, want %v", date, got, want)
		}
	}
}

func TestCounting(t *testing.T) {
	t.Parallel()
	c := calendar(t, nil)
	for _, k := range []struct{ from, span, want string }{
		{"2026-11-23 09:00", "4 work hours", "2026-11-23 14:30"},
		{"2026-11-23 09:00", "3 work hours", "2026-11-23 12:00"}, // ends with the span, not after lunch
		{"2026-11-23 17:00", "4 work hours", "2026-11-24 12:00"},
		{"2026-11-20 17:59", "1 work hour", "2026-11-23 09:59"},
		{"2026-11-21 10:00", "1 work hour", "2026-11-23 10:00"},
		{"2026-11-23 12:15", "1 work hour", "2026-11-23 14:30"},
		{"2026-09-30 17:00", "2 work hours", "2026-10-08 10:00"},
		{"2026-02-13 10:00", "1 work day", "2026-02-14 10:00"}, // a worked Saturday
		{"2026-02-13 10:00", "2 work days", "2026-02-24 10:00"},
		{"2026-11-20 10:00", "1 work day", "2026-11-23 10:00"},
		{"2026-11-20 19:00", "1 work day", "2026-11-24 09:00"},
		{"2026-11-20 12:30", "1 work day", "2026-11-23 13:30"},
		{"2026-11-20 10:00", "next workday 10:00", "2026-11-23 10:00"},
		{"2026-11-23 01:00", "next workday 09:30", "2026-11-24 09:30"},
		{"2026-11-20 10:00", "30 minutes", "2026-11-20 10:30"},
		{"2026-11-20 10:00", "3 days", "2026-11-23 10:00"},
	} {
		s, err := workcal.ParseSpan(k.span)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.After(at(t, k.from), c, nil); !got.Equal(at(t, k.want)) {
			t.Errorf("%s + %s = %s, want %s", k.from, k.span, got.Format("2006-01-02 15:04"), k.want)
		}
		if again, err := workcal.ParseSpan(s.String()); err != nil || again != s {
			t.Errorf("%q is written %q", k.span, s)
		}
		if s.Chinese() == "" {
			t.Errorf("%q has no Chinese", k.span)
		}
	}
}

func TestNoCalendar(t *testing.T) {
	t.Parallel()
	for span, want := range map[string]string{"4 work hours": "2026-11-21 14:00", "2 work days": "2026-11-23 10:00", "next workday 08:00": "2026-11-22 08:00"} {
		s, err := workcal.ParseSpan(span)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.After(at(t, "2026-11-21 10:00"), nil, nil); !got.Equal(at(t, want)) {
			t.Errorf("%s = %s, want %s", span, got, want)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	c := calendar(t, nil)
	for _, k := range []struct {
		from, to string
		want     bool
	}{
		{"2026-11-21 00:00", "2026-12-31 23:59", true},
		{"2025-01-01 00:00", "2026-12-31 23:59", true},
		{"2026-12-31 00:00", "2027-01-01 00:00", false},
		{"2024-12-31 00:00", "2025-01-01 00:00", false},
	} {
		if got := c.Known(at(t, k.from), at(t, k.to)); got != k.want {
			t.Errorf("Known(%s, %s) = %v", k.from, k.to, got)
		}
	}
	if got := c.AddWorkDays(at(t, "2026-12-31 10:00"), 1); !got.Equal(at(t, "2027-01-01 10:00")) {
		t.Errorf("a year without data counts plain weekdays, got %s", got)
	}
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	c := calendar(t, nil)
	for from, want := range map[string]string{
		"2026-11-23 20:59": "2026-11-23 20:59", "2026-11-23 21:00": "2026-11-24 08:00", "2026-11-24 07:59": "2026-11-24 08:00", "2026-11-24 08:00": "2026-11-24 08:00",
	} {
		if got := c.AfterQuiet(at(t, from)); !got.Equal(at(t, want)) || c.Quiet(at(t, from)) != (from != want) {
			t.Errorf("AfterQuiet(%s) = %s, want %s", from, got, want)
		}
	}
}

// A zone with summer time: the night of the change has 23 or 25 hours.
func TestSummerTime(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no zone data on this system")
	}
	c, err := workcal.New(workcal.Options{Start: time.Hour, End: 5 * time.Hour, Location: berlin})
	if err != nil {
		t.Fatal(err)
	}
	// 2026-03-29 02:00 → 03:00 is a Sunday; Friday evening to Monday morning spans it.
	friday := time.Date(2026, 3, 27, 4, 0, 0, 0, berlin)
	if got, want := c.AddWorkHours(friday, 2*time.Hour), time.Date(2026, 3, 30, 2, 0, 0, 0, berlin); !got.Equal(want) {
		t.Errorf("over the change: %s, want %s", got, want)
	}
	if got, want := c.AddWorkDays(friday, 1), time.Date(2026, 3, 30, 4, 0, 0, 0, berlin); !got.Equal(want) {
		t.Errorf("the clock time stays: %s, want %s", got, want)
	}
	worked, err := workcal.New(workcal.Options{Start: time.Hour, End: 5 * time.Hour, Location: berlin, Years: []workcal.Year{
		{Year: 2026, Worked: map[string]string{"2026-03-29": "test", "2026-10-25": "test"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	// 01:00 to 05:00 lasts three hours that Sunday, and five in October.
	if got, want := worked.AddWorkHours(time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), 3*time.Hour), time.Date(2026, 3, 29, 5, 0, 0, 0, berlin); !got.Equal(want) {
		t.Errorf("short night: %s, want %s", got, want)
	}
	if got, want := worked.AddWorkHours(time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), 5*time.Hour), time.Date(2026, 10, 25, 5, 0, 0, 0, berlin); !got.Equal(want) {
		t.Errorf("long night: %s, want %s", got, want)
	}
}

// worked measures the working time between two instants minute by minute, the slow and plain way.
func worked(c *workcal.Calendar, from, to time.Time) time.Duration {
	var sum time.Duration
	for t := from; t.Before(to); t = t.Add(time.Minute) {
		if c.Working(t) {
			sum += time.Minute
		}
	}
	return sum
}

func TestProperties(t *testing.T) {
	t.Parallel()
	c := calendar(t, nil)
	start := at(t, "2025-01-01 00:00")
	rapid.Check(t, func(t *rapid.T) {
		from := start.Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(t, "minute")) * time.Minute)
		later := from.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "later")) * time.Minute)
		d := time.Duration(rapid.IntRange(1, 20*60).Draw(t, "d")) * time.Minute
		end := c.AddWorkHours(from, d)
		if got := worked(c, from, end); got != d {
			t.Fatalf("%s + %s = %s counts %s of working time", from, d, end, got)
		}
		if c.AddWorkHours(later, d).Before(end) {
			t.Fatalf("a later start ends earlier: %s, %s, %s", from, later, d)
		}
		if c.AddWorkHours(from, d+time.Minute).Before(end) {
			t.Fatalf("more work ends earlier: %s, %s", from, d)
		}
		n := rapid.IntRange(1, 30).Draw(t, "n")
		due := c.AddWorkDays(from, n)
		if !c.Working(due) {
			t.Fatalf("%s + %d days = %s is not working time", from, n, due)
		}
		if !due.Equal(c.AddWorkDays(c.AddWorkDays(from, n-1), 1)) {
			t.Fatalf("%s + %d days is not one more than %d", from, n, n-1)
		}
		if c.AddWorkDays(later, n).Before(due) {
			t.Fatalf("a later start ends earlier: %s, %s, %d", from, later, n)
		}
		if next := c.NextWorkday(from, 10*time.Hour); !next.After(from) || !c.Working(next) {
			t.Fatalf("the next working day after %s is %s", from, next)
		}
	})
}

func TestVersion(t *testing.T) {
	t.Parallel()
	a, b := calendar(t, nil), calendar(t, nil)
	if a.Version() != b.Version() || a.Version() == "" {
		t.Errorf("the same data: %q and %q", a.Version(), b.Version())
	}
	plain, err := workcal.New(workcal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if plain.Version() == a.Version() {
		t.Error("other data, the same version")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	h := time.Hour
	for name, o := range map[string]workcal.Options{
		"backwards":   {Start: 18 * h, End: 9 * h},
		"empty":       {Start: 9 * h, End: 9 * h},
		"lunch early": {Start: 9 * h, End: 18 * h, LunchStart: 8 * h, LunchEnd: 10 * h},
		"all lunch":   {Start: 9 * h, End: 18 * h, LunchStart: 9 * h, LunchEnd: 18 * h},
		"quiet":       {QuietStart: 25 * h},
	} {
		if _, err := workcal.New(o); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestParseYearMistakes(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"country: cn\nyear: 2027\nversion: x\nholidays:\n  - {name: 元旦, from: 2027-01-01, to: 2026-01-01}\n":                              "5:38: holidays[0].to: 2026-01-01 is not in 2027",
		"country: cn\nyear: 2027\nversion: x\nholidays:\n  - {name: 元旦, from: 2027-1-1, to: 2027-01-01}\n":                                `"2027-1-1" is not a date`,
		"country: cn\nyear: 2027\nversion: x\nholidays:\n  - {name: 元旦, from: 2027-01-03, to: 2027-01-01}\n":                              "it ends before it begins",
		"country: cn\nyear: 2027\nversion: x\nholidays:\n  - {name: 元旦, from: 2027-01-01, to: 2027-01-03, worked: [2027-01-04]}\n":        "2027-01-04 is a Monday",
		"country: cn\nyear: 2027\nversion: x\nholidays:\n  - {name: 元旦, from: 2027-01-01, to: 2027-01-03, worked: [2027-01-02]}\n":        "both off",
		"country: cn\nyear: 2027\nversion: x\nholidays:\n  - {name: 元旦, from: 2027-01-01, to: 2027-01-03, worked: [2027-01-02], of: 1}\n": `unknown key "of"`,
	} {
		_, ps := workcal.ParseYear("y.yaml", []byte(src))
		if !ps.Bad() || !strings.Contains(ps.Error(), want) {
			t.Errorf("%s\ngave %v, want %s", src, ps, want)
		}
	}
}

func TestFromConfig(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cn-2027.yaml")
	if err := os.WriteFile(file, []byte("country: cn\nyear: 2027\nversion: x\nholidays:\n  - {name: 元旦, from: 2027-01-01, to: 2027-01-03}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, ps := workcal.FromConfig(config.Calendar{Country: "cn", Holidays: []string{file}}, nil)
	if ps.Bad() {
		t.Fatal(ps)
	}
	if c.Workday(at(t, "2027-01-01 12:00")) || !c.Known(at(t, "2025-01-01 00:00"), at(t, "2027-12-01 00:00")) {
		t.Error("the file of 2027 does not count")
	}
	if _, ps := workcal.FromConfig(config.Calendar{Holidays: []string{file + ".gone"}}, nil); !ps.Bad() {
		t.Error("a missing file was accepted")
	}
	if _, ps := workcal.FromConfig(config.Calendar{WorkStart: time.Hour, WorkEnd: time.Minute}, nil); !ps.Bad() {
		t.Error("a workday that ends before it begins was accepted")
	}
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"30 minutes", "4 work hours", "2 work days", "next workday 10:00", "1 day", "0 days", "next workday 25:00", "-1 hours"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := workcal.ParseSpan(text)
		if err != nil {
			return
		}
		if again, err := workcal.ParseSpan(s.String()); err != nil || again != s {
			t.Fatalf("%q reads as %+v, is written %q", text, s, s)
		}
		now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
		if !s.After(now, nil, time.UTC).After(now) {
			t.Fatalf("%q does not lie in the future", text)
		}
	})
}
