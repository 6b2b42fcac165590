package approval

import (
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
)

// A field of persons can say among whom is chosen: `from:`. Those are looked up when the form is begun, and offered by
// name; whoever is not among them is refused by whatever way the form comes in. A step whose approvers the initiator
// chooses (`by: chosen`) has such a field of its own.

// maxChoice is how many persons a field offers at most.
const maxChoice = 200

// choices are fields and the persons among whom is chosen there.
type choices map[string][]string

// offered: the persons that a field offers are known.
type offered struct {
	Field   string   `json:"field"`
	Persons []string `json:"persons,omitempty"`
}

func (*offered) kind() string { return "offered" }
func (f *offered) apply(s *state, _ stamp, _ string) {
	offers := make(choices, len(s.Offers)+1)
	for id, who := range s.Offers {
		offers[id] = who
	}
	offers[f.Field] = f.Persons
	s.Offers = offers
}

// askOffers asks whom the fields offer.
func (d *decider) askOffers(by string) {
	for i := range d.p.fields {
		if f := &d.p.fields[i]; len(f.from) > 0 {
			d.lookup(ask{ID: "from/" + f.id, For: "from", Node: f.id}, f.from, by)
		}
	}
}

// offer draws the input of a field that offers persons: they are chosen from a list.
func (d *decider) offer(f *field, v value, in *ViewInput) {
	who := d.s.Offers[f.id]
	if len(f.from) == 0 || len(who) == 0 {
		return
	}
	in.Kind, in.Default = card.InputSelect, nil
	if f.typ == typePersons {
		in.Kind = card.InputMultiSelect
	}
	for _, id := range who {
		in.Options = append(in.Options, ViewOption{Value: id, Label: d.s.nameApart(id)})
	}
	chosen := v.L
	if v.T != "" {
		chosen = []string{v.T}
	}
	chosen = slices.DeleteFunc(slices.Clone(chosen), func(id string) bool { return !slices.Contains(who, id) })
	if len(chosen) > 0 {
		x := event.Text(chosen[0])
		if f.typ == typePersons {
			x = event.List(chosen...)
		}
		in.Default = &x
	}
}

// nameApart is a person's name, with the department where two who are offered have the same.
func (s *state) nameApart(id string) string {
	p := s.People[id]
	for other, q := range s.People {
		if other != id && q.Name == p.Name && p.Dept != "" {
			return s.name(id) + "（" + p.Dept + "）"
		}
	}
	return s.name(id)
}

// waits reports whether a form is shown only once it is known who may fill it in, and whom its fields offer.
func (p *Program) waits() bool {
	return len(p.who) > 0 || slices.ContainsFunc(p.fields, func(f field) bool { return len(f.from) > 0 })
}

// ready shows the form when nothing is waited for any more.
func (d *decider) ready() {
	if d.s.Status != workflows.StatusDraft || d.s.Draft == nil || !d.s.Draft.Hidden {
		return
	}
	if !slices.ContainsFunc(d.s.Asks, func(a ask) bool { return a.For == "who" || a.For == "from" }) {
		d.admit(true)
	}
}

// among refuses persons whom a field does not offer. Only what may be changed is looked at.
func (d *decider) among(j *judged, may func(id string) bool) {
	if d.early {
		return
	}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		if len(f.from) == 0 || j.hidden[f.id] || j.problems[f.id] != "" || may != nil && !may(f.id) {
			continue
		}
		v := j.values[f.id]
		chosen := v.L
		if v.T != "" {
			chosen = []string{v.T}
		}
		who := d.s.Offers[f.id]
		problem := ""
		switch {
		case len(chosen) == 0:
		case len(who) == 0:
			problem = textNobodyOffered
		case slices.ContainsFunc(chosen, func(id string) bool { return !slices.Contains(who, id) && !slices.Contains(who, d.s.one(id)) }):
			problem = textNotOffered
		}
		if problem != "" {
			j.problems[f.id] = problem
			j.wrong = append(j.wrong, f.id)
		}
	}
}

// offers checks whom a field offers: people who can be known when the form is begun.
func (c *compiler) offers(list selectors, path string) []string { return c.selectors(list, path, true) }

// chosenFields gives every step whose approvers are chosen a field of its own, after those of the form.
func (c *compiler) chosenFields(s *spec) {
	var walk func(list []stepSpec, path string, inside bool)
	walk = func(list []stepSpec, path string, inside bool) {
		for i := range list {
			st, at := &list[i], fmt.Sprintf("%s[%d]", path, i)
			if st.Approve != nil {
				c.chosenField(s, st, at, inside)
			}
			for k := range st.Branch {
				walk(st.Branch[k].Steps, fmt.Sprintf("%s.branch[%d].steps", at, k), true)
			}
			for k := range st.Inclusive {
				walk(st.Inclusive[k].Steps, fmt.Sprintf("%s.inclusive[%d].steps", at, k), true)
			}
			for k := range st.Parallel {
				walk(st.Parallel[k], fmt.Sprintf("%s.parallel[%d]", at, k), inside)
			}
		}
	}
	walk(s.Steps, "steps", false)
}

// chosenField adds the field of one step; inside says that not every request comes there.
func (c *compiler) chosenField(s *spec, st *stepSpec, at string, inside bool) {
	a := st.Approve
	i := slices.Index(a.By, "chosen")
	if i < 0 {
		for _, x := range []struct {
			key   string
			given bool
		}{{"from", a.From != nil}, {"at_most", a.AtMost != 0}} {
			if x.given {
				c.ps = append(c.ps, c.root.At(at+".approve").Key(x.key).Problem(x.key+" belongs to by: chosen", "by: chosen, or remove it"))
			}
		}
		return
	}
	if st.ID == "" {
		return // said where steps are compiled
	}
	id := chosenID(st.ID)
	if slices.ContainsFunc(s.Form, func(f fieldSpec) bool { return f.ID == id }) {
		c.fail(at+".id", fmt.Sprintf("the form has a field %s already, which this step needs for whom is chosen", id), "another id")
		a.By = slices.Delete(a.By, i, i+1)
		return
	}
	name := st.Name
	if name == "" {
		name = st.ID
	}
	f := fieldSpec{ID: id, Type: string(typePerson), Label: fmt.Sprintf(textChooseFor, name), chosen: true}
	if a.AtMost > 1 {
		f.Type, f.Max = string(typePersons), config.Decimal(fmt.Sprint(a.AtMost))
	}
	switch {
	case inside: // not every request comes there; with nobody chosen if_nobody says what happens
	case st.If != "":
		f.Show, f.Required = st.If, requiredSpec{Always: true}
	default:
		f.Required.Always = true
	}
	s.Form = append(s.Form, f)
	a.By[i] = "form." + id
	if a.From != nil {
		c.later = append(c.later, func() {
			if f := c.p.byField[id]; f != nil {
				f.from, f.fromAt = c.offers(a.From, at+".approve.from"), at+".approve.from"
			}
		})
	}
}

// chosenID is the field of a step whose approvers are chosen.
func chosenID(step string) string { return "chosen_" + strings.ReplaceAll(step, "-", "_") }

// offers warns of fields that offer nobody today, or more people than they can.
func (l *peopleLint) offers() {
	for i := range l.p.fields {
		f := &l.p.fields[i]
		if len(f.from) == 0 {
			continue
		}
		at := l.c.root.At(f.fromAt)
		if asks(f.from) {
			l.named(f.from, at)
			continue
		}
		who, ok := l.find(f.from, "")
		if len(who) > 0 {
			l.named(f.from, at)
		}
		switch {
		case ok && len(who) == 0:
			l.c.warnAt(at, fmt.Sprintf("%s offers nobody today: the form can't be handed in", f.label), l.meant(f.from))
		case len(who) > maxChoice:
			l.c.warnAt(at, fmt.Sprintf("%s offers %d persons; only the first %d are shown", f.label, len(who), maxChoice), "fewer of them, or no from")
		}
	}
}
