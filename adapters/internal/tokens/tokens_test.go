package tokens

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// issuer hands out numbered tokens.
type issuer struct {
	n    atomic.Int32
	life time.Duration
	fail atomic.Pointer[error]
	gate chan struct{} // nil: answers at once
}

func (i *issuer) fetch(ctx context.Context) (Token, error) {
	n := i.n.Add(1)
	if i.gate != nil {
		select {
		case <-i.gate:
		case <-ctx.Done():
			return Token{}, ctx.Err()
		}
	}
	if e := i.fail.Load(); e != nil {
		return Token{}, *e
	}
	return Token{Value: fmt.Sprintf("t-%d", n), Expires: time.Now().Add(i.life)}, nil
}

func (i *issuer) failWith(err error) {
	if err == nil {
		i.fail.Store(nil)
		return
	}
	i.fail.Store(&err)
}

func whole(d time.Duration) time.Duration { return d }

func get(t *testing.T, s *Source) string {
	t.Helper()
	v, err := s.Get(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOneFetchForManyWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := &issuer{life: 2 * time.Hour, gate: make(chan struct{})}
		s := New(is.fetch, Options{})
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if v, err := s.Get(context.Background()); v != "t-1" || err != nil {
					t.Errorf("got %q, %v", v, err)
				}
			})
		}
		synctest.Wait()
		close(is.gate)
		wg.Wait()
		if n := is.n.Load(); n != 1 {
			t.Fatalf("%d fetches", n)
		}
	})
}

func TestEarlyRefreshUsesTheOldTokenMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := &issuer{life: 2 * time.Hour}
		s := New(is.fetch, Options{})
		get(t, s)
		time.Sleep(110*time.Minute - time.Second) // fake time: 10 min and 1 s are left
		if v := get(t, s); v != "t-1" || is.n.Load() != 1 {
			t.Fatalf("%s after %d fetches", v, is.n.Load())
		}
		time.Sleep(2 * time.Second)
		if v := get(t, s); v != "t-1" {
			t.Fatalf("got %s while the old one is good", v)
		}
		synctest.Wait()
		if v := get(t, s); v != "t-2" || is.n.Load() != 2 {
			t.Fatalf("%s after %d fetches", v, is.n.Load())
		}
	})
}

func TestShortLivedTokenIsNotFetchedAllTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := &issuer{life: time.Minute}
		s := New(is.fetch, Options{})
		get(t, s)
		time.Sleep(29 * time.Second)
		get(t, s)
		synctest.Wait()
		if n := is.n.Load(); n != 1 {
			t.Fatalf("%d fetches within half of a token's life", n)
		}
	})
}

func TestRefuseDropsOnlyTheTokenThatWasRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := &issuer{life: time.Hour}
		s := New(is.fetch, Options{})
		old := get(t, s)
		s.Refuse(old)
		fresh := get(t, s)
		s.Refuse(old) // a slower caller comes with the same news
		if v := get(t, s); v != fresh || fresh == old || is.n.Load() != 2 {
			t.Fatalf("%s then %s, %d fetches", fresh, v, is.n.Load())
		}
	})
}

func TestFailuresArePausedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := &issuer{life: time.Hour}
		down := errors.New("down")
		is.failWith(down)
		s := New(is.fetch, Options{Backoff: time.Second, MaxWait: 4 * time.Second, Jitter: whole})
		ask := func() error { _, err := s.Get(context.Background()); return err }
		for i, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
			if err := ask(); !errors.Is(err, down) {
				t.Fatal(err)
			}
			time.Sleep(pause - time.Millisecond)
			if err := ask(); !errors.Is(err, down) || is.n.Load() != int32(i+1) {
				t.Fatalf("round %d: %v, %d fetches", i, err, is.n.Load())
			}
			time.Sleep(2 * time.Millisecond)
		}
		is.failWith(nil)
		if v := get(t, s); v != "t-5" {
			t.Fatal(v)
		}
	})
}

func TestOldTokenOutlivesFailedRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := &issuer{life: time.Hour}
		s := New(is.fetch, Options{Jitter: whole})
		get(t, s)
		is.failWith(errors.New("down"))
		time.Sleep(55 * time.Minute)
		for range 3 {
			if v := get(t, s); v != "t-1" {
				t.Fatal(v)
			}
			synctest.Wait()
		}
		time.Sleep(6 * time.Minute)
		if _, err := s.Get(context.Background()); err == nil {
			t.Fatal("an expired token was given out")
		}
	})
}

func TestWaiterLeavesWithoutStoppingTheFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := &issuer{life: time.Hour, gate: make(chan struct{})}
		s := New(is.fetch, Options{})
		ctx, cancel := context.WithCancel(context.Background())
		left := make(chan error)
		go func() { _, err := s.Get(ctx); left <- err }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		close(is.gate)
		if v := get(t, s); v != "t-1" {
			t.Fatal(v)
		}
	})
}

func TestFetchHasADeadlineOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		is := &issuer{life: time.Hour, gate: make(chan struct{})}
		s := New(is.fetch, Options{Timeout: 5 * time.Second})
		start := time.Now()
		if _, err := s.Get(context.Background()); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Fatalf("%v after %s", err, time.Since(start))
		}
	})
}

func TestTokenDoesNotPrint(t *testing.T) {
	t.Parallel()
	tok := Token{Value: "t-secret"}
	for _, s := range []string{fmt.Sprint(tok), fmt.Sprintf("%+v", tok), fmt.Sprintf("%#v", tok)} {
		if s != "<token>" {
			t.Error(s)
		}
	}
}
