package selector

import (
	"maps"
	"slices"
	"strings"

	"magpie/config"
)

// Holds says whom a field of a form leads to.
type Holds string

const (
	HoldsPersons Holds = "persons"    // a field of type person or persons
	HoldsDept    Holds = "department" // a field of type department
)

// Scope is what a selector may refer to. A nil map, list or func allows everything of its kind.
type Scope struct {
	Roles  map[string][]string // role → selectors, from the configuration
	OnCall []string            // duty rosters of the configuration
	// Field tells what a field of the form holds, "" for neither.
	Field  func(id string) (h Holds, exists bool)
	Chosen bool // the initiator can pick persons
}

// Check says what in the scope is missing for the selector, "" when nothing is. soft is set where the
// selector is well formed and may become right without changing the file: a role that nobody defined yet.
func Check(s Selector, sc Scope) (what, want string, soft bool) {
	if id := s.Field(); id != "" && sc.Field != nil {
		if what, want = field(s, id, sc); what != "" {
			return what, want, false
		}
	}
	if s.Until != "" {
		if b, err := Parse(s.Until); err == nil {
			return Check(b, sc)
		}
	}
	switch s.Kind {
	case Role:
		if sc.Roles == nil {
			return "", "", false
		}
		who, ok := sc.Roles[s.Name]
		if !ok {
			return "role " + s.Name + " is not defined under people.roles", known(s.Name, slices.Collect(maps.Keys(sc.Roles))), true
		}
		if len(who) == 0 {
			return "role " + s.Name + " has no members", "name them under people.roles", true
		}
	case OnCall:
		if sc.OnCall != nil && !slices.Contains(sc.OnCall, s.Name) {
			return "duty roster " + s.Name + " is not defined under people.oncall", known(s.Name, sc.OnCall), true
		}
	case Chosen:
		if !sc.Chosen {
			return "nobody can be chosen in this flow", "a field of type person and form.FIELD", false
		}
	}
	return "", "", false
}

// field checks that a field is there, and holds what the selector begins at.
func field(s Selector, id string, sc Scope) (what, want string) {
	need, noun := HoldsPersons, "persons"
	want = "a field of type person or persons"
	if s.Kind == Leads || s.Kind == Dept {
		need, noun, want = HoldsDept, "department", "a field of type department"
	}
	switch h, exists := sc.Field(id); {
	case !exists:
		return "the form has no field " + id, want
	case h == need:
	case h == HoldsDept && s.Kind == Form:
		return "field " + id + " of the form holds a department", "form." + id + ".lead, form." + id + ".members or form." + id + ".all"
	case h == HoldsDept && (s.Kind == DeptLead || s.Kind == DeptLeads):
		return "field " + id + " of the form holds a department", "did you mean " + strings.Replace(s.String(), ".dept.", ".", 1) + "?"
	case h == HoldsPersons && (s.Kind == Leads || s.Part == Lead):
		return "field " + id + " of the form holds persons", "did you mean " + strings.Replace(s.String(), ".lead", ".dept.lead", 1) + "?"
	default:
		return "field " + id + " of the form holds no " + noun, want
	}
	return "", ""
}

func known(name string, all []string) string {
	if len(all) == 0 {
		return "define it"
	}
	all = slices.Sorted(slices.Values(all))
	if near := config.Nearest(name, all); near != "" {
		return "did you mean " + near + "?"
	}
	return "define it, or use one of " + strings.Join(all, ", ")
}
