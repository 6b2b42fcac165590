package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

func testPut(e *env) {
	in := ev("act:1")
	st, err := e.Put(e.ctx, in, time.Minute)
	e.ok(err)
	if !st.New || st.Done || st.Token == "" || st.ID == "" {
		e.Fatalf("first put: %+v", st)
	}
	again, err := e.Put(e.ctx, in, time.Minute)
	e.ok(err)
	if again.New || again.Done || again.ID != st.ID || again.Toast != nil || again.Token != "" {
		e.Fatalf("second put: %+v", again)
	}
	other := in
	other.Connection = "feishu-other"
	st2, err := e.Put(e.ctx, other, time.Minute)
	e.ok(err)
	if !st2.New || st2.ID == st.ID {
		e.Fatalf("the same id on another connection: %+v", st2)
	}

	l, err := e.LoadEvent(e.ctx, st.ID, st.Token)
	e.ok(err)
	same(e, l, workflows.Leased{ID: st.ID, Token: st.Token, Attempt: 1, Event: in})

	toast := &card.Toast{Kind: card.ToastSuccess, Text: card.T("已同意 ✅")}
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Event: &workflows.EventDone{
		ID: st.ID, Token: st.Token, Result: "stepped", Instance: "i1", Toast: toast,
	}}))
	again, err = e.Put(e.ctx, in, time.Minute)
	e.ok(err)
	if again.New || !again.Done || again.ID != st.ID {
		e.Fatalf("put after done: %+v", again)
	}
	same(e, again.Toast, toast)

	item, err := e.InboxItem(e.ctx, st.ID)
	e.ok(err)
	if item.State != store.StateDone || item.Result != "stepped" || item.Instance != "i1" || !bytes.Equal(item.Event.Raw, in.Raw) {
		e.Fatalf("the row: %+v", item)
	}
	for _, bad := range []event.Event{
		{Connection: "c", Kind: event.KindUnknown}, {ID: "x", Kind: event.KindUnknown}, {ID: "x", Connection: "c"},
		{ID: "x", Connection: strings.Repeat("c", 65), Kind: event.KindUnknown},
	} {
		if _, err := e.Put(e.ctx, bad, 0); err == nil {
			e.Fatalf("stored %+v", bad)
		}
	}
}

// Ids differ when any byte does, and long ones are kept apart too.
func testPutOddIDs(e *env) {
	long := strings.Repeat("长", 300)
	ids := []string{"a", "A", "á", "a ", "a\x00", "ß", "ss", "%", "'", "\\", "?", "a\xff", long, long + "1", strings.Repeat("x", 247), strings.Repeat("x", 248), "🐦", "🐧"}
	seen := map[string]string{}
	for _, id := range ids {
		in := ev(id)
		in.Body, in.Kind = nil, event.KindUnknown
		st, err := e.Put(e.ctx, in, 0)
		e.ok(err)
		if !st.New || seen[st.ID] != "" {
			e.Fatalf("%q was taken for %q", id, seen[st.ID])
		}
		seen[st.ID] = id
	}
	for _, id := range ids {
		in := ev(id)
		in.Body, in.Kind = nil, event.KindUnknown
		st, err := e.Put(e.ctx, in, 0)
		e.ok(err)
		if st.New || seen[st.ID] != id {
			e.Fatalf("%q was taken for %q", id, seen[st.ID])
		}
	}
}

// Many callers at once, each event several times: one of each is new.
func testPutTogether(e *env) {
	const callers, events = 20, 40
	var mu sync.Mutex
	news, ids := map[string]int{}, map[string]map[string]bool{}
	var wg sync.WaitGroup
	errs := make(chan error, callers)
	for range callers {
		wg.Go(func() {
			for i := range events {
				id := fmt.Sprint("msg:", i)
				st, err := e.Put(e.ctx, ev(id), time.Minute)
				if err != nil {
					errs <- err
					return
				}
				mu.Lock()
				if st.New {
					news[id]++
				}
				if ids[id] == nil {
					ids[id] = map[string]bool{}
				}
				ids[id][st.ID] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		e.Fatal(err)
	}
	for i := range events {
		id := fmt.Sprint("msg:", i)
		if news[id] != 1 || len(ids[id]) != 1 {
			e.Fatalf("%s was new %d times and has %d ids", id, news[id], len(ids[id]))
		}
	}
	n, due, err := e.Backlog(e.ctx)
	e.ok(err)
	if n != events || !due.Equal(Start.Truncate(time.Millisecond).Add(time.Minute)) {
		e.Fatalf("backlog %d due %v", n, due)
	}
}

func testEventLeases(e *env) {
	st, err := e.Put(e.ctx, ev("1"), time.Minute)
	e.ok(err)
	got, err := e.LeaseEvents(e.ctx, e.clock.Now(), 10, time.Minute)
	e.ok(err)
	if len(got) != 0 {
		e.Fatalf("leased what another holds: %+v", got)
	}
	_, err = e.Put(e.ctx, ev("2"), 0)
	e.ok(err)
	now := e.clock.Add(time.Minute) // the lease of the first has run out
	got, err = e.LeaseEvents(e.ctx, now, 10, time.Minute)
	e.ok(err)
	if len(got) != 2 || got[0].Attempt != 2 || got[1].Attempt != 1 || got[0].Event.ID != "1" {
		e.Fatalf("leased %+v", got)
	}
	if more, err := e.LeaseEvents(e.ctx, now, 10, time.Minute); err != nil || len(more) != 0 {
		e.Fatalf("leased twice: %+v, %v", more, err)
	}
	// The first holder is late.
	old := workflows.Leased{ID: st.ID, Token: st.Token}
	e.is(e.RetryEvent(e.ctx, old, now, "x"), store.ErrLeaseLost)
	e.is(e.BuryEvent(e.ctx, old, "x"), store.ErrLeaseLost)
	e.is(e.Commit(e.ctx, workflows.Commit{Now: now, Event: &workflows.EventDone{ID: st.ID, Token: st.Token}}), store.ErrLeaseLost)

	e.ok(e.RetryEvent(e.ctx, got[0], now.Add(10*time.Second), "目录不可用"))
	if more, err := e.LeaseEvents(e.ctx, now.Add(9*time.Second), 10, time.Minute); err != nil || len(more) != 0 {
		e.Fatalf("leased before its time: %+v, %v", more, err)
	}
	item, err := e.InboxItem(e.ctx, st.ID)
	e.ok(err)
	if item.Cause != "目录不可用" || item.State != store.StateWaiting {
		e.Fatalf("the row: %+v", item)
	}
	more, err := e.LeaseEvents(e.ctx, now.Add(10*time.Second), 1, time.Minute)
	e.ok(err)
	if len(more) != 1 || more[0].ID != st.ID || more[0].Attempt != 3 {
		e.Fatalf("leased %+v", more)
	}
}

func testLoadEvent(e *env) {
	for _, id := range []string{"", "nope", "0000000000001", "!!!!!!!!!!!!!"} {
		_, err := e.LoadEvent(e.ctx, id, "")
		e.is(err, store.ErrNotFound)
	}
	st, err := e.Put(e.ctx, ev("1"), time.Minute)
	e.ok(err)
	_, err = e.LoadEvent(e.ctx, st.ID, "")
	e.is(err, store.ErrLeaseLost)
	_, err = e.LoadEvent(e.ctx, st.ID, "somebody")
	e.is(err, store.ErrLeaseLost)
	l, err := e.LoadEvent(e.ctx, st.ID, st.Token)
	e.ok(err)
	e.ok(e.RetryEvent(e.ctx, l, e.clock.Now().Add(time.Hour), "later"))
	_, err = e.LoadEvent(e.ctx, st.ID, st.Token)
	e.is(err, store.ErrLeaseLost)
	l, err = e.LoadEvent(e.ctx, st.ID, "") // before its time: it was asked for
	e.ok(err)
	if l.Token == "" || l.Token == st.Token || l.Attempt != 2 {
		e.Fatalf("loaded %+v", l)
	}
	e.clock.Add(time.Hour)
	l2, err := e.LoadEvent(e.ctx, st.ID, l.Token) // late, but nobody took it: leased anew
	e.ok(err)
	if l2.Attempt != 3 || l2.Token == l.Token {
		e.Fatalf("loaded %+v", l2)
	}
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Event: &workflows.EventDone{ID: l2.ID, Token: l2.Token, Result: "ignored"}}))
	_, err = e.LoadEvent(e.ctx, st.ID, "")
	e.is(err, store.ErrLeaseLost)
}

func testEventDead(e *env) {
	st, err := e.Put(e.ctx, ev("1"), time.Minute)
	e.ok(err)
	l, err := e.LoadEvent(e.ctx, st.ID, st.Token)
	e.ok(err)
	e.is(e.InboxReplay(e.ctx, st.ID, false), store.ErrConflict) // somebody works on it
	e.ok(e.BuryEvent(e.ctx, l, "panic: "+strings.Repeat("长", 5000)))
	if got, err := e.LeaseEvents(e.ctx, e.clock.Add(time.Hour), 9, time.Minute); err != nil || len(got) != 0 {
		e.Fatalf("leased a dead letter: %v, %v", got, err)
	}
	_, err = e.LoadEvent(e.ctx, st.ID, "")
	e.is(err, store.ErrLeaseLost)
	dead, err := e.InboxList(e.ctx, store.Filter{State: store.StateDead})
	e.ok(err)
	if len(dead) != 1 || dead[0].ID != st.ID || !strings.HasPrefix(dead[0].Cause, "panic: 长") {
		e.Fatalf("dead letters: %+v", dead)
	}
	again, err := e.Put(e.ctx, ev("1"), time.Minute)
	e.ok(err)
	if again.New || again.Done {
		e.Fatalf("a redelivery of a dead letter: %+v", again)
	}
	e.is(e.InboxReplay(e.ctx, "0000000000001", false), store.ErrNotFound)
	e.is(e.InboxReplay(e.ctx, "nope", false), store.ErrNotFound)
	e.ok(e.InboxReplay(e.ctx, st.ID, false))
	got, err := e.LeaseEvents(e.ctx, e.clock.Now(), 9, time.Minute)
	e.ok(err)
	if len(got) != 1 || got[0].Attempt != 1 {
		e.Fatalf("after replay: %+v", got)
	}
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Event: &workflows.EventDone{ID: st.ID, Token: got[0].Token, Result: "stepped"}}))
	e.is(e.InboxReplay(e.ctx, st.ID, false), store.ErrConflict)
	e.ok(e.InboxReplay(e.ctx, st.ID, true))
}

func testPrune(e *env) {
	finish := func(id string) string {
		st, err := e.Put(e.ctx, ev(id), time.Minute)
		e.ok(err)
		e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Event: &workflows.EventDone{ID: st.ID, Token: st.Token, Result: "x"}}))
		return st.ID
	}
	old := finish("old")
	undone, err := e.Put(e.ctx, ev("undone"), 0)
	e.ok(err)
	dead, err := e.Put(e.ctx, ev("dead"), time.Minute)
	e.ok(err)
	e.ok(e.BuryEvent(e.ctx, workflows.Leased{ID: dead.ID, Token: dead.Token}, "x"))
	late, err := e.Put(e.ctx, ev("late"), time.Minute)
	e.ok(err)
	e.clock.Add(store.KeepDone)
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Event: &workflows.EventDone{ID: late.ID, Token: late.Token}}))
	fresh := finish("fresh")
	n, err := e.Prune(e.ctx, e.clock.Now())
	e.ok(err)
	if n != 0 {
		e.Fatalf("pruned %d at the very end of the time", n)
	}
	n, err = e.Prune(e.ctx, e.clock.Add(time.Second))
	e.ok(err)
	if n != 1 {
		e.Fatalf("pruned %d, want 1", n)
	}
	_, err = e.InboxItem(e.ctx, old)
	e.is(err, store.ErrNotFound)
	for _, id := range []string{undone.ID, dead.ID, late.ID, fresh} {
		_, err := e.InboxItem(e.ctx, id)
		e.ok(err)
	}
}

// testPutDone: an event is stored together with its outcome, and only once, whichever way it comes.
func testPutDone(e *env) {
	in := ev("act:done")
	toast := &card.Toast{Kind: card.ToastSuccess, Text: card.T("已同意 ✅")}
	commit := func(in event.Event) workflows.Commit {
		return workflows.Commit{Now: e.clock.Now(), Event: &workflows.EventDone{New: &in, Result: "stepped", Instance: "i1", Toast: toast}}
	}
	e.ok(e.Commit(e.ctx, commit(in)))
	again, err := e.Put(e.ctx, in, time.Minute)
	e.ok(err)
	if again.New || !again.Done {
		e.Fatalf("put after it was stored as done: %+v", again)
	}
	same(e, again.Toast, toast)
	item, err := e.InboxItem(e.ctx, again.ID)
	e.ok(err)
	if item.State != store.StateDone || item.Result != "stepped" || item.Instance != "i1" || !bytes.Equal(item.Event.Raw, in.Raw) {
		e.Fatalf("the row: %+v", item)
	}

	// What comes with a duplicate is not written.
	dup := commit(in)
	dup.Jobs = []workflows.Job{{ID: "timer/i1/x", Queue: workflows.QueueTimer, RunAt: e.clock.Now(), Instance: "i1", Timer: &event.Timer{Instance: "i1", Name: "x"}}}
	if err := e.Commit(e.ctx, dup); !errors.Is(err, store.ErrDuplicate) {
		e.Fatalf("stored as done twice: %v", err)
	}
	put := ev("act:put")
	if _, err := e.Put(e.ctx, put, time.Minute); err != nil {
		e.Fatal(err)
	}
	if err := e.Commit(e.ctx, commit(put)); !errors.Is(err, store.ErrDuplicate) {
		e.Fatalf("stored as done after a put: %v", err)
	}
	left, err := e.OutboxList(e.ctx, store.Filter{Queue: "*"})
	e.ok(err)
	if len(left) != 0 {
		e.Fatalf("a duplicate left jobs: %+v", left)
	}
	if n, _, err := e.Backlog(e.ctx); err != nil || n != 1 {
		e.Fatalf("backlog %d, %v", n, err)
	}
}
