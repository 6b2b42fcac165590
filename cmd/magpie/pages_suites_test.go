package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"magpie/simulator"
	simding "magpie/simulator/dingtalk"
	simwecom "magpie/simulator/wecom"
)

const twoSuites = `
server: {addr: "127.0.0.1:0", public_url: %q}
store: {driver: sqlite, dsn: magpie.db}
connections:
  - {id: wecom-main, suite: wecom, corp_id: %q, agent_id: %s, secret: %q, token: %q, aes_key: %q, base_url: %q, oauth_url: %q, login_url: %q, login: true}
  - {id: ding-main, suite: dingtalk, transport: stream, client_id: %q, client_secret: %q, corp_id: %q, agent_id: %s, api_url: %q, oapi_url: %q}
people: {link_by: [employee_no], sync: 30m}
workflows: workflows/
`

const acrossPages = `kind: approval
id: buy
name: 采购申请
start: {commands: [采购]}
form:
  - {id: item, type: text, label: 采购内容, required: true}
  - {id: amount, type: money, label: 金额, required: true}
title: "采购：{{.form.item}}"
steps:
  - {id: market, name: 市场部, approve: {by: "dept:市场部/members", mode: any}}
`

// startTwoSuites runs Magpie beside a simulated WeCom, whose pages know who opens them, and a simulated
// DingTalk without card templates.
func startTwoSuites(t *testing.T) (*simwecom.Server, *simding.Server, *App) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base, dir, book := "http://"+ln.Addr().String(), t.TempDir(), &logBook{}
	company := simulator.SampleCompany().Within("wecom", "dingtalk")
	w, err := simwecom.New(simwecom.Options{Company: company, Base: base + "/sim/wecom", Log: book.logger(),
		Apps: []simwecom.App{{ID: "wecom-main", Webhook: base + "/webhook/wecom-main"}}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := simding.New(simding.Options{Company: company, Base: base + "/sim/dingtalk", Log: book.logger(),
		Apps: []simding.App{{ID: "ding-main", Transport: simding.TransportStream}}})
	if err != nil {
		t.Fatal(err)
	}
	hub := simulator.NewHub(company, nil, w, d)
	wc, dc := w.Connections()[0].Credentials, d.Connections()[0].Credentials
	wb, db := base+"/sim/wecom", base+"/sim/dingtalk"
	for name, text := range map[string]string{
		"magpie.yaml": fmt.Sprintf(twoSuites, base, wc["corp_id"], wc["agent_id"], wc["secret"], wc["token"], wc["encoding_aes_key"], wb, wb, wb,
			dc["client_id"], dc["client_secret"], dc["corp_id"], dc["agent_id"], db+"/api", db+"/oapi"),
		"workflows/buy.yaml": acrossPages,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app, err := Open(t.Context(), AppOptions{
		Config: filepath.Join(dir, "magpie.yaml"), Log: book.logger(), Stopping: hub.EndStreams,
		Mount: func(mux *http.ServeMux) { mux.Handle("/sim/", hub.Handler()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := hub.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := app.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", tail(book.String(), 6000))
		}
	})
	eventually(t, "people are read", func() bool {
		for _, name := range []string{"陈洁", "刘洋"} {
			if found, err := app.people.Search(t.Context(), name, 1); err != nil || len(found) == 0 {
				return false
			}
		}
		return true
	}, func() string {
		all, err := app.store.Roster(t.Context())
		return fmt.Sprintf("%+v %v", all.Persons, err)
	})
	return w, d, app
}

// cardOf waits for the newest card of a person that says some words, and gives what they see.
func cardOf(t *testing.T, s simulator.Suite, person string, words ...string) simulator.Message {
	t.Helper()
	var found simulator.Message
	seen := ""
	eventually(t, fmt.Sprintf("%s has a card that says %v", person, words), func() bool {
		all, err := s.Messages(person, "")
		if err != nil {
			t.Fatal(err)
		}
		seen = fmt.Sprint(all)
	next:
		for _, m := range all {
			for _, w := range words {
				if !strings.Contains(m.Text+string(m.Card), w) {
					continue next
				}
			}
			found = m
		}
		return found.ID != ""
	}, func() string { return seen })
	return found
}

var anyPage = regexp.MustCompile(`https?://[^"\s)]+?/m/c/[A-Za-z0-9_-]+`)

// pageOf is the first link on a card whose page has the button.
func pageOf(t *testing.T, v *visitor, m simulator.Message, verb string) (at, body string) {
	t.Helper()
	text, err := url.QueryUnescape(string(m.Card))
	if err != nil {
		text = string(m.Card)
	}
	for _, link := range anyPage.FindAllString(text, -1) {
		if _, body = v.get(link); strings.Contains(body, `value="`+verb+`.`) {
			return link, body
		}
	}
	t.Fatalf("no page of the card has the button %s:\n%s\n%s", verb, m.Card, body)
	return "", ""
}

// WeCom's cards take no text, and DingTalk's none without templates: the form of one and the decision of the
// other go over pages, and both people are told in their chats.
func TestTwoSuitesMeetOnPages(t *testing.T) {
	t.Parallel()
	w, d, _ := startTwoSuites(t)
	if _, err := w.Say(t.Context(), "chen.jie", "", "采购"); err != nil {
		t.Fatal(err)
	}
	form := cardOf(t, w, "chen.jie", "采购申请")
	me := newVisitor(t, "chen.jie")
	link := anyPage.FindString(string(form.Card))
	if link == "" {
		t.Fatalf("the card has no link to a page: %s", form.Card)
	}
	// WeCom asks who it is; here the simulated one does.
	_, status, body := me.open(link)
	if status != http.StatusOK || !strings.Contains(body, "以谁的身份进入") || strings.Contains(body, "采购内容") {
		t.Fatalf("before the log-in: %d %s", status, body)
	}
	status, body = me.get(link)
	if status != http.StatusOK || !strings.Contains(body, "采购内容") {
		t.Fatalf("after the log-in: %d %s", status, body)
	}
	// Another member with the same link sees nothing.
	if status, got := newVisitor(t, "wang.fang").get(link); status != http.StatusForbidden || !strings.Contains(got, "这个页面是给别人的") || strings.Contains(got, "采购") {
		t.Errorf("another person: %d %s", status, got)
	}
	at, body := pageOf(t, me, form, "submit")
	f := pageForm(t, body, "submit")
	f.Set("f.item", "展板")
	f.Set("f.amount", "300")
	if status, body = me.post(at, f); status != http.StatusOK || !strings.Contains(body, "已提交") {
		t.Fatalf("submit: %d %s", status, body)
	}

	ask := cardOf(t, d, "liu.yang", "展板")
	boss := newVisitor(t, "liu.yang")
	at, body = pageOf(t, boss, ask, "approve")
	f = pageForm(t, body, "approve")
	f.Set("f.opinion", "同意")
	began := time.Now()
	if status, body = boss.post(at, f); status != http.StatusOK || !strings.Contains(body, "已同意") {
		t.Fatalf("approve: %d %s", status, body)
	}
	cardOf(t, w, "chen.jie", "展板", "已通过")
	cardOf(t, d, "liu.yang", "展板", "已同意")
	t.Logf("both cards %s after the press", time.Since(began).Round(time.Millisecond))
}
