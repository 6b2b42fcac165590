package tokens

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// board is a database of the processes.
type board struct {
	mu   sync.Mutex
	by   map[string][]byte
	down bool
	deaf bool // it can be read, and not written
}

var errDown = errors.New("the database is down")

func (b *board) Get(_ context.Context, name string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return nil, errDown
	}
	return bytes.Clone(b.by[name]), nil
}

func (b *board) Swap(_ context.Context, name string, old, value []byte) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down || b.deaf {
		return false, errDown
	}
	now, there := b.by[name]
	if there != (old != nil) || !bytes.Equal(now, old) {
		return false, nil
	}
	if b.by == nil {
		b.by = map[string][]byte{}
	}
	b.by[name] = bytes.Clone(value)
	return true, nil
}

// process is a Source that shares.
func process(b Shared, is *issuer) *Source {
	return New(is.fetch, Options{Jitter: whole}.Share(b, "feishu/a/cli_1", "secret"))
}

func TestProcessesShareOneToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, is := &board{}, &issuer{life: 2 * time.Hour, gate: make(chan struct{})}
		var wg sync.WaitGroup
		all := make([]*Source, 8)
		for i := range all {
			all[i] = process(b, is)
			wg.Go(func() {
				if v, err := all[i].Get(context.Background()); v != "t-1" || err != nil {
					t.Errorf("process %d got %q, %v", i, v, err)
				}
			})
		}
		time.Sleep(time.Second) // fake time: one fetches, the others look
		close(is.gate)
		wg.Wait()
		if n := is.n.Load(); n != 1 {
			t.Fatalf("%d fetches for 8 processes", n)
		}
		// Early enough one replaces it; meanwhile and afterwards nobody is without.
		time.Sleep(111 * time.Minute)
		for range 3 {
			for _, s := range all {
				if v := get(t, s); v != "t-1" && v != "t-2" {
					t.Fatalf("got %s", v)
				}
			}
			synctest.Wait()
			time.Sleep(leaseLife)
		}
		for _, s := range all {
			if v := get(t, s); v != "t-2" {
				t.Errorf("still %s", v)
			}
		}
		if n := is.n.Load(); n != 2 {
			t.Errorf("%d fetches", n)
		}
		// One that starts now takes what is there.
		if v := get(t, process(b, is)); v != "t-2" || is.n.Load() != 2 {
			t.Errorf("a new process has %s after %d fetches", v, is.n.Load())
		}
		for name, v := range b.by {
			if bytes.Contains(v, []byte("t-2")) || strings.Contains(name, "secret") {
				t.Errorf("the database tells the token: %s %q", name, v)
			}
		}
	})
}

// A token that the vendor refuses is replaced once, however many find out.
func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, is := &board{}, &issuer{life: 2 * time.Hour}
		all := []*Source{process(b, is), process(b, is), process(b, is)}
		for _, s := range all {
			if v := get(t, s); v != "t-1" {
				t.Fatal(v)
			}
		}
		var wg sync.WaitGroup
		for _, s := range all {
			wg.Go(func() {
				s.Refuse("t-1")
				if v := get(t, s); v != "t-2" {
					t.Errorf("after a refusal: %s", v)
				}
				s.Refuse("t-1") // a slower caller comes with the same news
				if v := get(t, s); v != "t-2" {
					t.Errorf("after old news: %s", v)
				}
			})
		}
		wg.Wait()
		if n := is.n.Load(); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}

// A vendor that gives the token again that it refuses is not asked all the time.
func TestSameTokenAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := New(func(context.Context) (Token, error) {
			n++
			return Token{"t-same", time.Now().Add(2 * time.Hour)}, nil
		}, Options{MaxWait: time.Minute, Jitter: whole}.Share(&board{}, "wecom/a", "secret"))
		for range 10 {
			s.Refuse(get(t, s))
		}
		if n != 2 {
			t.Errorf("asked %d times", n)
		}
		time.Sleep(2 * time.Minute)
		s.Refuse(get(t, s))
		if get(t, s); n != 3 {
			t.Errorf("asked %d times after a while", n)
		}
	})
}

// Without the database, or when it can't be written, each process has its own token.
func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	for what, b := range map[string]*board{"down": {down: true}, "read only": {deaf: true}} {
		synctest.Test(t, func(t *testing.T) {
			is := &issuer{life: time.Hour}
			if one, two := get(t, process(b, is)), get(t, process(b, is)); one != "t-1" || two != "t-2" {
				t.Errorf("%s: %s and %s", what, one, two)
			}
		})
	}
}

// Who died while fetching keeps nobody waiting for long, and neither does a clock that is wrong.
func TestHolderIsGone(t *testing.T) {
	t.Parallel()
	for what, r := range map[string]struct {
		ahead time.Duration
		wait  time.Duration
	}{"died": {leaseLife, patience}, "a wrong clock": {time.Hour, 0}, "long ago": {-time.Second, 0}} {
		synctest.Test(t, func(t *testing.T) {
			b, is := &board{}, &issuer{life: time.Hour}
			dead := process(b, is)
			if _, ok, err := dead.opt.share.write(t.Context(), nil, record{Holder: "dead", Until: time.Now().Add(r.ahead)}); !ok || err != nil {
				t.Fatal(ok, err)
			}
			start := time.Now()
			if v := get(t, process(b, is)); v != "t-1" || time.Since(start) > r.wait+look {
				t.Errorf("%s: %s after %s", what, v, time.Since(start))
			}
		})
	}
}

// A fetch that fails is over for the others at once.
func TestFailedFetchEndsTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, is := &board{}, &issuer{life: time.Hour}
		down := errors.New("down")
		is.failWith(down)
		if _, err := process(b, is).Get(t.Context()); !errors.Is(err, down) {
			t.Fatal(err)
		}
		is.failWith(nil)
		start := time.Now()
		if v := get(t, process(b, is)); v != "t-2" || time.Since(start) > 0 {
			t.Errorf("%s after %s", v, time.Since(start))
		}
	})
}

// Another secret, or what somebody has changed in the database, is no token of ours.
func TestForeignRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, is := &board{}, &issuer{life: time.Hour}
		get(t, process(b, is))
		other := New(is.fetch, Options{}.Share(b, "feishu/a/cli_1", "another secret"))
		if v := get(t, other); v != "t-2" {
			t.Errorf("with another secret: %s", v)
		}
		for name, v := range b.by {
			b.by[name] = append(bytes.Clone(v[:len(v)-1]), v[len(v)-1]^1)
		}
		if v := get(t, process(b, is)); v != "t-3" {
			t.Errorf("from a changed record: %s", v)
		}
		if v := get(t, process(b, is)); v != "t-3" {
			t.Errorf("it was not written anew: %s", v)
		}
	})
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte("x"))
	f.Add(bytes.Repeat([]byte{0}, 64))
	f.Fuzz(func(t *testing.T, raw []byte) {
		o := Options{}.Share(&board{by: map[string][]byte{}}, "n", "s")
		o.share.with.(*board).by[o.share.name] = raw
		r, _, err := o.share.read(t.Context())
		if err != nil || r != (record{}) {
			t.Errorf("%s, %v", fmt.Sprint(r), err)
		}
	})
}
