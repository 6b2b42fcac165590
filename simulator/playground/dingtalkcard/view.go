package dingtalkcard

import (
	"html/template"
	"regexp"
	"strconv"
	"strings"
)

// cardView is what card.gohtml draws.
type cardView struct {
	Look  string // template, action, markdown, link, work, todo
	Title string
	Tag   string
	Tone  string
	Head  bool   // a coloured head
	Bar   string // the name of the app above a work notification
	Form  bool
	Parts []part
}

// part is one piece below the title.
type part struct {
	Kind  string // markdown, text, small, note, image, divider, rows, field, buttons
	Text  string
	Tone  string
	HTML  template.HTML
	Rows  []row
	Field field
	Bar   []button // buttons that stand together
	Stack bool     // below each other
}

type row struct{ Key, Value string }

type button struct {
	ID, Label, Style, Confirm, URL string
	Press, Submit, Disabled        bool
}

type field struct {
	ID, Name, Kind, Type, Label, Value, Hint string
	Required, Checked                        bool
	Max                                      int
	Options                                  []option
}

type option struct {
	Value, Label string
	Chosen       bool
}

type builder struct {
	o Options
	n int
}

// id numbers the inputs of one drawing.
func (b *builder) id() string {
	b.n++
	return b.o.Prefix + "-d" + strconv.Itoa(b.n)
}

// add puts a part behind the others; buttons that follow each other stand together.
func (v *cardView) add(p part) {
	last := len(v.Parts) - 1
	if p.Kind == "buttons" && last >= 0 && v.Parts[last].Kind == "buttons" && v.Parts[last].Stack == p.Stack {
		v.Parts[last].Bar = append(v.Parts[last].Bar, p.Bar...)
		return
	}
	v.Parts = append(v.Parts, p)
}

func (v *cardView) text(tone, text string) {
	if text != "" {
		v.add(part{Kind: "text", Text: text, Tone: tone})
	}
}

func (v *cardView) markdown(src string) {
	if strings.TrimSpace(src) != "" {
		v.add(part{Kind: "markdown", HTML: markdown(src)})
	}
}

// link adds a button that opens a page, named as the simulated suite names it.
func (v *cardView) link(n int, label, url string, stack bool) {
	if label != "" || url != "" {
		v.add(part{Kind: "buttons", Stack: stack, Bar: []button{{ID: "link" + strconv.Itoa(n), Label: label, Style: "link", URL: webURL(url)}}})
	}
}

var placeholder = regexp.MustCompile(`\$\{([^{}]*)\}`)

// templated lays an interactive card out by its template.
func (b *builder) templated(top object) cardView {
	data := map[string]string{}
	take := func(o object) {
		for k := range o.obj("cardParamMap") {
			data[k] = o.obj("cardParamMap").str(k)
		}
	}
	take(top.obj("cardData"))
	for id := range top.obj("privateData") { // the viewer's own only
		take(top.obj("privateData").obj(id))
	}
	v := cardView{Look: "template"}
	for _, c := range top.obj("template").list("components") {
		f := func(key string) string {
			return cut(placeholder.ReplaceAllStringFunc(c.str(key), func(m string) string { return data[m[2:len(m)-1]] }))
		}
		if show := strings.TrimSpace(f("showIf")); c.str("showIf") != "" && (show == "" || show == "false" || show == "0") {
			continue
		}
		b.component(&v, c, f)
	}
	return v
}

// component adds one piece of a template.
func (b *builder) component(v *cardView, c object, f func(string) string) {
	switch kind := c.str("type"); kind {
	case "header":
		v.Head, v.Title, v.Tag = true, f("text"), f("tag")
		v.Tone = tone(f("color"))
	case "markdown":
		v.markdown(f("text"))
	case "text":
		v.text(tone(f("color")), f("text"))
	case "divider":
		v.add(part{Kind: "divider"})
	case "image":
		v.add(part{Kind: "image", Text: firstOf(f("text"), "图片")})
	case "button":
		bt := button{ID: c.str("id"), Label: f("text"), Style: oneOf(f("style"), "default", "primary", "danger"), Confirm: f("confirm"),
			Disabled: yes(f("disabled"))}
		if c.str("action") == "openLink" {
			bt.URL, bt.Style = webURL(f("url")), "link"
		} else {
			bt.Press, bt.Submit = true, yes(f("submits"))
		}
		v.add(part{Kind: "buttons", Bar: []button{bt}, Stack: bt.Style == "link"})
	default:
		if in, ok := b.field(kind, c, f); ok {
			v.Form = true
			v.add(part{Kind: "field", Field: in})
			return
		}
		v.add(part{Kind: "note", Text: "这里有一个不认识的组件：" + kind})
	}
}

// kinds are the inputs, by what the page's script calls them and what the browser does.
var kinds = map[string][2]string{"input": {"text", "text"}, "textarea": {"longtext", ""}, "select": {"select", ""}, "multiSelect": {"multiselect", ""},
	"datePicker": {"date", "date"}, "timePicker": {"time", "time"}, "dateTimePicker": {"datetime", "datetime-local"}, "checkbox": {"bool", ""}}

func (b *builder) field(kind string, c object, f func(string) string) (field, bool) {
	k, known := kinds[kind]
	if !known {
		return field{}, false
	}
	in := field{ID: b.id(), Name: c.str("name"), Kind: k[0], Type: k[1], Label: f("label"), Value: f("value"), Hint: f("placeholder"), Required: yes(f("required"))}
	if n, err := strconv.Atoi(f("maxLength")); err == nil && n > 0 {
		in.Max = n
	}
	chosen := map[string]bool{in.Value: in.Value != ""}
	for _, one := range array(in.Value) {
		chosen[scalar(one)] = true
	}
	for _, o := range objects(array(f("options"))) {
		in.Options = append(in.Options, option{o.str("value"), firstOf(o.str("text"), o.str("value")), chosen[o.str("value")]})
	}
	switch in.Kind {
	case "bool":
		in.Checked = yes(in.Value)
	case "datetime":
		in.Value = strings.Replace(in.Value, " ", "T", 1)
	}
	return in, true
}

func tone(s string) string { return oneOf(s, "neutral", "info", "success", "warning", "danger") }

func yes(s string) bool { return s == "true" || s == "1" }
