package aibot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"magpie/adapters"
	"magpie/adapters/wecom"
)

// Errors that end a connection.
var errReplaced = errors.New("another connection of this robot took its place")

// refusal is a code that an answer carries.
type refusal struct {
	code int
	msg  string
}

func (r *refusal) Error() string { return "code " + strconv.Itoa(r.code) + ": " + r.msg }

// Listen connects and stays connected until ctx ends (nil) or WeCom refuses the robot for good (an
// *adapters.Error). One call at a time.
func (l *Listener) Listen(ctx context.Context, sink adapters.Sink) error {
	l.mu.Lock()
	busy := l.busy
	l.busy = true
	l.mu.Unlock()
	if busy {
		return l.fail(adapters.KindInvalid, "", errors.New("already listening"))
	}
	defer func() { l.mu.Lock(); l.busy = false; l.mu.Unlock() }()

	log := l.o.Log.With("connection", l.o.Connection)
	r := &run{l: l, ctx: ctx, sink: sink, log: log, slots: make(chan struct{}, maxHandlers)}
	defer r.handlers.Wait()
	failures := 0
	for {
		heard, err := r.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		var no *refusal
		if errors.As(err, &no) && wecom.KindOfCode(no.code) == adapters.KindForbidden {
			return l.fail(adapters.KindForbidden, strconv.Itoa(no.code), errors.New("WeCom refuses the robot: bot_id or bot_secret is wrong, or its API mode is not the long connection"))
		}
		if heard {
			failures = 0
		}
		wait := l.random(min(l.wait<<min(failures, 10), longestWait))
		failures++
		if errors.Is(err, errReplaced) {
			wait = l.random(l.standby)
		}
		log.Warn("the robot's long connection is down", "err", err, "failures", failures, "retry_in", wait)
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil
		}
	}
}

// Push sends one message unasked. The robot can do so where somebody has spoken to it.
// Source: WeCom developer documents, "Smart robot: long connection" (path 101463), checked 2026-11.
func (l *Listener) Push(ctx context.Context, to string, _ bool, body map[string]any) error {
	l.mu.Lock()
	s := l.live
	l.mu.Unlock()
	if s == nil {
		return &adapters.Error{Connection: l.o.Connection, Op: "send", Kind: adapters.KindTransient, Err: errors.New("the long connection is down")}
	}
	with := map[string]any{"chatid": to}
	for k, v := range body {
		with[k] = v
	}
	err := s.ask(ctx, "aibot_send_msg", with)
	if err == nil {
		return nil
	}
	e := &adapters.Error{Connection: l.o.Connection, Op: "send", Kind: adapters.KindUnknown, Err: err}
	var no *refusal
	switch {
	case errors.As(err, &no):
		e.Kind, e.Code = wecom.KindOfCode(no.code), strconv.Itoa(no.code)
		if e.Kind == adapters.KindRateLimited {
			e.RetryAfter = time.Minute
		}
	case errors.Is(err, errNotWritten):
		e.Kind = adapters.KindTransient
	}
	return e
}

func (l *Listener) fail(kind adapters.Kind, code string, err error) error {
	return &adapters.Error{Connection: l.o.Connection, Op: "listen", Kind: kind, Code: code, Err: err}
}

// connect makes one connection and serves it until it ends. heard says that it was subscribed.
func (r *run) connect(ctx context.Context) (heard bool, err error) {
	dctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, resp, err := r.l.dialer.DialContext(dctx, r.l.o.URL, nil)
	if resp != nil && resp.Body != nil {
		resp.Body.Close()
	}
	if err != nil {
		return false, fmt.Errorf("dial %s: %w", r.l.host(), err)
	}
	conn.SetReadLimit(maxMessage)
	s := &session{run: r, conn: conn, asked: map[string]chan frame{}, gone: make(chan struct{})}
	return s.serve(ctx)
}
