package feishu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

const sendKeyPath = "POST /open-apis/im/v1/messages"

func textTo(id, text string) card.Message {
	return card.Message{Key: "text/inst-1/" + text, To: userRef(id), Text: card.T(text)}
}

// TestEveryCode sends into each code of the table, with HTTP 200 and 400, and looks at the Kind.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	for code, want := range codes {
		for _, status := range []int{200, 400} {
			v.on(sendKeyPath, refusal(status, code))
			_, err := p.Send(context.Background(), textTo("ou_1", "hi"))
			var e *adapters.Error
			if !errors.As(err, &e) || e.Kind != want || e.Code != strconv.Itoa(code) || e.RequestID != "log-1" || e.Op != opSend {
				t.Errorf("code %d with HTTP %d: %v, want %s", code, status, err, want)
			}
			noSecret(t, err)
		}
	}
	for code := range alreadyDone {
		v.on("DELETE /open-apis/im/v1/messages/om_1", refusal(400, code))
		if err := p.Recall(context.Background(), messageRef("om_1", testNow)); err != nil {
			t.Errorf("code %d: %v", code, err)
		}
	}
	for _, tc := range []struct {
		status int
		want   adapters.Kind
	}{{200, adapters.KindInvalid}, {500, adapters.KindTransient}, {504, adapters.KindTransient}, {403, adapters.KindForbidden}, {429, adapters.KindRateLimited}} {
		v.on(sendKeyPath, refusal(tc.status, 987654))
		if _, err := p.Send(context.Background(), textTo("ou_1", "hi")); adapters.KindOf(err) != tc.want {
			t.Errorf("unknown code with HTTP %d: %v", tc.status, err)
		}
	}
}

func noSecret(t *testing.T, err error) {
	t.Helper()
	for _, s := range []string{outSecret, outToken, "t-fixture"} {
		if err != nil && (strings.Contains(err.Error(), s) || strings.Contains(fmt.Sprintf("%+v %#v", err, err), s)) {
			t.Errorf("secret in %v", err)
		}
	}
}

func messageRef(id string, at time.Time) adapters.MessageRef {
	return adapters.MessageRef{Message: scoped{tenant: outTenant, app: testApp}.message(id), SentAt: at}
}

func TestParallelSendsFetchOneToken(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			if _, err := p.Send(context.Background(), textTo("ou_1", fmt.Sprint("hi ", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := v.fetched(); n != 1 {
		t.Fatalf("%d token fetches", n)
	}
}

// numbered makes the vendor give a new token each time.
func (v *vendor) numbered() {
	n := 0
	v.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != tokenPath {
			return false
		}
		v.mu.Lock()
		n++
		k := n
		v.mu.Unlock()
		_, _ = fmt.Fprintf(w, `{"code":0,"msg":"ok","tenant_access_token":"t-fixture-%04d","expire":7200}`, k)
		return true
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for code := range refusedToken {
		for _, status := range []int{200, 400} {
			v := newVendor(t)
			v.numbered()
			v.on(sendKeyPath, refusal(status, code), fixture(t, "resp_send_message_ok"))
			p := v.platform()
			if _, err := p.Send(context.Background(), textTo("ou_1", "hi")); err != nil {
				t.Fatal(err)
			}
			calls := v.seen("/open-apis/im/v1/messages")
			if len(calls) != 2 || calls[0].Auth == calls[1].Auth || string(calls[0].Body) != string(calls[1].Body) || v.fetched() != 2 {
				t.Fatalf("code %d: %d calls, %d fetches", code, len(calls), v.fetched())
			}
			v.on(sendKeyPath, refusal(status, code))
			_, err := p.Send(context.Background(), textTo("ou_1", "hi"))
			if adapters.KindOf(err) != adapters.KindUnauthenticated || len(v.seen("/open-apis/im/v1/messages")) != 4 {
				t.Fatalf("code %d for good: %v", code, err)
			}
			noSecret(t, err)
		}
	}
}

func TestRateLimitTellsHowLong(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]time.Duration{
		"resp_err_rate_limited_gateway": 52 * time.Second, "resp_err_rate_limited_legacy_400": 7 * time.Second, "resp_err_rate_limited_per_chat": 0,
	} {
		v := newVendor(t)
		v.on(sendKeyPath, fixture(t, name))
		_, err := v.platform().Send(context.Background(), textTo("ou_1", "hi"))
		var e *adapters.Error
		if !errors.As(err, &e) || e.Kind != adapters.KindRateLimited || e.RetryAfter != want || len(v.seen("/open-apis/im/v1/messages")) != 1 {
			t.Errorf("%s: %v, wait %s", name, err, e.RetryAfter)
		}
	}
}

func TestTokenFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer reply
		want   adapters.Kind
	}{
		"wrong secret":    {refusal(200, 10015), adapters.KindForbidden},
		"trouble":         {refusal(500, 5000), adapters.KindTransient},
		"no token in it":  {reply{Body: json.RawMessage(`{"code":0,"expire":7200}`)}, adapters.KindTransient},
		"not from Feishu": {reply{Body: json.RawMessage(`<html>portal</html>`)}, adapters.KindTransient},
	} {
		v := newVendor(t)
		v.on("POST "+tokenPath, tc.answer)
		p := v.platform()
		for range 3 {
			_, err := p.Send(context.Background(), textTo("ou_1", "hi"))
			if adapters.KindOf(err) != tc.want {
				t.Errorf("%s: %v", name, err)
			}
			noSecret(t, err)
		}
		if n := v.fetched(); n != 1 {
			t.Errorf("%s: asked %d times without a pause", name, n)
		}
	}
}

func TestNoAnswerLeavesTheOutcomeOpen(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	p.api.api.Timeout = 300 * time.Millisecond
	if _, err := p.Send(context.Background(), textTo("ou_1", "first")); err != nil {
		t.Fatal(err)
	}
	v.mu.Lock()
	v.hook = func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	v.mu.Unlock()
	_, err := p.Send(context.Background(), textTo("ou_1", "hi"))
	if adapters.KindOf(err) != adapters.KindUnknown {
		t.Errorf("a send without an answer: %v", err)
	}
	noSecret(t, err)
	if _, err := p.Readers(context.Background(), messageRef("om_1", testNow)); adapters.KindOf(err) != adapters.KindTransient {
		t.Errorf("a read without an answer: %v", err)
	}
}

// TestRefusedCardIsDrawnPlainer: the card engine refuses twice, the plainest card arrives under the same key.
func TestRefusedCardIsDrawnPlainer(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	v.on(sendKeyPath, fixture(t, "resp_err_card_content_table_limit"), fixture(t, "resp_err_message_too_large"), fixture(t, "resp_send_message_ok"))
	ref, err := v.platform().Send(context.Background(), card.Message{Key: "card/inst-1/boss", To: userRef("ou_1"), Card: approvalCard()})
	if err != nil {
		t.Fatal(err)
	}
	calls := v.seen("/open-apis/im/v1/messages")
	keys, contents := map[string]bool{}, map[string]bool{}
	for _, c := range calls {
		var b sendBody
		if err := json.Unmarshal(c.Body, &b); err != nil {
			t.Fatal(err)
		}
		keys[b.UUID], contents[b.Content] = true, true
	}
	if len(calls) != 3 || len(keys) != 1 || len(contents) != 3 {
		t.Fatalf("%d calls, %d keys, %d drawings", len(calls), len(keys), len(contents))
	}
	if s := toJSON(ref.Losses); !strings.Contains(s, "level 0, code 230099/11310") || !strings.Contains(s, "level 1, code 230025") {
		t.Errorf("losses %s", s)
	}
	v.on(sendKeyPath, fixture(t, "resp_err_card_content_table_limit"))
	if _, err := v.platform().Send(context.Background(), card.Message{Key: "k", To: userRef("ou_1"), Card: approvalCard()}); adapters.KindOf(err) != adapters.KindInvalid {
		t.Errorf("refused at every level: %v", err)
	}
	v.on(sendKeyPath, refusal(400, 230028))
	before := len(v.seen("/open-apis/im/v1/messages"))
	if _, err := v.platform().Send(context.Background(), card.Message{Key: "k", To: userRef("ou_1"), Card: approvalCard()}); adapters.KindOf(err) != adapters.KindInvalid {
		t.Errorf("refused for its words: %v", err)
	}
	if n := len(v.seen("/open-apis/im/v1/messages")) - before; n != 1 {
		t.Errorf("the same words were sent %d times", n)
	}
}

// TestRequestsFitTheVendorsTypes reads what we send with the vendor's own types, strictly.
func TestRequestsFitTheVendorsTypes(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	old := scoped{tenant: outTenant}.message("om_old")
	ctx := context.Background()
	for _, m := range []card.Message{
		{Key: strings.Repeat("long key ", 30), To: userRef("ou_1"), Card: approvalCard()},
		{Key: "k", To: scoped{tenant: outTenant}.chat("oc_1"), Text: card.T("hi"), ReplyTo: &old},
	} {
		if _, err := p.Send(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Update(ctx, messageRef("om_1", testNow), card.Message{Card: approvalCard()}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Urge(ctx, messageRef("om_1", testNow), card.UrgeApp, []event.Ref{userRef("ou_1")}); err != nil {
		t.Fatal(err)
	}
	into := map[string]any{
		"POST /open-apis/im/v1/messages": &larkim.CreateMessageReqBody{}, "POST /open-apis/im/v1/messages/om_old/reply": &larkim.ReplyMessageReqBody{},
		"PATCH /open-apis/im/v1/messages/om_1": &larkim.PatchMessageReqBody{}, "PATCH /open-apis/im/v1/messages/om_1/urgent_app": &larkim.UrgentReceivers{},
	}
	calls := v.seen("")
	if len(calls) != len(into) {
		t.Fatalf("%d calls", len(calls))
	}
	for _, c := range calls {
		dec := json.NewDecoder(bytes.NewReader(c.Body))
		dec.DisallowUnknownFields()
		body, ok := into[c.Method+" "+c.Path]
		if !ok {
			t.Fatalf("unexpected call %s %s", c.Method, c.Path)
		}
		if err := dec.Decode(body); err != nil {
			t.Errorf("%s %s: %v", c.Method, c.Path, err)
		}
		if m, ok := body.(*larkim.CreateMessageReqBody); ok && (len(*m.Uuid) > maxUUID || *m.MsgType != "interactive" || *m.ReceiveId != "ou_1") {
			t.Errorf("%+v", m)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	s := scoped{tenant: outTenant, app: testApp}
	for _, tc := range []struct {
		to   event.Ref
		want string
		kind adapters.Kind
	}{
		{s.user("ou_1"), "receive_id_type=open_id", ""}, {s.union("on_1"), "receive_id_type=union_id", ""},
		{s.employee("e1"), "receive_id_type=user_id", ""}, {s.chat("oc_1"), "receive_id_type=chat_id", ""},
		{s.message("om_1"), "", adapters.KindInvalid}, {event.Ref{}, "", adapters.KindInvalid},
		{scoped{tenant: outTenant, app: "cli_other"}.user("ou_1"), "", adapters.KindNotFound},
		{event.Ref{Scope: event.Scope{Platform: "wecom"}, Kind: event.RefUser, ID: "x"}, "", adapters.KindNotFound},
	} {
		before := len(v.seen(""))
		_, err := p.Send(context.Background(), card.Message{Key: "k", To: tc.to, Text: card.T("hi")})
		calls := v.seen("")[before:]
		if adapters.KindOf(err) != tc.kind || tc.kind == "" && (len(calls) != 1 || calls[0].Query != tc.want) || tc.kind != "" && len(calls) != 0 {
			t.Errorf("%s: %v, %v", tc.to, err, calls)
		}
	}
}

func TestTextsStayTexts(t *testing.T) {
	t.Parallel()
	for in, bad := range map[string]string{
		`hi <at user_id="all">x</at>`: "<at", "<AT user_id=1>": "<AT", "</at>": "</at", "[x](https://evil.example)": "](", "**x**": "**",
	} {
		b, losses, err := textContent(card.T(in))
		var m map[string]string
		if err != nil || len(losses) != 0 || json.Unmarshal(b, &m) != nil || strings.Contains(m["text"], bad) || strings.ReplaceAll(m["text"], "\u200b", "") != in {
			t.Errorf("%q became %s", in, b)
		}
	}
	b, losses, err := textContent(card.T(strings.Repeat("长", 100000)))
	if err != nil || len(b) > maxTextBytes || len(b) < maxTextBytes/2 || len(losses) != 1 {
		t.Errorf("%d bytes, %v, %v", len(b), losses, err)
	}
}

func TestGoneWithoutACall(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	ctx := context.Background()
	_, err := p.Update(ctx, messageRef("om_1", testNow.Add(-updateFor)), card.Message{Card: approvalCard()})
	_, err2 := p.Readers(ctx, messageRef("om_1", testNow.Add(-readFor)))
	err3 := p.AnswerLate(ctx, event.Handle{Kind: HandleClick, Value: "c-1", Expires: testNow}, *approvalCard())
	for i, e := range []error{err, err2, err3} {
		if adapters.KindOf(e) != adapters.KindGone {
			t.Errorf("%d: %v", i, e)
		}
	}
	if n := len(v.seen("")); n != 0 {
		t.Errorf("%d calls", n)
	}
	if err := p.AnswerLate(ctx, event.Handle{Kind: HandleClick, Value: "c-1", Expires: testNow.Add(time.Second)}, *approvalCard()); err != nil {
		t.Fatal(err)
	}
	var body struct {
		Token string
		Card  map[string]any
	}
	if c := v.seen("/open-apis/interactive/v1/card/update"); len(c) != 1 || json.Unmarshal(c[0].Body, &body) != nil || body.Token != "c-1" || body.Card["schema"] != "2.0" {
		t.Errorf("%+v", c)
	}
}
