package selector

// maxDepth bounds nested roles and chains of managers: a directory may hold a loop.
const maxDepth = 32

// Subject is whom the selectors of one lookup are about.
type Subject struct {
	Initiator string              // person id
	Form      map[string][]string // person fields of the form, by field id
	Chosen    []string
}

// Eval answers a list of selectors from one state of the directory: person ids in the order of the
// selectors, each once, people who have left taken out. Unknown roles, departments and persons are
// nobody. An error is a selector that can't be read.
func Eval(texts []string, sub Subject, d Directory) ([]string, error) {
	e := evaluation{d: d, sub: sub, seen: map[string]bool{}, roles: map[string]bool{}}
	for _, t := range texts {
		if err := e.text(t); err != nil {
			return nil, err
		}
	}
	return e.out, nil
}

type evaluation struct {
	d     Directory
	sub   Subject
	out   []string
	seen  map[string]bool // persons in out
	roles map[string]bool // being expanded: a role may name a role, but not itself
}

func (e *evaluation) text(t string) error {
	s, err := Parse(t)
	if err != nil {
		return err
	}
	switch s.Kind {
	case Person:
		e.add(s.Name)
	case Role:
		return e.role(s.Name)
	case OnCall:
		on, _ := e.d.OnCall(s.Name)
		e.add(on...)
	case Dept:
		for _, dept := range e.d.Depts(s.Name) {
			switch s.Part {
			case Lead:
				e.add(dept.Leads...)
			default:
				e.add(e.d.Members(dept.ID, s.Part == All)...)
			}
		}
	case Initiator:
		e.add(e.sub.Initiator)
	case Manager:
		if chain := e.managers(s.Level); len(chain) == s.Level {
			e.add(chain[s.Level-1])
		}
	case Managers:
		e.add(e.managers(s.Level)...)
	case DeptLead:
		if p, ok := e.d.Person(e.sub.Initiator); ok && len(p.Depts) > 0 {
			if dept, ok := e.d.Dept(p.Depts[0]); ok {
				e.add(dept.Leads...)
			}
		}
	case Form:
		e.add(e.sub.Form[s.Name]...)
	case Chosen:
		e.add(e.sub.Chosen...)
	}
	return nil
}

func (e *evaluation) role(name string) error {
	if e.roles[name] || len(e.roles) >= maxDepth {
		return nil
	}
	e.roles[name] = true
	defer delete(e.roles, name)
	texts, _ := e.d.Role(name)
	for _, t := range texts {
		if err := e.text(t); err != nil {
			return err
		}
	}
	return nil
}

// managers walks up from the initiator, at most n, and stops at a loop. A manager who has left stays in
// the chain, so that "the second manager" means the same person whoever left; add takes them out.
func (e *evaluation) managers(n int) []string {
	var chain []string
	seen := map[string]bool{e.sub.Initiator: true}
	at := e.sub.Initiator
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

// add takes persons that are there and have not left.
func (e *evaluation) add(ids ...string) {
	for _, id := range ids {
		if id == "" || e.seen[id] {
			continue
		}
		p, ok := e.d.Person(id)
		if !ok || !p.Active || e.seen[p.ID] {
			continue
		}
		e.seen[id], e.seen[p.ID] = true, true
		e.out = append(e.out, p.ID) // by the name they go by now
	}
}
