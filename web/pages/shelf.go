package pages

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"magpie/adapters/card"
)

// Shelf keeps what somebody typed while they log in anew. The values are sealed.
type Shelf interface {
	// Put keeps a value under a name, in place of what was there.
	Put(ctx context.Context, name string, value []byte, until time.Time) error
	// Take gives a value and forgets it; nil when there is none.
	Take(ctx context.Context, name string) ([]byte, error)
}

// shelved is a form that was handed in by somebody whose session had ended.
type shelved struct {
	ID    string `json:"id"`
	Who   string `json:"who"` // the person that the page is for
	To    string `json:"to"`
	Form  string `json:"form"`
	Until int64  `json:"until"` // unix seconds
}

const (
	keptCookie = "magpie_kept"
	// shelfLife is how long it is kept: a log-in and a little.
	shelfLife = 15 * time.Minute
)

// put keeps the form of a request until its person is back, and reports whether it could. The browser that it came
// from gets a cookie for it; each page has one place, whoever fills it how often. who is the person that the page
// is for: whoever has neither a link nor a session that has ended can't have anything kept.
func (h *Handler) put(w http.ResponseWriter, r *http.Request, who string) bool {
	form := url.Values{}
	for k, v := range r.PostForm {
		if strings.HasPrefix(k, "f.") || strings.HasPrefix(k, "p.") || strings.HasPrefix(k, "n.") || strings.HasPrefix(k, "k.") {
			form[k] = v
		}
	}
	text := form.Encode()
	if who == "" || len(form) == 0 || len(text) > maxBody {
		return false
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	s := shelved{ID: hex.EncodeToString(id[:]), Who: who, To: r.URL.Path, Form: text, Until: h.now().Add(shelfLife).Unix()}
	b, _ := json.Marshal(s) // plain strings
	place := h.place(r, who)
	if err := h.o.Shelf.Put(r.Context(), place, h.seal(place, b), h.now().Add(shelfLife)); err != nil {
		h.o.Log.Warn("what was typed is lost: the session had ended, and it could not be kept over the log-in", "err", err)
		return false
	}
	h.keptIs(w, r, s.ID, int(shelfLife/time.Second))
	return true
}

// place is where a page's form is kept for its person.
func (h *Handler) place(r *http.Request, who string) string {
	return hex.EncodeToString(h.shelves.MAC("place", r.URL.Path, who))
}

func (h *Handler) keptIs(w http.ResponseWriter, r *http.Request, id string, age int) {
	http.SetCookie(w, &http.Cookie{Name: keptCookie, Value: id, Path: h.prefix() + r.URL.EscapedPath(), MaxAge: age, HttpOnly: true, Secure: h.secure(), SameSite: http.SameSiteLaxMode})
}

// taken is what the viewer typed on this page, in this browser, before they logged in; nil when there is nothing.
func (h *Handler) taken(w http.ResponseWriter, r *http.Request, v viewer) url.Values {
	c, err := r.Cookie(keptCookie)
	if err != nil || v.login == "" {
		return nil
	}
	h.keptIs(w, r, "", -1)
	place := h.place(r, v.person.ID)
	b, err := h.o.Shelf.Take(r.Context(), place)
	if err != nil {
		h.o.Log.Warn("what was typed before a log-in can't be read", "err", err)
		return nil
	}
	var s shelved
	if b = h.open(place, b); b == nil || json.Unmarshal(b, &s) != nil || s.ID != c.Value || s.Who != v.person.ID || s.To != r.URL.Path || h.now().Unix() >= s.Until {
		return nil
	}
	form, err := url.ParseQuery(s.Form)
	if err != nil {
		return nil
	}
	return form
}

// resume draws a page with what was typed before the log-in. It is handed in again by its person: a press is
// never made by coming back from somewhere.
func (h *Handler) resume(w http.ResponseWriter, r *http.Request, v viewer, at spot, form url.Values) {
	l := languageOf(r)
	e := newEntered(form)
	e.viewer = v
	e.instance, _, _ = strings.Cut(at.slot, "/")
	c, err := h.o.Desk.Show(r.Context(), at.slot)
	if err == nil {
		c, err = h.draft(r.Context(), l, v, at, c, e)
	}
	if err != nil {
		h.show(w, r, http.StatusOK, v, at, e, nil) // it says what is wrong
		return
	}
	if err := h.read(r.Context(), l, e, inputsOf(&c), "\x00"); err != nil { // as for a search: nothing is judged
		h.fail(w, r, "people", err)
		return
	}
	h.draw(w, r, http.StatusOK, v, at, c, e, &tip{card.Warning, l.say("login_kept")})
}

func (h *Handler) cipher() cipher.AEAD {
	key := append(h.shelves.MAC("key", "1"), h.shelves.MAC("key", "2")...)
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	a, err := cipher.NewGCM(b)
	if err != nil {
		panic(err)
	}
	return a
}

// seal keeps what a person typed out of sight of who reads the database.
func (h *Handler) seal(name string, b []byte) []byte {
	a := h.cipher()
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(b)+a.Overhead())
	_, _ = rand.Read(nonce) // never fails
	return a.Seal(nonce, nonce, b, []byte(name))
}

func (h *Handler) open(name string, b []byte) []byte {
	a := h.cipher()
	if len(b) < a.NonceSize() {
		return nil
	}
	out, err := a.Open(nil, b[:a.NonceSize()], b[a.NonceSize():], []byte(name))
	if err != nil {
		return nil
	}
	return out
}

// pocket is a Shelf of one process.
type pocket struct {
	mu  sync.Mutex
	now func() time.Time
	by  map[string]pocketed
}

type pocketed struct {
	value []byte
	until time.Time
}

// pocketMax bounds what a pocket holds.
const pocketMax = 64

func (p *pocket) Put(_ context.Context, name string, value []byte, until time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[string]pocketed{}
	}
	for k, x := range p.by {
		if len(p.by) >= pocketMax || !p.now().Before(x.until) {
			delete(p.by, k)
		}
	}
	p.by[name] = pocketed{value, until}
	return nil
}

func (p *pocket) Take(_ context.Context, name string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.by[name]
	delete(p.by, name)
	if !p.now().Before(x.until) {
		return nil, nil
	}
	return x.value, nil
}
