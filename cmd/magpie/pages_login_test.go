package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"magpie/simulator"
	"magpie/store"
)

// links are the addresses of our pages on a card.
func links(t *testing.T, m simulator.Message) []string {
	t.Helper()
	text, err := url.QueryUnescape(string(m.Card))
	if err != nil {
		text = string(m.Card)
	}
	found := anyPage.FindAllString(text, -1)
	if len(found) == 0 {
		t.Fatalf("the card has no link to a page: %s", m.Card)
	}
	return found
}

// In each suite a card's link opens for whom the card was sent to, once the suite has said that it is them. For
// anybody else, whichever suite knows them, nothing is shown and nothing can be done.
func TestForwardedLinksShowNothing(t *testing.T) {
	t.Parallel()
	l := startDemoOf(t, "webhook", demoSuites, nil)
	eventually(t, "people of all suites are read", func() bool {
		for _, name := range []string{"李雷", "刘洋", "陈洁"} {
			if found, err := l.app.people.Search(t.Context(), name, 1); err != nil || len(found) == 0 {
				return false
			}
		}
		return true
	})
	l.whose("li.lei").purchase("li.lei", "机密服务器", "60000")
	presses := func() int {
		t.Helper()
		items, err := l.app.Store().InboxList(t.Context(), store.Filter{Connection: "pages"})
		if err != nil {
			t.Fatal(err)
		}
		return len(items)
	}
	// Each in turn: whose card it is, in which suite, and who the link is forwarded to.
	for _, step := range []struct{ person, suite, colleague, stranger string }{
		{"li.lei", "feishu", "zhao.min", "liu.yang"}, {"han.meimei", "dingtalk", "liu.yang", "li.lei"},
		{"wang.fang", "wecom", "chen.jie", "han.meimei"}, {"zhao.min", "feishu", "li.lei", "chen.jie"},
	} {
		asked := l.in(step.suite).cardWith(step.person, map[bool]string{true: "撤回", false: "同意"}[step.person == "li.lei"], "机密服务器")
		at := links(t, asked)[0]
		to, status, body := newVisitor(t, step.person).open(at)
		if !strings.HasPrefix(to.Path, "/sim/"+step.suite) || status != http.StatusOK || strings.Contains(body, "机密") {
			t.Errorf("%s: before the log-in: %s %d %s", step.person, to, status, body)
		}
		mine := newVisitor(t, step.person)
		if status, body = mine.get(at); status != http.StatusOK || !strings.Contains(body, "机密服务器") {
			t.Fatalf("%s: own link: %d %s", step.person, status, body)
		}
		verb := "approve"
		if step.person == "li.lei" {
			verb = "withdraw"
		}
		link, body := pageOf(t, mine, asked, verb)
		f := pageForm(t, body, verb)
		f.Set("sure", "1")
		before := presses()
		for _, other := range []string{step.colleague, step.stranger} {
			v := newVisitor(t, other)
			connection := ""
			for _, suite := range demoSuites {
				if s, err := l.hub.Suite(suite); err == nil {
					if _, in := s.Account(other); in && connection == "" {
						connection = s.Connections()[0].ID
					}
				}
			}
			status, body := v.get(link + "?by=" + connection)
			if status != http.StatusForbidden || !strings.Contains(body, "这个页面是给别人的") || strings.Contains(body, "机密") || strings.Contains(body, "李雷") && other != "li.lei" {
				t.Errorf("%s's link opened by %s: %d %s", step.person, other, status, body)
			}
			if status, body = v.post(link, f); status != http.StatusForbidden || strings.Contains(body, "机密") {
				t.Errorf("%s presses on %s's page: %d %s", other, step.person, status, body)
			}
			// They are themselves and nobody else.
			if _, body = v.get(l.base + "/m/tasks"); strings.Contains(body, "以"+simName(step.person)+"的身份") {
				t.Errorf("%s is taken for %s: %s", other, step.person, body)
			}
		}
		// Whoever has the form but has not logged in does nothing either.
		if status, body = newVisitor(t, step.colleague).post(link, f); status != http.StatusForbidden || strings.Contains(body, "机密") {
			t.Errorf("a press without a log-in on %s's page: %d %s", step.person, status, body)
		}
		if n := presses(); n != before {
			t.Errorf("%s: %d presses by others", step.person, n-before)
		}
		if verb == "approve" {
			if status, body = mine.post(link, f); status != http.StatusOK || !strings.Contains(body, "已同意") {
				t.Fatalf("%s approves: %d %s", step.person, status, body)
			}
		}
	}
	// Who has accounts in several suites may be confirmed by any of them.
	boss := l.in("feishu").cardWith("zhang.wei", "同意", "机密服务器")
	for _, connection := range []string{"feishu-main", "ding-main"} {
		if status, body := newVisitor(t, "zhang.wei").get(links(t, boss)[0] + "?by=" + connection); status != http.StatusOK || !strings.Contains(body, "机密服务器") {
			t.Errorf("by %s: %d %s", connection, status, body)
		}
	}
	l.clean()
}

func simName(person string) string {
	p, _ := simulator.SampleCompany().Person(person)
	return p.Name
}

// A suite that is down is said so, and the next try may do.
func TestLoginWhileASuiteIsDown(t *testing.T) {
	t.Parallel()
	l := startDemo(t, "webhook")
	l.say("li.lei", "采购")
	at := linkOf(t, l.card("li.lei", "待填写", "采购"))
	if err := l.sim.Fault(simulator.Fault{Kind: simulator.FaultServer, Times: 1, API: "/authen/v2/oauth/token"}); err != nil {
		t.Fatal(err)
	}
	me := newVisitor(t, "li.lei")
	if status, body := me.get(at); status != http.StatusServiceUnavailable || !strings.Contains(body, "暂时不能确认你的身份") || !strings.Contains(body, "用飞书登录") {
		t.Errorf("while the suite is down: %d %s", status, body)
	}
	if status, body := me.get(at); status != http.StatusOK || !strings.Contains(body, `name="f.item"`) {
		t.Errorf("afterwards: %d %s", status, body)
	}
}

// Where a suite is not asked who opens a page, check says so, once for each connection.
func TestCheckWarnsWithoutLogin(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := prepareData(dir, false, nil); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "magpie.yaml")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"all on":   {string(src), 0},
		"one off":  {strings.Replace(string(src), "    login: true\n", "", 1), 1},
		"all off":  {strings.ReplaceAll(string(src), "    login: true\n", ""), 3},
		"no pages": {strings.NewReplacer("    login: true\n", "", `  public_url: "${MAGPIE_DEMO_URL:-http://127.0.0.1:8080}"`+"\n", "").Replace(string(src)), 0},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, ps := loadProject(file, offline())
		got := 0
		for _, p := range ps {
			if strings.Contains(p.What, "whoever has a link") && strings.Contains(p.Want, "http://127.0.0.1:8080/m/login/") {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%s: %d warnings, want %d: %v", name, got, c.want, ps)
		}
	}
}
