package feishu

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// The app of these tests. The secret must never be seen anywhere.
const (
	outSecret = "s3cr3t-of-the-app-0001"
	outToken  = "t-fixture-0001"
	outTenant = testTenant
)

// reply is a scripted answer of the vendor: the form of the fixtures.
type reply struct {
	HTTP struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
	} `json:"_http"`
	Body json.RawMessage `json:"body"`
}

// call is one call that the vendor got.
type call struct {
	Method, Path, Query string
	Auth                string
	Body                json.RawMessage
}

// vendor is a scripted fake of the server API: answers are taken from a list for each "METHOD path"; the
// last one stays. Without a script, "om_" messages are accepted.
type vendor struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex
	script map[string][]reply
	calls  []call
	tokens int
	hook   func(w http.ResponseWriter, r *http.Request) bool // true: it answered
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{t: t, script: map[string][]reply{}}
	v.server = httptest.NewServer(v)
	t.Cleanup(v.server.Close)
	return v
}

const tokenPath = "/open-apis/auth/v3/tenant_access_token/internal"

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	hook := v.hook
	v.calls = append(v.calls, call{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Authorization"), body})
	key := r.Method + " " + r.URL.Path
	var a *reply
	if list := v.script[key]; len(list) > 0 {
		a = &list[0]
		if len(list) > 1 {
			v.script[key] = list[1:]
		}
	}
	if r.URL.Path == tokenPath {
		v.tokens++
	}
	v.mu.Unlock()
	if hook != nil && hook(w, r) {
		return
	}
	if a == nil {
		d := v.standard(r.Method, r.URL.Path)
		a = &d
	}
	for k, x := range a.HTTP.Headers {
		w.Header().Set(k, x)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	status := a.HTTP.Status
	if status == 0 {
		status = 200
	}
	w.WriteHeader(status)
	_, _ = w.Write(a.Body)
}

// standard is the answer without a script.
func (v *vendor) standard(method, path string) reply {
	switch {
	case path == tokenPath:
		return fixture(v.t, "resp_tenant_access_token_ok")
	case method == "POST" && strings.HasSuffix(path, "/messages"), strings.HasSuffix(path, "/reply"):
		return fixture(v.t, "resp_send_message_ok")
	case method == "PATCH":
		return fixture(v.t, "resp_patch_message_ok")
	}
	return reply{Body: json.RawMessage(`{"code":0,"msg":"success","data":{}}`)}
}

// on scripts the answers to one call, in order.
func (v *vendor) on(key string, answers ...reply) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.script[key] = answers
}

// seen lists the calls to a path, "" for all but those for tokens.
func (v *vendor) seen(path string) []call {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []call
	for _, c := range v.calls {
		if c.Path == path || path == "" && c.Path != tokenPath {
			out = append(out, c)
		}
	}
	return out
}

func (v *vendor) fetched() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tokens
}

// platform makes a Platform that talks to the fake.
func (v *vendor) platform() *Platform {
	return v.platformAt(func() time.Time { return testNow })
}

func (v *vendor) platformAt(now func() time.Time) *Platform {
	cfg := Config{
		ID: "feishu-main", Suite: Name, AppID: testApp, AppSecret: config.NewSecret(outSecret),
		VerificationToken: config.NewSecret(testToken), TenantKey: outTenant, BaseURL: v.server.URL,
	}
	cfg.setDefaults()
	return newPlatform(cfg, adapters.Env{Now: now})
}

// fixture reads an answer of testdata/api.
func fixture(t *testing.T, name string) reply {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "api", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r reply
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// refusal makes an answer with a code.
func refusal(status, code int, headers ...string) reply {
	var r reply
	r.HTTP.Status = status
	r.HTTP.Headers = map[string]string{"X-Tt-Logid": "log-1"}
	for i := 0; i+1 < len(headers); i += 2 {
		r.HTTP.Headers[headers[i]] = headers[i+1]
	}
	r.Body, _ = json.Marshal(map[string]any{"code": code, "msg": "refused"})
	return r
}

func userRef(id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: Name, Tenant: outTenant, App: testApp}, Kind: event.RefUser, ID: id}
}

// approvalCard is an ordinary card.
func approvalCard() *card.Card {
	return &card.Card{
		Slot: "inst-1/boss", Rev: 3, Title: card.T("采购申请"), Tone: card.Warning, Status: card.T("待审批"),
		Summary: card.T("李雷的采购申请待你审批"), Link: "https://bot.example.com/m/i/1",
		Body: card.Elements{
			&card.Fields{Items: []card.Field{
				{Label: card.T("采购内容"), Value: card.T("键盘"), Short: true},
				{Label: card.T("金额"), Value: card.T("¥300.00"), Short: true},
			}},
			&card.Table{Cols: []card.Column{{Name: "name", Label: card.T("品名")}}, Rows: [][]card.Text{{card.T("键盘")}}},
		},
		Actions: []card.Button{
			{Verb: "approve", Label: card.T("同意"), Style: card.StylePrimary, Token: "tok-1"},
			{Verb: "reject", Label: card.T("拒绝"), Style: card.StyleDanger, Token: "tok-2", Confirm: &card.Confirm{Title: card.T("确认拒绝？")}},
		},
	}
}
