package selector

import (
	"strconv"
	"strings"
)

// Kind tells which form of the language a Selector is.
type Kind string

const (
	Person    Kind = "person"    // Name is a person id
	Role      Kind = "role"      // Name is a role
	Dept      Kind = "dept"      // Name is a department's name or id, Part says who of it
	Initiator Kind = "initiator" // the initiator themself
	Manager   Kind = "manager"   // Level managers above the initiator: 1 is the direct one
	Managers  Kind = "managers"  // the chain of at most Level managers, nearest first
	DeptLead  Kind = "dept_lead" // the lead of the initiator's primary department
	Form      Kind = "form"      // Name is a field of the form that holds persons
	Chosen    Kind = "chosen"    // whom the initiator picked
	OnCall    Kind = "oncall"    // Name is a duty roster
)

// Part says who of a department is meant.
type Part string

const (
	All     Part = "all"     // members of it and of every department below; what a bare dept:NAME means
	Members Part = "members" // direct members only
	Lead    Part = "lead"    // its lead or leads
)

// MaxLevel bounds how far up a chain of managers may reach.
const MaxLevel = 10

// Selector is one parsed selector. It is comparable.
type Selector struct {
	Kind  Kind
	Name  string // person, role, dept, form, oncall
	Part  Part   // dept
	Level int    // manager, managers: 1 to MaxLevel
}

// String writes the selector in its shortest form; Parse reads it back to the same value.
func (s Selector) String() string {
	switch s.Kind {
	case Dept:
		if s.Part == All {
			return "dept:" + s.Name
		}
		return "dept:" + s.Name + "/" + string(s.Part)
	case Manager:
		return "initiator" + strings.Repeat(".manager", s.Level)
	case Managers:
		return "initiator.managers(" + strconv.Itoa(s.Level) + ")"
	case DeptLead:
		return "initiator.dept.lead"
	case Form:
		return "form." + s.Name
	case Initiator, Chosen:
		return string(s.Kind)
	}
	return string(s.Kind) + ":" + s.Name
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

const forms = "person:ID, role:NAME, dept:NAME[/lead|/members|/all], initiator, initiator.manager, initiator.managers(N), initiator.dept.lead, form.FIELD, chosen or oncall:NAME"

// Parse reads one selector; the error is an *Error.
func Parse(text string) (Selector, error) {
	fail := func(rest, what, want string) (Selector, error) {
		at := len([]rune(text)) - len([]rune(rest)) + 1
		return Selector{}, &Error{Text: text, Col: at, What: what, Want: want}
	}
	switch {
	case text == "":
		return fail("", "it is empty", forms)
	case strings.TrimSpace(text) != text:
		return fail(text, "it begins or ends with a space", "remove the space")
	case len(text) > 200:
		return fail(text, "it is longer than 200 bytes", "name a role in the configuration instead")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }):
		return fail(text, "it has a control character", "write the name alone")
	}
	if kind, name, ok := strings.Cut(text, ":"); ok {
		return parseNamed(text, kind, name, fail)
	}
	word, rest, dotted := strings.Cut(text, ".")
	switch word {
	case "initiator":
		if !dotted {
			return Selector{Kind: Initiator}, nil
		}
		return parseInitiator(rest, fail)
	case "form":
		switch {
		case !dotted || rest == "":
			return fail("", "the field is missing", "form.FIELD, a person field of the form")
		case strings.ContainsAny(rest, ". ()/"):
			return fail(rest, "a field of the form is one name", "form.FIELD")
		}
		return Selector{Kind: Form, Name: rest}, nil
	case "chosen":
		if dotted {
			return fail(rest, "nothing can follow chosen", "chosen")
		}
		return Selector{Kind: Chosen}, nil
	}
	return fail(text, "it is not a known form", forms)
}

type failFunc func(rest, what, want string) (Selector, error)

func parseNamed(text, kind, name string, fail failFunc) (Selector, error) {
	k := Kind(kind)
	switch k {
	case Person, Role, OnCall, Dept:
	default:
		return fail(text, strconv.Quote(kind)+" is not a known prefix", "person:, role:, dept: or oncall:")
	}
	if name == "" {
		return fail("", "the name after "+kind+": is missing", kind+":NAME")
	}
	if strings.TrimSpace(name) != name {
		return fail(name, "a space follows the colon", kind+":"+strings.TrimSpace(name))
	}
	if k != Dept {
		if strings.ContainsAny(name, "/:") || k == Person && strings.ContainsAny(name, " ") {
			return fail(name, "a name can't hold '/', ':' or, for persons, a space", kind+":NAME")
		}
		return Selector{Kind: k, Name: name}, nil
	}
	dept, part, has := strings.Cut(name, "/")
	if strings.Contains(dept, ":") {
		return fail(name, "a department's name can't hold ':'", "dept:NAME")
	}
	if dept == "" || strings.TrimSpace(dept) != dept {
		return fail(name, "the department is missing", "dept:NAME")
	}
	if !has {
		return Selector{Kind: Dept, Name: dept, Part: All}, nil
	}
	switch p := Part(part); p {
	case All, Members, Lead:
		return Selector{Kind: Dept, Name: dept, Part: p}, nil
	}
	return fail(part, strconv.Quote(part)+" is not a part of a department", "/lead, /members or /all")
}

func parseInitiator(rest string, fail failFunc) (Selector, error) {
	if rest == "dept.lead" {
		return Selector{Kind: DeptLead}, nil
	}
	if arg, ok := strings.CutPrefix(rest, "managers("); ok {
		num, closed := strings.CutSuffix(arg, ")")
		n, err := strconv.Atoi(num)
		if !closed || err != nil || n < 1 || n > MaxLevel || strconv.Itoa(n) != num {
			return fail(arg, "the number of managers is not a whole number from 1 to "+strconv.Itoa(MaxLevel), "initiator.managers(3)")
		}
		return Selector{Kind: Managers, Level: n}, nil
	}
	level := 0
	for left := rest; ; level++ {
		word, more, dotted := strings.Cut(left, ".")
		if word != "manager" {
			return fail(left, strconv.Quote(word)+" can't follow initiator here", "initiator.manager, initiator.managers(3) or initiator.dept.lead")
		}
		if !dotted {
			level++
			break
		}
		left = more
	}
	if level > MaxLevel {
		return fail(rest, "more than "+strconv.Itoa(MaxLevel)+" managers up", "initiator.managers("+strconv.Itoa(MaxLevel)+")")
	}
	return Selector{Kind: Manager, Level: level}, nil
}
