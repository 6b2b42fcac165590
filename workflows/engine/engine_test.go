package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/engine"
)

var key = []byte("0123456789abcdef0123456789abcdef")

type rig struct {
	*testing.T
	store  *memory
	people *folk
	engine *engine.Engine
	kicked atomic.Pointer[[]string]
}

func newRig(t *testing.T, change ...func(*engine.Options)) *rig {
	t.Helper()
	r := &rig{T: t, store: newMemory(), people: &folk{who: map[event.Ref]workflows.Person{
		account("u-lilei"): {ID: "li.lei", Name: "李雷", Active: true},
		account("u-boss"):  {ID: "boss", Name: "老板", Active: true},
	}}}
	rt, err := engine.NewRuntime([]workflows.Program{poll{"v1"}}, ask{}, nil, func(d workflows.Definition) (workflows.Program, error) {
		return poll{d.Hash}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Publish(context.Background(), r.store); err != nil {
		t.Fatal(err)
	}
	o := engine.Options{
		Store: r.store, People: r.people, Key: key, Runtime: func() *engine.Runtime { return rt },
		Kick: func(ids []string) { r.kicked.Store(&ids) },
	}
	for _, f := range change {
		f(&o)
	}
	if r.engine, err = engine.New(o); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) say(id, who, text string) workflows.Leased {
	return r.store.put(event.Event{
		ID: "msg:" + id, Kind: event.KindMessage, Connection: "c", ReceivedAt: time.Now(),
		Actor: event.Actor{Ref: account(who), Type: event.ActorUser},
		Conv:  &event.Conversation{Ref: event.Ref{Kind: event.RefChat, ID: "chat"}, Type: event.ConvDirect, ToBot: true},
		Body:  &event.Message{Ref: event.Ref{Kind: event.RefMessage, ID: id}, Text: text},
	})
}

func (r *rig) do(l workflows.Leased, hold bool) engine.Result {
	r.Helper()
	res, err := r.engine.Process(context.Background(), l, hold)
	if err != nil {
		r.Fatal(err)
	}
	return res
}

// start runs the first message and returns the instance and the card that the boss got.
func (r *rig) start() (string, *card.Message) {
	r.Helper()
	res := r.do(r.say("1", "u-lilei", "问"), false)
	j, ok := r.store.job("card/" + res.Instance + "/boss")
	if !ok {
		r.Fatalf("no card for the boss; jobs: %v", r.store.jobs)
	}
	if j.Message.Draft == nil || j.Message.Card != nil {
		r.Fatalf("the card is not a draft: %+v", j.Message)
	}
	m, err := r.engine.Draw(context.Background(), *j.Message)
	if err != nil {
		r.Fatal(err)
	}
	return res.Instance, &m
}

func (r *rig) press(id, who string, m *card.Message, b card.Button) workflows.Leased {
	return r.store.put(event.Event{
		ID: "act:" + id, Kind: event.KindCardAction, Connection: "c", ReceivedAt: time.Now(),
		Actor: event.Actor{Ref: account(who), Type: event.ActorUser}, Reply: event.ReplyContract{Mode: event.ReplyAnswer},
		Body: &event.Action{Slot: m.Card.Slot, Rev: m.Card.Rev, Verb: b.Verb, Token: b.Token},
	})
}

func yes(m *card.Message) card.Button { return m.Card.Body[1].(*card.Form).Submit }

func TestOneCommandIsOneCommit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	if r.store.commits != 1 {
		t.Errorf("%d commits for a message with a lookup, want 1", r.store.commits)
	}
	in := r.store.instances[id]
	if in.Rev != 1 || in.Seq != 2 || in.Status != workflows.StatusRunning || in.Hash != "v1" {
		t.Errorf("instance %+v", in)
	}
	if m.Connection != "c" || m.To != account("u-boss") || m.Card.Rev != 1 || m.Card.Slot != id+"/boss" {
		t.Errorf("message %+v", m)
	}
	if p := m.Card.Body[0].(*card.People).Persons[0]; p.Ref != account("u-boss") {
		t.Errorf("the person on the card has no account: %+v", p)
	}
	if _, ok := r.store.job("timer/" + id + "/late"); !ok {
		t.Error("no timer")
	}
	for i, b := range []card.Button{yes(m), m.Card.Actions[0]} {
		if b.Token == "" {
			t.Errorf("button %d has no token", i)
		}
	}
	prev := ""
	for i, e := range r.store.trail {
		if e.Seq != int64(i+1) || e.PrevHash != prev || e.Instance != id || e.Event == "" || e.Hash != workflows.HashEntry(e, workflows.PrivateDigest(e)) {
			t.Errorf("entry %d does not chain: %+v", i, e)
		}
		prev = e.Hash
	}
	if in.Head != prev {
		t.Errorf("head %s, want %s", in.Head, prev)
	}
	if e := r.store.trail[0]; e.Salt == "" || e.Private == nil {
		t.Errorf("private text without salt: %+v", e)
	}
	if k := r.kicked.Load(); k == nil || len(*k) != 1 {
		t.Errorf("kicked %v", k)
	}
}

func TestPress(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	res := r.do(r.press("1", "u-boss", m, yes(m)), true)
	if res.Toast == nil || res.Toast.Text.Default != "已同意" || len(res.Held) != 1 {
		t.Fatalf("result %+v", res)
	}
	j, _ := r.store.job(res.Held[0])
	if !j.RunAt.After(time.Now().Add(time.Second)) {
		t.Error("the changed card is not held back until the answer is written")
	}
	if _, ok := r.store.job("timer/" + id + "/late"); ok {
		t.Error("the timer is still there")
	}
	if in := r.store.instances[id]; in.Rev != 2 || in.Status != workflows.StatusApproved {
		t.Errorf("instance %+v", in)
	}
	before := r.store.snapshot()
	l := r.press("2", "u-boss", m, yes(m))
	if res := r.do(l, true); res.Toast.Text.Default != "已经同意过了" || r.store.result(l) != "refused:already_decided" {
		t.Errorf("second press: %+v, stored as %s", res, r.store.result(l))
	}
	if r.store.instances[id].Rev != before[id].Rev {
		t.Error("a refused press changed the instance")
	}
}

// The rights to change a card that a press on it brings go with that card's change, and with no other's.
func TestPressHandsOnItsUpdateHandles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	click := event.Handle{Kind: "code", Value: "c", Uses: 1, Expires: time.Now().Add(time.Hour).UTC(), Update: true}
	press := func(n string) {
		l := r.press(n, "u-boss", m, yes(m))
		l.Event.Reply.Handles = []event.Handle{{Kind: "later", Value: "x", Uses: 2}, click}
		r.do(l, false)
	}
	press("1")
	for slot, want := range map[string][]event.Handle{"boss": {click}, "initiator": nil} {
		if j, ok := r.store.job("card/" + id + "/" + slot); ok || slot == "boss" {
			if !ok || !slices.Equal(j.Message.Handles, want) {
				t.Errorf("%s: %v, handles %d", slot, ok, len(j.Message.Handles))
			}
		}
	}
	delete(r.store.jobs, "card/"+id+"/boss")
	press("2") // refused: the card is sent once more
	if j, ok := r.store.job("card/" + id + "/boss"); !ok || !slices.Equal(j.Message.Handles, []event.Handle{click}) {
		t.Errorf("refused: %v", ok)
	}
}

// Whoever presses what is over gets the card as it is now once more: the suite may have taken the change back.
func TestRefreshSendsTheCardAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	r.do(r.press("1", "u-boss", m, yes(m)), false)
	delete(r.store.jobs, "card/"+id+"/boss") // it was sent
	res := r.do(r.press("2", "u-boss", m, yes(m)), true)
	j, ok := r.store.job("card/" + id + "/boss")
	if !ok || !j.Message.Redraw || !j.IfShown || j.Message.Rev != 2 || len(res.Held) != 1 {
		t.Fatalf("job %+v, result %+v", j, res)
	}
	drawn, err := r.engine.Draw(context.Background(), *j.Message)
	if err != nil || drawn.Card.Rev != 2 {
		t.Errorf("%+v, %v", drawn, err)
	}
}

// A press that is not stored yet is stored together with its outcome, once.
func TestDecideAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	l := r.press("1", "u-boss", m, yes(m))
	delete(r.store.events, l.ID)
	fresh := workflows.Leased{Attempt: 1, Event: l.Event}
	before := r.store.commits
	res, err := r.engine.Process(context.Background(), fresh, true)
	if err != nil || res.What != "stepped" || r.store.commits != before+1 || r.store.result(l) != "stepped" {
		t.Fatalf("%+v, %v, %d commits, stored as %q", res, err, r.store.commits-before, r.store.result(l))
	}
	if e := r.store.trail[len(r.store.trail)-1]; e.Event != "c/act:1" {
		t.Errorf("the trail names %q as the cause", e.Event)
	}
	// Delivered again: nothing is decided twice, and the caller learns why.
	if _, err := r.engine.Process(context.Background(), fresh, true); !errors.Is(err, workflows.ErrDuplicate) {
		t.Errorf("the same press again: %v", err)
	}
	if in := r.store.instances[id]; in.Rev != 2 {
		t.Errorf("instance %+v", in)
	}
	// A refusal is stored with its toast as well.
	late := r.press("2", "u-boss", m, yes(m))
	delete(r.store.events, late.ID)
	res, err = r.engine.Process(context.Background(), workflows.Leased{Attempt: 1, Event: late.Event}, true)
	if err != nil || r.store.result(late) != "refused:already_decided" || r.store.events[late.ID].done.Toast == nil {
		t.Errorf("%+v, %v, stored as %q", res, err, r.store.result(late))
	}
}

func TestPressRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	forged := yes(m)
	forged.Token = strings.Repeat("A", len(forged.Token))
	other := yes(m)
	other.Verb = "no"
	newer := *m.Card
	newer.Rev++
	gone := *m.Card
	gone.Slot = "nowhere/boss"
	for name, c := range map[string]struct {
		who  string
		m    *card.Message
		b    card.Button
		want string
	}{
		"forged token":          {"u-boss", m, forged, "refused:bad_token"},
		"another verb":          {"u-boss", m, other, "refused:bad_token"},
		"no token":              {"u-boss", m, card.Button{Verb: "yes"}, "refused:bad_token"},
		"another revision":      {"u-boss", &card.Message{Card: &newer}, yes(m), "refused:bad_token"},
		"another slot":          {"u-boss", &card.Message{Card: &gone}, yes(m), "refused:bad_token"},
		"the wrong person":      {"u-lilei", m, yes(m), "refused:not_your_task"},
		"somebody nobody knows": {"u-who", m, yes(m), "refused:unknown_person"},
	} {
		l := r.press(name, c.who, c.m, c.b)
		res := r.do(l, true)
		if got := r.store.result(l); got != c.want || res.Toast == nil || res.Toast.Text.IsZero() {
			t.Errorf("%s: stored as %q with toast %v, want %q", name, got, res.Toast, c.want)
		}
	}
	if in := r.store.instances[id]; in.Rev != 1 {
		t.Errorf("a refused press changed the instance: %+v", in)
	}
}

func TestSameEventTwiceMakesOneInstance(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.say("1", "u-lilei", "问")
	r.do(l, false)
	r.store.events[l.ID].done = nil // as if the process had died between commit and answer
	if res := r.do(l, false); res.What != "duplicate" || len(r.store.instances) != 1 {
		t.Errorf("%+v, %d instances", res, len(r.store.instances))
	}
}

func TestConflictIsJudgedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	r.store.conflicts = 4
	if res := r.do(r.press("1", "u-boss", m, yes(m)), true); res.What != "stepped" {
		t.Errorf("%+v", res)
	}
	if in := r.store.instances[id]; in.Rev != 2 {
		t.Errorf("instance %+v", in)
	}
	if n := len(r.store.trail); n != 3 {
		t.Errorf("%d trail entries, want 3: a conflict must leave nothing behind", n)
	}
}

func TestEightPressesOneWins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	var wg sync.WaitGroup
	var won, told atomic.Int32
	for i := range 8 {
		l := r.press(string(rune('a'+i)), "u-boss", m, yes(m))
		wg.Go(func() {
			res, err := r.engine.Process(context.Background(), l, true)
			switch {
			case err != nil:
				t.Error(err)
			case res.What == "stepped":
				won.Add(1)
			case res.What == "refused:already_decided":
				told.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || told.Load() != 7 || r.store.instances[id].Rev != 2 {
		t.Errorf("%d won, %d were told, revision %d", won.Load(), told.Load(), r.store.instances[id].Rev)
	}
}

func TestFailingDirectoryIsNotNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.people.down = true
	res := r.do(r.say("1", "u-lilei", "问"), false)
	j, ok := r.store.job("lookup/" + res.Instance + "/boss")
	if !ok || j.Queue != workflows.QueueLookup || !j.RunAt.After(time.Now()) {
		t.Fatalf("the lookup is not asked again: %+v", j)
	}
	if _, ok := r.store.job("card/" + res.Instance + "/boss"); ok {
		t.Fatal("somebody was asked although nobody could be looked up")
	}
}

// A process that is started over and over makes many attempts within seconds: a young event is not given up for
// that, and comes again soon; an old one is.
func TestManyAttemptsOfAYoungEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *engine.Options) {
		o.Learn = func(context.Context, string, []event.Ref) error { return errors.New("rate limited") }
	})
	for name, c := range map[string]struct {
		age    time.Duration
		buried bool
	}{"young": {3 * time.Second, false}, "old": {10 * time.Minute, true}} {
		m := r.say(name, "u-new", "问")
		m.Attempt, m.Event.ReceivedAt = 20, time.Now().Add(-c.age)
		if _, err := r.engine.Process(t.Context(), m, false); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, buried := r.store.buried[m.ID]; buried != c.buried {
			t.Errorf("%s: buried %v", name, buried)
		}
		if at, again := r.store.retried[m.ID]; again == c.buried || again && time.Until(at) > c.age+time.Second {
			t.Errorf("%s: tried again %v at %v", name, again, at)
		}
	}
}

func TestPanicIsBuried(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	l := r.say("1", "u-lilei", "panic")
	if _, err := r.engine.Process(context.Background(), l, false); err == nil {
		t.Fatal("no error")
	}
	if why := r.store.buried[l.ID]; !strings.Contains(why, "a bug in a program") {
		t.Errorf("buried with %q", why)
	}
}

func TestStrangersAndBots(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	res := r.do(r.say("1", "u-who", "问"), false)
	if len(r.store.instances) != 0 || res.What != "answered" {
		t.Errorf("a stranger started a flow: %+v", res)
	}
	found := false
	for _, j := range r.store.jobs {
		found = found || strings.Contains(j.Message.Text.Default, "不认识") && strings.Contains(j.Message.Text.Default, "发送「绑定」") && strings.Contains(j.Message.Text.In("en-US"), "write 绑定")
	}
	if !found {
		t.Error("the stranger was not told, nor what they can do")
	}
	l := r.say("2", "u-lilei", "问")
	l.Event.Actor.Type = event.ActorBot
	if res := r.do(l, false); res.What != "ignored:bot" {
		t.Errorf("a bot was listened to: %+v", res)
	}
}

func TestUnknownAccountIsLookedUpOnce(t *testing.T) {
	t.Parallel()
	var r *rig
	asked := 0
	r = newRig(t, func(o *engine.Options) {
		o.Learn = func(_ context.Context, connection string, refs []event.Ref) error {
			asked++
			r.people.mu.Lock()
			defer r.people.mu.Unlock()
			r.people.who[refs[0]] = workflows.Person{ID: "new", Name: "新人", Active: true}
			return nil
		}
	})
	if res := r.do(r.say("1", "u-new", "问"), false); res.What != "stepped" || asked != 1 {
		t.Errorf("%+v after %d look-ups", res, asked)
	}
}

// A suite that can't be asked just now makes nobody a stranger: the message comes again.
func TestAccountThatCannotBeLookedUpNow(t *testing.T) {
	t.Parallel()
	var r *rig
	answer := errors.New("rate limited")
	r = newRig(t, func(o *engine.Options) {
		o.Learn = func(context.Context, string, []event.Ref) error { return answer }
	})
	m := r.say("1", "u-new", "问")
	if res, err := r.engine.Process(t.Context(), m, false); err == nil || res.What != "" {
		t.Errorf("%+v, %v", res, err)
	}
	if n := len(r.store.jobs); n != 0 {
		t.Errorf("%d effects of a message that could not be judged", n)
	}
	answer = fmt.Errorf("outside the app's sight: %w", workflows.ErrNotFound)
	if res := r.do(r.say("2", "u-new", "问"), false); res.What != "answered" {
		t.Errorf("a stranger was not told: %+v", res)
	}
}

func TestReadReceipt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	msg := event.Ref{Kind: event.RefMessage, ID: "om_1"}
	r.do(r.store.put(event.Event{ID: "ev:1", Kind: event.KindMessageRead, Connection: "c", ReceivedAt: time.Now(),
		Actor: event.Actor{Ref: account("u-boss")}, Body: &event.Receipt{Messages: []event.Ref{msg}}}), false)
	if len(r.store.receipts) != 1 || r.store.receipts[0].Person != "boss" || r.store.receipts[0].Message != msg || r.store.receipts[0].At.IsZero() {
		t.Errorf("receipts %+v", r.store.receipts)
	}
}

func TestPinnedVersionRunsOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	// A new version is published; the old one is only in the store now.
	v2, err := engine.NewRuntime([]workflows.Program{poll{"v2"}}, ask{}, nil, func(d workflows.Definition) (workflows.Program, error) {
		if d.Hash != "v1" {
			t.Errorf("version %s was compiled", d.Hash)
		}
		return poll{d.Hash}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Options{Store: r.store, People: r.people, Key: key, Runtime: func() *engine.Runtime { return v2 }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Process(context.Background(), r.press("1", "u-boss", m, yes(m)), true); err != nil {
		t.Fatal(err)
	}
	if in := r.store.instances[id]; in.Hash != "v1" || in.Rev != 2 {
		t.Errorf("instance %+v", in)
	}
}

func TestRunHandlesTimersAndLookups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.people.down = true
		id := r.do(r.say("1", "u-lilei", "问"), false).Instance
		r.people.down = false
		j := r.store.jobs["lookup/"+id+"/boss"]
		r.store.timers = []workflows.LeasedJob{
			{ID: j.ID, Token: "t", Attempt: 1, Queue: workflows.QueueLookup, Lookup: j.Lookup},
			{ID: "timer/x/y", Token: "t", Attempt: maxAttempts, Queue: "strange"},
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.engine.Run(ctx) }()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, ok := r.store.job("card/" + id + "/boss"); !ok {
			t.Error("the lookup was not asked again")
		}
		if why := r.store.buried["timer/x/y"]; !strings.Contains(why, "unknown queue") {
			t.Errorf("buried with %q", why)
		}
		r.store.mu.Lock()
		r.store.timers = []workflows.LeasedJob{{ID: "timer/" + id + "/late", Token: "t", Attempt: 1, Queue: workflows.QueueTimer,
			Timer: event.Timer{Instance: id, Name: "late", Generation: 1}}}
		r.store.mu.Unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if j, ok := r.store.job("text/" + id + "/late"); !ok || j.Message.Text.Default != "请尽快" {
			t.Errorf("the timer did nothing: %+v", j)
		}
		r.engine.Enqueue(r.say("2", "u-lilei", "问"))
		synctest.Wait()
		if n := len(r.store.snapshot()); n != 2 {
			t.Errorf("%d instances after an enqueued event, want 2", n)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

const maxAttempts = 8

// Whoever comes from another organisation is none of ours, whatever their account is called.
func TestStrangersHaveNoPerson(t *testing.T) {
	t.Parallel()
	learned := 0
	r := newRig(t, func(o *engine.Options) {
		o.Learn = func(context.Context, string, []event.Ref) error { learned++; return nil }
	})
	id, m := r.start()
	press := r.press("1", "u-boss", m, yes(m))
	press.Event.Actor.Type = event.ActorExternal
	if r.do(press, true); r.store.result(press) != "refused:unknown_person" {
		t.Errorf("the press was %q", r.store.result(press))
	}
	say := r.say("2", "u-lilei", "问")
	say.Event.Actor.Type = event.ActorExternal
	if res := r.do(say, false); res.What != "answered" || len(r.store.instances) != 1 {
		t.Errorf("the message was %+v, %d instances", res, len(r.store.instances))
	}
	if in := r.store.instances[id]; in.Rev != 1 || learned != 0 {
		t.Errorf("instance %+v, looked up %d times", in, learned)
	}
}
