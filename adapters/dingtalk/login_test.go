package dingtalk

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
)

const (
	userTokenCall = "/v1.0/oauth2/userAccessToken"
	meCall        = "/v1.0/contact/users/me"
	byUnionCall   = "/topapi/user/getbyunionid"
	loginBack     = "https://bot.example.com/m/login/ding-main"
)

func TestLoginURL(t *testing.T) {
	t.Parallel()
	off, _ := vendorFor(t, nil)
	if to := off.LoginURL(loginBack, "st8", ""); to != "" {
		t.Errorf("login is not set: %s", to)
	}
	p, _ := vendorFor(t, func(c *Config) { c.Login = true })
	to, err := url.Parse(p.LoginURL(loginBack, "st8", "Mozilla/5.0"))
	q := to.Query()
	if err != nil || to.Host != "login.dingtalk.com" || to.Path != "/oauth2/auth" || q.Get("redirect_uri") != loginBack || q.Get("client_id") != p.cfg.ClientID ||
		q.Get("state") != "st8" || q.Get("response_type") != "code" || q.Get("scope") != "openid corpid" || q.Get("prompt") != "consent" || q.Get("corpId") != testCorp {
		t.Errorf("%v %v", to, err)
	}
	if !p.LoginClient("Mozilla/5.0 (Linux; Android) AliApp(DingTalk/7.0.0) com.alibaba.android.rimet") || p.LoginClient("Mozilla/5.0") {
		t.Error("whose client it is")
	}
}

func TestLoginUser(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, func(c *Config) { c.Login = true })
	var sent map[string]string
	v.On("POST", userTokenCall, func(c adapterstest.Call) adapterstest.Answer {
		if err := json.Unmarshal(c.Body, &sent); err != nil {
			t.Error(err)
		}
		return adapterstest.Answer{Body: `{"accessToken":"u-1","refreshToken":"r","expireIn":"7200","corpId":"` + testCorp + `"}`}
	})
	v.On("GET", meCall, func(c adapterstest.Call) adapterstest.Answer {
		if c.Header.Get("X-Acs-Dingtalk-Access-Token") != "u-1" {
			t.Errorf("asked with %v", c.Header)
		}
		return adapterstest.Answer{Body: `{"nick":"李四","unionId":"un1"}`}
	})
	v.On("POST", byUnionCall, says(adapterstest.Answer{Body: `{"errcode":0,"errmsg":"ok","result":{"contact_type":0,"userid":"lisi"}}`}))
	before := p.Usage()[0].Used
	ref, err := p.LoginUser(t.Context(), adapters.LoginReturn{Code: "c1", Back: loginBack, State: "st8"})
	if err != nil || ref != to("lisi") {
		t.Fatalf("%v %v", ref, err)
	}
	if sent["code"] != "c1" || sent["clientSecret"] != p.cfg.ClientSecret.Reveal() || sent["grantType"] != "authorization_code" {
		t.Errorf("sent %v", sent)
	}
	if p.Usage()[0].Used != before {
		t.Error("a log-in counts against the month's calls")
	}
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	good := adapterstest.Answer{Body: `{"accessToken":"u-1","corpId":"` + testCorp + `"}`}
	me := adapterstest.Answer{Body: `{"unionId":"un1"}`}
	user := adapterstest.Answer{Body: `{"errcode":0,"result":{"userid":"lisi"}}`}
	for what, c := range map[string]struct {
		code             string
		token, who, user adapterstest.Answer
		want             adapters.Kind
	}{
		"no code":              {"", good, me, user, adapters.KindInvalid},
		"used up":              {"c", adapterstest.Answer{Status: 400, Body: `{"code":"invalidParameter.authCode.notFound","message":"不合法的临时授权码"}`}, me, user, adapters.KindInvalid},
		"another organisation": {"c", adapterstest.Answer{Body: `{"accessToken":"u-1","corpId":"dingother"}`}, me, user, adapters.KindForbidden},
		"wrong secret":         {"c", adapterstest.Answer{Status: 400, Body: `{"code":"invalidClientIdOrSecret","message":"x"}`}, me, user, adapters.KindUnauthenticated},
		"no right":             {"c", good, adapterstest.Answer{Status: 403, Body: `{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"x"}`}, user, adapters.KindUnauthenticated},
		"not one of us":        {"c", good, me, adapterstest.Answer{Body: `{"errcode":60121,"errmsg":"找不到该用户"}`}, adapters.KindForbidden},
		"no token":             {"c", adapterstest.Answer{Body: `{}`}, me, user, adapters.KindTransient},
		"no account":           {"c", good, adapterstest.Answer{Body: `{}`}, user, adapters.KindTransient},
		"in trouble":           {"c", adapterstest.Answer{Status: 500, Body: `<html>`}, me, user, adapters.KindTransient},
		"cut":                  {"c", adapterstest.Answer{Hangup: true}, me, user, adapters.KindTransient},
		"too fast":             {"c", adapterstest.Answer{Status: 403, Body: `{"code":"Forbidden.AccessDenied.QpsLimitForAppkeyAndApi","message":"x"}`}, me, user, adapters.KindRateLimited},
	} {
		p, v := vendorFor(t, func(c *Config) { c.Login = true })
		v.On("POST", userTokenCall, says(c.token))
		v.On("GET", meCall, says(c.who))
		v.On("POST", byUnionCall, says(c.user))
		ref, err := p.LoginUser(t.Context(), adapters.LoginReturn{Code: c.code, Back: loginBack})
		if adapters.KindOf(err) != c.want || ref.ID != "" {
			t.Errorf("%s: %v %v, want %s", what, ref, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), p.cfg.ClientSecret.Reveal()) {
			t.Errorf("%s: a secret stands in %v", what, err)
		}
	}
}
