package workcal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"magpie/workflows"
)

// Unit is what a Span counts.
type Unit string

const (
	Minutes   Unit = "minutes"
	Hours     Unit = "hours"
	Days      Unit = "days" // of 24 hours
	WorkHours Unit = "work hours"
	WorkDays  Unit = "work days"
	NextDay   Unit = "next workday" // at a clock time
)

// Span is a time to wait, as YAML writes it: "30 minutes", "4 work hours", "2 work days",
// "next workday 10:00". The zero Span is none.
type Span struct {
	N     int
	Unit  Unit
	Clock time.Duration // NextDay: since midnight
}

// MaxSpan is the largest count of a Span.
const MaxSpan = 1000

const spanForms = "30 minutes, 4 hours, 3 days, 4 work hours, 2 work days or next workday 10:00"

// ParseSpan reads a Span.
func ParseSpan(s string) (Span, error) {
	words := strings.Fields(s)
	if len(words) == 3 && words[0] == "next" && words[1] == "workday" {
		t, err := time.Parse("15:04", words[2])
		if err != nil || len(words[2]) != 5 {
			return Span{}, fmt.Errorf("%q is not a clock time; next workday 10:00", words[2])
		}
		return Span{Unit: NextDay, Clock: time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute}, nil
	}
	if len(words) < 2 {
		return Span{}, fmt.Errorf("%q is not a span of time; %s", s, spanForms)
	}
	n, err := strconv.Atoi(words[0])
	if err != nil || n < 1 || n > MaxSpan || strconv.Itoa(n) != words[0] {
		return Span{}, fmt.Errorf("%q is not a whole number from 1 to %d; %s", words[0], MaxSpan, spanForms)
	}
	unit := strings.Join(words[1:], " ")
	if !strings.HasSuffix(unit, "s") {
		unit += "s"
	}
	switch u := Unit(unit); u {
	case Minutes, Hours, Days, WorkHours, WorkDays:
		return Span{N: n, Unit: u}, nil
	}
	return Span{}, fmt.Errorf("%q is not a unit of time; %s", strings.Join(words[1:], " "), spanForms)
}

// UnmarshalText reads a Span, so that configuration can hold one.
func (s *Span) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSpan(string(b))
	return err
}

// IsZero reports whether there is none.
func (s Span) IsZero() bool { return s.Unit == "" }

// String writes the Span as ParseSpan reads it.
func (s Span) String() string {
	switch {
	case s.IsZero():
		return ""
	case s.Unit == NextDay:
		return fmt.Sprintf("next workday %02d:%02d", s.Clock/time.Hour, s.Clock/time.Minute%60)
	case s.N == 1:
		return "1 " + strings.TrimSuffix(string(s.Unit), "s")
	}
	return strconv.Itoa(s.N) + " " + string(s.Unit)
}

// Chinese writes the Span for people: 2 个工作日.
func (s Span) Chinese() string {
	switch s.Unit {
	case Minutes:
		return fmt.Sprintf("%d 分钟", s.N)
	case Hours:
		return fmt.Sprintf("%d 小时", s.N)
	case Days:
		return fmt.Sprintf("%d 天", s.N)
	case WorkHours:
		return fmt.Sprintf("%d 个工作小时", s.N)
	case WorkDays:
		return fmt.Sprintf("%d 个工作日", s.N)
	case NextDay:
		return fmt.Sprintf("下一个工作日 %02d:%02d", s.Clock/time.Hour, s.Clock/time.Minute%60)
	}
	return ""
}

// After is t and the Span. A nil calendar counts every hour and every day as working time, and
// the next workday as the next day of loc.
func (s Span) After(t time.Time, cal workflows.Calendar, loc *time.Location) time.Time {
	switch s.Unit {
	case Minutes:
		return t.Add(time.Duration(s.N) * time.Minute)
	case Hours:
		return t.Add(time.Duration(s.N) * time.Hour)
	case Days:
		return t.Add(time.Duration(s.N) * day)
	case WorkHours:
		if cal == nil {
			return t.Add(time.Duration(s.N) * time.Hour)
		}
		return cal.AddWorkHours(t, time.Duration(s.N)*time.Hour)
	case WorkDays:
		if cal == nil {
			return t.Add(time.Duration(s.N) * day)
		}
		return cal.AddWorkDays(t, s.N)
	case NextDay:
		if cal == nil {
			if loc == nil {
				loc = Shanghai()
			}
			y, m, d := t.In(loc).Date()
			return time.Date(y, m, d+1, int(s.Clock/time.Hour), int(s.Clock/time.Minute%60), 0, 0, loc)
		}
		return cal.NextWorkday(t, s.Clock)
	}
	return t
}
