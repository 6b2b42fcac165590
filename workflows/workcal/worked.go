package workcal

import "time"

// Worked is how much working time lies between two instants; 0 when the second is not after the first. It is what
// AddWorkHours counts: Worked(t, AddWorkHours(t, d)) is d.
func (c *Calendar) Worked(from, to time.Time) time.Duration {
	var sum time.Duration
	for at := from.In(c.loc); at.Before(to); at = c.clock(at, 1, 0) {
		if !c.Workday(at) {
			continue
		}
		for _, s := range c.spans {
			a, b := c.span(at, s)
			if a.Before(from) {
				a = from
			}
			if b.After(to) {
				b = to
			}
			if d := b.Sub(a); d > 0 {
				sum += d
			}
		}
	}
	return sum
}
