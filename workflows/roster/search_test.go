package roster_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/workflows"
	"magpie/workflows/roster"
)

// shelf is a directory that stays as it is.
type shelf struct{ all workflows.Roster }

func (s shelf) RosterRev(context.Context) (int64, error)         { return s.all.Rev, nil }
func (s shelf) Roster(context.Context) (workflows.Roster, error) { return s.all, nil }

func TestSearch(t *testing.T) {
	t.Parallel()
	r := roster.New(roster.Options{Source: shelf{workflows.Roster{Rev: 1,
		Persons: []workflows.Person{
			{ID: "wang.wei", Name: "王伟", Title: "工程师", Depts: []string{"c/1"}, Active: true},
			{ID: "wang.wei2", Name: "王伟", Title: "会计", Depts: []string{"c/2"}, Active: true},
			{ID: "wang.weiwei", Name: "王伟伟", Depts: []string{"c/1"}, Active: true},
			{ID: "zhao.min", Name: "赵敏", Title: "会计", Depts: []string{"c/2"}, Active: true},
			{ID: "amy", Name: "Amy Li", Active: true},
			{ID: "left", Name: "王离职", Depts: []string{"c/1"}},
		},
		Departments: []workflows.Department{
			{ID: "c/1", Connection: "c", Name: "研发部", Members: []string{"wang.wei", "wang.weiwei"}}, {ID: "c/2", Connection: "c", Name: "财务部", Members: []string{"wang.wei2", "zhao.min"}}},
	}}})
	for asked, want := range map[string][]string{
		"王伟":          {"wang.wei", "wang.wei2", "wang.weiwei"}, // whose name it is before whose name begins so
		"wang.wei":    {"wang.wei", "wang.wei2", "wang.weiwei"},
		"WANG.WEI2":   {"wang.wei2"},
		"财务部":         {"wang.wei2", "zhao.min"},
		"会计 赵":        {"zhao.min"},
		"  amy   li ": {"amy"},
		"王":           {"wang.wei", "wang.wei2", "wang.weiwei"},
		"离职":          nil,
		"":            nil,
		"%":           nil,
	} {
		found, err := r.Search(t.Context(), asked, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			got = append(got, f.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", asked, diff)
		}
	}
	if found, _ := r.Search(t.Context(), "王伟", 1); len(found) != 1 || found[0].ID != "wang.wei" || found[0].Dept != "研发部" {
		t.Errorf("%+v", found)
	}
}
