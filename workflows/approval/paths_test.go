package approval_test

import (
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

// Who may not decide, may not by any way in: a card, a page, a word in the chat that became a press, a form that
// names a verb, a task that others hand over, a deadline, somebody who left, a proxy, two accounts of one person.
func TestNobodyApprovesTheirOwn(t *testing.T) {
	t.Parallel()
	type ways map[string]func(t *testing.T, b *workflowstest.Bench)
	self := "li.lei"
	who := func(id string) map[string]event.Value {
		return map[string]event.Value{"who": {Kind: event.ValuePeople, List: []string{id}}, "opinion": event.Text("理由")}
	}
	press := func(slot, verb string, form map[string]event.Value) func(*testing.T, *workflowstest.Bench) {
		return func(t *testing.T, b *workflowstest.Bench) {
			must(t, b.Press("han.meimei", slot, verb, form))
			if b.Refusal == nil {
				t.Errorf("%s was accepted", verb)
			}
		}
	}
	slot := "task/s/1/0"
	by := func(connection, element, verb string, form map[string]event.Value) func(*testing.T, *workflowstest.Bench) {
		return func(t *testing.T, b *workflowstest.Bench) {
			ev := event.Event{Kind: event.KindCardAction, Connection: connection, Actor: event.Actor{Person: self, Name: "李雷", Type: event.ActorUser},
				Body: &event.Action{Slot: b.Inst.ID + "/" + slot, Verb: verb, Form: form, Element: element, Rev: b.Inst.Rev}}
			must(t, b.Do(ev))
			if b.Refusal == nil {
				t.Errorf("%s by the initiator was accepted", verb)
			}
		}
	}
	left := func(same bool) func(*testing.T, *workflowstest.Bench) {
		return func(t *testing.T, b *workflowstest.Bench) {
			must(t, b.Do(event.Event{Kind: event.KindPersonLeft, Actor: event.Actor{Type: event.ActorSystem},
				Body: &event.Directory{Person: "han.meimei", Same: same, Heirs: []event.Person{{ID: self, Name: "李雷", Active: true}}}}))
		}
	}
	wait := func(t *testing.T, b *workflowstest.Bench) { must(t, b.Advance(b.Now.Add(72*time.Hour))) }
	flow := func(timeout string) string {
		return "kind: approval\nid: flow\nname: 流程\nstart: {commands: [走]}\nform: [{id: item, type: text, label: 内容}]\n" +
			"steps: [{id: s, approve: {by: \"person:han.meimei\", abstain: ignored}" + timeout + "}]\nrules: {initiator_is_approver: manager}\n"
	}
	for name, c := range map[string]struct {
		flow string
		ways ways
	}{
		"a press": {flow(""), ways{
			"card": by("feishu", "btn", "approve", nil), "page": by("page", "page", "approve", nil), "chat": by("wecom", "", "approve", nil),
			"abstain": by("feishu", "", "abstain", nil), "form": by("feishu", "", "more", map[string]event.Value{"do": event.Text("approve")}),
			"transfer": press(slot, "transfer", who(self)), "delegate": press(slot, "delegate", who(self)),
			"before": press(slot, "add_before", who(self)), "after": press(slot, "add_after", who(self)), "beside": press(slot, "add_beside", who(self)),
			"heir": left(false), "one person": left(true),
			"proxy": func(t *testing.T, b *workflowstest.Bench) {
				must(t, b.Do(event.Event{Kind: event.KindPersonAway, Actor: event.Actor{Type: event.ActorSystem}, Body: &event.Directory{
					Person: "han.meimei", Proxies: []event.Proxy{{ID: "g", Of: "han.meimei", To: event.Person{ID: self, Active: true}, Open: true}}}}))
			},
		}},
		"to the initiator":   {flow(", timeout: {after: 1 day, then: transfer, to: initiator}"), ways{"timeout": wait}},
		"from the initiator": {flow(", timeout: {after: 1 day, then: escalate}"), ways{"one person, then timeout": func(t *testing.T, b *workflowstest.Bench) { left(true)(t, b); wait(t, b) }}},
		"approves by itself": {flow(", timeout: {after: 1 day, then: approve}"), ways{"one person": left(true)}},
		"while it is looked up": {flow(""), ways{"one person": func(t *testing.T, b *workflowstest.Bench) {
			b.Hold = true // the initiator's own seat, as long as nobody is found for it
			left(true)(t, b)
			by("feishu", "", "approve", nil)(t, b)
			if b.Refusal.Code != "self_approval" {
				t.Errorf("refused as %s", b.Refusal.Code)
			}
		}}},
	} {
		for way, try := range c.ways {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				b := workflowstest.New(program(t, c.flow, env(t)), workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
				must(t, b.Begin(self, nil))
				try(t, b)
				for _, e := range b.Trail {
					if e.Kind == "voted" && e.Actor == self {
						t.Errorf("the initiator voted: %s", e.Data)
					}
				}
				for _, k := range b.Open() {
					must(t, b.Press(self, b.SlotOf(k), "approve", nil))
					if b.Refusal == nil {
						t.Errorf("the initiator decided the task of %s", k.Person)
					}
				}
				if b.Inst.Status == workflows.StatusApproved {
					t.Errorf("it is approved")
				}
			})
		}
	}
}
