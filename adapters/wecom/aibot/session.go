package aibot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"magpie/adapters"
	"magpie/adapters/event"
)

var errNotWritten = errors.New("not written")

// frame is what goes both ways. An answer has the id of what it answers and a code.
type frame struct {
	Cmd     string          `json:"cmd,omitempty"`
	Headers headers         `json:"headers"`
	Body    json.RawMessage `json:"body,omitempty"`
	Code    *int            `json:"errcode,omitempty"`
	Msg     string          `json:"errmsg,omitempty"`
}

type headers struct {
	ReqID string `json:"req_id"`
}

// run is one call of Listen, over all its connections.
type run struct {
	l        *Listener
	ctx      context.Context
	sink     adapters.Sink
	log      *slog.Logger
	slots    chan struct{} // one for each handler that runs
	handlers sync.WaitGroup
}

// session is one connection. One goroutine reads, one beats, and handlers write their answers.
type session struct {
	run   *run
	conn  *websocket.Conn
	write sync.Mutex
	gone  chan struct{} // closed at the end

	mu    sync.Mutex
	asked map[string]chan frame // what waits for an answer, by request id
}

// serve subscribes and reads until the connection ends. The error is never nil.
func (s *session) serve(ctx context.Context) (subscribed bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	read := make(chan error, 1)
	go func() { read <- s.read(ctx) }()
	defer func() {
		s.run.l.mu.Lock()
		if s.run.l.live == s {
			s.run.l.live = nil
		}
		s.run.l.mu.Unlock()
		cancel()
		stop()
		s.conn.Close()
	}()
	err = s.ask(ctx, "aibot_subscribe", map[string]any{"bot_id": s.run.l.o.BotID, "secret": s.run.l.o.Secret.Reveal()})
	if err != nil {
		s.conn.Close()
		<-read
		return false, fmt.Errorf("subscribe: %w", err)
	}
	s.run.l.mu.Lock()
	s.run.l.live = s
	s.run.l.mu.Unlock()
	s.run.log.Info("the robot's long connection is up", "host", s.run.l.host())

	beat := time.NewTicker(s.run.l.beat)
	defer beat.Stop()
	for {
		select {
		case err := <-read:
			return true, err
		case <-beat.C:
			if err := s.send(frame{Cmd: "ping", Headers: headers{newID("ping")}}); err != nil {
				s.conn.Close()
				return true, errors.Join(err, <-read)
			}
		}
	}
}

// read takes frames until the connection ends.
func (s *session) read(ctx context.Context) error {
	defer close(s.gone)
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(silence))
		kind, msg, err := s.conn.ReadMessage()
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		var f frame
		if kind != websocket.TextMessage || json.Unmarshal(msg, &f) != nil {
			s.run.log.Warn("a frame that can't be read is ignored", "bytes", len(msg))
			continue
		}
		switch {
		case f.Cmd == "aibot_msg_callback" || f.Cmd == "aibot_event_callback":
			if replaced(f.Body) {
				return errReplaced
			}
			if err := s.hand(ctx, f); err != nil {
				return err
			}
		case f.Code != nil:
			s.answered(f)
		case f.Cmd != "":
			s.run.log.Warn("a frame of an unknown kind is ignored", "cmd", f.Cmd)
		}
	}
}

// replaced reports whether a body says that another connection took our place.
func replaced(body json.RawMessage) bool {
	var in struct {
		Event struct {
			Type string `json:"eventtype"`
		} `json:"event"`
	}
	return json.Unmarshal(body, &in) == nil && in.Event.Type == "disconnected_event"
}

// hand gives one callback to a handler; it waits while all are busy. A handler outlives its connection: what it
// stores counts, even if its answer finds no way back.
func (s *session) hand(ctx context.Context, f frame) error {
	received := s.run.l.o.Now()
	select {
	case s.run.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.run.handlers.Go(func() {
		defer func() { <-s.run.slots }()
		s.handle(f, received)
	})
	return nil
}

// handle stores one callback and, of a press, writes the answer.
func (s *session) handle(f frame, received time.Time) {
	defer func() {
		if p := recover(); p != nil {
			s.run.log.Error("handling a callback panicked", "panic", p, "req_id", f.Headers.ReqID)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.run.ctx), storeFor)
	defer cancel()
	d, err := s.run.l.o.Receive(ctx, f.Body, received)
	if err != nil {
		s.run.log.Error("a callback can't be understood", "err", err, "bytes", len(f.Body))
		return
	}
	resp, err := s.store(ctx, d)
	if resp.Written != nil {
		defer resp.Written()
	}
	if err != nil {
		s.run.log.Error("a callback was not stored, and WeCom does not repeat it", "err", err, "req_id", f.Headers.ReqID)
		return
	}
	if !wantsAnswer(d) || len(resp.Body) == 0 || resp.Body[0] != '{' {
		return
	}
	if err := s.send(frame{Cmd: "aibot_respond_update_msg", Headers: f.Headers, Body: resp.Body}); err != nil {
		s.run.log.Warn("the answer to a press could not be sent: its card stays as it was", "err", err, "req_id", f.Headers.ReqID)
	}
}

// store gives a delivery to the sink, a few times if need be: nobody sends it again.
func (s *session) store(ctx context.Context, d adapters.Delivery) (resp adapters.Response, err error) {
	wait := 200 * time.Millisecond
	for {
		resp, err = s.run.sink(ctx, d)
		if err == nil || s.run.ctx.Err() != nil {
			return resp, err
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
			wait *= 2
		case <-ctx.Done():
			t.Stop()
			return resp, err
		}
	}
}

func wantsAnswer(d adapters.Delivery) bool {
	for _, ev := range d.Events {
		if ev.Reply.Mode == event.ReplyAnswer {
			return true
		}
	}
	return false
}

// ask sends a command and waits for its answer. A code that is not 0 is a *refusal.
func (s *session) ask(ctx context.Context, cmd string, body map[string]any) error {
	b, err := encode(body)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotWritten, err)
	}
	id := newID(cmd)
	got := make(chan frame, 1)
	s.mu.Lock()
	s.asked[id] = got
	s.mu.Unlock()
	defer func() { s.mu.Lock(); delete(s.asked, id); s.mu.Unlock() }()
	if err := s.send(frame{Cmd: cmd, Headers: headers{id}, Body: b}); err != nil {
		return fmt.Errorf("%w: %w", errNotWritten, err)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	select {
	case f := <-got:
		if *f.Code != 0 {
			return &refusal{*f.Code, f.Msg}
		}
		return nil
	case <-s.gone:
		return errors.New("the connection ended before an answer came")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answered wakes who waits for an answer. Those to pings and to our own answers nobody waits for.
func (s *session) answered(f frame) {
	s.mu.Lock()
	got := s.asked[f.Headers.ReqID]
	delete(s.asked, f.Headers.ReqID)
	s.mu.Unlock()
	if got != nil {
		got <- f
	} else if *f.Code != 0 {
		s.run.log.Warn("WeCom refused a frame", "code", *f.Code, "req_id", f.Headers.ReqID)
	}
}

// send writes one frame.
func (s *session) send(f frame) error {
	b, err := encode(f)
	if err != nil {
		return err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.TextMessage, b)
}

// newID names a request.
func newID(cmd string) string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return cmd + "_" + hex.EncodeToString(b[:])
}
