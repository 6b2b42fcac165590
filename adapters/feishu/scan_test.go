package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestObject(t *testing.T) {
	t.Parallel()
	var o object
	if err := o.read([]byte(` {"a":1,"A":{"a":1,"a":2},"\u0062":[ ]} `)); err != nil || o.n != 3 || string(o.get("a")) != "1" || string(o.get("b")) != "[ ]" || o.get("c") != nil {
		t.Errorf("%v %v", o, err)
	}
	for _, in := range []string{``, `1`, `"a"`, `[]`, `null`, `{`, `{"a"}`, `{"a":1,}`, `{"a":1}x`, `{"a":1}}`, `{"a":1} {}`, `{a:1}`, "{\"a\":1}\x00",
		`{"a":01}`, `{"a":1.}`, `{"a":.1}`, `{"a":-}`, `{"a":1e}`, `{"a":+1}`, `{"a":tru}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":"\u123`, "{\"a\":\"\n\"}", `{"a":"`, `{"a":[1 2]}`, `{"a":[1,]}`, `{"a":{]}`, `{,}`, `{"a" 1}`, "{\"a\":1}\u00a0"} {
		if err := o.read([]byte(in)); err == nil {
			t.Errorf("%s is taken", in)
		}
	}
	for _, in := range []string{`{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, "{\"\xff\":1,\"\xfe\":2}"} {
		if err := o.read([]byte(in)); !errors.Is(err, errDuplicate) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// TestObjectWithManyKeys goes past the room that an object has, and to where keys are kept in a map.
func TestObjectWithManyKeys(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 15, 16, 17, 18, 100, 5000} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"k%d":%d`, i, i)
		}
		body := "{" + b.String()[1:]
		var o object
		if err := o.read([]byte(body + "}")); err != nil || o.n != n || string(o.get(fmt.Sprint("k", n-1))) != fmt.Sprint(n-1) {
			t.Errorf("%d keys: %d, %v", n, o.n, err)
		}
		for _, again := range []int{0, n / 2, n - 1} {
			if err := o.read(fmt.Appendf(nil, `%s,"k%d":0}`, body, again)); !errors.Is(err, errDuplicate) {
				t.Errorf("%d keys, key %d again: %v", n, again, err)
			}
		}
	}
}

// TestNextMark puts every byte at every place, with every other one behind it.
func TestNextMark(t *testing.T) {
	t.Parallel()
	for at := range 20 {
		for c := range 256 {
			for _, behind := range []byte{0, 1, ' ', '!', '"', '#', '[', '\\', ']', 0x7f, 0x80, 0xa2, 0xdc, 0xff} {
				b := bytes.Repeat([]byte{'a'}, 24)
				b[at], b[at+1] = byte(c), behind
				want := bytes.IndexFunc(b, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' })
				if want < 0 {
					want = len(b)
				}
				if got := nextMark(b, 0); got != want {
					t.Fatalf("% x: %d, want %d", b, got, want)
				}
			}
		}
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]error{
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth):               nil,
		strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1):           errDepth,
		strings.Repeat(`{"a":`, maxDepth) + "1" + strings.Repeat("}", maxDepth):     nil,
		strings.Repeat(`{"a":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth+1): errDepth,
		"[" + strings.Repeat("[],", 10*maxDepth) + "[]]":                            nil,
		`"` + strings.Repeat("[", 1000) + `"`:                                       nil,
		`"\"` + strings.Repeat("[", 1000) + `"`:                                     nil,
		`"\\"` + strings.Repeat("[", 1000):                                          errNotJSON,
		strings.Repeat("[", 1<<20):                                                  errDepth,
		strings.Repeat("]", 5):                                                      errNotJSON,
	} {
		if err := checkJSON([]byte(in)); err != want {
			t.Errorf("%.20s…: %v, want %v", in, err, want)
		}
		var o object
		if err := o.read([]byte(in)); in[0] == '{' && err != want {
			t.Errorf("%.20s… as an object: %v, want %v", in, err, want)
		}
	}
}

// FuzzScan compares the scanner with encoding/json, and with a reader of objects made of its tokens.
func FuzzScan(f *testing.F) {
	for _, g := range loadGoldens(f) {
		f.Add(g.req.Body)
	}
	for _, s := range []string{`{"a":1,"A":2}`, `{"a":-0.5e+10,"b":[true,false,null,{}],"c":"\ud83d\ude00\/\n"}`, `{"a":1,"\u0061":1}`, `0`, ` [ ] `, "{\"\xff\":\"\xc3\"}", `{"a":[[[[1]]]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		valid, deep := json.Valid(b), depthReference(b) != nil
		err := checkJSON(b)
		if (err == nil) != (valid && !deep) || valid && deep && err != errDepth {
			t.Fatalf("checkJSON says %v, encoding/json %v, too deep %v", err, valid, deep)
		}
		var o object
		oerr := o.read(b)
		if oerr == nil && !valid {
			t.Fatal("read takes what is not JSON")
		}
		if deep {
			if oerr == nil {
				t.Fatal("read takes what is nested too deeply")
			}
			return
		}
		m, merr := objectReference(b)
		if !valid {
			return // the reference lets some white space pass at the end
		}
		if (oerr == nil) != (merr == nil) || errors.Is(oerr, errDuplicate) != errors.Is(merr, errDuplicate) {
			t.Fatalf("read says %v, the reference %v", oerr, merr)
		}
		if oerr != nil {
			return
		}
		if o.n != len(m) {
			t.Fatalf("%d keys, the reference has %d", o.n, len(m))
		}
		for k, v := range m {
			if !bytes.Equal(o.get(k), v) {
				t.Fatalf("%q: %s, the reference has %s", k, o.get(k), v)
			}
			var s string
			if v[0] == '"' && (json.Unmarshal(v, &s) != nil || scalarText(v) != s || string(innerText(v)) != s && bytes.IndexByte(v, '\\') >= 0) {
				t.Fatalf("%s reads %q, want %q", v, scalarText(v), s)
			}
		}
	})
}

// FuzzMessageScan compares what is read of a message by hand with what encoding/json reads.
func FuzzMessageScan(f *testing.F) {
	for _, g := range loadGoldens(f) {
		var o object
		if o.read(g.req.Body) == nil && o.get("event") != nil {
			f.Add(o.get("event"))
		}
	}
	for _, s := range []string{
		`{"sender":{"sender_id":{"open_id":"a","Open_id":"b"}},"message":{"message_id":"m"}}`,
		`{"sender":{"sender_id":{"open_id":1,"user_id":null}},"message":{"message_id":"m","mentions":[{"key":"@_user_1","id":{"open_id":"o"}}],"create_time":"1780992000123"}}`,
		`{"message":{"message_id":"m"},"message":{"chat_id":"c"}}`, `{"message":null,"sender":[]}`, `{"me\u017f\u017fage":{}}`, `{"message":{"mentions":{}}}`, `{"message":{"mentions":[1,{"key":2,"name":"n"}]}}`, `{"text":"a\"b"}`, `{"Text":"a"}`, `{"text":1}`, `{"text":null}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if checkJSON(b) != nil {
			return
		}
		var got, want messageEvent
		if got.scan(b) {
			if err := decodeLenient(b, &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v, want %+v", got, want)
			}
		}
		var in struct {
			Text string `json:"text"`
		}
		_ = decodeLenient(b, &in)
		if s := textOf(b); s != in.Text {
			t.Fatalf("text %q, want %q", s, in.Text)
		}
	})
}

// depthReference refuses bodies that are nested too deeply, before anything recursive sees them. It does not
// check the syntax.
func depthReference(b []byte) error {
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

// objectReference takes one JSON object apart, one level, with its keys exactly as they are. A key that comes twice
// is an error: which of the two counts must not depend on who reads it, where the object decides whom
// we trust. encoding/json would take the last one, and would take "Token" for "token" as well.
func objectReference(b []byte) (map[string]json.RawMessage, error) {
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
