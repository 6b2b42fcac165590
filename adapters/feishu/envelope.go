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
	if err := checkDepth(b); err != nil {
		return callback{}, err
	}
	m, err := readObject(b)
	if err != nil {
		return callback{}, err
	}
	e := callback{raw: b, event: m["event"]}
	switch {
	case scalarText(m["type"]) == "url_verification":
		e.shape, e.token, e.challenge = shapeChallenge, scalarText(m["token"]), scalarText(m["challenge"])
		return e, nil
	case m["schema"] != nil:
		return e, e.readV2(m)
	case scalarText(m["type"]) == "event_callback":
		return e, e.readV1(m)
	case m["action"] != nil && m["event"] == nil && m["header"] == nil:
		e.shape, e.eventType, e.event = shapePress, legacyPress, b
		e.tenant = scalarText(m["tenant_key"])
		return e, nil
	}
	return callback{}, errors.New("neither an event nor a card callback")
}

// readV2 reads schema 2.0. A newer schema is read the same way: what it means is then up to the decoders.
func (e *callback) readV2(m map[string]json.RawMessage) error {
	h, err := readObject(m["header"])
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	e.eventType, e.id, e.token = scalarText(h["event_type"]), scalarText(h["event_id"]), scalarText(h["token"])
	e.appID, e.tenant = scalarText(h["app_id"]), scalarText(h["tenant_key"])
	if e.at = parseTime(scalarText(h["create_time"])); e.at.IsZero() {
		e.at = parseTime(scalarText(h["event_create_time"])) // seen in approval.approval.updated_v4
	}
	if e.eventType == "" {
		return errors.New("header without event_type")
	}
	return e.readEvent()
}

// readV1 reads schema 1.0, whose app and tenant stand inside the event.
func (e *callback) readV1(m map[string]json.RawMessage) error {
	ev, err := readObject(m["event"])
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	e.id, e.token, e.at = scalarText(m["uuid"]), scalarText(m["token"]), parseTime(scalarText(m["ts"]))
	e.eventType, e.appID, e.tenant = scalarText(ev["type"]), scalarText(ev["app_id"]), scalarText(ev["tenant_key"])
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
	if _, err := readObject(e.event); err != nil {
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
