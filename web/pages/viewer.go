package pages

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"time"

	"magpie/web"
	"magpie/workflows"
)

const (
	cookieName  = "magpie_page"
	sessionLife = 2 * time.Hour
	// cookieLife is how long a browser keeps the cookie of a session: one that has ended still says whose form it
	// is that is handed in too late.
	cookieLife = 24 * time.Hour
	ticketLife = 24 * time.Hour
)

// viewer is who looks at a page, and how we know.
type viewer struct {
	person workflows.Person
	// bound is what a page's tickets are good for: the link or the session it was opened by.
	bound string
	login string // connection whose suite confirmed the person, "" for whoever holds a link
}

// errNobody: no link, no session, or nobody who works here.
var errNobody = errors.New("nobody we know")

// active reads a person who is there.
func (h *Handler) active(r *http.Request, id string) (workflows.Person, error) {
	p, err := h.o.People.Person(r.Context(), id)
	switch {
	case errors.Is(err, workflows.ErrNotFound) || err == nil && !p.Active:
		return workflows.Person{}, errNobody
	case err != nil:
		return workflows.Person{}, err
	}
	return p, nil
}

// session is the viewer that a cookie tells of.
func (h *Handler) session(r *http.Request) (viewer, error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return viewer{}, errNobody
	}
	s, err := h.sessions.Open(c.Value, h.now())
	if err != nil {
		return viewer{}, errNobody
	}
	p, err := h.active(r, s.Person)
	return viewer{person: p, bound: "session/" + s.Slot, login: s.Login}, err
}

// ended is the person of a session that has ended, "" when there is none.
func (h *Handler) ended(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	s, err := h.sessions.Open(c.Value, h.now())
	if !errors.Is(err, web.ErrLinkExpired) {
		return ""
	}
	return s.Person
}

// remember starts a session for whoever holds a link, or goes on with the one that there is. One that a suite has
// confirmed is never given up for a link.
func (h *Handler) remember(w http.ResponseWriter, r *http.Request, v viewer) {
	if v.login != "" {
		return // it is the session by which they are known
	}
	if s, err := h.session(r); err == nil && (s.login != "" || s.person.ID == v.person.ID) {
		return
	}
	h.begin(w, v.person.ID, "")
}

// begin starts a session. The cookie says who it is, under our signature: nothing is kept here. Its nonce is new
// each time, so that no session that somebody knew before becomes this one.
func (h *Handler) begin(w http.ResponseWriter, person, login string) {
	s := web.Link{Slot: nonce(), Person: person, Login: login, Expires: h.now().Add(sessionLife)}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: h.sessions.Token(s), Path: h.prefix() + "/m/", MaxAge: int(cookieLife / time.Second),
		HttpOnly: true, Secure: h.secure(), SameSite: http.SameSiteLaxMode,
	})
}

func nonce() string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ticket lets a page's form be handed in: for one slot, by one viewer, for a day. Its nonce makes the id of
// the press, so that the same form twice is one press.
func (h *Handler) ticket(v viewer, slot string) string {
	n := nonce()
	exp := binary.BigEndian.AppendUint32(nil, uint32(h.now().Add(ticketLife).Unix()/60))
	mac := h.tickets.MAC(v.person.ID, v.bound, slot, n, string(exp))
	return n + base64.RawURLEncoding.EncodeToString(append(exp, mac...))
}

// punched is the nonce of a ticket that is good, "" for one that is not.
func (h *Handler) punched(ticket string, v viewer, slot string) string {
	const n = 12 // characters of a nonce
	if len(ticket) < n || len(ticket) > 64 || strings.ContainsAny(ticket, "\r\n") {
		return ""
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(ticket[n:])
	if err != nil || len(b) < 4 || !h.tickets.Is(b[4:], v.person.ID, v.bound, slot, ticket[:n], string(b[:4])) {
		return ""
	}
	if h.now().Unix()/60 >= int64(binary.BigEndian.Uint32(b)) {
		return ""
	}
	return ticket[:n]
}
