package store

import (
	"context"
	"time"

	"magpie/workflows"
)

// Version is a definition without its source, and when it was kept first.
type Version struct {
	workflows.Definition
	FirstSeen time.Time
}

// Versions lists every version that requests were started with, by workflow, the oldest first.
func (s *Store) Versions(ctx context.Context) ([]Version, error) {
	var list []Version
	err := s.read(ctx, "SELECT id, hash, kind, name, created_at FROM definition ORDER BY id, created_at, hash", nil, func(scan scanFunc) error {
		var v Version
		var at int64
		err := scan(&v.ID, &v.Hash, &v.Kind, &v.Name, &at)
		v.FirstSeen = fromMillis(at)
		list = append(list, v)
		return err
	})
	return list, wrap("list versions", err)
}
