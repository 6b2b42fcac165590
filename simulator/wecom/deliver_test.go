package wecom

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"magpie/simulator"
)

func TestSay(t *testing.T) {
	t.Parallel()
	b, h := desk(t, nil)
	id, err := b.Say(background(t), "wang.fang", "", "采购 ]]> <b>&\x01")
	if err != nil {
		t.Fatal(err)
	}
	e := h.next(t).event(t, b.credentials())
	if e.MsgType != "text" || e.Content != "采购 ]]> <b>&" || e.FromUserName != b.user("wang.fang") || e.MsgId != id ||
		e.AgentID != fmt.Sprint(b.agentID()) || e.CreateTime != testStart.Unix() || e.ToUserName != b.credentials()["corp_id"] {
		t.Errorf("received: %+v", e)
	}
	for name, c := range map[string]struct {
		person, chat, text string
		want               error
	}{
		"empty":     {"wang.fang", "", " ", simulator.ErrInvalid},
		"too long":  {"wang.fang", "", strings.Repeat("x", 2049), simulator.ErrInvalid},
		"nobody":    {"somebody", "", "x", simulator.ErrNotFound},
		"no chat":   {"wang.fang", "elsewhere", "x", simulator.ErrNotFound},
		"another's": {"wang.fang", "wecom-main:chen.jie", "x", simulator.ErrNotFound},
	} {
		if _, err := b.Say(background(t), c.person, c.chat, c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A callback that is not acknowledged comes again after 5 s, three times, with a new nonce, and no more.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	b, h := desk(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	if _, err := b.Say(background(t), "wang.fang", "", "你好"); err != nil {
		t.Fatal(err)
	}
	first := h.next(t)
	nonces := []string{first.query["nonce"]}
	for i := range retries {
		b.delivered(i + 1)
		b.clock.BlockUntil(1)
		b.clock.Advance(retryWait - time.Millisecond)
		if len(h.got) != 0 {
			t.Fatalf("repetition %d came early", i+1)
		}
		b.clock.Advance(time.Millisecond)
		again := h.next(t)
		nonces = append(nonces, again.query["nonce"])
		if x, y := again.event(t, b.credentials()), first.event(t, b.credentials()); x.MsgId != y.MsgId || x.CreateTime != y.CreateTime {
			t.Errorf("repetition %d is another message", i+1)
		}
	}
	b.delivered(4)
	if n := b.clock.Waiting(); n != 0 {
		t.Errorf("%d timers after the last repetition", n)
	}
	slices.Sort(nonces)
	if len(slices.Compact(nonces)) != 4 {
		t.Error("nonces repeat")
	}
	var attempts []int
	for _, d := range b.Deliveries() {
		attempts = append(attempts, d.Attempt)
		if d.Status != 500 || d.Err == "" || d.Event != "text" {
			t.Errorf("delivery: %+v", d)
		}
	}
	if !slices.Equal(attempts, []int{1, 2, 3, 4}) {
		t.Errorf("attempts: %v", attempts)
	}
}

// No answer within 5 s is no acknowledgement.
func TestRedeliveryAfterSilence(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b, h := desk(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() {
		select {
		case <-release:
		default:
			close(release)
		}
	})
	if _, err := b.Say(background(t), "wang.fang", "", "你好"); err != nil {
		t.Fatal(err)
	}
	h.next(t)
	b.clock.Advance(answerTime)
	b.delivered(1)
	if d := b.Deliveries(); d[0].Err != errLate.Error() {
		t.Errorf("deliveries: %+v", d)
	}
	close(release)
	b.clock.BlockUntil(1)
	b.clock.Advance(retryWait)
	h.next(t)
	b.delivered(2)
}

func TestRegister(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	c := b.credentials()
	key, _ := aesKey(c["encoding_aes_key"])
	answer := func(change func(string) string) *hook {
		return newHook(t, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			if r.Method != http.MethodGet || signature(c["token"], q.Get("timestamp"), q.Get("nonce"), q.Get("echostr")) != q.Get("msg_signature") {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			plain, err := unseal(key, q.Get("echostr"), c["corp_id"])
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			fmt.Fprint(w, change(string(plain)))
		})
	}
	good := answer(func(s string) string { return s })
	if err := b.Register(background(t), "wecom-main", good.URL+"/webhook?x=1"); err != nil {
		t.Fatal(err)
	}
	if got := b.Connections()[0].Webhook; got != good.URL+"/webhook?x=1" {
		t.Errorf("webhook %q", got)
	}
	if q := good.next(t).query; q["x"] != "1" {
		t.Errorf("the address lost its query: %v", q)
	}
	if err := b.Verify(background(t), "wecom-main"); err != nil {
		t.Error(err)
	}
	quoted := answer(func(s string) string { return `"` + s + `"` })
	if err := b.Register(background(t), "wecom-main", quoted.URL); err == nil {
		t.Error("a quoted challenge was taken")
	}
	if got := b.Connections()[0].Webhook; got != good.URL+"/webhook?x=1" {
		t.Errorf("a refused address was saved: %q", got)
	}
	if err := b.Register(background(t), "nope", good.URL); !errors.Is(err, simulator.ErrNotFound) {
		t.Errorf("unknown connection: %v", err)
	}
	block := make(chan struct{})
	slow := newHook(t, func(http.ResponseWriter, *http.Request) { <-block })
	done := make(chan error, 1)
	go func() { done <- b.Register(context.Background(), "wecom-main", slow.URL) }()
	slow.next(t)
	b.clock.Advance(verifyTime)
	if err := <-done; !errors.Is(err, errLate) {
		t.Errorf("slow answer: %v", err)
	}
	close(block)
}

func TestPress(t *testing.T) {
	t.Parallel()
	b, h := desk(t, nil)
	ctx := background(t)
	id := str(b.send("template_card", button("t-1"), "wang.fang"), "msgid")
	m := b.see("wang.fang", id)
	var labels []string
	for _, button := range m.Buttons {
		labels = append(labels, button.ID+" "+button.Label+" "+button.URL)
	}
	if want := []string{"approve:1 同意 ", "reject:1 拒绝 ", "link-3 打开 https://example.com/apv/1", "mute 不再提醒 "}; !slices.Equal(labels, want) {
		t.Errorf("buttons: %q", labels)
	}
	codes := map[string]bool{}
	for _, c := range []struct{ button, event, key string }{
		{"同意", "template_card_event", "approve:1"}, {"reject:1", "template_card_event", "reject:1"}, {"不再提醒", "template_card_menu_event", "mute"}} {
		if r, err := b.Press(ctx, "wang.fang", id, c.button, nil); err != nil || r.Status != "ok" || r.Toast != nil {
			t.Errorf("%s: %v %+v", c.button, err, r)
		}
		e := h.next(t).event(t, b.credentials())
		if e.Event != c.event || e.EventKey != c.key || e.TaskId != "t-1" || e.CardType != "button_interaction" || e.FromUserName != b.user("wang.fang") ||
			e.ResponseCode == "" || codes[e.ResponseCode] {
			t.Errorf("%s: %+v", c.button, e)
		}
		codes[e.ResponseCode] = true
	}
	if r, err := b.Press(ctx, "wang.fang", id, "打开", nil); err != nil || r.Status != "ok" || len(h.got) != 0 {
		t.Errorf("a link: %v %+v, %d callbacks", err, r, len(h.got))
	}
	for name, c := range map[string]struct {
		person, message, button string
		form                    map[string]any
		want                    error
	}{
		"another person": {"chen.jie", id, "同意", nil, simulator.ErrNotFound},
		"no message":     {"wang.fang", "nope", "同意", nil, simulator.ErrNotFound},
		"no button":      {"wang.fang", id, "nope", nil, simulator.ErrNotFound},
		"a form":         {"wang.fang", id, "同意", map[string]any{"x": "y"}, simulator.ErrInvalid},
	} {
		if _, err := b.Press(ctx, c.person, c.message, c.button, c.form); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.must(b.post("message/recall", obj{"msgid": id}))
	if r, err := b.Press(ctx, "wang.fang", id, "同意", nil); err != nil || r.Status != "recalled" {
		t.Errorf("recalled: %v %+v", err, r)
	}
}

func TestPressWithChoices(t *testing.T) {
	t.Parallel()
	b, h := desk(t, nil)
	ctx := background(t)
	selected := func() string {
		var out []string
		for _, item := range h.next(t).event(t, b.credentials()).SelectedItems.SelectedItem {
			out = append(out, item.QuestionKey+"="+strings.Join(item.OptionIds.OptionId, "+"))
		}
		return strings.Join(out, " ")
	}
	press := func(id string, form map[string]any, want string) {
		t.Helper()
		if r, err := b.Press(ctx, "wang.fang", id, "提交", form); err != nil || r.Status != "ok" {
			t.Fatalf("press: %v %+v", err, r)
		}
		if got := selected(); got != want {
			t.Errorf("selected %q, want %q", got, want)
		}
	}
	votes := str(b.send("template_card", vote("t-1"), "wang.fang"), "msgid")
	press(votes, map[string]any{"slot": []any{"o2", "选项0"}}, "slot=o0+o2")
	if r, err := b.Press(ctx, "wang.fang", votes, "提交", nil); err != nil || r.Status != "incomplete" {
		t.Errorf("an empty vote: %v %+v", err, r)
	}
	multi := str(b.send("template_card", multiple("t-2"), "wang.fang"), "msgid")
	press(multi, nil, "owner=o1 due=o0")
	press(multi, map[string]any{"due": "o1"}, "owner=o1 due=o1")
	for name, form := range map[string]map[string]any{
		"unknown option": {"due": "o7"}, "unknown question": {"x": "o1"}, "two of one": {"due": []string{"o0", "o1"}}, "a number": {"due": 1},
		"numbers": {"due": []any{1}},
	} {
		if _, err := b.Press(ctx, "wang.fang", multi, "提交", form); !errors.Is(err, simulator.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	card := set(button("t-3"), obj{"question_key": "reason", "title": "理由", "option_list": options(2), "selected_id": "o1"}, "button_selection")
	reasons := str(b.send("template_card", card, "wang.fang"), "msgid")
	if _, err := b.Press(ctx, "wang.fang", reasons, "同意", nil); err != nil {
		t.Fatal(err)
	}
	if got := selected(); got != "reason=o1" {
		t.Errorf("selected %q", got)
	}
	// An update can lock a question; what it has chosen is handed in all the same.
	locked := set(multiple("x"), true, "select_list", "disable")
	out := b.send("template_card", multiple("t-4"), "wang.fang")
	b.must(b.post("message/update_template_card", obj{"agentid": b.agentID(), "response_code": out["response_code"], "atall": 1, "template_card": locked}))
	if m := b.see("wang.fang", str(out, "msgid")); len(m.Inputs) != 1 || m.Inputs[0].Name != "due" {
		t.Errorf("locked: %+v", m.Inputs)
	}
	press(str(out, "msgid"), nil, "owner=o1 due=o0")
}

// A press whose callback fails is repeated as everything else.
func TestPressFails(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	b, h := desk(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	id := str(b.send("template_card", button("t-1"), "wang.fang"), "msgid")
	if r, err := b.Press(background(t), "wang.fang", id, "同意", nil); err != nil || r.Status != "failed" {
		t.Errorf("press: %v %+v", err, r)
	}
	first := h.next(t).event(t, b.credentials())
	b.clock.BlockUntil(1)
	b.clock.Advance(retryWait)
	if again := h.next(t).event(t, b.credentials()); again.ResponseCode != first.ResponseCode {
		t.Error("the repetition has another code")
	}
	b.delivered(2)
}

func TestRedeliverFault(t *testing.T) {
	t.Parallel()
	b, h := desk(t, nil)
	if err := b.Fault(simulator.Fault{Kind: "redeliver", API: "template_card"}); err != nil {
		t.Fatal(err)
	}
	id := str(b.send("template_card", button("t-1"), "wang.fang"), "msgid")
	if _, err := b.Press(background(t), "wang.fang", id, "同意", nil); err != nil {
		t.Fatal(err)
	}
	if x, y := h.next(t).event(t, b.credentials()), h.next(t).event(t, b.credentials()); x.ResponseCode != y.ResponseCode {
		t.Errorf("%+v and %+v", x, y)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b, h := desk(t, nil)
	contacts := newHook(t, nil)
	if err := b.SetWebhook("contacts", contacts.URL); err != nil {
		t.Fatal(err)
	}
	c := b.credentials()
	id := str(b.send("text", obj{"content": "x"}, "wang.fang"), "msgid")
	for range 2 {
		if err := b.Read(background(t), "wang.fang", id); err != nil {
			t.Fatal(err)
		}
	}
	if e := h.next(t).event(t, c); e.Event != "enter_agent" || e.FromUserName != b.user("wang.fang") {
		t.Errorf("read: %+v", e)
	}
	// Reading on is the same visit; after a while it is another one.
	for i, wait := range []time.Duration{0, openFor} {
		b.clock.Advance(wait)
		more := str(b.send("text", obj{"content": "y"}, "wang.fang"), "msgid")
		if err := b.Read(background(t), "wang.fang", more); err != nil {
			t.Fatal(err)
		}
		b.delivered(1 + i)
	}
	if e := h.next(t).event(t, c); e.Event != "enter_agent" || len(h.got) != 0 {
		t.Errorf("read later: %+v, and %d more", e, len(h.got))
	}
	if m := b.see("wang.fang", id); !slices.Equal(m.ReadBy, []string{"wang.fang"}) {
		t.Errorf("the page's mark: %v", m.ReadBy)
	}
	if err := b.ClickMenu("wang.fang", "wecom-main", "MY_TODO"); err != nil {
		t.Fatal(err)
	}
	if e := h.next(t).event(t, c); e.Event != "click" || e.EventKey != "MY_TODO" {
		t.Errorf("menu: %+v", e)
	}
	if err := b.Emit("wecom-main", "sys", "sys_approval_change", "<ApprovalInfo><SpNo>1</SpNo></ApprovalInfo>"); err != nil {
		t.Fatal(err)
	}
	if raw := string(h.next(t).open(t, c)); !strings.Contains(raw, "<SpNo>1</SpNo></ApprovalInfo></xml>") || !strings.Contains(raw, "CDATA[sys_approval_change]") {
		t.Errorf("approval: %s", raw)
	}
	for _, bad := range []string{"<a>", "</xml><xml>", "<a></b>", "&"} {
		if err := b.Emit("wecom-main", "sys", "x", bad); !errors.Is(err, simulator.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	old := b.user("chen.jie")
	for _, err := range []error{b.Rename("chen.jie", "E00029"), b.Move("chen.jie", "caiwubu"), b.Leave("chen.jie"), b.Join("chen.jie")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]inbound{}
	for range 4 {
		e := contacts.next(t).event(t, c)
		if e.Event != "change_contact" || e.FromUserName != "sys" || e.AgentID != "" {
			t.Errorf("contact event: %+v", e)
		}
		got[e.ChangeType+e.NewUserID] = e
	}
	if e := got["update_userE00029"]; e.UserID != old {
		t.Errorf("rename: %+v", e)
	}
	if e := got["update_user"]; e.Department != itoa(b.partyID("caiwubu")) || e.UserID != "E00029" {
		t.Errorf("move: %+v", e)
	}
	if e := got["create_user"]; e.UserID != "E00029" || got["delete_user"].UserID != "E00029" {
		t.Errorf("join and leave: %+v", got)
	}
	if b.Leave("nobody") == nil || b.Join("wang.fang") == nil || b.Rename("wang.fang", "e00029") == nil || b.Move("wang.fang", "nowhere") == nil {
		t.Error("nonsense was carried out")
	}
}

func TestStateIsKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "deep", "wecom.json")
	h := newHook(t, nil)
	o := Options{StateFile: file, Apps: []App{{Webhook: h.URL}}, Robots: []Robot{{ID: "robot"}}, Pushes: []Push{{ID: "push", Group: "all"}}}
	b := newBench(t, o)
	out := b.send("template_card", button("t-1"), "wang.fang")
	before := b.Connections()
	if err := b.Rename("wang.fang", "Fang"); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	again := newBench(t, o)
	after := again.Connections()
	for i := range before {
		for k, v := range before[i].Credentials {
			if k != "socket_url" && after[i].Credentials[k] != v {
				t.Errorf("%s of %s changed", k, before[i].ID)
			}
		}
	}
	if again.user("wang.fang") != "Fang" || !again.sees("wang.fang", str(out, "msgid")) {
		t.Error("names or messages were lost")
	}
	if out := again.post("message/send", again.body("template_card", button("t-1"), "wang.fang")); code(out) != 42014 {
		t.Errorf("task ids were lost: %v", out)
	}
	again.must(again.post("message/update_template_card", obj{"agentid": again.agentID(), "response_code": out["response_code"], "atall": 1,
		"button": obj{"replace_name": "已确认"}}))
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	other := newBench(t, Options{StateFile: file, Apps: []App{{ID: "other"}}})
	if list, _ := other.Messages("wang.fang", ""); len(list) != 0 {
		t.Errorf("messages of an app that is gone: %+v", list)
	}
}

func TestWrongState(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"{", `{"version":9,"corp_id":"x"}`, `{"version":1}`} {
		file := filepath.Join(t.TempDir(), "state.json")
		writeFile(t, file, raw)
		if s, err := New(Options{StateFile: file}); err == nil {
			_ = s.Close()
			t.Errorf("%s was taken", raw)
		}
	}
	file := filepath.Join(t.TempDir(), "state.json")
	writeFile(t, file, `{"version":1,"corp_id":"ww1","apps":{"wecom-main":null},"messages":[null],"chats":{"x":null},"codes":{"y":null},"media":{"z":null}}`)
	s, err := New(Options{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestWrongOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"app twice":       {Apps: []App{{}, {}}},
		"same agent":      {Apps: []App{{}, {ID: "b", Credentials: &Credentials{AgentID: 1000002, EncodingAESKey: strings.Repeat("a", 43)}}}},
		"key":             {Apps: []App{{Credentials: &Credentials{AgentID: 1, EncodingAESKey: "short"}}}},
		"numbers":         {Numbers: "tattoo"},
		"robot nameless":  {Robots: []Robot{{}}},
		"robot twice":     {Robots: []Robot{{ID: "r"}, {ID: "r"}}},
		"robot by pigeon": {Robots: []Robot{{ID: "r", Transport: "pigeon"}}},
		"robot key":       {Robots: []Robot{{ID: "r", Credentials: &RobotCredentials{}}}},
		"push nowhere":    {Pushes: []Push{{ID: "p", Group: "nowhere"}}},
		"push nameless":   {Pushes: []Push{{Group: "all"}}},
	} {
		if s, err := New(o); err == nil {
			_ = s.Close()
			t.Errorf("%s was taken", name)
		}
	}
}
