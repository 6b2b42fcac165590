package dingtalk

import (
	"fmt"
	"strings"

	"magpie/adapters/card"
)

// Bounds of what is drawn before bytes are counted.
const (
	maxRows  = 20 // of a table
	maxItems = 60 // fields, steps, persons
)

// body draws all elements as pieces of markdown.
func (e *encoder) body() {
	for i, el := range e.c.Body {
		e.element(fmt.Sprintf("body[%d]", i), el)
	}
}

func (e *encoder) elements(path string, els []card.Element) {
	for i, el := range els {
		e.element(fmt.Sprintf("%s[%d]", path, i), el)
	}
}

func (e *encoder) element(path string, el card.Element) {
	switch el := el.(type) {
	case *card.Markdown:
		e.markdown(path, el)
	case *card.Note:
		e.add(e.lines(e.in(el.Text)))
	case *card.Divider:
		e.add("────────")
	case *card.Fields:
		e.fields(path, el)
	case *card.Image:
		e.image(path, el)
	case *card.Table:
		e.table(path, el)
	case *card.Columns:
		e.columns(path, el)
	case *card.People:
		e.people(path, el)
	case *card.Progress:
		e.progress(path, el)
	case *card.Collapse:
		e.collapse(path, el)
	case *card.Form:
		e.form(path, el)
	case *card.Files:
		e.fields(path, el.Fields())
		e.loseBehind(path, "files", "files are shown by name")
		e.losses[len(e.losses)-1].Everywhere = true
	default:
		e.lose(path, card.Name(el), "this program does not know how to draw it", card.Content)
	}
}

// instead draws the author's replacement of an element; false when there is none.
func (e *encoder) instead(path string, el card.Element, why string) bool {
	alt := card.FallbackOf(el)
	if len(alt) == 0 {
		return false
	}
	e.lose(path, card.Name(el), why+"; replaced as its author said", card.Cosmetic)
	e.elements(path+".fallback", alt)
	return true
}

// lines escapes a plain text of several lines.
func (e *encoder) lines(s string) string {
	parts := strings.Split(strings.ReplaceAll(s, "\r", ""), "\n")
	for i, p := range parts {
		if in := len(p) - len(strings.TrimLeft(p, " \t")); in > 3 {
			p = "   " + p[in:] // more would make it code
		}
		parts[i] = e.escape(p)
	}
	return strings.Join(parts, lineBreak)
}

func (e *encoder) markdown(path string, el *card.Markdown) {
	text := e.in(el.Text)
	if e.plain {
		e.add(e.lines(card.PlainMarkdown(text)))
		return
	}
	md, mentions, lossy := drawMarkdown(text)
	if mentions && !e.native {
		e.lose(path, "markdown", "a mention is shown as a name and tells nobody: robot messages can't mention", card.Content)
	}
	if lossy {
		e.lose(path, "markdown", "struck-through text and code are drawn plain", card.Cosmetic)
	}
	e.add(md)
}

func (e *encoder) fields(path string, el *card.Fields) {
	items := el.Items
	if len(items) > maxItems {
		e.loseBehind(path, "fields", fmt.Sprintf("%d of %d fields left out", len(items)-maxItems, len(items)))
		items = items[:maxItems]
	}
	rows := make([]string, len(items))
	for i, f := range items {
		label := e.escape(oneLine(e.in(f.Label)))
		if !e.plain && label != "" {
			label = "**" + label + "**"
		}
		rows[i] = label + e.words.colon + e.lines(e.in(f.Value))
	}
	e.add(strings.Join(rows, lineBreak))
}

func (e *encoder) image(path string, el *card.Image) {
	src := el.URL
	if el.Key != "" {
		src = el.Key // a media id of DingTalk's
	}
	desc := oneLine(e.in(el.Desc))
	if desc == "" {
		desc = e.words.picture
	}
	if src == "" || e.plain {
		if e.instead(path, el, "the picture can't be shown") {
			return
		}
		e.lose(path, "image", "the picture is not shown", card.Content)
		e.add(strings.TrimSpace(e.escape(desc) + " " + el.URL))
		return
	}
	e.add("![" + e.escape(desc) + "](" + safeURL(src) + ")")
}

// table writes one line a row: DingTalk's markdown has no tables.
func (e *encoder) table(path string, el *card.Table) {
	if e.instead(path, el, "DingTalk has no tables") {
		return
	}
	rows := el.Rows
	if len(rows) > maxRows {
		e.loseBehind(path, "table", fmt.Sprintf("%d of %d rows left out", len(rows)-maxRows, len(rows)))
		rows = rows[:maxRows]
	}
	e.lose(path, "table", fmt.Sprintf("%d rows shown as lines", len(rows)), card.Cosmetic)
	lines := make([]string, len(rows))
	for i, r := range rows {
		var cells []string
		for j, x := range r {
			v := e.escape(oneLine(e.in(x)))
			if j < len(el.Cols) {
				if l := e.escape(oneLine(e.in(el.Cols[j].Label))); l != "" {
					v = l + e.words.colon + v
				}
			}
			cells = append(cells, v)
		}
		lines[i] = "· " + strings.Join(cells, "　")
	}
	e.add(strings.Join(lines, lineBreak))
}

func (e *encoder) columns(path string, el *card.Columns) {
	if e.instead(path, el, "DingTalk has no columns") {
		return
	}
	if len(el.Items) > 1 {
		e.lose(path, "columns", "columns stand one below the other", card.Cosmetic)
	}
	for i, box := range el.Items {
		e.elements(fmt.Sprintf("%s.items[%d].body", path, i), box.Body)
	}
}

func (e *encoder) people(path string, el *card.People) {
	list := el.Persons
	if len(list) > maxItems {
		e.loseBehind(path, "people", fmt.Sprintf("%d of %d persons left out", len(list)-maxItems, len(list)))
		list = list[:maxItems]
	}
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = e.escape(oneLine(p.Name))
		if p.Name == "" {
			names[i] = e.escape(p.Ref.ID)
		}
	}
	label := e.escape(oneLine(e.in(el.Label)))
	if label != "" && !e.plain {
		label = "**" + label + "**"
	}
	if label != "" {
		label += e.words.colon
	}
	e.add(label + strings.Join(names, e.words.sep))
}

// stepMarks are the states of a step.
var stepMarks = map[card.StepState]string{
	card.StepTodo: "○", card.StepActive: "▶", card.StepDone: "✓", card.StepFailed: "✗", card.StepSkipped: "–",
}

func (e *encoder) progress(path string, el *card.Progress) {
	steps := el.Steps
	if len(steps) > maxItems {
		e.loseBehind(path, "progress", fmt.Sprintf("%d of %d steps left out", len(steps)-maxItems, len(steps)))
		steps = steps[:maxItems]
	}
	lines := make([]string, len(steps))
	for i, s := range steps {
		state := s.State
		if state == card.StepTodo {
			switch {
			case i < el.Current:
				state = card.StepDone
			case i == el.Current:
				state = card.StepActive
			}
		}
		lines[i] = stepMarks[state] + " " + e.escape(oneLine(e.in(s.Name)))
		if note := oneLine(e.in(s.Note)); note != "" {
			lines[i] += e.words.colon + e.escape(note)
		}
	}
	e.add(strings.Join(lines, lineBreak))
}

func (e *encoder) collapse(path string, el *card.Collapse) {
	if e.instead(path, el, "DingTalk has no panels") {
		return
	}
	e.lose(path, "collapse", "the panel is always open", card.Cosmetic)
	title := e.escape(oneLine(e.in(el.Title)))
	if !e.plain {
		title = "**" + title + "**"
	}
	e.add(title)
	e.elements(path+".body", el.Body)
}
