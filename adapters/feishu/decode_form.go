package feishu

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"magpie/adapters/event"
)

// form reads what was filled in: the fields of a form, and the one component that was used outside of
// one, under its name. A press on a plain button gives nil.
//
// The answer carries no types, so that each value is read by what it looks like; the owner of the form
// knows better. Therefore what a person typed is always kept: Value.Typed holds the text as it came.
func (d *decoder) form(a pressAction, name string) map[string]event.Value {
	out := map[string]event.Value{}
	if m, ok := readMembers(a.Form); ok {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			v, ok := d.value(m[k])
			if !ok {
				continue
			}
			// Some clients put the form's name in front: "form.input". Ours have no dots.
			short := k[strings.LastIndexByte(k, '.')+1:]
			if _, exact := m[short]; short == "" || exact {
				short = k
			}
			out[short] = v
		}
	}
	if name != "" {
		if v, ok := d.single(a); ok {
			if _, there := out[name]; !there {
				out[name] = v
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// single reads the component that was used by itself.
func (d *decoder) single(a pressAction) (event.Value, bool) {
	switch {
	case a.Input != nil:
		return event.Text(*a.Input), true
	case len(a.Options) > 0 && !bytes.Equal(a.Options, []byte("null")):
		return d.value(a.Options)
	case scalarText(a.Option) != "":
		return d.value(a.Option)
	case a.Checked != nil:
		return event.Bool(*a.Checked), true
	}
	if m, ok := readMembers(a.Option); ok && len(m) > 0 {
		return d.value(a.Option)
	}
	return event.Value{}, false
}

// value reads one value: text, bool, number, a list, or {value, text} of a select. null is no value.
func (d *decoder) value(raw json.RawMessage) (event.Value, bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return event.Value{}, false
	}
	switch raw[0] {
	case '"':
		return d.textValue(scalarText(raw)), true
	case 't', 'f':
		return event.Bool(raw[0] == 't'), true
	case 'n':
		return event.Value{}, false
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return event.Value{}, false
		}
		return d.listValue(items), true
	case '{':
		var m map[string]json.RawMessage
		if json.Unmarshal(raw, &m) != nil {
			return event.Value{}, false
		}
		if inner := bytes.TrimSpace(m["value"]); len(inner) > 0 && inner[0] != '{' {
			return d.value(inner)
		}
		return event.Text(asText(raw)), true
	}
	return event.Value{Kind: event.ValueNumber, Text: string(raw)}, true
}

// openIDForm is the form of a person's id in this app.
var openIDForm = regexp.MustCompile(`^ou_[0-9A-Za-z]{8,64}$`)

// listValue reads a list of texts; of persons, if every one of them is an open_id.
func (d *decoder) listValue(items []json.RawMessage) event.Value {
	v := event.Value{Kind: event.ValueList}
	people := len(items) > 0
	for _, it := range items {
		s := scalarText(it)
		if s == "" {
			inner, _ := d.value(it)
			s = inner.Text
		}
		v.List = append(v.List, s)
		people = people && openIDForm.MatchString(s)
	}
	if people {
		v.Kind = event.ValuePeople
		for _, s := range v.List {
			v.Refs = append(v.Refs, d.user(s))
		}
	}
	return v
}

// pickerForms are the forms that Feishu's pickers give, and what each becomes.
var pickerForms = []struct {
	form   *regexp.Regexp
	layout string
	kind   event.ValueKind
	to     string
}{
	{regexp.MustCompile(`^\d{4}-\d\d-\d\d [+-]\d{4}$`), "2006-01-02 -0700", event.ValueDate, time.DateOnly},
	{regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d{4}$`), "2006-01-02 15:04 -0700", event.ValueDateTime, "2006-01-02T15:04:05-07:00"},
	{regexp.MustCompile(`^\d\d:\d\d [+-]\d{4}$`), "15:04 -0700", event.ValueTime, "15:04"},
}

// textValue reads a text by its form: a person, a date, a time, or just text.
func (d *decoder) textValue(s string) event.Value {
	if openIDForm.MatchString(s) {
		return event.Value{Kind: event.ValuePeople, Text: s, Refs: []event.Ref{d.user(s)}}
	}
	for _, m := range pickerForms {
		if !m.form.MatchString(s) {
			continue
		}
		if at, err := time.Parse(m.layout, s); err == nil {
			return event.Value{Kind: m.kind, Text: at.Format(m.to), Raw: s}
		}
	}
	return event.Text(s)
}
