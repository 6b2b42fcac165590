package roster

import (
	"slices"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/selector"
)

// state is one indexed state of the directory: departments merged over the suites, managers completed. It is
// never changed.
type state struct {
	rev       int64
	persons   map[string]*workflows.Person // by other names too, of those who were merged
	byRef     map[event.Ref]string
	addresses map[string][]workflows.Address
	depts     map[string]*workflows.Department // merged, by each suite's own id
	byName    map[string][]*workflows.Department
	children  map[string][]*workflows.Department
	grants    map[string][]workflows.Proxy // by whose place is taken
	titles    map[string][]string          // person ids by job title
	groups    map[string][]string          // person ids by NAME and by CONNECTION/NAME
}

func index(all workflows.Roster) *state {
	s := &state{
		rev:       all.Rev,
		persons:   make(map[string]*workflows.Person, len(all.Persons)),
		byRef:     make(map[event.Ref]string, len(all.Accounts)),
		addresses: make(map[string][]workflows.Address, len(all.Persons)),
		byName:    make(map[string][]*workflows.Department, len(all.Departments)),
		children:  map[string][]*workflows.Department{},
	}
	persons := slices.Clone(all.Persons) // managers are completed in it, and the source may hold on to its own
	for i := range persons {
		s.persons[persons[i].ID] = &persons[i]
	}
	for other, id := range all.Aliases {
		if p := s.persons[id]; p != nil && s.persons[other] == nil {
			s.persons[other] = p
		}
	}
	for _, a := range all.Accounts {
		if _, ok := s.persons[a.Person]; !ok {
			continue
		}
		s.byRef[a.Ref] = a.Person
		if a.Send {
			s.addresses[a.Person] = append(s.addresses[a.Person], workflows.Address{Connection: a.Connection, Ref: a.Ref})
		}
	}
	s.grants = s.grantsOf(all.Proxies)
	s.titles, s.groups = titlesOf(persons), groupsOf(all.Groups)
	merged, of := merge(all.Departments)
	s.depts = of
	for _, d := range merged {
		if d.Parent != "" {
			s.children[d.Parent] = append(s.children[d.Parent], d)
		}
	}
	// A company may have another name in each suite; each finds it.
	for i := range all.Departments {
		d := &all.Departments[i]
		if m := of[d.ID]; !slices.Contains(s.byName[d.Name], m) {
			s.byName[d.Name] = append(s.byName[d.Name], m)
		}
	}
	s.complete(all.Persons)
	return s
}

func (s *state) deptName(p *workflows.Person) string {
	if len(p.Depts) > 0 {
		if d, ok := s.depts[p.Depts[0]]; ok {
			return d.Name
		}
	}
	return ""
}

// view is a state as selectors see it, with the roles and the duty rosters of the moment.
type view struct {
	*state
	roles  map[string][]string
	duties map[string]selector.Duty
	at     time.Time // of the question
}

var _ selector.Directory = view{}

func (v view) Person(id string) (workflows.Person, bool) {
	if p, ok := v.persons[id]; ok {
		return *p, true
	}
	return workflows.Person{}, false
}

func (v view) Depts(name string) []selector.Department {
	found := v.byName[name]
	if len(found) == 0 {
		if d, ok := v.depts[name]; ok {
			found = append(found, d)
		}
	}
	out := make([]selector.Department, len(found))
	for i, d := range found {
		out[i] = dept(d)
	}
	return out
}

func (v view) Dept(id string) (selector.Department, bool) {
	if d, ok := v.depts[id]; ok {
		return dept(d), true
	}
	return selector.Department{}, false
}

func dept(d *workflows.Department) selector.Department {
	return selector.Department{ID: d.ID, Name: d.Name, Parent: d.Parent, Leads: d.Leads}
}

// Members walks down; a loop in the tree is walked once.
func (v view) Members(id string, deep bool) []string {
	var out []string
	seen := map[string]bool{}
	var down func(id string)
	down = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		if d, ok := v.depts[id]; ok {
			out = append(out, d.Members...)
		}
		if deep {
			for _, c := range v.children[id] {
				down(c.ID)
			}
		}
	}
	if d, ok := v.depts[id]; ok {
		down(d.ID) // any suite's id of it will do
	}
	return out
}

func (v view) Role(name string) ([]string, bool) {
	s, ok := v.roles[name]
	return s, ok
}

func (v view) Titled(title string) []string { return v.titles[title] }

func (v view) Group(name string) []string { return v.groups[name] }

func (v view) OnCall(name string) ([]string, bool) {
	d, ok := v.duties[name]
	if who := d.On(v.at); who != "" {
		return []string{who}, ok
	}
	return nil, ok
}
