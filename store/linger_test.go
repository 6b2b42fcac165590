package store

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// Requests that can wait do so only among others, and only until somebody comes who can't.
func TestWriterLingers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), Options{DSN: path})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		nothing := func(tx) error { return nil }
		took := func(do func(context.Context, func(tx) error) error) time.Duration {
			start := time.Now()
			if err := do(t.Context(), nothing); err != nil {
				t.Error(err)
			}
			return time.Since(start)
		}
		s.w.busy = false // the writer waits for a request: nobody else looks
		if d := took(s.w.doPatient); d != 0 {
			t.Errorf("alone, it waited %v", d)
		}
		s.w.busy = true
		if d := took(s.w.do); d != 0 {
			t.Errorf("who can't wait waited %v", d)
		}
		s.w.busy = true
		if d := took(s.w.doPatient); d != linger {
			t.Errorf("among others it waited %v, want %v", d, linger)
		}
		s.w.busy = true
		patient := make(chan time.Duration)
		go func() { patient <- took(s.w.doPatient) }()
		synctest.Wait() // it lingers
		if d := took(s.w.do); d != 0 {
			t.Errorf("who can't wait waited %v for one who lingers", d)
		}
		if d := <-patient; d != 0 {
			t.Errorf("it lingered %v more though somebody came who can't wait", d)
		}
		if !s.w.busy {
			t.Error("a transaction of two is not seen as one among others")
		}
	})
}
