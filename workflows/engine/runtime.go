package engine

import (
	"context"
	"fmt"
	"sort"
	"sync"

	"magpie/workflows"
)

// Runtime is one compiled configuration: immutable, but for the cache of older versions. A reload makes a
// new one and swaps the pointer; running instances go on with the version they are pinned to.
type Runtime struct {
	programs map[string]workflows.Program // current version, by definition id
	order    []string
	renderer workflows.Renderer
	fallback workflows.Program
	compile  func(workflows.Definition) (workflows.Program, error)

	mu     sync.Mutex
	pinned map[string]workflows.Program // older versions, by id and hash
}

// NewRuntime puts programs and templates together. fallback answers messages to the bot that start nothing
// (nil: they are ignored). compile rebuilds a stored version. Two programs of one id are an error.
func NewRuntime(programs []workflows.Program, renderer workflows.Renderer, fallback workflows.Program,
	compile func(workflows.Definition) (workflows.Program, error)) (*Runtime, error) {
	r := &Runtime{
		programs: make(map[string]workflows.Program, len(programs)),
		renderer: renderer, fallback: fallback, compile: compile,
		pinned: map[string]workflows.Program{},
	}
	for _, p := range programs {
		d := p.Definition()
		if _, twice := r.programs[d.ID]; twice {
			return nil, fmt.Errorf("two flows have the id %q", d.ID)
		}
		r.programs[d.ID] = p
		r.order = append(r.order, d.ID)
	}
	sort.Strings(r.order)
	return r, nil
}

// Programs returns the current versions, by id.
func (r *Runtime) Programs() []workflows.Program {
	out := make([]workflows.Program, len(r.order))
	for i, id := range r.order {
		out[i] = r.programs[id]
	}
	return out
}

// Program returns the current version of a flow.
func (r *Runtime) Program(id string) (workflows.Program, bool) {
	p, ok := r.programs[id]
	return p, ok
}

// Publish keeps the current versions in the store, so that instances pinned to them run on after the file
// has changed. It must come before the first event is handled under this Runtime.
func (r *Runtime) Publish(ctx context.Context, s workflows.Store) error {
	for _, p := range r.Programs() {
		if err := s.PutDefinition(ctx, p.Definition()); err != nil {
			return fmt.Errorf("publish %s: %w", p.Definition().ID, err)
		}
	}
	return nil
}

// version returns the program an instance is pinned to.
func (r *Runtime) version(ctx context.Context, s workflows.Store, id, hash string) (workflows.Program, error) {
	if p, ok := r.programs[id]; ok && p.Definition().Hash == hash {
		return p, nil
	}
	key := id + "@" + hash
	r.mu.Lock()
	p, ok := r.pinned[key]
	r.mu.Unlock()
	if ok {
		return p, nil
	}
	d, err := s.LoadDefinition(ctx, id, hash)
	if err != nil {
		return nil, fmt.Errorf("load version %s of %s: %w", hash, id, err)
	}
	if p, err = r.compile(d); err != nil {
		return nil, &fatal{fmt.Errorf("compile version %s of %s: %w", hash, id, err)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pinned[key] = p
	return p, nil
}

// fatal marks an error that trying again will not mend.
type fatal struct{ err error }

func (f *fatal) Error() string { return f.err.Error() }
func (f *fatal) Unwrap() error { return f.err }
