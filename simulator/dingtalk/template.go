package dingtalk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// templateFormat is what a template file says it is.
const templateFormat = "magpie-dingtalk-template/1"

// template is a card template as made in the card platform.
type template struct {
	Format     string      `json:"format"`
	Name       string      `json:"name"`
	Version    int         `json:"version"`
	Title      string      `json:"title"`
	Variables  []variable  `json:"variables"`
	Components []component `json:"components"`

	known map[string]variable
	raw   json.RawMessage
}

// variable is declared in a template; all travel as texts.
type variable struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Private bool   `json:"private,omitempty"`
	Note    string `json:"note,omitempty"`
}

// component is one piece of the layout. Texts may hold ${variable}.
type component struct {
	Type        string            `json:"type"`
	ID          string            `json:"id,omitempty"`
	Name        string            `json:"name,omitempty"`
	Text        string            `json:"text,omitempty"`
	Tag         string            `json:"tag,omitempty"`
	Color       string            `json:"color,omitempty"`
	Label       string            `json:"label,omitempty"`
	Value       string            `json:"value,omitempty"`
	Required    expr              `json:"required,omitempty"`
	Placeholder string            `json:"placeholder,omitempty"`
	MaxLength   expr              `json:"maxLength,omitempty"`
	Options     string            `json:"options,omitempty"`
	ShowIf      expr              `json:"showIf,omitempty"`
	Style       string            `json:"style,omitempty"`
	Confirm     string            `json:"confirm,omitempty"`
	Disabled    expr              `json:"disabled,omitempty"`
	Action      string            `json:"action,omitempty"`
	Params      map[string]string `json:"params,omitempty"`
	Submits     expr              `json:"submits,omitempty"`
	URL         string            `json:"url,omitempty"`
}

// expr is a text of the layout that may also be written as a plain true, false or number.
type expr string

// UnmarshalJSON implements json.Unmarshaler.
func (e *expr) UnmarshalJSON(raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
	case bool:
		*e = expr(strconv.FormatBool(v))
	default:
		text, err := scalar(v)
		*e = expr(text)
		return err
	}
	return nil
}

// inputKinds are the components that a person fills in, with the kind that simulator.Input has for them.
var inputKinds = map[string]string{
	"input": "text", "textarea": "longtext", "select": "select", "multiSelect": "multiselect",
	"datePicker": "date", "timePicker": "time", "dateTimePicker": "datetime", "checkbox": "bool",
}

var (
	variableTypes = map[string]bool{"string": true, "markdown": true, "number": true, "boolean": true, "array": true, "object": true}
	variableName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)
	placeholder   = regexp.MustCompile(`\$\{([^{}]*)\}`)
)

// parseTemplate reads and checks a template file.
func parseTemplate(raw []byte) (*template, error) {
	t := &template{known: map[string]variable{}}
	if err := strictJSON(raw, t); err != nil {
		return nil, fmt.Errorf("the file is not a template: %w", err)
	}
	if t.Format != templateFormat {
		return nil, fmt.Errorf("format %q, want %q", t.Format, templateFormat)
	}
	for _, v := range t.Variables {
		_, twice := t.known[v.Name]
		switch {
		case !variableName.MatchString(v.Name):
			return nil, fmt.Errorf("variable %q: not a name", v.Name)
		case twice:
			return nil, fmt.Errorf("variable %q is there twice", v.Name)
		case !variableTypes[v.Type]:
			return nil, fmt.Errorf("variable %q: no type %q", v.Name, v.Type)
		}
		t.known[v.Name] = v
	}
	ids := map[string]bool{}
	for i, c := range t.Components {
		if err := t.check(c, ids); err != nil {
			return nil, fmt.Errorf("component %d (%s): %w", i, c.Type, err)
		}
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, raw) // it has been read above
	t.raw = compact.Bytes()
	return t, nil
}

func (t *template) check(c component, ids map[string]bool) error {
	key := c.ID
	switch {
	case c.Type == "header", c.Type == "text", c.Type == "markdown", c.Type == "divider", c.Type == "image":
	case c.Type == "button":
		if c.ID == "" || c.Action != "request" && c.Action != "openLink" {
			return errors.New("a button needs an id and the action request or openLink")
		}
	case inputKinds[c.Type] != "":
		if key = c.Name; key == "" {
			return errors.New("an input needs a name")
		}
	default:
		return errors.New("no such type")
	}
	if key != "" {
		if ids[key] {
			return fmt.Errorf("%q is there twice", key)
		}
		ids[key] = true
	}
	texts := []string{c.Text, c.Tag, c.Color, c.Label, c.Value, c.Placeholder, c.Options, c.Style, c.Confirm, c.URL,
		string(c.Required), string(c.MaxLength), string(c.ShowIf), string(c.Disabled), string(c.Submits)}
	for _, v := range c.Params {
		texts = append(texts, v)
	}
	for _, text := range texts {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			if _, declared := t.known[m[1]]; !declared {
				return fmt.Errorf("variable %q is not declared", m[1])
			}
		}
	}
	return nil
}

// checkData refuses a cardParamMap that the template does not take.
func (t *template) checkData(data map[string]string, private bool) error {
	for name, value := range data {
		v, declared := t.known[name]
		switch {
		case !declared:
			return fmt.Errorf("the template declares no variable %q", name)
		case private && !v.Private:
			return fmt.Errorf("the variable %q is not marked private", name)
		case value != "" && !fits(v.Type, value):
			return fmt.Errorf("the variable %q is no %s", name, v.Type)
		}
	}
	return nil
}

func fits(kind, value string) bool {
	switch kind {
	case "number":
		_, err := strconv.ParseFloat(value, 64)
		return err == nil
	case "boolean":
		return value == "true" || value == "false" || value == "1" || value == "0"
	case "array":
		var list []json.RawMessage
		return json.Unmarshal([]byte(value), &list) == nil && list != nil
	case "object":
		var object map[string]json.RawMessage
		return json.Unmarshal([]byte(value), &object) == nil && object != nil
	}
	return true
}

// fill puts the data into a text of the layout. A variable without a value renders empty.
func fill(text string, data map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(m string) string { return data[m[2:len(m)-1]] })
}

// shown tells whether a component is there with this data.
func (c component) shown(data map[string]string) bool {
	if c.ShowIf == "" {
		return true
	}
	switch strings.TrimSpace(fill(string(c.ShowIf), data)) {
	case "", "false", "0":
		return false
	}
	return true
}

func isTrue(text string) bool { return text == "true" || text == "1" }

// strictJSON decodes exactly one JSON value and nothing it does not know.
func strictJSON(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
