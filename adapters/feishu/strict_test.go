package feishu

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// strict is a second reading of what Feishu accepts, used by tests only and written apart from schema.go:
// for each component the properties that the encoder may use, with their types, and the rules between
// components. It is narrower than schema.go on purpose: what is not needed is not allowed.
type strict struct {
	tags     int
	tables   int
	names    map[string]bool
	locales  []string
	buttons  int
	problems []string
}

// strictProps: name:type, where types are s string, b bool, n number, o object, a array, t text object.
// A star marks what must be there.
var strictProps = map[string]string{
	"plain_text":          "content*:s i18n_content:i",
	"text_tag":            "text*:t color*:s",
	"markdown":            "content*:s i18n_content:i text_size:s",
	"div":                 "text*:t",
	"img":                 "img_key*:s alt*:t",
	"person_list":         "persons*:a",
	"hr":                  "",
	"table":               "columns*:a rows*:a page_size:n row_height:s",
	"column_set":          "columns*:a flex_mode*:s",
	"column":              "width*:s weight:n elements*:a",
	"form":                "name*:s elements*:a",
	"collapsible_panel":   "expanded:b header*:o elements*:a",
	"button":              "name*:s type*:s text*:t behaviors*:a confirm:o form_action_type:s",
	"input":               "name*:s required:b placeholder:t default_value:s max_length:n input_type:s rows:n auto_resize:b label:t label_position:s",
	"select_static":       "name*:s required:b placeholder:t options*:a initial_option:s",
	"multi_select_static": "name*:s required:b placeholder:t options*:a selected_values:a",
	"select_person":       "name*:s required:b placeholder:t initial_option:s",
	"multi_select_person": "name*:s required:b placeholder:t selected_values:a",
	"date_picker":         "name*:s required:b placeholder:t initial_date:s",
	"picker_datetime":     "name*:s required:b placeholder:t initial_datetime:s",
	"checker":             "name*:s checked:b text*:t",
}

// where says which components may stand directly in which container.
var strictInputs = map[string]bool{
	"input": true, "select_static": true, "multi_select_static": true, "select_person": true,
	"multi_select_person": true, "date_picker": true, "picker_datetime": true, "checker": true,
}

var strictEnums = map[string]string{
	"button.type":             "default primary danger text primary_text danger_text primary_filled danger_filled laser",
	"button.form_action_type": "submit reset",
	"column_set.flex_mode":    "none stretch flow bisect trisect",
	"column.width":            "auto weighted",
	"input.input_type":        "text password multiline_text",
	"input.label_position":    "top left",
	"markdown.text_size":      "normal notation heading",
	"table.row_height":        "low middle high auto",
	"text_tag.color":          "neutral blue turquoise lime orange violet indigo wathet green yellow red purple carmine",
}

// checkStrict gives everything that is wrong with an encoded card.
func checkStrict(body []byte) []string {
	s := &strict{names: map[string]bool{}}
	var root map[string]any
	if err := json.Unmarshal(body, &root); err != nil {
		return []string{"not JSON: " + err.Error()}
	}
	if len(body) > 28<<10 {
		s.bad("card", "%d bytes", len(body))
	}
	s.only("card", root, "schema config header body card_link")
	if root["schema"] != "2.0" {
		s.bad("schema", "%v", root["schema"])
	}
	config := s.object("config", root["config"])
	s.only("config", config, "update_multi summary locales enable_forward")
	if config["update_multi"] != true {
		s.bad("config", "update_multi %v", config["update_multi"])
	}
	if l, ok := config["locales"].([]any); ok {
		for _, x := range l {
			s.locales = append(s.locales, fmt.Sprint(x))
		}
	}
	summary := s.object("config.summary", config["summary"])
	s.only("config.summary", summary, "content i18n_content")
	header := s.object("header", root["header"])
	s.only("header", header, "title template text_tag_list")
	if !strings.Contains(" blue wathet turquoise green yellow orange red carmine violet purple indigo grey default ", " "+fmt.Sprint(header["template"])+" ") {
		s.bad("header", "template %v", header["template"])
	}
	s.component("header.title", header["title"], "text", 0)
	if tags, ok := header["text_tag_list"].([]any); ok {
		if len(tags) > 3 {
			s.bad("header", "%d tags", len(tags))
		}
		for _, x := range tags {
			s.component("header.tag", x, "tags", 0)
		}
	}
	if link, ok := root["card_link"]; ok {
		o := s.object("card_link", link)
		s.only("card_link", o, "url")
	}
	b := s.object("body", root["body"])
	s.only("body", b, "direction vertical_spacing elements")
	els, _ := b["elements"].([]any)
	if len(els) == 0 {
		s.bad("body", "no elements")
	}
	for i, x := range els {
		s.component(fmt.Sprintf("body[%d]", i), x, "root", 0)
	}
	if s.tags > 180 {
		s.bad("card", "%d elements", s.tags)
	}
	if s.tables > 5 {
		s.bad("card", "%d tables", s.tables)
	}
	return s.problems
}

func (s *strict) bad(path, format string, args ...any) {
	s.problems = append(s.problems, path+": "+fmt.Sprintf(format, args...))
}

func (s *strict) object(path string, v any) map[string]any {
	o, ok := v.(map[string]any)
	if !ok {
		s.bad(path, "not an object: %T", v)
	}
	return o
}

func (s *strict) only(path string, o map[string]any, names string) {
	for k := range o {
		if !strings.Contains(" "+names+" ", " "+k+" ") {
			s.bad(path, "unknown property %q", k)
		}
	}
}

// component checks one component. in is what it stands in: root, column, panel, form, text, tags.
func (s *strict) component(path string, v any, in string, depth int) {
	o := s.object(path, v)
	tag, _ := o["tag"].(string)
	spec, ok := strictProps[tag]
	if !ok {
		s.bad(path, "unknown component %q", tag)
		return
	}
	s.tags++
	path += "(" + tag + ")"
	types := map[string]string{}
	for _, f := range strings.Fields(spec) {
		name, typ, _ := strings.Cut(f, ":")
		if strings.HasSuffix(name, "*") {
			name = strings.TrimSuffix(name, "*")
			if _, ok := o[name]; !ok {
				s.bad(path, "%s is missing", name)
			}
		}
		types[name] = typ
	}
	for k, x := range o {
		if k == "tag" {
			continue
		}
		typ, ok := types[k]
		if !ok {
			s.bad(path, "unknown property %q", k)
			continue
		}
		s.typed(path+"."+k, typ, x)
		if enum, ok := strictEnums[tag+"."+k]; ok && !strings.Contains(" "+enum+" ", " "+fmt.Sprint(x)+" ") {
			s.bad(path, "%s is %v", k, x)
		}
	}
	if n, ok := o["name"].(string); ok {
		if n == "" || s.names[n] {
			s.bad(path, "name %q empty or twice", n)
		}
		s.names[n] = true
	}
	if depth > 4 {
		s.bad(path, "in %d containers", depth)
	}
	switch {
	case (tag == "form" || tag == "table") && in != "root":
		s.bad(path, "stands in %s", in)
	case strictInputs[tag] && in != "form":
		s.bad(path, "input outside of a form: %s", in)
	case tag == "column" && in != "set", tag != "column" && in == "set":
		s.bad(path, "stands in %s", in)
	case tag == "text_tag" && in != "tags", tag == "plain_text" && in != "text":
		s.bad(path, "stands in %s", in)
	}
	s.details(path, tag, o, in, depth)
}

func (s *strict) typed(path, typ string, v any) {
	ok := false
	switch typ {
	case "s":
		_, ok = v.(string)
	case "b":
		_, ok = v.(bool)
	case "n":
		_, ok = v.(float64)
	case "o":
		_, ok = v.(map[string]any)
	case "a":
		_, ok = v.([]any)
	case "t":
		o, isObj := v.(map[string]any)
		ok = isObj && o["tag"] == "plain_text"
		s.component(path, v, "text", 0)
	case "i":
		o, isObj := v.(map[string]any)
		ok = isObj && len(o) > 0
		for k, x := range o {
			_, str := x.(string)
			ok = ok && str && strings.Contains(" "+strings.Join(s.locales, " ")+" ", " "+k+" ")
		}
	}
	if !ok {
		s.bad(path, "not a %s: %v", typ, v)
	}
}

var fieldValue = regexp.MustCompile(`^\d{4}-\d\d-\d\d( \d\d:\d\d)?$`)

func (s *strict) details(path, tag string, o map[string]any, in string, depth int) {
	children := func(key, in string, depth int) {
		list, _ := o[key].([]any)
		for i, x := range list {
			s.component(fmt.Sprintf("%s.%s[%d]", path, key, i), x, in, depth)
		}
	}
	inner := "column"
	if in == "form" || in == "formset" {
		inner = "form"
	}
	switch tag {
	case "column_set":
		list, _ := o["columns"].([]any)
		if len(list) == 0 {
			s.bad(path, "no columns")
		}
		for i, x := range list {
			col := s.object(path, x)
			if col["tag"] != "column" {
				s.bad(path, "column %d is a %v", i, col["tag"])
			}
			s.component(fmt.Sprintf("%s.columns[%d]", path, i), x, "set", depth+1)
			els, _ := col["elements"].([]any)
			for j, y := range els {
				s.component(fmt.Sprintf("%s.columns[%d][%d]", path, i, j), y, inner, depth+2)
			}
		}
	case "column":
		if w, ok := o["weight"].(float64); ok && (w < 1 || w > 5) {
			s.bad(path, "weight %v", w)
		}
	case "collapsible_panel":
		h := s.object(path+".header", o["header"])
		s.only(path+".header", h, "title")
		s.component(path+".header.title", h["title"], "text", 0)
		if inner != "form" { // a form takes a panel, a panel takes no form
			inner = "panel"
		}
		children("elements", inner, depth+1)
	case "form":
		children("elements", "form", depth+1)
		if !strings.Contains(toJSON(o), `"form_action_type":"submit"`) {
			s.bad(path, "no submit")
		}
	case "button":
		s.button(path, o, in)
	case "table":
		s.table(path, o)
	case "person_list":
		for _, x := range o["persons"].([]any) {
			p := s.object(path, x)
			s.only(path, p, "id")
			if id, _ := p["id"].(string); id == "" || id == "all" {
				s.bad(path, "person %v", p)
			}
		}
	case "select_static", "multi_select_static":
		for _, x := range o["options"].([]any) {
			op := s.object(path, x)
			s.only(path, op, "text value")
			s.component(path+".option", op["text"], "text", 0)
			if v, _ := op["value"].(string); v == "" {
				s.bad(path, "option without value")
			}
		}
	case "input":
		if n, _ := o["max_length"].(float64); n < 1 || n > 1000 {
			s.bad(path, "max_length %v", o["max_length"])
		}
	case "date_picker", "picker_datetime":
		for _, k := range []string{"initial_date", "initial_datetime"} {
			if v, ok := o[k].(string); ok && !fieldValue.MatchString(v) {
				s.bad(path, "%s is %q", k, v)
			}
		}
	}
}

func (s *strict) button(path string, o map[string]any, in string) {
	s.buttons++
	behaviors, _ := o["behaviors"].([]any)
	if len(behaviors) == 0 {
		s.bad(path, "a dead button")
	}
	for _, x := range behaviors {
		b := s.object(path, x)
		switch b["type"] {
		case "callback":
			s.only(path, b, "type value")
			v := s.object(path+".value", b["value"])
			s.only(path+".value", v, "slot rev verb token data")
		case "open_url":
			s.only(path, b, "type default_url")
			if u, _ := b["default_url"].(string); !strings.HasPrefix(u, "http") {
				s.bad(path, "opens %v", b["default_url"])
			}
		default:
			s.bad(path, "behaviour %v", b["type"])
		}
	}
	if c, ok := o["confirm"]; ok {
		m := s.object(path+".confirm", c)
		s.only(path+".confirm", m, "title text")
		s.component(path+".confirm", m["title"], "text", 0)
		s.component(path+".confirm", m["text"], "text", 0)
	}
	if _, ok := o["form_action_type"]; ok != (in == "form") {
		s.bad(path, "submit in %s", in)
	}
}

func (s *strict) table(path string, o map[string]any) {
	s.tables++
	cols, _ := o["columns"].([]any)
	if len(cols) == 0 || len(cols) > 50 {
		s.bad(path, "%d columns", len(cols))
	}
	names := map[string]bool{}
	for _, x := range cols {
		c := s.object(path, x)
		s.only(path+".column", c, "name display_name data_type width horizontal_align")
		n, _ := c["name"].(string)
		if n == "" || names[n] {
			s.bad(path, "column name %q", n)
		}
		names[n] = true
	}
	if n, _ := o["page_size"].(float64); n < 1 || n > 10 {
		s.bad(path, "page_size %v", o["page_size"])
	}
	for _, x := range o["rows"].([]any) {
		for k, v := range s.object(path, x) {
			if _, ok := v.(string); !ok || !names[k] {
				s.bad(path, "cell %s is %v", k, v)
			}
		}
	}
}

func toJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
