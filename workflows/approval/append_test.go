package approval

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"time"
)

// TestAppendKnowsAllFields fills the fields of a state and of every fact, all of them, one at a time and at random, and
// compares what is written with encoding/json: a field that somebody adds is not lost.
func TestAppendKnowsAllFields(t *testing.T) {
	t.Parallel()
	check := func(name string, fresh func() any) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for mode := range 4 {
				for k := range 400 {
					f := &filler{mode: mode, one: k, r: rand.New(rand.NewPCG(uint64(mode), uint64(k)))}
					x := fresh()
					f.fill(reflect.ValueOf(x).Elem(), 0)
					if k, ok := x.(keeper); ok {
						f.fillSecret(k)
					}
					sameAsMarshal(t, x)
					if mode < 2 || mode == 2 && k > f.seen {
						break
					}
				}
			}
		})
	}
	check("state", func() any { return &state{} })
	for _, kind := range factKinds(t) {
		check(kind, func() any {
			f, err := newFact(kind)
			if err != nil {
				t.Fatal(err)
			}
			return f
		})
	}
}

// sameAsMarshal compares a state or a fact with what encoding/json makes of it.
func sameAsMarshal(t *testing.T, x any) {
	t.Helper()
	if s, ok := x.(*state); ok {
		if got, want := appendState([]byte("before"), s), marshal(t, s); !bytes.Equal(got, append([]byte("before"), want...)) {
			t.Fatalf("a state is written as\n%s\nencoding/json makes\n%s", got, want)
		}
		return
	}
	f := x.(fact)
	before := []byte("before")
	e, all := entry(before, f, time.Unix(1, 0), "li.lei")
	if want := marshal(t, f); !bytes.Equal(e.Data, want) {
		t.Fatalf("%s is written as\n%s\nencoding/json makes\n%s", f.kind(), e.Data, want)
	}
	want := append([]byte("before"), e.Data...)
	if k, ok := f.(keeper); ok {
		secret := marshal(t, k.secret())
		if string(secret) == "{}" {
			secret = nil
		}
		if !bytes.Equal(e.Private, secret) || (e.Private == nil) != (secret == nil) {
			t.Fatalf("the private part of %s is written as\n%s\nencoding/json makes\n%s", f.kind(), e.Private, secret)
		}
		want = append(want, secret...)
	}
	if !bytes.Equal(all, want) {
		t.Fatalf("%s is written behind others as\n%s\nwant\n%s", f.kind(), all, want)
	}
	if cap(e.Data) != len(e.Data) || cap(e.Private) != len(e.Private) {
		t.Fatalf("%s has room behind it, where the next one stands", f.kind())
	}
}

func marshal(t *testing.T, x any) []byte {
	t.Helper()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// factKinds are the kinds that newFact knows, as its source names them.
func factKinds(t *testing.T) (kinds []string) {
	t.Helper()
	for file, name := range map[string]string{"facts.go": "newFact", "flow_facts.go": "flowFact"} {
		src, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := len(kinds)
		ast.Inspect(src, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDecl); ok {
				return f.Name.Name == name
			}
			if c, ok := n.(*ast.CaseClause); ok {
				for _, x := range c.List {
					if l, ok := x.(*ast.BasicLit); ok {
						kind, err := strconv.Unquote(l.Value)
						if err != nil {
							t.Fatal(err)
						}
						kinds = append(kinds, kind)
					}
				}
			}
			return true
		})
		if len(kinds) == before {
			t.Fatalf("%s has no %s with cases", file, name)
		}
	}
	return kinds
}

// filler puts something into fields.
type filler struct {
	mode int // 0: nothing at all; 1: into all; 2: into one; 3: at random
	one  int
	seen int // fields that held something or could have
	r    *rand.Rand
	text string // put into texts; "": something that has to be escaped
}

func (f *filler) yes() bool {
	f.seen++
	switch f.mode {
	case 0:
		return false
	case 1:
		return true
	case 2:
		return f.seen-1 == f.one
	}
	return f.r.IntN(2) == 0
}

var awkward = []string{"a", "请购", "<b>&\"\\", "\u2028\u2029", "\x00\n\x7f", "\xff\xc3", "0"}

func (f *filler) string() string {
	if f.text != "" && f.r.IntN(2) == 0 {
		return f.text
	}
	return awkward[f.r.IntN(len(awkward))] + strconv.Itoa(f.r.IntN(100))
}

// fillSecret fills the private part, whose fields are exported in a struct that is not.
func (f *filler) fillSecret(k keeper) { f.fill(reflect.ValueOf(k.secret()).Elem(), 0) }

func (f *filler) fill(v reflect.Value, depth int) {
	if !v.CanSet() && v.Kind() != reflect.Struct || depth > 8 { // a table could hold a table
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), depth)
		}
	case reflect.String:
		if f.yes() {
			v.SetString(f.string())
		}
	case reflect.Bool:
		v.SetBool(f.yes())
	case reflect.Int, reflect.Int64:
		if f.yes() {
			v.SetInt(f.r.Int64() >> f.r.IntN(63))
			if f.r.IntN(4) == 0 {
				v.SetInt(-v.Int())
			}
		}
	case reflect.Pointer:
		if f.yes() {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if f.yes() {
			n := f.r.IntN(4) // empty is not nil
			if f.mode < 3 {
				n = 2
			}
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				f.fill(v.Index(i), depth+1)
			}
		}
	case reflect.Map:
		if f.yes() {
			v.Set(reflect.MakeMap(v.Type()))
			n := f.r.IntN(2 + 12>>depth) // empty is not nil
			if f.mode < 3 {
				n = 1
			}
			for range n {
				x := reflect.New(v.Type().Elem()).Elem()
				f.fill(x, depth+1)
				v.SetMapIndex(reflect.ValueOf(f.string()).Convert(v.Type().Key()), x)
			}
		}
	default:
		panic("a field of type " + v.Type().String() + " can't be filled: teach the test")
	}
}

// FuzzAppend writes a state and a fact with any text in them, and reads the state back.
func FuzzAppend(f *testing.F) {
	f.Add("机械键盘 <b>", uint64(1), uint64(2))
	f.Add("\u2028\xff\"\\", uint64(3), uint64(0))
	kinds := []string{"submitted", "asked", "answered", "entered", "opened", "voted", "closed", "ended", "started"}
	f.Fuzz(func(t *testing.T, text string, a, b uint64) {
		fill := &filler{mode: 3, r: rand.New(rand.NewPCG(a, b)), text: text}
		s := &state{}
		fill.fill(reflect.ValueOf(s).Elem(), 0)
		sameAsMarshal(t, s)
		if _, err := decodeState(encodeState(s)); err != nil {
			t.Fatal(err)
		}
		x, err := newFact(kinds[a%uint64(len(kinds))])
		if err != nil {
			t.Fatal(err)
		}
		fill.fill(reflect.ValueOf(x).Elem(), 0)
		if k, ok := x.(keeper); ok {
			fill.fillSecret(k)
		}
		sameAsMarshal(t, x)
	})
}

// BenchmarkAppendState writes the state of an approval of three steps.
func BenchmarkAppendState(b *testing.B) {
	fill := &filler{mode: 1, r: rand.New(rand.NewPCG(1, 2)), text: "机械键盘"}
	s := &state{By: "li.lei", Form: map[string]value{"item": {T: "机械键盘 2 把"}, "amount": {T: "1299.00"}}, Runs: make([]run, 3)}
	for i := range s.Runs {
		s.Runs[i] = run{Node: "leader", Round: 1, State: runPassed, Seats: []seat{{ID: "0", Person: fill.string(), State: "approved", At: 1780992000123, Closed: 1780992000123}}}
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encodeState(s)
		}
	})
	b.Run("marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(s); err != nil {
				b.Fatal(err)
			}
		}
	})
}
