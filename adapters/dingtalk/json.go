package dingtalk

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// decodeLenient decodes into v what fits and leaves out what has another type than we know: DingTalk's types
// differ between transports and versions, and one of them must not cost us the whole event. It fails only if b
// is not JSON, or no object.
func decodeLenient(b []byte, v any) error {
	err := json.Unmarshal(b, v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return nil
	}
	return err
}

// looseText is a text that may come as a number or a bool. null, objects and lists are "".
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
		if in := b[1:]; len(in) > 0 && in[len(in)-1] == '"' && plainText(in[:len(in)-1]) {
			return string(in[:len(in)-1])
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

// plainText reports the inside of a JSON string that is written as it reads.
func plainText(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return utf8.Valid(b)
}

// looseInt is a whole number that may come as a text; 0 for anything else.
type looseInt int64

// UnmarshalJSON takes numbers and texts.
func (n *looseInt) UnmarshalJSON(b []byte) error {
	i, _ := strconv.ParseInt(strings.TrimSpace(scalarText(b)), 10, 64)
	*n = looseInt(i)
	return nil
}

// looseBool is a bool that may come as a text or a number: "true", "1", 1.
type looseBool bool

// UnmarshalJSON takes scalars of any type.
func (v *looseBool) UnmarshalJSON(b []byte) error {
	s := strings.ToLower(scalarText(b))
	*v = s == "true" || s == "1" || s == "y"
	return nil
}

// looseList is a list of texts that may come as a list of numbers, as one scalar, or as a text that holds the
// JSON of a list.
type looseList []string

// UnmarshalJSON takes lists and scalars.
func (l *looseList) UnmarshalJSON(b []byte) error {
	*l = readList(b)
	return nil
}

func readList(b json.RawMessage) []string {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '"' {
		s := scalarText(b)
		if t := strings.TrimSpace(s); strings.HasPrefix(t, "[") {
			return readList(json.RawMessage(t))
		}
		if s == "" {
			return nil
		}
		return []string{s}
	}
	if len(b) == 0 || b[0] != '[' {
		if s := scalarText(b); s != "" {
			return []string{s}
		}
		return nil
	}
	var items []json.RawMessage
	if json.Unmarshal(b, &items) != nil {
		return nil
	}
	var out []string
	for _, it := range items {
		if s := scalarText(it); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// innerObject reads an object, or a text that holds one; nil for anything else.
func innerObject(raw json.RawMessage) map[string]json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '"' {
		raw = bytes.TrimSpace([]byte(scalarText(raw)))
	}
	var m map[string]json.RawMessage
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// asText is the text of a scalar, or the JSON of anything else without white space; "" for null.
func asText(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		var b bytes.Buffer
		if json.Compact(&b, raw) == nil {
			return b.String()
		}
	}
	return scalarText(raw)
}

// looseTime is a time that comes as a number or a text: see parseTime.
type looseTime struct{ time.Time }

// UnmarshalJSON takes numbers and texts. What is no time is the zero time.
func (t *looseTime) UnmarshalJSON(b []byte) error {
	t.Time = parseTime(scalarText(b))
	return nil
}

// beijing is the zone of times that come without one.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// parseTime reads DingTalk's times: digits (10 are seconds, 13 milliseconds, 16 microseconds), dates in
// Beijing's time, and ISO times whose seconds may be missing. The result is UTC, cut to milliseconds; zero for
// what is no time.
func parseTime(s string) time.Time {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseUint(s, 10, 63); err == nil {
		switch {
		case n == 0:
			return time.Time{}
		case len(s) <= 11:
			return time.Unix(int64(n), 0).UTC()
		case len(s) <= 14:
			return time.UnixMilli(int64(n)).UTC()
		}
		return time.UnixMicro(int64(n)).UTC().Truncate(time.Millisecond)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Truncate(time.Millisecond)
		}
	}
	for _, layout := range []string{time.DateTime, time.DateOnly, "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, beijing); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// marshal writes JSON, < and > as they are: six bytes for each would count against the vendor's limits.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
