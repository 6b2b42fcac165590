package workflows

import (
	"time"

	"magpie/adapters/card"
)

// Explainer is a Program that can tell how far an instance is and why. It is for tests of workflows,
// dry runs and timelines; the engine does not need it.
type Explainer interface {
	Explain(in Instance) (Explanation, error)
}

// Explanation is an instance as a list of steps.
type Explanation struct {
	Status Status
	Title  string
	Steps  []ExplainedStep // in the order in which they were reached
	CC     []string        // persons told
	Kept   []string        // fields that a refused form must correct
}

// ExplainedStep is one step that was reached.
type ExplainedStep struct {
	ID      string
	Name    string
	Round   int
	State   string          // waiting, open, passed, failed, skipped, canceled
	Why     string          // why it was skipped, or what decides it, for people
	Seats   []ExplainedSeat // who was asked, in order
	DueAt   time.Time       // zero: no deadline
	DueRule string          // how DueAt was computed
	Guessed bool            // DueAt reaches into a year without holiday data
}

// ExplainedSeat is one person asked.
type ExplainedSeat struct {
	Person string
	Name   string
	State  TaskState // "" when it is not their turn yet
	Why    string    // why it was decided without them
}

// LossAccepter is a Program whose author says what its cards may lose, by suite. It is for magpie check.
type LossAccepter interface {
	AcceptedLosses() map[string][]card.Severity
}
