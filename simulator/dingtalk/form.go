package dingtalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"magpie/simulator"
)

// formValues checks what a person filled in as the client does and writes it as callbacks do. Fields are given
// by name or by label; what is left out keeps the card's own value.
func formValues(card *cardView, form map[string]any) (map[string]any, *simulator.PressResult, error) {
	known := map[string]bool{}
	values := map[string]any{}
	for _, in := range card.inputs {
		known[in.Name] = true
		given, there := form[in.Name]
		if byLabel, also := form[in.Label]; !there && also && in.Label != "" {
			given, there = byLabel, true
			known[in.Label] = true
		}
		if !there {
			given = in.Value
		}
		value, empty, err := fieldValue(in, given)
		if err != nil {
			return nil, nil, fmt.Errorf("field %q: %w: %w", in.Name, simulator.ErrInvalid, err)
		}
		if empty && in.Required {
			return nil, refusePress("incomplete", "请填写"+orElse(in.Label, in.Name)), nil
		}
		if !empty || in.Kind == "text" || in.Kind == "longtext" {
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

// fieldValue turns what a person entered into what a callback carries: texts as they are, dates as texts,
// choices as an object with their index and value.
func fieldValue(in viewInput, given any) (value any, empty bool, err error) {
	switch in.Kind {
	case "bool":
		if given == nil {
			return false, false, nil
		}
		b, isBool := given.(bool)
		if !isBool {
			return nil, false, errors.New("neither true nor false")
		}
		return b, !b && in.Required, nil
	case "multiselect":
		list, err := stringList(given)
		if err != nil || len(list) == 0 {
			return nil, true, err
		}
		index, chosen := []int{}, []string{}
		for _, one := range list {
			i, err := in.option(one)
			if err != nil {
				return nil, false, err
			}
			index, chosen = append(index, i), append(chosen, in.Options[i].Value)
		}
		return map[string]any{"index": index, "value": chosen}, false, nil
	}
	text, err := scalar(given)
	if err != nil || text == "" {
		return "", true, err
	}
	layout := map[string]string{"date": "2006-01-02", "time": "15:04", "datetime": "2006-01-02 15:04"}[in.Kind]
	switch {
	case in.Kind == "select":
		i, err := in.option(text)
		if err != nil {
			return nil, false, err
		}
		return map[string]any{"index": i, "value": in.Options[i].Value}, false, nil
	case layout != "":
		if _, err := time.Parse(layout, text); err != nil {
			return nil, false, fmt.Errorf("%q is not like %s", text, layout)
		}
	case in.Max > 0 && len([]rune(text)) > in.Max:
		return nil, false, fmt.Errorf("longer than %d characters", in.Max)
	}
	return text, false, nil
}

// option finds a choice by value or label.
func (in viewInput) option(text string) (int, error) {
	i := slices.IndexFunc(in.Options, func(o simulator.Option) bool { return o.Value == text })
	if i < 0 {
		i = slices.IndexFunc(in.Options, func(o simulator.Option) bool { return o.Label == text })
	}
	if i < 0 {
		return 0, fmt.Errorf("no option %q", text)
	}
	return i, nil
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
