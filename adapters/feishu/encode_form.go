package feishu

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// form draws inputs and their submits. Where forms are left out and the card has a link, a button leads
// there; buttons are never left out for nothing.
func (e *encoder) form(path string, f *card.Form) []obj {
	if e.c.Link != "" && (!e.plan.forms || e.level >= 2) {
		e.lose(path, "form", "form only on the page", card.Interaction)
		var out []obj
		if !f.Problem.IsZero() {
			out = append(out, e.problem(path, f))
		}
		return append(out, e.linkButton(func(w words) string { return w.page }))
	}
	only := f.PageOnly()
	if len(only) > 0 && e.page(f.Submit) != "" {
		return e.pageForm(path, f, only)
	}
	if len(only) > 0 {
		e.lose(path, "form", fmt.Sprintf("there is no page to fill in %s on", strings.Join(only, ", ")), card.Interaction)
	}
	e.behind = true // a press anywhere must not leave a form that is being filled in
	var elements []obj
	if !f.Problem.IsZero() {
		elements = append(elements, e.problem(path, f))
	}
	for i, in := range f.Inputs {
		if in.Kind.PageOnly() {
			continue
		}
		elements = append(elements, e.input(fmt.Sprintf("%s.inputs[%d]", path, i), in)...)
	}
	var submits []obj
	for i, b := range append([]card.Button{f.Submit}, f.Others...) {
		p := path + ".submit"
		if i > 0 {
			p = fmt.Sprintf("%s.others[%d]", path, i-1)
		}
		o := e.button(p, b)
		o["form_action_type"] = "submit"
		submits = append(submits, o)
	}
	elements = append(elements, e.row(submits)...)
	if !f.Fold.IsZero() {
		elements = e.fold(path, f, elements)
	}
	return []obj{{"tag": "form", "name": e.name("form_" + f.ID), "elements": elements}}
}

// fold puts what stands in a form into a panel: a panel takes no form, but a form takes a panel. What is wrong with
// the last submit opens it.
func (e *encoder) fold(path string, f *card.Form, elements []obj) []obj {
	if e.level >= 1 {
		e.lose(path+".fold", "form", "panel drawn open", card.Cosmetic)
		return append([]obj{e.textElement(func(code string, _ words) string {
			s, _ := cutText(oneLine(f.Fold.In(code)), 100)
			return s
		}, "")}, elements...)
	}
	return []obj{{
		"tag": "collapsible_panel", "expanded": !f.Problem.IsZero(),
		"header":   obj{"title": e.plain(path+".fold", "form", f.Fold, 100)},
		"elements": elements,
	}}
}

// page is where an action is asked for: its own page, or the card's.
func (e *encoder) page(b card.Button) string {
	if b.Page != "" {
		return b.Page
	}
	return e.c.Link
}

// pageForm draws a form that no suite's card can take: its submits lead to the page that has the inputs. One
// that makes sense without them stays a press.
func (e *encoder) pageForm(path string, f *card.Form, only []string) []obj {
	e.lose(path, "form", fmt.Sprintf("no card can ask for %s; filled in on the page", strings.Join(only, ", ")), card.Interaction)
	e.losses[len(e.losses)-1].Everywhere = true
	var out, buttons []obj
	if !f.Problem.IsZero() {
		out = append(out, e.problem(path, f))
	}
	for i, b := range append([]card.Button{f.Submit}, f.Others...) {
		p := path + ".submit"
		if i > 0 {
			p = fmt.Sprintf("%s.others[%d]", path, i-1)
		}
		if b.Verb != "" && !b.Bare {
			b.URL = e.page(b)
			switch {
			case i == 0 && !f.Fold.IsZero():
				b.Label = f.Fold
			case len(f.Others) == 0 && !f.Signs():
				b.Label = e.toFill()
			}
		}
		buttons = append(buttons, e.button(p, b))
	}
	return append(out, e.row(buttons)...)
}

// toFill words the button that leads to a form.
func (e *encoder) toFill() card.Text {
	t := card.T(wordsIn(e.langs[0].code).page)
	for _, l := range e.langs[1:] {
		if t.I18n == nil {
			t.I18n = map[string]string{}
		}
		t.I18n[l.code] = wordsIn(l.code).page
	}
	return t
}

// problem draws what was wrong with the last submit.
func (e *encoder) problem(path string, f *card.Form) obj {
	if e.level >= 2 {
		return e.textElement(func(code string, _ words) string { return e.value(path+".problem", "form", f.Problem, code) }, "")
	}
	return e.markdown(func(code string, _ words) string {
		return colored("red", escapeMD(e.value(path+".problem", "form", f.Problem, code)))
	})
}

// input draws one field of a form. All but the text kinds have their label as a text before them.
func (e *encoder) input(path string, in card.Input) []obj {
	switch in.Kind {
	case card.InputNote:
		return []obj{e.note(path, &card.Note{Text: in.Label})}
	case card.InputOutput:
		if in.Default.Text == "" {
			return nil
		}
		return e.fields(path, &card.Fields{Items: []card.Field{{Label: in.Label, Value: card.T(in.Default.Text)}}}, maxNested)
	}
	o := obj{"name": in.Name}
	if in.Required && in.Kind != card.InputBool {
		o["required"] = true
	}
	if !in.Placeholder.IsZero() && in.Kind != card.InputBool {
		o["placeholder"] = e.plain(path+".placeholder", "input", in.Placeholder, 100)
	}
	switch in.Kind {
	case card.InputText, card.InputLongText, card.InputNumber:
		e.textInput(path, in, o)
		return []obj{o}
	case card.InputBool:
		o["tag"] = "checker"
		o["checked"] = in.Default.Bool
		o["text"] = e.plain(path+".label", "input", in.Label, 200)
		return []obj{o}
	case card.InputSelect:
		o["tag"] = "select_static"
		o["options"] = e.options(path, in)
		if hasOption(in, in.Default.Text) {
			o["initial_option"] = in.Default.Text
		}
	case card.InputMultiSelect:
		o["tag"] = "multi_select_static"
		o["options"] = e.options(path, in)
		var chosen []string
		for _, v := range in.Default.List {
			if hasOption(in, v) {
				chosen = append(chosen, v)
			}
		}
		if len(chosen) > 0 {
			o["selected_values"] = chosen
		}
		if in.Max > 0 {
			e.lose(path+".max", "input", fmt.Sprintf("the limit of %d choices is only checked after the submit", in.Max), card.Cosmetic)
		}
	case card.InputPerson:
		o["tag"] = "select_person"
		if ids := accountIDs(in.Default.Refs); len(ids) > 0 {
			o["initial_option"] = ids[0]
		}
	case card.InputPeople:
		o["tag"] = "multi_select_person"
		if ids := accountIDs(in.Default.Refs); len(ids) > 0 {
			o["selected_values"] = ids
		}
	case card.InputDate:
		o["tag"] = "date_picker"
		if t, err := time.Parse("2006-01-02", in.Default.Text); err == nil {
			o["initial_date"] = t.Format("2006-01-02")
		}
	case card.InputDateTime:
		o["tag"] = "picker_datetime"
		if t, err := time.Parse(time.RFC3339, in.Default.Text); err == nil {
			o["initial_datetime"] = t.Format("2006-01-02 15:04")
		}
	}
	return []obj{e.label(path, in), o}
}

// label draws what an input asks for, with a star when it must be given.
func (e *encoder) label(path string, in card.Input) obj {
	text := func(code string) string {
		s, _ := cutText(oneLine(in.Label.In(code)), 200)
		return s
	}
	if e.level >= 2 {
		return e.textElement(func(code string, _ words) string {
			if in.Required {
				return text(code) + " *"
			}
			return text(code)
		}, "")
	}
	return e.markdown(func(code string, _ words) string {
		s := escapeMD(text(code))
		if in.Required {
			s += " <font color='red'>&#42;</font>"
		}
		return s
	})
}

func (e *encoder) textInput(path string, in card.Input, o obj) {
	o["tag"] = "input"
	o["label"] = e.plain(path+".label", "input", in.Label, 200)
	o["label_position"] = "top"
	limit := maxInputRunes
	switch {
	case in.Max > maxInputRunes:
		e.lose(path+".max", "input", fmt.Sprintf("takes %d of %d characters", maxInputRunes, in.Max), card.Interaction)
	case in.Max > 0:
		limit = in.Max
	}
	o["max_length"] = limit
	switch in.Kind {
	case card.InputLongText:
		o["input_type"] = "multiline_text"
		o["rows"] = 3
		o["auto_resize"] = true
	case card.InputNumber:
		if in.Placeholder.IsZero() {
			o["placeholder"] = e.localized(obj{"tag": "plain_text"}, func(_ string, w words) string { return w.number })
		}
	}
	if in.Default.Text != "" {
		// A default that does not fit is left out rather than cut: handed in again, it would be damaged.
		if utf8.RuneCountInString(in.Default.Text) > limit {
			e.lose(path+".default", "input", "the text that was there is too long to be shown for editing", card.Interaction)
		} else {
			o["default_value"] = in.Default.Text
		}
	}
}

func (e *encoder) options(path string, in card.Input) []obj {
	opts := in.Options
	if len(opts) > e.plan.options {
		e.behind = true
		e.lose(path+".options", "input", fmt.Sprintf("%d of %d choices can't be chosen on the card", len(opts)-e.plan.options, len(opts)), card.Interaction)
		opts = opts[:e.plan.options]
	}
	out := make([]obj, len(opts))
	for i, op := range opts {
		out[i] = obj{"text": e.plain(fmt.Sprintf("%s.options[%d]", path, i), "input", op.Label, 100), "value": op.Value}
	}
	return out
}

func hasOption(in card.Input, value string) bool {
	for _, o := range in.Options {
		if o.Value == value {
			return value != ""
		}
	}
	return false
}

func accountIDs(refs []event.Ref) []string {
	var ids []string
	for _, r := range refs {
		if id := accountID(r); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

// buttons draws the footer.
func (e *encoder) buttons(bs []card.Button) []obj {
	out := make([]obj, len(bs))
	for i, b := range bs {
		out[i] = e.button(fmt.Sprintf("actions[%d]", i), b)
	}
	return e.row(out)
}

// rowButtons is how many buttons stand side by side.
const rowButtons = 4

// row puts buttons side by side; one alone, and all in a plainer card, one below the other.
func (e *encoder) row(bs []obj) []obj {
	if len(bs) == 1 || !e.plan.pairs || e.level >= 1 {
		return bs
	}
	var out []obj
	for len(bs) > 0 {
		n := min(rowButtons, len(bs))
		cols := make([]obj, n)
		for i, b := range bs[:n] {
			cols[i] = obj{"tag": "column", "width": "auto", "elements": []obj{b}}
		}
		out = append(out, columnSet("flow", cols))
		bs = bs[n:]
	}
	return out
}

// buttonTypes are the looks of a button.
var buttonTypes = map[card.Style]string{card.StyleDefault: "default", card.StylePrimary: "primary_filled", card.StyleDanger: "danger"}

// button draws a button. What it carries comes back with the press, under the same keys.
func (e *encoder) button(path string, b card.Button) obj {
	o := obj{
		"tag": "button", "name": e.name("btn_" + buttonName(b)), "type": buttonTypes[b.Style],
		"text": e.plain(path+".label", "button", b.Label, maxButtonRunes),
	}
	if b.URL != "" {
		o["behaviors"] = []obj{{"type": "open_url", "default_url": b.URL}}
		return o
	}
	value := obj{"verb": b.Verb}
	if e.c.Slot != "" {
		value["slot"] = e.c.Slot
	}
	if e.c.Rev != 0 {
		value["rev"] = e.c.Rev
	}
	if b.Token != "" {
		value["token"] = b.Token
	}
	if len(b.Data) > 0 {
		value["data"] = b.Data
	}
	o["behaviors"] = []obj{{"type": "callback", "value": value}}
	if c := b.Confirm; c != nil {
		title, text := c.Title, c.Body
		if title.IsZero() {
			title = b.Label
		}
		if text.IsZero() {
			text = b.Label
		}
		o["confirm"] = obj{
			"title": e.plain(path+".confirm.title", "button", title, 100),
			"text":  e.plain(path+".confirm.body", "button", text, 300),
		}
	}
	return o
}

// buttonName makes a name of a verb: letters, digits and underscores.
func buttonName(b card.Button) string {
	if b.Verb == "" {
		return "link"
	}
	out := []byte(b.Verb)
	for i, c := range out {
		if c == '.' || c == '-' {
			out[i] = '_'
		}
	}
	return string(out)
}

// linkButton leads to the card's own page.
func (e *encoder) linkButton(label func(w words) string) obj {
	return obj{
		"tag": "button", "name": e.name("btn_page"), "type": "default",
		"text":      e.localized(obj{"tag": "plain_text"}, func(_ string, w words) string { return label(w) }),
		"behaviors": []obj{{"type": "open_url", "default_url": e.c.Link}},
	}
}
