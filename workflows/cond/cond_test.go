package cond_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"magpie/workflows/cond"
)

var shanghai = time.FixedZone("CST", 8*3600)

var env = cond.New([]cond.Field{
	{ID: "item", Kind: cond.Text},
	{ID: "amount", Kind: cond.Number},
	{ID: "days", Kind: cond.Number},
	{ID: "urgent", Kind: cond.Bool},
	{ID: "start", Kind: cond.Date},
	{ID: "end", Kind: cond.Date},
	{ID: "at", Kind: cond.DateTime},
	{ID: "type", Kind: cond.Text, Options: []string{"年假", "病假"}},
	{ID: "tags", Kind: cond.List, Options: []string{"设备", "软件"}},
}, shanghai)

var values = cond.Values{
	Form: map[string]cond.Value{
		"item":   {Text: "键盘 <b>"},
		"amount": {Text: "5000"},
		"days":   {Text: "0.3"},
		"urgent": {Text: "true"},
		"start":  {Text: "2026-03-01"},
		"at":     {Text: "2026-03-01T10:00:00Z"},
		"type":   {Text: "病假"},
		"tags":   {List: []string{"软件"}},
	},
	Initiator: cond.Initiator{ID: "li.lei", Name: "李雷", Dept: "研发部", Title: "工程师"},
}

func TestEval(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"form.amount >= 5000":              true,
		"form.amount > 5000":               false,
		"form.amount >= 5000.000001":       false,
		"form.amount > 4999.999999":        true,
		"form.amount == 5_000":             true,
		"form.days == 0.3":                 true,
		"form.days + 0.1 == 0.4":           true,
		"0.1 + 0.2 == 0.3":                 true,
		"form.days * 10 == 3":              true,
		"-form.days == -0.3":               true,
		"form.days - 1 < 0":                true,
		"1000 < form.amount < 6000":        true,
		"1000 < form.amount + 1 < 5001":    false,
		"form.amount in [1, 5000]":         true,
		"form.type in [\"年假\"]":            false,
		"form.type == '病假'":                true,
		`"软件" in form.tags`:                true,
		`"设备" in form.tags or form.urgent`: true,
		`"设备" not in form.tags`:            true,
		"len(form.tags) == 1":              true,
		"len(form.item) == 6":              true,
		"not form.urgent":                  false,
		`form.start < "2026-03-02" and form.start >= "2026-03-01"`: true,
		`form.end > "2000-01-01"`:                                  false,
		`form.end < "2100-01-01"`:                                  false,
		`form.end != "2100-01-01"`:                                 false,
		"form.start < form.end":                                    false,
		"given(form.end)":                                          false,
		"given(form.start) && !given(form.end)":                    true,
		`form.at == "2026-03-01 18:00"`:                            true,
		`form.at < "2026-03-01T18:00:01+08:00"`:                    true,
		`initiator.dept == "研发部" and initiator.id != "x"`:          true,
		`form.item contains "键盘"`:                                  true,
		`form.item matches "^键"`:                                   true,
		`lower("ABC") == "abc"`:                                    true,
		`form.urgent ? form.amount > 1 : form.amount > 9999999`:    true,
		"999999999999 + 999999999999 > 1":                          true,
		"form.amount * 999999999999 * 999999999999 > 1":            true,
	} {
		c, err := env.Compile(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		got, err := c.Eval(values)
		if err != nil || got != want {
			t.Errorf("%s = %v, %v; want %v", src, got, err, want)
		}
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"form.amount == 0":             true,
		`form.item == ""`:              true,
		"form.urgent":                  false,
		"len(form.tags) == 0":          true,
		"given(form.amount)":           false,
		`form.type == "年假"`:            false,
		`initiator.dept == ""`:         true,
		`form.at < "2099-01-01 00:00"`: false,
	} {
		c, err := env.Compile(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got, err := c.Eval(cond.Values{}); err != nil || got != want {
			t.Errorf("%s on nothing = %v, %v; want %v", src, got, err, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src       string
		line, col int
		what      string
	}{
		{"", 1, 1, "empty"},
		{"form.amout > 1", 1, 6, "the form has no field amout; did you mean amount?"},
		{"amount > 1", 1, 1, "unknown name amount; form.amount"},
		{"form.amount > 1 and\n  form.nope", 2, 8, "no field nope"},
		{"form.amount", 1, 1, "expected yes or no"},
		{"form.amount > 1e3", 1, 15, "1e3"},
		{"form.amount > 0x10", 1, 15, "0x10"},
		{"form.amount > 0.1234567", 1, 15, "more than 6 digits"},
		{"form.amount > 1000000000000", 1, 15, "more than 12 digits"},
		{`form.amount > "5"`, 1, 13, "a number is compared with a text"},
		{`form.item > "a"`, 1, 11, "orders numbers and dates"},
		{`form.start > "2026-1-1"`, 1, 14, "not a date"},
		{`form.start > "2026-02-30"`, 1, 14, "not a date"},
		{`form.start > form.item`, 1, 12, "a date is compared with a text"},
		{`form.at > "tomorrow"`, 1, 11, "not a time"},
		{`form.type == "年嫁"`, 1, 14, `not an option of type; did you mean 年假?`},
		{`form.type in ["年假", "事假"]`, 1, 21, "not an option"},
		{`"软" in form.tags`, 1, 1, "not an option"},
		{`form.tags == form.tags`, 1, 11, "lists can't be compared"},
		{"form.amount in 1..3", 1, 17, "ranges are not allowed"},
		{"all(form.tags, # == 1)", 1, 1, "functions over lists"},
		{"form.tags[0] == 'x'", 1, 10, "only form.FIELD"},
		{"form?.amount > 1", 1, 7, "only form.FIELD"},
		{"form.amount / 2 > 1", 1, 13, "/ is not exact"},
		{"form.amount * form.days > 1", 1, 13, "whole number written out"},
		{"form.amount * 0.5 > 1", 1, 13, "whole number written out"},
		{"form.item == nil", 1, 14, "given(form.FIELD)"},
		{"now() > 1", 1, 1, "unknown name now"},
		{"magpie_add(1, 2) > 1", 1, 1, "unknown name magpie_add"},
		{"given(1)", 1, 1, "given asks about one field"},
		{"given(form.end).x", 1, 16, ""},
		{"let x = 1; x > 0", 1, 1, ""},
		{"form.amount > 1; form.urgent", 1, 13, "not allowed"},
		{"initiator.boss == 'x'", 1, 11, "the initiator has no boss"},
		{"form.urgent and form.amount", 1, 22, "and joins conditions"},
		{"form.amount > (1", 1, 16, "unexpected"},
		{"form.item matches form.type", 1, 11, "must be written in quotes"},
		{"form.item matches '('", 1, 11, ""},
		{"{'a': 1}.a > 0", 1, 1, ""},
		{"form.amount > 1 ?? true", 1, 17, "not allowed"},
		{strings.Repeat("(", 2000) + "1", 1, 1, "longer than"},
		{"form.amount > 1" + strings.Repeat(" or 1>2", 130), 1, 1, ""},
	} {
		_, err := env.Compile(c.src)
		var e *cond.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, want an *Error", c.src, err)
			continue
		}
		if c.what != "" && !strings.Contains(e.Error(), c.what) || c.what != "" && (e.Line != c.line || e.Col != c.col) {
			t.Errorf("%s: %v; want %d:%d %s", c.src, e, c.line, c.col, c.what)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	c, err := env.Compile("form.days > 1 and form.amount > form.days")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Fields()); got != "[days amount]" {
		t.Errorf("Fields() = %s", got)
	}
}

// Money compares as rational numbers do, for every literal that may be written.
func TestExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?`)
		a, b := number.Draw(t, "value"), number.Draw(t, "literal")
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		for op, want := range map[string]bool{"<": x.Cmp(y) < 0, "<=": x.Cmp(y) <= 0, "==": x.Cmp(y) == 0, "!=": x.Cmp(y) != 0, ">": x.Cmp(y) > 0, ">=": x.Cmp(y) >= 0} {
			c, err := env.Compile("form.amount " + op + " " + b)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Eval(cond.Values{Form: map[string]cond.Value{"amount": {Text: a}}})
			if err != nil || got != want {
				t.Fatalf("%s %s %s = %v, %v", a, op, b, got, err)
			}
		}
	})
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"0": "0", "-0": "0", "007.50": "7.5", "1.000000": "1", "-3.25": "-3.25", "999999999999.999999": "999999999999.999999", "0.000001": "0.000001"} {
		d, err := cond.ParseDecimal(in)
		if err != nil || d.String() != want {
			t.Errorf("ParseDecimal(%q) = %s, %v; want %s", in, d, err, want)
		}
	}
	for in, want := range map[string]error{"": cond.ErrNotDecimal, "-": cond.ErrNotDecimal, "+1": cond.ErrNotDecimal, "1.": cond.ErrNotDecimal, ".5": cond.ErrNotDecimal, "1,000": cond.ErrNotDecimal, "１": cond.ErrNotDecimal, "1e3": cond.ErrNotDecimal, "--1": cond.ErrNotDecimal, "1.2.3": cond.ErrNotDecimal, "1000000000000": cond.ErrTooLarge, "0.0000001": cond.ErrTooFine} {
		if _, err := cond.ParseDecimal(in); !errors.Is(err, want) {
			t.Errorf("ParseDecimal(%q): %v, want %v", in, err, want)
		}
	}
	if d, _ := cond.ParseDecimal("1234.5"); d.Fixed(2) != "1234.50" || d.Fixed(0) != "1234" || d.Fraction() != 1 {
		t.Errorf("Fixed: %s %s %d", d.Fixed(2), d.Fixed(0), d.Fraction())
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"form.amount >= 5000", `form.type in ["年假"]`, "1 < form.amount < 3", "given(form.end) ? true : form.urgent", "len(form.tags) > 0.5", "-(-1) == 1", `form.at > "2026-01-01 00:00"`, "form['amount'] > 1", "form.urgent | len()", "#", "not not form.urgent", "trim(form.item)==upper('a')", "-true", "1..2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := env.Compile(src)
		if err != nil {
			var e *cond.Error
			if !errors.As(err, &e) || e.Line < 1 || e.Col < 1 || e.What == "" {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		for _, v := range []cond.Values{values, {}} {
			a, err := c.Eval(v)
			if err != nil {
				t.Fatalf("%q: %v", src, err)
			}
			if b, _ := c.Eval(v); a != b {
				t.Fatalf("%q gave %v, then %v", src, a, b)
			}
		}
	})
}

func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-1.5", "000.1", "999999999999.999999", "1e3", "١"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := cond.ParseDecimal(s)
		if err != nil {
			return
		}
		r, ok := new(big.Rat).SetString(s)
		if !ok || r.Cmp(big.NewRat(int64(d), cond.Scale)) != 0 {
			t.Fatalf("%q reads as %s", s, d)
		}
		if again, err := cond.ParseDecimal(d.String()); err != nil || again != d {
			t.Fatalf("%q is written %s", s, d)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	c, err := env.Compile("form.amount >= 5000 and form.type == '病假'")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Eval(values); err != nil {
			b.Fatal(err)
		}
	}
}

var formEnv = cond.New([]cond.Field{
	{ID: "qty", Kind: cond.Number}, {ID: "price", Kind: cond.Number, Money: true}, {ID: "name", Kind: cond.Text}, {ID: "on", Kind: cond.Date}, {ID: "off", Kind: cond.Date},
	{ID: "leave", Kind: cond.Range}, {ID: "shift", Kind: cond.Span}, {ID: "urgent", Kind: cond.Bool},
	{ID: "lines", Kind: cond.Table, Columns: []cond.Field{{ID: "item", Kind: cond.Text}, {ID: "n", Kind: cond.Number}, {ID: "pay", Kind: cond.Number, Money: true}}},
}, shanghai)

var formValues = cond.Values{
	Form: map[string]cond.Value{
		"qty": {Text: "3"}, "price": {Text: "0.1"}, "on": {Text: "2026-02-27"}, "off": {Text: "2026-03-01"}, "leave": {List: []string{"2026-02-27", "2026-03-01"}},
		"shift": {List: []string{"2026-03-01T14:00:00Z", "2026-03-01T22:20:00Z"}},
		"lines": {Rows: []map[string]cond.Value{{"item": {Text: "键盘"}, "n": {Text: "2"}, "pay": {Text: "10.5"}}, {"item": {Text: "线"}}, {"n": {Text: "-1"}, "pay": {Text: "0.01"}}}},
	},
	Initiator: cond.Initiator{Dept: "研发部"},
}

func TestFormulas(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"form.qty * form.price": "0.3", "form.price / form.qty": "0.033333", "10 / 4": "2.5", "-form.qty + 1": "-2", "2 / -3": "-0.666667",
		"sum(form.lines.pay)": "10.51", "min(form.lines.n)": "-1", "max(form.lines.n)": "2", "max(form.qty, 5)": "5", "count(form.lines)": "3", "count(form.lines.item)": "2", "len(form.lines)": "3",
		"days(form.leave)": "3", "days(form.on, form.off)": "3", "days(form.off, form.on)": "0", "hours(form.shift)": "8.333333", "days(form.leave.start, form.off)": "3",
		"form.urgent ? 1 : form.qty * 2": "6", "sum(form.lines.n) * sum(form.lines.pay)": "10.51", "len(form.name) + 1": "1", "0.000001 * 0.5": "0.000001", "0.0000005": "err",
		"999999999999 + 1": "overflow", "999999999999 * 999999999999": "overflow", "999999999999 / 0.000001": "overflow", "form.qty / (form.qty - 3)": "divide", "-999999999999 - 1": "overflow",
	} {
		f, err := formEnv.Formula(src, cond.Number)
		if want == "err" {
			if err == nil {
				t.Errorf("%s: compiled", src)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		got, err := f.Eval(formValues, nil)
		switch {
		case want == "overflow" && !errors.Is(err, cond.ErrOverflow), want == "divide" && !errors.Is(err, cond.ErrDivide):
			t.Errorf("%s = %v, %v; want %s", src, got, err, want)
		case want == "overflow" || want == "divide":
		case err != nil || got.Text != want:
			t.Errorf("%s = %q, %v; want %s", src, got.Text, err, want)
		}
	}
	for src, money := range map[string]bool{"form.qty * 2": false, "form.qty * form.price": true, "sum(form.lines.pay) / 3": true, "form.price / sum(form.lines.pay)": false, "count(form.lines) + 1": false, "max(form.price, 3)": true, "form.urgent ? form.price : 0": true} {
		if f, err := formEnv.Formula(src, cond.Number); err != nil || f.Money() != money {
			t.Errorf("%s is money: %v", src, err)
		}
	}
	row := formEnv.Row([]cond.Field{{ID: "n", Kind: cond.Number}, {ID: "pay", Kind: cond.Number, Money: true}})
	f, err := row.Formula("n * pay + form.qty", cond.Number)
	if err != nil || !f.Money() || fmt.Sprint(f.Cells(), f.Fields()) != "[n pay] [qty]" {
		t.Fatalf("%v", err)
	}
	if got, err := f.Eval(formValues, map[string]cond.Value{"n": {Text: "2"}, "pay": {Text: "1.5"}}); err != nil || got.Text != "6" {
		t.Errorf("%v, %v", got, err)
	}
	if f, err := formEnv.Formula(`initiator.dept`, cond.Text); err != nil {
		t.Error(err)
	} else if got, _ := f.Eval(formValues, nil); got.Text != "研发部" {
		t.Error(got)
	}
}

func TestTablesInConditions(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"sum(form.lines.pay) > 10.5": true, `"线" in form.lines.item`: true, "count(form.lines) == 3": true, "given(form.lines)": true, "days(form.leave) > 3": false,
		`form.leave.start >= "2026-02-27" and form.leave.end < "2026-03-02"`: true, `form.shift.end > "2026-03-02 06:00"`: true, "given(form.leave.start)": true, "form.on < form.leave.end": true,
	} {
		c, err := formEnv.Compile(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got, err := c.Eval(formValues); err != nil || got != want {
			t.Errorf("%s = %v, %v", src, got, err)
		}
		if _, err := c.Eval(cond.Values{}); err != nil {
			t.Errorf("%s on nothing: %v", src, err)
		}
	}
	for src, want := range map[string]string{
		"form.lines > 3": "", "form.lines == form.lines": "tables can't be compared", "sum(form.lines.item) > 1": "sum needs a column of numbers", "sum(form.lines) > 1": "sum takes a column",
		"form.lines.pay > 1": "", "form.lines.pay == form.lines.n": "columns can't be compared", "form.lines.nope == 1": "has no column nope", "days(form.shift) > 1": "days takes a range", "count(form.qty) > 1": "count takes a column",
		"form.leave.middle == form.on": "has no middle", "form.qty.x == 1": "only form.FIELD", "days(\"2026-01-01\", form.on) > 1": "days takes", "magpie_days(\"a\", \"b\") > 1": "unknown name",
		"form.lines.magpie_rows > 1": "has no column", "count() > 1": "count takes one column", "form.lines.pay[0] > 1": "only form.FIELD",
	} {
		_, err := formEnv.Compile(src)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s", src, err, want)
		}
	}
	c, err := formEnv.Compile("given(form.on) and form.qty > 1 and days(form.leave) > 0 and count(form.lines) > 0")
	if err != nil || fmt.Sprint(c.Compared()) != "[qty leave lines]" {
		t.Errorf("%v %v", c.Compared(), err)
	}
}

func FuzzFormula(f *testing.F) {
	for _, s := range []string{"form.qty / form.price", "sum(form.lines.pay) * 3", "days(form.leave) + hours(form.shift)", "1 / 0", "max(1, 2, 3)", "form.lines", "count(form.lines.item)", "len(form.name) ? 1 : 2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		k, err := formEnv.Formula(src, cond.Number)
		if err != nil {
			var e *cond.Error
			if !errors.As(err, &e) || e.Line < 1 || e.Col < 1 || e.What == "" {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		for _, v := range []cond.Values{formValues, {}} {
			got, err := k.Eval(v, nil)
			if err != nil && !errors.Is(err, cond.ErrDivide) && !errors.Is(err, cond.ErrOverflow) {
				t.Fatalf("%q: %v", src, err)
			}
			if _, bad := cond.ParseDecimal(got.Text); err == nil && bad != nil {
				t.Fatalf("%q gives %q", src, got.Text)
			}
		}
	})
}
