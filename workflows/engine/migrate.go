package engine

import (
	"context"
	"errors"
	"fmt"

	"magpie/workflows"
)

// Migrate pins an instance to another version of its flow, in one transaction guarded by its revision. done is
// false when it is pinned to that version already. A *workflows.Refusal says why it can't be; nothing is changed
// then.
func (e *Engine) Migrate(ctx context.Context, instance string, to workflows.Program, nodes map[string]string) (done bool, err error) {
	m, ok := to.(workflows.Migrator)
	if !ok {
		return false, fmt.Errorf("flows of kind %s can't be migrated", to.Definition().Kind)
	}
	at := e.stripe(instance)
	at.mu.Lock()
	defer at.mu.Unlock()
	at.forget()
	for try := 1; ; try++ {
		done, err := e.migrate(ctx, instance, to, m, nodes)
		if !errors.Is(err, workflows.ErrConflict) || try == maxConflicts {
			return done, err
		}
	}
}

func (e *Engine) migrate(ctx context.Context, instance string, to workflows.Program, m workflows.Migrator, nodes map[string]string) (bool, error) {
	rt, now := e.o.Runtime(), e.now()
	in, err := e.o.Store.LoadInstance(ctx, instance)
	if err != nil {
		return false, fmt.Errorf("load instance %s: %w", instance, err)
	}
	d := to.Definition()
	switch {
	case in.Definition != d.ID:
		return false, fmt.Errorf("instance %s is one of %s, not of %s", instance, in.Definition, d.ID)
	case in.Hash == d.Hash:
		return false, nil
	}
	old, err := rt.version(ctx, e.o.Store, in.Definition, in.Hash)
	if err != nil {
		return false, err
	}
	out, err := m.Migrate(old, in, nodes, now)
	if err != nil {
		return false, err
	}
	next := *out.Instance
	next.ID, next.Definition, next.Hash, next.Kind = in.ID, d.ID, d.Hash, d.Kind
	next.CreatedAt, next.UpdatedAt, next.Rev = in.CreatedAt, now, in.Rev+1
	w := &work{program: to, base: in, inst: &next, effects: out.Effects, commit: workflows.Commit{Now: now, ExpectRev: in.Rev, Trail: out.Trail, Tasks: out.Tasks}}
	c := &command{e: e, rt: rt, instance: instance}
	c.ev.Connection, c.ev.ID = "magpie", "migrate:"+d.Hash
	if _, err := c.commit(ctx, w); err != nil {
		return false, err
	}
	return true, nil
}
