package roster_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/workflows"
	"magpie/workflows/roster"
	"magpie/workflows/selector"
)

// Job titles, groups and duty rosters as selectors see them: whoever has left is in none of them, somebody who is in
// two suites' groups is there once, and who is on duty is told for the time of the question.
func TestNamed(t *testing.T) {
	t.Parallel()
	all := workflows.Roster{
		Rev: 1, Aliases: map[string]string{"w1": "wang.fang"},
		Persons: []workflows.Person{
			{ID: "li.lei", Title: " 会计 ", Active: true}, {ID: "sun.li", Title: "会计", Active: true}, {ID: "gone", Title: "会计"}, {ID: "old", Title: "打字员"},
			{ID: "wang.fang", Title: "财务经理", Active: true},
		},
		Groups: []workflows.Group{
			{Connection: "a", Name: "委员会", Members: []string{"sun.li", "w1", "gone"}}, {Connection: "b", Name: "委员会", Members: []string{"wang.fang", "li.lei"}},
			{Connection: "b", Name: "b/c", Members: []string{"li.lei"}}, {Connection: "b", Name: "空"},
		},
	}
	begin := time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)
	now := begin.Add(-time.Hour)
	r := roster.New(roster.Options{
		Source: still(all), Now: func() time.Time { return now },
		Duties: func() map[string]selector.Duty {
			return map[string]selector.Duty{"ops": {Persons: []string{"w1", "gone"}, Every: selector.Turn{N: 1, Unit: selector.Days}, From: begin}}
		},
	})
	ask := func(by string, at time.Time) []string {
		t.Helper()
		l, err := r.Resolve(t.Context(), workflows.Lookup{ID: "x", Selectors: []string{by}, At: at})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, p := range l.Persons {
			out = append(out, p.ID)
		}
		return out
	}
	for by, want := range map[string][]string{
		"title:会计": {"li.lei", "sun.li"}, "title:打字员": nil, "title:财务": nil,
		"group:委员会": {"sun.li", "wang.fang", "li.lei"}, "group:a/委员会": {"sun.li", "wang.fang"}, "group:b/c": {"li.lei"}, "group:b/b/c": {"li.lei"}, "group:空": nil, "group:c/委员会": nil,
		"oncall:ops": nil, "oncall:dev": nil,
	} {
		if d := cmp.Diff(want, ask(by, time.Time{})); d != "" {
			t.Errorf("%s (-want +got)\n%s", by, d)
		}
	}
	if d := cmp.Diff([]string{"wang.fang"}, ask("oncall:ops", begin)); d != "" {
		t.Errorf("on duty at the time of the question (-want +got)\n%s", d)
	}
	if got := ask("oncall:ops", begin.AddDate(0, 0, 1)); got != nil {
		t.Errorf("on duty after leaving: %v", got)
	}
	for kind, want := range map[string][]string{"title": {"会计", "财务经理"}, "group": {"a/委员会", "b/b/c", "b/c", "b/委员会", "b/空", "委员会", "空"}, "x": nil} {
		if got, err := r.Names(t.Context(), kind); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %v, %v", kind, got, err)
		}
	}
}
