package dingtalk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// sealed is an event as the vendor would send it.
func sealed(t testing.TB, plain, owner string, at time.Time) adapters.Request {
	t.Helper()
	s, err := newSealer(testKey)
	if err != nil {
		t.Fatal(err)
	}
	enc := s.seal(plain, owner, []byte("0123456789abcdef"))
	body, err := json.Marshal(map[string]string{"encrypt": enc})
	if err != nil {
		t.Fatal(err)
	}
	ts := strconv.FormatInt(at.UnixMilli(), 10)
	q := url.Values{"msg_signature": {signature(testToken, ts, "n", enc)}, "timeStamp": {ts}, "nonce": {"n"}}
	return adapters.Request{Method: "POST", Query: q, Body: body, ReceivedAt: testNow}
}

func signedMessage(body string, at time.Time) adapters.Request {
	ts := strconv.FormatInt(at.UnixMilli(), 10)
	h := http.Header{}
	h.Set("timestamp", ts)
	h.Set("sign", robotSign(testSecret, ts))
	return adapters.Request{Method: "POST", Header: h, Body: []byte(body), ReceivedAt: testNow}
}

// Every way in which a call can be wrong has its kind, and makes no event.
func TestBadInput(t *testing.T) {
	t.Parallel()
	good := sealed(t, `{"EventType":"check_in","CorpId":"`+testCorp+`","eventId":"1"}`, testClient, testNow)
	change := func(f func(r *adapters.Request)) adapters.Request {
		r := good
		r.Query = url.Values{}
		for k, v := range good.Query {
			r.Query[k] = v
		}
		f(&r)
		return r
	}
	un, inv := adapters.KindUnauthenticated, adapters.KindInvalid
	for name, c := range map[string]struct {
		r    adapters.Request
		kind adapters.Kind
	}{
		"forged signature":    {change(func(r *adapters.Request) { r.Query.Set("msg_signature", strings.Repeat("a", 40)) }), un},
		"signature twice":     {change(func(r *adapters.Request) { r.Query["msg_signature"] = append(r.Query["msg_signature"], "x") }), un},
		"no timestamp":        {change(func(r *adapters.Request) { r.Query.Del("timeStamp") }), un},
		"stale":               {sealed(t, `{"EventType":"x"}`, testClient, testNow.Add(-2*time.Hour)), un},
		"from the future":     {sealed(t, `{"EventType":"x"}`, testClient, testNow.Add(time.Hour)), un},
		"wrong app key":       {sealed(t, `{"EventType":"x"}`, "dingotherapp", testNow), un},
		"wrong organisation":  {sealed(t, `{"EventType":"x","corpId":"dingother"}`, testClient, testNow), un},
		"truncated":           {change(func(r *adapters.Request) { r.Body = r.Body[:len(r.Body)/2] }), un},
		"not JSON":            {change(func(r *adapters.Request) { r.Body = []byte("<xml/>") }), un},
		"encrypt of a number": {change(func(r *adapters.Request) { r.Body = []byte(`{"encrypt":1}`) }), un},
		"oversized":           {change(func(r *adapters.Request) { r.Body = make([]byte, maxBody+1) }), un},
		"a GET":               {change(func(r *adapters.Request) { r.Method = "GET" }), un},
		"nothing inside":      {sealed(t, ``, testClient, testNow), inv},
		"a list, stale":       {sealed(t, `[1]`, testClient, testNow.Add(-2*time.Hour)), un},
		"message not JSON":    {signedMessage(`hello`, testNow), inv},
		"message without id":  {signedMessage(`{}`, testNow), inv},
		"message to another":  {signedMessage(`{"msgId":"1","robotCode":"dingother"}`, testNow), un},
		"message elsewhere":   {signedMessage(`{"msgId":"1","chatbotCorpId":"dingother"}`, testNow), un},
		"stale message":       {signedMessage(`{"msgId":"1"}`, testNow.Add(-61*time.Minute)), un},
		"deep message":        {signedMessage(`{"msgId":`+strings.Repeat("[", 20000), testNow), inv},
	} {
		d, err := testReceiver().Receive(c.r)
		if adapters.KindOf(err) != c.kind || len(d.Events) > 0 {
			t.Errorf("%s: %v, %d events", name, err, len(d.Events))
		}
		if err != nil && (strings.Contains(err.Error(), testSecret) || strings.Contains(err.Error(), testToken) || strings.Contains(err.Error(), testKey)) {
			t.Errorf("%s: tells a secret: %v", name, err)
		}
	}
	// Mis-encrypted, but signed: the token alone is not enough.
	enc := strings.Repeat("A", 88)
	ts := strconv.FormatInt(testNow.UnixMilli(), 10)
	r := adapters.Request{Method: "POST", Body: []byte(`{"encrypt":"` + enc + `"}`), ReceivedAt: testNow,
		Query: url.Values{"signature": {signature(testToken, ts, "n", enc)}, "timestamp": {ts}, "nonce": {"n"}}}
	if _, err := testReceiver().Receive(r); adapters.KindOf(err) != un {
		t.Errorf("mis-encrypted: %v", err)
	}
	if d, err := testReceiver().Receive(good); err != nil || len(d.Events) != 1 {
		t.Errorf("the good one: %v", err)
	}
}

// Authentic, but not an event: kept and acknowledged, or DingTalk repeats it and then it is lost.
func TestAuthenticNonsenseIsKept(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`hello`, `[1]`, `null`, `"x"`, `7`, `{"EventType":`, strings.Repeat("[", 20000)} {
		kept := func(what string, d adapters.Delivery, err error) {
			t.Helper()
			if err != nil || len(d.Events) != 1 {
				t.Fatalf("%s %.30s: %d events, %v", what, body, len(d.Events), err)
			}
			sound(t, d, nil)
			if ev := d.Events[0]; ev.Kind != event.KindUnknown || ev.VendorType != unreadable || string(ev.Raw) != body || !strings.HasPrefix(ev.ID, "ev:") {
				t.Errorf("%s %.30s: %+v", what, body, ev)
			}
		}
		r := testReceiver()
		d, err := r.Receive(sealed(t, body, testClient, testNow))
		kept("callback", d, err)
		if len(d.Response.Body) == 0 {
			t.Errorf("%.30s: not acknowledged", body)
		}
		again, err := r.Receive(sealed(t, body, testClient, testNow.Add(time.Minute)))
		if kept("again", again, err); again.Events[0].ID != d.Events[0].ID {
			t.Errorf("%.30s: repeated, it is another event: %s, %s", body, d.Events[0].ID, again.Events[0].ID)
		}
		for what, f := range map[string]Frame{
			"event": {Type: "EVENT"}, "message": {Type: "CALLBACK", Topic: TopicMessage}, "press": {Type: "CALLBACK", Topic: TopicCard},
		} {
			f.Data, f.Headers = body, map[string]string{"messageId": "f1"}
			d, err := r.ReceiveFrame(f, testNow)
			if kept(what, d, err); d.Events[0].Delivery != "f1" {
				t.Errorf("%s %.30s: delivery %q", what, body, d.Events[0].Delivery)
			}
		}
	}
}

// Types flip between transports and versions; what is meant stays.
func TestFlips(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"EventType":"user_leave_org","EventTime":"1783610513000","corpId":"` + testCorp + `","eventId":7,"UserId":[15501227]}`,
		`{"eventType":"user_leave_org","eventTime":1783610513000,"CorpId":"` + testCorp + `","EventId":"7","userId":"15501227"}`,
		`{"EventType":"user_leave_org","EventTime":1783610513,"CorpId":"` + testCorp + `","eventId":"7","userid":"[\"15501227\"]"}`,
	} {
		d, err := testReceiver().Receive(sealed(t, body, testClient, testNow))
		if err != nil {
			t.Fatal(err)
		}
		ev := d.Events[0]
		dir, ok := ev.Body.(*event.Directory)
		if !ok || ev.ID != "ev:7" || ev.Kind != event.KindPersonLeft || dir.Account == nil || dir.Account.Refs[0].ID != "15501227" || ev.At.UnixMilli() != 1783610513000 {
			t.Errorf("%s: %+v %+v", body, ev, ev.Body)
		}
	}
	for _, body := range []string{
		`{"msgId":"m","createAt":"1783610512500","conversationType":1,"conversationId":"c","senderId":"s","senderStaffId":"u","isInAtList":"false","msgtype":"text","content":" 帮助 "}`,
		`{"msgId":"m","createAt":1783610512500,"conversationType":"1","conversationId":"c","senderId":"s","senderStaffId":"u","msgtype":"text","text":{"content":"帮助"}}`,
		`{"msgId":"m","createAt":1783610512500,"conversationType":"1","conversationId":"c","senderId":"s","senderStaffId":"u","msgtype":"text","text":"{\"content\":\"帮助\"}"}`,
	} {
		d, err := testReceiver().Receive(signedMessage(body, testNow))
		if err != nil {
			t.Fatal(err)
		}
		m, ok := d.Events[0].Body.(*event.Message)
		if !ok || m.Text != "帮助" || d.Events[0].Conv.Type != event.ConvDirect || d.Events[0].Conv.Ref.ID != "u" || d.Events[0].At.UnixMilli() != 1783610512500 {
			t.Errorf("%s: %+v", body, d.Events[0])
		}
	}
	for _, code := range []string{`"errorCode":20001,"errorMessage":"x"`, `"errCode":"20001","errMsg":"x"`} {
		d, err := testReceiver().Receive(signedMessage(`{"msgId":"q","conversationId":"c","senderId":"s",`+code+`}`, testNow))
		if err != nil || d.Events[0].Kind != event.KindAppHealth {
			t.Errorf("%s: %v %+v", code, err, d.Events)
		}
	}
}

// Somebody without a userId can be answered only where they wrote.
func TestStrangers(t *testing.T) {
	t.Parallel()
	d, err := testReceiver().Receive(signedMessage(`{"msgId":"m","conversationType":"1","conversationId":"cid9","senderId":"$:LWCP_v1:$x","senderNick":"客户","senderCorpId":"dingother","msgtype":"text","text":{"content":"hi"}}`, testNow))
	if err != nil {
		t.Fatal(err)
	}
	ev := d.Events[0]
	if ev.Actor.Type != event.ActorExternal || ev.Conv.Ref.Kind != event.RefChat || ev.Conv.Ref.ID != "cid9" || !ev.Conv.ToBot {
		t.Errorf("%+v %+v", ev.Actor, ev.Conv)
	}
}

// A userId names somebody inside one organisation only: from another one it is not our employee of that id.
func TestStrangersAreNotOurs(t *testing.T) {
	t.Parallel()
	for _, direct := range []string{"1", "2"} {
		d, err := testReceiver().Receive(signedMessage(`{"msgId":"m`+direct+`","conversationType":"`+direct+`","conversationId":"cid9","senderId":"$:LWCP_v1:$x","senderStaffId":"manager01","senderUnionId":"un1","senderCorpId":"dingother","msgtype":"text","text":{"content":"hi"}}`, testNow))
		if err != nil {
			t.Fatal(err)
		}
		ev := d.Events[0]
		for _, ref := range ev.Actor.Refs() {
			if ref.Scope.Tenant != "dingother" {
				t.Errorf("a stranger is taken for %+v", ref)
			}
		}
		if ev.Actor.Type != event.ActorExternal || len(ev.Actor.Refs()) == 0 || ev.Conv.Ref.Kind != event.RefChat || ev.Conv.Ref.ID != "cid9" {
			t.Errorf("%+v %+v", ev.Actor, ev.Conv)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	r := testReceiver()
	ev := event.Event{Reply: event.ReplyContract{Mode: event.ReplyAnswer}}
	resp, err := r.EncodeAnswer(ev, &card.Toast{Kind: card.ToastWarning, Text: card.T("你不能操作")})
	const want = `{"cardUpdateOptions":{"updateCardDataByKey":true,"updatePrivateDataByKey":true},"userPrivateData":{"cardParamMap":{"result":"⚠ 你不能操作"}}}`
	if err != nil || string(resp.Body) != want {
		t.Errorf("%s, %v", resp.Body, err)
	}
	long, err := r.EncodeAnswer(ev, &card.Toast{Text: card.T(strings.Repeat("长", 2000))})
	var in struct {
		Private cardParams `json:"userPrivateData"`
	}
	if err != nil || json.Unmarshal(long.Body, &in) != nil || len(in.Private.Map["result"]) > maxValue {
		t.Errorf("%d bytes, %v", len(in.Private.Map["result"]), err)
	}
	if resp, err := r.EncodeAnswer(ev, nil); err != nil || string(resp.Body) != "{}" {
		t.Errorf("nothing to say: %s, %v", resp.Body, err)
	}
}

// Pickers come in many forms.
func TestInputs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, raw, want string
	}{
		{"text", `"可以\r\n"`, "text 可以"}, {"text", `{"value":"a\r"}`, "text a"}, {"text", `5`, "text 5"},
		{"select", `{"index":1,"value":"b"}`, "text b"}, {"select", `"{\"index\":0,\"value\":\"a\"}"`, "text a"},
		{"select", `{"selectResult":{"index":0,"value":"c"}}`, "text c"}, {"select", `{"__built_in_selectResult__":"{\"value\":\"d\"}"}`, "text d"},
		{"multi", `["a","b"]`, `list ["a","b"]`}, {"multi", `{"index":[1],"value":["b"]}`, `list ["b"]`}, {"multi", `"[\"x\"]"`, `list ["x"]`},
		{"date", `"2026-11-30"`, "date 2026-11-30"}, {"date", `1795968000000`, "date 2026-11-30"}, {"date", `"someday"`, "text someday"},
		{"datetime", `"2026-11-30 09:30"`, "datetime 2026-11-30T09:30:00+08:00"}, {"check", `true`, "bool true"}, {"check", `"false"`, "bool false"},
	} {
		v, ok := readInput(c.kind, json.RawMessage(c.raw))
		if got := fmt.Sprintf("%s %s", v.Kind, v.String()); !ok || got != c.want {
			t.Errorf("%s %s: %q, want %q", c.kind, c.raw, got, c.want)
		}
	}
	for _, raw := range []string{`null`, ``, `{"index":1}`, `{"value":null}`} {
		if v, ok := readInput("text", json.RawMessage(raw)); ok {
			t.Errorf("%q is read as %+v", raw, v)
		}
	}
}
