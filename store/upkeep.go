package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const (
	// KeepDone is how long a handled event is kept: a redelivery within it is known as one.
	KeepDone   = 7 * 24 * time.Hour
	pruneBatch = 500
)

// Prune removes events that were done more than KeepDone before now, in small transactions, and tells how
// many. Events that wait and dead letters stay.
func (s *Store) Prune(ctx context.Context, now time.Time) (int, error) {
	limit := now.Add(-KeepDone)
	removed, after := 0, int64(0)
	for {
		// Ids rise with time, and nothing is done before it came: the old ones are at the start.
		ids, err := s.readIDs(ctx, "SELECT id FROM inbox WHERE id > ? AND id < ? AND state = 1 AND done_at < ? ORDER BY id LIMIT ?",
			after, firstIDAt(limit), millis(limit), pruneBatch)
		if err != nil || len(ids) == 0 {
			return removed, wrap("prune the inbox", err)
		}
		after = ids[len(ids)-1].(int64)
		var n int64
		args := append([]any{millis(limit)}, ids...)
		err = s.write(ctx, func(t tx) (err error) {
			n, err = t.exec("DELETE FROM inbox WHERE state = 1 AND done_at < ? AND id IN "+marks(len(ids)), args...)
			return err
		})
		if err != nil {
			return removed, fmt.Errorf("prune the inbox: %w", err)
		}
		removed += int(n)
	}
}

// PruneSlots forgets the cards of the desk that were last shown more than KeepDone before now: lists that somebody
// asked for, and that belong to no instance.
func (s *Store) PruneSlots(ctx context.Context, now time.Time) error {
	return wrap("prune the slots", s.write(ctx, func(t tx) error {
		_, err := t.exec(sqlPruneSlots, deskSlots+"/", deskSlots+"0", millis(now.Add(-KeepDone)))
		return err
	}))
}

// deskSlots begins the slots of the desk's cards, where others begin with their instance.
const deskSlots = "desk"

const sqlPruneSlots = "DELETE FROM slot WHERE id >= ? AND id < ? AND updated_at < ?"

// Health is how far behind the work is.
type Health struct {
	InboxWaiting int       `json:"inbox_waiting"`         // those being worked on included
	InboxOldest  time.Time `json:"inbox_oldest,omitzero"` // since when the first is due, see Backlog
	InboxDead    int       `json:"inbox_dead"`
	OutDue       int       `json:"out_due"` // outbox rows that nobody has taken up though their time has come
	OutOldest    time.Time `json:"out_oldest,omitzero"`
	OutWaiting   int       `json:"out_waiting"` // all that has still to go out: due, taken up, or put off
	TimersDue    int       `json:"timers_due"`  // timers and lookups, the same
	TimersOldest time.Time `json:"timers_oldest,omitzero"`
	JobsDead     int       `json:"jobs_dead"`
}

// Health counts at a time.
func (s *Store) Health(ctx context.Context, now time.Time) (Health, error) {
	var h Health
	var err error
	if h.InboxWaiting, h.InboxOldest, err = s.Backlog(ctx); err != nil {
		return h, err
	}
	const (
		dead    = "SELECT COUNT(*) FROM inbox WHERE state = 2 AND due_at IS NOT NULL"
		due     = "SELECT COUNT(*), MIN(due_at) FROM job WHERE state = 0 AND lane = ? AND due_at <= ?"
		waiting = "SELECT COUNT(*) FROM job WHERE state = 0 AND lane = ?"
		deadJob = "SELECT COUNT(*) FROM job WHERE state = 2"
	)
	var out, self sql.NullInt64
	for _, q := range []struct {
		text string
		args []any
		dest []any
	}{
		{dead, nil, []any{&h.InboxDead}},
		{due, []any{laneOut, millis(now)}, []any{&h.OutDue, &out}},
		{due, []any{laneSelf, millis(now)}, []any{&h.TimersDue, &self}},
		{waiting, []any{laneOut}, []any{&h.OutWaiting}},
		{deadJob, nil, []any{&h.JobsDead}},
	} {
		if err := s.readOne(ctx, q.text, q.args, q.dest...); err != nil {
			return h, fmt.Errorf("health: %w", err)
		}
	}
	h.OutOldest, h.TimersOldest = fromMillis(out.Int64), fromMillis(self.Int64)
	return h, nil
}
