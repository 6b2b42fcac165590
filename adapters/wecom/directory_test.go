package wecom

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/event"
)

// contacts is a corp of two departments, for one app. Calls with another token than the present one are refused.
type contacts struct {
	*adapterstest.Server
	mu      sync.Mutex
	fetches int
	expire  bool
}

func newContacts(t *testing.T, name string) *contacts {
	v := &contacts{Server: adapterstest.NewServer(t)}
	token := func() string { return fmt.Sprintf("tok-%s-%d", name, v.fetches) }
	v.On("GET", "/cgi-bin/gettoken", func(adapterstest.Call) adapterstest.Answer {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.fetches++
		v.expire = false
		return adapterstest.Answer{Body: fmt.Sprintf(`{"errcode":0,"access_token":%q,"expires_in":7200}`, token())}
	})
	answer := func(f func(q url.Values) string) func(adapterstest.Call) adapterstest.Answer {
		return func(c adapterstest.Call) adapterstest.Answer {
			v.mu.Lock()
			defer v.mu.Unlock()
			q, err := url.ParseQuery(c.Query)
			if err != nil || v.expire || q.Get("access_token") != token() {
				return adapterstest.Answer{Body: `{"errcode":42001,"errmsg":"expired ` + q.Get("access_token") + `"}`}
			}
			return adapterstest.Answer{Body: f(q)}
		}
	}
	v.On("GET", "/cgi-bin/department/list", answer(func(url.Values) string {
		return `{"errcode":0,"department":[{"id":1,"name":"` + name + `","parentid":0,"order":100},{"id":3,"name":"研发部","parentid":1,"order":200,"department_leader":["Han.MeiMei"]}]}`
	}))
	v.On("GET", "/cgi-bin/user/list", answer(func(q url.Values) string {
		if q.Get("department_id") == "1" {
			return `{"errcode":0,"userlist":[{"userid":"Boss","name":"总","department":[1],"status":1}]}`
		}
		return `{"errcode":0,"userlist":[{"userid":"boss","name":"总","department":[1,3],"status":1},{"userid":"li.lei","name":"李雷","department":[3],"main_department":3,
			"position":"工程师","direct_leader":["Han.MeiMei"],"status":1,"mobile":"13800000000","extattr":{"attrs":[{"type":0,"name":"工号","text":{"value":"E007"}}]}}]}`
	}))
	v.On("GET", "/cgi-bin/user/get", answer(func(q url.Values) string {
		if q.Get("userid") != "zhangsan" {
			return `{"errcode":60111,"errmsg":"userid not found"}`
		}
		return strings.Replace(`{"errcode":0,"errmsg":"ok","userid":"ZhangSan","name":"张三","department":[3,7],"position":"工程师","direct_leader":["lisi"],"gender":"0","main_department":7,"status":5,"extattr":{"attrs":[]}}`, "\n", "", -1)
	}))
	v.On("GET", "/cgi-bin/auth/getuserinfo", answer(func(q url.Values) string {
		switch q.Get("code") {
		case "good":
			return `{"errcode":0,"errmsg":"ok","userid":"ZhangSan"}`
		case "guest":
			return `{"errcode":0,"errmsg":"ok","openid":"o1"}`
		}
		return `{"errcode":40029,"errmsg":"invalid code"}`
	}))
	return v
}

func (v *contacts) platform(t *testing.T) *Platform {
	cfg := testConfig()
	cfg.BaseURL, cfg.Login = v.URL, true
	p, err := newPlatform(cfg, adapters.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	v := newContacts(t, "总公司")
	p := v.platform(t)
	ds, err := p.Departments(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := p.refs()
	want := []event.Department{{Ref: s.dept("1"), Name: "总公司", Order: -100}, {Ref: s.dept("3"), Name: "研发部", Parent: "1", Order: -200, Leads: []event.Ref{s.user("han.meimei")}}}
	if d := cmp.Diff(want, ds); d != "" {
		t.Error(d)
	}
	as, err := p.Accounts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	lead := s.user("han.meimei")
	people := []event.Account{
		{Refs: []event.Ref{s.user("boss")}, Name: "总", Depts: []string{"1"}, Active: true},
		{Refs: []event.Ref{s.user("li.lei")}, Name: "李雷", EmployeeNo: "E007", Mobile: "+8613800000000", Title: "工程师", Depts: []string{"3"}, Manager: &lead, Active: true},
	}
	if d := cmp.Diff(people, as); d != "" {
		t.Error(d)
	}
	a, err := p.Account(context.Background(), s.user("zhangsan"))
	if err != nil || a.Name != "张三" || !a.Left || a.Active || a.Depts[0] != "7" || a.Refs[0] != s.user("zhangsan") {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := p.Account(context.Background(), s.user("nobody")); adapters.KindOf(err) != adapters.KindNotFound || codeOf(err) != "60111" {
		t.Errorf("nobody: %v", err)
	}
	// Half a directory is never returned.
	v.Fault("/cgi-bin/user/list", adapterstest.Answer{Status: http.StatusBadGateway, Body: "<html>"}, 1)
	if as, err := p.Accounts(context.Background()); adapters.KindOf(err) != adapters.KindTransient || as != nil {
		t.Errorf("%d accounts, %v", len(as), err)
	}
}

// Two corps at once through the one library: each with its own server, token and context, and no token shown.
func TestLibraryIsSharedSafely(t *testing.T) {
	t.Parallel()
	one, two := newContacts(t, "甲"), newContacts(t, "乙")
	var wg sync.WaitGroup
	first, second := one.platform(t), two.platform(t)
	for i := range 24 {
		p, name := first, "甲"
		if i%2 == 1 {
			p, name = second, "乙"
		}
		wg.Go(func() {
			for range 5 {
				ds, err := p.Departments(context.Background())
				if err != nil || ds[0].Name != name {
					t.Errorf("%s: %v %v", name, ds, err)
					return
				}
			}
		})
	}
	wg.Wait()
	p := first
	before := one.fetches
	one.mu.Lock()
	one.expire = true
	one.mu.Unlock()
	if _, err := p.Departments(context.Background()); err != nil || one.fetches != before+1 {
		t.Errorf("an expired token: %v, %d fetches", err, one.fetches-before)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	one.Fault("/cgi-bin/department/list", adapterstest.Answer{After: time.Minute}, 1)
	if _, err := p.Departments(ctx); err == nil || strings.Contains(fmt.Sprintf("%+v", err), "tok-") {
		t.Errorf("a call that takes too long: %v", err)
	}
	one.Heal() // on a busy machine the call may never have come there
	one.Fault("/cgi-bin/department/list", adapterstest.Answer{Status: 500, Body: "x"}, 1)
	if _, err := p.Departments(context.Background()); adapters.KindOf(err) != adapters.KindTransient || strings.Contains(err.Error(), "tok-") {
		t.Errorf("a server in trouble: %v", err)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	v := newContacts(t, "甲")
	p := v.platform(t)
	const back = "https://bot.example.com/m/login?to=1&x=#y"
	inside, err := url.Parse(p.LoginURL(back, "st8", "Mozilla/5.0 wxwork/4.1.0 MicroMessenger"))
	if err != nil || inside.Host != "open.weixin.qq.com" || inside.Query().Get("redirect_uri") != back || inside.Query().Get("agentid") != "1000002" || inside.Fragment != "wechat_redirect" {
		t.Errorf("%v %v", inside, err)
	}
	outside, err := url.Parse(p.LoginURL(back, "st8", "Mozilla/5.0"))
	if err != nil || outside.Host != "login.work.weixin.qq.com" || outside.Query().Get("state") != "st8" || outside.Query().Get("login_type") != "CorpApp" {
		t.Errorf("%v %v", outside, err)
	}
	if ref, err := p.LoginUser(context.Background(), adapters.LoginReturn{Code: "good"}); err != nil || ref != p.refs().user("zhangsan") {
		t.Errorf("%v %v", ref, err)
	}
	for code, want := range map[string]adapters.Kind{"bad": adapters.KindInvalid, "guest": adapters.KindForbidden, "": adapters.KindInvalid, "good&access_token=x": adapters.KindInvalid} {
		if _, err := p.LoginUser(context.Background(), adapters.LoginReturn{Code: code}); adapters.KindOf(err) != want {
			t.Errorf("%q: %v", code, err)
		}
	}
	if !p.LoginClient("Mozilla/5.0 wxwork/4.1.0 MicroMessenger") || p.LoginClient("Mozilla/5.0 MicroMessenger") {
		t.Error("whose client it is")
	}
	off := newTest(t, testConfig(), testNow)
	if u := off.LoginURL(back, "x", ""); u != "" {
		t.Errorf("login is not set: %s", u)
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	v := newContacts(t, "甲")
	v.On("POST", "/cgi-bin/media/upload", func(c adapterstest.Call) adapterstest.Answer {
		if !strings.Contains(c.Query, "type=file") || !strings.Contains(string(c.Body), `filename="报价.pdf"`) || !strings.Contains(string(c.Body), "%PDF-1.7") {
			t.Errorf("%s %.200s", c.Query, c.Body)
		}
		return adapterstest.Answer{Body: `{"errcode":0,"type":"file","media_id":"MEDIA_1","created_at":"1380000000"}`}
	})
	p := v.platform(t)
	if ref, err := p.Upload(context.Background(), "file", "报价.pdf", []byte("%PDF-1.7")); err != nil || ref != p.refs().file("MEDIA_1") {
		t.Errorf("%v %v", ref, err)
	}
	for kind, data := range map[string]string{"file": "x", "music": "abcdefgh"} {
		if _, err := p.Upload(context.Background(), kind, "a", []byte(data)); adapters.KindOf(err) != adapters.KindInvalid {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestKept(t *testing.T) {
	t.Parallel()
	now := testNow
	k := &kept{now: func() time.Time { return now }}
	_ = k.Set("a", "1", time.Minute)
	if k.Get("a") != "1" || k.Get("b") != nil || !k.IsExist("a") {
		t.Error("not kept")
	}
	now = now.Add(time.Minute)
	if k.IsExist("a") {
		t.Error("kept too long")
	}
	_ = k.Set("c", 1, time.Hour)
	if _ = k.Delete("c"); k.Get("c") != nil {
		t.Error("not deleted")
	}
}
