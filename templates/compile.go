package templates

import (
	"maps"
	"reflect"
	"slices"
	"text/template"
	"time"

	"magpie/config"
)

// compiler turns the texts of a decoded file into templates.
type compiler struct {
	funcs template.FuncMap
	names []string // of the functions that authors may use, sorted
}

func newCompiler(loc *time.Location) *compiler {
	c := &compiler{funcs: functions(loc)}
	c.names = slices.Sorted(maps.Keys(c.funcs))
	c.names = append(c.names, "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice")
	slices.Sort(c.names)
	c.funcs["_plain"], c.funcs["_markdown"] = printPlain, printMarkdown
	return c
}

// base is an empty template with our functions, for which a missing name is an error.
func (c *compiler) base() *template.Template {
	return template.New("t").Option("missingkey=error").Funcs(c.funcs)
}

// compilable is everything that holds sources.
type compilable interface {
	compile(*compiler) config.Problems
}

// all compiles what v holds, however deep.
func (c *compiler) all(v reflect.Value) (ps config.Problems) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*config.Node]() {
			return nil
		}
		if k, ok := v.Interface().(compilable); ok {
			return k.compile(c)
		}
		return c.all(v.Elem())
	case reflect.Struct:
		if k, ok := v.Addr().Interface().(compilable); ok {
			return k.compile(c)
		}
		if k, ok := v.Addr().Interface().(lister); ok {
			return k.compileList(c)
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Type == reflect.TypeFor[when]() {
				w := v.Addr().Interface().(interface{ head() *when }).head()
				ps = append(ps, c.all(reflect.ValueOf(&w.If).Elem())...)
				ps = append(ps, c.all(reflect.ValueOf(&w.For).Elem())...)
				continue
			}
			if f.IsExported() {
				ps = append(ps, c.all(v.Field(i))...)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			ps = append(ps, c.all(v.Index(i))...)
		}
	case reflect.Map:
		if v.Type().Elem() != reflect.TypeFor[word]() {
			return nil
		}
		for _, k := range v.MapKeys() { // map values can't be changed in place
			w := v.MapIndex(k).Interface().(word)
			ps = append(ps, w.compile(c)...)
			v.SetMapIndex(k, reflect.ValueOf(w))
		}
	}
	return ps
}

// lister is a list[T], whose fields reflection must not touch.
type lister interface {
	compileList(*compiler) config.Problems
}

func (l *list[T]) compileList(c *compiler) config.Problems {
	if l.from != nil {
		return l.from.compile(c)
	}
	return c.all(reflect.ValueOf(&l.items).Elem())
}
