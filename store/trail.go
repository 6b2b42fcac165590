package store

import (
	"context"
	"fmt"

	"magpie/workflows"
)

const (
	sqlTrailOf = "SELECT " + trailColumns + " FROM trail WHERE instance = ? ORDER BY seq"
	// The row that holds an entry is the last one that begins at it or before.
	sqlTrailAt      = "SELECT " + trailColumns + " FROM trail WHERE instance = ? AND seq <= ? ORDER BY seq DESC LIMIT 1"
	sqlRewriteTrail = "UPDATE trail SET entries = ? WHERE instance = ? AND seq = ? AND entries = ?"
)

// TrailOf lists what happened to an instance, in order. The private part of an erased entry is nil.
func (s *Store) TrailOf(ctx context.Context, instance string) ([]workflows.Entry, error) {
	var list []workflows.Entry
	err := s.read(ctx, sqlTrailOf, []any{instance}, func(scan scanFunc) error {
		r, err := scanTrail(scan)
		if err == nil {
			list = append(list, r.list()...)
		}
		return err
	})
	return list, wrap("trail of "+instance, err)
}

// ErasePrivate removes the personal text of an entry, and its salt, so that nobody can find the text
// again by guessing. The digest stays: the chain still verifies. Erasing twice is no error. ErrNotFound;
// ErrConflict when another process rewrites the same entries at this moment.
func (s *Store) ErasePrivate(ctx context.Context, instance string, seq int64) error {
	if err := s.write(ctx, func(t tx) error { return erasePrivate(t, instance, seq) }); err != nil {
		return fmt.Errorf("erase the private part of %s %d: %w", instance, seq, err)
	}
	return nil
}

func erasePrivate(t tx, instance string, seq int64) error {
	var r trailRow
	err := t.query(sqlTrailAt, []any{instance, seq}, func(scan scanFunc) (err error) {
		r, err = scanTrail(scan)
		return err
	})
	if err != nil {
		return err
	}
	i := seq - r.seq
	if r.instance == "" || i >= int64(len(r.entries)) {
		return ErrNotFound
	}
	e := &r.entries[i]
	if e.Private == nil && e.Salt == "" {
		return nil
	}
	e.Private, e.Salt = nil, ""
	b, err := appendEntries(nil, r.entries)
	if err != nil {
		return err
	}
	n, err := t.exec(sqlRewriteTrail, b, r.instance, r.seq, r.body)
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return err
}
