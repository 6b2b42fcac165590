package approval_test

import (
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

// A step that wants more than a word is left out when several are decided together; pressed by itself it is decided.
func TestBatchLeavesOut(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)
	for more, want := range map[string]string{"": "", ", batch: true": "", ", batch: false": workflows.InBatch, ", fields: {amount: edit}": workflows.InBatch} {
		src := strings.Replace(childFlow, `by: "person:zhang.wei"`, `by: "person:zhang.wei"`+more, 1)
		b := workflowstest.New(program(t, src, env(t)), workflowstest.NewCompany(), at)
		if err := b.Begin("li.lei", map[string]event.Value{"item": event.Text("键盘"), "amount": {Kind: event.ValueNumber, Text: "300"}}); err != nil {
			t.Fatal(err)
		}
		press := func(data map[string]string) string {
			t.Helper()
			ev := event.Event{Kind: event.KindCardAction, Actor: event.Actor{Person: "zhang.wei", Type: event.ActorUser},
				Body: &event.Action{Slot: "task/boss/1/0", Verb: "approve", Data: data}}
			if err := b.Do(ev); err != nil {
				t.Fatal(err)
			}
			if b.Refusal != nil {
				return b.Refusal.Code
			}
			return ""
		}
		if got := press(map[string]string{workflows.InBatch: "1"}); got != want {
			t.Errorf("%q: refused %q, want %q", more, got, want)
		}
		if want == "" {
			continue
		}
		if got := press(nil); got == workflows.InBatch {
			t.Errorf("%q: by itself it was refused as well", more)
		}
	}
}
