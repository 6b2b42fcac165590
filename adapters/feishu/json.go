package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxDepth is how deep a body may be nested. Feishu's own bodies stay below 12 levels; the strings that
// hold JSON once more (message content, form values) count for themselves.
const maxDepth = 64

var (
	errDepth     = fmt.Errorf("nested deeper than %d levels", maxDepth)
	errDuplicate = errors.New("a key comes twice")
)

// checkDepth refuses bodies that are nested too deeply, before anything recursive sees them. It does not
// check the syntax.
func checkDepth(b []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errDepth
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// readObject takes one JSON object apart, one level, with its keys exactly as they are. A key that comes twice
// is an error: which of the two counts must not depend on who reads it, where the object decides whom
// we trust. encoding/json would take the last one, and would take "Token" for "token" as well.
func readObject(b []byte) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	t, err := dec.Token()
	if err != nil {
		return nil, errors.New("not JSON")
	}
	if t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	m := map[string]json.RawMessage{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, errors.New("not JSON")
		}
		key, _ := t.(string)
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, errors.New("not JSON")
		}
		if _, dup := m[key]; dup {
			return nil, fmt.Errorf("%w: %.40q", errDuplicate, key)
		}
		m[key] = v
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return nil, errors.New("not JSON")
	}
	if len(bytes.TrimSpace(b[dec.InputOffset():])) > 0 {
		return nil, errors.New("something follows the JSON object")
	}
	return m, nil
}

// decodeLenient decodes into v what fits and leaves out what has another type than we know: in Feishu's bodies
// every field is optional, and one new type must not cost us the whole event. It fails only if b is not JSON.
func decodeLenient(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return nil
	}
	return err
}

// looseText is a string that may come as a number or a bool: the personIDs and codes that Feishu types differently
// from one event to the next. null, objects and lists are "".
type looseText string

// UnmarshalJSON takes scalars of any type.
func (s *looseText) UnmarshalJSON(b []byte) error {
	*s = looseText(scalarText(b))
	return nil
}

// scalarText returns the text of a JSON string, number or bool, "" for anything else.
func scalarText(b json.RawMessage) string {
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return ""
	}
	switch b[0] {
	case '"':
		if n := len(b) - 1; n > 0 && b[n] == '"' && !bytes.ContainsFunc(b[1:n], isSpecial) {
			return string(b[1:n])
		}
		var s string
		if json.Unmarshal(b, &s) != nil {
			return ""
		}
		return s
	case '{', '[', 'n':
		return ""
	}
	return string(b)
}

// isSpecial reports whether a character of a JSON string needs more than copying.
func isSpecial(r rune) bool { return r == '\\' || r == '"' || r < ' ' || r == utf8.RuneError }

// looseTime is a time that comes as a string or a number: see parseTime.
type looseTime struct{ time.Time }

// UnmarshalJSON takes strings and numbers. What is no time is the zero time.
func (w *looseTime) UnmarshalJSON(b []byte) error {
	w.Time = parseTime(scalarText(b))
	return nil
}

// parseTime reads Feishu's times by the number of their digits: seconds (10), milliseconds (13),
// microseconds (16, card callbacks) or nanoseconds (19); or seconds with a fraction, as in ts of schema
// 1.0 and event_create_time. The result is UTC, cut to milliseconds; zero for "0" and what is no time.
func parseTime(s string) time.Time {
	whole, frac, fractional := strings.Cut(strings.TrimSpace(s), ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || n == 0 {
		return time.Time{}
	}
	var t time.Time
	switch {
	case fractional:
		if len(whole) > 11 || strings.Trim(frac, "0123456789") != "" {
			return time.Time{}
		}
		ms, _ := strconv.Atoi((frac + "000")[:3])
		t = time.Unix(int64(n), int64(ms)*int64(time.Millisecond))
	case len(whole) <= 11:
		t = time.Unix(int64(n), 0)
	case len(whole) <= 14:
		t = time.UnixMilli(int64(n))
	case len(whole) <= 17:
		t = time.UnixMicro(int64(n))
	default:
		t = time.Unix(0, int64(n))
	}
	return t.UTC().Truncate(time.Millisecond)
}
