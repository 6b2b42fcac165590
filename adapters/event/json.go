package event

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON is a JSON text being written, as json.Marshal writes it, byte for byte, in a fraction of the time: for what
// is written with every event and every command. A name comes with the comma before it and the colon after it
// (`,"id":`); Close makes a brace of the first comma of an object. Whoever writes a type with it has a test that
// fills every field and compares, so that a field that is added later is not lost.
type JSON struct {
	B   []byte
	Err error // the first
}

// Open begins an object; what it returns is for Close.
func (w *JSON) Open() (start int) { return len(w.B) }

// Close ends the object that began at start.
func (w *JSON) Close(start int) {
	if len(w.B) == start {
		w.Raw("{}")
		return
	}
	w.B[start] = '{'
	w.B = append(w.B, '}')
}

// Raw appends text as it is.
func (w *JSON) Raw(s string) { w.B = append(w.B, s...) }

// Str writes a text.
func (w *JSON) Str(name, s string) {
	w.Raw(name)
	w.Text(s)
}

// OptStr leaves out what is empty.
func (w *JSON) OptStr(name, s string) {
	if s != "" {
		w.Str(name, s)
	}
}

// Int writes a number.
func (w *JSON) Int(name string, n int64) {
	w.Raw(name)
	w.B = strconv.AppendInt(w.B, n, 10)
}

// OptInt leaves out 0.
func (w *JSON) OptInt(name string, n int64) {
	if n != 0 {
		w.Int(name, n)
	}
}

// OptTrue leaves out false.
func (w *JSON) OptTrue(name string, yes bool) {
	if yes {
		w.Raw(name)
		w.Raw("true")
	}
}

// Strs writes a list of texts; nil is null.
func (w *JSON) Strs(name string, list []string) {
	w.Raw(name)
	if list == nil {
		w.Raw("null")
		return
	}
	w.B = append(w.B, '[')
	for i, s := range list {
		if i > 0 {
			w.B = append(w.B, ',')
		}
		w.Text(s)
	}
	w.B = append(w.B, ']')
}

// OptStrs leaves out an empty list.
func (w *JSON) OptStrs(name string, list []string) {
	if len(list) > 0 {
		w.Strs(name, list)
	}
}

// OptInts writes a list of numbers and leaves out an empty one.
func (w *JSON) OptInts(name string, list []int) {
	if len(list) == 0 {
		return
	}
	w.Raw(name)
	for i, n := range list {
		w.sep(i, '[')
		w.B = strconv.AppendInt(w.B, int64(n), 10)
	}
	w.B = append(w.B, ']')
}

// sep begins a list or an object, or separates.
func (w *JSON) sep(i int, open byte) {
	if i > 0 {
		open = ','
	}
	w.B = append(w.B, open)
}

// OptList writes a list of anything and leaves out an empty one.
func OptList[T any](w *JSON, name string, list []T, each func(w *JSON, x *T)) {
	if len(list) == 0 {
		return
	}
	w.Raw(name)
	for i := range list {
		w.sep(i, '[')
		each(w, &list[i])
	}
	w.B = append(w.B, ']')
}

// OptMap writes a map and leaves out an empty one.
func OptMap[T any](w *JSON, name string, m map[string]T, each func(w *JSON, x T)) {
	if len(m) > 0 {
		w.Raw(name)
		Map(w, m, each)
	}
}

// Map writes a map by the order of its keys; nil is null.
func Map[T any](w *JSON, m map[string]T, each func(w *JSON, x T)) {
	switch {
	case m == nil:
		w.Raw("null")
		return
	case len(m) == 0:
		w.Raw("{}")
		return
	}
	var few [8]string
	keys := few[:0]
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		w.sep(i, '{')
		w.Text(k)
		w.B = append(w.B, ':')
		each(w, m[k])
	}
	w.B = append(w.B, '}')
}

// Text writes a text without a name.
func (w *JSON) Text(s string) {
	if !copies(s) {
		w.Any(s)
		return
	}
	w.B = append(w.B, '"')
	w.B = append(w.B, s...)
	w.B = append(w.B, '"')
}

// copies reports whether encoding/json would write s as it is: no control characters, no quotes, nothing
// that HTML or JavaScript reads, all of it UTF-8.
func copies(s string) bool {
	ascii := true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s) && !strings.Contains(s, "\u2028") && !strings.Contains(s, "\u2029")
}

// Any leaves a value to encoding/json.
func (w *JSON) Any(v any) {
	b, err := json.Marshal(v)
	if err != nil && w.Err == nil {
		w.Err = err
	}
	w.B = append(w.B, b...)
}
