package feishucard

import (
	"net/url"
	"strconv"
)

type buttonView struct {
	ID, Label, Style, Size string
	Disabled               bool
	Why                    string // disabled_tips or hover_tips
	Press                  bool   // calls back
	Submit, Reset          bool
	URL                    string
	Confirm                bool
	ConfirmTitle           string
	ConfirmText            string
	Fill                   bool
}

type formView struct {
	Name     string
	Elements []element
}

type actionsView struct{ Elements []element }

type containerView struct {
	Button   buttonView
	Elements []element
}

type inputView struct {
	ID, Name, Label, Kind string
	Placeholder           string
	Required, Disabled    bool
	Instant               bool // acts when changed: no form around it
	Value                 string
	Values                map[string]bool
	Options               []optionView
	Max, Rows             int
	Type                  string // text, password
	LabelLeft             bool
}

type optionView struct {
	Value, Label string
	Selected     bool
	URL          string // of a menu's entry
}

type menuView struct {
	Button  buttonView
	Options []optionView
}

// interactive builds what a person can press or fill in; false when the tag is none of these.
func (b *builder) interactive(o object) (element, bool) {
	switch o.str("tag") {
	case "button":
		return element{"button", b.button(o, b.plain(o.obj("text")))}, true
	case "form":
		was := b.form
		b.form = true
		defer func() { b.form = was }()
		return element{"form", formView{o.str("name"), b.elements(o.list("elements"))}}, true
	case "action":
		return element{"actions", actionsView{b.elements(o.list("actions"))}}, true
	case "interactive_container":
		v := containerView{Button: b.button(o, ""), Elements: b.elements(o.list("elements"))}
		v.Button.Press = v.Button.Press && o.at("behaviors") != nil // without any it is only a frame
		return element{"container", v}, true
	case "overflow":
		return element{"overflow", menuView{b.button(o, "overflow"), b.options(o, nil)}}, true
	case "input":
		return element{"text", b.textInput(o)}, true
	case "select_static":
		v := b.input(o, "select")
		v.Options = b.options(o, []string{o.str("initial_option")})
		return element{"select", v}, true
	case "multi_select_static":
		v := b.input(o, "multiselect")
		v.Options = b.options(o, o.strs("selected_values"))
		return element{"picker", v}, true
	case "select_person":
		v := b.input(o, "person")
		v.Options = b.persons(o, []string{o.str("initial_option")})
		return element{"picker", v}, true
	case "multi_select_person":
		v := b.input(o, "people")
		v.Options = b.persons(o, o.strs("selected_values"))
		return element{"picker", v}, true
	case "date_picker":
		return element{"date", b.dateInput(o, "date", "initial_date")}, true
	case "picker_time":
		return element{"date", b.dateInput(o, "time", "initial_time")}, true
	case "picker_datetime":
		return element{"date", b.dateInput(o, "datetime", "initial_datetime")}, true
	case "checker":
		v := b.input(o, "bool")
		v.Label = firstOf(b.plain(o.obj("text")), v.Label)
		if o.yes("checked") {
			v.Value = "true"
		}
		return element{"checker", v}, true
	case "select_img":
		v := b.input(o, "select")
		if o.yes("multi_select") {
			v.Kind = "multiselect"
		}
		for i, p := range o.list("options") {
			v.Options = append(v.Options, optionView{Value: p.str("value"), Label: "图片 " + strconv.Itoa(i+1)})
		}
		return element{"images", v}, true
	}
	return element{}, false
}

func (b *builder) button(o object, label string) buttonView {
	v := buttonView{
		ID:       firstOf(o.str("name"), o.str("element_id"), label),
		Label:    label,
		Style:    oneOf(o.str("type"), "default", "primary", "danger", "text", "primary_text", "danger_text", "primary_filled", "danger_filled", "laser"),
		Size:     oneOf(o.str("size"), "medium", "tiny", "small", "large"),
		Disabled: o.yes("disabled"),
		Fill:     o.str("width") == "fill",
		Submit:   o.str("form_action_type") == "submit" || o.str("action_type") == "form_submit",
		Reset:    o.str("form_action_type") == "reset" || o.str("action_type") == "form_reset",
		URL:      webURL(firstOf(o.str("multi_url", "url"), o.str("url"))),
	}
	// Without a list of behaviours (1.0) a button calls back with its value, or when there is no address to open.
	if o.at("behaviors") == nil {
		v.Press = !v.Reset && (o.at("value") != nil || v.URL == "")
	}
	v.Why = b.plain(o.obj("hover_tips"))
	if v.Disabled {
		v.Why = firstOf(b.plain(o.obj("disabled_tips")), v.Why)
	}
	for _, h := range o.list("behaviors") {
		switch h.str("type") {
		case "callback":
			v.Press = true
		case "open_url":
			v.URL = firstOf(webURL(firstOf(h.str("pc_url"), h.str("default_url"))), v.URL)
		}
	}
	v.Press = v.Press || v.Submit
	if c := o.obj("confirm"); c != nil {
		v.Confirm, v.ConfirmTitle, v.ConfirmText = true, b.plain(c.obj("title")), b.plain(c.obj("text"))
	}
	return v
}

// input reads what all inputs have in common. Outside a form an input acts on its own.
func (b *builder) input(o object, kind string) inputView {
	return inputView{
		ID: b.id(), Name: firstOf(o.str("name"), o.str("element_id")), Kind: kind,
		Label: b.plain(o.obj("label")), Placeholder: b.plain(o.obj("placeholder")),
		Required: o.yes("required"), Disabled: o.yes("disabled"), Instant: !b.form,
		LabelLeft: o.str("label_position") == "left",
	}
}

func (b *builder) textInput(o object) inputView {
	v := b.input(o, "text")
	v.Value = o.str("default_value")
	v.Type = "text"
	v.Rows = 3
	switch o.str("input_type") {
	case "multiline_text":
		v.Kind = "longtext"
	case "password":
		v.Type = "password"
	}
	if n, ok := o.num("rows"); ok && n >= 1 && n <= 20 {
		v.Rows = int(n)
	}
	if n, ok := o.num("max_length"); ok && n >= 1 && n <= 1000 {
		v.Max = int(n)
	}
	return v
}

// dateInput turns "2006-01-02 15:04" into what the browser's own pickers take.
func (b *builder) dateInput(o object, kind, initial string) inputView {
	v := b.input(o, kind)
	v.Value = firstOf(o.str(initial), o.str("value"))
	v.Type = kind
	if kind == "datetime" {
		v.Type = "datetime-local"
		if len(v.Value) > 10 && v.Value[10] == ' ' {
			v.Value = v.Value[:10] + "T" + v.Value[11:]
		}
	}
	return v
}

func (b *builder) options(o object, chosen []string) []optionView {
	is := map[string]bool{}
	for _, c := range chosen {
		is[c] = c != ""
	}
	var out []optionView
	for _, p := range o.list("options") {
		value := p.str("value")
		out = append(out, optionView{value, firstOf(b.plain(p.obj("text")), value), is[value], webURL(p.str("multi_url", "url"))})
	}
	return out
}

// persons builds the choices of a person picker: those the card names, and those chosen already. An empty
// list means everybody; the page knows them. Values are our person ids where the vendor's id is known.
func (b *builder) persons(o object, chosen []string) []optionView {
	is := map[string]bool{}
	for _, c := range chosen {
		is[c] = c != ""
	}
	var out []optionView
	add := func(ref string) {
		value, label := ref, "未知用户"
		if p, ok := b.who(ref); ok {
			value, label = p.ID, p.Name
		}
		out = append(out, optionView{Value: value, Label: label, Selected: is[ref]})
	}
	listed := o.list("options")
	for _, p := range listed {
		add(p.str("value"))
	}
	if len(listed) == 0 {
		for _, c := range chosen {
			if c != "" {
				add(c)
			}
		}
	}
	return out
}

// webURL lets only http and https through.
func webURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return s
}
