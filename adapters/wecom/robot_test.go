package wecom

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// A robot over HTTP answers a press with a card that says the outcome, sealed with the nonce of the call.
func TestRobotAnswersAPress(t *testing.T) {
	t.Parallel()
	p := newTest(t, robotConfig(), testNow)
	key := encodeKey("i/s", 3, card.Button{Verb: "approve", Token: "tok", Data: map[string]string{"a": "1 &]]>"}}, "https://bot.example.com/m/1")
	body, _ := json.Marshal(map[string]any{
		"msgid": "m1", "from": map[string]string{"userid": "Li.Si"}, "msgtype": "event", "create_time": 1760000601,
		"event": map[string]any{"eventtype": "template_card_event", "template_card_event": map[string]any{"task_id": "t-1", "event_key": key}},
	})
	d, err := p.Receive(context.Background(), callback(t, "", string(body), testNow))
	if err != nil {
		t.Fatal(err)
	}
	ev := d.Events[0]
	a, ok := ev.Body.(*event.Action)
	if !ok || a.Verb != "approve" || a.Slot != "i/s" || a.Rev != 3 || a.Data["a"] != "1 &]]>" || a.Token != "tok" || ev.Reply.Mode != event.ReplyAnswer {
		t.Fatalf("event %+v, body %+v", ev, ev.Body)
	}
	r, err := p.EncodeAnswer(ev, &card.Toast{Kind: card.ToastSuccess, Text: card.T("已同意")})
	if err != nil {
		t.Fatal(err)
	}
	var env struct {
		Encrypt, MsgSignature, Nonce string
		Timestamp                    int64
	}
	if err := json.Unmarshal(r.Body, &env); err != nil || env.Nonce != "nonce1" {
		t.Fatalf("%v %s", err, r.Body)
	}
	s := p.in.sealers[0]
	if !s.signed(env.MsgSignature, "1760001000", env.Nonce, env.Encrypt) || env.Timestamp != testNow.Unix() {
		t.Error("signature or time")
	}
	plain, err := s.open(env.Encrypt)
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Type string          `json:"response_type"`
		Card json.RawMessage `json:"template_card"`
	}
	if err := json.Unmarshal(plain, &out); err != nil || out.Type != "update_template_card" || !strings.Contains(string(out.Card), `"task_id":"t-1"`) || !strings.Contains(string(out.Card), "已同意") {
		t.Errorf("%v %s", err, plain)
	}
	if ps := checkStrict(out.Card); len(ps) > 0 {
		t.Error(ps)
	}
	if r, err := p.EncodeAnswer(ev, nil); err != nil || string(r.Body) != "success" {
		t.Errorf("nothing to say: %q %v", r.Body, err)
	}
}

// A robot over HTTP may answer once to each message of the last hour, and not speak first.
func TestRobotAnswersOnce(t *testing.T) {
	t.Parallel()
	v := adapterstest.NewServer(t)
	v.On("POST", "/cgi-bin/aibot/response", func(c adapterstest.Call) adapterstest.Answer {
		if c.Query != "response_code=RC_AIBOT_EXAMPLE" || !strings.Contains(string(c.Body), `"msgtype":"markdown"`) {
			t.Errorf("call %s %s", c.Query, c.Body)
		}
		return adapterstest.Answer{Body: `{"errcode":0,"errmsg":"ok"}`}
	})
	cfg := robotConfig()
	cfg.BaseURL = v.URL
	now := testNow
	p, err := newPlatform(cfg, adapters.Env{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	raw := readFile(t, "testdata/events/aibot_msg_text_group/request.http")
	req, err := adapterstest.ParseRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Receive(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	to := d.Events[0].Conv.Ref
	m := card.Message{Key: "k", To: to, Text: card.T("# 你好 <@all>")}
	if _, err := p.Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Send(context.Background(), m); adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("a second answer: %v", err)
	}
	if _, err := p.Receive(context.Background(), req); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour + time.Second)
	if _, err := p.Send(context.Background(), m); adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("after an hour: %v", err)
	}
	if n := len(v.Calls("/cgi-bin/aibot")); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// A userid names somebody inside one corp only: whoever writes from another one is not our member of that name, and
// is answered by the address that came with what they wrote, which never answers anybody else.
func TestRobotTellsCorpsApart(t *testing.T) {
	t.Parallel()
	v := adapterstest.NewServer(t)
	v.On("POST", "/cgi-bin/aibot/response", func(adapterstest.Call) adapterstest.Answer {
		return adapterstest.Answer{Body: `{"errcode":0,"errmsg":"ok"}`}
	})
	cfg := robotConfig()
	cfg.BaseURL = v.URL
	p, err := newPlatform(cfg, adapters.Env{Now: func() time.Time { return testNow }})
	if err != nil {
		t.Fatal(err)
	}
	said := func(corp string) event.Event {
		body, _ := json.Marshal(map[string]any{
			"msgid": "m-" + corp, "from": map[string]string{"userid": "Li.Si", "corpid": corp}, "msgtype": "text", "text": map[string]string{"content": "采购"},
			"response_url": "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=RC",
		})
		d, err := p.Receive(context.Background(), callback(t, "", string(body), testNow))
		if err != nil {
			t.Fatal(err)
		}
		return d.Events[0]
	}
	ours := p.refs().user("li.si")
	if ev := said("wwother"); ev.Actor.Type != event.ActorExternal || ev.Actor.Ref == ours || ev.Actor.Ref.Scope.Tenant != "wwother" || ev.Conv.Ref == ours {
		t.Errorf("from another corp: %+v, %+v", ev.Actor, ev.Conv)
	}
	if _, err := p.Send(context.Background(), card.Message{Key: "k", To: ours, Text: card.T("给自己人的")}); adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("our member was answered at the stranger's address: %v", err)
	}
	there := ours
	there.Scope.Tenant = "wwother"
	if _, err := p.Send(context.Background(), card.Message{Key: "k", To: there, Text: card.T("我还不认识你")}); err != nil {
		t.Errorf("the stranger can't be answered: %v", err)
	}
	for _, corp := range []string{"", cfg.CorpID, strings.ToUpper(cfg.CorpID)} {
		if ev := said(corp); ev.Actor.Type != event.ActorUser || ev.Actor.Ref != ours {
			t.Errorf("from corp %q: %+v", corp, ev.Actor)
		}
	}
}
