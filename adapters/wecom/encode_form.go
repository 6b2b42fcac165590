package wecom

import (
	"fmt"
	"slices"

	"magpie/adapters/card"
)

// formPlan is a form that the card itself takes.
type formPlan struct {
	path      string
	form      *card.Form
	kind      string // card_type that it needs
	selectors []obj
}

// planForm finds out whether the card can take a form: WeCom has no text input, only choices.
//
//	one drop-down                        button_interaction, with all buttons
//	two or three drop-downs, one button  multiple_interaction
//	choices of which several count       vote_interaction, alone and with one button
//	a drop-down of up to 20              vote_interaction, the same
//	anything else                        the page; with optional inputs only, the buttons as well
//	a submit that is asked about         the page, which asks
func (e *encoder) planForm() {
	if e.to == toPush || e.to == asChange && e.level > 0 {
		return
	}
	for i, el := range e.c.Body {
		f, ok := el.(*card.Form)
		if !ok || f == nil || !f.Fold.IsZero() {
			continue
		}
		if e.level >= 2 && (goodURL(f.Submit.Page) != "" || e.link() != "") {
			return
		}
		if f.Submit.Confirm != nil && goodURL(f.Submit.Page) != "" {
			return // the page asks before it submits, so that it takes the form
		}
		path := fmt.Sprintf("body[%d]", i)
		kind := e.kindOf(f)
		if kind == "" || len(e.key(f.Submit)) > maxKey {
			return
		}
		e.form = &formPlan{path: path, form: f, kind: kind}
		asked, places := f.Asked()
		for j, in := range asked {
			e.form.selectors = append(e.form.selectors, e.selector(fmt.Sprintf("%s.inputs[%d]", path, places[j]), in, kind))
		}
		return // of several forms one
	}
}

// kindOf says which kind of card takes a form; "" when none does.
func (e *encoder) kindOf(f *card.Form) string {
	alone := len(f.Others) == 0 && len(e.c.Actions) == 0
	for _, el := range e.c.Body {
		if other, ok := el.(*card.Form); ok && other != f {
			alone = false
		}
	}
	most := 0
	asked, _ := f.Asked()
	if len(asked) == 0 {
		return ""
	}
	for _, in := range asked {
		switch in.Kind {
		case card.InputSelect, card.InputBool:
		case card.InputMultiSelect:
			if len(asked) > 1 {
				return ""
			}
		default:
			return ""
		}
		if len(in.Name)+2 > maxQuestion {
			return ""
		}
		for _, o := range in.Options {
			if len(o.Value) > maxOptionID || clean(o.Value) != o.Value {
				return ""
			}
		}
		most = max(most, len(in.Options))
	}
	one := len(asked) == 1
	switch {
	case one && asked[0].Kind != card.InputMultiSelect && most <= maxOptions:
		return "button_interaction"
	case one && alone && most <= maxVotes:
		return "vote_interaction"
	case alone && len(asked) <= maxSelectors && most <= maxOptions:
		return "multiple_interaction"
	}
	return ""
}

// selector draws one input.
func (e *encoder) selector(path string, in card.Input, kind string) obj {
	var options []obj
	prefix, limit := oneOf, maxOption
	chosen := map[string]bool{in.Default.Text: in.Default.Text != ""}
	switch in.Kind {
	case card.InputBool:
		prefix = yesNo
		e.lose(path, "input", "a yes or no is chosen from a list", card.Cosmetic)
		chosen = map[string]bool{optionYes: in.Default.Bool, optionNo: !in.Default.Bool}
		in.Options = []card.Option{{Value: optionYes, Label: card.T(e.w.yes)}, {Value: optionNo, Label: card.T(e.w.no)}}
	case card.InputMultiSelect:
		prefix = manyOf
		for _, v := range in.Default.List {
			chosen[v] = true
		}
		if in.Max > 0 {
			e.lose(path+".max", "input", fmt.Sprintf("the limit of %d choices is only checked after the submit", in.Max), card.Cosmetic)
		}
	}
	vote := kind == "vote_interaction"
	if vote {
		limit = maxVote
	}
	selected := ""
	for i, o := range in.Options {
		text := e.said(fmt.Sprintf("%s.options[%d]", path, i), "input", o.Label, limit)
		one := obj{"id": o.Value, "text": text}
		if vote {
			one["is_checked"] = chosen[o.Value]
		} else if chosen[o.Value] {
			selected = o.Value
		}
		options = append(options, one)
	}
	s := obj{"question_key": prefix + in.Name, "option_list": options}
	switch {
	case vote:
		mode := 0
		if in.Kind == card.InputMultiSelect {
			mode = 1
		}
		s["mode"] = mode
		e.lines = append(e.lines, oneLine(in.Label.In(e.lang)))
	default:
		s["title"] = e.said(path+".label", "input", in.Label, maxRowValue)
		if selected != "" {
			s["selected_id"] = selected
		}
	}
	return s
}

// collect lists what there is to press: the form's submits first, then the footer.
func (e *encoder) collect() {
	for i, el := range e.c.Body {
		f, ok := el.(*card.Form)
		if !ok || f == nil {
			continue
		}
		path := fmt.Sprintf("body[%d]", i)
		if p := f.Problem.In(e.lang); p != "" {
			e.lines = append([]string{clean(p)}, e.lines...)
		}
		if e.form != nil && e.form.form == f {
			e.between(path, f)
			e.add(path+".submit", f.Submit)
			for j, b := range f.Others {
				e.add(fmt.Sprintf("%s.others[%d]", path, j), b)
			}
			continue
		}
		e.addPage(path, f)
	}
	for i, b := range e.c.Actions {
		e.add(fmt.Sprintf("actions[%d]", i), b)
	}
}

// between draws what stands between the inputs of a form that the card takes.
func (e *encoder) between(path string, f *card.Form) {
	for j, in := range f.Inputs {
		switch {
		case in.Kind == card.InputNote:
			e.line(in.Label.In(e.lang))
		case in.Kind == card.InputOutput && in.Default.Text != "":
			e.field(fmt.Sprintf("%s.inputs[%d]", path, j), card.Field{Label: in.Label, Value: card.T(in.Default.Text)})
		}
	}
}

// addPage draws a form that the card can't take: the button that leads to its page. Where nothing has to be
// filled in, its submits stay presses: who has nothing to add decides with one. Those that the author does not
// call bare, or where none is called so the dangerous ones, lead to the page all the same: they are what wants a
// reason, and WeCom shows nobody that it is missing.
func (e *encoder) addPage(path string, f *card.Form) {
	a := act{path: path + ".submit", b: f.Submit}
	linked := false
	if !f.Fold.IsZero() { // the page has its buttons
		a.b.Label = f.Fold
	} else if e.to != toPush && optional(f) {
		buttons := append([]card.Button{f.Submit}, f.Others...)
		bare := slices.ContainsFunc(buttons, func(b card.Button) bool { return b.Bare })
		for j, b := range buttons {
			p := path + ".submit"
			if j > 0 {
				p = fmt.Sprintf("%s.others[%d]", path, j-1)
			}
			page := goodURL(b.Page)
			if page == "" {
				page = e.link()
			}
			wants := b.Style == card.StyleDanger
			if bare {
				wants = !b.Bare
			}
			if wants && page != "" {
				e.acts = append(e.acts, act{path: p, b: b, url: page})
				linked = true
				continue
			}
			e.add(p, b)
		}
		a.b.Label = card.T(e.w.fill)
	}
	if a.url = goodURL(f.Submit.Page); a.url == "" {
		a.url = e.link()
	}
	what := fmt.Sprintf("%d inputs", len(f.Inputs))
	defer func(n int) {
		for i := range e.losses[n:] {
			e.losses[n+i].Everywhere = e.losses[n+i].Path == path && len(f.PageOnly()) > 0 && a.url != ""
		}
	}(len(e.losses))
	if a.url == "" {
		e.lose(path, "form", what+" can't be asked on the card, and there is no page that does", card.Interaction)
		if !optional(f) {
			e.hint(a)
		}
		return
	}
	e.lose(path, "form", what+" can't be asked on the card: its button leads to a page", card.Interaction)
	if !linked {
		e.acts = append(e.acts, a)
	}
}

// key is what a press of a button brings back. A robot's says where the answer leads, if there is room.
func (e *encoder) key(b card.Button) string {
	if e.to == toRobot {
		if key := encodeKey(e.c.Slot, e.c.Rev, b, e.link()); len(key) <= maxKey {
			return key
		}
	}
	return encodeKey(e.c.Slot, e.c.Rev, b, "")
}

// optional reports whether a form may be handed in as it is.
func optional(f *card.Form) bool {
	for _, in := range f.Inputs {
		if in.Required {
			return false
		}
	}
	return true
}

// add lists one button.
func (e *encoder) add(path string, b card.Button) {
	a := act{path: path, b: b}
	if b.URL != "" {
		if a.url = goodURL(b.URL); a.url == "" {
			e.lose(path, "button", "its address is longer than WeCom takes", card.Interaction)
			e.hint(a)
			return
		}
		e.acts = append(e.acts, a)
		return
	}
	if page := goodURL(b.Page); b.Confirm != nil && page != "" && e.to != toPush {
		// A press would act without being asked again: WeCom has no question to a button. The page asks.
		e.lose(path, "button", "WeCom does not ask before a press: its page does", card.Interaction)
		a.url = page
		e.acts = append(e.acts, a)
		return
	}
	key := e.key(b)
	for i, base := 2, key; e.keys[key]; i++ {
		key = fmt.Sprintf("%s&n=%d", base, i)
	}
	if len(key) > maxKey {
		if a = e.toPage(a, fmt.Sprintf("it carries more than %d bytes", maxKey)); a.url != "" {
			e.acts = append(e.acts, a)
		}
		return
	}
	e.keys[key] = true
	a.key = key
	if b.Confirm != nil && e.to != toPush {
		e.lose(path+".confirm", "button", "it acts without being asked again", card.Content)
	}
	e.acts = append(e.acts, a)
}
