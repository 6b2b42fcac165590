package store

import (
	"context"
	"fmt"

	"magpie/workflows"
)

// InstanceFilter narrows a list of instances. The zero filter shows all, the newest first, 100 of them.
type InstanceFilter struct {
	Kind       string
	Status     workflows.Status
	Definition string
	Initiator  string
	Limit      int // 0 is 100; at most 10 000
}

// Instances lists instances without their states, the newest first.
func (s *Store) Instances(ctx context.Context, f InstanceFilter) ([]workflows.Instance, error) {
	q := s.list(ctx, "instance").Select("id, definition, hash, kind, rev, status, initiator, title, seq, created_at, updated_at, ended_at")
	for _, x := range []struct{ column, value string }{
		{"kind", f.Kind}, {"status", string(f.Status)}, {"definition", f.Definition}, {"initiator", f.Initiator},
	} {
		if x.value != "" {
			q = q.Where(x.column+" = ?", x.value)
		}
	}
	var rows []struct {
		ID, Definition, Hash, Kind, Status, Initiator, Title string
		Rev, Seq, CreatedAt, UpdatedAt, EndedAt              int64
	}
	if err := q.Order("created_at DESC").Limit(Filter{Limit: f.Limit}.limit()).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	out := make([]workflows.Instance, len(rows))
	for i, r := range rows {
		out[i] = workflows.Instance{
			ID: r.ID, Definition: r.Definition, Hash: r.Hash, Kind: r.Kind, Rev: r.Rev, Status: workflows.Status(r.Status), Initiator: r.Initiator,
			Title: r.Title, Seq: r.Seq, CreatedAt: fromMillis(r.CreatedAt), UpdatedAt: fromMillis(r.UpdatedAt), EndedAt: fromMillis(r.EndedAt),
		}
	}
	return out, nil
}
