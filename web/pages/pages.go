package pages

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/web"
	"magpie/workflows"
)

// Connection is what events from pages carry as their connection.
const Connection = "pages"

// maxBody of a POST without files, in bytes: forty texts of 1000 characters, twice over, or a long table.
const maxBody = 1 << 20

// Desk is what the pages show and where presses go.
type Desk interface {
	// Show draws the card of a slot as it is now, workflows.ErrNotFound.
	Show(ctx context.Context, slot string) (card.Card, error)
	// Look is what a person may see of an instance; workflows.ErrNotFound when there is none, or nothing for
	// them.
	Look(ctx context.Context, instance, person string) (Seen, error)
	// Draft draws the card of a slot with what its person has entered so far, and stores nothing; ok is false where
	// what is entered changes nothing.
	Draft(ctx context.Context, slot, person string, form map[string]event.Value) (c card.Card, ok bool, err error)
	// Files lists the files of an instance that somebody who may look at it may open.
	Files(ctx context.Context, instance, person string) ([]event.File, error)
	// Press takes a press in. known is false when it is stored but its outcome is not known yet. On an error it
	// was not stored.
	Press(ctx context.Context, ev event.Event) (toast *card.Toast, known bool, err error)
	// Resend sends the card of a slot to its person once more, with new addresses on it.
	Resend(ctx context.Context, slot, person string) error
}

// Seen is an instance as one person may see it.
type Seen struct {
	Instance workflows.Instance
	Slot     string // full slot of the card to show; "" when there is none
	Mine     bool   // the card is the person's own: they may press it
	Admin    string // full slot of what they may do as an administrator, beside a card of their own; "" for others
	Told     []workflows.Told
	Kin      []Kin // what started it and what it started, as far as the person may see that
}

// Kin is another instance that one leads to.
type Kin struct {
	Instance string
	Up       bool   // it started this one
	Name     string // 采购申请 20260302-9F86D081
}

// Work lists what a person has to do with: skip rows are left out, at most limit come back.
type Work interface {
	OpenWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error)
	DecidedWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error)
	ToldWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error)
	StartedWork(ctx context.Context, person string, skip, limit int) ([]workflows.Instance, error)
}

// Colleague is somebody who can be picked.
type Colleague struct{ ID, Name, Dept, Title string }

// People knows persons.
type People interface {
	// Person reads one, workflows.ErrNotFound.
	Person(ctx context.Context, id string) (workflows.Person, error)
	// Search finds persons who are there, by a part of name, id or department; exact names first.
	Search(ctx context.Context, words string, limit int) ([]Colleague, error)
	// Departments finds departments by a part of their name; exact names first.
	Departments(ctx context.Context, words string, limit int) ([]string, error)
}

// Options are what a Handler is made of. Desk, Work, People and Key are required.
type Options struct {
	Desk   Desk
	Work   Work
	People People
	// Unread reports whether some directory was never read whole, so that who is not found may well be there; nil: none.
	Unread func(ctx context.Context) (bool, error)
	// Files keeps what people attach; nil: nothing can be attached.
	Files Files
	// Gate confirms persons for links that say so; nil: such links open for nobody.
	Gate Gate
	// Sheet is an instance for a print, as a person may see it, "" for an administrator. nil: nothing is printed.
	Sheet func(ctx context.Context, in workflows.Instance, person string) (Print, error)
	// Shelf keeps what was typed over a log-in. nil: in this process, which is enough when there is only one.
	Shelf Shelf
	// Key is the installation's signing key, at least 32 bytes.
	Key []byte
	// Base is the address that people reach us at, without a slash at the end: server.public_url. "" means that
	// there are no pages. Called for each page, so that a reload counts.
	Base func() string
	// Location is the zone that times are shown and read in; nil: UTC.
	Location func() *time.Location
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: discards
}

// Handler serves the pages and makes their addresses. Safe for concurrent use.
type Handler struct {
	o        Options
	links    web.Signer
	sessions web.Signer
	tickets  web.Signer
	uploads  web.Signer
	logins   web.Signer
	shelves  web.Signer
	mux      *http.ServeMux
	resent   throttle
}

// New makes a Handler.
func New(o Options) (*Handler, error) {
	if o.Desk == nil || o.Work == nil || o.People == nil {
		return nil, errors.New("pages: Desk, Work and People are required")
	}
	if len(o.Key) < 32 {
		return nil, errors.New("pages: the signing key needs at least 32 bytes")
	}
	if o.Base == nil {
		o.Base = func() string { return "" }
	}
	if o.Location == nil {
		o.Location = func() *time.Location { return time.UTC }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Shelf == nil {
		o.Shelf = &pocket{now: o.Now}
	}
	h := &Handler{
		o: o, mux: http.NewServeMux(),
		links: web.NewSigner(o.Key, "link"), sessions: web.NewSigner(o.Key, "session"), tickets: web.NewSigner(o.Key, "ticket"), uploads: web.NewSigner(o.Key, "upload"), logins: web.NewSigner(o.Key, "login"),
		shelves: web.NewSigner(o.Key, "shelf"),
	}
	h.mux.HandleFunc("GET /m/c/{token}", h.getCard)
	h.mux.HandleFunc("POST /m/c/{token}", h.postCard)
	h.mux.HandleFunc("GET /m/i/{instance}", h.getInstance)
	h.mux.HandleFunc("POST /m/i/{instance}", h.postInstance)
	h.mux.HandleFunc("GET /m/i/{instance}/admin", h.getInstance)
	h.mux.HandleFunc("POST /m/i/{instance}/admin", h.postInstance)
	h.mux.HandleFunc("GET /m/i/{instance}/print", h.getPrint)
	h.mux.HandleFunc("GET /m/f/{instance}/{file}", h.getFile)
	h.mux.HandleFunc("GET /m/tasks", h.getTasks)
	h.mux.HandleFunc("GET /m/login/{connection}", h.getLogin)
	h.mux.HandleFunc("GET /m/assets/{file}", assets)
	h.mux.HandleFunc("/m/", func(w http.ResponseWriter, r *http.Request) { h.say(w, r, http.StatusNotFound, "nothing") })
	return h, nil
}

// Address is where a link leads, "" when there are no pages.
func (h *Handler) Address(l web.Link) string {
	base := h.o.Base()
	if base == "" {
		return ""
	}
	if l.Expires.IsZero() {
		l.Expires = web.Expiry(h.o.Now())
	}
	token := h.links.Token(l)
	if token == "" {
		return ""
	}
	return strings.TrimRight(base, "/") + "/m/c/" + token
}

// policy is what a page may do in a browser. One that runs our script says so beside it.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP serves everything below /m/.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	head.Set("Cache-Control", "no-store")
	if r.Method == http.MethodPost {
		limit := int64(maxBody)
		if isUpload(r) && h.o.Files != nil {
			limit = maxUpload // who may is asked before it is read
		}
		r.Body = &bounded{http.MaxBytesReader(w, r.Body, limit), r.Body}
	}
	defer func() {
		if r.MultipartForm != nil { // whoever calls this may have made the request of another, so that nobody else does
			_ = r.MultipartForm.RemoveAll()
		}
	}()
	h.mux.ServeHTTP(w, r)
}

// prefix is the path that public_url has before /m/, "" as a rule.
func (h *Handler) prefix() string {
	u, err := url.Parse(h.o.Base())
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Path, "/")
}

// secure reports whether people come by https.
func (h *Handler) secure() bool { return strings.HasPrefix(h.o.Base(), "https:") }

func (h *Handler) now() time.Time { return h.o.Now().UTC() }
