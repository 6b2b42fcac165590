package loopback

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

const (
	headerTime      = "X-Loopback-Time"
	headerSignature = "X-Loopback-Signature"
	maxAge          = 5 * time.Minute
)

// value is what a button of ours carries.
type value struct {
	Slot  string            `json:"slot,omitempty"`
	Rev   int64             `json:"rev,omitempty"`
	Verb  string            `json:"verb,omitempty"`
	Token string            `json:"token,omitempty"`
	Data  map[string]string `json:"data,omitempty"`
}

// inbound is every body that the suite sends.
type inbound struct {
	Challenge string                 `json:"challenge,omitempty"`
	ID        string                 `json:"id,omitempty"`
	Type      string                 `json:"type,omitempty"`
	At        time.Time              `json:"at,omitzero"`
	User      string                 `json:"user,omitempty"`
	Name      string                 `json:"name,omitempty"`
	Chat      string                 `json:"chat,omitempty"`
	Text      string                 `json:"text,omitempty"`
	Message   string                 `json:"message,omitempty"`
	Value     *value                 `json:"value,omitempty"`
	Form      map[string]event.Value `json:"form,omitempty"`
}

// Sign makes an authentic inbound call of a body, at a time.
func (p *Platform) Sign(body []byte, at time.Time) adapters.Request {
	ts := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set(headerTime, ts)
	h.Set(headerSignature, hex.EncodeToString(p.mac(ts, body)))
	return adapters.Request{Method: http.MethodPost, Header: h, Body: body, ReceivedAt: at}
}

func (p *Platform) mac(ts string, body []byte) []byte {
	m := hmac.New(sha256.New, p.secret)
	m.Write([]byte(ts))
	m.Write([]byte{'.'})
	m.Write(body)
	return m.Sum(nil)
}

// Receive authenticates and decodes.
func (p *Platform) Receive(_ context.Context, r adapters.Request) (adapters.Delivery, error) {
	if err := p.verify(r); err != nil {
		return adapters.Delivery{}, failure("receive", adapters.KindUnauthenticated, err)
	}
	return decode(p, r.Body)
}

func (p *Platform) verify(r adapters.Request) error {
	ts := r.Header.Get(headerTime)
	sig, err := hex.DecodeString(r.Header.Get(headerSignature))
	if err != nil || len(sig) == 0 || ts == "" {
		return errors.New("signature missing")
	}
	if len(p.secret) == 0 || !hmac.Equal(sig, p.mac(ts, r.Body)) {
		return errors.New("signature does not fit")
	}
	sec, err := strconv.ParseInt(ts, 10, 64)
	if err != nil {
		return errors.New("time is no number")
	}
	if age := p.now().Sub(time.Unix(sec, 0)); age > maxAge || age < -maxAge {
		return errors.New("signature is too old, or from the future")
	}
	return nil
}

// decode turns an authentic body into a delivery.
func decode(p *Platform, body []byte) (adapters.Delivery, error) {
	var in inbound
	if err := json.Unmarshal(body, &in); err != nil {
		return adapters.Delivery{}, failure("receive", adapters.KindInvalid, errors.New("body is not the JSON that was expected"))
	}
	if in.Challenge != "" {
		b, err := json.Marshal(map[string]string{"challenge": in.Challenge})
		if err != nil {
			return adapters.Delivery{}, failure("receive", adapters.KindInvalid, err)
		}
		return adapters.Delivery{Response: adapters.Response{ContentType: "application/json", Body: b}}, nil
	}
	if in.ID == "" || in.Type == "" {
		return adapters.Delivery{}, failure("receive", adapters.KindInvalid, errors.New("id or type is missing"))
	}
	ev := event.Event{
		ID: "ev:" + in.ID, Delivery: in.ID, Kind: event.KindUnknown, Scope: p.scope(), At: in.At.UTC().Truncate(time.Millisecond),
		Reply: event.ReplyContract{Mode: event.ReplyAck}, VendorType: in.Type, Raw: body,
	}
	if in.At.IsZero() {
		ev.At = time.Time{}
	}
	if in.User != "" {
		ev.Actor = event.Actor{Ref: p.ref(event.RefUser, in.User), Name: in.Name, Type: event.ActorUser}
	}
	switch in.Type {
	case "message":
		ev.Kind = event.KindMessage
		ev.ID = "msg:" + in.ID
		ev.Body = &event.Message{Ref: p.ref(event.RefMessage, in.ID), Text: in.Text, Parts: []event.Part{{Kind: event.PartText, Text: in.Text}}}
		conv := event.Conversation{Ref: p.ref(event.RefChat, in.Chat), Type: event.ConvGroup, ToBot: true}
		if in.Chat == "" {
			conv.Ref, conv.Type = p.ref(event.RefChat, "direct-"+in.User), event.ConvDirect
		}
		ev.Conv = &conv
	case "press":
		ev.Kind = event.KindCardAction
		ev.ID = "act:" + in.ID
		ev.Reply.Mode = event.ReplyAnswer
		a := &event.Action{Form: in.Form}
		if in.Message != "" {
			a.Message = p.ref(event.RefMessage, in.Message)
		}
		if v := in.Value; v != nil {
			a.Slot, a.Rev, a.Verb, a.Token, a.Data = v.Slot, v.Rev, v.Verb, v.Token, v.Data
		}
		ev.Body = a
	}
	return adapters.Delivery{Events: []event.Event{ev}}, nil
}

// EncodeAnswer writes the toast: {"toast": {"kind", "text"}}, or {} for none.
func (p *Platform) EncodeAnswer(ev event.Event, toast *card.Toast) (adapters.Response, error) {
	type shown struct {
		Kind card.ToastKind `json:"kind"`
		Text string         `json:"text"`
	}
	var out struct {
		Toast *shown `json:"toast,omitempty"`
	}
	if toast != nil {
		out.Toast = &shown{toast.Kind, toast.Text.Default}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return adapters.Response{}, failure("answer", adapters.KindInvalid, err)
	}
	return adapters.Response{ContentType: "application/json", Body: b}, nil
}

// pushed is a body on its way through the long connection.
type pushed struct {
	body   []byte
	answer chan<- pushedAnswer
}

type pushedAnswer struct {
	resp adapters.Response
	err  error
}

// Deliver sends a body through the long connection and waits for the answer, as the suite's server would.
// It blocks until somebody listens or ctx ends. An error is "not taken, send it again".
func (p *Platform) Deliver(ctx context.Context, body []byte) (adapters.Response, error) {
	answer := make(chan pushedAnswer, 1)
	select {
	case p.pushed <- pushed{body, answer}:
	case <-ctx.Done():
		return adapters.Response{}, ctx.Err()
	}
	select {
	case a := <-answer:
		return a.resp, a.err
	case <-ctx.Done():
		return adapters.Response{}, ctx.Err()
	}
}

// Listen takes what Deliver sends, one after the other.
func (p *Platform) Listen(ctx context.Context, sink adapters.Sink) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case in := <-p.pushed:
			var a pushedAnswer
			d, err := decode(p, in.body)
			switch {
			case err != nil:
				a.err = err
			case len(d.Events) == 0:
				a.resp = d.Response
			default:
				a.resp, a.err = sink(ctx, d)
			}
			written := a.resp.Written
			a.resp.Written = nil
			in.answer <- a
			if written != nil {
				written()
			}
		}
	}
}
