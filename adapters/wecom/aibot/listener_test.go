package aibot

import (
	"context"
	"encoding/json"
	"errors"
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
	"magpie/adapters/wecom"
	"magpie/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// far is WeCom's end: it takes one robot and hands the test every frame.
type far struct {
	*httptest.Server
	conns  chan *websocket.Conn
	frames chan frame
	mu     sync.Mutex
	codes  map[string]int // by command; 0 where none is told
	mute   map[string]bool
}

func newFar(t *testing.T) *far {
	f := &far{conns: make(chan *websocket.Conn, 8), frames: make(chan frame, 64), codes: map[string]int{}, mute: map[string]bool{}}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up := websocket.Upgrader{}
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		f.conns <- c
		for {
			_, b, err := c.ReadMessage()
			if err != nil {
				return
			}
			var fr frame
			if err := json.Unmarshal(b, &fr); err != nil {
				t.Errorf("frame %s: %v", b, err)
			}
			f.mu.Lock()
			code := f.codes[fr.Cmd]
			if !f.mute[fr.Cmd] {
				_ = c.WriteJSON(frame{Headers: fr.Headers, Code: &code})
			}
			f.mu.Unlock()
			f.frames <- fr
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// next waits for the next frame of a kind.
func (f *far) next(t *testing.T, cmd string) frame {
	t.Helper()
	end := time.After(30 * time.Second)
	for {
		select {
		case fr := <-f.frames:
			if fr.Cmd == cmd {
				return fr
			}
		case <-end:
			t.Fatalf("no %s came", cmd)
		}
	}
}

func (f *far) conn(t *testing.T) *websocket.Conn {
	t.Helper()
	select {
	case c := <-f.conns:
		return c
	case <-time.After(30 * time.Second):
		t.Fatal("nobody connected")
		return nil
	}
}

func (f *far) tell(c *websocket.Conn, cmd, id, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = c.WriteJSON(frame{Cmd: cmd, Headers: headers{id}, Body: json.RawMessage(body)})
}

// open makes a listener whose bodies are one press each.
func open(t *testing.T, f *far, sink adapters.Sink) (*Listener, chan error, context.CancelFunc) {
	t.Helper()
	l := New(wecom.Socket{
		Connection: "bot", BotID: "aib1", Secret: config.NewSecret("s3cret-of-the-robot"), URL: "ws" + strings.TrimPrefix(f.URL, "http"),
		Receive: func(_ context.Context, b []byte, at time.Time) (adapters.Delivery, error) {
			if !strings.Contains(string(b), "press") {
				return adapters.Delivery{Events: []event.Event{{ID: "msg:" + string(b)}}}, nil
			}
			return adapters.Delivery{Events: []event.Event{{ID: "act:" + string(b), Reply: event.ReplyContract{Mode: event.ReplyAnswer}}}}, nil
		},
	})
	l.wait, l.standby = time.Millisecond, time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Listen(ctx, sink) }()
	t.Cleanup(cancel)
	return l, ended, cancel
}

func finish(t *testing.T, ended chan error, cancel context.CancelFunc) {
	t.Helper()
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Listen has not ended")
	}
}

func TestSubscribesStoresAndAnswers(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	stored := make(chan string, 8)
	fails := 2
	_, ended, cancel := open(t, f, func(_ context.Context, d adapters.Delivery) (adapters.Response, error) {
		if fails > 0 {
			fails--
			return adapters.Response{}, errors.New("disk")
		}
		stored <- d.Events[0].ID
		return adapters.Response{Body: []byte(`{"response_type":"update_template_card"}`)}, nil
	})
	c := f.conn(t)
	sub := f.next(t, "aibot_subscribe")
	if string(sub.Body) != `{"bot_id":"aib1","secret":"s3cret-of-the-robot"}` || sub.Headers.ReqID == "" {
		t.Errorf("subscribe %s", sub.Body)
	}
	f.tell(c, "aibot_event_callback", "req-7", `{"press":1}`)
	if id := <-stored; id != `act:{"press":1}` {
		t.Errorf("stored %s", id)
	}
	if a := f.next(t, "aibot_respond_update_msg"); a.Headers.ReqID != "req-7" || string(a.Body) != `{"response_type":"update_template_card"}` {
		t.Errorf("answer %+v", a)
	}
	f.tell(c, "aibot_msg_callback", "req-8", `{"text":1}`)
	<-stored // a message is not answered with what belongs to a press
	finish(t, ended, cancel)
	select {
	case fr := <-f.frames:
		if fr.Cmd != "ping" {
			t.Errorf("%s after all", fr.Cmd)
		}
	default:
	}
}

func TestComesBackAfterEveryEnd(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	_, ended, cancel := open(t, f, func(context.Context, adapters.Delivery) (adapters.Response, error) { return adapters.Response{}, nil })
	f.conn(t).Close()
	c := f.conn(t)
	f.next(t, "aibot_subscribe")
	f.tell(c, "aibot_event_callback", "x", `{"msgtype":"event","event":{"eventtype":"disconnected_event"}}`)
	f.conn(t)
	finish(t, ended, cancel)
}

func TestAWrongSecretIsFinal(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	f.codes["aibot_subscribe"] = 853000
	_, ended, _ := open(t, f, nil)
	select {
	case err := <-ended:
		if adapters.KindOf(err) != adapters.KindForbidden || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it goes on trying")
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	f := newFar(t)
	l, ended, cancel := open(t, f, nil)
	push := func() error {
		return l.Push(t.Context(), "wr1", true, map[string]any{"msgtype": "markdown", "markdown": map[string]any{"content": "a<b"}})
	}
	c := f.conn(t)
	f.next(t, "aibot_subscribe")
	for { // until the answer to the subscription was taken in
		if err := push(); adapters.KindOf(err) != adapters.KindTransient {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if p := f.next(t, "aibot_send_msg"); !strings.Contains(string(p.Body), `"chatid":"wr1"`) || !strings.Contains(string(p.Body), "a<b") {
		t.Errorf("push %s", p.Body)
	}
	f.mu.Lock()
	f.codes["aibot_send_msg"] = 846607
	f.mu.Unlock()
	if err := push(); adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("nobody has spoken: %v", err)
	}
	f.mu.Lock()
	f.mute["aibot_send_msg"] = true
	f.mu.Unlock()
	lost := make(chan error, 1)
	go func() { lost <- push() }()
	f.next(t, "aibot_send_msg")
	f.next(t, "aibot_send_msg")
	c.Close()
	if err := <-lost; adapters.KindOf(err) != adapters.KindUnknown {
		t.Errorf("cut before the answer: %v", err)
	}
	finish(t, ended, cancel)
	if err := push(); adapters.KindOf(err) != adapters.KindTransient {
		t.Errorf("not connected: %v", err)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte(`{"cmd":"aibot_msg_callback","headers":{"req_id":"a"},"body":{"msgtype":"text"}}`))
	f.Add([]byte(`{"headers":{"req_id":"a"},"errcode":0}`))
	f.Add([]byte(`{"cmd":"aibot_event_callback","body":{"event":{"eventtype":"disconnected_event"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var fr frame
		if json.Unmarshal(b, &fr) != nil {
			return
		}
		replaced(fr.Body)
		if _, err := encode(fr); err != nil && json.Valid(fr.Body) {
			t.Errorf("a frame that was read can't be written: %v", err)
		}
	})
}
