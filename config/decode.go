package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Decoder is a type that reads itself from a Node: unions such as `any` or `{ratio: 60%}`. It is not
// called when nothing is given. Its JSON Schema comes from a method JSONSchema, see SchemaFor.
type Decoder interface{ DecodeYAML(n *Node) Problems }

// Decode fills a struct, map, slice or scalar, strictly: unknown keys (with a suggestion), wrong types,
// missing required fields, all at once, sorted by line. into is a non-nil pointer.
//
// Struct fields are named by the tag `yaml:"name"`; fields without it are left alone, embedded structs
// without a name are part of the outer one. After the name may follow, separated by commas:
//
//	required  must be there and not empty
//	scalar    for a slice: a single value stands for a list of one
//
// The tag jsonschema's enum=…, minimum=… and maximum=… are enforced too, so that one tag serves both
// the decoder and the schema. A field that is absent, or empty ("key:", "~"), keeps what it held
// before: defaults are set in the struct first.
//
// Types: string (as written: 0123 stays "0123"), bool (true, false), ints, Decimal, time.Duration
// ("1h30m"), Secret (may be "file:PATH"), *Node (decoded later by its owner), pointers, slices,
// map[string]T, any (string, bool, json.Number, []any, map[string]any, nil), encoding.TextUnmarshaler,
// and whatever implements Decoder. Another type is a bug and panics.
func (n *Node) Decode(into any) Problems {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic(fmt.Sprintf("config: Decode into %T; a non-nil pointer is needed", into))
	}
	var d decoder
	d.value(n, v.Elem(), field{})
	d.problems.Sort()
	return d.problems
}

// decoder collects the problems of one Decode.
type decoder struct{ problems Problems }

func (d *decoder) fail(n *Node, what, want string) {
	d.problems = append(d.problems, n.Problem(what, want))
}

var (
	nodeType     = reflect.TypeFor[*Node]()
	secretType   = reflect.TypeFor[Secret]()
	decimalType  = reflect.TypeFor[Decimal]()
	durationType = reflect.TypeFor[time.Duration]()
	decoderType  = reflect.TypeFor[Decoder]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// value decodes n into v. f says what the field's tags ask for.
func (d *decoder) value(n *Node, v reflect.Value, f field) {
	t := v.Type()
	if t == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	if n.kind == Null {
		if f.required {
			d.fail(n, "is empty", "give "+describe(t))
		}
		return
	}
	if t.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		d.value(n, v.Elem(), f)
		return
	}
	switch p := v.Addr(); {
	case f.required && n.kind == Scalar && n.text == "" && t != secretType:
		d.fail(n, "is empty", "give "+describe(t))
		return
	case p.Type().Implements(decoderType):
		d.problems = append(d.problems, p.Interface().(Decoder).DecodeYAML(n)...)
		return
	case t == secretType, t == decimalType, t == durationType:
	case p.Type().Implements(textType):
		d.text(n, p.Interface().(encoding.TextUnmarshaler), f)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		if t != secretType {
			d.structure(n, v)
			return
		}
	case reflect.Map:
		d.mapping(n, v)
		return
	case reflect.Slice:
		d.list(n, v, f)
		return
	case reflect.Interface:
		if t.NumMethod() != 0 {
			panic(fmt.Sprintf("config: can't decode into %s", t))
		}
		if any := d.any(n); any != nil {
			v.Set(reflect.ValueOf(any))
		}
		return
	}
	d.scalar(n, v, f)
}

// structure decodes a Map into a struct.
func (d *decoder) structure(n *Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	if n.kind != Map {
		d.fail(n, "is "+n.kind.String(), "a mapping is wanted here, with the keys "+allowed(fields))
		return
	}
	byName := make(map[string]field, len(fields))
	for _, f := range fields {
		byName[f.name] = f
	}
	meant := map[string]bool{}
	for _, e := range n.entries {
		f, ok := byName[e.key]
		if !ok {
			d.fail(n.Key(e.key), fmt.Sprintf("unknown key %q", e.key), suggest(e.key, fields))
			// It is read as what was meant: the file is refused anyway, and "approve is missing" beside
			// "aprove is unknown" would be one mistake told twice.
			near := Nearest(e.key, names(fields))
			if near == "" || n.Has(near) || meant[near] {
				continue
			}
			f, meant[near] = byName[near], true
		}
		before := len(d.problems)
		d.value(e.node, v.FieldByIndex(f.index), f)
		if len(d.problems) == before {
			d.constrain(e.node, v.FieldByIndex(f.index), f)
		}
	}
	for _, f := range fields {
		if f.required && !n.Has(f.name) && !meant[f.name] {
			d.fail(n, fmt.Sprintf("required key %q is missing", f.name), "give "+describe(v.Type().FieldByIndex(f.index).Type))
		}
	}
}

// constrain enforces what the jsonschema tag says, after a value was decoded without a problem.
func (d *decoder) constrain(n *Node, v reflect.Value, f field) {
	if n.kind != Scalar {
		for i := range n.items {
			if v.Kind() == reflect.Slice && i < v.Len() {
				d.constrain(n.items[i], v.Index(i), field{enum: f.enum})
			}
		}
		return
	}
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
		if v.Kind() == reflect.Slice {
			if v.Len() != 1 {
				return
			}
			v = v.Index(0)
			continue
		}
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.String:
		if len(f.enum) > 0 && !contains(f.enum, v.String()) {
			d.fail(n, fmt.Sprintf("%q is not known here", v.String()), oneOf(v.String(), f.enum))
			if near := Nearest(v.String(), f.enum); near != "" && v.CanSet() {
				v.SetString(near) // see structure: no other problem follows from a slip
			}
		}
	case v.CanInt() && v.Type() != durationType:
		if f.min != nil && v.Int() < *f.min {
			d.fail(n, fmt.Sprintf("%d is too small", v.Int()), fmt.Sprintf("at least %d", *f.min))
		}
		if f.max != nil && v.Int() > *f.max {
			d.fail(n, fmt.Sprintf("%d is too large", v.Int()), fmt.Sprintf("at most %d", *f.max))
		}
	}
}

// mapping decodes a Map into a Go map with string keys.
func (d *decoder) mapping(n *Node, v reflect.Value) {
	t := v.Type()
	if t.Key().Kind() != reflect.String {
		panic(fmt.Sprintf("config: can't decode into %s", t))
	}
	if n.kind != Map {
		d.fail(n, "is "+n.kind.String(), "a mapping is wanted here (name: value)")
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMapWithSize(t, len(n.entries)))
	}
	for _, e := range n.entries {
		item := reflect.New(t.Elem()).Elem()
		d.value(e.node, item, field{required: true})
		v.SetMapIndex(reflect.ValueOf(e.key).Convert(t.Key()), item)
	}
}

// list decodes a List, or a single value where the field allows it.
func (d *decoder) list(n *Node, v reflect.Value, f field) {
	items := n.items
	if n.kind != List {
		if !f.scalar {
			want := "a list is wanted here"
			if n.kind == Scalar {
				want += ": [" + n.text + "]"
			}
			d.fail(n, "is "+n.kind.String(), want)
			return
		}
		items = []*Node{n}
	}
	if f.required && len(items) == 0 {
		d.fail(n, "is an empty list", "give at least one")
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, out.Index(i), field{required: true})
	}
	v.Set(out)
}

// text decodes a scalar into a type that reads its own text.
func (d *decoder) text(n *Node, into encoding.TextUnmarshaler, f field) {
	s, ok := d.expand(n, f)
	if !ok {
		return
	}
	if err := into.UnmarshalText([]byte(s)); err != nil {
		what, want, _ := strings.Cut(err.Error(), "; ")
		d.fail(n, what, want)
	}
}
