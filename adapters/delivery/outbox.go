package delivery

import (
	"context"
	"time"

	"magpie/adapters"
)

// Outbox is the durable queue of what must leave. Safe for concurrent use, by several processes.
type Outbox interface {
	// Lease takes up to n rows that are due.
	Lease(ctx context.Context, now time.Time, n int, lease time.Duration) ([]adapters.Outgoing, error)
	// LeaseIDs takes the rows named, due or not: those that this process has just written or released.
	// Rows that are gone or taken are left out.
	LeaseIDs(ctx context.Context, ids []string, now time.Time, lease time.Duration) ([]adapters.Outgoing, error)
	// Sent records the message of a slot and the revision shown, and removes the row, all in one
	// transaction. When a newer content came meanwhile the row stays, due at once.
	// workflows.ErrLeaseLost when the lease was lost: the slot is recorded all the same.
	Sent(ctx context.Context, o adapters.Outgoing, ref adapters.MessageRef, at time.Time) error
	// Reschedule gives the row back. uncertain: the outcome of this attempt is unknown. An empty cause means
	// that nothing was tried (a budget, a pause, a shutdown): the attempt does not count, so that the next
	// lease shows the same Attempt again.
	Reschedule(ctx context.Context, o adapters.Outgoing, at time.Time, cause string, uncertain bool) error
	// Bury keeps the row as a dead letter, for a person to look at.
	Bury(ctx context.Context, o adapters.Outgoing, cause string) error
}
