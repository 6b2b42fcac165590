package roster

import (
	"magpie/adapters/event"
	"magpie/workflows"
)

// proxies are the grants that may concern persons: theirs, and those of whoever they lead to, breadth first.
// Persons who have left take nothing over.
func (s *state) proxies(ids []string) []event.Proxy {
	if len(s.grants) == 0 {
		return nil
	}
	var out []event.Proxy
	seen := map[string]bool{}
	for hop := 0; hop < workflows.MaxProxyHops && len(ids) > 0; hop++ {
		var next []string
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			for _, g := range s.grants[id] {
				to := s.persons[g.To]
				if to == nil || !to.Active {
					continue
				}
				out = append(out, event.Proxy{
					ID: g.ID, Of: id, To: s.person(to), From: g.From, Until: g.Until, Flows: g.Flows, Max: g.Max, Open: g.Open,
				})
				next = append(next, to.ID)
			}
		}
		ids = next
	}
	return out
}

// person is somebody as events carry them.
func (s *state) person(p *workflows.Person) event.Person {
	return event.Person{ID: p.ID, Name: p.Name, Dept: s.deptName(p), Title: p.Title, Active: p.Active}
}

// grantsOf sorts grants by whose place is taken, by the names that stay.
func (s *state) grantsOf(all []workflows.Proxy) map[string][]workflows.Proxy {
	out := map[string][]workflows.Proxy{}
	for _, g := range all {
		if of := s.persons[g.Of]; of != nil {
			out[of.ID] = append(out[of.ID], g)
		}
	}
	return out
}
