package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
)

const maxLeaseIDs = 200 // of one statement

// Lease takes up to n outbox rows that are due, the oldest first. See delivery.Outbox.
func (s *Store) Lease(ctx context.Context, now time.Time, n int, lease time.Duration) ([]adapters.Outgoing, error) {
	if n <= 0 {
		return nil, nil
	}
	ids, err := s.dueJobs(ctx, laneOut, millis(now), n)
	if err != nil || len(ids) == 0 {
		return nil, wrap("lease outbox rows", err)
	}
	rows, err := s.leaseJobs(ctx, sqlLeaseJobs, laneOut, ids, now, lease)
	if err != nil {
		return nil, wrap("lease outbox rows", err)
	}
	out, err := s.outgoing(ctx, rows)
	return out, wrap("lease outbox rows", err)
}

// LeaseIDs takes the rows named, due or not. Those that are gone, dead or taken are left out.
func (s *Store) LeaseIDs(ctx context.Context, ids []string, now time.Time, lease time.Duration) ([]adapters.Outgoing, error) {
	var out []adapters.Outgoing
	for len(ids) > 0 {
		n := min(len(ids), maxLeaseIDs)
		part := make([]any, n)
		for i, id := range ids[:n] {
			part[i] = id
		}
		ids = ids[n:]
		rows, err := s.leaseJobs(ctx, sqlLeaseNamed, laneOut, part, now, lease)
		if err != nil {
			return out, wrap("lease outbox rows", err)
		}
		more, err := s.outgoing(ctx, rows)
		if out = append(out, more...); err != nil {
			return out, wrap("lease outbox rows", err)
		}
	}
	return out, nil
}

// outgoing decodes rows and adds what their slots show.
func (s *Store) outgoing(ctx context.Context, rows []jobRow) ([]adapters.Outgoing, error) {
	out := make([]adapters.Outgoing, 0, len(rows))
	slots := make([]string, 0, len(rows))
	unless := map[string]jobRow{} // by id: what counts only where its slot was shown
	for _, r := range rows {
		o := adapters.Outgoing{
			ID: r.id, Lease: adapters.Lease{Token: r.token, Until: fromMillis(r.until)}, Attempt: r.attempt, Gen: r.gen,
			Uncertain: r.uncertain, CreatedAt: fromMillis(r.since),
		}
		if err := json.Unmarshal(r.body, &o.Message); err != nil {
			if err := s.buryUnread(ctx, r, err); err != nil {
				return out, err
			}
			continue
		}
		if projected(o.Message) {
			o.Message.Rev = r.rev
		}
		out = append(out, o)
		slots = append(slots, slotOf(o.Message))
		if r.ifShown != ifShownAlways {
			unless[o.ID] = r
		}
	}
	shown, err := s.shownSlots(ctx, slots)
	if err != nil {
		return nil, err
	}
	for i := len(out) - 1; i >= 0 && len(unless) > 0; i-- {
		r, asks := unless[out[i].ID]
		if _, ok := shown[r.slot]; asks && !ok {
			if err := s.unshown(ctx, r); err != nil {
				return nil, err
			}
			out, slots = slices.Delete(out, i, i+1), slices.Delete(slots, i, i+1)
		}
	}
	for i := range out {
		sl, ok := shown[slots[i]]
		if !ok {
			continue
		}
		out[i].Message.Stay(sl.Connection)
		// A message of another connection is nothing that this one can change.
		if sl.Connection == out[i].Message.Connection {
			ref := sl.Ref
			out[i].Ref, out[i].ShownRev = &ref, sl.ShownRev
		}
	}
	return out, nil
}

// unshown ends a leased row that counts only where its slot was shown, and it was not. When newer content came
// meanwhile, that is for whoever leases it next.
func (s *Store) unshown(ctx context.Context, r jobRow) error {
	if r.ifShown == ifShownOrDead {
		err := s.buryJob(ctx, r.id, r.token, r.gen, "its card was never sent")
		if errors.Is(err, ErrLeaseLost) {
			err = nil
		}
		return err
	}
	return s.packet(ctx, []op{
		{q: sqlDeleteJob, args: []any{r.id, r.token, r.gen}},
		{q: sqlReleaseJob, args: []any{r.id, r.token}, other: true},
	})
}

// slotOf is the slot whose message counts: that of the card, or for an urge the one that is urged.
func slotOf(m card.Message) string {
	if m.Urge != nil && m.Urge.Slot != "" {
		return m.Urge.Slot
	}
	return m.Slot
}

// Sent records the message of a slot and removes the row, in one transaction. See delivery.Outbox.
func (s *Store) Sent(ctx context.Context, o adapters.Outgoing, ref adapters.MessageRef, at time.Time) error {
	var slot *op
	if m := o.Message; m.Slot != "" && m.Urge == nil {
		b, err := json.Marshal(ref)
		if err != nil {
			return fmt.Errorf("sent %s: %w", o.ID, err)
		}
		slot = &op{q: s.sql.putSlot, args: []any{m.Slot, m.Connection, m.Rev, b, at}}
	}
	remove := op{q: sqlDeleteJob, args: []any{o.ID, o.Lease.Token, o.Gen}}
	release := op{q: sqlSentJob, args: []any{o.ID, o.Lease.Token}, need: ErrLeaseLost, other: true}
	var err error
	if s.mysql {
		err = s.sentMySQL(ctx, slot, remove, release)
	} else {
		err = s.sentSQLite(ctx, slot, remove, release)
	}
	if err != nil {
		return fmt.Errorf("sent %s: %w", o.ID, err)
	}
	return nil
}

// sqlSentJob is for a row that got newer content meanwhile.
const sqlSentJob = "UPDATE job SET token = '', due_at = run_at, attempt = 0, uncertain = 0, cause = '' WHERE id = ? AND token = ?"

func (s *Store) sentSQLite(ctx context.Context, slot *op, remove, release op) error {
	lost := false
	err := s.w.do(ctx, func(t tx) error {
		lost = false
		if slot != nil {
			if _, err := t.exec(slot.q, slot.args...); err != nil {
				return err
			}
		}
		err := runOps(t, []op{remove, release})
		if errors.Is(err, ErrLeaseLost) {
			lost, err = true, nil // the slot is recorded all the same
		}
		return err
	})
	if err == nil && lost {
		err = ErrLeaseLost
	}
	return err
}

func (s *Store) sentMySQL(ctx context.Context, slot *op, remove, release op) error {
	ops := []op{remove, release}
	if slot != nil {
		ops = append([]op{*slot}, ops...)
	}
	err := s.packet(ctx, ops)
	if errors.Is(err, ErrLeaseLost) && slot != nil {
		if e := s.packet(ctx, []op{*slot}); e != nil {
			return e
		}
	}
	return err
}

// Reschedule gives the row back. uncertain: the outcome of this attempt is unknown, which stays with the
// row. When newer content came meanwhile that is due as it wants. ErrLeaseLost.
func (s *Store) Reschedule(ctx context.Context, o adapters.Outgoing, at time.Time, cause string, uncertain bool) error {
	return s.retryJob(ctx, o.ID, o.Lease.Token, o.Gen, at, cause, uncertain)
}

// Bury keeps the row as a dead letter; newer content that came meanwhile stays due. ErrLeaseLost.
func (s *Store) Bury(ctx context.Context, o adapters.Outgoing, cause string) error {
	return s.buryJob(ctx, o.ID, o.Lease.Token, o.Gen, cause)
}
