package pages

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/web"
	"magpie/workflows"
)

// spot is one card on one page: what is shown, where its forms go, and which act is asked for.
type spot struct {
	slot, verb string
	self       string    // address of the page, without the prefix
	ends       time.Time // of the link that leads here
	seen       *seenView
	readonly   bool
}

// openLink reads the link of a request and says who may look. When ok is false the answer is written.
func (h *Handler) openLink(w http.ResponseWriter, r *http.Request) (l web.Link, v viewer, ok bool) {
	l, err := h.links.Open(r.PathValue("token"), h.now())
	if err != nil && !errors.Is(err, web.ErrLinkExpired) {
		h.say(w, r, http.StatusNotFound, "nothing")
		return l, v, false
	}
	expired := err != nil
	p, err := h.active(r, l.Person)
	if err == nil {
		l.Person = p.ID // they may have been merged since
	}
	switch {
	case errors.Is(err, errNobody):
		h.say(w, r, http.StatusNotFound, "nothing")
		return l, v, false
	case err != nil:
		h.fail(w, r, "person", err)
		return l, v, false
	case expired:
		if r.Method == http.MethodPost && r.PostForm.Get("act") == "resend" {
			h.resend(w, r, l)
		} else {
			h.notice(w, r, http.StatusGone, "expired", h.prefix()+r.URL.Path+h.query(r))
		}
		return l, v, false
	}
	if l.Login != "" {
		v, ok = h.confirmed(w, r, l)
		return l, v, ok
	}
	return l, viewer{person: p, bound: "link"}, true
}

func (h *Handler) getCard(w http.ResponseWriter, r *http.Request) {
	l, v, ok := h.openLink(w, r)
	if !ok {
		return
	}
	h.remember(w, r, v)
	if form := h.taken(w, r, v); form != nil {
		h.resume(w, r, v, h.linked(r, l), form)
		return
	}
	h.show(w, r, http.StatusOK, v, h.linked(r, l), newEntered(nil), nil)
}

func (h *Handler) postCard(w http.ResponseWriter, r *http.Request) {
	if !h.accept(w, r) {
		return
	}
	l, v, ok := h.openLink(w, r)
	if !ok {
		return
	}
	h.remember(w, r, v)
	h.press(w, r, v, h.linked(r, l))
}

func (h *Handler) linked(r *http.Request, l web.Link) spot {
	return spot{slot: l.Slot, verb: l.Verb, self: "/m/c/" + r.PathValue("token"), ends: l.Expires}
}

// accept checks that a POST is one that a form of ours makes, and reads it.
func (h *Handler) accept(w http.ResponseWriter, r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		h.say(w, r, http.StatusForbidden, "wrong_form")
		return false
	}
	if isUpload(r) && h.o.Files != nil { // ServeHTTP removes what it leaves on the disk
		if !h.mayUpload(r) {
			dropRest(r)
			h.say(w, r, http.StatusForbidden, "wrong_form")
			return false
		}
		allowTime(w)
		if err := r.ParseMultipartForm(4 << 20); err != nil {
			h.unread(w, r, err, noticeView{More: fmt.Sprintf(languageOf(r).say("too_big_files"), card.SizeText(maxUpload))})
			return false
		}
		if typed(r) > maxBody {
			h.say(w, r, http.StatusRequestEntityTooLarge, "too_big")
			return false
		}
		return true
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		h.say(w, r, http.StatusUnsupportedMediaType, "wrong_form")
		return false
	}
	if err := r.ParseForm(); err != nil {
		h.unread(w, r, err, noticeView{})
		return false
	}
	return true
}

// unread says why a form could not be read. tooBig is for one that is too large.
func (h *Handler) unread(w http.ResponseWriter, r *http.Request, err error, tooBig noticeView) {
	if tooLarge := (*http.MaxBytesError)(nil); !errors.As(err, &tooLarge) {
		h.say(w, r, http.StatusBadRequest, "wrong_form")
		return
	}
	dropRest(r)
	h.noticeOf(w, r, http.StatusRequestEntityTooLarge, "too_big", tooBig)
}

// show draws a card, as it is now, with what was entered.
func (h *Handler) show(w http.ResponseWriter, r *http.Request, status int, v viewer, at spot, e entered, t *tip) {
	c, err := h.o.Desk.Show(r.Context(), at.slot)
	if errors.Is(err, workflows.ErrNotFound) {
		h.say(w, r, http.StatusNotFound, "gone")
		return
	}
	if err != nil {
		h.fail(w, r, "card", err)
		return
	}
	h.draw(w, r, status, v, at, c, e, t)
}

// draw draws a card: all of it, or only the act that the page asks for below what it is about.
func (h *Handler) draw(w http.ResponseWriter, r *http.Request, status int, v viewer, at spot, c card.Card, e entered, t *tip) {
	l := languageOf(r)
	focus := at.verb
	if focus != "" && find(&c, focus).button == nil {
		focus = ""
		if t == nil {
			t = &tip{card.Warning, l.say("act_gone")}
		}
	}
	if e.posted == nil {
		if err := h.preset(r.Context(), e, inputsOf(&c)); err != nil {
			h.fail(w, r, "people", err)
			return
		}
	}
	instance, _, _ := strings.Cut(at.slot, "/")
	d := drawer{lang: l,
		file:  func(f event.File, token string) fileView { return h.shownFile(instance, f, token) },
		token: func(f event.File) string { return h.fileToken(v, instance, f, false) },
		kept:  func(token string) (keptFile, bool) { return h.tokenOf(v, instance, token) },
	}
	signs := false
	base := formView{Action: h.prefix() + at.self + h.query(r), Ticket: h.ticket(v, at.slot), Slot: at.slot, Rev: c.Rev}
	if focus != "" { // the page asks for this alone, so it asks what the button would
		if q := find(&c, focus).button.Confirm; q != nil {
			base.Ask = &confirmView{Title: d.text(q.Title), Body: d.text(q.Body)}
			base.Hidden = []pair{{Label: "sure", Value: "1"}}
		}
	}
	d.forms = func(f *card.Form) *formView {
		if at.readonly {
			return nil
		}
		out := base
		for _, b := range append([]card.Button{f.Submit}, f.Others...) {
			if focus == "" || b.Verb == focus {
				out.Buttons = append(out.Buttons, d.button(b))
			}
		}
		if len(out.Buttons) == 0 {
			return nil
		}
		if e.posted == nil || e.judged {
			out.Problems = placed(d.text(f.Problem), f.Inputs, d.text, e.problems)
		}
		d.over = overUpload(f.Inputs)
		for _, in := range f.Inputs {
			out.Inputs = append(out.Inputs, d.input(in, e, h.o.Location()))
			out.Upload = out.Upload || (in.Kind == card.InputFile || in.Kind == card.InputSignature) && h.o.Files != nil
			signs = signs || in.Kind == card.InputSignature && h.o.Files != nil
		}
		out.Live = f.Live
		if focus == "" {
			out.Fold = d.text(f.Fold)
			out.Open = len(out.Problems) > 0 || e.posted != nil && touched(e, f.Inputs)
		}
		return &out
	}
	view := h.frame(r, "card", d.text(c.Title))
	drawn := d.card(c)
	if !at.readonly {
		foot := base
		for _, b := range c.Actions {
			if b.Verb != "" && (focus == "" || b.Verb == focus) {
				foot.Buttons = append(foot.Buttons, d.button(b))
			}
		}
		if len(foot.Buttons) > 0 {
			drawn.Footer = &foot
		}
	}
	view.Card, view.Tip, view.Person, view.Seen = &drawn, t, v.person.Name, at.seen
	if signs {
		view.Script = h.script(w)
	}
	if focus != "" && len(c.Choices()) > 1 {
		// It ends when this link does: following links must not prolong what the holder was given.
		view.Whole = h.prefix() + "/m/c/" + h.links.Token(web.Link{Slot: at.slot, Person: v.person.ID, Login: v.login, Expires: at.ends}) + h.query(r)
	}
	if at.seen == nil {
		view.Process = h.process(r, at.slot)
	}
	h.render(w, r, status, view)
}

// touched reports whether somebody was at a form's inputs: those stay open.
func touched(e entered, inputs []card.Input) bool {
	return slices.ContainsFunc(inputs, func(in card.Input) bool {
		return e.problems[in.Name] != "" || len(e.found[in.Name]) > 0 || e.posted.Get("f."+in.Name) != "" || len(e.posted["p."+in.Name]) > 0
	})
}

// process is the address of a slot's instance.
func (h *Handler) process(r *http.Request, slot string) string {
	id, _, _ := strings.Cut(slot, "/")
	return h.prefix() + "/m/i/" + id + h.query(r)
}

// found is a button of a card and the form that it hands in, nil for one of the footer.
type found struct {
	button *card.Button
	form   *card.Form
}

// find looks for the button of a verb.
func find(c *card.Card, verb string) found {
	for _, e := range c.Body {
		f, ok := e.(*card.Form)
		if !ok {
			continue
		}
		if f.Submit.Verb == verb {
			return found{&f.Submit, f}
		}
		for i := range f.Others {
			if f.Others[i].Verb == verb {
				return found{&f.Others[i], f}
			}
		}
	}
	for i := range c.Actions {
		if c.Actions[i].Verb == verb {
			return found{&c.Actions[i], nil}
		}
	}
	return found{}
}

// inputsOf are the inputs of all forms of a card.
func inputsOf(c *card.Card) []card.Input {
	var out []card.Input
	for _, e := range c.Body {
		if f, ok := e.(*card.Form); ok {
			out = append(out, f.Inputs...)
		}
	}
	return out
}
