package dingtalk

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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testStart = time.Date(2026, 11, 2, 1, 30, 0, 123e6, time.UTC)

const (
	cardTemplate = "c0ffee00-0000-4000-8000-000000000001.schema"
	formTemplate = "c0ffee00-0000-4000-8000-000000000002.schema"
)

// bench is a server with a clock that stands still, and a client for it, written from the documents.
type bench struct {
	*Server
	t     *testing.T
	clock *simulator.ManualClock
	http  *httptest.Server
	cred  map[string]string
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
	if o.Company == nil {
		o.Company = simulator.SampleCompany() // of whom only some are in DingTalk
	}
	if o.Templates == nil {
		o.Templates = map[string][]byte{cardTemplate: sample(t, "card.template.json"), formTemplate: sample(t, "form.template.json")}
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
	b.cred = b.Connections()[0].Credentials
	b.fetch()
	return b
}

func (b *bench) fetch() {
	b.t.Helper()
	out := b.good("POST", "/api/v1.0/oauth2/accessToken", map[string]string{"appKey": b.cred["client_id"], "appSecret": b.cred["client_secret"]})
	b.token, _ = out["accessToken"].(string)
	if b.token == "" {
		b.t.Fatalf("no token: %v", out)
	}
}

// call makes one call and returns the HTTP status and the body. The token goes where the host wants it.
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
	if strings.HasPrefix(path, "/oapi/") && !strings.Contains(path, "access_token=") {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "access_token=" + b.token
	}
	req, err := http.NewRequest(method, b.http.URL+path, r)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if strings.HasPrefix(path, "/api/") {
		req.Header.Set("x-acs-dingtalk-access-token", b.token)
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
	if out == nil {
		out = map[string]any{"raw": string(raw)}
	}
	return resp.StatusCode, out, nil
}

// good makes a call that must succeed.
func (b *bench) good(method, path string, body any) map[string]any {
	b.t.Helper()
	status, out := b.call(method, path, body)
	if status != http.StatusOK || out["errcode"] != nil && out["errcode"] != float64(0) || out["code"] != nil {
		b.t.Fatalf("%s %s: %d %v", method, path, status, out)
	}
	return out
}

// refused makes a call that must fail: want is the new host's code, or the old one's errcode as text.
func (b *bench) refused(what, method, path string, body any, want string) map[string]any {
	b.t.Helper()
	status, out := b.call(method, path, body)
	switch {
	case strings.HasPrefix(path, "/oapi/"):
		if got := fmt.Sprint(out["errcode"]); status != http.StatusOK || got != want || out["errmsg"] == "" {
			b.t.Errorf("%s: %d %v, want errcode %s", what, status, out, want)
		}
	case out["code"] != want || status < 400 || out["message"] == "" || out["requestid"] == "":
		b.t.Errorf("%s: %d %v, want %s", what, status, out, want)
	}
	return out
}

func (b *bench) user(person string) string  { return b.ids(person)["userid"] }
func (b *bench) union(person string) string { return b.ids(person)["unionid"] }

func (b *bench) ids(person string) map[string]string {
	b.t.Helper()
	ids, ok := b.Account(person)
	if !ok {
		b.t.Fatalf("no account for %s", person)
	}
	return ids
}

// group finds a group's id by name.
func (b *bench) group(person, name string) string {
	b.t.Helper()
	for _, c := range b.Chats(person) {
		if c.Type == "group" && c.Name == name {
			return c.ID
		}
	}
	b.t.Fatalf("%s is in no group %s", person, name)
	return ""
}

// robot sends as the robot to persons and returns the processQueryKey.
func (b *bench) robot(key, param string, persons ...string) string {
	b.t.Helper()
	var ids []string
	for _, p := range persons {
		ids = append(ids, b.user(p))
	}
	out := b.good("POST", "/api/v1.0/robot/oToMessages/batchSend",
		map[string]any{"robotCode": b.cred["robot_code"], "userIds": ids, "msgKey": key, "msgParam": param})
	return out["processQueryKey"].(string)
}

// cardTo is the body of a createAndDeliver to one person, with the given data.
func (b *bench) cardTo(person, track string, data map[string]string) map[string]any {
	return map[string]any{
		"cardTemplateId": cardTemplate, "outTrackId": track, "callbackType": "STREAM", "userIdType": 1,
		"cardData": map[string]any{"cardParamMap": data}, "openSpaceId": "dtv1.card//IM_ROBOT." + b.user(person),
		"imRobotOpenSpaceModel":   map[string]any{"supportForward": false},
		"imRobotOpenDeliverModel": map[string]any{"spaceType": "IM_ROBOT", "robotCode": b.cred["robot_code"]},
	}
}

// last is the newest message that a person sees.
func (b *bench) last(person string) simulator.Message {
	b.t.Helper()
	list, err := b.Messages(person, "")
	if err != nil || len(list) == 0 {
		b.t.Fatalf("%s sees nothing (%v)", person, err)
	}
	return list[len(list)-1]
}

// hook is a stand-in for Magpie: it answers as told and passes on what came.
type hook struct {
	*httptest.Server
	got chan hooked
}

type hooked struct {
	header http.Header
	query  string
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
		}
		h.got <- hooked{r.Header, r.URL.RawQuery, raw}
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

func (h hooked) json(t *testing.T) map[string]any { t.Helper(); return object(t, h.body) }

func object(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("not an object: %v: %s", err, raw)
	}
	return out
}

// delivered waits until n attempts have ended, and with that what follows them has been scheduled.
func (b *bench) delivered(n int) {
	b.t.Helper()
	late := time.After(patience)
	for len(b.Deliveries()) < n {
		select {
		case <-b.notices:
		case <-late:
			b.t.Fatalf("%d deliveries, want %d: %+v", len(b.Deliveries()), n, b.Deliveries())
		}
	}
}

func sample(t testing.TB, name string) []byte {
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

func await[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("waited in vain")
		panic("unreachable")
	}
}

// newServer serves a handler until the test ends.
func newServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.Client().CloseIdleConnections(); s.Close() })
	return s
}
