package feishu

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"magpie/simulator"
)

func readAll(r *http.Request) string {
	raw, _ := io.ReadAll(r.Body)
	return string(raw)
}

// delivered waits until n attempts have ended, and with that what follows them has been scheduled.
func (b *bench) delivered(n int) {
	b.t.Helper()
	late := time.After(patience)
	for len(b.Deliveries()) < n {
		select {
		case <-b.notices:
		case <-late:
			b.t.Fatalf("%d deliveries, want %d", len(b.Deliveries()), n)
		}
	}
}

// An event that is not acknowledged comes again after 15 s, 5 min, 1 h and 6 h, with the same id, and no more.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	b, h := deskWith(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	if _, err := b.Say(background(t), "li.lei", "", "你好"); err != nil {
		t.Fatal(err)
	}
	_, _, first := h.next(t).event(t)
	for i, wait := range []time.Duration{15 * time.Second, 5 * time.Minute, time.Hour, 6 * time.Hour} {
		b.delivered(i + 1)
		b.clock.Advance(wait - time.Millisecond)
		if got := len(h.got); got != 0 {
			t.Fatalf("redelivery %d came early", i+1)
		}
		b.clock.Advance(time.Millisecond)
		if _, _, again := h.next(t).event(t); again["event_id"] != first["event_id"] {
			t.Errorf("redelivery %d is another event", i+1)
		}
	}
	b.delivered(5)
	if n := b.clock.Waiting(); n != 0 {
		t.Errorf("%d timers after the last redelivery", n)
	}
	var attempts []int
	for _, d := range b.Deliveries() {
		attempts = append(attempts, d.Attempt)
		if d.Status != 500 || d.Err == "" {
			t.Errorf("delivery: %+v", d)
		}
	}
	if !slices.Equal(attempts, []int{1, 2, 3, 4, 5}) {
		t.Errorf("attempts: %v", attempts)
	}
}

// No answer within 3 s is no acknowledgement.
func TestRedeliveryAfterSilence(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	arrived := make(chan struct{}, 2)
	b, _ := deskWith(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	if _, err := b.Say(background(t), "li.lei", "", "你好"); err != nil {
		t.Fatal(err)
	}
	await(t, arrived)
	b.clock.Advance(answerTime)
	b.delivered(1)
	if d := b.Deliveries(); len(d) != 1 || d[0].Err != errLate.Error() {
		t.Errorf("deliveries: %+v", d)
	}
	close(release)
	b.clock.Advance(15 * time.Second)
	await(t, arrived)
	b.delivered(2)
}

// Events of an ordered kind wait behind one that is not acknowledged; others pass.
func TestOrderedEvents(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	b, h := deskWith(t, func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	emit := func(status, key string) {
		if _, err := b.Emit("feishu-main", "approval_instance", true, map[string]any{"status": status, "key": key}, key); err != nil {
			t.Fatal(err)
		}
	}
	emit("PENDING", "inst-1")
	if got := string(h.next(t).body); !strings.Contains(got, `"type":"event_callback"`) || !strings.Contains(got, `"status":"PENDING"`) {
		t.Errorf("v1 envelope: %s", got)
	}
	b.delivered(1)
	emit("APPROVED", "inst-1")
	emit("PENDING", "inst-2")
	if got := string(h.next(t).body); strings.Contains(got, "APPROVED") {
		t.Errorf("overtook: %s", got)
	}
	b.delivered(2)
	broken.Store(false)
	b.clock.Advance(15 * time.Second)
	b.delivered(5)
	// inst-1 goes on in its order, whatever inst-2 does.
	var mine []string
	for range 3 {
		var e struct {
			Event struct{ Status, Key string }
		}
		if err := json.Unmarshal(h.next(t).body, &e); err != nil {
			t.Fatal(err)
		}
		if e.Event.Key == "inst-1" {
			mine = append(mine, e.Event.Status)
		}
	}
	if !slices.Equal(mine, []string{"PENDING", "APPROVED"}) {
		t.Errorf("order: %v", mine)
	}
}

func TestEventsOfReading(t *testing.T) {
	t.Parallel()
	b, h := deskWith(t, nil)
	id := b.send("li.lei", "text", `{"text":"x"}`)
	for range 2 {
		if err := b.Read(background(t), "li.lei", id); err != nil {
			t.Fatal(err)
		}
	}
	kinds := map[string]int{}
	for range 3 {
		kind, event, _ := h.next(t).event(t)
		kinds[kind]++
		if kind == "im.chat.access_event.bot_p2p_chat_entered_v1" && event["last_message_id"] != id {
			t.Errorf("entered: %v", event)
		}
	}
	if kinds["im.message.message_read_v1"] != 1 || kinds["im.chat.access_event.bot_p2p_chat_entered_v1"] != 2 {
		t.Errorf("events: %v", kinds)
	}
}

// In a group the bot hears only what mentions it.
func TestGroupsAreQuiet(t *testing.T) {
	t.Parallel()
	b, h := deskWith(t, nil)
	group := ""
	for _, c := range b.Chats("li.lei") {
		if c.Name == "研发部群" {
			group = c.ID
		}
	}
	for _, text := range []string{"大家好", "@韩梅梅 看看", "@所有人 开会", "@鹊桥采购 键盘"} {
		if _, err := b.Say(background(t), "li.lei", group, text); err != nil {
			t.Fatal(err)
		}
	}
	_, event, _ := h.next(t).event(t)
	m := event["message"].(map[string]any)
	at := m["mentions"].([]any)[0].(map[string]any)
	if m["content"] != `{"text":"@_user_1采购 键盘"}` || at["mentioned_type"] != "bot" || at["id"].(map[string]any)["open_id"] == "" || m["chat_type"] != "group" {
		t.Errorf("heard: %v", m)
	}
	_, out := b.call("GET", "/open-apis/bot/v3/info", nil)
	if bot := out["bot"].(map[string]any); bot["open_id"] != at["id"].(map[string]any)["open_id"] {
		t.Errorf("the bot is %v, mentioned %v", bot["open_id"], at["id"])
	}
	list, err := b.Messages("han.meimei", group)
	if err != nil || len(list) != 4 || list[1].Text != "@韩梅梅 看看" || list[2].Text != "@所有人 开会" {
		t.Errorf("%v %+v", err, list)
	}
	if n := len(b.Deliveries()) + len(h.got); n > 1 {
		t.Errorf("%d deliveries, want one", n)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	b, h := deskWith(t, nil)
	info := func() (int, map[string]any) { return b.call("GET", "/open-apis/bot/v3/info", nil) }
	fault := func(kind, api string, times int) {
		t.Helper()
		if err := b.Fault(simulator.Fault{Kind: kind, API: api, Times: times}); err != nil {
			t.Fatal(err)
		}
	}
	fault("rate_limit", "", 2)
	for range 2 {
		status, out := info()
		want(t, "rate_limit", status, out, 429, 99991400)
	}
	status, out := info()
	want(t, "rate_limit used up", status, out, 200, 0)
	fault("server_error", "im/v1/messages", 1)
	status, out = info()
	want(t, "server_error elsewhere", status, out, 200, 0)
	status, out = b.call("GET", "/open-apis/im/v1/messages/om_x", nil)
	want(t, "server_error", status, out, 500, 2200)
	fault("expire_token", "", 1)
	status, out = info()
	want(t, "expire_token", status, out, 400, 99991663)
	status, out = info()
	want(t, "the same token again", status, out, 400, 99991663)
	b.fetch()
	status, out = info()
	want(t, "a new token", status, out, 200, 0)
	fault("drop_connection", "", 1)
	if _, _, err := b.try("POST", messagesPath+"open_id", map[string]string{"receive_id": b.openID("li.lei"), "msg_type": "text", "content": `{"text":"x"}`}); err == nil {
		t.Error("drop_connection: there was an answer")
	}
	if list, _ := b.Messages("li.lei", ""); len(list) != 0 {
		t.Error("drop_connection: the call was carried out")
	}
	fault("timeout", "", 1)
	failed := make(chan error, 1)
	go func() {
		_, _, err := b.try("POST", messagesPath+"open_id", map[string]string{"receive_id": b.openID("li.lei"), "msg_type": "text", "content": `{"text":"x"}`})
		failed <- err
	}()
	b.clock.BlockUntil(1)
	b.clock.Advance(holdFor)
	if err := await(t, failed); err == nil {
		t.Error("timeout: there was an answer")
	}
	if list, _ := b.Messages("li.lei", ""); len(list) != 1 {
		t.Error("timeout: the call was not carried out")
	}
	fault("redeliver", "", 1)
	if _, err := b.Say(background(t), "li.lei", "", "你好"); err != nil {
		t.Fatal(err)
	}
	_, _, first := h.next(t).event(t)
	_, _, second := h.next(t).event(t)
	if first["event_id"] != second["event_id"] {
		t.Error("redeliver: another event")
	}
	for _, bad := range []simulator.Fault{{Kind: "earthquake"}, {Kind: "timeout", Times: -1}} {
		if err := b.Fault(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	unanswered := 0
	for _, c := range b.Calls() {
		if c.Status == 0 {
			unanswered++
		}
	}
	if unanswered != 2 {
		t.Errorf("%d unanswered calls in the list, want 2", unanswered)
	}
}

// What was said survives a restart, and so do the credentials.
func TestStateIsKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sim", "feishu.json")
	run := func(apps []App, use func(s *Server)) {
		t.Helper()
		s, err := New(Options{StateFile: file, Apps: apps})
		if err != nil {
			t.Fatal(err)
		}
		use(s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	}
	two := []App{{}, {ID: "second", Name: "喜鹊"}}
	var cred, id string
	run(two, func(s *Server) {
		cred = fmt.Sprint(s.Connections()[0].Credentials)
		var err error
		if id, err = s.Say(background(t), "li.lei", "", "记住"); err != nil {
			t.Fatal(err)
		}
		if _, err = s.Say(background(t), "li.lei", s.Chats("li.lei")[1].ID, "给喜鹊"); err != nil {
			t.Fatal(err)
		}
	})
	run(two, func(s *Server) {
		if got := fmt.Sprint(s.Connections()[0].Credentials); got != cred {
			t.Errorf("credentials changed")
		}
		list, err := s.Messages("li.lei", "")
		if err != nil || len(list) != 2 || list[0].ID != id || list[0].Text != "记住" {
			t.Errorf("%v %+v", err, list)
		}
	})
	run(two[:1], func(s *Server) {
		if list, _ := s.Messages("li.lei", ""); len(list) != 1 {
			t.Errorf("with one bot gone: %+v", list)
		}
	})
	run([]App{{Credentials: &Credentials{AppID: "cli_fixed", AppSecret: "s"}}}, func(s *Server) {
		if got := s.Connections()[0].Credentials["app_id"]; got != "cli_fixed" {
			t.Errorf("given credentials are not used: %s", got)
		}
	})
}

func TestClosed(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Say(background(t), "li.lei", "", "x"); err == nil {
		t.Error("said after the end")
	}
}

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Apps: []App{{Transport: "pigeon"}}}, {Apps: []App{{}, {}}}, {StateFile: "/dev/null/x/y"}} {
		if s, err := New(o); err == nil {
			_ = s.Close()
			t.Errorf("%+v was taken", o)
		}
	}
}
