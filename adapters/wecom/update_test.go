package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// cardServer takes each response code once.
type cardServer struct {
	*adapterstest.Server
	mu    sync.Mutex
	codes map[string]bool
	used  []string
	cards []string
	busy  int
	most  int
}

func newCardServer(t *testing.T) *cardServer {
	v := &cardServer{Server: adapterstest.NewServer(t), codes: map[string]bool{}}
	v.On("GET", "/cgi-bin/gettoken", func(adapterstest.Call) adapterstest.Answer {
		return adapterstest.Answer{Body: `{"errcode":0,"access_token":"tok","expires_in":7200}`}
	})
	v.On("POST", "/cgi-bin/message/update_template_card", func(c adapterstest.Call) adapterstest.Answer {
		v.mu.Lock()
		defer v.mu.Unlock()
		var in struct {
			AtAll int             `json:"atall"`
			Agent int             `json:"agentid"`
			Code  string          `json:"response_code"`
			Card  json.RawMessage `json:"template_card"`
		}
		if err := json.Unmarshal(c.Body, &in); err != nil || in.AtAll != 1 || in.Agent != testAgent {
			t.Errorf("update %v %s", err, c.Body)
		}
		if ps := checkStrict(in.Card); len(ps) > 0 || strings.Contains(string(in.Card), "task_id") {
			t.Errorf("card %v %s", ps, in.Card)
		}
		if !v.codes[in.Code] {
			return adapterstest.Answer{Body: `{"errcode":60140,"errmsg":"invalid response_code"}`}
		}
		v.codes[in.Code] = false
		v.used, v.cards = append(v.used, in.Code), append(v.cards, string(in.Card))
		return adapterstest.Answer{Body: `{"errcode":0,"errmsg":"ok","invaliduser":["ghost01"]}`}
	})
	return v
}

func (v *cardServer) valid(codes ...string) {
	for _, c := range codes {
		v.codes[c] = true
	}
}

func (v *cardServer) platform(t *testing.T, now *time.Time) *Platform {
	cfg := testConfig()
	cfg.BaseURL = v.URL
	p, err := newPlatform(cfg, adapters.Env{Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func code(v string, until time.Time) event.Handle {
	return event.Handle{Kind: HandleCode, Value: v, Uses: 1, Expires: until, Update: true}
}

func spare(v string, until time.Time) event.Handle {
	h := code(v, until)
	h.Kind = HandleSpare
	return h
}

func someCard(title string) card.Message {
	return card.Message{Key: "k", Slot: "i/s", Rev: 2, Card: &card.Card{Slot: "i/s", Rev: 2, Title: card.T(title), Status: card.T("已同意"), Summary: card.T("摘要")}}
}

func TestUpdateSpendsThePressesCodeFirst(t *testing.T) {
	t.Parallel()
	v, now := newCardServer(t), testNow
	v.valid("sent", "click")
	p := v.platform(t, &now)
	later := now.Add(codeFor)
	ref := adapters.MessageRef{Message: p.refs().message("m1"), SentAt: now,
		Handles: []event.Handle{code("click", later), code("click", later), spare("sent", later), code("old", now), {Kind: "other", Value: "x"}}}
	next, err := p.Update(context.Background(), ref, someCard("一"))
	if err != nil {
		t.Fatal(err)
	}
	next, err = p.Update(context.Background(), next, someCard("二"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(v.used, []string{"click", "sent"}) {
		t.Errorf("used %v", v.used)
	}
	if len(next.Handles) != 1 || next.Handles[0].Kind != "other" || next.Message != ref.Message {
		t.Errorf("left %+v", next.Handles)
	}
	if _, err := p.Update(context.Background(), next, someCard("三")); adapters.KindOf(err) != adapters.KindGone {
		t.Errorf("without a code: %v", err)
	}
	if !strings.Contains(v.cards[0], `"replace_text":"已同意"`) {
		t.Errorf("a card without anything to do has no grey button: %s", v.cards[0])
	}
}

// A state on the way does not take the last code away from the card without saying where it went.
func TestSpareIsKeptForTheEnd(t *testing.T) {
	t.Parallel()
	v, now := newCardServer(t), testNow
	v.valid("sent", "click")
	p := v.platform(t, &now)
	later := now.Add(codeFor)
	open := someCard("一")
	open.Card.Actions = []card.Button{{Verb: "approve", Label: card.T("同意"), Token: "t"}}
	ref, err := p.Update(context.Background(), adapters.MessageRef{Handles: []event.Handle{spare("sent", later), code("click", later)}}, open)
	if err != nil || !slices.Equal(v.used, []string{"click"}) || !strings.Contains(v.cards[0], "verb=approve") {
		t.Fatalf("with a press's code: %v %v", err, v.used)
	}
	if _, err = p.Update(context.Background(), ref, open); adapters.KindOf(err) != adapters.KindGone {
		t.Errorf("without: %v", err)
	}
	if len(v.cards) != 2 || !strings.Contains(v.cards[1], "请看最新的卡片") || strings.Contains(v.cards[1], "verb=approve") {
		t.Errorf("the old card: %v", v.cards[1:])
	}
	if _, err = p.Update(context.Background(), ref, open); adapters.KindOf(err) != adapters.KindGone || len(v.cards) != 2 {
		t.Errorf("tried again: %v", err)
	}
}

func TestUpdateDropsSpentCodes(t *testing.T) {
	t.Parallel()
	v, now := newCardServer(t), testNow
	v.valid("sent")
	p := v.platform(t, &now)
	later := now.Add(codeFor)
	next, err := p.Update(context.Background(), adapters.MessageRef{Handles: []event.Handle{code("spent", later), code("sent", later)}}, someCard("一"))
	if err != nil || len(next.Handles) != 0 || !slices.Equal(v.used, []string{"sent"}) {
		t.Errorf("%v %v %v", err, next.Handles, v.used)
	}
	_, err = p.Update(context.Background(), adapters.MessageRef{Handles: []event.Handle{code("spent", later)}}, someCard("一"))
	if adapters.KindOf(err) != adapters.KindGone {
		t.Errorf("all spent: %v", err)
	}
	// Passing trouble costs no code.
	v.valid("again")
	v.Fault("/cgi-bin/message/update_template_card", adapterstest.Answer{Body: `{"errcode":-1,"errmsg":"busy"}`}, 1)
	ref := adapters.MessageRef{Handles: []event.Handle{code("again", later)}}
	got, err := p.Update(context.Background(), ref, someCard("一"))
	if adapters.KindOf(err) != adapters.KindTransient || len(got.Handles) != 1 {
		t.Errorf("%v, %d handles", err, len(got.Handles))
	}
}

// Two changes of one message at once: each takes what it was given, and none fails for the other's sake.
func TestLocksAreByName(t *testing.T) {
	t.Parallel()
	var l locks
	unlock := l.lock("a")
	done := make(chan struct{})
	l.lock("b")() // another name does not wait
	go func() {
		l.lock("a")()
		close(done)
	}()
	select {
	case <-done:
		t.Fatal("two at once")
	default:
	}
	unlock()
	<-done
	if len(l.by) != 0 {
		t.Errorf("%d names are kept", len(l.by))
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	v, now := newCardServer(t), testNow
	v.On("POST", "/cgi-bin/message/recall", func(c adapterstest.Call) adapterstest.Answer {
		if string(c.Body) != `{"msgid":"m1"}` {
			return adapterstest.Answer{Body: `{"errcode":40058,"errmsg":"no"}`}
		}
		return adapterstest.Answer{Body: `{"errcode":0,"errmsg":"ok"}`}
	})
	p := v.platform(t, &now)
	ref := adapters.MessageRef{Message: p.refs().message("m1"), SentAt: now}
	if err := p.Recall(context.Background(), ref); err != nil {
		t.Error(err)
	}
	ref.SentAt = now.Add(-recallFor)
	if err := p.Recall(context.Background(), ref); adapters.KindOf(err) != adapters.KindGone {
		t.Errorf("after a day: %v", err)
	}
	if err := p.Recall(context.Background(), adapters.MessageRef{}); adapters.KindOf(err) != adapters.KindInvalid {
		t.Errorf("no message: %v", err)
	}
}

// A task id that comes again says that the first send went through: it must not be shown a second time, and
// nothing is known of it but that.
func TestSendThatWasThere(t *testing.T) {
	t.Parallel()
	v, now := newCardServer(t), testNow
	sends := 0
	v.On("POST", "/cgi-bin/message/send", func(c adapterstest.Call) adapterstest.Answer {
		if sends++; sends > 1 {
			return adapterstest.Answer{Body: `{"errcode":42014,"errmsg":"task_id"}`}
		}
		return adapterstest.Answer{Hangup: true}
	})
	p := v.platform(t, &now)
	m := someCard("一")
	m.To, m.Card.Link = p.refs().user("lisi"), "https://bot.example.com/m/1"
	if _, err := p.Send(context.Background(), m); adapters.KindOf(err) != adapters.KindUnknown {
		t.Fatalf("cut: %v", err)
	}
	ref, err := p.Send(context.Background(), m)
	if err != nil || !ref.Message.IsZero() || len(ref.Handles) != 0 || ref.SentAt.IsZero() {
		t.Errorf("%+v %v", ref, err)
	}
	calls := v.Calls("/cgi-bin/message/send")
	if string(calls[0].Body) != string(calls[1].Body) {
		t.Error("the second send is not the same as the first")
	}
}

// Codes of testdata/api, each with the Kind that it comes back as.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]adapters.Kind{
		"resp-40008-msgtype": adapters.KindInvalid, "resp-40014-invalid-token": adapters.KindUnauthenticated,
		"resp-41016-missing-title": adapters.KindInvalid, "resp-42001-token-expired": adapters.KindUnauthenticated,
		"resp-45009-freq": adapters.KindRateLimited, "resp-45033-concurrent": adapters.KindRateLimited, "resp-60020-ip": adapters.KindForbidden,
		"resp-60140-response-code": adapters.KindGone, "resp-81013-all-invalid": adapters.KindNotFound,
		"resp-auth-getuserinfo-40029": adapters.KindInvalid, "resp-gettoken-40001": adapters.KindForbidden, "resp-webhook-93000": adapters.KindNotFound,
		"resp-message-send-partial": "", "resp-update-template-card": "", "resp-user-get-restricted": "",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			v, now := newCardServer(t), testNow
			v.On("POST", "/x", func(adapterstest.Call) adapterstest.Answer {
				return adapterstest.Answer{Body: string(readFile(t, "testdata/api/"+file+".json"))}
			})
			err := v.platform(t, &now).api.call(context.Background(), "x", "POST", "/x", nil, obj{}, nil)
			if got := adapters.KindOf(err); got != want {
				t.Errorf("%q, want %q: %v", got, want, err)
			}
			var e *adapters.Error
			if errors.As(err, &e) {
				if !strings.Contains(file, e.Code) || e.Kind == adapters.KindRateLimited && e.RetryAfter <= 0 {
					t.Errorf("code %s, retry after %s", e.Code, e.RetryAfter)
				}
				if fmt.Sprint(err) == "" || strings.Contains(err.Error(), "tok") && !strings.Contains(err.Error(), "token") {
					t.Error(err)
				}
			}
		})
	}
}
