// Package storetest is what every database that the store supports must do. It runs on SQLite always and
// on MySQL or MariaDB when MAGPIE_TEST_MYSQL names an empty server.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
)

// Start is the time that the clock of a Harness shows first.
var Start = time.Date(2026, 11, 20, 9, 30, 0, 123e6, time.UTC)

// Clock is a clock that moves when it is told to. Safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock starts at Start.
func NewClock() *Clock { return &Clock{at: Start} }

// Now is what the store is given.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Add moves it and returns the new time.
func (c *Clock) Add(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

// Open makes an empty database whose Store uses the clock, and closes it at the end of the test.
type Open func(t *testing.T, c *Clock) *store.Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for name, f := range map[string]func(*env){
		"people":            testPeople,
		"groups":            testGroups,
		"people links":      testLinks,
		"people careful":    testCareful,
		"people codes":      testCodes,
		"people left":       testLeft,
		"people race":       testPeopleRace,
		"people proxies":    testProxies,
		"put":               testPut,
		"put odd ids":       testPutOddIDs,
		"put together":      testPutTogether,
		"put done":          testPutDone,
		"event leases":      testEventLeases,
		"load event":        testLoadEvent,
		"event dead":        testEventDead,
		"prune":             testPrune,
		"definitions":       testDefinitions,
		"instance":          testInstance,
		"files":             testFiles,
		"audit files":       testAuditFiles,
		"conflict":          testConflict,
		"commit fences":     testCommitFences,
		"race":              testRace,
		"isolation":         testIsolation,
		"tasks":             testTasks,
		"work lists":        testWork,
		"slots shown":       testSlotsShown,
		"texts":             testTexts,
		"timers":            testTimers,
		"lookups":           testLookups,
		"job replaced":      testJobReplaced,
		"job model":         testJobModel,
		"outbox":            testOutbox,
		"outbox newest":     testOutboxNewest,
		"outbox left":       testOutboxLeftBehind,
		"outbox projected":  testOutboxProjected,
		"outbox moved":      testOutboxMoved,
		"outbox if shown":   testIfShown,
		"outbox stays":      testStays,
		"outbox urge":       testUrge,
		"outbox dead":       testOutboxDead,
		"lease named":       testLeaseIDs,
		"leases spread":     testLeasesSpread,
		"receipts":          testReceipts,
		"posts":             testPosts,
		"posts together":    testPostsTogether,
		"audit":             testAudit,
		"heads":             testHeads,
		"heads race":        testHeadsRace,
		"erase":             testErase,
		"settings":          testSettings,
		"settings swapped":  testSwap,
		"health":            testHealth,
		"lists":             testLists,
		"closed":            testClosed,
		"context cancelled": testCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := NewClock()
			f(&env{T: t, Store: open(t, c), clock: c, ctx: t.Context()})
		})
	}
}

// env is one test's database, with the helpers of the suite.
type env struct {
	*testing.T
	*store.Store
	clock *Clock
	ctx   context.Context
}

func (e *env) ok(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

func (e *env) is(err, want error) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Fatalf("error is %v, want %v", err, want)
	}
}

func same[T any](e *env, got, want T) {
	e.Helper()
	if d := cmp.Diff(want, got); d != "" {
		e.Fatalf("got what was not wanted (-want +got):\n%s", d)
	}
}

// ev makes an event with everything in it.
func ev(id string) event.Event {
	scope := event.Scope{Platform: "feishu", Tenant: "t1", App: "cli_1"}
	return event.Event{
		ID: id, Delivery: "d-" + id, Kind: event.KindCardAction, Connection: "feishu-main", Scope: scope,
		At: Start.Add(-time.Second), ReceivedAt: Start,
		Actor: event.Actor{Ref: event.Ref{Scope: scope, Kind: event.RefUser, ID: "ou_1"}, Name: "李雷 🐦", Type: event.ActorUser},
		Body: &event.Action{
			Slot: "i1/initiator", Verb: "approve", Data: map[string]string{"a": "<b>&\u2028"}, Rev: 3, Token: "tok",
			Form: map[string]event.Value{"reason": event.Text("同意\n好的 🎉")},
		},
		Reply:      event.ReplyContract{Mode: event.ReplyAnswer, Deadline: Start.Add(3 * time.Second), Handles: []event.Handle{{Kind: "feishu.click_token", Value: "c-1", Uses: 2}}},
		VendorType: "card.action.trigger", TraceID: "trace",
		Raw: []byte("{\"raw\": \"bytes \xff\x00 kept\"}"),
	}
}

func inst(id string, rev int64) *workflows.Instance {
	return &workflows.Instance{
		ID: id, Definition: "purchase", Hash: "h1", Kind: "approval", Rev: rev, Status: workflows.StatusRunning, Initiator: "li.lei",
		Title: "李雷的采购申请：键盘 ⌨️", State: []byte(fmt.Sprintf(`{"b":1,  "a":%d}`, rev)), Seq: 0, CreatedAt: Start, UpdatedAt: Start.Add(time.Duration(rev) * time.Second),
	}
}

// start commits the first revision of an instance.
func (e *env) start(id string) {
	e.Helper()
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Instance: inst(id, 1)}))
}

// sealed makes n chained entries after prev.
func sealed(instance string, from int64, prev string, n int) []workflows.Entry {
	var list []workflows.Entry
	for i := range int64(n) {
		e := workflows.Entry{
			Instance: instance, Seq: from + i, At: Start.Add(time.Duration(i) * time.Millisecond), Kind: "voted", Actor: "han.meimei", Event: "ev-1",
			Data: []byte(fmt.Sprintf(`{"n": %d, "x":"<&>"}`, i)),
		}
		if i%2 == 0 {
			e.Private, e.Salt = []byte(`"理由：太贵了"`), "0badcafe"
		}
		workflows.Seal(&e, prev)
		prev = e.Hash
		list = append(list, e)
	}
	return list
}

func cardJob(slot string, rev int64, title string, at time.Time) workflows.Job {
	scope := event.Scope{Platform: "feishu", Tenant: "t1", App: "cli_1"}
	return workflows.Job{
		ID: "card/" + slot, Queue: workflows.QueueOut, RunAt: at, Instance: "i1",
		Message: &card.Message{
			Key: fmt.Sprintf("%s:%d", slot, rev), Connection: "feishu-main", To: event.Ref{Scope: scope, Kind: event.RefUser, ID: "ou_2"}, Slot: slot, Rev: rev,
			Card: &card.Card{Slot: slot, Rev: rev, Title: card.T(title), Summary: card.T("摘要")},
		},
	}
}

func timerJob(instance, name string, gen int64, at time.Time) workflows.Job {
	return workflows.Job{
		ID: "timer/" + instance + "/" + name, Queue: workflows.QueueTimer, RunAt: at, Instance: instance,
		Timer: &event.Timer{Instance: instance, Name: name, Generation: gen, DueAt: at},
	}
}

func (e *env) putJobs(jobs ...workflows.Job) {
	e.Helper()
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Jobs: jobs}))
}
