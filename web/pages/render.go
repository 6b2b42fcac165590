package pages

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"magpie/adapters/card"
)

//go:embed templates/*.html
var sources embed.FS

// view is what the templates see. Kind names the template of the page's middle.
type view struct {
	Kind   string
	Title  string
	Lang   string
	Prefix string // of paths
	Query  string // "?lang=en" where it was asked for
	Person string // who looks, by name; "" while nobody is known
	Styles []string
	Script *scripted // nil: the page runs nothing

	Tip     *tip
	Card    *cardView
	Whole   string // address of the card with all its actions
	Process string // address of the instance
	Confirm *confirmView
	Done    *doneView
	Seen    *seenView
	Work    *workView
	Notice  *noticeView
}

// tip is a line above the card.
type tip struct {
	Tone card.Tone
	Text string
}

// confirmView asks once more.
type confirmView struct {
	Title, Body string
	Form        *formView
	Back        string
}

// doneView says what came of a press.
type doneView struct {
	Icon, Text, More string
	Subject          string // title of the card
	Process          string
}

// noticeView is a page without a card. Resend, when set, is where the card can be asked for; Links lead on.
type noticeView struct {
	Icon, Text, More string
	Resend           string
	Links            []pair
}

var pages = [2]*template.Template{zh: parse(zh), en: parse(en)}

func parse(l tongue) *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t":     l.say,
		"join":  func(s []string) string { return strings.Join(s, "、") },
		"lines": func(s string) []string { return strings.Split(s, "\n") },
	}).ParseFS(sources, "templates/*.html"))
}

// frame begins a view.
func (h *Handler) frame(r *http.Request, kind, title string) view {
	l := languageOf(r)
	v := view{Kind: kind, Title: title, Lang: l.code(), Prefix: h.prefix(), Query: h.query(r)}
	for _, name := range [...]string{"weui.min.css", "pages.css"} {
		v.Styles = append(v.Styles, v.Prefix+"/m/assets/"+name+"?v="+styles[name].version)
	}
	return v
}

// query keeps the language that was asked for.
func (h *Handler) query(r *http.Request) string {
	if r.URL.Query().Get("lang") == "" {
		return ""
	}
	return "?lang=" + [...]string{"zh", "en"}[languageOf(r)]
}

// render writes a page whole, or an error page instead.
func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	var b bytes.Buffer
	if err := pages[languageOf(r)].ExecuteTemplate(&b, "page", v); err != nil {
		h.o.Log.Error("draw a page", "kind", v.Kind, "err", err)
		http.Error(w, "500", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// say writes a page of a few words.
func (h *Handler) say(w http.ResponseWriter, r *http.Request, status int, key string) {
	h.notice(w, r, status, key, "")
}

func (h *Handler) notice(w http.ResponseWriter, r *http.Request, status int, key, resend string) {
	h.noticeOf(w, r, status, key, noticeView{Resend: resend})
}

// noticeOf writes a page of the words of a key, with what n adds to them.
func (h *Handler) noticeOf(w http.ResponseWriter, r *http.Request, status int, key string, n noticeView) {
	l := languageOf(r)
	icon := map[int]string{http.StatusOK: "success", http.StatusGone: "waiting", http.StatusServiceUnavailable: "warn"}[status]
	if icon == "" {
		icon = "info"
	}
	v := h.frame(r, "notice", l.say(key))
	more := key + "_more"
	n.Icon, n.Text = icon, l.say(key)
	if _, ok := words[more]; ok && n.More == "" {
		n.More = l.say(more)
	}
	v.Notice = &n
	h.render(w, r, status, v)
}

// fail answers an error of ours: the reason is in the log.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, what string, err error) {
	h.o.Log.Error("serve a page", "what", what, "err", err)
	h.say(w, r, http.StatusServiceUnavailable, "busy")
}

// clock words a time in the viewers' zone: the day too, unless it is today.
func (h *Handler) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t, now := t.In(h.o.Location()), h.now().In(h.o.Location())
	switch {
	case t.Year() != now.Year():
		return t.Format("2006-01-02 15:04")
	case t.YearDay() != now.YearDay():
		return t.Format("01-02 15:04")
	}
	return t.Format("15:04")
}
