package simulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"magpie/simulator"
	"magpie/simulator/feishu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSampleCompany(t *testing.T) {
	t.Parallel()
	c := simulator.SampleCompany()
	if len(c.People) != 40 || len(c.Departments) != 7 {
		t.Errorf("%d people, %d departments", len(c.People), len(c.Departments))
	}
	for id, want := range map[string][3]string{ // name, department, manager
		"li.lei": {"李雷", "研发部", "han.meimei"}, "han.meimei": {"韩梅梅", "研发部", "zhang.wei"}, "wang.fang": {"王芳", "财务部", "zhang.wei"},
		"zhao.min": {"赵敏", "财务部", "wang.fang"}, "zhang.wei": {"张伟", "总经办", ""}, "chen.jie": {"陈洁", "行政部", "zhang.wei"},
		"liu.yang": {"刘洋", "市场部", "sun.li"}, "sun.li": {"孙莉", "市场部", "zhang.wei"},
	} {
		p, ok := c.Person(id)
		unit, _ := c.Department(p.Department)
		if got := [3]string{p.Name, unit.Name, p.Manager}; !ok || got != want {
			t.Errorf("%s is %v, want %v", id, got, want)
		}
	}
	leads := map[string]string{"研发部": "han.meimei", "财务部": "wang.fang", "行政部": "chen.jie", "市场部": "sun.li"}
	seen := map[string]bool{}
	for _, d := range c.Departments {
		if want := leads[d.Name]; want != "" && d.Lead != want {
			t.Errorf("%s is led by %s", d.Name, d.Lead)
		}
		if lead, _ := c.Person(d.Lead); lead.Department != d.ID {
			t.Errorf("%s is led from outside", d.Name)
		}
	}
	for _, p := range c.People {
		for _, unique := range []string{p.Name, p.EmployeeNo, p.Email, p.Mobile} {
			if unique == "" || seen[unique] {
				t.Errorf("%s: %q is empty or somebody else's", p.ID, unique)
			}
			seen[unique] = true
		}
		boss, steps := p, 0
		for boss.Manager != "" && steps < 10 {
			boss, _ = c.Person(boss.Manager)
			steps++
		}
		if boss.ID != "zhang.wei" {
			t.Errorf("%s does not report to the top: %s", p.ID, boss.ID)
		}
	}
}

func TestBus(t *testing.T) {
	t.Parallel()
	var b simulator.Bus
	fast, stopFast := b.Subscribe()
	slow, stopSlow := b.Subscribe()
	defer stopSlow()
	for i := range 300 {
		b.Publish(simulator.Notice{Text: fmt.Sprint(i)})
		if n := <-fast; n.Text != fmt.Sprint(i) {
			t.Fatalf("got %s, want %d", n.Text, i)
		}
	}
	if first := <-slow; first.Text != "44" || b.Lost() != 44 {
		t.Errorf("the slow listener goes on at %s, %d lost", first.Text, b.Lost())
	}
	stopFast()
	stopFast()
	if _, open := <-fast; open {
		t.Error("still open after cancel")
	}
	b.Publish(simulator.Notice{})
	var none *simulator.Bus
	none.Publish(simulator.Notice{})
	if _, open := <-func() <-chan simulator.Notice { ch, _ := none.Subscribe(); return ch }(); open {
		t.Error("a bus that is not there speaks")
	}
}

func TestManualClock(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := simulator.NewManualClock(start)
	ran := make(chan int, 3)
	c.AfterFunc(time.Minute, func() { ran <- 1 })
	stop := c.AfterFunc(time.Minute, func() { ran <- 2 })
	c.AfterFunc(0, func() { ran <- 0 })
	if got := <-ran; got != 0 {
		t.Errorf("first ran %d", got)
	}
	if !stop() || stop() {
		t.Error("stop reports the wrong thing")
	}
	c.Advance(time.Minute - 1)
	if n := c.Waiting(); n != 1 || len(ran) != 0 {
		t.Errorf("%d wait", n)
	}
	c.Advance(1)
	if got := <-ran; got != 1 || !c.Now().Equal(start.Add(time.Minute)) {
		t.Errorf("ran %d at %v", got, c.Now())
	}
}

// desk is a hub with a Feishu tenant behind an HTTP server.
type desk struct {
	t    *testing.T
	http *httptest.Server
	hub  *simulator.Hub
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	company, bus := simulator.SampleCompany().Within("feishu"), &simulator.Bus{}
	suite, err := feishu.New(feishu.Options{Company: company, Bus: bus})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, hub: simulator.NewHub(company, bus, suite)}
	d.http = httptest.NewServer(d.hub.Handler())
	suite.SetBase(d.http.URL + "/sim/feishu")
	t.Cleanup(func() {
		if err := d.hub.Close(); err != nil {
			t.Error(err)
		}
		d.http.Client().CloseIdleConnections()
		d.http.Close()
	})
	return d
}

func (d *desk) call(method, path, body string, header ...string) (int, string) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.http.URL+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := d.http.Client().Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		d.t.Fatalf("%s %s: %d: %v", method, path, resp.StatusCode, err)
	}
	return resp.StatusCode, string(out)
}

func into[T any](t *testing.T, raw string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return v
}

func TestAPI(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, raw := d.call("GET", "/sim/api/connections", "")
	connections := into[[]simulator.Connection](t, raw)
	if len(connections) != 1 || connections[0].Suite != "feishu" || connections[0].Credentials["app_secret"] == "" || connections[0].Base != d.http.URL+"/sim/feishu" {
		t.Errorf("connections: %+v", connections)
	}
	_, raw = d.call("GET", "/sim/api/company", "")
	company := into[struct {
		People []struct {
			ID, Name, Department, Manager string
			Suites                        map[string]map[string]string
		}
		Departments []simulator.Department
		Chats       []struct {
			simulator.Chat
			Suite string
		}
	}](t, raw)
	if len(company.People) != 40 || len(company.Departments) != 7 || len(company.Chats) != 9 {
		t.Fatalf("company: %d people, %d departments, %d chats", len(company.People), len(company.Departments), len(company.Chats))
	}
	if p := company.People[3]; p.ID != "li.lei" || p.Department != "研发部" || p.Manager != "han.meimei" || !strings.HasPrefix(p.Suites["feishu"]["open_id"], "ou_") {
		t.Errorf("li.lei: %+v", p)
	}
	status, raw := d.call("POST", "/sim/api/say", `{"suite":"feishu","person":"li.lei","text":"采购"}`)
	id := into[map[string]string](t, raw)["message_id"]
	if status != 200 || id == "" {
		t.Fatalf("say: %d %s", status, raw)
	}
	_, raw = d.call("GET", "/sim/api/messages?suite=feishu&person=li.lei", "")
	list := into[[]map[string]any](t, raw)
	if len(list) != 1 || list[0]["message_id"] != id || list[0]["from"] != "li.lei" || list[0]["text"] != "采购" || fmt.Sprint(list[0]["buttons"]) != "[]" {
		t.Errorf("messages: %v", list)
	}
	_, raw = d.call("GET", "/sim/api/chats?person=li.lei", "")
	if chats := into[[]map[string]any](t, raw); len(chats) != 4 || chats[0]["type"] != "direct" || chats[0]["suite"] != "feishu" {
		t.Errorf("chats: %v", chats)
	}
	if status, raw = d.call("POST", "/sim/api/read", `{"suite":"feishu","person":"li.lei","message_id":"`+id+`"}`); status != 200 {
		t.Errorf("read: %d %s", status, raw)
	}
	if status, raw = d.call("POST", "/sim/api/fault", `{"suite":"feishu","fault":"server_error","times":1,"api":"bot"}`); status != 200 {
		t.Errorf("fault: %d %s", status, raw)
	}
	if status, raw = d.call("GET", "/sim/feishu/open-apis/bot/v3/info", ""); status != 500 {
		t.Errorf("the fault did not show: %d %s", status, raw)
	}
	_, raw = d.call("GET", "/sim/api/calls?suite=feishu", "")
	if calls := into[[]map[string]any](t, raw); len(calls) != 1 || calls[0]["path"] != "/open-apis/bot/v3/info" || calls[0]["status"] != 500.0 {
		t.Errorf("calls: %v", calls)
	}
}

func TestAPIRefusals(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code                     string
		header                   []string
	}{
		{"unknown call", "GET", "/sim/api/nope", "", 404, "not_found", nil},
		{"wrong method", "GET", "/sim/api/say", "", 404, "not_found", nil},
		{"unknown suite", "POST", "/sim/api/say", `{"suite":"icq","person":"li.lei","text":"x"}`, 404, "not_found", nil},
		{"unknown person", "POST", "/sim/api/say", `{"suite":"feishu","person":"x","text":"x"}`, 404, "not_found", nil},
		{"unknown chat", "POST", "/sim/api/say", `{"suite":"feishu","person":"li.lei","chat":"x","text":"x"}`, 404, "not_found", nil},
		{"nothing said", "POST", "/sim/api/say", `{"suite":"feishu","person":"li.lei","text":" "}`, 400, "invalid", nil},
		{"unknown field", "POST", "/sim/api/say", `{"suite":"feishu","who":"li.lei"}`, 400, "invalid", nil},
		{"not JSON", "POST", "/sim/api/say", `suite=feishu`, 400, "invalid", nil},
		{"two values", "POST", "/sim/api/say", `{"suite":"feishu"}{}`, 400, "invalid", nil},
		{"unknown fault", "POST", "/sim/api/fault", `{"suite":"feishu","fault":"flood"}`, 400, "invalid", nil},
		{"unknown message", "POST", "/sim/api/press", `{"suite":"feishu","person":"li.lei","message_id":"om_x","button":"x"}`, 404, "not_found", nil},
		{"no person", "GET", "/sim/api/messages?suite=feishu", "", 404, "not_found", nil},
		{"another site", "POST", "/sim/api/say", `{}`, 403, "cross_origin", []string{"Origin", "https://evil.example"}},
		{"no origin at all", "POST", "/sim/api/say", `{}`, 403, "cross_origin", []string{"Origin", "null"}},
		{"another site, says the browser", "GET", "/sim/api/company", "", 403, "cross_origin", []string{"Sec-Fetch-Site", "cross-site"}},
		{"another name", "GET", "/sim/api/company", "", 403, "foreign_host", []string{"Host", "rebound.example"}},
	} {
		status, raw := d.call(c.method, c.path, c.body, c.header...)
		got := into[struct {
			Error struct{ Code, Message string }
		}](t, raw)
		if status != c.status || got.Error.Code != c.code || got.Error.Message == "" {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, raw, c.status, c.code)
		}
	}
	if status, _ := d.call("GET", "/sim/api/company", "", "Origin", d.http.URL); status != 200 {
		t.Errorf("our own page: %d", status)
	}
	if status, _ := d.call("GET", "/sim/api/company", "", "Host", "localhost:8080"); status != 200 {
		t.Errorf("localhost: %d", status)
	}
}

func TestEventStream(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", d.http.URL+"/sim/api/events?suite=feishu&person=li.lei", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := d.http.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("content type %q", got)
	}
	for _, person := range []string{"zhao.min", "li.lei"} {
		if status, raw := d.call("POST", "/sim/api/say", `{"suite":"feishu","person":"`+person+`","text":"x"}`); status != 200 {
			t.Fatal(raw)
		}
	}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, isData := strings.CutPrefix(lines.Text(), "data: ")
		if !isData {
			continue
		}
		n := into[simulator.Notice](t, data)
		if n.Type != "message" {
			continue
		}
		if fmt.Sprint(n.Persons) != "[li.lei]" || n.Suite != "feishu" || n.Message == "" {
			t.Errorf("notice: %+v", n)
		}
		break
	}
	// Closing the hub ends the stream.
	if err := d.hub.Close(); err != nil {
		t.Error(err)
	}
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream broke: %v", err)
	}
}

func TestPeopleOverSuites(t *testing.T) {
	t.Parallel()
	c := simulator.SampleCompany()
	inSome := 0
	for _, p := range c.People {
		if len(p.Suites) == 0 {
			t.Errorf("%s is in no suite", p.ID)
		}
		if len(p.Suites) > 1 {
			inSome++
		}
	}
	if inSome < 3 {
		t.Errorf("%d people are in several suites", inSome)
	}
	for id, want := range map[string][]string{"li.lei": {"feishu"}, "han.meimei": {"dingtalk"}, "wang.fang": {"wecom"}, "zhao.min": {"feishu"},
		"zhang.wei": {"feishu", "dingtalk"}, "chen.jie": {"wecom"}, "liu.yang": {"dingtalk"}, "sun.li": {"feishu"}} {
		if p, _ := c.Person(id); !slices.Equal(p.Suites, want) {
			t.Errorf("%s is in %v, want %v", id, p.Suites, want)
		}
	}
	f := c.Of("feishu")
	if p, ok := f.Person("li.lei"); !ok || p.Manager != "" {
		t.Errorf("li.lei in feishu: %+v: the manager is elsewhere", p)
	}
	if _, ok := f.Person("han.meimei"); ok {
		t.Error("feishu knows han.meimei")
	}
	if d, _ := f.Department("yanfabu"); d.Lead != "" {
		t.Errorf("yanfabu is led by %s in feishu", d.Lead)
	}
	for _, g := range f.Groups {
		for _, m := range append(slices.Clone(g.Members), g.Owner) {
			if _, ok := f.Person(m); !ok {
				t.Errorf("group %s holds %s", g.ID, m)
			}
		}
	}
	if n := len(c.Within("feishu").Of("feishu").People); n != 40 {
		t.Errorf("alone, feishu has %d people", n)
	}
	if p, _ := c.Within("wecom", "dingtalk").Person("li.lei"); !slices.Equal(p.Suites, []string{"wecom"}) {
		t.Errorf("li.lei without feishu is in %v", p.Suites)
	}
}
