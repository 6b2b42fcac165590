package storetest

import (
	"fmt"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

// The lists of a person's work: a page at a time, in their order, and nobody else's.
func testWork(e *env) {
	var open, closed []workflows.Task
	for i := range 5 {
		t := workflows.Task{ID: fmt.Sprintf("w%d/leader/1/0", i), Instance: fmt.Sprint("w", i), Node: "leader", Seat: "0", Round: 1, Person: "han.meimei",
			State: workflows.TaskOpen, Title: fmt.Sprint("请求 ", i), OpenedAt: Start.Add(time.Duration(i) * time.Second)}
		open = append(open, t)
		t.ID, t.State, t.ClosedAt = t.ID+"/2", []workflows.TaskState{workflows.TaskApproved, workflows.TaskRejected, workflows.TaskSuperseded, workflows.TaskCanceled, workflows.TaskTimedOut}[i], Start.Add(time.Duration(i)*time.Minute)
		closed = append([]workflows.Task{t}, closed...)
	}
	other := open[0]
	other.ID, other.Person = "w9/leader/1/0", "wang.fang"
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: Start, Tasks: append(append([]workflows.Task{other}, closed...), open...)}))
	page := func(f func(skip, limit int) ([]workflows.Task, error), skip, limit int) []workflows.Task {
		list, err := f(skip, limit)
		e.ok(err)
		return list
	}
	waiting := func(skip, limit int) ([]workflows.Task, error) { return e.OpenWork(e.ctx, "han.meimei", skip, limit) }
	decided := func(skip, limit int) ([]workflows.Task, error) {
		return e.DecidedWork(e.ctx, "han.meimei", skip, limit)
	}
	same(e, page(waiting, 0, 3), open[:3])
	same(e, page(waiting, 3, 3), open[3:])
	same(e, page(decided, 0, 2), closed[:2])
	same(e, page(decided, 2, 10), closed[2:])
	same(e, len(page(decided, 1_000_000, 10)), 0)

	// Who was told has nothing decided: that is a list of its own.
	told := []workflows.Task{{ID: "w1/cc/han.meimei", Instance: "w1", Node: "cc_1", Person: "han.meimei", State: workflows.TaskTold, Title: "请求 1", OpenedAt: Start, ClosedAt: Start}}
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: Start, Tasks: told}))
	seen, err := e.ToldWork(e.ctx, "han.meimei", 0, 10)
	e.ok(err)
	same(e, seen, told)
	same(e, len(page(decided, 0, 10)), len(closed))
	same(e, len(page(waiting, 0, 10)), len(open))

	var started []string
	for i := range 3 {
		in := inst(fmt.Sprint("s", i), 1)
		in.Initiator, in.CreatedAt = "li.lei", Start.Add(time.Duration(i)*time.Hour)
		trail := sealed(in.ID, 1, "", 1)
		in.Seq, in.Head = 1, trail[0].Hash
		e.ok(e.Commit(e.ctx, workflows.Commit{Now: Start, Instance: in, Trail: trail}))
		started = append([]string{in.ID}, started...)
	}
	list, err := e.StartedWork(e.ctx, "li.lei", 1, 5)
	e.ok(err)
	var got []string
	for _, in := range list {
		got = append(got, in.ID)
	}
	same(e, got, started[1:])
	list, err = e.StartedWork(e.ctx, "nobody", 0, 5)
	e.ok(err)
	same(e, len(list), 0)
}

// Which slot a message shows is found among those that are asked for; a list that was shown long ago is forgotten,
// the cards of instances are not.
func testSlotsShown(e *env) {
	scope := event.Scope{Platform: "feishu", Tenant: "t1", App: "cli_1"}
	ref := func(id string) event.Ref { return event.Ref{Scope: scope, Kind: event.RefMessage, ID: id} }
	for i, slot := range []string{"i1/task/leader/1/0", "desk/pending/han.meimei/x"} {
		e.putJobs(cardJob(slot, 1, "t", e.clock.Now()))
		out := e.leaseOne(e.clock.Now())
		e.ok(e.Sent(e.ctx, out, adapters.MessageRef{Message: ref(fmt.Sprint("om_", i)), SentAt: e.clock.Now()}, e.clock.Now()))
	}
	asked := []string{"i2/task/leader/1/0", "i1/task/leader/1/0"}
	for message, want := range map[string]string{"om_0": "i1/task/leader/1/0", "om_1": "", "om_9": ""} {
		got, err := e.SlotShownBy(e.ctx, asked, ref(message))
		e.ok(err)
		same(e, got, want)
	}
	got, err := e.SlotShownBy(e.ctx, asked, event.Ref{Scope: event.Scope{Platform: "wecom", Tenant: "t1"}, Kind: event.RefMessage, ID: "om_0"})
	e.ok(err)
	same(e, got, "")
	got, err = e.SlotShownBy(e.ctx, nil, ref("om_0"))
	e.ok(err)
	same(e, got, "")

	left := func() (n int) {
		for _, instance := range []string{"i1", "desk"} {
			slots, err := e.Slots(e.ctx, instance)
			e.ok(err)
			n += len(slots)
		}
		return n
	}
	e.ok(e.PruneSlots(e.ctx, e.clock.Now().Add(time.Hour)))
	same(e, left(), 2)
	e.ok(e.PruneSlots(e.ctx, e.clock.Now().Add(store.KeepDone+time.Hour)))
	same(e, left(), 1)
}
