package storetest

import (
	"time"

	"magpie/adapters"
	"magpie/store"
	"magpie/workflows"
)

// testProxies: a grant is kept, part of the roster while it counts, revoked once, and finds what waits.
func testProxies(e *env) {
	e.ok(e.PutPeople(e.ctx, adapters.People{Connection: "c", Full: true, Persons: []adapters.Person{
		{ID: "a", Name: "A", Source: "c", Active: true}, {ID: "b", Name: "B", Source: "c", Active: true}, {ID: "gone", Name: "G", Source: "c"},
	}}))
	before, err := e.RosterRev(e.ctx)
	e.ok(err)
	now := e.clock.Now().Truncate(time.Millisecond)
	want := workflows.Proxy{
		Of: "a", To: "b", From: now.Add(time.Hour), Until: now.Add(3 * time.Hour), Flows: []string{"purchase", "请假"}, Max: "500.50", Open: true, Actor: "person:a",
	}
	for _, bad := range []workflows.Proxy{{Of: "a", To: "gone"}, {Of: "nobody", To: "b"}} {
		_, err := e.GrantProxy(e.ctx, bad)
		e.is(err, store.ErrNotFound)
	}
	got, err := e.GrantProxy(e.ctx, want)
	e.ok(err)
	want.ID, want.CreatedAt = got.ID, now
	same(e, got, want)
	late, err := e.GrantProxy(e.ctx, workflows.Proxy{Of: "b", To: "a", From: now.Add(time.Hour), Actor: "cli:x"})
	e.ok(err)
	all, err := e.Roster(e.ctx)
	e.ok(err)
	same(e, all.Proxies, []workflows.Proxy{late, want})
	if all.Rev <= before {
		e.Fatalf("revision %d after %d: other processes would not see the grant", all.Rev, before)
	}

	// What waits: none before the window, then what is there by a grant that takes it too, and only what comes by one that does not.
	c := workflows.Commit{Now: now, Instance: inst("i1", 1), Tasks: []workflows.Task{
		{ID: "i1/s/1/0", Instance: "i1", Node: "s", Seat: "0", Round: 1, Person: "a", State: workflows.TaskOpen, OpenedAt: now},
		{ID: "i1/s/1/1", Instance: "i1", Node: "s", Seat: "1", Round: 1, Person: "b", State: workflows.TaskOpen, OpenedAt: now},
	}}
	e.ok(e.Commit(e.ctx, c))
	away := func(want ...workflows.AwayTask) {
		e.Helper()
		got, err := e.Away(e.ctx, 100)
		e.ok(err)
		if len(got)+len(want) > 0 {
			same(e, got, want)
		}
	}
	away()
	e.clock.Add(time.Hour)
	away(workflows.AwayTask{Person: "a", Instance: "i1"})
	c.Instance, c.Tasks[0].Instance = inst("i2", 1), "i2"
	c.Tasks = []workflows.Task{{ID: "i2/s/1/0", Instance: "i2", Node: "s", Seat: "0", Round: 1, Person: "b", State: workflows.TaskOpen, OpenedAt: e.clock.Now()}}
	e.ok(e.Commit(e.ctx, c))
	away(workflows.AwayTask{Person: "a", Instance: "i1"}, workflows.AwayTask{Person: "b", Instance: "i2"})
	e.clock.Add(2 * time.Hour) // half open: at its end it is over
	away(workflows.AwayTask{Person: "b", Instance: "i2"})

	gone, err := e.RevokeProxy(e.ctx, late.ID, "person:b")
	e.ok(err)
	if gone.Of != "b" || !gone.RevokedAt.Equal(e.clock.Now().Truncate(time.Millisecond)) {
		e.Fatalf("revoked %+v", gone)
	}
	_, err = e.RevokeProxy(e.ctx, late.ID, "person:b")
	e.is(err, store.ErrNotFound)
	away()
	list, err := e.Proxies(e.ctx, "b", false)
	e.ok(err)
	same(e, len(list), 0)
	list, err = e.Proxies(e.ctx, "b", true)
	e.ok(err)
	if len(list) != 2 {
		e.Fatalf("of the past %+v", list)
	}
	log, err := e.PeopleLog(e.ctx, "b", 0)
	e.ok(err)
	if len(log) != 2 || log[0].Action != "proxy" || log[0].Actor != "person:b" || log[0].After != "" || log[1].After == "" {
		e.Fatalf("log %+v", log)
	}
}
