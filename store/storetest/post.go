package storetest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// posting makes an event of our own.
func posting(instance, from, key string) event.Event {
	return event.Event{
		ID: instance + "/" + from + "/" + key, Kind: event.KindStart, Connection: event.Self, At: Start, ReceivedAt: Start,
		Actor: event.Actor{Person: "li.lei", Type: event.ActorUser},
		Body:  &event.Start{Form: map[string]event.Value{"amount": {Kind: event.ValueNumber, Text: "300.00"}}, Title: "采购 <&>\u2028", Depth: 2},
		Post: &event.Post{Instance: instance, Start: "purchase", From: from, Key: key, Answer: true, Hops: 3,
			Tell: &event.Tell{Person: "li.lei", Conv: event.Ref{Kind: event.RefChat, ID: "oc_1"}, About: "采购"}},
	}
}

// testPosts: what an instance posts is in the inbox if, and only if, its command was committed; once for each key,
// in the order in which it was posted, each instance's apart.
func testPosts(e *env) {
	at := e.clock.Now()
	lost := workflows.Commit{Now: at, Instance: inst("i1", 2), ExpectRev: 1, Posts: []event.Event{posting("i2", "i1", "lost")}}
	e.is(e.Commit(e.ctx, lost), workflows.ErrConflict)
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: at, Instance: inst("i1", 1), Posts: []event.Event{
		posting("i2", "i1", "a"), posting("i2", "i1", "b"), posting("i20", "i1", "a"),
	}}))
	// The command's second try, and one that says it again.
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: at, Instance: inst("i1", 2), ExpectRev: 1, Posts: []event.Event{
		posting("i2", "i1", "a"), posting("i2", "i1", "c"), posting("i2", "i1", "c"),
	}}))
	got, err := e.LeaseEvents(e.ctx, e.clock.Now(), 10, time.Minute)
	e.ok(err)
	var keys, ids []string
	for _, l := range got {
		keys, ids = append(keys, l.Event.Post.Instance+" "+l.Event.Post.Key), append(ids, l.ID)
		same(e, l.Event, posting(l.Event.Post.Instance, "i1", l.Event.Post.Key))
	}
	same(e, keys, []string{"i2 a", "i2 b", "i20 a", "i2 c"})
	before, err := e.EarlierPosts(e.ctx, "i2", ids[3])
	e.ok(err)
	same(e, before, ids[:2]) // what somebody works on counts
	before, err = e.EarlierPosts(e.ctx, "i2", ids[0])
	e.ok(err)
	same(e, before, nil)
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: at, Event: &workflows.EventDone{ID: ids[0], Token: got[0].Token, Result: "stepped"}}))
	e.ok(e.BuryEvent(e.ctx, got[1], "no"))
	before, err = e.EarlierPosts(e.ctx, "i2", ids[3])
	e.ok(err)
	same(e, before, nil)

	// What was handled is known for as long as the inbox keeps it.
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: at, Posts: []event.Event{posting("i2", "i1", "a")}}))
	n, _, err := e.Backlog(e.ctx)
	e.ok(err)
	same(e, n, 2)

	for name, bad := range map[string]event.Event{
		"addressed to nobody": func() event.Event { x := posting("i2", "i1", "x"); x.Post = nil; return x }(),
		"of a connection":     func() event.Event { x := posting("i2", "i1", "x"); x.Connection = "feishu-main"; return x }(),
		"too long":            posting("i2", "i1", strings.Repeat("x", 300)),
	} {
		if err := e.Commit(e.ctx, workflows.Commit{Now: at, Posts: []event.Event{bad}}); err == nil {
			e.Errorf("%s: committed", name)
		}
	}
	if _, err := e.EarlierPosts(e.ctx, "i2", "nonsense"); err == nil {
		e.Error("no inbox id, and no error")
	}
}

// testPostsTogether: many instances post at once to one; nothing is lost or doubled, and each one's own stay in order.
func testPostsTogether(e *env) {
	const senders, each = 8, 5
	var wg sync.WaitGroup
	for s := range senders {
		id := fmt.Sprintf("s%d", s)
		wg.Go(func() {
			for n := range int64(each) {
				c := workflows.Commit{Now: e.clock.Now(), Instance: inst(id, n+1), ExpectRev: n, Posts: []event.Event{
					posting("to", id, fmt.Sprint(n)), posting("to", id, "again"),
				}}
				if err := e.Commit(e.ctx, c); err != nil {
					e.Errorf("%s revision %d: %v", id, n, err)
				}
			}
		})
	}
	wg.Wait()
	got, err := e.LeaseEvents(e.ctx, e.clock.Now(), 100, time.Minute)
	e.ok(err)
	same(e, len(got), senders*(each+1))
	next := map[string]int{}
	for _, l := range got {
		p := l.Event.Post
		if p.Key == "again" {
			continue
		}
		same(e, p.Key, fmt.Sprint(next[p.From]))
		next[p.From]++
	}
}
