package dingtalk

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// login follows a link to the log-in page without leaving it.
func (b *bench) login(q url.Values) (status int, to *url.URL, body string) {
	b.t.Helper()
	client := *b.http.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Get(b.http.URL + loginPath + "?" + q.Encode())
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	to, _ = url.Parse(resp.Header.Get("Location"))
	return resp.StatusCode, to, string(raw)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	back := "https://bot.example.com/m/login?to=%2Fm%2F1"
	b := newBench(t, Options{Apps: []App{{RedirectURIs: []string{back}, Unavailable: []string{"gao.yuan"}}, {ID: "second"}}})
	q := url.Values{"client_id": {b.cred["client_id"]}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid corpid"}, "state": {"s&1"}, "prompt": {"consent"}}
	status, _, body := b.login(q)
	if status != http.StatusOK || !strings.Contains(body, "韩梅梅") || strings.Contains(body, "高远") || strings.Contains(body, "李雷") {
		t.Errorf("page: %d %s", status, body)
	}
	q.Set("person", "han.meimei")
	code := func() string {
		t.Helper()
		status, to, body := b.login(q)
		v := to.Query()
		if status != http.StatusFound || to.Host != "bot.example.com" || v.Get("to") != "/m/1" || v.Get("state") != "s&1" || v.Get("authCode") == "" || v.Get("code") != v.Get("authCode") {
			t.Fatalf("back: %d %s %s", status, to, body)
		}
		return v.Get("authCode")
	}
	exchange := map[string]any{"clientId": b.cred["client_id"], "clientSecret": b.cred["client_secret"], "code": code(), "grantType": "authorization_code"}
	calls, _ := b.Usage()
	tokens := b.good("POST", "/api/v1.0/oauth2/userAccessToken", exchange)
	b.refused("a second time", "POST", "/api/v1.0/oauth2/userAccessToken", exchange, "invalidParameter.authCode.notFound")
	app := b.token
	b.token = tokens["accessToken"].(string)
	me := b.good("GET", "/api/v1.0/contact/users/me", nil)
	if me["unionId"] != b.union("han.meimei") || me["nick"] != "韩梅梅" || me["mobile"] == nil || tokens["corpId"] != b.cred["corp_id"] || tokens["expireIn"] != 7200.0 {
		t.Errorf("me: %v, tokens %v", me, tokens)
	}
	b.refused("somebody else", "GET", "/api/v1.0/contact/users/"+b.union("liu.yang"), nil, "Forbidden.AccessDenied")
	b.refused("no app's token", "POST", sendCall, b.text("han.meimei"), "InvalidAuthentication")
	b.clock.Advance(2 * time.Hour)
	b.refused("expired", "GET", "/api/v1.0/contact/users/me", nil, "InvalidAuthentication")
	again := b.good("POST", "/api/v1.0/oauth2/userAccessToken", with(exchange, map[string]any{"grantType": "refresh_token", "refreshToken": tokens["refreshToken"]}))
	b.token = again["accessToken"].(string)
	b.good("GET", "/api/v1.0/contact/users/me", nil)
	b.token = app
	b.refused("no person's token", "GET", "/api/v1.0/contact/users/me", nil, "InvalidAuthentication")
	late := with(exchange, map[string]any{"code": code()})
	b.clock.Advance(codeLife)
	b.refused("too late", "POST", "/api/v1.0/oauth2/userAccessToken", late, "invalidParameter.authCode.notFound")
	b.refused("secret", "POST", "/api/v1.0/oauth2/userAccessToken", with(exchange, map[string]any{"clientSecret": "x"}), "invalidClientIdOrSecret")
	b.refused("grant", "POST", "/api/v1.0/oauth2/userAccessToken", with(exchange, map[string]any{"grantType": "password"}), "invalidParameter.grantType")
	b.refused("refresh", "POST", "/api/v1.0/oauth2/userAccessToken", with(exchange, map[string]any{"grantType": "refresh_token"}), "invalidParameter.refreshToken")
	second := b.Connections()[1].Credentials
	b.refused("another app's code", "POST", "/api/v1.0/oauth2/userAccessToken",
		with(exchange, map[string]any{"clientId": second["client_id"], "clientSecret": second["client_secret"], "code": code()}), "invalidParameter.authCode.notFound")
	if now, _ := b.Usage(); now != calls {
		t.Error("log-in was counted against the quota")
	}
	for name, change := range map[string][2]string{"app": {"client_id", "x"}, "address": {"redirect_uri", "https://evil.example.com/"}, "no address": {"redirect_uri", "javascript:alert(1)"},
		"type": {"response_type", "token"}, "scope": {"scope", "corpid"}, "prompt": {"prompt", ""}, "organisation": {"corpId", "dingother"}, "nobody": {"person", "li.lei"}, "not visible": {"person", "gao.yuan"}} {
		bad := url.Values{}
		for k, v := range q {
			bad[k] = v
		}
		bad.Set(change[0], change[1])
		if status, to, body := b.login(bad); status != http.StatusOK || to.String() != "" || !strings.Contains(body, "无法登录") {
			t.Errorf("%s: %d %s %s", name, status, to, body)
		}
	}
}

func TestLogFree(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	call := "/oapi/topapi/v2/user/getuserinfo"
	code := map[string]string{"code": b.AuthCode("ding-main", "zhang.wei")}
	out := b.good("POST", call, code)["result"].(map[string]any)
	if out["userid"] != b.user("zhang.wei") || out["unionid"] != b.union("zhang.wei") || out["sys"] != true || out["name"] != "张伟" {
		t.Errorf("who: %v", out)
	}
	b.refused("twice", "POST", call, code, "40078")
	code["code"] = b.AuthCode("ding-main", "liu.yang")
	b.refused("on the other way", "POST", "/api/v1.0/oauth2/userAccessToken", map[string]string{"clientId": b.cred["client_id"], "clientSecret": b.cred["client_secret"],
		"code": code["code"], "grantType": "authorization_code"}, "invalidParameter.authCode.notFound")
	b.clock.Advance(codeLife)
	b.refused("too late", "POST", call, code, "40078")
	if b.AuthCode("ding-main", "li.lei") != "" || b.AuthCode("nobody", "liu.yang") != "" {
		t.Error("a code for nobody")
	}
}
