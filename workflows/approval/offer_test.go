package approval_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

const choosing = `kind: approval
id: review
name: 评审
start: {commands: [评审]}
form:
  - {id: item, type: text, label: 内容, required: true}
  - {id: copy, type: persons, label: 知会, from: ["role:finance", "person:gone"]}
steps:
  - {id: boss, name: 领导, approve: {by: chosen, from: "role:many"}}
`

// Whom a field offers is on the card by name, told apart by department, and no more than can be shown; the state is
// what the trail leads to.
func TestOffersAreDrawn(t *testing.T) {
	t.Parallel()
	company := workflowstest.NewCompany()
	company.Roles["many"] = nil
	for i := range 230 {
		id := fmt.Sprintf("p%03d", i)
		company.People[id] = workflows.Person{ID: id, Name: "同名", Depts: []string{"d4"}, Active: i > 0}
		company.Order = append(company.Order, id)
		company.Roles["many"] = append(company.Roles["many"], "person:"+id)
	}
	e := env(t)
	e.Roles = company.Roles
	b := workflowstest.New(program(t, choosing, e), company, time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC))
	b.Hold = true
	if err := b.Say("li.lei", "评审"); err != nil {
		t.Fatal(err)
	}
	send := func(boss string) {
		t.Helper()
		if err := b.Press("li.lei", "initiator", "submit", map[string]event.Value{"item": event.Text("x"), "chosen_boss": event.Text(boss)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, shown := b.Cards["initiator"]; shown {
		t.Error("the form is shown before it is known whom it offers")
	}
	if send("p001"); b.Inst.Status != workflows.StatusDraft || b.Refusal == nil || b.Refusal.Code != "not_ready" {
		t.Errorf("it was handed in before it was shown: %s, %v", b.Inst.Status, b.Refusal)
	}
	for len(b.Waiting) > 0 {
		if err := b.Answer(0); err != nil {
			t.Fatal(err)
		}
	}
	form := string(workflows.Data(b.Cards["initiator"].View["form"]))
	for _, want := range []string{`"kind":"select"`, `"kind":"multiselect"`, `{"label":"同名（市场部）","value":"p001"}`, `{"label":"赵敏","value":"zhao.min"}`} {
		if !strings.Contains(form, want) {
			t.Errorf("the form does not have %s: %s", want, form)
		}
	}
	if n := strings.Count(form, `"label":"同名`); n != 200 {
		t.Errorf("%d are offered, want 200", n)
	}
	if strings.Contains(form, "p000") || strings.Contains(form, "gone") {
		t.Error("somebody is offered who is not there")
	}
	if send("p000"); b.Inst.Status != workflows.StatusDraft {
		t.Error("somebody who has left was chosen")
	}
	if send("p200"); b.Inst.Status != workflows.StatusRunning {
		t.Fatalf("%s: %v", b.Inst.Status, b.Toast)
	}
	if again, err := approval.Rebuild(b.Trail); err != nil || string(again) != string(b.Inst.State) {
		t.Errorf("the trail leads to another state: %v", err)
	}
}
