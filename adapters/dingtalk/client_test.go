package dingtalk

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// vendorFor makes a platform that talks to a scripted DingTalk.
func vendorFor(t *testing.T, change func(*Config)) (*Platform, *adapterstest.Server) {
	t.Helper()
	v := adapterstest.NewServer(t)
	v.On("POST", "/v1.0/oauth2/accessToken", func(adapterstest.Call) adapterstest.Answer { return sample(t, "accesstoken_ok").answer() })
	cfg := testConfig()
	cfg.Templates = nil
	cfg.APIURL, cfg.OAPIURL = v.URL, v.URL
	if change != nil {
		change(&cfg)
	}
	return newPlatform(cfg, adapters.Env{Now: func() time.Time { return testNow }}), v
}

func says(a adapterstest.Answer) func(adapterstest.Call) adapterstest.Answer {
	return func(adapterstest.Call) adapterstest.Answer { return a }
}

func to(id string) event.Ref { return scoped{testCorp}.user(id) }

const oneToOne = "/v1.0/robot/oToMessages/batchSend"

// Each recorded refusal has its kind, in the shape of either host.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		kind adapters.Kind
		code string
	}{
		"error_new_qps": {adapters.KindRateLimited, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}, "error_new_permission": {adapters.KindForbidden, "Forbidden.AccessDenied.AccessTokenPermissionDenied"},
		"error_new_monthly_quota": {adapters.KindForbidden, "Forbidden.AccessDenied.ApiCountLimitForOrg"}, "error_oapi_88": {adapters.KindForbidden, "60011"},
		"error_webhook_too_fast": {adapters.KindRateLimited, "130101"}, "error_webhook_keyword": {adapters.KindForbidden, "310000"}, "error_ip_punish": {adapters.KindRateLimited, ""},
		"error_new_invalid_token": {adapters.KindUnauthenticated, "InvalidAuthentication"}, "error_oapi_token": {adapters.KindUnauthenticated, "40014"},
	} {
		p, v := vendorFor(t, nil)
		v.On("POST", oneToOne, says(sample(t, name).answer()))
		_, err := p.Send(t.Context(), card.Message{Key: "k", To: to("lisi"), Text: card.T("x")})
		if adapters.KindOf(err) != want.kind || codeOf(err) != want.code {
			t.Errorf("%s: %v", name, err)
		}
		if strings.HasPrefix(name, "error_new_monthly") && !p.Usage()[0].Spent {
			t.Error("that the month is spent was not noted")
		}
	}
}

// Every code of the table means the same with status 200 on the old host and with a bad one on the new.
func TestCodesInBothShapes(t *testing.T) {
	t.Parallel()
	for code, kind := range codes {
		for _, a := range []adapterstest.Answer{
			{Status: 200, Body: fmt.Sprintf(`{"errcode":%q,"errmsg":"x"}`, code)}, {Status: 400, Body: fmt.Sprintf(`{"code":%q,"message":"x"}`, code)},
			{Status: 200, Body: fmt.Sprintf(`{"errcode":88,"errmsg":"x","sub_code":%q,"sub_msg":"y"}`, code)},
		} {
			var rep reply
			if err := decodeLenient([]byte(a.Body), &rep); err != nil {
				t.Fatal(err)
			}
			if got := kindOf(opSend, code, a.Status); got != kind {
				t.Errorf("%s: %s, want %s", code, got, kind)
			}
		}
	}
	for code, kind := range map[string]adapters.Kind{"param.somethingNew": adapters.KindInvalid, "invalidParameter.x": adapters.KindInvalid, "Forbidden.New": adapters.KindForbidden, "brandNew": adapters.KindTransient} {
		if got := kindOf(opSend, code, 500); got != kind {
			t.Errorf("%s: %s, want %s", code, got, kind)
		}
	}
}

// Of several receivers some are left out, although the call succeeds.
func TestPartialSuccess(t *testing.T) {
	t.Parallel()
	for user, kind := range map[string]adapters.Kind{"manager4220": "", "ghost001": adapters.KindNotFound, "busy001": adapters.KindRateLimited} {
		p, v := vendorFor(t, nil)
		v.On("POST", oneToOne, says(sample(t, "robot_oto_send_partial").answer()))
		ref, err := p.Send(t.Context(), card.Message{Key: "k", To: to(user), Text: card.T("x")})
		if adapters.KindOf(err) != kind {
			t.Errorf("%s: %v", user, err)
		}
		if err == nil && ref.Message.ID != "Kna29Ra5pdJznx1ghavbumkQKwDzgfxZLapw55G7x0Q=" {
			t.Errorf("message %v", ref.Message)
		}
	}
}

// The same words to many people at once go in few calls of at most 20, everybody once.
func TestBatches(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, nil)
	var mu sync.Mutex
	got := map[string]int{}
	gate := make(chan struct{})
	v.On("POST", oneToOne, func(c adapterstest.Call) adapterstest.Answer {
		<-gate
		var in struct {
			Users []string `json:"userIds"`
		}
		mu.Lock()
		defer mu.Unlock()
		if json.Unmarshal(c.Body, &in) != nil || len(in.Users) > 20 {
			t.Errorf("%d receivers", len(in.Users))
		}
		for _, u := range in.Users {
			got[u]++
		}
		return adapterstest.Answer{Body: `{"processQueryKey":"k="}`}
	})
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			if _, err := p.Send(t.Context(), card.Message{Key: fmt.Sprint(i), To: to(fmt.Sprint("u", i)), Text: card.T("放假通知")}); err != nil {
				t.Error(err)
			}
		})
	}
	close(gate)
	wg.Wait()
	if len(got) != 60 {
		t.Errorf("%d people got it", len(got))
	}
	for u, n := range got {
		if n != 1 {
			t.Errorf("%s got it %d times", u, n)
		}
	}
}

// While one call is on its way, the others gather for the next, at most 20 of them.
func TestBatchesGather(t *testing.T) {
	t.Parallel()
	var b batches
	one, prev, first := b.join("words", "u0")
	if !first || prev != nil {
		t.Fatal("the first one does not lead")
	}
	one.closed = true // on its way
	next, prev, first := b.join("words", "u1")
	if !first || prev != one || next == one {
		t.Error("the second does not wait for the first")
	}
	for i := 2; i <= 20; i++ {
		if got, _, first := b.join("words", fmt.Sprint("u", i)); got != next || first {
			t.Fatalf("u%d is not in the same batch", i)
		}
	}
	if got, prev, first := b.join("words", "u21"); got == next || prev != next || !first {
		t.Error("a batch takes more than 20")
	}
	if got, _, _ := b.join("words", "u21"); len(got.users) != 1 {
		t.Error("the same person twice in one batch: they would get the words once")
	}
	if got, prev, _ := b.join("other words", "u1"); prev != nil || got == next {
		t.Error("other words wait")
	}
}

// A text goes by the conversation's webhook while that lives and is DingTalk's, else by the robot interface.
func TestSession(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, nil)
	v.On("POST", "/robot/sendBySession", says(adapterstest.Answer{Body: `{"errcode":"0","errmsg":"ok"}`}))
	v.On("POST", oneToOne, says(adapterstest.Answer{Body: `{"processQueryKey":"k="}`}))
	conv := to("lisi")
	send := func() (hooks, rests int) {
		t.Helper()
		if _, err := p.Send(t.Context(), card.Message{Key: "k", To: conv, Text: card.T("好")}); err != nil {
			t.Fatal(err)
		}
		return len(v.Calls("/robot/sendBySession")), len(v.Calls(oneToOne))
	}
	hook := event.Handle{Kind: HandleSession, Value: v.URL + "/robot/sendBySession?session=s1", Expires: testNow.Add(time.Hour)}
	p.sessions.put(conv, hook)
	if h, r := send(); h != 1 || r != 0 {
		t.Errorf("with a webhook: %d, %d", h, r)
	}
	if q, _ := url.ParseQuery(v.Calls("/robot/sendBySession")[0].Query); q.Get("session") != "s1" || len(q) != 1 {
		t.Errorf("query %v", q)
	}
	v.Fault("/robot/sendBySession", sample(t, "error_session_webhook_expired").answer(), 1)
	if h, r := send(); h != 2 || r != 1 {
		t.Errorf("gone: %d, %d", h, r)
	}
	if h, r := send(); h != 2 || r != 2 {
		t.Errorf("it was asked again: %d, %d", h, r)
	}
	hook.Expires = testNow
	p.sessions.put(conv, hook)
	if h, r := send(); h != 2 || r != 3 {
		t.Errorf("expired: %d, %d", h, r)
	}
	for _, foreign := range []string{"https://evil.example/robot/sendBySession?session=x", v.URL + ".evil.example/robot/x", v.URL + "/v1.0/robot/../x", v.URL + "/gettoken"} {
		p.sessions.put(conv, event.Handle{Kind: HandleSession, Value: foreign, Expires: testNow.Add(time.Hour)})
		if h, _ := send(); h != 2 {
			t.Errorf("%s was called", foreign)
		}
	}
	// Somebody without a userId is reached this way or not at all.
	_, err := p.Send(t.Context(), card.Message{Key: "k", To: to("$:LWCP_v1:$x"), Text: card.T("好")})
	if adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("a stranger without a webhook: %v", err)
	}
}

// Whom the robot can't write to gets a work notification, small enough, with a way to every action.
func TestWorkNotice(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, nil)
	v.On("POST", oneToOne, says(adapterstest.Answer{Status: 400, Body: `{"code":"chatbotId.notAllow.sendOTO","message":"x"}`}))
	v.On("POST", "/topapi/message/corpconversation/asyncsend_v2", says(sample(t, "worknotice_send").answer()))
	v.On("POST", "/topapi/message/corpconversation/getsendresult", says(sample(t, "worknotice_sendresult").answer()))
	v.On("POST", "/topapi/message/corpconversation/recall", says(adapterstest.Answer{Body: `{"errcode":0}`}))
	c := &card.Card{Title: card.T("采购"), Summary: card.T("采购"), Link: "https://bot.example.com/m/1", Body: card.Elements{&card.Markdown{Text: card.T(strings.Repeat("很长的内容", 800))}},
		Actions: []card.Button{{Verb: "approve", Label: card.T("同意"), Token: "t"}, {Verb: "reject", Label: card.T("拒绝"), Token: "t"}}}
	ref, err := p.Send(t.Context(), card.Message{Key: "k", To: to("lisi"), Card: c})
	if err != nil || handle(ref, HandleTask) != "256271667526" {
		t.Fatalf("%+v, %v", ref, err)
	}
	var in struct {
		Agent int64           `json:"agent_id"`
		Users string          `json:"userid_list"`
		Msg   json.RawMessage `json:"msg"`
	}
	call := v.Calls("/topapi/message/corpconversation/asyncsend_v2")[0]
	if json.Unmarshal(call.Body, &in) != nil || in.Users != "lisi" || in.Agent != 836390886 || len(in.Msg) > 2048 || !strings.Contains(string(in.Msg), "同意") || !strings.Contains(string(in.Msg), "拒绝") {
		t.Errorf("%d bytes: %s", len(in.Msg), call.Body)
	}
	if q, _ := url.ParseQuery(call.Query); q.Get("access_token") == "" {
		t.Error("the old host wants its token in the query")
	}
	rs, err := p.Readers(t.Context(), ref)
	if err != nil || len(rs) != 1 || rs[0].Ref.ID != "manager4220" {
		t.Errorf("readers %v, %v", rs, err)
	}
	if err := p.Recall(t.Context(), ref); err != nil {
		t.Error(err)
	}
}

func TestReaders(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, func(c *Config) { c.MonthlyReads = 3 })
	v.On("GET", "/v1.0/robot/oToMessages/readStatus", says(sample(t, "robot_oto_readstatus").answer()))
	page := 0
	v.On("POST", "/v1.0/robot/groupMessages/query", func(adapterstest.Call) adapterstest.Answer {
		if page++; page > 1 {
			return adapterstest.Answer{Body: `{"sendStatus":"SUCCESS","readUserIds":["lisi"],"hasMore":false}`}
		}
		return sample(t, "robot_group_query_read").answer()
	})
	ids := func(ref adapters.MessageRef) []string {
		rs, err := p.Readers(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range rs {
			out = append(out, r.Ref.ID)
		}
		return out
	}
	s := scoped{testCorp}
	direct := adapters.MessageRef{Message: s.message("Kna="), SentAt: testNow.Add(-time.Hour)}
	if got := ids(direct); !slices.Equal(got, []string{"manager4220"}) {
		t.Errorf("direct: %v", got)
	}
	if got := ids(adapters.MessageRef{Message: s.message("Kna="), Chat: s.chat("cid1"), SentAt: testNow}); !slices.Equal(got, []string{"manager4220", "lisi"}) {
		t.Errorf("group: %v", got)
	}
	if _, err := p.Readers(t.Context(), direct); adapters.KindOf(err) != adapters.KindRateLimited {
		t.Errorf("the month's share is spent: %v", err)
	}
	if u := p.Usage()[1]; u.Name != "read_queries" || u.Used != 3 || u.Limit != 3 || !u.Until.After(testNow) {
		t.Errorf("%+v", u)
	}
	direct.SentAt = testNow.Add(-25 * time.Hour)
	if _, err := p.Readers(t.Context(), direct); adapters.KindOf(err) != adapters.KindGone {
		t.Errorf("after a day: %v", err)
	}
	direct.SentAt = testNow.Add(-time.Minute)
	p, v = vendorFor(t, nil)
	v.On("GET", "/v1.0/robot/oToMessages/readStatus", says(adapterstest.Answer{Status: 400, Body: `{"code":"processQueryKey.expireTime","message":"x"}`}))
	if _, err := p.Readers(t.Context(), direct); adapters.KindOf(err) != adapters.KindTransient {
		t.Errorf("a key that is not known yet: %v", err)
	}
}

func TestRecallOfAMessage(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, nil)
	v.On("POST", "/v1.0/robot/otoMessages/batchRecall", says(sample(t, "robot_oto_recall").answer()))
	s := scoped{testCorp}
	if err := p.Recall(t.Context(), adapters.MessageRef{Message: s.message("Kna29Ra5pdJznx1ghavbumkQKwDzgfxZLapw55G7x0Q="), SentAt: testNow}); err != nil {
		t.Error(err)
	}
	for what, ref := range map[string]adapters.MessageRef{
		"expired":   {Message: s.message("expired0001"), SentAt: testNow},
		"shared":    {Message: s.message("x"), Handles: []event.Handle{{Kind: HandleShared, Value: "x"}}},
		"too old":   {Message: s.message("x"), SentAt: testNow.Add(-25 * time.Hour)},
		"by a hook": {SentAt: testNow},
	} {
		if err := p.Recall(t.Context(), ref); adapters.KindOf(err) != adapters.KindGone {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A card that was made but not delivered is delivered by the next attempt, and one that exists is not sent again.
func TestCardDelivery(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, func(c *Config) {
		c.Transport, c.AgentID = TransportStream, 0
		c.Templates = map[string]Template{templateCard: {"card.schema", 1}}
	})
	const create, deliver = "/v1.0/card/instances/createAndDeliver", "/v1.0/card/instances/deliver"
	v.On("POST", create, says(adapterstest.Answer{Body: `{"success":true,"result":{"deliverResults":[{"spaceType":"IM_ROBOT","success":false,"errorMsg":"system.busy"}]}}`}))
	v.On("POST", deliver, says(adapterstest.Answer{Body: `{"success":true,"result":[{"spaceType":"im_robot","success":"true","carrierId":"4v+Az="}]}`}))
	m := card.Message{Key: "k", To: to("lisi"), Card: &card.Card{Title: card.T("x"), Summary: card.T("x")}}
	if _, err := p.Send(t.Context(), m); adapters.KindOf(err) != adapters.KindTransient {
		t.Fatalf("not delivered: %v", err)
	}
	ref, err := p.Send(t.Context(), m)
	if err != nil || ref.Message.ID != "4v+Az=" || handle(ref, HandleCard) != p.trackID("k") || len(v.Calls(deliver)) != 1 {
		t.Fatalf("%+v, %v", ref, err)
	}
	v.On("POST", create, says(adapterstest.Answer{Status: 400, Body: `{"code":"param.cardAlreadyExist","message":"x"}`}))
	again, err := p.Send(t.Context(), m)
	if err != nil || handle(again, HandleCard) != handle(ref, HandleCard) {
		t.Errorf("again: %+v, %v", again, err)
	}
	v.Fault(create, adapterstest.Answer{Hangup: true}, 1)
	if _, err := p.Send(t.Context(), m); adapters.KindOf(err) != adapters.KindTransient {
		t.Errorf("a lost answer: %v", err)
	}
	// A template that is not there: an ActionCard, and it says so.
	v.On("POST", create, says(adapterstest.Answer{Status: 400, Body: `{"code":"param.templateNotExist","message":"x"}`}))
	v.On("POST", oneToOne, says(adapterstest.Answer{Body: `{"processQueryKey":"k="}`}))
	ref, err = p.Send(t.Context(), m)
	if err != nil || ref.Message.ID != "k=" || len(ref.Losses) == 0 {
		t.Errorf("without its template: %+v, %v", ref, err)
	}
	if _, err := p.Update(t.Context(), ref, m); adapters.KindOf(err) != adapters.KindGone {
		t.Errorf("an ActionCard is changed: %v", err)
	}
	v.On("PUT", "/v1.0/card/instances", func(c adapterstest.Call) adapterstest.Answer {
		if !strings.Contains(string(c.Body), `"updateCardDataByKey":true`) || !strings.Contains(string(c.Body), `"btn1_text":""`) || !strings.Contains(string(c.Body), `"lisi":{"cardParamMap":{"result":""}}`) {
			t.Errorf("update %s", c.Body)
		}
		return sample(t, "card_update").answer()
	})
	if _, err := p.Update(t.Context(), again, m); err != nil {
		t.Error(err)
	}
}

func TestUrge(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, nil)
	v.On("POST", "/v1.0/robot/ding/send", says(adapterstest.Answer{Body: `{"openDingId":"d","failedList":{"notFound":["ghost"]}}`}))
	var people []event.Ref
	for i := range 25 {
		people = append(people, to(fmt.Sprint("u", i)))
	}
	unreached, err := p.Urge(t.Context(), adapters.MessageRef{}, card.UrgeSMS, append(people, to("ghost"), to("$:x")))
	if err != nil || len(unreached) != 2 || len(v.Calls("/v1.0/robot/ding/send")) != 2 {
		t.Errorf("%v, %v, %d calls", unreached, err, len(v.Calls("/v1.0/robot/ding/send")))
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, nil)
	depts := map[string]string{"1": `[{"dept_id":2,"name":"研发部","parent_id":1},{"dept_id":"3","name":"财务部","parent_id":"1"}]`, "2": `[]`, "3": `[]`}
	dept := func(c adapterstest.Call) string {
		var in struct {
			ID json.Number `json:"dept_id"`
		}
		if err := json.Unmarshal(c.Body, &in); err != nil {
			t.Errorf("%s: %v", c.Body, err)
		}
		return in.ID.String()
	}
	v.On("POST", "/topapi/v2/department/get", func(c adapterstest.Call) adapterstest.Answer {
		return adapterstest.Answer{Body: fmt.Sprintf(`{"errcode":0,"result":{"dept_id":%s,"name":"部门%s","dept_manager_userid_list":["manager4220"]}}`, dept(c), dept(c))}
	})
	v.On("POST", "/topapi/v2/department/listsub", func(c adapterstest.Call) adapterstest.Answer {
		return adapterstest.Answer{Body: `{"errcode":0,"result":` + depts[dept(c)] + `}`}
	})
	v.On("POST", "/topapi/v2/user/list", func(c adapterstest.Call) adapterstest.Answer {
		if dept(c) != "2" {
			return adapterstest.Answer{Body: `{"errcode":0,"result":{"has_more":false,"list":[]}}`}
		}
		if strings.Contains(string(c.Body), `"cursor":0`) {
			return adapterstest.Answer{Body: `{"errcode":0,"result":{"has_more":true,"next_cursor":100,"list":[{"userid":"manager4220","name":"王经理"}]}}`}
		}
		return adapterstest.Answer{Body: `{"errcode":0,"result":{"has_more":"false","list":[{"userid":"manager4220","name":"王经理"}]}}`}
	})
	v.On("POST", "/topapi/v2/user/get", says(sample(t, "user_get").answer()))
	ds, err := p.Departments(t.Context())
	if err != nil || len(ds) != 3 || ds[0].Parent != "" || ds[1].Parent != "1" || len(ds[2].Leads) != 1 {
		t.Errorf("%+v, %v", ds, err)
	}
	as, err := p.Accounts(t.Context())
	if err != nil || len(as) != 1 {
		t.Fatalf("%+v, %v", as, err)
	}
	a := as[0]
	if a.Mobile != "+8613800000000" || a.EmployeeNo != "0042" || a.Manager == nil || a.Manager.ID != "boss01" || !slices.Equal(a.Depts, []string{"2", "3"}) || !a.Active || len(a.Refs) != 2 {
		t.Errorf("%+v", a)
	}
	// A page that fails makes the whole fail.
	v.Fault("/topapi/v2/user/list", adapterstest.Answer{Body: `{"errcode":-1,"errmsg":"busy"}`}, 1)
	if as, err := p.Accounts(t.Context()); adapters.KindOf(err) != adapters.KindTransient || as != nil {
		t.Errorf("%d accounts, %v", len(as), err)
	}
	if u := p.Usage()[0]; u.Used != 0 {
		t.Errorf("%d calls were counted, though contacts are free", u.Used)
	}
}

func TestTodoMirror(t *testing.T) {
	t.Parallel()
	p, v := vendorFor(t, nil)
	const tasks = "/v1.0/todo/users/PUoiinWIpa2yH2ymhiiGiP6g/tasks"
	v.On("POST", "/topapi/v2/user/get", says(sample(t, "user_get").answer()))
	there := false
	v.On("GET", tasks+"/sources/task-42", func(adapterstest.Call) adapterstest.Answer {
		if !there {
			return adapterstest.Answer{Status: 404, Body: `{"code":"todo.taskNotFound","message":"x"}`}
		}
		return sample(t, "todo_create").answer()
	})
	v.On("POST", tasks, func(adapterstest.Call) adapterstest.Answer { there = true; return sample(t, "todo_create").answer() })
	v.On("PUT", tasks+"/OPJpwtwPVNGIFKURjrzd", says(adapterstest.Answer{Body: `{"result":true}`}))
	v.On("DELETE", tasks+"/OPJpwtwPVNGIFKURjrzd", says(adapterstest.Answer{Body: `{"result":true}`}))
	todo := adapters.Todo{Key: "task-42", Title: "提交周报", Link: "https://example.com/t/42", Creator: to("manager4220"), Owners: []event.Ref{to("manager4220")}, Due: testNow}
	for _, done := range []bool{false, false, true} {
		todo.Done = done
		if err := p.PutTodo(t.Context(), todo); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(v.Calls(tasks)); n != 6 {
		t.Errorf("%d calls, want 3 questions, one creation, two changes", n)
	}
	if err := p.DropTodo(t.Context(), todo); err != nil {
		t.Error(err)
	}
	if err := p.PutTodo(t.Context(), adapters.Todo{Key: "x"}); adapters.KindOf(err) != adapters.KindInvalid {
		t.Errorf("a to-do with nothing in it: %v", err)
	}
}

// Every mistake of the settings is named at its place.
func TestMistakes(t *testing.T) {
	t.Parallel()
	src := "id: d\nsuite: dingtalk\ntransport: pigeon\nclient_id: \"?\"\nclient_secret: s\ncorp_id: dingcorp\naes_key: short\ntoken: \"!\"\napi_url: ftp://x\nmax_age: 1s\nsilence: 1s\ntemplates: {form: {id: a, version: 99}, menu: {id: b, version: 1}}\nscene_template: x\n"
	n, ps := config.Parse("magpie.yaml", []byte(src))
	if ps.Bad() {
		t.Fatal(ps)
	}
	_, ps = ReadConfig(config.Connection{ID: "d", Suite: "dingtalk", Settings: n})
	said := ps.Error()
	for _, path := range []string{"transport", "client_id", "aes_key", "token", "api_url", "max_age", "silence", "templates.form.version", "templates.menu", "scene_template"} {
		if !strings.Contains(said, path) {
			t.Errorf("nothing is said about %s in\n%s", path, said)
		}
	}
	n, _ = config.Parse("magpie.yaml", []byte("id: d\nsuite: dingtalk\nclient_id: dingabc\nclient_secret: s\ncorp_id: dingcorp\n"))
	if _, ps := ReadConfig(config.Connection{Settings: n}); !ps.Bad() {
		t.Error("a webhook without keys is taken")
	}
}
