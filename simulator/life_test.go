package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"magpie/simulator"
)

func TestLifeClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := simulator.NewLife(simulator.WallClock{})
		connection := make(chan struct{}) // what hanging up ends
		var ended atomic.Int64
		if !l.Spawn(func() { <-l.Context().Done(); ended.Add(1) }) || !l.Enter() {
			t.Fatal("closed from the start")
		}
		go func() {
			defer l.Leave()
			<-connection
			ended.Add(1)
		}()
		l.After(time.Hour, func() { t.Error("a timer outlived Close") })
		synctest.Wait()

		hungUp := false
		if !l.Close(func() {
			if l.Context().Err() == nil {
				t.Error("hung up before the context ended")
			}
			if l.Enter() || l.Spawn(func() { t.Error("spawned while closing") }) {
				t.Error("something could begin while closing")
			}
			hungUp = true
			close(connection)
		}) {
			t.Error("the first Close was not the first")
		}
		if !hungUp || ended.Load() != 2 {
			t.Errorf("hung up: %v; %d goroutines had ended", hungUp, ended.Load())
		}
		if l.Close(func() { t.Error("hung up again") }) {
			t.Error("closed twice")
		}
		l.After(time.Second, func() { t.Error("a timer was set after Close") })()
		time.Sleep(2 * time.Hour) // the bubble's time: nobody waits
		synctest.Wait()
	})
}

func TestLifeAfter(t *testing.T) {
	t.Parallel()
	clock := simulator.NewManualClock(time.Unix(1, 0))
	l := simulator.NewLife(clock)
	fired := make(chan string, 3)
	l.After(time.Minute, func() { fired <- "late" })
	l.After(time.Second, func() {
		fired <- "early"
		l.After(time.Second, func() { fired <- "next" })
	})
	stop := l.After(time.Second, func() { fired <- "stopped" })
	stop()
	stop()
	if n := clock.Waiting(); n != 2 {
		t.Errorf("%d timers wait", n)
	}
	clock.Advance(time.Second)
	if got := <-fired; got != "early" {
		t.Error(got)
	}
	clock.BlockUntil(2)
	clock.Advance(time.Second)
	if got := <-fired; got != "next" {
		t.Error(got)
	}
	if n := clock.Waiting(); n != 1 {
		t.Errorf("%d timers wait", n)
	}
	l.Close(func() {})
	if n := clock.Waiting(); n != 0 || len(fired) != 0 {
		t.Errorf("after Close %d timers wait and %d have fired", n, len(fired))
	}
}

func TestNoRedirects(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	defer server.Close()
	given := server.Client()
	for name, client := range map[string]*http.Client{"given": simulator.NoRedirects(given), "own": simulator.NoRedirects(nil)} {
		answer, err := client.Get(server.URL)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusFound {
			t.Errorf("%s: %s", name, answer.Status)
		}
		client.CloseIdleConnections()
	}
	if given.CheckRedirect != nil {
		t.Error("the given client was changed")
	}
}
