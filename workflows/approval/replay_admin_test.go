package approval_test

import (
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

const handedFlow = `kind: approval
id: seal
name: 用印
start: {commands: [用印]}
form: [{id: item, type: text, label: 文件, required: true}]
steps:
  - {id: leader, approve: {by: "person:han.meimei", allow: []}}
  - {id: office, approve: {by: "person:wang.fang", allow: []}}
  - {id: keeper, approve: {by: "person:ops.admin", allow: []}}
`

// What an administrator handed on, on a page or by a command, is handed on again by an administrator: at a step that
// lets its people do no such thing, and though the administrator has no task there; their own task too.
func TestReplayOfAdministrators(t *testing.T) {
	t.Parallel()
	e := env(t)
	old := program(t, handedFlow, e)
	b := workflowstest.New(old, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	must(t, b.Begin("li.lei", form("item", "合同")))
	to := func(task, who string) map[string]event.Value {
		b.Now = b.Now.Add(time.Minute)
		return map[string]event.Value{"task": event.Text(task), "who": event.List(who), "opinion": event.Text("休假")}
	}
	accepted := func(err error) {
		t.Helper()
		if must(t, err); b.Refusal != nil {
			t.Fatal(b.Refusal)
		}
	}
	accepted(b.Press("ops.admin", "admin", "transfer", to("leader/1/0", "zhao.min")))
	accepted(b.Press("zhao.min", "task/leader/1/0/2", "approve", to("", "zhao.min")))
	accepted(b.Do(act("transfer", to("office/1/0", "sun.li"))))
	accepted(b.Press("sun.li", "task/office/1/0/2", "approve", to("", "sun.li")))
	accepted(b.Press("ops.admin", "admin", "transfer", to("keeper/1/0", "chen.jie")))
	accepted(b.Press("chen.jie", "task/keeper/1/0/2", "approve", to("", "chen.jie")))
	if b.Inst.Status != workflows.StatusApproved {
		t.Fatal(b.Inst.Status, b.Open())
	}

	for name, c := range map[string]struct{ now, want string }{
		"the same":    {"# again\n" + handedFlow, ""},
		"a step goes": {strings.Replace(handedFlow, `  - {id: office, approve: {by: "person:wang.fang", allow: []}}`+"\n", "", 1), "no longer asked: office: sun.li"},
		"another is meant": {strings.Replace(handedFlow, "person:wang.fang", "person:liu.yang", 1),
			"running, waits for office: liu.yang instead of approved; asked in addition: office: liu.yang; no longer asked: office: sun.li; no longer asked: keeper: chen.jie"},
		"who has it now was asked before": {strings.Replace(handedFlow, `by: "person:han.meimei"`, `by: ["person:han.meimei", "person:zhao.min"], mode: all`, 1),
			"running, waits for leader: han.meimei instead of approved; asked in addition: leader: han.meimei; no longer asked: office: sun.li; no longer asked: keeper: chen.jie; ops.admin's transfer is refused now: 赵敏已经是这个节点的审批人"},
	} {
		x, err := workflowstest.Replay(old, program(t, c.now, e), b.Inst, b.Trail, workflowstest.Options{People: workflowstest.NewCompany()})
		if got := strings.Join(x.Words, "; "); err != nil || got != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, c.want)
		}
	}
}

// Whoever hands their own task on does it themself, by the rules of the step that there is now.
func TestReplayOfATransfer(t *testing.T) {
	t.Parallel()
	e := env(t)
	open := strings.ReplaceAll(handedFlow, ", allow: []", "")
	old := program(t, open, e)
	b := workflowstest.New(old, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	must(t, b.Begin("li.lei", form("item", "合同")))
	// To call oneself an administrator makes nobody one.
	must(t, b.Press("han.meimei", "admin", "transfer", map[string]event.Value{"task": event.Text("leader/1/0"), "who": event.List("sun.li")}))
	if b.Toast == nil || !strings.Contains(b.Toast.Text.Default, "只有管理员") {
		t.Fatalf("told %+v", b.Toast)
	}
	b.Now = b.Now.Add(time.Minute)
	must(t, b.Press("han.meimei", "task/leader/1/0", "transfer", map[string]event.Value{"who": event.List("zhao.min")}))
	for now, want := range map[string]string{
		"# again\n" + open: "",
		handedFlow:         "asked in addition: leader: han.meimei; no longer asked: leader: zhao.min; han.meimei's transfer is refused now: 这个节点不允许这样做",
	} {
		x, err := workflowstest.Replay(old, program(t, now, e), b.Inst, b.Trail, workflowstest.Options{People: workflowstest.NewCompany()})
		if got := strings.Join(x.Words, "; "); err != nil || got != want {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	}
}
