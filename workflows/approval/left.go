package approval

import (
	"fmt"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/selector"
)

// left hands on what waits for somebody who is no longer there, to the first of those named who may decide. When
// it comes again there is nothing left to do; with nobody who may, nothing happens.
func (d *decider) left(b *event.Directory) {
	if b.Person == "" || len(b.Heirs) == 0 || d.s.Status.Ended() && d.s.revoking() == nil {
		return
	}
	if b.Same {
		d.join(b.Person, b.Heirs[0])
		return
	}
	if b.Person == d.s.By && d.s.atStart() != nil { // nobody else can hand their form in
		d.finish(workflows.StatusTerminated, "left", textInitiatorLeft, "")
		h := b.Heirs[0].ID
		d.effect(workflows.SendText{Key: "left", To: workflows.To{Person: h}, Text: card.T(fmt.Sprintf(textEndsWithThem, d.s.Title, d.s.name(b.Person)))})
		return
	}
	grants := grantsOf(b.Proxies)
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		if r.State != runOpen || r.Node == nodeStart {
			continue
		}
		for k := range r.Seats {
			if x := &r.Seats[k]; x.State == workflows.TaskOpen && x.Person == b.Person {
				d.inherit(r, x, b.Heirs, grants)
			}
		}
	}
}

// inherit seats an heir. The initiator is passed over unless they may decide for themself, and so is whoever
// sits there already.
func (d *decider) inherit(r *run, x *seat, heirs []event.Person, grants []grant) {
	for _, h := range heirs {
		if h.ID == x.Person || h.ID == d.s.By && d.p.self != "ask" || r.sits(h.ID) || x.Task > 2*selector.MaxLevel {
			continue
		}
		d.stopTimer(r, x)
		to := d.standFor(h.ID, grants, 0, r.sits)
		f := &moved{place: place{r.Node, r.Round, x.ID}, To: to.person, Why: "left", Was: workflows.TaskTransferred, proxied: to.proxied}
		f.p.People = map[string]person{h.ID: {Name: h.Name, Dept: h.Dept, Title: h.Title}}
		if to.For != "" {
			f.p.People[to.person] = to.who
		}
		d.emit(f)
		d.open(d.p.nodes[r.Node], r, x)
		return
	}
}

// join notes that two persons are one: whoever of them began it or is asked goes on under the name that stays.
func (d *decider) join(from string, to event.Person) {
	concerned := d.s.By == from
	for i := range d.s.Runs {
		for k := range d.s.Runs[i].Seats {
			concerned = concerned || d.s.Runs[i].Seats[k].waitsFor(from)
		}
	}
	concerned = concerned || d.voted(from) && d.s.one(from) != to.ID
	if !concerned || to.ID == from {
		return
	}
	f := &joined{From: from, To: to.ID}
	f.p.People = map[string]person{to.ID: {Name: to.Name, Dept: to.Dept, Title: to.Title}}
	d.emit(f)
	d.ownSeats()
}

// ownSeats gives away the seats that the initiator turned out to have, where they may not decide for themself.
func (d *decider) ownSeats() {
	if d.p.self == "ask" {
		return
	}
	var seats []place
	for i := range d.s.Runs {
		for k := range d.s.Runs[i].Seats {
			if r, x := &d.s.Runs[i], &d.s.Runs[i].Seats[k]; r.State == runOpen && r.Node != nodeStart && x.State == workflows.TaskOpen && x.Person == d.s.By {
				seats = append(seats, place{r.Node, r.Round, x.ID})
			}
		}
	}
	for _, at := range seats {
		r, x := d.s.run(at.Node, at.Round), at.in(d.s)
		switch {
		case d.s.Status != workflows.StatusRunning, x == nil, x.State != workflows.TaskOpen: // decided by one before
		case d.p.self == "skip" && d.p.nodes[r.Node].byHand(): // they are asked themselves, as at the start
		case d.p.self == "skip":
			d.vote(r, x, "approve", autoSelf, "", "", nil)
		default:
			d.handAsk(r, x, "up", d.s.By, 1)
		}
	}
}

// voted reports whether somebody has decided anything here.
func (d *decider) voted(person string) bool {
	for i := range d.s.Runs {
		for k := range d.s.Runs[i].Seats {
			if d.s.Runs[i].Seats[k].By == person {
				return true
			}
		}
	}
	return false
}

// one is whom a person turned out to be.
func (s *state) one(id string) string {
	for range s.Same { // each leads on at most once
		to, ok := s.Same[id]
		if !ok {
			break
		}
		id = to
	}
	return id
}

// waitsFor reports whether a person is asked, or will be.
func (s *seat) waitsFor(person string) bool {
	return s.Person == person && (s.State == workflows.TaskOpen || s.State == workflows.TaskSuspended || s.State == "")
}

// joined: two persons were found to be one.
type joined struct {
	From string `json:"from"`
	To   string `json:"to"`
	p    struct {
		People map[string]person `json:"people,omitempty"`
	}
}

func (*joined) kind() string  { return "joined" }
func (f *joined) secret() any { return &f.p }
func (f *joined) apply(s *state, _ stamp, _ string) {
	s.know(f.p.People)
	if s.Same == nil {
		s.Same = map[string]string{}
	}
	s.Same[f.From] = f.To
	if s.By == f.From {
		s.By = f.To
	}
	for i := range s.Runs {
		for k := range s.Runs[i].Seats {
			if x := &s.Runs[i].Seats[k]; x.waitsFor(f.From) {
				x.Person, x.dirty = f.To, x.Task > 0
			}
			if x := &s.Runs[i].Seats[k]; x.Adder == f.From {
				x.Adder = f.To
			}
			if x := &s.Runs[i].Seats[k]; x.Back != nil && x.Back.Person == f.From {
				x.Back.Person = f.To
			}
		}
	}
}
