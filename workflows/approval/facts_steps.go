package approval

import (
	"slices"

	"magpie/workflows"
)

// skipped: a step was passed over.
type skipped struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Why   string `json:"why"` // if, nobody
}

func (*skipped) kind() string { return "skipped" }
func (f *skipped) apply(s *state, at stamp, _ string) {
	if r := s.run(f.Node, f.Round); r != nil {
		r.State, r.Why, r.Closed = runSkipped, f.Why, at
		return
	}
	s.Runs = append(s.Runs, run{Node: f.Node, Round: f.Round, State: runSkipped, Why: f.Why, At: at, Closed: at})
}

// branched: a branch chose its arm.
type branched struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Arm   int    `json:"arm"`
}

func (*branched) kind() string { return "branched" }
func (f *branched) apply(s *state, at stamp, _ string) {
	s.Runs = append(s.Runs, run{Node: f.Node, Round: f.Round, State: runForked, Need: f.Arm, At: at, Closed: at})
}

// entered: the approvers of a step are known and frozen.
type entered struct {
	Node  string     `json:"node"`
	Round int        `json:"round"`
	Mode  modeKind   `json:"mode"`
	Need  int        `json:"need,omitempty"` // weight of approvals that passes it, where N is not known
	N     int        `json:"n,omitempty"`    // of a ratio the percentage, of a count and of weights the number
	Veto  bool       `json:"veto,omitempty"`
	Seats []seatFact `json:"seats"`
	// Abstain says whether abstentions count among those that the rule counts: counts, or ignored.
	Abstain string `json:"abstain,omitempty"`
}

type seatFact struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Weight int    `json:"weight,omitempty"` // 0 is 1
	proxied
}

func (*entered) kind() string { return "entered" }
func (f *entered) apply(s *state, at stamp, _ string) {
	r := s.run(f.Node, f.Round)
	if r == nil {
		return
	}
	r.State, r.Why, r.Mode, r.Need, r.N, r.Veto, r.Abstain = runOpen, "", f.Mode, f.Need, f.N, f.Veto, f.Abstain
	r.At, r.Seats = at, make([]seat, len(f.Seats))
	for i, x := range f.Seats {
		r.Seats[i] = seat{ID: x.ID, Person: x.Person, Weight: x.Weight, For: x.For, Grants: x.Grants}
	}
}

// stuck: nobody was found, and nobody who stands in; a timer asks again.
type stuck struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Gen   int64  `json:"gen"`
	Until stamp  `json:"until"`
}

func (*stuck) kind() string { return "stuck" }
func (f *stuck) apply(s *state, _ stamp, _ string) {
	s.Gen = max(s.Gen, f.Gen)
	if r := s.run(f.Node, f.Round); r != nil {
		r.State, r.Gen = runStuck, f.Gen
	}
}

// place names a seat.
type place struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Seat  string `json:"seat"`
}

func (p place) in(s *state) *seat {
	if r := s.run(p.Node, p.Round); r != nil {
		return r.seat(p.Seat)
	}
	return nil
}

// opened: a seat's person is asked.
type opened struct {
	place
	Task    int    `json:"task"`
	Due     stamp  `json:"due,omitempty"`
	Rule    string `json:"rule,omitempty"`    // how Due was computed
	Guessed bool   `json:"guessed,omitempty"` // without holiday data
	Cal     string `json:"cal,omitempty"`     // version of the calendar
	Since   stamp  `json:"since,omitempty"`   // when the time up to Due began, when that was before
	Remind  int64  `json:"remind,omitempty"`  // generations of the timers
	Late    int64  `json:"late,omitempty"`
}

func (*opened) kind() string { return "opened" }
func (f *opened) apply(s *state, at stamp, _ string) {
	s.Gen = max(s.Gen, f.Remind, f.Late)
	if x := f.in(s); x != nil {
		if x.State == workflows.TaskSuspended {
			x.Past = append(x.Past, pastTask{N: x.Task, Person: x.Person, State: x.State, At: x.At, Due: x.Due, Closed: at, dirty: true})
		}
		x.State, x.Task, x.At, x.Due, x.Guess, x.Remind, x.Late, x.Nudged, x.dirty = workflows.TaskOpen, f.Task, at, f.Due, f.Guessed, f.Remind, f.Late, 0, true
		x.Urged, x.Urges, x.Cal, x.Since = 0, 0, f.Cal, f.Since
	}
}

// voted: a seat decided. Auto says why when it was not a person's press.
type voted struct {
	place
	Verb   string `json:"verb"` // approve, reject or abstain
	Auto   string `json:"auto,omitempty"`
	Refers string `json:"refers,omitempty"` // the earlier vote that it repeats
	Sign   string `json:"sign,omitempty"`   // SHA-256 of the hand signature, in hex
	proxied
	p struct {
		Reason string    `json:"reason,omitempty"`
		Sign   *signFile `json:"sign,omitempty"`
	}
}

func (*voted) kind() string  { return "voted" }
func (f *voted) secret() any { return &f.p }
func (f *voted) apply(s *state, at stamp, actor string) {
	x := f.in(s)
	if x == nil {
		return
	}
	x.State = verdicts[f.Verb]
	if x.Task == 0 {
		x.Task, x.At = 1, at
	}
	x.Closed, x.By, x.Auto, x.Refers, x.Reason, x.Back, x.dirty = at, actor, f.Auto, f.Refers, f.p.Reason, nil, true
	x.Sign = f.signature()
	if r := s.run(f.Node, f.Round); x.Of != "" && x.State == workflows.TaskRejected {
		r.refused(x, at)
	}
}

// closed: a step is decided; seats that are still open are superseded.
type closed struct {
	Node   string   `json:"node"`
	Round  int      `json:"round"`
	Result runState `json:"result"`
	Why    string   `json:"why,omitempty"`
}

func (*closed) kind() string { return "closed" }
func (f *closed) apply(s *state, at stamp, _ string) {
	if r := s.run(f.Node, f.Round); r != nil {
		r.close(f.Result, f.Why, at, workflows.TaskSuperseded)
	}
}

// close ends a run, and the tasks that are open in it.
func (r *run) close(result runState, why string, at stamp, open workflows.TaskState) {
	r.State, r.Why, r.Closed, r.Gen = result, why, at, 0
	for i := range r.Seats {
		if x := &r.Seats[i]; x.State == workflows.TaskOpen || x.State == workflows.TaskSuspended {
			x.State, x.Closed, x.dirty = open, at, true
		}
	}
}

// moved: a seat was handed to somebody else; the task ends and an opened one follows.
type moved struct {
	place
	To  string              `json:"to"`
	Why string              `json:"why"` // escalate, transfer, left, proxy, transfer_by_hand
	Was workflows.TaskState `json:"was"`
	proxied
	p struct {
		People map[string]person `json:"people,omitempty"`
		Reason string            `json:"reason,omitempty"`
	}
}

func (*moved) kind() string  { return "moved" }
func (f *moved) secret() any { return &f.p }
func (f *moved) apply(s *state, at stamp, _ string) {
	s.know(f.p.People)
	x := f.in(s)
	if x == nil {
		return
	}
	x.Past = append(x.Past, pastTask{N: x.Task, Person: x.Person, State: f.Was, At: x.At, Due: x.Due, Closed: at, dirty: true})
	x.Person, x.State, x.Due, x.Remind, x.Late, x.For, x.Grants, x.Back, x.Said = f.To, "", 0, 0, 0, f.For, f.Grants, nil, nil
}

// overdue: a task's time is up.
type overdue struct {
	place
	Then string `json:"then"`
}

func (*overdue) kind() string { return "overdue" }
func (f *overdue) apply(s *state, _ stamp, _ string) {
	if x := f.in(s); x != nil {
		x.Late = 0
	}
}

// reminded: the person was nudged by a timer.
type reminded struct {
	place
	N    int   `json:"n"`
	Next int64 `json:"next,omitempty"` // generation of the next one
}

func (*reminded) kind() string { return "reminded" }
func (f *reminded) apply(s *state, _ stamp, _ string) {
	s.Gen = max(s.Gen, f.Next)
	if x := f.in(s); x != nil {
		x.Nudged, x.Remind = f.N, f.Next
	}
}

// urged: the initiator nudged the persons of some seats.
type urged struct {
	Seats []place `json:"seats"`
}

func (*urged) kind() string { return "urged" }
func (f *urged) apply(s *state, at stamp, _ string) {
	for _, p := range f.Seats {
		if x := p.in(s); x != nil {
			x.Urged = at
			x.Urges++
		}
	}
}

// told: persons were told.
type told struct {
	Node    string   `json:"node"`
	Persons []string `json:"persons"`
}

func (*told) kind() string                        { return "told" }
func (f *told) apply(s *state, _ stamp, _ string) { s.CC = append(s.CC, f.Persons...) }

// ended: nothing more will happen.
type ended struct {
	Status workflows.Status `json:"status"`
	Why    string           `json:"why,omitempty"` // rejected, nobody, withdrawn, canceled, expired, not_allowed
	p      struct {
		Reason string `json:"reason,omitempty"`
	}
}

func (*ended) kind() string  { return "ended" }
func (f *ended) secret() any { return &f.p }
func (f *ended) apply(s *state, at stamp, actor string) {
	s.Status, s.Why, s.Reason, s.EndBy, s.Ended, s.Draft = f.Status, f.Why, f.p.Reason, actor, at, nil
	for i := range s.Runs {
		if r := &s.Runs[i]; r.State == runOpen || r.State == runAsking || r.State == runStuck || r.State == runSplit {
			r.close(runCanceled, r.Why, at, workflows.TaskCanceled)
		}
	}
	s.Asks = slices.DeleteFunc(s.Asks, func(a ask) bool { return a.For != "cc" && a.For != "form" && a.For != "initiator" })
	if len(s.Asks) == 0 {
		s.Asks = nil
	}
}
