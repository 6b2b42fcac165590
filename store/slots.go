package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"magpie/adapters"
)

// Slot is one card of an instance for one address, as it was last shown.
type Slot struct {
	ID         string
	Connection string
	ShownRev   int64
	Ref        adapters.MessageRef
	UpdatedAt  time.Time
}

const slotColumns = "id, connection, shown_rev, message, updated_at"

// Slots lists the slots of an instance that were sent.
func (s *Store) Slots(ctx context.Context, instance string) ([]Slot, error) {
	var list []Slot
	err := s.read(ctx, "SELECT "+slotColumns+" FROM slot WHERE id >= ? AND id < ? ORDER BY id", []any{instance + "/", instance + "0"}, func(scan scanFunc) error {
		sl, err := scanSlot(scan)
		list = append(list, sl)
		return err
	})
	return list, wrap("slots of "+instance, err)
}

// shownSlots reads slots by id; those that were never sent are missing.
func (s *Store) shownSlots(ctx context.Context, ids []string) (map[string]Slot, error) {
	var args []any
	seen := map[string]bool{}
	for _, id := range ids {
		if id != "" && !seen[id] {
			seen[id] = true
			args = append(args, id)
		}
	}
	if len(args) == 0 {
		return nil, nil
	}
	m := make(map[string]Slot, len(args))
	err := s.read(ctx, "SELECT "+slotColumns+" FROM slot WHERE id IN "+marks(len(args)), args, func(scan scanFunc) error {
		sl, err := scanSlot(scan)
		m[sl.ID] = sl
		return err
	})
	return m, err
}

func scanSlot(scan scanFunc) (Slot, error) {
	var sl Slot
	var b []byte
	var at int64
	if err := scan(&sl.ID, &sl.Connection, &sl.ShownRev, &b, &at); err != nil {
		return sl, err
	}
	sl.UpdatedAt = fromMillis(at)
	if err := json.Unmarshal(b, &sl.Ref); err != nil {
		return sl, fmt.Errorf("decode the message of slot %s: %w", sl.ID, err)
	}
	return sl, nil
}
