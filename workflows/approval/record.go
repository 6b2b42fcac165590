package approval

import (
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows"
)

var _ workflows.Replayer = (*Program)(nil)

// Record reads off a trail what people did and whom the directory named. What time and rules did is not in it:
// another version does that by itself.
func (p *Program) Record(in workflows.Instance, trail []workflows.Entry) (workflows.Record, error) {
	r := &recorder{p: p, s: &state{}, asked: map[string]string{}, admin: map[place]ask{}}
	r.out.Answers, r.out.Names = map[string][]string{}, map[string]string{}
	for _, e := range trail {
		if err := r.entry(e); err != nil {
			return workflows.Record{}, err
		}
		if err := evolve(r.s, e); err != nil {
			return workflows.Record{}, err
		}
	}
	for id, x := range r.s.People {
		r.out.Names[id] = x.Name
	}
	return r.out, nil
}

// recorder folds the trail beside what it reads off: the state is the one before the entry.
type recorder struct {
	p      *Program
	s      *state
	asked  map[string]string // lookup → its key
	edited map[string]value  // what an approver changed, until they decide
	admin  map[place]ask     // seats that somebody wants to hand on as an administrator
	out    workflows.Record
}

func (r *recorder) did(e workflows.Entry, verb, step string) *deed {
	r.out.Deeds = append(r.out.Deeds, workflows.Deed{At: e.At, Actor: e.Actor, Verb: verb, Step: step, Form: map[string]string{}, Lists: map[string][]string{}, Values: map[string]event.Value{}})
	return (*deed)(&r.out.Deeds[len(r.out.Deeds)-1])
}

// at is a deed at somebody's task.
func (r *recorder) at(e workflows.Entry, verb string, p place) *deed {
	d := r.did(e, verb, p.Node)
	if x := p.in(r.s); x != nil {
		d.Person = x.Person
	}
	return d
}

type deed workflows.Deed

// enter puts values of the form into it, but for those that follow from others.
func (r *recorder) enter(d *deed, form map[string]value, prefix string) {
	for id, v := range form {
		if f, ok := r.p.byField[id]; ok && f.formula == nil {
			d.Values[prefix+id] = f.input(v, r.p.loc)
		}
	}
}

// orErased is a text that there must have been: what was erased is named so.
func orErased(text string) string {
	if text == "" {
		return "（已删除）"
	}
	return text
}

// resubmitted is the whole form as it was handed in again.
func (r *recorder) resubmitted(e workflows.Entry, f *resubmitted) {
	d := r.did(e, "submit", "")
	for _, form := range []map[string]value{r.s.Form, f.Form, f.p.Form} {
		r.enter(d, form, "")
	}
}

func (r *recorder) unseated(e workflows.Entry, f *unseated) {
	d := r.did(e, "remove_sign", f.Node)
	d.Person = e.Actor
	if run := r.s.run(f.Node, f.Round); run != nil {
		for _, id := range f.Seats {
			if x := run.seat(id); x != nil {
				d.Lists["who"] = append(d.Lists["who"], x.Person)
			}
		}
	}
}

func (r *recorder) entry(e workflows.Entry) error {
	f, err := readFact(e)
	if err != nil {
		return err
	}
	switch f := f.(type) {
	case *started:
		r.out.By = e.Actor
		r.did(e, "start", "")
	case *submitted:
		return r.submitted(e, f)
	case *asked:
		if key, ok := r.key(f); ok {
			r.asked[f.ID] = key
		}
	case *answered:
		if key, ok := r.asked[f.ID]; ok {
			r.out.Answers[key] = f.Who
		}
		for at, a := range r.admin {
			if a.ID == f.ID && !slices.Contains(f.Who, a.By) {
				delete(r.admin, at) // they are none
			}
		}
	case *voted:
		if f.Auto != "" || e.Actor == "" {
			return nil
		}
		d := r.at(e, f.Verb, f.place)
		if d.Form["opinion"] = f.p.Reason; f.Verb == "reject" {
			d.Form["opinion"] = orErased(f.p.Reason)
		}
		for id, v := range r.edited {
			if n := r.p.nodes[f.Node]; n != nil && n.changes(id) { // the rest follows
				r.enter(d, map[string]value{id: v}, editPrefix)
			}
		}
		r.edited = nil
	case *edited:
		r.edited = f.p.New
	case *requested:
		if f.For == "admin" && f.Verb == verbTransfer.name {
			a := f.ask
			a.By = e.Actor
			r.admin[place{f.Node, f.Round, f.Seat}] = a
		}
	case *moved:
		r.moved(e, f)
	case *resubmitted:
		r.resubmitted(e, f)
	case *returned:
		if f.Why == "" && e.Actor != "" {
			d := r.at(e, "return", f.place)
			d.Lists["step"], d.Form["then"], d.Form["opinion"] = f.To, f.Then, orErased(f.p.Reason)
		}
	case *delegated:
		r.at(e, "delegate", f.place).Lists["who"] = []string{f.To}
	case *advised:
		r.at(e, f.Verb, f.place).Form["opinion"] = orErased("")
	case *added:
		d := r.at(e, "add_"+f.How, f.place)
		for _, x := range f.Seats {
			d.Lists["who"] = append(d.Lists["who"], x.Person)
		}
	case *unseated:
		r.unseated(e, f)
	case *revoking:
		r.did(e, "revoke", "").Form["opinion"] = orErased(f.p.Reason)
	case *ended:
		switch {
		case f.Status == workflows.StatusWithdrawn && f.Why == "withdrawn":
			r.did(e, "withdraw", "")
		case f.Why == "canceled":
			r.did(e, "cancel", "")
		case f.Status == workflows.StatusTerminated && f.Why != "not_allowed":
			return fmt.Errorf("an administrator ended it")
		}
	case *flowed, *begun, *unbegun, *childEnded:
		return fmt.Errorf("it started another flow")
	case *kept, *admitted, *skipped, *branched, *split, *arrived, *entered, *stuck, *opened, *closed, *named, *joined, *overdue, *reminded, *urged, *told, *migrated, *recounted, *commented, *offered, *reopened, *revoked:
	default:
		if e.Actor != "" {
			return fmt.Errorf("somebody did what can't be done again: %s", e.Kind)
		}
	}
	return nil
}

// submitted is the form as it was handed in.
func (r *recorder) submitted(e workflows.Entry, f *submitted) error {
	d := r.did(e, "submit", "")
	r.enter(d, f.Form, "")
	r.enter(d, f.p.Form, "")
	if len(e.Private) > 0 {
		return nil
	}
	for i := range r.p.fields {
		if x := &r.p.fields[i]; x.personal() && x.required {
			return fmt.Errorf("the text of %s was erased", x.id)
		}
	}
	return nil
}

// key names what was asked, "" where whom it was about can't be told any more.
func (r *recorder) key(f *asked) (string, bool) {
	about := r.s.By
	if f.For == "up" {
		run := r.s.run(f.Node, f.Round)
		if run == nil || f.Hops > 1 {
			return "", false
		}
		x := run.seat(f.Seat)
		if x == nil {
			return "", false
		}
		about = x.Person
	}
	return workflows.RecordKey(about, f.Selectors), true
}

// moved is a seat that somebody handed over, or that a leaver left. An administrator says on a page what they want, and
// is looked up first; or is whoever gives commands on the server.
func (r *recorder) moved(e workflows.Entry, f *moved) {
	x := f.in(r.s)
	if x == nil {
		return
	}
	switch {
	case f.Why == "left":
		d := r.did(e, "left", f.Node)
		d.Person, d.Lists["heirs"] = x.Person, []string{f.To}
	case e.Actor != "":
		d := r.did(e, "transfer", f.Node)
		d.Person, d.Lists["who"], d.Form["opinion"] = x.Person, []string{f.To}, orErased("")
		a, asked := r.admin[f.place]
		d.Admin = asked && a.By == e.Actor || strings.HasPrefix(e.Actor, operatorPrefix)
		delete(r.admin, f.place)
	}
}
