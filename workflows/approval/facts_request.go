package approval

import (
	"slices"

	"magpie/workflows"
)

// started: somebody asked for the form.
type started struct {
	From   string  `json:"from,omitempty"` // connection
	Gen    int64   `json:"gen"`
	Hidden bool    `json:"hidden,omitempty"`
	Parent *parent `json:"parent,omitempty"` // without its title
	p      struct {
		ParentTitle string            `json:"parent_title,omitempty"`
		People      map[string]person `json:"people,omitempty"`
		Values      map[string]value  `json:"values,omitempty"`
	}
}

func (*started) kind() string  { return "started" }
func (f *started) secret() any { return &f.p }
func (f *started) apply(s *state, at stamp, actor string) {
	*s = state{Status: workflows.StatusDraft, By: actor, From: f.From, Begun: at, Gen: f.Gen, Draft: &draft{Values: f.p.Values, Hidden: f.Hidden}}
	if f.Parent != nil {
		up := *f.Parent
		up.Title = f.p.ParentTitle
		s.Parent = &up
	}
	s.know(f.p.People)
}

// kept: a form was refused; what was entered is kept for correction.
type kept struct {
	Fields []string `json:"fields"`
	p      struct {
		Values   map[string]value  `json:"values,omitempty"`
		Problems map[string]string `json:"problems,omitempty"`
	}
}

func (*kept) kind() string  { return "kept" }
func (f *kept) secret() any { return &f.p }
func (f *kept) apply(s *state, _ stamp, _ string) {
	s.Draft = &draft{Values: f.p.Values, Problems: f.p.Problems}
	if s.Draft.Problems == nil {
		s.Draft.Problems = map[string]string{}
		for _, id := range f.Fields {
			s.Draft.Problems[id] = ""
		}
	}
}

// admitted: the initiator may start the flow.
type admitted struct{}

func (*admitted) kind() string { return "admitted" }
func (*admitted) apply(s *state, _ stamp, _ string) {
	if s.Draft != nil {
		s.Draft.Hidden = false
	}
}

// submitted: the form was handed in and is right.
type submitted struct {
	No   string           `json:"no"`
	Form map[string]value `json:"form,omitempty"` // without texts
	p    struct {
		Form   map[string]value  `json:"form,omitempty"` // texts
		Title  string            `json:"title,omitempty"`
		People map[string]person `json:"people,omitempty"`
	}
}

func (*submitted) kind() string  { return "submitted" }
func (f *submitted) secret() any { return &f.p }
func (f *submitted) apply(s *state, at stamp, _ string) {
	s.Status, s.No, s.Sent, s.Draft, s.Title = workflows.StatusRunning, f.No, at, nil, f.p.Title
	s.fill(f.Form, f.p.Form)
	s.know(f.p.People)
}

// asked: a question about people left.
type asked struct {
	ask
	Selectors []string `json:"sel,omitempty"`
	Back      []string `json:"back,omitempty"` // see run.Back
}

func (*asked) kind() string { return "asked" }
func (f *asked) apply(s *state, at stamp, _ string) {
	s.Asks = append(s.Asks, f.ask)
	if f.For != "by" {
		return
	}
	if r := s.run(f.Node, f.Round); r != nil {
		r.State, r.Why, r.Gen = runAsking, "", 0
		return
	}
	s.Runs = append(s.Runs, run{Node: f.Node, Round: f.Round, State: runAsking, At: at, Back: f.Back, Epoch: s.Epoch})
}

// answered: a question was answered, with which state of the directory.
type answered struct {
	ID   string   `json:"id"`
	Who  []string `json:"who,omitempty"`
	Snap string   `json:"snap,omitempty"`
	// Short are chains upwards that went to the top, since nobody met their bound.
	Short []string `json:"short,omitempty"`
	p     struct {
		People map[string]person `json:"people,omitempty"`
	}
}

func (*answered) kind() string  { return "answered" }
func (f *answered) secret() any { return &f.p }
func (f *answered) apply(s *state, _ stamp, _ string) {
	if a, ok := s.ask(f.ID); ok {
		if a.For == "initiator" {
			s.Known = true
		}
		if r := s.run(a.Node, a.Round); r != nil && f.Snap != "" && a.For == "by" {
			r.Snap = f.Snap
		}
		if r := s.run(a.Node, a.Round); r != nil && a.For == "by" {
			r.Short = f.Short
		}
	}
	s.Asks = slices.DeleteFunc(s.Asks, func(a ask) bool { return a.ID == f.ID })
	if len(s.Asks) == 0 {
		s.Asks = nil
	}
	s.know(f.p.People)
}
