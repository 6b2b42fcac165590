package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"magpie/simulator"
)

func TestFaultChecked(t *testing.T) {
	t.Parallel()
	kinds := []string{simulator.FaultRate, simulator.FaultServer, simulator.FaultTimeout, simulator.FaultExpire, simulator.FaultRedeliver, simulator.FaultDrop}
	for _, kind := range kinds {
		f, err := simulator.Fault{Kind: kind, API: "/x"}.Checked()
		if err != nil || f.Times != 1 || f.Kind != kind || f.API != "/x" {
			t.Errorf("%s once: %+v, %v", kind, f, err)
		}
	}
	if f, err := (simulator.Fault{Kind: simulator.FaultRate, Times: 10_000}).Checked(); err != nil || f.Times != 10_000 {
		t.Errorf("the most times: %+v, %v", f, err)
	}
	for _, bad := range []simulator.Fault{{}, {Kind: "earthquake"}, {Kind: simulator.FaultRate, Times: -1}, {Kind: simulator.FaultRate, Times: 10_001}} {
		if _, err := bad.Checked(); !errors.Is(err, simulator.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestFaultsTake(t *testing.T) {
	t.Parallel()
	const socket = "/socket"
	type take struct {
		path string
		open bool
		want string
	}
	for name, c := range map[string]struct {
		put   []simulator.Fault
		takes []take
	}{
		"as often as it says": {
			put:   []simulator.Fault{{Kind: simulator.FaultRate, Times: 2}},
			takes: []take{{"/a", false, "rate_limit"}, {"/b", false, "rate_limit"}, {"/a", false, ""}},
		},
		"the oldest first": {
			put:   []simulator.Fault{{Kind: simulator.FaultServer, Times: 1}, {Kind: simulator.FaultRate, Times: 1}},
			takes: []take{{"/a", false, "server_error"}, {"/a", false, "rate_limit"}, {"/a", false, ""}},
		},
		"only the path it names": {
			put:   []simulator.Fault{{Kind: simulator.FaultServer, Times: 1, API: "/send"}},
			takes: []take{{"/list", false, ""}, {"/v1/send/one", false, "server_error"}},
		},
		"an open call only by name": {
			put:   []simulator.Fault{{Kind: simulator.FaultServer, Times: 1}, {Kind: simulator.FaultRate, Times: 1, API: "token"}},
			takes: []take{{"/token", true, "rate_limit"}, {"/token", true, ""}, {"/token", false, "server_error"}},
		},
		"the socket's own path only": {
			put:   []simulator.Fault{{Kind: simulator.FaultTimeout, Times: 1, API: socket}},
			takes: []take{{socket + "/frame", false, ""}, {socket, true, "timeout"}},
		},
		"a redelivery is no call's": {
			put:   []simulator.Fault{{Kind: simulator.FaultRedeliver, Times: 1}},
			takes: []take{{"/a", false, ""}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := simulator.Faults{Socket: socket}
			for _, f := range c.put {
				faults.Put(f, func() bool { t.Error("connections hung up"); return false })
			}
			for i, k := range c.takes {
				if got := faults.Take(k.path, k.open); got != k.want {
					t.Errorf("take %d of %s: %q, want %q", i, k.path, got, k.want)
				}
			}
		})
	}
}

func TestFaultsDrop(t *testing.T) {
	t.Parallel()
	hungUp := 0
	connected := func(yes bool) func() bool { return func() bool { hungUp++; return yes } }

	faults := simulator.Faults{Socket: "/socket"}
	faults.Put(simulator.Fault{Kind: simulator.FaultDrop, Times: 1}, connected(true))
	if got := faults.Take("/socket", false); hungUp != 1 || got != "" {
		t.Errorf("connections were hung up %d times, and then %q", hungUp, got)
	}
	faults.Put(simulator.Fault{Kind: simulator.FaultDrop, Times: 2}, connected(true))
	if got := faults.Take("/send", false); got != "" {
		t.Errorf("the second time, meant for the next connection, met a call: %q", got)
	}
	if got := faults.Take("/socket", true); got != simulator.FaultDrop {
		t.Errorf("the next connection: %q", got)
	}
	faults.Put(simulator.Fault{Kind: simulator.FaultDrop, Times: 1}, connected(false))
	if got := faults.Take("/send", false); got != simulator.FaultDrop {
		t.Errorf("without a connection, the next call: %q", got)
	}
	hungUp = 0
	faults.Put(simulator.Fault{Kind: simulator.FaultDrop, Times: 1, API: "/send"}, connected(true))
	if got := faults.Take("/send", false); hungUp != 0 || got != simulator.FaultDrop {
		t.Errorf("a named call: %q, and connections hung up %d times", got, hungUp)
	}
}

func TestFaultsRedeliver(t *testing.T) {
	t.Parallel()
	var faults simulator.Faults
	none := func() bool { return false }
	faults.Put(simulator.Fault{Kind: simulator.FaultRate, Times: 1}, none)
	faults.Put(simulator.Fault{Kind: simulator.FaultRedeliver, Times: 1, API: "message"}, none)
	if faults.TakeRedelivery("card.action") {
		t.Error("an event that the fault doesn't name came again")
	}
	if !faults.TakeRedelivery("im.message") || faults.TakeRedelivery("im.message") {
		t.Error("the named event should come again once")
	}
	if got := faults.Take("/a", false); got != simulator.FaultRate {
		t.Errorf("the fault for calls: %q", got)
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	ended, end := context.WithCancel(t.Context())
	end()
	call := httptest.NewRequest(http.MethodGet, "/", nil)
	clock := simulator.NewManualClock(time.Unix(1, 0))

	simulator.Hold(t.Context(), call.WithContext(ended), clock, time.Minute) // the client gave up
	simulator.Hold(ended, call, clock, time.Minute)                          // the suite closed
	if n := clock.Waiting(); n != 0 {
		t.Errorf("%d timers left behind", n)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		simulator.Hold(t.Context(), call, clock, time.Minute)
	}()
	clock.BlockUntil(1)
	clock.Advance(time.Minute - 1)
	select {
	case <-done:
		t.Error("let go too early")
	default:
	}
	clock.Advance(1)
	<-done
}

func TestCut(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { simulator.Cut(w) }))
	defer server.Close()
	answer, err := server.Client().Post(server.URL, "text/plain", nil)
	if err == nil {
		answer.Body.Close()
		t.Errorf("answered: %s", answer.Status)
	}
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("without a connection to take over: %v", got)
		}
	}()
	simulator.Cut(httptest.NewRecorder())
}
