package pages

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"magpie/web"
)

// Gate lets suites say who opens a page.
type Gate interface {
	// Ways are the connections that people can log in by, in the order of the configuration.
	Ways(userAgent string) []Way
	// LoginURL is where a viewer is sent; they come back to back with "code" and "state". "" when the
	// connection has no login (any more).
	LoginURL(connection, back, state, userAgent string) string
	// Login says which person somebody is who came back, "" when the account belongs to no person here. ErrCode
	// when the code is used up, expired or made up; any other error is the suite's or ours.
	Login(ctx context.Context, connection string, r Return) (person string, err error)
}

// Way is a connection that people can log in by.
type Way struct {
	Connection, Suite string
	Here              bool // the viewer's browser is this suite's own client: there nobody is asked anything
}

// Return is what a viewer comes back with from a log-in: Back and State are those they were sent with.
type Return struct{ Code, Back, State string }

// ErrCode says that a log-in has to begin anew.
var ErrCode = errors.New("the code of the log-in is not good")

// arrived marks the address that a log-in leads back to: who is unknown there has a browser that keeps no
// cookies, and is not sent round and round.
const arrived = "in"

// confirmed is the viewer of a link whose person a suite must confirm: any suite that they have an account in.
// ok is false when none has; then the answer is written.
func (h *Handler) confirmed(w http.ResponseWriter, r *http.Request, l web.Link) (v viewer, ok bool) {
	v, err := h.session(r)
	switch {
	case err != nil && !errors.Is(err, errNobody):
		h.fail(w, r, "session", err)
		return v, false
	case err == nil && v.login != "" && r.URL.Query().Get("by") == "":
		if v.person.ID == l.Person {
			return v, true
		}
		h.forAnother(w, r, v, l.Login)
		return v, false
	}
	if h.o.Gate == nil || len(h.o.Gate.Ways(r.UserAgent())) == 0 { // it was switched off after the link was made
		if r.Method == http.MethodPost && r.PostForm.Get("act") == "resend" {
			h.resend(w, r, l)
		} else {
			h.notice(w, r, http.StatusForbidden, "login", h.prefix()+r.URL.Path+h.query(r))
		}
		return v, false
	}
	h.askWho(w, r, l.Login, l.Person)
	return v, false
}

// forAnother answers somebody whom a suite knows, at a page that is for somebody else: nothing of it, and how to
// be the one it is for.
func (h *Handler) forAnother(w http.ResponseWriter, r *http.Request, v viewer, want string) {
	h.refuse(w, r, "other", fmt.Sprintf(languageOf(r).say("other_as"), v.person.Name), h.wayLinks(r, want, here(r), "login_by"))
}

// refuse writes a page of a few words with ways on from it.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, key, more string, links []pair) {
	h.noticeOf(w, r, http.StatusForbidden, key, noticeView{More: more, Links: links})
}

// here is the page of a request, without what is about the log-in itself: its path below the prefix, and the
// query that it keeps.
func here(r *http.Request) string {
	q := url.Values{}
	for _, k := range [...]string{"lang", "tab", "page"} {
		if v := r.URL.Query().Get(k); v != "" && len(v) <= 16 {
			q.Set(k, v)
		}
	}
	if len(q) == 0 {
		return r.URL.EscapedPath()
	}
	return r.URL.EscapedPath() + "?" + q.Encode()
}

// with adds to the query of one of our addresses.
func with(at, key, value string) string {
	sep := "?"
	if strings.Contains(at, "?") {
		sep = "&"
	}
	return at + sep + key + "=" + url.QueryEscape(value)
}

// wayLinks are the log-ins, the one of a connection first. back is the page to come to.
func (h *Handler) wayLinks(r *http.Request, first, back, label string) []pair {
	if h.o.Gate == nil {
		return nil
	}
	l := languageOf(r)
	ways := h.o.Gate.Ways(r.UserAgent())
	several := map[string]int{}
	for _, w := range ways {
		several[w.Suite]++
	}
	var out []pair
	for _, w := range ways {
		name := l.say("suite_" + w.Suite)
		if name == "suite_"+w.Suite {
			name = w.Suite
		}
		if several[w.Suite] > 1 {
			name += " (" + w.Connection + ")"
		}
		p := pair{Label: fmt.Sprintf(l.say(label), name), Value: h.prefix() + with(back, "by", w.Connection)}
		if w.Connection == first {
			out = slices.Insert(out, 0, p)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// way chooses the connection to log in by: what the viewer asked for; the suite whose client they look with;
// the one that the card came from; the only one there is. "" when they have to choose.
func (h *Handler) way(r *http.Request, want string) string {
	ways := h.o.Gate.Ways(r.UserAgent())
	by := r.URL.Query().Get("by")
	pick := func(ok func(Way) bool) string {
		for _, w := range ways {
			if ok(w) {
				return w.Connection
			}
		}
		return ""
	}
	for _, found := range [...]string{
		pick(func(w Way) bool { return w.Connection == by }),
		pick(func(w Way) bool { return w.Here && w.Connection == want }),
		pick(func(w Way) bool { return w.Here }),
		pick(func(w Way) bool { return w.Connection == want }),
	} {
		if found != "" {
			return found
		}
	}
	if len(ways) == 1 {
		return ways[0].Connection
	}
	return ""
}

// askWho sends a viewer whom nobody has confirmed to a suite. want is the connection that their card came from, ""
// for none; who is the person that the page is for, "" when nobody can tell. What they typed is kept: a form of ours
// leads nowhere else (our own policy says so to the browser), so they are sent by a link.
func (h *Handler) askWho(w http.ResponseWriter, r *http.Request, want, who string) {
	back := here(r)
	if r.Method == http.MethodPost {
		key := "ended"
		if h.put(w, r, who) {
			key = "ended_kept"
		}
		h.refuse(w, r, key, "", h.wayLinks(r, want, back, "login_by"))
		return
	}
	if _, err := r.Cookie(cookieName); err != nil && r.URL.Query().Get(arrived) != "" && r.URL.Query().Get("by") == "" {
		h.refuse(w, r, "no_cookies", "", h.wayLinks(r, want, back, "login_by"))
		return
	}
	connection := h.way(r, want)
	if connection == "" {
		h.refuse(w, r, "who", "", h.wayLinks(r, want, back, "login_by"))
		return
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	state := hex.EncodeToString(b[:])
	to := h.o.Gate.LoginURL(connection, h.back(connection), state, r.UserAgent())
	if to == "" {
		h.say(w, r, http.StatusForbidden, "login")
		return
	}
	h.depart(w, trip{State: state, Connection: connection, To: back, Until: h.now().Add(loginLife).Unix()})
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// back is the address that a suite sends people back to: always the same, for it is registered there.
func (h *Handler) back(connection string) string {
	return strings.TrimRight(h.o.Base(), "/") + "/m/login/" + url.PathEscape(connection)
}

// getLogin takes a viewer who comes back from their suite, begins their session and leads on to the page that they
// wanted. Whether it is theirs, the page itself says.
func (h *Handler) getLogin(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	connection, code := r.PathValue("connection"), q.Get("code")
	t, ok := h.arrive(w, r, connection, q.Get("state"))
	if !ok || h.o.Gate == nil {
		h.say(w, r, http.StatusForbidden, "login_lost")
		return
	}
	again := h.wayLinks(r, connection, t.To, "login_by")
	if code == "" || len(code) > 1024 {
		h.refuse(w, r, "login_off", "", again)
		return
	}
	person, err := h.o.Gate.Login(r.Context(), connection, Return{Code: code, Back: h.back(connection), State: t.State})
	switch {
	case errors.Is(err, ErrCode):
		h.refuse(w, r, "login_off", "", again)
		return
	case err != nil:
		h.o.Log.Error("a log-in to the pages failed", "connection", connection, "err", err)
		h.noticeOf(w, r, http.StatusServiceUnavailable, "login_down", noticeView{Links: again})
		return
	case person == "":
		h.refuse(w, r, "login_nobody", "", again)
		return
	}
	p, err := h.active(r, person)
	switch {
	case errors.Is(err, errNobody):
		h.refuse(w, r, "login_nobody", "", again)
		return
	case err != nil:
		h.fail(w, r, "person", err)
		return
	}
	h.begin(w, p.ID, connection)
	http.Redirect(w, r, h.prefix()+with(t.To, arrived, "1"), http.StatusSeeOther)
}
