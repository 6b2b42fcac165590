package workflowstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/workcal"
)

// Options of a run.
type Options struct {
	// People are those of the run. Tests with `people:`, `roles:` or `left` need an Overrider.
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
	if !t.spec.Cast().Empty() {
		if ok, err := t.people(); !ok {
			return err
		}
	}
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
	return t.expect(t.spec.Expect, "expect")
}

// people takes the company as the test describes it; ok is false when it can't be had.
func (t *test) people() (ok bool, err error) {
	o, is := t.o.People.(Overrider)
	if !is {
		return false, errors.New("people and roles can't be changed in this run")
	}
	people, err := o.With(t.spec.Cast())
	var m *Mistake
	if errors.As(err, &m) {
		t.fail(m.Path, m.What, m.Want)
		return false, nil
	}
	if err == nil {
		t.b.People = people
	}
	return err == nil, err
}

// Begin starts an instance and hands a form in: what is given, and what the form held already.
func (b *Bench) Begin(by string, form map[string]event.Value) error {
	cmds := b.Program.Commands()
	if len(cmds) == 0 {
		return errors.New("the flow has no command to start it with")
	}
	if err := b.Say(by, cmds[0]); err != nil {
		return err
	}
	in := b.entered(slotInitiator)
	for id, v := range form {
		in[id] = v
	}
	return b.press(by, slotInitiator, "submit", in, true)
}

func (t *test) do(d workflows.TestDo, path string) error {
	kind, act, ok := d.Deed()
	switch {
	case !ok:
		t.fail(path, "it is not one thing", "one thing each")
		return nil
	case act != nil:
		return t.act(kind, *act, path+"."+kind.Verb)
	case d.Left != nil:
		return t.left(*d.Left, path+".left")
	case d.Expect != nil:
		return t.expect(*d.Expect, path+".expect")
	}
	s, err := workcal.ParseSpan(d.Wait)
	if err != nil {
		return err
	}
	return t.b.Advance(s.After(t.b.Now, t.o.Calendar, t.o.Location))
}

func (t *test) act(kind workflows.Act, a workflows.TestAct, path string) error {
	form, ps := FormOf(a.Form)
	if t.failure = append(t.failure, ps...); ps.Bad() {
		return nil
	}
	var err error
	if kind.Several {
		err = t.b.Batch(a.By, a.Verb, a.Reason, a.Steps)
	} else {
		err = t.b.Perform(kind, a, form)
	}
	var none *noTask
	if errors.As(err, &none) {
		t.fail(path, none.Error(), "")
		return nil
	}
	if err != nil {
		return err
	}
	switch r := t.b.Refusal; {
	case r == nil && a.Refused != "":
		t.fail(path, "it was accepted", "refused: "+a.Refused)
	case r != nil && a.Refused == "":
		t.fail(path, fmt.Sprintf("it was refused (%s): %s", r.Code, r.Message.Default), "accepted, or refused: "+r.Code)
	case r != nil && r.Code != a.Refused:
		t.fail(path, fmt.Sprintf("it was refused (%s): %s", r.Code, r.Message.Default), "refused: "+a.Refused)
	}
	if left := t.b.Left; kind.Several && !slices.Equal(left, a.Alone) && len(left)+len(a.Alone) > 0 {
		t.fail(path, fmt.Sprintf("left for a decision of their own are [%s]", strings.Join(left, ", ")), fmt.Sprintf("alone: [%s]", strings.Join(a.Alone, ", ")))
	}
	if a.Toast != "" {
		t.says(path+".toast", "the answer", a.Toast, t.answer())
	}
	return nil
}

// answer is what whoever pressed last was told.
func (t *test) answer() string {
	switch {
	case t.b.Refusal != nil:
		return t.b.Refusal.Message.Default
	case t.b.Toast != nil:
		return t.b.Toast.Text.Default
	}
	return ""
}

func (t *test) left(l workflows.TestLeft, path string) error {
	if !l.Same {
		o, ok := t.b.People.(Overrider)
		if !ok {
			return errors.New("nobody can leave in this run")
		}
		gone := true
		people, err := o.With(workflows.TestCast{People: map[string]workflows.TestPerson{l.Person: {Left: &gone}}})
		if err != nil {
			return err
		}
		t.b.People = people
	}
	return t.b.Leaves(l.Person, l.Heirs, l.Same)
}
