package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"magpie/store"
	"magpie/workflows"
)

// statsDims are what figures are made by.
var statsDims = []string{"step", "person", "version", "month"}

// spread is how long something took, in whole seconds. Median and P90 are times that occurred: so many percent of all
// took no longer.
type spread struct {
	Median  int64 `json:"median_s"`
	P90     int64 `json:"p90_s"`
	Longest int64 `json:"longest_s"`
}

// statsRow is a line of figures.
type statsRow struct {
	Workflow  string    `json:"workflow,omitempty"`
	Step      string    `json:"step,omitempty"`
	Person    string    `json:"person,omitempty"` // "" too when the person was erased
	Version   string    `json:"version,omitempty"`
	FirstSeen time.Time `json:"first_seen,omitzero"`
	Month     string    `json:"month,omitempty"`
	Name      string    `json:"name,omitempty"`

	Count      int            `json:"count"`
	Open       int            `json:"open"`
	OldestOpen int64          `json:"oldest_open_s"`
	Measured   int            `json:"measured"` // of how many the times are
	Took       spread         `json:"took"`     // by the clock
	Worked     spread         `json:"worked"`   // of it working time
	Ended      map[string]int `json:"ended"`
	Returned   int            `json:"returned"`
	Deadlines  int            `json:"deadlines"`
	Overdue    int            `json:"overdue"`
	OverduePct int            `json:"overdue_percent"`
	ByTime     int            `json:"decided_by_time"`

	took, worked []int64 // milliseconds
}

// counting makes figures of instances, one after the other. It keeps two numbers of each decision, whatever else an
// instance holds.
type counting struct {
	by       string
	now      time.Time
	since    time.Time
	loc      *time.Location
	worked   func(from, to time.Time) time.Duration
	people   map[string]store.PersonItem
	versions map[[2]string]store.Version // by workflow and hash

	rows     map[string]*statsRow
	from, to time.Time // what working time was counted in
}

// add counts an instance: those that were handed in, at c.since or later.
func (c *counting) add(in workflows.Instance) error {
	for _, k := range kinds {
		m, ok := k.(workflows.Measurer)
		if !ok || k.Name() != in.Kind {
			continue
		}
		got, err := m.Measure(in)
		if err != nil {
			return err
		}
		if !got.SentAt.IsZero() && !got.SentAt.Before(c.since) {
			c.count(in, got)
		}
	}
	return nil
}

func (c *counting) count(in workflows.Instance, m workflows.Measure) {
	switch c.by {
	case "step":
		for _, p := range m.Passes {
			c.pass(c.row(statsRow{Workflow: in.Definition, Step: p.Node}), p)
		}
	case "person":
		for _, p := range m.Passes {
			if p.Node == workflows.NodeStart {
				continue // to fill one's form in again is no decision
			}
			for _, a := range p.Asked {
				c.asked(c.row(c.who(a.Person, m)), a)
			}
		}
	case "version":
		v := c.versions[[2]string{in.Definition, in.Hash}]
		c.request(c.row(statsRow{Workflow: in.Definition, Version: in.Hash, FirstSeen: v.FirstSeen, Name: v.Name}), in, m)
	case "month":
		c.request(c.row(statsRow{Month: m.SentAt.In(c.loc).Format("2006-01")}), in, m)
	}
}

// who is a person as they are called now. Of somebody who was erased not even the id is told.
func (c *counting) who(id string, m workflows.Measure) statsRow {
	for range 100 { // merged persons lead on
		p := c.people[id]
		if p.MergedInto == "" {
			break
		}
		id = p.MergedInto
	}
	p, known := c.people[id]
	if p.Name == workflows.TextErased || !known && m.Erased && !m.Known[id] {
		return statsRow{Name: workflows.TextErased}
	}
	return statsRow{Person: id, Name: p.Name}
}

// row is the line of a head, a new one when there is none yet.
func (c *counting) row(head statsRow) *statsRow {
	key := fmt.Sprintf("%s\x00%s\x00%s\x00%s\x00%s", head.Workflow, head.Step, head.Person, head.Version, head.Month)
	r, ok := c.rows[key]
	if !ok {
		r, head.Ended = &head, map[string]int{}
		c.rows[key] = r
	}
	return r
}

// pass counts one way through a step.
func (c *counting) pass(r *statsRow, p workflows.Pass) {
	r.Count++
	switch p.State {
	case workflows.PassOpen:
		c.open(r, p.From)
	case workflows.PassPassed, workflows.PassFailed:
		r.Ended[string(p.State)]++
		c.took(r, p.From, p.To)
	case workflows.PassReturned:
		r.Returned++
		c.took(r, p.From, p.To)
	default:
		r.Ended[string(p.State)]++
	}
	for _, a := range p.Asked {
		c.due(r, a)
	}
}

// taskEnds are what somebody makes of a task, and the rest what becomes of it without them.
var taskEnds = map[workflows.TaskState]string{
	workflows.TaskApproved: "approved", workflows.TaskRejected: "rejected", workflows.TaskAbstained: "abstained",
	workflows.TaskTransferred: "handed_on", workflows.TaskDelegated: "handed_on", workflows.TaskSuspended: "handed_on",
	workflows.TaskTimedOut: "out_of_time", workflows.TaskSuperseded: "not_needed", workflows.TaskCanceled: "not_needed", workflows.TaskSkipped: "not_needed",
}

// asked counts a task of a person.
func (c *counting) asked(r *statsRow, a workflows.Asked) {
	r.Count++
	c.due(r, a)
	switch {
	case a.State == workflows.TaskOpen:
		c.open(r, a.From)
	case a.ByTime:
		r.Ended["out_of_time"]++
	case a.State == workflows.TaskReturned:
		r.Returned++
		c.took(r, a.From, a.To)
	default:
		r.Ended[taskEnds[a.State]]++
		if a.State == workflows.TaskApproved || a.State == workflows.TaskRejected || a.State == workflows.TaskAbstained {
			c.took(r, a.From, a.To)
		}
	}
}

// request counts a whole request: from when it was handed in to its decision. One that was revoked after it ended, was
// decided when it is no longer known.
func (c *counting) request(r *statsRow, in workflows.Instance, m workflows.Measure) {
	r.Count++
	r.Returned += m.Returns
	switch {
	case !in.Status.Ended():
		c.open(r, m.SentAt)
	default:
		r.Ended[string(in.Status)]++
		if in.Status == workflows.StatusApproved || in.Status == workflows.StatusRejected {
			c.took(r, m.SentAt, in.EndedAt)
		}
	}
	for _, p := range m.Passes {
		for _, a := range p.Asked {
			c.due(r, a)
		}
	}
}

func (c *counting) open(r *statsRow, since time.Time) {
	r.Open++
	r.OldestOpen = max(r.OldestOpen, int64(c.now.Sub(since)/time.Second))
}

// due counts a deadline, and whether it was held.
func (c *counting) due(r *statsRow, a workflows.Asked) {
	if a.ByTime {
		r.ByTime++
	}
	if a.Due.IsZero() {
		return
	}
	r.Deadlines++
	switch {
	case a.ByTime, a.State == workflows.TaskTimedOut, a.To.After(a.Due), a.To.IsZero() && c.now.After(a.Due):
		r.Overdue++
	}
}

// took counts a time that is over.
func (c *counting) took(r *statsRow, from, to time.Time) {
	if from.IsZero() || to.Before(from) {
		return // a clock that was set back says nothing of how long it took
	}
	r.took = append(r.took, to.Sub(from).Milliseconds())
	r.worked = append(r.worked, c.worked(from, to).Milliseconds())
	if c.from.IsZero() || from.Before(c.from) {
		c.from = from
	}
	if to.After(c.to) {
		c.to = to
	}
}

// result is every line, computed and in order. steps are the known steps of each workflow, as they come.
func (c *counting) result(steps map[string][]workflows.NamedStep) []statsRow {
	place := func(r *statsRow) int {
		list := steps[r.Workflow]
		if i := slices.IndexFunc(list, func(s workflows.NamedStep) bool { return s.ID == r.Step }); i >= 0 {
			return i
		}
		return len(list)
	}
	rows := slices.Collect(maps.Values(c.rows))
	for _, r := range rows {
		r.Measured, r.Took, r.Worked = len(r.took), spreadOf(r.took), spreadOf(r.worked)
		if r.Deadlines > 0 {
			r.OverduePct = (r.Overdue*100 + r.Deadlines/2) / r.Deadlines
		}
		if i := place(r); c.by == "step" && i < len(steps[r.Workflow]) {
			r.Name = steps[r.Workflow][i].Name
		}
	}
	slices.SortFunc(rows, func(a, b *statsRow) int {
		if c.by == "person" {
			return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Person, b.Person))
		}
		return cmp.Or(cmp.Compare(a.Workflow, b.Workflow), cmp.Compare(place(a), place(b)), a.FirstSeen.Compare(b.FirstSeen),
			cmp.Compare(a.Step, b.Step), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Month, b.Month))
	})
	out := make([]statsRow, len(rows))
	for i, r := range rows {
		out[i] = *r
	}
	return out
}

// spreadOf sorts what it is given.
func spreadOf(ms []int64) spread {
	if len(ms) == 0 {
		return spread{}
	}
	slices.Sort(ms)
	rank := func(percent int) int64 { return ms[(len(ms)*percent+99)/100-1] / 1000 }
	return spread{Median: rank(50), P90: rank(90), Longest: rank(100)}
}
