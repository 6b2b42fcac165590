package feishu

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// shape is which of Feishu's four kinds of body one is.
type shape int

const (
	shapeEvent     shape = iota // schema 1.0 or 2.0
	shapeChallenge              // url_verification
	shapePress                  // the old card callback, flat, without an envelope
)

// legacyPress is the type we give to the old card callback, whose body does not name one.
const legacyPress = "card.action.trigger_v1"

// callback is what stands around an event, in one form for both schemas. The event's own fields stay in
// event and are never mixed with the envelope's: uuid and event_type mean different things inside.
//
// Source: Feishu Open Platform, "Event structure", schemas 1.0 and 2.0, checked 2026-11.
type callback struct {
	shape     shape
	eventType string
	id        string // event_id (2.0) or uuid (1.0); the vendor's delivery id
	at        time.Time
	token     string
	appID     string
	tenant    string
	challenge string
	event     json.RawMessage // an object
	raw       []byte          // the whole body, decrypted
}

// parseCallback reads a plain body. It fails if b is not one JSON object, if a key of the envelope comes
// twice, or if the body has none of the known shapes.
func parseCallback(b []byte) (callback, error) {
	var m object
	if err := m.read(b); err != nil {
		return callback{}, err
	}
	kind := m.text("type")
	e := callback{raw: b, event: m.get("event")}
	switch {
	case kind == "url_verification":
		e.shape, e.token, e.challenge = shapeChallenge, m.text("token"), m.text("challenge")
		return e, nil
	case m.get("schema") != nil:
		return e, e.readV2(&m)
	case kind == "event_callback":
		return e, e.readV1(&m)
	case m.get("action") != nil && m.get("event") == nil && m.get("header") == nil:
		e.shape, e.eventType, e.event = shapePress, legacyPress, b
		e.tenant = m.text("tenant_key")
		return e, nil
	}
	return callback{}, errors.New("neither an event nor a card callback")
}

// unreadable is the type of an authentic body that is none of Feishu's, be it no JSON at all.
const unreadable = "unreadable"

// unknownCallback keeps such a body, as an event that nobody knows: refused it would be repeated, and then lost.
func unknownCallback(b []byte) callback {
	return callback{eventType: unreadable, raw: b}
}

// readV2 reads schema 2.0. A newer schema is read the same way: what it means is then up to the decoders.
func (e *callback) readV2(m *object) error {
	var h object
	if err := h.read(m.get("header")); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	e.eventType, e.id, e.token = h.text("event_type"), h.text("event_id"), h.text("token")
	e.appID, e.tenant = h.text("app_id"), h.text("tenant_key")
	if e.at = parseTime(h.text("create_time")); e.at.IsZero() {
		e.at = parseTime(h.text("event_create_time")) // seen in approval.approval.updated_v4
	}
	if e.eventType == "" {
		return errors.New("header without event_type")
	}
	return e.readEvent()
}

// readV1 reads schema 1.0, whose app and tenant stand inside the event.
func (e *callback) readV1(m *object) error {
	var ev object
	if err := ev.read(e.event); err != nil {
		return fmt.Errorf("event: %w", err)
	}
	e.id, e.token, e.at = m.text("uuid"), m.text("token"), parseTime(m.text("ts"))
	e.eventType, e.appID, e.tenant = ev.text("type"), ev.text("app_id"), ev.text("tenant_key")
	if e.eventType == "" {
		return errors.New("event without type")
	}
	return nil
}

// readEvent makes sure that there is an event object to decode, be it an empty one.
func (e *callback) readEvent() error {
	if len(e.event) == 0 || string(e.event) == "null" {
		e.event = json.RawMessage("{}")
		return nil
	}
	var ev object
	if err := ev.read(e.event); err != nil {
		return fmt.Errorf("event: %w", err)
	}
	return nil
}

// key is what identifies the delivery when the vendor's id is missing: the same bytes are the same event.
func (e *callback) key() string {
	if e.id != "" {
		return e.id
	}
	sum := sha256.Sum256(e.raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}
