package event

import "time"

// AppendJSON appends what json.Marshal makes of the event, byte for byte, in a fraction of the time: every
// event is written once, on its way in. It fails where json.Marshal does: a time whose year has more than
// four digits, a body that holds what is no JSON.
func (e *Event) AppendJSON(b []byte) ([]byte, error) {
	w := JSON{B: b}
	start := w.Open()
	w.Str(`,"id":`, e.ID)
	w.OptStr(`,"delivery":`, e.Delivery)
	w.Str(`,"kind":`, string(e.Kind))
	w.Str(`,"connection":`, e.Connection)
	w.scope(`,"scope":`, &e.Scope)
	w.time(`,"at":`, e.At)
	w.time(`,"received_at":`, e.ReceivedAt)
	if !e.Actor.zero() {
		w.Raw(`,"actor":`)
		w.actor(&e.Actor)
	}
	if e.Conv != nil {
		w.Raw(`,"conv":`)
		w.conv(e.Conv)
	}
	if e.Body != nil {
		w.Raw(`,"body":`)
		w.body(e.Body)
	}
	if !e.Reply.zero() {
		w.Raw(`,"reply":`)
		w.reply(&e.Reply)
	}
	w.OptStr(`,"vendor_type":`, e.VendorType)
	w.OptStr(`,"trace_id":`, e.TraceID)
	if e.Post != nil {
		w.Raw(`,"post":`)
		w.Any(e.Post)
	}
	w.Close(start)
	return w.B, w.Err
}

func (a *Actor) zero() bool {
	return a.Ref.IsZero() && a.Aliases == nil && a.Person == "" && a.Name == "" && a.Type == ""
}

func (r *ReplyContract) zero() bool {
	return r.Mode == "" && r.Deadline == time.Time{} && r.Handles == nil
}

func (w *JSON) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	w.Raw(name)
	w.B = append(w.B, '"')
	b, err := t.AppendText(w.B)
	if err != nil {
		if w.Err == nil {
			w.Err = err
		}
		return
	}
	w.B = append(b, '"')
}

func (w *JSON) scope(name string, s *Scope) {
	w.Raw(name)
	start := w.Open()
	w.Str(`,"platform":`, s.Platform)
	w.OptStr(`,"tenant":`, s.Tenant)
	w.OptStr(`,"app":`, s.App)
	w.Close(start)
}

// WriteJSON writes the reference.
func (r *Ref) WriteJSON(w *JSON) {
	start := w.Open()
	w.scope(`,"scope":`, &r.Scope)
	w.Str(`,"kind":`, string(r.Kind))
	w.Str(`,"id":`, r.ID)
	w.Close(start)
}

// Ref writes a reference and leaves nil out.
func (w *JSON) Ref(name string, r *Ref) {
	if r != nil {
		w.Raw(name)
		r.WriteJSON(w)
	}
}

func (w *JSON) actor(a *Actor) {
	start := w.Open()
	if !a.Ref.IsZero() {
		w.Ref(`,"ref":`, &a.Ref)
	}
	OptList(w, `,"aliases":`, a.Aliases, writeRef)
	w.OptStr(`,"person":`, a.Person)
	w.OptStr(`,"name":`, a.Name)
	w.OptStr(`,"type":`, string(a.Type))
	w.Close(start)
}

func (w *JSON) conv(c *Conversation) {
	start := w.Open()
	w.Ref(`,"ref":`, &c.Ref)
	w.Str(`,"type":`, string(c.Type))
	w.Ref(`,"parent":`, c.Parent)
	w.OptStr(`,"title":`, c.Title)
	w.OptTrue(`,"to_bot":`, c.ToBot)
	w.Close(start)
}

func (w *JSON) reply(r *ReplyContract) {
	start := w.Open()
	w.OptStr(`,"mode":`, string(r.Mode))
	w.time(`,"deadline":`, r.Deadline)
	if len(r.Handles) > 0 {
		w.Raw(`,"handles":`)
		w.Any(r.Handles)
	}
	w.Close(start)
}

// body writes messages and presses, which are what comes in most, and leaves the others to encoding/json.
func (w *JSON) body(body Body) {
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
	w.Any(body)
}

func (w *JSON) action(a *Action) {
	start := w.Open()
	w.OptStr(`,"slot":`, a.Slot)
	w.OptStr(`,"verb":`, a.Verb)
	OptMap(w, `,"data":`, a.Data, (*JSON).Text)
	OptMap(w, `,"form":`, a.Form, (*JSON).value)
	w.OptInt(`,"rev":`, a.Rev)
	w.OptStr(`,"token":`, a.Token)
	if !a.Message.IsZero() {
		w.Ref(`,"message":`, &a.Message)
	}
	w.OptStr(`,"element":`, a.Element)
	w.OptTrue(`,"whole":`, a.Whole)
	w.Close(start)
}

func (w *JSON) message(m *Message) {
	start := w.Open()
	w.Ref(`,"ref":`, &m.Ref)
	w.Str(`,"text":`, m.Text)
	OptList(w, `,"parts":`, m.Parts, (*JSON).part)
	OptList(w, `,"mentions":`, m.Mentions, (*JSON).actor)
	w.OptTrue(`,"to_all":`, m.ToAll)
	w.Ref(`,"reply_to":`, m.ReplyTo)
	w.Ref(`,"root":`, m.Root)
	w.Close(start)
}

func (w *JSON) part(p *Part) {
	start := w.Open()
	w.Str(`,"kind":`, string(p.Kind))
	w.OptStr(`,"text":`, p.Text)
	w.OptStr(`,"url":`, p.URL)
	w.Ref(`,"ref":`, p.Ref)
	w.OptInt(`,"duration":`, int64(p.Duration))
	w.Close(start)
}

func (w *JSON) value(v Value) {
	start := w.Open()
	w.Str(`,"kind":`, string(v.Kind))
	w.OptStr(`,"text":`, v.Text)
	w.OptStrs(`,"list":`, v.List)
	w.OptTrue(`,"bool":`, v.Bool)
	OptList(w, `,"refs":`, v.Refs, writeRef)
	OptList(w, `,"rows":`, v.Rows, writeRow)
	OptList(w, `,"files":`, v.Files, writeFile)
	w.OptStr(`,"raw":`, v.Raw)
	w.Close(start)
}

func writeRef(w *JSON, r *Ref) { r.WriteJSON(w) }

func writeRow(w *JSON, r *Row) { Map(w, *r, (*JSON).value) }

func writeFile(w *JSON, f *File) { f.WriteJSON(w) }

// WriteJSON writes what is known of the file.
func (f *File) WriteJSON(w *JSON) {
	start := w.Open()
	w.Str(`,"id":`, f.ID)
	w.Str(`,"name":`, f.Name)
	w.OptStr(`,"type":`, f.Type)
	w.Int(`,"size":`, f.Size)
	w.OptStr(`,"sum":`, f.Sum)
	w.Close(start)
}
