package adapterstest

import (
	"bytes"
	"net/http"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

func (k *kit) handshake() {
	if k.Handshake == nil {
		k.without("handshake")
		return
	}
	req, check := k.Handshake()
	d, err := k.receive(req)
	if err != nil {
		k.Fatalf("the handshake is refused: %v", err)
	}
	if len(d.Events) != 0 {
		k.Errorf("the handshake made %d events", len(d.Events))
	}
	if err := check(d.Response); err != nil {
		k.Errorf("answer %q: %v", d.Response.Body, err)
	}
}

func (k *kit) forged() {
	if len(k.Forged) == 0 {
		k.Fatal("no forged calls to try")
	}
	for what, req := range k.Forged {
		d, err := k.receive(req)
		if kind := adapters.KindOf(err); kind != adapters.KindUnauthenticated {
			k.Errorf("%s: kind %q (%v)", what, kind, err)
		}
		if len(d.Events) != 0 {
			k.Errorf("%s: made events", what)
		}
	}
}

func (k *kit) identity() {
	one, again, other := k.one(k.Message("1")), k.one(k.Message("1")), k.one(k.Message("2"))
	if one.ID == "" || one.ID != again.ID {
		k.Errorf("the same delivery has ids %q and %q", one.ID, again.ID)
	}
	if one.ID == other.ID {
		k.Errorf("two deliveries have one id %q", one.ID)
	}
	if one.Kind != event.KindMessage || one.VendorType == "" || len(one.Raw) == 0 {
		k.Errorf("kind %q, vendor type %q, %d raw bytes", one.Kind, one.VendorType, len(one.Raw))
	}
	if _, ok := one.Body.(*event.Message); !ok || one.Conv == nil || one.Actor.Ref.IsZero() {
		k.Errorf("body %T, conversation %v, actor %v", one.Body, one.Conv, one.Actor.Ref)
	}
	if p := k.conn.Capabilities().Platform; one.Scope.Platform != p || one.Actor.Ref.Scope.Platform != p {
		k.Errorf("scope %+v, actor %v: not of %s", one.Scope, one.Actor.Ref, p)
	}
	if one.Reply.Mode == event.ReplyAnswer {
		k.Error("a message wants an answer with an outcome")
	}
}

func (k *kit) unknown() {
	ev := k.one(k.Unknown("1"))
	if ev.Kind != event.KindUnknown || ev.Body != nil || ev.VendorType == "" || ev.ID == "" || len(ev.Raw) == 0 {
		k.Errorf("kind %q, body %v, vendor type %q, id %q, %d raw bytes", ev.Kind, ev.Body, ev.VendorType, ev.ID, len(ev.Raw))
	}
}

// broken cuts and flips authentic calls. None may be taken for another event, none may panic.
func (k *kit) broken() {
	whole := k.Message("1")
	want := k.one(whole)
	try := func(what string, r adapters.Request) {
		d, err := k.receive(r)
		if err == nil && len(d.Events) > 0 && d.Events[0].ID != want.ID && !k.BodyUnsigned {
			k.Errorf("%s: taken as event %q", what, d.Events[0].ID)
		}
		if err != nil && adapters.KindOf(err) != adapters.KindUnauthenticated && adapters.KindOf(err) != adapters.KindInvalid {
			k.Errorf("%s: kind %q", what, adapters.KindOf(err))
		}
	}
	step := max(1, len(whole.Body)/97)
	for i := 0; i < len(whole.Body); i += step {
		cut := whole
		cut.Body = whole.Body[:i]
		if d, err := k.receive(cut); err == nil && len(d.Events) > 0 {
			k.Errorf("cut at %d: taken", i)
		}
		flip := whole
		flip.Body = bytes.Clone(whole.Body)
		flip.Body[i] ^= 1 << (i % 8)
		try("flipped", flip)
	}
	for name := range whole.Header {
		bare := whole
		bare.Header = whole.Header.Clone()
		bare.Header.Del(name)
		try("without "+name, bare)
		bare.Header[name] = []string{"\x00 中文 ��"}
		try("with a broken "+name, bare)
	}
	for _, body := range []string{"", "null", "[]", "{}", `{"encrypt":1}`, `{"encrypt":"AA=="}`, "<xml></xml>", "\xff\xfe", `{"a":` + string(bytes.Repeat([]byte("["), 5000))} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := whole
			r.Method, r.Body = method, []byte(body)
			if d, err := k.receive(r); err == nil && len(d.Events) > 0 {
				k.Errorf("%s %q: taken", method, body)
			}
		}
	}
	try("nothing at all", adapters.Request{})
}

func (k *kit) press() {
	if k.Press == nil {
		k.without("buttons")
		return
	}
	ref, m := k.send("press-1")
	for _, b := range m.Card.Actions {
		ev := k.one(k.Press(k.T, ref, b.Verb))
		a, ok := ev.Body.(*event.Action)
		if !ok || ev.Kind != event.KindCardAction {
			k.Fatalf("%s: kind %q, body %T", b.Verb, ev.Kind, ev.Body)
		}
		want := event.Action{Slot: m.Card.Slot, Rev: m.Card.Rev, Verb: b.Verb, Token: b.Token, Data: b.Data}
		got := event.Action{Slot: a.Slot, Rev: a.Rev, Verb: a.Verb, Token: a.Token, Data: a.Data}
		if len(got.Data) == 0 {
			got.Data = nil
		}
		if d := cmp.Diff(want, got); d != "" {
			k.Errorf("%s: -want +got\n%s", b.Verb, d)
		}
		if ev.ID == "" || ev.Actor.Ref.IsZero() {
			k.Errorf("%s: id %q, actor %v", b.Verb, ev.ID, ev.Actor.Ref)
		}
		if k.conn.Answers() && ev.Reply.Mode != event.ReplyAnswer {
			k.Errorf("%s: reply mode %q, though the suite shows the outcome", b.Verb, ev.Reply.Mode)
		}
		if other := k.one(k.Press(k.T, ref, b.Verb)); other.ID == ev.ID {
			k.Errorf("%s: two presses have one id %q", b.Verb, ev.ID)
		}
	}
}

func (k *kit) answer() {
	if !k.conn.Answers() {
		k.without("answer to a press")
		return
	}
	ev := event.Event{ID: "act:1", Kind: event.KindCardAction, Body: &event.Action{Slot: "s", Verb: "approve"}, Reply: event.ReplyContract{Mode: event.ReplyAnswer}}
	const said = "韩梅梅 10:32 已同意 <b>\"x\""
	for _, kind := range []card.ToastKind{card.ToastSuccess, card.ToastInfo, card.ToastWarning, card.ToastError} {
		r, err := k.conn.EncodeAnswer(ev, &card.Toast{Kind: kind, Text: card.T(said)})
		if k.seen(err) != nil || r.Status > 299 || len(r.Body) == 0 {
			k.Errorf("%s: %d %q %v", kind, r.Status, r.Body, err)
		}
	}
	if r, err := k.conn.EncodeAnswer(ev, nil); k.seen(err) != nil || r.Status > 299 {
		k.Errorf("no toast: %d %v", r.Status, err)
	}
}
