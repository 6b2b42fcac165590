package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	// awayEvery is how often it is looked for what waits for people whose place is taken.
	awayEvery = 2 * time.Second
	// awayAgain is when an instance that went on waiting for somebody is told once more.
	awayAgain = 10 * time.Minute
	// awayAtOnce bounds one look.
	awayAtOnce = 5000
)

// standIn gives what waits for people who are away to their proxies, until ctx ends. Whoever is asked while a grant
// counts is passed over at once, by the program; this is for what waited when the window began, and for what came to
// them in another way since. Like handOn it goes by what is stored.
func (a *App) standIn(ctx context.Context) error {
	told, seen, next := map[workflows.AwayTask]bool{}, int64(-1), time.Time{}
	tick := time.NewTicker(awayEvery)
	defer tick.Stop()
	for {
		rev, err := a.store.RosterRev(ctx)
		if now := a.o.Now(); rev != seen || !now.Before(next) {
			clear(told)
			seen, next = rev, now.Add(awayAgain)
		}
		if err == nil {
			err = a.standInAll(ctx, told)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, errUnsettled) {
			a.o.Log.Error("hand on what waits for people who are away", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// standInAll is one look. told are those who know: what a grant does not cover keeps waiting, and is not told again.
func (a *App) standInAll(ctx context.Context, told map[workflows.AwayTask]bool) error {
	away, err := a.store.Away(ctx, awayAtOnce)
	if err != nil || len(away) == 0 {
		return err
	}
	bodies := map[string]*event.Directory{}
	var errs []error
	for _, t := range away {
		if told[t] {
			continue
		}
		b := bodies[t.Person]
		if b == nil {
			a.people.Invalidate() // what was found must be what is judged by
			found, err := a.asked.Resolve(ctx, workflows.Lookup{ID: "away", Selectors: []string{"person:" + t.Person}, Initiator: t.Person})
			if err != nil {
				return fmt.Errorf("look for who takes the place of %s: %w", t.Person, err)
			}
			b = &event.Directory{Person: t.Person, Proxies: found.Proxies}
			bodies[t.Person] = b
		}
		ev := event.Event{ID: "away:" + t.Person, Kind: event.KindPersonAway, Connection: "magpie", Actor: event.Actor{Type: event.ActorSystem}, Body: b}
		if err := a.engine.Notify(ctx, t.Instance, ev); err != nil {
			errs = append(errs, err)
			continue
		}
		told[t] = true
	}
	return errors.Join(errs...)
}
