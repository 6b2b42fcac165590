package approval

import (
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/selector"
)

// errand is something asked for at a task, beside deciding it.
type errand struct {
	at      place
	task    int    // number of the seat's task that was pressed
	verb    string // of verbs
	by      string // who asks
	who     []string
	steps   []string // ids of nodes
	then    string
	opinion string
	grants  []grant // that may concern those who are named
}

// verb is a kind of errand. Each stands in a file of its own.
type verb struct {
	name string
	// allow is the word of `allow:` that the flow must give; "" needs none.
	allow string
	// who is how many persons it names at most: those are looked up before it is done.
	who int
	// late says that it may be done at a task that is not open.
	late bool
	// known says that those whom it names have seats already: they need not be looked up.
	known bool
	// needs says that there must be an opinion.
	needs bool
	// offered reports whether it makes sense at a seat now. nil: always.
	offered func(d *decider, r *run, x *seat) bool
	// steps are the steps that can be named; nil: none are. then reports whether what follows may be chosen.
	steps func(d *decider, r *run, x *seat) []ViewOption
	then  func(d *decider, r *run, x *seat) bool
	// judge refuses what must not be, before anybody is looked up and again when it is done. Persons who were
	// looked up are known then.
	judge func(d *decider, e *errand) *workflows.Refusal
	// do emits what follows, and answers.
	do func(d *decider, e *errand)
}

// verbs are what may be done at a task, in the order in which they are offered.
var verbs []*verb

// A list that mentions functions which read it would be a cycle to the compiler.
func init() {
	verbs = []*verb{verbTransfer, verbDelegate, verbAddBefore, verbAddAfter, verbAddBeside, verbRemove, verbReturn, verbComment}
}

func verbOf(name string) *verb {
	for _, v := range verbs {
		if v.name == name {
			return v
		}
	}
	return nil
}

// more tells which errands the form 更多操作 of a task offers; of one that is not open those that come late.
func (d *decider) more(n *node, r *run, x *seat, open bool) *ViewMore {
	out := &ViewMore{Verbs: []string{}}
	if !d.running(r) {
		return nil
	}
	for _, v := range verbs {
		if !open && !v.late || !n.allows(v.allow) || v.offered != nil && !v.offered(d, r, x) {
			continue
		}
		var steps []ViewOption
		if v.steps != nil {
			if steps = v.steps(d, r, x); len(steps) == 0 {
				continue
			}
		}
		out.Verbs = append(out.Verbs, v.name)
		out.Who = out.Who || v.who > 0
		out.Steps = append(out.Steps, steps...)
		out.Then = out.Then || v.then != nil && v.then(d, r, x)
	}
	if len(out.Verbs) == 0 {
		return nil
	}
	return out
}

// unfold reads the verb that the form 更多操作 was handed in for. Its text has a name of its own, because the names
// of inputs are unique on a card.
func unfold(a *event.Action) (*event.Action, *workflows.Refusal) {
	do, ok := scalar(a.Form["do"])
	do = strings.TrimSpace(do)
	if !ok || do == "" {
		return nil, workflows.Refuse("invalid_form", textChooseAct)
	}
	b := renamed(a)
	b.Verb = do
	return b, nil
}

// renamed gives the text of a form beside another one the name that it has everywhere else.
func renamed(a *event.Action) *event.Action {
	b := *a
	b.Form = make(map[string]event.Value, len(a.Form))
	for k, v := range a.Form {
		b.Form[k] = v
	}
	if v, there := b.Form["remark"]; there {
		b.Form["opinion"] = v
		delete(b.Form, "remark")
	}
	return &b
}

// pressVerb judges what is asked for at a task.
func (d *decider) pressVerb(v *verb, r *run, x *seat, task int, a *event.Action) *workflows.Refusal {
	if !d.p.nodes[r.Node].allows(v.allow) {
		return workflows.Refuse("not_allowed", textNotAllowed)
	}
	e, no := d.errand(v, place{r.Node, r.Round, x.ID}, task, a)
	if no != nil {
		return no
	}
	return d.run(v, e)
}

// errand reads what is asked for at a task. It is only a wish until it is judged.
func (d *decider) errand(v *verb, at place, task int, a *event.Action) (*errand, *workflows.Refusal) {
	e := &errand{at: at, task: task, verb: v.name, by: d.ev.Actor.Person}
	var no *workflows.Refusal
	if e.opinion, no = opinion(a); no != nil {
		return nil, no
	}
	if v.who > 0 {
		if e.who, no = persons(a.Form["who"], v.who); no != nil {
			return nil, no
		}
	}
	if v.steps != nil {
		f := field{typ: typeMultiSelect}
		e.steps = f.words(a.Form["step"])
		e.then, _ = scalar(a.Form["then"])
	}
	if v.needs && e.opinion == "" {
		return nil, workflows.Refuse("reason_required", textWhyNeeded)
	}
	return e, nil
}

// persons reads whom an errand names, each once. In chat they are written one after the other.
func persons(in event.Value, limit int) ([]string, *workflows.Refusal) {
	if in.Kind == event.ValueText {
		in = event.List((&field{}).words(in)...)
	}
	f := field{typ: typePersons}
	who, problem := f.parsePersons(in)
	if problem != "" {
		return nil, workflows.Refuse("invalid_form", "%s", problem)
	}
	switch {
	case len(who.L) > limit && limit == 1:
		return nil, workflows.Refuse("invalid_form", textOnePerson)
	case len(who.L) > limit:
		return nil, workflows.Refuse("invalid_form", textTooMany, limit)
	}
	for _, id := range who.L {
		if _, err := selector.Parse("person:" + id); err != nil { // a look-up that can't be made is never answered
			return nil, workflows.Refuse("invalid_form", textNoPerson)
		}
	}
	return who.L, nil
}

// words are the choices of an input, whatever they may be.
func (f *field) words(in event.Value) []string {
	if len(in.List) > 0 {
		return in.List
	}
	return strings.FieldsFunc(in.Typed(), func(r rune) bool { return r == ',' || r == '，' || r == '、' || r == ' ' })
}

// run does an errand, after it has asked about the persons in it.
func (d *decider) run(v *verb, e *errand) *workflows.Refusal {
	if no := v.judge(d, e); no != nil {
		return no
	}
	if len(e.who) == 0 || v.known {
		v.do(d, e)
		return nil
	}
	d.request(e)
	d.say(card.ToastInfo, textLooking)
	return nil
}

// allows reports whether a step allows what is named by a word of `allow:`.
func (n *node) allows(word string) bool { return word == "" || !n.denied[word] }
