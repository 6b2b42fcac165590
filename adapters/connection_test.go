package adapters

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// bare is a suite that can only receive and send. It notes what it was asked to send, and takes the next
// error of the script.
type bare struct {
	caps   Capabilities
	sent   []card.Message
	script []error
	hang   bool
}

func (b *bare) next() error {
	if len(b.script) == 0 {
		return nil
	}
	err := b.script[0]
	b.script = b.script[1:]
	return err
}

func (b *bare) Receive(context.Context, Request) (Delivery, error) { return Delivery{}, b.next() }
func (b *bare) Capabilities() Capabilities                         { return b.caps }
func (b *bare) Send(ctx context.Context, m card.Message) (MessageRef, error) {
	if b.hang {
		<-ctx.Done()
		return MessageRef{}, ctx.Err()
	}
	b.sent = append(b.sent, m)
	return MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: fmt.Sprint("m", len(b.sent))}}, b.next()
}

// able can also update; its updates take errors from a script of their own.
type able struct {
	bare
	updates []error
	updated int
}

func (a *able) Update(_ context.Context, ref MessageRef, _ card.Message) (MessageRef, error) {
	a.updated++
	if len(a.updates) > 0 {
		err := a.updates[0]
		a.updates = a.updates[1:]
		return MessageRef{}, err
	}
	return ref, nil
}

func msg() card.Message { return card.Message{Key: "k", Card: &card.Card{}} }

var old = MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "old"}}

func TestWhatASuiteLacksIsUnsupported(t *testing.T) {
	t.Parallel()
	// Declared, but not there; and there, but not declared, is the same: the suite can't do it.
	all := Capabilities{Platform: "bare", Answer: true, Update: true, LateAnswer: true, Recall: true, Urge: []card.UrgeLevel{card.UrgeApp}, Receipts: true, Directory: true, Chats: true}
	for name, c := range map[string]*Connection{"declared only": New("c", &bare{caps: all}), "nothing": New("c", &bare{})} {
		ctx := t.Context()
		calls := map[string]error{
			"late answer": c.AnswerLate(ctx, event.Handle{}, card.Card{}),
			"recall":      c.Recall(ctx, old),
			"listen":      c.Listen(ctx, nil),
		}
		_, calls["urge"] = c.Urge(ctx, old, card.UrgeApp, nil)
		_, calls["readers"] = c.Readers(ctx, old)
		_, _, calls["encode"] = c.EncodeCard(card.Card{}, EncodeOptions{})
		_, calls["answer"] = c.EncodeAnswer(event.Event{}, nil)
		_, calls["departments"] = c.Departments(ctx)
		_, calls["accounts"] = c.Accounts(ctx)
		_, calls["account"] = c.Account(ctx, event.Ref{})
		_, calls["chats"] = c.Chats(ctx)
		_, calls["create"] = c.CreateChat(ctx, "", "", nil)
		_, calls["add"] = c.AddMembers(ctx, event.Ref{}, nil)
		_, calls["members"] = c.Members(ctx, event.Ref{})
		for op, err := range calls {
			var e *Error
			if !errors.As(err, &e) || e.Kind != KindUnsupported || e.Connection != "c" {
				t.Errorf("%s: %s says %v", name, op, err)
			}
		}
		if c.Answers() || c.Listens() || c.Updatable(old) {
			t.Errorf("%s: claims what it can't", name)
		}
	}
}

func TestUpdateOrNew(t *testing.T) {
	t.Parallel()
	gone := &Error{Op: "update", Kind: KindGone}
	now := time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		caps    Capabilities
		ref     MessageRef
		updates []error
		sends   []error
		want    Updated
		kind    Kind // of the error
		why     Kind // of Gone
		sent    int
		reply   string // what the last message sent answers
	}{
		"in place":                {caps: Capabilities{Update: true, Reply: true}, ref: old, want: Updated{Ref: old}},
		"suite can't":             {caps: Capabilities{Reply: true}, ref: old, want: Updated{New: true}, sent: 1, reply: "old"},
		"suite can't, nor answer": {caps: Capabilities{}, ref: old, want: Updated{New: true}, sent: 1},
		"gone":                    {caps: Capabilities{Update: true, Reply: true}, ref: old, updates: []error{gone}, want: Updated{New: true}, why: KindGone, sent: 1, reply: "old"},
		"too old":                 {caps: Capabilities{Update: true, UpdateFor: time.Hour}, ref: MessageRef{Message: old.Message, SentAt: now.Add(-time.Hour)}, want: Updated{New: true}, why: KindGone, sent: 1},
		"young enough":            {caps: Capabilities{Update: true, UpdateFor: time.Hour}, ref: MessageRef{Message: old.Message, SentAt: now.Add(-59 * time.Minute)}, want: Updated{Ref: MessageRef{Message: old.Message, SentAt: now.Add(-59 * time.Minute)}}},
		"never sent":              {caps: Capabilities{Update: true}, want: Updated{New: true}, why: KindGone, sent: 1},
		"another failure":         {caps: Capabilities{Update: true}, ref: old, updates: []error{&Error{Kind: KindRateLimited, RetryAfter: time.Second}}, kind: KindRateLimited},
		"the old one is no more":  {caps: Capabilities{Reply: true}, ref: old, sends: []error{&Error{Kind: KindGone}}, want: Updated{New: true}, sent: 2},
		"nor is it found":         {caps: Capabilities{Reply: true}, ref: old, sends: []error{&Error{Kind: KindNotFound}}, want: Updated{New: true}, sent: 2},
		"nobody there":            {caps: Capabilities{Reply: true}, ref: old, sends: []error{&Error{Kind: KindNotFound}, &Error{Kind: KindNotFound}}, want: Updated{New: true}, kind: KindNotFound, sent: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &able{bare: bare{caps: c.caps, script: c.sends}, updates: c.updates}
			conn := New("c", p)
			conn.now = func() time.Time { return now }
			got, err := conn.Update(t.Context(), c.ref, msg())
			if KindOf(err) != c.kind || KindOf(got.Gone) != c.why || got.New != c.want.New || len(p.sent) != c.sent {
				t.Fatalf("%+v, err %v, %d sent", got, err, len(p.sent))
			}
			if !c.want.New && c.kind == "" {
				if d := cmp.Diff(c.want.Ref, got.Ref); d != "" {
					t.Error(d)
				}
			}
			if n := len(p.sent); n > 0 {
				last := p.sent[n-1]
				answers := ""
				if last.ReplyTo != nil {
					answers = last.ReplyTo.ID
				}
				if answers != c.reply || last.Key == "k" || last.Key != p.sent[0].Key {
					t.Errorf("answers %q under key %q", answers, last.Key)
				}
			}
		})
	}
}

// In a suite that can't change messages each change is a new one; none may look like a repetition of another,
// and a retry of one must.
func TestReplacementsHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := &able{bare: bare{caps: Capabilities{Reply: true}}}
	conn := New("c", p)
	second := old
	second.Message.ID = "second"
	for _, ref := range []MessageRef{old, old, second} {
		if _, err := conn.Update(t.Context(), ref, msg()); err != nil {
			t.Fatal(err)
		}
	}
	first, again, next := p.sent[0].Key, p.sent[1].Key, p.sent[2].Key
	if first != again || first == next || first == msg().Key || next == msg().Key {
		t.Errorf("keys %q, again %q, of the next %q", first, again, next)
	}
}

func TestCallsHaveADeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New("c", &bare{hang: true})
		start := time.Now()
		_, err := c.Send(t.Context(), msg())
		if d := time.Since(start); d != CallTimeout || KindOf(err) != KindUnknown {
			t.Errorf("after %v: %v", d, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		_, err = c.Send(ctx, msg())
		if d := time.Since(start); d != time.Second || KindOf(err) != KindUnknown {
			t.Errorf("the caller's own deadline: after %v: %v", d, err)
		}
	})
}

func TestErrorsNameTheConnection(t *testing.T) {
	t.Parallel()
	shared := &Error{Op: "send", Kind: KindInvalid, Code: "7"}
	wrapped := fmt.Errorf("outer: %w", &Error{Op: "send", Kind: KindRateLimited, RetryAfter: time.Second, Code: "8"})
	own := &Error{Connection: "other", Kind: KindForbidden}
	for name, c := range map[string]struct {
		in   error
		want string
	}{
		"of the suite":  {shared, "c: send: invalid (code 7)"},
		"wrapped":       {wrapped, "c: send: rate_limited (code 8): outer: send: rate_limited (code 8)"},
		"named already": {own, "other: : forbidden"},
		"any other":     {errors.New("odd"), "c: send: transient: odd"},
		"deadline":      {context.DeadlineExceeded, "c: send: unknown: context deadline exceeded"},
		"with a token":  {&url.Error{Op: "Post", URL: "https://u:p@api.example/x?access_token=s3cret", Err: errors.New("refused")}, "c: send: transient: Post https://api.example/x: refused"},
	} {
		_, err := New("c", &bare{script: []error{c.in}}).Send(t.Context(), msg())
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if !errors.Is(err, c.in) && name != "of the suite" {
			t.Errorf("%s: the cause is lost", name)
		}
		if strings.Contains(fmt.Sprint(err), "s3cret") {
			t.Errorf("%s: leaks", name)
		}
	}
	if shared.Connection != "" {
		t.Error("the suite's own error was changed")
	}
	var e *Error
	if _, err := New("c", &bare{script: []error{wrapped}}).Send(t.Context(), msg()); !errors.As(err, &e) || e.RetryAfter != time.Second {
		t.Errorf("the wait is lost: %v", err)
	}
}

func TestOpenGivesTheFactorysProblems(t *testing.T) {
	t.Parallel()
	ps := config.Problems{{File: "magpie.yaml", What: "bad"}}
	if _, err := Open(config.Connection{ID: "c"}, func(config.Connection, Env) (Platform, error) { return nil, ps }, Env{}); !cmp.Equal(err, error(ps)) {
		t.Errorf("%v", err)
	}
	c, err := Open(config.Connection{ID: "c"}, func(config.Connection, Env) (Platform, error) {
		return &bare{caps: Capabilities{Platform: "bare"}}, nil
	}, Env{})
	if err != nil || c.ID != "c" || c.Suite != "bare" {
		t.Errorf("%+v %v", c, err)
	}
}

// A press may bring a right to change the card that outlives the message's own.
func TestUpdatableByAHandle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	c := New("c", &able{bare: bare{caps: Capabilities{Update: true, UpdateFor: time.Hour}}})
	c.now = func() time.Time { return now }
	old := MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m"}, SentAt: now.Add(-2 * time.Hour)}
	for name, x := range map[string]struct {
		h    event.Handle
		want bool
	}{
		"fresh":        {event.Handle{Value: "x", Expires: now.Add(time.Minute), Update: true}, true},
		"expired":      {event.Handle{Value: "x", Expires: now, Update: true}, false},
		"of no update": {event.Handle{Value: "x", Expires: now.Add(time.Minute)}, false},
	} {
		ref := old
		ref.Handles = []event.Handle{x.h}
		if got := c.Updatable(ref); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
