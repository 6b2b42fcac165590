package dingtalk

import (
	htmltemplate "html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Log-in of web pages. Where DingTalk knows who looks at the page, the simulated one asks: the page lists the
// people, or the address says person= at once.
//
// Source: DingTalk Open Platform, "Obtain user personal information" and "Log-free inside DingTalk", checked 2026-08.
const (
	loginPath   = "/login/oauth2/auth" // of login.dingtalk.com
	codeLife    = 5 * time.Minute
	refreshLife = 30 * 24 * time.Hour
)

// authCode is a log-in on its way back to the app, good once.
type authCode struct {
	app    *app
	person string
	client bool // from inside DingTalk, not from the log-in page
	until  time.Time
}

// userToken speaks for one person.
type userToken struct {
	app     *app
	person  string
	refresh bool
	until   time.Time
}

// serveLogin is the page that a link to login.dingtalk.com/oauth2/auth leads to.
func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	to, page := s.loginStep(r.URL.Query())
	s.mu.Unlock()
	if to != "" {
		s.record(r, http.StatusFound, 0, "")
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	s.record(r, http.StatusOK, 0, page.Error)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	_ = loginPage.Execute(w, page)
}

type loginView struct {
	App, Error string
	People     []loginPerson
}

type loginPerson struct{ Name, Link string }

var loginPage = htmltemplate.Must(htmltemplate.New("").Parse(`<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>钉钉登录（模拟）</title>
{{if .Error}}<h1>无法登录</h1><p>{{.Error}}</p>{{else}}<h1>{{.App}}</h1><p>以谁的身份登录？</p><ul>
{{range .People}}<li><a href="{{.Link}}">{{.Name}}</a></li>
{{end}}</ul>{{end}}</html>`))

// loginStep checks a link and returns where to go, or what the page shows. Callers hold s.mu.
func (s *Server) loginStep(q url.Values) (string, loginView) {
	var a *app
	for _, candidate := range s.apps {
		if candidate.ClientID == q.Get("client_id") {
			a = candidate
		}
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	scopes := strings.Fields(q.Get("scope"))
	refuse := func(why string) (string, loginView) { return "", loginView{Error: why} }
	switch {
	case a == nil:
		return refuse("client_id 不存在")
	case err != nil || back.Host == "" || back.Scheme != "http" && back.Scheme != "https":
		return refuse("redirect_uri 不合法")
	case a.RedirectURIs != nil && !slices.Contains(a.RedirectURIs, q.Get("redirect_uri")):
		return refuse("redirect_uri 没有在应用中登记")
	case q.Get("response_type") != "code":
		return refuse("response_type 应为 code")
	case !slices.Contains(scopes, "openid"):
		return refuse("scope 应为 openid 或 openid corpid")
	case q.Get("prompt") != "consent":
		return refuse("prompt 应为 consent")
	case q.Get("exclusiveCorpId") != "" && q.Get("exclusiveCorpId") != s.state.CorpID, q.Get("corpId") != "" && q.Get("corpId") != s.state.CorpID:
		return refuse("不是这个组织的应用")
	}
	person := q.Get("person")
	if person == "" {
		view := loginView{App: a.Name}
		for _, p := range s.company.People {
			if s.available(a, p.ID) {
				link := url.Values{}
				for k, v := range q {
					link[k] = v
				}
				link.Set("person", p.ID)
				view.People = append(view.People, loginPerson{p.Name, "?" + link.Encode()})
			}
		}
		return "", view
	}
	if _, there := s.company.Person(person); !there || !s.available(a, person) {
		return refuse("没有这个人，或应用对其不可见")
	}
	code := s.newCode(a, person, false)
	values := back.Query()
	values.Set("authCode", code)
	values.Set("code", code)
	values.Set("state", q.Get("state"))
	back.RawQuery = values.Encode()
	return back.String(), loginView{}
}

// newCode makes a code. Callers hold s.mu.
func (s *Server) newCode(a *app, person string, client bool) string {
	now := s.now()
	for name, c := range s.codes {
		if !c.until.After(now) {
			delete(s.codes, name)
		}
	}
	name := random(32)
	s.codes[name] = &authCode{app: a, person: person, client: client, until: now.Add(codeLife)}
	return name
}

// AuthCode is what a page of an app gets that a person opens inside DingTalk; "" when they cannot.
func (s *Server) AuthCode(connection, person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if _, there := s.company.Person(person); a == nil || !there || !s.available(a, person) {
		return ""
	}
	return s.newCode(a, person, true)
}

// useCode takes a code of an app, once.
func (s *Server) useCode(a *app, name string, client bool) *authCode {
	c := s.codes[name]
	if c == nil || c.app != a || c.client != client || !c.until.After(s.now()) {
		return nil
	}
	delete(s.codes, name)
	return c
}

// newUserToken is POST /v1.0/oauth2/userAccessToken.
func newUserToken(q *request) (answer, *apiError) {
	var in struct {
		ClientID     string `json:"clientId"`
		ClientSecret string `json:"clientSecret"`
		Code         string `json:"code"`
		GrantType    string `json:"grantType"`
		RefreshToken string `json:"refreshToken"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	a := q.s.identify(in.ClientID, in.ClientSecret)
	if a == nil {
		return nil, badSecret(false)
	}
	person := ""
	switch in.GrantType {
	case "authorization_code":
		c := q.s.useCode(a, in.Code, false)
		if c == nil {
			return nil, badParam("authCode.notFound", "不合法的临时授权码")
		}
		person = c.person
	case "refresh_token":
		t := q.s.userTokens[in.RefreshToken]
		if t == nil || t.app != a || !t.refresh || !t.until.After(q.now) {
			return nil, badParam("refreshToken", "不合法的refreshToken")
		}
		delete(q.s.userTokens, in.RefreshToken)
		person = t.person
	default:
		return nil, badParam("grantType", "grantType is authorization_code or refresh_token")
	}
	for name, t := range q.s.userTokens {
		if !t.until.After(q.now) {
			delete(q.s.userTokens, name)
		}
	}
	access, refresh := random(32), random(32)
	q.s.userTokens[access] = &userToken{app: a, person: person, until: q.now.Add(tokenLife)}
	q.s.userTokens[refresh] = &userToken{app: a, person: person, refresh: true, until: q.now.Add(refreshLife)}
	return answer{"accessToken": access, "refreshToken": refresh, "expireIn": int(tokenLife / time.Second), "corpId": q.s.state.CorpID}, nil
}

// whoAmI is GET /v1.0/contact/users/{unionId}, with a person's own token; me is that person.
func whoAmI(q *request) (answer, *apiError) {
	t := q.s.userTokens[q.http.Header.Get("x-acs-dingtalk-access-token")]
	if t == nil || t.refresh || !t.until.After(q.now) {
		return nil, badToken(false, false)
	}
	if id := q.path("unionId"); id != "me" && id != q.s.unionID(t.person) {
		return nil, &apiError{status: http.StatusForbidden, code: "Forbidden.AccessDenied", msg: "only the person themselves"}
	}
	p, _ := q.s.company.Person(t.person)
	out := answer{"nick": p.Name, "avatarUrl": "", "openId": openID(t.app, p.ID), "unionId": q.s.unionID(p.ID), "email": p.Email}
	if t.app.granted(scopeMobile) {
		out["mobile"], out["stateCode"] = strings.TrimPrefix(p.Mobile, mainland), "86"
	}
	return out, nil
}

// openID is a person's id to one app: the same at every time.
func openID(a *app, person string) string {
	return deriveDigits(20, a.ClientID, "open", person)
}

// whoLooks is POST /topapi/v2/user/getuserinfo: who opened a page inside DingTalk.
func whoLooks(q *request) (answer, *apiError) {
	var in struct {
		Code string `json:"code"`
	}
	if refusal := q.intoOld(&in); refusal != nil {
		return nil, refusal
	}
	c := q.s.useCode(q.app, in.Code, true)
	if c == nil {
		return nil, deny(40078, "不存在的临时授权码")
	}
	level := 0
	if slices.Contains(q.s.admins, c.person) {
		level = 2
	}
	return answer{"result": map[string]any{"userid": q.s.userID(c.person), "unionid": q.s.unionID(c.person), "associated_unionid": q.s.unionID(c.person),
		"name": q.s.nameOf(c.person), "device_id": "", "sys": level > 0, "sys_level": level}}, nil
}
