package approval

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows/cond"
)

// fieldType is the type of a field of the form.
type fieldType string

const (
	typeText        fieldType = "text"
	typeLongText    fieldType = "longtext"
	typeNumber      fieldType = "number"
	typeMoney       fieldType = "money"
	typeDate        fieldType = "date"
	typeDateTime    fieldType = "datetime"
	typeSelect      fieldType = "select"
	typeMultiSelect fieldType = "multiselect"
	typePerson      fieldType = "person"
	typePersons     fieldType = "persons"
	typeBool        fieldType = "bool"
	typeRange       fieldType = "range"
	typeDepartment  fieldType = "department"
	typeTable       fieldType = "table"
	typeAttachment  fieldType = "attachment"
	typeImage       fieldType = "image"
	typeNote        fieldType = "note"
	typeComputed    fieldType = "computed" // in the file only: compiled, it is a number or money with a formula
)

// field is one compiled field, or a column of a table.
type field struct {
	id, label, placeholder string
	typ                    fieldType
	required               bool
	must                   *cond.Cond    // required when
	when                   *cond.Cond    // asked for when; nil: always
	min, max               *cond.Decimal // number, money: the value; text: runes; lists, files: how many
	options                []optionSpec
	def                    value
	fill                   *cond.Formula // computes what it holds at first
	self                   bool          // it holds the initiator at first
	formula                *cond.Formula // computed, never asked for
	currency               string        // of money; "" is CNY
	capitals               bool          // of yuan: cards write it in capitals too
	of                     fieldType     // range: date or datetime
	from                   []string      // selectors: persons among whom is chosen; nil: anybody
	fromAt                 string        // where that stands in the file

	columns          []field // table
	rowsMin, rowsMax int
	total            string // column: what stands below the table

	accept   []string // files
	maxBytes int64
}

// private reports whether people write text there that a command can bring along.
func (f *field) private() bool {
	return f.formula == nil && (f.typ == typeText || f.typ == typeLongText)
}

// personal reports whether what it holds is personal text, which must be erasable.
func (f *field) personal() bool {
	switch f.typ {
	case typeText, typeLongText, typeAttachment, typeImage:
		return true
	}
	return slices.ContainsFunc(f.columns, func(c field) bool { return c.personal() })
}

// files reports whether it holds files.
func (f *field) files() bool { return f.typ == typeAttachment || f.typ == typeImage }

// limits of what a form holds.
const (
	defaultText     = 500       // runes of a text without max
	defaultLongText = 1000      // runes of a longtext without max: what the smallest suite takes in one input
	maxPicked       = 50        // choices or persons of a field without max
	maxForm         = 256 << 10 // bytes of all that a form holds: cards and pages draw it whole
	maxKept         = 4000      // runes of a refused text that are kept for the person to correct
)

// condKind is how conditions see the field.
func (f *field) condKind() cond.Kind {
	switch f.typ {
	case typeNumber, typeMoney:
		return cond.Number
	case typeBool:
		return cond.Bool
	case typeDate:
		return cond.Date
	case typeDateTime:
		return cond.DateTime
	case typeMultiSelect, typePersons, typeAttachment, typeImage:
		return cond.List
	case typeTable:
		return cond.Table
	case typeRange:
		if f.of == typeDateTime {
			return cond.Span
		}
		return cond.Range
	}
	return cond.Text
}

// condField is the field as expressions see it.
func (f *field) condField() cond.Field {
	out := cond.Field{ID: f.id, Kind: f.condKind(), Options: optionValues(f.options), Money: f.typ == typeMoney}
	for i := range f.columns {
		out.Columns = append(out.Columns, f.columns[i].condField())
	}
	return out
}

// inputKind is how cards ask for the field. A range is asked for by two inputs of the kind of its ends.
func (f *field) inputKind() card.InputKind {
	if f.formula != nil {
		return card.InputOutput
	}
	switch f.typ {
	case typeRange:
		if f.of == typeDateTime {
			return card.InputDateTime
		}
		return card.InputDate
	case typeDepartment:
		return card.InputDepartment
	case typeTable:
		return card.InputTable
	case typeAttachment, typeImage:
		return card.InputFile
	case typeNote:
		return card.InputNote
	case typeLongText:
		return card.InputLongText
	case typeNumber, typeMoney:
		return card.InputNumber
	case typeDate:
		return card.InputDate
	case typeDateTime:
		return card.InputDateTime
	case typeSelect:
		return card.InputSelect
	case typeMultiSelect:
		return card.InputMultiSelect
	case typePerson:
		return card.InputPerson
	case typePersons:
		return card.InputPeople
	case typeBool:
		return card.InputBool
	}
	return card.InputText
}

// maxRunes is how long a text may be.
func (f *field) maxRunes() int {
	switch {
	case f.max != nil:
		return int(*f.max / cond.Scale)
	case f.typ == typeLongText:
		return defaultLongText
	}
	return defaultText
}

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
		switch len(out) {
		case 0:
			return value{}, ""
		case 1:
			return value{T: out[0]}, ""
		}
		return value{}, textOneOption
	}
	return value{L: out}, f.countProblem(len(out))
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
		switch len(out) {
		case 0:
			return value{}, ""
		case 1:
			return value{T: out[0]}, ""
		}
		return value{}, textOnePerson
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

// input is the value as a card shows it for editing.
func (f *field) input(v value, loc *time.Location) event.Value {
	if v.empty() {
		return event.Value{}
	}
	switch f.typ {
	case typeNumber, typeMoney:
		return event.Value{Kind: event.ValueNumber, Text: v.T}
	case typeDate:
		return event.Value{Kind: event.ValueDate, Text: v.T}
	case typeDateTime:
		if t, err := time.Parse(time.RFC3339, v.T); err == nil {
			return event.Value{Kind: event.ValueDateTime, Text: t.In(loc).Format(time.RFC3339)}
		}
		return event.Value{}
	case typeMultiSelect:
		return event.List(v.L...)
	case typePerson:
		return event.Value{Kind: event.ValuePeople, List: []string{v.T}} // the engine adds the accounts
	case typePersons:
		return event.Value{Kind: event.ValuePeople, List: v.L}
	case typeBool:
		return event.Bool(v.T == "true")
	case typeAttachment, typeImage:
		return event.Files(v.F...)
	case typeRange:
		return event.List(v.L...)
	case typeTable:
		return f.tableInput(v, loc)
	}
	return event.Text(cut(v.T, f.maxRunes()))
}

// show is the value as people read it; names gives the name of a person.
func (f *field) show(v value, loc *time.Location, names func(string) string) string {
	if v.empty() {
		return ""
	}
	switch f.typ {
	case typeMoney:
		return f.symbol() + f.grouped(v.T)
	case typeRange:
		return f.showRange(v, loc)
	case typeTable:
		return fmt.Sprintf(textRows, len(v.R))
	case typeAttachment, typeImage:
		names := make([]string, len(v.F))
		for i, x := range v.F {
			names[i] = x.Name
		}
		return strings.Join(names, "、")
	case typeNumber:
		return grouped(v.T, false)
	case typeDateTime:
		if t, err := time.Parse(time.RFC3339, v.T); err == nil {
			return t.In(loc).Format("2006-01-02 15:04")
		}
	case typeSelect:
		return f.optionLabel(v.T)
	case typeMultiSelect:
		labels := make([]string, len(v.L))
		for i, s := range v.L {
			labels[i] = f.optionLabel(s)
		}
		return strings.Join(labels, "、")
	case typePerson:
		return names(v.T)
	case typePersons:
		all := make([]string, len(v.L))
		for i, id := range v.L {
			all[i] = names(id)
		}
		return strings.Join(all, "、")
	case typeBool:
		if v.T == "true" {
			return "是"
		}
		return "否"
	}
	return v.T
}

func (f *field) optionLabel(v string) string {
	for _, o := range f.options {
		if o.Value == v {
			return o.Label
		}
	}
	return v
}

// grouped writes a decimal with separators between groups of three; cents always writes two digits after the point.
func grouped(s string, cents bool) string {
	d, err := cond.ParseDecimal(s)
	if err != nil {
		return s
	}
	if cents {
		s = d.Fixed(2)
	} else {
		s = d.String()
	}
	sign := ""
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	whole, frac, point := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + frac
	}
	return sign + whole
}
