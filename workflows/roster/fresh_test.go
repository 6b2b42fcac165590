package roster

import (
	"context"
	"sync/atomic"
	"testing"

	"magpie/adapters/event"
	"magpie/workflows"
)

// moving is a source that grows while somebody reads it.
type moving struct {
	rev  atomic.Int64
	read func() // called once, between the reading of a revision and its answer
}

func (m *moving) RosterRev(context.Context) (int64, error) {
	rev := m.rev.Load()
	if f := m.read; f != nil {
		m.read = nil
		f()
	}
	return rev, nil
}

func (m *moving) Roster(context.Context) (workflows.Roster, error) {
	all := workflows.Roster{Rev: m.rev.Load()}
	if all.Rev > 1 {
		all.Persons = []workflows.Person{{ID: "new", Name: "新人", Active: true}}
		all.Accounts = []workflows.Account{{Person: "new", Connection: "c", Ref: refOfNew}}
	}
	return all, nil
}

var refOfNew = event.Ref{Kind: "open_id", ID: "ou_new"}

// What was written before Invalidate is found after it, also when somebody was reading the directory just then:
// their older answer doesn't count as a look at what came later.
func TestInvalidateDuringARead(t *testing.T) {
	t.Parallel()
	src := &moving{}
	src.rev.Store(1)
	r := New(Options{Source: src})
	if _, err := r.ByRef(t.Context(), []event.Ref{refOfNew}); err == nil {
		t.Fatal("somebody is known who has not come yet")
	}
	r.Invalidate()
	src.read = func() { src.rev.Store(2); r.Invalidate() }
	_, _ = r.ByRef(t.Context(), []event.Ref{refOfNew}) // this one may answer from before
	p, err := r.ByRef(t.Context(), []event.Ref{refOfNew})
	if err != nil || p.ID != "new" {
		t.Errorf("found %+v, %v", p, err)
	}
}
