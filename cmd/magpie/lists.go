package main

import (
	"context"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/desk"
)

// answerer answers what people write that starts no flow; ok is false for all else.
type answerer interface {
	Answer(ctx context.Context, ev event.Event) (answer []workflows.Effect, ok bool, err error)
}

// answerers are asked one after the other.
type answerers []answerer

// Answer is what the first has to say that knows.
func (all answerers) Answer(ctx context.Context, ev event.Event) ([]workflows.Effect, bool, error) {
	for _, x := range all {
		if answer, ok, err := x.Answer(ctx, ev); ok || err != nil {
			return answer, ok, err
		}
	}
	return nil, false, nil
}

// lists is where people see their approvals in chat, and decide them by writing.
func (a *App) lists(people *settledPeople) *desk.Desk {
	return desk.New(desk.Options{
		Work: a.store, People: people, Names: []string{botName}, Now: a.o.Now, Location: a.config().Server.Location,
		Find: func(ctx context.Context, name string) ([]workflows.Person, error) {
			found, err := people.Search(ctx, name, 20)
			var out []workflows.Person
			for _, f := range found {
				if f.Name == name || f.ID == name {
					out = append(out, f.Person)
				}
			}
			return out, err
		},
		Slots: func(ctx context.Context, instance, person string) ([]string, error) {
			in, p, err := a.engine.Load(ctx, instance)
			if err != nil {
				return nil, err
			}
			t, ok := p.(workflows.Teller)
			if !ok {
				return nil, workflows.ErrNotFound
			}
			return t.Slots(in, person)
		},
		Unread:  a.unread,
		Proxies: a.store, Changed: a.people.Invalidate, Flows: func() []workflows.Program { return a.live.Get().project.programs },
		Resend: func(ctx context.Context, slot, person string) error { return a.engine.SendAnew(ctx, slot, person) },
	})
}
