package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

const (
	inboxColumns   = "id, connection, dedupe, kind, state, due_at, token, attempt, received_at, cause, event, raw"
	sqlInsertEvent = "INSERT INTO inbox (" + inboxColumns + ") VALUES "
	eventValues    = "(?, ?, ?, ?, 0, ?, ?, ?, ?, '', ?, ?)"
	sqlPutEvent    = sqlInsertEvent + eventValues + " ON CONFLICT (connection, dedupe) DO NOTHING"
	sqlInsertDone  = "INSERT INTO inbox (id, connection, dedupe, kind, state, token, attempt, received_at, done_at, result, instance, cause, toast, event, raw) VALUES (?, ?, ?, ?, 1, '', 1, ?, ?, ?, ?, '', ?, ?, ?)"
	sqlFindEvent   = "SELECT id, state, toast FROM inbox WHERE connection = ? AND dedupe = ?"
	sqlBacklog     = "SELECT COUNT(*), MIN(due_at) FROM inbox WHERE state = 0 AND due_at IS NOT NULL"

	maxDedupe     = 255 // bytes, as the column
	maxConnection = 64
)

// errIDTaken: another process made the same id in the same millisecond.
var errIDTaken = errors.New("the id is taken")

// newEvent is an event on its way into the table.
type newEvent struct {
	id         int64
	connection string
	dedupe     string
	kind       string
	due        int64
	token      string
	attempt    int64
	received   int64
	event, raw []byte
}

// args are the columns; dedupe is text in SQLite and bytes in MySQL.
func (n *newEvent) args(dedupe any) []any {
	return []any{n.id, n.connection, dedupe, n.kind, n.due, n.token, n.attempt, n.received, n.event, n.raw}
}

// Put stores an event unless one of the same (Connection, ID) is there, and leases it to the caller for
// that long; 0 leaves it to whoever comes first. When it returns, the event is on disk. An event that was
// stored before comes back with New false and, once it was handled, with the toast of then.
func (s *Store) Put(ctx context.Context, ev event.Event, lease time.Duration) (adapters.Stored, error) {
	n, err := s.newEvent(ev, lease)
	if err != nil {
		return adapters.Stored{}, fmt.Errorf("put event: %w", err)
	}
	var out adapters.Stored
	for range 3 {
		if s.mysql {
			out, err = s.put.do(ctx, n)
		} else {
			out, err = s.putSQLite(ctx, n)
		}
		if !errors.Is(err, errIDTaken) {
			break
		}
		n.id = s.ids.next(s.now())
	}
	if err != nil {
		return adapters.Stored{}, fmt.Errorf("put event %s of %s: %w", ev.ID, ev.Connection, err)
	}
	return out, nil
}

func (s *Store) newEvent(ev event.Event, lease time.Duration) (*newEvent, error) {
	switch {
	case ev.ID == "":
		return nil, errors.New("it has no id")
	case ev.Connection == "" || len(ev.Connection) > maxConnection:
		return nil, fmt.Errorf("connection %.80q: 1 to %d bytes", ev.Connection, maxConnection)
	case ev.Kind == "" || len(ev.Kind) > 64:
		return nil, fmt.Errorf("kind %.80q: 1 to 64 bytes", ev.Kind)
	}
	now := s.now()
	if ev.ReceivedAt.IsZero() {
		ev.ReceivedAt = now.UTC().Truncate(time.Millisecond)
	}
	// A message is about 1 KB.
	b, err := ev.AppendJSON(make([]byte, 0, 1280))
	if err != nil {
		return nil, err
	}
	n := &newEvent{
		id: s.ids.next(later(now, ev.Post, ev.ReceivedAt)), connection: clean(ev.Connection), dedupe: dedupeKey(ev.ID), kind: clean(string(ev.Kind)),
		due: millis(now), received: millis(ev.ReceivedAt), event: b, raw: ev.Raw,
	}
	if lease > 0 {
		n.due, n.token, n.attempt = millis(now.Add(lease)), newToken(), 1
	}
	return n, nil
}

// dedupeArg is the key as the column of the dialect holds it: bytes on MySQL, text on SQLite.
func (s *Store) dedupeArg(n *newEvent) any {
	if s.mysql {
		return []byte(n.dedupe)
	}
	return n.dedupe
}

// dedupeKey is the event's id, or its digest when it is longer than the column.
func dedupeKey(id string) string {
	if len(id) <= maxDedupe-8 {
		return id
	}
	d := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(d[:])
}

// stored is the answer for the caller that put the row.
func (n *newEvent) stored() adapters.Stored {
	return adapters.Stored{ID: formatID(n.id), Token: n.token, New: true}
}

func (s *Store) putSQLite(ctx context.Context, n *newEvent) (out adapters.Stored, err error) {
	args := n.args(n.dedupe)
	err = s.w.doPatient(ctx, func(t tx) error {
		rows, err := t.exec(sqlPutEvent, args...)
		if err != nil {
			if isPrimaryKeyTaken(err) {
				return errIDTaken
			}
			return err
		}
		if rows == 1 {
			out = n.stored()
			return nil
		}
		found := false
		err = t.query(sqlFindEvent, []any{n.connection, n.dedupe}, func(scan scanFunc) error {
			found = true
			out, err = scanStored(scan)
			return err
		})
		if err == nil && !found {
			return errIDTaken
		}
		return err
	})
	return out, err
}

// scanStored reads what sqlFindEvent gives.
func scanStored(scan scanFunc) (adapters.Stored, error) {
	var id int64
	var state int
	var toast []byte
	if err := scan(&id, &state, &toast); err != nil {
		return adapters.Stored{}, err
	}
	t, err := unmarshalToast(toast)
	return adapters.Stored{ID: formatID(id), Done: state == stateDone, Toast: t}, err
}

func unmarshalToast(b []byte) (*card.Toast, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var t card.Toast
	if err := json.Unmarshal(b, &t); err != nil {
		return nil, fmt.Errorf("decode a toast: %w", err)
	}
	return &t, nil
}

// Backlog tells how many events wait, those being worked on included, and since when the first is due. An
// event that is worked on is due when its lease ends, one that failed at its next attempt: an old event that
// was put back does not make the inbox look old.
func (s *Store) Backlog(ctx context.Context) (n int, due time.Time, err error) {
	var first sql.NullInt64
	if err := s.readOne(ctx, sqlBacklog, nil, &n, &first); err != nil {
		return 0, time.Time{}, fmt.Errorf("inbox backlog: %w", err)
	}
	return n, fromMillis(first.Int64), nil
}
