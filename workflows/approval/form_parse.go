package approval

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"magpie/adapters/event"
	"magpie/workflows/cond"
)

// parse checks one input. problem is what the person must change, without the label; "" when all is well.
// The value is canonical then, else as close to what was entered as can be shown again.
func (f *field) parse(in event.Value, loc *time.Location) (v value, problem string) {
	switch f.typ {
	case typeText, typeLongText:
		v, problem = f.parseText(in)
	case typeNumber, typeMoney:
		v, problem = f.parseNumber(in)
	case typeDate, typeDateTime:
		v, problem = f.parseTime(in, loc)
	case typeSelect, typeMultiSelect:
		v, problem = f.parseChoice(in)
	case typePerson, typePersons:
		v, problem = f.parsePersons(in)
	case typeDepartment:
		v, problem = f.parseText(in)
	case typeRange:
		v, problem = f.parseRange(in, loc)
	case typeAttachment, typeImage:
		v, problem = f.parseFiles(in)
	case typeTable:
		v, problem = value{}, textNotTable // tables need their form: see judge
	case typeBool:
		switch {
		case in.Kind == event.ValueBool && in.Bool, in.Text == "true":
			v.T = "true"
		case in.Kind == event.ValueBool, in.Text == "false":
			v.T = "false"
		case in.Text != "" || len(in.List) > 0:
			problem = textBadBool
		}
	}
	if problem == "" && f.required && v.empty() {
		problem = textRequired
	}
	return v, problem
}

// scalar is the text of an input that must hold one, as it was typed.
func scalar(in event.Value) (string, bool) {
	switch {
	case in.Typed() != "":
		return in.Typed(), len(in.List) == 0 || in.Kind == event.ValuePeople
	case len(in.List) == 1:
		return in.List[0], true
	case len(in.List) > 0 || len(in.Refs) > 0 || in.Kind == event.ValueBool:
		return "", false
	}
	return "", true
}

func (f *field) parseText(in event.Value) (value, string) {
	s, ok := scalar(in)
	if !ok {
		return value{}, textNotText
	}
	s = strings.TrimSpace(clean(s, f.typ == typeLongText))
	n := utf8.RuneCountInString(s)
	if limit := f.maxRunes(); n > limit {
		return value{T: cut(s, maxKept)}, fmt.Sprintf(textTooLong, limit, n)
	}
	if f.min != nil && n > 0 && n < int(*f.min/cond.Scale) {
		return value{T: s}, fmt.Sprintf(textTooShort, int(*f.min/cond.Scale))
	}
	return value{T: s}, ""
}

func (f *field) parseNumber(in event.Value) (value, string) {
	raw, ok := scalar(in)
	if !ok {
		return value{}, textNotNumber
	}
	s := plainNumber(f.bare(clean(raw, false)))
	if s == "" {
		return value{}, ""
	}
	d, err := cond.ParseDecimal(s)
	kept := value{T: cut(clean(raw, false), 40)}
	switch {
	case err == cond.ErrTooLarge:
		return kept, textTooLarge
	case err == cond.ErrTooFine && f.typ == typeNumber:
		return kept, fmt.Sprintf(textTooFine, 6)
	case err == cond.ErrTooFine, err == nil && f.typ == typeMoney && d.Fraction() > f.digits():
		return kept, fmt.Sprintf(textTooFine, f.digits())
	case err != nil:
		return kept, textNotNumber
	case f.min != nil && d < *f.min:
		return value{T: d.String()}, fmt.Sprintf(textTooSmall, *f.min)
	case f.max != nil && d > *f.max:
		return value{T: d.String()}, fmt.Sprintf(textTooBig, *f.max)
	case f.typ == typeMoney && f.min == nil && d < 0:
		return value{T: d.String()}, textNegative
	}
	return value{T: d.String()}, ""
}

// plainNumber takes off what people write around digits: full-width forms, a currency sign, separators
// between groups of three.
func plainNumber(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．':
			return '.'
		case r == '，':
			return ','
		case r == '－' || r == '−':
			return '-'
		}
		return r
	}, strings.TrimSpace(s))
	s = strings.TrimSpace(strings.TrimLeft(s, "¥￥"))
	whole, frac, point := strings.Cut(s, ".")
	groups := strings.Split(whole, ",")
	if len(groups) > 1 {
		for i, g := range groups {
			if i > 0 && len(g) != 3 || i == 0 && (len(strings.TrimPrefix(g, "-")) == 0 || len(strings.TrimPrefix(g, "-")) > 3) {
				return s
			}
		}
		whole = strings.Join(groups, "")
	}
	if point {
		return whole + "." + frac
	}
	return whole
}

func (f *field) parseTime(in event.Value, loc *time.Location) (value, string) {
	in.Raw = "" // a date that was read as one is wanted in its plain form
	s, ok := scalar(in)
	s = strings.TrimSpace(clean(s, false))
	if !ok {
		return value{}, textNotDate
	}
	if s == "" {
		return value{}, ""
	}
	kept := value{T: cut(s, 40)}
	if f.typ == typeDate {
		t, err := time.Parse(time.DateOnly, s)
		if err != nil || t.Year() < 1900 || t.Year() > 2200 {
			return kept, textNotDate
		}
		return value{T: s}, ""
	}
	t, err := time.Parse(time.RFC3339, s)
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05"} {
		if err != nil {
			t, err = time.ParseInLocation(layout, s, loc)
		}
	}
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return kept, textNotTime
	}
	return value{T: cond.CanonicalTime(t)}, ""
}

func (f *field) parseChoice(in event.Value) (value, string) {
	picked := in.List
	if t := in.Typed(); t != "" {
		picked = append([]string{t}, picked...)
	}
	if in.Kind == event.ValueBool || len(in.Refs) > 0 {
		return value{}, textNotOption
	}
	var out []string
	for _, s := range picked {
		i := slices.IndexFunc(f.options, func(o optionSpec) bool { return o.Value == s })
		if i < 0 {
			return value{}, textNotOption
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if f.typ == typeSelect {
		return onlyOne(out, textOneOption)
	}
	return value{L: out}, f.countProblem(len(out))
}

// onlyOne is the value of a field that holds one choice or person; more is what is said of several.
func onlyOne(picked []string, more string) (value, string) {
	switch len(picked) {
	case 0:
		return value{}, ""
	case 1:
		return value{T: picked[0]}, ""
	}
	return value{}, more
}

// countProblem checks how many choices or persons were picked.
func (f *field) countProblem(n int) string {
	limit := maxPicked
	if f.max != nil {
		limit = int(*f.max / cond.Scale)
	}
	switch {
	case n > limit:
		return fmt.Sprintf(textTooMany, limit)
	case f.min != nil && n > 0 && n < int(*f.min/cond.Scale):
		return fmt.Sprintf(textTooFew, int(*f.min/cond.Scale))
	}
	return ""
}

func (f *field) parsePersons(in event.Value) (value, string) {
	if in.Kind == event.ValueBool {
		return value{}, textNoPerson
	}
	picked := in.List
	if t := in.Typed(); t != "" {
		picked = append([]string{t}, picked...)
	}
	var out []string
	for _, id := range picked {
		if id == "" || utf8.RuneCountInString(id) > 64 || strings.ContainsFunc(id, unicode.IsControl) {
			return value{}, textNoPerson
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if len(in.Refs) > len(picked) {
		return value{}, textNoPerson
	}
	if f.typ == typePerson {
		return onlyOne(out, textOnePerson)
	}
	return value{L: out}, f.countProblem(len(out))
}

// clean makes what a person wrote harmless text: valid UTF-8, no control, direction-changing or
// invisible characters; line ends stay where lines says so. What shows nothing is nothing.
func clean(s string, lines bool) string {
	s = strings.ToValidUTF8(s, "")
	return seen(strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r == '\n' || r == '\t' || r == '\u2028' || r == '\u2029':
			if lines && r == '\n' {
				return r
			}
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff', r == '\u200e', r == '\u200f', invisible(r):
			return -1
		}
		return r
	}, s))
}

// cut shortens a text to n runes.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}
