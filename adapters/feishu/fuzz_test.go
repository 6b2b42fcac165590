package feishu

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/event"
)

// checkEvent is what holds for every event that we make, whatever it was made from.
func checkEvent(t *testing.T, ev event.Event) {
	t.Helper()
	if ev.ID == "" || ev.ID == "ev:" || ev.ID == "act:" || ev.ID == "msg:" || ev.VendorType == "" || len(ev.Raw) == 0 {
		t.Fatalf("incomplete: %+v", ev)
	}
	if (ev.Kind == event.KindUnknown) != (ev.Body == nil) {
		t.Fatalf("kind %s with body %T", ev.Kind, ev.Body)
	}
	if ev.Reply.Mode == "" || !ev.Reply.Deadline.Equal(ev.ReceivedAt.Add(answerBudget)) {
		t.Fatalf("reply %+v", ev.Reply)
	}
	b, err := json.Marshal(ev)
	if err != nil {
		t.Fatalf("can't be stored: %v", err)
	}
	var back event.Event
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("can't be read back: %v", err)
	}
	if !utf8.Valid(ev.Raw) { // then some texts are changed once by JSON
		return
	}
	ev.Raw = nil
	if diff := cmp.Diff(ev, back); diff != "" {
		t.Fatalf("not the same after storing it:\n%s", diff)
	}
}

// FuzzReceive sends anything at both kinds of connection.
func FuzzReceive(f *testing.F) {
	for _, g := range loadGoldens(f) {
		f.Add(g.req.Body, g.req.Header.Get(headerTimestamp), g.req.Header.Get(headerNonce), g.req.Header.Get(headerSignature))
	}
	enc, pl := encrypted(), plain()
	f.Fuzz(func(t *testing.T, body []byte, ts, nonce, sig string) {
		for _, r := range []*receiver{enc, pl} {
			d, err := r.Receive(context.Background(), signedRequest(body, ts, nonce, sig))
			if err != nil {
				if k := adapters.KindOf(err); k != adapters.KindUnauthenticated && k != adapters.KindInvalid {
					t.Fatalf("kind %s: %v", k, err)
				}
				if len(d.Events) > 0 || d.Response.Body != nil {
					t.Fatal("refused, but with a result")
				}
				continue
			}
			if d.Response.Status != http.StatusOK || !json.Valid(d.Response.Body) {
				t.Fatalf("response %+v", d.Response)
			}
			for _, ev := range d.Events {
				checkEvent(t, ev)
			}
		}
	})
}

// FuzzDecode decodes anything as what came over the socket.
func FuzzDecode(f *testing.F) {
	for _, g := range loadGoldens(f) {
		f.Add(g.req.Body)
	}
	r := plain()
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := r.DecodeSocket(context.Background(), body, testNow)
		if err != nil {
			return
		}
		if len(d.Events) != 1 || !bytes.Equal(d.Events[0].Raw, body) {
			t.Fatalf("%d events", len(d.Events))
		}
		checkEvent(t, d.Events[0])
	})
}

// FuzzOpen decrypts anything, and checks that what was padded properly comes back.
func FuzzOpen(f *testing.F) {
	for _, c := range loadVectors(f).Cases {
		f.Add(c.Cipher, c.Plain)
	}
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, plain string) {
		if got, err := newSealer(testKey).open([]byte(text)); err != nil && (err != errCipher || got != nil) {
			t.Fatalf("%q, %v", got, err)
		}
		got, err := newSealer(testKey).open([]byte(sealBlocks(testKey, padded(plain))))
		if err != nil || string(got) != plain {
			t.Fatalf("%q came back as %q, %v", plain, got, err)
		}
	})
}

// FuzzEnvelope reads anything as a plain body.
func FuzzEnvelope(f *testing.F) {
	for _, g := range loadGoldens(f) {
		f.Add(g.req.Body)
	}
	f.Add([]byte(`{"schema":"2.0","header":{"event_type":"a","event_type":"b"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		env, err := parseCallback(body)
		if err != nil {
			return
		}
		if env.shape != shapeChallenge && (env.eventType == "" || env.key() == "" || !json.Valid(env.event)) {
			t.Fatalf("%+v", env)
		}
	})
}

// FuzzForm reads anything as the values of a form. Nothing that a person typed may get lost.
func FuzzForm(f *testing.F) {
	f.Add("reason", "2026-06-12 +0800", []byte(`{"f":"x","form.g":["a"],"h":{"value":"v","text":"V"},"i":true,"j":1.50,"k":null}`))
	f.Add("who", "ou_3b8e5f6d21c46a7997d1e2f3a4b5c633", []byte(`"{\"a\":\"b\"}"`))
	f.Add("when", "2026-06-12 10:30 +0800", []byte(`[]`))
	f.Add("t", "10:30 +0800", []byte(`{"a.b":1,"b":2}`))
	f.Fuzz(func(t *testing.T, name, typed string, raw []byte) {
		d := &decoder{scoped: scoped{tenant: testTenant, app: testApp}}
		if checkJSON(raw) == nil {
			for k, v := range d.form(pressAction{Form: raw, Option: raw, Options: raw}, "element") {
				if v.Kind == "" {
					t.Fatalf("%q has no kind", k)
				}
				if v.Kind == event.ValuePeople && len(v.Refs) == 0 {
					t.Fatalf("%q: people without references", k)
				}
			}
		}
		v := d.textValue(typed)
		kept := v.Typed() == typed
		for _, s := range v.List {
			kept = kept || s == typed
		}
		if !kept {
			t.Fatalf("%q was typed, %+v is left", typed, v)
		}
	})
}

// FuzzMentions replaces the placeholders of a text. Each replacement happens once.
func FuzzMentions(f *testing.F) {
	f.Add("@_user_1 @_user_10 @_all", "a @_user_1", "b")
	f.Fuzz(func(t *testing.T, text, name1, name10 string) {
		d := &decoder{bot: testBot}
		ms := newMentions(d, []mentioned{
			{Key: "@_user_1", Name: looseText(name1)}, {Key: "@_user_10", Name: looseText(name10)},
			{Key: "@_user_2", ID: personIDs{OpenID: testBot}},
		})
		b := newText(ms)
		b.placeholders(text)
		plain, parts := b.finish()
		if !ms.bot || len(ms.actors) != 2 {
			t.Fatalf("%+v", ms)
		}
		if !strings.Contains(text, "@_") && strings.TrimSpace(plain) != plain {
			t.Fatalf("%q became %q", text, plain)
		}
		for _, p := range parts {
			if p.Kind == event.PartText && strings.TrimSpace(p.Text) == "" {
				t.Fatalf("an empty part of %q", text)
			}
		}
	})
}

func BenchmarkReceiveEncrypted(b *testing.B) {
	v := loadVectors(b)
	c := v.Cases["event"]
	r := goldenConfig{AppID: "cli_9f5343c580712544", EncryptKey: v.Key, Now: parseTime(v.Timestamp)}.receiver()
	req := signedRequest([]byte(c.Body), v.Timestamp, v.Nonce, c.Signature)
	req.ReceivedAt = parseTime(v.Timestamp)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Receive(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}
