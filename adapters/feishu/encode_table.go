package feishu

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"magpie/adapters/card"
)

// table draws a table component at the root, and lines elsewhere.
func (e *encoder) table(path string, el *card.Table, depth int) []obj {
	rows := el.Rows
	if len(rows) > e.plan.rows {
		e.loseBehind(path, "table", fmt.Sprintf("%d of %d rows left out", len(rows)-e.plan.rows, len(rows)))
		rows = rows[:e.plan.rows]
	}
	cols := el.Cols
	if len(cols) > maxColumns {
		e.loseBehind(path, "table", fmt.Sprintf("%d of %d columns left out", len(cols)-maxColumns, len(cols)))
		cols = cols[:maxColumns]
	}
	if depth > 0 || e.level >= 1 || e.tables >= maxTables {
		if out, ok := e.instead(path, el, "table can't be drawn", depth); ok {
			return out
		}
		e.lose(path, "table", fmt.Sprintf("%d rows shown as lines", len(rows)), card.Cosmetic)
		return []obj{e.tableLines(path, cols, rows)}
	}
	e.tables++
	if len(e.langs) > 1 && translated(cols, rows) {
		e.lose(path, "table", "table only in "+e.langs[0].code, card.Content)
	}
	code := e.langs[0].code
	head := make([]obj, len(cols))
	for i, c := range cols {
		head[i] = obj{"name": c.Name, "display_name": oneLine(c.Label.In(code)), "data_type": "text", "width": "auto"}
		if c.Right {
			head[i]["horizontal_align"] = "right"
		}
	}
	data := make([]obj, len(rows))
	for i, r := range rows {
		data[i] = obj{}
		for j, c := range cols {
			data[i][c.Name] = oneLine(e.value(fmt.Sprintf("%s.rows[%d][%d]", path, i, j), "table", r[j], code))
		}
	}
	return []obj{{"tag": "table", "page_size": max(1, min(10, len(rows))), "row_height": "low", "columns": head, "rows": data}}
}

func translated(cols []card.Column, rows [][]card.Text) bool {
	for _, c := range cols {
		if len(c.Label.I18n) > 0 {
			return true
		}
	}
	for _, r := range rows {
		for _, t := range r {
			if len(t.I18n) > 0 {
				return true
			}
		}
	}
	return false
}

// tableLines writes one line a row: "· 品名：键盘　数量：2".
func (e *encoder) tableLines(path string, cols []card.Column, rows [][]card.Text) obj {
	return e.textElement(func(code string, w words) string {
		lines := make([]string, len(rows))
		for i, r := range rows {
			var cells []string
			for j, c := range cols {
				v := oneLine(e.value(fmt.Sprintf("%s.rows[%d][%d]", path, i, j), "table", r[j], code))
				if l := oneLine(c.Label.In(code)); l != "" {
					v = l + w.colon + v
				}
				cells = append(cells, v)
			}
			lines[i] = "· " + strings.Join(cells, "　")
		}
		s, cut := cutText(strings.Join(lines, "\n"), e.plan.text)
		if cut && code == e.langs[0].code {
			e.loseBehind(path, "table", fmt.Sprintf("lines cut at %d of %d characters", e.plan.text, utf8.RuneCountInString(strings.Join(lines, "\n"))))
		}
		return s
	}, "")
}
