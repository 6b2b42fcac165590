package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"magpie/simulator"
)

// counted encodes how often it was asked.
func counted(n *atomic.Int64) func() ([]byte, error) {
	return func() ([]byte, error) { return json.Marshal(n.Add(1)) }
}

func TestSaverFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "new", "state.json")
	var n atomic.Int64
	s := simulator.NewSaver(file, counted(&n))
	var kept int64
	if there, err := s.Load(&kept); there || err != nil {
		t.Fatalf("before the first save: %v, %v", there, err)
	}
	for want := range int64(2) {
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		if there, err := s.Load(&kept); !there || err != nil || kept != want+1 {
			t.Errorf("save %d: %v, %v, %d", want+1, there, err, kept)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("beside the file: %v, %v", left, err)
	}
}

func TestSaverRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "state.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	s := simulator.NewSaver(file, func() ([]byte, error) { return nil, broken })
	if there, err := s.Load(new(int)); there || err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("not JSON: %v, %v", there, err)
	}
	if err := s.Save(); !errors.Is(err, broken) || !strings.Contains(err.Error(), file) {
		t.Errorf("nothing to save: %v", err)
	}
	if raw, err := os.ReadFile(file); err != nil || string(raw) != "{" {
		t.Errorf("a save that failed left %q, %v", raw, err)
	}
	if there, err := simulator.NewSaver(filepath.Join(file, "below", "x"), nil).Load(new(int)); there || err == nil {
		t.Errorf("below a file: %v, %v", there, err)
	}
	var n atomic.Int64
	if err := simulator.NewSaver(filepath.Join(dir, "missing", "x"), counted(&n)).Save(); err == nil {
		t.Error("saved into a folder that is not there")
	}
}

func TestSaverWithoutFile(t *testing.T) {
	t.Parallel()
	s := simulator.NewSaver("", nil)
	s.Touch()
	s.Touch()
	s.Run(t.Context(), func(err error) { t.Error(err) }) // returns although ctx lasts
	if there, err := s.Load(nil); there || err != nil || s.Save() != nil {
		t.Errorf("load: %v, %v", there, err)
	}
}

func TestSaverRun(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var n atomic.Int64
		failures := 0
		s := simulator.NewSaver(file, counted(&n))
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx, func(error) { failures++ })
		}()
		pass := func(d time.Duration) {
			time.Sleep(d) // the bubble's time: nobody waits
			synctest.Wait()
		}
		saved := func(want int64) {
			t.Helper()
			raw, _ := os.ReadFile(file)
			if n.Load() != want || want > 0 && string(raw) != strconv.FormatInt(want, 10) {
				t.Errorf("%d saves and %q in the file, want %d", n.Load(), raw, want)
			}
		}
		pass(time.Hour)
		saved(0)
		for range 5 {
			s.Touch()
			pass(50 * time.Millisecond)
		}
		saved(0) // they gather
		pass(time.Second)
		saved(2) // the first and, since it was touched while waiting, those after it
		pass(time.Hour)
		saved(2)

		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(file, "in the way"), 0o700); err != nil {
			t.Fatal(err)
		}
		s.Touch()
		pass(time.Second)
		if failures != 1 {
			t.Errorf("%d failures told", failures)
		}
		s.Touch()
		pass(time.Millisecond)
		cancel()
		<-done
		if n.Load() != 3 {
			t.Errorf("%d saves, the last after the end", n.Load())
		}
	})
}
