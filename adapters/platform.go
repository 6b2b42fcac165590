package adapters

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// Platform is what every suite really has. Implementations are safe for concurrent use.
type Platform interface {
	// Receive authenticates one inbound call first, then decodes it. It never blocks on the network.
	// Errors: KindUnauthenticated when it is not authentic (whatever the reason: the caller answers 401
	// and logs the reason), KindInvalid when it is authentic but can't be understood at all. An authentic
	// event of an unknown type is not an error: it comes back as event.KindUnknown.
	Receive(ctx context.Context, r Request) (Delivery, error)
	// Send sends one message once. It does not retry. The error's Kind tells the caller what to do;
	// KindUnknown means that the vendor may or may not have accepted it.
	Send(ctx context.Context, m card.Message) (MessageRef, error)
	// Capabilities says what the suite can do, as data. The answer never changes for a Platform.
	Capabilities() Capabilities
}

// Request is one inbound HTTP call, body read and capped.
type Request struct {
	Method     string
	Header     http.Header
	Query      url.Values
	Body       []byte
	ReceivedAt time.Time
}

// Delivery is an authenticated inbound call, decoded.
type Delivery struct {
	// Events are stored, in order, before anything is answered. Their Connection and ReceivedAt are
	// filled in by the caller. Empty for a handshake.
	Events []event.Event
	// Response is written once the events are stored, unless an event wants an Answer.
	Response Response
}

// Response is what goes back to the vendor. The zero Response is 200 with an empty body.
type Response struct {
	Status      int // 0 is 200
	ContentType string
	Body        []byte
	// Written, when set, is to be called once the response has gone out or could not: what had to wait for
	// it leaves then. A long connection that can't tell may leave it out; the wait then ends by itself
	// after half a second. Set by the Sink, never by a Platform.
	Written func()
}

// Answerer encodes the outcome of an event whose Reply.Mode is event.ReplyAnswer. Pure, no I/O.
// A nil toast means "nothing to say", and the answer then leaves the card as it is.
type Answerer interface {
	EncodeAnswer(ev event.Event, toast *card.Toast) (Response, error)
}

// MessageRef is a message as the vendor knows it, kept in the slot.
type MessageRef struct {
	Message event.Ref      `json:"message"`
	Chat    event.Ref      `json:"chat,omitzero"`
	Handles []event.Handle `json:"handles,omitempty"` // one-time update rights
	SentAt  time.Time      `json:"sent_at,omitzero"`
	Losses  []card.Loss    `json:"losses,omitempty"` // of what was sent last
	Card    string         `json:"card,omitempty"`   // digest of what was sent last; delivery sets it
}

// Updater replaces the card of a message that was sent before. Which way it goes (by message id, by a
// handle) is the suite's business; a spent or expired reference is KindGone, and the caller sends anew.
type Updater interface {
	// Update returns the reference to use next time: some suites hand out one-use references.
	Update(ctx context.Context, ref MessageRef, m card.Message) (MessageRef, error)
}

// LateAnswerer changes the card that was pressed through the press's own handle (Feishu's delayed update).
type LateAnswerer interface {
	AnswerLate(ctx context.Context, h event.Handle, c card.Card) error
}

// Recaller takes a message back.
type Recaller interface {
	Recall(ctx context.Context, ref MessageRef) error
}

// Urger makes people look at a message. The answer names those who could not be reached.
type Urger interface {
	Urge(ctx context.Context, ref MessageRef, level card.UrgeLevel, to []event.Ref) (unreached []event.Ref, err error)
}

// ReceiptReader asks who has read a message: readers only, the caller knows the audience.
type ReceiptReader interface {
	Readers(ctx context.Context, ref MessageRef) ([]Reader, error)
}

// Reader is one person who has read a message.
type Reader struct {
	Ref event.Ref
	At  time.Time
}

// Directory pulls people. A page that fails makes the whole call fail: half a directory is never returned.
type Directory interface {
	Departments(ctx context.Context) ([]event.Department, error)
	Accounts(ctx context.Context) ([]event.Account, error)
	// Account reads one person. KindNotFound, KindForbidden (outside the app's scope).
	Account(ctx context.Context, ref event.Ref) (event.Account, error)
}

// Grouper is a Directory that also reads the groups of people that the suite keeps beside departments: user groups,
// roles, tags. As with Directory, half of them are never returned. KindForbidden says what to grant the app.
type Grouper interface {
	Groups(ctx context.Context) ([]event.UserGroup, error)
}

// ChatManager makes groups and changes their members.
type ChatManager interface {
	Chats(ctx context.Context) ([]event.Chat, error)
	CreateChat(ctx context.Context, key, title string, members []event.Ref) (event.Ref, error)
	AddMembers(ctx context.Context, chat event.Ref, members []event.Ref) (refused []event.Ref, err error)
	Members(ctx context.Context, chat event.Ref) ([]event.Ref, error)
}

// CardEncoder draws a neutral card for its suite. Pure, no I/O: the same function serves sending,
// preview and magpie check. An error means that the card can't be drawn at all.
type CardEncoder interface {
	EncodeCard(c card.Card, o EncodeOptions) (Wire, []card.Loss, error)
}

// EncodeOptions are what an encoder needs beside the card.
type EncodeOptions struct {
	Lang  string // "" is the card's first language
	Level int    // 0 is the full card; each level above is a plainer construction, used after the vendor refused the one before
}

// Wire is an encoded card: the bytes the vendor gets, and what kind of message carries them.
type Wire struct {
	Kind string // vendor's message type: "interactive", "markdown", …
	Body []byte
}

// Listener holds a long connection. Listen returns when ctx ends (nil) or when the vendor refuses for
// good; it reconnects by itself. sink stores the delivery and returns what to answer; it may be called
// concurrently.
type Listener interface {
	Listen(ctx context.Context, sink Sink) error
}

// Sink takes a delivery in. An error means "not stored": the vendor must be told to send it again.
type Sink func(ctx context.Context, d Delivery) (Response, error)

// Env is what a Platform is made with, beside its settings.
type Env struct {
	HTTP *http.Client     // nil: a client with a 10 s time-out
	Now  func() time.Time // nil: time.Now
	Log  *slog.Logger     // nil: discards
	// Shared is what the processes share; nil: each process is on its own.
	Shared Shared
}

// Factory makes the Platform of a connection. It decodes c.Settings strictly and reports every mistake
// at once as config.Problems. It does no I/O.
type Factory func(c config.Connection, env Env) (Platform, error)
