package feishucard

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

type tableView struct {
	Columns []headView
	Rows    []rowView
	Pages   int
}

type headView struct {
	Label string
	Right bool
}

type rowView struct {
	Page   int // from 1
	Hidden bool
	Cells  []cellView
}

type cellView struct {
	Text   textView
	Tags   []tagView
	People []personView
	Right  bool
}

const (
	maxColumns  = 50
	maxRows     = 500
	defaultPage = 5
)

func (b *builder) table(o object) tableView {
	cols := o.list("columns")
	if len(cols) > maxColumns {
		cols = cols[:maxColumns]
	}
	rows := o.list("rows")
	if len(rows) > maxRows {
		rows = rows[:maxRows]
	}
	size := defaultPage
	if n, ok := o.num("page_size"); ok && n >= 1 && n <= 10 {
		size = int(n)
	}
	v := tableView{Pages: (len(rows) + size - 1) / size}
	for _, c := range cols {
		v.Columns = append(v.Columns, headView{firstOf(c.str("display_name"), c.str("name")), right(c)})
	}
	for i, r := range rows {
		row := rowView{Page: i/size + 1, Hidden: i >= size}
		for _, c := range cols {
			row.Cells = append(row.Cells, b.cell(c, r))
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// right says whether a column is aligned to the right: asked for, or numbers without a wish.
func right(c object) bool {
	align := c.str("horizontal_align")
	return align == "right" || align == "" && c.str("data_type") == "number"
}

func (b *builder) cell(c, row object) cellView {
	name := c.str("name")
	v := cellView{Right: right(c)}
	switch c.str("data_type") {
	case "lark_md":
		v.Text.HTML = b.markdown(row.str(name), false)
	case "markdown":
		v.Text.HTML = b.markdown(row.str(name), true)
	case "options":
		for _, t := range row.list(name) {
			v.Tags = append(v.Tags, tagView{t.str("text"), colour(t.str("color"))})
		}
	case "persons":
		for _, id := range row.strs(name) {
			v.People = append(v.People, b.person(id))
		}
	case "number":
		v.Text.Text = number(c, row, name)
	case "date":
		v.Text.Text = b.date(c, row, name)
	default:
		v.Text.Text = row.str(name)
	}
	return v
}

// number formats as format{symbol, precision, separator} says.
func number(c, row object, name string) string {
	f, ok := row.num(name)
	if !ok {
		return row.str(name)
	}
	prec := -1
	if p, ok := c.num("format", "precision"); ok && p >= 0 && p <= 10 {
		prec = int(p)
	}
	s := strconv.FormatFloat(f, 'f', prec, 64)
	if sep := c.at("format", "separator"); sep == true || scalar(sep) == "," || scalar(sep) == "true" {
		s = thousands(s)
	}
	return c.str("format", "symbol") + s
}

func thousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, dot := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + frac
	}
	return sign + whole
}

// date shows milliseconds since 1970 in the reader's zone, as date_format says (YYYY/MM/DD HH:mm).
func (b *builder) date(c, row object, name string) string {
	ms, ok := row.num(name)
	if !ok || ms < -1e14 || ms > 1e14 {
		return row.str(name)
	}
	t := time.UnixMilli(int64(ms)).In(b.o.Location)
	format := firstOf(c.str("date_format"), "YYYY/MM/DD")
	return strings.NewReplacer("YYYY", fmt.Sprintf("%04d", t.Year()), "MM", fmt.Sprintf("%02d", t.Month()),
		"DD", fmt.Sprintf("%02d", t.Day()), "HH", fmt.Sprintf("%02d", t.Hour()),
		"mm", fmt.Sprintf("%02d", t.Minute()), "ss", fmt.Sprintf("%02d", t.Second())).Replace(format)
}
