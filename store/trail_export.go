package store

import (
	"context"
	"fmt"
	"time"

	"magpie/workflows"
)

// TrailEntry is an entry with the digest of its private part, which is there when that was erased.
type TrailEntry struct {
	workflows.Entry
	Digest string
}

// ExportTrail lists what happened to an instance with all that its hashes are made of, in order.
func (s *Store) ExportTrail(ctx context.Context, instance string) ([]TrailEntry, error) {
	var list []TrailEntry
	err := s.read(ctx, sqlTrailOf, []any{instance}, func(scan scanFunc) error {
		r, err := scanTrail(scan)
		if err != nil {
			return err
		}
		for i, e := range r.list() {
			list = append(list, TrailEntry{e, r.entries[i].Digest})
		}
		return nil
	})
	return list, wrap("export the trail of "+instance, err)
}

// TrailFilter chooses instances; the zero value is all.
type TrailFilter struct {
	Instance string
	Workflow string    // id of the definition
	From, To time.Time // when they were made: From included, To not
	Touched  time.Time // changed at this time or later
}

const (
	sqlEachInstance = "SELECT " + instanceColumns + " FROM instance WHERE id > ? AND created_at >= ? AND created_at < ? AND updated_at >= ? ORDER BY id LIMIT 200"
	// Not by the index of definitions: that would sort all that there are of one for every page.
	sqlEachOfOneFlow = "SELECT " + instanceColumns + " FROM instance WHERE id > ? AND created_at >= ? AND created_at < ? AND updated_at >= ? AND COALESCE(definition, '') = ? ORDER BY id LIMIT 200"
)

// EachInstance calls f for every instance that a filter chooses, by id, a page at a time.
func (s *Store) EachInstance(ctx context.Context, o TrailFilter, f func(workflows.Instance) error) error {
	if o.Instance != "" {
		in, err := s.LoadInstance(ctx, o.Instance)
		if err != nil {
			return err
		}
		return f(in)
	}
	to := int64(1) << 62
	if !o.To.IsZero() {
		to = millis(o.To)
	}
	q, args := sqlEachInstance, []any{"", millis(o.From), to, millis(o.Touched)}
	if o.Workflow != "" {
		q, args = sqlEachOfOneFlow, append(args, o.Workflow)
	}
	for {
		var page []workflows.Instance
		err := s.read(ctx, q, args, func(scan scanFunc) error {
			in, err := scanInstance(scan)
			page = append(page, in)
			return err
		})
		if err != nil {
			return fmt.Errorf("list instances: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, in := range page {
			if err := f(in); err != nil {
				return err
			}
		}
		args[0] = page[len(page)-1].ID
	}
}
