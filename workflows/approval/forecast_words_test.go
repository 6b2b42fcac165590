package approval_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

func notes(lines []aheadStep) []string {
	var out []string
	for _, s := range lines {
		out = append(out, strings.TrimSuffix(s.Name+"："+s.Note, "："))
	}
	return out
}

const sayHead = "kind: approval\nid: flow\nname: 流程\nstart: {commands: [走]}\n"

// What can't be told is said, and nothing else on the form is lost over it.
func TestForecastInVain(t *testing.T) {
	t.Parallel()
	p := program(t, sayHead+"form: [{id: item, type: text, label: 内容}]\nsteps: [{id: a, name: 主管, approve: {by: initiator.manager}}]\n", env(t))
	b := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	b.Hold = true
	must(t, b.Say("li.lei", "走"))
	want := []string{"暂时无法预览：不影响提交"}
	card := func() any {
		_, view, ok, err := b.Program.(workflows.Projector).Card(b.Inst, "initiator", b.Now)
		must(t, err)
		if !ok {
			t.Fatal("there is no card")
		}
		return view
	}
	asked := 0
	down := func(workflows.Lookup) (event.Lookup, error) {
		asked++
		return event.Lookup{}, errors.New("the directory is down")
	}
	// Who the initiator is has not been answered yet.
	if diff := cmp.Diff(want, notes(aheadOn(t, card().(workflows.Foreseer).Foresee(down)))); diff != "" || asked > 0 {
		t.Errorf("%d questions: %s", asked, diff)
	}
	must(t, b.Answer(0))
	if diff := cmp.Diff(want, notes(aheadOn(t, card().(workflows.Foreseer).Foresee(down)))); diff != "" || asked != 1 {
		t.Errorf("%d questions: %s", asked, diff)
	}
	// Whoever does not ask for it has the form without.
	if got := aheadOn(t, card()); got != nil {
		t.Errorf("nobody asked, and it says %v", got)
	}
	b.Hold = false
	must(t, b.Press("li.lei", "initiator", "submit", form("item", "x")))
	if got := aheadOn(t, card()); got != nil || b.Inst.Status != workflows.StatusRunning {
		t.Errorf("%s, and the card says %v", b.Inst.Status, got)
	}
}

// A forecast names what stands on the form, nothing behind it: no condition, no selector, no amount, and no field that
// is not shown.
func TestForecastKeepsQuiet(t *testing.T) {
	t.Parallel()
	src := sayHead + `form:
  - {id: kind, type: select, label: 类别, required: true, options: [{value: a, label: 甲}, {value: b, label: 乙}]}
  - {id: secret, type: money, label: 暗标底价, show: form.kind == "b", required: true}
  - {id: qty, type: number, label: 数量, required: true}
  - {id: total, type: money, label: 折后价, value: form.qty * 7}
rules: {same_person: whole, initiator_is_approver: manager}
steps:
  - {id: a, name: 主管, approve: {by: initiator.manager, fields: {qty: hidden}}}
  - {id: b, name: 密审, if: form.secret > 98765, approve: {by: role:board, mode: {weight: 3, of: {"role:finance": 4}}}}
  - {id: c, name: 总额, if: form.total > 43210, approve: {by: role:ceo}}
  - {id: d, name: 本人部门, if: initiator.dept == "财务部", approve: {by: role:finance}}
`
	b := workflowstest.New(program(t, src, env(t)), workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	must(t, b.Say("li.lei", "走"))
	for _, x := range []struct {
		in   map[string]event.Value
		want []string
	}{
		{nil, []string{"主管：韩梅梅", "密审：张伟、韩梅梅（已审批过，自动同意）、孙丽、陈洁、王芳（加权票签）；是否需要，填写「类别」后确定", "总额：张伟；是否需要，填写「类别」「数量」后确定", "本人部门：条件不成立"}},
		{form("kind", "a"), []string{"主管：韩梅梅", "密审：条件不成立", "总额：张伟；是否需要，填写「数量」后确定", "本人部门：条件不成立"}},
		{form("kind", "b", "qty", "1"), []string{"主管：韩梅梅", "密审：张伟、韩梅梅（已审批过，自动同意）、孙丽、陈洁、王芳（加权票签）；是否需要，填写「暗标底价」后确定", "总额：条件不成立", "本人部门：条件不成立"}},
	} {
		got := aheadOn(t, b.Cards["initiator"].View)
		if x.in != nil {
			got = drafted(t, b, x.in)
		}
		if diff := cmp.Diff(x.want, notes(got)); diff != "" {
			t.Errorf("%v:\n%s", x.in, diff)
		}
		said := strings.Join(notes(got), " ")
		for _, word := range []string{"98765", "43210", "role:", "form.", "initiator", "财务部", "折后价"} {
			if strings.Contains(said, word) {
				t.Errorf("%v: it says %s: %s", x.in, word, said)
			}
		}
		if x.in["kind"].Text != "b" && strings.Contains(said, "暗标底价") {
			t.Errorf("%v: it names a field that is not shown: %s", x.in, said)
		}
	}
}

// Nobody but the initiator is told, and only while there is a form to hand in.
func TestForecastIsTheInitiators(t *testing.T) {
	t.Parallel()
	p := program(t, sayHead+"form: [{id: item, type: text, label: 内容}]\nsteps: [{id: a, name: 主管, approve: {by: initiator.manager}}, {cc: {to: role:finance}}]\n", env(t))
	b := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	must(t, b.Begin("li.lei", form("item", "x")))
	must(t, b.Press("han.meimei", "task/a/1/0", "approve", nil))
	slots := []string{"initiator", "task/a/1/0", "cc/wang.fang", "cc/zhao.min"}
	for _, slot := range slots {
		if c, ok := b.Cards[slot]; !ok || len(workflowstest.Ahead(c.View)) > 0 {
			t.Errorf("%s: there %v, says %v", slot, ok, workflowstest.Ahead(c.View))
		}
	}
	if len(b.Cards) != len(slots) {
		t.Errorf("%d cards", len(b.Cards))
	}
	d := workflowstest.New(p, workflowstest.NewCompany(), b.Now)
	must(t, d.Say("li.lei", "走"))
	if _, _, ok, err := p.Draft(d.Inst, "initiator", "han.meimei", nil, d.Now); ok || err != nil {
		t.Errorf("somebody else's draft: %v %v", ok, err)
	}
	if got := notes(aheadOn(t, d.Cards["initiator"].View)); !slices.Equal(got, []string{"主管：韩梅梅", "抄送：王芳、赵敏"}) {
		t.Errorf("%v", got)
	}
}
