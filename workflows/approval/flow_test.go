package approval_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

const parentFlow = `
kind: approval
id: onboarding
name: 入职
start: {commands: [入职]}
form:
  - {id: who, type: text, label: 新同事, required: true}
  - {id: budget, type: money, label: 电脑预算, required: true}
steps:
  - {id: leader, approve: {by: initiator.manager}}
  - id: laptop
    name: 采购电脑
    flow: {start: purchase, form: {item: form.who, amount: form.budget, reason: "'新同事入职'"}, wait: WAIT}
  - {id: hr, approve: {by: "person:chen.jie"}}
`

const childFlow = `
kind: approval
id: purchase
name: 采购
start: {commands: [采购]}
form:
  - {id: item, type: text, label: 内容, required: true}
  - {id: amount, type: money, label: 金额, required: true, max: 10000}
  - {id: reason, type: text, label: 事由}
rules: {withdraw: never}
steps:
  - {id: boss, approve: {by: "person:zhang.wei"}}
`

// pair runs a parent and what it starts: each on a bench, posts are carried from one to the other.
type pair struct {
	*testing.T
	parent, child *workflowstest.Bench
	starts        []workflows.Post
}

func newPair(t *testing.T, wait string) *pair {
	t.Helper()
	at := time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)
	company := workflowstest.NewCompany()
	p := &pair{T: t}
	p.child = workflowstest.New(program(t, childFlow, env(t)), company, at)
	p.child.Inst.ID = "child"
	p.parent = workflowstest.New(program(t, strings.Replace(parentFlow, "WAIT", wait, 1), env(t)), company, at)
	p.parent.Flows = p.fromParent
	p.child.Flows = func(workflows.Post) []event.Event { return nil }
	return p
}

// fromParent carries what the parent posts to the child.
func (p *pair) fromParent(post workflows.Post) []event.Event {
	ev := event.Event{Kind: post.Kind, Connection: event.Self, Actor: event.Actor{Person: post.As, Type: event.ActorUser}, Body: post.Body,
		Post: &event.Post{Instance: "child", From: p.parent.Inst.ID, Key: post.Key, Answer: post.Answer}}
	if post.As == "" {
		ev.Actor.Type = event.ActorSystem
	}
	if post.Start != "" {
		p.starts = append(p.starts, post)
		p.child.Inst = workflows.Instance{ID: "child"}
	}
	if err := p.child.Do(ev); err != nil {
		p.Fatal(err)
	}
	if !post.Answer {
		return nil
	}
	if no := p.child.Refusal; no != nil {
		return []event.Event{workflowstest.Answer(post.Key, "child", "refused:"+no.Code, no.Message.Default)}
	}
	return []event.Event{workflowstest.Answer(post.Key, "child", "stepped", "")}
}

// back carries what the child has posted to the parent.
func (p *pair) back() {
	p.Helper()
	posts := p.child.Posts
	p.child.Posts = nil
	for _, post := range posts {
		if post.Instance != p.parent.Inst.ID {
			p.Errorf("the child posted to %q", post.Instance)
		}
		ev := event.Event{Kind: post.Kind, Connection: event.Self, Actor: event.Actor{Type: event.ActorSystem}, Body: post.Body, Post: &event.Post{From: "child"}}
		if err := p.parent.Do(ev); err != nil {
			p.Fatal(err)
		}
	}
}

func (p *pair) begin(budget string) {
	p.Helper()
	form := map[string]event.Value{"who": event.Text("小明"), "budget": {Kind: event.ValueNumber, Text: budget}}
	if err := p.parent.Begin("li.lei", form); err != nil {
		p.Fatal(err)
	}
	p.press(p.parent, "han.meimei", "task/leader/1/0", "approve", "")
}

func (p *pair) press(b *workflowstest.Bench, who, slot, verb, opinion string) {
	p.Helper()
	a := &event.Action{Slot: slot, Verb: verb, Form: map[string]event.Value{"opinion": event.Text(opinion)}}
	if err := b.Do(event.Event{Kind: event.KindCardAction, Actor: event.Actor{Person: who, Type: event.ActorUser}, Body: a}); err != nil {
		p.Fatal(err)
	}
	if b.Refusal != nil {
		p.Fatalf("%s %s at %s: %v", who, verb, slot, b.Refusal)
	}
}

func (p *pair) open(b *workflowstest.Bench) (out []string) {
	for _, t := range b.Tasks {
		if t.State == workflows.TaskOpen {
			out = append(out, t.Node+" "+t.Person)
		}
	}
	slices.Sort(out)
	return out
}

// rebuilt: whatever happened, the state is the fold of the trail.
func (p *pair) rebuilt() {
	p.Helper()
	for _, b := range []*workflowstest.Bench{p.parent, p.child} {
		state, err := approval.Rebuild(b.Trail)
		if err != nil || string(state) != string(b.Inst.State) {
			p.Errorf("rebuilt %s, %v\nstored  %s", state, err, b.Inst.State)
		}
	}
}

// A flow starts another as the same person, with a form made of its own, and goes on when that has passed.
func TestFlowWaitsForAnother(t *testing.T) {
	t.Parallel()
	p := newPair(t, "true")
	p.begin("8000")
	if len(p.starts) != 1 || p.starts[0].As != "li.lei" || p.starts[0].Start != "purchase" {
		t.Fatalf("started %+v", p.starts)
	}
	if got := p.open(p.child); len(got) != 1 || got[0] != "boss zhang.wei" || p.child.Inst.Initiator != "li.lei" {
		t.Fatalf("in the child %v, of %s", got, p.child.Inst.Initiator)
	}
	if got := p.open(p.parent); len(got) != 0 || p.parent.Inst.Status != workflows.StatusRunning {
		t.Fatalf("the parent asks %v, %s", got, p.parent.Inst.Status)
	}
	card := func(b *workflowstest.Bench, slot string) string { return string(workflows.Data(b.Cards[slot].View)) }
	if got := card(p.child, "task/boss/1/0"); !strings.Contains(got, "小明") || !strings.Contains(got, "8,000") || !strings.Contains(got, "新同事入职") || !strings.Contains(got, "上级申请") {
		t.Errorf("the child's card is %s", got)
	}
	if got := card(p.parent, "initiator"); !strings.Contains(got, "等待子流程") {
		t.Errorf("the parent's card is %s", got)
	}
	p.press(p.child, "zhang.wei", "task/boss/1/0", "approve", "")
	p.back()
	if got := p.open(p.parent); len(got) != 1 || got[0] != "hr chen.jie" {
		t.Errorf("after the child has passed the parent asks %v", got)
	}
	p.rebuilt()
}

// What another flow refuses, this one does not pass.
func TestFlowFailsWithTheOther(t *testing.T) {
	t.Parallel()
	p := newPair(t, "true")
	p.begin("8000")
	p.press(p.child, "zhang.wei", "task/boss/1/0", "reject", "先用旧的")
	p.back()
	if p.parent.Inst.Status != workflows.StatusRejected {
		t.Errorf("the parent is %s", p.parent.Inst.Status)
	}
	if got := string(workflows.Data(p.parent.Cards["initiator"].View)); !strings.Contains(got, "先用旧的") {
		t.Errorf("its card is %s", got)
	}
	p.rebuilt()
}

// Without waiting it goes on at once.
func TestFlowGoesOn(t *testing.T) {
	t.Parallel()
	p := newPair(t, "false")
	p.begin("8000")
	if got := p.open(p.parent); len(got) != 1 || got[0] != "hr chen.jie" {
		t.Errorf("the parent asks %v", got)
	}
	p.press(p.child, "zhang.wei", "task/boss/1/0", "reject", "否")
	p.back()
	if p.parent.Inst.Status != workflows.StatusRunning {
		t.Errorf("the parent is %s", p.parent.Inst.Status)
	}
	p.rebuilt()
}

// A form that the other flow refuses holds the step up: the initiator and the administrators are told, the card says
// so, and it is tried again.
func TestFlowThatIsRefusedIsTold(t *testing.T) {
	t.Parallel()
	p := newPair(t, "true")
	p.begin("20000") // more than the other allows
	told := map[string]string{}
	for _, x := range p.parent.Texts {
		told[x.To.Person] = x.Text.Default
	}
	if !strings.Contains(told["li.lei"], "没能发起") || !strings.Contains(told["li.lei"], "10000") && !strings.Contains(told["li.lei"], "10,000") || len(told) < 2 {
		t.Errorf("told %q", told)
	}
	if got := string(workflows.Data(p.parent.Cards["initiator"].View)); !strings.Contains(got, "没能发起") {
		t.Errorf("the card is %s", got)
	}
	if p.child.Inst.Rev != 0 {
		t.Errorf("the child is at revision %d", p.child.Inst.Rev)
	}
	timer, ok := p.parent.Timers["retry/laptop/1"]
	if !ok {
		t.Fatalf("timers %v", p.parent.Timers)
	}
	if err := p.parent.Do(event.Event{Kind: event.KindTimer, Body: &event.Timer{Name: timer.Name, Generation: timer.Generation}}); err != nil {
		t.Fatal(err)
	}
	if len(p.starts) != 2 || p.starts[0].Key == p.starts[1].Key {
		t.Errorf("asked %d times", len(p.starts))
	}
}

// Whoever takes the parent back takes back what it waits for, though that flow can't be withdrawn by itself.
func TestFlowIsTakenBackWithItsParent(t *testing.T) {
	t.Parallel()
	p := newPair(t, "true")
	p.begin("8000")
	p.press(p.parent, "li.lei", "initiator", "withdraw", "")
	if p.child.Inst.Status != workflows.StatusWithdrawn {
		t.Errorf("the child is %s", p.child.Inst.Status)
	}
	if p.back(); p.parent.Inst.Status != workflows.StatusWithdrawn {
		t.Errorf("the parent is %s", p.parent.Inst.Status)
	}
	p.rebuilt()
}

// Nobody else takes it back that way.
func TestFlowIsTakenBackByNobodyElse(t *testing.T) {
	t.Parallel()
	p := newPair(t, "true")
	p.begin("8000")
	for name, ev := range map[string]event.Event{
		"another instance": {Connection: event.Self, Post: &event.Post{From: "i9"}, Actor: event.Actor{Type: event.ActorSystem}},
		"from outside":     {Connection: "feishu", Post: &event.Post{From: p.parent.Inst.ID}, Actor: event.Actor{Type: event.ActorSystem}},
		"a person":         {Connection: event.Self, Post: &event.Post{From: p.parent.Inst.ID}, Actor: event.Actor{Person: "li.lei", Type: event.ActorUser}},
	} {
		ev.Kind, ev.Body = event.KindCardAction, &event.Action{Slot: "initiator", Verb: "withdraw"}
		if err := p.child.Do(ev); err != nil {
			t.Fatal(err)
		}
		if p.child.Refusal == nil || p.child.Inst.Status != workflows.StatusRunning {
			t.Errorf("%s: the child is %s", name, p.child.Inst.Status)
		}
	}
}

// Flows that start each other, that do not exist, or whose form does not fit are found before they run.
func TestCheckStarts(t *testing.T) {
	t.Parallel()
	compile := func(src string) workflows.Program { return program(t, src, env(t)) }
	with := func(src, old, new string) workflows.Program {
		t.Helper()
		if !strings.Contains(src, old) {
			t.Fatalf("%q is not in the flow", old)
		}
		return compile(strings.Replace(strings.Replace(src, old, new, 1), "WAIT", "true", 1))
	}
	good := []workflows.Program{with(parentFlow, "WAIT", "true"), compile(childFlow)}
	if ps := approval.CheckStarts(good); len(ps) > 0 {
		t.Errorf("a good pair: %v", ps)
	}
	back := "steps:\n  - {flow: {start: onboarding, form: {who: form.item, budget: form.amount}}}"
	for name, c := range map[string]struct {
		programs []workflows.Program
		want     string
	}{
		"missing flow":  {[]workflows.Program{with(parentFlow, "start: purchase", "start: purchas"), compile(childFlow)}, "there is no workflow purchas; did you mean purchase?"},
		"missing field": {[]workflows.Program{with(parentFlow, "item: form.who, ", ""), compile(childFlow)}, "must have the field item"},
		"unknown field": {[]workflows.Program{with(parentFlow, "reason:", "reson:"), compile(childFlow)}, "has no field reson; did you mean reason?"},
		"wrong type":    {[]workflows.Program{with(parentFlow, "amount: form.budget", "amount: form.who"), compile(childFlow)}, "one is text, the other money"},
		"wrong result":  {[]workflows.Program{with(parentFlow, "item: form.who", "item: form.budget * 2"), compile(childFlow)}, "it gives a number, the field is text"},
		"computed":      {[]workflows.Program{with(parentFlow, "WAIT", "true"), with(childFlow, "label: 事由}", "label: 事由, value: upper(form.item)}")}, "it is computed there"},
		"bad literal":   {[]workflows.Program{with(parentFlow, "amount: form.budget", "amount: 99999"), compile(childFlow)}, "does not fit the field amount"},
		"circle":        {[]workflows.Program{with(parentFlow, "WAIT", "true"), with(childFlow, "steps:", back)}, "in a circle: onboarding, purchase, onboarding"},
	} {
		ps := approval.CheckStarts(c.programs)
		if !ps.Bad() || !strings.Contains(ps.Error(), c.want) {
			t.Errorf("%s: found %v, want %q", name, ps, c.want)
			continue
		}
		if ps[0].Line == 0 {
			t.Errorf("%s: no position: %v", name, ps[0])
		}
	}
}

// The mistakes that one file shows by itself.
func TestFlowMistakes(t *testing.T) {
	t.Parallel()
	for old, c := range map[string]struct{ new, want string }{
		"amount: form.budget":         {"amount: form.budge", "did you mean form.budget?"},
		"item: form.who":              {"item: initiator.nam", "the initiator has no nam"},
		"reason: \"'新同事入职'\"":         {"reason: 新同事入职", "is no value"},
		"amount: form.budget, reason": {"amount: form.budget * form.who, reason", "needs numbers on both sides"},
		"start: purchase":             {"start: onboarding", "the workflow starts itself"},
	} {
		n, ps := config.Parse("flow.yaml", []byte(strings.Replace(strings.Replace(parentFlow, old, c.new, 1), "WAIT", "true", 1)))
		if ps.Bad() {
			t.Fatal(ps)
		}
		if _, ps = (approval.Kind{}).Compile(n, env(t)); !ps.Bad() || !strings.Contains(ps.Error(), c.want) {
			t.Errorf("%s: found %v, want %q", c.new, ps, c.want)
		}
	}
}

// A field of the other form is filled with what a formula gives; one without a result leaves it empty.
func TestFlowFormulas(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)
	src := strings.NewReplacer("WAIT", "true", "amount: form.budget", "amount: form.budget * 1.13 - 0.5", "\"'新同事入职'\"", "\"form.budget > 5000 ? initiator.name : upper('low')\"").Replace(parentFlow)
	b := workflowstest.New(program(t, src, env(t)), workflowstest.NewCompany(), at)
	var form map[string]event.Value
	b.Flows = func(post workflows.Post) []event.Event {
		form = post.Body.(*event.Start).Form
		return nil
	}
	must(t, b.Begin("li.lei", map[string]event.Value{"who": event.Text("小明"), "budget": event.Text("8000")}))
	must(t, b.Press("han.meimei", "task/leader/1/0", "approve", nil))
	if form["amount"].Text != "9039.5" || form["reason"].Text != "李雷" || form["item"].Text != "小明" {
		t.Errorf("%v", form)
	}
	form = nil
	src = strings.NewReplacer("WAIT", "true", "amount: form.budget", "amount: 100 / (form.budget - 1)").Replace(parentFlow)
	b = workflowstest.New(program(t, src, env(t)), workflowstest.NewCompany(), at)
	b.Flows = func(post workflows.Post) []event.Event {
		form = post.Body.(*event.Start).Form
		return nil
	}
	must(t, b.Begin("li.lei", map[string]event.Value{"who": event.Text("小明"), "budget": event.Text("1")}))
	must(t, b.Press("han.meimei", "task/leader/1/0", "approve", nil))
	if _, ok := form["amount"]; ok || form["item"].Text != "小明" {
		t.Errorf("%v", form)
	}
}
