package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"magpie/adapters"
	"magpie/store"
)

// checked writes a project with one step that role finance decides, keeps people in its database when there are some,
// and says what check prints.
func checked(t *testing.T, o store.Options, setting string, people []adapters.Person, migrate func(context.Context, store.Options) error) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"magpie.yaml": fmt.Sprintf("server: {addr: \"127.0.0.1:0\"}\nstore: %s\npeople: {roles: {finance: [wang.fang], admin: [chen.jie]}}\ncalendar: {country: cn}\nworkflows: workflows/\n",
			strings.ReplaceAll(setting, "DIR", dir)),
		"workflows/buy.yaml": "kind: approval\nid: buy\nname: 采购\nstart: {commands: [采购]}\nform: [{id: item, type: text, label: 内容, required: true}]\nsteps:\n" +
			"  - {id: finance, approve: {by: role:finance}}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o.DSN = strings.ReplaceAll(o.DSN, "DIR", dir)
	if migrate != nil {
		if err := migrate(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if people != nil {
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PutPeople(t.Context(), adapters.People{Connection: "c", Full: true, Persons: people}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := magpie(t, dir, "check")
	if code != 0 {
		t.Fatalf("check ends with %d: %s %s", code, out, errs)
	}
	return out
}

// Whether a step finds somebody is held against the people of the database, of whatever kind; where they can't be
// read, check says that it could not tell.
func TestCheckHoldsStepsAgainstThePeople(t *testing.T) {
	t.Parallel()
	here := []adapters.Person{{ID: "chen.jie", Name: "陈洁", Source: "c", Active: true}, {ID: "li.lei", Name: "李雷", Source: "c", Active: true}}
	const nobody = "step finance: today role:finance finds nobody"
	lite := store.Options{DSN: "DIR/magpie.db"}
	out := checked(t, lite, "{driver: sqlite, dsn: DIR/magpie.db}", here, nil)
	if !strings.Contains(out, nobody) || !strings.Contains(out, "against the 2 people of magpie.db\n") {
		t.Errorf("SQLite: %s", out)
	}
	out = checked(t, lite, "{driver: sqlite, dsn: DIR/magpie.db}", nil, nil)
	if strings.Contains(out, nobody) || !strings.Contains(out, "not checked: whether every step finds somebody: magpie.db is not there yet, and there is no test-people.yaml") {
		t.Errorf("no database: %s", out)
	}
	out = checked(t, lite, "{driver: sqlite, dsn: DIR/magpie.db}", []adapters.Person{}, nil)
	if !strings.Contains(out, "not checked: whether every step finds somebody: nobody is in magpie.db yet") {
		t.Errorf("an empty database: %s", out)
	}
	out = checked(t, store.Options{}, `{driver: mysql, dsn: "u:secret@tcp(127.0.0.1:1)/magpie"}`, nil, nil)
	if !strings.Contains(out, "warning: store: the people can't be read: ") || !strings.Contains(out, "not checked: whether every step finds somebody") || strings.Contains(out, "secret") {
		t.Errorf("no server: %s", out)
	}
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		dsn := mysqlDSN(t)
		my := store.Options{Driver: store.DriverMySQL, DSN: dsn}
		setting := fmt.Sprintf("{driver: mysql, dsn: %q}", dsn)
		if out := checked(t, my, setting, nil, nil); !strings.Contains(out, "not checked: whether every step finds somebody: the database is of another release") {
			t.Errorf("before migrate up: %s", out)
		}
		out := checked(t, my, setting, here, func(ctx context.Context, o store.Options) error { _, err := store.Migrate(ctx, o); return err })
		if !strings.Contains(out, nobody) || !strings.Contains(out, "against the 2 people of the database\n") {
			t.Errorf("MySQL: %s", out)
		}
	})
}
