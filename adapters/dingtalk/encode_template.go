package dingtalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"magpie/adapters"
	"magpie/adapters/card"
)

// What our templates have room for.
const (
	maxBodies   = 8
	maxButtons  = 6
	maxLinkVars = 4
)

// WireTemplate is the kind of a card that is drawn with a template.
const WireTemplate = "template"

// drawnCard is the body of a Wire of kind WireTemplate.
type drawnCard struct {
	Template   string            `json:"template"` // our name of it
	TemplateID string            `json:"cardTemplateId"`
	Data       cardParams        `json:"cardData"`
	Summary    string            `json:"summary"`             // for the list of chats and the notification
	Mentions   map[string]string `json:"atUserIds,omitempty"` // userId → name, in groups
}

// filler fills the variables of one template.
type filler struct {
	*encoder
	vars    map[string]string
	form    bool // the template has inputs
	buttons int
	links   int
}

// template draws the card as variables. Every variable is set, so that one that has lost its meaning is empty
// after an update.
func (e *encoder) template(name string, t Template) (adapters.Wire, error) {
	own := shipped[name]
	e.native = true
	f := &filler{encoder: e, vars: make(map[string]string, len(own.public)), form: name == templateForm}
	for _, v := range own.public {
		f.vars[v] = ""
	}
	e.form = f.drawForm
	f.vars["title"] = f.value("title", "card", oneLine(e.in(e.c.Title)))
	f.vars["status"] = f.value("status", "card", oneLine(e.in(e.c.Status)))
	f.vars["tone"] = string(e.c.Tone)
	if e.c.Tone == card.Neutral {
		f.vars["tone"] = "neutral"
	}
	e.body()
	for i, b := range e.c.Actions {
		f.button(fmt.Sprintf("actions[%d]", i), "", b, nil)
	}
	if e.c.Link != "" {
		f.link("link", e.words.more, e.c.Link)
	}
	if err := f.bodies(); err != nil {
		return adapters.Wire{}, err
	}
	f.extend()
	summary, _ := cutBytes(oneLine(e.in(e.c.Summary)), 200)
	body, err := marshal(drawnCard{
		Template: name, TemplateID: t.ID, Data: cardParams{f.vars}, Summary: summary, Mentions: mentionsOf(e.c, e.lang),
	})
	if err == nil && len(body) > maxPayload {
		err = fmt.Errorf("draw card: %d bytes are more than %d", len(body), maxPayload)
	}
	return adapters.Wire{Kind: WireTemplate, Body: body}, err
}

// value cuts a text that goes into a variable of its own.
func (f *filler) value(path, element, s string) string {
	s, cut := cutBytes(s, maxValue)
	if cut {
		f.loseBehind(path, element, fmt.Sprintf("cut at %d bytes", maxValue))
	}
	return s
}

// bodies distributes the pieces of the body over its variables, as many together as fit. What leads to actions
// comes last and is kept. It fails if that alone is too much.
func (f *filler) bodies() error {
	tail := pack(f.tail)
	if len(tail) >= maxBodies {
		return fmt.Errorf("draw card: %d words and links that lead to actions are too many", len(f.tail))
	}
	packed, room := pack(f.chunks), maxBodies-len(tail)
	if len(packed) > room {
		f.loseBehind("body", "card", fmt.Sprintf("text cut at %d variables of %d bytes", room, maxValue))
		packed = packed[:room]
		mark := "…"
		if f.c.Link != "" {
			mark = f.words.rest
		}
		cut, _ := cutBytes(packed[room-1], maxValue-len(mark)-2)
		packed[room-1] = strings.TrimSuffix(cut, "…") + "\n\n" + mark
	}
	for i, s := range append(packed, tail...) {
		f.vars["body"+strconv.Itoa(i+1)] = s
	}
	return nil
}

// pack puts pieces together to texts that fit into a variable, and cuts those that do not.
func pack(chunks []string) []string {
	var packed []string
	for _, c := range chunks {
		for i, part := range splitBytes(c, maxValue) {
			last := len(packed) - 1
			if i == 0 && last >= 0 && len(packed[last])+2+len(part) <= maxValue {
				packed[last] += "\n\n" + part
				continue
			}
			packed = append(packed, part)
		}
	}
	return packed
}

// carried is what a button brings back. In maps the template's inputs to those of the form.
type carried struct {
	Slot  string            `json:"slot,omitempty"`
	Rev   int64             `json:"rev,omitempty"`
	Verb  string            `json:"verb"`
	Token string            `json:"token,omitempty"`
	Data  map[string]string `json:"data,omitempty"`
	In    map[string]string `json:"in,omitempty"`
}

// button draws a button: one that opens an address as a link, one that acts as a press. What there is no room
// for becomes a link to its page.
func (f *filler) button(path, form string, b card.Button, in map[string]string) {
	label := oneLine(f.in(b.Label))
	if b.URL != "" {
		f.link(path, label, b.URL)
		return
	}
	value, err := marshal(carried{f.c.Slot, f.c.Rev, b.Verb, b.Token, b.Data, in})
	switch {
	case err != nil || len(value) > maxValue:
		f.lose(path, "button", fmt.Sprintf("what it carries is more than the %d bytes of a variable; asked for on the page", maxValue), card.Interaction)
		f.toPage(path, form, b)
		return
	case f.buttons == maxButtons:
		f.lose(path, "button", fmt.Sprintf("the template has room for %d buttons; asked for on the page", maxButtons), card.Interaction)
		f.toPage(path, form, b)
		return
	}
	f.buttons++
	p := "btn" + strconv.Itoa(f.buttons)
	f.vars[p+"_text"] = f.value(path+".label", "button", label)
	f.vars[p+"_style"] = "default"
	if b.Style != card.StyleDefault {
		f.vars[p+"_style"] = string(b.Style)
	}
	f.vars[p+"_value"] = string(value)
	if b.Confirm != nil {
		ask := strings.TrimSpace(f.in(b.Confirm.Title) + "\n" + f.in(b.Confirm.Body))
		if ask == "" {
			ask = label
		}
		f.vars[p+"_confirm"] = f.value(path+".confirm", "button", ask)
	}
}

// toPage draws an action as the link to its page, or where nothing leads to it as a word to reply with.
func (f *filler) toPage(path, form string, b card.Button) {
	if page := f.page(b); page != "" {
		f.link(path, oneLine(f.in(b.Label)), page)
		return
	}
	f.hint(form, b)
}

// link draws a button that opens an address; one for which there is no room is a link in the text.
func (f *filler) link(path, label, url string) {
	if f.links == maxLinkVars || len(url) > maxValue {
		if path != "link" {
			f.lose(path, "button", "drawn as a link in the text", card.Cosmetic)
		}
		f.lead(label, url)
		return
	}
	f.links++
	p := "link" + strconv.Itoa(f.links)
	f.vars[p+"_text"] = f.value(path+".label", "button", label)
	f.vars[p+"_url"] = url
}

// inputSlots are the inputs that the template with a form has: the first part of their names, and how many.
var inputSlots = map[card.InputKind]struct {
	name string
	n    int
}{
	card.InputText: {"text", 5}, card.InputLongText: {"text", 5}, card.InputNumber: {"text", 5},
	card.InputSelect: {"select", 3}, card.InputMultiSelect: {"multi", 1},
	card.InputDate: {"date", 2}, card.InputDateTime: {"datetime", 1}, card.InputBool: {"check", 2},
}

// drawForm draws the inputs that the template has. A form with another one, or with more, is filled in on its page.
func (f *filler) drawForm(path string, form *card.Form) {
	if !form.Fold.IsZero() {
		f.foldedForm(path, form)
		return
	}
	vars, in, why := f.inputs(path, form)
	if why != "" {
		f.pageForm(path, form, why)
		return
	}
	for k, v := range vars {
		f.vars[k] = v
	}
	f.between(form)
	f.vars["problem"] = f.value(path+".problem", "form", oneLine(f.in(form.Problem)))
	f.button(path+".submit", form.ID, form.Submit, in)
	for i, b := range form.Others {
		f.button(fmt.Sprintf("%s.others[%d]", path, i), form.ID, b, in)
	}
}

// between draws what stands between the inputs of a form: the template has no place for it there.
func (f *filler) between(form *card.Form) {
	for _, x := range form.Inputs {
		switch {
		case x.Kind == card.InputNote:
			f.add(f.lines(f.in(x.Label)))
		case x.Kind == card.InputOutput && x.Default.Text != "":
			f.add(f.escape(oneLine(f.in(x.Label))) + f.words.colon + f.escape(oneLine(x.Default.Text)))
		}
	}
}

// pageForm draws the submits of a form as links to the page that has the form. One that makes sense without
// the inputs stays a button where the card has buttons.
func (f *filler) pageForm(path string, form *card.Form, why string) {
	f.losePage(path, form, why)
	if p := f.lines(f.in(form.Problem)); p != "" {
		f.add(p)
	}
	for i, b := range append([]card.Button{form.Submit}, form.Others...) {
		p := path + ".submit"
		if i > 0 {
			p = fmt.Sprintf("%s.others[%d]", path, i-1)
		}
		if b.URL != "" {
			f.link(p, oneLine(f.in(b.Label)), b.URL)
			continue
		}
		if b.Bare && f.encoder.native {
			f.button(p, form.ID, b, nil)
			continue
		}
		f.toPage(p, form.ID, b)
	}
}

// foldedForm draws a form that is closed at first as a link to its page: the template can't close anything.
func (f *filler) foldedForm(path string, form *card.Form) {
	f.lose(path, "form", "the template has no form that is closed at first; filled in on the page", card.Interaction)
	if p := f.lines(f.in(form.Problem)); p != "" {
		f.add(p)
	}
	b := form.Submit
	b.Label = form.Fold
	f.toPage(path+".submit", form.ID, b)
}

// losePage records that a form is filled in on its page, and whether every suite has it so.
func (e *encoder) losePage(path string, form *card.Form, why string) {
	e.lose(path, "form", why+"; filled in on the page", card.Interaction)
	e.losses[len(e.losses)-1].Everywhere = len(form.PageOnly()) > 0 && e.page(form.Submit) != ""
}

// inputs fills the variables of a form's inputs. why says why it can't.
func (f *filler) inputs(path string, form *card.Form) (vars, in map[string]string, why string) {
	if !f.encoder.native || !f.form {
		return nil, nil, "the template has no inputs"
	}
	vars, in = map[string]string{}, map[string]string{}
	used := map[string]int{}
	for i, x := range form.Inputs {
		if !x.Kind.Asks() {
			continue // between draws it
		}
		slot, ok := inputSlots[x.Kind]
		if !ok {
			return nil, nil, fmt.Sprintf("the template has no input of kind %s", x.Kind)
		}
		if used[slot.name]++; used[slot.name] > slot.n {
			return nil, nil, fmt.Sprintf("the template has %d inputs of kind %s", slot.n, slot.name)
		}
		p := slot.name + strconv.Itoa(used[slot.name])
		if f.vars[p+"_label"] != "" {
			return nil, nil, "a form before this one has the template's inputs"
		}
		in[p] = x.Name
		set := func(name, v string) {
			if len(v) > maxValue && why == "" {
				why = fmt.Sprintf("%s is more than the %d bytes of a variable", name, maxValue)
			}
			vars[p+"_"+name] = v
		}
		label := oneLine(f.in(x.Label))
		set("label", label)
		if slot.name != "check" {
			set("required", strconv.FormatBool(x.Required))
		}
		if slot.name == "text" {
			set("placeholder", oneLine(f.in(x.Placeholder)))
			set("max", "")
			if x.Max > 0 {
				set("max", strconv.Itoa(x.Max))
			}
		}
		switch x.Kind {
		case card.InputMultiSelect:
			set("value", jsonText(x.Default.List))
			set("options", f.options(x))
		case card.InputSelect:
			set("value", x.Default.Text)
			set("options", f.options(x))
		case card.InputBool:
			set("value", strconv.FormatBool(x.Default.Bool))
		default:
			set("value", x.Default.Text)
		}
		if x.Kind == card.InputNumber {
			f.lose(fmt.Sprintf("%s.inputs[%d]", path, i), "input", "a number is typed as text", card.Cosmetic)
		}
	}
	if why == "" {
		if b, err := marshal(in); err != nil || len(b) > maxValue/2 {
			why = "the names of its inputs are too long"
		}
	}
	return vars, in, why
}

// options are the choices of an input, as the variable of a list.
func (f *filler) options(x card.Input) string {
	type option struct {
		Value string `json:"value"`
		Text  string `json:"text"`
	}
	list := make([]option, len(x.Options))
	for i, o := range x.Options {
		list[i] = option{o.Value, oneLine(f.in(o.Label))}
	}
	return jsonText(list)
}

// jsonText is JSON as the value of a variable; "" for an empty list.
func jsonText(v any) string {
	b, err := marshal(v)
	if err != nil || string(b) == "null" || string(b) == "[]" {
		return ""
	}
	return string(b)
}

var errExt = errors.New("not an object of texts for variables of the template")

// extend applies the author's own patch: texts for variables that are no buttons. One that is something else is
// left out.
func (f *filler) extend() {
	raw, ok := f.c.Ext[Name]
	if !ok {
		return
	}
	var patch map[string]string
	err := json.Unmarshal(raw, &patch)
	for k, v := range patch {
		if _, known := f.vars[k]; err == nil && (!known || strings.HasPrefix(k, "btn") || len(v) > maxValue) {
			err = fmt.Errorf("%w: %.40q", errExt, k)
		}
	}
	if err != nil {
		f.lose("ext."+Name, "card", "left out: "+err.Error(), card.Cosmetic)
		return
	}
	for k, v := range patch {
		f.vars[k] = v
	}
}

// mentionsOf collects who is mentioned in the card's texts: in groups they are told.
func mentionsOf(c *card.Card, lang string) map[string]string {
	var out map[string]string
	for _, el := range c.Body {
		md, ok := el.(*card.Markdown)
		if !ok {
			continue
		}
		for _, b := range card.ParseMarkdown(md.Text.In(lang)) {
			for _, line := range b.Lines {
				for _, s := range line {
					if s.Kind == card.SpanMention && s.Ref != "" && len(out) < 50 {
						if out == nil {
							out = map[string]string{}
						}
						out[s.Ref] = s.Text
					}
				}
			}
		}
	}
	return out
}
