package event

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// AppendJSON appends what json.Marshal makes of the event, byte for byte, in a fraction of the time: every
// event is written once, on its way in. It fails where json.Marshal does: a time whose year has more than
// four digits, a body that holds what is no JSON.
func (e *Event) AppendJSON(b []byte) ([]byte, error) {
	w := writer{b: b}
	w.str(`{"id":`, e.ID)
	w.opt(`,"delivery":`, e.Delivery)
	w.str(`,"kind":`, string(e.Kind))
	w.str(`,"connection":`, e.Connection)
	w.raw(`,"scope":`)
	w.scope(&e.Scope)
	w.time(`,"at":`, e.At)
	w.time(`,"received_at":`, e.ReceivedAt)
	if !e.Actor.zero() {
		w.raw(`,"actor":`)
		w.actor(&e.Actor)
	}
	if e.Conv != nil {
		w.raw(`,"conv":`)
		w.conv(e.Conv)
	}
	if e.Body != nil {
		w.raw(`,"body":`)
		w.body(e.Body)
	}
	if !e.Reply.zero() {
		w.raw(`,"reply":`)
		w.reply(&e.Reply)
	}
	w.opt(`,"vendor_type":`, e.VendorType)
	w.opt(`,"trace_id":`, e.TraceID)
	if e.Post != nil {
		w.raw(`,"post":`)
		w.any(e.Post)
	}
	w.raw(`}`)
	return w.b, w.err
}

func (a *Actor) zero() bool {
	return a.Ref.IsZero() && a.Aliases == nil && a.Person == "" && a.Name == "" && a.Type == ""
}

func (r *ReplyContract) zero() bool {
	return r.Mode == "" && r.Deadline == time.Time{} && r.Handles == nil
}

// writer appends JSON. The names it is given come with what stands before them. err is the first error.
type writer struct {
	b   []byte
	err error
}

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

func (w *writer) str(name, s string) {
	w.raw(name)
	w.text(s)
}

// opt leaves out what is empty.
func (w *writer) opt(name, s string) {
	if s != "" {
		w.str(name, s)
	}
}

func (w *writer) text(s string) {
	if !copies(s) {
		w.any(s)
		return
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, s...)
	w.b = append(w.b, '"')
}

// copies reports whether encoding/json would write s as it is: no control characters, no quotes, nothing
// that HTML or JavaScript reads, all of it UTF-8.
func copies(s string) bool {
	ascii := true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s) && !strings.Contains(s, "\u2028") && !strings.Contains(s, "\u2029")
}

// any leaves the rest to encoding/json.
func (w *writer) any(v any) {
	b, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.b = append(w.b, b...)
}

func (w *writer) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	w.raw(name)
	w.b = append(w.b, '"')
	b, err := t.AppendText(w.b)
	if err != nil {
		if w.err == nil {
			w.err = err
		}
		return
	}
	w.b = append(b, '"')
}

func (w *writer) scope(s *Scope) {
	w.str(`{"platform":`, s.Platform)
	w.opt(`,"tenant":`, s.Tenant)
	w.opt(`,"app":`, s.App)
	w.raw(`}`)
}

func (w *writer) ref(r *Ref) {
	w.raw(`{"scope":`)
	w.scope(&r.Scope)
	w.str(`,"kind":`, string(r.Kind))
	w.str(`,"id":`, r.ID)
	w.raw(`}`)
}

func (w *writer) optRef(name string, r *Ref) {
	if r != nil {
		w.raw(name)
		w.ref(r)
	}
}

func (w *writer) actor(a *Actor) {
	w.raw(`{`)
	start := len(w.b)
	if !a.Ref.IsZero() {
		w.optRef(`,"ref":`, &a.Ref)
	}
	for i := range a.Aliases {
		if i == 0 {
			w.raw(`,"aliases":[`)
		} else {
			w.raw(`,`)
		}
		w.ref(&a.Aliases[i])
	}
	if len(a.Aliases) > 0 {
		w.raw(`]`)
	}
	w.opt(`,"person":`, a.Person)
	w.opt(`,"name":`, a.Name)
	w.opt(`,"type":`, string(a.Type))
	w.close(start)
}

// close ends an object all of whose fields may be missing: it takes the comma off that stands first.
func (w *writer) close(start int) {
	if len(w.b) > start {
		w.b = append(w.b[:start], w.b[start+1:]...)
	}
	w.raw(`}`)
}

func (w *writer) conv(c *Conversation) {
	w.optRef(`{"ref":`, &c.Ref)
	w.str(`,"type":`, string(c.Type))
	w.optRef(`,"parent":`, c.Parent)
	w.opt(`,"title":`, c.Title)
	if c.ToBot {
		w.raw(`,"to_bot":true`)
	}
	w.raw(`}`)
}

func (w *writer) reply(r *ReplyContract) {
	w.raw(`{`)
	start := len(w.b)
	w.opt(`,"mode":`, string(r.Mode))
	w.time(`,"deadline":`, r.Deadline)
	if len(r.Handles) > 0 {
		w.raw(`,"handles":`)
		w.any(r.Handles)
	}
	w.close(start)
}

// body writes messages and presses, which are what comes in most, and leaves the others to encoding/json.
func (w *writer) body(body Body) {
	switch b := body.(type) {
	case *Message:
		if b != nil {
			w.message(b)
			return
		}
	case *Action:
		if b != nil {
			w.action(b)
			return
		}
	}
	w.any(body)
}

func (w *writer) action(a *Action) {
	w.raw(`{`)
	start := len(w.b)
	w.opt(`,"slot":`, a.Slot)
	w.opt(`,"verb":`, a.Verb)
	if len(a.Data) > 0 {
		w.raw(`,"data":`)
		w.any(a.Data)
	}
	if len(a.Form) > 0 {
		w.raw(`,"form":`)
		w.any(a.Form)
	}
	if a.Rev != 0 {
		w.raw(`,"rev":`)
		w.b = strconv.AppendInt(w.b, a.Rev, 10)
	}
	w.opt(`,"token":`, a.Token)
	if !a.Message.IsZero() {
		w.optRef(`,"message":`, &a.Message)
	}
	w.opt(`,"element":`, a.Element)
	if a.Whole {
		w.raw(`,"whole":true`)
	}
	w.close(start)
}

func (w *writer) message(m *Message) {
	w.optRef(`{"ref":`, &m.Ref)
	w.str(`,"text":`, m.Text)
	for i := range m.Parts {
		if i == 0 {
			w.raw(`,"parts":[`)
		} else {
			w.raw(`,`)
		}
		w.part(&m.Parts[i])
	}
	if len(m.Parts) > 0 {
		w.raw(`]`)
	}
	for i := range m.Mentions {
		if i == 0 {
			w.raw(`,"mentions":[`)
		} else {
			w.raw(`,`)
		}
		w.actor(&m.Mentions[i])
	}
	if len(m.Mentions) > 0 {
		w.raw(`]`)
	}
	if m.ToAll {
		w.raw(`,"to_all":true`)
	}
	w.optRef(`,"reply_to":`, m.ReplyTo)
	w.optRef(`,"root":`, m.Root)
	w.raw(`}`)
}

func (w *writer) part(p *Part) {
	w.str(`{"kind":`, string(p.Kind))
	w.opt(`,"text":`, p.Text)
	w.opt(`,"url":`, p.URL)
	w.optRef(`,"ref":`, p.Ref)
	if p.Duration != 0 {
		w.raw(`,"duration":`)
		w.b = strconv.AppendInt(w.b, int64(p.Duration), 10)
	}
	w.raw(`}`)
}
