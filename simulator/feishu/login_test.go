package feishu

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	lark "github.com/larksuite/oapi-sdk-go/v3"
	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"

	"magpie/simulator"
)

// login follows a link to the log-in page without leaving it.
func (b *bench) login(q url.Values) (status int, to *url.URL, body string) {
	b.t.Helper()
	client := *b.http.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Get(b.http.URL + authorizePath + "?" + q.Encode())
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	to, _ = url.Parse(resp.Header.Get("Location"))
	return resp.StatusCode, to, string(raw)
}

const (
	loginBack  = "https://bot.example.com/m/login/feishu-main"
	verifier   = "a-verifier-of-more-than-forty-three-characters-long"
	tokenPath  = "/open-apis/authen/v2/oauth/token"
	whoAmIPath = "/open-apis/authen/v1/user_info"
)

// loginLink is what an app sends a viewer to.
func (b *bench) loginLink() url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{"client_id": {b.Connections()[0].Credentials["app_id"]}, "redirect_uri": {loginBack}, "response_type": {"code"}, "state": {"s&1"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
}

func changed(m map[string]any, k string, v any) map[string]any {
	out := map[string]any{}
	for name, old := range m {
		out[name] = old
	}
	out[k] = v
	return out
}

func TestLogin(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{RedirectURIs: []string{loginBack}, Unavailable: []string{"su.mei"}}, {ID: "second"}}})
	q := b.loginLink()
	status, _, page := b.login(q)
	if status != http.StatusOK || !strings.Contains(page, "李雷") || strings.Contains(page, "苏梅") {
		t.Errorf("page: %d %s", status, page)
	}
	code := func(person string) string {
		t.Helper()
		q.Set("person", person)
		status, to, body := b.login(q)
		v := to.Query()
		if status != http.StatusFound || to.Host != "bot.example.com" || to.Path != "/m/login/feishu-main" || v.Get("state") != "s&1" || v.Get("code") == "" {
			t.Fatalf("back: %d %s %s", status, to, body)
		}
		return v.Get("code")
	}
	cred, second := b.Connections()[0].Credentials, b.Connections()[1].Credentials
	in := map[string]any{"grant_type": "authorization_code", "client_id": cred["app_id"], "client_secret": cred["app_secret"], "code": code("li.lei"), "redirect_uri": loginBack, "code_verifier": verifier}
	bad := func(what string, in map[string]any, code int, kind string) {
		t.Helper()
		status, out := b.call("POST", tokenPath, in)
		if status != http.StatusBadRequest || out["code"] != float64(code) || out["error"] != kind || out["error_description"] == "" || out["access_token"] != nil || out["msg"] != nil {
			t.Errorf("%s: %d %v, want %d", what, status, out, code)
		}
	}
	// Whatever is wrong with a request, the code is not used up by it.
	bad("another app", changed(changed(in, "client_id", second["app_id"]), "client_secret", second["app_secret"]), 20024, "invalid_grant")
	bad("no such app", changed(in, "client_id", "cli_x"), 20048, "invalid_client")
	bad("wrong secret", changed(in, "client_secret", "x"), 20002, "invalid_client")
	bad("another address", changed(in, "redirect_uri", "https://evil.example.com/"), 20071, "invalid_grant")
	bad("another verifier", changed(in, "code_verifier", "x"), 20049, "invalid_grant")
	bad("no verifier", changed(in, "code_verifier", ""), 20049, "invalid_grant")
	bad("made up", changed(in, "code", "x"), 20003, "invalid_grant")
	bad("no code", changed(in, "code", ""), 20001, "invalid_request")
	bad("grant", changed(in, "grant_type", "password"), 20036, "unsupported_grant_type")
	if status, out := b.call("POST", tokenPath, "{"); status != http.StatusBadRequest || out["code"] != 20063.0 {
		t.Errorf("no JSON: %d %v", status, out)
	}
	status, out := b.call("POST", tokenPath, in)
	token, _ := out["access_token"].(string)
	if status != http.StatusOK || out["code"] != 0.0 || token == "" || out["expires_in"] != 7200.0 || out["token_type"] != "Bearer" {
		t.Fatalf("token: %d %v", status, out)
	}
	bad("a second time", in, 20003, "invalid_grant")
	bad("outside the availability", changed(in, "code", code("su.mei")), 20010, "invalid_grant")
	late := changed(in, "code", code("li.lei"))
	b.clock.Advance(loginCodeLife)
	bad("too late", late, 20004, "invalid_grant")

	app := b.token
	b.token = token
	status, out = b.call("GET", whoAmIPath, nil)
	me, _ := out["data"].(map[string]any)
	ids, _ := b.Account("li.lei")
	if status != http.StatusOK || me["open_id"] != ids["open_id"] || me["union_id"] != ids["union_id"] || me["user_id"] != ids["user_id"] || me["tenant_key"] != cred["tenant_key"] || me["name"] != "李雷" {
		t.Errorf("me: %d %v", status, out)
	}
	status, out = b.call("GET", "/open-apis/bot/v3/info", nil)
	want(t, "a person's token is no app's", status, out, 400, 99991663)
	b.clock.Advance(userTokenLife)
	status, out = b.call("GET", whoAmIPath, nil)
	want(t, "expired", status, out, 400, 99991677)
	b.token = app
	status, out = b.call("GET", whoAmIPath, nil)
	want(t, "an app's token is no person's", status, out, 400, 99991668)
	b.token = ""
	status, out = b.call("GET", whoAmIPath, nil)
	want(t, "no token", status, out, 400, 99991661)
}

func TestLoginPageRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{RedirectURIs: []string{loginBack}, Scopes: []string{scopeSend}}}})
	for what, change := range map[string]struct{ key, value, code string }{
		"app": {"client_id", "x", "20028"}, "another address": {"redirect_uri", loginBack + "?to=1", "20029"}, "no address": {"redirect_uri", "javascript:alert(1)", "20029"},
		"type": {"response_type", "token", "20001"}, "scope": {"scope", "im:chat", "20027"}, "challenge": {"code_challenge", "short", "20001"}, "nobody": {"person", "x", "20008"},
	} {
		q := b.loginLink()
		q.Set(change.key, change.value)
		if status, to, body := b.login(q); status != http.StatusOK || to.String() != "" || !strings.Contains(body, "无法登录") || !strings.Contains(body, change.code) {
			t.Errorf("%s: %d %s %s", what, status, to, body)
		}
	}
	q := b.loginLink()
	q.Set("person", denyLogin)
	if status, to, _ := b.login(q); status != http.StatusFound || to.Query().Get("error") != "access_denied" || to.Query().Get("state") != "s&1" || to.Query().Has("code") {
		t.Errorf("who does not want to: %d %s", status, to)
	}
	if err := b.Fault(simulator.Fault{Kind: simulator.FaultServer, Times: 1, API: authorizePath}); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := b.login(b.loginLink()); status != http.StatusInternalServerError {
		t.Errorf("a server in trouble: %d", status)
	}
}

// The official SDK takes what we say about a person.
func TestLoginWithTheSDK(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	q := b.loginLink()
	q.Del("code_challenge")
	q.Del("code_challenge_method")
	q.Set("person", "li.lei")
	_, to, _ := b.login(q)
	cred := b.Connections()[0].Credentials
	_, out := b.call("POST", tokenPath, map[string]any{"grant_type": "authorization_code", "client_id": cred["app_id"], "client_secret": cred["app_secret"], "code": to.Query().Get("code")})
	token, _ := out["access_token"].(string)
	c := lark.NewClient(cred["app_id"], cred["app_secret"], lark.WithOpenBaseUrl(b.http.URL), lark.WithReqTimeout(30*time.Second), lark.WithHttpClient(b.http.Client()))
	resp, err := c.Authen.V1.UserInfo.Get(t.Context(), larkcore.WithUserAccessToken(token))
	ids, _ := b.Account("li.lei")
	if err != nil || !resp.Success() || *resp.Data.OpenId != ids["open_id"] || *resp.Data.Name != "李雷" {
		t.Errorf("%v %v", resp, err)
	}
}
