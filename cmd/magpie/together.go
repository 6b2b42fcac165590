package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"magpie/adapters"
	"magpie/store"
	"magpie/web/pages"
)

// together is what the processes on one database share, for connections that are made before it is open. Until
// then it says that it is not there, and each connection is on its own.
type together struct{ store atomic.Pointer[store.Store] }

var (
	_ adapters.Shared = (*together)(nil)
	_ pages.Shelf     = shelf{}
)

var errNoStore = errors.New("the database is not open yet")

// Get implements adapters.Shared.
func (t *together) Get(ctx context.Context, name string) ([]byte, error) {
	s := t.store.Load()
	if s == nil {
		return nil, errNoStore
	}
	v, err := s.Setting(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return v, err
}

// Swap implements adapters.Shared.
func (t *together) Swap(ctx context.Context, name string, old, value []byte) (bool, error) {
	s := t.store.Load()
	if s == nil {
		return false, errNoStore
	}
	return s.SwapSetting(ctx, name, old, value)
}

// How long what nobody asks for any more is kept.
const (
	keepShelf = time.Hour
	keepToken = 7 * 24 * time.Hour
	keepSpent = 70 * 24 * time.Hour
)

const shelfPrefix = "page/"

// cleanTogether forgets what is old: forms that nobody came back for, tokens of apps that are gone, months long over.
func (a *App) cleanTogether(ctx context.Context) error {
	now := a.o.Now()
	return errors.Join(
		a.store.DropSettings(ctx, shelfPrefix, now.Add(-keepShelf)),
		a.store.DropSettings(ctx, "token/", now.Add(-keepToken)),
		a.store.DropSettings(ctx, "spent/", now.Add(-keepSpent)),
	)
}

// shelf keeps what people typed over a log-in, for whichever process they come back to. cleanTogether ends it.
type shelf struct{ *together }

// Put implements pages.Shelf.
func (s shelf) Put(ctx context.Context, name string, value []byte, _ time.Time) error {
	db := s.store.Load()
	if db == nil {
		return errNoStore
	}
	return db.PutSetting(ctx, shelfPrefix+name, value)
}

// Take implements pages.Shelf.
func (s shelf) Take(ctx context.Context, name string) ([]byte, error) {
	v, err := s.Get(ctx, shelfPrefix+name)
	if err != nil || len(v) == 0 {
		return nil, err
	}
	if ok, err := s.Swap(ctx, shelfPrefix+name, v, []byte{}); err != nil || !ok {
		return nil, err // taken by somebody else just now
	}
	return v, nil
}
