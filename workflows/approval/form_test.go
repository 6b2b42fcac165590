package approval

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"magpie/adapters/event"
	"magpie/workflows/cond"
)

func dec(s string) *cond.Decimal {
	d, err := cond.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return &d
}

var (
	colours = []optionSpec{{"红", "红"}, {"blue", "蓝"}}
	fields  = map[string]field{
		"text":     {typ: typeText, max: dec("10"), min: dec("2")},
		"required": {typ: typeText, required: true},
		"long":     {typ: typeLongText},
		"number":   {typ: typeNumber, min: dec("-1"), max: dec("10")},
		"money":    {typ: typeMoney, min: dec("0.01")},
		"free":     {typ: typeMoney},
		"date":     {typ: typeDate},
		"time":     {typ: typeDateTime},
		"select":   {typ: typeSelect, options: colours},
		"multi":    {typ: typeMultiSelect, options: colours, max: dec("1")},
		"person":   {typ: typePerson},
		"persons":  {typ: typePersons, max: dec("2")},
		"bool":     {typ: typeBool},
	}
	beijing = time.FixedZone("CST", 8*3600)
)

func TestParseFields(t *testing.T) {
	t.Parallel()
	ref := event.Ref{Kind: event.RefUser, ID: "ou_1"}
	for _, c := range []struct {
		field   string
		in      event.Value
		want    string // the value, lists joined by "|"
		problem string // a part of it; "" means accepted
	}{
		{"text", event.Text("  键盘 "), "键盘", ""},
		{"text", event.Text("a\x00b\u202ec\r\nd"), "abc d", ""},
		{"text", event.Text("<at id=x>"), "<at id=x>", ""},
		{"text", event.Text("一"), "一", "至少 2 个字"},
		{"text", event.Text(strings.Repeat("字", 11)), strings.Repeat("字", 11), "最多 10 个字，现在有 11 个"},
		{"text", event.Text(strings.Repeat("字", 10_000)), strings.Repeat("字", maxKept), "现在有 10000 个"},
		{"text", event.Text("\xff\xfeab"), "ab", ""},
		{"text", event.List("a", "b"), "", "请填写文字"},
		{"text", event.Bool(true), "", "请填写文字"},
		{"required", event.Text(" \u200e "), "", "必填"},
		{"required", event.Value{}, "", "必填"},
		{"long", event.Text("a\nb\tc"), "a\nb c", ""},
		{"number", event.Text("5"), "5", ""},
		{"number", event.Text("０．５"), "0.5", ""},
		{"number", event.Text("-1.000000"), "-1", ""},
		{"number", event.Text("-1.5"), "-1.5", "不能小于 -1"},
		{"number", event.Text("10.000001"), "10.000001", "不能大于 10"},
		{"number", event.Text("1e3"), "1e3", "请填写数字"},
		{"number", event.Text("0x10"), "0x10", "请填写数字"},
		{"number", event.Text("NaN"), "NaN", "请填写数字"},
		{"number", event.Text("0.0000001"), "0.0000001", "最多 6 位小数"},
		{"number", event.Text(strings.Repeat("9", 50)), strings.Repeat("9", 40), "数字太大"},
		{"number", event.List("1", "2"), "", "请填写数字"},
		{"number", event.Text(""), "", ""},
		{"money", event.Text("￥1,234.50"), "1234.5", ""},
		{"money", event.Text("12,34"), "12,34", "请填写数字"},
		{"money", event.Text(",123"), ",123", "请填写数字"},
		{"money", event.Text("-5"), "-5", "不能小于 0.01"},
		{"money", event.Text("0"), "0", "不能小于 0.01"},
		{"money", event.Text("0.001"), "0.001", "最多 2 位小数"},
		{"money", event.Text("1.10"), "1.1", ""},
		{"free", event.Text("-1"), "-1", "不能是负数"},
		{"free", event.Text("0"), "0", ""},
		{"date", event.Value{Kind: event.ValueDate, Text: "2026-02-28"}, "2026-02-28", ""},
		{"date", event.Text("2026-02-29"), "2026-02-29", "请填写日期"},
		{"date", event.Text("2026/02/28"), "2026/02/28", "请填写日期"},
		{"date", event.Text("0001-01-01"), "0001-01-01", "请填写日期"},
		{"time", event.Text("2026-02-28 18:00"), "2026-02-28T10:00:00Z", ""},
		{"time", event.Value{Kind: event.ValueDateTime, Text: "2026-02-28T18:00:00+08:00"}, "2026-02-28T10:00:00Z", ""},
		{"time", event.Text("18:00"), "18:00", "请填写日期和时间"},
		{"select", event.Text("红"), "红", ""},
		{"select", event.List("blue"), "blue", ""},
		{"select", event.Text("蓝"), "", "请从选项中选择"},
		{"select", event.List("红", "blue"), "", "只能选一项"},
		{"multi", event.List("红", "红"), "红", ""},
		{"multi", event.List("红", "blue"), "红|blue", "最多选 1 个"},
		{"multi", event.List("绿"), "", "请从选项中选择"},
		{"person", event.Value{Kind: event.ValuePeople, Refs: []event.Ref{ref}, List: []string{"li.lei"}}, "li.lei", ""},
		{"person", event.People(ref), "", "找不到这个人"},
		{"person", event.List("a", "b"), "", "只能选一个人"},
		{"persons", event.List("a", "b", "a"), "a|b", ""},
		{"persons", event.List("a", "b", "c"), "a|b|c", "最多选 2 个"},
		{"persons", event.Text(strings.Repeat("x", 65)), "", "找不到这个人"},
		{"bool", event.Bool(true), "true", ""},
		{"bool", event.Bool(false), "false", ""},
		{"bool", event.Text("false"), "false", ""},
		{"bool", event.Text("也许"), "", "请选择是或否"},
	} {
		f := fields[c.field]
		v, problem := f.parse(c.in, beijing)
		if got := v.T + strings.Join(v.L, "|"); got != c.want || (c.problem == "") != (problem == "") || !strings.Contains(problem, c.problem) {
			t.Errorf("%s %v: %q %q; want %q %q", c.field, c.in, got, problem, c.want, c.problem)
		}
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	names := func(id string) string { return "人" + id }
	for _, c := range []struct {
		field string
		v     value
		want  string
	}{
		{"money", value{T: "1234567.5"}, "¥1,234,567.50"}, {"money", value{T: "-100"}, "¥-100.00"}, {"number", value{T: "1000"}, "1,000"}, {"number", value{T: "0.5"}, "0.5"},
		{"time", value{T: "2026-02-28T10:00:00Z"}, "2026-02-28 18:00"}, {"select", value{T: "blue"}, "蓝"}, {"multi", value{L: []string{"红", "blue"}}, "红、蓝"},
		{"persons", value{L: []string{"a", "b"}}, "人a、人b"}, {"bool", value{T: "true"}, "是"}, {"bool", value{T: "false"}, "否"}, {"bool", value{}, ""},
	} {
		f := fields[c.field]
		if got := f.show(c.v, beijing, names); got != c.want {
			t.Errorf("%s %v is shown as %q, want %q", c.field, c.v, got, c.want)
		}
	}
}

// Whatever comes in, what is accepted is clean, within bounds, shown without surprises, and reads back the same.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"", "键盘", "-5", "1,000.5", "０.1", "2026-02-30", "2026-01-31 18:00", "红", "<at id=all></at>", "a\x00\xff\u202e", strings.Repeat("字", 3000), "true", "1e9"} {
		f.Add(s, "b", true)
	}
	f.Fuzz(func(t *testing.T, a, b string, list bool) {
		in := event.Text(a)
		if list {
			in = event.List(a, b)
		}
		for name, fl := range fields {
			v, problem := fl.parse(in, beijing)
			for _, s := range append(v.L, v.T) {
				if !utf8.ValidString(s) && fl.private() || utf8.RuneCountInString(s) > maxKept && fl.private() {
					t.Fatalf("%s keeps %q", name, s)
				}
				if fl.private() && strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
					t.Fatalf("%s keeps a control character: %q", name, s)
				}
			}
			if problem != "" {
				continue
			}
			again, problem := fl.parse(fl.input(v, beijing), beijing)
			if !v.empty() && (problem != "" || again.T != v.T || strings.Join(again.L, "\x00") != strings.Join(v.L, "\x00")) {
				t.Fatalf("%s accepts %q as %v, shows it as %v and reads that as %v %s", name, a, v, fl.input(v, beijing), again, problem)
			}
			fl.show(v, beijing, func(id string) string { return id })
			if fl.condKind() == cond.Number && v.T != "" {
				if _, err := cond.ParseDecimal(v.T); err != nil {
					t.Fatalf("%s accepts %q, which conditions can't read: %v", name, v.T, err)
				}
			}
		}
	})
}
