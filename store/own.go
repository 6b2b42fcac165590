package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrOwned: another process serves from this SQLite file.
var ErrOwned = errors.New("another magpie serves from this file; one process at a time, or use MySQL")

// Own says that this process is the one that works on the database: the server calls it before it takes
// anything up, tools don't. A SQLite file has one owner at a time, by a lock on "<file>.lock" that the system
// takes back when the process ends, however it ends: ErrOwned. What a dead owner had in hand is due at once
// then, instead of when its leases are over. MySQL is shared by several processes; there Own does nothing.
func (s *Store) Own(ctx context.Context) error {
	if s.mysql {
		return nil
	}
	f, err := ownFile(s.file)
	if err != nil {
		return fmt.Errorf("own the database %s: %w", s.file, err)
	}
	s.owned = f
	// The tokens stay: they tell that somebody had begun.
	return wrap("take over from a dead owner", s.write(ctx, func(t tx) error {
		now := s.now()
		for _, table := range []string{"inbox", "job"} {
			if _, err := t.exec("UPDATE "+table+" SET due_at = ? WHERE state = 0 AND due_at > ? AND token <> ''", now, now); err != nil {
				return err
			}
		}
		return nil
	}))
}

// ownFile takes the lock of a SQLite file for as long as the answer is open.
func ownFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	locked, err := lockFile(f)
	if err == nil && !locked {
		err = ErrOwned
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
