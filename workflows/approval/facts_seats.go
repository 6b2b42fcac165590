package approval

import (
	"slices"
	"strings"

	"magpie/workflows"
)

// requested: somebody asked for something that names persons, who are looked up first.
type requested struct {
	ask
	Selectors []string `json:"sel"`
	p         struct {
		Opinion string `json:"opinion,omitempty"`
	}
}

func (*requested) kind() string  { return "requested" }
func (f *requested) secret() any { return &f.p }
func (f *requested) apply(s *state, at stamp, actor string) {
	a := f.ask
	a.By, a.At, a.Opinion = actor, at, f.p.Opinion
	s.Asks, s.Asked = append(s.Asks, a), max(s.Asked, a.N)
}

// verdicts are what the verbs of a decision make of a task.
var verdicts = map[string]workflows.TaskState{"approve": workflows.TaskApproved, "reject": workflows.TaskRejected, "abstain": workflows.TaskAbstained}

// part is a task of a seat that ends now, while the seat goes on.
func (s *seat) part(as workflows.TaskState, at stamp) {
	s.Past = append(s.Past, pastTask{N: s.Task, Person: s.Person, State: as, At: s.At, Due: s.Due, Closed: at, dirty: true})
	s.State, s.Remind, s.Late = "", 0, 0
}

// delegated: somebody else looks at it first; then the seat comes back.
type delegated struct {
	place
	To string `json:"to"`
	proxied
	p struct {
		Reason string `json:"reason,omitempty"`
	}
}

func (*delegated) kind() string  { return "delegated" }
func (f *delegated) secret() any { return &f.p }
func (f *delegated) apply(s *state, at stamp, _ string) {
	x := f.in(s)
	if x == nil {
		return
	}
	x.part(workflows.TaskDelegated, at)
	x.Back, x.Said = &lender{Person: x.Person, For: x.For, Grants: x.Grants}, nil
	x.Person, x.For, x.Grants = f.To, f.For, f.Grants
}

// advised: who was asked to look at it first has decided, and the seat is back.
type advised struct {
	place
	Verb string `json:"verb"`
	p    struct {
		Reason string `json:"reason,omitempty"`
	}
}

func (*advised) kind() string  { return "advised" }
func (f *advised) secret() any { return &f.p }
func (f *advised) apply(s *state, at stamp, actor string) {
	x := f.in(s)
	if x == nil || x.Back == nil {
		return
	}
	x.part(verdicts[f.Verb], at)
	x.Said = &advice{By: actor, State: verdicts[f.Verb], Reason: f.p.Reason}
	x.Person, x.For, x.Grants, x.Back = x.Back.Person, x.Back.For, x.Back.Grants, nil
}

// added: somebody at a step wants to hear others too.
type added struct {
	place
	How   string     `json:"how"` // before, after, beside
	Seats []seatFact `json:"seats"`
	p     struct {
		Reason string `json:"reason,omitempty"`
	}
}

func (*added) kind() string  { return "added" }
func (f *added) secret() any { return &f.p }
func (f *added) apply(s *state, at stamp, actor string) {
	r := s.run(f.Node, f.Round)
	if r == nil || r.seat(f.Seat) == nil {
		return
	}
	x := r.seat(f.Seat)
	x.Kids += len(f.Seats)
	if f.How == "before" {
		x.State, x.Remind, x.Late, x.dirty = workflows.TaskSuspended, 0, 0, true
	}
	of := x.ID
	if f.How == "beside" {
		of = x.Of // where they stand, those stand who are added at their side
	}
	i := slices.IndexFunc(r.Seats, func(y seat) bool { return y.ID == f.Seat }) + 1
	for i < len(r.Seats) && strings.HasPrefix(r.Seats[i].ID, f.Seat+".") {
		i++
	}
	for k, y := range f.Seats {
		r.Seats = slices.Insert(r.Seats, i+k, seat{ID: y.ID, Person: y.Person, For: y.For, Grants: y.Grants, Adder: actor, Of: of})
	}
}

// unseated: added seats were taken away again.
type unseated struct {
	Node  string   `json:"node"`
	Round int      `json:"round"`
	Seats []string `json:"seats"`
}

func (*unseated) kind() string { return "unseated" }
func (f *unseated) apply(s *state, at stamp, _ string) {
	r := s.run(f.Node, f.Round)
	if r == nil {
		return
	}
	for _, id := range f.Seats {
		if x := r.seat(id); x != nil {
			if x.State == workflows.TaskOpen || x.State == workflows.TaskSuspended {
				x.dirty = true
			}
			x.Gone, x.State, x.Closed = true, workflows.TaskCanceled, at
		}
	}
}

// refused closes whom nobody needs to hear any more once somebody has refused who was added: the seat that they
// were added to is decided by it, and so are the seats between.
func (r *run) refused(x *seat, at stamp) {
	top := r.top(x)
	for i := range r.Seats {
		y := &r.Seats[i]
		if y.Gone || y.ID != top && !r.under(y, top) {
			continue
		}
		if y.State == workflows.TaskOpen || y.State == workflows.TaskSuspended || y.State == "" && y.Of != "" {
			y.dirty = y.State != ""
			y.State, y.Closed = workflows.TaskSuperseded, at
		}
	}
}

// top is the seat that a seat was added to, by way of others.
func (r *run) top(x *seat) string {
	id := x.ID
	for y := x; y != nil && y.Of != ""; y = r.seat(id) {
		id = y.Of
	}
	return id
}

// under reports whether a seat was added to another one, or to one that was.
func (r *run) under(x *seat, top string) bool {
	for x != nil && x.Of != "" {
		if x.Of == top {
			return true
		}
		x = r.seat(x.Of)
	}
	return false
}
