package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// Options are what an Engine is made of. Store, People, Runtime and Key are required.
type Options struct {
	Store  workflows.Store
	People workflows.People
	// Runtime returns the programs and templates in force. It is called once for each event, so that a
	// reload takes effect with the next one. It must be cheap and safe for concurrent use.
	Runtime func() *Runtime
	// Key signs the tokens of buttons: the same for all processes on one store, at least 32 bytes.
	Key []byte
	// Platform tells the suite of a connection, "" when there is none of that name.
	Platform func(connection string) string
	// Kick tells the delivery which outbox rows were just written. Optional.
	Kick func(ids []string)
	// Learn is asked about an account that no person is linked to: it may look the account up and link it.
	// workflows.ErrNotFound is "the suite does not name them to us"; any other error is "could not ask", and
	// the event comes again. Optional.
	Learn func(ctx context.Context, connection string, refs []event.Ref) error
	// Files tells whose a file is, workflows.ErrNotFound. nil: no form holds files.
	Files func(ctx context.Context, id string) (workflows.KeptFile, error)
	// Page gives the address of a page of ours, "" when there are none. It is asked for each card that is drawn
	// for a person, so it must be cheap, pure but for the clock, and safe for concurrent use. Optional.
	Page func(Page) string
	// Desk is shown what people write to the bot before any flow is, and answers what is about themselves rather
	// than about a flow; ok is false for all else. It may be asked twice. Optional.
	Desk func(ctx context.Context, ev event.Event) (answer []workflows.Effect, ok bool, err error)
	// Lists answers for the slots of the desk: cards that show no instance, but what is stored about many. Optional.
	Lists Lists
	// Directory is given the directory events, to keep people fresh. Optional.
	Directory func(ctx context.Context, ev event.Event) error

	Now     func() time.Time // default time.Now
	Log     *slog.Logger     // default discards
	Workers int              // events handled at once in the background; default 8
	// Hold is how long the cards that follow a press wait for the answer to be written, if nobody
	// releases them; default 3 s, the vendor's own patience.
	Hold time.Duration
	// Lease is how long this process may work on a polled event or timer; default 30 s.
	Lease time.Duration
	// Poll is the pause between looks for due work; default 1 s, jittered.
	Poll time.Duration
}

// DeskSlots begins the slots of the desk's cards, where those of others begin with their instance.
const DeskSlots = "desk"

// Lists is who answers for the slots of the desk. It may be asked twice for the same press.
type Lists interface {
	// Press judges a button; the slot in its body is without DeskSlots. The Outcome has no instance. A *Refusal is
	// shown to the person, other errors mean that it should be tried again.
	Press(ctx context.Context, ev event.Event) (workflows.Outcome, error)
	// Card says what a slot shows now, workflows.ErrNotFound.
	Card(ctx context.Context, slot string) (template string, view any, err error)
}

// Page is what an address leads to: the card of a slot, for one person.
type Page struct {
	Slot       string // "<instance>/<slot>"
	Person     string // person id: nobody else may see it
	Connection string // that the card goes to, "" when it goes nowhere
	Verb       string // the one act to ask for; "" for the whole card
}

// Engine runs programs. Its methods may be called concurrently.
type Engine struct {
	o       Options
	work    chan workflows.Leased
	wake    chan struct{} // something was put into the inbox that need not wait for the poll
	turns   turns
	stripes [stripes]stripe
	late    backlog
}

// maxQueue bounds the events handed over in memory; what does not fit is found by the poll.
const maxQueue = 1024

// New makes an Engine. Background work starts with Run; Process works without it.
func New(o Options) (*Engine, error) {
	if o.Store == nil || o.People == nil || o.Runtime == nil {
		return nil, errors.New("engine: Store, People and Runtime are required")
	}
	if len(o.Key) < 32 {
		return nil, errors.New("engine: the signing key needs at least 32 bytes")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Kick == nil {
		o.Kick = func([]string) {}
	}
	if o.Platform == nil {
		o.Platform = func(string) string { return "" }
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.Hold <= 0 {
		o.Hold = 3 * time.Second
	}
	if o.Lease <= 0 {
		o.Lease = 30 * time.Second
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	return &Engine{o: o, work: make(chan workflows.Leased, maxQueue), wake: make(chan struct{}, 1)}, nil
}

// Result is what became of one event.
type Result struct {
	Toast    *card.Toast // what to answer the person with; nil: nothing
	Held     []string    // outbox rows that wait until the answer is written
	Instance string
	What     string // "stepped", "refused:…", "ignored", …: stored with the event
}

// Process handles an event now. A leased one is still in the inbox when Process returns an error, and the
// poll of some process finishes it after the lease. One without an ID is not stored yet: it is stored
// together with its outcome, in one transaction, and on an error (workflows.ErrDuplicate among them) it is
// the caller's to store. hold makes the outgoing messages wait for a release.
func (e *Engine) Process(ctx context.Context, l workflows.Leased, hold bool) (Result, error) {
	if l.ID == "" {
		return e.guarded(ctx, l, hold)
	}
	return e.handle(ctx, l, hold)
}

// Enqueue hands a leased event over to the background workers. It never blocks: when they are behind, the
// event is left to the poll.
func (e *Engine) Enqueue(l workflows.Leased) {
	select {
	case e.work <- l:
	default:
		e.o.Log.Warn("engine is behind; the event is left to the poll", "event", l.ID)
	}
}

// now is the time of a command: UTC, milliseconds, as stored.
func (e *Engine) now() time.Time { return e.o.Now().UTC().Truncate(time.Millisecond) }
