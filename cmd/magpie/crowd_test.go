package main

import (
	"fmt"
	"testing"
	"time"

	"magpie/simulator"
	"magpie/workflows"
)

// A department of 5,000 is read from every suite, and each person is one however many suites they are in; managers
// in a circle end where the circle closes.
func TestDepartmentOfFiveThousand(t *testing.T) {
	t.Parallel()
	const crowd = 5000
	company := simulator.SampleCompany()
	sample, _ := company.Person("li.lei")
	more := make([]simulator.Person, crowd)
	for i := range more {
		id := fmt.Sprintf("crowd.%04d", i)
		more[i] = simulator.Person{ID: id, Name: fmt.Sprintf("众%04d", i), EnName: id, Department: sample.Department, Title: "工程师",
			Manager: fmt.Sprintf("crowd.%04d", (i+1)%crowd), EmployeeNo: fmt.Sprintf("C%05d", i), Email: id + "@" + company.Domain,
			Mobile: fmt.Sprintf("+86137%08d", i), Gender: 1 + i%2, Joined: sample.Joined, Suites: []string{"feishu", "dingtalk", "wecom"}}
	}
	company, err := company.With(more...)
	if err != nil {
		t.Fatal(err)
	}
	live := startWays(t, company)
	ctx := t.Context()
	select {
	case <-live.app.sync.Pulled():
	case <-time.After(2 * patience):
		t.Fatal("the directories are not read")
	}
	people, err := live.app.people.Resolve(ctx, workflows.Lookup{ID: "all", Initiator: "li.lei", Selectors: []string{"dept:研发部"}})
	if err != nil || len(people.Persons) != len(company.Members(sample.Department)) {
		t.Errorf("研发部 has %d people, want %d: %v", len(people.Persons), len(company.Members(sample.Department)), err)
	}
	all, err := live.app.Store().People(ctx)
	if err != nil {
		t.Fatal(err)
	}
	with := 0
	for _, p := range all {
		if len(p.Accounts) > 0 {
			with++
		}
		if p.Name != "众0000" {
			continue
		}
		if len(p.Accounts) < 3 {
			t.Errorf("众0000 has accounts %v, want one in each suite", p.Accounts)
		}
		chain, err := live.app.people.Resolve(ctx, workflows.Lookup{ID: "chain", Initiator: p.ID, Selectors: []string{"initiator.managers(10)"}})
		if err != nil || len(chain.Persons) == 0 || len(chain.Persons) > 10 {
			t.Errorf("the managers of 众0000 are %d, %v", len(chain.Persons), err)
		}
	}
	if with != len(company.People) {
		t.Errorf("%d persons have accounts, want %d", with, len(company.People))
	}
}
