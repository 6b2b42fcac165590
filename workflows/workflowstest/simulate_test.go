package workflowstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

const forks = `kind: approval
id: f
name: 流程
start: {commands: [走]}
form: [{id: amount, type: money, label: 金额, required: true}]
steps:
  - {id: leader, approve: {by: initiator.manager}, remind: {after: 4 hours, every: 1 day, at_most: 2}, timeout: {after: 2 days, then: transfer, to: role:ceo}}
  - branch:
      - {if: form.amount >= 100, steps: [{id: big, approve: {by: role:ceo}}]}
      - {else: true, steps: []}
  - parallel:
      - [{id: one, if: form.amount > 1000, approve: {by: role:finance}}]
      - [{id: two, approve: {by: "person:sun.li"}}]
  - inclusive:
      - {if: form.amount >= 50, steps: [{id: three, approve: {by: role:finance, mode: all}}]}
      - {if: form.amount >= 5000, steps: [{id: four, approve: {by: role:ceo}}]}
      - {else: true, steps: []}
  - cc: {to: ["dept:行政部/lead"]}
`

// The path tells every step, fork and copy, in order, and what happens as time passes.
func TestSimulatePath(t *testing.T) {
	t.Parallel()
	n, ps := config.Parse("flow.yaml", []byte(forks))
	if ps.Bad() {
		t.Fatal(ps)
	}
	c := workflowstest.NewCompany()
	p, ps := approval.Kind{}.Compile(n, workflows.Env{Roles: c.Roles})
	if ps.Bad() {
		t.Fatal(ps)
	}
	x, err := workflowstest.Simulate(p, "li.lei", map[string]event.Value{"amount": event.Text("100")}, time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), workflowstest.Options{People: c})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range x.Path {
		line := s.Kind
		if s.Kind == "approve" {
			line = s.ID + " " + s.State
		}
		for _, seat := range append(s.Seats, s.Told...) {
			line += " " + seat.Person
		}
		if len(s.Took)+len(s.Left) > 0 {
			line += " [" + strings.Join(s.Took, "|") + "] not [" + strings.Join(s.Left, "|") + "]"
		}
		got = append(got, line)
	}
	want := []string{
		"leader passed han.meimei", "branch [form.amount >= 100] not [else]", "big passed zhang.wei",
		"parallel [way 1|way 2] not []", "one skipped", "two passed sun.li",
		"inclusive [form.amount >= 50] not [form.amount >= 5000|else]", "three passed wang.fang zhao.min", "cc chen.jie",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"reminded after 4 hours, then every 1 day, 2 times in all", "after 2 days: transfer to role:ceo"}, x.Path[0].Rules); diff != "" {
		t.Error(diff)
	}
	if x.Path[0].Due != "2026-03-04T01:00:00Z" || x.Path[4].Rules != nil || x.Status != workflows.StatusApproved || x.Stopped != "" {
		t.Errorf("%+v", x)
	}
}
