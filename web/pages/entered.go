package pages

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

const (
	maxTyped  = 20_000 // characters of a text, whatever the form says
	maxPeople = 50
	maxFound  = 12 // persons to choose from
	maxPicked = maxPeople + maxFound
)

// entered is what a person has filled in so far.
type entered struct {
	posted   url.Values // nil: nothing was sent yet
	judged   bool       // and what is wrong with it stands on the card
	values   map[string]event.Value
	problems map[string]string       // by input
	picked   map[string][]personView // persons chosen
	found    map[string][]personView // persons to choose from
	settled  map[string]bool         // the name that was typed led to a person
	depts    map[string]string       // the department that was meant
	raw      map[string]event.Value  // as it was entered, right or wrong
	uploads  map[string]string       // what was wrong with the files that came, by input
	fresh    map[string]string       // files that came just now: token → sum
	viewer   viewer
	instance string
}

func newEntered(posted url.Values) entered {
	return entered{
		posted: posted, values: map[string]event.Value{}, problems: map[string]string{},
		picked: map[string][]personView{}, found: map[string][]personView{}, settled: map[string]bool{},
		depts: map[string]string{}, raw: map[string]event.Value{},
	}
}

// read checks what was sent for the inputs of a form. only limits it to one input, for a search.
func (h *Handler) read(ctx context.Context, l tongue, e entered, inputs []card.Input, only string) error {
	for _, in := range inputs {
		if !in.Kind.Asks() {
			continue
		}
		search := only == in.Name
		v, problem, err := event.Value{}, "", error(nil)
		switch in.Kind {
		case card.InputPerson, card.InputPeople:
			v, problem, err = h.readPeople(ctx, l, e, in, search)
		case card.InputTable:
			v = h.readTable(e, in)
		case card.InputFile:
			v, problem = h.readFiles(l, e, in)
		case card.InputSignature:
			if v, problem = h.readSignature(l, e, in); only != "" {
				problem = e.uploads[in.Name] // that it is missing is said when it is handed in
			}
		case card.InputDepartment:
			v, problem, err = h.readDept(ctx, l, e, in, search)
		case card.InputBool:
			v = event.Bool(e.posted.Get("f."+in.Name) != "")
		case card.InputSelect, card.InputMultiSelect:
			v, problem = readChoice(l, e.posted["f."+in.Name], in)
		default:
			v, problem = h.readText(l, e.posted.Get("f."+in.Name), in)
		}
		if err != nil {
			return err
		}
		if e.raw[in.Name] = v; v.Kind == "" {
			e.raw[in.Name] = event.Text(strings.TrimSpace(e.posted.Get("f." + in.Name)))
		}
		if only != "" && !search {
			if (in.Kind == card.InputFile || in.Kind == card.InputSignature) && problem != "" {
				e.problems[in.Name] = problem // it is not said again
			}
			continue
		}
		if problem == "" && !search && in.Required && v.Kind == "" {
			problem = l.say("need")
			if len(in.Options) > 0 {
				problem = l.say("need_choice")
			}
		}
		if problem != "" {
			e.problems[in.Name] = problem
		}
		switch {
		case v.Kind != "":
			e.values[in.Name] = v
		case problem == "" && in.Default.Kind != "": // it was emptied: that is an answer too
			e.values[in.Name] = event.Value{Kind: in.Default.Kind}
		}
	}
	return nil
}

func (h *Handler) readText(l tongue, s string, in card.Input) (event.Value, string) {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n") // forms send CRLF
	s = strings.TrimSpace(s)
	if s == "" {
		return event.Value{}, ""
	}
	limit := maxTyped
	if in.Max > 0 && (in.Kind == card.InputText || in.Kind == card.InputLongText) {
		limit = min(limit, in.Max)
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return event.Value{}, fmt.Sprintf(l.say("too_long"), limit, n)
	}
	v, problem := valueOf(in.Kind, s, h.o.Location())
	if problem != "" {
		problem = l.say(problem)
	}
	return v, problem
}

func readChoice(l tongue, sent []string, in card.Input) (event.Value, string) {
	var out []string
	for _, s := range sent {
		switch {
		case s == "":
		case !slices.ContainsFunc(in.Options, func(o card.Option) bool { return o.Value == s }):
			return event.Value{}, l.say("not_option")
		case !slices.Contains(out, s):
			out = append(out, s)
		}
	}
	switch {
	case len(out) == 0:
		return event.Value{}, ""
	case in.Kind == card.InputSelect && len(out) > 1:
		return event.Value{}, l.say("not_option")
	case in.Kind == card.InputSelect:
		return event.Text(out[0]), ""
	case in.Max > 0 && len(out) > in.Max:
		return event.Value{}, fmt.Sprintf(l.say("too_many"), in.Max)
	}
	return event.List(out...), ""
}

// notFound says that a person or a department is not known: or not yet, while a directory was never read.
func (h *Handler) notFound(ctx context.Context, l tongue, name string) (string, error) {
	key := "nobody_found"
	if h.o.Unread != nil {
		unread, err := h.o.Unread(ctx)
		if err != nil {
			return "", err
		}
		if unread {
			key = "not_yet_found"
		}
	}
	return fmt.Sprintf(l.say(key), name), nil
}

// readPeople takes the persons that were picked, and looks for those whose names were typed. The ids it gives
// are those of persons who are there.
func (h *Handler) readPeople(ctx context.Context, l tongue, e entered, in card.Input, search bool) (event.Value, string, error) {
	var ids []string
	add := func(c Colleague) {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
			e.picked[in.Name] = append(e.picked[in.Name], shownPerson(c))
		}
	}
	several := in.Kind == card.InputPeople
	problem := ""
	seen := map[string]bool{}
	for _, id := range e.posted["p."+in.Name] {
		if seen[id] {
			continue
		}
		seen[id] = true
		if len(seen) > maxPicked { // each is looked for in the whole directory
			problem = fmt.Sprintf(l.say("too_many"), maxPeople)
			break
		}
		c, ok, err := h.colleague(ctx, id)
		if err != nil {
			return event.Value{}, "", err
		}
		if ok {
			if !several { // the last one counts: it was found after the others
				ids, e.picked[in.Name] = nil, nil
			}
			add(c)
		}
	}
	typed := names(e.posted.Get("f."+in.Name), several)
	settled := len(typed) > 0
	for _, name := range typed {
		hits, err := h.o.People.Search(ctx, name, maxFound)
		if err != nil {
			return event.Value{}, "", err
		}
		one := exact(hits, name)
		if one == nil && search && len(hits) == 1 {
			one = &hits[0] // it is shown before it is handed in
		}
		switch {
		case one != nil:
			if !several { // what was typed last counts
				ids, e.picked[in.Name] = nil, nil
			}
			add(*one)
			continue
		case len(hits) == 0:
			if problem, err = h.notFound(ctx, l, name); err != nil {
				return event.Value{}, "", err
			}
		default:
			problem = fmt.Sprintf(l.say("several_found"), name)
			if len(hits) == 1 {
				problem = l.say("meant")
			}
			for _, c := range hits {
				if !slices.Contains(ids, c.ID) {
					e.found[in.Name] = append(e.found[in.Name], shownPerson(c))
				}
			}
		}
		settled = false
	}
	e.settled[in.Name] = settled
	limit := maxPeople
	if in.Max > 0 {
		limit = min(limit, in.Max)
	}
	if problem == "" && len(ids) > limit {
		problem = fmt.Sprintf(l.say("too_many"), limit)
	}
	if len(ids) == 0 || problem != "" {
		return event.Value{}, problem, nil
	}
	return event.List(ids...), "", nil // persons of ours, not accounts of a suite
}

// exact is the only person of a name or id; nil when it is not clear who is meant.
func exact(hits []Colleague, name string) *Colleague {
	var found *Colleague
	for i := range hits {
		if hits[i].ID == name {
			return &hits[i]
		}
		if strings.EqualFold(hits[i].Name, name) {
			if found != nil {
				return nil
			}
			found = &hits[i]
		}
	}
	return found
}

// names splits what was typed.
func names(s string, several bool) []string {
	s = strings.TrimSpace(s)
	if s == "" || utf8.RuneCountInString(s) > 1000 {
		return nil
	}
	if !several {
		return []string{s}
	}
	var out []string
	for _, n := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",，、;；\n", r) }) {
		if n = strings.TrimSpace(n); n != "" && len(out) < maxPeople {
			out = append(out, n)
		}
	}
	return out
}

// colleague reads a person who is there.
func (h *Handler) colleague(ctx context.Context, id string) (Colleague, bool, error) {
	if id == "" || len(id) > 128 {
		return Colleague{}, false, nil
	}
	hits, err := h.o.People.Search(ctx, id, 1)
	if err != nil || len(hits) == 0 || hits[0].ID != id {
		return Colleague{}, false, err
	}
	return hits[0], true, nil
}

func shownPerson(c Colleague) personView {
	about := c.Dept
	if c.Title != "" {
		about = strings.TrimPrefix(about+" · "+c.Title, " · ")
	}
	return personView{c.ID, c.Name, about}
}

// preset fills the persons that a form starts with.
func (h *Handler) preset(ctx context.Context, e entered, inputs []card.Input) error {
	for _, in := range inputs {
		if in.Kind != card.InputPerson && in.Kind != card.InputPeople {
			continue
		}
		for _, id := range in.Default.List {
			c, ok, err := h.colleague(ctx, id)
			if err != nil {
				return err
			}
			if ok {
				e.picked[in.Name] = append(e.picked[in.Name], shownPerson(c))
			}
		}
	}
	return nil
}
