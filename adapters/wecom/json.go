package wecom

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// maxJSONDepth is how deep a robot's body may be nested; WeCom's own stay below 10.
const maxJSONDepth = 32

var (
	errDepth     = errors.New("json: nested too deep")
	errDuplicate = errors.New("json: a key comes twice")
	errTrailing  = errors.New("json: something after the end")
)

// checkJSON refuses what is not one JSON object, what is nested too deep, and keys that come twice, in whatever
// case: two readers could understand such a body differently.
func checkJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	t, err := dec.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return errors.New("json: not an object")
	}
	if err := checkObject(dec, 1); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errTrailing
	}
	return nil
}

func checkObject(dec *json.Decoder, depth int) error {
	if depth > maxJSONDepth {
		return errDepth
	}
	seen := map[string]bool{}
	for {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok {
			return nil // the closing brace
		}
		key = strings.ToLower(key)
		if seen[key] {
			return errDuplicate
		}
		seen[key] = true
		if err := checkValue(dec, depth); err != nil {
			return err
		}
	}
}

func checkValue(dec *json.Decoder, depth int) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return checkObject(dec, depth+1)
	case json.Delim('['):
		if depth >= maxJSONDepth {
			return errDepth
		}
		for dec.More() {
			if err := checkValue(dec, depth+1); err != nil {
				return err
			}
		}
		_, err := dec.Token()
		return err
	}
	return nil
}

// looseText is a string that may come as a number or a bool. null, objects and lists are "".
type looseText string

// UnmarshalJSON takes scalars of any type.
func (s *looseText) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0 || b[0] == '{' || b[0] == '[' || b[0] == 'n':
		*s = ""
	case b[0] == '"':
		var t string
		if err := json.Unmarshal(b, &t); err != nil {
			return err
		}
		*s = looseText(t)
	default:
		*s = looseText(b)
	}
	return nil
}

// decodeLenient decodes into v what fits and leaves out what has another type than we know. It fails only
// if b is not JSON.
func decodeLenient(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return nil
	}
	return err
}

// marshal writes JSON with <, > and & as they are: WeCom refuses \u escapes in requests (40033).
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
