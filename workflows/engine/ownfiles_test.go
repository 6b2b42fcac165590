package engine_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/engine"
)

// keeping is a program whose instances hold what is handed in; the boss may see one file of somebody else's.
type keeping struct{ poll }

func (k keeping) Step(in workflows.Instance, ev event.Event, now time.Time) (workflows.Outcome, error) {
	a, ok := ev.Body.(*event.Action)
	if !ok {
		return k.poll.Step(in, ev, now)
	}
	out := workflows.Outcome{Trail: []workflows.Entry{{At: now, Kind: "got", Actor: ev.Actor.Person, Data: workflows.Data(a.Form)}}}
	out.Instance = &in
	return out, nil
}

func (keeping) Files(_ workflows.Instance, person string) ([]event.File, error) {
	if person != "boss" {
		return nil, nil
	}
	return []event.File{{ID: "held", Name: "发票.pdf", Type: "application/pdf", Size: 3, Sum: "s"}}, nil
}

// Whatever a press says, it brings only files that its person handed in for this instance, or that it holds already.
func TestOnlyOwnFiles(t *testing.T) {
	t.Parallel()
	instance := ""
	whose := func(_ context.Context, id string) (workflows.KeptFile, error) {
		k := workflows.KeptFile{Instance: instance, Owner: "boss", Size: 7, Sum: "sum"}
		switch id {
		case "mine":
			return k, nil
		case "theirs", "held":
			k.Owner = "li.lei"
			return k, nil
		case "elsewhere":
			k.Instance = "another"
			return k, nil
		}
		return workflows.KeptFile{}, workflows.ErrNotFound
	}
	r := newRig(t, func(o *engine.Options) {
		o.Files = whose
		rt, err := engine.NewRuntime([]workflows.Program{keeping{poll{"v1"}}}, ask{}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		o.Runtime = func() *engine.Runtime { return rt }
	})
	id, card := r.start()
	instance = id
	file := func(id string) event.File {
		return event.File{ID: id, Name: id + ".pdf", Type: "application/pdf", Size: 1 << 40, Sum: "forged"}
	}
	mine := event.File{ID: "mine", Name: "mine.pdf", Type: "application/pdf", Size: 7, Sum: "sum"}
	held := event.File{ID: "held", Name: "发票.pdf", Type: "application/pdf", Size: 3, Sum: "s"}
	sent := map[string]event.Value{
		"own": event.Files(file("mine")), "held": event.Files(file("held"), file("mine")),
		"theirs": event.Files(file("mine"), file("theirs")), "elsewhere": event.Files(file("elsewhere")), "nothing": event.Files(file("made up")),
		"text":  {Kind: event.ValueText, Text: "x", Files: []event.File{file("mine")}},
		"table": event.Table(event.Row{"a": event.Text("1"), "b": event.Files(file("mine"))}, event.Row{"a": {Kind: event.ValueTable, Rows: []event.Row{{"x": event.Files(file("mine"))}}}}),
		"plain": event.Text("y"),
	}
	want := map[string]event.Value{
		"own": event.Files(mine), "held": event.Files(held, mine),
		"theirs": event.Text("theirs.pdf"), "elsewhere": event.Text("elsewhere.pdf"), "nothing": event.Text("made up.pdf"),
		"text":  event.Text("mine.pdf"),
		"table": event.Table(event.Row{"a": event.Text("1"), "b": event.Text("")}, event.Row{"a": event.Text("")}),
		"plain": event.Text("y"),
	}
	l := r.press("p1", "u-boss", card, yes(card))
	l.Event.Body.(*event.Action).Form = sent
	before := workflows.Data(sent)
	r.do(l, false)
	last := r.store.trail[len(r.store.trail)-1]
	var got map[string]event.Value
	if err := json.Unmarshal(last.Data, &got); err != nil || last.Kind != "got" {
		t.Fatalf("%s %v", last.Kind, err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if string(before) != string(workflows.Data(sent)) {
		t.Error("the event itself was written to")
	}
}
