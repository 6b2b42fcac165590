package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"magpie/store"
	"magpie/workflows"
)

func testDefinitions(e *env) {
	d := workflows.Definition{ID: "purchase", Kind: "approval", Name: "采购申请", Hash: strings.Repeat("ab", 32), Source: []byte("kind: approval\n# \xff 🐦\n")}
	_, err := e.LoadDefinition(e.ctx, d.ID, d.Hash)
	e.is(err, store.ErrNotFound)
	e.ok(e.PutDefinition(e.ctx, d))
	changed := d
	changed.Name = "别的"
	e.ok(e.PutDefinition(e.ctx, changed)) // the same hash again: a no-op
	got, err := e.LoadDefinition(e.ctx, d.ID, d.Hash)
	e.ok(err)
	same(e, got, d)
	first := e.clock.Now()
	newer := d
	newer.Hash, newer.Source = strings.Repeat("aa", 32), []byte("kind: approval\n# another\n")
	e.clock.Add(time.Hour)
	e.ok(e.PutDefinition(e.ctx, newer))
	versions, err := e.Versions(e.ctx)
	e.ok(err)
	d.Source, newer.Source = nil, nil
	same(e, versions, []store.Version{{Definition: d, FirstSeen: first}, {Definition: newer, FirstSeen: first.Add(time.Hour)}})
	if e.PutDefinition(e.ctx, workflows.Definition{ID: "x"}) == nil {
		e.Fatal("kept a definition without a hash")
	}
}

func testInstance(e *env) {
	_, err := e.LoadInstance(e.ctx, "i1")
	e.is(err, store.ErrNotFound)
	i := inst("i1", 1)
	trail := sealed("i1", 1, "", 3)
	i.Seq, i.Head = 3, trail[2].Hash
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Instance: i, Trail: trail}))
	got, err := e.LoadInstance(e.ctx, "i1")
	e.ok(err)
	same(e, got, *i)
	entries, err := e.TrailOf(e.ctx, "i1")
	e.ok(err)
	same(e, entries, trail)
	for since, want := range map[time.Time]int{i.UpdatedAt: 1, i.UpdatedAt.Add(time.Millisecond): 0} {
		for _, flow := range []string{"", i.Definition} {
			n := 0
			e.ok(e.EachInstance(e.ctx, store.TrailFilter{Workflow: flow, Touched: since}, func(workflows.Instance) error { n++; return nil }))
			same(e, n, want)
		}
	}

	next := inst("i1", 2)
	next.Status, next.EndedAt, next.Seq, next.Head = workflows.StatusApproved, Start.Add(time.Hour), 3, i.Head
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Instance: next, ExpectRev: 1}))
	got, err = e.LoadInstance(e.ctx, "i1")
	e.ok(err)
	same(e, got, *next)
	n, err := e.Running(e.ctx, "purchase")
	e.ok(err)
	same(e, n, map[string]int{})
	e.start("i2")
	n, err = e.Running(e.ctx, "purchase")
	e.ok(err)
	same(e, n, map[string]int{"h1": 1})

	for _, bad := range []workflows.Commit{
		{Instance: inst("", 1)}, {Instance: inst("a/b", 1)}, {Instance: inst(strings.Repeat("x", 65), 1)},
		{Instance: inst("i9", 3), ExpectRev: 1},
		{Jobs: []workflows.Job{{ID: "x", Queue: "nope"}}},
		{Jobs: []workflows.Job{{ID: "x", Queue: workflows.QueueOut}}},
		{Jobs: []workflows.Job{{ID: "x", Queue: workflows.QueueTimer}}},
		{Jobs: []workflows.Job{{ID: "x", Queue: workflows.QueueLookup}}},
	} {
		if err := e.Commit(e.ctx, bad); err == nil {
			e.Fatalf("committed %+v", bad)
		}
	}
	e.ok(e.Commit(e.ctx, workflows.Commit{})) // nothing at all
}

func testConflict(e *env) {
	e.start("i1")
	at := e.clock.Now()
	all := func(c workflows.Commit) workflows.Commit {
		c.Now = at
		c.Tasks = []workflows.Task{{ID: "i1/n/1/0", Instance: "i1", Node: "n", Person: "p", State: workflows.TaskOpen}}
		c.Jobs = []workflows.Job{timerJob("i1", "x", 1, at)}
		c.Trail = sealed("i1", 1, "", 1)
		return c
	}
	e.is(e.Commit(e.ctx, all(workflows.Commit{Instance: inst("i1", 1)})), store.ErrConflict)
	e.is(e.Commit(e.ctx, all(workflows.Commit{Instance: inst("i1", 6), ExpectRev: 5})), store.ErrConflict)
	e.is(e.Commit(e.ctx, all(workflows.Commit{Instance: inst("i2", 2), ExpectRev: 1})), store.ErrConflict)
	tasks, err := e.TasksOf(e.ctx, "i1")
	e.ok(err)
	jobs, err := e.OutboxList(e.ctx, store.Filter{Queue: "*"})
	e.ok(err)
	trail, err := e.TrailOf(e.ctx, "i1")
	e.ok(err)
	if len(tasks)+len(jobs)+len(trail) != 0 {
		e.Fatalf("a conflict left something: %v %v %v", tasks, jobs, trail)
	}
	// An entry that is there already is a conflict too, and takes everything back.
	e.ok(e.Commit(e.ctx, all(workflows.Commit{Instance: inst("i1", 2), ExpectRev: 1})))
	e.is(e.Commit(e.ctx, all(workflows.Commit{Instance: inst("i1", 3), ExpectRev: 2})), store.ErrConflict)
	got, err := e.LoadInstance(e.ctx, "i1")
	e.ok(err)
	same(e, got.Rev, 2)
}

// A holder that lost its lease writes nothing at all, not even what comes before the fence.
func testCommitFences(e *env) {
	e.start("i1")
	st, err := e.Put(e.ctx, ev("1"), time.Minute)
	e.ok(err)
	at := e.clock.Now()
	e.putJobs(timerJob("i1", "t", 1, at))
	timers, err := e.LeaseTimers(e.ctx, at, 9, time.Minute)
	e.ok(err)
	done := &workflows.EventDone{ID: st.ID, Token: "wrong"}
	c := workflows.Commit{Now: at, Instance: inst("i1", 2), ExpectRev: 1, Event: done}
	e.is(e.Commit(e.ctx, c), store.ErrLeaseLost)
	c.Event, c.Job = nil, &workflows.JobDone{ID: timers[0].ID, Token: "wrong", Gen: timers[0].Gen}
	e.is(e.Commit(e.ctx, c), store.ErrLeaseLost)
	c.Job.ID = "timer/i1/gone"
	e.is(e.Commit(e.ctx, c), store.ErrLeaseLost)
	got, err := e.LoadInstance(e.ctx, "i1")
	e.ok(err)
	same(e, got.Rev, 1)
	e.is(e.Commit(e.ctx, workflows.Commit{Now: at, Event: &workflows.EventDone{ID: "nope"}}), store.ErrNotFound)
	c.Event, c.Job = &workflows.EventDone{ID: st.ID, Token: st.Token}, &workflows.JobDone{ID: timers[0].ID, Token: timers[0].Token, Gen: timers[0].Gen}
	e.ok(e.Commit(e.ctx, c))
	e.is(e.Commit(e.ctx, workflows.Commit{Now: at, Event: c.Event}), store.ErrLeaseLost) // done already
}

// Of eight that commit the same revision one wins, again and again.
func testRace(e *env) {
	e.start("i1")
	const rounds, racers = 25, 8
	for rev := int64(1); rev <= rounds; rev++ {
		var wg sync.WaitGroup
		errs := make([]error, racers)
		for r := range racers {
			wg.Go(func() {
				task := workflows.Task{ID: fmt.Sprintf("i1/n/%d/%d", rev, r), Instance: "i1", Node: "n", Person: "p", State: workflows.TaskOpen, OpenedAt: Start}
				errs[r] = e.Commit(e.ctx, workflows.Commit{
					Now: Start, Instance: inst("i1", rev+1), ExpectRev: rev, Tasks: []workflows.Task{task}, Jobs: []workflows.Job{timerJob("i1", "x", rev, Start)},
				})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, store.ErrConflict) {
				e.Fatal(err)
			}
		}
		if won != 1 {
			e.Fatalf("revision %d: %d won", rev, won)
		}
	}
	tasks, err := e.TasksOf(e.ctx, "i1")
	e.ok(err)
	same(e, len(tasks), rounds)
}

// Commands that fail after they wrote something do not cost those that share their transaction.
func testIsolation(e *env) {
	const n = 40
	st, err := e.Put(e.ctx, ev("held"), time.Minute)
	e.ok(err)
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			c := workflows.Commit{Now: Start, Instance: inst(fmt.Sprint("i", i), 1)}
			if i%4 == 1 { // its instance is new, its fence fails
				c.Event = &workflows.EventDone{ID: st.ID, Token: "wrong"}
			}
			errs[i] = e.Commit(e.ctx, c)
		})
	}
	wg.Wait()
	for i, err := range errs {
		_, found := e.LoadInstance(e.ctx, fmt.Sprint("i", i))
		if i%4 == 1 {
			e.is(err, store.ErrLeaseLost)
			e.is(found, store.ErrNotFound)
			continue
		}
		e.ok(err)
		e.ok(found)
	}
}

func testTasks(e *env) {
	mk := func(id, inst, person string, at int) workflows.Task {
		return workflows.Task{ID: id, Instance: inst, Node: "leader", Seat: "0", Round: 1, Person: person, State: workflows.TaskOpen,
			Title: "李雷的采购申请 🐦", OpenedAt: Start.Add(time.Duration(at) * time.Second), DueAt: Start.Add(time.Hour)}
	}
	a, b, c := mk("i1/leader/1/0", "i1", "han.meimei", 2), mk("i1/leader/1/1", "i1", "wang.fang", 1), mk("i10/leader/1/0", "i10", "han.meimei", 1)
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: Start, Tasks: []workflows.Task{a, b, c}}))
	mine, err := e.OpenTasks(e.ctx, "han.meimei", 10)
	e.ok(err)
	same(e, mine, []workflows.Task{c, a})
	of, err := e.TasksOf(e.ctx, "i1")
	e.ok(err)
	same(e, of, []workflows.Task{a, b})
	a.State, a.ClosedAt, a.DueAt = workflows.TaskApproved, Start.Add(time.Minute), time.Time{}
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: Start, Tasks: []workflows.Task{a}}))
	mine, err = e.OpenTasks(e.ctx, "han.meimei", 10)
	e.ok(err)
	same(e, mine, []workflows.Task{c})
	of, err = e.TasksOf(e.ctx, "i1")
	e.ok(err)
	same(e, of, []workflows.Task{a, b})
	mine, err = e.OpenTasks(e.ctx, "nobody", 10)
	e.ok(err)
	same(e, len(mine), 0)
}

// Whatever people write comes back as it was, in every column.
func testTexts(e *env) {
	for n, text := range []string{
		"", "'; DROP TABLE inbox; --", "a\\'b\"c`d", "?", "? ? ?", "%_", "\x00", "行一\n行二\r\n\t", "👩‍👩‍👧‍👦 🇨🇳 𠮷", "é", "é", " 前后空格 ", "\u202e反", strings.Repeat("长", 3000), "bad \xff utf-8",
	} {
		id := fmt.Sprint("i", n)
		i := inst(id, 1)
		i.Title = text
		i.State = []byte("{\"s\": " + string(workflows.Data(text)) + ",   \"order\":[1 ,2]}")
		trail := sealed(id, 1, "", 1)
		trail[0].Data = workflows.Data(map[string]string{"text": text})
		trail[0].Private = workflows.Data(text)
		workflows.Seal(&trail[0], "")
		i.Seq, i.Head = 1, trail[0].Hash
		e.ok(e.Commit(e.ctx, workflows.Commit{Now: Start, Instance: i, Trail: trail}))
		got, err := e.LoadInstance(e.ctx, id)
		e.ok(err)
		i.Title = strings.ToValidUTF8(text, "\uFFFD")
		same(e, got, *i)
		entries, err := e.TrailOf(e.ctx, id)
		e.ok(err)
		same(e, entries, trail)
	}
	a, err := e.AuditVerify(e.ctx)
	e.ok(err)
	if !a.OK() {
		e.Fatalf("audit: %+v", a)
	}
}
