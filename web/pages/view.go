package pages

import (
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// cardView is a card as a page draws it.
type cardView struct {
	Title, Status string
	Tone          card.Tone
	Parts         []part
	Footer        *formView // the buttons that belong to no form
	Links         []linkView
}

type linkView struct{ Label, URL string }

// part is one element; Kind is its name in the neutral model, and says which fields count.
type part struct {
	Kind   string
	Blocks []card.Block // markdown
	Text   string       // note, image
	URL    string       // image
	Fields []pair
	Label  string // people
	Names  []string
	Steps  []stepView
	Cols   []colView
	Rows   [][]cellView
	Boxes  [][]part
	Parts  []part // collapse
	Form   *formView
	Files  []fileView
}

type pair struct {
	Label, Value string
	Short        bool
}

type stepView struct {
	Name, Note string
	State      card.StepState
}

type colView struct {
	Label string
	Right bool
}

// cellView repeats the column's label, which a narrow screen shows beside the value.
type cellView struct {
	Label, Text string
	Right       bool
}

// drawer turns elements into parts.
type drawer struct {
	lang tongue
	// forms makes the view of a form, nil to leave it out.
	forms func(f *card.Form) *formView
	// file draws a file, token makes what brings one back with a form, kept reads that.
	file  func(f event.File, token string) fileView
	token func(f event.File) string
	kept  func(token string) (keptFile, bool)
	over  bool // what the form takes is more than may come at once
}

func (d drawer) text(t card.Text) string { return strings.TrimSpace(t.In(d.lang.code())) }

// card draws everything but the footer.
func (d drawer) card(c card.Card) cardView {
	v := cardView{Title: d.text(c.Title), Status: d.text(c.Status), Tone: c.Tone, Parts: d.parts(c.Body)}
	for _, b := range c.Actions {
		if b.URL != "" {
			v.Links = append(v.Links, linkView{d.text(b.Label), b.URL})
		}
	}
	return v
}

func (d drawer) parts(body []card.Element) []part {
	var out []part
	for i := 0; i < len(body); i++ {
		p, ok := d.part(body[i])
		if !ok {
			continue
		}
		if n := aheadOf(body[i:]); n > 0 && p.Form != nil {
			p.Form.Ahead = d.parts(body[i+1 : i+1+n])
			i += n
		}
		out = append(out, p)
	}
	return out
}

// aheadOf is how many elements behind a form tell what would come of it: up to steps none of which has begun. People
// read them before they press its button.
func aheadOf(body []card.Element) int {
	if _, form := body[0].(*card.Form); !form {
		return 0
	}
	for n, e := range body[1:] {
		switch e := e.(type) {
		case *card.Markdown, *card.Note:
		case *card.Progress:
			if e.Current < 0 {
				return n + 1
			}
			return 0
		default:
			return 0
		}
	}
	return 0
}

// part draws one element. Nothing of the neutral model is lost here but pictures that only the suite has.
func (d drawer) part(e card.Element) (part, bool) {
	p := part{Kind: card.Name(e)}
	switch e := e.(type) {
	case *card.Markdown:
		p.Blocks = card.ParseMarkdown(d.text(e.Text))
	case *card.Note:
		p.Text = d.text(e.Text)
	case *card.Divider:
	case *card.Fields:
		for _, f := range e.Items {
			p.Fields = append(p.Fields, pair{d.text(f.Label), d.text(f.Value), f.Short})
		}
	case *card.Image:
		p.Text, p.URL = d.text(e.Desc), e.URL
	case *card.People:
		p.Label = d.text(e.Label)
		for _, q := range e.Persons {
			if q.Name != "" {
				p.Names = append(p.Names, q.Name)
			}
		}
	case *card.Progress:
		for _, s := range e.Steps {
			p.Steps = append(p.Steps, stepView{d.text(s.Name), d.text(s.Note), s.State})
		}
	case *card.Table:
		d.table(&p, e)
	case *card.Columns:
		for _, b := range e.Items {
			p.Boxes = append(p.Boxes, d.parts(b.Body))
		}
	case *card.Collapse:
		p.Text, p.Parts = d.text(e.Title), d.parts(e.Body)
	case *card.Files:
		p.Label = d.text(e.Label)
		for _, f := range e.Items {
			p.Files = append(p.Files, d.file(f, ""))
		}
	case *card.Form:
		if p.Form = d.forms(e); p.Form == nil {
			return p, false
		}
	}
	return p, true
}

func (d drawer) table(p *part, e *card.Table) {
	for _, c := range e.Cols {
		p.Cols = append(p.Cols, colView{d.text(c.Label), c.Right})
	}
	for _, r := range e.Rows {
		cells := make([]cellView, 0, len(r))
		for i, t := range r {
			if i < len(p.Cols) {
				cells = append(cells, cellView{p.Cols[i].Label, d.text(t), p.Cols[i].Right})
			}
		}
		p.Rows = append(p.Rows, cells)
	}
}
