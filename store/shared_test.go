package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

// Commands that share a transaction on MySQL leave behind what each alone would, and one that lost a race
// does not take the others with it.
func TestSharedCommands(t *testing.T) {
	t.Parallel()
	s := openMySQL(t, store.Options{})
	at := time.Date(2026, 6, 9, 8, 0, 0, 0, time.UTC)
	together := func(list ...workflows.Commit) []error {
		t.Helper()
		errs, err := s.CommitTogether(list...)
		if err != nil {
			t.Fatal(err)
		}
		return errs
	}
	step := func(id string, rev int64, jobs ...workflows.Job) workflows.Commit {
		ev := event.Event{ID: fmt.Sprintf("%s/%d", id, rev), Connection: "c", Kind: event.KindCardAction, Body: &event.Action{Verb: "x"}}
		return workflows.Commit{
			Now: at, ExpectRev: rev - 1, Jobs: jobs, Event: &workflows.EventDone{New: &ev, Result: "stepped", Instance: id},
			Instance: &workflows.Instance{
				ID: id, Definition: "d", Hash: fmt.Sprintf("h%d", rev), Kind: "k", Rev: rev, Status: workflows.StatusRunning, Title: "题 " + id,
				Seq: rev, Head: fmt.Sprintf("%064d", rev), State: fmt.Appendf(nil, `{"of":"%s","rev":%d}`, id, rev), CreatedAt: at, UpdatedAt: at.Add(time.Duration(rev) * time.Second),
			},
			Tasks: []workflows.Task{{ID: id + "/t", Instance: id, Node: "n", Seat: "0", Round: int(rev), Person: "p", State: workflows.TaskOpen, OpenedAt: at}},
			Trail: []workflows.Entry{{Instance: id, Seq: rev, At: at, Kind: "x", Data: []byte("{}")}},
		}
	}
	show := func(slot string, rev int64, only bool) workflows.Job {
		return workflows.Job{ID: "card/" + slot, Queue: workflows.QueueOut, RunAt: at, IfShown: only, Message: &card.Message{
			Key: "k", Connection: "c", Slot: slot, Rev: rev, Draft: &card.Draft{Template: "t"},
		}}
	}
	rev := func(id string, want int64) {
		t.Helper()
		in, err := s.LoadInstance(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		w := step(id, want).Instance
		if in.Rev != want || in.Seq != want || in.Head != w.Head || in.Hash != w.Hash || in.Title != w.Title || string(in.State) != string(w.State) || !in.UpdatedAt.Equal(w.UpdatedAt) {
			t.Fatalf("instance %s is stored as %+v, want revision %d", id, in, want)
		}
	}
	none := func(errs []error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	none(together(step("a", 1, show("a/1", 1, false)), step("b", 1), step("c", 1, show("c/1", 1, false))))
	// a/1 waits, b/1 and c/2 were never shown.
	none(together(step("a", 2, show("a/1", 2, true)), step("b", 2, show("b/1", 2, true)), step("c", 2, show("c/2", 2, false), show("c/3", 2, true))))
	late := step("b", 2)
	late.Event.New.ID = "b/late"
	errs := together(step("a", 3), late, step("c", 3))
	if errs[0] != nil || !errors.Is(errs[1], store.ErrConflict) || errs[2] != nil {
		t.Fatalf("one lost the race: %v", errs)
	}
	again := step("c", 4)
	again.Event.New.ID = "a/3"
	errs = together(step("a", 4), step("b", 3), again)
	if errs[0] != nil || errs[1] != nil || !errors.Is(errs[2], store.ErrDuplicate) {
		t.Fatalf("one event was there: %v", errs)
	}
	rev("a", 4)
	rev("b", 3)
	rev("c", 3)
	for id, n := range map[string]int{"a": 4, "b": 3, "c": 3} {
		trail, err := s.TrailOf(t.Context(), id)
		if err != nil || len(trail) != n {
			t.Fatalf("the trail of %s has %d entries, want %d (%v)", id, len(trail), n, err)
		}
	}
	out, err := s.Lease(t.Context(), time.Now().Add(time.Hour), 10, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, o := range out {
		got[o.Message.Slot] = o.Message.Rev
	}
	if len(got) != 3 || got["a/1"] != 2 || got["c/1"] != 1 || got["c/2"] != 2 {
		t.Fatalf("the outbox holds %v", got)
	}
	// Once a/1 was shown, and nothing of it waits, it is changed all the same; one that died unshown is not.
	for _, o := range out {
		if o.Message.Slot == "a/1" {
			err = s.Sent(t.Context(), o, adapters.MessageRef{}, at)
		} else {
			err = s.Bury(t.Context(), o, "x")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	none(together(step("a", 5, show("a/1", 5, true)), step("c", 4, show("c/1", 4, true))))
	out, err = s.Lease(t.Context(), time.Now().Add(time.Hour), 10, time.Minute)
	if err != nil || len(out) != 1 || out[0].Message.Slot != "a/1" || out[0].Message.Rev != 5 {
		t.Fatalf("the outbox holds %v, want a/1 of revision 5 (%v)", out, err)
	}
	if h, err := s.Health(t.Context(), at); err != nil || h.JobsDead != 2 || h.OutWaiting != 1 {
		t.Fatalf("the dead letters do not stay as they were: %+v (%v)", h, err)
	}
}
