package store

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// Of two servers on one file one is refused; after the first is gone the other has at once what it had in hand,
// and knows that somebody had begun.
func TestOwn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	o := Options{DSN: filepath.Join(t.TempDir(), "m.db")}
	first, err := Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Own(ctx); err != nil {
		t.Fatal(err)
	}
	second, err := Open(ctx, o) // a tool may look in
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := second.Own(ctx); !errors.Is(err, ErrOwned) {
		t.Fatalf("two owners: %v", err)
	}
	if _, err := first.Put(ctx, event.Event{ID: "ev:1", Connection: "c", Kind: event.KindUnknown}, time.Hour); err != nil {
		t.Fatal(err)
	}
	m := card.Message{Key: "k", Connection: "c", Text: card.T("x")}
	if err := first.Commit(ctx, workflows.Commit{Jobs: []workflows.Job{{ID: "text/i/1", Queue: workflows.QueueOut, Instance: "i", Message: &m}}}); err != nil {
		t.Fatal(err)
	}
	if out, err := first.Lease(ctx, time.Now(), 9, time.Hour); err != nil || len(out) != 1 {
		t.Fatalf("leased %v, %v", out, err)
	}
	if evs, err := second.LeaseEvents(ctx, time.Now(), 9, time.Hour); err != nil || len(evs) != 0 {
		t.Fatalf("an event in hand was leased again: %v, %v", evs, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Own(ctx); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(time.Second)
	if evs, err := second.LeaseEvents(ctx, now, 9, time.Hour); err != nil || len(evs) != 1 {
		t.Errorf("events %v, %v", evs, err)
	}
	out, err := second.Lease(ctx, now, 9, time.Hour)
	if err != nil || len(out) != 1 || out[0].Attempt != 2 {
		t.Errorf("rows %+v, %v", out, err)
	}
}
