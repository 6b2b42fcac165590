package dingtalk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"magpie/adapters/event"
)

// envelope is one event, whichever way it came: over HTTP all is one flat object, over the stream the frame's
// headers hold what is around the business object.
type envelope struct {
	typ    string
	id     string
	corp   string
	at     time.Time
	random string // of a suite's handshake
	data   []byte // the object that holds the business fields
	frame  string // messageId of the frame; "" over HTTP
	raw    []byte
}

// unreadable is the type of a body that is authentic and no event, be it no JSON at all.
const unreadable = "unreadable"

// flatEnvelope reads the decrypted body of an event over HTTP.
func flatEnvelope(plain []byte) (envelope, error) {
	if !isObject(plain) {
		return envelope{}, errNoObject
	}
	// Field names are matched without regard to case: both EventType and eventType occur, at times in one body.
	var in struct {
		Type   looseText `json:"EventType"`
		ID     looseText `json:"eventId"`
		Corp   looseText `json:"CorpId"`
		At     looseTime `json:"EventTime"`
		Random looseText `json:"Random"`
	}
	if err := decodeLenient(plain, &in); err != nil {
		return envelope{}, err
	}
	return envelope{
		typ: string(in.Type), id: string(in.ID), corp: string(in.Corp), at: in.At.Time, random: string(in.Random),
		data: plain, raw: plain,
	}, nil
}

// Frame is one frame of the stream connection, as far as it concerns us.
type Frame struct {
	Type    string            // EVENT or CALLBACK
	Topic   string            // of a callback; that of an event says nothing
	Headers map[string]string // all of them
	Data    string            // JSON
}

// frameEnvelope reads an event of the stream.
func frameEnvelope(f Frame) (envelope, error) {
	data := []byte(f.Data)
	if !isObject(data) || !json.Valid(data) {
		return envelope{}, errNoObject
	}
	return envelope{
		typ: f.Headers["eventType"], id: f.Headers["eventId"], corp: f.Headers["eventCorpId"],
		at: parseTime(f.Headers["eventBornTime"]), data: data, frame: f.Headers["messageId"], raw: data,
	}, nil
}

// delivery is the vendor's own name of the delivery.
func (e envelope) delivery() string {
	if e.frame != "" {
		return e.frame
	}
	return e.id
}

// key identifies the event: its own id, or for the few kinds that come without one what makes them unique.
func (e envelope) key() string {
	if e.id != "" {
		return e.id
	}
	var in struct {
		Book looseText `json:"bookId"`
		Sub  looseText `json:"eventSubType"`
	}
	if decodeLenient(e.data, &in) == nil && in.Book != "" {
		return strings.Join([]string{e.typ, string(in.Book), string(in.Sub)}, ":")
	}
	sum := sha256.Sum256(e.data)
	return hex.EncodeToString(sum[:16])
}

// base is what all events have in common.
func (r *receiver) base(received time.Time) event.Event {
	return event.Event{
		Kind:       event.KindUnknown,
		Scope:      event.Scope{Platform: Name, Tenant: r.cfg.CorpID, App: r.cfg.ClientID},
		ReceivedAt: received,
		Reply:      event.ReplyContract{Mode: event.ReplyAck, Deadline: received.Add(answerBudget)},
	}
}
