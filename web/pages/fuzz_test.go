package pages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"magpie/adapters/card"
	"magpie/web"
	"magpie/web/pages"
)

// counter gives the pages of an office without a server.
func counter(t testing.TB) (*pages.Handler, *office) {
	t.Helper()
	o := newOffice()
	h, err := pages.New(pages.Options{
		Desk: o, Work: o, People: o, Key: key, Base: func() string { return "http://pages.example" },
		Location: func() *time.Location { return china }, Now: func() time.Time { return morning },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h, o
}

// Whatever is posted, the answer is a page of ours, nothing of it is markup there, and without the page's ticket
// nothing is pressed.
func FuzzPost(f *testing.F) {
	h, o := counter(f)
	at := h.Address(web.Link{Slot: "abc/initiator", Person: "li.lei"})
	f.Add("act=submit.token-submit&ticket=AAAA&slot=abc/initiator&rev=3&f.item=x&f.amount=1")
	f.Add("find=owner&f.owner=%E7%8E%8B&p.owner=wang.wei&p.owner=nobody")
	f.Add("find=others&f.others=a%2C%E3%80%81b&p.others=li.lei")
	f.Add("act=.&rev=-1&sure=1&f.needed=2026-02-30&f.meet=1&f.tags=x&f.kind=%00")
	f.Add("f.item=%3Cscript%3Ealert(1)%3C/script%3E&f.reason=%0d%0a%3C/textarea%3E%3Cscript%3E")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, at, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		page := w.Body.String()
		if w.Code >= 500 || !strings.HasPrefix(page, "<!DOCTYPE html>") || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
			t.Errorf("%d %s", w.Code, page)
		}
		if strings.Contains(strings.ToLower(page), "<script") || strings.Count(page, "</textarea>") > 1 {
			t.Errorf("markup got through: %s", page)
		}
		if len(o.pressed()) > 0 {
			t.Errorf("pressed: %+v", o.pressed())
		}
	})
}

// Whatever a card says, in whatever element, is text on the page.
func FuzzCardText(f *testing.F) {
	f.Add("**粗** [a](https://example.com/\"onclick=x) <script>")
	f.Add("[x](javascript:alert(1)) `</code><script>`\n- a\n> b\n1. c")
	f.Add("[@李雷](person:u1) ~~x~~ *y* \\*")
	f.Fuzz(func(t *testing.T, s string) {
		h, o := counter(t)
		x := card.T(s)
		o.form = card.Card{Slot: "abc/initiator", Title: x, Status: x, Body: []card.Element{
			&card.Markdown{Text: x}, &card.Note{Text: x}, &card.Fields{Items: []card.Field{{Label: x, Value: x}}}, &card.Image{Desc: x, URL: s},
			&card.Collapse{Title: x, Body: card.Elements{&card.Markdown{Text: x}}}, &card.Progress{Steps: []card.Step{{Name: x, Note: x}}},
			&card.Form{ID: "f", Problem: x, Fold: x, Inputs: []card.Input{{Name: "a", Label: x, Placeholder: x, Kind: card.InputLongText}}, Submit: card.Button{Verb: "v", Label: x}},
		}, Actions: []card.Button{{Label: x, URL: s}}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, h.Address(web.Link{Slot: "abc/initiator", Person: "li.lei"}), nil))
		page := strings.ToLower(w.Body.String())
		if w.Code != http.StatusOK || strings.Contains(page, "<script") || strings.Contains(page, `href="javascript`) || strings.Count(page, "</textarea>") != 1 {
			t.Errorf("%d %s", w.Code, page)
		}
	})
}

func linkOf() web.Link { return web.Link{Slot: "abc/initiator", Person: "li.lei"} }

func postTo(h *pages.Handler, at, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, at, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
