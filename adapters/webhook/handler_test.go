package webhook

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// post makes one call straight on the handler.
func (r *rig) post(body string, head ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "/webhook/c", strings.NewReader(body))
	req.Header.Set("Key", "right")
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func TestStoresBeforeItAcknowledges(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.post(events("a", "b"), "X-Request-Id", "trace-0001")
	if w.Code != 200 || w.Body.String() != "ack" || w.Header().Get("Content-Type") != "text/plain" || w.Header().Get("X-Request-Id") != "trace-0001" {
		t.Errorf("answer %d %q %v", w.Code, w.Body, w.Header())
	}
	ev, ok := r.inbox.has("a")
	if !ok || ev.Connection != "c" || ev.TraceID != "trace-0001" || time.Since(ev.ReceivedAt) > time.Minute || ev.ReceivedAt.Location() != time.UTC || ev.ReceivedAt.Nanosecond()%1e6 != 0 {
		t.Errorf("stored %v %+v", ok, ev)
	}
	if d := cmp.Diff([]string{"row-a/t", "row-b/t"}, r.engine.waiting()); d != "" {
		t.Error(d)
	}
	if w := r.post(events("a")); w.Code != 200 || len(r.engine.waiting()) != 2 {
		t.Errorf("redelivery: %d, queued %v", w.Code, r.engine.waiting())
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	if w := r.post(`{"challenge":"xyz"}`); w.Code != 200 || w.Body.String() != `{"challenge":"xyz"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if s := r.Seen("c"); len(s.Attempts) != 1 || s.Attempts[0].Step != "handshake" || s.Attempts[0].Reason != "" {
		t.Errorf("seen %+v", s)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", MaxBody+1)
	for name, c := range map[string]struct {
		method, path, body, key string
		want                    int
		step                    string
	}{
		"unknown connection":   {"POST", "/webhook/other", "{}", "right", 404, ""},
		"deeper path":          {"POST", "/webhook/c/x", "{}", "right", 404, ""},
		"no connection":        {"POST", "/webhook/", "{}", "right", 404, ""},
		"method":               {"PUT", "/webhook/c", "{}", "right", 405, "method"},
		"not authentic":        {"POST", "/webhook/c", events("a"), "wrong", 401, "receive"},
		"not understood":       {"POST", "/webhook/c", "<xml/>", "right", 400, "receive"},
		"too large":            {"POST", "/webhook/c", big, "right", 413, "body"},
		"panic in the adapter": {"POST", "/webhook/c", `{"panic":true}`, "right", 500, "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			r := newRig(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			req := httptest.NewRequest(c.method, c.path+"?signature="+secret, strings.NewReader(c.body))
			req.Header.Set("Key", c.key)
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)
			if w.Code != c.want || w.Body.Len() != 0 {
				t.Errorf("got %d %q, want %d and nothing", w.Code, w.Body, c.want)
			}
			if c.want == 405 && w.Header().Get("Allow") != "GET, POST" {
				t.Errorf("Allow %q", w.Header().Get("Allow"))
			}
			if len(r.inbox.events) != 0 {
				t.Error("something was stored")
			}
			s := r.Seen("c")
			if c.step == "" {
				if len(s.Attempts) != 0 || len(r.Seen("other").Attempts) != 0 {
					t.Error("kept an attempt on a connection that is not there")
				}
			} else if len(s.Attempts) != 1 || s.Attempts[0].Step != c.step || s.Attempts[0].Reason == "" || s.Attempts[0].Status != c.want || s.Attempts[0].Request != w.Header().Get("X-Request-Id") {
				t.Errorf("seen %+v", s)
			}
			lines := strings.Count(log.String(), "msg=webhook")
			if lines != 1 || !strings.Contains(log.String(), w.Header().Get("X-Request-Id")) {
				t.Errorf("%d log lines: %s", lines, &log)
			}
			if c.step != "panic" && strings.Contains(log.String(), secret) {
				t.Errorf("the log has a secret: %s", &log)
			}
		})
	}
}

func TestOversizedAndLyingBodiesOverTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	srv := httptest.NewServer(r)
	defer srv.Close()
	t.Run("chunked", func(t *testing.T) {
		req, _ := http.NewRequest("POST", srv.URL+"/webhook/c", io.MultiReader(strings.NewReader(strings.Repeat("x", MaxBody)), strings.NewReader("yy")))
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 413 {
			t.Errorf("status %d", resp.StatusCode)
		}
	})
	t.Run("written whole before the answer is read", func(t *testing.T) {
		for _, size := range []int{MaxBody + 1, maxDropped} {
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST /webhook/c HTTP/1.1\r\nHost: x\r\nKey: right\r\nContent-Length: %d\r\n\r\n", size)
			if _, err := conn.Write(bytes.Repeat([]byte("x"), size)); err != nil {
				t.Errorf("%d bytes: the sender was cut off: %v", size, err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			resp.Body.Close()
			if resp.StatusCode != 413 || !resp.Close {
				t.Errorf("%d bytes: status %d, close %v", size, resp.StatusCode, resp.Close)
			}
		}
	})
	for name, head := range map[string]string{
		"says more than it sends": "Content-Length: 5000",
		"says far too much":       "Content-Length: 99999999999",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST /webhook/c HTTP/1.1\r\nHost: x\r\nKey: right\r\n%s\r\n\r\n%s", head, events("lie"))
			conn.(*net.TCPConn).CloseWrite()
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != 400 && resp.StatusCode != 413 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	if _, ok := r.inbox.has("lie"); ok {
		t.Error("half a body was taken")
	}
}

func TestPressIsAnsweredWithItsOutcomeAndThenReleases(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.engine.slow = 200 * time.Millisecond
		w := &slowWriter{ResponseRecorder: httptest.NewRecorder(), took: 300 * time.Millisecond}
		req := httptest.NewRequest("POST", "/webhook/c", strings.NewReader(events("p1", "a")))
		req.Header.Set("Key", "right")
		start := time.Now()
		r.ServeHTTP(w, req)
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.Body.String() != "success:已同意 p1" || !w.Flushed {
			t.Errorf("answer %q, flushed %v", w.Body, w.Flushed)
		}
		ids, at := r.let()
		if d := cmp.Diff([]string{"card/p1"}, ids); d != "" {
			t.Error(d)
		}
		if d := at.Sub(start); d < 500*time.Millisecond+settle {
			t.Errorf("released after %v, before the answer was taken in", d)
		}
		if d := cmp.Diff([]string{"row-a/t"}, r.engine.waiting()); d != "" {
			t.Error(d)
		}
		if ev, _ := r.inbox.has("p1"); ev.Reply.Deadline.Sub(ev.ReceivedAt) != 3*time.Second {
			t.Errorf("deadline %v", ev.Reply.Deadline)
		}
	})
}

// slowWriter takes its time to write.
type slowWriter struct {
	*httptest.ResponseRecorder
	took time.Duration
	err  error
}

func (w *slowWriter) Write(b []byte) (int, error) {
	time.Sleep(w.took)
	if w.err != nil {
		return 0, w.err
	}
	return w.ResponseRecorder.Write(b)
}

func TestRowsAreReleasedEvenWhenTheClientWentAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		r.engine.slow = 100 * time.Millisecond
		req := httptest.NewRequest("POST", "/webhook/c", strings.NewReader(events("p1"))).WithContext(ctx)
		req.Header.Set("Key", "right")
		time.AfterFunc(50*time.Millisecond, cancel)
		r.ServeHTTP(&slowWriter{ResponseRecorder: httptest.NewRecorder(), err: errors.New("broken pipe")}, req)
		time.Sleep(2 * settle)
		if ids, _ := r.let(); len(ids) != 1 {
			t.Errorf("released %v", ids)
		}
		if len(r.engine.done) != 1 {
			t.Error("the press was not processed")
		}
	})
}

func TestSlowPressesAreAnsweredInTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set    func(*rig)
		lost   bool
		queued int  // given to the background in the end
		sooner bool // answered before the budget is over
	}{
		"slow store":     {set: func(r *rig) { r.inbox.slow = 5 * time.Second }, queued: 1},
		"slow engine":    {set: func(r *rig) { r.engine.slow = 5 * time.Second }, queued: 1, sooner: true},
		"deaf engine":    {set: func(r *rig) { r.engine.slow, r.engine.deaf = 5*time.Second, true }, queued: 1, sooner: true},
		"engine error":   {set: func(r *rig) { r.engine.err = errors.New("conflict") }, queued: 1, sooner: true},
		"engine panic":   {set: func(r *rig) { r.engine.panics = true }, queued: 1, sooner: true},
		"store is back":  {set: func(r *rig) { r.fault(4 * time.Second) }, queued: 1},
		"store is gone":  {set: func(r *rig) { r.fault(time.Hour) }, lost: true},
		"somebody's own": {set: func(r *rig) { r.inbox.events = map[string]event.Event{"p1": {}} }, sooner: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				c.set(r)
				start := time.Now()
				w := r.post(events("p1"))
				took := time.Since(start)
				if w.Code != 200 || w.Body.String() != "info:已收到，正在处理" {
					t.Errorf("answer %d %q", w.Code, w.Body)
				}
				if took > 1500*time.Millisecond || !c.sooner && took < 1500*time.Millisecond {
					t.Errorf("answered after %v", took)
				}
				if err := r.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := r.engine.waiting(); len(got) != c.queued {
					t.Errorf("queued %v", got)
				}
				if ids, _ := r.let(); len(ids) != 0 {
					t.Errorf("released %v without an outcome", ids)
				}
				if (r.lost == 1) != c.lost {
					t.Errorf("lost %d", r.lost)
				}
				if _, ok := r.inbox.has("p1"); ok == c.lost {
					t.Errorf("stored: %v", ok)
				}
			})
		})
	}
}

// fault makes the store fail for a while.
func (r *rig) fault(d time.Duration) {
	r.inbox.err = errors.New("disk")
	time.AfterFunc(d, func() { r.inbox.set(func() { r.inbox.err = nil }) })
}

func TestRedeliveredPressGetsTheStoredAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.inbox.done = map[string]*card.Toast{"p1": {Kind: card.ToastWarning, Text: card.T("韩梅梅 10:32 已同意")}, "p2": nil}
	if w := r.post(events("p1")); w.Body.String() != "warning:韩梅梅 10:32 已同意" {
		t.Errorf("answer %q", w.Body)
	}
	if w := r.post(events("p2")); w.Body.String() != "{}" {
		t.Errorf("answer %q", w.Body)
	}
	if len(r.engine.done)+len(r.engine.waiting()) != 0 {
		t.Error("it was handled again")
	}
}

func TestSuiteWithoutAnswersIsAcknowledged(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.conn = adapters.New("c", &suite{})
	if w := r.post(events("p1")); w.Body.String() != "ack" || len(r.engine.waiting()) != 1 {
		t.Errorf("answer %q, queued %v", w.Body, r.engine.waiting())
	}
}

func TestStoreThatFailsIsToldToTheVendor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		for _, f := range []func(){func() { r.inbox.err = errors.New("disk") }, func() { r.inbox.err, r.inbox.slow = nil, time.Minute }} {
			r.inbox.set(f)
			start := time.Now()
			w := r.post(events("a"))
			if w.Code != 503 || w.Header().Get("Retry-After") == "" || w.Body.Len() != 0 || time.Since(start) > 3*time.Second {
				t.Errorf("%d %v after %v", w.Code, w.Header(), time.Since(start))
			}
		}
	})
}

func TestBacklogIsRefusedExceptPresses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options) { o.MaxBacklog, o.MaxBacklogAge = 100, time.Minute })
		code := func(body string) int {
			w := r.post(body)
			synctest.Wait()
			return w.Code
		}
		for name, c := range map[string]struct {
			n    int
			age  time.Duration
			want int
		}{"ok": {100, time.Second, 200}, "many": {101, time.Second, 503}, "old": {1, 2 * time.Minute, 503}, "empty": {0, 0, 200}} {
			r.inbox.set(func() { r.inbox.n, r.inbox.oldest = c.n, time.Now().Add(-c.age) })
			time.Sleep(1100 * time.Millisecond)
			code(events("x")) // starts the look
			if got := code(events("y" + name)); got != c.want {
				t.Errorf("%s: %d, want %d", name, got, c.want)
			}
			if got := code(events("p" + name)); got != 200 {
				t.Errorf("%s: a press got %d", name, got)
			}
		}
		before := r.inbox.asked
		for range 100 {
			code(events("z"))
		}
		if r.inbox.asked > before+1 {
			t.Errorf("asked %d times for 100 requests", r.inbox.asked-before)
		}
	})
}

// One event was under way when the inbox was looked at last; then nothing came for an hour. The first event
// after that is not refused for it.
func TestBacklogOfLongAgoIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.inbox.set(func() { r.inbox.n, r.inbox.oldest = 1, time.Now() })
		if w := r.post(events("a")); w.Code != 200 {
			t.Fatalf("the first got %d", w.Code)
		}
		synctest.Wait() // it was looked at
		time.Sleep(time.Hour)
		r.inbox.set(func() { r.inbox.n = 0 })
		if w := r.post(events("b")); w.Code != 200 {
			t.Errorf("after an hour of nothing: %d", w.Code)
		}
		synctest.Wait()
	})
}

func TestSinkIsTheSamePath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		sink := r.Sink(r.conn)
		receive := func(body string) adapters.Delivery {
			d, err := r.conn.Receive(t.Context(), adapters.Request{Header: http.Header{"Key": {"right"}}, Body: []byte(body)})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		resp, err := sink(t.Context(), receive(events("p1")))
		if err != nil || string(resp.Body) != "success:已同意 p1" {
			t.Fatalf("%q %v", resp.Body, err)
		}
		if ids, _ := r.let(); ids != nil {
			t.Errorf("released %v before the answer was written", ids)
		}
		resp.Written()
		time.Sleep(2 * settle)
		if ids, _ := r.let(); len(ids) != 1 {
			t.Errorf("released %v", ids)
		}
		if _, err := sink(t.Context(), receive(events("p2"))); err != nil { // a listener that can't tell
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if ids, _ := r.let(); len(ids) != 2 {
			t.Errorf("released %v", ids)
		}
		r.inbox.set(func() { r.inbox.err = errors.New("disk") })
		if _, err := sink(t.Context(), receive(events("a"))); err == nil {
			t.Error("what was not stored was acknowledged")
		}
		if s := r.Seen("c"); s.Taken != 2 || len(s.Attempts) != 1 || s.Attempts[0].Step != "store" {
			t.Errorf("seen %+v", s)
		}
	})
}

func TestKeepsTheLastAttemptsOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for i := range 30 {
		r.post("{", "X-Request-Id", fmt.Sprintf("request-%02d", i))
	}
	for range 50 {
		r.post(events("a"))
	}
	s := r.Seen("c")
	if len(s.Attempts) != KeptAttempts || s.Attempts[0].Request != "request-29" || s.Attempts[19].Request != "request-10" || s.Taken != 50 {
		t.Errorf("%d attempts, first %+v, taken %d", len(s.Attempts), s.Attempts[0], s.Taken)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "short", strings.Repeat("x", 65), "line\nbreak1", "名字名字", "a b c d e"} {
		if got := requestID(bad); got == bad || len(got) < 20 {
			t.Errorf("%q became %q", bad, got)
		}
	}
	if requestID("") == requestID("") {
		t.Error("two requests got one id")
	}
}

func FuzzHandler(f *testing.F) {
	f.Add("POST", "/webhook/c", []byte(events("p1", "a")), "right")
	f.Add("GET", "/webhook/c", []byte{}, "wrong")
	f.Add("POST", "/webhook/%2e%2e", []byte(`{"panic":true}`), "right")
	f.Fuzz(func(t *testing.T, method, path string, body []byte, key string) {
		req, err := http.NewRequest(method, "http://x"+path, bytes.NewReader(body))
		if err != nil {
			return
		}
		r := newRig(t, nil)
		req.Header.Set("Key", key)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if w.Code != 200 && w.Body.Len() > 0 {
			t.Errorf("%d says %q", w.Code, w.Body)
		}
		if w.Code != 200 && len(r.inbox.events) > 0 {
			t.Errorf("%d, but stored", w.Code)
		}
	})
}

func BenchmarkHandler(b *testing.B) {
	e := &engine{}
	conn := adapters.New("c", &suite{answers: true})
	h := New(Options{
		Connections: func(string) (*adapters.Connection, bool) { return conn, true },
		Inbox:       &inbox{}, Engine: discard{e},
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
	})
	for _, id := range []string{"a", "p"} {
		b.Run(map[string]string{"a": "event", "p": "press"}[id], func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				body := events(fmt.Sprint(id, i))
				req := httptest.NewRequest("POST", "/webhook/c", strings.NewReader(body))
				req.Header.Set("Key", "right")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, req)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
	if err := h.Wait(context.Background()); err != nil {
		b.Fatal(err)
	}
}

type discard struct{ *engine }

func (discard) Enqueue(string, string, event.Event) {}
