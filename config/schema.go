package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
)

// JSONSchema is a schema as data.
type JSONSchema = jsonschema.Schema

// Schemer is a type that describes what its DecodeYAML reads. Types that decode themselves and don't
// say are described as "anything".
type Schemer interface{ JSONSchema() *JSONSchema }

// Schema is the JSON Schema of magpie.yaml, indented. It is kept at docs/schema/magpie.json.
func Schema() []byte { return SchemaFor("magpie.yaml", file{}) }

// SchemaFor makes the JSON Schema (draft 2020-12) of a settings struct, indented, from the tags that
// Decode reads: yaml for names and what must be there, jsonschema for enum, minimum, maximum and
// pattern, jsonschema_description for the words that editors show. v is a struct or a pointer to one.
func SchemaFor(title string, v any) []byte {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("config: SchemaFor of %T; a struct is needed", v))
	}
	g := &schemaMaker{root: t, names: map[reflect.Type]string{}, defs: jsonschema.Definitions{}}
	s := g.structure(t)
	s.Version, s.Title = jsonschema.Version, title
	if len(g.defs) > 0 {
		s.Definitions = g.defs
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // a schema is plain data
	}
	return append(b, '\n')
}

// schemaMaker walks Go types. Named structs become definitions, so that they may hold themselves.
type schemaMaker struct {
	root  reflect.Type
	names map[reflect.Type]string
	defs  jsonschema.Definitions
}

const (
	variablePattern = `\$\{`
	durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$|\$\{`
)

var schemerType = reflect.TypeFor[Schemer]()

// orVariable lets ${VAR} stand where something else than text is wanted.
func orVariable(s *JSONSchema) *JSONSchema {
	return &JSONSchema{AnyOf: []*JSONSchema{s, {Type: "string", Pattern: variablePattern}}}
}

// of describes a type. f brings what the field's tags say.
func (g *schemaMaker) of(t reflect.Type, f field) *JSONSchema {
	for t.Kind() == reflect.Pointer && t != nodeType {
		t = t.Elem()
	}
	switch p := reflect.PointerTo(t); {
	case t == nodeType:
		return &JSONSchema{}
	case p.Implements(schemerType):
		return reflect.New(t).Interface().(Schemer).JSONSchema()
	case t == secretType:
		return &JSONSchema{Type: "string", WriteOnly: true}
	case t == durationType:
		return &JSONSchema{Type: "string", Pattern: durationPattern}
	case t == decimalType:
		return orVariable(&JSONSchema{Type: "number"})
	case p.Implements(decoderType):
		return &JSONSchema{}
	case p.Implements(textType):
		return &JSONSchema{Type: "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		return g.ref(t)
	case reflect.Map:
		return &JSONSchema{Type: "object", AdditionalProperties: g.of(t.Elem(), field{})}
	case reflect.Slice:
		item := g.of(t.Elem(), field{enum: f.enum})
		list := &JSONSchema{Type: "array", Items: item}
		if f.required {
			one := uint64(1)
			list.MinItems = &one
		}
		if f.scalar {
			return &JSONSchema{AnyOf: []*JSONSchema{list, item}}
		}
		return list
	case reflect.Bool:
		return orVariable(&JSONSchema{Type: "boolean"})
	case reflect.String:
		s := &JSONSchema{Type: "string"}
		for _, e := range f.enum {
			s.Enum = append(s.Enum, e)
		}
		if len(f.enum) > 0 {
			return orVariable(s)
		}
		return s
	case reflect.Interface:
		return &JSONSchema{}
	}
	s := &JSONSchema{Type: "integer"}
	if f.min != nil {
		s.Minimum = json.Number(fmt.Sprint(*f.min))
	}
	if f.max != nil {
		s.Maximum = json.Number(fmt.Sprint(*f.max))
	}
	return orVariable(s)
}

// ref makes the definition of a struct, once, and refers to it. Structs without a name stand where
// they are used.
func (g *schemaMaker) ref(t reflect.Type) *JSONSchema {
	if t == g.root {
		return &JSONSchema{Ref: "#"}
	}
	if t.Name() == "" {
		return g.structure(t)
	}
	name, known := g.names[t]
	if !known {
		name = strings.TrimSuffix(strings.TrimSuffix(t.Name(), "File"), "Spec")
		for i := 2; g.defs[name] != nil; i++ {
			name = fmt.Sprintf("%s%d", t.Name(), i)
		}
		g.names[t], g.defs[name] = name, &JSONSchema{} // before its fields, which may hold it
		g.defs[name] = g.structure(t)
	}
	return &JSONSchema{Ref: "#/$defs/" + name}
}

// structure describes a struct's keys.
func (g *schemaMaker) structure(t reflect.Type) *JSONSchema {
	s := &JSONSchema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	for _, f := range fieldsOf(t) {
		sf := t.FieldByIndex(f.index)
		p := g.of(sf.Type, f)
		if p.Description == "" {
			p.Description = sf.Tag.Get("jsonschema_description")
		}
		if pattern := patternOf(sf.Tag.Get("jsonschema")); pattern != "" && p.Type == "string" {
			p.Pattern = pattern
		}
		s.Properties.Set(f.name, p)
		if f.required {
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}

// patternOf reads pattern=… from a jsonschema tag; a comma in it is written \, there.
func patternOf(tag string) string {
	const comma = "\x00"
	for part := range strings.SplitSeq(strings.ReplaceAll(tag, `\,`, comma), ",") {
		if p, ok := strings.CutPrefix(part, "pattern="); ok {
			return strings.ReplaceAll(p, comma, ",")
		}
	}
	return ""
}
