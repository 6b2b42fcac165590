package feishu

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"magpie/simulator"
)

// The SDK's own caches sweep themselves for ever; everything else must end.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/larksuite/oapi-sdk-go/v3/cache.(*cron).start"))
}

var testStart = time.Date(2026, 11, 2, 1, 30, 0, 123e6, time.UTC)

// bench is a server with a clock that stands still, and a client for it.
type bench struct {
	*Server
	t     *testing.T
	clock *simulator.ManualClock
	http  *httptest.Server
	token string

	notices <-chan simulator.Notice
}

func newBench(t *testing.T, o Options) *bench {
	t.Helper()
	b := &bench{t: t, clock: simulator.NewManualClock(testStart)}
	if o.Clock == nil {
		o.Clock = b.clock
	}
	if o.Bus == nil {
		o.Bus = &simulator.Bus{}
	}
	var stop func()
	b.notices, stop = o.Bus.Subscribe()
	t.Cleanup(stop)
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Server = s
	b.http = httptest.NewServer(s.Handler())
	s.SetBase(b.http.URL)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		b.http.Client().CloseIdleConnections()
		b.http.Close()
	})
	b.fetch()
	return b
}

func (b *bench) fetch() {
	b.t.Helper()
	c := b.Connections()[0].Credentials
	_, out := b.call("POST", "/open-apis/auth/v3/tenant_access_token/internal",
		map[string]string{"app_id": c["app_id"], "app_secret": c["app_secret"]})
	b.token, _ = out["tenant_access_token"].(string)
	if b.token == "" {
		b.t.Fatalf("no token: %v", out)
	}
}

// call makes one call and returns the HTTP status and the body.
func (b *bench) call(method, path string, body any) (int, map[string]any) {
	b.t.Helper()
	status, out, err := b.try(method, path, body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, out
}

func (b *bench) try(method, path string, body any) (int, map[string]any, error) {
	var r io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(body)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, b.http.URL+path, r)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.token != "" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	resp, err := b.http.Client().Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err
	}
	var out map[string]any
	_ = json.Unmarshal(raw, &out)
	if out != nil && resp.Header.Get("X-Tt-Logid") == "" {
		b.t.Errorf("%s %s: no X-Tt-Logid", method, path)
	}
	if out == nil {
		out = map[string]any{"raw": string(raw)}
	}
	out["_header"] = resp.Header
	return resp.StatusCode, out, nil
}

func code(out map[string]any) int { n, _ := out["code"].(float64); return int(n) }

func (b *bench) openID(person string) string {
	ids, ok := b.Account(person)
	if !ok {
		b.t.Fatalf("no account for %s", person)
	}
	return ids["open_id"]
}

// send sends as the bot to a person and returns the message id.
func (b *bench) send(person, kind, content string) string {
	b.t.Helper()
	status, out := b.call("POST", "/open-apis/im/v1/messages?receive_id_type=open_id",
		map[string]string{"receive_id": b.openID(person), "msg_type": kind, "content": content})
	if status != 200 || code(out) != 0 {
		b.t.Fatalf("send: %d %v", status, out)
	}
	return out["data"].(map[string]any)["message_id"].(string)
}

// see finds a message as a person sees it.
func (b *bench) see(person, id string) simulator.Message {
	b.t.Helper()
	list, err := b.Messages(person, "")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range list {
		if m.ID == id {
			return m
		}
	}
	b.t.Fatalf("%s does not see %s", person, id)
	return simulator.Message{}
}

// hook is a stand-in for Magpie: it answers as told and passes on what came.
type hook struct {
	*httptest.Server
	got chan hooked
}

type hooked struct {
	header http.Header
	body   []byte
}

func newHook(t *testing.T, answer http.HandlerFunc) *hook {
	t.Helper()
	h := &hook{got: make(chan hooked, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(raw))
		if answer != nil {
			answer(w, r)
		} else {
			fmt.Fprint(w, "{}")
		}
		h.got <- hooked{r.Header, raw}
	}))
	t.Cleanup(h.Close)
	return h
}

// patience is how long something that must come may take on a busy machine before a test fails.
const patience = 90 * time.Second

func (h *hook) next(t *testing.T) hooked {
	t.Helper()
	select {
	case got := <-h.got:
		return got
	case <-time.After(patience):
		t.Fatal("nothing was delivered")
		return hooked{}
	}
}

// event decodes a plain delivery.
func (h hooked) event(t *testing.T) (kind string, event map[string]any, header map[string]any) {
	t.Helper()
	var e struct {
		Header map[string]any
		Event  map[string]any
	}
	if err := json.Unmarshal(h.body, &e); err != nil {
		t.Fatalf("delivery: %v: %s", err, h.body)
	}
	kind, _ = e.Header["event_type"].(string)
	return kind, e.Event, e.Header
}

// sample reads a payload of the vendor's shape.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func decodeBody(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}
