package adapters

import (
	"time"

	"magpie/adapters/card"
)

// Lease gives one process the right to work on a stored row until a time. The token fences every write
// back: a process whose lease ran out and was taken by another can't finish the row.
type Lease struct {
	Token string
	Until time.Time
}

// Stored is what the inbox says of an event that was put in.
type Stored struct {
	Token string      // of the lease, when New
	ID    string      // id of the inbox row
	New   bool        // false: this delivery came before
	Done  bool        // it has been handled already
	Toast *card.Toast // the stored outcome, if it has been handled and had one
}

// Outgoing is one leased outbox row.
type Outgoing struct {
	ID        string // id of the job row
	Lease     Lease
	Attempt   int // 1 at the first try
	Gen       int64
	Message   card.Message
	Ref       *MessageRef // the slot's message, nil before the first send; for an urge, the message to urge
	ShownRev  int64       // revision that the slot's message shows
	Uncertain bool        // an earlier attempt ended with an unknown outcome
	CreatedAt time.Time
}
