package approval

import (
	"encoding/json"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// quick is a fact that writes its own data: what nearly every approval consists of. The others are left to
// encoding/json. Only facts have a method of this name: what is embedded would lend it to whoever embeds it.
type quick interface{ fields(w *event.JSON) }

// quickSecret is a fact that writes its own private part.
type quickSecret interface{ secretFields(w *event.JSON) }

// entry writes a fact for the trail, at the end of b: those of one command stand in one place.
func entry(b []byte, f fact, at time.Time, actor string) (workflows.Entry, []byte) {
	w := &event.JSON{B: b}
	e := workflows.Entry{At: at, Kind: f.kind(), Actor: actor}
	start := w.Open()
	if q, ok := f.(quick); ok {
		q.fields(w)
		w.Close(start)
	} else {
		w.Any(f)
	}
	end := len(finished(w))
	e.Data = json.RawMessage(w.B[start:end:end])
	k, ok := f.(keeper)
	if !ok {
		return e, w.B
	}
	if q, ok := f.(quickSecret); ok {
		if q.secretFields(w); len(w.B) > end {
			w.Close(end)
		}
	} else {
		w.Any(k.secret())
	}
	p := finished(w)[end:]
	if len(p) == 0 || string(p) == "{}" {
		return e, w.B[:end]
	}
	e.Private = json.RawMessage(p[:len(p):len(p)])
	return e, w.B
}

func (f *started) fields(w *event.JSON) {
	w.OptStr(`,"from":`, f.From)
	w.Int(`,"gen":`, f.Gen)
	w.OptTrue(`,"hidden":`, f.Hidden)
	if f.Parent != nil {
		w.Raw(`,"parent":`)
		w.Any(f.Parent)
	}
}

func (f *started) secretFields(w *event.JSON) {
	w.OptStr(`,"parent_title":`, f.p.ParentTitle)
	event.OptMap(w, `,"people":`, f.p.People, writePerson)
	event.OptMap(w, `,"values":`, f.p.Values, writeValue)
}

func (f *submitted) fields(w *event.JSON) {
	w.Str(`,"no":`, f.No)
	event.OptMap(w, `,"form":`, f.Form, writeValue)
}

func (f *submitted) secretFields(w *event.JSON) {
	event.OptMap(w, `,"form":`, f.p.Form, writeValue)
	w.OptStr(`,"title":`, f.p.Title)
	event.OptMap(w, `,"people":`, f.p.People, writePerson)
}

func (f *asked) fields(w *event.JSON) {
	f.ask.write(w)
	w.OptStrs(`,"sel":`, f.Selectors)
	w.OptStrs(`,"back":`, f.Back)
}

func (f *answered) fields(w *event.JSON) {
	w.Str(`,"id":`, f.ID)
	w.OptStrs(`,"who":`, f.Who)
	w.OptStr(`,"snap":`, f.Snap)
	w.OptStrs(`,"short":`, f.Short)
}

func (f *answered) secretFields(w *event.JSON) {
	event.OptMap(w, `,"people":`, f.p.People, writePerson)
}

func (f *skipped) fields(w *event.JSON) {
	w.Str(`,"node":`, f.Node)
	w.Int(`,"round":`, int64(f.Round))
	w.Str(`,"why":`, f.Why)
}

func (f *branched) fields(w *event.JSON) {
	w.Str(`,"node":`, f.Node)
	w.Int(`,"round":`, int64(f.Round))
	w.Int(`,"arm":`, int64(f.Arm))
}

func (f *entered) fields(w *event.JSON) {
	w.Str(`,"node":`, f.Node)
	w.Int(`,"round":`, int64(f.Round))
	w.Str(`,"mode":`, string(f.Mode))
	w.OptInt(`,"need":`, int64(f.Need))
	w.OptInt(`,"n":`, int64(f.N))
	w.OptTrue(`,"veto":`, f.Veto)
	switch {
	case len(f.Seats) > 0:
		event.OptList(w, `,"seats":`, f.Seats, writeSeatFact)
	case f.Seats == nil:
		w.Raw(`,"seats":null`)
	default:
		w.Raw(`,"seats":[]`)
	}
	w.OptStr(`,"abstain":`, f.Abstain)
}

func writeSeatFact(w *event.JSON, x *seatFact) {
	start := w.Open()
	w.Str(`,"id":`, x.ID)
	w.Str(`,"person":`, x.Person)
	w.OptInt(`,"weight":`, int64(x.Weight))
	x.proxied.write(w)
	w.Close(start)
}

func (p *proxied) write(w *event.JSON) {
	w.OptStr(`,"for":`, p.For)
	w.OptStrs(`,"grants":`, p.Grants)
}

func (p *place) write(w *event.JSON) {
	w.Str(`,"node":`, p.Node)
	w.Int(`,"round":`, int64(p.Round))
	w.Str(`,"seat":`, p.Seat)
}

func (f *opened) fields(w *event.JSON) {
	f.place.write(w)
	w.Int(`,"task":`, int64(f.Task))
	w.OptInt(`,"due":`, int64(f.Due))
	w.OptStr(`,"rule":`, f.Rule)
	w.OptTrue(`,"guessed":`, f.Guessed)
	w.OptStr(`,"cal":`, f.Cal)
	w.OptInt(`,"since":`, int64(f.Since))
	w.OptInt(`,"remind":`, f.Remind)
	w.OptInt(`,"late":`, f.Late)
}

func (f *voted) fields(w *event.JSON) {
	f.place.write(w)
	w.Str(`,"verb":`, f.Verb)
	w.OptStr(`,"auto":`, f.Auto)
	w.OptStr(`,"refers":`, f.Refers)
	w.OptStr(`,"sign":`, f.Sign)
	f.proxied.write(w)
}

func (f *voted) secretFields(w *event.JSON) {
	w.OptStr(`,"reason":`, f.p.Reason)
	if f.p.Sign != nil {
		w.Raw(`,"sign":`)
		w.Any(f.p.Sign)
	}
}

func (f *closed) fields(w *event.JSON) {
	w.Str(`,"node":`, f.Node)
	w.Int(`,"round":`, int64(f.Round))
	w.Str(`,"result":`, string(f.Result))
	w.OptStr(`,"why":`, f.Why)
}

func (f *ended) fields(w *event.JSON) {
	w.Str(`,"status":`, string(f.Status))
	w.OptStr(`,"why":`, f.Why)
}

func (f *ended) secretFields(w *event.JSON) { w.OptStr(`,"reason":`, f.p.Reason) }
