package approval

import (
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows"
)

// What an approver of a step may do with a field: read it, which is what they may when nothing is said, change it, or
// not see it at all.
const (
	rightRead   = "read"
	rightEdit   = "edit"
	rightHidden = "hidden"
)

// editPrefix is before the name of a field among the inputs of a decision, where other inputs have names too.
const editPrefix = "field_"

func (n *node) hides(field string) bool { return n != nil && n.rights[field] == rightHidden }

func (n *node) shows(field string) bool { return !n.hides(field) }

// hidesAny reports whether some step hides a field: what everybody reads must not tell it then.
func (p *Program) hidesAny(field string) bool {
	return slices.ContainsFunc(p.order, func(n *node) bool { return n.hides(field) })
}

// secrecy reports which fields somebody may not see.
type secrecy func(field string) bool

func (x secrecy) not() func(string) bool { return func(field string) bool { return !x(field) } }

// unseen reports which fields a person may not see anywhere: those hidden at every step where they have or had a
// seat. The initiator has written them.
func (d *decider) unseen(person string) secrecy {
	var at []*node
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		for k := range r.Seats {
			x := &r.Seats[k]
			had := x.Person == person || x.Back != nil && x.Back.Person == person ||
				slices.ContainsFunc(x.Past, func(t pastTask) bool { return t.Person == person })
			if n := d.p.nodes[r.Node]; had && n != nil && !slices.Contains(at, n) {
				at = append(at, n)
			}
		}
	}
	return func(field string) bool {
		return person != d.s.By && len(at) > 0 && !slices.ContainsFunc(at, func(n *node) bool { return !n.hides(field) })
	}
}

// titleFor is the title as somebody may read it.
func (d *decider) titleFor(person string) string { return d.titleWithout(d.unseen(person)) }

// titleAt is the title as the approvers of a step may read it.
func (d *decider) titleAt(n *node) string { return d.titleWithout(n.hides) }

func (d *decider) titleWithout(hidden func(string) bool) string {
	if d.s.Title == "" || !slices.ContainsFunc(d.p.fields, func(f field) bool { return hidden(f.id) }) {
		return d.s.Title
	}
	seen := make(map[string]value, len(d.s.Form))
	for i := range d.p.fields {
		if id := d.p.fields[i].id; !hidden(id) {
			seen[id] = d.s.Form[id]
		}
	}
	return d.title(seen)
}

// titleSeen is a title without what its reader may not see.
func (d *decider) titleSeen(title string, may func(string) bool) string {
	if may == nil || d.s.Title == "" {
		return title
	}
	return d.titleWithout(func(id string) bool { return !may(id) })
}

// editForm are the inputs of a decision at a step where fields can be changed, the opinion last.
func (d *decider) editForm(n *node) *ViewForm {
	if !n.edits() {
		return nil
	}
	out := d.inputs(d.s.Form, nil, n.changes)
	for i := range out.Inputs {
		in := &out.Inputs[i]
		in.Name, in.Required = editPrefix+in.Name, false // what is missing is said after the press: a suite may press without the inputs
	}
	out.Inputs = append(out.Inputs, ViewInput{Name: "opinion", Label: textOpinion, Placeholder: textOpinionHint, Kind: "longtext", Max: 500})
	return out
}

func (n *node) edits() bool {
	for _, right := range n.rights {
		if right == rightEdit {
			return true
		}
	}
	return false
}

// changes reports whether a field can be changed at a step.
func (n *node) changes(field string) bool { return n.rights[field] == rightEdit }

// edit judges what a press changes of the form. What did not come back stays as it is: a suite whose card takes no
// inputs has a plain button. What is not theirs to change is refused, whatever way it came in.
func (d *decider) edit(n *node, at place, a *event.Action) (*edited, *workflows.Refusal) {
	for name := range a.Form {
		id, ok := strings.CutPrefix(name, editPrefix)
		id = strings.TrimSuffix(strings.TrimSuffix(id, suffixFrom), suffixTo)
		if ok && n.rights[id] != rightEdit {
			return nil, workflows.Refuse("not_your_field", textNotYourField)
		}
	}
	if a.Verb != "approve" || !n.edits() {
		return nil, nil
	}
	f := &edited{place: at}
	f.p.Old, f.p.New = map[string]value{}, map[string]value{}
	in := d.entered(d.s.Form)
	for name, v := range a.Form {
		if id, ok := strings.CutPrefix(name, editPrefix); ok {
			in[id] = v
		}
	}
	j := d.p.judge(in, d.s.Form, n.changes, d.s.starter())
	d.among(&j, n.changes)
	for i := range d.p.fields {
		id := d.p.fields[i].id
		if old, now := d.s.Form[id], j.values[id]; !old.equal(now) { // what is computed, or no longer asked for, follows
			f.Fields = append(f.Fields, id)
			f.p.Old[id], f.p.New[id] = old, now
		}
	}
	lines := d.p.lines(j.problems)
	if len(lines) > 0 {
		return nil, workflows.Refuse("invalid_form", textFormProblem, strings.Join(lines, "；"))
	}
	if len(f.Fields) == 0 {
		return nil, nil
	}
	f.p.Title = d.title(j.values)
	return f, nil
}

// change records what an approver changed. The names of persons who came in are asked for, as at the start.
func (d *decider) change(f *edited) {
	if f == nil {
		return
	}
	d.emitBy(f, d.ev.Actor.Person)
	d.askNamed(f.p.New, fmt.Sprintf("form/%d", len(d.s.Runs))+"/"+taskKey(f.Node, f.Round, f.Seat, 1))
}

// edited: an approver changed the form. What it held and what it holds is personal text.
type edited struct {
	place
	Fields []string `json:"fields"`
	p      struct {
		Old   map[string]value `json:"old,omitempty"`
		New   map[string]value `json:"new,omitempty"`
		Title string           `json:"title,omitempty"`
	}
}

func (*edited) kind() string  { return "edited" }
func (f *edited) secret() any { return &f.p }
func (f *edited) apply(s *state, _ stamp, _ string) {
	if s.Form == nil {
		s.Form = map[string]value{}
	}
	for _, id := range f.Fields {
		if v, ok := f.p.New[id]; ok && !v.empty() {
			s.Form[id] = v
		} else {
			delete(s.Form, id)
		}
	}
	if f.p.Title == "" || f.p.Title == s.Title {
		return
	}
	s.Title = f.p.Title
	for i := range s.Runs { // lists show it
		for k := range s.Runs[i].Seats {
			if x := &s.Runs[i].Seats[k]; x.State == workflows.TaskOpen {
				x.dirty = true
			}
		}
	}
}
