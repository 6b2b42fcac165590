package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

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
