package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/config"
	"magpie/simulator"
	"magpie/store"
)

// tokenCalls is where each suite hands out the tokens of its apps.
var tokenCalls = map[string]string{
	"feishu": "/auth/v3/tenant_access_token/internal", "dingtalk": "/v1.0/oauth2/accessToken", "wecom": "/cgi-bin/gettoken",
}

// Two processes on one database use one token of each app; when the suite refuses it, one of them gets a new one.
// One that starts later takes it over.
func TestProcessesShareTokens(t *testing.T) {
	t.Parallel()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	dir := filepath.Join(t.TempDir(), "data")
	if err := prepareData(dir, false, nil); err != nil {
		t.Fatal(err)
	}
	sim := simulation{company: simulator.SampleCompany().Within(demoSuites...), bus: &simulator.Bus{}, log: slog.New(slog.DiscardHandler), base: server.URL, data: dir, transport: "webhook"}
	suites, err := sim.startAll(demoSuites)
	if err != nil {
		t.Fatal(err)
	}
	hub := simulator.NewHub(sim.company, sim.bus, suites...)
	handler = hub.Handler()
	t.Cleanup(func() {
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(dir, "m.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	vars := sim.variables(suites)
	process := func() []*adapters.Connection {
		t.Helper()
		shared := &together{}
		shared.store.Store(db)
		p, ps := loadProject(filepath.Join(dir, "magpie.yaml"), adapters.Env{HTTP: server.Client(), Shared: shared},
			config.Env(func(name string) (string, bool) { v, ok := vars[name]; return v, ok }))
		if p == nil {
			t.Fatal(ps)
		}
		return p.connections
	}
	processes := [][]*adapters.Connection{process(), process(), process()}
	fetched := func(s simulator.Suite) (n int) {
		for _, c := range s.Calls() {
			if path, _, _ := strings.Cut(c.Path, "?"); strings.HasSuffix(path, tokenCalls[s.Name()]) {
				n++
			}
		}
		return n
	}
	someone := func(connection string) event.Ref {
		for _, s := range suites {
			c := s.Connections()[0]
			if c.ID != connection {
				continue
			}
			ids, _ := s.Account("ren.peng") // who is in all suites
			scope := event.Scope{Platform: s.Name(), Tenant: c.Credentials["tenant_key"] + c.Credentials["corp_id"], App: c.Credentials["app_id"]}
			return event.Ref{Scope: scope, Kind: event.RefUser, ID: ids["open_id"] + ids["userid"]}
		}
		return event.Ref{}
	}
	ask := func(of [][]*adapters.Connection) {
		t.Helper()
		var wg sync.WaitGroup
		for _, connections := range of {
			for _, c := range connections {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					if _, err := c.Account(ctx, someone(c.ID)); err != nil {
						t.Errorf("%s: %v", c.ID, err)
					}
				})
			}
		}
		wg.Wait()
	}
	want := func(what string, n int) {
		t.Helper()
		for _, s := range suites {
			if got := fetched(s); got != n {
				t.Errorf("%s: %d tokens of %s, want %d", what, got, s.Name(), n)
			}
		}
	}
	ask(processes)
	want("three processes", 1)
	for _, s := range suites {
		if err := s.Fault(simulator.Fault{Kind: simulator.FaultExpire, Times: 1}); err != nil {
			t.Fatal(err)
		}
	}
	ask(processes[:1]) // who finds out replaces it
	ask(processes)     // who comes with the old one takes the new
	want("after the token was refused", 2)
	ask([][]*adapters.Connection{process()})
	want("a process that starts later", 2)
}

// What was typed is taken once, by whichever process its person comes back to, and forgotten when nobody does.
func TestShelfIsShared(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "m.db"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	one, two := &together{}, &together{}
	if err := (shelf{one}).Put(t.Context(), "x", []byte("v"), now); err == nil {
		t.Error("kept without a database")
	}
	if _, err := one.Get(t.Context(), "x"); err == nil {
		t.Error("read without a database")
	}
	one.store.Store(db)
	two.store.Store(db)
	for range 2 { // again after it was taken
		if err := (shelf{one}).Put(t.Context(), "x", []byte("typed"), now); err != nil {
			t.Fatal(err)
		}
		if v, err := (shelf{two}).Take(t.Context(), "x"); err != nil || string(v) != "typed" {
			t.Errorf("%q, %v", v, err)
		}
		if v, err := (shelf{one}).Take(t.Context(), "x"); err != nil || v != nil {
			t.Errorf("twice: %q, %v", v, err)
		}
	}
	a := &App{o: AppOptions{Now: func() time.Time { return now.Add(keepShelf + time.Minute) }}, store: db}
	if err := (shelf{one}).Put(t.Context(), "x", []byte("typed"), now); err != nil {
		t.Fatal(err)
	}
	if err := a.cleanTogether(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Setting(t.Context(), shelfPrefix+"x"); err == nil {
		t.Error("nobody came back, and it is still there")
	}
}
