package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

// Store is where people are kept.
type Store interface {
	// KnownPeople reads all persons, and the person of each account id of every connection.
	KnownPeople(ctx context.Context) ([]adapters.Person, map[event.Ref]string, error)
	// PutPeople writes a change of one connection in one transaction.
	PutPeople(ctx context.Context, p adapters.People) error
}

// Options of a Sync. Store and Connections are required.
type Options struct {
	Store       Store
	Connections func() []*adapters.Connection
	By          func() []Key
	Every       time.Duration // between full pulls; default 30 min
	Changed     func()        // called after people changed; optional
	Log         *slog.Logger
}

// Sync keeps people fresh. Its methods may be called concurrently; changes are made one after the other.
type Sync struct {
	o      Options
	mu     sync.Mutex
	once   sync.Once
	pulled chan struct{}
	soon   chan struct{} // somebody wants a pull before its time
}

// New makes a Sync.
func New(o Options) *Sync {
	if o.Every <= 0 {
		o.Every = 30 * time.Minute
	}
	if o.By == nil {
		o.By = func() []Key { return []Key{ByEmployeeNo, ByEmail, ByMobile} }
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Sync{o: o, pulled: make(chan struct{}), soon: make(chan struct{}, 1)}
}

// Run pulls everything at once and then again from time to time, until ctx ends. A pull that fails is
// tried again soon; the old data stay.
func (s *Sync) Run(ctx context.Context) error {
	for failed := 0; ; {
		pause := s.o.Every
		if err := s.PullAll(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			failed++
			pause = min(pause, time.Second<<min(failed, 8))
			s.o.Log.Error("pull the directory; the old data stay", "err", err, "again_in", pause)
		} else {
			failed = 0
		}
		pause += time.Duration(rand.Int64N(int64(pause)/10 + 1))
		select {
		case <-ctx.Done():
			return nil
		case <-s.soon:
		case <-time.After(pause):
		}
	}
}

// PullAll pulls every connection that has a directory. One that fails does not keep the others back.
func (s *Sync) PullAll(ctx context.Context) error {
	var errs []error
	for _, c := range s.o.Connections() {
		if !c.Capabilities().Directory {
			continue
		}
		if err := s.Pull(ctx, c); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.ID, err))
		}
	}
	if len(errs) == 0 {
		s.once.Do(func() { close(s.pulled) })
	}
	return errors.Join(errs...)
}

// Pulled is closed once every directory has been pulled by this process.
func (s *Sync) Pulled() <-chan struct{} { return s.pulled }

// Pull replaces what is known of one connection by what the suite says now.
func (s *Sync) Pull(ctx context.Context, c *adapters.Connection) error {
	depts, err := c.Departments(ctx)
	if err != nil {
		return fmt.Errorf("pull departments: %w", err)
	}
	accounts, err := c.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("pull accounts: %w", err)
	}
	if len(accounts) == 0 {
		// A company without anybody is an app without its permission: taken at its word, everybody would leave.
		return errors.New("pull accounts: the suite names nobody; may the app see the address book?")
	}
	return s.put(ctx, adapters.People{Connection: c.ID, Full: true, Departments: depts}, accounts)
}

// Learn looks up one account that nobody is linked to, and links it.
func (s *Sync) Learn(ctx context.Context, connection string, refs []event.Ref) error {
	all := s.o.Connections()
	i := slices.IndexFunc(all, func(c *adapters.Connection) bool { return c.ID == connection })
	if i < 0 || len(refs) == 0 {
		return fmt.Errorf("connection %q is not configured", connection)
	}
	a, err := all[i].Account(ctx, refs[0])
	if err != nil {
		return fmt.Errorf("read account %s: %w", refs[0], err)
	}
	return s.put(ctx, adapters.People{Connection: connection}, []event.Account{a})
}

// Event takes a directory event in: the person it carries, or where it only hints, a full pull by Run, soon.
// A pull of many pages takes longer than an event may; when the process ends before it, the next one begins
// with a pull.
func (s *Sync) Event(ctx context.Context, ev event.Event) error {
	d, ok := ev.Body.(*event.Directory)
	if !ok {
		return nil
	}
	if d.Account == nil || d.Resync {
		select {
		case s.soon <- struct{}{}:
		default: // one is asked for already
		}
		return nil
	}
	a := *d.Account
	if ev.Kind == event.KindPersonLeft {
		a.Left, a.Active = true, false
	}
	return s.put(ctx, adapters.People{Connection: ev.Connection}, []event.Account{a})
}

// put links and writes; one at a time, since linking reads what the one before wrote.
func (s *Sync) put(ctx context.Context, p adapters.People, accounts []event.Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	persons, links, err := s.o.Store.KnownPeople(ctx)
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	p.Accounts, p.Persons = Link(p.Connection, accounts, Known{Persons: persons, Links: links}, s.o.By())
	if p.Full {
		p.Persons = append(p.Persons, leavers(persons, p)...)
	}
	if err := s.o.Store.PutPeople(ctx, p); err != nil {
		return fmt.Errorf("write people: %w", err)
	}
	for _, a := range p.Accounts {
		if a.Conflict != "" {
			s.o.Log.Warn("account could not be linked", "connection", p.Connection, "name", a.Name, "why", a.Conflict)
		}
	}
	s.o.Changed()
	return nil
}

// leavers are persons who came from this connection and whom a full pull no longer has.
func leavers(known []adapters.Person, p adapters.People) []adapters.Person {
	there := make(map[string]bool, len(p.Accounts))
	for _, a := range p.Accounts {
		there[a.Person] = true
	}
	for _, c := range p.Persons {
		there[c.ID] = true
	}
	var out []adapters.Person
	for _, k := range known {
		if k.Source == p.Connection && k.Active && !there[k.ID] {
			k.Active = false
			out = append(out, k)
		}
	}
	return out
}
