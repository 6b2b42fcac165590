package approval_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

const toldFlow = `kind: approval
id: told
name: 采购
start: {commands: [采购]}
form:
  - {id: item, type: text, label: 内容, required: true}
title: "{{.form.item}}"
steps:
  - id: leader
    name: 直属主管
    approve: {by: initiator.manager}
    timeout: {after: 1 day, then: escalate}
  - {id: board, name: 会审, if: form.item == "大", approve: {by: role:board}}
  - {id: finance, name: 财务, approve: {by: role:finance, mode: all}}
  - cc: {to: ["dept:行政部/lead"]}
`

// lines are a timeline as a page shows it.
func lines(t *testing.T, b *workflowstest.Bench, lang string) []string {
	t.Helper()
	told, err := b.Program.(workflows.Teller).Tell(b.Inst, b.Trail)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range told {
		line := l.Who + "|" + l.What.In(lang)
		if l.Note != "" {
			line += "|" + l.Note
		}
		out = append(out, line)
	}
	return out
}

func TestTellsWhatHappened(t *testing.T) {
	t.Parallel()
	b := workflowstest.New(program(t, toldFlow, env(t)), workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if b.Refusal != nil {
			t.Fatal(b.Refusal)
		}
	}
	do(b.Say("li.lei", "采购"))
	do(b.Press("li.lei", "initiator", "submit", map[string]event.Value{"item": event.Text("键盘")}))
	do(b.Press("li.lei", "initiator", "urge", nil))
	do(b.Advance(b.Now.Add(25 * time.Hour)))
	do(b.Press("zhang.wei", "task/leader/1/"+b.Open()[0].Seat+"/2", "approve", map[string]event.Value{"opinion": event.Text("可以\n尽快")}))
	for _, who := range []string{"wang.fang", "zhao.min"} {
		k, ok := b.TaskOf("finance", who)
		if !ok {
			t.Fatalf("%s is not asked", who)
		}
		verb, form := "approve", map[string]event.Value(nil)
		if who == "zhao.min" {
			verb, form = "reject", map[string]event.Value{"opinion": event.Text("没有预算")}
		}
		do(b.Press(who, b.SlotOf(k), verb, form))
	}
	want := []string{
		"李雷|打开申请表", "李雷|提交申请", "|到达「直属主管」，审批人：韩梅梅", "李雷|催办：韩梅梅", "|韩梅梅在「直属主管」超时未处理", "|「直属主管」由韩梅梅升级给张伟",
		"张伟|在「直属主管」同意|可以\n尽快", "|「会审」条件不满足，跳过", "|到达「财务」，审批人：王芳、赵敏（会签）", "王芳|在「财务」同意", "赵敏|在「财务」拒绝|没有预算", "赵敏|审批未通过",
	}
	if diff := cmp.Diff(want, lines(t, b, "zh-CN")); diff != "" {
		t.Error(diff)
	}
	if got := lines(t, b, "en-US")[5]; got != "|“直属主管” was escalated from 韩梅梅 to 张伟" {
		t.Error(got)
	}
	// What was erased is gone from the page, and the rest stays.
	for i := range b.Trail {
		b.Trail[i].Private = nil
	}
	if got := lines(t, b, "zh-CN"); len(got) != len(want) || got[6] != "张伟|在「直属主管」同意" {
		t.Errorf("after erasing: %q", got)
	}
	slots, err := b.Program.(workflows.Teller).Slots(b.Inst, "sun.li")
	if err != nil || len(slots) != 0 {
		t.Errorf("somebody who has nothing to do with it sees %v: %v", slots, err)
	}
	b.Trail = append(b.Trail, workflows.Entry{Kind: "made_up", Data: []byte("{}")})
	if _, err := b.Program.(workflows.Teller).Tell(b.Inst, b.Trail); err == nil {
		t.Error("an entry that nobody knows was told")
	}
}
