package storetest

import (
	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/workflows"
)

// testGroups: the groups of two suites, with persons and with departments in them. A pull that could not read groups
// leaves them, one that could brings them up to date.
func testGroups(e *env) {
	ref := func(id string) event.Ref {
		return event.Ref{Scope: event.Scope{Platform: "feishu", Tenant: "t", App: "a"}, Kind: event.RefUser, ID: id}
	}
	account := func(id, person string, left bool, depts ...string) adapters.LinkedAccount {
		return adapters.LinkedAccount{Person: person, Account: event.Account{
			Refs: []event.Ref{ref(id), {Scope: ref(id).Scope, Kind: event.RefUnion, ID: "on_" + id}}, Depts: depts, Active: !left, Left: left,
		}}
	}
	dept := func(id, parent string) event.Department {
		return event.Department{Ref: event.Ref{Kind: event.RefDept, ID: id}, Name: id, Parent: parent}
	}
	person := func(id string) adapters.Person { return adapters.Person{ID: id, Source: "c", Active: true} }
	pull := adapters.People{
		Connection: "c", Full: true, GroupsRead: true,
		Persons:     []adapters.Person{person("li.lei"), person("han.meimei"), person("sun.li"), person("gone")},
		Accounts:    []adapters.LinkedAccount{account("l", "li.lei", false, "dev"), account("h", "han.meimei", false, "team"), account("s", "sun.li", false, "sales"), account("g", "gone", true), account("n", "", false)},
		Departments: []event.Department{dept("dev", ""), dept("team", "dev"), dept("sales", ""), dept("ring", "ring2"), dept("ring2", "ring")},
		Groups: []event.UserGroup{
			{ID: "1", Name: "评审😀委员会", Members: []event.Ref{ref("s"), ref("g"), ref("n"), ref("on_l"), ref("unknown")}},
			{ID: "2", Name: "研发", Members: []event.Ref{ref("h")}, Depts: []string{"dev", "ring", "nowhere"}},
			{ID: "3", Name: "空"},
			{ID: "4", Name: "研发", Members: []event.Ref{ref("s")}},
		},
	}
	e.ok(e.PutPeople(e.ctx, pull))
	groups := func() []workflows.Group {
		e.Helper()
		r, err := e.Roster(e.ctx)
		e.ok(err)
		return r.Groups
	}
	want := []workflows.Group{
		{Connection: "c", Name: "研发", Members: []string{"han.meimei", "li.lei"}},
		{Connection: "c", Name: "研发", Members: []string{"sun.li"}},
		{Connection: "c", Name: "空"},
		{Connection: "c", Name: "评审😀委员会", Members: []string{"li.lei", "sun.li"}},
	}
	same(e, groups(), want)
	rev := func() int64 {
		e.Helper()
		n, err := e.RosterRev(e.ctx)
		e.ok(err)
		return n
	}
	before := rev()

	// The same again, or without the groups, changes nothing.
	pull.Persons = nil
	e.ok(e.PutPeople(e.ctx, pull))
	deaf := pull
	deaf.Groups, deaf.GroupsRead = nil, false
	e.ok(e.PutPeople(e.ctx, deaf))
	e.ok(e.PutPeople(e.ctx, adapters.People{Connection: "c", Accounts: pull.Accounts[:1]}))
	same(e, rev(), before)
	same(e, groups(), want)

	// Another suite's groups stand beside them.
	e.ok(e.PutPeople(e.ctx, adapters.People{
		Connection: "b", Full: true, GroupsRead: true, Persons: []adapters.Person{person("wang.fang")}, Accounts: []adapters.LinkedAccount{account("w", "wang.fang", false)},
		Groups: []event.UserGroup{{ID: "1", Name: "空", Members: []event.Ref{ref("w"), ref("l")}}},
	}))
	same(e, groups(), append([]workflows.Group{{Connection: "b", Name: "空", Members: []string{"wang.fang"}}}, want...))

	// A group is renamed, one loses and gains members, one is gone.
	pull.Groups = []event.UserGroup{
		{ID: "1", Name: "委员会", Members: []event.Ref{ref("h")}},
		{ID: "2", Name: "研发", Depts: []string{"team"}},
		{ID: "3", Name: "空"},
	}
	e.ok(e.PutPeople(e.ctx, pull))
	same(e, groups(), []workflows.Group{
		{Connection: "b", Name: "空", Members: []string{"wang.fang"}},
		{Connection: "c", Name: "委员会", Members: []string{"han.meimei"}},
		{Connection: "c", Name: "研发", Members: []string{"han.meimei"}},
		{Connection: "c", Name: "空"},
	})
	pull.Groups = nil
	e.ok(e.PutPeople(e.ctx, pull))
	same(e, len(groups()), 1)
}
