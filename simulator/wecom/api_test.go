package wecom

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"magpie/simulator"
)

func TestToken(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	c := b.credentials()
	first := b.token
	b.clock.Advance(time.Hour)
	out := b.get("gettoken?corpid=" + c["corp_id"] + "&corpsecret=" + c["secret"])
	if out["access_token"] != first || out["expires_in"] != float64(3600) {
		t.Errorf("the token changed before it expired, or its rest is wrong: %v", out["expires_in"])
	}
	if len(first) > 512 {
		t.Errorf("token of %d bytes", len(first))
	}
	b.clock.Advance(time.Hour)
	if got := code(b.get("department/list")); got != 42001 {
		t.Errorf("expired token: %d", got)
	}
	if b.token = b.fetch("secret"); b.token == first {
		t.Error("the expired token came again")
	}
	for path, want := range map[string]int{
		"gettoken?corpid=&corpsecret=x": 41002, "gettoken?corpid=" + c["corp_id"]: 41004,
		"gettoken?corpid=wwother&corpsecret=x": 40013, "gettoken?corpid=" + c["corp_id"] + "&corpsecret=wrong": 40001,
		"department/list?access_token=wrong": 40014, "department/list?access_token=": 41001,
	} {
		out := b.get(path)
		if code(out) != want {
			t.Errorf("%s: %v, want %d", path, out, want)
		}
		if msg := str(out, "errmsg"); !strings.Contains(msg, "hint: [") || !strings.Contains(msg, "from ip: 127.0.0.1") {
			t.Errorf("errmsg %q", msg)
		}
	}
	if err := b.Fault(simulator.Fault{Kind: "expire_token"}); err != nil {
		t.Fatal(err)
	}
	if got := code(b.get("department/list")); got != 42001 {
		t.Errorf("expire_token: %d", got)
	}
	if b.fetch("secret") == b.token {
		t.Error("the token that was taken away came again")
	}
}

// Guessing at secrets gets the address banned for an hour, the right secret included.
func TestSecretGuessing(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	corp := b.credentials()["corp_id"]
	b.mu.Lock()
	b.quotas.of("wrong secrets 127.0.0.1", testStart.Unix()/3600).n = wrongSecrets - 1
	b.mu.Unlock()
	if got := code(b.get("gettoken?corpid=" + corp + "&corpsecret=wrong")); got != 40001 {
		t.Fatalf("wrong secret: %d", got)
	}
	if got := code(b.get("gettoken?corpid=" + corp + "&corpsecret=" + b.credentials()["secret"])); got != 45009 {
		t.Errorf("banned address: %d", got)
	}
	b.clock.Advance(time.Hour)
	b.fetch("secret")
}

func TestTrustedIP(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{TrustedIPs: []string{"203.0.113.7"}}}})
	out := b.get("department/list")
	if code(out) != 60020 || !strings.Contains(str(out, "errmsg"), "from ip: 127.0.0.1") {
		t.Errorf("foreign address: %v", out)
	}
}

func TestSendRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Unavailable: []string{"su.mei"}}, {ID: "second"}}})
	ok := func() obj { return b.body("text", obj{"content": "你好"}, "wang.fang") }
	with := func(changes obj) obj {
		body := ok()
		for k, v := range changes {
			if v == nil {
				delete(body, k)
			} else {
				body[k] = v
			}
		}
		return body
	}
	many := strings.TrimSuffix(strings.Repeat("a|", 1001), "|")
	for name, c := range map[string]struct {
		body any
		want int
	}{
		"no body":           {nil, 40063},
		"not JSON":          {"{", 40058},
		"escapes":           {`{"touser":"x\u4f60"}`, 40033},
		"no agent":          {with(obj{"agentid": nil}), 41011},
		"unknown agent":     {with(obj{"agentid": 7}), 40056},
		"other agent":       {with(obj{"agentid": b.apps[1].AgentID}), 301002},
		"nobody":            {with(obj{"touser": ""}), 82001},
		"all wrong":         {with(obj{"touser": "Ghost"}), 81013},
		"out of range":      {with(obj{"touser": b.user("su.mei")}), 81013},
		"too many users":    {with(obj{"touser": many}), 40032},
		"too many parties":  {with(obj{"toparty": strings.Repeat("1|", 101)}), 82002},
		"too many tags":     {with(obj{"totag": strings.Repeat("1|", 101)}), 82003},
		"type":              {with(obj{"msgtype": "markdown_v2"}), 40008},
		"no type":           {with(obj{"msgtype": nil}), 40008},
		"no content":        {with(obj{"text": obj{"content": " "}}), 44004},
		"no part":           {with(obj{"text": nil}), 40063},
		"long markdown":     {b.body("markdown", obj{"content": strings.Repeat("长", 683)}, "wang.fang"), 45002},
		"textcard title":    {b.body("textcard", obj{"description": "d", "url": "https://a"}, "wang.fang"), 41016},
		"textcard words":    {b.body("textcard", obj{"title": "t", "url": "https://a"}, "wang.fang"), 41033},
		"textcard url":      {b.body("textcard", obj{"title": "t", "description": "d"}, "wang.fang"), 41010},
		"textcard no head":  {b.body("textcard", obj{"title": "t", "description": "d", "url": "example.com"}, "wang.fang"), 45034},
		"textcard long url": {b.body("textcard", obj{"title": "t", "description": "d", "url": "https://a/" + strings.Repeat("x", 2048)}, "wang.fang"), 40039},
		"no articles":       {b.body("news", obj{"articles": []obj{}}, "wang.fang"), 45008},
		"nine articles":     {b.body("news", obj{"articles": make([]obj, 9)}, "wang.fang"), 45008},
		"no media":          {b.body("file", obj{"media_id": "nope"}, "wang.fang"), 40007},
		"no media id":       {b.body("image", obj{}, "wang.fang"), 41006},
		"interactive":       {b.body("template_card", button("t-1"), "wang.fang"), 43012},
	} {
		out := b.post("message/send", c.body)
		if code(out) != c.want {
			t.Errorf("%s: %v, want %d", name, out, c.want)
		}
	}
	if list, _ := b.Messages("wang.fang", ""); len(list) != 0 {
		t.Errorf("refused messages arrived: %+v", list)
	}
}

func TestSendToSome(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	body := b.body("text", obj{"content": `看 <a href="https://example.com/1">这里</a>`}, "wang.fang")
	body["touser"] = strings.ToUpper(b.user("wang.fang")) + "|Ghost.01|" + b.user("wang.fang")
	body["toparty"], body["totag"] = "999", "5"
	out := b.must(b.post("message/send", body))
	if out["invaliduser"] != "ghost.01" || out["invalidparty"] != "999" || out["invalidtag"] != "5" {
		t.Errorf("invalid: %v", out)
	}
	if out["response_code"] != nil {
		t.Error("a text has a response_code")
	}
	m := b.see("wang.fang", str(out, "msgid"))
	if m.Text != "看 这里（https://example.com/1）" || m.Kind != "text" || m.From != "bot" {
		t.Errorf("seen: %+v", m)
	}
	// A department, with everybody below it.
	finance := fmt.Sprint(b.partyID("caiwubu"))
	out = b.must(b.post("message/send", obj{"toparty": finance, "msgtype": "text", "agentid": b.agentID(), "text": obj{"content": "财务部"}}))
	for _, p := range b.company.People {
		if got, want := b.sees(p.ID, str(out, "msgid")), p.Department == "caiwubu"; got != want {
			t.Errorf("%s sees the department's message: %v", p.ID, got)
		}
	}
	out = b.must(b.post("message/send", obj{"touser": "@all", "msgtype": "text", "agentid": b.agentID(), "text": obj{"content": "大家好"}}))
	for _, p := range b.company.People {
		if !b.sees(p.ID, str(out, "msgid")) {
			t.Errorf("%s does not see @all", p.ID)
		}
	}
}

// A string where a number belongs is understood, and said to be wrong.
func TestWrongTypes(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	body := b.body("text", obj{"content": "x"}, "wang.fang")
	body["agentid"] = fmt.Sprint(b.agentID())
	out := b.post("message/send", body)
	if code(out) != 0 || !strings.Contains(str(out, "errmsg"), "Warning: wrong json format.") {
		t.Errorf("agentid as text: %v", out)
	}
	out = b.post("message/send", `{"touser":7,"msgtype":"text","agentid":`+fmt.Sprint(b.agentID())+`,"text":{"content":"x"}}`)
	if code(out) != 82001 || !strings.Contains(str(out, "errmsg"), "Warning: wrong json format.") {
		t.Errorf("touser as number: %v", out)
	}
	out = b.post("message/send", strings.ReplaceAll(string(encode(b.body("text", obj{"content": "a<b"}, "wang.fang"))), "<", `\u003c`))
	if code(out) != 0 || !slices.ContainsFunc(b.Warnings(), func(w string) bool { return strings.Contains(w, `\u003c`) }) {
		t.Errorf("HTML escapes: %v %v", out, b.Warnings())
	}
}

func TestTextIsCut(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	out := b.send("text", obj{"content": strings.Repeat("长", 700)}, "wang.fang")
	if m := b.see("wang.fang", str(out, "msgid")); len(m.Text) != 2046 || strings.ContainsRune(m.Text, '\uFFFD') {
		t.Errorf("%d bytes are seen", len(m.Text))
	}
}

func TestDuplicateCheck(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	body := b.body("text", obj{"content": "一次"}, "wang.fang")
	body["enable_duplicate_check"], body["duplicate_check_interval"] = 1, 60
	first := b.must(b.post("message/send", body))
	again := b.must(b.post("message/send", body))
	if first["msgid"] == again["msgid"] || b.sees("wang.fang", str(again, "msgid")) {
		t.Error("the repetition was not suppressed")
	}
	b.clock.Advance(time.Minute)
	later := b.must(b.post("message/send", body))
	if !b.sees("wang.fang", str(later, "msgid")) {
		t.Error("suppressed after the interval")
	}
	delete(body, "enable_duplicate_check")
	if !b.sees("wang.fang", str(b.must(b.post("message/send", body)), "msgid")) {
		t.Error("suppressed without being asked")
	}
}

// Too many messages to one member are accepted, and not shown.
func TestSilentDrop(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	shown := 0
	var last string
	for range memberMinute + 5 {
		last = str(b.send("text", obj{"content": "x"}, "wang.fang", "chen.jie"), "msgid")
		if b.sees("wang.fang", last) {
			shown++
		}
	}
	if shown != memberMinute {
		t.Errorf("%d were shown, want %d", shown, memberMinute)
	}
	b.clock.Advance(time.Minute)
	if !b.sees("wang.fang", str(b.send("text", obj{"content": "x"}, "wang.fang"), "msgid")) {
		t.Error("still dropped after a minute")
	}
	for i := 1; i < 40; i++ {
		for range memberMinute {
			last = str(b.send("text", obj{"content": "x"}, "wang.fang"), "msgid")
		}
		b.clock.Advance(time.Minute)
	}
	if list, _ := b.Messages("wang.fang", ""); len(list) != memberHour || b.sees("wang.fang", last) {
		t.Errorf("%d were shown within the hour, want %d", len(list), memberHour)
	}
}

func TestDailyQuota(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Accounts: 1})
	b.mu.Lock()
	b.quotas.day("sends wecom-main", testStart).n = sendsPerAccount - 1
	b.mu.Unlock()
	b.send("text", obj{"content": "x"}, "wang.fang")
	if out := b.post("message/send", b.body("text", obj{"content": "x"}, "wang.fang")); code(out) != 45009 {
		t.Errorf("over the day's quota: %v", out)
	}
	b.clock.Advance(24 * time.Hour)
	b.token = b.fetch("secret")
	b.send("text", obj{"content": "x"}, "wang.fang")
}

func TestBasicLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.mu.Lock()
	b.quotas.of("m department/list", testStart.Unix()/60).n = apiMinute - 1
	b.mu.Unlock()
	b.must(b.get("department/list"))
	if got := code(b.get("department/list")); got != 45009 {
		t.Fatalf("over the limit: %d", got)
	}
	b.must(b.get("department/simplelist"))
	b.clock.Advance(59 * time.Second)
	if got := code(b.get("department/list")); got != 45009 {
		t.Errorf("let through before a minute has passed: %d", got)
	}
	b.clock.Advance(time.Second)
	b.must(b.get("department/list"))
}

func TestRecall(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{}, {ID: "second"}}})
	id := str(b.send("text", obj{"content": "x"}, "wang.fang"), "msgid")
	old := str(b.send("text", obj{"content": "old"}, "wang.fang"), "msgid")
	b.must(b.post("message/recall", obj{"msgid": id}))
	if m := b.see("wang.fang", id); m.Status != "recalled" || m.Text != "" {
		t.Errorf("recalled: %+v", m)
	}
	c := b.Connections()[1].Credentials
	other := str(b.get("gettoken?corpid="+c["corp_id"]+"&corpsecret="+c["secret"]), "access_token")
	for path, want := range map[string]int{"message/recall": 40058, "message/recall?access_token=" + other: 40058} {
		if out := b.post(path, obj{"msgid": map[bool]string{true: "unknown", false: old}[want == 40058 && path == "message/recall"]}); code(out) != want {
			t.Errorf("%s: %v", path, out)
		}
	}
	b.clock.Advance(24*time.Hour + time.Second)
	b.token = b.fetch("secret")
	if out := b.post("message/recall", obj{"msgid": old}); code(out) != 42052 {
		t.Errorf("after a day: %v", out)
	}
	rows := b.must(b.post("message/get_statistics", obj{"time_type": 1}))["statistics"].([]any)
	if row := rows[0].(map[string]any); row["count"] != float64(2) || row["agentid"] != float64(b.agentID()) {
		t.Errorf("statistics: %v", rows)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	fault := func(kind, api string) {
		t.Helper()
		if err := b.Fault(simulator.Fault{Kind: kind, API: api}); err != nil {
			t.Fatal(err)
		}
	}
	fault("rate_limit", "")
	if got := code(b.get("department/list")); got != 45009 {
		t.Errorf("rate_limit: %d", got)
	}
	fault("server_error", "message")
	b.must(b.get("department/list"))
	if got := code(b.post("message/send", b.body("text", obj{"content": "x"}, "wang.fang"))); got != -1 {
		t.Errorf("server_error: %d", got)
	}
	fault("drop_connection", "")
	if _, err := b.try("POST", "message/send", b.body("text", obj{"content": "x"}, "wang.fang")); err == nil {
		t.Error("drop_connection was answered")
	}
	fault("timeout", "message/send")
	done := make(chan error, 1)
	go func() {
		_, err := b.try("POST", "message/send", b.body("text", obj{"content": "unbeantwortet"}, "wang.fang"))
		done <- err
	}()
	b.clock.BlockUntil(1)
	b.clock.Advance(holdFor)
	if err := <-done; err == nil {
		t.Error("timeout was answered")
	}
	if list, _ := b.Messages("wang.fang", ""); len(list) != 1 {
		t.Errorf("a call that times out is carried out: %d messages", len(list))
	}
	if b.Fault(simulator.Fault{Kind: "nonsense"}) == nil || b.Fault(simulator.Fault{Kind: "timeout", Times: -1}) == nil {
		t.Error("nonsense was switched on")
	}
	for _, c := range b.Calls() {
		if strings.Contains(c.Path, b.token) || strings.Contains(c.Path, b.credentials()["secret"]) {
			t.Errorf("the log has a secret: %s", c.Path)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	for _, path := range []string{"/cgi-bin/nope", "/cgi-bin//gettoken", "/"} {
		resp, err := b.http.Client().Get(b.http.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 404 {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}
