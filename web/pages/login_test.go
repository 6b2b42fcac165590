package pages_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"magpie/web"
	"magpie/web/pages"
)

// gate is a suite that gives codes to persons.
type gate struct {
	codes map[string]string
	down  bool
}

func (g *gate) LoginURL(connection, back, state, agent string) string {
	if connection != "wecom-main" {
		return ""
	}
	return "https://login.example/?" + url.Values{"back": {back}, "state": {state}, "agent": {agent}}.Encode()
}

func (g *gate) Login(_ context.Context, _, code string) (string, error) {
	if g.down {
		return "", errors.New("the suite does not answer")
	}
	p := g.codes[code]
	delete(g.codes, code)
	return p, nil
}

// sent is where a page sends its viewer: the address to come back to, and the state.
func (x *house) sent(at string) (back string, state string) {
	x.t.Helper()
	x.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, body := x.do(http.MethodGet, at, "", "", "User-Agent", "wxwork")
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusFound || to.Host != "login.example" || to.Query().Get("agent") != "wxwork" {
		x.t.Fatalf("%d %s %s", resp.StatusCode, to, text(body))
	}
	if strings.Contains(body, "采购") {
		x.t.Errorf("something is shown before the log-in: %s", body)
	}
	return to.Query().Get("back"), to.Query().Get("state")
}

func TestLoginConfirmsWhoOpens(t *testing.T) {
	t.Parallel()
	g := &gate{codes: map[string]string{"c1": "li.lei", "c2": "han.meimei", "c3": "li.lei", "c4": "gone", "c5": "li.lei"}}
	x := newHouse(t, func(o *pages.Options) { o.Gate = g })
	at := x.h.Address(web.Link{Slot: "abc/initiator", Person: "li.lei", Login: "wecom-main"})

	back, state := x.sent(at)
	resp, body := x.do(http.MethodGet, back+"&code=c1&state="+state, "", "")
	if resp.StatusCode != http.StatusFound || x.base+resp.Header.Get("Location") != at {
		t.Fatalf("%d %s %s", resp.StatusCode, resp.Header.Get("Location"), text(body))
	}
	status, body := x.get(at)
	x.has("confirmed", status, body, http.StatusOK, "采购申请", "以李雷的身份")
	f := fill(t, body, "submit", "f.item", "键盘", "f.amount", "1")
	status, done := x.post(at, f)
	x.has("press", status, done, http.StatusOK, "已提交")

	// The link alone, in another browser, shows nothing and decides nothing.
	x.newClient()
	status, body = x.post(at, f)
	x.has("a press without a log-in", status, body, http.StatusForbidden, "请从聊天中打开", "!采购")
	// A session from a plain link is no confirmation.
	x.get(x.formLink())
	back, state = x.sent(at)
	// Another person, who logs in as themself, sees nothing, and is nobody afterwards either.
	x.newClient()
	back, state = x.sent(at)
	for name, c := range map[string]struct{ code, state string }{
		"another's state": {"c3", strings.Repeat("0", 32)}, "no code": {"", state},
	} {
		status, body = x.get(back + "&code=" + c.code + "&state=" + c.state)
		x.has(name, status, body, http.StatusForbidden, "请从聊天中打开", "!采购")
	}
	status, body = x.get(back + "&code=c2&state=" + state)
	x.has("another person", status, body, http.StatusNotFound, "没有可以显示的内容", "!采购")
	if status, _ := x.get(x.base + "/m/tasks"); status != http.StatusForbidden {
		t.Errorf("another person's session after a link that is not theirs: %d", status)
	}
	back, state = x.sent(at)
	status, body = x.get(back + "&code=used&state=" + state)
	x.has("a code that is used up", status, body, http.StatusNotFound, "没有可以显示的内容")

	// The state is the browser's that was sent, for ten minutes.
	back, state = x.sent(at)
	x.newClient()
	status, body = x.get(back + "&code=c3&state=" + state)
	x.has("in another browser", status, body, http.StatusForbidden, "请从聊天中打开")
	back, state = x.sent(at)
	x.mu.Lock()
	x.now = x.now.Add(11 * time.Minute)
	x.mu.Unlock()
	status, body = x.get(back + "&code=c3&state=" + state)
	x.has("too late", status, body, http.StatusForbidden, "请从聊天中打开")
	back, state = x.sent(at)
	g.down = true
	status, body = x.get(back + "&code=c3&state=" + state)
	x.has("the suite does not answer", status, body, http.StatusServiceUnavailable, "请稍后再试")
	status, body = x.get(strings.Replace(back, "wecom-main", "ding-main", 1) + "&code=c3&state=" + state)
	x.has("another suite", status, body, http.StatusNotFound, "没有可以显示的内容")
	// A connection that lost its log-in opens nothing.
	status, body = x.get(x.h.Address(web.Link{Slot: "abc/initiator", Person: "li.lei", Login: "ding-main"}))
	x.has("no log-in any more", status, body, http.StatusForbidden, "请从聊天中打开")
}

// Who linked their accounts after a card was sent is one person under another name: the card's links are theirs still.
func TestLinksOfSomebodyMerged(t *testing.T) {
	t.Parallel()
	g := &gate{codes: map[string]string{"c1": "li.lei"}}
	x := newHouse(t, func(o *pages.Options) { o.Gate = g })
	x.people["user7"] = x.people["li.lei"]
	at := x.h.Address(web.Link{Slot: "abc/initiator", Person: "user7", Login: "wecom-main"})
	back, state := x.sent(at)
	resp, body := x.do(http.MethodGet, back+"&code=c1&state="+state, "", "")
	if resp.StatusCode != http.StatusFound {
		t.Fatalf("%d %s", resp.StatusCode, text(body))
	}
	status, body := x.get(at)
	x.has("theirs", status, body, http.StatusOK, "采购申请", "以李雷的身份")
	status, done := x.post(at, fill(t, body, "submit", "f.item", "键盘", "f.amount", "1"))
	x.has("press", status, done, http.StatusOK, "已提交")
}
