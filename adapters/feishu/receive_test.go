package feishu

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	larkcard "github.com/larksuite/oapi-sdk-go/v3/card"
	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/config"
)

// encrypted is a receiver with an encrypt key, plain one with a token only.
func encrypted() *receiver {
	return goldenConfig{AppID: testApp, Tenant: testTenant, EncryptKey: testKey, Now: testNow}.receiver()
}

func plain() *receiver {
	return goldenConfig{AppID: testApp, Tenant: testTenant, Now: testNow}.receiver()
}

// vendorRequest encrypts and signs a body with the vendor's own kit.
func vendorRequest(t testing.TB, body string, at time.Time) adapters.Request {
	t.Helper()
	sealed, err := larkcore.EncryptedEventMsg(context.Background(), []byte(body), testKey)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]string{"encrypt": sealed})
	if err != nil {
		t.Fatal(err)
	}
	ts := strconv.FormatInt(at.Unix(), 10)
	return signedRequest(b, ts, "nonce-1", larkevent.Signature(ts, "nonce-1", testKey, string(b)))
}

func signedRequest(body []byte, ts, nonce, sig string) adapters.Request {
	h := http.Header{}
	h.Set(headerTimestamp, ts)
	h.Set(headerNonce, nonce)
	h.Set(headerSignature, sig)
	return adapters.Request{Method: http.MethodPost, Header: h, Body: body, ReceivedAt: testNow}
}

func plainRequest(body string) adapters.Request {
	return adapters.Request{Method: http.MethodPost, Header: http.Header{}, Body: []byte(body), ReceivedAt: testNow}
}

// refused asserts that a request is not authentic and yields nothing.
func refused(t *testing.T, what string, r *receiver, req adapters.Request) {
	t.Helper()
	d, err := r.Receive(context.Background(), req)
	if adapters.KindOf(err) != adapters.KindUnauthenticated || len(d.Events) > 0 || d.Response.Body != nil {
		t.Errorf("%s: %d events, answer %q, err %v", what, len(d.Events), d.Response.Body, err)
	}
	if err != nil {
		for _, secret := range []string{testKey, testToken} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error holds a secret: %v", what, err)
			}
		}
	}
}

const smallEvent = `{"schema":"2.0","header":{"event_id":"e1","event_type":"x.y_v1","token":"v_tok_0123456789","app_id":"cli_a7f3c2d1e4b5900c","tenant_key":"16a9c1e2f3d45b67"},"event":{}}`

// Every golden event must come out the same when the vendor's own code encrypts and signs it, and when it
// comes over the long connection.
func TestTransportsAgree(t *testing.T) {
	t.Parallel()
	n := 0
	for _, g := range loadGoldens(t) {
		if g.cfg.EncryptKey != "" || bytes.Contains(g.req.Body, []byte("url_verification")) {
			continue
		}
		n++
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			want, err := g.cfg.receiver().Receive(context.Background(), g.req)
			if err != nil {
				t.Fatal(err)
			}
			cfg := g.cfg
			cfg.EncryptKey = testKey
			got, err := cfg.receiver().Receive(context.Background(), vendorRequest(t, string(g.req.Body), testNow))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("plain and encrypted differ:\n%s", diff)
			}
			got, err = g.cfg.receiver().DecodeSocket(context.Background(), g.req.Body, testNow)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("HTTP and socket differ:\n%s", diff)
			}
			again, err := g.cfg.receiver().DecodeSocket(context.Background(), g.req.Body, testNow.Add(6*time.Hour))
			if err != nil || again.Events[0].ID != want.Events[0].ID {
				t.Errorf("a repeated delivery has another id: %v", err)
			}
		})
	}
	if n < 84 {
		t.Errorf("only %d goldens", n)
	}
}

func TestEveryMutationIsRefused(t *testing.T) {
	t.Parallel()
	r := encrypted()
	req := vendorRequest(t, smallEvent, testNow)
	if d, err := r.Receive(context.Background(), req); err != nil || len(d.Events) != 1 {
		t.Fatalf("the vendor's own request: %v", err)
	}
	ts, nonce, sig := req.Header.Get(headerTimestamp), req.Header.Get(headerNonce), req.Header.Get(headerSignature)
	for _, mask := range []byte{0x01, 0x20, 0x80} {
		flip := func(s string, i int) string {
			b := []byte(s)
			b[i] ^= mask
			return string(b)
		}
		for i := range req.Body {
			refused(t, fmt.Sprintf("body byte %d", i), r, signedRequest([]byte(flip(string(req.Body), i)), ts, nonce, sig))
		}
		for i := range sig {
			refused(t, fmt.Sprintf("signature byte %d", i), r, signedRequest(req.Body, ts, nonce, flip(sig, i)))
		}
		for i := range ts {
			refused(t, fmt.Sprintf("timestamp byte %d", i), r, signedRequest(req.Body, flip(ts, i), nonce, sig))
		}
		for i := range nonce {
			refused(t, fmt.Sprintf("nonce byte %d", i), r, signedRequest(req.Body, ts, flip(nonce, i), sig))
		}
	}
	for i := range req.Body {
		refused(t, fmt.Sprintf("cut at %d", i), r, signedRequest(req.Body[:i], ts, nonce, sig))
	}
	refused(t, "one byte more", r, signedRequest(append(bytes.Clone(req.Body), ' '), ts, nonce, sig))
	refused(t, "moved between timestamp and nonce", r, signedRequest(req.Body, ts+"n", "once-1", sig))
	refused(t, "no timestamp", r, signedRequest(req.Body, "", ts+nonce, sig))
	refused(t, "upper case", r, signedRequest(req.Body, ts, nonce, strings.ToUpper(sig)))
	for _, h := range []string{headerTimestamp, headerNonce, headerSignature} {
		cut, twice := req, req
		cut.Header, twice.Header = req.Header.Clone(), req.Header.Clone()
		cut.Header.Del(h)
		refused(t, "without "+h, r, cut)
		twice.Header.Add(h, req.Header.Get(h))
		refused(t, "twice "+h, r, twice)
	}
	get := req
	get.Method = http.MethodGet
	refused(t, "GET", r, get)
}

func TestForgeries(t *testing.T) {
	t.Parallel()
	enc, pl := encrypted(), plain()
	ts := strconv.FormatInt(testNow.Unix(), 10)
	withKey := func(key, body string) adapters.Request {
		return signedRequest([]byte(body), ts, "n", larkevent.Signature(ts, "n", key, body))
	}
	withToken := func(body string) adapters.Request {
		return signedRequest([]byte(body), ts, "n", larkcard.Signature(ts, "n", testToken, body))
	}
	sealed := func(plain string) string { return `{"encrypt":"` + sealBlocks(testKey, padded(plain)) + `"}` }
	wrong := func(old, new string) string { return strings.Replace(smallEvent, old, new, 1) }
	const press = `{"open_id":"ou_1","token":"c-1","action":{"tag":"button"}}`

	refused(t, "plain body, signed, where encryption is set", enc, withKey(testKey, smallEvent))
	refused(t, "plain body without a signature where encryption is set", enc, plainRequest(smallEvent))
	refused(t, "plain press with the old signature where encryption is set", enc, withToken(press))
	refused(t, "encrypted, not signed", enc, plainRequest(sealed(smallEvent)))
	refused(t, "encrypted, signed like an old card", enc, withToken(sealed(smallEvent)))
	refused(t, "encrypted under another key", enc, withKey(testKey, `{"encrypt":"`+sealBlocks("other", padded(smallEvent))+`"}`))
	refused(t, "signed with another key", enc, withKey("other", sealed(smallEvent)))
	refused(t, "wrong token inside", enc, withKey(testKey, sealed(wrong("v_tok_0123456789", "v_tok_012345678X"))))
	refused(t, "no token inside", enc, withKey(testKey, sealed(wrong(`"token":"v_tok_0123456789",`, ""))))
	refused(t, "another app", enc, withKey(testKey, sealed(wrong("cli_a7f3", "cli_b7f3"))))
	refused(t, "another tenant", enc, withKey(testKey, sealed(wrong("16a9c1e2", "16a9c1e3"))))
	refused(t, "encrypt twice", enc, withKey(testKey, `{"encrypt":"x",`+sealed(smallEvent)[1:]))
	refused(t, "something beside encrypt", enc, withKey(testKey, `{"type":"url_verification",`+sealed(smallEvent)[1:]))
	refused(t, "encrypt is no string", enc, withKey(testKey, `{"encrypt":["a"]}`))
	refused(t, "base64 garbage", enc, withKey(testKey, `{"encrypt":"%%%"}`))
	refused(t, "not JSON outside", enc, withKey(testKey, `encrypt=abc`))
	refused(t, "empty", enc, withKey(testKey, ``))

	refused(t, "wrong token", pl, plainRequest(wrong("v_tok_0123456789", "v_tok_")))
	refused(t, "token in the wrong place", pl, plainRequest(wrong(`{"schema"`, `{"token":"v_tok_0123456789","schema"`)[:30]))
	refused(t, "no token", pl, plainRequest(wrong(`"token":"v_tok_0123456789",`, `"token":"",`)))
	refused(t, "token is a list", pl, plainRequest(wrong(`"token":"v_tok_0123456789"`, `"token":["v_tok_0123456789"]`)))
	refused(t, "token twice", pl, plainRequest(wrong(`"token":"v_tok_0123456789"`, `"token":"x","token":"v_tok_0123456789"`)))
	refused(t, "Token in capitals", pl, plainRequest(wrong(`"token"`, `"Token"`)))
	refused(t, "another app, plain", pl, plainRequest(wrong("cli_a7f3", "cli_b7f3")))
	refused(t, "encrypted body without a key", pl, plainRequest(sealed(smallEvent)))
	refused(t, "press without a signature", pl, plainRequest(press))
	refused(t, "press with the new signature", pl, withKey(testToken, press))
	refused(t, "press whose click token is ours", pl, plainRequest(strings.Replace(press, "c-1", testToken, 1)))
	refused(t, "event of schema 1.0 for another app", pl,
		plainRequest(`{"uuid":"u","token":"v_tok_0123456789","type":"event_callback","event":{"type":"t","app_id":"cli_other"}}`))
	for _, body := range []string{``, ` `, `null`, `[]`, `"x"`, `{}`, `{"schema":"2.0"}`, `{"schema":"2.0","header":[]}`, `{"a":1}{"b":2}`, smallEvent + "}", smallEvent[:len(smallEvent)-1]} {
		refused(t, "body "+body, pl, plainRequest(body))
	}

	none := newReceiver(receiverOptions{AppID: testApp})
	refused(t, "nothing configured", none, plainRequest(wrong("v_tok_0123456789", "")))
	refused(t, "nothing configured, challenge", none, plainRequest(`{"type":"url_verification","challenge":"c","token":""}`))
}

// Authentic, but not an event: kept and acknowledged, or Feishu repeats it for hours and then it is lost.
func TestAuthenticNonsenseIsKept(t *testing.T) {
	t.Parallel()
	kept := func(body string, d adapters.Delivery, err error) {
		t.Helper()
		if err != nil || len(d.Events) != 1 || d.Response.Status != http.StatusOK || string(d.Response.Body) != "{}" {
			t.Fatalf("%.30s: %d events, %+v, %v", body, len(d.Events), d.Response, err)
		}
		checkEvent(t, d.Events[0])
		if ev := d.Events[0]; ev.Kind != event.KindUnknown || ev.VendorType != unreadable || string(ev.Raw) != body || !strings.HasPrefix(ev.ID, "ev:sha256:") {
			t.Errorf("%.30s: %+v", body, ev)
		}
	}
	for _, body := range []string{`hello world`, `[1]`, `null`, `"x"`, `7`, `{}`, `{"schema":"2.0","header":{}}`, `{"type":"event_callback","event":1}`, strings.Repeat(`[`, 1000)} {
		d, err := encrypted().Receive(context.Background(), vendorRequest(t, body, testNow))
		kept(body, d, err)
		d, err = encrypted().DecodeSocket(context.Background(), []byte(body), testNow)
		kept(body, d, err)
		refused(t, "stale "+body, encrypted(), vendorRequest(t, body, testNow.Add(-eventAge-time.Minute)))
	}
	for _, body := range []string{``, `{"type":"url_verification","challenge":"c"}`} {
		if _, err := encrypted().DecodeSocket(context.Background(), []byte(body), testNow); adapters.KindOf(err) != adapters.KindInvalid {
			t.Errorf("socket %s: %v", body, err)
		}
	}
	other := strings.Replace(smallEvent, "cli_a7f3", "cli_b7f3", 1)
	if _, err := encrypted().DecodeSocket(context.Background(), []byte(other), testNow); adapters.KindOf(err) != adapters.KindUnauthenticated {
		t.Errorf("socket, another app: %v", err)
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	const good = `{"challenge":"a\"<b>","token":"v_tok_0123456789","type":"url_verification"}`
	wrongToken := strings.Replace(good, "9\"", "8\"", 1)
	keyOnly := newReceiver(receiverOptions{AppID: testApp, EncryptKey: config.NewSecret(testKey), Now: func() time.Time { return testNow }})
	sealed := func(s string) string { return `{"encrypt":"` + sealBlocks(testKey, padded(s)) + `"}` }
	badSignature := vendorRequest(t, good, testNow)
	badSignature.Header.Set(headerSignature, strings.Repeat("0", 64))

	for name, c := range map[string]struct {
		r   *receiver
		req adapters.Request
	}{
		"plain":                         {plain(), plainRequest(good)},
		"encrypted":                     {encrypted(), plainRequest(sealed(good))},
		"encrypted, signed":             {encrypted(), vendorRequest(t, good, testNow)},
		"encrypted, signed wrongly":     {encrypted(), badSignature},
		"encrypted, signed, key only":   {keyOnly, vendorRequest(t, wrongToken, testNow)},
		"encrypted, signed a month ago": {encrypted(), vendorRequest(t, good, testNow.AddDate(0, -1, 0))},
	} {
		d, err := c.r.Receive(context.Background(), c.req)
		var out map[string]string
		if err != nil || len(d.Events) != 0 || json.Unmarshal(d.Response.Body, &out) != nil || len(out) != 1 || out["challenge"] != `a"<b>` {
			t.Errorf("%s: %s, %v", name, d.Response.Body, err)
		}
	}
	refused(t, "wrong token", plain(), plainRequest(wrongToken))
	refused(t, "no token", plain(), plainRequest(`{"challenge":"c","type":"url_verification"}`))
	refused(t, "no challenge", plain(), plainRequest(strings.Replace(good, "challenge", "Challenge", 1)))
	refused(t, "wrong token, encrypted", encrypted(), vendorRequest(t, wrongToken, testNow))
	refused(t, "plain, though encryption is set", encrypted(), plainRequest(good))
	refused(t, "key only, not signed", keyOnly, plainRequest(sealed(good)))
	refused(t, "too large to be decrypted unsigned", encrypted(), plainRequest(sealed(strings.Replace(good, "<b>", strings.Repeat("b", maxUnsigned), 1))))

	// An event that calls itself a challenge is answered as one and dispatches nothing.
	d, err := plain().Receive(context.Background(), plainRequest(`{"type":"url_verification","challenge":"c","token":"v_tok_0123456789",`+smallEvent[1:]))
	if err != nil || len(d.Events) != 0 {
		t.Errorf("%d events, %v", len(d.Events), err)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	press := strings.Replace(smallEvent, "x.y_v1", "card.action.trigger", 1)
	for _, c := range []struct {
		body string
		age  time.Duration
		ok   bool
	}{
		{smallEvent, 0, true},
		{smallEvent, 7*time.Hour + 10*time.Minute, true}, // the last repetition, if it is not signed anew
		{smallEvent, eventAge + time.Second, false},
		{smallEvent, -4 * time.Minute, true},
		{smallEvent, -6 * time.Minute, false},
		{press, 4 * time.Minute, true},
		{press, 6 * time.Minute, false},
		{press, -6 * time.Minute, false},
	} {
		req := vendorRequest(t, c.body, testNow.Add(-c.age))
		if c.ok {
			if _, err := encrypted().Receive(context.Background(), req); err != nil {
				t.Errorf("age %s: %v", c.age, err)
			}
			continue
		}
		refused(t, fmt.Sprintf("age %s", c.age), encrypted(), req)
	}
	// The window is a setting, for events.
	short := encrypted()
	short.maxAge = time.Minute
	refused(t, "older than max_age", short, vendorRequest(t, smallEvent, testNow.Add(-2*time.Minute)))
	// A timestamp that is signed but no time.
	body := vendorRequest(t, smallEvent, testNow).Body
	refused(t, "timestamp", encrypted(), signedRequest(body, "now", "n", larkevent.Signature("now", "n", testKey, string(body))))
	// Without an own clock reading in the request, the receiver's clock counts.
	req := vendorRequest(t, smallEvent, testNow)
	req.ReceivedAt = time.Time{}
	d, err := encrypted().Receive(context.Background(), req)
	if err != nil || !d.Events[0].ReceivedAt.Equal(testNow) {
		t.Errorf("%v", err)
	}
}

// A body that is nested, long or full of keys costs no more than its size.
func TestAbuse(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + `1` + strings.Repeat(`}`, n) }
	event := func(ev string) string { return strings.Replace(smallEvent, `"event":{}`, `"event":`+ev, 1) }
	refused(t, "deep", plain(), plainRequest(event(deep(100000))))
	refused(t, "deep without an end", plain(), plainRequest(strings.Repeat(`[`, maxBody)))
	refused(t, "deep outside", encrypted(), plainRequest(strings.Repeat(`{"encrypt":`, 1000)))
	refused(t, "too large", plain(), plainRequest(event(`{"a":"`+strings.Repeat("x", maxBody)+`"}`)))
	if _, err := plain().Receive(context.Background(), plainRequest(event(deep(40)))); err != nil {
		t.Errorf("40 levels: %v", err)
	}
	if _, err := plain().Receive(context.Background(), plainRequest(event(`{"a":"`+strings.Repeat(`[{`, 5000)+`"}`))); err != nil {
		t.Errorf("brackets in a string: %v", err)
	}
}

func TestDuplicateKeys(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		strings.Replace(smallEvent, `"event_id"`, `"app_id":"cli_other","event_id"`, 1),
		strings.Replace(smallEvent, `"event":{}`, `"event":{},"event":{}`, 1),
		strings.Replace(smallEvent, `"event":{}`, `"event":{"message":1,"message":2}`, 1),
	} {
		refused(t, body, plain(), plainRequest(body))
	}
	// Further inside, where nothing decides about trust, the last one counts and nothing is lost.
	in := strings.Replace(smallEvent, `"event":{}`, `"event":{"x":{"a":1,"a":2}}`, 1)
	if _, err := plain().Receive(context.Background(), plainRequest(in)); err != nil {
		t.Error(err)
	}
}

func TestUnknownEventsAreKept(t *testing.T) {
	t.Parallel()
	// Known types whose bodies make no sense are kept as well.
	for typ := range decoders {
		if typ == "contact.scope.updated_v3" || typ == legacyPress {
			continue // takes any body; needs a signature
		}
		for _, ev := range []string{`{}`, `null`, `{"message":1,"object":[],"operator":"x","meeting":false,"chat_id":{},"message_id":[]}`} {
			body := strings.Replace(strings.Replace(smallEvent, "x.y_v1", typ, 1), `"event":{}`, `"event":`+ev, 1)
			d, err := plain().Receive(context.Background(), plainRequest(body))
			if err != nil || len(d.Events) != 1 {
				t.Fatalf("%s: %v", typ, err)
			}
			got := d.Events[0]
			if got.Kind != event.KindUnknown || got.Body != nil || got.VendorType != typ || string(got.Raw) != body || got.Delivery != "e1" {
				t.Errorf("%s %s: %+v", typ, ev, got)
			}
		}
	}
}
