package approval

import (
	"maps"
	"slices"

	"magpie/workflows"
)

// returned: an approver sent the request back, or a refusal did because the step says so (Why "rejected").
type returned struct {
	place
	To   []string `json:"to"`   // steps, or start
	Then string   `json:"then"` // again: everything from there on; back: only that, then here once more
	Why  string   `json:"why,omitempty"`
	Void []int    `json:"void"` // the passes that count no longer, as indexes into the state's runs
	p    struct {
		Reason string `json:"reason,omitempty"`
	}
}

func (*returned) kind() string  { return "returned" }
func (f *returned) secret() any { return &f.p }
func (f *returned) apply(s *state, at stamp, actor string) {
	s.Turns = append(s.Turns, turn{place: f.place, To: f.To, Then: f.Then, Why: f.Why, By: actor, Reason: f.p.Reason, At: at})
	if f.Then == thenAgain {
		s.Epoch++
	}
	for _, i := range f.Void {
		if i < 0 || i >= len(s.Runs) {
			continue
		}
		r := &s.Runs[i]
		r.Void = len(s.Turns)
		if !r.live() {
			continue
		}
		if x := r.seat(f.Seat); x != nil && r.Node == f.Node && r.Round == f.Round {
			x.State, x.Closed, x.By, x.Reason, x.dirty = workflows.TaskReturned, at, actor, f.p.Reason, true
			r.close(runReturned, "", at, workflows.TaskCanceled)
			continue
		}
		if r.Node == nodeStart {
			s.Draft = nil
		}
		r.close(runCanceled, r.Why, at, workflows.TaskCanceled)
	}
	s.Asks = slices.DeleteFunc(s.Asks, func(a ask) bool {
		r := s.run(a.Node, a.Round)
		return a.For != "cc" && r != nil && r.Void > 0
	})
	if len(s.Asks) == 0 {
		s.Asks = nil
	}
}

// turn is a return that happened.
type turn struct {
	place
	To     []string `json:"to"`
	Then   string   `json:"then"`
	Why    string   `json:"why,omitempty"`
	By     string   `json:"by,omitempty"`
	Reason string   `json:"rs,omitempty"`
	At     stamp    `json:"at"`
}

// reopened: the form is with the initiator again.
type reopened struct {
	Round int      `json:"round"`
	Back  []string `json:"back,omitempty"`
}

func (*reopened) kind() string { return "reopened" }
func (f *reopened) apply(s *state, at stamp, _ string) {
	s.Draft = &draft{Values: maps.Clone(s.Form)}
	s.Runs = append(s.Runs, run{
		Node: nodeStart, Round: f.Round, State: runOpen, Mode: modeAny, Need: 1, At: at, Back: f.Back, Epoch: s.Epoch,
		Seats: []seat{{ID: "0", Person: s.By, State: workflows.TaskOpen, Task: 1, At: at, dirty: true}},
	})
}

// resubmitted: the initiator handed the form in once more.
type resubmitted struct {
	Round   int              `json:"round"`
	Changed []string         `json:"changed,omitempty"` // ids of fields
	Form    map[string]value `json:"form,omitempty"`    // without texts
	p       struct {
		Form   map[string]value  `json:"form,omitempty"` // texts
		Old    map[string]value  `json:"old,omitempty"`  // what the changed fields held
		Title  string            `json:"title,omitempty"`
		People map[string]person `json:"people,omitempty"`
	}
}

func (*resubmitted) kind() string  { return "resubmitted" }
func (f *resubmitted) secret() any { return &f.p }
func (f *resubmitted) apply(s *state, at stamp, actor string) {
	if r := s.run(nodeStart, f.Round); r != nil {
		if x := r.seat("0"); x != nil && x.State == workflows.TaskOpen {
			x.State, x.Closed, x.By, x.dirty = workflows.TaskSubmitted, at, actor, true
		}
		r.close(runPassed, "", at, workflows.TaskCanceled)
	}
	s.fill(f.Form, f.p.Form)
	s.Draft, s.Title = nil, f.p.Title
	if len(f.Changed) > 0 {
		s.Epoch++ // nobody has agreed to this yet
	}
	s.know(f.p.People)
}

// fill takes the values of a form.
func (s *state) fill(parts ...map[string]value) {
	s.Form = map[string]value{}
	for _, m := range parts {
		maps.Copy(s.Form, m)
	}
}
