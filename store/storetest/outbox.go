package storetest

import (
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

var feishuScope = event.Scope{Platform: "feishu", Tenant: "t1", App: "cli_1"}

func message(id string) adapters.MessageRef {
	return adapters.MessageRef{
		Message: event.Ref{Scope: feishuScope, Kind: event.RefMessage, ID: id},
		Chat:    event.Ref{Scope: feishuScope, Kind: event.RefChat, ID: "oc_1"},
		Handles: []event.Handle{{Kind: "feishu.click_token", Value: "c-1", Uses: 2, Expires: Start.Add(time.Hour)}, {Kind: "x", Value: "密"}},
		SentAt:  Start,
		Losses:  []card.Loss{{Path: "body[0]", Element: "table", What: "plain", Severity: card.Content}},
	}
}

// leaseOne leases the only row that is due.
func (e *env) leaseOne(now time.Time) adapters.Outgoing {
	e.Helper()
	got, err := e.Lease(e.ctx, now, 9, time.Minute)
	e.ok(err)
	if len(got) != 1 {
		e.Fatalf("leased %d rows: %+v", len(got), got)
	}
	return got[0]
}

func (e *env) leaseNone(now time.Time) {
	e.Helper()
	got, err := e.Lease(e.ctx, now, 9, time.Minute)
	e.ok(err)
	if len(got) != 0 {
		e.Fatalf("leased %+v", got)
	}
}

func testOutbox(e *env) {
	at := e.clock.Now()
	job := cardJob("i1/initiator", 1, "采购申请", at)
	job.Message.Handles = []event.Handle{{Kind: "wecom.response_code", Value: "rc", Uses: 1, Expires: Start.Add(time.Hour), Update: true}}
	e.putJobs(job)
	o := e.leaseOne(at)
	same(e, o, adapters.Outgoing{
		ID: "card/i1/initiator", Lease: adapters.Lease{Token: o.Lease.Token, Until: at.Add(time.Minute)}, Attempt: 1, Gen: 1, Message: *job.Message, CreatedAt: at,
	})
	e.leaseNone(at)
	e.ok(e.Reschedule(e.ctx, o, at.Add(time.Second), "超时", true))
	e.is(e.Reschedule(e.ctx, o, at, "", false), store.ErrLeaseLost)
	e.leaseNone(at)
	at = e.clock.Add(time.Second)
	o = e.leaseOne(at)
	if !o.Uncertain || o.Attempt != 2 {
		e.Fatalf("second attempt: %+v", o)
	}
	e.ok(e.Reschedule(e.ctx, o, at, "503", false))
	o = e.leaseOne(at)
	if !o.Uncertain || o.Attempt != 3 {
		e.Fatalf("what is uncertain stays so: %+v", o)
	}
	e.ok(e.Reschedule(e.ctx, o, at, "", false)) // given back untried
	o = e.leaseOne(at)
	if !o.Uncertain || o.Attempt != 3 {
		e.Fatalf("a lease without an attempt was counted: %+v", o)
	}
	ref := message("om_1")
	e.ok(e.Sent(e.ctx, o, ref, at))
	e.leaseNone(at.Add(time.Hour))
	slots, err := e.Slots(e.ctx, "i1")
	e.ok(err)
	same(e, slots, []store.Slot{{ID: "i1/initiator", Connection: "feishu-main", ShownRev: 1, Ref: ref, UpdatedAt: at}})

	e.putJobs(cardJob("i1/initiator", 2, "已通过", at))
	o = e.leaseOne(at)
	if o.Ref == nil || o.ShownRev != 1 || o.Uncertain || o.Gen != 1 {
		e.Fatalf("the update: %+v", o)
	}
	same(e, *o.Ref, ref)

	text := workflows.Job{ID: "text/i1/a", Queue: workflows.QueueOut, RunAt: at, Instance: "i1", Message: &card.Message{Key: "k", Connection: "feishu-main", Text: card.T("你好")}}
	e.putJobs(text)
	o2 := e.leaseOne(at)
	if o2.Ref != nil || o2.ShownRev != 0 {
		e.Fatalf("the text: %+v", o2)
	}
	e.ok(e.Sent(e.ctx, o2, message("om_2"), at))
	slots, err = e.Slots(e.ctx, "i1")
	e.ok(err)
	same(e, len(slots), 1)
}

// The newest content wins, whoever comes when.
func testOutboxNewest(e *env) {
	at := e.clock.Now()
	const slot = "i1/initiator"
	e.putJobs(cardJob(slot, 3, "三", at))
	e.putJobs(cardJob(slot, 2, "二", at)) // older: nothing
	o := e.leaseOne(at)
	if o.Message.Rev != 3 || o.Gen != 1 {
		e.Fatalf("the older one won: %+v", o)
	}
	e.putJobs(cardJob(slot, 4, "四", at)) // while 3 is on its way
	e.leaseNone(at)
	e.ok(e.Sent(e.ctx, o, message("om_1"), at))
	o = e.leaseOne(at) // due at once
	if o.Message.Rev != 4 || o.ShownRev != 3 || o.Ref == nil || o.Attempt != 1 {
		e.Fatalf("the newer one: %+v", o)
	}
	// The same revision drawn again replaces as well.
	e.putJobs(cardJob(slot, 4, "四次", at))
	e.ok(e.Reschedule(e.ctx, o, at.Add(time.Hour), "busy", true))
	o = e.leaseOne(at)
	if o.Message.Card.Title.Default != "四次" || !o.Uncertain {
		e.Fatalf("drawn again: %+v", o)
	}
	e.putJobs(cardJob(slot, 5, "五", at))
	e.ok(e.Bury(e.ctx, o, "old content was refused"))
	o = e.leaseOne(at)
	same(e, o.Message.Rev, 5)

	// A lease that was lost: the slot is recorded all the same, the row is the other's.
	at = e.clock.Add(2 * time.Minute)
	o2 := e.leaseOne(at)
	e.is(e.Sent(e.ctx, o, message("om_5"), at), store.ErrLeaseLost)
	slots, err := e.Slots(e.ctx, "i1")
	e.ok(err)
	if len(slots) != 1 || slots[0].ShownRev != 5 || slots[0].Ref.Message.ID != "om_5" {
		e.Fatalf("slots: %+v", slots)
	}
	e.ok(e.Sent(e.ctx, o2, message("om_6"), at))
	// And one that comes much later does not take the slot back.
	e.is(e.Sent(e.ctx, adapters.Outgoing{ID: o.ID, Lease: o.Lease, Gen: 1, Message: *cardJob(slot, 1, "一", at).Message}, message("om_0"), at), store.ErrLeaseLost)
	slots, err = e.Slots(e.ctx, "i1")
	e.ok(err)
	if slots[0].ShownRev != 5 || slots[0].Ref.Message.ID != "om_6" {
		e.Fatalf("slots: %+v", slots)
	}
}

// A row whose holder died comes back in doubt: the call may have been made. It keeps its age with newer
// content, and a person who asks for a retry settles the doubt.
func testOutboxLeftBehind(e *env) {
	at := e.clock.Now()
	e.putJobs(cardJob("i1/a", 1, "一", at))
	o := e.leaseOne(at)
	if o.Uncertain {
		e.Fatalf("the first attempt is in doubt: %+v", o)
	}
	later := e.clock.Add(2 * time.Minute)
	if o = e.leaseOne(later); !o.Uncertain || o.Attempt != 2 {
		e.Fatalf("left behind: %+v", o)
	}
	e.is(e.Reschedule(e.ctx, adapters.Outgoing{ID: o.ID, Lease: adapters.Lease{Token: "x"}}, later, "", false), store.ErrLeaseLost)
	e.putJobs(cardJob("i1/a", 2, "二", later)) // while it is worked on
	e.ok(e.Bury(e.ctx, o, "in doubt"))
	o = e.leaseOne(later)
	if !o.Uncertain || o.Message.Rev != 2 || !o.CreatedAt.Equal(at) {
		e.Fatalf("newer content: %+v", o)
	}
	e.ok(e.Bury(e.ctx, o, "in doubt"))
	e.ok(e.OutboxRetry(e.ctx, o.ID))
	if o = e.leaseOne(later); o.Uncertain {
		e.Fatalf("after a person looked: %+v", o)
	}

	// Newer content that comes after the lease ran out and before anybody took the row up.
	last := e.clock.Add(2 * time.Minute)
	e.putJobs(cardJob("i1/a", 3, "三", last))
	if o = e.leaseOne(last); !o.Uncertain || o.Message.Rev != 3 || !o.CreatedAt.Equal(at) {
		e.Fatalf("replaced after the lease: %+v", o)
	}
	got, err := e.LeaseIDs(e.ctx, []string{o.ID}, e.clock.Add(2*time.Minute), time.Minute)
	e.ok(err)
	if len(got) != 1 || !got[0].Uncertain {
		e.Fatalf("by name: %+v", got)
	}
}

// A slot that is to be shown through another connection than before has no message there yet: an id of one
// app means nothing to another.
func testOutboxMoved(e *env) {
	at := e.clock.Now()
	e.putJobs(cardJob("i1/a", 1, "一", at))
	e.ok(e.Sent(e.ctx, e.leaseOne(at), message("om_1"), at))
	j := cardJob("i1/a", 2, "二", at)
	j.Message.Connection = "feishu-other"
	e.putJobs(j)
	o := e.leaseOne(at)
	if o.Ref != nil || o.ShownRev != 0 {
		e.Fatalf("moved: %+v", o)
	}
	e.ok(e.Sent(e.ctx, o, message("om_2"), at))
	j.Message.Rev = 3
	e.putJobs(j)
	if o = e.leaseOne(at); o.Ref == nil || o.Ref.Message.ID != "om_2" {
		e.Fatalf("after the move: %+v", o)
	}
}

func testIfShown(e *env) {
	at := e.clock.Now()
	only := func(slot string, rev int64) workflows.Job {
		j := cardJob(slot, rev, "更新", at)
		j.IfShown = true
		return j
	}
	e.putJobs(only("i1/a", 2))
	e.leaseNone(at) // never shown
	e.putJobs(cardJob("i1/a", 1, "第一", at))
	e.putJobs(only("i1/a", 2)) // waits to be shown
	o := e.leaseOne(at)
	same(e, o.Message.Rev, 2)
	e.ok(e.Sent(e.ctx, o, message("om_1"), at))
	e.putJobs(only("i1/a", 3)) // was shown
	o = e.leaseOne(at)
	same(e, o.Message.Rev, 3)
	e.ok(e.Bury(e.ctx, o, "x"))
	// A card that died before it was ever shown is nothing to update.
	e.putJobs(cardJob("i1/b", 1, "第一", at))
	e.ok(e.Bury(e.ctx, e.leaseOne(at), "x"))
	e.putJobs(only("i1/b", 2))
	e.leaseNone(at)
	bad := only("", 1)
	if e.Commit(e.ctx, workflows.Commit{Now: at, Jobs: []workflows.Job{bad}}) == nil {
		e.Fatal("took IfShown without a slot")
	}
}

func testUrge(e *env) {
	at := e.clock.Now()
	e.putJobs(cardJob("i1/task/0", 1, "待审批", at))
	e.ok(e.Sent(e.ctx, e.leaseOne(at), message("om_9"), at))
	e.putJobs(workflows.Job{ID: "urge/i1/k", Queue: workflows.QueueOut, RunAt: at, Instance: "i1", Message: &card.Message{
		Key: "u", Connection: "feishu-main", Urge: &card.Urge{Slot: "i1/task/0", Level: card.UrgeApp},
	}})
	o := e.leaseOne(at)
	if o.Ref == nil || o.Ref.Message.ID != "om_9" {
		e.Fatalf("the urge: %+v", o)
	}
	e.ok(e.Sent(e.ctx, o, adapters.MessageRef{}, at))
	slots, err := e.Slots(e.ctx, "i1")
	e.ok(err)
	same(e, slots[0].Ref.Message.ID, "om_9")
}

func testOutboxDead(e *env) {
	at := e.clock.Now()
	e.putJobs(cardJob("i1/a", 1, "x", at))
	o := e.leaseOne(at)
	e.is(e.OutboxRetry(e.ctx, o.ID), store.ErrConflict)
	e.ok(e.Bury(e.ctx, o, "forbidden (code 230013)"))
	e.leaseNone(at.Add(time.Hour))
	dead, err := e.OutboxList(e.ctx, store.Filter{State: store.StateDead})
	e.ok(err)
	if len(dead) != 1 || dead[0].Cause != "forbidden (code 230013)" || dead[0].State != store.StateDead || dead[0].Message.Card.Title.Default != "x" {
		e.Fatalf("dead letters: %+v", dead)
	}
	got, err := e.LeaseIDs(e.ctx, []string{o.ID}, at, time.Minute)
	e.ok(err)
	same(e, len(got), 0)
	e.is(e.OutboxRetry(e.ctx, "card/none"), store.ErrNotFound)
	e.ok(e.OutboxRetry(e.ctx, o.ID))
	o = e.leaseOne(at)
	same(e, o.Attempt, 1)
	e.ok(e.Bury(e.ctx, o, "again"))
	e.putJobs(cardJob("i1/a", 2, "y", at)) // newer content brings it back to life
	o = e.leaseOne(at)
	same(e, o.Message.Rev, 2)
}

func testLeaseIDs(e *env) {
	at := e.clock.Now()
	e.putJobs(cardJob("i1/a", 1, "a", at.Add(time.Hour)), cardJob("i1/b", 1, "b", at), timerJob("i1", "t", 1, at))
	got, err := e.LeaseIDs(e.ctx, []string{"card/i1/a", "card/i1/b", "card/none", "timer/i1/t"}, at, time.Minute)
	e.ok(err)
	same(e, len(got), 2)
	again, err := e.LeaseIDs(e.ctx, []string{"card/i1/a"}, at, time.Minute)
	e.ok(err)
	same(e, len(again), 0)
	again, err = e.LeaseIDs(e.ctx, []string{"card/i1/a"}, e.clock.Add(time.Minute), time.Minute)
	e.ok(err)
	same(e, len(again), 1)
	none, err := e.LeaseIDs(e.ctx, nil, at, time.Minute)
	e.ok(err)
	same(e, len(none), 0)
}

func testReceipts(e *env) {
	m := event.Ref{Scope: feishuScope, Kind: event.RefMessage, ID: "om_1"}
	a := event.Ref{Scope: feishuScope, Kind: event.RefUser, ID: "ou_1"}
	put := func(state, source string, at time.Time) {
		e.ok(e.Commit(e.ctx, workflows.Commit{Now: Start, Receipts: []workflows.Receipt{{Message: m, Account: a, Person: "li.lei", State: state, Source: source, At: at}}}))
	}
	put("read", "event", Start)
	put("read", "query", Start.Add(time.Hour)) // known already
	put("acknowledged", "press", Start.Add(time.Minute))
	got, err := e.ReceiptsOf(e.ctx, m)
	e.ok(err)
	if len(got) != 2 || got[0].State != "read" || got[0].Source != "event" || !got[0].At.Equal(Start) || got[1].State != "acknowledged" || got[1].Person != "li.lei" {
		e.Fatalf("receipts: %+v", got)
	}
	m.Scope.App = "cli_2"
	got, err = e.ReceiptsOf(e.ctx, m)
	e.ok(err)
	same(e, len(got), 0)
}

// testStays: a card stays in the suite where it is shown as long as its person has an account there; an urge
// follows it, and for somebody who has left the slot alone tells where it is.
func testStays(e *env) {
	at := e.clock.Now()
	ding := event.Ref{Kind: event.RefUser, ID: "ding"}
	e.putJobs(cardJob("i1/a", 1, "一", at))
	first := e.leaseOne(at)
	e.ok(e.Sent(e.ctx, first, message("om_1"), at))
	j := cardJob("i1/a", 2, "二", at)
	home := card.Place{Connection: first.Message.Connection, To: first.Message.To}
	j.Message.Connection, j.Message.To = "ding-main", ding
	j.Message.Else = []card.Place{{Connection: "wecom-main"}, home}
	e.putJobs(j)
	o := e.leaseOne(at)
	same(e, o.Ref.Message.ID, "om_1")
	same(e, o.Message.Connection, home.Connection)
	same(e, o.Message.To, home.To)
	same(e, o.Message.Else, []card.Place{{Connection: "ding-main", To: ding}, {Connection: "wecom-main"}})
	e.ok(e.Sent(e.ctx, o, message("om_1"), at))

	u := workflows.Job{ID: "urge/i1/1", Queue: workflows.QueueOut, RunAt: at, Instance: "i1", Message: &card.Message{
		Key: "u", Connection: "ding-main", To: ding, Else: []card.Place{home}, Urge: &card.Urge{Slot: "i1/a", Level: card.UrgeApp, To: []event.Ref{ding}},
	}}
	e.putJobs(u)
	o = e.leaseOne(at)
	same(e, o.Message.Connection, home.Connection)
	same(e, o.Message.Urge.To, []event.Ref{home.To})
	e.ok(e.Sent(e.ctx, o, adapters.MessageRef{}, at))

	j = cardJob("i1/a", 3, "三", at)
	j.Message.Connection, j.Message.To, j.Message.Quiet, j.IfShown = "", event.Ref{}, true, true
	e.putJobs(j)
	o = e.leaseOne(at)
	same(e, o.Message.Connection, home.Connection)
	same(e, o.Ref.Message.ID, "om_1")
}
