package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters/dingtalk"
	"magpie/simulator"
	simdingtalk "magpie/simulator/dingtalk"
)

// dingLive is Magpie in this process beside a simulated DingTalk in which the whole company is.
type dingLive struct {
	t    *testing.T
	sim  *simdingtalk.Server
	base string
	app  *App
	log  *logBook
}

// startDing runs the sample workflows over DingTalk alone. templates says whether the tenant has our cards.
func startDing(t *testing.T, transport string, templates bool) *dingLive {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := prepareData(dir, false, nil); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + ln.Addr().String()
	files := map[string][]byte{}
	settings := ""
	for _, f := range dingtalk.TemplateFiles() {
		id := "tenant-" + f.Name + ".schema"
		files[id] = f.JSON
		settings += fmt.Sprintf("      %s: {id: %s, version: %d}\n", f.Name, id, f.Version)
	}
	book := &logBook{}
	sim, err := simdingtalk.New(simdingtalk.Options{
		Company: simulator.SampleCompany().Within("dingtalk"), Base: base + "/sim/dingtalk", Templates: files, Log: book.logger(),
		Apps: []simdingtalk.App{{ID: "ding-main", Name: botName, Transport: transport, Webhook: base + "/webhook/ding-main"}},
		// What was not acknowledged comes again sooner than a test can wait.
		Limits: simdingtalk.Limits{Redelivery: comesAgain},
	})
	if err != nil {
		t.Fatal(err)
	}
	cred := sim.Connections()[0].Credentials
	src := fmt.Sprintf(`server: {addr: "127.0.0.1:0", public_url: %q, timezone: Asia/Shanghai}
store: {driver: sqlite, dsn: magpie.db}
connections:
  - id: ding-main
    suite: dingtalk
    transport: %s
    api_url: %s/sim/dingtalk/api
    oapi_url: %s/sim/dingtalk/oapi
    callback_url: %s/webhook/ding-main
    client_id: %s
    client_secret: %s
    corp_id: %s
    agent_id: %s
    token: %s
    aes_key: %s
`, base, transport, base, base, base, cred["client_id"], cred["client_secret"], cred["corp_id"], cred["agent_id"], cred["token"], cred["aes_key"])
	if templates {
		src += "    templates:\n" + settings
	}
	src += `people:
  link_by: [employee_no, email, mobile]
  roles: {finance: [wang.fang, zhao.min], ceo: [zhang.wei], admin: [chen.jie]}
calendar: {country: cn, workday: "09:00-18:00", lunch: "12:00-13:30"}
workflows: workflows/
`
	path := filepath.Join(dir, "magpie.yaml")
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	app, err := Open(t.Context(), AppOptions{Config: path, Log: book.logger(), Mount: func(mux *http.ServeMux) {
		mux.Handle("/sim/dingtalk/", http.StripPrefix("/sim/dingtalk", sim.Handler()))
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, ln) }()
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(patience):
			t.Error("run has not ended")
		}
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &dingLive{t: t, sim: sim, base: base, app: app, log: book}
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Logf("log:\n%s", tail(book.String(), 8000))
		}
	})
	eventually(t, "ready", func() bool { status, _ := get(t, base+"/readyz"); return status == http.StatusOK })
	knowsPeople(t, app)
	if transport == simdingtalk.TransportStream {
		eventually(t, "both stream connections are up", func() bool { return strings.Count(book.String(), "stream connection is up") >= 2 })
	}
	return l
}

// messages are the robot's messages in a person's own chat that say all of the words, oldest first.
func (l *dingLive) messages(person string, words ...string) []simulator.Message {
	l.t.Helper()
	all, err := l.sim.Messages(person, "")
	if err != nil {
		l.t.Fatalf("messages of %s: %v", person, err)
	}
	return slices.DeleteFunc(all, func(m simulator.Message) bool {
		if m.From != "bot" {
			return true
		}
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(m.Text, w) })
	})
}

func (l *dingLive) seen(person string) string {
	p, _ := l.sim.Messages(person, "")
	var b strings.Builder
	fmt.Fprintf(&b, "%s sees %d messages", person, len(p))
	for _, m := range p {
		fmt.Fprintf(&b, "\n- %s %s: %s", m.From, m.Kind, strings.ReplaceAll(m.Text, "\n", " | "))
		for _, x := range m.Buttons {
			fmt.Fprintf(&b, " [%s %s]", x.Label, x.URL)
		}
	}
	return b.String()
}

// message waits for the newest message with a button that says all of the words.
func (l *dingLive) message(person, button string, words ...string) simulator.Message {
	l.t.Helper()
	var found simulator.Message
	eventually(l.t, fmt.Sprintf("%s has a message with %q that says %v", person, button, words), func() bool {
		for _, m := range l.messages(person, words...) {
			if button == "" || hasButton(m, button) {
				found = m
				return true
			}
		}
		return false
	}, func() string { return l.seen(person) })
	return found
}

func (l *dingLive) say(person, text string) {
	l.t.Helper()
	if _, err := l.sim.Say(l.t.Context(), person, "", text); err != nil {
		l.t.Fatalf("%s says %q: %v", person, text, err)
	}
}

// press presses a button by its label; form names inputs by their labels.
func (l *dingLive) press(person string, m simulator.Message, button string, form map[string]any) {
	l.t.Helper()
	r, err := l.sim.Press(l.t.Context(), person, m.ID, button, form)
	if err != nil || r.Status != "ok" {
		l.t.Fatalf("%s presses %s: %s %s, %v\n%s", person, button, r.Status, toastText(r.Toast), err, l.seen(person))
	}
}

// An approval from its form to its end on DingTalk alone, over both transports.
func TestDingTalkPurchase(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{simdingtalk.TransportWebhook, simdingtalk.TransportStream} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			l := startDing(t, transport, true)
			l.say("li.lei", "采购")
			l.press("li.lei", l.message("li.lei", "提交", "采购"), "提交", map[string]any{"采购内容": "键盘", "金额": "300"})
			mine := l.message("li.lei", "", "键盘", "审批中", "等待 韩梅梅")
			asked := l.message("han.meimei", "同意", "键盘", "待审批")

			// Without a reason a rejection is refused, and the card says why to who pressed.
			l.press("han.meimei", asked, "拒绝", map[string]any{"审批意见": " "})
			l.message("han.meimei", "同意", "键盘", "请填写拒绝理由")
			l.press("han.meimei", asked, "同意", map[string]any{"审批意见": "可以"})
			l.message("li.lei", "", "键盘", "已通过", "韩梅梅")
			done := l.message("han.meimei", "", "键盘", "已同意", "可以")
			l.message("chen.jie", "", "键盘", "已通过", "抄送")
			if done.ID != asked.ID || hasButton(done, "同意") {
				t.Errorf("the card was not changed in its place: %s\n%s", asked.ID, l.seen("han.meimei"))
			}
			if n := len(l.messages("li.lei", "键盘")); n != 1 {
				t.Errorf("the initiator has %d cards (the first was %s)\n%s", n, mine.ID, l.seen("li.lei"))
			}
			eventually(t, "nothing waits and nothing is dead", func() bool {
				_, body := get(t, l.base+"/readyz")
				return strings.Contains(body, `"outbox_due":0`) && strings.Contains(body, `"dead_letters":0`)
			}, func() string { _, body := get(t, l.base+"/readyz"); return body })
			if body := l.log.String(); strings.Contains(body, l.sim.Connections()[0].Credentials["client_secret"]) {
				t.Error("the secret of the app is in the log")
			}
		})
	}
}

// Without templates every action is a link to a page that asks.
func TestDingTalkWithoutTemplates(t *testing.T) {
	t.Parallel()
	l := startDing(t, simdingtalk.TransportWebhook, false)
	l.say("li.lei", "采购")
	form := l.message("li.lei", "提交", "采购")
	i := slices.IndexFunc(form.Buttons, func(b simulator.Button) bool { return b.Label == "提交" })
	if u := form.Buttons[i].URL; !strings.HasPrefix(u, l.base+"/m/") {
		t.Errorf("the form leads to %q", u)
	}
}

// comesAgain is when the suite sends again what was not acknowledged over a stream, sooner than the real one: of what
// is said to the robot only the first counts, and a line must stand again by then, on a busy machine too.
var comesAgain = []time.Duration{15 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// The server wants to close a connection, or cuts it: nothing that is said meanwhile is lost.
func TestDingTalkStreamHeals(t *testing.T) {
	t.Parallel()
	l := startDing(t, simdingtalk.TransportStream, true)
	if err := l.sim.Fault(simulator.Fault{Kind: "drop_connection", Times: 1}); err != nil {
		t.Fatal(err)
	}
	helped := 0
	help := func() {
		t.Helper()
		l.say("li.lei", "帮助")
		helped++
		eventually(t, "the help is there", func() bool { return len(l.messages("li.lei")) == helped }, func() string { return l.seen("li.lei") })
	}
	for range 3 {
		help()
	}
	// Announced, the next connections are up before these are closed.
	if n := l.sim.Disconnect("ding-main"); n != 2 {
		t.Fatalf("%d connections stood, want 2", n)
	}
	eventually(t, "two new connections are up", func() bool { return strings.Count(l.log.String(), `why=disconnect`) == 2 })
	for range 3 {
		help()
	}
}
