package approval

import (
	"errors"
	"fmt"
	"time"

	"magpie/adapters/event"
	"magpie/workflows/cond"
)

// parseTable reads rows, leaves out those in which nothing was entered, and computes what follows from them. clean
// is the table without the cells that are wrong, for what is computed from it.
func (f *field) parseTable(in event.Value, loc *time.Location, above cond.Values) (v, clean value, problems []string) {
	if in.Kind != event.ValueTable && (in.Typed() != "" || len(in.List) > 0 || len(in.Refs) > 0 || in.Kind == event.ValueBool) {
		return value{}, value{}, []string{textNotTable}
	}
	if len(in.Rows) > maxRows { // not even kept
		return value{}, value{}, []string{fmt.Sprintf(textManyRows, f.rowsMax)}
	}
	for _, row := range in.Rows {
		cells, good := map[string]value{}, map[string]value{}
		var wrong []string
		for i := range f.columns {
			c := &f.columns[i]
			if c.formula != nil {
				continue
			}
			cell, problem := c.parse(row[c.id], loc)
			if !cell.empty() && !(c.typ == typeBool && cell.T == "false") {
				cells[c.id] = cell
				if problem == "" {
					good[c.id] = cell
				}
			}
			if problem != "" {
				wrong = append(wrong, fmt.Sprintf(textCell, len(v.R)+1, c.label, problem))
			}
		}
		if len(cells) == 0 {
			continue // a row that was left empty
		}
		wrong = append(wrong, f.compute(good, above, len(v.R)+1)...)
		for i := range f.columns {
			if c := &f.columns[i]; c.formula != nil && !good[c.id].empty() {
				cells[c.id] = good[c.id]
			}
		}
		v.R, clean.R = append(v.R, cells), append(clean.R, good)
		problems = append(problems, wrong...)
	}
	switch n := len(v.R); {
	case n > f.rowsMax:
		problems = append(problems, fmt.Sprintf(textManyRows, f.rowsMax))
	case n > 0 && n < f.rowsMin:
		problems = append(problems, fmt.Sprintf(textFewRows, f.rowsMin))
	}
	return v, clean, problems
}

// compute fills the computed cells of a row in.
func (f *field) compute(row map[string]value, above cond.Values, n int) (problems []string) {
	for i := range f.columns {
		c := &f.columns[i]
		if c.formula == nil {
			continue
		}
		given := map[string]cond.Value{}
		for id, cell := range row {
			given[id] = cell.cond()
		}
		some := len(c.formula.Cells()) == 0
		for _, id := range c.formula.Cells() {
			some = some || !row[id].empty()
		}
		if !some {
			continue // of nothing follows nothing
		}
		v, problem := c.result(above, given)
		if problem != "" {
			problems = append(problems, fmt.Sprintf(textCell, n, c.label, problem))
		} else if !v.empty() {
			row[c.id] = v
		}
	}
	return problems
}

// result computes a field or cell. Money is rounded to what the currency has, half away from zero. A division by
// what was left empty has no result, one by a zero that was entered is a problem.
func (f *field) result(above cond.Values, row map[string]cond.Value) (value, string) {
	got, err := f.formula.Eval(above, row)
	switch {
	case errors.Is(err, cond.ErrDivide):
		for _, id := range f.formula.Fields() {
			if v := above.Form[id]; v.Text == "" && len(v.List) == 0 && len(v.Rows) == 0 {
				return value{}, ""
			}
		}
		for _, id := range f.formula.Cells() {
			if row[id].Text == "" {
				return value{}, ""
			}
		}
		return value{}, textDivide
	case err != nil:
		return value{}, textOverflow
	}
	if f.typ == typeText {
		return value{T: cut(clean(got.Text, false), defaultText)}, ""
	}
	d, err := cond.ParseDecimal(got.Text)
	if err != nil {
		return value{}, textOverflow
	}
	if f.typ == typeMoney {
		d = d.Round(f.digits())
	}
	if _, err := cond.ParseDecimal(d.String()); err != nil { // rounded up beyond the range
		return value{}, textOverflow
	}
	return value{T: d.String()}, ""
}

// totals are what stands below a table.
func (f *field) totals(v value) []ViewField {
	out := []ViewField{}
	for i := range f.columns {
		c := &f.columns[i]
		if c.total == "" {
			continue
		}
		if c.total == "count" {
			n := 0
			for _, r := range v.R {
				if !r[c.id].empty() {
					n++
				}
			}
			out = append(out, ViewField{Label: c.label + textTotal["count"], Value: fmt.Sprint(n), Short: true})
			continue
		}
		if text, ok := c.summed(v); ok {
			out = append(out, ViewField{Label: c.label + textTotal[c.total], Value: text, Short: true})
		}
	}
	return out
}

// summed is the sum, least or most of a column; ok is false where it is more than can be written.
func (f *field) summed(v value) (string, bool) {
	var best cond.Decimal
	for i, r := range v.R {
		d, err := cond.ParseDecimal(r[f.id].T)
		if err != nil {
			continue // an empty cell
		}
		switch {
		case f.total == "sum":
			best += d // 200 rows of 12 digits fit
		case i == 0, f.total == "min" && d < best, f.total == "max" && d > best:
			best = d
		}
	}
	if _, err := cond.ParseDecimal(best.String()); err != nil {
		return "", false
	}
	return f.show(value{T: best.String()}, time.UTC, func(id string) string { return id }), true
}

// tableInput is a table as a card shows it for editing, with what was computed.
func (f *field) tableInput(v value, loc *time.Location) event.Value {
	rows := make([]event.Row, len(v.R))
	for i, r := range v.R {
		rows[i] = event.Row{}
		for k := range f.columns {
			c := &f.columns[k]
			cell, ok := r[c.id]
			switch {
			case !ok:
			case c.formula != nil:
				rows[i][c.id] = event.Text(c.show(cell, loc, func(id string) string { return id }))
			default:
				rows[i][c.id] = c.input(cell, loc)
			}
		}
	}
	return event.Table(rows...)
}

// imageTypes are the pictures that every browser shows.
var imageTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}
