package feishu

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// The scanner reads JSON in place: every body passes it before anything else looks at it, and most of what
// is asked of a body is a handful of strings. It takes exactly what encoding/json takes, checked by a
// fuzz test, and nests no deeper than maxDepth.

// What the scanner returns instead of an offset.
const (
	notJSON = -1
	tooDeep = -2
)

// errNotJSON is all that is said of a syntax error: the text would be the sender's.
var errNotJSON = errors.New("not JSON")

func scanError(code int) error {
	if code == tooDeep {
		return errDepth
	}
	return errNotJSON
}

// checkJSON makes sure that b is one JSON value, not nested deeper than maxDepth.
func checkJSON(b []byte) error {
	i := skipValue(b, skipSpace(b, 0), 0)
	if i < 0 {
		return scanError(i)
	}
	if skipSpace(b, i) != len(b) {
		return errNotJSON
	}
	return nil
}

// skipSpace returns the offset of the first byte from i on that is not JSON's white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the offset behind the value that starts at i, inside of depth objects and lists.
func skipValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return notJSON
	}
	switch c := b[i]; {
	case c == '"':
		return skipString(b, i)
	case c == '{' || c == '[':
		return skipContainer(b, i, depth)
	case c == '-' || isDecimal(c):
		return skipNumber(b, i)
	case c == 't':
		return skipWord(b, i, "true")
	case c == 'f':
		return skipWord(b, i, "false")
	case c == 'n':
		return skipWord(b, i, "null")
	}
	return notJSON
}

func skipContainer(b []byte, i, depth int) int {
	if depth++; depth > maxDepth {
		return tooDeep
	}
	object, closing := b[i] == '{', b[i]+2 // in ASCII both brackets close two further on
	if i = skipSpace(b, i+1); i < len(b) && b[i] == closing {
		return i + 1
	}
	for {
		if object {
			if i = skipKey(b, i); i < 0 {
				return i
			}
		}
		if i = skipValue(b, i, depth); i < 0 {
			return i
		}
		i = skipSpace(b, i)
		switch {
		case i >= len(b):
			return notJSON
		case b[i] == closing:
			return i + 1
		case b[i] != ',':
			return notJSON
		}
		i = skipSpace(b, i+1)
	}
}

// skipKey returns where the value of the key at i starts.
func skipKey(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return notJSON
	}
	if i = skipString(b, i); i < 0 {
		return i
	}
	if i = skipSpace(b, i); i >= len(b) || b[i] != ':' {
		return notJSON
	}
	return skipSpace(b, i+1)
}

// skipString returns the offset behind the string that starts at i. Bytes that are no UTF-8 are let pass,
// as encoding/json does.
func skipString(b []byte, i int) int {
	for i++; ; i++ {
		if i = nextMark(b, i); i >= len(b) {
			return notJSON
		}
		switch b[i] {
		case '"':
			return i + 1
		default: // a control character
			return notJSON
		case '\\':
			if i++; i >= len(b) {
				return notJSON
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if i+4 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) || !isHex(b[i+3]) || !isHex(b[i+4]) {
					return notJSON
				}
				i += 4
			default:
				return notJSON
			}
		}
	}
}

// nextMark returns the offset of the first byte from i on that is marked, len(b) or more if there is none.
// It looks at eight bytes at a time: in what Feishu sends, nearly everything is strings.
func nextMark(b []byte, i int) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		quote, slash := v^('"'*ones), v^('\\'*ones)
		// A byte of quote or slash that is 0, or one of v below ' ', gets its high bit. What a borrow
		// sets besides stands behind such a byte, so that the first one is right.
		if m := ((quote-ones)&^quote | (slash-ones)&^slash | (v-' '*ones)&^v) & high; m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(b) && !marked[b[i]] {
		i++
	}
	return i
}

// marked are the bytes that mean something inside a string.
var marked = func() (t [256]bool) {
	for c := range ' ' {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

func isHex(c byte) bool { return isDecimal(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func skipNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	from := i
	if i = skipDigits(b, i); i == from || b[from] == '0' && i > from+1 {
		return notJSON
	}
	if i < len(b) && b[i] == '.' {
		from = i + 1
		if i = skipDigits(b, from); i == from {
			return notJSON
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from = i
		if i = skipDigits(b, from); i == from {
			return notJSON
		}
	}
	return i
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && isDecimal(b[i]) {
		i++
	}
	return i
}

func skipWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return notJSON
	}
	return i + len(word)
}

// member is one key of an object with its value.
type member struct {
	key []byte // as it reads, without quotes
	val []byte // as it is written
}

// object is a JSON object taken apart, one level. Keys and values lie in the bytes it was read from.
// The zero value is an empty object.
type object struct {
	n    int
	room [16]member          // the first ones: few objects have more, and these need no memory of their own
	more []member            // the others
	seen map[string]struct{} // all keys, once there are too many to look through
}

// read takes b apart, with its keys exactly as they are. A key that comes twice is an error: which of the
// two counts must not depend on who reads it, where the object decides whom we trust. encoding/json
// would take the last one, and would take "Token" for "token" as well.
func (o *object) read(b []byte) error {
	o.n, o.more, o.seen = 0, nil, nil
	i := skipSpace(b, 0)
	switch {
	case i < len(b) && b[i] == '{':
	case checkJSON(b) != nil:
		return errNotJSON
	default:
		return errors.New("not a JSON object")
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == '}' {
		return atEnd(b, i+1)
	}
	for {
		start := skipKey(b, i)
		if start < 0 {
			return scanError(start)
		}
		key, err := readKey(b, i)
		if err != nil {
			return err
		}
		if i = skipValue(b, start, 1); i < 0 {
			return scanError(i)
		}
		if err := o.add(key, b[start:i:i]); err != nil {
			return err
		}
		i = skipSpace(b, i)
		switch {
		case i >= len(b):
			return errNotJSON
		case b[i] == '}':
			return atEnd(b, i+1)
		case b[i] != ',':
			return errNotJSON
		}
		i = skipSpace(b, i+1)
	}
}

func atEnd(b []byte, i int) error {
	if skipSpace(b, i) != len(b) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

// readKey returns the text of the key at i, which skipKey has checked.
func readKey(b []byte, i int) ([]byte, error) {
	plain := true
	for n := i + 1; ; n++ {
		switch c := b[n]; {
		case c == '"' && plain:
			return b[i+1 : n : n], nil
		case c == '"':
			var s string
			if json.Unmarshal(b[i:n+1], &s) != nil {
				return nil, errNotJSON
			}
			return []byte(s), nil
		case c == '\\':
			plain = false
			n++
		case c >= utf8.RuneSelf:
			plain = false // perhaps no UTF-8: two keys may then read alike
		}
	}
}

func (o *object) add(key, val []byte) error {
	dup := false
	if o.seen == nil {
		dup = o.get(string(key)) != nil
	} else {
		_, dup = o.seen[string(key)]
	}
	if dup {
		return fmt.Errorf("%w: %.40q", errDuplicate, key)
	}
	if o.n < len(o.room) {
		o.room[o.n] = member{key, val}
		o.n++
		return nil
	}
	if o.seen == nil {
		o.seen = make(map[string]struct{}, 4*len(o.room))
		for i := range o.room {
			o.seen[string(o.room[i].key)] = struct{}{}
		}
	}
	o.seen[string(key)] = struct{}{}
	o.more = append(o.more, member{key, val})
	o.n++
	return nil
}

// get returns the value of a key as it is written, nil if the object does not have it.
func (o *object) get(key string) []byte {
	for i := range o.n {
		if m := o.at(i); string(m.key) == key {
			return m.val
		}
	}
	return nil
}

func (o *object) at(i int) *member {
	if i < len(o.room) {
		return &o.room[i]
	}
	return &o.more[i-len(o.room)]
}

// readField reads the object that in has in a field. Where it has none, o is empty. It returns false for
// what encoding/json would read otherwise.
func (o *object) readField(in *object, field string) bool {
	b := in.get(field)
	return b == nil || o.read(b) == nil && o.plainKeys()
}

// text returns the text of a scalar, see scalarText.
func (o *object) text(key string) string { return scalarText(o.get(key)) }

// loose is text for the fields of what is decoded.
func (o *object) loose(key string) looseText { return looseText(o.text(key)) }

// plainKeys reports whether no key has a letter that encoding/json would take for another one: then
// reading by exact keys finds what it would find.
func (o *object) plainKeys() bool {
	for i := range o.n {
		for _, c := range o.at(i).key {
			if 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
				return false
			}
		}
	}
	return true
}
