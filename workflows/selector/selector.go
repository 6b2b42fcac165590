package selector

import (
	"strconv"
	"strings"
)

// Kind tells which form of the language a Selector is.
type Kind string

const (
	Person    Kind = "person"     // Name is a person id
	Role      Kind = "role"       // Name is a role
	Title     Kind = "title"      // Name is a job title
	Group     Kind = "group"      // Name is a group of a suite, alone or after "CONNECTION/"
	Dept      Kind = "dept"       // Name is a department's name or id, or Of a field that holds one; Part says who of it
	Initiator Kind = "initiator"  // the initiator themself
	Manager   Kind = "manager"    // Level managers above: 1 is the direct one
	Managers  Kind = "managers"   // the chain of managers, nearest first: at most Level, or up to Until
	DeptLead  Kind = "dept_lead"  // the lead of the primary department
	DeptLeads Kind = "dept_leads" // the leads of it and of those above it: at most Level departments, or up to Until
	DeptTitle Kind = "dept_title" // those of the primary department whose job title is Name
	Leads     Kind = "leads"      // as DeptLeads, from the department in the field Of
	Form      Kind = "form"       // Name is a field of the form that holds persons
	Chosen    Kind = "chosen"     // whom the initiator picked
	OnCall    Kind = "oncall"     // Name is a duty roster
)

// Part says who of a department is meant.
type Part string

const (
	All     Part = "all"     // members of it and of every department below; what a bare dept:NAME means
	Members Part = "members" // direct members only
	Lead    Part = "lead"    // its lead or leads
	Titled  Part = "title"   // those of All whose job title is Title
)

// MaxLevel bounds how far up a chain of managers or departments may be counted.
const MaxLevel = 10

// Selector is one parsed selector. It is comparable.
type Selector struct {
	Kind  Kind
	Name  string // person, role, title, group, dept, dept_title, form, oncall
	Of    string // field of the form that it begins at; "" is the initiator, and of dept what Name says
	Part  Part   // dept
	Title string // dept, with Part Titled
	Level int    // manager, managers, dept_leads, leads: 1 to MaxLevel; 0 with Until
	Until string // managers, dept_leads, leads: the bound, a selector as String writes it
}

// Field is the field of the form that a selector reads, "" when it reads none.
func (s Selector) Field() string {
	if s.Kind == Form {
		return s.Name
	}
	return s.Of
}

// About reports whether whom it means depends on who started the flow.
func (s Selector) About() bool {
	switch s.Kind {
	case Initiator:
		return true
	case Manager, Managers, DeptLead, DeptLeads, DeptTitle:
		return s.Of == ""
	}
	return false
}

// String writes the selector in its shortest form; Parse reads it back to the same value.
func (s Selector) String() string {
	from := "initiator"
	if s.Of != "" {
		from = "form." + s.Of
	}
	switch s.Kind {
	case Dept:
		switch {
		case s.Of != "":
			return from + "." + string(s.Part)
		case s.Part == All:
			return "dept:" + s.Name
		case s.Part == Titled:
			return "dept:" + s.Name + "/title:" + s.Title
		}
		return "dept:" + s.Name + "/" + string(s.Part)
	case Manager:
		return from + strings.Repeat(".manager", s.Level)
	case Managers:
		return from + ".managers" + s.bound()
	case DeptLead:
		return from + ".dept.lead"
	case DeptLeads:
		return from + ".dept.leads" + s.bound()
	case DeptTitle:
		return from + ".dept.title(" + s.Name + ")"
	case Leads:
		return from + ".leads" + s.bound()
	case Form:
		return "form." + s.Name
	case Initiator, Chosen:
		return string(s.Kind)
	}
	return string(s.Kind) + ":" + s.Name
}

func (s Selector) bound() string {
	if s.Until != "" {
		return "(until: " + s.Until + ")"
	}
	return "(" + strconv.Itoa(s.Level) + ")"
}

// Error is a selector that can't be read.
type Error struct {
	Text string // the selector as written
	Col  int    // character, from 1, where the mistake starts
	What string // what is wrong
	Want string // what would be right
}

// Error is the line for people.
func (e *Error) Error() string {
	s := "selector " + strconv.Quote(e.Text) + ": " + e.What
	if e.Want != "" {
		s += "; " + e.Want
	}
	return s
}
