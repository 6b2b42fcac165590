package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"magpie/adapters"
	"magpie/adapters/dingtalk"
	"magpie/adapters/event"
	"magpie/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeServer makes clients and remembers them.
type fakeServer struct {
	mu      sync.Mutex
	clients []*fakeClient
	refuse  error // of the next Starts
	starts  int
}

type fakeClient struct {
	s      *fakeServer
	n      int
	h      Handlers
	open   bool
	closed bool
}

func (s *fakeServer) dial(h Handlers) Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &fakeClient{s: s, n: len(s.clients), h: h}
	s.clients = append(s.clients, c)
	return c
}

func (c *fakeClient) Start(context.Context) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.open {
		return nil
	}
	c.s.starts++
	if c.s.refuse != nil {
		return c.s.refuse
	}
	c.open, c.closed = true, false
	return nil
}

func (c *fakeClient) Close() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.open, c.closed = false, true
}

// standing are the clients that are open.
func (s *fakeServer) standing() []*fakeClient {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*fakeClient
	for _, c := range s.clients {
		if c.open {
			out = append(out, c)
		}
	}
	return out
}

func (s *fakeServer) count() (clients, starts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients), s.starts
}

// listening runs a Listener inside a bubble until the test ends.
func listening(t *testing.T, s *fakeServer, sink adapters.Sink) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := New(Options{
		Connection: "ding-main", Silence: time.Minute, Dial: s.dial, ClientSecret: config.NewSecret("the-secret"),
		Decode: func(_ context.Context, f dingtalk.Frame, at time.Time) (adapters.Delivery, error) {
			if f.Data == "bad" {
				return adapters.Delivery{}, errors.New("can't be understood")
			}
			return adapters.Delivery{Events: []event.Event{{ID: f.Data}}, Response: adapters.Response{Body: []byte("{}")}}, nil
		},
	})
	done := make(chan error, 1)
	go func() { done <- l.Listen(ctx, sink) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("listen: %v", err)
		}
		if n := len(s.standing()); n != 0 {
			t.Errorf("%d connections stand after the end", n)
		}
	}
}

func accept(context.Context, adapters.Delivery) (adapters.Response, error) {
	return adapters.Response{Body: []byte(`{"a":1}`)}, nil
}

func TestTwoStand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{}
		stop := listening(t, s, accept)
		defer stop()
		if n := len(s.standing()); n != 2 {
			t.Fatalf("%d connections stand", n)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if clients, starts := s.count(); clients != 2 || starts != 2 {
			t.Errorf("%d clients, %d starts, though nothing happened", clients, starts)
		}
	})
}

// A connection that broke is opened again at the next look.
func TestBrokenIsMended(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{}
		stop := listening(t, s, accept)
		defer stop()
		for _, c := range s.standing() {
			c.Close()
		}
		time.Sleep(2 * checkEvery)
		synctest.Wait()
		if n := len(s.standing()); n != 2 {
			t.Errorf("%d connections stand", n)
		}
	})
}

// On a disconnect the next connection is up before the handler returns, which is when the old one is closed.
func TestDisconnect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{}
		stop := listening(t, s, accept)
		defer stop()
		old := s.standing()[0]
		old.h.Disconnect()
		if clients, _ := s.count(); clients != 3 || old.open {
			t.Errorf("%d clients, the old one open: %v", clients, old.open)
		}
		if n := len(s.standing()); n != 2 {
			t.Errorf("%d connections stand", n)
		}
		old.h.Disconnect() // said twice
		if clients, _ := s.count(); clients != 3 {
			t.Errorf("%d clients after a second word", clients)
		}
	})
}

// A connection that brings nothing is replaced; one that brings pings is not.
func TestSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{}
		stop := listening(t, s, accept)
		defer stop()
		mute, alive := s.standing()[0], s.standing()[1]
		for range 8 {
			time.Sleep(10 * time.Second)
			alive.h.Alive()
			synctest.Wait()
		}
		if mute.open || !alive.open {
			t.Errorf("the mute one is open: %v, the other one: %v", mute.open, alive.open)
		}
		if n := len(s.standing()); n != 2 {
			t.Errorf("%d connections stand", n)
		}
	})
}

// Refusals are not met with a storm, and what is logged holds no secret.
func TestRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		s := &fakeServer{refuse: errors.New(`{"code":"invalidClientIdOrSecret","message":"the-secret is wrong, ticket=abc"}`)}
		ctx, cancel := context.WithCancel(t.Context())
		l := New(Options{Connection: "ding-main", Dial: s.dial, ClientSecret: config.NewSecret("the-secret"),
			Log: slog.New(slog.NewTextHandler(&lockedBuffer{b: &log}, nil))})
		done := make(chan error, 1)
		go func() { done <- l.Listen(ctx, accept) }()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		_, starts := s.count()
		if starts < 6 || starts > 45 {
			t.Errorf("%d attempts in five minutes", starts)
		}
		s.mu.Lock()
		s.refuse = nil
		s.mu.Unlock()
		time.Sleep(slowest + 2*checkEvery)
		synctest.Wait()
		if n := len(s.standing()); n != 2 {
			t.Errorf("%d connections stand after the refusals ended", n)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if said := log.String(); strings.Contains(said, "the-secret") || strings.Contains(said, "ticket=abc") || !strings.Contains(said, "invalidClientIdOrSecret") {
			t.Errorf("logged %s", said)
		}
	})
}

type lockedBuffer struct {
	mu sync.Mutex
	b  *strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestAcknowledgements(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stored []string
		written := 0
		var mu sync.Mutex
		s := &fakeServer{}
		stop := listening(t, s, func(_ context.Context, d adapters.Delivery) (adapters.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if d.Events[0].ID == "full" {
				return adapters.Response{}, errors.New("not stored")
			}
			stored = append(stored, d.Events[0].ID)
			return adapters.Response{Body: []byte(`{"a":1}`), Written: func() { mu.Lock(); written++; mu.Unlock() }}, nil
		})
		defer stop()
		h := s.standing()[0].h
		for _, c := range []struct {
			f    dingtalk.Frame
			code int
			data string
		}{
			{dingtalk.Frame{Type: "EVENT", Data: "1"}, 200, `{"status":"SUCCESS","message":"OK"}`},
			{dingtalk.Frame{Type: "EVENT", Data: "full"}, 500, `{"status":"LATER","message":"not stored"}`},
			{dingtalk.Frame{Type: "EVENT", Data: "bad"}, 200, `{"status":"SUCCESS","message":"OK"}`},
			{dingtalk.Frame{Type: "CALLBACK", Topic: dingtalk.TopicCard, Data: "2"}, 200, `{"response":{"a":1}}`},
			{dingtalk.Frame{Type: "CALLBACK", Topic: dingtalk.TopicCard, Data: "full"}, 500, `{"response":null}`},
			{dingtalk.Frame{Type: "CALLBACK", Topic: dingtalk.TopicCard, Data: "bad"}, 200, `{"response":{}}`},
			{dingtalk.Frame{Type: "CALLBACK", Topic: dingtalk.TopicMessage, Data: "bad"}, 200, `{"response":null}`},
		} {
			got := h.Frame(t.Context(), c.f)
			if got.Code != c.code || got.Data != c.data {
				t.Errorf("%+v: %+v", c.f, got)
			}
			if !json.Valid([]byte(got.Data)) {
				t.Errorf("%+v: %s is not JSON", c.f, got.Data)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if fmt.Sprint(stored) != "[1 2]" || written != 2 {
			t.Errorf("stored %v, %d told that they were written", stored, written)
		}
	})
}

// A frame that is being stored is waited for; one that comes after the end is not taken.
func TestEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{}
		gate := make(chan struct{})
		stop := listening(t, s, func(ctx context.Context, _ adapters.Delivery) (adapters.Response, error) {
			<-gate
			return adapters.Response{}, ctx.Err()
		})
		h := s.standing()[0].h
		acked := make(chan Ack, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { acked <- h.Frame(ctx, dingtalk.Frame{Type: "EVENT", Data: "1"}) }()
		synctest.Wait()
		cancel() // its connection is gone
		go stop()
		synctest.Wait()
		close(gate)
		if a := <-acked; a.Code != 200 {
			t.Errorf("acknowledged with %+v", a)
		}
		synctest.Wait()
		if a := h.Frame(t.Context(), dingtalk.Frame{Type: "EVENT", Data: "2"}); a.Code != 500 {
			t.Errorf("after the end: %+v", a)
		}
	})
}

func TestOneListenAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &fakeServer{}
		l := New(Options{Connection: "ding-main", Dial: s.dial})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Listen(ctx, accept) }()
		synctest.Wait()
		if err := l.Listen(ctx, accept); adapters.KindOf(err) != adapters.KindInvalid {
			t.Errorf("a second one: %v", err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
