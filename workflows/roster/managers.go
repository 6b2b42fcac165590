package roster

import (
	"slices"

	"magpie/workflows"
)

// complete gives persons whom no suite names a manager for the lead of their department, as all suites
// together know it: a suite can't name somebody who is not in it. It is the lead of the first of their
// departments, or of one above it, who is not themself and is still there. Whoever leads a department is not
// below the others who lead it, and nobody becomes their own manager over others: a lead who would close a
// circle is passed over.
func (s *state) complete(order []workflows.Person) {
	for i := range order {
		if p := s.persons[order[i].ID]; p.Manager == "" {
			p.Manager = s.leadOf(p)
		}
	}
}

func (s *state) leadOf(p *workflows.Person) string {
	for _, id := range p.Depts {
		seen := map[string]bool{}
		for d := s.depts[id]; d != nil && !seen[d.ID]; d = s.depts[d.Parent] {
			seen[d.ID] = true
			if slices.Contains(d.Leads, p.ID) {
				continue
			}
			for _, lead := range d.Leads {
				if l := s.persons[lead]; l != nil && l.Active && !s.above(lead, p.ID) {
					return lead
				}
			}
		}
	}
	return ""
}

// above reports whether who is among the managers of id, as far as they are known.
func (s *state) above(id, who string) bool {
	seen := map[string]bool{}
	for p := s.persons[id]; p != nil && !seen[p.ID]; p = s.persons[p.Manager] {
		seen[p.ID] = true
		if p.Manager == who {
			return true
		}
	}
	return false
}
