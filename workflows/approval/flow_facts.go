package approval

import "magpie/workflows"

// parent is the instance that started this one.
type parent struct {
	ID    string `json:"i"`
	Key   string `json:"k"` // the step there, as it names it
	Title string `json:"t,omitempty"`
	Depth int    `json:"d,omitempty"` // how many instances stand above
}

// flowed: another workflow was asked for.
type flowed struct {
	Node  string   `json:"node"`
	Round int      `json:"round"`
	Start string   `json:"start"`
	Try   int      `json:"try"`
	Back  []string `json:"back,omitempty"` // where it goes after it, see run.Back
}

func (*flowed) kind() string { return "flow_asked" }
func (f *flowed) apply(s *state, at stamp, _ string) {
	if r := s.run(f.Node, f.Round); r != nil {
		r.State, r.Why, r.Tries = runOpen, "", f.Try
		return
	}
	s.Runs = append(s.Runs, run{Node: f.Node, Round: f.Round, State: runOpen, At: at, Tries: f.Try, Back: f.Back})
}

// begun: the other workflow runs.
type begun struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Child string `json:"child"`
}

func (*begun) kind() string { return "flow_begun" }
func (f *begun) apply(s *state, _ stamp, _ string) {
	if r := s.run(f.Node, f.Round); r != nil {
		r.Child = f.Child
	}
}

// unbegun: the other workflow could not be started.
type unbegun struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Code  string `json:"code"`
	p     struct {
		Text string `json:"text,omitempty"`
	}
}

func (*unbegun) kind() string  { return "flow_refused" }
func (f *unbegun) secret() any { return &f.p }
func (f *unbegun) apply(s *state, _ stamp, _ string) {
	if r := s.run(f.Node, f.Round); r != nil {
		if r.Why = f.p.Text; r.Why == "" {
			r.Why = f.Code
		}
	}
}

// childEnded: the other workflow came to its end.
type childEnded struct {
	Node   string           `json:"node"`
	Round  int              `json:"round"`
	Child  string           `json:"child"`
	Status workflows.Status `json:"status"`
}

func (*childEnded) kind() string { return "flow_ended" }
func (f *childEnded) apply(s *state, _ stamp, _ string) {
	if r := s.run(f.Node, f.Round); r != nil {
		r.Child, r.ChildEnd = f.Child, f.Status
	}
}

// flowFact makes the empty facts of this file.
func flowFact(kind string) fact {
	switch kind {
	case "flow_asked":
		return &flowed{}
	case "flow_begun":
		return &begun{}
	case "flow_refused":
		return &unbegun{}
	case "flow_ended":
		return &childEnded{}
	}
	return nil
}
