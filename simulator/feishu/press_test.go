package feishu

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/simulator"
)

// deskWith is a bench whose one app delivers in the clear to a hook that answers so.
func deskWith(t *testing.T, answer http.HandlerFunc) (*bench, *hook) {
	t.Helper()
	h := newHook(t, answer)
	return newBench(t, Options{Apps: []App{{Webhook: h.URL, Plain: true}}}), h
}

func saying(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

// card waits for the next card callback, passing over other events.
func (h *hook) card(t *testing.T) (event, header map[string]any) {
	t.Helper()
	for {
		if kind, event, header := h.next(t).event(t); kind == cardTrigger {
			return event, header
		}
	}
}

func TestPressEnvelope(t *testing.T) {
	t.Parallel()
	b, h := deskWith(t, saying(`{"toast":{"type":"success","content":"Approved","i18n":{"zh_cn":"已同意"}}}`))
	id := b.send("han.meimei", "interactive", approval)
	got, err := b.Press(background(t), "han.meimei", id, "同意", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(simulator.PressResult{Status: "ok", Toast: &simulator.Toast{Type: "success", Content: "已同意"}}, got); diff != "" {
		t.Error(diff)
	}
	event, header := h.card(t)
	cred := b.Connections()[0].Credentials
	if header["token"] != cred["verification_token"] || header["app_id"] != cred["app_id"] || header["tenant_key"] != cred["tenant_key"] ||
		header["create_time"] != fmt.Sprint(testStart.UnixMicro()) || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(fmt.Sprint(header["event_id"])) {
		t.Errorf("header: %v", header)
	}
	token, _ := event["token"].(string)
	if !strings.HasPrefix(token, "c-") {
		t.Errorf("token: %v", token)
	}
	delete(event, "token")
	ids, _ := b.Account("han.meimei")
	want := map[string]any{
		"operator": map[string]any{"tenant_key": cred["tenant_key"], "user_id": ids["user_id"], "open_id": ids["open_id"], "union_id": ids["union_id"]},
		"action":   map[string]any{"tag": "button", "name": "ok", "value": map[string]any{"verb": "approve", "rev": 3.0}},
		"host":     "im_message",
		"context":  map[string]any{"open_message_id": id, "open_chat_id": b.Chats("han.meimei")[0].ID},
	}
	if diff := cmp.Diff(want, event); diff != "" {
		t.Error(diff)
	}
}

const wholeForm = `{"schema":"2.0","body":{"elements":[{"tag":"form","name":"f","elements":[
{"tag":"input","name":"item","required":true,"max_length":5,"label":{"tag":"plain_text","content":"采购内容"}},
{"tag":"input","name":"amount","default_value":"300"},
{"tag":"input","name":"why","input_type":"multiline_text"},
{"tag":"select_static","name":"level","options":[{"text":{"tag":"plain_text","content":"紧急"},"value":"p0"},{"text":{"tag":"plain_text","content":"普通"},"value":"p1"}]},
{"tag":"multi_select_static","name":"tags","options":[{"text":{"tag":"plain_text","content":"甲"},"value":"a"},{"text":{"tag":"plain_text","content":"乙"},"value":"b"}]},
{"tag":"select_person","name":"owner"},{"tag":"multi_select_person","name":"cc"},
{"tag":"date_picker","name":"due"},{"tag":"picker_time","name":"at"},{"tag":"picker_datetime","name":"meet"},{"tag":"checker","name":"sure"},
{"tag":"button","name":"go","text":{"tag":"plain_text","content":"提交"},"form_action_type":"submit","behaviors":[{"type":"callback","value":{"verb":"submit"}}]},
{"tag":"button","name":"clear","text":{"tag":"plain_text","content":"清空"},"form_action_type":"reset"}]},
{"tag":"button","name":"off","disabled":true,"disabled_tips":{"tag":"plain_text","content":"已办完"},"text":{"tag":"plain_text","content":"同意"},"behaviors":[{"type":"callback","value":{}}]},
{"tag":"select_static","name":"free","behaviors":[{"type":"callback","value":{"verb":"pick"}}],"options":[{"text":{"tag":"plain_text","content":"一"},"value":"1"}]}]}}`

func TestPressForm(t *testing.T) {
	t.Parallel()
	b, h := deskWith(t, nil)
	id := b.send("li.lei", "interactive", wholeForm)
	ctx := background(t)
	m := b.see("li.lei", id)
	if len(m.Inputs) != 12 || len(m.Buttons) != 3 || !m.Buttons[0].Submit {
		t.Fatalf("seen: %d inputs, buttons %+v", len(m.Inputs), m.Buttons)
	}
	wantInput := simulator.Input{Name: "item", Label: "采购内容", Kind: "text", Required: true, Max: 5}
	if diff := cmp.Diff(wantInput, m.Inputs[0]); diff != "" {
		t.Error(diff)
	}
	got, err := b.Press(ctx, "li.lei", id, "go", map[string]any{"item": "键盘", "level": "紧急", "tags": []any{"a", "乙"}, "owner": "zhao.min",
		"cc": []any{"wang.fang", b.openID("chen.jie")}, "due": "2026-06-12", "at": "10:30", "meet": "2026-06-12 10:30", "sure": true, "amount": 12.5})
	if err != nil || got.Status != "ok" {
		t.Fatalf("%v %+v", err, got)
	}
	event, _ := h.card(t)
	action := event["action"].(map[string]any)
	want := map[string]any{"item": "键盘", "amount": "12.5", "why": "", "level": "p0", "tags": []any{"a", "b"}, "owner": b.openID("zhao.min"),
		"cc": []any{b.openID("wang.fang"), b.openID("chen.jie")}, "due": "2026-06-12 +0800", "at": "10:30 +0800", "meet": "2026-06-12 10:30 +0800", "sure": true}
	if diff := cmp.Diff(want, action["form_value"]); diff != "" {
		t.Error(diff)
	}
	if action["timezone"] != "Asia/Shanghai" || action["name"] != "go" || fmt.Sprint(action["value"]) != "map[verb:submit]" {
		t.Errorf("action: %v", action)
	}

	got, err = b.Press(ctx, "li.lei", id, "free", map[string]any{"free": "1"})
	event, _ = h.card(t)
	if action := event["action"].(map[string]any); err != nil || got.Status != "ok" || action["option"] != "1" || action["tag"] != "select_static" {
		t.Errorf("select outside the form: %v %+v %v", err, got, action)
	}
	sent := len(b.Deliveries())
	for _, c := range []struct {
		name, button string
		form         map[string]any
		status       string // "" means an error
	}{
		{"required field", "go", map[string]any{"level": "p0"}, "incomplete"},
		{"disabled", "同意", nil, "disabled"},
		{"reset", "clear", nil, "ok"},
		{"unknown button", "nope", nil, ""},
		{"unknown field", "go", map[string]any{"item": "x", "nope": 1}, ""},
		{"too long", "go", map[string]any{"item": "123456"}, ""},
		{"no such option", "go", map[string]any{"item": "x", "level": "p9"}, ""},
		{"no such person", "go", map[string]any{"item": "x", "owner": "nobody"}, ""},
		{"no date", "go", map[string]any{"item": "x", "due": "tomorrow"}, ""},
		{"no tick", "go", map[string]any{"item": "x", "sure": "yes"}, ""},
	} {
		got, err := b.Press(ctx, "li.lei", id, c.button, c.form)
		if c.status == "" && err == nil || c.status != "" && (err != nil || got.Status != c.status) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	if _, err := b.Press(ctx, "zhao.min", id, "go", nil); !errors.Is(err, simulator.ErrNotFound) {
		t.Errorf("somebody else's message: %v", err)
	}
	if now := len(b.Deliveries()); now != sent {
		t.Errorf("%d callbacks left that the client would have kept", now-sent)
	}
	b.clock.Advance(14*24*time.Hour + time.Millisecond)
	if got, err := b.Press(ctx, "li.lei", id, "go", map[string]any{"item": "x"}); err != nil || got.Status != "expired" {
		t.Errorf("after 14 days: %+v, %v", got, err)
	}
}

func TestPressAnswers(t *testing.T) {
	t.Parallel()
	raw := func(card string) string { return `{"card":{"type":"raw","data":` + card + `}}` }
	for _, c := range []struct{ name, answer, status string }{
		{"nothing", `{}`, "ok"},
		{"null, as the SDK sends it", `null`, "ok"},
		{"empty body", ``, "failed 200672"},
		{"not JSON", `ok`, "failed 200672"},
		{"unknown key", `{"message":"ok"}`, "failed 200672"},
		{"toast of a kind nobody knows", `{"toast":{"type":"loud","content":"x"}}`, "failed 200672"},
		{"toast without words", `{"toast":{"type":"info"}}`, "failed 200672"},
		{"toast in a language nobody speaks", `{"toast":{"type":"info","content":"x","i18n":{"xx":"y"}}}`, "failed 200672"},
		{"card", raw(card20(`{"tag":"hr"}`)), "ok"},
		{"bad card", raw(card20(`{"tag":"nope"}`)), "failed 200673"},
		{"card as a string", raw(`"{}"`), "failed 200830"},
		{"card of 1.0", raw(`{"elements":[]}`), "failed 200830"},
		{"template nobody has", `{"card":{"type":"template","data":{"template_id":"x"}}}`, "failed 200673"},
	} {
		b, _ := deskWith(t, saying(c.answer))
		id := b.send("li.lei", "interactive", approval)
		got, err := b.Press(background(t), "li.lei", id, "ok", nil)
		if err != nil || got.Status != c.status {
			t.Errorf("%s: %+v, %v; want %s", c.name, got, err, c.status)
		}
		if m := b.see("li.lei", id); (c.name == "card") != m.Updated {
			t.Errorf("%s: updated is %v", c.name, m.Updated)
		}
	}
	b, _ := deskWith(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	id := b.send("li.lei", "interactive", approval)
	if got, err := b.Press(background(t), "li.lei", id, "ok", nil); err != nil || got.Status != "failed 200671" || !strings.Contains(got.Toast.Content, "200671") {
		t.Errorf("502: %+v, %v", got, err)
	}
	if err := b.SetWebhook("feishu-main", ""); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Press(background(t), "li.lei", id, "ok", nil); err != nil || got.Status != "failed 200340" {
		t.Errorf("no address: %+v, %v", got, err)
	}
	if err := b.SetWebhook("feishu-main", "http://127.0.0.1:1/"); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Press(background(t), "li.lei", id, "ok", nil); err != nil || got.Status != "failed 200342" {
		t.Errorf("nobody listens: %+v, %v", got, err)
	}
}

// A callback that is not answered in 3 s fails once and for all; a PATCH meanwhile is put back.
func TestPressTimesOutAndPatchIsReverted(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 8), make(chan struct{})
	b, _ := deskWith(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(readAll(r), cardTrigger) {
			arrived <- struct{}{}
			<-release
		}
		fmt.Fprint(w, "{}")
	})
	id := b.send("li.lei", "interactive", approval)
	done := make(chan simulator.PressResult)
	press := func() {
		got, err := b.Press(background(t), "li.lei", id, "ok", nil)
		if err != nil {
			t.Error(err)
		}
		done <- got
	}
	go press()
	await(t, arrived)
	status, out := b.call("PATCH", "/open-apis/im/v1/messages/"+id, map[string]string{"content": strings.Replace(approval, "键盘", "鼠标", 1)})
	want(t, "patch during the callback", status, out, 200, 0)
	if m := b.see("li.lei", id); !strings.Contains(m.Text, "鼠标") {
		t.Errorf("right after the patch: %s", m.Text)
	}
	b.clock.Advance(answerTime)
	if got := await(t, done); got.Status != "timeout 200341" {
		t.Errorf("late: %+v", got)
	}
	if m := b.see("li.lei", id); !strings.Contains(m.Text, "键盘") {
		t.Errorf("after the callback: %s", m.Text)
	}
	close(release)
	b.clock.Advance(7 * time.Hour)
	for _, d := range b.Deliveries() {
		if d.EventType == cardTrigger && d.Attempt > 1 {
			t.Error("a card callback was sent again")
		}
	}
	go press()
	await(t, done)
	b.fetch()
	status, out = b.call("PATCH", "/open-apis/im/v1/messages/"+id, map[string]string{"content": strings.Replace(approval, "键盘", "鼠标", 1)})
	want(t, "patch after the callback", status, out, 200, 0)
	if m := b.see("li.lei", id); !strings.Contains(m.Text, "鼠标") {
		t.Errorf("patch after the answer: %s", m.Text)
	}
}

func TestUpdateByToken(t *testing.T) {
	t.Parallel()
	b, h := deskWith(t, nil)
	id := b.send("li.lei", "interactive", approval)
	if _, err := b.Press(background(t), "li.lei", id, "ok", nil); err != nil {
		t.Fatal(err)
	}
	event, _ := h.card(t)
	update := func(token any, card string) (int, map[string]any) {
		return b.call("POST", "/open-apis/interactive/v1/card/update", map[string]any{"token": token, "card": json.RawMessage(card)})
	}
	status, out := update("c-x", approval)
	want(t, "invented", status, out, 200, 300020)
	status, out = update(event["token"], `{"open_ids":["x"],"schema":"2.0"}`)
	want(t, "open_ids with a shared card", status, out, 200, 200320)
	status, out = update(event["token"], card20(`{"tag":"nope"}`))
	want(t, "bad card", status, out, 200, 11311)
	for range clickUses {
		status, out = update(event["token"], card20(`{"tag":"markdown","content":"晚到"}`))
		want(t, "update", status, out, 200, 0)
	}
	if m := b.see("li.lei", id); m.Text != "晚到" {
		t.Errorf("after the update: %q", m.Text)
	}
	status, out = update(event["token"], approval)
	want(t, "third use", status, out, 200, 300040)
	if _, err := b.Press(background(t), "li.lei", b.send("li.lei", "interactive", approval), "ok", nil); err != nil {
		t.Fatal(err)
	}
	event, _ = h.card(t)
	b.clock.Advance(clickLife)
	status, out = update(event["token"], approval)
	want(t, "after half an hour", status, out, 200, 300030)
}
