// Package roster answers questions about people from memory: it holds one state of the directory, as the
// store keeps it, and takes a newer one when the store has moved on. It is the workflows.People of a server,
// of magpie test and of magpie simulate.
package roster

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/selector"
)

// Source is where the state comes from.
type Source interface {
	// RosterRev tells the revision of the directory; cheap.
	RosterRev(ctx context.Context) (int64, error)
	// Roster reads all of it.
	Roster(ctx context.Context) (workflows.Roster, error)
}

// Options of a Roster.
type Options struct {
	Source Source
	// Roles gives the configured roles: role → selectors. Called for each lookup, so that a reload counts.
	Roles func() map[string][]string
	// Duties gives the configured duty rosters, by name. Called for each lookup.
	Duties func() map[string]selector.Duty
	// Order gives the connections in the order of the configuration, for whoever has no preference.
	Order func() []string
	// Fresh is how long a state is used before the source's revision is looked at again; default 2 s.
	Fresh time.Duration
	Now   func() time.Time
}

// Roster implements workflows.People. Safe for concurrent use.
type Roster struct {
	o       Options
	state   atomic.Pointer[state]
	checked atomic.Pointer[look]
	said    atomic.Int64 // how often Invalidate was called
	mu      sync.Mutex   // one reload at a time
}

// look is when the source's revision was last looked at.
type look struct {
	at   int64 // Unix nanoseconds
	said int64 // Roster.said before it: a look that began before an Invalidate does not count after it
}

var _ workflows.People = (*Roster)(nil)

// New makes a Roster; the first question loads it.
func New(o Options) *Roster {
	if o.Fresh <= 0 {
		o.Fresh = 2 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Roles == nil {
		o.Roles = func() map[string][]string { return nil }
	}
	if o.Duties == nil {
		o.Duties = func() map[string]selector.Duty { return nil }
	}
	if o.Order == nil {
		o.Order = func() []string { return nil }
	}
	return &Roster{o: o}
}

// Invalidate makes the next question look at the source.
func (r *Roster) Invalidate() { r.said.Add(1) }

// fresh reports whether the source was looked at a short while ago.
func (r *Roster) fresh(now int64) bool {
	l := r.checked.Load()
	return l != nil && l.said == r.said.Load() && now-l.at < int64(r.o.Fresh)
}

// current returns the newest state there is. When the source can't be read and there is a state already,
// that one is used on: a directory of a minute ago is better than none.
func (r *Roster) current(ctx context.Context) (*state, error) {
	now := r.o.Now().UnixNano()
	if s := r.state.Load(); s != nil && r.fresh(now) {
		return s, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state.Load()
	if s != nil && r.fresh(now) {
		return s, nil
	}
	said := r.said.Load()
	rev, err := r.o.Source.RosterRev(ctx)
	if err == nil && (s == nil || s.rev != rev) {
		var all workflows.Roster
		if all, err = r.o.Source.Roster(ctx); err == nil {
			s = index(all)
			r.state.Store(s)
		}
	}
	if err != nil && s == nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	r.checked.Store(&look{at: now, said: said})
	return s, nil
}

// Resolve answers a lookup.
func (r *Roster) Resolve(ctx context.Context, l workflows.Lookup) (event.Lookup, error) {
	s, err := r.current(ctx)
	if err != nil {
		return event.Lookup{}, err
	}
	at := l.At
	if at.IsZero() {
		at = r.o.Now()
	}
	found, err := selector.Eval(l.Selectors, selector.Subject{Initiator: l.Initiator, Form: l.Form, Chosen: l.Chosen}, view{s, r.o.Roles(), r.o.Duties(), at})
	if err != nil {
		return event.Lookup{}, err
	}
	ids := found.Persons
	out := event.Lookup{ID: l.ID, Persons: make([]event.Person, 0, len(ids)), Snapshot: strconv.FormatInt(s.rev, 10), Short: found.Short}
	for _, id := range ids {
		out.Persons = append(out.Persons, s.person(s.persons[id]))
	}
	out.Proxies = s.proxies(ids)
	return out, nil
}

// ByRef finds the person behind an account.
func (r *Roster) ByRef(ctx context.Context, refs []event.Ref) (workflows.Person, error) {
	s, err := r.current(ctx)
	if err != nil {
		return workflows.Person{}, err
	}
	for _, ref := range refs {
		if id, ok := s.byRef[ref]; ok {
			if p := s.persons[id]; p.Active {
				return *p, nil
			}
		}
	}
	return workflows.Person{}, workflows.ErrNotFound
}

// Person reads one.
func (r *Roster) Person(ctx context.Context, id string) (workflows.Person, error) {
	s, err := r.current(ctx)
	if err != nil {
		return workflows.Person{}, err
	}
	if p, ok := s.persons[id]; ok {
		return *p, nil
	}
	return workflows.Person{}, workflows.ErrNotFound
}

// Addresses lists the accounts of a person, the preferred connection first, then in the order of the
// configuration.
func (r *Roster) Addresses(ctx context.Context, id string) ([]workflows.Address, error) {
	s, err := r.current(ctx)
	if err != nil {
		return nil, err
	}
	p, ok := s.persons[id]
	if !ok {
		return nil, workflows.ErrNotFound
	}
	if !p.Active {
		return nil, nil
	}
	return ordered(s.addresses[p.ID], p.Preferred, r.o.Order()), nil
}

// ordered sorts by preference; the input is shared and not changed.
func ordered(all []workflows.Address, preferred string, order []string) []workflows.Address {
	if len(all) < 2 {
		return all
	}
	out := make([]workflows.Address, 0, len(all))
	take := func(connection string) {
		for _, a := range all {
			if a.Connection == connection {
				out = append(out, a)
			}
		}
	}
	if preferred != "" {
		take(preferred)
	}
	for _, c := range order {
		if c != preferred {
			take(c)
		}
	}
	return out
}
