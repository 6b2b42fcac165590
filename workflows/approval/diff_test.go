package approval_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

const versionOne = `kind: approval
id: purchase
name: 采购
start: {commands: [采购]}
form:
  - {id: item, type: text, label: 内容, required: true, max: 20}
  - {id: amount, type: money, label: 金额, required: true}
steps:
  - {id: leader, name: 主管, approve: {by: initiator.manager}, timeout: {after: 2 days, then: escalate}}
  - {id: finance, if: form.amount >= 5000, approve: {by: role:finance, mode: all}}
  - {id: ceo, if: form.amount >= 50000, approve: {by: role:ceo}}
`

// edited is the first version with some of it replaced.
func edited(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(versionOne) }

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now  string
		want []string
	}{
		"nothing but a remark": {"# a remark\n" + versionOne, nil},
		"a limit": {edited(">= 5000,", ">= 3000,"), []string{
			"conditions: finance is asked when form.amount >= 3000, until now when form.amount >= 5000"}},
		"others, and a deadline": {edited("initiator.manager}", "initiator.managers(2), mode: all}", "2 days, then: escalate", "1 day, then: approve"), []string{
			"approvers: 主管 (leader): initiator.managers(2) instead of initiator.manager",
			"approvers: 主管 (leader): all must agree, until now any one decides",
			"deadlines: 主管 (leader): after 1 day: approve, until now after 2 days: escalate"}},
		"a step more, one less": {edited("  - {id: ceo, if: form.amount >= 50000, approve: {by: role:ceo}}\n", "  - branch:\n      - {if: form.amount >= 100, steps: [{id: legal, approve: {by: \"person:sun.li\"}}]}\n      - {else: true, steps: []}\n"), []string{
			"steps: ceo is removed: role:ceo, any one decides",
			"steps: legal is added when form.amount >= 100: person:sun.li, any one decides"}},
		"the order": {edited("  - {id: leader, name: 主管, approve: {by: initiator.manager}, timeout: {after: 2 days, then: escalate}}\n  - {id: finance, if: form.amount >= 5000, approve: {by: role:finance, mode: all}}\n",
			"  - {id: finance, if: form.amount >= 5000, approve: {by: role:finance, mode: all}}\n  - {id: leader, name: 主管, approve: {by: initiator.manager}, timeout: {after: 2 days, then: escalate}}\n"), []string{
			"steps: the steps come in another order: finance, leader, ceo, until now leader, finance, ceo"}},
		"a signature, and a step that is signed": {edited("role:ceo}", "role:ceo, sign: true}", "  - {id: ceo", "  - {id: legal, approve: {by: \"person:sun.li\", sign: true}}\n  - {id: ceo"), []string{
			"steps: legal is added: person:sun.li, any one decides, signed by hand",
			"approvers: ceo: who agrees signs by hand, until now who agrees need not sign"}},
		"form, rules and words": {edited("max: 20", "max: 30", "  - {id: amount", "  - {id: why, type: text, label: 原因, required: true}\n  - {id: amount", "name: 采购\n", "name: 采购申请\nrules: {withdraw: never}\n", "role:ceo}", "role:ceo, allow: [return]}"), []string{
			"rules: ceo: approve.allow: now [return]",
			"rules: rules: withdraw: now never",
			"fields: the field 内容 (item): max: 30 instead of 20",
			"fields: the field 原因 (why) is added, and must be filled in",
			"words: name: 采购申请 instead of 采购"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := env(t)
			var got []string
			for _, x := range (approval.Kind{}).Diff(program(t, versionOne, e), program(t, c.now, e)) {
				got = append(got, x.Area+": "+x.What)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// begun is a request of 6000 at the step of finance.
func begun(t *testing.T, p workflows.Program) *workflowstest.Bench {
	t.Helper()
	b := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	must(t, b.Begin("li.lei", map[string]event.Value{"item": event.Text("键盘"), "amount": event.Text("6000")}))
	must(t, b.Press("han.meimei", "task/leader/1/0", "approve", nil))
	return b
}

// What fits, what does not and why, before anything is touched.
func TestFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now     string
		nodes   map[string]string
		touched bool
		blocked string
	}{
		"only what is behind it": {edited("2 days, then: escalate", "1 day, then: remind"), nil, false, ""},
		"another flow of money":  {edited(">= 50000,", ">= 5500,"), nil, true, ""},
		"a step gone":            {edited("id: finance", "id: money"), nil, true, "the step finance is open, and the new version does not have it"},
		"a step mapped":          {edited("id: finance", "id: money"), map[string]string{"finance": "money"}, true, ""},
		"mapped to nothing":      {versionOne, map[string]string{"finance": "gone"}, true, "the plan leads finance to gone"},
		"a map of nothing":       {versionOne, map[string]string{"gone": "finance"}, true, "the plan names the step gone"},
		"another rule":           {edited("mode: all", "mode: {count: 1}"), nil, true, "at the step finance all must agree, in the new version 1 must agree"},
		"another kind of field":  {edited("{id: item, type: text, label: 内容, required: true, max: 20}", "{id: item, type: number, label: 内容}"), nil, true, "the field item is number in the new version, and was handed in as text"},
		"a field that decides":   {edited("  - {id: amount", "  - {id: days, type: number, label: 天数, required: true}\n  - {id: amount", "if: form.amount >= 50000", "if: form.days > 3"), nil, true, "the field days, on which a step depends, was not handed in"},
		"into an arm": {edited("  - {id: finance, if: form.amount >= 5000, approve: {by: role:finance, mode: all}}\n", "  - parallel: [[{id: finance, if: form.amount >= 5000, approve: {by: role:finance, mode: all}}], [{id: x, approve: {by: role:ceo}}]]\n"), nil, true,
			"the step finance is open, and stands in another arm"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := env(t)
			old := program(t, versionOne, e)
			b := begun(t, old)
			fit, err := program(t, c.now, e).Fit(old, b.Inst, c.nodes)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(fit.Blocked, "; ")
			if fit.Touched != c.touched || c.blocked == "" && got != "" || !strings.Contains(got, c.blocked) {
				t.Errorf("touched %v, blocked %q", fit.Touched, got)
			}
		})
	}
}

// A request goes on with another version: under the new rules, with the tasks and cards that people have, and
// its trail folds to its state.
func TestMigrate(t *testing.T) {
	t.Parallel()
	e := env(t)
	old := program(t, versionOne, e)
	now := program(t, edited("id: finance", "id: money", ">= 50000,", ">= 5500,", "name: 采购\n", "name: 采购申请\n"), e)
	b := begun(t, old)
	if _, err := now.Migrate(old, b.Inst, nil, b.Now); err == nil || !strings.Contains(err.Error(), "map it to another") {
		t.Fatalf("without a map: %v", err)
	}
	out, err := now.Migrate(old, b.Inst, map[string]string{"finance": "money"}, b.Now)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Trail) != 1 || out.Trail[0].Kind != "migrated" {
		t.Fatalf("%+v", out.Trail)
	}
	shown := 0
	for _, eff := range out.Effects {
		if _, ok := eff.(workflows.ShowCard); ok {
			shown++
		}
	}
	if shown != len(b.Cards) {
		t.Errorf("%d cards are drawn again, there are %d", shown, len(b.Cards))
	}
	next := *out.Instance
	next.Rev = b.Inst.Rev + 1
	b.Inst, b.Program = next, now
	b.Trail = append(b.Trail, out.Trail...)
	for _, who := range []string{"wang.fang", "zhao.min"} { // on the cards that they had before
		k, ok := b.TaskOf("finance", who)
		if !ok {
			t.Fatalf("%s lost the task", who)
		}
		if must(t, b.Press(who, b.SlotOf(k), "approve", nil)); b.Refusal != nil {
			t.Fatal(b.Refusal)
		}
	}
	if k, ok := b.TaskOf("ceo", "zhang.wei"); !ok || k.State != workflows.TaskOpen {
		t.Fatalf("the new limit does not count: %v", b.Open())
	}
	must(t, b.Press("zhang.wei", "task/ceo/1/0", "approve", nil))
	again, err := approval.Rebuild(b.Trail)
	if err != nil || string(again) != string(b.Inst.State) {
		t.Errorf("the trail folds to another state: %v\n%s\n%s", err, again, b.Inst.State)
	}
	if b.Inst.Status != workflows.StatusApproved {
		t.Error(b.Inst.Status)
	}
	x, err := b.Explain()
	if err != nil || len(x.Steps) != 3 {
		t.Errorf("%v %+v", err, x.Steps)
	}
	if fit, err := old.Fit(now, b.Inst, nil); err != nil || len(fit.Blocked) != 1 {
		t.Errorf("what has ended can't be migrated: %v %v", fit, err)
	}
}

// What people did is done again with a changed flow, and what differs is said.
func TestReplay(t *testing.T) {
	t.Parallel()
	e := env(t)
	old := program(t, versionOne, e)
	b := begun(t, old)
	for _, who := range []string{"wang.fang", "zhao.min"} {
		k, _ := b.TaskOf("finance", who)
		b.Now = b.Now.Add(time.Minute)
		must(t, b.Press(who, b.SlotOf(k), "approve", nil))
	}
	for name, c := range map[string]struct{ now, want, err string }{
		"the same":       {"# again\n" + versionOne, "", ""},
		"more are asked": {edited(">= 50000,", ">= 5500,"), "running, waits for ceo: zhang.wei instead of approved; asked in addition: ceo: zhang.wei", ""},
		"fewer":          {edited(">= 5000,", ">= 7000,"), "no longer asked: finance: wang.fang; no longer asked: finance: zhao.min", ""},
		"any of them":    {edited("mode: all", "mode: any"), "", ""},
		"refused":        {edited("required: true, max: 20", "required: true, max: 1"), "", "the changed form refuses it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := workflowstest.Replay(old, program(t, c.now, e), b.Inst, b.Trail, workflowstest.Options{People: workflowstest.NewCompany()})
			if got := strings.Join(x.Words, "; "); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Error(err)
			}
		})
	}
	_, err := workflowstest.Replay(old, program(t, edited("role:ceo", "role:board", ">= 50000", ">= 1"), e), b.Inst, b.Trail, workflowstest.Options{})
	if err == nil || !strings.Contains(err.Error(), "nobody recorded who role:board is") {
		t.Errorf("with nobody to ask: %v", err)
	}
}

// Tables, files and what an approver changed are handed in again too.
func TestReplayOfForms(t *testing.T) {
	t.Parallel()
	e := env(t)
	src := `kind: approval
id: expense
name: 报销
start: {commands: [报销]}
form:
  - {id: lines, type: table, label: 明细, required: true, columns: [{id: what, type: text, label: 内容}, {id: pay, type: money, label: 金额}]}
  - {id: total, type: computed, label: 合计, value: sum(form.lines.pay)}
  - {id: bills, type: attachment, label: 发票, required: true}
  - {id: trip, type: range, label: 日期}
  - {id: who, type: persons, label: 同行}
  - {id: far, type: bool, label: 国外}
  - {id: visa, type: text, label: 签证, show: form.far}
steps:
  - {id: leader, approve: {by: initiator.manager, fields: {lines: edit}}}
  - {id: finance, if: form.total >= 1000, approve: {by: "person:wang.fang"}}
`
	old := program(t, src, e)
	b := workflowstest.New(old, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	form := map[string]event.Value{
		"lines": event.Table(event.Row{"what": event.Text("车"), "pay": event.Text("600")}, event.Row{"pay": event.Text("300")}),
		"bills": event.Files(event.File{ID: "f1", Name: "a.pdf", Size: 3}), "trip": event.List("2026-03-02", "2026-03-04"), "who": event.List("zhao.min"), "far": event.Bool(true),
	}
	must(t, b.Begin("li.lei", form))
	k, _ := b.TaskOf("leader", "")
	b.Now = b.Now.Add(time.Minute)
	must(t, b.Press(k.Person, b.SlotOf(k), "approve", map[string]event.Value{"field_lines": event.Table(event.Row{"pay": event.Text("600")}, event.Row{"pay": event.Text("400")})}))
	if b.Refusal != nil {
		t.Fatal(b.Refusal)
	}
	if k, ok := b.TaskOf("finance", "wang.fang"); !ok {
		t.Fatal(k)
	}
	for what, now := range map[string]string{"the same": "# again\n" + src, "a step less": strings.Replace(src, ">= 1000", ">= 1001", 1)} {
		x, err := workflowstest.Replay(old, program(t, now, e), b.Inst, b.Trail, workflowstest.Options{People: workflowstest.NewCompany()})
		want := map[string]string{"a step less": "approved instead of running; no longer asked: finance: wang.fang"}[what]
		if got := strings.Join(x.Words, "; "); err != nil || got != want {
			t.Errorf("%s: %v, %s", what, err, got)
		}
	}
}
