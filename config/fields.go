package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// field is one key of a struct, from its tags.
type field struct {
	name     string
	index    []int
	required bool
	scalar   bool
	enum     []string
	min, max *int64
}

var fieldCache sync.Map // reflect.Type → []field

// fieldsOf lists the keys of a struct, embedded ones included, in the order of the source.
func fieldsOf(t reflect.Type) []field {
	if fs, ok := fieldCache.Load(t); ok {
		return fs.([]field)
	}
	var fs []field
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("yaml")
		name, options, _ := strings.Cut(tag, ",")
		if sf.Anonymous && name == "" && sf.Type.Kind() == reflect.Struct {
			for _, f := range fieldsOf(sf.Type) {
				f.index = append([]int{i}, f.index...)
				fs = append(fs, f)
			}
			continue
		}
		if !tagged || name == "-" || name == "" || !sf.IsExported() {
			continue
		}
		f := field{name: name, index: []int{i}}
		for o := range strings.SplitSeq(options, ",") {
			switch o {
			case "":
			case "required":
				f.required = true
			case "scalar":
				f.scalar = true
			case "omitempty", "inline":
			default:
				panic(fmt.Sprintf("config: unknown option %q in the yaml tag of %s.%s", o, t, sf.Name))
			}
		}
		f.constraints(sf.Tag.Get("jsonschema"))
		fs = append(fs, f)
	}
	fieldCache.Store(t, fs)
	return fs
}

// constraints reads enum, minimum and maximum from a jsonschema tag.
func (f *field) constraints(tag string) {
	for part := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "enum":
			f.enum = append(f.enum, value)
		case "minimum", "maximum":
			i, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				continue
			}
			if name == "minimum" {
				f.min = &i
			} else {
				f.max = &i
			}
		}
	}
}

// describe says what a Go type wants to read.
func describe(t reflect.Type) string {
	for t.Kind() == reflect.Pointer && t != nodeType {
		t = t.Elem()
	}
	switch {
	case t == durationType:
		return "a span of time such as 30m"
	case t == decimalType:
		return "a number"
	case reflect.PointerTo(t).Implements(decoderType):
		return "a value"
	case t.Kind() == reflect.String, t == secretType:
		return "a text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Map, t.Kind() == reflect.Struct:
		return "a mapping"
	}
	return "a value"
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func names(fields []field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return list
}

func allowed(fields []field) string { return strings.Join(names(fields), ", ") }

// suggest names the key that was probably meant, or all of them.
func suggest(key string, fields []field) string {
	if len(fields) == 0 {
		return "no keys are known here"
	}
	if best := Nearest(key, names(fields)); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "known here: " + allowed(fields)
}

// oneOf is the same for values.
func oneOf(value string, list []string) string {
	if best := Nearest(value, list); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "one of " + strings.Join(list, ", ")
}

// Nearest returns the word of a list that was probably meant, "" when none is near: at most a third of
// the letters differ (one at least), a swap of neighbours counting once; else one that begins the other.
func Nearest(word string, list []string) string {
	best, score := "", 0
	for _, candidate := range list {
		limit := max(1, max(len([]rune(word)), len([]rune(candidate)))/3)
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d <= limit && (best == "" || d < score) {
			best, score = candidate, d
		}
	}
	for _, candidate := range list {
		if best == "" && min(len(word), len(candidate)) >= 3 && (strings.HasPrefix(candidate, word) || strings.HasPrefix(word, candidate)) {
			best = candidate
		}
	}
	return best
}

// distance counts insertions, deletions, replacements and swaps of neighbours. Words over 64
// characters are far from everything.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	var prev2, prev, row []int
	prev = make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row = make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev = prev, row
	}
	return prev[len(y)]
}
