package pages

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// formView is a form as a page draws it: inputs, buttons, and what travels along unseen.
type formView struct {
	Action   string // where it is handed in
	Ticket   string
	Slot     string
	Rev      int64
	Problems []string // those that belong to no input
	Inputs   []inputView
	Buttons  []buttonView
	Hidden   []pair       // what was entered before, on a page that asks once more
	Ask      *confirmView // the question that the page itself puts, above the button
	Fold     string       // title of a form that is closed at first
	Upload   bool         // it brings files
	Live     bool         // what is entered changes what is asked for
	Ahead    []part       // what would come of it, above its buttons
	Open     bool         // of a folded form: something is wrong with what was entered, or it is what the page is for
}

type buttonView struct {
	Label string
	Value string // "<verb>.<token>"
	Style card.Style
}

// inputView is one input. Name is that of the neutral model; the page's own fields have prefixes: "f." what
// was typed or chosen, "p." the ids of persons that were picked.
type inputView struct {
	ID, Name, Label string
	Kind            card.InputKind
	Required        bool
	Hint            string
	Value           string
	On              bool
	Options         []optionView
	Long            bool // too many options for radio buttons
	Max             int
	Problem         string
	Picked          []personView // persons that are chosen now
	Found           []personView // persons to choose from
	Several         bool
	Rows            []tableRow // of a table
	Count           int        // of rows
	CanAdd          bool
	Files           []fileView // that are attached
	Accept          string
}

type optionView struct {
	Value, Label string
	On           bool
}

type personView struct{ ID, Name, About string }

// radioMax is how many options are shown at once; more become a list that opens.
const radioMax = 8

// verbOf splits what a button sends.
func verbOf(value string) (verb, token string) {
	i := strings.LastIndexByte(value, '.')
	if i < 0 {
		return "", ""
	}
	return value[:i], value[i+1:]
}

func (d drawer) button(b card.Button) buttonView {
	return buttonView{Label: d.text(b.Label), Value: b.Verb + "." + b.Token, Style: b.Style}
}

// input draws an input with what is entered: what the person just sent, else what the card has.
func (d drawer) input(in card.Input, e entered, loc *time.Location) inputView {
	v := inputView{
		ID: "i-" + in.Name, Name: in.Name, Label: d.text(in.Label), Kind: in.Kind, Required: in.Required,
		Hint: d.text(in.Placeholder), Max: in.Max, Problem: e.problems[in.Name], Found: e.found[in.Name],
	}
	sent := e.posted != nil
	switch in.Kind {
	case card.InputNote:
	case card.InputOutput:
		v.Value = in.Default.Text
	case card.InputTable:
		d.rows(&v, in, e, loc)
	case card.InputDepartment:
		v.Value = in.Default.Text
		if sent {
			if v.Value = e.posted.Get("f." + in.Name); e.depts[in.Name] != "" {
				v.Value = e.depts[in.Name]
			}
		}
		if v.Hint == "" {
			v.Hint = d.lang.say("dept_hint")
		}
	case card.InputFile:
		d.files(&v, in, e)
	case card.InputSignature:
		d.signs(&v, in, e)
	case card.InputSelect, card.InputMultiSelect:
		on := map[string]bool{}
		if sent {
			for _, s := range e.posted["f."+in.Name] {
				on[s] = true
			}
		} else {
			on[in.Default.Typed()] = true
			for _, s := range in.Default.List {
				on[s] = true
			}
		}
		for _, o := range in.Options {
			v.Options = append(v.Options, optionView{o.Value, d.text(o.Label), on[o.Value]})
		}
		if in.Kind == card.InputSelect && !in.Required && len(in.Options) <= radioMax {
			v.Options = append(v.Options, optionView{"", d.lang.say("none"), sent && len(on) == 1 && on[""]})
		}
		v.Long = in.Kind == card.InputSelect && len(in.Options) > radioMax
		v.Several = in.Kind == card.InputMultiSelect
	case card.InputPerson, card.InputPeople:
		v.Several = in.Kind == card.InputPeople
		v.Picked = e.picked[in.Name]
		v.Value = e.posted.Get("f." + in.Name)
		if e.settled[in.Name] {
			v.Value = "" // found: it stands among the picked now
		}
		if v.Hint == "" {
			v.Hint = d.lang.say("find_hint")
			if v.Several {
				v.Hint = d.lang.say("find_many_hint")
			}
		}
	case card.InputBool:
		v.On = in.Default.Bool
		if sent {
			v.On = e.posted.Get("f."+in.Name) != ""
		}
	default:
		v.Value = shownValue(in, loc)
		if sent {
			v.Value = e.posted.Get("f." + in.Name)
		}
		if v.Hint == "" {
			switch in.Kind {
			case card.InputDate:
				v.Hint = d.lang.say("date_hint")
			case card.InputDateTime:
				v.Hint = d.lang.say("time_hint")
			}
		}
	}
	return v
}

// files draws what is attached.
func (d drawer) files(v *inputView, in card.Input, e entered) {
	v.Several = countLimit(in) > 1
	switch {
	case in.Images:
		v.Accept = strings.Join(pictures, ",")
	case len(in.Accept) > 0:
		v.Accept = "." + strings.Join(in.Accept, ",.")
	}
	tokens := e.posted["k."+in.Name]
	if e.posted == nil {
		for _, f := range in.Default.Files {
			tokens = append(tokens, d.token(f))
		}
	}
	for _, t := range tokens {
		if f, ok := d.kept(t); ok && !f.Signed {
			v.Files = append(v.Files, d.file(f.File, t))
		}
	}
	if v.Hint == "" {
		v.Hint = fmt.Sprintf(d.lang.say("file_hint"), countLimit(in), card.SizeText(sizeLimit(in)))
		if d.over {
			v.Hint += fmt.Sprintf(d.lang.say("upload_hint"), card.SizeText(maxUpload))
		}
		if len(in.Accept) > 0 {
			v.Hint += " · " + strings.Join(in.Accept, d.lang.say("sep"))
		}
	}
}

// shownValue is a default as its field holds it.
func shownValue(in card.Input, loc *time.Location) string {
	s := in.Default.Typed()
	if in.Kind == card.InputDateTime {
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t.In(loc).Format("2006-01-02T15:04")
		}
	}
	return s
}

// valueOf reads a text as an input's value; problem is the key of what is wrong with it. Only what no owner
// of a form would take is refused here: the owner judges the rest, and says it better.
func valueOf(kind card.InputKind, s string, loc *time.Location) (v event.Value, problem string) {
	switch kind {
	case card.InputNumber:
		if !strings.ContainsFunc(s, isDigit) || strings.ContainsFunc(s, isLetter) {
			return v, "not_number"
		}
		return event.Value{Kind: event.ValueNumber, Text: s}, ""
	case card.InputDate:
		for _, layout := range [...]string{time.DateOnly, "2006/1/2", "2006.1.2", "2006-1-2", "2006年1月2日", "20060102"} {
			if t, err := time.Parse(layout, s); err == nil {
				return event.Value{Kind: event.ValueDate, Text: t.Format(time.DateOnly)}, ""
			}
		}
		return v, "not_date"
	case card.InputDateTime:
		for _, layout := range [...]string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-1-2 15:04", "2006/1/2 15:04", "2006年1月2日 15:04"} {
			if t, err := time.ParseInLocation(layout, s, loc); err == nil {
				return event.Value{Kind: event.ValueDateTime, Text: t.Format(time.RFC3339)}, ""
			}
		}
		return v, "not_time"
	}
	return event.Text(s), ""
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x3400 && r <= 0x9fff
}

// placed sorts the problems of a form's last submit to its inputs: they come as lines "label：what". What
// belongs to none is returned.
func placed(problem string, inputs []card.Input, label func(card.Text) string, into map[string]string) []string {
	var rest []string
next:
	for line := range strings.SplitSeq(problem, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		for _, in := range inputs {
			for _, sep := range [...]string{"：", ": "} {
				if what, ok := strings.CutPrefix(line, label(in.Label)+sep); ok {
					switch into[in.Name] {
					case "":
						into[in.Name] = what
					default: // a table has several
						into[in.Name] += "\n" + what
					}
					continue next
				}
			}
		}
		rest = append(rest, line)
	}
	return rest
}

func revOf(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
