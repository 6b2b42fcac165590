package feishu

import (
	"encoding/json"
	"strings"

	"magpie/simulator"
)

// cardView is a card as the client draws it: what it says, what can be pressed, what can be filled in.
type cardView struct {
	v2      bool
	text    string
	buttons []*viewButton
	inputs  []viewInput
}

type viewButton struct {
	simulator.Button
	tag          string
	name         string
	value        any
	option       string // of an overflow menu
	callback     bool
	form         string // the form it submits or resets
	disabledTips string
}

type viewInput struct {
	simulator.Input
	tag      string
	name     string
	value    any // of its callback
	callback bool
	disabled bool
	form     string
}

// view draws a card that was accepted. Callers hold s.mu.
func (s *Server) view(content string) *cardView {
	var root map[string]any
	_ = json.Unmarshal([]byte(content), &root)
	v := &viewer{s: s, out: &cardView{v2: root["schema"] == "2.0"}}
	if header := child(root, "header"); header != nil {
		v.say(s.textOf(header["title"]))
		v.say(s.textOf(header["subtitle"]))
		tags, _ := header["text_tag_list"].([]any)
		for _, t := range tags {
			tag, _ := t.(map[string]any)
			v.say(s.textOf(tag["text"]))
		}
	}
	if v.out.v2 {
		v.walk(child(root, "body")["elements"], "")
	} else {
		v.walk(root["elements"], "")
		if byLanguage := child(root, "i18n_elements"); root["elements"] == nil && byLanguage != nil {
			v.walk(byLanguage["zh_cn"], "")
		}
	}
	v.out.text = strings.Join(v.lines, "\n")
	return v.out
}

// find looks a button up by id, then by label, then an input outside forms by name. A label that several
// buttons share means the first of them that can be pressed.
func (c *cardView) find(key string) (*viewButton, *viewInput) {
	for _, b := range c.buttons {
		if b.ID == key {
			return b, nil
		}
	}
	var byLabel *viewButton
	for _, b := range c.buttons {
		if b.Label == key && (byLabel == nil || byLabel.Disabled && !b.Disabled) {
			byLabel = b
		}
	}
	if byLabel != nil {
		return byLabel, nil
	}
	for i := range c.inputs {
		if c.inputs[i].Name == key && c.inputs[i].form == "" {
			return nil, &c.inputs[i]
		}
	}
	return nil, nil
}

type viewer struct {
	s     *Server
	out   *cardView
	lines []string
}

func (v *viewer) say(line string) {
	if line = strings.TrimSpace(line); line != "" {
		v.lines = append(v.lines, line)
	}
}

func child(m map[string]any, key string) map[string]any {
	c, _ := m[key].(map[string]any)
	return c
}

func str(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

func flag(m map[string]any, key string) bool {
	b, _ := m[key].(bool)
	return b
}

// textOf is what a text object says, in Chinese where it is given.
func (s *Server) textOf(v any) string {
	m, _ := v.(map[string]any)
	text := orElse(str(child(m, "i18n_content"), "zh_cn"), str(m, "content"))
	if tag := str(m, "tag"); tag == "lark_md" || tag == "markdown" {
		return s.plainMarkdown(text)
	}
	return text
}

// walk goes through a list of components in reading order.
func (v *viewer) walk(list any, form string) {
	elements, _ := list.([]any)
	for _, e := range elements {
		if m, _ := e.(map[string]any); m != nil {
			v.element(m, form)
		}
	}
}

func (v *viewer) element(m map[string]any, form string) {
	switch tag := str(m, "tag"); tag {
	case "markdown":
		v.say(v.s.plainMarkdown(orElse(str(child(m, "i18n_content"), "zh_cn"), str(m, "content"))))
	case "div":
		v.say(v.s.textOf(m["text"]))
		fields, _ := m["fields"].([]any)
		for _, f := range fields {
			field, _ := f.(map[string]any)
			v.say(v.s.textOf(field["text"]))
		}
		if extra := child(m, "extra"); extra != nil {
			v.element(extra, form)
		}
	case "note": // 1.0
		v.walk(m["elements"], form)
	case "plain_text", "lark_md": // in a note
		v.say(v.s.textOf(m))
	case "action": // 1.0
		v.walk(m["actions"], form)
	case "img":
		v.say(v.s.textOf(m["title"]))
		v.say(v.s.textOf(m["alt"]))
	case "person":
		v.say(v.s.nameOf(str(m, "user_id")))
	case "person_list":
		v.say(v.s.names(m["persons"], "id"))
	case "table":
		v.table(m)
	case "column_set":
		columns, _ := m["columns"].([]any)
		for _, c := range columns {
			column, _ := c.(map[string]any)
			v.walk(column["elements"], form)
		}
	case "form":
		v.walk(m["elements"], str(m, "name"))
	case "collapsible_panel":
		v.say(v.s.textOf(child(m, "header")["title"]))
		v.walk(m["elements"], form)
	case "interactive_container":
		if m["behaviors"] != nil {
			v.button(m, form)
		}
		v.walk(m["elements"], form)
	case "button":
		v.button(m, form)
	case "overflow":
		v.overflow(m)
	default:
		if kind, isInput := inputKinds[tag]; isInput {
			v.input(m, tag, kind, form)
		}
	}
}

func (v *viewer) table(m map[string]any) {
	columns, _ := m["columns"].([]any)
	var names, head []string
	kinds := map[string]string{}
	for _, c := range columns {
		column, _ := c.(map[string]any)
		name := str(column, "name")
		names, head = append(names, name), append(head, orElse(str(column, "display_name"), name))
		kinds[name] = str(column, "data_type")
	}
	v.say(strings.Join(head, " | "))
	rows, _ := m["rows"].([]any)
	for _, r := range rows {
		row, _ := r.(map[string]any)
		var cells []string
		for _, name := range names {
			cells = append(cells, v.s.cell(kinds[name], row[name]))
		}
		v.say(strings.Join(cells, " | "))
	}
}

// cell is what a table's cell says.
func (s *Server) cell(kind string, value any) string {
	switch value := value.(type) {
	case string:
		switch kind {
		case "persons":
			return s.nameOf(value)
		case "markdown", "lark_md":
			return s.plainMarkdown(value)
		}
		return value
	case float64:
		text, _ := scalar(value)
		return text
	case []any:
		var parts []string
		for _, one := range value {
			if option, _ := one.(map[string]any); option != nil {
				parts = append(parts, str(option, "text"))
			} else if id, _ := one.(string); id != "" {
				parts = append(parts, s.nameOf(id))
			}
		}
		return strings.Join(parts, "、")
	}
	return ""
}

func (s *Server) names(list any, key string) string {
	persons, _ := list.([]any)
	var out []string
	for _, p := range persons {
		person, _ := p.(map[string]any)
		out = append(out, s.nameOf(str(person, key)))
	}
	return strings.Join(out, "、")
}

// button reads a button of either version. Its id is the name, else the element id, else the label.
func (v *viewer) button(m map[string]any, form string) {
	b := &viewButton{tag: str(m, "tag"), name: str(m, "name"), disabledTips: v.s.textOf(m["disabled_tips"])}
	b.Label = v.s.textOf(m["text"])
	b.ID = orElse(orElse(b.name, str(m, "element_id")), b.Label)
	b.Disabled = flag(m, "disabled")
	if ask := child(m, "confirm"); ask != nil {
		b.Confirm = strings.TrimSpace(v.s.textOf(ask["title"]) + "\n" + v.s.textOf(ask["text"]))
	}
	b.callback, b.value, b.URL = reactsTo(m)
	switch str(m, "form_action_type") + str(m, "action_type") {
	case "submit", "form_submit":
		// A submit calls back even without a behaviour of its own.
		b.form, b.Submit, b.callback = form, true, true
	case "reset", "form_reset":
		b.form = form
	}
	v.out.buttons = append(v.out.buttons, b)
}

// reactsTo is what a component does when used: 2.0 lists behaviours, 1.0 has value and url beside the rest.
func reactsTo(m map[string]any) (callback bool, value any, url string) {
	list, _ := m["behaviors"].([]any)
	for _, one := range list {
		behaviour, _ := one.(map[string]any)
		switch str(behaviour, "type") {
		case "callback":
			callback, value = true, behaviour["value"]
		case "open_url":
			url = orElse(str(behaviour, "default_url"), str(behaviour, "pc_url"))
		}
	}
	if list == nil {
		value = m["value"]
		url = orElse(str(m, "url"), str(child(m, "multi_url"), "url"))
		callback = value != nil || url == ""
	}
	return callback, value, url
}

// overflow is a menu: each entry is a button.
func (v *viewer) overflow(m map[string]any) {
	callback, value, _ := reactsTo(m)
	options, _ := m["options"].([]any)
	for _, o := range options {
		option, _ := o.(map[string]any)
		b := &viewButton{tag: "overflow", name: str(m, "name"), value: value, option: str(option, "value"), callback: callback}
		b.Label, b.URL = v.s.textOf(option["text"]), str(child(option, "multi_url"), "url")
		b.ID = orElse(orElse(str(m, "name"), str(m, "element_id")), "overflow") + "." + b.option
		v.out.buttons = append(v.out.buttons, b)
	}
}

// inputKinds are the components that take a value.
var inputKinds = map[string]string{"input": "text", "select_static": "select", "multi_select_static": "multiselect",
	"select_person": "person", "multi_select_person": "people", "date_picker": "date", "picker_time": "time",
	"picker_datetime": "datetime", "checker": "bool", "select_img": "select"}

func (v *viewer) input(m map[string]any, tag, kind, form string) {
	in := viewInput{tag: tag, name: str(m, "name"), disabled: flag(m, "disabled"), form: form}
	in.callback, in.value, _ = reactsTo(m)
	in.Name = orElse(in.name, str(m, "element_id"))
	in.Kind, in.Required = kind, flag(m, "required")
	in.Hint = v.s.textOf(m["placeholder"])
	in.Label = orElse(v.s.textOf(m["label"]), orElse(v.s.textOf(m["text"]), in.Hint))
	if in.Name == "" {
		in.Name = in.Label
	}
	switch tag {
	case "input":
		if str(m, "input_type") == "multiline_text" {
			in.Kind = "longtext"
		}
		in.Max = 1000
		if n, given := m["max_length"].(float64); given {
			in.Max = int(n)
		}
	case "select_img":
		if flag(m, "multi_select") {
			in.Kind = "multiselect"
		}
	}
	options, _ := m["options"].([]any)
	for _, o := range options {
		option, _ := o.(map[string]any)
		one := simulator.Option{Value: str(option, "value"), Label: v.s.textOf(option["text"])}
		if kind == "person" || kind == "people" {
			one.Label = v.s.nameOf(one.Value)
			one.Value = v.s.byID["open_id "+one.Value].person
		}
		one.Label = orElse(one.Label, one.Value)
		in.Options = append(in.Options, one)
	}
	in.Value = v.initial(m, kind)
	v.out.inputs = append(v.out.inputs, in)
}

// initial is the value a card puts in beforehand, nil for none.
func (v *viewer) initial(m map[string]any, kind string) any {
	if kind == "bool" {
		return flag(m, "checked")
	}
	person := func(id string) string { return orElse(v.s.byID["open_id "+id].person, id) }
	if list, _ := m["selected_values"].([]any); list != nil {
		out := []string{}
		for _, one := range list {
			id, _ := one.(string)
			if kind == "people" {
				id = person(id)
			}
			out = append(out, id)
		}
		return out
	}
	for _, key := range []string{"default_value", "initial_option", "initial_date", "initial_time", "initial_datetime"} {
		if value := str(m, key); value != "" {
			if kind == "person" {
				return person(value)
			}
			return value
		}
	}
	return nil
}
