package wecomcard

import (
	"net/url"
	"strconv"
)

// object is a JSON object read leniently: what is absent or of another type is the zero value.
type object map[string]any

// str returns a string; numbers as they would be printed. Very long ones are cut.
func (o object) str(key string) string {
	switch v := o[key].(type) {
	case string:
		return cut(v, maxText)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// num returns a whole number; one in quotes counts.
func (o object) num(key string) int {
	n, _ := strconv.Atoi(o.str(key))
	return n
}

// yes tells whether a flag is set, as 1 or as true.
func (o object) yes(key string) bool {
	b, isBool := o[key].(bool)
	return isBool && b || o.num(key) != 0
}

// obj returns an object, nil when there is none.
func (o object) obj(key string) object {
	m, _ := o[key].(map[string]any)
	return m
}

// list returns the objects in an array, so many at most; other elements are left out.
func (o object) list(key string) []object {
	a, _ := o[key].([]any)
	var out []object
	for _, v := range a {
		if m, ok := v.(map[string]any); ok && len(out) < maxList {
			out = append(out, m)
		}
	}
	return out
}

// cut keeps so many characters, the last being an ellipsis where something is missing.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// webURL lets only http and https through.
func webURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return s
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
