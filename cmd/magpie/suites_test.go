package main

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/directory"
	"magpie/adapters/event"
	"magpie/simulator"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/roster"
)

// addressBook is a suite's directory as the simulated company has it: what an adapter gives of it.
type addressBook struct {
	suite   string
	company *simulator.Company
	root    string // id of the department that stands for the company; "" when the suite has none
}

func (b *addressBook) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{Platform: b.suite, Directory: true}
}

func (b *addressBook) Receive(context.Context, adapters.Request) (adapters.Delivery, error) {
	return adapters.Delivery{}, nil
}

func (b *addressBook) Send(context.Context, card.Message) (adapters.MessageRef, error) {
	return adapters.MessageRef{}, nil
}

func (b *addressBook) ref(kind event.RefKind, id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: b.suite, Tenant: "t"}, Kind: kind, ID: b.suite + ":" + id}
}

func (b *addressBook) Departments(context.Context) ([]event.Department, error) {
	var out []event.Department
	parent := ""
	if b.root != "" {
		root := b.ref(event.RefDept, b.root)
		parent = root.ID
		out = append(out, event.Department{Ref: root, Name: b.company.Name + b.suite})
	}
	for _, d := range b.company.Departments {
		dept := event.Department{Ref: b.ref(event.RefDept, d.ID), Name: d.Name, Parent: parent}
		if d.Lead != "" {
			dept.Leads = []event.Ref{b.ref(event.RefUser, d.Lead)}
		}
		out = append(out, dept)
	}
	return out, nil
}

func (b *addressBook) account(p simulator.Person) event.Account {
	a := event.Account{
		Refs: []event.Ref{b.ref(event.RefUser, p.ID)}, Name: p.Name, EmployeeNo: p.EmployeeNo, Email: p.Email, Mobile: p.Mobile,
		Title: p.Title, Depts: []string{b.ref(event.RefDept, p.Department).ID}, Active: true,
	}
	if p.Manager != "" {
		m := b.ref(event.RefUser, p.Manager)
		a.Manager = &m
	}
	return a
}

func (b *addressBook) Accounts(context.Context) ([]event.Account, error) {
	var out []event.Account
	for _, p := range b.company.People {
		out = append(out, b.account(p))
	}
	return out, nil
}

func (b *addressBook) Account(_ context.Context, ref event.Ref) (event.Account, error) {
	for _, p := range b.company.People {
		if a := b.account(p); slices.Contains(a.Refs, ref) {
			return a, nil
		}
	}
	return event.Account{}, &adapters.Error{Op: "account", Kind: adapters.KindNotFound}
}

// threeSuites pulls the sample company out of three directories, each of which holds only its own people.
func threeSuites(t *testing.T) (*store.Store, *directory.Sync, *roster.Roster) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: t.TempDir() + "/m.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	company := simulator.SampleCompany()
	var all []*adapters.Connection
	order := []string{"feishu-main", "ding-main", "wecom-main"}
	for i, suite := range []string{"feishu", "dingtalk", "wecom"} {
		b := &addressBook{suite: suite, company: company.Of(suite)}
		if suite != "feishu" {
			b.root = "1"
		}
		all = append(all, adapters.New(order[i], b))
	}
	people := roster.New(roster.Options{Source: s, Order: func() []string { return order }})
	sync := directory.New(directory.Options{
		Store: s, Connections: func() []*adapters.Connection { return all }, Changed: people.Invalidate,
	})
	if err := sync.PullAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, sync, people
}

// Li Lei is only in Feishu and his lead only in DingTalk; what one suite can't know, all of them together do.
func TestWhoIsWhoOverThreeSuites(t *testing.T) {
	t.Parallel()
	s, sync, people := threeSuites(t)
	for _, c := range []struct{ who, by, want string }{
		{"li.lei", "initiator.manager", "han.meimei"},
		{"li.lei", "initiator.dept.lead", "han.meimei"},
		{"li.lei", "initiator.manager.manager", "zhang.wei"},
		{"ma.chao", "initiator.manager", "xu.yang"}, // his suite names him, whoever leads the department
		{"zhao.min", "dept:财务部/lead", "wang.fang"},
		{"zhao.min", "initiator.manager", "wang.fang"},
		{"liu.yang", "initiator.manager", "sun.li"},
		{"zhang.wei", "initiator.manager", ""},
	} {
		l, err := people.Resolve(t.Context(), workflows.Lookup{ID: "x", Selectors: []string{c.by}, Initiator: c.who})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range l.Persons {
			got += p.ID
		}
		if got != c.want {
			t.Errorf("%s of %s is %q, want %q", c.by, c.who, got, c.want)
		}
	}
	everybody, err := people.Resolve(t.Context(), workflows.Lookup{ID: "x", Selectors: []string{"dept:研发部"}})
	if err != nil || len(everybody.Persons) != len(simulator.SampleCompany().Members("yanfabu")) {
		t.Errorf("%d persons in the department, %v", len(everybody.Persons), err)
	}
	all, err := s.Roster(t.Context())
	if err != nil || len(all.Persons) != len(simulator.SampleCompany().People) {
		t.Errorf("%d persons, %v", len(all.Persons), err)
	}
	for who, want := range map[string][]string{
		"ren.peng": {"feishu-main", "ding-main", "wecom-main"}, "zhang.wei": {"feishu-main", "ding-main"}, "wang.fang": {"wecom-main"},
	} {
		as, err := people.Addresses(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range as {
			got = append(got, a.Connection)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is written to in %v, want %v", who, got, want)
		}
	}
	// A second round brings no news: nothing is written.
	if err := sync.PullAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rev, err := s.RosterRev(t.Context()); err != nil || rev != all.Rev {
		t.Errorf("revision %d after %d, %v", rev, all.Rev, err)
	}
}

// crowd is a suite with one department of n people whose managers go round in a circle.
type crowd struct {
	addressBook
	n int
}

func (c *crowd) id(i int) event.Ref { return c.ref(event.RefUser, fmt.Sprintf("u%05d", i%c.n)) }

func (c *crowd) Departments(context.Context) ([]event.Department, error) {
	return []event.Department{{Ref: c.ref(event.RefDept, "all"), Name: "生产部", Leads: []event.Ref{c.id(0)}}}, nil
}

func (c *crowd) Accounts(context.Context) ([]event.Account, error) {
	out := make([]event.Account, c.n)
	for i := range out {
		boss := c.id(i + 1)
		out[i] = event.Account{
			Refs: []event.Ref{c.id(i), {Scope: c.id(i).Scope, Kind: event.RefUnion, ID: "n" + c.id(i).ID}}, Name: "工人", EmployeeNo: fmt.Sprint("W", i),
			Manager: &boss, Depts: []string{c.ref(event.RefDept, "all").ID}, Active: true,
		}
	}
	return out, nil
}

// A department of 5,000, in two suites, all of one name and each the next one's manager: everybody is found
// once, a chain of managers ends, and what brings no news writes nothing.
func TestDepartmentOfThousands(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Options{DSN: t.TempDir() + "/m.db"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const n = 5000
	all := []*adapters.Connection{
		adapters.New("a", &crowd{addressBook{suite: "a"}, n}), adapters.New("b", &crowd{addressBook{suite: "b"}, n}),
	}
	people := roster.New(roster.Options{Source: s})
	sync := directory.New(directory.Options{Store: s, Connections: func() []*adapters.Connection { return all }, Changed: people.Invalidate})
	if err := sync.PullAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	rev, err := s.RosterRev(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for by, want := range map[string]int{"dept:生产部": n, "dept:生产部/lead": 1, "initiator.managers(10)": 10} {
		l, err := people.Resolve(t.Context(), workflows.Lookup{ID: "x", Selectors: []string{by}, Initiator: "w3"})
		if err != nil || len(l.Persons) != want {
			t.Errorf("%s: %d persons, %v; want %d", by, len(l.Persons), err, want)
		}
	}
	counts, err := s.CountAccounts(t.Context())
	if err != nil || !slices.Equal(counts, []store.AccountCount{{Connection: "a", State: "linked", N: n}, {Connection: "b", State: "linked", N: n}}) {
		t.Errorf("%v, %v", counts, err)
	}
	if err := sync.PullAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, err := s.RosterRev(t.Context()); err != nil || again != rev {
		t.Errorf("revision %d after %d: %v", again, rev, err)
	}
}
