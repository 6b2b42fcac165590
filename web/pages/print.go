package pages

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"time"

	"magpie/adapters/card"
	"magpie/workflows"
)

// Print is an instance for paper: what was asked for, what happened, and whether the record holds.
type Print struct {
	Instance workflows.Instance
	Sheet    workflows.Sheet
	Told     []workflows.Told
	Cards    map[int64]string // by entry: digest of the card that its actor had before them
	Signs    map[int64][]byte // by entry: the signature that it was decided with, a PNG
	Entries  int
	Erased   int
	Verdict  card.Text // what is wrong with the trail; zero when it holds
}

// sheetView is what the template sees: everything in words.
type sheetView struct {
	workflows.Sheet
	Status, Sent, Ended, Printed string
	Lines                        []sheetLine
	ID, Head, Verdict            string
	Sound                        bool
	Entries, Erased              int
}

type sheetLine struct {
	At, Who, What, Note, Card string
	Sign                      template.URL // the picture itself: the page needs nothing else to be shown
}

func (p Print) view(l tongue, loc *time.Location, now time.Time) sheetView {
	clock := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(loc).Format(time.DateTime)
	}
	v := sheetView{
		Sheet: p.Sheet, Status: p.Sheet.Status.In(l.code()), Sent: clock(p.Sheet.Sent), Ended: clock(p.Sheet.Ended), Printed: clock(now),
		ID: p.Instance.ID, Head: p.Instance.Head, Verdict: p.Verdict.In(l.code()), Sound: p.Verdict.IsZero(), Entries: p.Entries, Erased: p.Erased,
	}
	for _, t := range p.Told {
		line := sheetLine{At: clock(t.At), Who: t.Who, What: t.What.In(l.code()), Note: t.Note, Card: p.Cards[t.Seq]}
		if b := p.Signs[t.Seq]; len(b) > 0 {
			line.Sign = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b))
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}

// printFrame is the page around the sheets. Without the address of a style sheet it brings its own.
type printFrame struct {
	Title, Style, Lang string
	Inline             template.CSS
}

// Printer writes instances as one page for A4, one after the other: it needs nothing but itself to be shown.
type Printer struct {
	w    io.Writer
	l    tongue
	loc  *time.Location
	now  time.Time
	open bool
}

// NewPrinter writes to w, in the language of lang ("en", anything else is Chinese). Times are in loc.
func NewPrinter(w io.Writer, lang string, loc *time.Location, now time.Time) *Printer {
	return &Printer{w: w, l: tongueOf(lang), loc: loc, now: now}
}

// Add writes an instance.
func (p *Printer) Add(one Print) error {
	if err := p.begin(printFrame{Title: p.l.say("print_title"), Inline: template.CSS(styles["print.css"].body)}); err != nil {
		return err
	}
	if err := pages[p.l].ExecuteTemplate(p.w, "sheet", one.view(p.l, p.loc, p.now)); err != nil {
		return fmt.Errorf("print %s: %w", one.Instance.ID, err)
	}
	return nil
}

func (p *Printer) begin(f printFrame) error {
	if p.open {
		return nil
	}
	p.open, f.Lang = true, p.l.code()
	return pages[p.l].ExecuteTemplate(p.w, "print", f)
}

// Close ends the page, an empty one when nothing was added.
func (p *Printer) Close() error {
	if err := p.begin(printFrame{Title: p.l.say("print_title"), Inline: template.CSS(styles["print.css"].body)}); err != nil {
		return err
	}
	return pages[p.l].ExecuteTemplate(p.w, "printed", nil)
}

// getPrint is an instance for paper, for whoever may see it.
func (h *Handler) getPrint(w http.ResponseWriter, r *http.Request) {
	v, s, ok := h.look(w, r)
	if !ok {
		return
	}
	if h.o.Sheet == nil {
		h.say(w, r, http.StatusNotFound, "nothing")
		return
	}
	person := v.person.ID
	if !s.Mine {
		person = "" // administrators see all of it
	}
	one, err := h.o.Sheet(r.Context(), s.Instance, person)
	if err != nil {
		h.fail(w, r, "print", err)
		return
	}
	one.Told = s.Told
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	p := NewPrinter(w, languageOf(r).code(), h.o.Location(), h.now())
	err = p.begin(printFrame{Title: one.Sheet.Title, Style: h.prefix() + "/m/assets/print.css?v=" + styles["print.css"].version})
	if err == nil {
		err = p.Add(one)
	}
	if err == nil {
		err = p.Close()
	}
	if err != nil {
		h.o.Log.Error("draw a page", "kind", "print", "err", err)
	}
}
