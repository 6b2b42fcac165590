package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/selector"
)

const (
	// leaversEvery is how often the directory's revision is looked at for somebody who has left.
	leaversEvery = 2 * time.Second
	// leaversAgain is when what could not be handed on is tried again without any news.
	leaversAgain = 10 * time.Minute
	// leaversAtOnce bounds one look.
	leaversAtOnce = 5000
)

// handOn gives what waits for people who have left to whoever takes over, until ctx ends. It goes by what is
// stored, not by events: what is missed in one round is found in the next, and what was handed on is not found
// again.
func (a *App) handOn(ctx context.Context) error {
	seen, next := int64(-1), a.o.Now()
	tick := time.NewTicker(leaversEvery)
	defer tick.Stop()
	for {
		rev, err := a.store.RosterRev(ctx)
		if now := a.o.Now(); err == nil && (rev != seen || !now.Before(next)) {
			if err = errors.Join(a.handOnAll(ctx), a.countAccounts(ctx)); err == nil {
				seen, next = rev, now.Add(leaversAgain)
			}
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, errUnsettled) {
			a.o.Log.Error("hand on what waits for people who have left", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// countAccounts shows how many accounts are linked, to nobody, in conflict or gone.
func (a *App) countAccounts(ctx context.Context) error {
	counts, err := a.store.CountAccounts(ctx)
	if err != nil {
		return err
	}
	a.metrics.accounts.Reset()
	for _, c := range counts {
		a.metrics.accounts.WithLabelValues(c.Connection, c.State).Set(float64(c.N))
	}
	return nil
}

// handOnAll is one look.
func (a *App) handOnAll(ctx context.Context) error {
	left, err := a.store.Left(ctx, leaversAtOnce)
	if err != nil || len(left) == 0 {
		return err
	}
	a.people.Invalidate() // what was found must be what heirs are looked for in
	told := map[string]*event.Directory{}
	var errs []error
	for _, l := range left {
		b := told[l.Person]
		if b == nil {
			if b, err = a.heirs(ctx, l.Person); err != nil {
				return err
			}
			if told[l.Person] = b; len(b.Heirs) == 0 {
				a.o.Log.Warn("somebody has left, and nobody is there to take over: define people.roles.admin", "person", l.Person)
			}
		}
		if len(b.Heirs) == 0 {
			continue
		}
		ev := event.Event{ID: "left:" + l.Person, Kind: event.KindPersonLeft, Connection: "magpie", Actor: event.Actor{Type: event.ActorSystem}, Body: b}
		if err := a.engine.Notify(ctx, l.Instance, ev); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// heirs says who may take over from somebody, the best first.
func (a *App) heirs(ctx context.Context, person string) (*event.Directory, error) {
	b := &event.Directory{Person: person}
	switch p, err := a.people.Person(ctx, person); {
	case errors.Is(err, workflows.ErrNotFound):
		return b, nil
	case err != nil:
		return nil, fmt.Errorf("read who has left: %w", err)
	case p.ID != person: // merged into somebody else
		b.Same, b.Heirs = true, []event.Person{{ID: p.ID, Name: p.Name, Title: p.Title, Active: p.Active}}
		return b, nil
	case p.Active: // back again, and what waits for them is theirs
		return b, nil
	}
	by := []string{"initiator.managers(" + strconv.Itoa(selector.MaxLevel) + ")", "role:admin"}
	if a.config().People.Leavers == "admin" {
		by[0], by[1] = by[1], by[0]
	}
	found, err := a.asked.Resolve(ctx, workflows.Lookup{ID: "left", Selectors: by, Initiator: person})
	if err != nil {
		return nil, fmt.Errorf("look for who takes over from %s: %w", person, err)
	}
	b.Heirs, b.Proxies = found.Persons, found.Proxies
	return b, nil
}
