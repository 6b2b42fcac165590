package approval

import (
	"encoding/json"

	"magpie/adapters/event"
)

// A state is written with every command. These write what json.Marshal writes, byte for byte: the trail's hashes and
// the comparison of a state with its trail need that. A field that is missing here fails TestAppendKnowsAllFields.
// What is rare is left to encoding/json.

// encodeState writes a state.
func encodeState(s *state) json.RawMessage { return appendState(make([]byte, 0, 1024), s) }

func appendState(b []byte, s *state) []byte {
	w := &event.JSON{B: b}
	start := w.Open()
	w.Str(`,"s":`, string(s.Status))
	w.Str(`,"by":`, s.By)
	w.OptStr(`,"fr":`, s.From)
	w.OptTrue(`,"k":`, s.Known)
	event.OptMap(w, `,"pp":`, s.People, writePerson)
	w.OptStr(`,"no":`, s.No)
	w.OptStr(`,"t":`, s.Title)
	event.OptMap(w, `,"f":`, s.Form, writeValue)
	if s.Draft != nil {
		w.Raw(`,"d":`)
		writeDraft(w, s.Draft)
	}
	if len(s.Offers) > 0 {
		w.Raw(`,"of":`)
		w.Any(s.Offers)
	}
	event.OptList(w, `,"r":`, s.Runs, writeRun)
	event.OptList(w, `,"q":`, s.Asks, writeAsk)
	w.OptStrs(`,"cc":`, s.CC)
	w.OptInt(`,"g":`, s.Gen)
	w.OptInt(`,"aq":`, int64(s.Asked))
	event.OptMap(w, `,"sm":`, s.Same, (*event.JSON).Text)
	if len(s.Remarks) > 0 {
		w.Raw(`,"cm":`)
		w.Any(s.Remarks)
	}
	w.OptInt(`,"cn":`, int64(s.Comments))
	if len(s.Turns) > 0 {
		w.Raw(`,"tn":`)
		w.Any(s.Turns)
	}
	w.OptStr(`,"rv":`, s.Revoke)
	w.OptInt(`,"ep":`, int64(s.Epoch))
	w.OptStr(`,"w":`, s.Why)
	w.OptStr(`,"wr":`, s.Reason)
	w.OptStr(`,"eb":`, s.EndBy)
	if s.Parent != nil {
		w.Raw(`,"pa":`)
		w.Any(s.Parent)
	}
	w.Int(`,"ba":`, int64(s.Begun))
	w.OptInt(`,"sa":`, int64(s.Sent))
	w.OptInt(`,"ea":`, int64(s.Ended))
	event.OptMap(w, `,"al":`, s.Alias, (*event.JSON).Text)
	w.OptInt(`,"er":`, int64(s.Erased))
	w.Close(start)
	return finished(w)
}

// finished is what was written. A type that JSON can't hold is a bug.
func finished(w *event.JSON) []byte {
	if w.Err != nil {
		panic("trail data: " + w.Err.Error())
	}
	return w.B
}

func writePerson(w *event.JSON, p person) {
	start := w.Open()
	w.OptStr(`,"n":`, p.Name)
	w.OptStr(`,"d":`, p.Dept)
	w.OptStr(`,"t":`, p.Title)
	w.Close(start)
}

func writeValue(w *event.JSON, v value) {
	start := w.Open()
	w.OptStr(`,"t":`, v.T)
	w.OptStrs(`,"l":`, v.L)
	event.OptList(w, `,"r":`, v.R, writeRow)
	event.OptList(w, `,"f":`, v.F, writeFile)
	w.Close(start)
}

func writeRow(w *event.JSON, r *map[string]value) { event.Map(w, *r, writeValue) }

func writeFile(w *event.JSON, f *event.File) { f.WriteJSON(w) }

func writeDraft(w *event.JSON, d *draft) {
	start := w.Open()
	event.OptMap(w, `,"v":`, d.Values, writeValue)
	event.OptMap(w, `,"p":`, d.Problems, (*event.JSON).Text)
	w.OptTrue(`,"h":`, d.Hidden)
	w.Close(start)
}

func writeRun(w *event.JSON, r *run) {
	start := w.Open()
	w.Str(`,"n":`, r.Node)
	w.Int(`,"o":`, int64(r.Round))
	w.Str(`,"s":`, string(r.State))
	w.OptStr(`,"w":`, r.Why)
	w.OptStr(`,"m":`, string(r.Mode))
	w.OptInt(`,"nd":`, int64(r.Need))
	w.OptTrue(`,"v":`, r.Veto)
	w.OptInt(`,"mn":`, int64(r.N))
	w.OptStr(`,"ab":`, r.Abstain)
	event.OptList(w, `,"e":`, r.Seats, writeSeat)
	w.OptInt(`,"a":`, int64(r.At))
	w.OptInt(`,"c":`, int64(r.Closed))
	w.OptInt(`,"g":`, r.Gen)
	w.OptStr(`,"sn":`, r.Snap)
	w.OptStrs(`,"sh":`, r.Short)
	w.OptStr(`,"ch":`, r.Child)
	w.OptStr(`,"ce":`, string(r.ChildEnd))
	w.OptInt(`,"tr":`, int64(r.Tries))
	w.OptInts(`,"ar":`, r.Arms)
	w.OptInts(`,"dn":`, r.Done)
	w.OptStrs(`,"bk":`, r.Back)
	w.OptInt(`,"ep":`, int64(r.Epoch))
	w.OptInt(`,"vd":`, int64(r.Void))
	w.Close(start)
}

func writeSeat(w *event.JSON, x *seat) {
	start := w.Open()
	w.Str(`,"i":`, x.ID)
	w.Str(`,"p":`, x.Person)
	w.OptInt(`,"w":`, int64(x.Weight))
	w.OptStr(`,"s":`, string(x.State))
	w.OptInt(`,"k":`, int64(x.Task))
	w.OptInt(`,"a":`, int64(x.At))
	w.OptInt(`,"d":`, int64(x.Due))
	w.OptTrue(`,"gs":`, x.Guess)
	w.OptInt(`,"ds":`, int64(x.Since))
	w.OptStr(`,"cv":`, x.Cal)
	w.OptInt(`,"c":`, int64(x.Closed))
	w.OptStr(`,"b":`, x.By)
	w.OptStr(`,"u":`, x.Auto)
	w.OptStr(`,"rf":`, x.Refers)
	w.OptStr(`,"rs":`, x.Reason)
	w.OptInt(`,"rg":`, x.Remind)
	w.OptInt(`,"lg":`, x.Late)
	w.OptInt(`,"rn":`, int64(x.Nudged))
	w.OptInt(`,"ua":`, int64(x.Urged))
	w.OptInt(`,"un":`, int64(x.Urges))
	if len(x.Past) > 0 {
		w.Raw(`,"x":`)
		w.Any(x.Past)
	}
	w.OptStr(`,"fo":`, x.For)
	w.OptStrs(`,"gr":`, x.Grants)
	w.OptStr(`,"ad":`, x.Adder)
	w.OptStr(`,"of":`, x.Of)
	w.OptInt(`,"kd":`, int64(x.Kids))
	w.OptTrue(`,"gn":`, x.Gone)
	if x.Back != nil {
		w.Raw(`,"bk":`)
		w.Any(x.Back)
	}
	if x.Said != nil {
		w.Raw(`,"sd":`)
		w.Any(x.Said)
	}
	if x.Sign != nil {
		w.Raw(`,"sg":`)
		w.Any(x.Sign)
	}
	w.Close(start)
}

func writeAsk(w *event.JSON, a *ask) {
	start := w.Open()
	a.write(w)
	w.Close(start)
}

func (a *ask) write(w *event.JSON) {
	w.Str(`,"i":`, a.ID)
	w.Str(`,"f":`, a.For)
	w.OptStr(`,"n":`, a.Node)
	w.OptInt(`,"o":`, int64(a.Round))
	w.OptStr(`,"e":`, a.Seat)
	w.OptInt(`,"k":`, int64(a.Task))
	w.OptStrs(`,"p":`, a.Persons)
	w.OptInt(`,"h":`, int64(a.Hops))
	if len(a.Proxies) > 0 {
		w.Raw(`,"px":`)
		w.Any(a.Proxies)
	}
	w.OptStr(`,"v":`, a.Verb)
	w.OptStr(`,"b":`, a.By)
	w.OptInt(`,"a":`, int64(a.At))
	w.OptInt(`,"c":`, int64(a.N))
	w.OptStr(`,"op":`, a.Opinion)
	w.OptInts(`,"w":`, a.Weights)
}
