package storetest

import (
	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/workflows"
)

// testPeople: a pull is stored, read back as one roster, and changed by what differs.
func testPeople(e *env) {
	ctx, s, t := e.ctx, e.Store, e.T
	ref := func(kind event.RefKind, id string) event.Ref {
		return event.Ref{Scope: event.Scope{Platform: "feishu", Tenant: "t", App: "a"}, Kind: kind, ID: id}
	}
	account := func(id, person string, depts ...string) adapters.LinkedAccount {
		return adapters.LinkedAccount{Person: person, Account: event.Account{
			Refs: []event.Ref{ref(event.RefUser, "ou_"+id), ref(event.RefUnion, "on_"+id)}, Name: "姓名😀" + id, Depts: depts, Active: true,
		}}
	}
	dept := func(id, name, parent string, leads ...string) event.Department {
		d := event.Department{Ref: ref(event.RefDept, id), Name: name, Parent: parent}
		for _, l := range leads {
			d.Leads = append(d.Leads, ref(event.RefUser, "ou_"+l))
		}
		return d
	}
	person := func(id, manager string) adapters.Person {
		return adapters.Person{ID: id, Name: "姓名😀" + id, Manager: manager, Source: "c", Active: true}
	}
	full := adapters.People{
		Connection: "c", Full: true,
		Persons:     []adapters.Person{person("li.lei", "han.meimei"), person("han.meimei", ""), person("zhang.wei", "")},
		Accounts:    []adapters.LinkedAccount{account("l", "li.lei", "dev", "x"), account("h", "han.meimei", "dev"), account("z", "zhang.wei", "x"), account("u", "", "x")},
		Departments: []event.Department{dept("dev", "研发部", "x", "h"), dept("x", "总部", "", "z", "h")},
	}
	if rev, err := s.RosterRev(ctx); err != nil || rev != 0 {
		t.Fatalf("revision %d, %v at the start", rev, err)
	}
	if err := s.PutPeople(ctx, full); err != nil {
		t.Fatal(err)
	}
	got, err := s.Roster(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sent := func(id, person string) []workflows.Account {
		return []workflows.Account{
			{Connection: "c", Ref: ref(event.RefUser, "ou_"+id), Person: person, Send: true},
			{Connection: "c", Ref: ref(event.RefUnion, "on_"+id), Person: person},
		}
	}
	who := func(id, manager string, depts ...string) workflows.Person {
		return workflows.Person{ID: id, Name: "姓名😀" + id, Manager: manager, Depts: depts, Active: true}
	}
	want := workflows.Roster{
		Rev:      1,
		Persons:  []workflows.Person{who("han.meimei", "", "c/dev"), who("li.lei", "han.meimei", "c/dev", "c/x"), who("zhang.wei", "", "c/x")},
		Accounts: append(append(sent("h", "han.meimei"), sent("l", "li.lei")...), sent("z", "zhang.wei")...),
		Departments: []workflows.Department{
			{ID: "c/dev", Connection: "c", Name: "研发部", Parent: "c/x", Leads: []string{"han.meimei"}, Members: []string{"han.meimei", "li.lei"}},
			{ID: "c/x", Connection: "c", Name: "总部", Leads: []string{"han.meimei", "zhang.wei"}, Members: []string{"li.lei", "zhang.wei"}},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("roster (-want +got)\n%s", d)
	}
	persons, links, err := s.KnownPeople(ctx)
	if err != nil || len(persons) != 3 || links[ref(event.RefUnion, "on_l")] != "li.lei" || len(links) != 6 {
		t.Fatalf("known %v %v %v", persons, links, err)
	}

	// The same again changes nothing.
	full.Persons = nil
	if err := s.PutPeople(ctx, full); err != nil {
		t.Fatal(err)
	}
	if rev, _ := s.RosterRev(ctx); rev != 1 {
		t.Errorf("revision %d after a pull that brought no news", rev)
	}

	// One person moves; the others, and who leads, stay.
	if err := s.PutPeople(ctx, adapters.People{Connection: "c", Accounts: []adapters.LinkedAccount{account("h", "han.meimei", "x")}}); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Roster(ctx); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"c/x"}, got.Persons[0].Depts); d != "" || got.Rev != 2 {
		t.Errorf("after a move, revision %d (-want +got)\n%s", got.Rev, d)
	}
	if d := cmp.Diff([]string{"li.lei"}, got.Departments[0].Members); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}

	// A full pull without li.lei: the account has left and can't be written to, the person stays known.
	full.Accounts = full.Accounts[1:]
	if err := s.PutPeople(ctx, full); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Roster(ctx); err != nil {
		t.Fatal(err)
	}
	for _, a := range got.Accounts {
		if a.Person == "li.lei" {
			t.Errorf("an account that has left is still there: %+v", a)
		}
	}
	if len(got.Persons) != 3 {
		t.Errorf("%d persons", len(got.Persons))
	}
}
