package pages_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/web"
	"magpie/web/pages"
)

// gate is two suites that give codes to persons. A code is "<person>" and whatever else, good once.
type gate struct {
	mu   sync.Mutex
	ways []pages.Way
	used map[string]bool
	last pages.Return
	down bool
}

func newGate(ids ...string) *gate {
	g := &gate{used: map[string]bool{}}
	for _, id := range ids {
		g.ways = append(g.ways, pages.Way{Connection: id, Suite: strings.TrimSuffix(id, "-main")})
	}
	return g
}

func (g *gate) Ways(agent string) []pages.Way {
	var out []pages.Way
	for _, w := range g.ways {
		w.Here = agent == w.Suite
		out = append(out, w)
	}
	return out
}

func (g *gate) LoginURL(connection, back, state, agent string) string {
	for _, w := range g.ways {
		if w.Connection == connection {
			return "https://login.example/" + w.Suite + "?" + url.Values{"back": {back}, "state": {state}}.Encode()
		}
	}
	return ""
}

func (g *gate) Login(_ context.Context, connection string, r pages.Return) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down {
		return "", errors.New("the suite does not answer: secret words of it")
	}
	g.last = r
	if g.used[r.Code] {
		return "", pages.ErrCode
	}
	g.used[r.Code] = true
	person, _, _ := strings.Cut(r.Code, "/")
	if person == "nobody" {
		return "", nil
	}
	return person, nil
}

// sent is where a page sends its viewer: the suite, and the address to come back to with the state.
func (x *house) sent(at string, head ...string) (suite, back string) {
	x.t.Helper()
	x.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, body := x.do(http.MethodGet, at, "", "", head...)
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusSeeOther || to.Host != "login.example" {
		x.t.Fatalf("%d %s %s", resp.StatusCode, to, text(body))
	}
	if strings.Contains(body, "采购") {
		x.t.Errorf("something is shown before the log-in: %s", body)
	}
	q := to.Query()
	if strings.Contains(q.Get("back"), "?") {
		x.t.Errorf("an address that can't be registered: %s", q.Get("back"))
	}
	return strings.TrimPrefix(to.Path, "/"), q.Get("back") + "?state=" + q.Get("state")
}

// cameBack follows a viewer who comes back with a code, to the page that they are led to.
func (x *house) cameBack(back, code string) (at string) {
	x.t.Helper()
	resp, body := x.do(http.MethodGet, back+"&code="+url.QueryEscape(code), "", "")
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/m/") {
		x.t.Fatalf("%d %s %s", resp.StatusCode, to, text(body))
	}
	return x.base + to
}

// logIn opens an address and logs in as somebody; at is where they are led.
func (x *house) logIn(at, person string) (page string) {
	x.t.Helper()
	_, back := x.sent(at)
	return x.cameBack(back, person+"/"+back)
}

const mine = "这个页面是给别人的"

func (x *house) sealed(person string) string {
	x.t.Helper()
	return x.h.Address(web.Link{Slot: "abc/initiator", Person: person, Login: "wecom-main"})
}

func TestLoginConfirmsWhoOpens(t *testing.T) {
	t.Parallel()
	g := newGate("feishu-main", "wecom-main")
	x := newHouse(t, func(o *pages.Options) { o.Gate = g })
	at := x.sealed("li.lei")

	suite, back := x.sent(at)
	if suite != "wecom" {
		t.Errorf("sent to %s, and the card came from WeCom", suite)
	}
	if to := x.cameBack(back, "li.lei"); to != at+"?in=1" {
		t.Errorf("led to %s", to)
	}
	if g.last.Back != x.base+"/m/login/wecom-main" || !strings.HasSuffix(back, g.last.State) {
		t.Errorf("exchanged with %+v", g.last)
	}
	status, body := x.get(at)
	x.has("confirmed", status, body, http.StatusOK, "采购申请", "以李雷的身份")
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	status, done := x.post(at, f)
	x.has("press", status, done, http.StatusOK, "已提交")

	// The link alone, in another browser, shows nothing and decides nothing.
	before := len(x.pressed())
	x.newClient()
	status, body = x.post(at, f)
	x.has("a press without a log-in", status, body, http.StatusForbidden, "登录已过期", "填写的内容已经保留", "用企业微信登录", "!采购申请", "!键盘")
	// A session from a plain link is no confirmation.
	x.get(x.formLink())
	x.sent(at)

	// Another person, who logs in as themself, sees and does nothing of it. They are themself afterwards, and nobody else.
	x.newClient()
	page := x.logIn(at, "han.meimei")
	for _, address := range []string{page, at, at + "?lang=zh"} {
		status, body = x.get(address)
		x.has("another person", status, body, http.StatusForbidden, mine, "你登录的身份是韩梅梅", "用企业微信登录", "用飞书登录", "!采购", "!李雷")
	}
	status, body = x.post(at, f)
	x.has("a press by another person", status, body, http.StatusForbidden, mine, "!采购", "!键盘")
	if n := len(x.pressed()); n != before {
		t.Errorf("%d presses by others", n-before)
	}
	status, body = x.get(x.base + "/m/tasks")
	x.has("who they are", status, body, http.StatusOK, "以韩梅梅的身份", "!李雷")
	// Who can be several may log in anew.
	suite, back = x.sent(at + "?by=feishu-main")
	if suite != "feishu" {
		t.Errorf("asked for feishu, sent to %s", suite)
	}
	status, body = x.get(x.cameBack(back, "li.lei/2"))
	x.has("by another suite", status, body, http.StatusOK, "采购申请", "以李雷的身份")
}

// What comes back from a suite counts only in the browser that was sent there, once, for ten minutes.
func TestLoginTrips(t *testing.T) {
	t.Parallel()
	g := newGate("wecom-main")
	x := newHouse(t, func(o *pages.Options) { o.Gate = g })
	at := x.sealed("li.lei")
	_, back := x.sent(at)
	for name, from := range map[string]string{
		"another's state": x.base + "/m/login/wecom-main?state=" + strings.Repeat("0", 32), "no state": x.base + "/m/login/wecom-main?x=1",
		"odd state": x.base + "/m/login/wecom-main?state=" + strings.Repeat("%0d", 32), "another connection": strings.Replace(back, "wecom-main", "feishu-main", 1),
	} {
		status, body := x.get(from + "&code=li.lei")
		x.has(name, status, body, http.StatusForbidden, "登录没有完成", "从聊天中的卡片重新打开", "!采购")
	}
	_, back = x.sent(at)
	status, body := x.get(back + "&error=access_denied")
	x.has("who does not want to", status, body, http.StatusForbidden, "登录被取消", "再试一次", "用企业微信登录", "/m/c/")
	status, body = x.get(back + "&code=li.lei")
	x.has("the same state twice", status, body, http.StatusForbidden, "从聊天中的卡片重新打开")

	x.logIn(at, "li.lei")
	x.newClient()
	_, back = x.sent(at)
	g.used["again"] = true
	status, body = x.get(back + "&code=again")
	x.has("a code that is used up", status, body, http.StatusForbidden, "已经失效", "用企业微信登录")
	_, back = x.sent(at)
	status, body = x.get(back + "&code=nobody")
	x.has("an account of nobody", status, body, http.StatusForbidden, "没有找到你的账号")
	_, back = x.sent(at)
	status, body = x.get(back + "&code=gone/1")
	x.has("somebody who has left", status, body, http.StatusForbidden, "没有找到你的账号")
	_, back = x.sent(at)
	g.down = true
	status, body = x.get(back + "&code=li.lei/1")
	x.has("the suite does not answer", status, body, http.StatusServiceUnavailable, "暂时不能确认你的身份", "用企业微信登录", "!secret")
	g.down = false

	// Two pages at once have a trip each.
	_, first := x.sent(at)
	_, second := x.sent(x.h.Address(web.Link{Slot: "abc/initiator", Person: "li.lei", Login: "wecom-main", Verb: "submit"}))
	if to := x.cameBack(first, "li.lei/3"); !strings.HasPrefix(to, at) {
		t.Errorf("the first page leads to %s", to)
	}
	if to := x.cameBack(second, "li.lei/4"); strings.HasPrefix(to, at) {
		t.Errorf("the second page leads to %s", to)
	}
	x.newClient()
	_, back = x.sent(at)
	x.newClient()
	status, body = x.get(back + "&code=li.lei/5")
	x.has("in another browser", status, body, http.StatusForbidden, "在另一个浏览器里开始")
	_, back = x.sent(at)
	x.later(11 * time.Minute)
	status, body = x.get(back + "&code=li.lei/6")
	x.has("too late", status, body, http.StatusForbidden, "登录用了太久")
}

func (x *house) later(d time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now = x.now.Add(d)
}

// A browser without cookies is told so, and not sent round and round.
func TestLoginWithoutCookies(t *testing.T) {
	t.Parallel()
	x := newHouse(t, func(o *pages.Options) { o.Gate = newGate("wecom-main") })
	at := x.logIn(x.sealed("li.lei"), "li.lei")
	x.newClient()
	status, body := x.get(at)
	x.has("without cookies", status, body, http.StatusForbidden, "没能记住你的登录", "用企业微信登录")
}

func TestLoginWays(t *testing.T) {
	t.Parallel()
	g := newGate("feishu-main", "dingtalk-main", "wecom-main", "wecom-other")
	x := newHouse(t, func(o *pages.Options) { o.Gate = g })
	g.ways[3].Suite = "wecom"
	at := x.sealed("li.lei")
	for _, c := range []struct{ at, agent, want string }{
		{at, "curl", "wecom"}, {at, "dingtalk", "dingtalk"}, {at + "?by=feishu-main", "dingtalk", "feishu"}, {at + "?by=nothing", "curl", "wecom"},
		{x.base + "/m/tasks", "feishu", "feishu"}, {x.base + "/m/i/abc", "wecom", "wecom"},
	} {
		if suite, _ := x.sent(c.at, "User-Agent", c.agent); suite != c.want {
			t.Errorf("%s in %s is sent to %s, want %s", c.at, c.agent, suite, c.want)
		}
	}
	// Without a card nobody knows which suite it is.
	status, body := x.get(x.base + "/m/tasks?tab=started&evil=1")
	x.has("which suite", status, body, http.StatusForbidden, "请先登录", "用飞书登录", "用钉钉登录", "用企业微信 (wecom-other)登录", "/m/tasks?tab=started&amp;by=feishu-main", "!evil")
	_, back := x.sent(x.base + "/m/tasks?tab=started&by=feishu-main")
	to := x.cameBack(back, "li.lei")
	if to != x.base+"/m/tasks?tab=started&in=1" {
		t.Errorf("led to %s", to)
	}
	status, body = x.get(to)
	x.has("lists", status, body, http.StatusOK, "以李雷的身份")
	// A page of an instance asks likewise, and is only for who has something to do with it.
	x.newClient()
	status, body = x.get(x.logIn(x.base+"/m/i/abc?by=feishu-main", "wang.wei"))
	x.has("an instance of others", status, body, http.StatusNotFound, "没有可以显示的内容")
}

// A form that is handed in after the session has ended is kept over the log-in, for its person, in their browser.
func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	g := newGate("wecom-main")
	x := newHouse(t, func(o *pages.Options) { o.Gate = g })
	at := x.sealed("li.lei")
	_, body := x.get(x.logIn(at, "li.lei"))
	f := fill(t, body, "submit", "f.item", "键盘二十把", "f.amount", "18", "f.owner", "王")
	x.later(3 * time.Hour)
	status, body := x.post(at, f)
	x.has("too late", status, body, http.StatusForbidden, "登录已过期", "填写的内容已经保留", "!键盘")
	if n := len(x.pressed()); n != 0 {
		t.Fatalf("%d presses without a session", n)
	}
	// Somebody else who logs in in this browser does not see it.
	status, body = x.get(x.logIn(at+"?by=wecom-main", "han.meimei"))
	x.has("another person", status, body, http.StatusForbidden, mine, "!键盘")
	status, body = x.get(x.logIn(at+"?by=wecom-main", "li.lei/2"))
	x.has("back again", status, body, http.StatusOK, "刚才填写的内容还在", `value="键盘二十把"`, `value="18"`)
	if n := len(x.pressed()); n != 0 {
		t.Errorf("coming back pressed %d times", n)
	}
	g2 := fill(t, body, "submit", "f.item", "键盘二十把", "f.amount", "18")
	status, done := x.post(at, g2)
	x.has("handed in again", status, done, http.StatusOK, "已提交")
	// It is there once.
	_, body = x.get(at)
	x.has("no more", http.StatusOK, body, http.StatusOK, "!键盘二十把")

	// On the page of an instance too, as long as the browser says whose it is.
	inst := x.base + "/m/i/abc"
	_, body = x.get(inst)
	f = fill(t, body, "submit", "f.item", "显示器", "f.amount", "1")
	x.later(3 * time.Hour)
	status, body = x.post(inst, f)
	x.has("instance, too late", status, body, http.StatusForbidden, "填写的内容已经保留")
	status, body = x.get(x.logIn(inst+"?by=wecom-main", "li.lei/3"))
	x.has("instance, back", status, body, http.StatusOK, `value="显示器"`)
	x.newClient()
	status, body = x.post(inst, f)
	x.has("of a stranger nothing is kept", status, body, http.StatusForbidden, "从头填写", "!显示器")

	// What was typed in one browser is not shown in another.
	at = x.sealed("li.lei")
	x.post(at, f)
	x.newClient()
	_, body = x.get(x.logIn(at, "li.lei/4"))
	x.has("another browser", http.StatusOK, body, http.StatusOK, "采购申请", "!显示器")
}

// A shelf that can't keep says so: nothing is promised.
type brokenShelf struct{}

func (brokenShelf) Put(context.Context, string, []byte, time.Time) error { return errors.New("full") }
func (brokenShelf) Take(context.Context, string) ([]byte, error)         { return nil, errors.New("gone") }

func TestBrokenShelf(t *testing.T) {
	t.Parallel()
	x := newHouse(t, func(o *pages.Options) { o.Gate, o.Shelf = newGate("wecom-main"), brokenShelf{} })
	at := x.sealed("li.lei")
	_, body := x.get(x.logIn(at, "li.lei"))
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	x.later(3 * time.Hour)
	status, body := x.post(at, f)
	x.has("not kept", status, body, http.StatusForbidden, "从头填写")
	status, body = x.get(x.logIn(at, "li.lei/2"), "Cookie", "magpie_kept=00")
	x.has("and read", status, body, http.StatusOK, "采购申请")
}

// Sessions that a suite confirmed begin anew with each log-in, and are not given up for a link.
func TestSessionsOfSuites(t *testing.T) {
	t.Parallel()
	x := newHouse(t, func(o *pages.Options) { o.Gate = newGate("wecom-main") })
	at := x.sealed("li.lei")
	session := func() string {
		u, _ := url.Parse(x.base + "/m/")
		for _, c := range x.client.Jar.Cookies(u) {
			if c.Name == "magpie_page" {
				return c.Value
			}
		}
		return ""
	}
	x.get(x.formLink()) // by a plain link
	plain := session()
	x.logIn(at, "li.lei")
	first := session()
	x.logIn(at+"?by=wecom-main", "li.lei/2")
	if second := session(); plain == "" || first == plain || second == first {
		t.Error("a session outlives a log-in")
	}
	x.get(x.taskLink()) // somebody else's, of a connection without log-in
	status, body := x.get(at)
	x.has("still themself", status, body, http.StatusOK, "采购申请", "以李雷的身份")
}

// Where the log-in was switched off after a card was sent, its links open nothing, and the card can be had anew.
func TestLoginSwitchedOff(t *testing.T) {
	t.Parallel()
	x := newHouse(t, func(o *pages.Options) { o.Gate = newGate() })
	at := x.sealed("li.lei")
	status, body := x.get(at)
	x.has("no log-in any more", status, body, http.StatusForbidden, "请从聊天中打开", "重新发给我", "!采购申请")
	status, body = x.post(at, url.Values{"act": {"resend"}})
	x.has("sent again", status, body, http.StatusOK, "已发送")
	if len(x.resent) != 1 || x.resent[0] != "abc/initiator li.lei" {
		t.Errorf("sent again: %v", x.resent)
	}
	status, body = x.get(x.base + "/m/login/wecom-main?state=" + strings.Repeat("a", 32) + "&code=c")
	x.has("who comes back", status, body, http.StatusForbidden, "登录没有完成")
}

// Who linked their accounts after a card was sent is one person under another name: the card's links are theirs still.
func TestLinksOfSomebodyMerged(t *testing.T) {
	t.Parallel()
	x := newHouse(t, func(o *pages.Options) { o.Gate = newGate("wecom-main") })
	x.people["user7"] = x.people["li.lei"]
	at := x.h.Address(web.Link{Slot: "abc/initiator", Person: "user7", Login: "wecom-main"})
	status, body := x.get(x.logIn(at, "li.lei"))
	x.has("theirs", status, body, http.StatusOK, "采购申请", "以李雷的身份")
	status, done := x.post(at, fill(t, body, "submit", "f.item", "键盘", "f.amount", "1"))
	x.has("press", status, done, http.StatusOK, "已提交")
}
