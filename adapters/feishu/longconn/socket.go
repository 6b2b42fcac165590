package longconn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"magpie/adapters"
	"magpie/adapters/event"
)

// socket is one connection. One goroutine reads, one sends pings, and handlers write their answers.
type socket struct {
	run     *run
	conn    *websocket.Conn
	service int32
	parts   *assembler
	heard   bool          // something came; reader only
	faster  chan struct{} // the server changed the ping interval
	write   sync.Mutex
}

// serve reads until the connection ends, which it does with ctx at the latest. The error is never nil.
func (s *socket) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	var pings sync.WaitGroup
	pings.Go(func() { s.ping(ctx) })
	defer func() {
		cancel()
		stop()
		s.conn.Close()
		pings.Wait()
	}()

	s.conn.SetPingHandler(func(data string) error {
		s.extend()
		err := s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeTimeout))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
	for {
		s.extend()
		kind, msg, err := s.conn.ReadMessage()
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		s.heard = true
		if kind != websocket.BinaryMessage {
			s.run.log.Warn("a message that is not binary is ignored", "kind", kind)
			continue
		}
		f, err := parseFrame(msg)
		if err != nil {
			s.run.log.Warn("a frame is ignored", "err", err, "bytes", len(msg))
			continue
		}
		switch f.method {
		case methodControl:
			s.control(f)
		case methodData:
			if err := s.data(ctx, f); err != nil {
				return err
			}
		}
	}
}

// extend gives the server two more ping intervals: whoever says nothing at all for so long, not even a
// pong, is gone, even though the connection looks open.
func (s *socket) extend() {
	_ = s.conn.SetReadDeadline(time.Now().Add(2 * s.interval()))
}

func (s *socket) interval() time.Duration {
	return time.Duration(s.run.config().PingInterval) * s.run.l.second
}

// ping tells the server that we are there, at once and then at its interval.
func (s *socket) ping(ctx context.Context) {
	for {
		f := pingFrame(s.service)
		if err := s.send(f); err != nil {
			s.conn.Close() // the reader notices
			return
		}
		t := time.NewTimer(s.interval())
		select {
		case <-t.C:
		case <-s.faster:
		case <-ctx.Done():
			t.Stop()
			return
		}
		t.Stop()
	}
}

// control handles pongs, which may bring new settings.
func (s *socket) control(f frame) {
	if f.get(keyType) != typePong || len(f.payload) == 0 {
		return
	}
	var c clientConfig
	if err := json.Unmarshal(f.payload, &c); err != nil {
		s.run.log.Warn("the settings in a pong can't be read", "err", err)
		return
	}
	before := s.interval()
	s.run.setConfig(c)
	if s.interval() < before {
		select {
		case s.faster <- struct{}{}:
		default:
		}
	}
}

// data hands a payload to a handler once it is complete. It waits while all handlers are busy; Feishu's
// further frames then wait in the socket. It fails only when ctx ends.
func (s *socket) data(ctx context.Context, f frame) error {
	switch f.get(keyType) {
	case typeEvent, typeCard:
	default:
		s.run.log.Warn("a data frame of another type is ignored", "type", f.get(keyType))
		return nil
	}
	payload := f.payload
	if sum := f.number(keySum); sum > 1 {
		whole, complete, ok := s.parts.add(f.get(keyMessageID), sum, f.number(keySeq), f.payload)
		if !ok {
			s.run.log.Warn("a part that can't be is ignored", "sum", sum, "seq", f.get(keySeq), "message_id", f.get(keyMessageID))
		}
		if !complete {
			return nil
		}
		payload = whole
	}
	received := s.run.l.o.Now()
	select {
	case s.run.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	// A handler outlives its connection: what it stores counts, even if its answer finds no way back.
	// It ends with Listen.
	s.run.handlers.Go(func() {
		defer func() { <-s.run.slots }()
		s.handle(f, payload, received)
	})
	return nil
}

// handle stores one payload and acknowledges it.
func (s *socket) handle(f frame, payload []byte, received time.Time) {
	started := time.Now()
	code, data, written := s.take(f, payload, received)
	if written != nil {
		defer written()
	}
	ack := f
	ack.headers = append(append([]header{}, f.headers...), header{keyBizRT, strconv.FormatInt(time.Since(started).Milliseconds(), 10)})
	ack.payload = ackPayload(code, data)

	// The answer may also go over the connection that came after ours, as with the vendor's own client.
	to := s
	if now := s.run.current(); now != nil {
		to = now
	}
	if err := to.send(ack); err != nil {
		s.run.log.Warn("an answer could not be sent; the event comes again and is known by then",
			"err", err, "message_id", f.get(keyMessageID))
	}
}

// take decodes and stores one payload. data is the body for a press, nil otherwise; written is to be
// called after the answer went out, and may be nil.
func (s *socket) take(f frame, payload []byte, received time.Time) (code int, data []byte, written func()) {
	log := s.run.log.With("message_id", f.get(keyMessageID), "trace_id", f.get(keyTraceID))
	defer func() {
		if p := recover(); p != nil {
			log.Error("handling a payload panicked", "panic", p)
			code, data = http.StatusInternalServerError, nil
		}
	}()
	ctx, cancel := context.WithTimeout(s.run.ctx, handleTimeout)
	defer cancel()

	d, err := s.run.l.o.Decode(ctx, payload, received)
	if err != nil {
		log.Error("a payload can't be understood", "err", err, "bytes", len(payload))
		return http.StatusInternalServerError, nil, nil
	}
	resp, err := s.run.sink(ctx, d)
	written = resp.Written
	if err != nil {
		log.Error("a payload was not stored; Feishu will send it again", "err", err)
		return http.StatusInternalServerError, nil, written
	}
	if resp.Status >= http.StatusBadRequest {
		return http.StatusInternalServerError, nil, written
	}
	if wantsAnswer(d) {
		data = resp.Body
	}
	return http.StatusOK, data, written
}

func wantsAnswer(d adapters.Delivery) bool {
	for _, ev := range d.Events {
		if ev.Reply.Mode == event.ReplyAnswer {
			return true
		}
	}
	return false
}

// ackPayload is what an acknowledgement carries: {"code":200,"headers":null,"data":null}, data in base64.
func ackPayload(code int, data []byte) []byte {
	if len(data) == 0 {
		data = nil
	}
	b, err := json.Marshal(struct {
		Code    int               `json:"code"`
		Headers map[string]string `json:"headers"`
		Data    []byte            `json:"data"`
	}{code, nil, data})
	if err != nil {
		panic("longconn: an int and bytes could not be encoded: " + err.Error()) // can't happen
	}
	return b
}

// send writes one frame.
func (s *socket) send(f frame) error {
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.BinaryMessage, f.marshal())
}
