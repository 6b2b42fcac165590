package approval_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

// No file makes Compile panic, and what compiles can be started.
func FuzzCompile(f *testing.F) {
	for _, glob := range []string{"testdata/bad/*.yaml", "../../cmd/magpie/sample/workflows/*.yaml"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		n, ps := config.Parse("flow.yaml", src)
		if ps.Bad() {
			return
		}
		p, ps := approval.Kind{}.Compile(n, workflows.Env{})
		if ps.Bad() != (p == nil) {
			t.Fatal("a program together with errors, or neither")
		}
		if p == nil || len(p.Commands()) == 0 {
			return
		}
		b := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		if err := b.Say("li.lei", p.Commands()[0]); err != nil {
			t.Fatal(err)
		}
		if err := b.Press("li.lei", "initiator", "submit", map[string]event.Value{"item": event.Text("x"), "amount": event.Text("60000")}); err != nil {
			t.Fatal(err)
		}
		if again, err := approval.Rebuild(b.Trail); err != nil || string(again) != string(b.Inst.State) {
			t.Fatalf("the fold of the trail is another state: %v\n%s\n%s", err, b.Inst.State, again)
		}
	})
}

// A press is untrusted: whatever slot, verb and form it names, it is answered and the trail folds to the state.
func FuzzPress(f *testing.F) {
	src, err := os.ReadFile("../../cmd/magpie/sample/workflows/purchase.yaml")
	if err != nil {
		f.Fatal(err)
	}
	p := program(f, string(src), workflows.Env{Roles: workflowstest.NewCompany().Roles})
	f.Add("initiator", "submit", "item", "键盘", "li.lei")
	f.Add("task/leader/1/0", "approve", "opinion", "可以", "han.meimei")
	f.Add("task/leader/1/0", "reject", "opinion", "", "han.meimei")
	f.Add("task/leader/1/0", "return", "step", "start", "han.meimei")
	f.Add("task/start/1/0", "submit", "item", "键盘", "li.lei")
	f.Add("admin", "terminate", "opinion", "重复", "ops.admin")
	f.Add("cc/x", "approve", "", "", "")
	f.Add("task/", "urge", "amount", "-1", "li.lei")
	f.Fuzz(func(t *testing.T, slot, verb, field, text, who string) {
		b := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		must(t, b.Begin("li.lei", map[string]event.Value{"item": event.Text("键盘"), "amount": event.Text("1")}))
		must(t, b.Press(who, slot, verb, map[string]event.Value{field: event.Text(text)}))
		must(t, b.Advance(b.Now.Add(24*time.Hour)))
		if again, err := approval.Rebuild(b.Trail); err != nil || string(again) != string(b.Inst.State) {
			t.Fatalf("the fold of the trail is another state: %v", err)
		}
	})
}
