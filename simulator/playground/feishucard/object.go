package feishucard

import (
	"encoding/json"
	"strconv"
	"strings"
)

// object is a JSON object read leniently: what is absent or of another type is the zero value.
type object map[string]any

// at walks down nested objects and returns what is there, or nil.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// str returns a string; numbers and booleans as they would be printed.
func (o object) str(path ...string) string { return scalar(o.at(path...)) }

// obj returns an object, nil when there is none.
func (o object) obj(path ...string) object {
	m, _ := o.at(path...).(map[string]any)
	return m
}

// list returns the objects in an array; other elements are left out.
func (o object) list(path ...string) []object {
	a, _ := o.at(path...).([]any)
	var out []object
	for _, v := range a {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// strs returns the strings in an array, or a single string as an array of one.
func (o object) strs(path ...string) []string {
	switch v := o.at(path...).(type) {
	case []any:
		var out []string
		for _, e := range v {
			if s := scalar(e); s != "" {
				out = append(out, s)
			}
		}
		return out
	case string:
		if v != "" {
			return []string{v}
		}
	}
	return nil
}

func (o object) yes(path ...string) bool {
	b, _ := o.at(path...).(bool)
	return b
}

// num returns a number; "12" and "12px" count as numbers.
func (o object) num(path ...string) (float64, bool) {
	switch v := o.at(path...).(type) {
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSuffix(v, "px"), 64)
		return f, err == nil
	}
	return 0, false
}

// scalar prints a scalar; arrays and objects print as nothing.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	}
	return ""
}

// oneOf returns s if it is in the list, else the fallback: the only way a value becomes a class name.
func oneOf(s, fallback string, list ...string) string {
	for _, l := range list {
		if s == l {
			return s
		}
	}
	return fallback
}
