package workflowstest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/workcal"
)

// Options of a run.
type Options struct {
	People   workflows.People
	Calendar workflows.Calendar // of `wait: 2 work days`; nil counts every hour
	Location *time.Location     // of `at`; nil is Asia/Shanghai
}

// Result is what became of one test.
type Result struct {
	Name    string
	Failure config.Problems // empty: passed; positions are those of the file
}

// Passed reports whether everything was as expected.
func (r Result) Passed() bool { return len(r.Failure) == 0 }

// defaultStart is when tests begin that don't say: a Monday morning without a holiday near.
const defaultStart = "2026-03-02 09:00"

// Run runs the `tests:` of a workflow file with a clock and an instance of their own each.
func Run(root *config.Node, p workflows.Program, o Options) ([]Result, config.Problems) {
	if o.Location == nil {
		o.Location = workcal.Shanghai()
	}
	list := root.Get("tests")
	if list == nil {
		return nil, nil
	}
	var specs []workflows.TestSpec
	if ps := list.Decode(&specs); ps.Bad() {
		return nil, ps
	}
	var out []Result
	for i, s := range specs {
		s.Node = list.Items()[i]
		t := test{spec: s, o: o}
		if err := t.run(p); err != nil {
			t.fail("", err.Error(), "")
		}
		t.failure.Sort()
		out = append(out, Result{Name: s.Name, Failure: t.failure})
	}
	return out, nil
}

// test is one running test.
type test struct {
	spec    workflows.TestSpec
	o       Options
	b       *Bench
	failure config.Problems
}

func (t *test) fail(path, what, want string) {
	t.failure = append(t.failure, t.spec.Node.At(path).Problem(what, want))
}

func (t *test) run(p workflows.Program) error {
	at := t.spec.Start.At
	if at == "" {
		at = defaultStart
	}
	now, err := time.ParseInLocation("2006-01-02 15:04", at, t.o.Location)
	if err != nil {
		return fmt.Errorf("start.at: %q is not a time", at)
	}
	t.b = New(p, t.o.People, now)
	form, ps := FormOf(t.spec.Start.Form)
	t.failure = append(t.failure, ps...)
	if ps.Bad() {
		return nil
	}
	if err := t.b.Begin(t.spec.Start.By, form); err != nil {
		return err
	}
	if t.b.Refusal != nil {
		t.fail("start", "the form is refused: "+t.b.Refusal.Message.Default, "")
		return nil
	}
	for i, d := range t.spec.Do {
		if err := t.do(d, fmt.Sprintf("do[%d]", i)); err != nil {
			return err
		}
	}
	return t.expect()
}

// Begin starts an instance and hands a form in.
func (b *Bench) Begin(by string, form map[string]event.Value) error {
	cmds := b.Program.Commands()
	if len(cmds) == 0 {
		return errors.New("the flow has no command to start it with")
	}
	if err := b.Say(by, cmds[0]); err != nil {
		return err
	}
	return b.Press(by, "initiator", "submit", form)
}

// FormOf reads the values of a form as YAML writes them.
func FormOf(nodes map[string]*config.Node) (map[string]event.Value, config.Problems) {
	form := map[string]event.Value{}
	var ps config.Problems
	for id, n := range nodes {
		if n.Kind() == config.List {
			var l []string
			ps = append(ps, n.Decode(&l)...)
			form[id] = event.List(l...)
			continue
		}
		var s string
		ps = append(ps, n.Decode(&s)...)
		form[id] = event.Text(s)
	}
	return form, ps
}

func (t *test) do(d workflows.TestDo, path string) error {
	switch {
	case d.Approve != nil:
		return t.press(*d.Approve, "approve", path+".approve")
	case d.Reject != nil:
		return t.press(*d.Reject, "reject", path+".reject")
	case d.Withdraw != nil:
		return t.own(*d.Withdraw, "withdraw", path+".withdraw")
	case d.Urge != nil:
		return t.own(*d.Urge, "urge", path+".urge")
	}
	s, err := workcal.ParseSpan(d.Wait)
	if err != nil {
		return err
	}
	return t.b.Advance(s.After(t.b.Now, t.o.Calendar, t.o.Location))
}

func (t *test) press(p workflows.TestPress, verb, path string) error {
	task, ok := t.b.TaskOf(p.Step, p.By)
	if !ok {
		// Somebody else's task: a press that must be refused still needs a card to press on.
		if task, ok = t.b.TaskOf(p.Step, ""); !ok || p.Refused == "" {
			t.fail(path, fmt.Sprintf("%s has no task at %s; now open: %s", p.By, p.Step, t.open()), "")
			return nil
		}
	}
	form := map[string]event.Value{}
	if p.Reason != "" {
		form["opinion"] = event.Text(p.Reason)
	}
	if err := t.b.Press(p.By, t.b.SlotOf(task), verb, form); err != nil {
		return err
	}
	t.refused(p.Refused, path)
	return nil
}

func (t *test) own(p workflows.TestBy, verb, path string) error {
	by := p.By
	if by == "" {
		by = t.spec.Start.By
	}
	if err := t.b.Press(by, "initiator", verb, nil); err != nil {
		return err
	}
	t.refused(p.Refused, path)
	return nil
}

func (t *test) refused(want, path string) {
	switch r := t.b.Refusal; {
	case r == nil && want != "":
		t.fail(path, "it was accepted", "refused: "+want)
	case r != nil && r.Code != want:
		t.fail(path, fmt.Sprintf("it was refused (%s): %s", r.Code, r.Message.Default), "refused: "+want)
	}
}

func (t *test) open() string {
	var all []string
	for _, k := range t.b.Open() {
		all = append(all, k.Node+" of "+k.Person)
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, ", ")
}

// expect compares the end with what was expected.
func (t *test) expect() error {
	x, err := t.b.Explain()
	if err != nil {
		return err
	}
	e := t.spec.Expect
	var path, skipped []string
	who := map[string][]string{}
	for _, s := range x.Steps {
		if s.State == "skipped" {
			skipped = append(skipped, s.ID)
			continue
		}
		path = append(path, s.ID)
		for _, seat := range s.Seats {
			if seat.State != "" && !slices.Contains(who[s.ID], seat.Person) {
				who[s.ID] = append(who[s.ID], seat.Person)
			}
		}
	}
	var open []string
	for _, k := range t.b.Open() {
		open = append(open, k.Person)
	}
	t.list("path", e.Path, path)
	t.list("skipped", e.Skipped, skipped)
	t.list("open", e.Open, open)
	t.list("cc", e.CC, x.CC)
	for _, id := range slices.Sorted(maps.Keys(e.Approvers)) {
		want := e.Approvers[id]
		t.list("approvers."+id, &want, who[id])
	}
	t.word("state", e.State, string(x.Status))
	t.word("title", e.Title, x.Title)
	sort.Strings(x.Kept)
	if kept := strings.Join(x.Kept, ", "); e.Refused != "" || kept != "" {
		var want []string
		for f := range strings.SplitSeq(e.Refused, ",") {
			if f = strings.TrimSpace(f); f != "" {
				want = append(want, f)
			}
		}
		sort.Strings(want)
		if w := strings.Join(want, ", "); w != kept {
			t.fail("expect.refused", fmt.Sprintf("the form is refused for: %s", orNothing(kept)), orNothing(w))
		}
	}
	return nil
}

func (t *test) list(key string, want *[]string, got []string) {
	if want == nil || slices.Equal(*want, got) {
		return
	}
	t.fail("expect."+key, fmt.Sprintf("%s is [%s]", key, strings.Join(got, ", ")), fmt.Sprintf("want [%s]%s", strings.Join(*want, ", "), diff(*want, got)))
}

func (t *test) word(key, want, got string) {
	if want != "" && want != got {
		t.fail("expect."+key, fmt.Sprintf("%s is %s", key, orNothing(got)), "want "+want)
	}
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// diff names what is missing and what is too much.
func diff(want, got []string) string {
	var parts []string
	for _, w := range want {
		if !slices.Contains(got, w) {
			parts = append(parts, "-"+w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			parts = append(parts, "+"+g)
		}
	}
	if len(parts) == 0 {
		return " (another order)"
	}
	return " (" + strings.Join(parts, " ") + ")"
}
