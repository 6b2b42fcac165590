package event

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// kinds reads the constants of kind.go, so that a new one can't be forgotten here.
func kinds(t testing.TB) []Kind {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []Kind
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Kind" {
				s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, Kind(s))
			}
		}
		return true
	})
	if len(out) < 30 {
		t.Fatalf("only %d kinds found", len(out))
	}
	return out
}

// fill sets every field of a body to something, two deep in lists and maps.
func fill(v reflect.Value, depth int, seed string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(seed + "<&>中")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(len(seed)) + 7)
	case reflect.Uint8:
		v.SetUint(65)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1, seed)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), depth+1, seed+strconv.Itoa(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		e := reflect.New(v.Type().Elem()).Elem()
		if e.Kind() == reflect.Interface {
			e.Set(reflect.ValueOf(seed))
		} else {
			fill(e, depth+1, seed)
		}
		v.SetMapIndex(reflect.ValueOf("k"+seed).Convert(v.Type().Key()), e)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 8, 3, 1, 2, 3, 4e6, time.UTC)))
			return
		}
		for i := range v.NumField() {
			if depth > 4 && v.Type() == reflect.TypeFor[Value]() && v.Type().Field(i).Name == "Rows" {
				continue // the cells of a table are values again
			}
			fill(v.Field(i), depth+1, seed+v.Type().Field(i).Name)
		}
	}
}

func TestEveryKindRoundTrips(t *testing.T) {
	t.Parallel()
	for _, k := range kinds(t) {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			want := Event{Kind: k}
			for i := range reflect.TypeFor[Event]().NumField() {
				f := reflect.ValueOf(&want).Elem().Field(i)
				if n := reflect.TypeFor[Event]().Field(i).Name; n != "Kind" && n != "Body" && n != "Raw" {
					fill(f, 0, n)
				}
			}
			if want.Body = newBody(k); want.Body != nil {
				fill(reflect.ValueOf(want.Body).Elem(), 0, "b")
			} else if k != KindUnknown {
				t.Fatalf("kind %s has no body", k)
			}
			b, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			var got Event
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if again, _ := json.Marshal(got); string(again) != string(b) {
				t.Errorf("the second encoding differs:\n%s\n%s", b, again)
			}
		})
	}
}

func TestRawStaysOutOfJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(Event{ID: "x", Kind: KindUnknown, Raw: []byte("secret")})
	if err != nil || strings.Contains(string(b), "c2VjcmV0") || strings.Contains(strings.ToLower(string(b)), "raw") {
		t.Errorf("%s %v", b, err)
	}
}

func TestBodyOfAnotherKindIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"unknown with body": {`{"id":"1","kind":"unknown","body":{}}`, `kind "unknown" has no body`},
		"new kind":          {`{"id":"1","kind":"teleport","body":{"a":1}}`, `kind "teleport" has no body`},
		"wrong type":        {`{"id":"1","kind":"message","body":{"text":7}}`, "event 1: decode message body"},
		"not an event":      {`[]`, "cannot unmarshal"},
	} {
		var ev Event
		if err := json.Unmarshal([]byte(c.in), &ev); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ev := Event{Body: &Message{Text: "stale"}}
	if err := json.Unmarshal([]byte(`{"id":"1","kind":"unknown","body":null}`), &ev); err != nil || ev.Body != nil {
		t.Errorf("a null body left %v (%v)", ev.Body, err)
	}
}

func TestHandleIsHidden(t *testing.T) {
	t.Parallel()
	h := Handle{Kind: "feishu.click_token", Value: "c-secret", Uses: 2}
	ev := Event{Reply: ReplyContract{Handles: []Handle{h}}}
	for _, s := range []string{fmt.Sprint(h), fmt.Sprintf("%+v %#v %s %q", h, h, h, h), fmt.Sprintf("%v", ev), fmt.Sprintf("%+v", &ev)} {
		if strings.Contains(s, "c-secret") {
			t.Errorf("shown in %s", s)
		}
	}
}

func TestRefIsAMapKey(t *testing.T) {
	t.Parallel()
	a := Ref{Scope: Scope{Platform: "feishu", Tenant: "t"}, Kind: RefUser, ID: "ou_1"}
	b := a
	b.Scope.App = "cli"
	m := map[Ref]int{a: 1, b: 2}
	if len(m) != 2 || a.String() != "feishu:user:ou_1" || (Ref{}).String() != "" || !(Ref{}).IsZero() || a.IsZero() {
		t.Errorf("%v %s", m, a)
	}
	act := Actor{Ref: a, Aliases: []Ref{b}}
	if d := cmp.Diff([]Ref{a, b}, act.Refs()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Ref{b}, Actor{Aliases: []Ref{b}}.Refs()); d != "" {
		t.Error(d)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		l := rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "l")
		for _, v := range []Value{Text(s), List(l...), Bool(len(l)%2 == 0), People(Ref{Kind: RefUser, ID: s}), {Kind: ValueNumber, Text: "0.10"}} {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			var got Value
			if err := json.Unmarshal(b, &got); err != nil || !cmp.Equal(v, got) {
				t.Fatalf("%s became %+v (%v)", b, got, err)
			}
		}
	})
	for want, v := range map[string]Value{"a": Text("a"), `["a","b"]`: List("a", "b"), "true": Bool(true), "[:user:u]": People(Ref{Kind: RefUser, ID: "u"}), "0.10": {Kind: ValueNumber, Text: "0.10"}} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"id":"1","kind":"card_action","body":{"verb":"approve","form":{"a":{"kind":"text","text":"x"}}}}`))
	f.Add([]byte(`{"kind":"timer","body":{"due_at":"2026-01-01T00:00:00Z"}}`))
	f.Add([]byte(`{"kind":"unknown","body":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var ev Event
		if json.Unmarshal(b, &ev) != nil {
			return
		}
		one, err := json.Marshal(ev)
		if err != nil {
			return // a time outside of what JSON can say
		}
		var again Event
		if err := json.Unmarshal(one, &again); err != nil {
			t.Fatalf("own output is refused: %v\n%s", err, one)
		}
	})
}
