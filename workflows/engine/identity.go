package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// identify fills in who acted, and who the persons in a form are, as persons of ours. Whoever comes from another
// organisation is none, even if an account of ours has the same id. The event is a copy: its pointers are replaced,
// never written through.
func (e *Engine) identify(ctx context.Context, ev event.Event) (event.Event, error) {
	if ev.Actor.Person == "" && ev.Actor.Type != event.ActorExternal && len(ev.Actor.Refs()) > 0 {
		p, err := e.person(ctx, ev.Connection, ev.Actor.Refs())
		switch {
		case err == nil:
			ev.Actor.Person, ev.Actor.Name = p.ID, p.Name
		case !errors.Is(err, workflows.ErrNotFound):
			return ev, fmt.Errorf("find the person behind %s: %w", ev.Actor.Ref, err)
		}
	}
	a, ok := ev.Body.(*event.Action)
	if !ok {
		return ev, nil
	}
	var form map[string]event.Value
	for name, v := range a.Form {
		if v.Kind != event.ValuePeople {
			continue
		}
		v.List = nil
		for _, ref := range v.Refs {
			p, err := e.person(ctx, ev.Connection, []event.Ref{ref})
			if errors.Is(err, workflows.ErrNotFound) {
				continue // the form's owner sees fewer persons than accounts, and says so
			}
			if err != nil {
				return ev, fmt.Errorf("find the person behind %s: %w", ref, err)
			}
			v.List = append(v.List, p.ID)
		}
		if form == nil {
			form = maps.Clone(a.Form)
		}
		form[name] = v
	}
	if form != nil {
		b := *a
		b.Form = form
		ev.Body = &b
	}
	return ev, nil
}

// person finds who an account belongs to; an account that nobody knows is looked up once at the suite. A suite
// that can't be asked now is an error, not a stranger: the event comes again.
func (e *Engine) person(ctx context.Context, connection string, refs []event.Ref) (workflows.Person, error) {
	p, err := e.o.People.ByRef(ctx, refs)
	if !errors.Is(err, workflows.ErrNotFound) || e.o.Learn == nil {
		return p, err
	}
	if err := e.o.Learn(ctx, connection, refs); err != nil {
		e.o.Log.Warn("an account could not be looked up", "connection", connection, "account", refs[0].String(), "err", err)
		return p, err
	}
	return e.o.People.ByRef(ctx, refs)
}

// address chooses where a person is written to: the connection that was asked for, if they have an account
// there, else their own preference, which People.Addresses puts first.
// others are the further accounts of the person.
func (e *Engine) address(ctx context.Context, to workflows.To) (at workflows.Address, others []card.Place, err error) {
	if to.Person == "" {
		return workflows.Address{Connection: to.Connection, Ref: to.Conv}, nil, nil
	}
	all, err := e.o.People.Addresses(ctx, to.Person)
	if err != nil && !errors.Is(err, workflows.ErrNotFound) {
		return workflows.Address{}, nil, fmt.Errorf("find the address of %s: %w", to.Person, err)
	}
	if len(all) == 0 {
		return workflows.Address{}, nil, nil // the delivery buries it, where operators look
	}
	first := max(0, slices.IndexFunc(all, func(a workflows.Address) bool { return a.Connection == to.Connection }))
	for i, a := range all {
		if i != first {
			others = append(others, card.Place{Connection: a.Connection, To: a.Ref})
		}
	}
	return all[first], others, nil
}

// gone reports whether a person is known and has left.
func (e *Engine) gone(ctx context.Context, person string) bool {
	if person == "" {
		return false
	}
	p, err := e.o.People.Person(ctx, person)
	return err == nil && !p.Active
}
