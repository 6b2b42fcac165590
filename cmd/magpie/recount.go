package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/store"
)

const (
	// calendarSetting is where the store keeps which calendar open deadlines were computed with.
	calendarSetting = "calendar_version"
	// recountEvery is how often it is looked whether another calendar is in force.
	recountEvery = 5 * time.Second
	// recountPage is how many requests are told at a time, and recountPause the breath between: there is no hurry.
	recountPage  = 200
	recountPause = 50 * time.Millisecond
)

// recount has open deadlines computed anew when another calendar came into force, at the start or by a reload,
// until ctx ends. A request that was told already does nothing, so that it may be stopped and begun again.
func (a *App) recount(ctx context.Context) error {
	tick := time.NewTicker(recountEvery)
	defer tick.Stop()
	for {
		if err := a.recountAll(ctx); err != nil && ctx.Err() == nil {
			a.o.Log.Error("compute open deadlines anew", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// recountAll tells every request that waits, when there is something to tell.
func (a *App) recountAll(ctx context.Context) error {
	v, ok := a.live.Get().project.calendar.(interface{ Version() string })
	if !ok {
		return nil
	}
	now := v.Version()
	was, err := a.store.Setting(ctx, calendarSetting)
	switch {
	case errors.Is(err, store.ErrNotFound): // the first calendar there is
		return a.store.PutSetting(ctx, calendarSetting, []byte(now))
	case err != nil:
		return fmt.Errorf("read the calendar's version: %w", err)
	case string(was) == now:
		return nil
	}
	told := 0
	for after := ""; ; {
		ids, err := a.store.Waiting(ctx, after, recountPage)
		if err != nil {
			return err
		}
		for _, id := range ids {
			ev := event.Event{
				ID: "calendar:" + now, Kind: event.KindTimer, Connection: event.Self, Actor: event.Actor{Type: event.ActorSystem},
				Body: &event.Timer{Instance: id, Name: "calendar"},
			}
			if err := a.engine.Notify(ctx, id, ev); err != nil {
				return err
			}
			after = id
			told++
		}
		if len(ids) < recountPage {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(recountPause):
		}
	}
	if err := a.store.PutSetting(ctx, calendarSetting, []byte(now)); err != nil {
		return fmt.Errorf("keep the calendar's version: %w", err)
	}
	a.o.Log.Info("another working calendar is in force; open deadlines were computed anew", "was", string(was), "now", now, "requests", told)
	return nil
}

// unknownYears warns of years without holiday data that deadlines reach into: this one, and from October on the
// next, which is announced each November.
func unknownYears(cal interface {
	Known(from, to time.Time) bool
}, file string, loc *time.Location, now time.Time) config.Problems {
	now = now.In(loc)
	years := []time.Time{now}
	if now.Month() >= time.October {
		years = append(years, now.AddDate(1, 0, 0))
	}
	var ps config.Problems
	for _, y := range years {
		if !cal.Known(y, y) {
			ps = append(ps, config.Problem{
				File: shown(file), Severity: config.Warning, Path: "calendar.holidays",
				What: fmt.Sprintf("there are no holiday data for %d: deadlines that reach into it count plain weekdays and say so", y.Year()),
				Want: fmt.Sprintf("a file holidays/cn-%d.yaml under calendar.holidays; open deadlines are then computed anew", y.Year()),
			})
		}
	}
	return ps
}
