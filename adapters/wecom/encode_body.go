package wecom

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"magpie/adapters/card"
)

// body turns the elements into rows, running text and at most one picture.
func (e *encoder) body() {
	for i, el := range e.c.Body {
		e.element(fmt.Sprintf("body[%d]", i), el, 0)
	}
}

func (e *encoder) element(path string, el card.Element, depth int) {
	switch el := el.(type) {
	case *card.Markdown:
		if src := el.Text.In(e.lang); hasMarkup(src) {
			e.lose(path, "markdown", "drawn without markup", card.Cosmetic)
		}
		e.line(card.PlainMarkdown(el.Text.In(e.lang)))
	case *card.Note:
		e.line(el.Text.In(e.lang))
	case *card.Divider:
	case *card.Fields:
		for i, f := range el.Items {
			e.field(fmt.Sprintf("%s.items[%d]", path, i), f)
		}
	case *card.Image:
		e.image(path, el)
	case *card.Table:
		if e.instead(path, el, "there are no tables", depth) {
			return
		}
		e.line(fmt.Sprintf(e.w.lines, len(el.Rows)))
		e.loseBehind(path, "table", fmt.Sprintf("only the number of its %d rows is shown", len(el.Rows)))
	case *card.Columns:
		e.lose(path, "columns", "one below the other", card.Cosmetic)
		for i, b := range el.Items {
			e.elements(fmt.Sprintf("%s.items[%d].body", path, i), b.Body, depth+1)
		}
	case *card.People:
		e.people(path, el)
	case *card.Progress:
		e.progress(el)
	case *card.Collapse:
		e.collapse(path, el, depth)
	case *card.Files:
		e.element(path, el.Fields(), depth)
		e.loseBehind(path, "files", "files are shown by name")
		e.losses[len(e.losses)-1].Everywhere = true
	case *card.Form: // drawn as selectors or as a button
	default:
		e.lose(path, card.Name(el), "this program does not know how to draw it", card.Content)
	}
}

func (e *encoder) elements(path string, els []card.Element, depth int) {
	for i, el := range els {
		e.element(fmt.Sprintf("%s[%d]", path, i), el, depth)
	}
}

// instead draws the author's replacement of an element, if there is one. Forms in it are left out: the card
// has its own.
func (e *encoder) instead(path string, el card.Element, why string, depth int) bool {
	alt := card.FallbackOf(el)
	if len(alt) == 0 || depth > maxXMLDepth {
		return false
	}
	e.lose(path, card.Name(el), why+"; replaced as its author said", card.Cosmetic)
	for i, a := range alt {
		if _, form := a.(*card.Form); !form {
			e.element(fmt.Sprintf("%s.fallback[%d]", path, i), a, depth+1)
		}
	}
	return true
}

// line adds running text.
func (e *encoder) line(s string) {
	if s = strings.TrimSpace(clean(s)); s != "" {
		e.lines = append(e.lines, s)
	}
}

// field is a row where it is short enough, else a line.
func (e *encoder) field(path string, f card.Field) {
	label, value := oneLine(f.Label.In(e.lang)), oneLine(f.Value.In(e.lang))
	if e.level == 0 && e.rowLeft() && utf8.RuneCountInString(label) <= maxRowKey && value != "" && utf8.RuneCountInString(value) <= maxRowValue {
		e.rows = append(e.rows, obj{"keyname": label, "value": value})
		return
	}
	if e.level == 0 {
		e.lose(path, "fields", "a line of text: too long for a row, or no row is left", card.Cosmetic)
	}
	e.line(label + e.w.colon + value)
}

// rowLeft reports whether a row is free. Rows that actions will need are kept for them.
func (e *encoder) rowLeft() bool {
	needed := max(0, len(e.acts)-maxButtons-maxMenu)
	return len(e.rows) < max(0, maxRows-needed)
}

// image keeps the first picture that WeCom can fetch. Whether it is drawn depends on the actions.
func (e *encoder) image(path string, el *card.Image) {
	if e.picture == nil && goodURL(el.URL) != "" && e.level == 0 && (e.to == toPush || e.pictureFits()) {
		e.picture = el
		return
	}
	if e.instead(path, el, "it is not shown", 1) {
		return
	}
	if s := strings.TrimSpace(el.Desc.In(e.lang)); s != "" {
		e.line(e.w.open + s + e.w.shut)
	}
	e.loseBehind(path, "image", "the picture is not shown")
}

func (e *encoder) pictureFits() bool {
	was := e.picture
	defer func() { e.picture = was }()
	e.picture = &card.Image{}
	return e.newsFits()
}

// people are rows that show a member, or names in a line.
func (e *encoder) people(path string, el *card.People) {
	label := oneLine(el.Label.In(e.lang))
	if label == "" {
		label = e.w.people
	}
	var names []string
	for _, p := range el.Persons {
		name := oneLine(p.Name)
		if name == "" {
			name = oneLine(p.Ref.ID)
		}
		ours := p.Ref.ID != "" && p.Ref.Scope.Platform == Name && clean(p.Ref.ID) == p.Ref.ID
		if ours && e.level == 0 && e.to != toPush && e.rowLeft() && utf8.RuneCountInString(label) <= maxRowKey && utf8.RuneCountInString(name) <= maxRowValue {
			e.rows = append(e.rows, obj{"keyname": label, "value": name, "type": 3, "userid": p.Ref.ID})
			continue
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		e.line(label + e.w.colon + strings.Join(names, e.w.sep))
		e.lose(path, "people", "names in a line", card.Cosmetic)
	}
}

var marks = map[card.StepState]string{card.StepTodo: "○", card.StepActive: "▶", card.StepDone: "✓", card.StepFailed: "✗", card.StepSkipped: "–"}

// progress is one line a step: where a step stands is said by a mark.
func (e *encoder) progress(el *card.Progress) {
	for i, s := range el.Steps {
		state := s.State
		switch {
		case state != card.StepTodo:
		case i < el.Current:
			state = card.StepDone
		case i == el.Current:
			state = card.StepActive
		}
		line := marks[state] + " " + oneLine(s.Name.In(e.lang))
		if note := oneLine(s.Note.In(e.lang)); note != "" {
			line += e.w.colon + note
		}
		e.line(line)
	}
}

// collapse is left to the page; without one its text is shown.
func (e *encoder) collapse(path string, el *card.Collapse, depth int) {
	if e.instead(path, el, "nothing can be opened on a card", depth) {
		return
	}
	if e.link() != "" {
		e.loseBehind(path, "collapse", "left out")
		return
	}
	e.lose(path, "collapse", "shown open", card.Cosmetic)
	e.line(el.Title.In(e.lang))
	e.elements(path+".body", el.Body, depth+1)
}

// hasMarkup reports whether Markdown says more than its text.
func hasMarkup(s string) bool {
	for _, b := range card.ParseMarkdown(s) {
		if b.Kind != card.BlockParagraph {
			return true
		}
		for _, l := range b.Lines {
			for _, sp := range l {
				if sp.Kind != card.SpanText || sp.Bold || sp.Italic || sp.Strike {
					return true
				}
			}
		}
	}
	return false
}
