package longconn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"magpie/adapters"
	"magpie/adapters/event"
)

const (
	ackOK     = `{"code":200,"headers":null,"data":null}`
	ackFailed = `{"code":500,"headers":null,"data":null}`
)

// An acknowledgement is the frame itself, with biz_rt added and another payload.
func TestEventIsStoredThenAcknowledged(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	c := start(t, f)
	conn := f.conn()
	sent := dataFrame(typeEvent, "m1", `{"id":"ev:1","type":"im.message.receive_v1"}`)
	conn.send(sent)
	if ev := c.event(); ev.ID != "ev:1" || ev.ReceivedAt.IsZero() {
		t.Errorf("got %+v", ev)
	}
	ack := conn.ack()
	if string(ack.payload) != ackOK {
		t.Errorf("ack %s", ack.payload)
	}
	if len(ack.headers) != len(sent.headers)+1 || ack.get(keyBizRT) == "" {
		t.Errorf("ack headers %v", ack.headers)
	}
	ack.headers, ack.payload, sent.payload = ack.headers[:len(sent.headers)], nil, nil
	if diff := cmp.Diff(sent, ack, cmp.AllowUnexported(frame{}, header{})); diff != "" {
		t.Errorf("the acknowledgement is not the same frame (-sent +ack):\n%s", diff)
	}
}

// Every type takes the same way, those that nobody has heard of as well, and frames of type card too.
func TestEveryTypeReachesTheSink(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	c := start(t, f)
	conn := f.conn()
	for i, typ := range []string{"im.message.receive_v1", "card.action.trigger", "something.nobody.knows_v9", ""} {
		for _, frameType := range []string{typeEvent, typeCard} {
			id := fmt.Sprintf("ev:%d:%s", i, frameType)
			conn.send(dataFrame(frameType, id, fmt.Sprintf(`{"id":%q,"type":%q}`, id, typ)))
			if ev := c.event(); ev.ID != id || ev.VendorType != typ {
				t.Errorf("got %s %q", ev.ID, ev.VendorType)
			}
			if ack := conn.ack(); !strings.HasPrefix(string(ack.payload), `{"code":200,`) {
				t.Errorf("%s: ack %s", id, ack.payload)
			}
		}
	}
	// Other data frames and broken ones neither end the connection nor reach the sink.
	conn.send(dataFrame("hello", "x", `{}`))
	if err := conn.ws.WriteMessage(websocket.BinaryMessage, []byte{0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	if err := conn.ws.WriteMessage(websocket.TextMessage, []byte("text")); err != nil {
		t.Fatal(err)
	}
	conn.send(dataFrame(typeEvent, "last", `{"id":"last","type":"x"}`))
	if ev := c.event(); ev.ID != "last" {
		t.Errorf("got %s", ev.ID)
	}
}

// The answer to a press travels in base64, and Written is called after it was sent.
func TestPressIsAnswered(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	written := make(chan struct{})
	c := start(t, f, func(c *client) {
		c.sink = func(context.Context, event.Event) (adapters.Response, error) {
			return adapters.Response{
				Body:    []byte(`{"toast":{"type":"success","content":"ok"}}`),
				Written: func() { close(written) },
			}, nil
		}
	})
	conn := f.conn()
	conn.send(dataFrame(typeEvent, "m1", `{"id":"act:1","type":"card.action.trigger"}`))
	c.event()
	// The value is that of the vendor's own client.
	want := `{"code":200,"headers":null,"data":"eyJ0b2FzdCI6eyJ0eXBlIjoic3VjY2VzcyIsImNvbnRlbnQiOiJvayJ9fQ=="}`
	if ack := conn.ack(); string(ack.payload) != want {
		t.Errorf("ack %s", ack.payload)
	}
	select {
	case <-written:
	case <-time.After(patience):
		t.Error("Written was not called")
	}
}

// What was not stored is answered 500, whatever went wrong.
func TestNotStoredIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	start(t, f, func(c *client) {
		c.sink = func(_ context.Context, ev event.Event) (adapters.Response, error) {
			switch ev.VendorType {
			case "err":
				return adapters.Response{}, errors.New("disk full")
			case "busy":
				return adapters.Response{Status: http.StatusServiceUnavailable}, nil
			case "sink panics":
				panic("boom")
			}
			return adapters.Response{}, nil
		}
	})
	conn := f.conn()
	for _, payload := range []string{
		`{"id":"1","type":"err"}`, `{"id":"2","type":"busy"}`, `{"id":"3","type":"sink panics"}`,
		`{"id":"4","type":"panic"}`, `not json`, ``,
	} {
		conn.send(dataFrame(typeEvent, "m", payload))
		if ack := conn.ack(); string(ack.payload) != ackFailed {
			t.Errorf("%s: ack %s", payload, ack.payload)
		}
	}
	conn.send(dataFrame(typeEvent, "m", `{"id":"5","type":"fine"}`))
	if ack := conn.ack(); string(ack.payload) != ackOK {
		t.Errorf("ack %s", ack.payload)
	}
}

func TestSplitPayloads(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	c := start(t, f)
	conn := f.conn()
	part := func(id string, sum, seq int, s string) frame {
		fr := dataFrame(typeEvent, id, s)
		fr.headers[2].value, fr.headers[3].value = fmt.Sprint(sum), fmt.Sprint(seq)
		return fr
	}
	a, b := `{"id":"ev:a","type":"`+strings.Repeat("长", 3000)+`"}`, `{"id":"ev:b","type":"t"}`
	conn.send(part("a", 3, 2, a[4000:]))
	conn.send(part("b", 2, 1, b[5:]))
	conn.send(part("a", 3, 7, "out of range"))
	conn.send(part("a", 3, -1, "out of range"))
	conn.send(part("a", 3, 0, "is sent again below"))
	conn.send(part("a", 3, 0, a[:100]))
	conn.send(part("b", 2, 0, b[:5]))
	if ev := c.event(); ev.ID != "ev:b" {
		t.Errorf("got %s", ev.ID)
	}
	conn.ack()
	conn.send(part("a", 3, 1, a[100:4000]))
	if ev := c.event(); string(ev.Raw) != a {
		t.Errorf("got %d bytes", len(ev.Raw))
	}
	if ack := conn.ack(); ack.get(keySeq) != "1" || string(ack.payload) != ackOK {
		t.Errorf("ack %+v", ack)
	}
}

// A server that says nothing any more, not even pong, is left for a new connection.
func TestMuteServer(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	f.config = `{"ReconnectInterval":1,"ReconnectNonce":1,"PingInterval":1}`
	c := start(t, f)
	first := f.conn()
	second := f.conn() // without anything else happening
	for range first.frames {
	} // ends because the client closed
	second.send(dataFrame(typeEvent, "m", `{"id":"ev:2","type":"t"}`))
	if ev := c.event(); ev.ID != "ev:2" {
		t.Errorf("got %s", ev.ID)
	}
}

// Pongs keep a connection alive and bring new settings.
func TestPongs(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	f.config = `{"ReconnectInterval":1,"ReconnectNonce":1,"PingInterval":15000}`
	start(t, f)
	conn := f.conn()
	pong := frame{method: methodControl, headers: []header{{keyType, typePong}}}
	conn.send(pong)
	pong.payload = []byte(`not json`)
	conn.send(pong)
	pong.payload = []byte(`{"PingInterval":250}`)
	conn.send(pong)
	pong.payload = nil
	for range 3 { // at the first interval the second ping would not come within the test
		if p := conn.read(); p.get(keyType) != typePing {
			t.Fatalf("got %+v", p)
		}
		conn.send(pong)
	}
	if len(f.conns) != 0 {
		t.Error("a connection that answers was replaced")
	}
}

// The connection breaks in the middle of a load, again and again; Feishu sends what was not acknowledged
// again. Every event must arrive and be acknowledged in the end.
func TestDropsUnderLoad(t *testing.T) {
	t.Parallel()
	const n = 300
	f := newFakeFeishu(t)
	stored := make(chan string, 10*n)
	start(t, f, func(c *client) {
		c.l.o.Handlers = 4
		c.sink = func(_ context.Context, ev event.Event) (adapters.Response, error) {
			stored <- ev.ID
			return adapters.Response{}, nil
		}
	})
	open := map[string]bool{}
	for i := range n {
		open[fmt.Sprintf("ev:%d", i)] = true
	}
	drops := 0
	for len(open) > 0 {
		conn := f.conn()
		go func() {
			for id := range open2(open) {
				conn.mu.Lock()
				err := conn.ws.WriteMessage(websocket.BinaryMessage, ptr(dataFrame(typeEvent, id, fmt.Sprintf(`{"id":%q,"type":"t"}`, id))).marshal())
				conn.mu.Unlock()
				if err != nil {
					return
				}
			}
		}()
		for acked := 0; len(open) > 0; {
			fr := conn.read()
			if fr.method != methodData {
				continue
			}
			if string(fr.payload) != ackOK {
				t.Fatalf("ack %s", fr.payload)
			}
			delete(open, fr.get(keyMessageID))
			if acked++; acked == 70 && drops < 5 {
				drops++
				conn.ws.Close()
				break
			}
		}
	}
	if drops < 3 {
		t.Errorf("only %d drops happened", drops)
	}
	seen := map[string]bool{}
	for range len(stored) {
		seen[<-stored] = true
	}
	if len(seen) != n {
		t.Errorf("%d of %d events reached the sink", len(seen), n)
	}
}

// open2 copies the ids, so that the sender does not race with the reader.
func open2(m map[string]bool) map[string]bool {
	c := make(map[string]bool, len(m))
	for k := range m {
		c[k] = true
	}
	return c
}

func ptr[T any](v T) *T { return &v }

func TestHandlersAreBounded(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	release := make(chan struct{})
	var running, most atomic.Int32
	c := start(t, f, func(c *client) {
		c.l = New(Options{
			Connection: c.l.o.Connection, AppID: testApp, AppSecret: c.l.o.AppSecret, Domain: c.l.o.Domain,
			Decode: decodeTest, HTTP: c.l.o.HTTP, Handlers: 3,
		})
		c.l.second = testSecond
		c.sink = func(context.Context, event.Event) (adapters.Response, error) {
			n := running.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			<-release
			running.Add(-1)
			return adapters.Response{}, nil
		}
	})
	conn := f.conn()
	for i := range 10 {
		conn.send(dataFrame(typeEvent, "m", fmt.Sprintf(`{"id":"%d","type":"t"}`, i)))
	}
	for range 3 {
		c.event()
	}
	close(release)
	for range 10 {
		conn.ack()
	}
	if most.Load() != 3 {
		t.Errorf("%d handlers at once", most.Load())
	}
}

// Listen ends with its context, even while sinks are running and all slots are taken.
func TestListenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	c := start(t, f, func(c *client) {
		c.l.o.Handlers = 1
		c.sink = func(ctx context.Context, _ event.Event) (adapters.Response, error) {
			<-ctx.Done()
			return adapters.Response{}, ctx.Err()
		}
	})
	conn := f.conn()
	for i := range 40 {
		conn.send(dataFrame(typeEvent, "m", fmt.Sprintf(`{"id":"%d","type":"t"}`, i)))
	}
	c.event()
	if err := c.l.Listen(context.Background(), nil); adapters.KindOf(err) != adapters.KindInvalid {
		t.Errorf("a second Listen at the same time: %v", err)
	}
	c.cancel()
	if err := c.result(); err != nil {
		t.Errorf("Listen: %v", err)
	}
}

func answer(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func refuse(status int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	}
}

func TestFinalRefusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		bootstrap func(http.ResponseWriter)
		handshake func(http.ResponseWriter)
		kind      adapters.Kind
		code      string
	}{
		{"wrong secret", answer(200, `{"code":10014,"msg":"app secret invalid"}`), nil, adapters.KindUnauthenticated, "10014"},
		{"forbidden", nil, refuse(403, "Handshake-Status", "403", "Handshake-Msg", "forbidden"), adapters.KindForbidden, "403"},
		{"too many connections", nil, refuse(400, "Handshake-Status", "514", "Handshake-Autherrcode", "1000040350"), adapters.KindForbidden, "1000040350"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFakeFeishu(t)
			if tc.bootstrap != nil {
				f.bootstrap = append(f.bootstrap, tc.bootstrap)
			}
			if tc.handshake != nil {
				f.handshake = append(f.handshake, tc.handshake)
			}
			err := start(t, f).result()
			var e *adapters.Error
			if !errors.As(err, &e) || e.Kind != tc.kind || e.Code != tc.code || e.Connection != "feishu-main" {
				t.Errorf("Listen: %#v", err)
			}
		})
	}
}

// Everything else is tried again.
func TestPassingFailures(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	f.bootstrap = []func(http.ResponseWriter){
		answer(200, `{"code":1,"msg":"busy"}`),
		answer(200, `{"code":1000040343,"msg":"internal"}`),
		answer(502, `<html>`),
		answer(200, `not json`),
		answer(200, `{}`),
		answer(200, `{"code":0,"data":{}}`),
		answer(200, `{"code":0,"data":{"URL":"http://127.0.0.1/ws"}}`),
		answer(200, `{"code":0,"data":{"URL":"ws://127.0.0.1:1/ws?service_id=x"}}`),
		refuse(http.StatusTemporaryRedirect, "Location", "http://127.0.0.1:1/elsewhere"),
	}
	f.handshake = []func(http.ResponseWriter){
		refuse(400, "Handshake-Status", "514", "Handshake-Autherrcode", "1000040351"),
		refuse(500),
	}
	c := start(t, f, func(c *client) { c.l.second = testSecond / 20 }) // 120 of them until the server said otherwise
	conn := f.conn()
	conn.send(dataFrame(typeEvent, "m", `{"id":"ev:1","type":"t"}`))
	c.event()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked != 12 {
		t.Errorf("asked for an address %d times", f.asked)
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	l := New(Options{})
	cfg := defaultConfig.with(clientConfig{ReconnectInterval: 7, ReconnectNonce: 3})
	for range 100 {
		if d := l.delay(0, cfg); d <= 0 || d > 3*time.Second {
			t.Fatalf("first delay %s", d)
		}
	}
	if d := l.delay(1, cfg); d != 7*time.Second {
		t.Errorf("second delay %s", d)
	}
	if got := defaultConfig.with(clientConfig{}); got != defaultConfig {
		t.Errorf("an empty config changed the settings: %+v", got)
	}
	if got := defaultConfig.with(clientConfig{PingInterval: 1 << 40, ReconnectInterval: -5}); got.PingInterval != 600 || got.ReconnectInterval != 120 {
		t.Errorf("settings out of reason: %+v", got)
	}
}

// What was asked for over TLS must not be answered with an address without.
func TestEndpointWithoutTLS(t *testing.T) {
	t.Parallel()
	for domain, ok := range map[string]bool{"https://open.feishu.cn": false, "HTTPS://open.feishu.cn": false, "http://127.0.0.1:8080": true} {
		_, err := New(Options{Domain: domain}).parseEndpoint("ws://msg.example/ws?ticket="+testTicket, clientConfig{})
		if (err == nil) != ok {
			t.Errorf("%s: %v", domain, err)
		}
	}
}

func TestBackoffGrowsOnlyWhileNothingIsHeard(t *testing.T) {
	t.Parallel()
	f := newFakeFeishu(t)
	c := start(t, f)
	for i := range 3 {
		conn := f.conn()
		conn.send(dataFrame(typeEvent, "m", fmt.Sprintf(`{"id":"%d","type":"t"}`, i)))
		c.event()
		conn.ws.Close()
	}
	f.conn()
	lines := strings.Split(c.log.String(), "\n")
	if n := len(slices.DeleteFunc(lines, func(s string) bool { return !strings.Contains(s, "failures=1 ") })); n != 3 {
		t.Errorf("%d reconnects counted as the first failure:\n%s", n, c.log)
	}
}
