package workcal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"time"

	"magpie/workflows"
)

// Options say when people work. Times of day are since midnight of Location's wall clock.
type Options struct {
	Start, End           time.Duration // working hours; both zero is 09:00 to 18:00
	LunchStart, LunchEnd time.Duration // equal: no break
	QuietStart, QuietEnd time.Duration // equal: none; End before Start goes over midnight
	Location             *time.Location
	Years                []Year // a later one replaces an earlier one of the same year
}

// Calendar is working time. It is immutable and safe for concurrent use.
type Calendar struct {
	spans              [][2]time.Duration // of a working day, in order, none empty
	quietFrom, quietTo time.Duration
	loc                *time.Location
	years              map[int]Year
	version            string
}

var _ workflows.Calendar = (*Calendar)(nil)

const day = 24 * time.Hour

// New makes a Calendar. An error says which hours make no sense.
func New(o Options) (*Calendar, error) {
	if o.Start == 0 && o.End == 0 {
		o.Start, o.End = 9*time.Hour, 18*time.Hour
	}
	if o.Location == nil {
		o.Location = Shanghai()
	}
	lunch := o.LunchStart != o.LunchEnd
	switch {
	case o.Start < 0 || o.End > day || o.Start >= o.End:
		return nil, errors.New("the workday must begin before it ends, within one day")
	case lunch && (o.LunchStart < o.Start || o.LunchEnd > o.End || o.LunchStart > o.LunchEnd):
		return nil, errors.New("lunch must lie within the workday")
	case lunch && o.LunchStart == o.Start && o.LunchEnd == o.End:
		return nil, errors.New("lunch leaves no working time")
	case o.QuietStart < 0 || o.QuietStart >= day || o.QuietEnd < 0 || o.QuietEnd >= day:
		return nil, errors.New("quiet hours must be times of day")
	}
	c := &Calendar{loc: o.Location, quietFrom: o.QuietStart, quietTo: o.QuietEnd, years: map[int]Year{}}
	if lunch {
		for _, s := range [][2]time.Duration{{o.Start, o.LunchStart}, {o.LunchEnd, o.End}} {
			if s[0] < s[1] {
				c.spans = append(c.spans, s)
			}
		}
	} else {
		c.spans = [][2]time.Duration{{o.Start, o.End}}
	}
	for _, y := range o.Years {
		c.years[y.Year] = y
	}
	c.version = c.digest()
	return c, nil
}

// Shanghai is China's zone, a fixed one where the system has no zone data: it has had no change since 1991.
func Shanghai() *time.Location {
	if loc, err := time.LoadLocation("Asia/Shanghai"); err == nil {
		return loc
	}
	return time.FixedZone("Asia/Shanghai", 8*3600)
}

// digest names the data: two calendars that count alike have the same.
func (c *Calendar) digest() string {
	h := sha256.New()
	fmt.Fprintln(h, c.spans, c.loc)
	var years []int
	for y := range c.years {
		years = append(years, y)
	}
	sort.Ints(years)
	for _, y := range years {
		for _, m := range []map[string]string{c.years[y].Off, c.years[y].Worked} {
			var dates []string
			for d := range m {
				dates = append(dates, d)
			}
			sort.Strings(dates)
			fmt.Fprintln(h, y, dates)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// Version is a short digest of hours, zone and holidays, for records of how a time was computed.
func (c *Calendar) Version() string { return c.version }

// Location is the zone that days and hours are counted in.
func (c *Calendar) Location() *time.Location { return c.loc }

// Workday reports whether the date of t, in the calendar's zone, is worked.
func (c *Calendar) Workday(t time.Time) bool {
	t = t.In(c.loc)
	if y, ok := c.years[t.Year()]; ok {
		date := t.Format(time.DateOnly)
		if _, ok := y.Worked[date]; ok {
			return true
		}
		if _, ok := y.Off[date]; ok {
			return false
		}
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// Working reports whether t lies in working time: the beginning of a span does, its end does not.
func (c *Calendar) Working(t time.Time) bool {
	if !c.Workday(t) {
		return false
	}
	for _, s := range c.spans {
		if from, to := c.span(t, s); !t.Before(from) && t.Before(to) {
			return true
		}
	}
	return false
}

// span gives the instants of a span on the date of t. Clock times that a change of the clock skips are
// moved as time.Date does.
func (c *Calendar) span(t time.Time, s [2]time.Duration) (from, to time.Time) {
	from, to = c.clock(t, 0, s[0]), c.clock(t, 0, s[1])
	if to.Before(from) {
		to = from
	}
	return from, to
}

// clock is a time of day some days after the date of t.
func (c *Calendar) clock(t time.Time, days int, at time.Duration) time.Time {
	y, m, d := t.In(c.loc).Date()
	return time.Date(y, m, d+days, int(at/time.Hour), int(at/time.Minute%60), int(at/time.Second%60), int(at%time.Second), c.loc)
}

// Next is the first instant of working time that is not before t.
func (c *Calendar) Next(t time.Time) time.Time {
	t = t.In(c.loc)
	for at := t; ; at = c.clock(at, 1, 0) {
		if !c.Workday(at) {
			continue
		}
		for _, s := range c.spans {
			from, to := c.span(at, s)
			if t.Before(from) {
				return from
			}
			if t.Before(to) {
				return t
			}
		}
	}
}

// AddWorkHours returns the instant when d of working time has passed since t: the earliest one, so that a
// span that ends with the day ends at closing time and not the next morning. Zero or negative d gives Next.
func (c *Calendar) AddWorkHours(t time.Time, d time.Duration) time.Time {
	t = c.Next(t)
	for at := t; d > 0; at = c.clock(at, 1, 0) {
		if !c.Workday(at) {
			continue
		}
		for _, s := range c.spans {
			from, to := c.span(at, s)
			if from.Before(t) {
				from = t
			}
			left := to.Sub(from)
			if left <= 0 {
				continue
			}
			if d <= left {
				return from.Add(d)
			}
			d -= left
		}
	}
	return t
}

// AddWorkDays returns the same clock time n working days later. A t outside working time counts as the
// working time that follows it. Zero or negative n gives that.
func (c *Calendar) AddWorkDays(t time.Time, n int) time.Time {
	t = c.Next(t)
	if n <= 0 {
		return t
	}
	h, m, s := t.Clock()
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(t.Nanosecond())
	days := 0
	for left := n; left > 0; {
		days++
		if c.Workday(c.clock(t, days, 12*time.Hour)) {
			left--
		}
	}
	return c.Next(c.clock(t, days, at))
}

// NextWorkday returns a clock time, since midnight, on the first working day after the date of t.
func (c *Calendar) NextWorkday(t time.Time, clock time.Duration) time.Time {
	for days := 1; ; days++ {
		if c.Workday(c.clock(t, days, 12*time.Hour)) {
			return c.clock(t, days, clock)
		}
	}
}

// Known reports whether there are holiday data for every year from one instant to the other.
func (c *Calendar) Known(from, to time.Time) bool {
	if to.Before(from) {
		from, to = to, from
	}
	for y := from.In(c.loc).Year(); y <= to.In(c.loc).Year(); y++ {
		if _, ok := c.years[y]; !ok {
			return false
		}
	}
	return true
}

// Quiet reports whether t lies in quiet hours.
func (c *Calendar) Quiet(t time.Time) bool { return !c.AfterQuiet(t).Equal(t) }

// AfterQuiet is t, or the end of the quiet hours that t lies in.
func (c *Calendar) AfterQuiet(t time.Time) time.Time {
	if c.quietFrom == c.quietTo {
		return t
	}
	for _, days := range []int{-1, 0} {
		from, to := c.clock(t, days, c.quietFrom), c.clock(t, days, c.quietTo)
		if c.quietTo < c.quietFrom {
			to = c.clock(t, days+1, c.quietTo)
		}
		if !t.Before(from) && t.Before(to) {
			return to
		}
	}
	return t
}
