package pages

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"time"

	"magpie/web"
)

// Gate lets suites say who opens a page.
type Gate interface {
	// LoginURL is where a viewer is sent; they come back to back with "code" and "state". "" when the
	// connection has no login (any more).
	LoginURL(connection, back, state, userAgent string) string
	// Login says which person a code is of, "" when it is nobody's: used up, made up, or of an account that
	// belongs to no person.
	Login(ctx context.Context, connection, code string) (person string, err error)
}

const (
	loginCookie = "magpie_login"
	loginLife   = 10 * time.Minute
)

// confirmed is the viewer of a link whose person the suite must confirm. ok is false when it has not; then the
// answer is written.
func (h *Handler) confirmed(w http.ResponseWriter, r *http.Request, l web.Link) (v viewer, ok bool) {
	v, err := h.session(r)
	switch {
	case err != nil && !errors.Is(err, errNobody):
		h.fail(w, r, "session", err)
		return v, false
	case err == nil && v.login == l.Login:
		if v.person.ID == l.Person {
			return v, true
		}
		h.say(w, r, http.StatusNotFound, "nothing") // of somebody else
		return v, false
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.say(w, r, http.StatusForbidden, "login")
		return v, false
	}
	h.sendToLogin(w, r, l)
	return v, false
}

// sendToLogin sends a viewer to the suite. What they come back with counts only in the browser that was sent:
// its cookie holds the state.
func (h *Handler) sendToLogin(w http.ResponseWriter, r *http.Request, l web.Link) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	state := hex.EncodeToString(b[:])
	back := url.Values{"to": {r.PathValue("token")}}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		back.Set("lang", lang)
	}
	to := ""
	if h.o.Gate != nil {
		to = h.o.Gate.LoginURL(l.Login, h.o.Base()+"/m/login/"+url.PathEscape(l.Login)+"?"+back.Encode(), state, r.UserAgent())
	}
	if to == "" {
		h.say(w, r, http.StatusForbidden, "login")
		return
	}
	keep := web.Link{Slot: state, Person: "?", Login: l.Login, Expires: h.now().Add(loginLife)}
	http.SetCookie(w, &http.Cookie{
		Name: loginCookie, Value: h.logins.Token(keep), Path: h.prefix() + "/m/login/", MaxAge: int(loginLife / time.Second),
		HttpOnly: true, Secure: h.secure(), SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, to, http.StatusFound)
}

// getLogin takes a viewer who comes back from their suite, and leads on to the page if it is theirs.
func (h *Handler) getLogin(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	connection, token := r.PathValue("connection"), q.Get("to")
	l, err := h.links.Open(token, h.now())
	if err != nil && !errors.Is(err, web.ErrLinkExpired) || l.Login == "" || l.Login != connection || h.o.Gate == nil {
		h.say(w, r, http.StatusNotFound, "nothing")
		return
	}
	c, err := r.Cookie(loginCookie)
	if err != nil {
		h.say(w, r, http.StatusForbidden, "login")
		return
	}
	kept, err := h.logins.Open(c.Value, h.now())
	if err != nil || kept.Slot != q.Get("state") || kept.Login != connection || q.Get("code") == "" || len(q.Get("code")) > 1024 {
		h.say(w, r, http.StatusForbidden, "login")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: loginCookie, Path: h.prefix() + "/m/login/", MaxAge: -1, HttpOnly: true, Secure: h.secure(), SameSite: http.SameSiteLaxMode})
	person, err := h.o.Gate.Login(r.Context(), connection, q.Get("code"))
	if err != nil {
		h.fail(w, r, "login", err)
		return
	}
	p, err := h.active(r, l.Person) // by the name they go by now
	switch {
	case err != nil && !errors.Is(err, errNobody):
		h.fail(w, r, "person", err)
		return
	case err != nil || person == "" || person != p.ID:
		h.say(w, r, http.StatusNotFound, "nothing") // the same whoever it is
		return
	}
	h.remember(w, r, person, connection)
	http.Redirect(w, r, h.prefix()+"/m/c/"+token+h.query(r), http.StatusFound)
}
