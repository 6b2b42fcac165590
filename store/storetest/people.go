package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/store"
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
	person := func(id string) adapters.Person {
		return adapters.Person{ID: id, Name: "姓名😀" + id, Source: "c", Active: true}
	}
	full := adapters.People{
		Connection: "c", Full: true,
		Persons:     []adapters.Person{person("li.lei"), person("han.meimei"), person("zhang.wei")},
		Accounts:    []adapters.LinkedAccount{account("l", "li.lei", "dev", "x"), account("h", "han.meimei", "dev"), account("z", "zhang.wei", "x"), account("u", "", "x")},
		Departments: []event.Department{dept("dev", "研发部", "x", "h"), dept("x", "总部", "", "z", "h")},
	}
	boss := ref(event.RefUser, "ou_h")
	full.Accounts[0].Manager = &boss
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
	known, err := s.KnownPeople(ctx)
	if err != nil || known.Rev != 1 || len(known.Persons) != 3 || len(known.Accounts) != 8 {
		t.Fatalf("known %+v %v", known, err)
	}
	if d := cmp.Diff(adapters.KnownAccount{Connection: "c", Account: "ou_h", Ref: ref(event.RefUser, "ou_h"), Person: "han.meimei"}, known.Accounts[0]); d != "" {
		t.Errorf("(-want +got)\n%s", d)
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

	// A change that was worked out from an older state is refused.
	if err := s.PutPeople(ctx, adapters.People{Connection: "c", Since: 1, Persons: []adapters.Person{person("x")}}); !errors.Is(err, adapters.ErrPeopleMoved) {
		t.Errorf("an old change: %v", err)
	}

	// A full pull without li.lei: the account has left and can't be written to, the person stays known, and so
	// do their department and their manager.
	gone := person("li.lei")
	gone.Active = false
	full.Accounts, full.Persons = full.Accounts[1:], []adapters.Person{gone}
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
	left := who("li.lei", "han.meimei", "c/dev", "c/x")
	left.Active = false
	if d := cmp.Diff(left, got.Persons[1]); d != "" || len(got.Persons) != 3 {
		t.Errorf("the leaver (-want +got)\n%s", d)
	}
	for _, d := range got.Departments {
		if slices.Contains(d.Members, "li.lei") {
			t.Errorf("still in %s", d.Name)
		}
	}
}

// names is a directory of two suites: an account for everybody in a, and for w in b as a person apart.
func (e *env) twoSuites() (put func(connection, id, person, number string, left bool)) {
	put = func(connection, id, person, number string, left bool) {
		e.Helper()
		p := adapters.People{Connection: connection, Accounts: []adapters.LinkedAccount{{Person: person, Account: event.Account{
			Refs: []event.Ref{accountRef(connection, id)}, Name: id, EmployeeNo: number, Depts: []string{"d"}, Active: !left, Left: left,
		}}}}
		if person != "" {
			p.Persons = []adapters.Person{{ID: person, Name: person, EmployeeNo: number, Source: connection, Active: !left}}
		}
		e.ok(e.PutPeople(e.ctx, p))
	}
	put("a", "a1", "li.lei", "1", false)
	put("a", "a2", "han.meimei", "2", false)
	put("b", "b1", "user7", "", false)
	put("b", "b2", "", "", false)
	return put
}

func accountRef(connection, id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: connection, Tenant: "t"}, Kind: event.RefUser, ID: id}
}

func (e *env) roster() workflows.Roster {
	e.Helper()
	r, err := e.Roster(e.ctx)
	e.ok(err)
	return r
}

// owner is whom an account acts for.
func (e *env) owner(connection, id string) string {
	e.Helper()
	for _, a := range e.roster().Accounts {
		if a.Connection == connection && a.Ref.ID == id {
			return a.Person
		}
	}
	return ""
}

// testLinks: what people decide about accounts stands, whatever a pull says, and is on record.
func testLinks(e *env) {
	put := e.twoSuites()
	link := func(account, person string) workflows.Linked {
		e.Helper()
		l, err := e.LinkAccount(e.ctx, workflows.Link{Connection: "b", Account: account, Person: person, By: workflows.LinkedByAdmin, Actor: "cli:root"})
		e.ok(err)
		return l
	}
	same(e, link("b2", "han.meimei"), workflows.Linked{Connection: "b", Account: "b2", Person: "han.meimei"})
	same(e, e.owner("b", "b2"), "han.meimei")
	// user7 had no other account: from now on another name of li.lei.
	same(e, link("b1", "li.lei"), workflows.Linked{Connection: "b", Account: "b1", Person: "li.lei", Before: "user7", Merged: true})
	same(e, e.roster().Aliases, map[string]string{"user7": "li.lei"})
	known, err := e.KnownPeople(e.ctx)
	e.ok(err)
	for _, k := range known.Accounts {
		same(e, k.Pinned, k.Connection == "b")
	}
	// A pull does not touch it: directory.Link gives the person back; a preference stays as well.
	e.ok(e.Prefer(e.ctx, "li.lei", "b", "person:li.lei"))
	e.ok(e.SetManager(e.ctx, "li.lei", "han.meimei", "cli:root"))
	put("b", "b1", "li.lei", "1", false)
	r := e.roster()
	i := slices.IndexFunc(r.Persons, func(p workflows.Person) bool { return p.ID == "li.lei" })
	same(e, r.Persons[i].Preferred, "b")
	same(e, r.Persons[i].Manager, "han.meimei")
	if err := e.Prefer(e.ctx, "han.meimei", "c", "x"); !errors.Is(err, store.ErrNotFound) {
		e.Errorf("prefers where they are not: %v", err)
	}
	// Unlinked, it is nobody's and stays so.
	same(e, link("b1", ""), workflows.Linked{Connection: "b", Account: "b1", Before: "li.lei"})
	same(e, e.owner("b", "b1"), "")
	e.ok(e.FreeAccount(e.ctx, "b", "b1", "cli:root"))
	if err := e.FreeAccount(e.ctx, "b", "b1", "cli:root"); !errors.Is(err, store.ErrNotFound) {
		e.Errorf("freed twice: %v", err)
	}
	// Named again, user7 is a person again.
	same(e, link("b1", "user7"), workflows.Linked{Connection: "b", Account: "b1", Person: "user7"})
	same(e, len(e.roster().Aliases), 0)
	// Their only account taken away, they are gone.
	same(e, link("b1", ""), workflows.Linked{Connection: "b", Account: "b1", Before: "user7", Gone: true})
	for _, l := range []workflows.Link{{Connection: "b", Account: "x", Person: "li.lei"}, {Connection: "b", Account: "b1", Person: "x"}} {
		if _, err := e.LinkAccount(e.ctx, l); !errors.Is(err, store.ErrNotFound) {
			e.Errorf("%+v: %v", l, err)
		}
	}
	log, err := e.PeopleLog(e.ctx, "", 0)
	e.ok(err)
	var did []string
	for _, l := range log {
		did = append(did, l.Action+" "+l.Person+" "+l.Actor)
	}
	slices.Reverse(did)
	same(e, did, []string{"link han.meimei cli:root", "merge li.lei cli:root", "link li.lei cli:root", "prefer li.lei person:li.lei",
		"manager li.lei cli:root", "unlink li.lei cli:root", "free  cli:root", "link user7 cli:root", "unlink user7 cli:root"})
	items, err := e.Accounts(e.ctx, store.AccountUnlinked)
	e.ok(err)
	same(e, len(items), 1)
	counts, err := e.CountAccounts(e.ctx)
	e.ok(err)
	same(e, counts, []store.AccountCount{{Connection: "a", State: "linked", N: 2}, {Connection: "b", State: "linked", N: 1}, {Connection: "b", State: "unlinked", N: 1}})
}

// testCareful: who are two by what the directories say does not become one with a code.
func testCareful(e *env) {
	put := e.twoSuites()
	try := func(account, person string) error {
		_, err := e.LinkAccount(e.ctx, workflows.Link{Connection: "b", Account: account, Person: person, By: workflows.LinkedByCode, Careful: true})
		return err
	}
	put("b", "b3", "other", "3", false)
	if err := try("b3", "li.lei"); !errors.Is(err, workflows.ErrTwoPersons) {
		e.Errorf("two employee numbers: %v", err)
	}
	e.ok(try("b1", "li.lei"))
	if err := try("b2", "li.lei"); !errors.Is(err, workflows.ErrTwoPersons) {
		e.Errorf("a second account in one suite: %v", err)
	}
	e.ok(try("b1", "li.lei")) // again is no harm
}

// testCodes: a code works once, whoever is at it at the same time, and not after its time.
func testCodes(e *env) {
	e.twoSuites()
	code := func(id string) workflows.Code {
		return workflows.Code{ID: id, Connection: "a", Account: "a1", Person: "li.lei", ExpiresAt: e.clock.Now().Add(10 * time.Minute)}
	}
	e.ok(e.PutCode(e.ctx, code("first")))
	e.ok(e.PutCode(e.ctx, code("second"))) // in place of the first
	all, err := e.Codes(e.ctx)
	e.ok(err)
	same(e, all, []workflows.Code{code("second")})
	use := func(account string) error {
		_, err := e.UseCode(e.ctx, "second", "b/"+account, workflows.Link{Connection: "b", Account: account, Person: "li.lei", By: workflows.LinkedByCode, Careful: true})
		return err
	}
	if err := use("nobody"); !errors.Is(err, store.ErrNotFound) {
		e.Errorf("an account that is not there: %v", err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = use([]string{"b1", "b2"}[i%2]) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			e.Errorf("lost by %v", err)
		}
	}
	same(e, won, 1)
	all, err = e.Codes(e.ctx)
	e.ok(err)
	if len(all) != 1 || all[0].UsedBy == "" || e.owner("b", strings.TrimPrefix(all[0].UsedBy, "b/")) != "li.lei" {
		e.Errorf("after the race %+v", all)
	}
	e.ok(e.PutCode(e.ctx, code("third")))
	e.clock.Add(10 * time.Minute)
	if _, err := e.UseCode(e.ctx, "third", "b/b2", workflows.Link{Connection: "b", Account: "b2", Person: "li.lei"}); !errors.Is(err, store.ErrConflict) {
		e.Errorf("after its time: %v", err)
	}
	e.ok(e.DropCode(e.ctx, "third"))
	e.clock.Add(25 * time.Hour)
	e.ok(e.PutCode(e.ctx, code("fourth")))
	all, err = e.Codes(e.ctx)
	e.ok(err)
	same(e, len(all), 1)

	for i := 1; i <= 3; i++ {
		n, _, err := e.Attempt(e.ctx, "b/b1", time.Hour)
		e.ok(err)
		same(e, n, i)
	}
	e.ok(e.ForgetAttempts(e.ctx, "b/b1"))
	n, until, err := e.Attempt(e.ctx, "b/b1", time.Hour)
	e.ok(err)
	same(e, n, 1)
	e.clock.Add(until.Sub(e.clock.Now()))
	n, _, err = e.Attempt(e.ctx, "b/b1", time.Hour)
	e.ok(err)
	same(e, n, 1)
}

// testLeft: what waits for people who are gone, and what those began who are somebody else now.
func testLeft(e *env) {
	put := e.twoSuites()
	now := e.clock.Now()
	in := func(id, initiator, person string) {
		e.Helper()
		e.ok(e.Commit(e.ctx, workflows.Commit{
			Now:      now,
			Instance: &workflows.Instance{ID: id, Definition: "d", Hash: "h", Kind: "k", Rev: 1, Status: workflows.StatusRunning, Initiator: initiator, State: []byte("{}"), CreatedAt: now, UpdatedAt: now},
			Tasks:    []workflows.Task{{ID: id + "/n/1/0", Instance: id, Node: "n", Seat: "0", Round: 1, Person: person, State: workflows.TaskOpen, OpenedAt: now}},
		}))
	}
	in("i1", "li.lei", "han.meimei")
	in("i2", "user7", "li.lei")
	left, err := e.Left(e.ctx, 100)
	e.ok(err)
	same(e, len(left), 0)
	put("a", "a2", "han.meimei", "2", true)
	_, err = e.LinkAccount(e.ctx, workflows.Link{Connection: "b", Account: "b1", Person: "li.lei", By: workflows.LinkedByCode})
	e.ok(err)
	left, err = e.Left(e.ctx, 100)
	e.ok(err)
	same(e, left, []workflows.LeftTask{{Person: "han.meimei", Instance: "i1"}, {Person: "user7", Instance: "i2"}})
}

// testPeopleRace: pulls of several suites and decisions of people at the same time; none is lost.
func testPeopleRace(e *env) {
	e.twoSuites()
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			id := fmt.Sprint("r", i)
			if err := e.PutPeople(e.ctx, adapters.People{Connection: "b",
				Accounts: []adapters.LinkedAccount{{Person: id, Account: event.Account{Refs: []event.Ref{accountRef("b", id)}, Name: id, Active: true}}},
				Persons:  []adapters.Person{{ID: id, Name: id, Source: "b", Active: true}}}); err != nil {
				e.Error(err)
			}
		})
		wg.Go(func() {
			if err := e.SetManager(e.ctx, "li.lei", []string{"han.meimei", "user7"}[i%2], fmt.Sprint("p", i)); err != nil {
				e.Error(err)
			}
		})
	}
	wg.Wait()
	same(e, len(e.roster().Persons), 9)
	log, err := e.PeopleLog(e.ctx, "", 0)
	e.ok(err)
	rev, err := e.RosterRev(e.ctx)
	e.ok(err)
	if n := int64(len(log)); n < 1 || rev < 10+n || rev > 16 {
		e.Errorf("revision %d after %d entries", rev, n)
	}
}
