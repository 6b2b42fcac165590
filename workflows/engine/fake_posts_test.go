package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// post puts an event of our own into the inbox, as it reads back from there. The caller holds the lock.
func (m *memory) post(ev event.Event) {
	for _, s := range m.events {
		if s.ev.Connection == ev.Connection && s.ev.ID == ev.ID {
			return
		}
	}
	b, err := ev.AppendJSON(nil)
	if err != nil {
		panic(err)
	}
	var back event.Event
	if err := json.Unmarshal(b, &back); err != nil {
		panic(err)
	}
	m.posts++
	m.events[fmt.Sprintf("post-%04d", m.posts)] = &stored{ev: back}
}

// waiting are the posted events that are not handled, in order.
func (m *memory) waiting() (ids []string) {
	for id, s := range m.events {
		if s.ev.Post != nil && s.done == nil && m.buried[id] == "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *memory) lease(id string) workflows.Leased {
	s := m.events[id]
	s.token = "t-" + id
	s.attempt++
	return workflows.Leased{ID: id, Token: s.token, Attempt: s.attempt, Event: s.ev}
}

// LeaseEvents takes what was posted and is free.
func (m *memory) LeaseEvents(_ context.Context, now time.Time, n int, _ time.Duration) (out []workflows.Leased, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range m.waiting() {
		if s := m.events[id]; len(out) < n && s.token == "" && !m.retried[id].After(now) {
			out = append(out, m.lease(id))
		}
	}
	return out, nil
}

func (m *memory) LoadEvent(_ context.Context, id, token string) (workflows.Leased, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.events[id]
	switch {
	case s == nil:
		return workflows.Leased{}, workflows.ErrNotFound
	case s.done != nil, s.token != "" && s.token != token:
		return workflows.Leased{}, workflows.ErrLeaseLost
	}
	return m.lease(id), nil
}

func (m *memory) EarlierPosts(_ context.Context, instance, before string) (out []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range m.waiting() {
		if id < before && m.events[id].ev.Post.Instance == instance {
			out = append(out, id)
		}
	}
	return out, nil
}
