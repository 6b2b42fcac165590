package roster

import (
	"context"
	"testing"
	"time"

	"magpie/workflows"
)

type onlyRoster workflows.Roster

func (r onlyRoster) RosterRev(context.Context) (int64, error) { return r.Rev, nil }
func (r onlyRoster) Roster(context.Context) (workflows.Roster, error) {
	return workflows.Roster(r), nil
}

// An answer carries the grants of whoever was found and of those they lead to, each once, however they go round;
// who has left takes nothing over, and whoever was merged is known by the name that stays.
func TestResolveBringsProxies(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var people []workflows.Person
	for _, id := range []string{"a", "b", "c", "d", "gone"} {
		people = append(people, workflows.Person{ID: id, Name: "N" + id, Active: id != "gone"})
	}
	r := New(Options{Source: onlyRoster{
		Rev: 1, Persons: people, Aliases: map[string]string{"old-b": "b"},
		Proxies: []workflows.Proxy{
			{ID: "1", Of: "a", To: "old-b", From: at}, {ID: "2", Of: "b", To: "c", From: at, Max: "5", Flows: []string{"x"}, Open: true},
			{ID: "3", Of: "c", To: "a", From: at}, {ID: "4", Of: "a", To: "gone", From: at}, {ID: "5", Of: "d", To: "a", From: at}, {ID: "6", Of: "a", To: "nobody", From: at},
		},
	}})
	l, err := r.Resolve(t.Context(), workflows.Lookup{ID: "l", Selectors: []string{"person:a"}, Initiator: "d"})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, p := range l.Proxies {
		got += p.ID + ":" + p.Of + ">" + p.To.ID + " "
	}
	if got != "1:a>b 2:b>c 3:c>a " {
		t.Errorf("got %s", got)
	}
	if p := l.Proxies[1]; p.To.Name != "Nc" || p.Max != "5" || !p.Open || len(p.Flows) != 1 || !p.From.Equal(at) {
		t.Errorf("got %+v", p)
	}
}
