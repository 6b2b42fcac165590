package directory

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/event"
)

// grouped is a book with groups, or with a reason why they can't be read.
type grouped struct {
	*book
	groups []event.UserGroup
	err    error
}

func (g *grouped) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{Platform: "fake", Directory: true, Groups: true}
}

func (g *grouped) Groups(context.Context) ([]event.UserGroup, error) { return g.groups, g.err }

// Whatever becomes of the groups, people are pulled; why groups can't be read is said once, and again after they could.
func TestGroupsNeverKeepPeopleBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one := event.Ref{Kind: event.RefUser, ID: "ou_1"}
		suite := &grouped{book: &book{accounts: []event.Account{{Refs: []event.Ref{one}, Name: "李雷", EmployeeNo: "1"}}}}
		kept, said := &shelf{persons: map[string]adapters.Person{}}, &bytes.Buffer{}
		c := adapters.New("c", suite)
		s := New(Options{Store: kept, Connections: func() []*adapters.Connection { return []*adapters.Connection{c} }, Log: slog.New(slog.NewTextHandler(said, nil))})
		forbidden := &adapters.Error{Kind: adapters.KindForbidden, Err: errors.New("grant contact:group:readonly")}
		committee := []event.UserGroup{{ID: "1", Name: "委员会", Members: []event.Ref{one}}}
		for i, step := range []struct {
			groups []event.UserGroup
			err    error
			read   bool
			warned int
		}{
			{nil, forbidden, false, 1},
			{nil, forbidden, false, 1},
			{nil, &adapters.Error{Kind: adapters.KindTransient}, false, 2},
			{committee, nil, true, 2},
			{nil, forbidden, false, 3},
			{[]event.UserGroup{}, nil, true, 3},
		} {
			suite.groups, suite.err = step.groups, step.err
			if err := s.PullAll(t.Context()); err != nil {
				t.Fatalf("pull %d: %v", i, err)
			}
			if d := cmp.Diff(step.groups, kept.last.Groups); d != "" || kept.last.GroupsRead != step.read || len(kept.last.Accounts) != 1 {
				t.Errorf("pull %d: read %v %s", i, kept.last.GroupsRead, d)
			}
			if n := strings.Count(said.String(), "level=WARN"); n != step.warned {
				t.Errorf("pull %d: %d warnings\n%s", i, n, said)
			}
		}
		if !strings.Contains(said.String(), "grant contact:group:readonly") || !strings.Contains(said.String(), "connection=c") {
			t.Errorf("the log does not say what to do: %s", said)
		}
	})
}

// A suite without groups leaves what is known of them alone.
func TestNoGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{persons: map[string]adapters.Person{}}
		s, _ := newSync(&book{accounts: []event.Account{{Refs: []event.Ref{{Kind: event.RefUser, ID: "ou_1"}}, EmployeeNo: "1"}}}, kept)
		if err := s.PullAll(t.Context()); err != nil || kept.last.GroupsRead {
			t.Errorf("read %v, %v", kept.last.GroupsRead, err)
		}
	})
}
