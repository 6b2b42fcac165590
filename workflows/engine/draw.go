package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// Draw makes the card of a message that holds a draft: it renders the template of the configuration in
// force, gives the persons on the card their accounts in the suite it goes to, and signs its buttons. It
// changes nothing and may be called concurrently, for the same message as often as one likes.
func (e *Engine) Draw(ctx context.Context, m card.Message) (card.Message, error) {
	if m.Draft == nil {
		return m, errors.New("the message holds no draft")
	}
	rt := e.o.Runtime()
	template, view := m.Draft.Template, any(m.Draft.View)
	if template == "" {
		var err error
		if template, view, m.Rev, err = e.project(ctx, rt, m.Slot); err != nil {
			return m, err
		}
	}
	drawn, err := rt.renderer.Render(template, view)
	if err != nil {
		return m, err
	}
	drawn.Slot, drawn.Rev = m.Slot, m.Rev
	if drawn.Digest, err = digest(drawn); err != nil {
		return m, err
	}
	if m.Slot != "" {
		signCard(e.o.Key, &drawn)
	}
	e.localise(ctx, &drawn, m.Connection)
	e.lead(ctx, &drawn, m)
	m.Card, m.Draft = &drawn, nil
	return m, nil
}

// Show draws the card of a slot as it is now, for a page of ours: its buttons are signed like those of a card
// that is sent, and persons on it carry their names. workflows.ErrNotFound when there is no such card.
func (e *Engine) Show(ctx context.Context, slot string) (card.Card, error) {
	rt := e.o.Runtime()
	template, view, rev, err := e.project(ctx, rt, slot)
	if err != nil {
		return card.Card{}, err
	}
	drawn, err := rt.renderer.Render(template, view)
	if err != nil {
		return card.Card{}, fmt.Errorf("draw slot %s: %w", slot, err)
	}
	drawn.Slot, drawn.Rev = slot, rev
	if drawn.Digest, err = digest(drawn); err != nil {
		return card.Card{}, err
	}
	signCard(e.o.Key, &drawn)
	return drawn, nil
}

// Draft draws the card of a slot with what its person has entered so far, as Show does, and stores nothing. ok is
// false where what is entered changes nothing.
func (e *Engine) Draft(ctx context.Context, slot, person string, form map[string]event.Value) (c card.Card, ok bool, err error) {
	id, name, _ := strings.Cut(slot, "/")
	in, p, err := e.Load(ctx, id)
	if err != nil {
		return card.Card{}, false, err
	}
	d, is := p.(workflows.Drafter)
	if !is {
		return card.Card{}, false, nil
	}
	template, view, ok, err := d.Draft(in, name, person, form, e.now())
	if err != nil || !ok {
		return card.Card{}, false, err
	}
	drawn, err := e.o.Runtime().renderer.Render(template, e.foresee(ctx, slot, view))
	if err != nil {
		return card.Card{}, false, fmt.Errorf("draw slot %s: %w", slot, err)
	}
	drawn.Slot, drawn.Rev = slot, in.Rev
	signCard(e.o.Key, &drawn)
	return drawn, true, nil
}

// Load reads an instance and the version of its program that it is pinned to. workflows.ErrNotFound.
func (e *Engine) Load(ctx context.Context, id string) (workflows.Instance, workflows.Program, error) {
	in, err := e.o.Store.LoadInstance(ctx, id)
	if err != nil {
		return workflows.Instance{}, nil, fmt.Errorf("load instance %s: %w", id, err)
	}
	p, err := e.o.Runtime().version(ctx, e.o.Store, in.Definition, in.Hash)
	return in, p, err
}

// lead puts the addresses of our pages on a card that goes to one person. A card for a group has none: what
// opens there opens for everybody.
func (e *Engine) lead(ctx context.Context, d *card.Card, m card.Message) {
	if e.o.Page == nil || m.Slot == "" {
		return
	}
	switch m.To.Kind {
	case event.RefUser, event.RefUnion, event.RefTenant:
	default:
		return
	}
	p, err := e.o.People.ByRef(ctx, []event.Ref{m.To})
	if err != nil {
		return // the card is worth more than its links
	}
	to := Page{Slot: m.Slot, Person: p.ID, Connection: m.Connection}
	if d.Link == "" {
		d.Link = e.o.Page(to)
	}
	buttons(d, func(b *card.Button) {
		if b.Verb != "" {
			at := to
			at.Verb = b.Verb
			b.Page = e.o.Page(at)
		}
	})
}

// project asks the program of an instance what is in a slot now.
func (e *Engine) project(ctx context.Context, rt *Runtime, full string) (template string, view any, rev int64, err error) {
	id, slot, _ := strings.Cut(full, "/")
	if id == DeskSlots && e.o.Lists != nil {
		template, view, err = e.o.Lists.Card(ctx, slot)
		return template, view, e.now().UnixMilli(), err
	}
	in, err := e.o.Store.LoadInstance(ctx, id)
	if err != nil {
		return "", nil, 0, fmt.Errorf("load instance %s: %w", id, err)
	}
	p, err := rt.version(ctx, e.o.Store, in.Definition, in.Hash)
	if err != nil {
		return "", nil, 0, err
	}
	pr, ok := p.(workflows.Projector)
	if !ok {
		return "", nil, 0, fmt.Errorf("flow %s does not say what is on its cards", in.Definition)
	}
	template, view, ok, err = pr.Card(in, slot, e.now())
	if err == nil && !ok {
		err = fmt.Errorf("instance %s has no card in slot %s: %w", id, slot, workflows.ErrNotFound)
	}
	return template, e.foresee(ctx, full, view), in.Rev, err
}

// localise gives the persons on a card their accounts in the suite that the card goes to. Whoever has none
// there, or can't be looked up now, stays a name: a picture beside a name is not worth a card.
func (e *Engine) localise(ctx context.Context, d *card.Card, connection string) {
	walk(d.Body, func(el card.Element) {
		switch el := el.(type) {
		case *card.People:
			for i := range el.Persons {
				if p := &el.Persons[i]; p.Ref.IsZero() {
					p.Ref = e.accountIn(ctx, p.ID, connection)
				}
			}
		case *card.Form:
			for i := range el.Inputs {
				v := &el.Inputs[i].Default
				if v.Kind != event.ValuePeople || len(v.Refs) > 0 {
					continue
				}
				for _, id := range v.List {
					if ref := e.accountIn(ctx, id, connection); !ref.IsZero() {
						v.Refs = append(v.Refs, ref)
					}
				}
			}
		}
	})
}

// accountIn is a person's account as a connection knows it, zero when there is none.
func (e *Engine) accountIn(ctx context.Context, person, connection string) event.Ref {
	if person == "" {
		return event.Ref{}
	}
	all, err := e.o.People.Addresses(ctx, person)
	if err != nil {
		return event.Ref{}
	}
	return refIn(all, connection, e.o.Platform(connection))
}

// refIn prefers the connection's own id; an id that is the same for all apps of the suite serves as well.
func refIn(all []workflows.Address, connection, platform string) event.Ref {
	for _, a := range all {
		if a.Connection == connection || platform != "" && a.Ref.Scope.Platform == platform && a.Ref.Scope.App == "" {
			return a.Ref
		}
	}
	return event.Ref{}
}
