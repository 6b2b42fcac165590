package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"magpie/adapters/event"
)

// What was posted to an instance stands together under the unique key: the instance's id and a slash begin it, and a
// zero is what follows a slash. The plus keeps SQLite from going by the other indexes.
const sqlEarlierPosts = "SELECT id FROM inbox WHERE connection = ? AND dedupe >= ? AND dedupe < ? AND +state = 0 AND +id < ?"

// EarlierPosts lists the events to an instance that came before one of them. See workflows.Store.
func (s *Store) EarlierPosts(ctx context.Context, instance, before string) ([]string, error) {
	num, ok := parseID(before)
	if !ok {
		return nil, fmt.Errorf("posts before %q: %w", before, ErrNotFound)
	}
	ids, err := s.readIDs(ctx, sqlEarlierPosts, event.Self, s.keyArg(instance+"/"), s.keyArg(instance+"0"), num)
	if err != nil {
		return nil, wrap("earlier posts to "+instance, err)
	}
	slices.SortFunc(ids, func(a, b any) int { return cmp.Compare(a.(int64), b.(int64)) })
	var out []string
	for _, id := range ids {
		out = append(out, formatID(id.(int64)))
	}
	return out, nil
}

// postOp is the statement that puts an event of our own into the inbox, unless it is there.
func (s *Store) postOp(ev event.Event) (op, error) {
	if ev.Post == nil || ev.Connection != event.Self {
		return op{}, fmt.Errorf("post %s: it is addressed to nobody, or not of our own", ev.ID)
	}
	if len(ev.ID) > maxDedupe-8 {
		return op{}, fmt.Errorf("post %.80s…: its id is longer than %d bytes", ev.ID, maxDedupe-8)
	}
	n, err := s.newEvent(ev, 0)
	if err != nil {
		return op{}, fmt.Errorf("post: %w", err)
	}
	o := op{q: s.sql.putPost, args: n.args(s.dedupeArg(n))}
	if s.mysql {
		o.args = append(o.args, n.connection, s.dedupeArg(n))
	}
	return o, nil
}

// later is the time that an inbox row's id is made of: of an event of our own the time it says, where that is ahead,
// so that it stands behind what its sender posted before.
func later(now time.Time, p *event.Post, at time.Time) time.Time {
	if p != nil && at.After(now) {
		return at
	}
	return now
}

// keyArg is a part of a dedupe key as the column of the dialect holds it.
func (s *Store) keyArg(key string) any {
	if s.mysql {
		return []byte(key)
	}
	return key
}
