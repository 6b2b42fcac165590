package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"magpie/workflows"
)

const (
	sqlDueJobs = "SELECT id, shard FROM job WHERE state = 0 AND lane = ? AND due_at <= ? ORDER BY due_at LIMIT ?"
	// The plus signs keep SQLite from going through all that is due instead of to the ids.
	sqlLeaseJobs  = "UPDATE job SET " + leftBehind + "token = ?, due_at = ?, attempt = attempt + 1 WHERE +state = 0 AND +lane = ? AND due_at <= ? AND id IN "
	sqlLeaseNamed = "UPDATE job SET " + leftBehind + "token = ?, due_at = ?, attempt = attempt + 1 WHERE +state = 0 AND +lane = ? AND (token = '' OR due_at <= ?) AND id IN "
	// A row that still has a token was left behind by a process that may have made its call: the outcome is
	// unknown. It comes first, since on MySQL the token of before is gone after its assignment.
	leftBehind = "uncertain = CASE WHEN token <> '' THEN 1 ELSE uncertain END, "
	leasedJob  = "id, queue, due_at, run_at, token, attempt, gen, rev, slot, uncertain, created_at, body, if_shown"

	// The order matters on MySQL, where due_at is set first, from the run_at of before.
	sqlRetryJob = `UPDATE job SET token = '', due_at = CASE WHEN gen = ? THEN ? ELSE run_at END, run_at = CASE WHEN gen = ? THEN ? ELSE run_at END,
 uncertain = CASE WHEN ? = 1 THEN 1 ELSE uncertain END, attempt = attempt - ?, cause = ? WHERE id = ? AND token = ? AND state = 0`
	sqlBuryJob = `UPDATE job SET token = '', state = CASE WHEN gen = ? THEN 2 ELSE 0 END, due_at = CASE WHEN gen = ? THEN ? ELSE run_at END,
 cause = ? WHERE id = ? AND token = ? AND state = 0`
)

// jobRow is a leased row.
type jobRow struct {
	id, queue, token, slot   string
	until, runAt, gen, since int64
	rev                      int64
	attempt                  int
	uncertain                bool
	body                     []byte
	ifShown                  int
}

func scanJob(scan scanFunc) (r jobRow, err error) {
	err = scan(&r.id, &r.queue, &r.until, &r.runAt, &r.token, &r.attempt, &r.gen, &r.rev, &r.slot, &r.uncertain, &r.since, &r.body, &r.ifShown)
	return r, err
}

// turn makes the processes that share a database begin with different shards.
var turn atomic.Int64

// dueJobs reads candidates for a lease.
func (s *Store) dueJobs(ctx context.Context, lane int, now int64, n int) ([]any, error) {
	type candidate struct {
		id    string
		shard int64
	}
	limit := n
	if s.mysql {
		limit = 4 * n
	}
	var list []candidate
	err := s.read(ctx, sqlDueJobs, []any{lane, now, limit}, func(scan scanFunc) error {
		var c candidate
		err := scan(&c.id, &c.shard)
		list = append(list, c)
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if len(list) > n {
		start := (s.ids.process() + turn.Add(1)) * 17
		slices.SortStableFunc(list, func(a, b candidate) int {
			return cmp.Compare((a.shard+start)%shards, (b.shard+start)%shards)
		})
		list = list[:n]
	}
	ids := make([]any, len(list))
	for i, c := range list {
		ids[i] = c.id
	}
	return ids, nil
}

// leaseJobs takes those of ids that are still free; q is sqlLeaseJobs or sqlLeaseNamed.
func (s *Store) leaseJobs(ctx context.Context, q string, lane int, ids []any, now time.Time, lease time.Duration) ([]jobRow, error) {
	token := newToken()
	args := append([]any{token, millis(now.Add(lease)), lane, millis(now)}, ids...)
	var out []jobRow
	add := func(scan scanFunc) error {
		r, err := scanJob(scan)
		out = append(out, r)
		return err
	}
	var err error
	if s.mysql {
		var n int64
		if n, err = s.execMySQL(ctx, q+marks(len(ids)), args); err == nil && n > 0 {
			err = s.read(ctx, "SELECT "+leasedJob+" FROM job WHERE token = ? AND id IN "+marks(len(ids)), append([]any{token}, ids...), add)
		}
	} else {
		err = s.w.do(ctx, func(t tx) error {
			out = nil
			return t.query(q+marks(len(ids))+" RETURNING "+leasedJob, args, add)
		})
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b jobRow) int { return cmp.Or(cmp.Compare(a.runAt, b.runAt), cmp.Compare(a.id, b.id)) })
	return out, nil
}

// LeaseTimers takes up to n timers and lookups that are due, the oldest first.
func (s *Store) LeaseTimers(ctx context.Context, now time.Time, n int, lease time.Duration) ([]workflows.LeasedJob, error) {
	if n <= 0 {
		return nil, nil
	}
	ids, err := s.dueJobs(ctx, laneSelf, millis(now), n)
	if err != nil || len(ids) == 0 {
		return nil, wrap("lease timers", err)
	}
	rows, err := s.leaseJobs(ctx, sqlLeaseJobs, laneSelf, ids, now, lease)
	if err != nil {
		return nil, wrap("lease timers", err)
	}
	out := make([]workflows.LeasedJob, 0, len(rows))
	for _, r := range rows {
		j := workflows.LeasedJob{
			ID: r.id, Token: r.token, Gen: r.gen, Attempt: r.attempt, Queue: workflows.Queue(r.queue), DueAt: fromMillis(r.runAt),
		}
		var into any = &j.Timer
		if j.Queue == workflows.QueueLookup {
			j.Lookup = &workflows.Pending{}
			into = j.Lookup
		}
		if err := json.Unmarshal(r.body, into); err != nil {
			if err := s.buryUnread(ctx, r, err); err != nil {
				return out, wrap("lease timers", err)
			}
			continue
		}
		out = append(out, j)
	}
	return out, nil
}

// buryUnread puts away a row whose content can't be decoded: a newer program wrote it.
func (s *Store) buryUnread(ctx context.Context, r jobRow, cause error) error {
	s.log.Error("a job can't be read", "id", r.id, "err", cause)
	return s.buryJob(ctx, r.id, r.token, r.gen, "it can't be read: "+cause.Error())
}

// RetryJob gives a timer or lookup back. ErrLeaseLost.
func (s *Store) RetryJob(ctx context.Context, j workflows.LeasedJob, at time.Time, cause string) error {
	return s.retryJob(ctx, j.ID, j.Token, j.Gen, at, cause, false)
}

// BuryJob keeps it as a dead letter. ErrLeaseLost.
func (s *Store) BuryJob(ctx context.Context, j workflows.LeasedJob, cause string) error {
	return s.buryJob(ctx, j.ID, j.Token, j.Gen, cause)
}

func (s *Store) retryJob(ctx context.Context, id, token string, gen int64, at time.Time, cause string, uncertain bool) error {
	ms := millis(at)
	untried := 0
	if cause == "" { // given back as it was: the lease was no attempt
		untried = 1
	}
	err := s.one(ctx, ErrLeaseLost, sqlRetryJob, gen, ms, gen, ms, uncertain, untried, cut(cause, maxCause), id, token)
	if err != nil {
		return fmt.Errorf("retry job %s: %w", id, err)
	}
	return nil
}

func (s *Store) buryJob(ctx context.Context, id, token string, gen int64, cause string) error {
	err := s.one(ctx, ErrLeaseLost, sqlBuryJob, gen, gen, s.now(), cut(cause, maxCause), id, token)
	if err != nil {
		return fmt.Errorf("bury job %s: %w", id, err)
	}
	return nil
}
