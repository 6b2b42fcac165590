package stream

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/dingtalk"
)

// Codes of an acknowledgement.
const (
	codeOK     = 200
	codeFailed = 500
)

// afterAck is how long the kit takes to write an acknowledgement after it was given: it does not tell. What waits
// for the answer waits a little longer by itself.
const afterAck = 20 * time.Millisecond

// frame takes one frame in and says what it is acknowledged with. An error of decoding is acknowledged too, since the
// same frame would fail again; one of the store is not.
func (ln *line) frame(ctx context.Context, f dingtalk.Frame) Ack {
	if !ln.taking.begin() {
		return later(f)
	}
	defer ln.taking.done()
	ln.mu.Lock()
	ln.heard = ln.l.o.Now()
	ln.mu.Unlock()

	// The connection may end while the frame is being stored: what was read is taken in.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTimeout)
	defer cancel()
	d, err := ln.l.o.Decode(ctx, f, ln.l.o.Now())
	if err != nil {
		ln.log.Warn("a frame can't be understood and is dropped", "type", f.Type, "topic", f.Topic, "event", f.Headers["eventType"], "err", err)
		return ackFor(f, adapters.Response{})
	}
	resp := d.Response
	if len(d.Events) > 0 {
		if resp, err = ln.sink(ctx, d); err != nil {
			return later(f)
		}
	}
	if resp.Written != nil {
		time.AfterFunc(afterAck, resp.Written)
	}
	return ackFor(f, resp)
}

// ackFor acknowledges a frame: an event with its status, a callback with the answer under response.
// Source: DingTalk developer handbook, "Stream protocol", checked 2026-08.
func ackFor(f dingtalk.Frame, r adapters.Response) Ack {
	if f.Type != "CALLBACK" {
		return Ack{codeOK, `{"status":"SUCCESS","message":"OK"}`}
	}
	answer := strings.TrimSpace(string(r.Body))
	if answer == "" || !json.Valid([]byte(answer)) {
		answer = "null"
		if f.Topic == dingtalk.TopicCard {
			answer = "{}"
		}
	}
	return Ack{codeOK, `{"response":` + answer + `}`}
}

// later has DingTalk send the frame again.
func later(f dingtalk.Frame) Ack {
	if f.Type == "CALLBACK" {
		return Ack{codeFailed, `{"response":null}`}
	}
	return Ack{codeFailed, `{"status":"LATER","message":"not stored"}`}
}
