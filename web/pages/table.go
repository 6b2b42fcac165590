package pages

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// A table is a list of rows, each with the inputs of its columns: "f.lines.0.qty". Rows are added and taken away by
// buttons that hand the form in without acting; "n.lines" says how many there are.

const (
	maxTableRows = 200
	// maxDrafts is how often a form is asked what else it asks for: an answer may bring the next question.
	maxDrafts = 5
)

// tableRow is one row.
type tableRow struct {
	N     int // as people count
	Cells []inputView
	Drop  string // value of the button that takes it away
}

func cellName(table string, row int, column string) string {
	return table + "." + strconv.Itoa(row) + "." + column
}

// rowsOf is how many rows of a table were sent.
func rowsOf(posted url.Values, table string) int {
	n, err := strconv.Atoi(posted.Get("n." + table))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, maxTableRows)
}

// editRows does what a button of a table asks for: add.NAME, drop.NAME.ROW.
func editRows(posted url.Values, inputs []card.Input, what string) {
	verb, rest, _ := strings.Cut(what, ".")
	name, at, _ := strings.Cut(rest, ".")
	i := slices.IndexFunc(inputs, func(in card.Input) bool { return in.Name == name && in.Kind == card.InputTable })
	if i < 0 {
		return
	}
	in := inputs[i]
	n := rowsOf(posted, name)
	switch verb {
	case "add":
		limit := maxTableRows
		if in.Max > 0 {
			limit = min(limit, in.Max)
		}
		n = min(n+1, max(limit, n))
	case "drop":
		k, err := strconv.Atoi(at)
		if err != nil || k < 0 || k >= n {
			return
		}
		for row := k; row < n; row++ {
			moveRow(posted, in, row+1, row, n)
		}
		n--
	}
	posted.Set("n."+name, strconv.Itoa(n))
}

// moveRow puts what was sent for a row into the place of another; nothing where it is beyond the last.
func moveRow(posted url.Values, in card.Input, from, to, n int) {
	for _, c := range in.Columns {
		here, there := "f."+cellName(in.Name, to, c.Name), "f."+cellName(in.Name, from, c.Name)
		posted.Del(here)
		if v, ok := posted[there]; ok && from < n {
			posted[here] = v
		}
	}
}

// dropEmptyRows leaves out the rows of all tables in which nothing stands: whoever judges a table counts without
// them.
func dropEmptyRows(posted url.Values, inputs []card.Input) {
	for _, in := range inputs {
		if in.Kind != card.InputTable || !posted.Has("n."+in.Name) {
			continue
		}
		n, kept := rowsOf(posted, in.Name), 0
		for row := range n {
			if !filled(posted, in, row) {
				continue
			}
			if row != kept {
				moveRow(posted, in, row, kept, n)
			}
			kept++
		}
		posted.Set("n."+in.Name, strconv.Itoa(max(kept, min(n, 1))))
		for row := max(kept, 1); row < n; row++ {
			moveRow(posted, in, n, row, n)
		}
	}
}

// filled reports whether something stands in a row.
func filled(posted url.Values, in card.Input, row int) bool {
	return slices.ContainsFunc(in.Columns, func(c card.Input) bool {
		return c.Kind.Asks() && strings.TrimSpace(posted.Get("f."+cellName(in.Name, row, c.Name))) != ""
	})
}

// atCells takes what is wrong with single cells off the problem of a table: lines "第 2 行 LABEL：what". What is
// left belongs to the whole.
func (d drawer) atCells(problem string, in card.Input) (rest string, cells map[string]string) {
	cells = map[string]string{}
	var lines []string
next:
	for line := range strings.SplitSeq(problem, "\n") {
		place, what, _ := strings.Cut(line, "：")
		row := 0
		if _, err := fmt.Sscanf(place, "第 %d 行", &row); err == nil {
			for _, c := range in.Columns {
				if place == fmt.Sprintf("第 %d 行 %s", row, d.text(c.Label)) && cells[cellName(in.Name, row-1, c.Name)] == "" {
					cells[cellName(in.Name, row-1, c.Name)] = what
					continue next
				}
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), cells
}

// readTable reads the rows. Its owner judges what is in them; a row in which nothing stands is none.
func (h *Handler) readTable(e entered, in card.Input) event.Value {
	v := event.Table()
	for i := range rowsOf(e.posted, in.Name) {
		row := event.Row{}
		for _, c := range in.Columns {
			s := e.posted.Get("f." + cellName(in.Name, i, c.Name))
			switch c.Kind {
			case card.InputOutput, card.InputNote:
				continue
			case card.InputBool:
				if s != "" {
					row[c.Name] = event.Bool(true)
				}
				continue
			}
			s = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n"))
			if s == "" {
				continue
			}
			if utf8.RuneCountInString(s) > maxTyped {
				s = string([]rune(s)[:maxTyped]) // far beyond what any column takes
			}
			cell, problem := valueOf(c.Kind, s, h.o.Location())
			if problem != "" {
				cell = event.Text(s)
			}
			row[c.Name] = cell
		}
		if len(row) > 0 {
			v.Rows = append(v.Rows, row)
		}
	}
	if len(v.Rows) == 0 {
		return event.Value{}
	}
	return v
}

// rows draws the rows: those that were sent, else those that the card has, and as many as there must be.
func (d drawer) rows(v *inputView, in card.Input, e entered, loc *time.Location) {
	had := in.Default.Rows
	n, some := len(had), 0
	var wrong map[string]string
	v.Problem, wrong = d.atCells(v.Problem, in)
	sent := e.posted != nil && e.posted.Has("n."+in.Name)
	if sent {
		n = rowsOf(e.posted, in.Name)
	} else {
		n = max(n, in.Min, 1)
	}
	limit := maxTableRows
	if in.Max > 0 {
		limit = min(limit, in.Max)
	}
	for i := range n {
		row := tableRow{N: i + 1, Drop: fmt.Sprintf("drop.%s.%d", in.Name, i)}
		given := event.Row{}
		if !sent && i < len(had) {
			given = had[i]
		}
		if sent && filled(e.posted, in, i) { // what was computed comes without the empty rows
			if some < len(had) {
				given = had[some]
			}
			some++
		}
		for _, c := range in.Columns {
			cell := c
			cell.Name = cellName(in.Name, i, c.Name)
			cell.Default = given[c.Name]
			x := d.input(cell, e, loc)
			x.Problem = wrong[cell.Name]
			x.ID = "i-" + strings.ReplaceAll(cell.Name, ".", "-")
			x.Long = x.Long || c.Kind == card.InputSelect
			if x.Long {
				x.Options = slices.DeleteFunc(x.Options, func(o optionView) bool { return o.Value == "" })
			}
			row.Cells = append(row.Cells, x)
		}
		v.Rows = append(v.Rows, row)
	}
	v.Count = n
	v.CanAdd = n < limit
}

// draft asks what a form looks like with what was entered: what else it asks for, and what follows from it.
func (h *Handler) draft(ctx context.Context, l tongue, v viewer, at spot, c card.Card, e entered) (card.Card, error) {
	live := false
	for _, el := range c.Body {
		if f, ok := el.(*card.Form); ok {
			live = live || f.Live
		}
	}
	if !live || at.readonly {
		return c, nil
	}
	for range maxDrafts {
		try := newEntered(e.posted)
		try.viewer, try.instance, try.uploads = e.viewer, e.instance, e.uploads
		if err := h.read(ctx, l, try, inputsOf(&c), "\x00"); err != nil {
			return c, err
		}
		next, ok, err := h.o.Desk.Draft(ctx, at.slot, v.person.ID, try.raw)
		if err != nil || !ok {
			return c, err
		}
		same := slices.EqualFunc(inputsOf(&c), inputsOf(&next), func(a, b card.Input) bool { return a.Name == b.Name })
		if c = next; same {
			return c, nil
		}
	}
	return c, nil
}

// readDept finds the department that was typed or chosen.
func (h *Handler) readDept(ctx context.Context, l tongue, e entered, in card.Input, search bool) (event.Value, string, error) {
	typed := strings.TrimSpace(e.posted.Get("f." + in.Name))
	if typed == "" {
		typed = strings.TrimSpace(e.posted.Get("p." + in.Name))
	}
	if typed == "" {
		return event.Value{}, "", nil
	}
	if utf8.RuneCountInString(typed) > 100 {
		return event.Value{}, fmt.Sprintf(l.say("nobody_found"), string([]rune(typed)[:20])+"…"), nil
	}
	hits, err := h.o.People.Departments(ctx, typed, maxFound)
	if err != nil {
		return event.Value{}, "", err
	}
	for _, name := range hits {
		if strings.EqualFold(name, typed) || search && len(hits) == 1 {
			e.depts[in.Name] = name
			return event.Text(name), "", nil
		}
	}
	if len(hits) == 0 {
		problem, err := h.notFound(ctx, l, typed)
		return event.Value{}, problem, err
	}
	for _, name := range hits {
		e.found[in.Name] = append(e.found[in.Name], personView{ID: name, Name: name})
	}
	return event.Value{}, fmt.Sprintf(l.say("several_found"), typed), nil
}
