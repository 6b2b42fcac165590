package approval_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

const largeHead = "kind: approval\nid: flow\nname: 流程\nstart: {commands: [走]}\nform: [{id: amount, type: money, label: 金额}]\nsteps:\n"

// largest is a flow of 500 steps, all of them passed over but the last when the amount is small.
func largest() string {
	var b strings.Builder
	b.WriteString(largeHead)
	b.WriteString("  - parallel:\n") // 1 + 20 × 4
	for i := range 20 {
		fmt.Fprintf(&b, "      - [{id: p%d, if: form.amount > 2, approve: {by: role:ceo}}, {id: q%d, if: form.amount > 2, approve: {by: role:ceo}}, {id: r%d, if: form.amount > 2, approve: {by: role:ceo}}, {cc: {to: role:board}}]\n", i, i, i)
	}
	for i := range 418 {
		fmt.Fprintf(&b, "  - {id: s%d, if: form.amount > 2, approve: {by: role:ceo}}\n", i)
	}
	b.WriteString("  - {id: last, approve: {by: role:ceo}}\n")
	return b.String()
}

// BenchmarkLargestFlow is how long the largest flow takes to be compiled, and to be gone through in one command.
func BenchmarkLargestFlow(b *testing.B) {
	src := largest()
	e := env(b)
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			program(b, src, e)
		}
	})
	b.Run("walk", func(b *testing.B) {
		p := program(b, src, e)
		bench := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		must(b, bench.Say("li.lei", "走"))
		in := bench.Inst
		in.Warm = nil
		submit := event.Event{Kind: event.KindCardAction, Actor: event.Actor{Person: "li.lei", Type: event.ActorUser},
			Body: &event.Action{Slot: in.ID + "/initiator", Verb: "submit", Form: form("amount", "1")}}
		for b.Loop() {
			if _, err := p.Step(in, submit, bench.Now); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The largest flow that is allowed is compiled, and gone from end to end, at once: every condition fails but one, so
// that one command goes through all of it.
func TestLargestFlow(t *testing.T) {
	t.Parallel()
	src := largest()
	p := program(t, src, env(t))
	bench := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	must(t, bench.Begin("li.lei", form("amount", "1")))
	if open := bench.Open(); len(open) != 1 || open[0].Node != "last" {
		t.Fatalf("open: %v", open)
	}
	must(t, bench.Press("zhang.wei", bench.SlotOf(bench.Open()[0]), "approve", nil))
	if bench.Inst.Status != workflows.StatusApproved {
		t.Errorf("it is %s", bench.Inst.Status)
	}
	if again, err := approval.Rebuild(bench.Trail); err != nil || string(again) != string(bench.Inst.State) {
		t.Errorf("the fold of the trail is another state: %v", err)
	}
}

// What is too large is refused with how large it is, before anything is done with it.
func TestTooLargeFlow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, steps, want string
	}{
		{"one more", strings.Repeat("  - {cc: {to: role:ceo}}\n", 501), "flow.yaml:7:3: steps: 501 steps with those inside branches; at most 500; split the flow"},
		{"four thousand", strings.Repeat("  - {cc: {to: role:ceo}}\n", 4_000), "flow.yaml:7:3: steps: 4000 steps with those inside branches; at most 500; split the flow"},
		{"ten thousand", strings.Repeat("  - {cc: {to: role:ceo}}\n", 10_000), "the file has too many keys; at most 10000: split it"},
		{"inside arms", strings.Repeat("  - parallel: [["+strings.Repeat("{cc: {to: role:ceo}}, ", 300)+"{cc: {to: role:ceo}}], [{cc: {to: role:ceo}}]]\n", 2),
			"flow.yaml:7:3: steps: 606 steps with those inside branches; at most 500; split the flow"},
		{"deep", "  - " + strings.Repeat("parallel: [[{", 8) + "cc: {to: role:ceo}" + strings.Repeat("}]]", 8) + "\n", "branches are nested too deeply; at most 5 levels"},
		{"very deep", "  - " + strings.Repeat("parallel: [[{", 1000) + "cc: {to: role:ceo}" + strings.Repeat("}]]", 1000) + "\n", "nested too deeply"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, ps := config.Parse("flow.yaml", []byte(largeHead+c.steps))
			if !ps.Bad() {
				var more config.Problems
				_, more = approval.Kind{}.Compile(n, env(t))
				ps = append(ps, more...)
			}
			for _, p := range ps {
				if strings.Contains(p.String(), c.want) {
					return
				}
			}
			t.Errorf("want %s\ngot %.600v", c.want, ps)
		})
	}
}
