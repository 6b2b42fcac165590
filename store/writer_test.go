package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// A request that panics, fails after writing, or breaks a statement costs nobody else anything.
func TestWriterIsolatesFailures(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "m.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	boom := errors.New("boom")
	gate, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	// The first request holds the writer until all the others wait: they become one batch. It may run again.
	hold := sync.OnceFunc(func() { close(held) })
	wg.Go(func() {
		if err := s.w.do(context.Background(), func(tx) error { hold(); <-gate; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-held
	const n = 60
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			errs[i] = s.write(context.Background(), func(t tx) error {
				if _, err := t.exec(sqliteStatements.addSetting, fmt.Sprint("k", i), []byte("v"), 1); err != nil {
					return err
				}
				switch i % 6 {
				case 1:
					return boom
				case 2:
					panic("oops")
				case 3:
					_, err := t.exec("INSERT INTO nowhere VALUES (1)")
					return err
				}
				return nil
			})
		})
	}
	for len(s.w.queue) < n {
		if _, err := s.Setting(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	}
	close(gate)
	wg.Wait()
	for i, err := range errs {
		_, found := s.Setting(t.Context(), fmt.Sprint("k", i))
		failed := i%6 >= 1 && i%6 <= 3
		if failed != (err != nil) || failed != errors.Is(found, ErrNotFound) {
			t.Errorf("request %d: %v, found %v", i, err, found)
		}
		if i%6 == 1 && !errors.Is(err, boom) {
			t.Errorf("request %d: %v", i, err)
		}
	}
}

// A request that its caller gave up while it waited is not carried out.
func TestWriterLeavesOutWhatWasGivenUp(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "m.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	gate, held := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.w.do(context.Background(), func(tx) error { close(held); <-gate; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	wg.Go(func() {
		err := s.PutSetting(ctx, "k", []byte("v"))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("given up: %v", err)
		}
		close(gate)
	})
	cancel()
	wg.Wait()
	if err := s.PutSetting(t.Context(), "other", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Setting(t.Context(), "k"); !errors.Is(err, ErrNotFound) {
		t.Fatalf("it was carried out: %v", err)
	}
}
