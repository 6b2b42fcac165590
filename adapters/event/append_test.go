package event

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"
)

// sameAsMarshal compares AppendJSON with encoding/json, byte for byte.
func sameAsMarshal(t *testing.T, ev Event) {
	t.Helper()
	want, werr := json.Marshal(ev)
	got, err := ev.AppendJSON([]byte("x"))
	if (err == nil) != (werr == nil) {
		t.Fatalf("says %v, encoding/json %v", err, werr)
	}
	if err == nil && (got[0] != 'x' || !bytes.Equal(got[1:], want)) {
		t.Fatalf("writes\n%s\nencoding/json\n%s", got[1:], want)
	}
}

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 9, 8, 0, 0, 123e6, time.UTC)
	ref := Ref{Scope: Scope{Platform: "feishu", Tenant: "t", App: "a"}, Kind: RefUser, ID: "ou_1"}
	msg := &Message{
		Ref: ref, Text: "请假 <b>&\u2028\"", Parts: []Part{{Kind: PartText, Text: "x"}, {Kind: PartAudio, Ref: &ref, URL: "u", Duration: -3}},
		Mentions: []Actor{{Ref: ref, Name: "李雷"}, {}}, ToAll: true, ReplyTo: &ref, Root: &ref,
	}
	for name, ev := range map[string]Event{
		"empty": {},
		"full": {
			ID: "msg:1", Delivery: "d", Kind: KindMessage, Connection: "c", Scope: ref.Scope, At: at, ReceivedAt: at.In(time.FixedZone("", 8*3600)),
			Actor: Actor{Ref: ref, Aliases: []Ref{ref, ref}, Person: "li.lei", Name: "李雷", Type: ActorUser},
			Conv:  &Conversation{Ref: ref, Type: ConvGroup, Parent: &ref, Title: "组", ToBot: true}, Body: msg,
			Reply:      ReplyContract{Mode: ReplyAnswer, Deadline: at, Handles: []Handle{{Kind: "k", Value: "v", Uses: 2, Expires: at}}},
			VendorType: "im.message.receive_v1", TraceID: "r", Raw: []byte("never written"),
		},
		"empty lists":     {Actor: Actor{Aliases: []Ref{}}, Reply: ReplyContract{Handles: []Handle{}}, Body: &Message{Parts: []Part{}, Mentions: []Actor{{Aliases: []Ref{}}}}},
		"actor's type":    {Actor: Actor{Type: ActorSystem}},
		"alias only":      {Actor: Actor{Aliases: []Ref{{}}}},
		"nil message":     {Kind: KindMessage, Body: (*Message)(nil)},
		"nil other":       {Kind: KindMenu, Body: (*Menu)(nil)},
		"another body":    {Kind: KindCardAction, Body: &Action{Verb: "approve", Data: map[string]string{"b": "1", "a": "<"}, Form: map[string]Value{"f": Text("x")}}},
		"form in order":   {Kind: KindCardAction, Body: &Action{Form: map[string]Value{"z": List("b", "a"), "a": Bool(true), "表": Table(Row{"qty": Text("2"), "name": Text("<b>")}, nil, Row{}), "f": Files(File{ID: "1"})}}},
		"nil action":      {Kind: KindCardAction, Body: (*Action)(nil)},
		"empty action":    {Kind: KindCardAction, Body: &Action{Data: map[string]string{}, Form: map[string]Value{}}},
		"full action":     {Kind: KindCardAction, Body: &Action{Slot: "a/\u2028", Verb: "<", Rev: -3, Token: "t", Message: ref, Element: "e"}},
		"not a JSON body": {Kind: KindRecord, Body: &Record{Fields: map[string]any{"f": func() {}}}},
		"year 10000":      {At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"deadline year":   {Reply: ReplyContract{Deadline: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"zero elsewhere":  {Reply: ReplyContract{Deadline: time.Time{}.In(time.FixedZone("", 3600))}},
		"no UTF-8":        {ID: "\xff\xfe", Body: &Message{Text: "a\xc3"}},
		"controls":        {ID: "\x00\n\t\x1f\x7f\\", TraceID: "\u2029"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameAsMarshal(t, ev)
		})
	}
}

// TestAppendJSONKnowsAllFields fills every field, so that a new one is not forgotten.
func TestAppendJSONKnowsAllFields(t *testing.T) {
	t.Parallel()
	for _, k := range kinds(t) {
		ev := Event{Kind: k}
		for i := range reflect.TypeFor[Event]().NumField() {
			if n := reflect.TypeFor[Event]().Field(i).Name; n != "Kind" && n != "Body" {
				fill(reflect.ValueOf(&ev).Elem().Field(i), 0, n)
			}
		}
		if ev.Body = newBody(k); ev.Body != nil {
			fill(reflect.ValueOf(ev.Body).Elem(), 0, "b")
		}
		sameAsMarshal(t, ev)
	}
}

// FuzzAppendJSON writes any texts, and reads back what was written.
func FuzzAppendJSON(f *testing.F) {
	f.Add("msg:om_1", "请假", "om_1", int64(1780992000123), int64(0), true)
	f.Add("", "<&>\u2028\x00\"\\", "\xff", int64(-1), int64(5), false)
	f.Fuzz(func(t *testing.T, id, text, ref string, ms, dur int64, set bool) {
		r := Ref{Scope: Scope{Platform: text, App: ref}, Kind: RefKind(id), ID: ref}
		ev := Event{ID: id, Kind: KindMessage, Scope: Scope{Platform: ref, Tenant: text}, At: time.UnixMilli(ms).UTC(), Actor: Actor{Ref: r, Name: text}, VendorType: text, TraceID: ref}
		m := &Message{Ref: r, Text: text, ToAll: set, Parts: []Part{{Kind: PartKind(ref), Text: id, Duration: time.Duration(dur)}}}
		if ev.Body = m; set {
			m.ReplyTo, ev.Conv = &r, &Conversation{Ref: r, Title: text, Parent: &r}
			ev.Reply = ReplyContract{Mode: ReplyMode(text), Deadline: time.UnixMilli(dur).UTC()}
			m.Mentions = []Actor{{Aliases: []Ref{r, r}, Person: id}}
			ev.Post = &Post{Instance: id, Start: text, From: ref, Key: text, Answer: set, Hops: int(dur), Tell: &Tell{Person: id, Conv: r, ReplyTo: &r, About: text}}
		}
		sameAsMarshal(t, ev)
		b, err := ev.AppendJSON(nil)
		if err != nil || !utf8.ValidString(id) || !utf8.ValidString(text) || !utf8.ValidString(ref) {
			return
		}
		var back Event
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(ev, back) {
			t.Fatalf("%s reads back as %+v, %v", b, back, err)
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	ev := Event{ID: "msg:om_1", Kind: KindMessage, Connection: "c", At: time.Unix(1780992000, 0).UTC(), Actor: Actor{Ref: Ref{Kind: RefUser, ID: "ou_1"}}, Body: &Message{Text: "请假 明天下午 看病"}}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ev.AppendJSON(make([]byte, 0, 1024)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(ev); err != nil {
				b.Fatal(err)
			}
		}
	})
}
