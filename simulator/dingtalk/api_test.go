package dingtalk

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"magpie/simulator"
)

const (
	oldUser  = "/oapi/topapi/v2/user/get"
	sendCall = "/api/v1.0/robot/oToMessages/batchSend"
)

// text is the body of a batchSend of one text.
func (b *bench) text(persons ...string) map[string]any {
	var ids []string
	for _, p := range persons {
		ids = append(ids, b.user(p))
	}
	return map[string]any{"robotCode": b.cred["robot_code"], "userIds": ids, "msgKey": "sampleText", "msgParam": `{"content":"x"}`}
}

// Both hosts hand out the same token and take it; asked for again it lives on.
func TestTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	first := b.token
	gettoken := "/oapi/gettoken?appkey=" + b.cred["client_id"] + "&appsecret=" + b.cred["client_secret"]
	out := b.good("GET", gettoken, nil)
	if out["access_token"] != first || out["expires_in"] != 7200.0 || out["request_id"] != nil {
		t.Errorf("gettoken: %v, want %s", out, first)
	}
	b.clock.Advance(time.Hour)
	b.fetch()
	if b.token != first {
		t.Error("another token within the life of the first")
	}
	b.clock.Advance(2*time.Hour - time.Millisecond)
	b.good("POST", oldUser, map[string]string{"userid": b.user("han.meimei")})
	b.clock.Advance(time.Millisecond)
	b.refused("expired, new host", "POST", sendCall, b.text("han.meimei"), "InvalidAuthentication")
	b.refused("expired, old host", "POST", oldUser, map[string]string{"userid": b.user("han.meimei")}, "42001")
	b.fetch()
	if b.token == first {
		t.Error("an expired token came again")
	}
	b.good("POST", sendCall, b.text("han.meimei"))

	b.refused("wrong secret", "POST", "/api/v1.0/oauth2/accessToken", map[string]string{"appKey": b.cred["client_id"], "appSecret": "x"}, "invalidClientIdOrSecret")
	b.refused("wrong secret, old", "GET", "/oapi/gettoken?appkey="+b.cred["client_id"]+"&appsecret=x", nil, "40089")
	b.refused("no app", "GET", "/oapi/gettoken", nil, "40089")
	b.refused("broken body", "POST", "/api/v1.0/oauth2/accessToken", "{", "invalidParameter.body")
	b.token = "nobodys"
	b.refused("unknown token", "POST", sendCall, b.text("han.meimei"), "InvalidAuthentication")
	b.refused("unknown token, old", "POST", oldUser, nil, "40014")
	b.token = ""
	b.refused("no token", "POST", sendCall, b.text("han.meimei"), "InvalidAuthentication")
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.refused("new", "POST", "/api/v1.0/nothing", nil, "InvalidAction.NotFound")
	b.refused("old", "POST", "/oapi/topapi/nothing", nil, "22")
	// Recalling alone is written with a small t-o.
	b.refused("case", "POST", "/api/v1.0/robot/oToMessages/batchRecall", nil, "InvalidAction.NotFound")
	b.refused("method", "PUT", sendCall, nil, "InvalidAction.NotFound")
	for _, path := range []string{"/elsewhere", "/api//v1.0/oauth2/accessToken", "/oapi//gettoken"} {
		if status, _ := b.call("POST", path, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Scopes: []string{scopeMember}}}})
	out := b.refused("new", "POST", sendCall, b.text("han.meimei"), "Forbidden.AccessDenied.AccessTokenPermissionDenied")
	detail, _ := out["accessdenieddetail"].(map[string]any)
	if got := fmt.Sprint(detail["requiredScopes"]); got != "["+scopeSend+"]" {
		t.Errorf("required scopes %s", got)
	}
	out = b.refused("old", "POST", "/oapi/topapi/v2/department/listsub", map[string]any{}, "88")
	if out["sub_code"] != "60011" || out["sub_msg"] == "" || !strings.Contains(out["errmsg"].(string), "subcode=60011") {
		t.Errorf("old host: %v", out)
	}
	// Without the fields' own scopes a person has neither mobile nor e-mail.
	person := b.good("POST", oldUser, map[string]string{"userid": b.user("han.meimei")})["result"].(map[string]any)
	if person["mobile"] != nil || person["email"] != nil || person["name"] != "韩梅梅" {
		t.Errorf("person: %v", person)
	}
}

// Twenty calls of one API in a second, on each host in its own words; others are not slowed.
func TestRates(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	person := map[string]string{"userid": b.user("han.meimei")}
	list := map[string]any{"dept_id": 1}
	for range 20 {
		b.good("POST", sendCall, b.text("liu.yang"))
		b.good("POST", oldUser, person)
		b.good("GET", "/oapi/call_back/get_call_back_failed_result", nil)
	}
	calls, _ := b.Usage()
	b.refused("new host", "POST", sendCall, b.text("liu.yang"), "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")
	if out := b.refused("topapi", "POST", oldUser, person, "88"); out["sub_code"] != "90018" {
		t.Errorf("topapi: %v", out)
	}
	b.refused("old host", "GET", "/oapi/call_back/get_call_back_failed_result", nil, "90018")
	b.good("POST", "/oapi/topapi/v2/department/listsub", list)
	if now, _ := b.Usage(); now != calls {
		t.Error("refused calls were counted")
	}
	b.clock.Advance(time.Second)
	b.good("POST", sendCall, b.text("liu.yang"))
	b.good("POST", oldUser, person)
}

// The month's calls are the whole organisation's; contacts and tokens are free.
func TestMonthlyCalls(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Limits: Limits{Calls: 3}, Apps: []App{{}, {ID: "second"}}})
	for range 2 {
		b.good("POST", sendCall, b.text("han.meimei"))
	}
	b.refused("a bad call counts too", "POST", sendCall, map[string]any{}, "invalidParameter.robotCode")
	b.refused("new", "POST", sendCall, b.text("han.meimei"), "Forbidden.AccessDenied.ApiCountLimitForOrg")
	notice := "/oapi/topapi/message/corpconversation/getsendresult"
	b.refused("old", "POST", notice, map[string]any{}, "90020")
	b.good("POST", oldUser, map[string]string{"userid": b.user("han.meimei")})
	b.cred = b.Connections()[1].Credentials
	b.fetch()
	b.refused("another app", "POST", notice, map[string]any{}, "90020")
	// A new month in Beijing, eight hours before it is one in London.
	b.clock.Advance(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC).Sub(testStart) - time.Millisecond)
	b.fetch()
	b.refused("still November", "POST", notice, map[string]any{}, "90020")
	b.clock.Advance(time.Millisecond)
	b.refused("December", "POST", notice, map[string]any{"agent_id": 1}, "400002")
	if calls, _ := b.Usage(); calls != 1 {
		t.Errorf("%d calls in December", calls)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	huge := `{"x":"` + strings.Repeat("x", maxBody) + `"}`
	b.refused("new", "POST", sendCall, huge, "RequestEntityTooLarge")
	b.refused("old", "POST", oldUser, huge, "40035")
}

// Every call is remembered, without its secrets.
func TestCalls(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.good("GET", "/oapi/gettoken?appkey="+b.cred["client_id"]+"&appsecret="+b.cred["client_secret"], nil)
	b.refused("old", "POST", oldUser, map[string]string{"userid": "0"}, "60121")
	b.refused("new", "POST", sendCall, b.text(), "invalidParameter.userIds")
	list := b.Calls()
	last := list[len(list)-3:]
	if last[0].Status != 200 || last[0].Code != 0 || last[1].Code != 60121 || last[2].Status != 400 || last[2].Code != 400 || last[1].At != testStart {
		t.Errorf("calls: %+v", last)
	}
	for _, c := range list {
		for _, secret := range []string{b.token, b.cred["client_secret"]} {
			if strings.Contains(c.Path, secret) {
				t.Errorf("a secret in %s", c.Path)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	person := map[string]string{"userid": b.user("han.meimei")}
	fault := func(kind, api string, times int) {
		t.Helper()
		if err := b.Fault(simulator.Fault{Kind: kind, API: api, Times: times}); err != nil {
			t.Fatal(err)
		}
	}
	fault("rate_limit", "", 2)
	b.refused("rate_limit", "POST", sendCall, b.text("han.meimei"), "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")
	b.refused("rate_limit, old", "POST", oldUser, person, "88")
	b.good("POST", oldUser, person)
	fault("server_error", "robot/", 1)
	b.good("POST", oldUser, person)
	b.refused("server_error", "POST", sendCall, b.text("han.meimei"), "system.busy")
	fault("server_error", "topapi", 1)
	b.refused("server_error, old", "POST", oldUser, person, "-1")
	fault("expire_token", "", 1)
	b.refused("expire_token", "POST", oldUser, person, "42001")
	b.refused("the same again", "POST", sendCall, b.text("han.meimei"), "InvalidAuthentication")
	b.fetch()
	b.good("POST", oldUser, person)
	fault("drop_connection", "", 1)
	if _, _, err := b.try("POST", sendCall, b.text("han.meimei")); err == nil {
		t.Error("drop_connection: there was an answer")
	}
	if list, _ := b.Messages("han.meimei", ""); len(list) != 0 {
		t.Error("drop_connection: the call was carried out")
	}
	fault("timeout", "", 1)
	failed := make(chan error, 1)
	go func() { _, _, err := b.try("POST", sendCall, b.text("han.meimei")); failed <- err }()
	b.clock.BlockUntil(1)
	b.clock.Advance(holdFor)
	if err := await(t, failed); err == nil {
		t.Error("timeout: there was an answer")
	}
	if list, _ := b.Messages("han.meimei", ""); len(list) != 1 {
		t.Error("timeout: the call was not carried out")
	}
	for _, bad := range []simulator.Fault{{Kind: "earthquake"}, {Kind: "timeout", Times: -1}} {
		if err := b.Fault(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
