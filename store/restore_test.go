package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/store"
)

// named keeps one person of a name in a database, and tells who is in it.
func named(t *testing.T, o store.Options, name string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutPeople(t.Context(), adapters.People{Connection: "c", Full: true, Persons: []adapters.Person{{ID: "a", Name: name, Source: "c", Active: true}}}); err != nil {
		t.Fatal(err)
	}
	return s
}

func nameIn(t *testing.T, path string) string {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Roster(t.Context())
	if err != nil || len(all.Persons) != 1 {
		t.Fatalf("%+v, %v", all.Persons, err)
	}
	return all.Persons[0].Name
}

// files are what is in a folder, and how large.
func filesIn(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, f := range list {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name()] = info.Size()
	}
	return out
}

// A copy is made beside whoever works on the database, has one file, never takes the place of another, and comes
// back whole; what was there is put aside.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := store.Options{DSN: filepath.Join(dir, "m.db")}
	s := named(t, o, "第一天")
	if err := s.Own(t.Context()); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "copies", "one.db")
	asked := 0
	c, err := store.Backup(t.Context(), o, to, func(s *store.Store) error {
		asked++
		_, err := s.Roster(t.Context())
		return err
	})
	if err != nil || c.File != to || c.Bytes == 0 || c.Version == 0 || asked != 1 {
		t.Fatalf("%+v, asked %d times, %v", c, asked, err)
	}
	if got := filesIn(t, filepath.Dir(to)); len(got) != 1 || got["one.db"] != c.Bytes {
		t.Errorf("beside the copy stand %v", got)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("anybody may read the copy: %v %v", info.Mode(), err)
	}
	if _, err := store.Backup(t.Context(), o, to, nil); !errors.Is(err, store.ErrThere) {
		t.Errorf("a copy was written over: %v", err)
	}
	bad := errors.New("bad trail")
	if _, err := store.Backup(t.Context(), o, to+"2", func(*store.Store) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("what does not verify is kept: %v", err)
	}
	if got := filesIn(t, filepath.Dir(to)); len(got) != 1 {
		t.Errorf("a copy that failed left %v", got)
	}

	if _, err := store.Restore(t.Context(), o, to, true); !errors.Is(err, store.ErrOwned) {
		t.Errorf("restored over a running server: %v", err)
	}
	if err := s.PutPeople(t.Context(), adapters.People{Connection: "c", Full: true, Persons: []adapters.Person{{ID: "a", Name: "第二天", Source: "c", Active: true}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	var newer *store.NewerError
	if _, err := store.Restore(t.Context(), o, to, false); !errors.As(err, &newer) || !errors.Is(err, store.ErrThere) {
		t.Errorf("a database was thrown away unasked: %v", err)
	}
	if got := nameIn(t, o.DSN); got != "第二天" {
		t.Errorf("after a refusal there is %s", got)
	}
	r, err := store.Restore(t.Context(), o, to, true)
	if err != nil || r.Aside == "" || r.Lost == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := nameIn(t, o.DSN); got != "第一天" {
		t.Errorf("restored %s", got)
	}
	if got := nameIn(t, r.Aside); got != "第二天" {
		t.Errorf("put aside is %s", got)
	}
	after, err := os.ReadFile(to)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the copy was changed by restoring it: %v", err)
	}
	// Where nothing is, nothing is asked.
	o.DSN = filepath.Join(dir, "new", "m.db")
	if r, err = store.Restore(t.Context(), o, to, false); err != nil || r.Aside != "" || nameIn(t, o.DSN) != "第一天" {
		t.Errorf("%+v, %v", r, err)
	}
}

// What is damaged, foreign or of a newer program takes nobody's place.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := store.Options{DSN: filepath.Join(dir, "m.db")}
	if err := named(t, o, "在").Close(); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(dir, "good.db")
	if _, err := store.Backup(t.Context(), o, good, nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, b []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	torn := bytes.Clone(b)
	copy(torn[8192:12288], make([]byte, 4096))
	newer := put("newer.db", b)
	if err := store.Bump(newer); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		put("text.db", []byte("not a database at all, but long enough to be read as the head of one......................................")): store.ErrUnsound,
		put("empty.db", nil): store.ErrUnsound, put("cut.db", b[:len(b)/2]): store.ErrUnsound, put("torn.db", torn): store.ErrUnsound,
		newer: store.ErrSchema, filepath.Join(dir, "none.db"): os.ErrNotExist,
	} {
		if _, err := store.Restore(t.Context(), o, path, true); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", filepath.Base(path), err, want)
		}
	}
	if _, err := store.Restore(t.Context(), o, o.DSN, true); err == nil {
		t.Error("a database was restored from itself")
	}
	if got := nameIn(t, o.DSN); got != "在" {
		t.Errorf("after refusals there is %s", got)
	}
	for _, op := range []func() error{
		func() error {
			_, err := store.Backup(t.Context(), store.Options{Driver: store.DriverMySQL, DSN: "x"}, "y", nil)
			return err
		},
		func() error {
			_, err := store.Restore(t.Context(), store.Options{Driver: store.DriverMySQL, DSN: "x"}, good, true)
			return err
		},
	} {
		if err := op(); !errors.Is(err, store.ErrNoBackup) {
			t.Errorf("on MySQL: %v", err)
		}
	}
	// A database that is damaged can be replaced, and is kept as it is.
	if err := os.WriteFile(o.DSN, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), o, good, false); !errors.Is(err, store.ErrThere) {
		t.Errorf("a damaged database was thrown away unasked: %v", err)
	}
	r, err := store.Restore(t.Context(), o, good, true)
	if err != nil || nameIn(t, o.DSN) != "在" {
		t.Fatalf("%+v, %v", r, err)
	}
	if kept, err := os.ReadFile(r.Aside); err != nil || len(kept) != len(torn) {
		t.Errorf("the damaged one is kept with %d bytes, %v", len(kept), err)
	}
}

// While somebody writes without pause, a copy is of one moment.
func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := store.Options{DSN: filepath.Join(dir, "m.db")}
	s := named(t, o, "始")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			err := s.PutPeople(ctx, adapters.People{Connection: "c", Full: true, Persons: []adapters.Person{{ID: "a", Name: time.Unix(int64(n), 0).String(), Source: "c", Active: true}}})
			if n == 0 {
				close(started)
			}
			if ctx.Err() != nil {
				err = nil
			}
			if err != nil || ctx.Err() != nil {
				done <- err
				return
			}
		}
	}()
	<-started
	for _, name := range []string{"1.db", "2.db", "3.db"} {
		if _, err := store.Backup(t.Context(), o, filepath.Join(dir, name), nil); err != nil {
			t.Error(err)
		}
	}
	stop()
	if err := errors.Join(<-done, s.Close()); err != nil {
		t.Error(err)
	}
}
