package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// OutboxItem is a job: an outbox row, or with another Filter.Queue a timer or a lookup.
type OutboxItem struct {
	ID        string             `json:"id"`
	Queue     workflows.Queue    `json:"queue"`
	State     string             `json:"state"`
	Instance  string             `json:"instance,omitempty"`
	Slot      string             `json:"slot,omitempty"`
	Rev       int64              `json:"rev,omitempty"`
	Gen       int64              `json:"gen"`
	Attempt   int                `json:"attempt"`
	Uncertain bool               `json:"uncertain,omitempty"` // an attempt ended with an unknown outcome
	RunAt     time.Time          `json:"run_at"`
	DueAt     time.Time          `json:"due_at"` // when it is tried, when its lease ends, or when it died
	CreatedAt time.Time          `json:"created_at"`
	Cause     string             `json:"cause,omitempty"` // why the last attempt failed
	Message   *card.Message      `json:"message,omitempty"`
	Timer     *event.Timer       `json:"timer,omitempty"`
	Lookup    *workflows.Pending `json:"lookup,omitempty"`
}

type jobListRow struct {
	ID, Queue, Token, Instance, Slot, Cause string
	State, Attempt                          int
	Rev, Gen, DueAt, RunAt, CreatedAt       int64
	Uncertain                               bool
	Body                                    []byte
}

const jobList = "id, queue, token, instance, slot, cause, state, attempt, rev, gen, due_at, run_at, created_at, uncertain, body"

func fromJobRow(r jobListRow) (OutboxItem, error) {
	o := OutboxItem{
		ID: r.ID, Queue: workflows.Queue(r.Queue), State: stateName(r.State, r.Token), Instance: r.Instance, Slot: r.Slot, Rev: r.Rev, Gen: r.Gen,
		Attempt: r.Attempt, Uncertain: r.Uncertain, RunAt: fromMillis(r.RunAt), DueAt: fromMillis(r.DueAt), CreatedAt: fromMillis(r.CreatedAt),
		Cause: r.Cause,
	}
	var into any
	switch o.Queue {
	case workflows.QueueTimer:
		o.Timer = &event.Timer{}
		into = o.Timer
	case workflows.QueueLookup:
		o.Lookup = &workflows.Pending{}
		into = o.Lookup
	default:
		o.Message = &card.Message{}
		into = o.Message
	}
	if err := json.Unmarshal(r.Body, into); err != nil {
		return o, fmt.Errorf("decode job %s: %w", r.ID, err)
	}
	if o.Message != nil && projected(*o.Message) {
		o.Message.Rev = r.Rev
	}
	return o, nil
}

// OutboxList lists jobs in the order in which they become due.
func (s *Store) OutboxList(ctx context.Context, f Filter) ([]OutboxItem, error) {
	q := s.list(ctx, "job").Select(jobList)
	switch f.State {
	case "":
	case StateWaiting:
		q = q.Where("state = 0 AND token = ''")
	case StateLeased:
		q = q.Where("state = 0 AND token <> ''")
	case StateDead:
		q = q.Where("state = 2")
	default:
		return nil, fmt.Errorf("list the outbox: state %q is not known: waiting, leased or dead", f.State)
	}
	switch f.Queue {
	case "", string(workflows.QueueOut):
		q = q.Where("lane = ?", laneOut)
	case string(workflows.QueueTimer), string(workflows.QueueLookup):
		q = q.Where("lane = ? AND queue = ?", laneSelf, f.Queue)
	case "*":
	default:
		return nil, fmt.Errorf("list the outbox: queue %q is not known: out, timer, lookup or *", f.Queue)
	}
	if f.Instance != "" {
		q = q.Where("instance = ?", f.Instance)
	}
	var rows []jobListRow
	if err := q.Order("due_at, id").Limit(f.limit()).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	list := make([]OutboxItem, 0, len(rows))
	for _, r := range rows {
		o, err := fromJobRow(r)
		if err != nil {
			return nil, fmt.Errorf("list the outbox: %w", err)
		}
		list = append(list, o)
	}
	return list, nil
}

// OutboxRetry makes a job due now, dead or waiting, and counts its attempts anew. What an earlier attempt left
// in doubt is settled: whoever asks for the retry has looked. ErrNotFound; ErrConflict when it is being worked on.
func (s *Store) OutboxRetry(ctx context.Context, id string) error {
	now := s.now()
	err := s.one(ctx, ErrConflict, "UPDATE job SET state = 0, token = '', due_at = ?, run_at = ?, attempt = 0, gen = gen + 1, uncertain = 0, cause = ''"+
		" WHERE id = ? AND (token = '' OR due_at <= ?)", now, now, id, now)
	if err == ErrConflict {
		if e := s.readOne(ctx, "SELECT id FROM job WHERE id = ?", []any{id}, &id); e != nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("retry job %s: %w", id, err)
	}
	return nil
}
