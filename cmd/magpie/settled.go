package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/roster"
)

const (
	// peoplePulled is the setting that says the directory was read in full at least once.
	peoplePulled = "people_pulled"
	// lookupPatience is how long a lookup waits for the first pull: well within the time of a press.
	lookupPatience = 500 * time.Millisecond
	// pullPatience is how long after the start a directory that can't be read keeps lookups waiting; then
	// they are answered from the persons that are known.
	pullPatience = 2 * time.Minute
)

// settledPeople answers lookups only once the directory was read. Before that, on a new database, an
// answer would name nobody where there is somebody, and requests would be rejected or handed to an
// administrator for it. The error it gives instead makes the engine ask again.
type settledPeople struct {
	*roster.Roster
	pulled <-chan struct{} // closed by the first full pull
	known  atomic.Bool
	begun  time.Time
	now    func() time.Time
}

// errUnsettled: ask again.
var errUnsettled = errors.New("the directory has not been read yet")

// Resolve implements workflows.People.
func (p *settledPeople) Resolve(ctx context.Context, l workflows.Lookup) (event.Lookup, error) {
	if err := p.settled(ctx); err != nil {
		return event.Lookup{}, err
	}
	return p.Roster.Resolve(ctx, l)
}

// Search finds persons by what is written of them, as the roster does.
func (p *settledPeople) Search(ctx context.Context, words string, limit int) ([]roster.Found, error) {
	if err := p.settled(ctx); err != nil {
		return nil, err
	}
	return p.Roster.Search(ctx, words, limit)
}

// settled waits a moment for the directory to be read, and fails with errUnsettled where that takes longer.
func (p *settledPeople) settled(ctx context.Context) error {
	if p.known.Load() {
		return nil
	}
	wait := time.NewTimer(lookupPatience)
	defer wait.Stop()
	select {
	case <-p.pulled:
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		if p.now().Sub(p.begun) < pullPatience {
			return errUnsettled
		}
	}
	p.known.Store(true)
	return nil
}

// waiting tells whether the first full pull may still come.
func (p *settledPeople) waiting() bool {
	if p.known.Load() {
		return false
	}
	select {
	case <-p.pulled:
		p.known.Store(true)
		return false
	default:
		return p.now().Sub(p.begun) < pullPatience
	}
}

// learn looks an account up at its suite. What the suite will never tell makes a stranger; what it can't tell
// just now is asked again. A robot has no directory of its own: the app beside it may still name them, so that nobody
// is a stranger while a first pull is waited for, nor when it ended meanwhile.
func (a *App) learn(ctx context.Context, connection string, refs []event.Ref) error {
	waiting := a.asked.waiting()
	err := a.sync.Learn(ctx, connection, refs)
	vain := err == nil // what was asked in vain a moment ago is not asked again
	switch adapters.KindOf(err) {
	case adapters.KindNotFound, adapters.KindForbidden, adapters.KindUnsupported, adapters.KindInvalid, adapters.KindGone:
		vain = true
	}
	if !vain {
		return err
	}
	switch _, known := a.people.ByRef(ctx, refs); {
	case known == nil:
		return nil
	case !errors.Is(known, workflows.ErrNotFound):
		return known
	case waiting:
		return errors.Join(errUnsettled, err)
	case err == nil:
		return nil
	}
	return fmt.Errorf("%w: %w", workflows.ErrNotFound, err)
}

// settle makes people that are asked no sooner than they are known.
func (a *App) settle(ctx context.Context) (*settledPeople, error) {
	p := &settledPeople{Roster: a.people, pulled: a.sync.Pulled(), begun: a.o.Now(), now: a.o.Now}
	switch _, err := a.store.Setting(ctx, peoplePulled); {
	case err == nil:
		p.known.Store(true)
	case !errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("ask whether people were read: %w", err)
	}
	return p, nil
}

// unread reports whether the directory of some connection was never read whole: then who is not found may well be
// there. Whoever it names nobody of was not read, since a pull that names nobody is none.
func (a *App) unread(ctx context.Context) (bool, error) {
	select {
	case <-a.sync.Pulled():
		return false, nil
	default:
	}
	switch _, err := a.store.Setting(ctx, peoplePulled); {
	case errors.Is(err, store.ErrNotFound):
		return slices.ContainsFunc(a.order(), a.hasDirectory), nil
	case err != nil:
		return false, fmt.Errorf("ask whether people were read: %w", err)
	}
	counts, err := a.store.CountAccounts(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(a.order(), func(id string) bool {
		return a.hasDirectory(id) && !slices.ContainsFunc(counts, func(c store.AccountCount) bool { return c.Connection == id })
	}), nil
}

func (a *App) hasDirectory(id string) bool {
	c, ok := a.connection(id)
	return ok && c.Capabilities().Directory
}

// notePulled remembers the first full pull for the processes to come.
func (a *App) notePulled(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-a.sync.Pulled():
		if err := a.store.PutSetting(ctx, peoplePulled, []byte("1")); err != nil && ctx.Err() == nil {
			a.o.Log.Warn("note that people were read", "err", err)
		}
	}
	return nil
}
