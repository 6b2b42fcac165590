package approval

import (
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/cond"
)

// CheckStarts checks the workflows that start each other: what is started exists, its form gets all that it must have
// and nothing that does not fit, and none starts itself, however long the way.
func CheckStarts(programs []workflows.Program) config.Problems {
	all := map[string]*Program{}
	other := map[string]bool{}
	for _, x := range programs {
		if p, ok := x.(*Program); ok {
			all[p.def.ID] = p
		} else {
			other[x.Definition().ID] = true
		}
	}
	var ps config.Problems
	for _, x := range programs {
		p, ok := x.(*Program)
		if !ok {
			continue
		}
		for _, n := range p.order {
			if n.flow == nil {
				continue
			}
			child := all[n.flow.start]
			if child == nil {
				want := "the id of a workflow"
				if near := config.Nearest(n.flow.start, ids(all)); near != "" {
					want = "did you mean " + near + "?"
				}
				what := fmt.Sprintf("there is no workflow %s", n.flow.start)
				if other[n.flow.start] {
					what = fmt.Sprintf("the workflow %s can't be started by another", n.flow.start)
				}
				ps = append(ps, n.flow.at.Key("start").Problem(what, want))
				continue
			}
			ps = append(ps, p.checkForm(n, child)...)
			if way := circle(all, child, p.def.ID, []string{p.def.ID}); way != nil {
				ps = append(ps, n.flow.at.Key("start").Problem("the workflows start each other in a circle: "+strings.Join(way, ", "), "no way back to "+p.def.ID))
			}
		}
	}
	return ps
}

func ids(all map[string]*Program) (out []string) {
	for id := range all {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// circle is a way from a workflow to another by what they start, nil when there is none.
func circle(all map[string]*Program, from *Program, to string, way []string) []string {
	way = append(slices.Clone(way), from.def.ID)
	if from.def.ID == to {
		return way
	}
	for _, n := range from.order {
		if n.flow == nil || all[n.flow.start] == nil || n.flow.start != to && slices.Contains(way, n.flow.start) {
			continue
		}
		if found := circle(all, all[n.flow.start], to, way); found != nil {
			return found
		}
	}
	return nil
}

// nearField says which field may be meant.
func (p *Program) nearField(id string) string {
	var have []string
	for i := range p.fields {
		have = append(have, p.fields[i].id)
	}
	if best := config.Nearest(id, have); best != "" {
		return "did you mean " + best + "?"
	}
	return "one of " + strings.Join(have, ", ")
}

// checkForm checks what a step fills the other form with.
func (p *Program) checkForm(n *node, child *Program) config.Problems {
	var ps config.Problems
	filled := map[string]bool{}
	for _, g := range n.flow.form {
		filled[g.field] = true
		f := child.byField[g.field]
		if f == nil {
			ps = append(ps, g.at.Problem(fmt.Sprintf("the form of %s has no field %s", child.def.ID, g.field), child.nearField(g.field)))
			continue
		}
		if what := p.fits(g, f); what != "" {
			ps = append(ps, g.at.Problem(fmt.Sprintf("%s does not fit the field %s of %s: %s", g.text(), g.field, child.def.ID, what), "a value of the same type"))
		}
	}
	for i := range child.fields {
		if f := &child.fields[i]; f.required && f.when == nil && f.def.empty() && !f.self && !filled[f.id] {
			ps = append(ps, n.flow.at.Problem(fmt.Sprintf("the form of %s must have the field %s", child.def.ID, f.id), "form: {"+f.id+": form.FIELD}"))
		}
	}
	return ps
}

func (g given) text() string {
	switch {
	case g.formula != nil:
		return g.formula.String()
	case g.form != "":
		return "form." + g.form
	case g.initiator != "":
		return "initiator." + g.initiator
	}
	return fmt.Sprintf("%q", g.literal)
}

// fits says why a value can never fill a field, "" when it can. Whether it does is for the field's own checks.
func (p *Program) fits(g given, f *field) string {
	switch {
	case f.formula != nil:
		return "it is computed there"
	case f.typ == typeNote:
		return "it is a note, which holds nothing"
	case g.formula != nil:
		if k := f.condKind(); k == g.kind && (k != cond.Text || f.private()) {
			return ""
		}
		return fmt.Sprintf("it gives a %s, the field is %s", g.kind, f.typ)
	case g.form != "":
		from := p.byField[g.form]
		if from == nil || from.typ == f.typ || f.private() && from.private() {
			return ""
		}
		return fmt.Sprintf("one is %s, the other %s", from.typ, f.typ)
	case g.initiator == "id" && (f.typ == typePerson || f.typ == typePersons), g.initiator != "" && f.private():
		return ""
	case g.initiator != "":
		return fmt.Sprintf("it is a text, the field %s", f.typ)
	}
	if _, problem := f.parse(event.Text(g.literal), p.loc); problem != "" {
		return problem
	}
	return ""
}
