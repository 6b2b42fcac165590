package feishu

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"magpie/adapters"
)

const (
	userTokenCall = "POST /open-apis/authen/v2/oauth/token"
	userInfoCall  = "GET /open-apis/authen/v1/user_info"
	loginBack     = "https://bot.example.com/m/login/feishu-main"
)

func body(s string) reply { return reply{Body: json.RawMessage(s)} }

func bodyOf(status int, s string) reply {
	r := body(s)
	r.HTTP.Status = status
	return r
}

func TestLoginURL(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	if to := p.LoginURL(loginBack, "st8", ""); to != "" {
		t.Errorf("login is not set: %s", to)
	}
	p.cfg.Login = true
	to, err := url.Parse(p.LoginURL(loginBack, "st8", "Mozilla/5.0"))
	q := to.Query()
	if err != nil || to.Host != "accounts.feishu.cn" || to.Path != "/open-apis/authen/v1/authorize" || q.Get("redirect_uri") != loginBack ||
		q.Get("client_id") != testApp || q.Get("state") != "st8" || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 {
		t.Errorf("%v %v", to, err)
	}
	if strings.Contains(to.String(), outSecret) || strings.Contains(to.String(), p.verifier("st8")) {
		t.Errorf("a secret leaves: %s", to)
	}
	if p.verifier("st8") == p.verifier("st9") {
		t.Error("two log-ins have the same verifier")
	}
	if !p.LoginClient("Mozilla/5.0 (iPhone) Mobile/15E148 Safari/604.1 Lark/7.1.0 LarkLocale/zh_CN ChannelName/Feishu") || p.LoginClient("Mozilla/5.0 (Macintosh) Safari/605.1") {
		t.Error("whose client it is")
	}
}

func TestLoginUser(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	p.cfg.Login = true
	v.on(userTokenCall, body(`{"code":0,"access_token":"u-1","expires_in":7200,"token_type":"Bearer","scope":""}`))
	v.on(userInfoCall, data(`{"name":"李雷","open_id":"ou_1","union_id":"on_1","tenant_key":%q}`, outTenant))
	ref, err := p.LoginUser(t.Context(), adapters.LoginReturn{Code: "c1", Back: loginBack, State: "st8"})
	if err != nil || ref != (scoped{tenant: outTenant, app: testApp}).user("ou_1") {
		t.Fatalf("%v %v", ref, err)
	}
	var sent map[string]string
	for _, c := range v.seen("") {
		switch c.Path {
		case "/open-apis/authen/v2/oauth/token":
			if err := json.Unmarshal(c.Body, &sent); err != nil {
				t.Fatal(err)
			}
		case "/open-apis/authen/v1/user_info":
			if c.Auth != "Bearer u-1" {
				t.Errorf("asked as %q", c.Auth)
			}
		}
	}
	if sent["code"] != "c1" || sent["redirect_uri"] != loginBack || sent["code_verifier"] != p.verifier("st8") || sent["client_secret"] != outSecret || sent["grant_type"] != "authorization_code" {
		t.Errorf("sent %v", sent)
	}
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	good, me := body(`{"code":0,"access_token":"u-1","expires_in":7200}`), data(`{"open_id":"ou_1","tenant_key":%q}`, outTenant)
	for what, c := range map[string]struct {
		code        string
		token, info reply
		want        adapters.Kind
	}{
		"no code":           {"", good, me, adapters.KindInvalid},
		"used or made up":   {"c", bodyOf(400, `{"code":20003,"error":"invalid_grant","error_description":"c is invalid"}`), me, adapters.KindInvalid},
		"expired":           {"c", bodyOf(400, `{"code":20004,"error":"invalid_grant"}`), me, adapters.KindInvalid},
		"without the app":   {"c", bodyOf(400, `{"code":20010,"error":"invalid_grant"}`), me, adapters.KindForbidden},
		"wrong secret":      {"c", bodyOf(400, `{"code":20002,"error":"invalid_client","error_description":"`+outSecret+`"}`), me, adapters.KindUnauthenticated},
		"off":               {"c", bodyOf(400, `{"code":99991673,"msg":"app is off"}`), me, adapters.KindUnauthenticated},
		"in trouble":        {"c", bodyOf(500, `{"code":20050,"error":"server_error"}`), me, adapters.KindTransient},
		"a proxy":           {"c", bodyOf(502, `<html>`), me, adapters.KindTransient},
		"no token":          {"c", body(`{"code":0}`), me, adapters.KindTransient},
		"another tenant":    {"c", good, data(`{"open_id":"ou_1","tenant_key":"other"}`), adapters.KindForbidden},
		"no tenant":         {"c", good, data(`{"open_id":"ou_1"}`), adapters.KindTransient},
		"no account":        {"c", good, data(`{}`), adapters.KindTransient},
		"token not good":    {"c", good, refusal(http.StatusBadRequest, 99991668), adapters.KindUnauthenticated},
		"odd code":          {"c", bodyOf(400, `{"code":29999,"error":"x"}`), me, adapters.KindInvalid},
		"too many log-ins":  {"c", bodyOf(429, `{"code":99991400,"msg":"frequency"}`), me, adapters.KindRateLimited},
		"answer of numbers": {"c", body(`[1]`), me, adapters.KindTransient},
	} {
		v := newVendor(t)
		p := v.platform()
		v.on(userTokenCall, c.token)
		v.on(userInfoCall, c.info)
		ref, err := p.LoginUser(t.Context(), adapters.LoginReturn{Code: c.code, Back: loginBack, State: "s"})
		if adapters.KindOf(err) != c.want || ref.ID != "" {
			t.Errorf("%s: %v %v, want %s", what, ref, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), outSecret) || strings.Contains(err.Error(), p.verifier("s"))) {
			t.Errorf("%s: a secret stands in %v", what, err)
		}
	}
}
