package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/directory"
	"magpie/adapters/event"
	simfeishu "magpie/simulator/feishu"
	"magpie/workflows"
	"magpie/workflows/roster"
)

// onePerson is a directory of one.
type onePerson struct{}

func (onePerson) RosterRev(context.Context) (int64, error) { return 1, nil }

func (onePerson) Roster(context.Context) (workflows.Roster, error) {
	return workflows.Roster{Rev: 1, Persons: []workflows.Person{{ID: "sun.li", Name: "孙莉", Active: true}}}, nil
}

// Nobody is told that there is no such colleague, and no lookup finds nobody, while the directory is read for the
// first time. What can't be read at all holds nothing up for longer than its patience.
func TestNobodyIsUnknownBeforeTheDirectoryIsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pulled := make(chan struct{})
		people := func() *settledPeople {
			return &settledPeople{Roster: roster.New(roster.Options{Source: onePerson{}}), pulled: pulled, begun: time.Now(), now: time.Now}
		}
		early, vain := people(), people()
		if found, err := early.Search(t.Context(), "孙莉", 5); !errors.Is(err, errUnsettled) {
			t.Errorf("looked for before anything was read: %v, %v", found, err)
		}
		if _, err := early.Resolve(t.Context(), workflows.Lookup{ID: "x", Selectors: []string{"person:sun.li"}}); !errors.Is(err, errUnsettled) {
			t.Errorf("resolved before anything was read: %v", err)
		}
		time.Sleep(pullPatience)
		if found, err := vain.Search(t.Context(), "孙莉", 5); err != nil || len(found) != 1 {
			t.Errorf("where nothing can be read: %v, %v", found, err)
		}
		go func() { time.Sleep(lookupPatience / 2); close(pulled) }()
		if found, err := people().Search(t.Context(), "孙莉", 5); err != nil || len(found) != 1 {
			t.Errorf("read while it was looked for: %v, %v", found, err)
		}
	})
}

// A directory is unread until it was read whole once, by whichever process; a connection that is new is unread too.
func TestUnreadDirectory(t *testing.T) {
	t.Parallel()
	is := func(a *App, what string, want bool) {
		t.Helper()
		if got, err := a.unread(t.Context()); err != nil || got != want {
			t.Errorf("%s: unread %v, %v", what, got, err)
		}
	}
	l := startDemoOf(t, simfeishu.TransportWebhook, []string{"feishu"}, func(l *live) { is(l.app, "before it was read", true) })
	is(l.app, "once it was read", false)
	eventually(t, "it is remembered", func() bool { _, err := l.app.store.Setting(t.Context(), peoplePulled); return err == nil })
	l.stop()
	again := func(t *testing.T, suites ...string) *App {
		t.Helper()
		if err := os.Remove(filepath.Join(l.dir, "magpie.yaml")); err != nil { // else it is kept as it is
			t.Fatal(err)
		}
		if err := prepareData(l.dir, false, suites); err != nil {
			t.Fatal(err)
		}
		d, err := openDemo(t.Context(), demoOptions{data: l.dir, transport: simfeishu.TransportWebhook, suites: suites, log: l.log.logger()}, l.base)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.close(); err != nil {
				t.Error(err)
			}
		})
		return d.app
	}
	t.Run("started anew", func(t *testing.T) { is(again(t, "feishu"), "started anew, nothing read yet", false) })
	t.Run("a suite more", func(t *testing.T) { is(again(t, "feishu", "dingtalk"), "with a connection that was never read", true) })
}

// robotOnly is a connection without a directory.
type robotOnly struct{}

func (robotOnly) Receive(context.Context, adapters.Request) (adapters.Delivery, error) {
	return adapters.Delivery{}, nil
}
func (robotOnly) Send(context.Context, card.Message) (adapters.MessageRef, error) {
	return adapters.MessageRef{}, nil
}
func (robotOnly) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{Platform: "wecom"}
}

// Whoever writes to a robot while the directory is read for the first time is a stranger only once it was read, however
// often they write: an account that was looked up in vain is not looked up again.
func TestNobodyIsAStrangerBeforeTheDirectoryIsRead(t *testing.T) {
	t.Parallel()
	pulled := make(chan struct{})
	people := roster.New(roster.Options{Source: onePerson{}})
	a := &App{
		people: people, asked: &settledPeople{Roster: people, pulled: pulled, begun: time.Now(), now: time.Now},
		sync: directory.New(directory.Options{Connections: func() []*adapters.Connection { return []*adapters.Connection{adapters.New("bot", robotOnly{})} }}),
	}
	who := []event.Ref{{Scope: event.Scope{Platform: "wecom"}, Kind: event.RefUser, ID: "chen.jie"}}
	for try := range 3 {
		if err := a.learn(t.Context(), "bot", who); !errors.Is(err, errUnsettled) {
			t.Errorf("asked %d times before anything was read: %v", try+1, err)
		}
	}
	close(pulled)
	if err := a.learn(t.Context(), "bot", who); errors.Is(err, errUnsettled) {
		t.Errorf("once all is read: %v", err)
	}
	if err := a.learn(t.Context(), "bot", []event.Ref{{Scope: event.Scope{Platform: "wecom"}, Kind: event.RefUser, ID: "another"}}); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("another, once all is read: %v", err)
	}
}
