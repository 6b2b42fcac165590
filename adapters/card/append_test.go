package card_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// sameAsMarshal compares AppendJSON with encoding/json, byte for byte.
func sameAsMarshal(t *testing.T, v interface{ AppendJSON([]byte) ([]byte, error) }) {
	t.Helper()
	want, werr := json.Marshal(v)
	got, err := v.AppendJSON([]byte("x"))
	if (err == nil) != (werr == nil) {
		t.Fatalf("says %v, encoding/json %v", err, werr)
	}
	if err == nil && (got[0] != 'x' || !bytes.Equal(got[1:], want)) {
		t.Fatalf("writes\n%s\nencoding/json\n%s", got[1:], want)
	}
}

func fullMessage() card.Message {
	ref := event.Ref{Scope: event.Scope{Platform: "feishu", Tenant: "t", App: "a"}, Kind: event.RefUser, ID: "ou_1"}
	return card.Message{
		Key: "k<&>\u2028\"", Connection: "c", To: ref, Slot: "i/s", Rev: -3, Card: &card.Card{Slot: "i/s", Title: card.T("题")},
		Draft: &card.Draft{Template: "t", View: json.RawMessage(`{"a": "<b>"}`)}, Redraw: true, Anew: true,
		Text: card.Text{Default: "你好\xff", I18n: map[string]string{"en-US": "hello", "ja-JP": ""}}, ReplyTo: &ref,
		Urge: &card.Urge{Slot: "s", Level: card.UrgeSMS, To: []event.Ref{ref}}, Handles: []event.Handle{{Kind: "k", Value: "v", Expires: time.Unix(1780992000, 0).UTC()}},
		Else: []card.Place{{Connection: "d", To: ref}, {}}, Quiet: true,
	}
}

// Every field by itself and all of them together; one that is added to the type and not here fails the test.
func TestAppendJSON(t *testing.T) {
	t.Parallel()
	full := fullMessage()
	sameAsMarshal(t, &full)
	sameAsMarshal(t, &card.Message{})
	v := reflect.ValueOf(full)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Field(i).IsZero() {
			t.Errorf("the test leaves %s empty", name)
		}
		var one card.Message
		reflect.ValueOf(&one).Elem().Field(i).Set(v.Field(i))
		sameAsMarshal(t, &one)
	}
	for _, m := range []card.Message{
		{Draft: &card.Draft{}}, {Draft: &card.Draft{Template: "<t>"}}, {Draft: &card.Draft{View: json.RawMessage("{")}},
		{Handles: []event.Handle{}, Else: []card.Place{}, Text: card.Text{I18n: map[string]string{}}},
		{Handles: []event.Handle{{Expires: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}},
	} {
		sameAsMarshal(t, &m)
	}
	for _, x := range []card.Toast{{}, {Kind: card.ToastSuccess, Text: card.Text{Default: "已同意", I18n: map[string]string{"en-US": "Approved <b>"}}}} {
		sameAsMarshal(t, &x)
	}
	if n := reflect.TypeFor[card.Toast]().NumField() + reflect.TypeFor[card.Text]().NumField() + reflect.TypeFor[card.Draft]().NumField() + reflect.TypeFor[card.Place]().NumField(); n != 8 {
		t.Errorf("the types have %d fields together, the test knows 8", n)
	}
}

// FuzzAppendJSON writes any texts, and reads back what was written.
func FuzzAppendJSON(f *testing.F) {
	f.Add("k", "你好", "{}", int64(1), true)
	f.Add("<&>\u2028", "\xff", `{"a":`, int64(-1), false)
	f.Fuzz(func(t *testing.T, key, text, view string, rev int64, set bool) {
		ref := event.Ref{Kind: event.RefKind(key), ID: text}
		m := card.Message{Key: key, Connection: text, To: ref, Slot: text, Rev: rev, Redraw: set, Quiet: !set, Text: card.T(text), Else: []card.Place{{Connection: key, To: ref}}}
		if m.Draft = (&card.Draft{Template: text}); set {
			m.Draft.View, m.ReplyTo, m.Text.I18n = json.RawMessage(view), &ref, map[string]string{key: text, text: view}
		}
		sameAsMarshal(t, &m)
		sameAsMarshal(t, &card.Toast{Kind: card.ToastKind(key), Text: m.Text})
	})
}
