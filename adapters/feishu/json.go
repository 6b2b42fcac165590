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
		return unquote(b)
	case '{', '[', 'n':
		return ""
	}
	return string(b)
}

// unquote returns what a JSON string says, "" if b is none.
func unquote(b []byte) string {
	n := len(b) - 1
	if n < 1 || b[n] != '"' {
		return ""
	}
	in := b[1:n]
	if nextMark(in, 0) >= len(in) && utf8.Valid(in) {
		return string(in)
	}
	if s, ok := unescape(in); ok {
		return s
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return ""
	}
	return s
}

// unescape reads the inside of a JSON string that has no other escapes than those of one character, as the
// JSON has that stands in strings. It returns false for everything else.
func unescape(in []byte) (string, bool) {
	if !utf8.Valid(in) {
		return "", false
	}
	out := make([]byte, 0, len(in))
	for i := 0; ; i++ {
		from := i
		i = min(nextMark(in, i), len(in))
		if out = append(out, in[from:i]...); i == len(in) {
			return string(out), true
		}
		if i++; in[i-1] != '\\' || i == len(in) {
			return "", false
		}
		c := in[i]
		switch c {
		case '"', '\\', '/':
		case 'n':
			c = '\n'
		case 't':
			c = '\t'
		case 'r':
			c = '\r'
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		default:
			return "", false
		}
		out = append(out, c)
	}
}

// innerText is scalarText without a copy, where the string is written as it reads. The result is only read.
func innerText(b []byte) []byte {
	if n := len(b) - 1; n > 0 && b[0] == '"' && b[n] == '"' && bytes.IndexByte(b, '\\') < 0 {
		return b[1:n]
	}
	return []byte(scalarText(b))
}

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
