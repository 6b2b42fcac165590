package approval

import (
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/cond"
)

// rehearsal is what a decider notes that decides something nobody will ever see. A real one has none.
type rehearsal struct {
	o      *outlook
	plan   []bool     // answers to the questions that come first
	asked  []question // what depends on fields that are not filled in
	pos    int        // of the step that is looked at, in the order of the file
	s      *state     // as it stands at the end
	base   int        // how many passes there were before
	cut    bool       // it was not gone to the end
	told   map[string][]string
	unsure map[string][]string // passes whose approvers depend on fields → their labels
	doubt  map[string]*doubt   // passes with somebody who may not have to be asked again
	stands map[string]string   // passes with stand-ins → what is said of them
}

// question is a condition on what is not filled in.
type question struct {
	key    string
	labels []string
	pos    int
	yes    bool
}

// doubt is why somebody may not be asked again: where they may have agreed, and fields that say who is asked there.
type doubt struct{ steps, labels []string }

func runKey(node string, round int) string { return taskKey(node, round, "", 1) }

// rehearse hands the form in and has everybody agree.
func (o *outlook) rehearse(plan []bool, ask func(workflows.Lookup) (event.Lookup, error)) (*rehearsal, error) {
	s, err := decodeState(o.in.State)
	if err != nil {
		return nil, err
	}
	r := &rehearsal{o: o, plan: plan, s: s, base: len(s.Runs), told: map[string][]string{}, unsure: map[string][]string{}, doubt: map[string]*doubt{}, stands: map[string]string{}}
	me := event.Actor{Type: event.ActorUser, Person: s.By, Name: s.People[s.By].Name}
	d := &decider{p: o.p, in: o.in, ev: event.Event{Kind: event.KindCardAction, Actor: me}, now: o.now, s: s, dry: r}
	if start := s.atStart(); start != nil {
		d.resubmit(start, o.form)
	} else {
		d.accept(o.form)
	}
	var questions []workflows.Lookup
	for ; ; o.budget-- {
		for _, e := range d.effects {
			if l, ok := e.(workflows.Lookup); ok {
				questions = append(questions, l)
			}
		}
		d.effects = d.effects[:0]
		switch {
		case o.budget <= 0:
			r.cut = true
			return r, nil
		case len(questions) > 0:
			a, err := ask(questions[0])
			if err != nil {
				return nil, err
			}
			a.ID, questions = questions[0].ID, questions[1:]
			r.answers(s, &a)
			if err := d.answer(&a); err != nil {
				return nil, err
			}
		case !d.agree():
			return r, nil
		}
	}
}

// agree has the next one agree who is asked; false when nobody is.
func (d *decider) agree() bool {
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		n := d.p.nodes[r.Node]
		if n == nil || r.State != runOpen || !d.running(r) || r.Node == nodeStart {
			continue
		}
		if n.kind == nodeFlow {
			d.flowEnded(n, r, &event.Answer{}, workflows.StatusApproved)
			return true
		}
		for k := range r.Seats {
			if x := &r.Seats[k]; x.State == workflows.TaskOpen && d.mayDecide(r, x, "approve", x.Person) == nil {
				d.vote(r, x, "approve", "", "", x.Person, nil)
				return true
			}
		}
	}
	return false
}

// answers notes which step an answer is for, and where others stand in for those whom the step names.
func (r *rehearsal) answers(s *state, l *event.Lookup) {
	a, ok := s.ask(l.ID)
	if n := r.o.p.nodes[a.Node]; n != nil {
		r.pos = n.pos
	}
	key := runKey(a.Node, a.Round)
	switch {
	case !ok:
	case a.For == "else":
		r.stands[key] = textAheadElse
	case a.For == "self" && len(l.Persons) == 0:
		r.stands[key] = textAheadNotSelf
	case a.For == "self":
		r.stands[key] = textAheadSelf
	}
}

// see notes what the state does not keep.
func (r *rehearsal) see(f fact) {
	if f, ok := f.(*told); ok {
		r.told[f.Node] = append(r.told[f.Node], f.Persons...)
	}
}

// test decides a condition of a step. In a rehearsal one that reads what is not filled in is a question.
func (d *decider) test(n *node, c *cond.Cond, v cond.Values) (bool, error) {
	if d.dry != nil {
		if labels := d.dry.o.missing(c.Fields()); len(labels) > 0 {
			d.dry.pos = n.pos
			return d.dry.either(c.String(), labels), nil
		}
	}
	return c.Eval(v)
}

// either answers a question: the same way each time in one rehearsal.
func (r *rehearsal) either(key string, labels []string) bool {
	for _, q := range r.asked {
		if q.key == key {
			return q.yes
		}
	}
	q := question{key: key, labels: labels, pos: r.pos}
	q.yes = len(r.asked) < len(r.plan) && r.plan[len(r.asked)]
	r.asked = append(r.asked, q)
	return q.yes
}

// amountsOver is whether the amounts that are not filled in would be above a proxy's limit.
func (d *decider) amountsOver(limit string) bool {
	var ids []string
	for i := range d.p.fields {
		if f := &d.p.fields[i]; f.typ == typeMoney {
			ids = append(ids, f.id)
		}
	}
	labels := d.dry.o.missing(ids)
	return len(labels) > 0 && d.dry.either("proxies up to "+limit, labels)
}

// unfilled are the labels of fields that say who is meant at a step and are not filled in.
func (d *decider) unfilled(n *node) []string {
	if d.dry == nil {
		return nil
	}
	return d.dry.o.missing(n.readsPeople())
}

// suppose goes on behind a step of which is not known who is asked there.
func (d *decider) suppose(n *node, round int, back []string) []way {
	labels := d.unfilled(n)
	d.dry.unsure[runKey(n.id, round)] = labels
	if n.kind == nodeCC {
		return d.after(n, back)
	}
	id := "by/" + runKey(n.id, round)
	d.emit(&asked{ask: ask{ID: id, For: "by", Node: n.id, Round: round}, Back: back})
	d.emit(&answered{ID: id})
	d.dry.pos = n.pos
	if n.ifNobody == "reject" && d.mayBeNobody(n) && d.dry.either("nobody at "+id, labels) {
		d.nobody(n, ask{Node: n.id, Round: round})
		return nil
	}
	d.emit(&closed{Node: n.id, Round: round, Result: runPassed})
	return d.after(n, back)
}

// mayBeNobody reports whether the fields that name a step's people can be handed in so that there are too few of them.
func (d *decider) mayBeNobody(n *node) bool {
	several := n.mode.Kind == modeCount || n.mode.Kind == modeWeight
	return several || !slices.ContainsFunc(n.by, func(s string) bool {
		id, ok := strings.CutPrefix(s, "form.")
		f := d.p.byField[id] // those named there, not their managers
		return ok && f != nil && f.required
	})
}
