package approval_test

import (
	"strings"
	"testing"

	"magpie/adapters/event"
	"magpie/workflows"
)

// act is what an operator's command puts into the inbox.
func act(verb string, form map[string]event.Value) event.Event {
	return event.Event{
		Kind: event.KindCardAction, Connection: event.Self, Actor: event.Actor{Type: event.ActorSystem, Name: "cli:root@host"},
		Body: &event.Action{Slot: "admin", Verb: verb, Form: form}, Post: &event.Post{Key: "cli/1"},
	}
}

// An operator ends a request, with a reason, and the trail names them; what has ended stays as it is.
func TestOperatorTerminates(t *testing.T) {
	t.Parallel()
	p := newPair(t, "true")
	p.begin("8000")
	do := func(ev event.Event, refused string) {
		t.Helper()
		if err := p.parent.Do(ev); err != nil {
			t.Fatal(err)
		}
		switch no := p.parent.Refusal; {
		case no == nil && refused != "", no != nil && no.Code != refused:
			t.Errorf("refused %v, want %q", no, refused)
		}
	}
	do(act("terminate", nil), "reason_required")
	do(act("burn", nil), "unknown_action")
	do(act("terminate", map[string]event.Value{"opinion": event.Text("重复")}), "")
	if p.parent.Inst.Status != workflows.StatusTerminated || p.child.Inst.Status != workflows.StatusWithdrawn {
		t.Errorf("it is %s, what it had started %s", p.parent.Inst.Status, p.child.Inst.Status)
	}
	if last := p.parent.Trail[len(p.parent.Trail)-1]; last.Kind != "ended" || last.Actor != "cli:root@host" {
		t.Errorf("the trail ends with %s by %q", last.Kind, last.Actor)
	}
	if got := string(workflows.Data(p.parent.Cards["initiator"].View)); !strings.Contains(got, "重复") {
		t.Errorf("the card is %s", got)
	}
	do(act("terminate", map[string]event.Value{"opinion": event.Text("again")}), "ended")
	p.rebuilt()
}

// A task goes to somebody else in the operator's name, also where the step does not let its people do that.
func TestOperatorTransfers(t *testing.T) {
	t.Parallel()
	p := newPair(t, "true")
	p.begin("8000")
	b := p.child
	give := func(task, to string) *workflows.Refusal {
		t.Helper()
		ev := act("transfer", map[string]event.Value{"task": event.Text(task), "who": {Kind: event.ValuePeople, List: []string{to}}})
		if err := b.Do(ev); err != nil {
			t.Fatal(err)
		}
		return b.Refusal
	}
	if no := give("nothing/1/0", "zhao.min"); no == nil || no.Code != "unknown_action" {
		t.Errorf("a task that is none: %v", no)
	}
	if no := give("boss/1/0", "zhao.min"); no != nil {
		t.Fatal(no)
	}
	if got := p.open(b); len(got) != 1 || got[0] != "boss zhao.min" {
		t.Errorf("open are %v", got)
	}
	if no := give("boss/1/0", "wang.fang"); no == nil {
		t.Error("a task that was handed on was handed on again")
	}
	moved := ""
	for _, e := range b.Trail {
		if e.Kind == "moved" {
			moved = e.Actor
		}
	}
	if moved != "cli:root@host" {
		t.Errorf("moved by %q", moved)
	}
	p.rebuilt()
}

// Nobody else has these rights, whatever they say of themselves: not a person, not another instance, nothing from a suite.
func TestOperatorIsNobodyElse(t *testing.T) {
	t.Parallel()
	p := newPair(t, "true")
	p.begin("8000")
	for name, change := range map[string]func(*event.Event){
		"a person": func(ev *event.Event) {
			ev.Actor = event.Actor{Person: "li.lei", Name: "cli:root@host", Type: event.ActorUser}
		},
		"from a suite":       func(ev *event.Event) { ev.Connection = "feishu-main" },
		"not posted":         func(ev *event.Event) { ev.Post = nil },
		"another instance":   func(ev *event.Event) { ev.Post = &event.Post{From: "i9"} },
		"another name":       func(ev *event.Event) { ev.Actor.Name = "root" },
		"no name":            func(ev *event.Event) { ev.Actor.Name = "" },
		"a person as system": func(ev *event.Event) { ev.Actor.Type = event.ActorExternal },
	} {
		ev := act("terminate", map[string]event.Value{"opinion": event.Text("x")})
		change(&ev)
		if err := p.parent.Do(ev); err != nil {
			t.Fatal(err)
		}
		// A person is asked about in the directory first, and is no administrator there.
		if p.parent.Refusal == nil && name != "a person" || p.parent.Inst.Status != workflows.StatusRunning {
			t.Errorf("%s: the request is %s", name, p.parent.Inst.Status)
		}
	}
}
