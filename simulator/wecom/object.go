package wecom

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// object is a JSON object read as the gateway reads it: what is of another type than it should be is missing,
// and the answer carries a warning.
type object struct {
	fields map[string]any
	odd    *bool // set when something was of another type
}

// parseObject reads a request body. Numbers keep their digits.
func parseObject(raw []byte) (object, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var fields map[string]any
	if err := d.Decode(&fields); err != nil {
		return object{}, err
	}
	odd := d.More() || fields == nil
	return object{fields, &odd}, nil
}

func (o object) has(key string) bool { v, ok := o.fields[key]; return ok && v != nil }

// str is a string field, "" when absent.
func (o object) str(key string) string {
	switch v := o.fields[key].(type) {
	case nil:
	case string:
		return v
	default:
		*o.odd = true
	}
	return ""
}

// num is an integer field. A number in quotes counts, with the warning.
func (o object) num(key string) (int, bool) {
	switch v := o.fields[key].(type) {
	case nil:
	case json.Number:
		if n, ok := integer(v.String()); ok {
			return n, true
		}
		*o.odd = true
	case string:
		*o.odd = true
		return integer(v)
	default:
		*o.odd = true
	}
	return 0, false
}

func integer(s string) (int, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1e15 {
		return 0, false
	}
	return int(f), true
}

// flag is a 0 or 1 field.
func (o object) flag(key string) bool {
	if b, isBool := o.fields[key].(bool); isBool {
		*o.odd = true
		return b
	}
	n, _ := o.num(key)
	return n != 0
}

// obj is an object field; ok is false when there is none.
func (o object) obj(key string) (object, bool) {
	switch v := o.fields[key].(type) {
	case nil:
	case map[string]any:
		return object{v, o.odd}, true
	default:
		*o.odd = true
	}
	return object{map[string]any{}, o.odd}, false
}

// list is an array of objects; other elements are left out.
func (o object) list(key string) []object {
	a, isList := o.fields[key].([]any)
	if !isList {
		if o.has(key) {
			*o.odd = true
		}
		return nil
	}
	var out []object
	for _, v := range a {
		if m, ok := v.(map[string]any); ok {
			out = append(out, object{m, o.odd})
		} else {
			*o.odd = true
		}
	}
	return out
}

// strs is an array of strings; numbers in it count, since department ids are written both ways.
func (o object) strs(key string) []string {
	a, isList := o.fields[key].([]any)
	if !isList {
		if o.has(key) {
			*o.odd = true
		}
		return nil
	}
	var out []string
	for _, v := range a {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		default:
			*o.odd = true
		}
	}
	return out
}

// marshal writes what was read, as it will be kept.
func (o object) marshal() json.RawMessage { return encode(o.fields) }

// encode writes JSON without the HTML escapes that WeCom doesn't take.
func encode(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("encode: " + err.Error()) // only plain data is ever passed
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// escapes looks for \uXXXX in a body. The three that common encoders make of <, > and & are reported apart:
// whether the real one refuses them too is not known.
func escapes(raw []byte) (refused, tolerated bool) {
	for i := 0; i < len(raw)-1; i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // what stands behind a backslash is no backslash itself
		if raw[i] != 'u' {
			continue
		}
		switch code := strings.ToLower(string(raw[i+1 : min(i+5, len(raw))])); code {
		case "003c", "003e", "0026":
			tolerated = true
		default:
			refused = true
		}
	}
	return refused, tolerated
}
