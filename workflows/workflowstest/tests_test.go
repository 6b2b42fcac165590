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
