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
	"testing"

	"magpie/simulator"
	simdingtalk "magpie/simulator/dingtalk"
	simfeishu "magpie/simulator/feishu"
	simwecom "magpie/simulator/wecom"
)

// way is one connection, and who writes to it.
type way struct {
	connection, suite, person string
	settings                  func(cred map[string]string, base string) string
}

// Every transport that a suite has, a connection of its own for each.
var ways = []way{
	{"feishu-hook", "feishu", "li.lei", func(c map[string]string, base string) string {
		return fmt.Sprintf("suite: feishu, transport: webhook, base_url: %q, app_id: %s, app_secret: %s, encrypt_key: %q, verification_token: %q, tenant_key: %s",
			base+"/sim/feishu", c["app_id"], c["app_secret"], c["encrypt_key"], c["verification_token"], c["tenant_key"])
	}},
	{"feishu-socket", "feishu", "zhao.min", func(c map[string]string, base string) string {
		return fmt.Sprintf("suite: feishu, transport: websocket, base_url: %q, app_id: %s, app_secret: %s, tenant_key: %s", base+"/sim/feishu", c["app_id"], c["app_secret"], c["tenant_key"])
	}},
	{"ding-hook", "dingtalk", "han.meimei", dingSettings("webhook")},
	{"ding-stream", "dingtalk", "liu.yang", dingSettings("stream")},
	{"wecom-hook", "wecom", "wang.fang", func(c map[string]string, base string) string {
		return fmt.Sprintf("suite: wecom, base_url: %q, corp_id: %s, agent_id: %s, secret: %s, token: %s, aes_key: %s", base+"/sim/wecom", c["corp_id"], c["agent_id"], c["secret"], c["token"], c["encoding_aes_key"])
	}},
	{"wecom-bot-hook", "wecom", "dong.qing", func(c map[string]string, base string) string {
		return fmt.Sprintf("suite: wecom, kind: robot, transport: webhook, corp_id: %s, token: %s, aes_key: %s, base_url: %q", c["corp_id"], c["token"], c["encoding_aes_key"], base+"/sim/wecom")
	}},
	{"wecom-bot", "wecom", "chen.jie", func(c map[string]string, base string) string {
		return fmt.Sprintf("suite: wecom, kind: robot, transport: websocket, corp_id: %s, bot_id: %s, bot_secret: %q, socket_url: %q, base_url: %q", c["corp_id"], c["bot_id"], c["bot_secret"], c["socket_url"], base+"/sim/wecom")
	}},
}

func dingSettings(transport string) func(map[string]string, string) string {
	return func(c map[string]string, base string) string {
		return fmt.Sprintf("suite: dingtalk, transport: %s, api_url: %q, oapi_url: %q, client_id: %s, client_secret: %s, corp_id: %s, agent_id: %s, token: %s, aes_key: %s, monthly_calls: -1, monthly_reads: -1",
			transport, base+"/sim/dingtalk/api", base+"/sim/dingtalk/oapi", c["client_id"], c["client_secret"], c["corp_id"], c["agent_id"], c["token"], c["aes_key"])
	}
}

// waysLive is Magpie with every way that there is, beside the three suites of a company.
type waysLive struct {
	hub    *simulator.Hub
	suites []simulator.Suite
	app    *App
	book   *logBook
}

func startWays(t *testing.T, company *simulator.Company) *waysLive {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base, book, bus := "http://"+ln.Addr().String(), &logBook{}, &simulator.Bus{}
	hook := func(id string) string { return base + "/webhook/" + id }
	feishu, err := simfeishu.New(simfeishu.Options{Company: company, Bus: bus, Base: base + "/sim/feishu", Apps: []simfeishu.App{
		{ID: "feishu-hook", Name: "feishu-hook", Transport: "webhook", Webhook: hook("feishu-hook")},
		{ID: "feishu-socket", Name: "feishu-socket", Transport: "websocket"}}})
	if err != nil {
		t.Fatal(err)
	}
	ding, err := simdingtalk.New(simdingtalk.Options{Company: company, Bus: bus, Base: base + "/sim/dingtalk",
		Apps: []simdingtalk.App{{ID: "ding-hook", Name: "ding-hook", Transport: "webhook", Webhook: hook("ding-hook")}, {ID: "ding-stream", Name: "ding-stream", Transport: "stream"}},
		// What was not acknowledged comes again sooner than a test can wait.
		Limits: simdingtalk.Limits{Calls: -1, Pushes: -1, Redelivery: comesAgain}})
	if err != nil {
		t.Fatal(err)
	}
	wecom, err := simwecom.New(simwecom.Options{Company: company, Bus: bus, Base: base + "/sim/wecom",
		Apps: []simwecom.App{{ID: "wecom-hook", Name: "wecom-hook", Webhook: hook("wecom-hook")}},
		Robots: []simwecom.Robot{{ID: "wecom-bot", Name: "wecom-bot", Transport: "websocket"},
			{ID: "wecom-bot-hook", Name: "wecom-bot-hook", Transport: "webhook", Webhook: hook("wecom-bot-hook")}}})
	if err != nil {
		t.Fatal(err)
	}
	hub := simulator.NewHub(company, bus, feishu, ding, wecom)
	app := openWays(t, hub, base, book)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
		if err := app.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", tail(book.String(), 8000))
		}
	})
	eventually(t, "ready", func() bool { status, _ := get(t, base+"/readyz"); return status == http.StatusOK })
	return &waysLive{hub: hub, suites: []simulator.Suite{feishu, ding, wecom}, app: app, book: book}
}

// All transports of all suites run in one process at once. Every connection is cut while people write, and
// nothing that they wrote is lost, where the suite sends it again.
func TestAllTransportsAtOnce(t *testing.T) {
	t.Parallel()
	live := startWays(t, simulator.SampleCompany())
	hub := live.hub
	knowsPeople(t, live.app)
	eventually(t, "all long connections are up", func() bool {
		s := live.book.String()
		return strings.Contains(s, "the long connection is up") && strings.Count(s, "stream connection is up") >= 2 && strings.Contains(s, "connection=wecom-bot")
	})

	asked := map[string]int{}
	everybodyWrites := func(round string) {
		t.Helper()
		for _, w := range ways {
			asked[w.connection]++
			s, _ := hub.Suite(w.suite)
			if _, err := s.Say(t.Context(), w.person, chatNamed(t, s, w.person, w.connection), "帮助"); err != nil {
				t.Fatalf("%s: %s writes: %v", round, w.person, err)
			}
		}
		for _, w := range ways {
			s, _ := hub.Suite(w.suite)
			chat := chatNamed(t, s, w.person, w.connection)
			eventuallyIn(t, 2*patience, fmt.Sprintf("%s: %s has %d answers by %s", round, w.person, asked[w.connection], w.connection), func() bool {
				return len(answers(t, s, w.person, chat)) == asked[w.connection]
			}, func() string { return fmt.Sprint(answers(t, s, w.person, chat)) })
		}
	}
	everybodyWrites("at first")
	for _, s := range live.suites {
		if err := s.Fault(simulator.Fault{Kind: "drop_connection", Times: 1}); err != nil {
			t.Fatal(err)
		}
	}
	// The other suites send again what nobody took; nothing says that WeCom does for a robot.
	eventually(t, "the robot's connection stands again", func() bool {
		return strings.Count(live.book.String(), "the robot's long connection is up") > 1
	})
	everybodyWrites("after every long connection was cut")
	everybodyWrites("later")
	for _, w := range ways { // and nobody was answered twice
		s, _ := hub.Suite(w.suite)
		if n := len(answers(t, s, w.person, chatNamed(t, s, w.person, w.connection))); n != asked[w.connection] {
			t.Errorf("%s has %d answers, want %d", w.person, n, asked[w.connection])
		}
	}
}

// openWays opens Magpie with a connection for each way.
func openWays(t *testing.T, hub *simulator.Hub, base string, book *logBook) *App {
	t.Helper()
	dir := t.TempDir()
	var src strings.Builder
	fmt.Fprintf(&src, "server: {addr: \"127.0.0.1:0\", public_url: %q}\nstore: {driver: sqlite, dsn: m.db}\nworkflows: workflows/\nconnections:\n", base)
	for _, w := range ways {
		s, err := hub.Suite(w.suite)
		if err != nil {
			t.Fatal(err)
		}
		all := s.Connections()
		i := slices.IndexFunc(all, func(c simulator.Connection) bool { return c.ID == w.connection })
		fmt.Fprintf(&src, "  - {id: %s, %s}\n", w.connection, w.settings(all[i].Credentials, base))
	}
	if err := os.Mkdir(filepath.Join(dir, "workflows"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"magpie.yaml": src.String(), "workflows/seat.yaml": corpFlow} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app, err := Open(t.Context(), AppOptions{Config: filepath.Join(dir, "magpie.yaml"), Log: book.logger(),
		Mount: func(mux *http.ServeMux) { mux.Handle("/sim/", hub.Handler()) }, Stopping: hub.EndStreams})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// chatNamed is a person's own chat with one of the bots.
func chatNamed(t *testing.T, s simulator.Suite, person, name string) string {
	t.Helper()
	for _, c := range s.Chats(person) {
		if c.Type == "direct" && c.Name == name {
			return c.ID
		}
	}
	t.Fatalf("%s has no chat with %s", person, name)
	return ""
}

// answers are what the bot wrote in a chat.
func answers(t *testing.T, s simulator.Suite, person, chat string) []string {
	t.Helper()
	all, err := s.Messages(person, chat)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range all {
		if m.From == "bot" {
			out = append(out, strings.ReplaceAll(m.Text, "\n", " | "))
		}
	}
	return out
}
