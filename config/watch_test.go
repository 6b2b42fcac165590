package config_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"magpie/config"
)

// ticks is a clock that the test turns: every wait is announced and ends when the test says so.
type ticks struct {
	polls, quiets chan chan time.Time
}

func (k *ticks) after(d time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	if d == time.Hour {
		k.polls <- c
	} else {
		k.quiets <- c
	}
	return c
}

func TestWatcher(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, dir, "magpie.yaml", "a: 1\n")
	flows := filepath.Join(dir, "workflows")
	write(t, dir, "workflows/a.yaml", "a: 1\n")
	w := config.NewWatcher(file, flows)
	k := &ticks{make(chan chan time.Time, 1000), make(chan chan time.Time, 1000)}
	w.After, w.Poll, w.Debounce = k.after, time.Hour, time.Minute
	changes := make(chan struct{}, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, func() { changes <- struct{}{} }) }()

	poll := <-k.polls
	next := func() { // one poll, to its end: the next wait is announced before content is compared
		poll <- time.Time{}
		poll = <-k.polls
	}
	expect := func(what string, want bool) {
		t.Helper()
		next()
		next() // the first one's comparison is over once the second was taken
		got := false
		for len(changes) > 0 {
			<-changes
			got = true
		}
		if got != want {
			t.Errorf("%s: reported as a change: %v", what, got)
		}
	}
	// A comparison may be under way, so files change whole, by a rename, as careful editors do it.
	put := func(name, content string) {
		t.Helper()
		tmp := write(t, t.TempDir(), "tmp", content)
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, to); err != nil {
			t.Fatal(err)
		}
	}
	expect("nothing", false)
	put("magpie.yaml", "a: 1\n")
	expect("the same content", false)
	put("magpie.yaml", "a: 2\n")
	expect("new content", true)
	put("workflows/b/c.yaml", "a: 2\n")
	expect("a file in a new folder", true)
	put("workflows/notes.txt", "x")
	expect("a file that is not read", false)
	if err := os.Remove(filepath.Join(flows, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	expect("a file removed", true)

	// By event, through a rename as editors do it: whatever arrived so far is drained first.
	for len(k.quiets) > 0 {
		<-k.quiets
	}
	put("magpie.yaml", "a: 3\n")
	for seen := false; !seen; { // the last of the waits that the events began is the one that counts
		select {
		case q := <-k.quiets:
			q <- time.Time{}
		case <-changes:
			seen = true
		case <-t.Context().Done():
			t.Fatal("no event")
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	one, two := 1, 2
	l := config.NewLive(&one)
	bad := errors.New("bad")
	if err := l.Swap(func(*int) (*int, error) { return &two, bad }); err != bad || *l.Get() != 1 || l.Err() != bad {
		t.Errorf("after a failure: %v, %d, %v", err, *l.Get(), l.Err())
	}
	if err := l.Swap(func(now *int) (*int, error) { return now, nil }); err != nil || *l.Get() != 1 || l.Err() != nil {
		t.Errorf("unchanged: %v, %d, %v", err, *l.Get(), l.Err())
	}
	if err := l.Swap(func(*int) (*int, error) { return &two, nil }); err != nil || *l.Get() != 2 || l.Err() != nil {
		t.Errorf("after a success: %v, %d, %v", err, *l.Get(), l.Err())
	}
	sum := config.NewLive(new(int))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				_ = sum.Swap(func(now *int) (*int, error) { next := *now + 1; return &next, nil })
			}
		})
	}
	wg.Wait()
	if *sum.Get() != 800 {
		t.Errorf("builds overlapped: %d", *sum.Get())
	}
}
