package approval_test

import (
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workcal"
	"magpie/workflows/workflowstest"
)

// A deadline that reaches into a year without holidays says so; when the year is known it is computed anew, once,
// and the old timer does nothing.
func TestRecount(t *testing.T) {
	t.Parallel()
	calendar := func(years []workcal.Year) workflows.Calendar {
		c, err := workcal.New(workcal.Options{Years: years})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const src = `kind: approval
id: f
name: 流程
start: {commands: [走]}
form: [{id: x, type: text, label: 内容}]
steps:
  - {id: a, approve: {by: initiator.manager}, remind: {after: 3 work days}, timeout: {after: 3 work days, then: reject}}
`
	known := workcal.Shipped("cn")
	next := workcal.Year{Country: "cn", Year: 2027, Version: "t", Off: map[string]string{"2027-01-01": "元旦", "2027-01-04": "元旦"}, Worked: map[string]string{"2027-01-02": "元旦"}}
	e := env(t)
	e.Calendar = calendar(known)
	before := program(t, src, e)
	e.Calendar = calendar(append(known, next))
	after := program(t, src, e)

	zone := workcal.Shanghai()
	b := workflowstest.New(before, workflowstest.NewCompany(), time.Date(2026, 12, 30, 10, 0, 0, 0, zone))
	must(t, b.Begin("li.lei", nil))
	step := func() workflows.ExplainedStep {
		x, err := b.Explain()
		if err != nil {
			t.Fatal(err)
		}
		return x.Steps[0]
	}
	// 31 December, then plain weekdays: 1 and 4 January.
	if s := step(); !s.Guessed || !s.DueAt.Equal(time.Date(2027, 1, 4, 10, 0, 0, 0, zone)) {
		t.Fatalf("%+v", s)
	}
	old := b.Timers["timeout/a/1/0"]
	tell := func() {
		must(t, b.Do(event.Event{Kind: event.KindTimer, Actor: event.Actor{Type: event.ActorSystem}, Body: &event.Timer{Name: "calendar"}}))
	}
	tell()
	if n := len(b.Trail); b.Trail[n-1].Kind == "recounted" {
		t.Fatal("the same calendar counts the same")
	}
	b.Program = after
	b.Now = b.Now.Add(24 * time.Hour)
	tell()
	due := time.Date(2027, 1, 5, 10, 0, 0, 0, zone) // 31 December, Saturday 2 January, 5 January
	if s := step(); s.Guessed || !s.DueAt.Equal(due) {
		t.Fatalf("%+v", s)
	}
	if timer := b.Timers["timeout/a/1/0"]; !timer.At.Equal(due) || timer.Generation == old.Generation {
		t.Errorf("%+v", timer)
	}
	if timer := b.Timers["remind/a/1/0"]; !timer.At.Equal(due) {
		t.Errorf("%+v", timer)
	}
	n := len(b.Trail)
	if b.Trail[n-1].Kind != "recounted" {
		t.Fatalf("the trail ends with %s", b.Trail[n-1].Kind)
	}
	tell()
	if len(b.Trail) != n {
		t.Error("told twice, it counts twice")
	}
	must(t, b.Fire(old))
	if b.Inst.Status != workflows.StatusRunning {
		t.Fatal("the old deadline counted")
	}
	again, err := approval.Rebuild(b.Trail)
	if err != nil || string(again) != string(b.Inst.State) {
		t.Errorf("the trail folds to another state: %v", err)
	}
	must(t, b.Advance(due))
	if b.Inst.Status != workflows.StatusRejected {
		t.Errorf("at the new deadline it is %s", b.Inst.Status)
	}
}
