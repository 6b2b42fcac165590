package approval

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/cond"
)

// value is what a field holds, in canonical form: a cond.Value with short names. Persons are person ids, a
// department its name, a range its two ends. The zero value is a field that was left empty.
type value struct {
	T string             `json:"t,omitempty"`
	L []string           `json:"l,omitempty"`
	R []map[string]value `json:"r,omitempty"` // table: column → cell, empty cells are left out
	F []event.File       `json:"f,omitempty"`
}

func (v value) empty() bool { return v.T == "" && len(v.L) == 0 && len(v.R) == 0 && len(v.F) == 0 }

// equal compares as what is stored.
func (v value) equal(o value) bool { return bytes.Equal(workflows.Data(v), workflows.Data(o)) }

// cond is the value as expressions see it.
func (v value) cond() cond.Value {
	out := cond.Value{Text: v.T, List: v.L}
	for _, r := range v.R {
		row := make(map[string]cond.Value, len(r))
		for id, cell := range r {
			row[id] = cell.cond()
		}
		out.Rows = append(out.Rows, row)
	}
	for _, f := range v.F {
		out.List = append(out.List, f.Name)
	}
	return out
}

// The two inputs of a range have the field's id and these after it.
const (
	suffixFrom = "__from"
	suffixTo   = "__to"
)

// end is one end of a range as a field.
func (f *field) end() *field { return &field{typ: f.of} }

// parseRange reads the two ends, in this order.
func (f *field) parseRange(in event.Value, loc *time.Location) (value, string) {
	if len(in.List) == 0 && in.Typed() == "" && len(in.Refs) == 0 {
		return value{}, ""
	}
	if len(in.List) != 2 || in.Typed() != "" || len(in.Refs) > 0 {
		return value{}, textNotRange
	}
	out := value{L: make([]string, 2)}
	problem := ""
	for i, s := range in.List {
		v, what := f.end().parseTime(event.Text(s), loc)
		out.L[i] = v.T
		problem = cmp.Or(problem, what)
	}
	switch start, end := out.L[0], out.L[1]; {
	case start == "" && end == "":
		return value{}, problem
	case problem != "":
		return out, problem
	case start == "":
		return out, textNoStart
	case end == "":
		return out, textNoEnd
	case end < start: // both are written so that texts order as times do
		return out, textEndFirst
	}
	return out, ""
}

func (f *field) showRange(v value, loc *time.Location) string {
	if len(v.L) != 2 {
		return ""
	}
	none := func(id string) string { return id }
	start, end := f.end().show(value{T: v.L[0]}, loc, none), f.end().show(value{T: v.L[1]}, loc, none)
	if start == end {
		return start
	}
	return fmt.Sprintf(textRange, start, end)
}

// currencies are the signs of amounts.
var currencies = map[string]string{
	"": "¥", "CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$", "KRW": "₩", "SGD": "S$", "AUD": "A$", "CAD": "C$", "CHF": "CHF ",
}

func (f *field) symbol() string { return currencies[f.currency] }

// yuan reports whether it is an amount of yuan: those have capitals.
func (f *field) yuan() bool { return f.typ == typeMoney && (f.currency == "" || f.currency == "CNY") }

// digits is how many an amount has after the point.
func (f *field) digits() int {
	if f.currency == "JPY" || f.currency == "KRW" {
		return 0
	}
	return 2
}

// grouped writes an amount with separators.
func (f *field) grouped(s string) string {
	s = grouped(s, true)
	if f.digits() == 0 {
		s, _ = strings.CutSuffix(s, ".00")
	}
	return s
}

// bare takes the currency's sign or code off an amount.
func (f *field) bare(s string) string {
	if f.typ != typeMoney || f.currency == "" {
		return s
	}
	s = strings.TrimSpace(s)
	for _, sign := range []string{f.currency, strings.TrimSpace(f.symbol()), "$"} {
		if rest, ok := strings.CutPrefix(s, sign); ok {
			return strings.TrimSpace(rest)
		}
	}
	return s
}
