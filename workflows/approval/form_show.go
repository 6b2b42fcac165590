package approval

import (
	"fmt"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows/cond"
)

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
