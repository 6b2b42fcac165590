package dingtalkcard

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// object is a JSON object read leniently: what is absent or of another type is the zero value.
type object map[string]any

// str returns a string; numbers and booleans as they would be printed.
func (o object) str(key string) string { return cut(scalar(o[key])) }

// obj returns an object, nil when there is none.
func (o object) obj(key string) object {
	m, _ := o[key].(map[string]any)
	return m
}

// list returns the objects in an array; other elements are left out.
func (o object) list(key string) []object {
	a, _ := o[key].([]any)
	return objects(a)
}

func objects(a []any) []object {
	var out []object
	for _, v := range a {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
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
	}
	return ""
}

// array reads a text that holds a JSON array.
func array(text string) []any {
	var a []any
	if json.Unmarshal([]byte(text), &a) != nil {
		return nil
	}
	return a
}

// cut bounds a text, at a whole character.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
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

// webURL lets only http and https through.
func webURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return s
}
