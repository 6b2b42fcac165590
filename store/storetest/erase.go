package storetest

import (
	"strings"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

// Personal is text that an erasure of what Ended made must leave nowhere.
const Personal = "不可外传的理由🤫"

// Ended makes an instance that has ended and that holds Personal wherever personal text can be: the trail, the
// instance, its tasks, the inbox, the outbox, dead letters, slots.
func Ended(t testing.TB, s *store.Store, id string, now time.Time) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	var trail []workflows.Entry
	prev := ""
	for i := range int64(3) {
		e := workflows.Entry{Instance: id, Seq: i + 1, At: now, Kind: "voted", Actor: []string{"li.lei", "han.meimei", ""}[i], Event: "ev", Data: []byte(`{}`)}
		if i < 2 {
			e.Private, e.Salt = workflows.Data(map[string]string{"reason": Personal}), "0badcafe"
		}
		workflows.Seal(&e, prev)
		prev = e.Hash
		trail = append(trail, e)
	}
	in := inst(id, 1)
	in.Status, in.EndedAt, in.Seq, in.Head = workflows.StatusApproved, now, 3, prev
	in.Title, in.State = Personal, workflows.Data(map[string]string{"by": "li.lei", "x": Personal})
	ref := event.Ref{Scope: event.Scope{Platform: "feishu", Tenant: "t1", App: "cli_1"}, Kind: event.RefUser, ID: "ou_2"}
	text := workflows.Job{
		ID: "text/" + id + "/1", Queue: workflows.QueueOut, RunAt: now, Instance: id,
		Message: &card.Message{Key: "k1" + id, Connection: "feishu-main", To: ref, Text: card.T(Personal)},
	}
	shown := workflows.Job{
		ID: "card/" + id + "/a", Queue: workflows.QueueOut, RunAt: now, Instance: id,
		Message: &card.Message{Key: "k2" + id, Connection: "feishu-main", To: ref, Slot: id + "/a", Rev: 1, Draft: &card.Draft{}},
	}
	said := ev("msg:" + id)
	said.Body = &event.Action{Slot: id + "/initiator", Verb: "submit", Form: map[string]event.Value{"reason": event.Text(Personal)}}
	said.Raw = []byte(Personal)
	ok(s.Commit(ctx, workflows.Commit{
		Now: now, Instance: in, Trail: trail, Jobs: []workflows.Job{text, shown},
		Tasks: []workflows.Task{{ID: id + "/a/1/1", Instance: id, Node: "a", Seat: "1", Round: 1, Person: "han.meimei", State: workflows.TaskApproved, Title: Personal, OpenedAt: now, ClosedAt: now}},
		Event: &workflows.EventDone{New: &said, Instance: id, Result: "stepped", Toast: &card.Toast{Text: card.T(Personal)}},
	}))
	// One that failed, and that nobody can tell whose it was but by its slot.
	failed := ev("act:" + id)
	failed.Body = said.Body
	st, err := s.Put(ctx, failed, time.Minute)
	ok(err)
	ok(s.BuryEvent(ctx, workflows.Leased{ID: st.ID, Token: st.Token}, Personal))
	rows, err := s.LeaseIDs(ctx, []string{shown.ID, text.ID}, now, time.Minute)
	ok(err)
	for _, o := range rows {
		if o.Message.Slot == "" {
			ok(s.Bury(ctx, o, Personal))
			continue
		}
		ok(s.Sent(ctx, o, adapters.MessageRef{
			Message: event.Ref{Kind: event.RefMessage, ID: "om_1"}, Card: "digest", Losses: []card.Loss{{What: Personal, Severity: card.Content}},
		}, now))
	}
}

func testErase(e *env) {
	now := e.clock.Now()
	Ended(e, e.Store, "gone", now)
	Ended(e, e.Store, "kept", now)
	e.start("runs")
	o := store.EraseOptions{By: "root", Reason: "request 7"}
	_, err := e.Erase(e.ctx, "runs", o)
	e.is(err, store.ErrRunning)
	_, err = e.Erase(e.ctx, "nobody", o)
	e.is(err, store.ErrNotFound)
	if _, err := e.Erase(e.ctx, "gone", store.EraseOptions{By: "root"}); err == nil {
		e.Fatal("erased without a reason")
	}
	_, err = e.MakeHead(e.ctx)
	e.ok(err)
	r, err := e.Erase(e.ctx, "gone", o)
	e.ok(err)
	same(e, r, store.EraseResult{Entries: 2, Events: 2, Jobs: 1})
	again, err := e.Erase(e.ctx, "gone", o)
	e.ok(err)
	same(e, again, store.EraseResult{})

	in, err := e.LoadInstance(e.ctx, "gone")
	e.ok(err)
	if in.Title != workflows.TextErased || in.Rev != 2 || in.Seq != 4 || strings.Contains(string(in.State), Personal) {
		e.Fatalf("the instance is %+v", in)
	}
	trail, err := e.TrailOf(e.ctx, "gone")
	e.ok(err)
	last := trail[3]
	if d := workflows.ErasedBy(last); last.Kind != workflows.EntryErased || d.By != "root" || d.Reason != "request 7" || !d.Has(1) || !d.Has(2) || d.Has(3) {
		e.Fatalf("the trace is %+v: %s", last, last.Data)
	}
	tasks, err := e.TasksOf(e.ctx, "gone")
	e.ok(err)
	same(e, tasks[0].Title, workflows.TextErased)
	// The card that was sent is drawn again; nothing is sent anew for it.
	rows, err := e.Lease(e.ctx, e.clock.Add(time.Minute), 10, time.Minute)
	e.ok(err)
	if len(rows) != 1 || rows[0].Message.Slot != "gone/a" || !rows[0].Message.Quiet || rows[0].Message.Rev != 2 || rows[0].Ref == nil || rows[0].Ref.Card != "digest" {
		e.Fatalf("the outbox holds %+v", rows)
	}
	a, err := e.AuditVerify(e.ctx)
	e.ok(err)
	if !a.OK() || a.Erased != 2 {
		e.Fatalf("audit: %+v", a)
	}
	// Only what one person wrote.
	r, err = e.Erase(e.ctx, "kept", store.EraseOptions{By: "root", Reason: "r", Entry: func(e workflows.Entry) bool { return e.Actor == "li.lei" }})
	e.ok(err)
	same(e, r.Entries, 1)
	trail, err = e.TrailOf(e.ctx, "kept")
	e.ok(err)
	if trail[0].Private != nil || trail[1].Private == nil || !workflows.ErasedBy(trail[3]).Has(1) {
		e.Fatalf("after erasing one: %+v", trail)
	}
	var who []string
	e.ok(e.Concerning(e.ctx, "li.lei", func(c store.Concerned) error {
		who = append(who, c.ID+" "+string(c.Status))
		return nil
	}))
	same(e, who, []string{"gone approved", "kept approved", "runs running"})
	e.ok(e.Compact(e.ctx))
}
