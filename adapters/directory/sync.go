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
	// KnownPeople reads all persons, and all ids of the accounts of every connection.
	KnownPeople(ctx context.Context) (adapters.KnownPeople, error)
	// PutPeople writes a change of one connection in one transaction: adapters.ErrPeopleMoved.
	PutPeople(ctx context.Context, p adapters.People) error
}

// Options of a Sync. Store and Connections are required.
type Options struct {
	Store       Store
	Connections func() []*adapters.Connection
	By          func() []Key
	Every       time.Duration // between full pulls; default 30 min
	Changed     func()        // called after people may have changed; optional
	Now         func() time.Time
	Log         *slog.Logger
}

// Sync keeps people fresh. Its methods may be called concurrently; changes are made one after the other.
type Sync struct {
	o      Options
	mu     sync.Mutex
	once   sync.Once
	pulled chan struct{}
	soon   chan struct{} // somebody wants a pull before its time
	vain   vain
	deaf   deaf
}

// New makes a Sync.
func New(o Options) *Sync {
	if o.Every <= 0 {
		o.Every = 30 * time.Minute
	}
	if o.By == nil {
		o.By = func() []Key { return []Key{ByEmployeeNo, ByEmail, ByMobile} }
	}
	if o.Now == nil {
		o.Now = time.Now
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
	p := adapters.People{Connection: c.ID, Full: true, Departments: depts}
	p.Groups, p.GroupsRead = s.groups(ctx, c)
	return s.put(ctx, p, accounts, nil)
}

// hopeless are the answers that asking again soon does not change.
var hopeless = []adapters.Kind{adapters.KindNotFound, adapters.KindForbidden, adapters.KindUnsupported, adapters.KindInvalid, adapters.KindGone}

// Learn looks up one account that nobody is linked to, and links it. What was looked up in vain is not asked
// for again for a while.
func (s *Sync) Learn(ctx context.Context, connection string, refs []event.Ref) error {
	c := s.connection(connection)
	if c == nil || len(refs) == 0 {
		return fmt.Errorf("connection %q is not configured", connection)
	}
	if s.vain.lately(refs[0], s.o.Now()) {
		return nil
	}
	a, err := c.Account(ctx, refs[0])
	if err != nil {
		if k := adapters.KindOf(err); slices.Contains(hopeless, k) {
			s.vain.note(refs[0], s.o.Now())
		}
		return fmt.Errorf("read account %s: %w", refs[0], err)
	}
	linked, err := s.link(ctx, adapters.People{Connection: connection}, []event.Account{a}, nil)
	if err == nil && linked[0].Person == "" {
		s.vain.note(refs[0], s.o.Now())
	}
	return err
}

func (s *Sync) connection(id string) *adapters.Connection {
	all := s.o.Connections()
	if i := slices.IndexFunc(all, func(c *adapters.Connection) bool { return c.ID == id }); i >= 0 {
		return all[i]
	}
	return nil
}

// Event takes a directory event in: the person it carries, read again from the suite when it says no more than
// who, or a part; or where it does not say who, a full pull by Run, soon. A pull of many pages takes longer than an event may;
// when the process ends before it, the next one begins with a pull.
func (s *Sync) Event(ctx context.Context, ev event.Event) error {
	d, ok := ev.Body.(*event.Directory)
	if !ok {
		return nil
	}
	if d.Account == nil || len(d.Account.Refs) == 0 {
		s.hint()
		return nil
	}
	a := *d.Account
	p := adapters.People{Connection: ev.Connection}
	switch {
	case ev.Kind == event.KindPersonLeft || d.Deleted || a.Left:
		a.Left, a.Active = true, false
	case d.Resync || a.Name == "" || len(a.Depts) == 0 || a.EmployeeNo+a.WorkEmail+a.Email+a.Mobile == "": // a hint of who, or a part
		full, err := s.read(ctx, ev.Connection, a)
		if err != nil {
			s.o.Log.Warn("an account that changed could not be read; the next pull brings it", "connection", ev.Connection, "account", a.Refs[0].String(), "err", err)
			s.hint()
			return nil
		}
		a = full
	}
	var renamed map[event.Ref][]event.Ref
	for _, old := range d.Old {
		if !slices.Contains(a.Refs, old) {
			p.Gone = append(p.Gone, old)
		}
	}
	if len(p.Gone) > 0 {
		renamed = map[event.Ref][]event.Ref{a.Refs[0]: p.Gone}
	}
	return s.put(ctx, p, []event.Account{a}, renamed)
}

// read asks the suite for an account; one that it does not know any more has left.
func (s *Sync) read(ctx context.Context, connection string, a event.Account) (event.Account, error) {
	c := s.connection(connection)
	if c == nil {
		return a, fmt.Errorf("connection %q is not configured", connection)
	}
	full, err := c.Account(ctx, a.Refs[0])
	if adapters.KindOf(err) == adapters.KindNotFound && err != nil {
		a.Left, a.Active = true, false
		return a, nil
	}
	return full, err
}

// hint asks for a pull before its time.
func (s *Sync) hint() {
	select {
	case s.soon <- struct{}{}:
	default: // one is asked for already
	}
}

func (s *Sync) put(ctx context.Context, p adapters.People, accounts []event.Account, renamed map[event.Ref][]event.Ref) error {
	_, err := s.link(ctx, p, accounts, renamed)
	return err
}

// maxMoved bounds how often a change is worked out again because people changed meanwhile.
const maxMoved = 8

// link links and writes. One at a time in this process, since linking reads what the one before wrote; what
// another process or an administrator did meanwhile is taken into account by doing it again.
func (s *Sync) link(ctx context.Context, p adapters.People, accounts []event.Account, renamed map[event.Ref][]event.Ref) ([]adapters.LinkedAccount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for try := 1; ; try++ {
		known, err := s.o.Store.KnownPeople(ctx)
		if err != nil {
			return nil, fmt.Errorf("read people: %w", err)
		}
		p.Since = known.Rev
		Link(&p, accounts, known, s.o.By(), renamed)
		err = s.o.Store.PutPeople(ctx, p)
		if errors.Is(err, adapters.ErrPeopleMoved) && try < maxMoved {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("write people: %w", err)
		}
		break
	}
	conflicts := 0
	for _, a := range p.Accounts {
		if a.Conflict != "" {
			conflicts++
			s.o.Log.Debug("account could not be linked", "connection", p.Connection, "account", accountID(a.Account), "why", a.Conflict)
		}
	}
	if conflicts > 0 {
		s.o.Log.Warn("accounts could not be linked: see magpie people list --conflicts", "connection", p.Connection, "accounts", conflicts)
	}
	s.o.Changed()
	return p.Accounts, nil
}
