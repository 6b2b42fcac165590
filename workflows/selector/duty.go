package selector

import "time"

// Turn is how long one person of a Duty is on duty.
type Turn struct {
	N    int
	Unit TurnUnit
}

// TurnUnit is what a Turn counts. Days and weeks change hands at the same clock time, whatever an hour that is
// skipped or repeated does in between.
type TurnUnit string

const (
	Hours TurnUnit = "hours"
	Days  TurnUnit = "days"
	Weeks TurnUnit = "weeks"
)

// Duty is a duty roster: persons who take turns. The zero value has nobody on duty.
type Duty struct {
	Persons []string  // ids, in the order of their turns
	Every   Turn      // one turn
	From    time.Time // the first turn begins; its location is the one that days are counted in
	Covers  []Cover   // who is on duty instead
}

// Cover is somebody who is on duty for a time whoever's turn it is: in [From, To).
type Cover struct {
	Person   string
	From, To time.Time
}

// On tells who is on duty at an instant; "" is nobody: the first turn has not begun.
func (d Duty) On(at time.Time) string {
	for _, c := range d.Covers {
		if !at.Before(c.From) && at.Before(c.To) {
			return c.Person
		}
	}
	if len(d.Persons) == 0 || d.Every.N < 1 || at.Before(d.From) {
		return ""
	}
	return d.Persons[d.turn(at)%int64(len(d.Persons))]
}

// turn is how many turns have ended.
func (d Duty) turn(at time.Time) int64 {
	n := int64(d.Every.N)
	if d.Every.Unit == Hours {
		return int64(at.Sub(d.From)/time.Hour) / n // whole hours: a turn is never shorter
	}
	if d.Every.Unit == Weeks {
		n *= 7
	}
	// Whole days by the calendar, then by the clock: a day may have 23 or 25 hours.
	k := int64(at.Sub(d.From)/(24*time.Hour))/n + 1
	for k > 0 && at.Before(d.From.AddDate(0, 0, int(k*n))) {
		k--
	}
	return k
}
