package workflows

import (
	"context"
	"errors"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Errors of a Store, to be tested with errors.Is.
var (
	ErrNotFound = errors.New("not found")
	// ErrConflict: the instance's revision moved on. Load again and judge again.
	ErrConflict = errors.New("the revision moved on")
	// ErrDuplicate: an event that should be stored together with its outcome is stored already.
	ErrDuplicate = errors.New("the event is stored already")
	// ErrLeaseLost: somebody else works on the event or job now. Stop.
	ErrLeaseLost = errors.New("the lease was lost")
)

// Store is what the engine needs of the database. Safe for concurrent use.
type Store interface {
	// LoadInstance reads one instance, ErrNotFound.
	LoadInstance(ctx context.Context, id string) (Instance, error)
	// PutDefinition keeps a version; the same hash again is a no-op.
	PutDefinition(ctx context.Context, d Definition) error
	// LoadDefinition reads a version, ErrNotFound.
	LoadDefinition(ctx context.Context, id, hash string) (Definition, error)
	// Commit writes one command in one transaction: ErrConflict, ErrLeaseLost, ErrDuplicate. Nothing is
	// written then.
	Commit(ctx context.Context, c Commit) error

	// LeaseEvents takes up to n events whose time has come and that nobody works on.
	LeaseEvents(ctx context.Context, now time.Time, n int, lease time.Duration) ([]Leased, error)
	// LoadEvent reads a stored event and leases it unless it is done or leased by somebody else
	// (ErrLeaseLost); ErrNotFound. token "" takes a new lease, else the caller's own is used.
	LoadEvent(ctx context.Context, id, token string) (Leased, error)
	// EarlierPosts lists the events to an instance that came before one of them and are not handled yet, the first
	// ones first. before is the id of an inbox row.
	EarlierPosts(ctx context.Context, instance, before string) ([]string, error)
	// RetryEvent gives an event back, to be tried again at a time, with the reason.
	RetryEvent(ctx context.Context, l Leased, at time.Time, cause string) error
	// BuryEvent puts an event among the dead letters: kept, shown, replayable.
	BuryEvent(ctx context.Context, l Leased, cause string) error

	// LeaseTimers takes up to n jobs of the queues "timer" and "lookup" that are due.
	LeaseTimers(ctx context.Context, now time.Time, n int, lease time.Duration) ([]LeasedJob, error)
	// RetryJob gives a job back.
	RetryJob(ctx context.Context, j LeasedJob, at time.Time, cause string) error
	// BuryJob keeps it as a dead letter.
	BuryJob(ctx context.Context, j LeasedJob, cause string) error
}

// Leased is an inbox row that this process may work on.
type Leased struct {
	ID      string
	Token   string
	Attempt int // 1 at the first
	Event   event.Event
}

// LeasedJob is a due timer or a lookup to try again.
type LeasedJob struct {
	ID      string
	Token   string
	Gen     int64
	Attempt int
	Queue   Queue
	Timer   event.Timer // QueueTimer
	Lookup  *Pending    // QueueLookup
	DueAt   time.Time
}

// Pending is a lookup that could not be answered at once.
type Pending struct {
	Instance string `json:"instance"`
	Lookup   Lookup `json:"lookup"`
}

// Queue is the kind of work of a Job.
type Queue string

const (
	QueueOut    Queue = "out"    // outbox: Message
	QueueTimer  Queue = "timer"  // Timer
	QueueLookup Queue = "lookup" // Lookup
)

// Job is work due at a time. Putting a Job whose ID exists replaces its content and raises its
// generation; for a card of an older revision than the waiting one nothing happens.
type Job struct {
	ID       string // "card/<slot>", "text/<instance>/<key>", "timer/<instance>/<name>", …
	Queue    Queue
	RunAt    time.Time
	Instance string
	Message  *card.Message
	Timer    *event.Timer
	Lookup   *Pending
	// IfShown: for a card, only when its slot has been sent before (or waits to be).
	IfShown bool
}

// Commit is everything that one command changes. Instance may be nil for events that change none.
type Commit struct {
	Now       time.Time
	Instance  *Instance // with the new Rev, Seq and Head
	ExpectRev int64     // the Rev that must be stored now; 0: the instance must not exist
	Tasks     []Task
	Trail     []Entry // complete, hashes and all
	Jobs      []Job
	Cancel    []string      // job ids; one that is gone is no error
	Posts     []event.Event // events of our own for the inbox; one whose ID is there already is left out
	Receipts  []Receipt

	Event *EventDone // the inbox row that is finished
	Job   *JobDone   // the timer or lookup that is finished
}

// Receipt says that a person has read or acknowledged a message of ours, and how we know.
type Receipt struct {
	Message event.Ref
	Account event.Ref
	Person  string // "" when the account is not linked
	State   string // "read", "acknowledged"
	Source  string // "event", "query", "press"
	At      time.Time
}

// EventDone finishes an inbox row: the one of ID, leased under Token; or New, an event that is stored only
// now, together with its outcome.
type EventDone struct {
	ID, Token string
	New       *event.Event
	Result    string      // "stepped", "refused:not_your_task", "ignored": for explain
	Instance  string      // "" when none was concerned
	Toast     *card.Toast // what a redelivery is answered with
}

// JobDone finishes a job.
type JobDone struct {
	ID, Token string
	Gen       int64
}
