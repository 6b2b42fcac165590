package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"magpie/store"
	"magpie/workflows"
)

// grow adds entries to an instance, which is made when it is not there.
func (e *env) grow(id string, n int) {
	e.Helper()
	before, err := e.LoadInstance(e.ctx, id)
	if !errors.Is(err, store.ErrNotFound) {
		e.ok(err)
	}
	trail := sealed(id, before.Seq+1, before.Head, n)
	i := inst(id, before.Rev+1)
	i.Seq, i.Head, i.UpdatedAt = before.Seq+int64(n), trail[n-1].Hash, e.clock.Now()
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Instance: i, ExpectRev: before.Rev, Trail: trail}))
}

func testHeads(e *env) {
	// More than fit into a part of a list.
	for n := range 1003 {
		e.grow(fmt.Sprintf("i%04d", n), 1)
	}
	e.start("quiet") // no entries: on no list
	_, err := e.LastHead(e.ctx)
	e.is(err, store.ErrNotFound)
	made, err := e.CloseDays(e.ctx, e.clock.Add(2*time.Hour))
	e.ok(err)
	if len(made) != 1 || made[0].N != 1 || made[0].Day != "2026-11-19" || made[0].Instances != 1003 || made[0].Prev != "" {
		e.Fatalf("the first head: %+v", made)
	}
	again, err := e.CloseDays(e.ctx, e.clock.Add(5*time.Hour))
	e.ok(err)
	if len(again) != 0 {
		e.Fatalf("a day was closed twice: %+v", again)
	}
	e.grow("i0001", 2)
	asked, err := e.MakeHead(e.ctx)
	e.ok(err)
	if asked.N != 2 || asked.Day != "" || asked.Instances != 1 || asked.Prev != made[0].Hash {
		e.Fatalf("a head that was asked for: %+v", asked)
	}
	// Four days nothing ran.
	e.grow("i0002", 1)
	more, err := e.CloseDays(e.ctx, e.clock.Add(4*24*time.Hour))
	e.ok(err)
	var days []string
	for _, h := range more {
		days = append(days, h.Day)
	}
	same(e, days, []string{"2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"})
	// What changed within an hour before a head is on the next one too.
	if more[0].Instances != 2 || more[1].Instances != 0 || more[3].Prev != more[2].Hash {
		e.Fatalf("heads of the days: %+v", more)
	}
	all, err := e.Heads(e.ctx, 0, 10)
	e.ok(err)
	last, err := e.LastHead(e.ctx)
	e.ok(err)
	same(e, last.Hash, more[3].Hash)
	var published bytes.Buffer
	enc := json.NewEncoder(&published)
	for _, h := range all {
		e.ok(enc.Encode(h))
		if h.Hash != h.Sum() {
			e.Fatalf("head %d does not fit its hash", h.N)
		}
	}
	a, err := e.Audit(e.ctx, store.AuditOptions{Published: bytes.NewReader(published.Bytes())})
	e.ok(err)
	if !a.OK() || a.Heads != 6 || a.Published != 6 || a.Last == nil || a.Last.N != 6 || a.Instances != 1004 {
		e.Fatalf("audit: %+v", a)
	}
	// Only what changed since a day.
	a, err = e.Audit(e.ctx, store.AuditOptions{Since: "2026-11-20"})
	e.ok(err)
	if !a.OK() || a.Heads != 6 || a.Instances != 2 || a.Entries != 5 {
		e.Fatalf("audit since the second day: %+v", a)
	}
	a, err = e.Audit(e.ctx, store.AuditOptions{Instance: "i0001"})
	e.ok(err)
	if !a.OK() || a.Instances != 1 || a.Entries != 3 {
		e.Fatalf("audit of one: %+v", a)
	}
	// Heads that somebody has and the store has not.
	other := all[5]
	other.Digest = strings.Repeat("0", 64)
	changed, _ := json.Marshal(other)
	other.Hash = other.Sum()
	rewritten, _ := json.Marshal(other)
	other.N, other.Hash = 7, ""
	other.Hash = other.Sum()
	unknown, _ := json.Marshal(other)
	a, err = e.Audit(e.ctx, store.AuditOptions{Published: strings.NewReader(string(changed) + "\n\n" + string(rewritten) + "\n" + string(unknown))})
	e.ok(err)
	var got []string
	for _, b := range a.Breaks {
		got = append(got, fmt.Sprint(b.Kind, " ", b.Head))
	}
	same(e, got, []string{"published 6", "published 6", "published 7"})
	if _, err := e.Audit(e.ctx, store.AuditOptions{Published: strings.NewReader("hello")}); err == nil {
		e.Fatal("any text was taken for a head")
	}
}

// Of several processes one makes the head, and what the others had written for it is gone.
func testHeadsRace(e *env) {
	for n := range 20 {
		e.grow(fmt.Sprint("i", n), 1)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 6 {
		wg.Go(func() {
			made, err := e.CloseDays(e.ctx, e.clock.Now())
			if err != nil && !errors.Is(err, store.ErrConflict) {
				e.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			won += len(made)
		})
	}
	wg.Wait()
	heads, err := e.Heads(e.ctx, 0, 10)
	e.ok(err)
	if won != 1 || len(heads) != 1 || heads[0].Instances != 20 {
		e.Fatalf("%d made a head: %+v", won, heads)
	}
	a, err := e.AuditVerify(e.ctx)
	e.ok(err)
	if !a.OK() {
		e.Fatalf("audit: %+v", a)
	}
}
