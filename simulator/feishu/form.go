package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/simulator"
)

// zoneName is where everybody in the sample company is; dates in callbacks carry its offset.
const (
	zoneName   = "Asia/Shanghai"
	zoneOffset = " +0800"
)

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

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// formValues checks what a person filled in as the client does and writes it as callbacks do. What is left
// out keeps the card's own value.
func (s *Server) formValues(a *app, card *cardView, formName string, form map[string]any) (map[string]any, *simulator.PressResult, error) {
	known := map[string]bool{}
	values := map[string]any{}
	for _, in := range card.inputs {
		if in.form != formName {
			continue
		}
		known[in.Name] = true
		given, there := form[in.Name]
		if !there {
			given = in.Value
		}
		if in.disabled && there {
			return nil, nil, fmt.Errorf("field %q is disabled: %w", in.Name, simulator.ErrInvalid)
		}
		value, empty, err := s.fieldValue(a, in, given)
		if err != nil {
			return nil, nil, fmt.Errorf("field %q: %w: %w", in.Name, simulator.ErrInvalid, err)
		}
		if empty && in.Required {
			return nil, refusePress("incomplete", "有必填项未填写："+orElse(in.Label, in.Name)), nil
		}
		if !empty || in.Kind == "bool" || in.Kind == "text" || in.Kind == "longtext" {
			values[in.Name] = value
		}
	}
	for name := range form {
		if !known[name] {
			return nil, nil, fmt.Errorf("field %q is not in the form: %w", name, simulator.ErrInvalid)
		}
	}
	return values, nil, nil
}

// fieldValue turns what a person entered into what a callback carries: numbers as strings, persons as
// open_id, dates and times with the zone's offset.
func (s *Server) fieldValue(a *app, in viewInput, given any) (value any, empty bool, err error) {
	switch in.Kind {
	case "bool":
		if given == nil {
			return false, false, nil
		}
		b, isBool := given.(bool)
		if !isBool {
			return nil, false, errors.New("neither true nor false")
		}
		return b, false, nil
	case "multiselect", "people":
		list, err := stringList(given)
		if err != nil {
			return nil, false, err
		}
		out := make([]string, 0, len(list))
		for _, one := range list {
			v, err := s.oneValue(a, in, one)
			if err != nil {
				return nil, false, err
			}
			out = append(out, v)
		}
		return out, len(out) == 0, nil
	}
	text, err := scalar(given)
	if err != nil || text == "" {
		return "", true, err
	}
	v, err := s.oneValue(a, in, text)
	return v, false, err
}

// oneValue converts one non-empty entry.
func (s *Server) oneValue(a *app, in viewInput, text string) (string, error) {
	switch in.Kind {
	case "select", "multiselect":
		if i := slices.IndexFunc(in.Options, func(o simulator.Option) bool { return o.Value == text || o.Label == text }); i >= 0 {
			return in.Options[i].Value, nil
		}
		return "", fmt.Errorf("no option %q", text)
	case "person", "people":
		person := text
		if ref, isID := s.byID["open_id "+text]; isID {
			person = ref.person
		}
		if _, there := s.company.Person(person); !there {
			return "", fmt.Errorf("no person %q", text)
		}
		id := s.openID(a, person)
		if len(in.Options) > 0 && !slices.ContainsFunc(in.Options, func(o simulator.Option) bool { return o.Value == person }) {
			return "", fmt.Errorf("%s can not be chosen", person)
		}
		return id, nil
	case "date":
		return zoned(text, "2006-01-02")
	case "time":
		return zoned(text, "15:04")
	case "datetime":
		return zoned(text, "2006-01-02 15:04")
	}
	if in.Max > 0 && len([]rune(text)) > in.Max {
		return "", fmt.Errorf("longer than %d characters", in.Max)
	}
	return text, nil
}

func zoned(text, layout string) (string, error) {
	text = strings.TrimSuffix(text, zoneOffset)
	if _, err := time.Parse(layout, text); err != nil {
		return "", fmt.Errorf("%q is not like %s", text, layout)
	}
	return text + zoneOffset, nil
}

func scalar(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case int:
		return strconv.Itoa(v), nil
	case json.Number:
		return v.String(), nil
	}
	return "", fmt.Errorf("%T is not a text", v)
}

func stringList(v any) ([]string, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return []string{v}, nil
	case []string:
		return v, nil
	case []any:
		out := make([]string, 0, len(v))
		for _, one := range v {
			text, err := scalar(one)
			if err != nil {
				return nil, err
			}
			out = append(out, text)
		}
		return out, nil
	}
	return nil, fmt.Errorf("%T is not a list", v)
}

// pressInput is the action of an input outside a form: it calls back as soon as it changes.
func (s *Server) pressInput(a *app, in *viewInput, form map[string]any) (map[string]any, *simulator.PressResult, error) {
	if in.form != "" {
		return nil, nil, fmt.Errorf("%q is a field of a form: %w", in.Name, simulator.ErrInvalid)
	}
	if in.disabled {
		return nil, refusePress("disabled", "组件不可用"), nil
	}
	given, there := form[in.Name]
	if !there {
		given = form["value"]
	}
	value, empty, err := s.fieldValue(a, *in, given)
	if err != nil {
		return nil, nil, fmt.Errorf("%q: %w: %w", in.Name, simulator.ErrInvalid, err)
	}
	if empty && in.Kind != "text" && in.Kind != "longtext" {
		return nil, nil, fmt.Errorf("%q: nothing was chosen: %w", in.Name, simulator.ErrInvalid)
	}
	if !in.callback {
		return nil, &simulator.PressResult{Status: "ok"}, nil
	}
	action := map[string]any{"tag": in.tag, "value": in.value, "timezone": zoneName}
	if in.name != "" {
		action["name"] = in.name
	}
	switch in.Kind {
	case "text", "longtext":
		action["input_value"] = value
	case "bool":
		action["checked"] = value
	case "multiselect", "people":
		action["options"] = value
	default:
		action["option"] = value
	}
	return action, nil, nil
}
