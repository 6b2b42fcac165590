package wecom

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/adapterstest"
	"magpie/adapters/event"
)

func receive(t testing.TB, p *Platform, r adapters.Request) (event.Event, error) {
	t.Helper()
	d, err := p.Receive(context.Background(), r)
	if err != nil || len(d.Events) != 1 {
		return event.Event{}, err
	}
	return d.Events[0], nil
}

// What is not authentic is refused, whatever is wrong with it, and never answered with a reason.
func TestRefused(t *testing.T) {
	t.Parallel()
	p := newTest(t, testConfig(), testNow)
	const plain = "<xml><ToUserName>" + testCorp + "</ToUserName><FromUserName>a</FromUserName><MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId></xml>"
	good := callback(t, testCorp, plain, testNow)
	if _, err := receive(t, p, good); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*adapters.Request)) adapters.Request {
		r := good
		r.Query = url.Values{}
		for k, v := range good.Query {
			r.Query[k] = v
		}
		change(&r)
		return r
	}
	s, err := newSealer(testToken, testKey, testCorp)
	if err != nil {
		t.Fatal(err)
	}
	raw := func(sealed, body string) adapters.Request { return signedCall(s, sealed, body, testNow) }
	sealed, _ := s.seal([]byte(plain), nil)
	old := callback(t, testCorp, plain, testNow.Add(-2*time.Hour))
	old.ReceivedAt = testNow
	wrap := func(x string) string { return "<xml><Encrypt><![CDATA[" + x + "]]></Encrypt></xml>" }
	for name, r := range map[string]adapters.Request{
		"another receiver":      callback(t, "ww9999999999999999", plain, testNow),
		"a robot's":             callback(t, "", plain, testNow),
		"stale":                 old,
		"no body":               with(func(r *adapters.Request) { r.Body = nil }),
		"oversized":             with(func(r *adapters.Request) { r.Body = []byte("<xml>" + strings.Repeat(" ", maxBody) + "</xml>") }),
		"truncated":             with(func(r *adapters.Request) { r.Body = r.Body[:len(r.Body)/2] }),
		"no time":               with(func(r *adapters.Request) { r.Query.Del("timestamp") }),
		"a time of letters":     raw2(s, sealed, wrap(sealed)),
		"PUT":                   with(func(r *adapters.Request) { r.Method = http.MethodPut }),
		"GET without echostr":   with(func(r *adapters.Request) { r.Method = http.MethodGet }),
		"not base64":            raw("!!!!", wrap("!!!!")),
		"half a block":          raw("AAAA", wrap("AAAA")),
		"two texts":             raw(sealed, "<xml><Encrypt>"+sealed+"</Encrypt><Encrypt>"+sealed+"</Encrypt></xml>"),
		"entity in envelope":    raw(sealed, `<!DOCTYPE x [<!ENTITY e "`+sealed+`">]><xml><Encrypt>&e;</Encrypt></xml>`),
		"deep envelope":         raw(sealed, strings.Repeat("<xml>", 100)+"<Encrypt>"+sealed+"</Encrypt>"+strings.Repeat("</xml>", 100)),
		"JSON envelope":         raw(sealed, `{"Encrypt":"`+sealed+`"}`),
		"text of another call":  raw("other", wrap(sealed)),
		"encrypted with others": raw(mis(t, plain), wrap(mis(t, plain))),
	} {
		d, err := p.Receive(context.Background(), r)
		if adapters.KindOf(err) != adapters.KindUnauthenticated || len(d.Events) != 0 || len(d.Response.Body) != 0 {
			t.Errorf("%s: %v, %d events", name, err, len(d.Events))
		}
	}
}

// raw2 signs a call whose time is no number.
func raw2(s *sealer, sealed, body string) adapters.Request {
	return adapters.Request{Method: http.MethodPost, Body: []byte(body), ReceivedAt: testNow,
		Query: url.Values{"msg_signature": {s.sign("soon", "n", sealed)}, "timestamp": {"soon"}, "nonce": {"n"}}}
}

// mis seals with another key under our token.
func mis(t *testing.T, plain string) string {
	t.Helper()
	s, err := newSealer(testToken, strings.Repeat("Z", 43), testCorp)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.seal([]byte(plain), testRandom)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// What is authentic but makes no sense is kept, and acknowledged: WeCom would only repeat it.
func TestKeptAsUnknown(t *testing.T) {
	t.Parallel()
	p := newTest(t, testConfig(), testNow)
	for name, plain := range map[string]string{
		"not XML": "hello", "empty": "", "JSON": `{"a":1}`, "bomb": `<!DOCTYPE l [<!ENTITY a "ha">]><xml>&a;</xml>`, "deep": strings.Repeat("<a>", 400),
		"binary": "\x00\xff\xfe", "no type": "<xml></xml>", "unknown type": "<xml><MsgType>hologram</MsgType><FromUserName>a</FromUserName></xml>",
		"unknown event": "<xml><MsgType>event</MsgType><Event>coffee</Event></xml>", "text of nobody": "<xml><MsgType>text</MsgType><Content>x</Content></xml>",
		"press of nobody": "<xml><MsgType>event</MsgType><Event>template_card_event</Event></xml>", "image of nothing": "<xml><MsgType>image</MsgType><FromUserName>a</FromUserName></xml>",
		"contact of nobody": "<xml><MsgType>event</MsgType><Event>change_contact</Event><ChangeType>create_user</ChangeType></xml>",
		"approval of none":  "<xml><MsgType>event</MsgType><Event>sys_approval_change</Event></xml>", "another corp": "<xml><ToUserName>wwother</ToUserName><MsgType>text</MsgType><FromUserName>a</FromUserName><Content>x</Content></xml>",
	} {
		ev, err := receive(t, p, callback(t, testCorp, plain, testNow))
		if err != nil || ev.Kind != event.KindUnknown || ev.Body != nil || !strings.HasPrefix(ev.ID, "ev:") || ev.VendorType == "" || string(ev.Raw) != plain {
			t.Errorf("%s: %+v %v", name, ev, err)
		}
	}
	robot := newTest(t, robotConfig(), testNow)
	for name, plain := range map[string]string{
		"not JSON": "<xml/>", "a list": "[]", "a key twice": `{"msgid":"1","msgid":"2","msgtype":"text","from":{"userid":"a"}}`, "deep": `{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}",
		"nobody": `{"msgid":"m","msgtype":"text","text":{"content":"x"}}`, "wrong types": `{"msgid":{},"msgtype":7,"from":[],"event":"x"}`,
	} {
		ev, err := receive(t, robot, callback(t, "", plain, testNow))
		if err != nil || ev.Kind != event.KindUnknown || ev.Body != nil || ev.ID == "" || ev.VendorType == "" {
			t.Errorf("robot, %s: %+v %v", name, ev, err)
		}
	}
}

// The official key (sender and second) loses events; ours keeps two presses of one second apart, and finds a
// repetition that was sealed anew.
func TestIdentity(t *testing.T) {
	t.Parallel()
	p := newTest(t, testConfig(), testNow)
	id := func(inner string, at time.Time) string {
		t.Helper()
		ev, err := receive(t, p, callback(t, testCorp, "<xml><FromUserName>Li.Si</FromUserName><CreateTime>1760000201</CreateTime><AgentID>1000002</AgentID>"+inner+"</xml>", at))
		if err != nil {
			t.Fatal(err)
		}
		return ev.ID
	}
	press := func(code, key string) string {
		return "<MsgType>event</MsgType><Event>template_card_event</Event><EventKey>" + key + "</EventKey><TaskId>t</TaskId><ResponseCode>" + code + "</ResponseCode>"
	}
	ids := map[string]string{}
	for name, inner := range map[string]string{
		"press 1": press("RC1", "a"), "press 2": press("RC2", "a"), "no code 1": press("", "a"), "no code 2": press("", "b"), "long code": press(strings.Repeat("R", 3000), "a"),
		"message 1": "<MsgType>text</MsgType><Content>x</Content><MsgId>1</MsgId>", "message 2": "<MsgType>text</MsgType><Content>x</Content><MsgId>2</MsgId>",
		"location 1": "<MsgType>event</MsgType><Event>LOCATION</Event><Latitude>1</Latitude>", "location 2": "<MsgType>event</MsgType><Event>LOCATION</Event><Latitude>2</Latitude>",
	} {
		one := id(inner, testNow)
		if again := id(inner, testNow.Add(-time.Minute)); again != one {
			t.Errorf("%s: %s, repeated %s", name, one, again)
		}
		if len(one) > 200 {
			t.Errorf("%s: an id of %d bytes", name, len(one))
		}
		if other, ok := ids[one]; ok {
			t.Errorf("%s and %s are both %s", name, other, one)
		}
		ids[one] = name
	}
	for want, name := range map[string]string{"act:1000002:RC1": "press 1", "msg:1000002:li.si:1": "message 1"} {
		if ids[want] != name {
			t.Errorf("%s is not %s: %v", name, want, ids)
		}
	}
}

// Events of the contact assistant come to the same address, under keys of their own.
func TestContactAssistant(t *testing.T) {
	t.Parallel()
	cfg := testConfig()
	cfg.ContactToken, cfg.ContactAESKey = cfg.Token, cfg.AESKey
	other := strings.Repeat("C", 43)
	s, err := newSealer("AppToken", other, testCorp)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Token, cfg.AESKey = secretOf("AppToken"), secretOf(other)
	p := newTest(t, cfg, testNow)
	const plain = "<xml><FromUserName>sys</FromUserName><MsgType>event</MsgType><Event>change_contact</Event><ChangeType>delete_user</ChangeType><UserID>Leaver</UserID></xml>"
	if ev, err := receive(t, p, callback(t, testCorp, plain, testNow)); err != nil || ev.Kind != event.KindPersonLeft {
		t.Errorf("%+v %v", ev, err)
	}
	sealed, _ := s.seal([]byte(plain), nil)
	if ev, err := receive(t, p, signedCall(s, sealed, "<xml><Encrypt>"+sealed+"</Encrypt></xml>", testNow)); err != nil || ev.Kind != event.KindPersonLeft {
		t.Errorf("by the app's keys: %+v %v", ev, err)
	}
}

// FuzzAppBody decodes any plaintext that an app may be sent.
func FuzzAppBody(f *testing.F) {
	seed(f, false)
	p := newTest(f, testConfig(), testNow)
	f.Fuzz(func(t *testing.T, b []byte) { checkDecoded(t, p, b) })
}

// FuzzRobotBody decodes any plaintext that a robot may be sent.
func FuzzRobotBody(f *testing.F) {
	seed(f, true)
	p := newTest(f, robotConfig(), testNow)
	f.Fuzz(func(t *testing.T, b []byte) { checkDecoded(t, p, b) })
}

// FuzzEnvelope takes any body under any signature.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte("<xml><Encrypt>AA==</Encrypt></xml>"), "sig", "1760000000")
	p := newTest(f, testConfig(), testNow)
	f.Fuzz(func(t *testing.T, b []byte, sig, ts string) {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			d, err := p.Receive(context.Background(), adapters.Request{Method: method, Body: b, ReceivedAt: testNow,
				Query: url.Values{"msg_signature": {sig}, "timestamp": {ts}, "nonce": {"n"}, "echostr": {string(b)}}})
			if err == nil || len(d.Events) > 0 {
				t.Fatalf("taken: %+v", d)
			}
		}
	})
}

// FuzzKey reads any key, and what it reads it writes so that it reads the same.
func FuzzKey(f *testing.F) {
	f.Add("rev=3&slot=i%2Fs&token=t&verb=approve&data.a=1")
	f.Add("approve:9f2c")
	f.Fuzz(func(t *testing.T, key string) {
		var a event.Action
		link := readKey(&a, key)
		if a.Verb == "" {
			return
		}
		var b event.Action
		again := encodeKey(a.Slot, a.Rev, buttonOf(a), link)
		if l := readKey(&b, again); l != link || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%q → %+v → %q → %+v", key, a, again, b)
		}
	})
}

func seed(f *testing.F, robot bool) {
	files, err := filepath.Glob("testdata/events/*/request.http")
	if err != nil || len(files) < 30 {
		f.Fatal(len(files), err)
	}
	for _, file := range files {
		isRobot := strings.HasPrefix(filepath.Base(filepath.Dir(file)), "aibot")
		req, err := adapterstest.ParseRequest(readFile(f, file))
		if err != nil {
			f.Fatal(err)
		}
		if isRobot != robot || req.Method != http.MethodPost {
			continue
		}
		cfg := testConfig()
		if robot {
			cfg = robotConfig()
		}
		req.ReceivedAt = seconds(req.Query.Get("timestamp"))
		if ev, err := receive(f, newTest(f, cfg, testNow), req); err == nil {
			f.Add(ev.Raw)
		}
	}
}

func checkDecoded(t *testing.T, p *Platform, plain []byte) {
	d := p.in.deliver(plain, testNow, "n")
	if len(d.Events) != 1 {
		t.Fatalf("%d events", len(d.Events))
	}
	ev := d.Events[0]
	if ev.ID == "" || len(ev.ID) > 400 || ev.Kind == "" || ev.VendorType == "" && ev.Kind != event.KindUnknown {
		t.Fatalf("%+v", ev)
	}
	b, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	var back event.Event
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("what was decoded can't be stored: %v", err)
	}
}
