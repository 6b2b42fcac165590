package wecom

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"magpie/simulator"
)

// Sign-in of web pages, inside WeCom and in a browser. Where WeCom knows who looks at the page, the simulated
// one asks: the page lists the members, or the address says person= at once.
//
// Source: WeCom developer documents, "Web authorization link" (path 91022), "Get the visitor's identity"
// (path 91023), "Sensitive information" (path 95833), "Web login" (path 98152), checked 2026-11.
const (
	codeTime   = 5 * time.Minute
	ticketTime = 1800 * time.Second
)

// signIn is a code on its way back to the app.
type signIn struct {
	app     *app
	person  string
	private bool
	until   time.Time
	used    bool
}

type userTicket struct {
	app    *app
	person string
	until  time.Time
}

var states = regexp.MustCompile(`^[a-zA-Z0-9]{0,128}$`)

// serveSignIn is the page that a link to open.weixin.qq.com/connect/oauth2/authorize or to
// login.work.weixin.qq.com/wwlogin/sso/login leads to.
func (s *Server) serveSignIn(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault := s.faults.Take(r.URL.Path, true)
	to, page := s.signInStep(r.URL.Query(), strings.HasPrefix(r.URL.Path, "/wwlogin/"))
	s.mu.Unlock()
	switch {
	case fault == faultDrop || fault == faultTimeout:
		s.record(r, 0, 0)
		simulator.Cut(w)
	case to != "":
		s.record(r, http.StatusFound, 0)
		http.Redirect(w, r, to, http.StatusFound)
	default:
		s.record(r, http.StatusOK, page.Code)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("Cache-Control", "no-store")
		_ = signInPage.Execute(w, page)
	}
}

type signInView struct {
	App    string
	Error  string
	Code   int
	People []signInPerson
}

type signInPerson struct{ Name, Link string }

var signInPage = template.Must(template.New("").Parse(`<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>企业微信登录（模拟）</title>
{{if .Error}}<h1>无法登录</h1><p>{{.Error}} ({{.Code}})</p>{{else}}<h1>{{.App}}</h1><p>以谁的身份进入？</p><ul>
{{range .People}}<li><a href="{{.Link}}">{{.Name}}</a></li>
{{end}}</ul>{{end}}</html>`))

// signInStep checks a link and returns where to go, or what the page shows. Callers hold s.mu.
func (s *Server) signInStep(q url.Values, browser bool) (string, signInView) {
	a, code, why := s.signInApp(q, browser)
	if code != 0 {
		return "", signInView{Error: why, Code: code}
	}
	person := q.Get("person")
	if person == "" {
		view := signInView{App: a.Name}
		for _, p := range s.company.People {
			if s.visible(a, p.ID) {
				link := url.Values{}
				for k, v := range q {
					link[k] = v
				}
				link.Set("person", p.ID)
				view.People = append(view.People, signInPerson{p.Name, "?" + link.Encode()})
			}
		}
		return "", view
	}
	if !s.employed(person) {
		return "", signInView{Error: "没有这个人", Code: 60111}
	}
	now := s.now()
	for name, c := range s.signIns {
		if now.Sub(c.until) > time.Hour {
			delete(s.signIns, name)
		}
	}
	name := secret(43)
	s.signIns[name] = &signIn{app: a, person: person, until: now.Add(codeTime),
		private: q.Get("scope") == "snsapi_privateinfo" && s.visible(a, person)}
	back, _ := url.Parse(q.Get("redirect_uri")) // parsed before
	values := back.Query()
	values.Set("code", name)
	values.Set("state", q.Get("state"))
	back.RawQuery = values.Encode()
	return back.String(), signInView{}
}

// signInApp checks everything about a link but the person.
func (s *Server) signInApp(q url.Values, browser bool) (*app, int, string) {
	if q.Get("appid") != s.state.CorpID {
		return nil, 40013, "appid 不是这个企业"
	}
	scope := q.Get("scope")
	switch {
	case browser && q.Get("login_type") != "CorpApp":
		return nil, 40058, "login_type 应为 CorpApp"
	case !browser && q.Get("response_type") != "code":
		return nil, 40058, "response_type 应为 code"
	case !browser && scope != "snsapi_base" && scope != "snsapi_privateinfo":
		return nil, 40058, "scope 应为 snsapi_base 或 snsapi_privateinfo"
	case !states.MatchString(q.Get("state")):
		return nil, 84025, "state 只能是字母和数字，不超过 128 个字节"
	}
	a := s.apps[0]
	if id := q.Get("agentid"); id != "" || browser || scope == "snsapi_privateinfo" {
		a = nil
		for _, candidate := range s.apps {
			if itoa(candidate.AgentID) == id {
				a = candidate
			}
		}
		if a == nil {
			return nil, 40056, "没有这个应用"
		}
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Host == "" || back.Scheme != "http" && back.Scheme != "https" || a.TrustedDomain != "" && back.Host != a.TrustedDomain {
		return nil, 50001, "redirect_uri 需使用应用可信域名"
	}
	return a, 0, ""
}

// visitor exchanges a code, which is good once.
func (q *request) visitor() (*signIn, *apiError) {
	name := q.query.Get("code")
	c := q.s.signIns[name]
	switch {
	case name == "":
		return nil, fail(41008)
	case c == nil || c.app != q.app:
		return nil, fail(40029)
	case c.used:
		return nil, fail(42022)
	case !c.until.After(q.now):
		return nil, fail(42003)
	}
	c.used = true
	return c, nil
}

// userInfo is GET /cgi-bin/auth/getuserinfo.
func userInfo(q *request) (answer, *apiError) {
	c, refusal := q.visitor()
	if refusal != nil {
		return nil, refusal
	}
	out := answer{"userid": q.s.userID(c.person)}
	if c.private {
		name := secret(64)
		q.s.tickets[name] = &userTicket{app: q.app, person: c.person, until: q.now.Add(ticketTime)}
		out["user_ticket"] = name
	}
	return out, nil
}

// oldUserInfo is GET /cgi-bin/user/getuserinfo, the same under its former name and with its former fields.
func oldUserInfo(q *request) (answer, *apiError) {
	c, refusal := q.visitor()
	if refusal != nil {
		return nil, refusal
	}
	return answer{"UserId": q.s.userID(c.person), "DeviceId": ""}, nil
}

// userDetail is POST /cgi-bin/auth/getuserdetail: what the administrator enabled and the member agreed to, here
// all of it.
func userDetail(q *request) (answer, *apiError) {
	for name, t := range q.s.tickets {
		if q.now.Sub(t.until) > time.Hour {
			delete(q.s.tickets, name)
		}
	}
	t := q.s.tickets[q.in.str("user_ticket")]
	switch {
	case t == nil || t.app != q.app:
		return nil, fail(84015)
	case !t.until.After(q.now):
		return nil, fail(84014)
	}
	p, _ := q.s.company.Person(t.person)
	return answer{"userid": q.s.userID(p.ID), "gender": itoa(p.Gender), "avatar": "", "qr_code": "",
		"mobile": strings.TrimPrefix(p.Mobile, "+86"), "email": p.Email, "biz_mail": p.Email, "address": ""}, nil
}
