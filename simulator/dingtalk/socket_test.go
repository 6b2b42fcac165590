package dingtalk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"magpie/simulator"
)

const openCall = "/api/v1.0/gateway/connections/open"

var allTopics = []map[string]string{{"type": "SYSTEM", "topic": "ping"}, {"type": "EVENT", "topic": "*"},
	{"type": "CALLBACK", "topic": pushRobot}, {"type": "CALLBACK", "topic": pushCard}}

func (b *bench) openBody(topics []map[string]string) map[string]any {
	return map[string]any{"clientId": b.cred["client_id"], "clientSecret": b.cred["client_secret"], "ua": "test/1", "localIp": "192.0.2.2", "subscriptions": topics, "extras": nil}
}

// stream is a client of the gateway, written from the protocol's description.
type stream struct {
	t    *testing.T
	conn *websocket.Conn
}

func (b *bench) stream(topics []map[string]string) *stream {
	b.t.Helper()
	before := b.connected()
	out := b.good("POST", openCall, b.openBody(topics))
	conn, resp, err := websocket.DefaultDialer.Dial(out["endpoint"].(string)+"?ticket="+out["ticket"].(string), nil)
	if err != nil {
		b.t.Fatalf("dial: %v", err)
	}
	_ = resp.Body.Close()
	b.t.Cleanup(func() { _ = conn.Close() })
	b.waitFor(func() bool { return b.connected() == before+1 })
	return &stream{b.t, conn}
}

func (b *bench) connected() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.apps[0].sockets)
}

// waitFor looks again whenever something happens on the bus.
func (b *bench) waitFor(is func() bool) {
	b.t.Helper()
	late := time.After(patience)
	for !is() {
		select {
		case <-b.notices:
		case <-late:
			b.t.Fatal("waited in vain")
		}
	}
}

// next reads a frame of the given type; other frames fail.
func (s *stream) next(kind string) frame {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	mode, raw, err := s.conn.ReadMessage()
	if err != nil {
		s.t.Fatalf("read: %v", err)
	}
	var f frame
	if err := strictJSON(raw, &f); err != nil || mode != websocket.TextMessage {
		s.t.Fatalf("frame %d: %v: %s", mode, err, raw)
	}
	if f.Type != kind || f.SpecVersion != "1.0" || f.Headers["contentType"] != "application/json" {
		s.t.Fatalf("frame %+v, want %s", f, kind)
	}
	return f
}

func (s *stream) ack(f frame, code int, data string) {
	s.t.Helper()
	raw := encode(map[string]any{"code": code, "message": "OK", "headers": map[string]string{"messageId": f.Headers["messageId"], "contentType": "application/json"}, "data": data})
	if err := s.conn.WriteMessage(websocket.TextMessage, raw); err != nil {
		s.t.Fatal(err)
	}
}

func streamApp() Options { return Options{Apps: []App{{Transport: TransportStream}}} }

func TestOpenRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	wrong := b.openBody(allTopics)
	wrong["clientSecret"] = "x"
	b.refused("secret", "POST", openCall, wrong, "authFailed")
	b.refused("no JSON", "POST", openCall, "x", "invalidParameter.body")
	for name, topics := range map[string][]map[string]string{"an event by name": {{"type": "EVENT", "topic": "check_in"}}, "type": {{"type": "NEWS", "topic": "*"}}, "nothing": {}} {
		b.refused(name, "POST", openCall, b.openBody(topics), "invalidParameter.subscriptions")
	}
	for kind, code := range map[string]string{"rate_limit": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "server_error": "system.busy"} {
		if err := b.Fault(simulator.Fault{Kind: kind, API: "gateway"}); err != nil {
			t.Fatal(err)
		}
		b.refused(kind, "POST", openCall, b.openBody(allTopics), code)
	}
	// Who does not ask for JSON gets XML.
	resp, err := b.http.Client().Post(b.http.URL+openCall, "application/json", strings.NewReader(string(encode(b.openBody(allTopics)))))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if !strings.HasPrefix(string(raw), "<OpenConnectionResponse><endpoint>ws://") {
		t.Errorf("without Accept: %s", raw)
	}
}

// A ticket is good for one connection within 90 s.
func TestTickets(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	dial := func(out map[string]any) int {
		t.Helper()
		conn, resp, err := websocket.DefaultDialer.Dial(out["endpoint"].(string)+"?ticket="+out["ticket"].(string), nil)
		if err == nil {
			_ = conn.Close()
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	one := b.good("POST", openCall, b.openBody(allTopics))
	if got := dial(one); got != http.StatusSwitchingProtocols {
		t.Errorf("first: %d", got)
	}
	if got := dial(one); got != http.StatusUnauthorized {
		t.Errorf("second: %d", got)
	}
	two := b.good("POST", openCall, b.openBody(allTopics))
	b.clock.Advance(ticketLife)
	if got := dial(two); got != http.StatusUnauthorized {
		t.Errorf("too late: %d", got)
	}
	if got := dial(map[string]any{"endpoint": one["endpoint"], "ticket": "x"}); got != http.StatusUnauthorized {
		t.Errorf("made up: %d", got)
	}
}

func TestStreamEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	s := b.stream(allTopics)
	data := map[string]any{"unionIdList": []any{"u"}, "taskId": "t1"}
	id, err := b.Emit("ding-main", "todo_task_create", data)
	if err != nil {
		t.Fatal(err)
	}
	f := s.next("EVENT")
	want := map[string]string{"topic": "*", "messageId": f.Headers["messageId"], "contentType": "application/json", "time": fmt.Sprint(testStart.UnixMilli()),
		"eventType": "todo_task_create", "eventId": id, "eventCorpId": b.cred["corp_id"], "eventBornTime": fmt.Sprint(testStart.UnixMilli()),
		"eventUnifiedAppId": f.Headers["eventUnifiedAppId"]}
	if diff := cmp.Diff(want, f.Headers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(data, object(t, []byte(f.Data))); diff != "" {
		t.Error(diff)
	}
	// LATER, an error and silence bring it again after a minute; the id stays.
	s.ack(f, 200, `{"status":"LATER","message":""}`)
	b.delivered(1)
	b.clock.Advance(time.Minute)
	again := nextBut(s, "SYSTEM")
	if again.Headers["eventId"] != id || again.Headers["messageId"] != f.Headers["messageId"] {
		t.Errorf("again: %+v", again.Headers)
	}
	s.ack(again, 500, `{"status":"SUCCESS"}`)
	b.delivered(2)
	b.clock.Advance(time.Minute)
	third := nextBut(s, "SYSTEM")
	b.clock.Advance(streamAnswer)
	b.delivered(3)
	b.clock.Advance(time.Minute)
	fourth := nextBut(s, "SYSTEM")
	s.ack(fourth, 200, `{"status":"SUCCESS","message":"OK"}`)
	b.delivered(4)
	d := b.Deliveries()
	if d[0].Status != 200 || d[0].Err == "" || d[1].Status != 500 || d[2].Err != errLate.Error() || d[3].Err != "" || d[3].Attempt != 4 || third.Headers["eventId"] != id {
		t.Errorf("deliveries: %+v", d)
	}
}

// gone wants a connection to end: silence is not enough.
func gone(t *testing.T, conn *websocket.Conn, what string) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, raw, err := conn.ReadMessage(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: it lives on: %s, %v", what, raw, err)
	}
}

// nextBut reads on over frames of one type, answering pings.
func nextBut(s *stream, kind string) frame {
	s.t.Helper()
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(patience))
		_, raw, err := s.conn.ReadMessage()
		if err != nil {
			s.t.Fatalf("read: %v", err)
		}
		var f frame
		if err := json.Unmarshal(raw, &f); err != nil {
			s.t.Fatal(err)
		}
		if f.Type != kind {
			return f
		}
		if f.Headers["topic"] == "ping" {
			s.ack(f, 200, f.Data)
		}
	}
}

func TestStreamRobot(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	s := b.stream(allTopics)
	group := b.group("liu.yang", "采购群")
	id, err := b.Say(background(t), "liu.yang", group, "@鹊桥 采购 @韩梅梅")
	if err != nil {
		t.Fatal(err)
	}
	f := s.next("CALLBACK")
	if f.Headers["topic"] != pushRobot || f.Headers["appId"] == "" || f.Headers["connectionId"] == "" {
		t.Errorf("headers: %+v", f.Headers)
	}
	body := object(t, []byte(f.Data))
	// Over the stream the ids of who else was meant are missing.
	if at := body["atUsers"].([]any)[1].(map[string]any); body["msgId"] != id || at["staffId"] != nil || at["dingtalkId"] == "" {
		t.Errorf("body: %v", body)
	}
	// Not acknowledged, it comes once more, as another frame with the same msgId.
	b.clock.Advance(streamAnswer)
	b.delivered(1)
	b.clock.Advance(time.Minute)
	again := nextBut(s, "SYSTEM")
	if object(t, []byte(again.Data))["msgId"] != id || again.Headers["messageId"] == f.Headers["messageId"] {
		t.Errorf("again: %+v", again)
	}
	b.clock.Advance(streamAnswer)
	b.delivered(2)
	if d := b.Deliveries(); d[1].Attempt != 2 {
		t.Errorf("deliveries: %+v", d)
	}
}

func TestStreamCard(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{}) // events over HTTP: the card's own callbackType is what counts
	s := b.stream(allTopics[3:])
	b.good("POST", cardCall, b.cardTo("han.meimei", "c1", pending))
	m := b.last("han.meimei")
	press := func() chan simulator.PressResult {
		done := make(chan simulator.PressResult, 1)
		go func() {
			r, err := b.Press(background(t), "han.meimei", m.ID, "agree", nil)
			if err != nil {
				t.Error(err)
			}
			done <- r
		}()
		return done
	}
	done := press()
	f := s.next("CALLBACK")
	body := object(t, []byte(f.Data))
	if f.Headers["topic"] != pushCard || body["content"] != body["value"] || body["outTrackId"] != "c1" || body["userIdType"] != 1.0 {
		t.Errorf("callback: %+v %v", f.Headers, body)
	}
	s.ack(f, 200, `{"response":{"cardUpdateOptions":{"updateCardDataByKey":true},"cardData":{"cardParamMap":{"status":"已同意"}},"userPrivateData":{"cardParamMap":{"result":"✓"}}}}`)
	if r := await(t, done); r.Status != "ok" {
		t.Errorf("press: %+v", r)
	}
	if m = b.last("han.meimei"); !strings.HasPrefix(m.Text, "采购申请 已同意") || !strings.HasSuffix(m.Text, "✓") {
		t.Errorf("card: %q", m.Text)
	}
	for _, empty := range []string{"", `{"response":null}`, `{"response":{}}`, `{}`} {
		done = press()
		s.ack(s.next("CALLBACK"), 200, empty)
		if r := await(t, done); r.Status != "ok" {
			t.Errorf("answer %q: %+v", empty, r)
		}
	}
	// 404 is a client without a handler; the frame comes again after a minute, and its answer counts.
	done = press()
	f = s.next("CALLBACK")
	s.ack(f, 404, "")
	if r := await(t, done); r.Status != "failed 404" || r.Toast == nil {
		t.Errorf("no handler: %+v", r)
	}
	b.clock.Advance(time.Minute)
	again := nextBut(s, "SYSTEM")
	if again.Headers["messageId"] != f.Headers["messageId"] {
		t.Errorf("again: %+v", again)
	}
	before := len(b.Deliveries())
	s.ack(again, 200, `{"response":{"cardUpdateOptions":{"updateCardDataByKey":true},"cardData":{"cardParamMap":{"status":"晚到"}}}}`)
	b.delivered(before + 1)
	if m = b.last("han.meimei"); !strings.Contains(m.Text, "晚到") {
		t.Errorf("card: %q", m.Text)
	}
	// Without a connection for it a press fails at once.
	_ = s.conn.Close()
	b.waitFor(func() bool { return b.connected() == 0 })
	if r, err := b.Press(background(t), "han.meimei", m.ID, "agree", nil); err != nil || r.Status != "failed" {
		t.Errorf("nobody there: %v %+v", err, r)
	}
}

// A topic goes only to connections that asked for it, to whichever chance picks.
func TestStreamSpreads(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	one, two, cards := b.stream(allTopics), b.stream(allTopics[:2]), b.stream(allTopics[3:])
	got := make(chan int, 64)
	for i, s := range []*stream{one, two, cards} {
		go func() {
			for {
				_, raw, err := s.conn.ReadMessage()
				if err != nil {
					return
				}
				var f frame
				if json.Unmarshal(raw, &f) == nil && f.Type == "EVENT" {
					_ = s.conn.WriteMessage(websocket.TextMessage, encode(ack{Code: 200, Headers: map[string]string{"messageId": f.Headers["messageId"]}, Data: `{"status":"SUCCESS"}`}))
					got <- i
				}
			}
		}()
	}
	count := [3]int{}
	for range 40 {
		if _, err := b.Emit("ding-main", "check_in", map[string]any{}); err != nil {
			t.Fatal(err)
		}
		count[await(t, got)]++
	}
	// That one of two gets none of 40 happens once in 2^39 runs.
	if count[0] == 0 || count[1] == 0 || count[2] != 0 {
		t.Errorf("spread: %v", count)
	}
	b.delivered(40)
}

// After a disconnect frame nothing more comes on a connection, and ten seconds later it is closed; a new one
// takes over without a gap.
func TestStreamDisconnect(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	old := b.stream(allTopics)
	if n := b.Disconnect("ding-main"); n != 1 {
		t.Fatalf("%d connections", n)
	}
	f := old.next("SYSTEM")
	if f.Headers["topic"] != "disconnect" || f.Headers["messageId"] != "" || f.Data != `{"reason":"connection is expired"}` {
		t.Errorf("frame: %+v", f)
	}
	fresh := b.stream(allTopics)
	for range 8 {
		if _, err := b.Emit("ding-main", "check_in", map[string]any{}); err != nil {
			t.Fatal(err)
		}
		fresh.ack(fresh.next("EVENT"), 200, `{"status":"SUCCESS"}`)
	}
	b.delivered(8)
	b.clock.Advance(closeAfter)
	gone(t, old.conn, "after the goodbye")
	b.waitFor(func() bool { return b.connected() == 1 })
	if b.Disconnect("nobody") != 0 {
		t.Error("disconnected nobody")
	}
}

// A mute connection is picked still, and what was pushed on it comes again.
func TestStreamMute(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	s := b.stream(allTopics)
	if n := b.Mute("ding-main"); n != 1 {
		t.Fatalf("%d connections", n)
	}
	if _, err := b.Say(background(t), "liu.yang", "", "在吗"); err != nil {
		t.Fatal(err)
	}
	b.clock.BlockUntil(2) // the ping's and the answer's
	b.clock.Advance(streamAnswer)
	b.delivered(1)
	_ = s.conn.Close()
	b.waitFor(func() bool { return b.connected() == 0 })
	fresh := b.stream(allTopics)
	b.clock.Advance(time.Minute)
	f := nextBut(fresh, "SYSTEM")
	if object(t, []byte(f.Data))["text"].(map[string]any)["content"] != "在吗" {
		t.Errorf("frame: %+v", f)
	}
	fresh.ack(f, 200, `{"response":null}`)
	b.delivered(2)
}

// The gateway pings every half minute.
func TestStreamPing(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	s := b.stream(allTopics)
	for range 2 {
		b.clock.BlockUntil(1)
		b.clock.Advance(pingEvery)
		f := s.next("SYSTEM")
		if f.Headers["topic"] != "ping" || f.Headers["messageId"] == "" || object(t, []byte(f.Data))["opaque"] == "" {
			t.Errorf("ping: %+v", f)
		}
		s.ack(f, 200, f.Data)
	}
	// The client's own pings, on the level below, are answered too.
	pong := make(chan string, 1)
	s.conn.SetPongHandler(func(data string) error { pong <- data; return nil })
	if err := s.conn.WriteControl(websocket.PingMessage, []byte("x"), time.Now().Add(10*time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _, _ = s.conn.ReadMessage() }()
	if got := await(t, pong); got != "x" {
		t.Errorf("pong %q", got)
	}
	_ = s.conn.Close()
}

// Dropped, a connection ends without a word; what waited for an answer comes again.
func TestStreamDropped(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	s := b.stream(allTopics)
	if _, err := b.Emit("ding-main", "check_in", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	s.next("EVENT")
	if err := b.Fault(simulator.Fault{Kind: "drop_connection", Times: 2}); err != nil {
		t.Fatal(err)
	}
	b.delivered(1)
	b.waitFor(func() bool { return b.connected() == 0 })
	// The second of the two times is for the next connection.
	out := b.good("POST", openCall, b.openBody(allTopics))
	conn, resp, err := websocket.DefaultDialer.Dial(out["endpoint"].(string)+"?ticket="+out["ticket"].(string), nil)
	if err == nil {
		_ = resp.Body.Close()
		gone(t, conn, "the next connection")
		_ = conn.Close()
	}
	fresh := b.stream(allTopics)
	b.clock.Advance(time.Minute)
	fresh.ack(nextBut(fresh, "SYSTEM"), 200, `{"status":"SUCCESS"}`)
	b.delivered(2)
}

// What a client sends that is no acknowledgement is passed over.
func TestStreamNonsense(t *testing.T) {
	t.Parallel()
	b := newBench(t, streamApp())
	s := b.stream(allTopics)
	for _, raw := range []string{"", "x", "[]", "null", `{"code":"200"}`, `{"code":200,"headers":{"messageId":"unknown"}}`, `{"code":200,"headers":null}`} {
		if err := s.conn.WriteMessage(websocket.TextMessage, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.conn.WriteMessage(websocket.BinaryMessage, []byte{0, 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Emit("ding-main", "check_in", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	f := s.next("EVENT")
	s.ack(f, 200, "no JSON")
	b.delivered(1)
	if d := b.Deliveries(); d[0].Err == "" {
		t.Errorf("deliveries: %+v", d)
	}
}
