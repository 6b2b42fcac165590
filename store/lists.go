package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// States of rows, as lists show and filter them.
const (
	StateWaiting = "waiting" // its time comes or has come
	StateLeased  = "leased"  // somebody works on it
	StateDone    = "done"    // inbox only
	StateDead    = "dead"    // a dead letter
)

// Filter narrows a list. The zero Filter shows everything, newest first, 100 rows.
type Filter struct {
	State      string // "" is every state
	Connection string // inbox only
	Kind       string // inbox only: an event.Kind
	Queue      string // jobs only: "out", "timer", "lookup"; "" is "out"; "*" is all
	Instance   string
	Limit      int // 0 is 100; at most 10 000
}

func (f Filter) limit() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 10_000)
}

// InboxItem is a row of the inbox without its raw bytes.
type InboxItem struct {
	ID         string      `json:"id"`
	State      string      `json:"state"`
	Connection string      `json:"connection"`
	Kind       event.Kind  `json:"kind"`
	Attempt    int         `json:"attempt"`
	ReceivedAt time.Time   `json:"received_at"`
	DueAt      time.Time   `json:"due_at,omitzero"` // when it is tried, when its lease ends, or when it died
	DoneAt     time.Time   `json:"done_at,omitzero"`
	Result     string      `json:"result,omitempty"`
	Instance   string      `json:"instance,omitempty"`
	Cause      string      `json:"cause,omitempty"` // why the last attempt failed
	Toast      *card.Toast `json:"toast,omitempty"`
	Event      event.Event `json:"event"`
}

type inboxRow struct {
	ID         int64
	Connection string
	Kind       string
	State      int
	DueAt      *int64
	Token      string
	Attempt    int
	ReceivedAt int64
	DoneAt     int64
	Result     string
	Instance   string
	Cause      string
	Toast      []byte
	Event      []byte
	Raw        []byte
}

const inboxList = "id, connection, kind, state, due_at, token, attempt, received_at, done_at, result, instance, cause, toast, event"

func (s *Store) fromInboxRow(r inboxRow) (InboxItem, error) {
	i := InboxItem{
		ID: formatID(r.ID), State: stateName(r.State, r.Token), Connection: r.Connection, Kind: event.Kind(r.Kind), Attempt: r.Attempt,
		ReceivedAt: fromMillis(r.ReceivedAt), DoneAt: fromMillis(r.DoneAt), Result: r.Result, Instance: r.Instance, Cause: r.Cause,
	}
	if r.DueAt != nil {
		i.DueAt = fromMillis(*r.DueAt)
	}
	var err error
	if i.Toast, err = unmarshalToast(r.Toast); err != nil {
		return i, err
	}
	if err := json.Unmarshal(r.Event, &i.Event); err != nil {
		return i, fmt.Errorf("decode event %s: %w", i.ID, err)
	}
	i.Event.Raw = r.Raw
	return i, nil
}

func stateName(state int, token string) string {
	switch {
	case state == stateDone:
		return StateDone
	case state == stateDead:
		return StateDead
	case token != "":
		return StateLeased
	}
	return StateWaiting
}

// InboxList lists received events, the newest first.
func (s *Store) InboxList(ctx context.Context, f Filter) ([]InboxItem, error) {
	q := s.list(ctx, "inbox").Select(inboxList)
	switch f.State {
	case "":
	case StateWaiting:
		q = q.Where("state = 0 AND due_at IS NOT NULL AND token = ''")
	case StateLeased:
		q = q.Where("state = 0 AND due_at IS NOT NULL AND token <> ''")
	case StateDone:
		q = q.Where("state = 1")
	case StateDead:
		q = q.Where("state = 2 AND due_at IS NOT NULL")
	default:
		return nil, fmt.Errorf("list the inbox: state %q is not known: waiting, leased, done or dead", f.State)
	}
	if f.Connection != "" {
		q = q.Where("connection = ?", f.Connection)
	}
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	if f.Instance != "" {
		q = q.Where("instance = ?", f.Instance)
	}
	var rows []inboxRow
	if err := q.Order("id DESC").Limit(f.limit()).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list the inbox: %w", err)
	}
	list := make([]InboxItem, 0, len(rows))
	for _, r := range rows {
		i, err := s.fromInboxRow(r)
		if err != nil {
			return nil, fmt.Errorf("list the inbox: %w", err)
		}
		list = append(list, i)
	}
	return list, nil
}

// InboxItem reads one event with its raw bytes, for explain. ErrNotFound.
func (s *Store) InboxItem(ctx context.Context, id string) (InboxItem, error) {
	num, ok := parseID(id)
	var rows []inboxRow
	if ok {
		if err := s.list(ctx, "inbox").Select(inboxList+", raw").Where("id = ?", num).Find(&rows).Error; err != nil {
			return InboxItem{}, fmt.Errorf("inbox %s: %w", id, err)
		}
	}
	if len(rows) == 0 {
		return InboxItem{}, fmt.Errorf("inbox %s: %w", id, ErrNotFound)
	}
	return s.fromInboxRow(rows[0])
}

// InboxReplay makes an event due now: a dead one, one that waits for its next attempt, or, with again,
// one that was handled. ErrNotFound; ErrConflict when it is being worked on, or done and not again.
func (s *Store) InboxReplay(ctx context.Context, id string, again bool) error {
	num, ok := parseID(id)
	err := ErrNotFound
	if ok {
		states := "(0, 2)"
		if again {
			states = "(0, 1, 2)"
		}
		now := s.now()
		err = s.one(ctx, ErrConflict, "UPDATE inbox SET state = 0, due_at = ?, token = '', attempt = 0, cause = '', done_at = 0, result = ''"+
			" WHERE id = ? AND state IN "+states+" AND (token = '' OR due_at <= ?)", now, num, now)
		if err == ErrConflict {
			if e := s.readOne(ctx, "SELECT id FROM inbox WHERE id = ?", []any{num}, &num); e != nil {
				err = e
			}
		}
	}
	if err != nil {
		return fmt.Errorf("replay inbox %s: %w", id, err)
	}
	return nil
}
