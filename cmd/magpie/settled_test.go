package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

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
