package directory

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// book is a suite with a directory whose pages take their time.
type book struct {
	mu       sync.Mutex
	accounts []event.Account
	pulls    int
}

func (b *book) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{Platform: "fake", Directory: true}
}

func (b *book) Receive(context.Context, adapters.Request) (adapters.Delivery, error) {
	return adapters.Delivery{}, nil
}

func (b *book) Send(context.Context, card.Message) (adapters.MessageRef, error) {
	return adapters.MessageRef{}, nil
}

func (b *book) Departments(context.Context) ([]event.Department, error) { return nil, nil }

func (b *book) Accounts(context.Context) ([]event.Account, error) {
	time.Sleep(2 * time.Minute)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pulls++
	return b.accounts, nil
}

func (b *book) Account(context.Context, event.Ref) (event.Account, error) {
	return event.Account{}, &adapters.Error{Kind: adapters.KindNotFound}
}

// shelf keeps the persons that were put last.
type shelf struct {
	mu       sync.Mutex
	persons  map[string]adapters.Person
	accounts []adapters.KnownAccount
	puts     int
	rev      int64
	moved    int // how often somebody else is faster from now on
	last     adapters.People
}

func (s *shelf) KnownPeople(context.Context) (adapters.KnownPeople, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := adapters.KnownPeople{Rev: s.rev, Accounts: s.accounts}
	for _, p := range s.persons {
		k.Persons = append(k.Persons, p)
	}
	return k, nil
}

func (s *shelf) PutPeople(_ context.Context, p adapters.People) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.moved > 0 {
		s.moved--
		s.rev++
		return adapters.ErrPeopleMoved
	}
	if p.Since != s.rev {
		return errors.New("worked out from something else")
	}
	s.puts++
	s.rev++
	s.last = p
	for _, x := range p.Persons {
		s.persons[x.ID] = x
	}
	return nil
}

func newSync(b *book, s *shelf) (*Sync, *adapters.Connection) {
	c := adapters.New("c", b)
	return New(Options{Store: s, Connections: func() []*adapters.Connection { return []*adapters.Connection{c} }}), c
}

// An event that only hints at a change does not wait for a pull of many pages: its lease would run out and
// every worker would end up pulling. A burst of hints costs one pull more.
func TestHintsArePulledInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &book{accounts: []event.Account{{Refs: []event.Ref{{Kind: event.RefUser, ID: "ou_1"}}, Name: "李雷", EmployeeNo: "1"}}}
		s, _ := newSync(b, &shelf{persons: map[string]adapters.Person{}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(3 * time.Minute)
		start := time.Now()
		for range 20 {
			if err := s.Event(ctx, event.Event{Kind: event.KindDeptChanged, Connection: "c", Body: &event.Directory{Resync: true}}); err != nil {
				t.Error(err)
			}
		}
		if d := time.Since(start); d > 0 {
			t.Errorf("the events took %v", d)
		}
		time.Sleep(10 * time.Minute)
		b.mu.Lock()
		if b.pulls < 2 || b.pulls > 3 {
			t.Errorf("%d pulls", b.pulls)
		}
		b.mu.Unlock()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A suite that suddenly names nobody has taken a permission away; the old data stay.
func TestNobodyIsNotEverybodyGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, kept := &book{}, &shelf{persons: map[string]adapters.Person{"li.lei": {ID: "li.lei", Source: "c", Active: true}}}
		s, c := newSync(b, kept)
		if err := s.Pull(t.Context(), c); err == nil {
			t.Error("an empty directory was taken over")
		}
		if !kept.persons["li.lei"].Active || kept.puts != 0 {
			t.Errorf("%+v after %d puts", kept.persons, kept.puts)
		}
	})
}

// halfway is a suite whose departments are there and whose accounts break off.
type halfway struct{ book }

func (h *halfway) Departments(context.Context) ([]event.Department, error) {
	return []event.Department{{Ref: event.Ref{Kind: event.RefDept, ID: "d"}, Name: "研发部"}}, nil
}

func (h *halfway) Accounts(context.Context) ([]event.Account, error) {
	return []event.Account{{Refs: []event.Ref{{Kind: event.RefUser, ID: "ou_1"}}, Name: "半页"}},
		&adapters.Error{Kind: adapters.KindTransient, Err: errors.New("page 7 of 12")}
}

// A page that fails half way leaves the old data, and does not keep other suites back.
func TestHalfAPullIsNone(t *testing.T) {
	t.Parallel()
	kept := &shelf{persons: map[string]adapters.Person{"li.lei": {ID: "li.lei", Source: "c", Active: true}}}
	good := &instant{book: book{accounts: []event.Account{{Refs: []event.Ref{{Kind: event.RefUser, ID: "w1"}}, Name: "王芳", EmployeeNo: "9"}}}}
	all := []*adapters.Connection{adapters.New("bad", &halfway{}), adapters.New("good", good)}
	s := New(Options{Store: kept, Connections: func() []*adapters.Connection { return all }})
	if err := s.PullAll(t.Context()); adapters.KindOf(err) != adapters.KindTransient {
		t.Errorf("the failure came as %v", err)
	}
	if kept.puts != 1 || kept.last.Connection != "good" || !kept.persons["li.lei"].Active {
		t.Errorf("%d puts, the last of %s", kept.puts, kept.last.Connection)
	}
	select {
	case <-s.Pulled():
		t.Error("half a directory counts as pulled")
	default:
	}
}

// instant is a suite that answers at once.
type instant struct {
	book
	asked int
}

func (i *instant) Accounts(context.Context) ([]event.Account, error) { return i.accounts, nil }

func (i *instant) Account(_ context.Context, r event.Ref) (event.Account, error) {
	i.asked++
	for _, a := range i.accounts {
		if a.Refs[0] == r {
			return a, nil
		}
	}
	return event.Account{}, &adapters.Error{Kind: adapters.KindNotFound}
}

func one(connection string, b adapters.Platform, s *shelf, now func() time.Time) *Sync {
	c := adapters.New(connection, b)
	return New(Options{Store: s, Now: now, Connections: func() []*adapters.Connection { return []*adapters.Connection{c} }})
}

// Somebody else wrote meanwhile: the change is worked out again from what is there then.
func TestLinkedAgainWhenPeopleMoved(t *testing.T) {
	t.Parallel()
	kept := &shelf{persons: map[string]adapters.Person{}, rev: 4, moved: 2}
	s := one("c", &instant{book: book{accounts: []event.Account{{Refs: []event.Ref{{Kind: event.RefUser, ID: "u"}}, Name: "甲", EmployeeNo: "1"}}}}, kept, nil)
	if err := s.PullAll(t.Context()); err != nil || kept.puts != 1 || kept.last.Since != 6 {
		t.Errorf("%v, %d puts from revision %d", err, kept.puts, kept.last.Since)
	}
	kept.moved = 100
	if err := s.PullAll(t.Context()); !errors.Is(err, adapters.ErrPeopleMoved) {
		t.Errorf("without an end: %v", err)
	}
}

// Whoever is no employee costs one call to the suite in a while, however much they write.
func TestStrangerIsLookedUpOnceInAWhile(t *testing.T) {
	t.Parallel()
	b := &instant{}
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	s := one("c", b, &shelf{persons: map[string]adapters.Person{}}, func() time.Time { return now })
	r := []event.Ref{{Kind: event.RefUser, ID: "stranger"}}
	if err := s.Learn(t.Context(), "c", r); adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("the first answer is %v", err)
	}
	for range 5 {
		if err := s.Learn(t.Context(), "c", r); err != nil {
			t.Error(err)
		}
	}
	if b.asked != 1 {
		t.Errorf("asked %d times", b.asked)
	}
	now = now.Add(vainFor)
	_ = s.Learn(t.Context(), "c", r)
	if b.asked != 2 {
		t.Errorf("asked %d times after a while", b.asked)
	}
}

// An event that names only who, or a part, is completed from the suite; who is not there any more has left.
func TestEventIsCompleted(t *testing.T) {
	t.Parallel()
	full := event.Account{Refs: []event.Ref{{Kind: event.RefUser, ID: "u1"}}, Name: "李雷", EmployeeNo: "1", Depts: []string{"d"}, Active: true}
	b := &instant{book: book{accounts: []event.Account{full}}}
	kept := &shelf{persons: map[string]adapters.Person{}}
	s := one("c", b, kept, nil)
	say := func(kind event.Kind, a event.Account, old ...event.Ref) adapters.LinkedAccount {
		t.Helper()
		if err := s.Event(t.Context(), event.Event{Kind: kind, Connection: "c", Body: &event.Directory{Account: &a, Old: old}}); err != nil {
			t.Fatal(err)
		}
		return kept.last.Accounts[0]
	}
	if a := say(event.KindPersonChanged, event.Account{Refs: full.Refs}); a.Name != "李雷" || a.Person != "1" {
		t.Errorf("completed to %+v", a)
	}
	if a := say(event.KindPersonChanged, event.Account{Refs: []event.Ref{{Kind: event.RefUser, ID: "u2"}}}); !a.Left {
		t.Errorf("not known to the suite: %+v", a)
	}
	part := full
	part.Depts, part.EmployeeNo = nil, ""
	if a := say(event.KindPersonChanged, part); a.EmployeeNo != "1" || len(a.Depts) != 1 {
		t.Errorf("a part was taken for all: %+v", a)
	}
	asked := b.asked
	if a := say(event.KindPersonLeft, event.Account{Refs: full.Refs}); !a.Left || a.Active || b.asked != asked {
		t.Errorf("left: %+v", a)
	}
	old := event.Ref{Kind: event.RefUser, ID: "u0"}
	say(event.KindPersonRenamed, full, old)
	if len(kept.last.Gone) != 1 || kept.last.Gone[0] != old {
		t.Errorf("renamed: %+v", kept.last)
	}
}
