package selector

import (
	"sort"
	"strings"
)

// Scope is what a selector may refer to. A nil map or func allows everything of its kind.
type Scope struct {
	Roles  map[string][]string // role → selectors, from the configuration
	People func(field string) (isPeople, exists bool)
	Chosen bool // the initiator can pick persons
}

// Check says what in the scope is missing for the selector, "" when nothing is. soft is set where the
// selector is well formed and may become right without changing the file: a role that nobody defined yet.
func Check(s Selector, sc Scope) (what, want string, soft bool) {
	switch s.Kind {
	case Role:
		if sc.Roles == nil {
			return "", "", false
		}
		who, ok := sc.Roles[s.Name]
		if !ok {
			return "role " + s.Name + " is not defined under people.roles", known("define it, or use one of ", sc.Roles), true
		}
		if len(who) == 0 {
			return "role " + s.Name + " has no members", "name them under people.roles", true
		}
	case Form:
		if sc.People == nil {
			return "", "", false
		}
		people, exists := sc.People(s.Name)
		if !exists {
			return "the form has no field " + s.Name, "a field of type person or persons", false
		}
		if !people {
			return "field " + s.Name + " of the form holds no persons", "a field of type person or persons", false
		}
	case Chosen:
		if !sc.Chosen {
			return "nobody can be chosen in this flow", "a field of type person and form.FIELD", false
		}
	}
	return "", "", false
}

func known(lead string, roles map[string][]string) string {
	if len(roles) == 0 {
		return "define it"
	}
	names := make([]string, 0, len(roles))
	for n := range roles {
		names = append(names, n)
	}
	sort.Strings(names)
	return lead + strings.Join(names, ", ")
}
