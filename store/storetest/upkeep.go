package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"magpie/store"
	"magpie/workflows"
)

func testAudit(e *env) {
	for n := range 3 {
		id := fmt.Sprint("i", n)
		trail := sealed(id, 1, "", 4)
		i := inst(id, 1)
		i.Seq, i.Head = 4, trail[3].Hash
		e.ok(e.Commit(e.ctx, workflows.Commit{Now: Start, Instance: i, Trail: trail}))
	}
	e.start("quiet") // an instance without entries
	a, err := e.AuditVerify(e.ctx)
	e.ok(err)
	same(e, a, store.Audit{Instances: 4, Entries: 12})
}

func testSettings(e *env) {
	_, err := e.Setting(e.ctx, "key")
	e.is(err, store.ErrNotFound)
	var wg sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		wg.Go(func() {
			v, err := e.SettingOnce(e.ctx, "key", []byte{byte(i), 0, 0xff})
			if err != nil {
				e.Error(err)
			}
			got[i] = string(v)
		})
	}
	wg.Wait()
	for _, v := range got {
		same(e, v, got[0])
	}
	e.ok(e.PutSetting(e.ctx, "key", nil))
	v, err := e.Setting(e.ctx, "key")
	e.ok(err)
	same(e, len(v), 0)
	e.ok(e.PutSetting(e.ctx, "key", []byte("二")))
	v, err = e.Setting(e.ctx, "key")
	e.ok(err)
	same(e, string(v), "二")
}

func testHealth(e *env) {
	e.ok(e.Ping(e.ctx))
	h, err := e.Health(e.ctx, e.clock.Now())
	e.ok(err)
	same(e, h, store.Health{})
	st, err := e.Put(e.ctx, ev("1"), time.Minute) // being worked on: due when the lease ends
	e.ok(err)
	at := e.clock.Add(time.Second)
	_, err = e.Put(e.ctx, ev("2"), 0)
	e.ok(err)
	e.putJobs(cardJob("i1/a", 1, "a", at), cardJob("i1/b", 1, "b", at.Add(time.Hour)), timerJob("i1", "t", 1, at.Add(-time.Minute)))
	h, err = e.Health(e.ctx, at)
	e.ok(err)
	same(e, h, store.Health{InboxWaiting: 2, InboxOldest: at, OutDue: 1, OutOldest: at, OutWaiting: 2, TimersDue: 1, TimersOldest: at.Add(-time.Minute)})
	e.ok(e.BuryEvent(e.ctx, workflows.Leased{ID: st.ID, Token: st.Token}, "x"))
	e.ok(e.Bury(e.ctx, e.leaseOne(at), "x"))
	h, err = e.Health(e.ctx, at)
	e.ok(err)
	same(e, h, store.Health{InboxWaiting: 1, InboxOldest: at, InboxDead: 1, OutWaiting: 1, TimersDue: 1, TimersOldest: at.Add(-time.Minute), JobsDead: 1})
}

func testLists(e *env) {
	var ids []string
	for i := range 5 {
		in := ev(fmt.Sprint(i))
		if i%2 == 1 {
			in.Connection = "other"
		}
		lease := time.Duration(i%2) * time.Minute
		st, err := e.Put(e.ctx, in, lease)
		e.ok(err)
		ids = append(ids, st.ID)
		e.clock.Add(time.Millisecond)
	}
	list := func(f store.Filter) []string {
		e.Helper()
		items, err := e.InboxList(e.ctx, f)
		e.ok(err)
		var out []string
		for _, i := range items {
			out = append(out, i.ID)
			if i.Event.Raw != nil || i.Event.ID == "" {
				e.Fatalf("item %+v", i)
			}
		}
		return out
	}
	same(e, list(store.Filter{}), []string{ids[4], ids[3], ids[2], ids[1], ids[0]})
	same(e, list(store.Filter{Limit: 2}), []string{ids[4], ids[3]})
	same(e, list(store.Filter{Connection: "other"}), []string{ids[3], ids[1]})
	same(e, list(store.Filter{State: store.StateLeased}), []string{ids[3], ids[1]})
	same(e, list(store.Filter{State: store.StateWaiting}), []string{ids[4], ids[2], ids[0]})
	same(e, list(store.Filter{State: store.StateDone}), nil)
	same(e, list(store.Filter{Kind: "card_action", Limit: 1}), []string{ids[4]})
	same(e, list(store.Filter{Kind: "x' OR '1'='1"}), nil)
	same(e, list(store.Filter{Instance: "i1"}), nil)
	if _, err := e.InboxList(e.ctx, store.Filter{State: "nope"}); err == nil {
		e.Fatal("took an unknown state")
	}
	at := e.clock.Now()
	e.putJobs(cardJob("i1/a", 1, "a", at.Add(time.Second)), cardJob("i1/b", 1, "b", at), timerJob("i2", "t", 1, at))
	jobs, err := e.OutboxList(e.ctx, store.Filter{})
	e.ok(err)
	if len(jobs) != 2 || jobs[0].ID != "card/i1/b" || jobs[0].Slot != "i1/b" || jobs[0].Rev != 1 || jobs[0].Message.Key == "" || !jobs[0].RunAt.Equal(at) {
		e.Fatalf("jobs: %+v", jobs)
	}
	jobs, err = e.OutboxList(e.ctx, store.Filter{Queue: "*", Instance: "i2"})
	e.ok(err)
	if len(jobs) != 1 || jobs[0].Timer.Name != "t" {
		e.Fatalf("jobs: %+v", jobs)
	}
	for _, f := range []store.Filter{{State: "done"}, {Queue: "nope"}} {
		if _, err := e.OutboxList(e.ctx, f); err == nil {
			e.Fatalf("took %+v", f)
		}
	}
	_, err = e.InboxItem(e.ctx, "nope")
	e.is(err, store.ErrNotFound)
}

func testClosed(e *env) {
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for n := 0; ; n++ { // until the store is closed
				if _, err := e.Put(e.ctx, ev(fmt.Sprint(i, "-", n)), 0); err != nil {
					return
				}
			}
		})
	}
	for n := 0; n < 20; {
		var err error
		n, _, err = e.Backlog(e.ctx)
		e.ok(err)
	}
	e.ok(e.Close())
	wg.Wait()
	if _, err := e.Put(e.ctx, ev("x"), 0); err == nil {
		e.Fatal("put into a closed store")
	}
	if err := e.Commit(e.ctx, workflows.Commit{Instance: inst("i1", 1)}); err == nil {
		e.Fatal("committed to a closed store")
	}
	e.ok(e.Close())
}

func testCancelled(e *env) {
	ctx, cancel := context.WithCancel(e.ctx)
	cancel()
	for range 2000 { // never, not only most of the time
		_, err := e.Put(ctx, ev("1"), 0)
		e.is(err, context.Canceled)
		e.is(e.Commit(ctx, workflows.Commit{Instance: inst("i1", 1)}), context.Canceled)
	}
	_, err := e.LoadInstance(e.ctx, "i1")
	e.is(err, store.ErrNotFound)
	st, err := e.Put(e.ctx, ev("1"), 0)
	e.ok(err)
	if !st.New {
		e.Fatal("a cancelled put was stored")
	}
}
