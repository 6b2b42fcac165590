package approval

import (
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/workflows/cond"
)

// judged is a form that was looked at: what every way in (card, page, interface, tests) is decided by.
type judged struct {
	values   map[string]value  // what was entered, and what follows from it; wrong values as they can be shown again
	problems map[string]string // field → what the person must change
	wrong    []string          // fields with problems, in the order of the form
	hidden   map[string]bool   // fields that are not asked for with these values
}

// judge checks a form. may says which fields can be changed, nil all of them: the others keep what old has, are
// not checked, and what is computed is computed anew from all. Fields are taken in the order of the form, so that
// what one depends on is known before it.
func (p *Program) judge(in map[string]event.Value, old map[string]value, may func(id string) bool, who cond.Initiator) judged {
	j := judged{values: map[string]value{}, problems: map[string]string{}, hidden: map[string]bool{}}
	known := cond.Values{Form: map[string]cond.Value{}, Initiator: who} // without what is wrong
	for i := range p.fields {
		f := &p.fields[i]
		if !truth(f.when, known, true) {
			j.hidden[f.id] = true
			continue
		}
		v, good := old[f.id], true
		problem := ""
		switch {
		case f.typ == typeNote:
			continue
		case f.formula != nil:
			v, problem = f.result(known, nil)
		case may != nil && !may(f.id):
			// as it is
		case f.typ == typeTable:
			var clean value
			var problems []string
			v, clean, problems = f.parseTable(f.given(in), p.loc, known)
			if problem = strings.Join(problems, "\n"); problem != "" {
				known.Form[f.id], good = clean.cond(), false
			}
		default:
			v, problem = f.parse(f.given(in), p.loc)
		}
		if problem == "" && v.empty() && f.formula == nil && (may == nil || may(f.id)) && (f.required || truth(f.must, known, false)) {
			problem = textRequired
		}
		if !v.empty() {
			j.values[f.id] = v
			if good && problem == "" {
				known.Form[f.id] = v.cond()
			}
		}
		if problem != "" {
			j.problems[f.id] = problem
			j.wrong = append(j.wrong, f.id)
		}
	}
	p.bound(&j, may)
	p.between(&j, known, may)
	return j
}

// bound refuses what makes the form too large to be drawn and kept: the largest fields are not even kept to be
// corrected.
func (p *Program) bound(j *judged, may func(id string) bool) {
	sizes, all := map[string]int{}, 0
	for id, v := range j.values {
		sizes[id] = v.size()
		all += sizes[id]
	}
	for all > maxForm {
		most := ""
		for i := range p.fields {
			if id := p.fields[i].id; (may == nil || may(id)) && sizes[id] > sizes[most] {
				most = id
			}
		}
		if most == "" {
			return // it is not theirs to change
		}
		all -= sizes[most]
		delete(sizes, most)
		delete(j.values, most)
		if j.problems[most] == "" {
			j.wrong = append(j.wrong, most)
		}
		j.problems[most] = textTooMuch
	}
}

// size is about how many bytes a value holds.
func (v value) size() int {
	n := len(v.T)
	for _, s := range v.L {
		n += len(s)
	}
	for _, r := range v.R {
		for _, cell := range r {
			n += cell.size()
		}
	}
	for _, f := range v.F {
		n += len(f.Name)
	}
	return n
}

// between applies the rules between fields. One that compares a field which is empty, hidden or wrong waits.
func (p *Program) between(j *judged, known cond.Values, may func(id string) bool) {
	for _, c := range p.checks {
		// A rule that nothing of theirs bears on was the business of whoever handed the form in.
		if may != nil && !slices.ContainsFunc(c.must.Fields(), func(id string) bool { return may(id) || p.byField[id].formula != nil }) {
			continue
		}
		waits := slices.ContainsFunc(c.must.Compared(), func(id string) bool {
			f := p.byField[id]
			return j.problems[id] != "" || f.typ != typeBool && j.values[id].empty()
		})
		if waits || truth(c.must, known, true) {
			continue
		}
		at := c.at
		if j.hidden[at] || may != nil && !may(at) {
			for _, id := range c.must.Fields() { // where the person can do something about it
				if !j.hidden[id] && (may == nil || may(id)) {
					at = id
					break
				}
			}
		}
		if j.problems[at] == "" {
			j.problems[at] = c.say
			j.wrong = append(j.wrong, at)
		}
	}
}

// truth evaluates a condition; none is what without says. Values are canonical, so that evaluation can't fail.
func truth(c *cond.Cond, v cond.Values, without bool) bool {
	if c == nil {
		return without
	}
	ok, err := c.Eval(v)
	return err == nil && ok
}

// given is what was entered for a field, whose inputs a range has two of.
func (f *field) given(in map[string]event.Value) event.Value {
	v := in[f.id]
	if f.typ != typeRange || v.Kind != "" {
		return v
	}
	from, a := in[f.id+suffixFrom]
	to, b := in[f.id+suffixTo]
	if !a && !b {
		return v
	}
	end := func(v event.Value) string {
		v.Raw = "" // read off its looks, it is wanted in its plain form
		s, _ := scalar(v)
		return strings.TrimSpace(s)
	}
	if end(from) == "" && end(to) == "" {
		return event.Value{}
	}
	return event.List(end(from), end(to))
}

// who is the initiator as expressions see them.
func (s *state) starter() cond.Initiator {
	p := s.People[s.By]
	return cond.Initiator{ID: s.By, Name: s.name(s.By), Dept: p.Dept, Title: p.Title}
}

// lines words the problems of a form, one line each: label：what. A table has several.
func (p *Program) lines(problems map[string]string) []string {
	var out []string
	for i := range p.fields {
		f := &p.fields[i]
		for what := range strings.SplitSeq(problems[f.id], "\n") {
			if what != "" {
				out = append(out, f.label+"："+what)
			}
		}
	}
	return out
}

// known is what expressions may read of a form that was judged.
func (d *decider) known(j judged) cond.Values {
	out := cond.Values{Form: map[string]cond.Value{}, Initiator: d.s.starter()}
	for id, v := range j.values {
		if j.problems[id] == "" {
			out.Form[id] = v.cond()
		}
	}
	return out
}
