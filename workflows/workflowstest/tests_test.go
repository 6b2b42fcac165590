package workflowstest_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

const flow = `kind: approval
id: purchase
name: 采购申请
start: {commands: [采购]}
form:
  - {id: amount, type: money, label: 金额, required: true}
steps:
  - {id: leader, approve: {by: initiator.manager}}
  - {id: finance, if: form.amount >= 5000, approve: {by: role:finance, mode: all}, timeout: {after: 2 days, then: remind}}
tests:
  - {name: right, start: {by: li.lei, form: {amount: 1}}, expect: {path: [leader], state: running}}
  - name: wrong
    start: {by: li.lei, form: {amount: 1}}
    do: [{approve: {step: leader, by: han.meimei, refused: not_your_task}}]
    expect:
      path: [leader, finance]
      approvers: {leader: [wang.fang]}
      state: running
`

func load(t *testing.T) (*config.Node, workflows.Program, workflowstest.Options) {
	t.Helper()
	n, ps := config.Parse("flow.yaml", []byte(flow))
	if ps.Bad() {
		t.Fatal(ps)
	}
	c := workflowstest.NewCompany()
	p, ps := approval.Kind{}.Compile(n, workflows.Env{Roles: c.Roles})
	if ps.Bad() {
		t.Fatal(ps)
	}
	return n, p, workflowstest.Options{People: c}
}

// A failing test says which expectation, where it stands, and what was seen instead.
func TestRun(t *testing.T) {
	t.Parallel()
	n, p, o := load(t)
	results, ps := workflowstest.Run(n, p, o)
	if ps.Bad() || len(results) != 2 {
		t.Fatalf("%d results: %v", len(results), ps)
	}
	if !results[0].Passed() || results[1].Passed() {
		t.Errorf("passed: %v, %v", results[0].Passed(), results[1].Passed())
	}
	got := results[1].Failure.Error()
	for _, want := range []string{
		"flow.yaml:14:20: tests[1].do[0].approve: it was accepted; refused: not_your_task",
		"flow.yaml:16:13: tests[1].expect.path: path is [leader]; want [leader, finance] (-finance)",
		"flow.yaml:17:27: tests[1].expect.approvers.leader: approvers.leader is [han.meimei]; want [wang.fang] (-wang.fang +han.meimei)",
		"flow.yaml:18:14: tests[1].expect.state: state is approved; want running",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s\ngot\n%s", want, got)
		}
	}
}

const telling = `kind: approval
id: purchase
name: 采购申请
start: {commands: [采购]}
form:
  - {id: amount, type: money, label: 金额, required: true}
  - {id: kind, type: select, label: 类别, options: [设备, 软件], default: 设备}
steps:
  - {id: leader, approve: {by: initiator.manager}, timeout: {after: 2 days, then: escalate}}
  - {id: finance, if: form.kind == "设备", approve: {by: role:finance, mode: all}}
tests:
  - name: everything that can be told of a request
    people: {li.lei: {manager: new.boss, dept: 市场部}, new.boss: {name: 新主管, manager: sun.li}, sun.li: {manager: none}}
    roles: {finance: [zhao.min, "dept:市场部/lead"], admin: none}
    start: {by: li.lei, form: {amount: 1}}
    do:
      - {expect: {open: [new.boss], steps: {leader: {state: open, due: "2026-03-04 09:00", rounds: 1, seats: {new.boss: open}}}}}
      - {approve: {step: leader, by: li.lei, refused: not_your_task, toast: 新主管}}
      - {left: new.boss}
      - {expect: {open: [sun.li], cards: {leader of new.boss: transferred}}}
      - {approve: {step: leader, by: sun.li, reason: 好, toast: 已同意}}
      - {urge: {}}
      - {urge: {refused: urged_recently}}
      - {wait: 1 hours}
      - {press: {verb: approve, step: finance, by: zhao.min}}
      - {approve: {step: finance, by: sun.li}}
    expect:
      approvers: {leader: [sun.li], finance: [zhao.min, sun.li]}
      steps: {finance: {state: passed, due: none, seats: {zhao.min: approved, sun.li: approved}, why: form.kind}}
      cards: {initiator: approved, leader of sun.li: approved, cc of chen.jie: none}
      trail: [submitted, moved, voted, ended, no skipped]
      texts: {zhao.min: 李雷}
      state: approved
  - name: somebody is away
    people: {han.meimei: {proxy: {to: zhang.wei, flows: purchase}}}
    start: {by: li.lei, form: {amount: 1}}
    expect: {open: [zhang.wei], approvers: {leader: [zhang.wei]}, state: running}
  - name: wrong
    people: {li.lei: {manager: nobody.here}}
    start: {by: li.lei, form: {amount: 1}}
    expect: {state: running}
  - name: all wrong
    start: {by: li.lei, form: {amount: 1}}
    do: [{delegate: {step: finance, by: zhao.min, who: li.lei}}, {approve: {step: leader, by: han.meimei}}]
    expect:
      steps: {leader: {state: open, due: none, seats: {han.meimei: open, li.lei: open}}}
      cards: {initiator: approved, cc of li.lei: running}
      trail: [voted, started]
      texts: {li.lei: 你好}
`

// The whole language of tests: what is told right passes, what is wrong says what was there instead.
func TestLanguage(t *testing.T) {
	t.Parallel()
	n, ps := config.Parse("flow.yaml", []byte(telling))
	if ps.Bad() {
		t.Fatal(ps)
	}
	c := workflowstest.NewCompany()
	p, ps := approval.Kind{}.Compile(n, workflows.Env{Roles: c.Roles})
	if ps.Bad() {
		t.Fatal(ps)
	}
	results, ps := workflowstest.Run(n, p, workflowstest.Options{People: c})
	if ps.Bad() || len(results) != 4 {
		t.Fatalf("%d results: %v", len(results), ps)
	}
	if !results[0].Passed() || !results[1].Passed() {
		t.Error(results[0].Failure, results[1].Failure)
	}
	if got := results[2].Failure.Error(); !strings.Contains(got, `flow.yaml:39:32: tests[2].people["li.lei"].manager: there is no person "nobody.here"; a person id, or none`) {
		t.Error(got)
	}
	got := results[3].Failure.Error()
	for _, want := range []string{
		"flow.yaml:44:21: tests[3].do[0].delegate: zhao.min has no task at finance; now open: leader of han.meimei",
		"tests[3].expect.steps.leader.state: state is passed; want open",
		"tests[3].expect.steps.leader.due: due is 2026-03-04 09:00; want none",
		`tests[3].expect.steps.leader.seats["han.meimei"]: the task of han.meimei is approved; want open`,
		`tests[3].expect.steps.leader.seats["li.lei"]: the task of li.lei is no seat; want open`,
		"tests[3].expect.cards.initiator: it is running, and says",
		`tests[3].expect.cards["cc of li.lei"]: there is no such card; there are: initiator to li.lei, task/finance/1/0 to wang.fang,`,
		"tests[3].expect.trail[1]: the trail goes on with [closed,",
		`tests[3].expect.texts["li.lei"]: the texts are []; want 你好`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s\ngot\n%s", want, got)
		}
	}
	if c.People["li.lei"].Manager != "han.meimei" || len(c.Roles["admin"]) != 1 {
		t.Error("a test changed the company of the others")
	}
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	_, p, o := load(t)
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	x, err := workflowstest.Simulate(p, "li.lei", map[string]event.Value{"amount": event.Text("4999.99")}, now, o)
	if err != nil {
		t.Fatal(err)
	}
	if x.Status != workflows.StatusApproved || len(x.Steps) != 2 || x.Steps[1].State != "skipped" || !strings.Contains(x.Steps[1].Why, "form.amount >= 5000") {
		t.Errorf("%+v", x)
	}
	x, err = workflowstest.Simulate(p, "li.lei", map[string]event.Value{"amount": event.Text("5000")}, now, o)
	if err != nil {
		t.Fatal(err)
	}
	if s := x.Steps[1]; len(s.Seats) != 2 || s.Seats[0].Name != "王芳" || !s.DueAt.Equal(now.Add(48*time.Hour)) || s.DueRule != "2 days" {
		t.Errorf("%+v", s)
	}
	if _, err := workflowstest.Simulate(p, "li.lei", nil, now, o); err == nil || !strings.Contains(err.Error(), "金额：必填") {
		t.Errorf("an empty form: %v", err)
	}
}

func TestParseArchive(t *testing.T) {
	t.Parallel()
	src := "a remark\n-- flow.yaml --\nid: x\n-- story --\nsay hello\n"
	comment, files := workflowstest.ParseArchive(src)
	if comment != "a remark\n" || len(files) != 2 || files[0].Body != "id: x\n" || files[1].Name != "story" || files[1].Line != 5 {
		t.Errorf("%q %+v", comment, files)
	}
}

func FuzzParseArchive(f *testing.F) {
	for _, file := range []string{"../approval/testdata/any.txtar", "../approval/testdata/remind.txtar"} {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	f.Fuzz(func(t *testing.T, src string) {
		comment, files := workflowstest.ParseArchive(src)
		n := len(comment)
		for _, s := range files {
			n += len(s.Body)
		}
		if n > len(src) {
			t.Fatalf("%d bytes out of %d", n, len(src))
		}
	})
}

const together = `kind: approval
id: purchase
name: 采购申请
start: {commands: [采购]}
form:
  - {id: item, type: text, label: 内容, required: true}
steps:
  - parallel:
      - [{id: leader, approve: {by: initiator.manager}}]
      - [{id: seal, approve: {by: initiator.manager, batch: false}}]
tests:
  - name: right
    start: {by: li.lei, form: {item: x}}
    do:
      - {batch: {by: han.meimei, verb: reject, refused: reason_required, alone: [seal]}}
      - {batch: {by: han.meimei, verb: approve, alone: seal}}
      - {approve: {step: seal, by: han.meimei}}
    expect: {state: approved}
  - name: wrong
    start: {by: li.lei, form: {item: x}}
    do:
      - {batch: {by: han.meimei, verb: approve, steps: leader, alone: [seal]}}
      - {batch: {by: han.meimei, verb: approve}}
      - {batch: {by: wang.fang, verb: approve}}
    expect: {state: running}
`

// Several tasks decided at once are judged one by one; what is left for a decision of its own must be what the test says.
func TestTogether(t *testing.T) {
	t.Parallel()
	n, ps := config.Parse("flow.yaml", []byte(together))
	if ps.Bad() {
		t.Fatal(ps)
	}
	c := workflowstest.NewCompany()
	p, ps := approval.Kind{}.Compile(n, workflows.Env{Roles: c.Roles})
	if ps.Bad() {
		t.Fatal(ps)
	}
	results, ps := workflowstest.Run(n, p, workflowstest.Options{People: c})
	if ps.Bad() || len(results) != 2 {
		t.Fatalf("%d results: %v", len(results), ps)
	}
	if !results[0].Passed() {
		t.Error(results[0].Failure)
	}
	got := results[1].Failure.Error()
	for _, want := range []string{
		"do[0].batch: left for a decision of their own are []; alone: [seal]",
		"do[1].batch: left for a decision of their own are [seal]; alone: []",
		"do[2].batch: wang.fang has no task",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s\ngot\n%s", want, got)
		}
	}
}
