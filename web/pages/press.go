package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// press takes what was handed in: a search for a person, a form with mistakes, a question to confirm, or the
// press itself.
func (h *Handler) press(w http.ResponseWriter, r *http.Request, v viewer, at spot) {
	l := languageOf(r)
	e := newEntered(r.PostForm)
	c, err := h.o.Desk.Show(r.Context(), at.slot)
	if err != nil {
		h.show(w, r, http.StatusOK, v, at, e, nil) // it says what is wrong
		return
	}
	e.viewer = v
	e.instance, _, _ = strings.Cut(at.slot, "/")
	up, err := h.upload(r, l, v, at, inputsOf(&c))
	if err != nil {
		h.fail(w, r, "files", err)
		return
	}
	e.uploads, e.fresh = up.problems, up.fresh
	search, change := r.PostForm.Get("find"), r.PostForm.Get("row")
	switch {
	case change != "":
		editRows(r.PostForm, inputsOf(&c), change)
		search = "\x00" // nothing is judged
	case search == "":
		dropEmptyRows(r.PostForm, inputsOf(&c))
	}
	if c, err = h.draft(r.Context(), l, v, at, c, e); err != nil {
		h.fail(w, r, "form", err)
		return
	}
	verb, token := verbOf(r.PostForm.Get("act"))
	to := find(&c, verb)
	inputs := inputsOf(&c)
	if search == "" {
		inputs = nil
		if to.form != nil {
			inputs = to.form.Inputs
		}
	}
	if err := h.read(r.Context(), l, e, inputs, search); err != nil {
		h.fail(w, r, "people", err)
		return
	}
	punched := h.punched(r.PostForm.Get("ticket"), v, at.slot)
	switch {
	case search != "":
		h.draw(w, r, http.StatusOK, v, at, c, e, nil)
		return
	case punched == "" || verb == "":
		h.draw(w, r, http.StatusForbidden, v, at, c, e, &tip{card.Warning, l.say("again")})
		return
	case len(e.problems) > 0:
		h.draw(w, r, http.StatusUnprocessableEntity, v, at, c, e, &tip{card.Warning, fmt.Sprintf(l.say("fix"), len(e.problems))})
		return
	case to.button != nil && to.button.Confirm != nil && r.PostForm.Get("sure") == "":
		h.ask(w, r, v, at, c, to)
		return
	}
	toast, known, err := h.o.Desk.Press(r.Context(), h.event(r, v, at, punched, verb, token, to, e))
	if err != nil {
		h.o.Log.Error("a press on a page was not stored", "slot", at.slot, "err", err)
		h.draw(w, r, http.StatusServiceUnavailable, v, at, c, e, &tip{card.Warning, l.say("try_again")})
		return
	}
	h.outcome(w, r, v, at, verb, c.Title, e, toast, known)
}

// event is a press like one in a suite. Its id follows from the page's ticket and from what was handed in: the
// same form twice, with the same files, is one press, a corrected one is another.
func (h *Handler) event(r *http.Request, v viewer, at spot, nonce, verb, token string, to found, e entered) event.Event {
	said := maps.Clone(r.PostForm)
	for name, list := range said {
		for i, token := range list {
			if sum := e.fresh[token]; sum != "" { // the token is another one each time
				said[name] = slices.Replace(slices.Clone(said[name]), i, i+1, sum)
			}
		}
	}
	sum := sha256.Sum256([]byte(said.Encode()))
	a := &event.Action{Slot: at.slot, Verb: verb, Rev: revOf(r.PostForm.Get("rev")), Token: token, Element: "page"}
	if len(e.values) > 0 {
		a.Form = e.values
	}
	if to.button != nil {
		a.Data = to.button.Data // ours, not what came back
	}
	scope := event.Scope{Platform: Connection}
	return event.Event{
		ID: "act:" + nonce + ":" + hex.EncodeToString(sum[:10]), Kind: event.KindCardAction, Connection: Connection, Scope: scope,
		At: h.now(), VendorType: "page",
		Actor: event.Actor{
			Ref:    event.Ref{Scope: scope, Kind: event.RefUser, ID: v.person.ID},
			Person: v.person.ID, Name: v.person.Name, Type: event.ActorUser,
		},
		Body:  a,
		Reply: event.ReplyContract{Mode: event.ReplyAnswer},
	}
}

// ask draws the question that comes before an act, with everything that was entered.
func (h *Handler) ask(w http.ResponseWriter, r *http.Request, v viewer, at spot, c card.Card, to found) {
	l := languageOf(r)
	d := drawer{lang: l}
	q := to.button.Confirm
	f := &formView{
		Action: h.prefix() + at.self + h.query(r), Ticket: r.PostForm.Get("ticket"), Slot: at.slot, Rev: revOf(r.PostForm.Get("rev")),
		Buttons: []buttonView{{Label: d.text(to.button.Label), Value: r.PostForm.Get("act"), Style: to.button.Style}},
		Hidden:  []pair{{Label: "sure", Value: "1"}},
	}
	for _, key := range sortedKeys(r.PostForm) {
		if !strings.HasPrefix(key, "f.") && !strings.HasPrefix(key, "p.") && !strings.HasPrefix(key, "n.") && !strings.HasPrefix(key, "k.") {
			continue
		}
		for _, val := range r.PostForm[key] {
			f.Hidden = append(f.Hidden, pair{Label: key, Value: val})
		}
	}
	view := h.frame(r, "confirm", d.text(c.Title))
	view.Person = v.person.Name
	view.Confirm = &confirmView{Title: d.text(q.Title), Body: d.text(q.Body), Form: f, Back: f.Action}
	if view.Confirm.Title == "" {
		view.Confirm.Title = fmt.Sprintf(l.say("sure"), d.text(to.button.Label))
	}
	h.render(w, r, http.StatusOK, view)
}

// outcome shows what came of a press. Where it was refused and can be pressed again, the form comes back with
// what was entered.
func (h *Handler) outcome(w http.ResponseWriter, r *http.Request, v viewer, at spot, verb string, subject card.Text, e entered, toast *card.Toast, known bool) {
	l := languageOf(r)
	d := drawer{lang: l}
	view := h.frame(r, "done", l.say("done"))
	view.Person = v.person.Name
	done := &doneView{Icon: "success", Text: l.say("done"), More: l.say("done_close"), Subject: d.text(subject), Process: h.process(r, at.slot)}
	view.Done = done
	if !known {
		done.Icon, done.Text, done.More = "waiting", l.say("later"), l.say("later_more")
		h.render(w, r, http.StatusAccepted, view)
		return
	}
	if toast != nil {
		done.Text = d.text(toast.Text)
	}
	view.Title = done.Text
	if toast == nil || toast.Kind == card.ToastSuccess || toast.Kind == card.ToastInfo {
		h.render(w, r, http.StatusOK, view)
		return
	}
	c, err := h.o.Desk.Show(r.Context(), at.slot)
	if err == nil && find(&c, verb).button != nil {
		e.judged = true
		h.draw(w, r, http.StatusUnprocessableEntity, v, at, c, e, &tip{card.Danger, done.Text})
		return
	}
	done.Icon, done.More = "info", l.say("refused_more")
	h.render(w, r, http.StatusConflict, view)
}

func sortedKeys(m map[string][]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
