package wecom

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testStart = time.Date(2026, 11, 2, 1, 30, 0, 123e6, time.UTC)

// bench is a server with a clock that stands still, and a client for it that was written from the documents.
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
	b.token = b.fetch("secret")
	return b
}

// fetch gets a token for the first app's secret, or the one named.
func (b *bench) fetch(which string) string {
	b.t.Helper()
	c := b.Connections()[0].Credentials
	out := b.get("gettoken?corpid=" + c["corp_id"] + "&corpsecret=" + c[which])
	token, _ := out["access_token"].(string)
	if token == "" {
		b.t.Fatalf("no token: %v", out)
	}
	return token
}

func (b *bench) agentID() int { return b.apps[0].AgentID }

// try makes one call below /cgi-bin.
func (b *bench) try(method, path string, body any) (map[string]any, error) {
	b.t.Helper()
	var r io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(body)
	default:
		r = bytes.NewReader(encode(body))
	}
	if b.token != "" && !strings.Contains(path, "access_token=") {
		path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "access_token=" + b.token
	}
	req, err := http.NewRequest(method, b.http.URL+"/cgi-bin/"+path, r)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.http.Client().Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.t.Errorf("%s %s: HTTP %d", method, path, resp.StatusCode)
	}
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return nil, err
	}
	return out, nil
}

func (b *bench) get(path string) map[string]any {
	b.t.Helper()
	out, err := b.try("GET", path, nil)
	if err != nil {
		b.t.Fatalf("GET %s: %v", path, err)
	}
	return out
}

func (b *bench) post(path string, body any) map[string]any {
	b.t.Helper()
	out, err := b.try("POST", path, body)
	if err != nil {
		b.t.Fatalf("POST %s: %v", path, err)
	}
	return out
}

func code(out map[string]any) int { n, _ := out["errcode"].(float64); return int(n) }

func str(out map[string]any, key string) string { s, _ := out[key].(string); return s }

// must fails the test unless a call succeeded.
func (b *bench) must(out map[string]any) map[string]any {
	b.t.Helper()
	if code(out) != 0 || out["errmsg"] != "ok" {
		b.t.Fatalf("refused: %v", out)
	}
	return out
}

// user is a person's userid.
func (b *bench) user(person string) string {
	b.t.Helper()
	ids, ok := b.Account(person)
	if !ok {
		b.t.Fatalf("no account for %s", person)
	}
	return ids["userid"]
}

type obj = map[string]any

// body is a message to persons by our ids.
func (b *bench) body(kind string, content any, persons ...string) obj {
	var ids []string
	for _, p := range persons {
		ids = append(ids, b.user(p))
	}
	return obj{"touser": strings.Join(ids, "|"), "msgtype": kind, "agentid": b.agentID(), kind: content}
}

// send sends and returns the answer.
func (b *bench) send(kind string, content any, persons ...string) map[string]any {
	b.t.Helper()
	return b.must(b.post("message/send", b.body(kind, content, persons...)))
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
	b.t.Fatalf("%s does not see %s among %d messages", person, id, len(list))
	return simulator.Message{}
}

func (b *bench) sees(person, id string) bool {
	b.t.Helper()
	list, err := b.Messages(person, "")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range list {
		if m.ID == id {
			return true
		}
	}
	return false
}

// hook is a stand-in for Magpie: it answers as told and passes on what came.
type hook struct {
	*httptest.Server
	got chan hooked
}

type hooked struct {
	query map[string]string
	body  []byte
}

func newHook(t *testing.T, answer http.HandlerFunc) *hook {
	t.Helper()
	h := &hook{got: make(chan hooked, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(raw))
		query := map[string]string{}
		for k := range r.URL.Query() {
			query[k] = r.URL.Query().Get(k)
		}
		h.got <- hooked{query, raw}
		if answer != nil {
			answer(w, r)
		}
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

// open checks a callback's signature and decrypts it.
func (h hooked) open(t *testing.T, c map[string]string) []byte {
	t.Helper()
	var e struct {
		ToUserName, AgentID string
		Encrypt             string `json:"encrypt"`
	}
	receiver := c["corp_id"]
	if c["bot_id"] != "" {
		receiver = ""
		if err := json.Unmarshal(h.body, &e); err != nil {
			t.Fatalf("envelope: %v: %s", err, h.body)
		}
	} else if err := xml.Unmarshal(h.body, &e); err != nil || e.ToUserName != receiver {
		t.Fatalf("envelope: %v: %s", err, h.body)
	}
	if want := signature(c["token"], h.query["timestamp"], h.query["nonce"], e.Encrypt); want != h.query["msg_signature"] {
		t.Fatalf("msg_signature is %s, want %s", h.query["msg_signature"], want)
	}
	key, err := aesKey(c["encoding_aes_key"])
	if err != nil {
		t.Fatal(err)
	}
	plain, err := unseal(key, e.Encrypt, receiver)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// inbound is a decrypted callback of an app.
type inbound struct {
	ToUserName, FromUserName, MsgType, Content, MsgId, Event, EventKey, TaskId, CardType, ResponseCode, ChangeType string
	UserID, NewUserID, Department                                                                                  string
	CreateTime                                                                                                     int64
	AgentID                                                                                                        string
	SelectedItems                                                                                                  struct {
		SelectedItem []struct {
			QuestionKey string
			OptionIds   struct{ OptionId []string }
		}
	}
}

func (h hooked) event(t *testing.T, c map[string]string) inbound {
	t.Helper()
	var in inbound
	if err := xml.Unmarshal(h.open(t, c), &in); err != nil {
		t.Fatal(err)
	}
	return in
}

// desk is a bench whose first app has a callback.
func desk(t *testing.T, answer http.HandlerFunc) (*bench, *hook) {
	t.Helper()
	h := newHook(t, answer)
	b := newBench(t, Options{Apps: []App{{Webhook: h.URL}}})
	return b, h
}

func (b *bench) credentials() map[string]string { return b.Connections()[0].Credentials }

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

func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// sample reads a payload of the vendor's shape.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// button is a card with two buttons and a menu.
func button(task string) obj {
	return obj{"card_type": "button_interaction", "task_id": task,
		"source": obj{"desc": "审批助手"}, "main_title": obj{"title": "采购申请", "desc": "李雷 提交"},
		"horizontal_content_list": []obj{{"keyname": "金额", "value": "3200.00"}},
		"action_menu":             obj{"desc": "更多", "action_list": []obj{{"text": "不再提醒", "key": "mute"}}},
		"button_list": []obj{{"text": "同意", "style": 1, "key": "approve:1"}, {"text": "拒绝", "style": 2, "key": "reject:1"},
			{"text": "打开", "type": 1, "url": "https://example.com/apv/1"}}}
}

func writeFile(t *testing.T, name, body string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}
