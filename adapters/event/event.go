package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Event is one thing that happened, as stored in the inbox and as given to a program.
// It is a value: nobody changes an Event that another goroutine may hold.
type Event struct {
	ID         string        `json:"id"`                 // idempotency key inside the connection: the business id ("msg:om_…", "act:…", "ev:…")
	Delivery   string        `json:"delivery,omitempty"` // the vendor's delivery id; kept, never the only key
	Kind       Kind          `json:"kind"`
	Connection string        `json:"connection"` // name in the config; Scope is what identities are stored under
	Scope      Scope         `json:"scope"`
	At         time.Time     `json:"at,omitzero"` // the vendor's time; zero if none was given
	ReceivedAt time.Time     `json:"received_at,omitzero"`
	Actor      Actor         `json:"actor,omitzero"`
	Conv       *Conversation `json:"conv,omitempty"`
	Body       Body          `json:"body,omitempty"` // typed per Kind; nil for KindUnknown
	Reply      ReplyContract `json:"reply,omitzero"`
	VendorType string        `json:"vendor_type,omitempty"` // "im.message.receive_v1"
	TraceID    string        `json:"trace_id,omitempty"`
	Post       *Post         `json:"post,omitempty"` // of an event of our own that is addressed; never set on what comes from outside
	Raw        []byte        `json:"-"`              // decrypted body; stored in a column of its own, redacted on export
}

// Body is one of the body types of this package, always as a pointer.
type Body interface{ isBody() }

// UnmarshalJSON decodes the body by the kind. A body of an unknown kind is an error: events are
// read back only from our own store.
func (e *Event) UnmarshalJSON(b []byte) error {
	type plain Event
	in := struct {
		*plain
		Body json.RawMessage `json:"body"`
	}{plain: (*plain)(e)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if len(in.Body) == 0 || bytes.Equal(in.Body, []byte("null")) {
		e.Body = nil
		return nil
	}
	body := newBody(e.Kind)
	if body == nil {
		return fmt.Errorf("event %s: kind %q has no body", e.ID, e.Kind)
	}
	if err := json.Unmarshal(in.Body, body); err != nil {
		return fmt.Errorf("event %s: decode %s body: %w", e.ID, e.Kind, err)
	}
	e.Body = body
	return nil
}

// ActorType says what acted.
type ActorType string

const (
	ActorUser     ActorType = "user"
	ActorBot      ActorType = "bot"
	ActorSystem   ActorType = "system"   // the suite itself ("sys" of WeCom), or our own timers
	ActorExternal ActorType = "external" // a person of another tenant
)

// Actor is who did it, as the suite names them.
type Actor struct {
	Ref     Ref       `json:"ref,omitzero"`
	Aliases []Ref     `json:"aliases,omitempty"` // the other ids of the same account
	Person  string    `json:"person,omitempty"`  // our person id once linked; "" while unknown
	Name    string    `json:"name,omitempty"`
	Type    ActorType `json:"type,omitempty"`
}

// Refs returns the actor's ids, the app's own first.
func (a Actor) Refs() []Ref {
	if a.Ref.IsZero() {
		return a.Aliases
	}
	return append([]Ref{a.Ref}, a.Aliases...)
}

// ConvType is the shape of a conversation.
type ConvType string

const (
	ConvDirect ConvType = "direct"
	ConvGroup  ConvType = "group"
	ConvThread ConvType = "thread"
)

// Conversation is where it happened.
type Conversation struct {
	Ref    Ref      `json:"ref"`
	Type   ConvType `json:"type"`
	Parent *Ref     `json:"parent,omitempty"`
	Title  string   `json:"title,omitempty"`
	ToBot  bool     `json:"to_bot,omitempty"` // a direct message, or the bot was mentioned
}

// ReplyMode says what the sender of the event waits for.
type ReplyMode string

const (
	ReplyNone   ReplyMode = ""       // nothing: the transport has its own acknowledgement
	ReplyAck    ReplyMode = "ack"    // a bare acknowledgement, once stored
	ReplyAnswer ReplyMode = "answer" // the outcome belongs into the answer (a press on a card)
)

// ReplyContract is what an answer may use, and until when.
type ReplyContract struct {
	Mode     ReplyMode `json:"mode,omitempty"`
	Deadline time.Time `json:"deadline,omitzero"` // ReceivedAt + the vendor's budget
	Handles  []Handle  `json:"handles,omitempty"` // what may still be used later
}

// Handle is a one-time or short-lived right to answer later. Its value is a secret of a kind:
// String does not show it.
type Handle struct {
	Kind    string    `json:"kind"` // "feishu.click_token", "wecom.response_code", …
	Value   string    `json:"value"`
	Uses    int       `json:"uses"` // how often it may be used; 0 is without a limit
	Expires time.Time `json:"expires,omitzero"`
	// Update: it changes the card that was pressed, and the suite has no better way to: the engine hands it
	// on with the next change of that card.
	Update bool `json:"update,omitempty"`
}

// String hides the value.
func (Handle) String() string { return "<handle>" }

// GoString hides the value from %#v as well.
func (Handle) GoString() string { return "<handle>" }
