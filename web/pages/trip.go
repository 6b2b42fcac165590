package pages

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	loginCookie = "magpie_login_"
	loginLife   = 10 * time.Minute
)

// trip is a viewer's way to their suite and back. It is kept in a cookie of the browser that was sent, under our
// signature: what comes back with another browser, or without a state of ours, counts for nothing, and leads only
// to where this browser wanted to go. Each has a cookie of its own, so that two pages can be opened at once.
type trip struct {
	State      string `json:"s"`
	Connection string `json:"c"`
	To         string `json:"t"` // page of ours, without the prefix
	Until      int64  `json:"e"` // unix seconds
}

// cookieOf is the name of a trip's cookie. States are hex.
func cookieOf(state string) string { return loginCookie + state[:8] }

// depart gives the browser the cookie of a trip.
func (h *Handler) depart(w http.ResponseWriter, t trip) {
	b, _ := json.Marshal(t) // plain strings
	value := base64.RawURLEncoding.EncodeToString(append(h.logins.MAC(string(b)), b...))
	http.SetCookie(w, &http.Cookie{
		Name: cookieOf(t.State), Value: value, Path: h.prefix() + "/m/login/", MaxAge: int(loginLife / time.Second),
		HttpOnly: true, Secure: h.secure(), SameSite: http.SameSiteLaxMode,
	})
}

// arrive is the trip that a viewer comes back from. It is over then.
func (h *Handler) arrive(w http.ResponseWriter, r *http.Request, connection, state string) (t trip, ok bool) {
	if len(state) != 32 || strings.Trim(state, "0123456789abcdef") != "" {
		return t, false
	}
	c, err := r.Cookie(cookieOf(state))
	if err != nil {
		return t, false
	}
	const mac = 16
	b, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil || len(b) < mac || !h.logins.Is(b[:mac], string(b[mac:])) || json.Unmarshal(b[mac:], &t) != nil {
		return t, false
	}
	http.SetCookie(w, &http.Cookie{Name: c.Name, Path: h.prefix() + "/m/login/", MaxAge: -1, HttpOnly: true, Secure: h.secure(), SameSite: http.SameSiteLaxMode})
	return t, t.State == state && t.Connection == connection && h.now().Unix() < t.Until && strings.HasPrefix(t.To, "/m/")
}
