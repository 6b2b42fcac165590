package selector

import (
	"slices"
	"strconv"
	"strings"

	"magpie/config"
)

// prefixes are the forms that name something.
var prefixes = []string{"person", "role", "title", "group", "dept", "oncall"}

const forms = "person:ID, role:NAME, title:NAME, group:NAME, dept:NAME[/lead|/members|/all|/title:NAME], oncall:NAME, initiator, " +
	"initiator.manager, initiator.managers(N), initiator.dept.lead, initiator.dept.leads(N), form.FIELD or chosen"

// Parse reads one selector; the error is an *Error.
func Parse(text string) (Selector, error) {
	r := reader{text}
	switch {
	case text == "":
		return r.fail("", "it is empty", forms)
	case strings.TrimSpace(text) != text:
		return r.fail(text, "it begins or ends with a space", "remove the space")
	case len(text) > 200:
		return r.fail(text, "it is longer than 200 bytes", "name a role in the configuration instead")
	case strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\uFFFD' }):
		return r.fail(text, "it has a control character", "write the name alone")
	}
	switch word, rest, dotted := strings.Cut(text, "."); {
	case word == "initiator" && !dotted:
		return Selector{Kind: Initiator}, nil
	case word == "initiator":
		return r.chain(rest, "")
	case word == "form":
		return r.form(rest)
	case word == "chosen" && dotted:
		return r.fail(rest, "nothing can follow chosen", "chosen")
	case word == "chosen":
		return Selector{Kind: Chosen}, nil
	}
	if kind, name, ok := strings.Cut(text, ":"); ok {
		return r.named(kind, name)
	}
	word, _, _ := strings.Cut(text, ".")
	if near := config.Nearest(word, []string{"initiator", "form", "chosen"}); near != "" {
		return r.fail(text, "it is not a known form", "did you mean "+near+strings.TrimPrefix(text, word)+"?")
	}
	return r.fail(text, "it is not a known form", forms)
}

// reader reads one text.
type reader struct{ text string }

// fail places a mistake where rest, the end of the text, begins.
func (r reader) fail(rest, what, want string) (Selector, error) {
	at := len([]rune(r.text)) - len([]rune(rest)) + 1
	return Selector{}, &Error{Text: r.text, Col: at, What: what, Want: want}
}

func (r reader) named(kind, name string) (Selector, error) {
	k := Kind(kind)
	if !slices.Contains(prefixes, kind) {
		want := "person:, role:, title:, group:, dept: or oncall:"
		if near := config.Nearest(kind, prefixes); near != "" {
			want = "did you mean " + near + ":" + name + "?"
		}
		return r.fail(r.text, strconv.Quote(kind)+" is not a known prefix", want)
	}
	if name == "" {
		return r.fail("", "the name after "+kind+": is missing", kind+":NAME")
	}
	if strings.TrimSpace(name) != name {
		return r.fail(name, "a space follows the colon", kind+":"+strings.TrimSpace(name))
	}
	switch k {
	case Dept:
		return r.dept(name)
	case Title, Group: // these are named by others, who may write what they like
	default:
		if strings.ContainsAny(name, "/:") || k == Person && strings.ContainsAny(name, " ") {
			return r.fail(name, "a name can't hold '/', ':' or, for persons, a space", kind+":NAME")
		}
	}
	return Selector{Kind: k, Name: name}, nil
}

func (r reader) dept(name string) (Selector, error) {
	dept, part, has := strings.Cut(name, "/")
	if strings.Contains(dept, ":") {
		return r.fail(name, "a department's name can't hold ':'", "dept:NAME")
	}
	if dept == "" || strings.TrimSpace(dept) != dept {
		return r.fail(name, "the department is missing", "dept:NAME")
	}
	if !has {
		return Selector{Kind: Dept, Name: dept, Part: All}, nil
	}
	switch p := Part(part); p {
	case All, Members, Lead:
		return Selector{Kind: Dept, Name: dept, Part: p}, nil
	}
	if title, ok := strings.CutPrefix(part, "title:"); ok {
		if title == "" || strings.TrimSpace(title) != title {
			return r.fail(title, "the job title is missing", "dept:"+dept+"/title:NAME")
		}
		return Selector{Kind: Dept, Name: dept, Part: Titled, Title: title}, nil
	}
	return r.fail(part, strconv.Quote(part)+" is not a part of a department", "/lead, /members, /all or /title:NAME")
}

func (r reader) form(rest string) (Selector, error) {
	field, tail, more := strings.Cut(rest, ".")
	switch {
	case field == "":
		return r.fail(rest, "the field is missing", "form.FIELD, a person field of the form")
	case strings.ContainsAny(field, " :()/"):
		return r.fail(rest, "a field of the form is one name", "form.FIELD")
	case !more:
		return Selector{Kind: Form, Name: field}, nil
	}
	return r.chain(tail, field)
}

// chain reads what follows the initiator, or a field.
func (r reader) chain(rest, of string) (Selector, error) {
	from := "initiator"
	words := []string{"manager", "managers(3)", "dept.lead", "dept.leads(3)", "dept.title(NAME)"}
	if of != "" {
		from = "form." + of
		words = append(words, "lead", "leads(3)", "members", "all")
		switch rest {
		case "lead", "members", "all":
			return Selector{Kind: Dept, Of: of, Part: Part(rest)}, nil
		}
		if arg, ok := strings.CutPrefix(rest, "leads("); ok {
			return r.bound(Selector{Kind: Leads, Of: of}, arg, from+".leads")
		}
	}
	if rest == "dept.lead" {
		return Selector{Kind: DeptLead, Of: of}, nil
	}
	if arg, ok := strings.CutPrefix(rest, "dept.leads("); ok {
		return r.bound(Selector{Kind: DeptLeads, Of: of}, arg, from+".dept.leads")
	}
	if arg, ok := strings.CutPrefix(rest, "dept.title("); ok {
		title, closed := strings.CutSuffix(arg, ")")
		if !closed || title == "" || strings.TrimSpace(title) != title {
			return r.fail(arg, "a job title in brackets is missing", from+".dept.title(NAME)")
		}
		return Selector{Kind: DeptTitle, Of: of, Name: title}, nil
	}
	if arg, ok := strings.CutPrefix(rest, "managers("); ok {
		return r.bound(Selector{Kind: Managers, Of: of}, arg, from+".managers")
	}
	level := 0
	for left := rest; ; level++ {
		word, more, dotted := strings.Cut(left, ".")
		if word != "manager" {
			return r.fail(left, strconv.Quote(word)+" can't follow "+follows(from, level)+" here", meant(left, from, words))
		}
		if !dotted {
			level++
			break
		}
		left = more
	}
	if level > MaxLevel {
		return r.fail(rest, "more than "+strconv.Itoa(MaxLevel)+" managers up", from+".managers("+strconv.Itoa(MaxLevel)+")")
	}
	return Selector{Kind: Manager, Of: of, Level: level}, nil
}

func follows(from string, level int) string {
	if from != "initiator" && level == 0 {
		return "a field"
	}
	return "initiator"
}

// meant is what the writer may have had in mind.
func meant(left, from string, words []string) string {
	name, _, _ := strings.Cut(left, "(")
	bare := make([]string, len(words))
	for i, w := range words {
		bare[i], _, _ = strings.Cut(w, "(")
	}
	if near := config.Nearest(name, bare); near != "" && near != name {
		return "did you mean " + from + "." + words[slices.Index(bare, near)] + "?"
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = from + "." + w
	}
	return strings.Join(out[:len(out)-1], ", ") + " or " + out[len(out)-1]
}

// bound reads what stands in the brackets of a chain: a number, or until: and a selector.
func (r reader) bound(s Selector, arg, example string) (Selector, error) {
	inner, closed := strings.CutSuffix(arg, ")")
	if until, ok := strings.CutPrefix(inner, "until:"); ok && closed {
		return r.until(s, strings.TrimLeft(until, " "), example)
	}
	n, err := strconv.Atoi(inner)
	if !closed || err != nil || n < 1 || n > MaxLevel || strconv.Itoa(n) != inner {
		what := "managers"
		if s.Kind != Managers {
			what = "departments"
		}
		return r.fail(arg, "the number of "+what+" is not a whole number from 1 to "+strconv.Itoa(MaxLevel), example+"(3) or "+example+"(until: title:NAME)")
	}
	s.Level = n
	return s, nil
}

func (r reader) until(s Selector, text, example string) (Selector, error) {
	rest := text + ")" // it ends the text
	const want = "person:ID, role:NAME, title:NAME, group:NAME or dept:NAME"
	b, err := Parse(text)
	if e, bad := err.(*Error); bad {
		skip := []rune(rest)
		return r.fail(string(skip[min(e.Col-1, len(skip)):]), "the bound: "+e.What, e.Want)
	}
	switch b.Kind {
	case Person, Role, Title, Group:
	case Dept:
		if b.Of == "" {
			break
		}
		fallthrough
	default:
		return r.fail(rest, "the bound of a chain can't be "+strconv.Quote(text), example+"(until: …) with "+want)
	}
	s.Until = b.String()
	if len(s.String()) > 200 {
		return r.fail(rest, "it is longer than 200 bytes", "name a role in the configuration instead")
	}
	return s, nil
}
