package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// bubble runs a test in its own time. Its pump is stopped before the bubble ends.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

func after(d time.Duration) { time.Sleep(d); synctest.Wait() }

func TestSendsThenUpdatesTheSlot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		run(t, b, s, nil)
		b.put("card/a", time.Now(), cardOf("a", 1))
		after(2 * time.Second)
		b.put("card/a", time.Now(), cardOf("a", 2))
		after(4 * time.Second)
		if d := cmp.Diff([]string{"send@1", "update@2"}, s.ops()); d != "" {
			t.Error(d)
		}
		if b.waiting() != 0 {
			t.Error("the row is still there")
		}
	})
}

func TestKickIsImmediateEvenIfNotDue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		p := run(t, b, s, nil)
		b.put("card/a", time.Now().Add(time.Hour), cardOf("a", 1))
		after(3 * time.Second)
		if len(s.made()) != 0 {
			t.Fatal("left before it was due")
		}
		start := time.Now()
		p.Kick([]string{"card/a", "card/unknown"})
		after(time.Millisecond)
		if c := s.made(); len(c) != 1 || c[0].At.Sub(start) > time.Millisecond {
			t.Fatalf("calls %v", c)
		}
	})
}

func TestWhatIsShownIsNotSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		b.slots["a"] = &slot{adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m"}}, 7}
		run(t, b, s, nil)
		b.put("card/a", time.Now(), cardOf("a", 6))
		after(3 * time.Second)
		if len(s.made()) != 0 || b.waiting() != 0 || b.slots["a"].rev != 7 {
			t.Errorf("calls %v, waiting %d, shows %d", s.made(), b.waiting(), b.slots["a"].rev)
		}
	})
}

// What a card that is drawn of its instance will say is known only when it is drawn: a row that is as old as
// what is shown brings the newer state all the same, and when there is none nothing is sent.
func TestARowMayBeOlderThanWhatItDraws(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		b.slots["a"] = &slot{adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m"}}, 7}
		now := int64(7)
		run(t, b, s, func(o *Options) {
			o.Draw = func(_ context.Context, m card.Message) (card.Message, error) {
				m.Rev, m.Draft, m.Card = now, nil, &card.Card{Slot: m.Slot, Rev: now, Digest: fmt.Sprint("digest of ", now)}
				return m, nil
			}
		})
		waiting := cardOf("a", 7)
		waiting.Card, waiting.Draft = nil, &card.Draft{}
		b.put("card/a", time.Now(), waiting)
		after(3 * time.Second)
		if len(s.made()) != 0 || b.waiting() != 0 {
			t.Fatalf("calls %v, waiting %d, though nothing is new", s.made(), b.waiting())
		}
		now = 9
		b.put("card/a", time.Now(), waiting)
		after(3 * time.Second)
		if calls := s.made(); len(calls) != 1 || calls[0].Rev != 9 || b.waiting() != 0 || b.slots["a"].rev != 9 || b.slots["a"].ref.Card != "digest of 9" {
			t.Errorf("calls %v, waiting %d, shows %d", calls, b.waiting(), b.slots["a"].rev)
		}
	})
}

// A card that changes ten times a second is changed three times at once and then once a second, in order, and ends
// with the last.
func TestUpdatesOfASlotAreCoalesced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything(), took: 30 * time.Millisecond}
		p := run(t, b, s, nil)
		for rev := int64(1); rev <= 50; rev++ {
			b.put("card/a", time.Now(), cardOf("a", rev))
			p.Kick([]string{"card/a"})
			after(100 * time.Millisecond)
		}
		after(5 * time.Second)
		calls := s.made()
		for i := 1; i < len(calls); i++ {
			if i > 3 { // calls[0] is the sending
				if d := calls[i].At.Sub(calls[i-3].At); d < time.Second-time.Millisecond {
					t.Errorf("four changes within %v", d)
				}
			}
			if calls[i].Rev <= calls[i-1].Rev {
				t.Errorf("revision %d after %d", calls[i].Rev, calls[i-1].Rev)
			}
		}
		if n := len(calls); n < 7 || n > 10 || calls[n-1].Rev != 50 {
			t.Errorf("%d calls, the last shows %d", n, calls[n-1].Rev)
		}
	})
}

// 500 notices to one group: all arrive, the limit is crossed in no second.
func TestBurstStaysWithinTheBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		caps := everything()
		caps.Budgets = []adapters.Budget{
			{Op: "send", Scope: adapters.PerRecipient, N: 5, Every: time.Second},
			{Op: "send", Scope: adapters.PerApp, N: 50, Every: time.Second},
			{Op: "*", Scope: adapters.PerApp, N: 1000, Every: time.Minute},
		}
		b, s := newOutbox(), &suite{caps: caps}
		run(t, b, s, nil)
		for i := range 500 {
			b.put(fmt.Sprintf("text/%03d", i), time.Now(), textTo("group"))
		}
		for i := range 300 {
			b.put(fmt.Sprintf("text/x%03d", i), time.Now(), textTo(fmt.Sprint("u", i)))
		}
		start := time.Now()
		for b.waiting() > 0 && time.Since(start) < 10*time.Minute {
			after(time.Second)
		}
		calls := s.made()
		if len(calls) != 800 {
			t.Fatalf("%d of 800 left", len(calls))
		}
		for i, c := range calls {
			n := 0
			for _, d := range calls[i:] {
				if d.At.Sub(c.At) < time.Second {
					n++
				}
			}
			if n > 50 {
				t.Fatalf("%d calls in the second after %v", n, c.At.Sub(start))
			}
		}
		var group []time.Time
		for _, c := range calls {
			if !strings.Contains(c.Key, "x") {
				group = append(group, c.At)
			}
		}
		for i := range group {
			if i+5 < len(group) && group[i+5].Sub(group[i]) < time.Second {
				t.Fatalf("six messages to the group in %v", group[i+5].Sub(group[i]))
			}
		}
		if took := time.Since(start); took > 4*time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestLimitsLowerAndNeverRaise(t *testing.T) {
	bubble(t, func(t *testing.T) {
		caps := everything()
		caps.Budgets = []adapters.Budget{{Op: "*", Scope: adapters.PerApp, N: 60, Every: time.Minute}}
		for _, c := range []struct {
			limits config.Limits
			most   int
		}{{config.Limits{PerMinute: 10}, 10}, {config.Limits{PerSecond: 1000, PerMinute: 60_000}, 60}} {
			b, s := newOutbox(), &suite{caps: caps}
			p := New(Options{Outbox: b, Connections: func(string) (*adapters.Connection, bool) { return nil, false }, Limits: func(string) config.Limits { return c.limits }})
			r := newRow(adapters.Outgoing{ID: "x", Message: textTo("g")}, adapters.New("c", s))
			now, n := time.Now(), 0
			for i := range 60_000 {
				if p.budgets.reserve(now.Add(time.Duration(i)*time.Millisecond), shared, r, p.limits(r.conn), 0).wait == 0 {
					n++
				}
			}
			if n > c.most || n < c.most*3/4 {
				t.Errorf("limits %+v let %d through in a minute, want at most %d", c.limits, n, c.most)
			}
		}
	})
}

func TestFailuresDecide(t *testing.T) {
	t.Parallel()
	message := func(urge bool) card.Message {
		if urge {
			return card.Message{Urge: &card.Urge{Slot: "a", Level: card.UrgeApp}}
		}
		return cardOf("a", 2)
	}
	for name, c := range map[string]struct {
		kind     adapters.Kind
		op       string // send when empty
		sendKey  time.Duration
		bury     string        // part of the cause; "" is not buried
		min, max time.Duration // of the wait
		doubt    bool
	}{
		"transient":                {kind: adapters.KindTransient, sendKey: time.Hour, min: time.Second, max: 5 * time.Second},
		"rate limited":             {kind: adapters.KindRateLimited, sendKey: time.Hour, min: time.Second, max: 5 * time.Second},
		"unauthenticated":          {kind: adapters.KindUnauthenticated, sendKey: time.Hour, min: 5 * time.Minute, max: 6 * time.Minute},
		"unknown, key known":       {kind: adapters.KindUnknown, sendKey: time.Hour, min: time.Second, max: 5 * time.Second, doubt: true},
		"unknown, no keys":         {kind: adapters.KindUnknown, bury: "outcome unknown"},
		"unknown, short keys":      {kind: adapters.KindUnknown, sendKey: 20 * time.Second, bury: "outcome unknown"},
		"unknown update":           {kind: adapters.KindUnknown, op: opUpdate, min: time.Second, max: 5 * time.Second},
		"unknown urge":             {kind: adapters.KindUnknown, op: opUrge, sendKey: time.Hour, bury: "not repeated"},
		"forbidden":                {kind: adapters.KindForbidden, sendKey: time.Hour, bury: "forbidden"},
		"not found":                {kind: adapters.KindNotFound, sendKey: time.Hour, bury: "not_found"},
		"invalid":                  {kind: adapters.KindInvalid, sendKey: time.Hour, bury: "invalid"},
		"unsupported":              {kind: adapters.KindUnsupported, op: opUrge, bury: "unsupported"},
		"gone, with nothing to do": {kind: adapters.KindGone, sendKey: time.Hour, bury: "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				caps := everything()
				caps.SendKey = c.sendKey
				b, s := newOutbox(), &suite{caps: caps, script: []error{fails(c.kind)}}
				if c.op == opUpdate || c.op == opUrge {
					b.slots["a"] = &slot{adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m"}}, 1}
				}
				run(t, b, s, nil)
				start := time.Now()
				b.put("x", start, message(c.op == opUrge))
				for len(s.made()) == 0 && time.Since(start) < time.Minute {
					after(10 * time.Millisecond)
				}
				called := s.made()[0].At
				b.mu.Lock()
				cause, buried := b.buried["x"]
				got := append([]given(nil), b.given...)
				b.mu.Unlock()
				if c.bury != "" {
					if !buried || !strings.Contains(cause, c.bury) {
						t.Fatalf("buried %v, cause %q", buried, cause)
					}
					return
				}
				if buried || len(got) == 0 {
					t.Fatalf("buried %v (%s), given back %v", buried, cause, got)
				}
				if wait := got[0].At.Sub(called); wait < c.min || wait > c.max || got[0].Uncertain != c.doubt || got[0].Cause == "" {
					t.Errorf("again after %v, %+v", wait, got[0])
				}
				after(20 * time.Minute)
				calls := 2
				if c.doubt {
					calls++ // the card is changed as well
				}
				if b.waiting() != 0 || len(s.made()) != calls || s.made()[1].Key != s.made()[0].Key {
					t.Errorf("was not delivered with the same key: %v", s.made())
				}
			})
		})
	}
}

func TestRetryAfterIsHonouredAndTheConnectionRests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := newOutbox()
		s := &suite{caps: everything(), script: []error{&adapters.Error{Op: "send", Kind: adapters.KindRateLimited, RetryAfter: 40 * time.Second}}}
		p := run(t, b, s, nil)
		b.put("a", time.Now(), textTo("one"))
		p.Kick([]string{"a"})
		after(time.Second)
		first := s.made()[0].At
		b.put("b", time.Now(), textTo("two"))
		after(90 * time.Second)
		calls := s.made()
		if len(calls) != 3 {
			t.Fatalf("calls %v", calls)
		}
		for _, c := range calls[1:] {
			if d := c.At.Sub(first); d < 40*time.Second {
				t.Errorf("called again after %v", d)
			}
		}
	})
}

func TestUpdateOfAMessageThatIsGoneSendsANewOneThatAnswersIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything(), script: []error{fails(adapters.KindGone)}}
		b.slots["a"] = &slot{adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "old"}}, 1}
		run(t, b, s, nil)
		b.put("card/a", time.Now(), cardOf("a", 2))
		after(3 * time.Second)
		calls := s.made()
		if len(calls) != 2 || calls[1].Op != opSend || !calls[1].Reply || calls[1].Key == calls[0].Key {
			t.Fatalf("calls %+v", calls)
		}
		if got := b.slots["a"]; got.rev != 2 || got.ref.Message.ID != "m-"+calls[1].Key {
			t.Errorf("slot %+v", got)
		}
	})
}

func TestGivesUpAfterManyAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		for range 100 {
			s.script = append(s.script, fails(adapters.KindTransient))
		}
		start := time.Now()
		run(t, b, s, func(o *Options) { o.Rand = func() float64 { return 0.99 } })
		b.put("a", start, textTo("one"))
		for b.waiting() > 0 && time.Since(start) < 100*time.Hour {
			after(10 * time.Minute)
		}
		if n := len(s.made()); n != 12 {
			t.Errorf("%d attempts", n)
		}
		if d := time.Since(start); d < 18*time.Hour || d > 30*time.Hour {
			t.Errorf("given up after %v", d)
		}
		if !strings.Contains(b.buried["a"], "given up after 12 attempts") {
			t.Errorf("cause %q", b.buried["a"])
		}
	})
}

func TestAfterFailuresInARowTheConnectionRests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		for range 200 {
			s.script = append(s.script, fails(adapters.KindTransient))
		}
		run(t, b, s, func(o *Options) { o.Workers = 1 })
		for i := range 50 {
			b.put(fmt.Sprint("t", i), time.Now(), textTo(fmt.Sprint("u", i)))
		}
		after(4 * time.Second)
		if n := len(s.made()); n != breakAfter {
			t.Errorf("%d calls before it rests, want %d", n, breakAfter)
		}
	})
}

// The row of a slot waits for the one before it, and a slow call is over before its lease is.
func TestSlowCallsAreNotDoubled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything(), took: 9 * time.Second}
		one := run(t, b, s, func(o *Options) { o.Lease = 30 * time.Second })
		two := run(t, b, s, func(o *Options) { o.Lease = 30 * time.Second })
		for i := range 100 {
			id := fmt.Sprint("card/", i)
			b.put(id, time.Now(), cardOf(fmt.Sprint(i), 1))
			one.Kick([]string{id})
			two.Kick([]string{id})
		}
		start := time.Now()
		for b.waiting() > 0 && time.Since(start) < time.Hour {
			after(time.Second)
		}
		seen := map[string]int{}
		for _, c := range s.made() {
			seen[c.Key]++
		}
		if len(seen) != 100 || s.most > 1 {
			t.Errorf("%d of 100 left, %d at the same time for one slot", len(seen), s.most)
		}
		for k, n := range seen {
			if n != 1 {
				t.Errorf("%s was sent %d times", k, n)
			}
		}
	})
}

func TestStopFinishesCallsInFlightAndGivesTheRestBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything(), took: 3 * time.Second}
		t.Cleanup(func() { // after the pump has stopped
			if len(b.sent) != 2 || b.waiting() != 6 {
				t.Errorf("sent %v, waiting %d", b.sent, b.waiting())
			}
			for id, r := range b.rows {
				if r.o.Lease.Token != "" && r.o.Lease.Until.After(time.Now()) || r.o.Attempt != 0 {
					t.Errorf("%s is leased or counted: %+v", id, r.o)
				}
			}
		})
		p := run(t, b, s, func(o *Options) { o.Workers = 2 })
		var ids []string
		for i := range 8 {
			ids = append(ids, fmt.Sprint("t", i))
			b.put(ids[i], time.Now(), textTo(fmt.Sprint("u", i)))
		}
		p.Kick(ids)
		after(time.Second)
	})
}

func TestRecordingIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		n := 0
		b.fail = func(what string) error {
			if n++; what == "sent" && n < 8 {
				return errors.New("busy")
			}
			return nil
		}
		n = 5
		run(t, b, s, nil)
		b.put("a", time.Now(), textTo("one"))
		after(3 * time.Second)
		if len(s.made()) != 1 || b.waiting() != 0 {
			t.Errorf("%d calls, %d waiting", len(s.made()), b.waiting())
		}
	})
}

func TestUnknownConnectionWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		run(t, b, s, nil)
		m := textTo("one")
		m.Connection = "gone"
		b.put("a", time.Now(), m)
		after(3 * time.Second)
		if len(s.made()) != 0 || len(b.given) != 1 || b.given[0].Cause == "" {
			t.Errorf("calls %v, given %v", s.made(), b.given)
		}
	})
}

// leftBehind leases the row for somebody who then dies.
func leftBehind(t *testing.T, b *outbox, id string) {
	t.Helper()
	if got, _ := b.LeaseIDs(t.Context(), []string{id}, time.Now(), time.Minute); len(got) != 1 {
		t.Fatalf("leased %v", got)
	}
}

// A process died between the vendor's yes and its note of it. The same key is sent again while the vendor
// knows it; what it shows is the first content then, so the card is brought up to date. Later, without keys,
// and for an urge, a person decides.
func TestRowsOfADeadProcess(t *testing.T) {
	for name, c := range map[string]struct {
		m       card.Message
		sendKey time.Duration
		down    time.Duration
		want    []string
		bury    string
	}{
		"card, key known":      {cardOf("a", 2), time.Hour, 10 * time.Minute, []string{"send@2", "update@2"}, ""},
		"card, key forgotten":  {cardOf("a", 2), time.Hour, 2 * time.Hour, nil, "unknown"},
		"card, no keys":        {cardOf("a", 2), 0, 10 * time.Minute, nil, "unknown"},
		"text, key known":      {textTo("one"), time.Hour, 10 * time.Minute, []string{"send@0"}, ""},
		"urge":                 {card.Message{Urge: &card.Urge{Slot: "b", Level: card.UrgeApp}}, time.Hour, 10 * time.Minute, nil, "not repeated"},
		"update, however late": {cardOf("b", 2), 0, 24 * time.Hour, []string{"update@2"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				caps := everything()
				caps.SendKey = c.sendKey
				b, s := newOutbox(), &suite{caps: caps}
				b.slots["b"] = &slot{adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m"}}, 1}
				b.put("x", time.Now(), c.m)
				leftBehind(t, b, "x")
				after(c.down)
				run(t, b, s, nil)
				after(10 * time.Second)
				if d := cmp.Diff(c.want, s.ops()); d != "" {
					t.Error(d)
				}
				if cause := b.buried["x"]; !strings.Contains(cause, c.bury) || c.bury == "" && cause != "" {
					t.Errorf("buried: %q", cause)
				}
				if b.waiting() != 0 {
					t.Error("it still waits")
				}
			})
		})
	}
}

// Who can't be reached at all is for a person to look at, now and not in half a day.
func TestNobodyToSendTo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		b.put("a", time.Now(), textTo("one"))
		b.rows["a"].o.Message.Connection = ""
		run(t, b, s, nil)
		after(3 * time.Second)
		if len(s.made()) != 0 || !strings.Contains(b.buried["a"], "no account") {
			t.Errorf("calls %v, buried %v", s.made(), b.buried)
		}
	})
}

func TestUrgeWaitsForItsMessage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		p := run(t, b, s, nil)
		b.put("urge", time.Now(), card.Message{Urge: &card.Urge{Slot: "a", Level: card.UrgeApp}})
		p.Kick([]string{"urge"})
		after(time.Second)
		if len(s.made()) != 0 {
			t.Fatal("urged nothing")
		}
		b.put("card/a", time.Now(), cardOf("a", 1))
		after(time.Minute)
		if d := cmp.Diff([]string{"send@1", "urge@0"}, s.ops()); d != "" {
			t.Error(d)
		}
	})
}

// A suite that can't urge is not asked to: the words of the urge go as a message of their own, and nothing is left
// for an operator to look at.
func TestUrgeThatTheSuiteDoesNotHave(t *testing.T) {
	bubble(t, func(t *testing.T) {
		caps := everything()
		caps.Urge = nil
		b, s := newOutbox(), &suite{caps: caps}
		b.slots["a"] = &slot{adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m"}}, 1}
		p := run(t, b, s, nil)
		b.put("urge", time.Now(), card.Message{Urge: &card.Urge{Slot: "a", Level: card.UrgeApp}})
		p.Kick([]string{"urge"})
		after(time.Minute)
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.buried) != 0 || len(b.rows) != 0 || len(s.made()) != 0 {
			t.Errorf("buried %v, left %d rows, made %v", b.buried, len(b.rows), s.ops())
		}
	})
}

// A card whose first send was carried out but never answered, and whose content is replaced meanwhile: the
// vendor knows the key and keeps showing the old content, so that the new one must follow as a change.
func TestLostSendThenReplaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything(), script: []error{fails(adapters.KindUnknown)}}
		p := run(t, b, s, nil)
		first, second := cardOf("a", 1), cardOf("a", 2)
		first.Key, second.Key = "same", "same"
		b.put("card/a", time.Now(), first)
		p.Kick([]string{"card/a"})
		after(10 * time.Millisecond)
		b.put("card/a", time.Now(), second)
		p.Kick([]string{"card/a"})
		after(30 * time.Second)
		if got, want := fmt.Sprint(s.ops()), "[send@1 send@2 update@2]"; got != want {
			t.Errorf("calls %s, want %s", got, want)
		}
		if b.waiting() != 0 {
			t.Error("the row still waits")
		}
	})
}

// What a press brought comes before what the message has, and the message itself is not asked for it twice.
func TestHandlesOfAPressReachTheUpdate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything(), script: []error{fails(adapters.KindTransient)}}
		sent := event.Handle{Kind: "code", Value: "sent", Uses: 1, Expires: time.Now().Add(time.Hour), Update: true}
		click := event.Handle{Kind: "code", Value: "click", Uses: 1, Expires: time.Now().Add(time.Hour), Update: true}
		b.slots["a"] = &slot{adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m"}, Handles: []event.Handle{sent}}, 1}
		run(t, b, s, nil)
		m := cardOf("a", 2)
		m.Handles = []event.Handle{click}
		b.put("card/a", time.Now(), m)
		after(time.Minute)
		calls := s.made()
		if len(calls) != 2 {
			t.Fatalf("calls %+v", calls)
		}
		for _, c := range calls {
			if d := cmp.Diff([]event.Handle{click, sent}, c.Handles); d != "" {
				t.Error(d)
			}
		}
	})
}

// The card of somebody who has left is changed if the suite lets us; nothing is sent to them anew, and what
// can't be done is no dead letter.
func TestCardsOfLeavers(t *testing.T) {
	t.Parallel()
	shown := adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m"}}
	for name, c := range map[string]struct {
		ref   *adapters.MessageRef
		fails []error
		old   bool
		want  []string
	}{
		"changed":                {ref: &shown, want: []string{"update@2"}},
		"refused":                {ref: &shown, fails: []error{fails(adapters.KindForbidden)}, want: []string{"update@2"}},
		"not there any more":     {ref: &shown, fails: []error{fails(adapters.KindNotFound)}, want: []string{"update@2"}},
		"can't be changed":       {ref: &shown, fails: []error{fails(adapters.KindGone)}, want: []string{"update@2"}},
		"a suite that never can": {ref: &shown, old: true},
		"never shown":            {},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				b, s := newOutbox(), &suite{caps: everything(), script: c.fails}
				s.caps.Update = !c.old
				if c.ref != nil {
					b.slots["a"] = &slot{*c.ref, 1}
				}
				run(t, b, s, nil)
				m := cardOf("a", 2)
				m.Quiet = true
				b.put("card/a", time.Now(), m)
				after(10 * time.Second)
				if d := cmp.Diff(c.want, s.ops()); d != "" || len(b.buried) != 0 || b.waiting() != 0 {
					t.Errorf("buried %v, waiting %d, calls (-want +got)\n%s", b.buried, b.waiting(), d)
				}
			})
		})
	}
}

// A card that is wanted once more comes as a new message, and the old one says so; from then on the new one changes.
func TestSentAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		run(t, b, s, nil)
		b.put("card/a", time.Now(), cardOf("a", 1))
		after(2 * time.Second)
		again := cardOf("a", 1)
		again.Key, again.Redraw, again.Anew = "other", true, true
		b.put("card/a", time.Now(), again)
		after(4 * time.Second)
		b.put("card/a", time.Now(), cardOf("a", 2))
		after(4 * time.Second)
		if d := cmp.Diff([]string{"send@1", "send@1", "update@1", "update@2"}, s.ops()); d != "" {
			t.Error(d)
		}
		if b.waiting() != 0 {
			t.Error("the row is still there")
		}
	})
}

// What becomes of the old message does not matter to the new one: it is not sent twice.
func TestSentAnewThoughTheOldIsOutOfReach(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b, s := newOutbox(), &suite{caps: everything()}
		run(t, b, s, nil)
		b.put("card/a", time.Now(), cardOf("a", 1))
		after(2 * time.Second)
		s.mu.Lock()
		s.script = []error{nil, fails(adapters.KindGone)}
		s.mu.Unlock()
		again := cardOf("a", 1)
		again.Key, again.Redraw, again.Anew = "other", true, true
		b.put("card/a", time.Now(), again)
		after(time.Minute)
		if d := cmp.Diff([]string{"send@1", "send@1", "update@1"}, s.ops()); d != "" {
			t.Error(d)
		}
		if b.waiting() != 0 {
			t.Error("the row is still there")
		}
	})
}
