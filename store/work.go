package store

import (
	"context"

	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	sqlOpenOf    = "SELECT " + taskColumns + " FROM task WHERE person = ? AND state = 'open' AND closed_at = 0 ORDER BY opened_at LIMIT ? OFFSET ?"
	sqlDecidedOf = "SELECT " + taskColumns + " FROM task WHERE person = ? AND state <> 'open' AND closed_at > 0 AND state <> 'told' ORDER BY closed_at DESC LIMIT ? OFFSET ?"
	sqlToldOf    = "SELECT " + taskColumns + " FROM task WHERE person = ? AND state <> 'open' AND closed_at > 0 AND state = 'told' ORDER BY closed_at DESC LIMIT ? OFFSET ?"
	sqlStartedBy = "SELECT " + instanceColumns + " FROM instance WHERE initiator = ? ORDER BY created_at DESC LIMIT ? OFFSET ?"
)

// maxSkip bounds how deep a list is paged into: what is skipped is read all the same.
const maxSkip = 10_000

// OpenWork lists what waits for a person's decision, the oldest first.
func (s *Store) OpenWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error) {
	list, err := s.tasks(ctx, sqlOpenOf, person, limit, min(skip, maxSkip))
	return list, wrap("open work of "+person, err)
}

// DecidedWork lists the tasks of a person that are over, the newest first: their own decisions, and what
// others or time decided for them.
func (s *Store) DecidedWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error) {
	list, err := s.tasks(ctx, sqlDecidedOf, person, limit, min(skip, maxSkip))
	return list, wrap("decided work of "+person, err)
}

// StartedWork lists what a person has started, drafts included, the newest first.
func (s *Store) StartedWork(ctx context.Context, person string, skip, limit int) ([]workflows.Instance, error) {
	var list []workflows.Instance
	err := s.read(ctx, sqlStartedBy, []any{person, limit, min(skip, maxSkip)}, func(scan scanFunc) error {
		i, err := scanInstance(scan)
		list = append(list, i)
		return err
	})
	return list, wrap("started work of "+person, err)
}

// ToldWork lists what a person was told of without having to decide, the newest first.
func (s *Store) ToldWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error) {
	list, err := s.tasks(ctx, sqlToldOf, person, limit, min(skip, maxSkip))
	return list, wrap("what "+person+" was told of", err)
}

// SlotShownBy tells which of some slots was last shown by a message; "" when none was.
func (s *Store) SlotShownBy(ctx context.Context, slots []string, message event.Ref) (string, error) {
	shown, err := s.shownSlots(ctx, slots)
	if err != nil {
		return "", wrap("find the slot of a message", err)
	}
	for _, id := range slots {
		if m := shown[id].Ref.Message; m.ID != "" && m.ID == message.ID && m.Scope.Platform == message.Scope.Platform && m.Scope.Tenant == message.Scope.Tenant {
			return id, nil
		}
	}
	return "", nil
}
