package loopback

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "loopback-secret-1"

func TestConformance(t *testing.T) {
	t.Parallel()
	adapterstest.Run(t, func(t *testing.T, env adapters.Env) adapterstest.Side {
		p := New(config.NewSecret(key), "", env)
		sign := func(body string) adapters.Request { return p.Sign([]byte(body), time.Now()) }
		message := func(id string) adapters.Request {
			return sign(fmt.Sprintf(`{"id":%q,"type":"message","user":"li.lei","name":"李雷","text":"采购"}`, id))
		}
		bare := message("1")
		bare.Header = nil
		foreign := New(config.NewSecret("another"), "", env).Sign(message("1").Body, time.Now())
		var presses atomic.Int64
		return adapterstest.Side{
			Platform: p, Secrets: []string{key}, To: p.AddUser("li.lei", "李雷"),
			Handshake: func() (adapters.Request, func(adapters.Response) error) {
				return sign(`{"challenge":"x y"}`), func(r adapters.Response) error {
					if string(r.Body) != `{"challenge":"x y"}` {
						return errors.New("not the challenge")
					}
					return nil
				}
			},
			Message: message,
			Unknown: func(id string) adapters.Request {
				return sign(fmt.Sprintf(`{"id":%q,"type":"coffee_ready","user":"li.lei"}`, id))
			},
			Forged: map[string]adapters.Request{
				"no signature": bare, "wrong signature": foreign,
				"stale":  p.Sign(message("1").Body, time.Now().Add(-time.Hour)),
				"future": p.Sign(message("1").Body, time.Now().Add(time.Hour)),
			},
			Press: func(t *testing.T, ref adapters.MessageRef, verb string) adapters.Request {
				for _, b := range adapterstest.Card(event.Ref{}, "").Card.Actions {
					if b.Verb == verb {
						body, err := p.PressBody(ref.Message.ID, "li.lei", fmt.Sprint("p", presses.Add(1)), b, nil)
						if err != nil {
							t.Fatal(err)
						}
						return sign(string(body))
					}
				}
				t.Fatalf("no button %s", verb)
				return adapters.Request{}
			},
			Faults: map[adapters.Kind]func(){
				adapters.KindRateLimited: func() { p.Fail("send", failure("send", adapters.KindRateLimited, errors.New("slow down"))) },
				adapters.KindTransient:   func() { p.Fail("send", errors.New("broken pipe")) },
				adapters.KindUnknown:     func() { p.Fail("send", context.DeadlineExceeded) },
			},
			Sends: func() int { return len(p.Messages()) },
		}
	})
}

func TestOneCardsLife(t *testing.T) {
	t.Parallel()
	p := New(config.NewSecret(key), "", adapters.Env{})
	c := adapters.New("lo", p)
	to := p.AddUser("li.lei", "李雷")
	m := adapterstest.Card(to, "k1")
	ref, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.MarkRead(ref.Message.ID, "li.lei"); err != nil {
		t.Fatal(err)
	}
	if rs, err := c.Readers(t.Context(), ref); err != nil || len(rs) != 1 || rs[0].Ref != to {
		t.Errorf("readers %v %v", rs, err)
	}
	if _, err := c.Urge(t.Context(), ref, card.UrgeApp, []event.Ref{to}); err != nil {
		t.Error(err)
	}
	m.Card.Status = card.T("已同意")
	u, err := c.Update(t.Context(), ref, m)
	if err != nil || u.New || u.Ref.Message != ref.Message {
		t.Fatalf("%+v %v", u, err)
	}
	if err := c.Recall(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	u, err = c.Update(t.Context(), ref, m) // gone: a new one, which can't answer a recalled one
	if err != nil || !u.New || u.Ref.Message == ref.Message || adapters.KindOf(u.Gone) != adapters.KindGone {
		t.Fatalf("%+v %v", u, err)
	}
	got := p.Messages()
	if len(got) != 2 || got[0].Updates != 1 || !got[0].Recalled || len(got[0].Urged) != 1 || !strings.Contains(got[1].Text, "【已同意】采购申请") {
		t.Errorf("%+v", got)
	}
}

func TestLongConnectionIsTheSamePath(t *testing.T) {
	t.Parallel()
	p := New(config.NewSecret(key), "", adapters.Env{})
	c := adapters.New("lo", p)
	var got []event.Event
	written := make(chan bool, 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- c.Listen(ctx, func(_ context.Context, d adapters.Delivery) (adapters.Response, error) {
			if d.Events[0].ID == "msg:bad" {
				return adapters.Response{}, errors.New("not stored")
			}
			got = append(got, d.Events...)
			return adapters.Response{Body: []byte("ok"), Written: func() { written <- true }}, nil
		})
	}()
	body := []byte(`{"id":"1","type":"message","user":"li.lei","text":"采购","at":"2026-08-03T01:02:03.004Z"}`)
	r, err := p.Deliver(t.Context(), body)
	if err != nil || string(r.Body) != "ok" || !<-written {
		t.Fatalf("%q %v", r.Body, err)
	}
	if _, err := p.Deliver(t.Context(), []byte(`{"id":"bad","type":"message"}`)); err == nil {
		t.Error("what was not stored was taken")
	}
	if _, err := p.Deliver(t.Context(), []byte(`nonsense`)); err == nil {
		t.Error("nonsense was taken")
	}
	if r, err := p.Deliver(t.Context(), []byte(`{"challenge":"x"}`)); err != nil || string(r.Body) != `{"challenge":"x"}` {
		t.Errorf("%q %v", r.Body, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	d, err := c.Receive(t.Context(), p.Sign(body, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d.Events, got); diff != "" {
		t.Errorf("webhook and socket differ:\n%s", diff)
	}
}

func TestPeopleAndChats(t *testing.T) {
	t.Parallel()
	p := New(config.NewSecret(key), "", adapters.Env{})
	c := adapters.New("lo", p)
	li, han := p.AddUser("li.lei", "李雷"), p.AddUser("han.meimei", "韩梅梅")
	if as, err := c.Accounts(t.Context()); err != nil || len(as) != 2 {
		t.Errorf("%v %v", as, err)
	}
	if a, err := c.Account(t.Context(), han); err != nil || a.Name != "韩梅梅" {
		t.Errorf("%v %v", a, err)
	}
	stranger := event.Ref{Kind: event.RefUser, ID: "x"}
	if _, err := c.Account(t.Context(), stranger); adapters.KindOf(err) != adapters.KindNotFound {
		t.Error(err)
	}
	one, err := c.CreateChat(t.Context(), "k", "采购", []event.Ref{li})
	if err != nil {
		t.Fatal(err)
	}
	if two, err := c.CreateChat(t.Context(), "k", "采购", nil); err != nil || two != one {
		t.Errorf("%v %v", two, err)
	}
	refused, err := c.AddMembers(t.Context(), one, []event.Ref{han, stranger})
	if err != nil || !cmp.Equal(refused, []event.Ref{stranger}) {
		t.Errorf("%v %v", refused, err)
	}
	if ms, err := c.Members(t.Context(), one); err != nil || !cmp.Equal(ms, []event.Ref{li, han}) {
		t.Errorf("%v %v", ms, err)
	}
	p.Fail("directory", errors.New("down"))
	if as, err := c.Accounts(t.Context()); err == nil || as != nil {
		t.Errorf("half a directory: %v %v", as, err)
	}
}

func FuzzReceive(f *testing.F) {
	p := New(config.NewSecret(key), "", adapters.Env{})
	f.Add([]byte(`{"id":"1","type":"press","user":"u","value":{"slot":"s","rev":1},"form":{"a":{"kind":"people","refs":[{"id":"x"}]}}}`))
	f.Add([]byte(`{"id":"1","type":"message","at":"2026-08-03T01:02:03Z"}`))
	f.Add([]byte(`{"challenge":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := p.Receive(context.Background(), p.Sign(b, time.Now()))
		if err != nil && adapters.KindOf(err) != adapters.KindInvalid {
			t.Fatalf("authentic, but %v", err)
		}
		for _, ev := range d.Events {
			if ev.ID == "" || ev.Kind == "" {
				t.Fatalf("%+v", ev)
			}
		}
	})
}
