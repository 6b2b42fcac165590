package directory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"magpie/adapters"
	"magpie/adapters/directory"
	"magpie/adapters/event"
)

var allKeys = []directory.Key{directory.ByEmployeeNo, directory.ByEmail, directory.ByMobile}

func ref(id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: "feishu", Tenant: "t", App: "a"}, Kind: event.RefUser, ID: id}
}

func account(id, name, no, mail, mobile string) event.Account {
	return event.Account{Refs: []event.Ref{ref(id)}, Name: name, EmployeeNo: no, Email: mail, Mobile: mobile, Active: true}
}

func TestLink(t *testing.T) {
	t.Parallel()
	lilei := adapters.Person{ID: "li.lei", Name: "李雷", EmployeeNo: "E1", Email: "li.lei@example.com", Mobile: "8613800000001", Source: "feishu-main", Active: true}
	hmm := adapters.Person{ID: "han.meimei", Name: "韩梅梅", EmployeeNo: "E2", Email: "hmm@example.com", Mobile: "8613800000002", Source: "feishu-main", Active: true}
	known := directory.Known{Persons: []adapters.Person{lilei, hmm}, Links: map[event.Ref]string{ref("ou_known"): "li.lei"}}
	for name, c := range map[string]struct {
		account  event.Account
		person   string
		conflict string
	}{
		"linked already, whatever its keys": {account("ou_known", "x", "E2", "", ""), "li.lei", ""},
		"employee number":                   {account("ou_1", "别人", "E1", "", ""), "li.lei", ""},
		"e-mail in capitals":                {account("ou_1", "", "", "LI.LEI@Example.com", ""), "li.lei", ""},
		"mobile without country code":       {account("ou_1", "", "", "", "138 0000 0002"), "han.meimei", ""},
		"mobile with country code":          {account("ou_1", "", "", "", "+86 13800000002"), "han.meimei", ""},
		"never by name":                     {account("ou_9", "李雷", "E9", "li.lei2@example.com", ""), "li.lei2", ""},
		"two keys, two persons":             {account("ou_1", "", "E1", "hmm@example.com", ""), "", "email says han.meimei, employee_no says li.lei"},
		"new, id from the e-mail":           {account("ou_1", "王芳", "E3", "wang.fang@example.com", ""), "wang.fang", ""},
		"new, id taken: the number":         {account("ou_1", "李磊", "E4", "li.lei@other.com", ""), "e4", ""},
		"new, nothing but the account":      {account("ou_1", "无名", "", "", ""), "ou_1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := directory.Link("ding-main", []event.Account{c.account}, known, allKeys)
			if got[0].Person != c.person || got[0].Conflict != c.conflict {
				t.Errorf("linked to %q (%q), want %q (%q)", got[0].Person, got[0].Conflict, c.person, c.conflict)
			}
		})
	}
}

func TestLinkTakesOverWhatTheSuiteSays(t *testing.T) {
	t.Parallel()
	boss := account("ou_boss", "张伟", "E0", "zhang.wei@example.com", "")
	a := account("ou_1", "李雷", "E1", "li.lei@example.com", "13800000001")
	a.Title = "工程师"
	_, persons := directory.Link("feishu-main", []event.Account{a, boss}, directory.Known{}, allKeys)
	want := []adapters.Person{
		{ID: "li.lei", Name: "李雷", EmployeeNo: "E1", Email: "li.lei@example.com", Mobile: "8613800000001", Title: "工程师", Source: "feishu-main", Active: true},
		{ID: "zhang.wei", Name: "张伟", EmployeeNo: "E0", Email: "zhang.wei@example.com", Source: "feishu-main", Active: true},
	}
	if d := cmp.Diff(want, persons); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
	// The second suite links to them and fills gaps, but does not rename them; nothing else changes.
	other := account("ding_1", "Li Lei", "E1", "", "")
	other.Refs[0].Scope.Platform = "dingtalk"
	linked, changed := directory.Link("ding-main", []event.Account{other}, directory.Known{Persons: persons, Links: map[event.Ref]string{}}, allKeys)
	if linked[0].Person != "li.lei" || len(changed) != 0 {
		t.Errorf("linked to %q, changed %+v", linked[0].Person, changed)
	}
}

func TestLeaverGetsNoPerson(t *testing.T) {
	t.Parallel()
	a := account("ou_1", "走了", "E9", "gone@example.com", "")
	a.Left = true
	linked, persons := directory.Link("feishu-main", []event.Account{a}, directory.Known{}, allKeys)
	if linked[0].Person != "" || len(persons) != 0 {
		t.Errorf("a leaver was made a person: %+v %+v", linked, persons)
	}
}

// Linking the answer of the same pull again changes nothing, and no two accounts of one connection with
// different keys end up as one person.
func TestLinkIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var accounts []event.Account
		for i := range rapid.IntRange(1, 8).Draw(r, "n") {
			accounts = append(accounts, account("ou_"+string(rune('a'+i)), "同名",
				rapid.SampledFrom([]string{"", "E1", "E2", "E3"}).Draw(r, "no"),
				rapid.SampledFrom([]string{"", "a@x.com", "b@x.com"}).Draw(r, "mail"), ""))
		}
		first, persons := directory.Link("c", accounts, directory.Known{}, allKeys)
		links := map[event.Ref]string{}
		for _, a := range first {
			if a.Person != "" {
				links[a.Refs[0]] = a.Person
			}
		}
		again, changed := directory.Link("c", accounts, directory.Known{Persons: persons, Links: links}, allKeys)
		for i := range again {
			if first[i].Person != "" && again[i].Person != first[i].Person {
				r.Fatalf("account %d moved from %q to %q", i, first[i].Person, again[i].Person)
			}
		}
		for _, p := range changed {
			r.Logf("changed: %+v", p)
		}
	})
}
