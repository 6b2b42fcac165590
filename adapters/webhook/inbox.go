package webhook

import (
	"context"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Inbox is where events are kept before they are acknowledged.
type Inbox interface {
	// Put stores an event unless one of the same (Connection, ID) is there, and leases it to this
	// process so that nobody else starts on it meanwhile. When it returns, the event is on disk.
	Put(ctx context.Context, ev event.Event, lease time.Duration) (adapters.Stored, error)
	// Backlog tells how many events wait, and since when the first of them is due: a time to come when all
	// are being worked on or wait for another attempt, zero when none waits.
	Backlog(ctx context.Context) (n int, oldest time.Time, err error)
}

// Engine works on stored events.
type Engine interface {
	// Decide handles an event that is not stored yet, now: it stores the event and its outcome in one
	// transaction and gives the outcome. On an error, and when ctx ends, nothing may be stored, or all of
	// it: the caller puts the event into the inbox, which tells.
	Decide(ctx context.Context, ev event.Event) (Outcome, error)
	// Enqueue hands a stored event over to be handled in the background. It never blocks.
	Enqueue(id, token string, ev event.Event)
}

// Outcome of an event that wanted an answer.
type Outcome struct {
	Toast *card.Toast
	// Held are outbox rows that must not leave before the answer is written: an update of a card that is
	// sent before the press on it was answered is refused or reverted by the suite.
	Held []string
}
