package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/engine"
)

// seer is a poll whose card says whom it would ask; it does so as often as the test says.
type seer struct {
	poll
	asks int
}

func (s seer) Card(workflows.Instance, string, time.Time) (string, any, bool, error) {
	return "ask", vision{asks: s.asks}, true, nil
}

func (s seer) Draft(workflows.Instance, string, string, map[string]event.Value, time.Time) (string, any, bool, error) {
	return "ask", vision{asks: s.asks}, true, nil
}

// vision is its view.
type vision struct {
	asks int
	said string
}

func (v vision) Foresee(ask func(workflows.Lookup) (event.Lookup, error)) any {
	if v.asks < 0 {
		panic("a bug in a view")
	}
	for range v.asks {
		a, err := ask(workflows.Lookup{ID: "ahead", Selectors: []string{"initiator.manager"}})
		if err != nil {
			v.said = "not known: " + err.Error()
			return v
		}
		v.said = a.Persons[0].Name
	}
	return v
}

// mirror renders what a vision says.
type mirror struct{}

func (mirror) Render(template string, view any) (card.Card, error) {
	c, err := ask{}.Render(template, view)
	c.Body = append(c.Body, &card.Note{Text: card.T("ahead: " + view.(vision).said)})
	return c, err
}

func newSeer(t *testing.T, asks int, change ...func(*engine.Options)) (*rig, string) {
	t.Helper()
	return newRigOf(t, mirror{}, func(p poll) workflows.Program { return seer{p, asks} }, change...)
}

func newRigOf(t *testing.T, r workflows.Renderer, of func(poll) workflows.Program, change ...func(*engine.Options)) (*rig, string) {
	t.Helper()
	rt, err := engine.NewRuntime([]workflows.Program{of(poll{"v1"})}, r, nil, func(d workflows.Definition) (workflows.Program, error) { return of(poll{d.Hash}), nil })
	if err != nil {
		t.Fatal(err)
	}
	x := newRig(t, append(change, func(o *engine.Options) { o.Runtime = func() *engine.Runtime { return rt } })...)
	return x, x.do(x.say("1", "u-lilei", "问"), false).Instance
}

func ahead(c card.Card) string { return c.Body[len(c.Body)-1].(*card.Note).Text.Default }

// What is ahead stands on a card that is sent, on a page and on a draft, and nothing of it is stored.
func TestForesee(t *testing.T) {
	t.Parallel()
	r, id := newSeer(t, 3)
	ctx, before := context.Background(), r.store.commits
	c, err := r.engine.Show(ctx, id+"/boss")
	if err != nil || ahead(c) != "ahead: 老板" {
		t.Errorf("on a page: %q %v", ahead(c), err)
	}
	d, ok, err := r.engine.Draft(ctx, id+"/boss", "boss", nil)
	if err != nil || !ok || ahead(d) != "ahead: 老板" {
		t.Errorf("on a draft: %q %v %v", ahead(d), ok, err)
	}
	m, err := r.engine.Draw(ctx, card.Message{Slot: id + "/boss", Draft: &card.Draft{}})
	if err != nil || ahead(*m.Card) != "ahead: 老板" {
		t.Errorf("on a card: %v", err)
	}
	if r.store.commits != before {
		t.Errorf("%d commits", r.store.commits-before)
	}
}

// A directory that does not answer, one that takes too long, and a bug cost a card what is ahead, and nothing else.
func TestForeseeInVain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, id := newSeer(t, 3)
	r.people.down = true
	c, err := r.engine.Show(ctx, id+"/boss")
	if err != nil || ahead(c) != "ahead: not known: directory is down" {
		t.Errorf("a directory that is down: %q %v", ahead(c), err)
	}
	r, id = newSeer(t, 1<<40) // it would never end
	if c, err = r.engine.Show(ctx, id+"/boss"); err != nil || ahead(c) != "ahead: not known: "+context.DeadlineExceeded.Error() {
		t.Errorf("one that never ends: %q %v", ahead(c), err)
	}
	r, id = newSeer(t, -1)
	if c, err = r.engine.Show(ctx, id+"/boss"); err != nil || ahead(c) != "ahead: " {
		t.Errorf("a bug: %q %v", ahead(c), err)
	}
	if _, err := r.engine.Show(ctx, "missing/boss"); !errors.Is(err, workflows.ErrNotFound) {
		t.Error(err)
	}
}
