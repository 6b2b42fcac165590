package store

import (
	"context"
	"fmt"

	"magpie/workflows"
)

const (
	sqlTrailOf      = "SELECT " + trailColumns + " FROM trail WHERE instance = ? ORDER BY seq"
	sqlErasePrivate = "UPDATE trail SET private = NULL, salt = '' WHERE instance = ? AND seq = ?"
	sqlHasTrail     = "SELECT seq FROM trail WHERE instance = ? AND seq = ?"
)

// TrailOf lists what happened to an instance, in order. The private part of an erased entry is nil.
func (s *Store) TrailOf(ctx context.Context, instance string) ([]workflows.Entry, error) {
	var list []workflows.Entry
	err := s.read(ctx, sqlTrailOf, []any{instance}, func(scan scanFunc) error {
		e, _, err := scanEntry(scan)
		list = append(list, e)
		return err
	})
	return list, wrap("trail of "+instance, err)
}

// ErasePrivate removes the personal text of an entry, and its salt, so that nobody can find the text
// again by guessing. The digest stays: the chain still verifies. Erasing twice is no error. ErrNotFound.
func (s *Store) ErasePrivate(ctx context.Context, instance string, seq int64) error {
	err := s.write(ctx, func(t tx) error {
		found := false
		err := t.query(sqlHasTrail, []any{instance, seq}, func(scan scanFunc) error {
			found = true
			var n int64
			return scan(&n)
		})
		if err == nil && !found {
			err = ErrNotFound
		}
		if err == nil {
			_, err = t.exec(sqlErasePrivate, instance, seq)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("erase the private part of %s %d: %w", instance, seq, err)
	}
	return nil
}

// scanEntry reads a row of trailColumns, and the digest that stands for the private part.
func scanEntry(scan scanFunc) (e workflows.Entry, digest string, err error) {
	var at int64
	var data, private []byte
	err = scan(&e.Instance, &e.Seq, &at, &e.Kind, &e.Actor, &e.Event, &data, &private, &digest, &e.Salt, &e.PrevHash, &e.Hash)
	e.At, e.Data, e.Private = fromMillis(at), data, private
	return e, digest, err
}
