package pages

import (
	"errors"
	"net/http"
	"strings"

	"magpie/adapters/card"
	"magpie/workflows"
)

// seenView is the timeline below a card.
type seenView struct {
	Name string
	Told []toldView
	Home string // address of the lists
	Kin  []kinView
	// Print is where it is for paper, "" where it can't be printed.
	Print string
	// Admin is where the person is an administrator of it, "" for others.
	Admin string
}

// kinView leads to what started the request, or to what it started.
type kinView struct {
	Up        bool
	Name, URL string
}

type toldView struct {
	At, Who, What string
	Note          []string
	Signs         []fileView
	Tone          card.Tone
}

// look finds out what the viewer of a request may see of the instance that it names. When ok is false the
// answer is written: it is the same whether there is no such instance or it is none of their business.
func (h *Handler) look(w http.ResponseWriter, r *http.Request) (v viewer, s Seen, ok bool) {
	v, err := h.session(r)
	if err != nil {
		h.stranger(w, r, err)
		return v, s, false
	}
	id := r.PathValue("instance")
	if id == "" || len(id) > 64 || strings.ContainsAny(id, "/%\x00") {
		h.say(w, r, http.StatusNotFound, "nothing")
		return v, s, false
	}
	s, err = h.o.Desk.Look(r.Context(), id, v.person.ID)
	switch {
	case errors.Is(err, workflows.ErrNotFound) || err == nil && (s.Slot == "" || administers(r) && s.Admin == ""):
		h.say(w, r, http.StatusNotFound, "nothing")
		return v, s, false
	case err != nil:
		h.fail(w, r, "instance", err)
		return v, s, false
	}
	if administers(r) {
		s.Slot, s.Mine = s.Admin, true
	}
	return v, s, true
}

// administers reports whether a request is for what an administrator may do, who has a card of their own beside it.
func administers(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/admin") }

// stranger answers whoever comes without a link or a session: they log in where a suite can say who they are.
func (h *Handler) stranger(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, errNobody) {
		h.fail(w, r, "session", err)
		return
	}
	if h.o.Gate != nil && len(h.o.Gate.Ways(r.UserAgent())) > 0 {
		h.askWho(w, r, "", h.ended(r))
		return
	}
	h.say(w, r, http.StatusForbidden, "login")
}

func (h *Handler) getInstance(w http.ResponseWriter, r *http.Request) {
	v, s, ok := h.look(w, r)
	if !ok {
		return
	}
	if form := h.taken(w, r, v); form != nil && s.Mine {
		h.resume(w, r, v, h.onInstance(r, s), form)
		return
	}
	h.show(w, r, http.StatusOK, v, h.onInstance(r, s), newEntered(nil), nil)
}

func (h *Handler) postInstance(w http.ResponseWriter, r *http.Request) {
	if !h.accept(w, r) {
		return
	}
	v, s, ok := h.look(w, r)
	if !ok {
		return
	}
	at := h.onInstance(r, s)
	// The page may have been drawn when another card of theirs was in front. A ticket proves that it was theirs.
	if slot := r.PostForm.Get("slot"); slot != "" && slot != at.slot && strings.HasPrefix(slot, s.Instance.ID+"/") &&
		h.punched(r.PostForm.Get("ticket"), v, slot) != "" {
		at.slot, at.readonly = slot, false
	}
	if at.readonly {
		h.say(w, r, http.StatusNotFound, "nothing")
		return
	}
	h.press(w, r, v, at)
}

func (h *Handler) onInstance(r *http.Request, s Seen) spot {
	l := languageOf(r)
	seen := &seenView{Home: h.prefix() + "/m/tasks" + h.query(r)}
	if h.o.Sheet != nil {
		seen.Print = h.prefix() + "/m/i/" + s.Instance.ID + "/print" + h.query(r)
	}
	self := "/m/i/" + r.PathValue("instance")
	switch {
	case administers(r):
		self += "/admin"
	case s.Admin != "":
		seen.Admin = h.prefix() + self + "/admin" + h.query(r)
	}
	for _, k := range s.Kin {
		seen.Kin = append(seen.Kin, kinView{k.Up, k.Name, h.prefix() + "/m/i/" + k.Instance + h.query(r)})
	}
	for _, t := range s.Told {
		line := toldView{At: h.clock(t.At), Who: t.Who, What: t.What.In(l.code()), Tone: t.Tone}
		if t.Note != "" {
			line.Note = strings.Split(t.Note, "\n")
		}
		for _, f := range t.Files {
			line.Signs = append(line.Signs, h.shownFile(s.Instance.ID, f, ""))
		}
		seen.Told = append(seen.Told, line)
	}
	return spot{slot: s.Slot, self: self, seen: seen, readonly: !s.Mine}
}
