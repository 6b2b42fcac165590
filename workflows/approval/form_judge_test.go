package approval

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/cond"
)

const judgedForm = `kind: approval
id: a
name: 申请
start: {commands: [申请]}
form:
  - {id: kind, type: select, label: 类别, options: [设备, 软件]}
  - {id: model, type: text, label: 型号, show: form.kind == "设备", required: true}
  - {id: a, type: number, label: 甲}
  - {id: b, type: number, label: 乙}
  - {id: ratio, type: computed, label: 比, value: form.a / form.b}
  - {id: big, type: number, label: 积, value: form.a * form.b}
  - {id: level, type: text, label: 级别, value: "form.a > 10 ? \"大\" : \"小\""}
  - {id: yen, type: money, currency: JPY, label: 日元, value: form.a / 3}
  - {id: shift, type: range, of: datetime, label: 班次}
  - {id: hours, type: number, label: 小时, value: hours(form.shift)}
  - {id: lines, type: table, label: 明细, columns: [{id: n, type: number, label: 数, max: 100}, {id: d, type: number, label: 除}, {id: q, type: number, label: 商, value: n / d}]}
  - {id: most, type: number, label: 最大, value: "max(form.lines.n) + count(form.lines)"}
  - {id: files, type: attachment, label: 附件, max: 2, max_size: 1 MB}
checks:
  - {must: form.a > form.b, say: 甲要大于乙}
  - {must: given(form.model) or form.kind != "设备" or form.a == 0, say: 要型号, at: model}
steps: [{id: leader, name: 主管, approve: {by: initiator.manager}}]
`

func judgeProgram(t testing.TB) *Program {
	t.Helper()
	n, ps := config.Parse("flow.yaml", []byte(judgedForm))
	if ps.Bad() {
		t.Fatal(ps)
	}
	p, ps := Kind{}.Compile(n, workflows.Env{})
	if p == nil {
		t.Fatal(ps)
	}
	return p.(*Program)
}

func TestJudge(t *testing.T) {
	t.Parallel()
	p := judgeProgram(t)
	x := event.Text
	file := event.File{ID: "f1", Name: "../dir/合同\u202e.pdf", Size: 10}
	for name, c := range map[string]struct {
		in       map[string]event.Value
		problems map[string]string
		values   map[string]string // as shown; a field that is not named must be empty
	}{
		"nothing":           {nil, nil, map[string]string{"big": "0", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
		"computed":          {map[string]event.Value{"a": x("12"), "b": x("7")}, nil, map[string]string{"a": "12", "b": "7", "ratio": "1.714286", "big": "84", "level": "大", "yen": "JP¥4", "hours": "0", "most": "0"}},
		"by a zero":         {map[string]event.Value{"a": x("1"), "b": x("0")}, map[string]string{"ratio": textDivide}, map[string]string{"a": "1", "b": "0", "big": "0", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
		"too large":         {map[string]event.Value{"a": x("999999999999"), "b": x("2")}, map[string]string{"big": textOverflow}, map[string]string{"a": "999,999,999,999", "b": "2", "ratio": "499,999,999,999.5", "level": "大", "yen": "JP¥333,333,333,333", "hours": "0", "most": "0"}},
		"a rule":            {map[string]event.Value{"a": x("1"), "b": x("2")}, map[string]string{"a": "甲要大于乙"}, map[string]string{"a": "1", "b": "2", "ratio": "0.5", "big": "2", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
		"a wrong one waits": {map[string]event.Value{"a": x("一"), "b": x("2")}, map[string]string{"a": textNotNumber}, map[string]string{"a": "一", "b": "2", "ratio": "0", "big": "0", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
		"hidden":            {map[string]event.Value{"kind": x("软件"), "model": x("X")}, nil, map[string]string{"kind": "软件", "big": "0", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
		"shown":             {map[string]event.Value{"kind": x("设备")}, map[string]string{"model": textRequired}, map[string]string{"kind": "设备", "big": "0", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
		"a range": {map[string]event.Value{"shift__from": {Kind: event.ValueDateTime, Text: "2026-03-01T22:00:00+08:00"}, "shift__to": x("2026-03-02 06:45")}, nil,
			map[string]string{"shift": "2026-03-01 22:00 至 2026-03-02 06:45", "hours": "8.75", "big": "0", "level": "小", "yen": "JP¥0", "most": "0"}},
		"rows": {map[string]event.Value{"lines": event.Table(event.Row{"n": x("1"), "d": x("3")}, event.Row{}, event.Row{"n": x("5")}, event.Row{"n": x("2"), "d": x("0")}, event.Row{"n": x("101"), "q": x("7")})},
			map[string]string{"lines": "第 3 行 商：" + textDivide + "\n第 4 行 数：不能大于 100"}, map[string]string{"lines": "4 行", "most": "9", "big": "0", "level": "小", "yen": "JP¥0", "hours": "0"}},
		"no table": {map[string]event.Value{"lines": x("x"), "files": x("f1")}, map[string]string{"lines": textNotTable, "files": textNotFile}, map[string]string{"big": "0", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
		"files":    {map[string]event.Value{"files": event.Files(file, file)}, nil, map[string]string{"files": "合同.pdf", "big": "0", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
		"a big file": {map[string]event.Value{"files": event.Files(event.File{ID: "f2", Name: "a", Size: 1_000_001})}, map[string]string{"files": "a 超过了 1.000 MB 的上限"},
			map[string]string{"files": "a", "big": "0", "level": "小", "yen": "JP¥0", "hours": "0", "most": "0"}},
	} {
		j := p.judge(c.in, nil, nil, cond.Initiator{})
		got := map[string]string{}
		for id, v := range j.values {
			got[id] = p.byField[id].show(v, beijing, func(id string) string { return id })
		}
		if c.problems == nil {
			c.problems = map[string]string{}
		}
		if d := cmp.Diff(c.problems, j.problems); d != "" {
			t.Errorf("%s: problems\n%s", name, d)
		}
		if d := cmp.Diff(c.values, got); d != "" {
			t.Errorf("%s: values\n%s", name, d)
		}
	}
}

// What somebody may not change stays, is not checked, and counts in what is computed.
func TestJudgeSome(t *testing.T) {
	t.Parallel()
	p := judgeProgram(t)
	old := map[string]value{"a": {T: "12"}, "kind": {T: "设备"}, "lines": {R: []map[string]value{{"n": {T: "500"}}}}}
	j := p.judge(map[string]event.Value{"a": event.Text("1"), "b": event.Text("4"), "model": event.Text("X")}, old, func(id string) bool { return id == "b" }, cond.Initiator{})
	if len(j.problems) != 0 {
		t.Errorf("problems %v", j.problems)
	}
	if j.values["a"].T != "12" || j.values["b"].T != "4" || j.values["ratio"].T != "3" || j.values["most"].T != "501" || !j.values["model"].empty() {
		t.Errorf("%v", j.values)
	}
	j = p.judge(map[string]event.Value{"b": event.Text("13")}, old, func(id string) bool { return id == "b" }, cond.Initiator{})
	if d := cmp.Diff(map[string]string{"b": "甲要大于乙"}, j.problems); d != "" { // said where it can be mended
		t.Error(d)
	}
}

// Whatever is entered, what a form becomes reads back the same, and never with a number that conditions can't read.
func FuzzJudge(f *testing.F) {
	p := judgeProgram(f)
	f.Add("设备", "12", "7", "1", "3", "2026-03-01 10:00", "a.pdf")
	f.Add("软件", "-999999999999.999999", "0.000001", "999999999999", "0.000001", "", "../..")
	f.Add("x", "1e9", "０", "١", "--", "2026-13-01", strings.Repeat("长", 300)+".pdf")
	f.Fuzz(func(t *testing.T, kind, a, b, n, d, at, name string) {
		in := map[string]event.Value{
			"kind": event.Text(kind), "model": event.Text(name), "a": event.Text(a), "b": event.Text(b), "shift": event.List(at, at),
			"lines": event.Table(event.Row{"n": event.Text(n), "d": event.Text(d)}, event.Row{"n": event.Text(d), "q": event.Text(a)}),
			"files": event.Files(event.File{ID: a, Name: name, Size: int64(len(b))}),
		}
		j := p.judge(in, nil, nil, cond.Initiator{})
		dr := &decider{p: p, s: &state{Draft: &draft{Values: j.values, Problems: j.problems}}}
		dr.form() // draws whatever it is
		if len(j.problems) > 0 {
			return
		}
		again := p.judge(dr.entered(j.values), nil, nil, cond.Initiator{})
		if len(again.problems) > 0 {
			t.Fatalf("accepted, then not: %v\n%v", again.problems, j.values)
		}
		for id, v := range j.values {
			if !v.equal(again.values[id]) {
				t.Fatalf("%s: %v, then %v", id, v, again.values[id])
			}
		}
		s := &state{Form: j.values}
		for _, c := range p.checks {
			if _, err := c.must.Eval(s.values()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A form that is too large to be drawn is refused at its largest fields, which are not kept.
func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	p := judgeProgram(t)
	big, rows := strings.Repeat("长", 1300), event.Value{Kind: event.ValueTable}
	for range 100 {
		rows.Rows = append(rows.Rows, event.Row{"n": event.Text("1"), "d": event.Text(big)})
	}
	in := map[string]event.Value{"a": event.Text("1"), "lines": rows}
	j := p.judge(in, nil, nil, cond.Initiator{})
	if len(j.values["lines"].R) != 100 || j.problems["lines"] == textTooMuch {
		t.Errorf("below the bound: %s", j.problems["lines"])
	}
	f := p.byField["lines"]
	f.columns[1].typ, f.columns[1].max = typeText, new(cond.Decimal(2000*cond.Scale))
	j = p.judge(in, nil, nil, cond.Initiator{})
	if j.problems["lines"] != textTooMuch || len(j.values["lines"].R) != 0 || j.values["a"].T != "1" {
		t.Errorf("above it: %v, %d rows", j.problems, len(j.values["lines"].R))
	}
	// Who may not change it is not told so.
	old := map[string]value{"lines": {R: []map[string]value{{"d": {T: strings.Repeat("x", 300_000)}}}}}
	j = p.judge(map[string]event.Value{"a": event.Text("1")}, old, func(id string) bool { return id == "a" }, cond.Initiator{})
	if j.problems["lines"] != "" || len(j.values["lines"].R) != 1 {
		t.Errorf("of somebody else: %v", j.problems)
	}
}
