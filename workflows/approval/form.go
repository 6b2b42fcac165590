package approval

import (
	"slices"

	"magpie/adapters/card"
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
