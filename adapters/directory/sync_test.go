package directory

import (
	"context"
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
	mu      sync.Mutex
	persons map[string]adapters.Person
	puts    int
}

func (s *shelf) KnownPeople(context.Context) ([]adapters.Person, map[event.Ref]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []adapters.Person
	for _, p := range s.persons {
		all = append(all, p)
	}
	return all, nil, nil
}

func (s *shelf) PutPeople(_ context.Context, p adapters.People) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++
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
