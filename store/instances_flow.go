package store

import (
	"context"
	"time"

	"magpie/workflows"
)

const (
	sqlRunningOf = "SELECT " + instanceColumns + " FROM instance WHERE definition = ? AND id > ? AND ended_at = 0 ORDER BY id LIMIT ?"
	sqlSince     = "SELECT " + instanceColumns + " FROM instance WHERE definition = ? AND id > ? AND (created_at >= ? OR ended_at >= ?) ORDER BY id LIMIT ?"
	sqlWaiting   = "SELECT DISTINCT instance FROM task WHERE instance > ? AND state = 'open' ORDER BY instance LIMIT ?"
)

// RunningOf lists the instances of a flow that have not ended, drafts included, by id, from after on: at most n.
func (s *Store) RunningOf(ctx context.Context, definition, after string, n int) ([]workflows.Instance, error) {
	return s.instances(ctx, "running instances of "+definition, sqlRunningOf, definition, after, n)
}

// Since lists the instances of a flow that were begun or ended at a time or later, by id, from after on: at most n.
func (s *Store) Since(ctx context.Context, definition string, from time.Time, after string, n int) ([]workflows.Instance, error) {
	return s.instances(ctx, "instances of "+definition, sqlSince, definition, after, millis(from), millis(from), n)
}

// Waiting lists the ids of instances in which somebody is asked now, from after on: at most n.
func (s *Store) Waiting(ctx context.Context, after string, n int) ([]string, error) {
	var ids []string
	err := s.read(ctx, sqlWaiting, []any{after, n}, func(scan scanFunc) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, wrap("instances that wait", err)
}

func (s *Store) instances(ctx context.Context, what, q string, args ...any) ([]workflows.Instance, error) {
	var list []workflows.Instance
	err := s.read(ctx, q, args, func(scan scanFunc) error {
		i, err := scanInstance(scan)
		list = append(list, i)
		return err
	})
	return list, wrap(what, err)
}
