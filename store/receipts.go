package store

import (
	"context"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// The interfaces of the runtimes, webhook.Inbox and delivery.Outbox, are asserted where cmd wires them.
var _ workflows.Store = (*Store)(nil)

// Receipt is one row of who read or acknowledged a message.
type Receipt struct {
	Account string    `json:"account"` // the account's key: platform, kind, tenant, app, id
	State   string    `json:"state"`
	Person  string    `json:"person,omitempty"`
	Source  string    `json:"source"`
	At      time.Time `json:"at"`
}

// ReceiptsOf lists who read or acknowledged a message, the first first. Of one account and state the
// first report counts.
func (s *Store) ReceiptsOf(ctx context.Context, message event.Ref) ([]Receipt, error) {
	var list []Receipt
	err := s.read(ctx, "SELECT account, state, person, source, at FROM receipt WHERE message = ? ORDER BY at, account, state",
		[]any{refKey(message)}, func(scan scanFunc) error {
			var r Receipt
			var at int64
			err := scan(&r.Account, &r.State, &r.Person, &r.Source, &at)
			r.At = fromMillis(at)
			list = append(list, r)
			return err
		})
	return list, wrap("receipts", err)
}
