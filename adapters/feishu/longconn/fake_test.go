package longconn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testApp     = "cli_a7f3c2d1e4b5900c"
	testSecret  = "s3cr3t-of-the-app"
	testTicket  = "t1ck3t-of-the-connection"
	testService = 33554678
	patience    = 20 * time.Second // a test that waits so long has failed
	testSecond  = 20 * time.Millisecond
)

// fakeFeishu is the other side: the bootstrap and the socket.
type fakeFeishu struct {
	t     *testing.T
	srv   *httptest.Server
	conns chan *fakeConn

	mu        sync.Mutex
	config    string                        // ClientConfig, JSON
	bootstrap []func(w http.ResponseWriter) // answers of the next bootstraps, in order
	handshake []func(w http.ResponseWriter) // refusals of the next handshakes
	asked     int
}

// fakeConn is one connection as the server sees it.
type fakeConn struct {
	t      *testing.T
	ws     *websocket.Conn
	mu     sync.Mutex
	frames chan frame // what the client sent; closed when the connection is
}

func newFakeFeishu(t *testing.T) *fakeFeishu {
	t.Helper()
	f := &fakeFeishu{
		t: t, conns: make(chan *fakeConn, 16),
		config: `{"ReconnectCount":-1,"ReconnectInterval":1,"ReconnectNonce":1,"PingInterval":100}`,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+endpointPath, f.serveEndpoint)
	mux.HandleFunc("GET /ws", f.serveSocket)
	f.srv = httptest.NewServer(mux)
	t.Cleanup(f.srv.Close)
	return f
}

func next(mu *sync.Mutex, list *[]func(http.ResponseWriter)) func(http.ResponseWriter) {
	mu.Lock()
	defer mu.Unlock()
	if len(*list) == 0 {
		return nil
	}
	f := (*list)[0]
	*list = (*list)[1:]
	return f
}

func (f *fakeFeishu) serveEndpoint(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in map[string]string
	if json.Unmarshal(body, &in) != nil || in["AppID"] != testApp || in["AppSecret"] != testSecret {
		f.t.Errorf("bootstrap with %s", body)
	}
	if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Locale") != "zh" {
		f.t.Errorf("bootstrap with headers %v", r.Header)
	}
	f.mu.Lock()
	f.asked++
	cfg := f.config
	f.mu.Unlock()
	if answer := next(&f.mu, &f.bootstrap); answer != nil {
		answer(w)
		return
	}
	fmt.Fprintf(w, `{"code":0,"msg":"ok","data":{"URL":"ws%s/ws?device_id=1&service_id=%d&ticket=%s","ClientConfig":%s}}`,
		strings.TrimPrefix(f.srv.URL, "http"), testService, testTicket, cfg)
}

func (f *fakeFeishu) serveSocket(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("ticket") != testTicket {
		f.t.Errorf("connected without the ticket: %s", r.URL)
	}
	if refuse := next(&f.mu, &f.handshake); refuse != nil {
		refuse(w)
		return
	}
	up := websocket.Upgrader{}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		f.t.Errorf("upgrade: %v", err)
		return
	}
	c := &fakeConn{t: f.t, ws: ws, frames: make(chan frame, 4096)}
	f.conns <- c
	defer close(c.frames)
	defer ws.Close()
	for {
		_, msg, err := ws.ReadMessage()
		if err != nil {
			return
		}
		fr, err := parseFrame(msg)
		if err != nil {
			f.t.Errorf("the client sent a broken frame: %v", err)
			return
		}
		c.frames <- fr
	}
}

// conn waits for the next connection and for the ping that it begins with.
func (f *fakeFeishu) conn() *fakeConn {
	f.t.Helper()
	select {
	case c := <-f.conns:
		p := c.read()
		if p.method != methodControl || p.get(keyType) != typePing || p.service != testService {
			f.t.Fatalf("a connection begins with %+v, not a ping", p)
		}
		return c
	case <-time.After(patience):
		f.t.Fatal("nobody connected")
	}
	return nil
}

func (c *fakeConn) send(fr frame) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ws.WriteMessage(websocket.BinaryMessage, fr.marshal()); err != nil {
		c.t.Errorf("server write: %v", err)
	}
}

// read waits for the next frame of the client.
func (c *fakeConn) read() frame {
	c.t.Helper()
	select {
	case fr, ok := <-c.frames:
		if !ok {
			c.t.Fatal("the client went away")
		}
		return fr
	case <-time.After(patience):
		c.t.Fatal("the client sent nothing")
	}
	return frame{}
}

// ack waits for the next frame that is not a ping.
func (c *fakeConn) ack() frame {
	c.t.Helper()
	for {
		if fr := c.read(); fr.method == methodData {
			return fr
		}
	}
}

// dataFrame is a payload as Feishu sends it.
func dataFrame(typ, id, payload string) frame {
	return frame{
		seqID: 7, logID: 9, service: testService, method: methodData,
		headers: []header{{keyType, typ}, {keyMessageID, id}, {keySum, "1"}, {keySeq, "0"}, {keyTraceID, "tr-" + id}, {"instance_id", "i-1"}},
		payload: []byte(payload), logIDNew: "log-new",
	}
}

// client is the Listener under test and what its sink got.
type client struct {
	t      *testing.T
	l      *Listener
	got    chan event.Event
	sink   func(ctx context.Context, ev event.Event) (adapters.Response, error) // nil: stores
	cancel context.CancelFunc
	done   chan error
	log    *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// decodeTest reads {"id":…,"type":…}; a press is type "card.action.trigger".
func decodeTest(_ context.Context, raw []byte, at time.Time) (adapters.Delivery, error) {
	var in struct{ ID, Type string }
	if err := json.Unmarshal(raw, &in); err != nil {
		return adapters.Delivery{}, err
	}
	if in.Type == "panic" {
		panic("decoding " + in.ID)
	}
	ev := event.Event{ID: in.ID, VendorType: in.Type, Kind: event.KindUnknown, ReceivedAt: at, Raw: raw}
	ev.Reply.Mode = event.ReplyAck
	if in.Type == "card.action.trigger" {
		ev.Reply.Mode = event.ReplyAnswer
	}
	return adapters.Delivery{Events: []event.Event{ev}, Response: adapters.Response{Body: []byte("{}")}}, nil
}

// start runs a Listener against the fake until the test ends.
func start(t *testing.T, f *fakeFeishu, change ...func(*client)) *client {
	t.Helper()
	c := &client{t: t, got: make(chan event.Event, 4096), done: make(chan error, 1), log: &lockedBuffer{}}
	c.l = New(Options{
		Connection: "feishu-main", AppID: testApp, AppSecret: config.NewSecret(testSecret), Domain: f.srv.URL,
		Decode: decodeTest, Log: slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		HTTP: f.srv.Client(),
	})
	c.l.second = testSecond
	for _, ch := range change {
		ch(c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	go func() {
		c.done <- c.l.Listen(ctx, func(ctx context.Context, d adapters.Delivery) (adapters.Response, error) {
			ev := d.Events[0]
			c.got <- ev
			if c.sink != nil {
				return c.sink(ctx, ev)
			}
			return d.Response, nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-c.done:
		case <-time.After(patience):
			t.Error("Listen does not end")
		}
		for _, secret := range []string{testSecret, testTicket} {
			if strings.Contains(c.log.String(), secret) {
				t.Errorf("the log holds a secret:\n%s", c.log)
			}
		}
	})
	return c
}

// event waits for the next event that reached the sink.
func (c *client) event() event.Event {
	c.t.Helper()
	select {
	case ev := <-c.got:
		return ev
	case <-time.After(patience):
		c.t.Fatal("no event came")
	}
	return event.Event{}
}

// result waits for Listen to end, and leaves the result for the cleanup.
func (c *client) result() error {
	c.t.Helper()
	select {
	case err := <-c.done:
		c.done <- err
		return err
	case <-time.After(patience):
		c.t.Fatal("Listen does not end")
	}
	return nil
}
