package approval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"magpie/workflows/cond"
)

// limits of tables and files.
const (
	maxColumns  = 20
	maxRows     = 200
	defaultRows = 100 // rows of a table without rows.max
	maxFiles    = 20
	maxFileSize = 20_000_000 // bytes of a file without max_size, and the most that max_size may say
)

// table compiles the columns: a formula knows the columns before it.
func (c *compiler) table(f *field, s fieldSpec, path string) {
	if len(s.Columns) == 0 {
		c.fail(path, "columns are missing", "columns: [{id: name, type: text, label: 名称}]")
		return
	}
	if len(s.Columns) > maxColumns {
		c.fail(path+".columns", fmt.Sprintf("%d columns", len(s.Columns)), fmt.Sprintf("at most %d", maxColumns))
		return
	}
	f.rowsMin, f.rowsMax = 0, defaultRows
	if s.Rows != nil {
		f.rowsMin = s.Rows.Min
		if s.Rows.Max > 0 {
			f.rowsMax = s.Rows.Max
		}
		if f.rowsMin > f.rowsMax {
			c.fail(path+".rows.min", fmt.Sprintf("min %d is more than max %d", f.rowsMin, f.rowsMax), "swap them")
		}
	}
	asked := false
	var before []cond.Field
	for i, cs := range s.Columns {
		at := fmt.Sprintf("%s.columns[%d]", path, i)
		col, ok := c.column(f, cs, at, before)
		if !ok {
			continue
		}
		f.columns = append(f.columns, col)
		before = append(before, col.condField())
		asked = asked || col.formula == nil
	}
	if !asked && !c.ps.Bad() {
		c.fail(path+".columns", "every column is computed: there is nothing to fill in", "a column without value")
	}
}

func (c *compiler) column(f *field, cs columnSpec, path string, before []cond.Field) (field, bool) {
	s := cs.field()
	switch {
	case s.ID == "" || s.Type == "":
		return field{}, false
	case !fieldForm.MatchString(s.ID):
		c.fail(path+".id", fmt.Sprintf("%q is not the id of a column", s.ID), "letters, digits and _, at most 40, a letter first")
		return field{}, false
	case cond.Reserved(s.ID):
		c.fail(path+".id", fmt.Sprintf("%q means something in formulas", s.ID), "another id")
		return field{}, false
	case slices.ContainsFunc(f.columns, func(o field) bool { return o.id == s.ID }):
		c.fail(path+".id", fmt.Sprintf("the column %s is there already", s.ID), "another id")
		return field{}, false
	}
	col, ok := c.common(s, path)
	if !ok {
		return col, false
	}
	col.required = s.Required.Always
	if cs.Value != "" || s.Type == "computed" {
		switch s.Type {
		case "computed", "number", "money", "text":
			c.computed(&col, s, path, c.above.Row(before))
		default:
			c.fail(path+".value", fmt.Sprintf("value does not belong to a column of type %s", s.Type), "remove it")
		}
		if col.required {
			c.fail(path+".required", "a computed column is not filled in", "remove it")
		}
	}
	if col.total = cs.Total; col.total != "" && col.total != "count" && col.condKind() != cond.Number {
		c.fail(path+".total", fmt.Sprintf("%s needs numbers", col.total), "total: count, or remove it")
	}
	return col, true
}

// files compiles what an attachment takes.
func (c *compiler) files(f *field, s fieldSpec, path string) {
	for i, a := range s.Accept {
		a = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(a), "."))
		if a == "" || len(a) > 10 || strings.ContainsFunc(a, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			at := path + ".accept"
			if len(s.Accept) > 1 {
				at = fmt.Sprintf("%s[%d]", at, i)
			}
			c.fail(at, fmt.Sprintf("%q is not the ending of a file's name", s.Accept[i]), "pdf")
			continue
		}
		f.accept = append(f.accept, a)
	}
	f.maxBytes = maxFileSize
	if s.MaxSize != "" {
		n, ok := parseSize(s.MaxSize)
		if !ok || n > maxFileSize {
			c.fail(path+".max_size", fmt.Sprintf("%q is not a size up to 20 MB", s.MaxSize), "5 MB or 500 KB")
			return
		}
		f.maxBytes = n
	}
	if f.max != nil && *f.max > maxFiles*cond.Scale {
		c.fail(path+".max", fmt.Sprintf("%s files", f.max), fmt.Sprintf("at most %d", maxFiles))
	}
}

// parseSize reads 5 MB or 500 KB.
func parseSize(s string) (int64, bool) {
	num, unit, _ := strings.Cut(strings.TrimSpace(s), " ")
	if unit == "" {
		i := strings.IndexFunc(num, func(r rune) bool { return r < '0' || r > '9' })
		if i < 0 {
			return 0, false
		}
		num, unit = num[:i], num[i:]
	}
	n, err := strconv.ParseInt(num, 10, 32)
	factor := map[string]int64{"MB": 1_000_000, "KB": 1000}[strings.ToUpper(strings.TrimSpace(unit))]
	return n * factor, err == nil && n > 0 && factor > 0
}
