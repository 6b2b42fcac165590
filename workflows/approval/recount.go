package approval

import (
	"magpie/workflows"
	"magpie/workflows/workcal"
)

// timerCalendar is the name under which an instance is told that the calendar may count otherwise now.
const timerCalendar = "calendar"

// recounted: open deadlines were computed anew, because the calendar knows more than it did.
type recounted struct {
	Calendar string      `json:"calendar,omitempty"` // its version
	Seats    []recountAt `json:"seats"`
}

// recountAt is one seat's new deadline.
type recountAt struct {
	place
	Due     stamp `json:"due,omitempty"`
	Guessed bool  `json:"guessed,omitempty"`
	Late    int64 `json:"late,omitempty"`   // generations of the timers that were set anew
	Remind  int64 `json:"remind,omitempty"` // 0: that one stays
}

func (*recounted) kind() string { return "recounted" }
func (f *recounted) apply(s *state, _ stamp, _ string) {
	for _, at := range f.Seats {
		s.Gen = max(s.Gen, at.Late, at.Remind)
		x := at.in(s)
		if x == nil {
			continue
		}
		if at.Late != 0 {
			x.Due, x.Guess, x.Late, x.dirty = at.Due, at.Guessed, at.Late, true
		}
		if at.Remind != 0 {
			x.Remind = at.Remind
		}
		x.Cal = f.Calendar
	}
}

// calendarVersion names the calendar that times are computed with, "" when it has no name.
func (p *Program) calendarVersion() string {
	if v, ok := p.cal.(interface{ Version() string }); ok {
		return v.Version()
	}
	return ""
}

// recount computes open deadlines anew that count working time, where they were computed with another calendar.
// What has passed meanwhile fires at once; a deadline that comes out the same stays as it is.
func (d *decider) recount() {
	f := &recounted{Calendar: d.p.calendarVersion()}
	if f.Calendar == "" || d.s.Status != workflows.StatusRunning {
		return
	}
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		n := d.p.nodes[r.Node]
		if n == nil || r.State != runOpen {
			continue
		}
		for k := range r.Seats {
			if x := &r.Seats[k]; x.State == workflows.TaskOpen && x.Cal != f.Calendar {
				if at, changed := d.recountSeat(n, r, x); changed {
					f.Seats = append(f.Seats, at)
				}
			}
		}
	}
	if len(f.Seats) > 0 {
		d.emit(f)
	}
}

func (d *decider) recountSeat(n *node, r *run, x *seat) (at recountAt, changed bool) {
	at.place = place{r.Node, r.Round, x.ID}
	key := taskKey(r.Node, r.Round, x.ID, x.Task)
	if n.timeout != nil && x.Late != 0 && worked(n.timeout.After) {
		due, known := d.p.after(x.since().time(), n.timeout.After)
		if stampOf(due) != x.Due || known == x.Guess {
			at.Due, at.Guessed, at.Late = stampOf(due), !known, d.nextGen()
			d.timerAt("timeout/"+key, due, at.Late, n.timeout.After.String())
			changed = true
		}
	}
	if n.remind != nil && x.Remind != 0 && x.Nudged == 0 && worked(n.remind.After) && changed {
		next, _ := d.p.after(x.At.time(), n.remind.After)
		at.Remind = d.nextGen()
		d.timerAt("remind/"+key, next, at.Remind, n.remind.After.String())
	}
	return at, changed
}

// since is when the time up to a seat's deadline began.
func (s *seat) since() stamp {
	if s.Since != 0 {
		return s.Since
	}
	return s.At
}

// worked reports whether a span counts working time.
func worked(s workcal.Span) bool {
	return s.Unit == workcal.WorkHours || s.Unit == workcal.WorkDays || s.Unit == workcal.NextDay
}
