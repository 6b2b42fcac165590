package selector

import "strings"

// maxDepth bounds nested roles, and chains that are not counted: a directory may hold a loop.
const maxDepth = 32

// Subject is whom the selectors of one lookup are about.
type Subject struct {
	Initiator string              // person id
	Form      map[string][]string // fields of the form that hold persons (their ids) or a department (its name), by field id
	Chosen    []string
}

// Found is the answer to selectors.
type Found struct {
	Persons []string // ids in the order of the selectors, each once; people who have left are taken out
	// Short are the chains whose bound nobody met, as Selector.String writes them: they ended at the top.
	Short []string
}

// Eval answers a list of selectors from one state of the directory. Unknown roles, departments and persons are
// nobody. An error is a selector that can't be read.
func Eval(texts []string, sub Subject, d Directory) (Found, error) {
	e := evaluation{d: d, sub: sub, seen: map[string]bool{}, roles: map[string]bool{}}
	for _, t := range texts {
		if err := e.text(t); err != nil {
			return Found{}, err
		}
	}
	return e.out, nil
}

type evaluation struct {
	d     Directory
	sub   Subject
	out   Found
	seen  map[string]bool // persons in out
	roles map[string]bool // being expanded: a role may name a role, but not itself
}

func (e *evaluation) text(t string) error {
	s, err := Parse(t)
	if err != nil {
		return err
	}
	return e.selector(s)
}

func (e *evaluation) selector(s Selector) error {
	switch s.Kind {
	case Person:
		e.add(s.Name)
	case Role:
		return e.role(s.Name)
	case Title:
		e.add(e.d.Titled(s.Name)...)
	case Group:
		e.add(e.d.Group(s.Name)...)
	case OnCall:
		on, _ := e.d.OnCall(s.Name)
		e.add(on...)
	case Dept:
		for _, dept := range e.depts(s) {
			switch s.Part {
			case Lead:
				e.add(dept.Leads...)
			case Titled:
				e.titled(dept, s.Title)
			default:
				e.add(e.d.Members(dept.ID, s.Part == All)...)
			}
		}
	case Initiator:
		e.add(e.sub.Initiator)
	case Manager:
		for _, who := range e.starts(s) {
			if chain := e.managers(who, s.Level); len(chain) == s.Level {
				e.add(chain[s.Level-1])
			}
		}
	case Managers, DeptLeads, Leads:
		return e.chain(s)
	case DeptLead, DeptTitle:
		for _, dept := range e.homes(s) {
			if s.Kind == DeptLead {
				e.add(dept.Leads...)
			} else {
				e.titled(dept, s.Name)
			}
		}
	case Form:
		e.add(e.sub.Form[s.Name]...)
	case Chosen:
		e.add(e.sub.Chosen...)
	}
	return nil
}

// starts are the persons whom a selector begins at.
func (e *evaluation) starts(s Selector) []string {
	if s.Of != "" {
		return e.sub.Form[s.Of]
	}
	return []string{e.sub.Initiator}
}

// depts are the departments that a selector names.
func (e *evaluation) depts(s Selector) []Department {
	if s.Of == "" {
		return e.d.Depts(s.Name)
	}
	var out []Department
	for _, name := range e.sub.Form[s.Of] {
		out = append(out, e.d.Depts(name)...)
	}
	return out
}

// homes are the primary departments of those whom a selector begins at.
func (e *evaluation) homes(s Selector) []Department {
	var out []Department
	for _, who := range e.starts(s) {
		if p, ok := e.d.Person(who); ok && len(p.Depts) > 0 {
			if dept, ok := e.d.Dept(p.Depts[0]); ok {
				out = append(out, dept)
			}
		}
	}
	return out
}

// titled takes those of a department, and of the ones below it, who have a job title.
func (e *evaluation) titled(dept Department, title string) {
	for _, id := range e.d.Members(dept.ID, true) {
		if p, ok := e.d.Person(id); ok && strings.TrimSpace(p.Title) == title {
			e.add(id)
		}
	}
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
		e.out.Persons = append(e.out.Persons, p.ID) // by the name they go by now
	}
}
