package selector

import "slices"

// chain takes the managers or the leads of departments upwards from each of those whom the selector begins at.
// A bound that is not met is noted.
func (e *evaluation) chain(s Selector) error {
	met, at, err := e.bound(s)
	if err != nil {
		return err
	}
	n, short := s.Level, false
	if s.Until != "" {
		n = maxDepth
	}
	switch s.Kind {
	case Managers:
		for _, who := range e.starts(s) {
			list := e.managers(who, n)
			if i := slices.IndexFunc(list, func(id string) bool { return e.meets(id, met) }); i >= 0 {
				list = list[:i+1]
			} else if _, known := e.d.Person(who); known {
				short = true
			}
			e.add(list...)
		}
	default:
		from := e.homes(s)
		if s.Kind == Leads {
			from = e.depts(s)
		}
		for _, dept := range from {
			list := e.above(dept, n)
			i := slices.IndexFunc(list, func(d Department) bool {
				return at[d.ID] || slices.ContainsFunc(d.Leads, func(id string) bool { return e.meets(id, met) })
			})
			if i >= 0 {
				list = list[:i+1]
			} else {
				short = true
			}
			for _, d := range list {
				e.add(d.Leads...)
			}
		}
	}
	if text := s.String(); short && s.Until != "" && !slices.Contains(e.out.Short, text) {
		e.out.Short = append(e.out.Short, text)
	}
	return nil
}

// bound is whom a chain ends with. Of a chain of departments a bare dept:NAME is the department itself.
func (e *evaluation) bound(s Selector) (met, at map[string]bool, err error) {
	if s.Until == "" {
		return nil, nil, nil
	}
	b, err := Parse(s.Until)
	if err != nil {
		return nil, nil, err
	}
	if b.Kind == Dept && b.Part == All && s.Kind != Managers {
		at = map[string]bool{}
		for _, d := range e.d.Depts(b.Name) {
			at[d.ID] = true
		}
		return nil, at, nil
	}
	in := evaluation{d: e.d, sub: e.sub, seen: map[string]bool{}, roles: e.roles}
	if err := in.selector(b); err != nil {
		return nil, nil, err
	}
	return in.seen, nil, nil
}

// meets reports whether somebody who is still there is among those of a bound.
func (e *evaluation) meets(id string, met map[string]bool) bool {
	if len(met) == 0 {
		return false
	}
	p, ok := e.d.Person(id)
	return ok && p.Active && met[p.ID]
}

// managers walks up from somebody, at most n, and stops at a loop. A manager who has left stays in the chain, so
// that "the second manager" means the same person whoever left; add takes them out.
func (e *evaluation) managers(who string, n int) []string {
	var chain []string
	seen := map[string]bool{who: true}
	at := who
	for len(chain) < n {
		p, ok := e.d.Person(at)
		seen[p.ID] = true
		if !ok || p.Manager == "" || seen[p.Manager] {
			break
		}
		seen[p.Manager] = true
		chain = append(chain, p.Manager)
		at = p.Manager
	}
	return chain
}

// above is a department and those above it, at most n, without walking a loop twice.
func (e *evaluation) above(dept Department, n int) []Department {
	var out []Department
	seen := map[string]bool{}
	for len(out) < n && !seen[dept.ID] {
		seen[dept.ID] = true
		out = append(out, dept)
		up, ok := e.d.Dept(dept.Parent)
		if !ok {
			break
		}
		dept = up
	}
	return out
}
