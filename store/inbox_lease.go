package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// loadLease is how long LoadEvent leases an event: a command takes milliseconds, a slow one a second.
const loadLease = 30 * time.Second

const (
	sqlDueEvents  = "SELECT id FROM inbox WHERE state = 0 AND due_at <= ? ORDER BY due_at LIMIT ?"
	sqlLeaseEvent = "UPDATE inbox SET token = ?, due_at = ?, attempt = attempt + 1 WHERE +state = 0 AND due_at <= ? AND id IN "
	leasedEvent   = "id, connection, token, attempt, received_at, event, raw"
	sqlLoadEvent  = "SELECT id, connection, token, attempt, received_at, event, raw, state, due_at FROM inbox WHERE id = ?"
	sqlRetryEvent = "UPDATE inbox SET token = '', due_at = ?, cause = ? WHERE id = ? AND token = ? AND state = 0"
	sqlBuryEvent  = "UPDATE inbox SET token = '', state = 2, due_at = ?, cause = ? WHERE id = ? AND token = ? AND state = 0"
)

// LeaseEvents takes up to n events whose time has come and that nobody works on, the oldest first.
func (s *Store) LeaseEvents(ctx context.Context, now time.Time, n int, lease time.Duration) ([]workflows.Leased, error) {
	if n <= 0 {
		return nil, nil
	}
	at := millis(now)
	ids, err := s.readIDs(ctx, sqlDueEvents, at, n)
	if err != nil || len(ids) == 0 {
		return nil, wrap("lease events", err)
	}
	out, err := s.leaseEvents(ctx, ids, at, millis(now.Add(lease)))
	return out, wrap("lease events", err)
}

// leaseEvents takes those of ids that are due at a time.
func (s *Store) leaseEvents(ctx context.Context, ids []any, now, until int64) ([]workflows.Leased, error) {
	token := newToken()
	args := append([]any{token, until, now}, ids...)
	var out []workflows.Leased
	scanAll := func(scan scanFunc) error {
		l, err := s.scanLeased(scan)
		if err != nil {
			return err
		}
		out = append(out, l)
		return nil
	}
	var err error
	if s.mysql {
		if _, err = s.execMySQL(ctx, sqlLeaseEvent+marks(len(ids)), args); err == nil {
			err = s.read(ctx, "SELECT "+leasedEvent+" FROM inbox WHERE token = ? AND id IN "+marks(len(ids)), append([]any{token}, ids...), scanAll)
		}
	} else {
		err = s.w.do(ctx, func(t tx) error {
			out = nil
			return t.query(sqlLeaseEvent+marks(len(ids))+" RETURNING "+leasedEvent, args, scanAll)
		})
	}
	slices.SortFunc(out, func(a, b workflows.Leased) int { return cmp.Compare(a.ID, b.ID) })
	return out, err
}

func (s *Store) scanLeased(scan scanFunc, more ...any) (workflows.Leased, error) {
	var (
		l          workflows.Leased
		id, at     int64
		connection string
		body, raw  []byte
	)
	if err := scan(append([]any{&id, &connection, &l.Token, &l.Attempt, &at, &body, &raw}, more...)...); err != nil {
		return l, err
	}
	l.ID = formatID(id)
	if err := json.Unmarshal(body, &l.Event); err != nil {
		// A row that a newer program wrote: what is known of it goes on, so that the engine buries it
		// with a reason, and the others are not held up.
		s.log.Error("an event in the inbox can't be read", "id", l.ID, "connection", connection, "err", err)
		l.Event = event.Event{ID: l.ID, Kind: event.KindUnknown, Connection: connection, ReceivedAt: fromMillis(at)}
	}
	l.Event.Raw = raw
	return l, nil
}

// LoadEvent reads a stored event and leases it. See workflows.Store.
func (s *Store) LoadEvent(ctx context.Context, id, token string) (workflows.Leased, error) {
	l, err := s.loadEvent(ctx, id, token)
	if err != nil {
		return workflows.Leased{}, fmt.Errorf("load event %s: %w", id, err)
	}
	return l, nil
}

func (s *Store) loadEvent(ctx context.Context, id, token string) (l workflows.Leased, err error) {
	num, ok := parseID(id)
	if !ok {
		return l, ErrNotFound
	}
	var state int
	var due sql.NullInt64
	err = ErrNotFound
	if e := s.read(ctx, sqlLoadEvent, []any{num}, func(scan scanFunc) error {
		l, err = s.scanLeased(scan, &state, &due)
		return err
	}); e != nil {
		return l, e
	}
	now := s.now()
	switch {
	case err != nil:
		return l, err
	case state != stateWaiting:
		return l, ErrLeaseLost
	case due.Int64 > millis(now) && l.Token != "":
		if token == l.Token {
			return l, nil
		}
		return l, ErrLeaseLost
	}
	// It is free, or its holder is late: the caller too, if the token is still its own.
	if token != "" && token != l.Token {
		return l, ErrLeaseLost
	}
	// An event that waits for its next attempt is taken before its time: the caller asks for this one.
	limit := max(due.Int64, millis(now))
	got, err := s.leaseEvents(ctx, []any{num}, limit, millis(now.Add(loadLease)))
	if err != nil {
		return l, err
	}
	if len(got) == 0 {
		return l, ErrLeaseLost
	}
	return got[0], nil
}

// RetryEvent gives an event back, to be tried again at a time. ErrLeaseLost.
func (s *Store) RetryEvent(ctx context.Context, l workflows.Leased, at time.Time, cause string) error {
	return s.giveBackEvent(ctx, "retry", sqlRetryEvent, l, at, cause)
}

// BuryEvent puts an event among the dead letters. ErrLeaseLost.
func (s *Store) BuryEvent(ctx context.Context, l workflows.Leased, cause string) error {
	return s.giveBackEvent(ctx, "bury", sqlBuryEvent, l, s.now(), cause)
}

func (s *Store) giveBackEvent(ctx context.Context, what, q string, l workflows.Leased, at time.Time, cause string) error {
	id, ok := parseID(l.ID)
	err := ErrNotFound
	if ok {
		err = s.one(ctx, ErrLeaseLost, q, millis(at), cut(cause, maxCause), id, l.Token)
	}
	if err != nil {
		return fmt.Errorf("%s event %s: %w", what, l.ID, err)
	}
	return nil
}

// maxCause bounds the reasons that are kept, in bytes.
const maxCause = 4000

// one runs a statement that must touch a row, else it fails with none.
func (s *Store) one(ctx context.Context, none error, q string, args ...any) error {
	var n int64
	var err error
	if s.mysql {
		n, err = s.execMySQL(ctx, q, args)
	} else {
		err = s.w.do(ctx, func(t tx) (err error) {
			n, err = t.exec(q, args...)
			return err
		})
	}
	if err == nil && n == 0 {
		err = none
	}
	return err
}

// execMySQL runs one statement as a transaction of its own.
func (s *Store) execMySQL(ctx context.Context, q string, args []any) (n int64, err error) {
	args = values(args)
	err = retryMySQL(ctx, func() error {
		res, err := s.rdb.ExecContext(ctx, q, args...)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}

// readIDs reads a list of numbers.
func (s *Store) readIDs(ctx context.Context, q string, args ...any) ([]any, error) {
	var ids []any
	err := s.read(ctx, q, args, func(scan scanFunc) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// marks is "(?, ?, ?)".
func marks(n int) string { return "(" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")" }

func wrap(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
