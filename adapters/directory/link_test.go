package directory_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"magpie/adapters"
	"magpie/adapters/directory"
	"magpie/adapters/event"
)

var allKeys = []directory.Key{directory.ByEmployeeNo, directory.ByEmail, directory.ByMobile}

// ref is an account's id; each connection is a suite of its own.
func ref(connection, id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: connection, Tenant: "t", App: "a"}, Kind: event.RefUser, ID: id}
}

func account(connection, id, name, no, mail, mobile string) event.Account {
	return event.Account{Refs: []event.Ref{ref(connection, id)}, Name: name, EmployeeNo: no, Email: mail, Mobile: mobile, Active: true}
}

// has is a known account of a person.
func has(connection, id, person string) adapters.KnownAccount {
	return adapters.KnownAccount{Connection: connection, Account: id, Ref: ref(connection, id), Person: person}
}

func link(connection string, full bool, known adapters.KnownPeople, accounts ...event.Account) adapters.People {
	p := adapters.People{Connection: connection, Full: full}
	directory.Link(&p, accounts, known, allKeys, nil)
	return p
}

// after is what is known once a change was written.
func after(known adapters.KnownPeople, p adapters.People) adapters.KnownPeople {
	out := adapters.KnownPeople{Rev: known.Rev + 1}
	for _, x := range known.Persons {
		if !slices.ContainsFunc(p.Persons, func(n adapters.Person) bool { return n.ID == x.ID }) {
			out.Persons = append(out.Persons, x)
		}
	}
	out.Persons = append(out.Persons, p.Persons...)
	inside := map[string]adapters.LinkedAccount{}
	for _, a := range p.Accounts {
		inside[a.Refs[0].ID] = a
	}
	for _, k := range known.Accounts {
		if _, again := inside[k.Account]; again && k.Connection == p.Connection {
			continue
		}
		if k.Connection == p.Connection && p.Full {
			k.Left = true
		}
		out.Accounts = append(out.Accounts, k)
	}
	for _, a := range p.Accounts {
		k := has(p.Connection, a.Refs[0].ID, a.Person)
		k.Left = a.Left
		out.Accounts = append(out.Accounts, k)
	}
	return out
}

func TestLink(t *testing.T) {
	t.Parallel()
	person := func(id, no, mobile string) adapters.Person {
		return adapters.Person{ID: id, EmployeeNo: no, Email: id + "@example.com", Mobile: mobile, Source: "feishu-main", Active: true}
	}
	gone := person("gone", "E8", "8613800000008")
	gone.Active = false
	merged := person("user7", "E7", "")
	merged.Active, merged.MergedInto = false, "li.lei"
	pinned := has("ding-main", "d_pin", "li.lei")
	pinned.Pinned = true
	nobody := has("ding-main", "d_none", "")
	nobody.Pinned = true
	away := has("ding-main", "d_away", "sun.li")
	away.Left = true
	known := adapters.KnownPeople{
		Persons: []adapters.Person{person("li.lei", "E1", "8613800000001"), person("han.meimei", "E2", "8613800000002"),
			person("sun.li", "E5", "8613800000005"), person("wei.dong", "E6", "8613800000006"), gone, merged},
		Accounts: []adapters.KnownAccount{
			has("feishu-main", "ou_l", "li.lei"), has("feishu-main", "ou_h", "han.meimei"), has("ding-main", "d_known", "han.meimei"),
			has("ding-main", "d_wei", "wei.dong"), has("ding-main", "d_merged", "user7"), pinned, nobody, away,
		},
	}
	for name, c := range map[string]struct {
		account  event.Account
		person   string
		conflict string
	}{
		"linked already, whatever its keys":   {account("ding-main", "d_known", "x", "E1", "", ""), "han.meimei", ""},
		"linked by hand":                      {account("ding-main", "d_pin", "x", "E2", "", ""), "li.lei", ""},
		"kept apart by hand":                  {account("ding-main", "d_none", "x", "E5", "", ""), "", ""},
		"linked to somebody who was merged":   {account("ding-main", "d_merged", "x", "", "", ""), "li.lei", ""},
		"employee number":                     {account("ding-main", "d_1", "别人", "E5", "", ""), "sun.li", ""},
		"e-mail in capitals":                  {account("ding-main", "d_1", "", "", "SUN.LI@Example.com", ""), "sun.li", ""},
		"mobile without country code":         {account("ding-main", "d_1", "", "", "", "138 0000 0005"), "sun.li", ""},
		"mobile with country code":            {account("ding-main", "d_1", "", "", "", "+86 13800000005"), "sun.li", ""},
		"never by name":                       {account("ding-main", "d_9", "李雷", "E9", "li.lei2@example.com", ""), "li.lei2", ""},
		"two keys, two persons":               {account("ding-main", "d_1", "", "E1", "sun.li@example.com", ""), "", "email says sun.li, employee_no says li.lei"},
		"somebody who has an account there":   {account("ding-main", "d_1", "", "E6", "", ""), "", "wei.dong has the account d_wei here already"},
		"whose account there has left":        {account("ding-main", "d_2", "", "E5", "", ""), "sun.li", ""},
		"a leaver's mobile, given to another": {account("ding-main", "d_1", "新人", "", "new@example.com", "13800000008"), "new", ""},
		"a leaver's number is the leaver":     {account("ding-main", "d_1", "", "E8", "", ""), "gone", ""},
		"new, id from the e-mail":             {account("ding-main", "d_1", "王芳", "E3", "wang.fang@example.com", ""), "wang.fang", ""},
		"new, id taken: the number":           {account("ding-main", "d_1", "李磊", "E4", "li.lei@other.com", ""), "e4", ""},
		"new, nothing but the account":        {account("ding-main", "d_1", "无名", "", "", ""), "d_1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := link("ding-main", false, known, c.account)
			if a := got.Accounts[0]; a.Person != c.person || a.Conflict != c.conflict {
				t.Errorf("linked to %q (%q), want %q (%q)", a.Person, a.Conflict, c.person, c.conflict)
			}
		})
	}
}

// Whoever enters another's address in a directory does not become them: of several accounts of one connection
// that name one person none is linked, and the one that is linked stays.
func TestPersonLinkedTwice(t *testing.T) {
	t.Parallel()
	ceo := adapters.KnownPeople{
		Persons:  []adapters.Person{{ID: "zhang.wei", Email: "zw@example.com", Source: "feishu-main", Active: true}},
		Accounts: []adapters.KnownAccount{has("feishu-main", "ou_z", "zhang.wei")},
	}
	got := link("ding-main", true, ceo, account("ding-main", "d_1", "张伟", "", "zw@example.com", ""), account("ding-main", "d_2", "骗子", "", "zw@example.com", ""))
	for _, a := range got.Accounts {
		if a.Person != "" || a.Conflict != "2 accounts here are by their keys zhang.wei" {
			t.Errorf("%s is linked to %q (%q)", a.Name, a.Person, a.Conflict)
		}
	}
	// In the directory that they come from: the first is the person, the second a conflict, whatever the order.
	own := link("feishu-main", true, adapters.KnownPeople{}, account("feishu-main", "ou_1", "张伟", "", "zw@example.com", ""), account("feishu-main", "ou_2", "骗子", "", "zw@example.com", ""))
	if a := own.Accounts; a[0].Person != "zw" || a[1].Person != "" || a[1].Conflict != "zw has the account ou_1 here already" {
		t.Errorf("%+v", a)
	}
	again := link("feishu-main", true, after(adapters.KnownPeople{}, own), account("feishu-main", "ou_2", "骗子", "", "zw@example.com", ""), account("feishu-main", "ou_1", "张伟", "", "zw@example.com", ""))
	if a := again.Accounts; a[0].Person != "" || a[1].Person != "zw" {
		t.Errorf("%+v", a)
	}
}

func TestLinkTakesOverWhatTheSuiteSays(t *testing.T) {
	t.Parallel()
	a := account("feishu-main", "ou_1", "李雷", "E1", "li.lei@example.com", "13800000001")
	a.Title = "工程师"
	got := link("feishu-main", true, adapters.KnownPeople{}, a, account("feishu-main", "ou_boss", "张伟", "E0", "zhang.wei@example.com", ""))
	want := []adapters.Person{
		{ID: "li.lei", Name: "李雷", EmployeeNo: "E1", Email: "li.lei@example.com", Mobile: "8613800000001", Title: "工程师", Source: "feishu-main", Active: true},
		{ID: "zhang.wei", Name: "张伟", EmployeeNo: "E0", Email: "zhang.wei@example.com", Source: "feishu-main", Active: true},
	}
	if d := cmp.Diff(want, got.Persons); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
	known := after(adapters.KnownPeople{}, got)
	// The second suite links to them and fills gaps, but does not rename them; nothing else changes.
	ding := link("ding-main", true, known, account("ding-main", "d_1", "Li Lei", "E1", "", ""))
	if ding.Accounts[0].Person != "li.lei" || len(ding.Persons) != 0 {
		t.Errorf("linked to %q, changed %+v", ding.Accounts[0].Person, ding.Persons)
	}
	known = after(known, ding)
	// Gone from the first suite they are still there, and the second one says who they are.
	known = after(known, link("feishu-main", true, known, account("feishu-main", "ou_boss", "张伟", "E0", "zhang.wei@example.com", "")))
	ding = link("ding-main", true, known, account("ding-main", "d_1", "Li Lei", "E1", "", ""))
	renamed := want[0]
	renamed.Name, renamed.Source = "Li Lei", "ding-main"
	if d := cmp.Diff([]adapters.Person{renamed}, ding.Persons); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	// Gone from all suites they have left, and come back with the next account.
	known = after(known, ding)
	left := account("ding-main", "d_1", "", "", "", "")
	left.Left = true
	out := link("ding-main", false, known, left)
	if len(out.Persons) != 1 || out.Persons[0].Active || out.Persons[0].Name != "Li Lei" {
		t.Errorf("after the last account left: %+v", out.Persons)
	}
	back := link("ding-main", false, after(known, out), account("ding-main", "d_2", "李雷", "E1", "", ""))
	if back.Accounts[0].Person != "li.lei" || len(back.Persons) != 1 || !back.Persons[0].Active {
		t.Errorf("back again: %+v %+v", back.Accounts, back.Persons)
	}
}

func TestLeaverGetsNoPerson(t *testing.T) {
	t.Parallel()
	a := account("feishu-main", "ou_1", "走了", "E9", "gone@example.com", "")
	a.Left = true
	if got := link("feishu-main", true, adapters.KnownPeople{}, a); got.Accounts[0].Person != "" || len(got.Persons) != 0 {
		t.Errorf("a leaver was made a person: %+v", got)
	}
}

// An account that goes by another id keeps its person.
func TestLinkRenamed(t *testing.T) {
	t.Parallel()
	known := adapters.KnownPeople{
		Persons:  []adapters.Person{{ID: "li.lei", Source: "wecom-main", Active: true}},
		Accounts: []adapters.KnownAccount{has("wecom-main", "old", "li.lei")},
	}
	p := adapters.People{Connection: "wecom-main", Gone: []event.Ref{ref("wecom-main", "old")}}
	directory.Link(&p, []event.Account{account("wecom-main", "new", "李雷", "", "", "")}, known, allKeys,
		map[event.Ref][]event.Ref{ref("wecom-main", "new"): {ref("wecom-main", "old")}})
	if p.Accounts[0].Person != "li.lei" || len(p.Persons) != 1 || !p.Persons[0].Active {
		t.Errorf("%+v %+v", p.Accounts, p.Persons)
	}
}

// Linking the answer of the same pull again changes nothing, whatever is in it; and one person never has two
// accounts of one connection by their keys.
func TestLinkIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		draw := func(connection string) []event.Account {
			var out []event.Account
			for i := range rapid.IntRange(1, 6).Draw(r, "n") {
				a := account(connection, fmt.Sprint(connection, i), "同名",
					rapid.SampledFrom([]string{"", "E1", "E2", "E3"}).Draw(r, "no"),
					rapid.SampledFrom([]string{"", "a@x.com", "b@x.com"}).Draw(r, "mail"), "")
				a.Left = rapid.IntRange(0, 5).Draw(r, "left") == 0
				out = append(out, a)
			}
			return out
		}
		var known adapters.KnownPeople
		for _, c := range []string{"c", "d"} {
			accounts := draw(c)
			first := link(c, true, known, accounts...)
			seen := map[string]bool{}
			for _, a := range first.Accounts {
				if a.Person != "" && !a.Left && seen[a.Person] {
					r.Fatalf("%s has two accounts", a.Person)
				}
				seen[a.Person] = true
			}
			known = after(known, first)
			again := link(c, true, known, accounts...)
			for i := range again.Accounts {
				if first.Accounts[i].Person != "" && again.Accounts[i].Person != first.Accounts[i].Person {
					r.Fatalf("account %d moved from %q to %q", i, first.Accounts[i].Person, again.Accounts[i].Person)
				}
			}
			for _, p := range again.Persons {
				if !slices.Contains(known.Persons, p) && p.Source == c {
					r.Logf("changed: %+v", p)
				}
			}
			known = after(known, again)
		}
	})
}

// FuzzKeys: whatever directories hold, a key is normal after the first time, and a person's id is fit for YAML.
func FuzzKeys(f *testing.F) {
	f.Add("+86 138-0000-0001", "LI.Lei@Example.com", "E 1")
	f.Add("", "@", "\x00")
	f.Fuzz(func(t *testing.T, mobile, mail, no string) {
		p := link("c", true, adapters.KnownPeople{}, account("c", "u1", "某人", no, mail, mobile))
		if len(p.Persons) != 1 {
			t.Fatalf("%d persons", len(p.Persons))
		}
		for _, r := range p.Persons[0].ID {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' {
				t.Fatalf("id %q", p.Persons[0].ID)
			}
		}
		again := link("d", true, after(adapters.KnownPeople{}, p), account("d", "v1", "某人", p.Persons[0].EmployeeNo, p.Persons[0].Email, "+"+p.Persons[0].Mobile))
		if keyless := p.Persons[0].EmployeeNo == "" && p.Persons[0].Email == "" && p.Persons[0].Mobile == ""; !keyless && again.Accounts[0].Person != p.Persons[0].ID {
			t.Fatalf("%+v is not found again: %+v", p.Persons[0], again.Accounts[0])
		}
	})
}

// In WeCom an administrator chooses the userid; where it reads like a name it is what YAML will call the person.
func TestPersonIsNamedByAReadableAccount(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"wang.fang": "wang.fang", "Zhang-Wei": "zhang-wei", "510297971829200793": "e7", "ou_5ad573a6411d72b8305fda3a9c15c70e": "e7", "x": "e7", "woAJ2GCAAAXtWyujaWJHDDGi0mACAAAA": "e7"} {
		p := link("w", true, adapters.KnownPeople{}, account("w", id, "某人", "E7", "", ""))
		if len(p.Persons) != 1 || p.Persons[0].ID != want {
			t.Errorf("%s: the person is %+v, want %s", id, p.Persons, want)
		}
	}
}
