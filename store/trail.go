package store

import (
	"context"

	"magpie/workflows"
)

const (
	sqlTrailOf      = "SELECT " + trailColumns + " FROM trail WHERE instance = ? ORDER BY seq"
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
