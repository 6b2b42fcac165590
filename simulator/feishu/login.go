package feishu

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"magpie/simulator"
)

// Log-in of web pages. Where Feishu knows who looks at the page, the simulated one asks: the page lists the
// people, or the address says person= at once. person=nobody is somebody who presses 拒绝.
//
// Source: Feishu Open Platform, "Obtain authorization code", "Get user_access_token" (v2), "Get user
// information", "How to solve error 20029", checked 2026-11. The codes of the token interface beside 20003 and
// 20004, and that a wrong redirect address there is one of them, are (unverified).
const (
	authorizePath = "/open-apis/authen/v1/authorize" // of accounts.feishu.cn
	loginCodeLife = 5 * time.Minute
	userTokenLife = 2 * time.Hour
	denyLogin     = "nobody"
)

// loginCode is a log-in on its way back to the app.
type loginCode struct {
	app       *app
	person    string
	back      string // redirect_uri
	challenge string // S256, "" without
	scope     string
	until     time.Time
	used      bool
}

// userToken speaks for one person.
type userToken struct {
	app    *app
	person string
	until  time.Time
}

type loginView struct {
	App    string
	Error  string
	Code   int
	People []loginPerson
	Deny   string
}

type loginPerson struct{ Name, Link string }

var loginPage = template.Must(template.New("").Parse(`<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>飞书登录（模拟）</title>
{{if .Error}}<h1>无法登录</h1><p>{{.Error}} 错误码 {{.Code}}</p>{{else}}<h1>{{.App}}</h1><p>以谁的身份登录？</p><ul>
{{range .People}}<li><a href="{{.Link}}">{{.Name}}</a></li>
{{end}}</ul><p><a href="{{.Deny}}">拒绝</a></p>{{end}}</html>`))

// serveLogin is the page that a link to accounts.feishu.cn/open-apis/authen/v1/authorize leads to.
func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault := s.faults.Take(r.URL.Path, true)
	to, page := "", loginView{}
	if fault == "" {
		to, page = s.loginStep(r.URL.Query())
	}
	s.mu.Unlock()
	switch {
	case fault == faultDrop || fault == faultTimeout:
		s.record(r, 0, 0)
		simulator.Cut(w)
	case fault != "":
		s.record(r, http.StatusInternalServerError, 2200)
		http.Error(w, texts[2200], http.StatusInternalServerError)
	case to != "":
		s.record(r, http.StatusFound, 0)
		http.Redirect(w, r, to, http.StatusFound)
	default:
		s.record(r, http.StatusOK, page.Code)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "no-store")
		_ = loginPage.Execute(w, page)
	}
}

// challengeForm is what a code_challenge of S256 looks like: 32 bytes.
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// loginStep checks a link and returns where to go, or what the page shows. Callers hold s.mu.
func (s *Server) loginStep(q url.Values) (string, loginView) {
	refuse := func(code int, why string) (string, loginView) { return "", loginView{Code: code, Error: why} }
	var a *app
	for _, candidate := range s.apps {
		if candidate.AppID == q.Get("client_id") {
			a = candidate
		}
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	challenge := q.Get("code_challenge")
	scopes := strings.Fields(q.Get("scope"))
	switch {
	case a == nil:
		return refuse(20028, "client_id 不合法")
	case err != nil || back.Host == "" || back.Scheme != "http" && back.Scheme != "https" || back.Fragment != "",
		a.RedirectURIs != nil && !slices.Contains(a.RedirectURIs, q.Get("redirect_uri")):
		return refuse(20029, "redirect_uri 请求不合法")
	case q.Get("response_type") != "code":
		return refuse(20001, "response_type 应为 code")
	case challenge != "" && q.Get("code_challenge_method") != "S256" && q.Get("code_challenge_method") != "plain",
		challenge != "" && q.Get("code_challenge_method") == "S256" && !challengeForm.MatchString(challenge):
		return refuse(20001, "code_challenge 或 code_challenge_method 不合法")
	}
	for _, scope := range scopes {
		if a.Scopes != nil && !slices.Contains(a.Scopes, scope) {
			return refuse(20027, "应用未开通权限 "+scope)
		}
	}
	link := func(person string) string {
		next := url.Values{}
		for k, v := range q {
			next[k] = v
		}
		next.Set("person", person)
		return "?" + next.Encode()
	}
	person := q.Get("person")
	values := back.Query()
	values.Set("state", q.Get("state"))
	switch {
	case person == "":
		view := loginView{App: a.Name, Deny: link(denyLogin)}
		for _, p := range s.company.People {
			if s.available(a, p.ID) {
				view.People = append(view.People, loginPerson{p.Name, link(p.ID)})
			}
		}
		return "", view
	case person == denyLogin:
		values.Set("error", "access_denied")
		back.RawQuery = values.Encode()
		return back.String(), loginView{}
	}
	if _, there := s.company.Person(person); !there {
		return refuse(20008, "没有这个人")
	}
	now := s.now()
	for name, c := range s.loginCodes {
		if now.Sub(c.until) > time.Hour {
			delete(s.loginCodes, name)
		}
	}
	if challenge != "" && q.Get("code_challenge_method") == "plain" {
		challenge = s256(challenge)
	}
	name := random(32)
	s.loginCodes[name] = &loginCode{app: a, person: person, back: q.Get("redirect_uri"), challenge: challenge, scope: strings.Join(scopes, " "), until: now.Add(loginCodeLife)}
	values.Set("code", name)
	back.RawQuery = values.Encode()
	return back.String(), loginView{}
}

func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// grant is a refusal of the token interface, in OAuth's words and with Feishu's code.
func grant(code int, kind, why string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, msg: why, oauth: kind}
}

// newUserToken is POST /open-apis/authen/v2/oauth/token.
func newUserToken(q *request) (answer, *apiError) {
	var in struct {
		GrantType    string `json:"grant_type"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		Code         string `json:"code"`
		RedirectURI  string `json:"redirect_uri"`
		Verifier     string `json:"code_verifier"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, grant(20063, "invalid_request", "the request body is not valid")
	}
	switch {
	case in.GrantType == "" || in.ClientID == "" || in.ClientSecret == "" || in.Code == "":
		return nil, grant(20001, "invalid_request", "a required parameter is missing")
	case in.GrantType != "authorization_code":
		return nil, grant(20036, "unsupported_grant_type", "the grant_type is not supported")
	}
	a, why := q.s.identify(in.ClientID, in.ClientSecret)
	switch why {
	case 10014:
		return nil, grant(20048, "invalid_client", "the app does not exist")
	case 10015:
		return nil, grant(20002, "invalid_client", "the client secret is invalid")
	}
	c := q.s.loginCodes[in.Code]
	switch {
	case c == nil:
		return nil, grant(20003, "invalid_grant", "the authorization code is invalid")
	case c.app != a:
		return nil, grant(20024, "invalid_grant", "the authorization code does not match the client_id")
	case c.used:
		return nil, grant(20003, "invalid_grant", "the authorization code has been used")
	case !c.until.After(q.now):
		return nil, grant(20004, "invalid_grant", "the authorization code has expired")
	case in.RedirectURI != "" && in.RedirectURI != c.back:
		return nil, grant(20071, "invalid_grant", "the redirect_uri is not that of the authorization")
	case c.challenge != "" && subtle.ConstantTimeCompare([]byte(s256(in.Verifier)), []byte(c.challenge)) != 1:
		return nil, grant(20049, "invalid_grant", "the code_verifier does not match")
	case !q.s.available(a, c.person):
		return nil, grant(20010, "invalid_grant", "the user has no permission to use the app")
	}
	c.used = true
	for name, t := range q.s.userTokens {
		if !t.until.After(q.now) {
			delete(q.s.userTokens, name)
		}
	}
	name := "u-" + random(42)
	q.s.userTokens[name] = &userToken{app: a, person: c.person, until: q.now.Add(userTokenLife)}
	return answer{"access_token": name, "expires_in": int(userTokenLife / time.Second), "token_type": "Bearer", "scope": c.scope}, nil
}

// userInfo is GET /open-apis/authen/v1/user_info, with a person's own token.
func userInfo(q *request) (answer, *apiError) {
	header := q.http.Header.Get("Authorization")
	name, bearer := strings.CutPrefix(header, "Bearer ")
	switch {
	case header == "":
		return nil, fail(99991661)
	case !bearer || name == "":
		return nil, fail(99991671)
	}
	t := q.s.userTokens[name]
	switch {
	case t == nil:
		return nil, fail(99991668)
	case !t.until.After(q.now):
		return nil, fail(99991677)
	}
	p, _ := q.s.company.Person(t.person)
	out := map[string]any{"name": p.Name, "en_name": p.Name, "avatar_url": "", "avatar_thumb": "", "avatar_middle": "", "avatar_big": "",
		"open_id": q.s.openID(t.app, p.ID), "union_id": q.s.unionID(p.ID), "tenant_key": q.s.state.TenantKey}
	for scope, field := range map[string]map[string]any{
		"contact:user.employee_id:readonly": {"user_id": q.s.userID(p.ID)}, "contact:user.email:readonly": {"email": p.Email},
		"contact:user.phone:readonly": {"mobile": p.Mobile}, "contact:user.employee:readonly": {"employee_no": p.EmployeeNo},
	} {
		if t.app.Scopes == nil || slices.Contains(t.app.Scopes, scope) {
			for k, v := range field {
				out[k] = v
			}
		}
	}
	return data(out), nil
}
