package feishu

import (
	"fmt"
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// element draws one element. depth is how many containers it stands in.
func (e *encoder) element(path string, el card.Element, depth int) []obj {
	switch el := el.(type) {
	case *card.Markdown:
		return []obj{e.drawText(path, el)}
	case *card.Note:
		return []obj{e.note(path, el)}
	case *card.Divider:
		return []obj{{"tag": "hr"}}
	case *card.Fields:
		return e.fields(path, el, depth)
	case *card.Image:
		return e.image(path, el, depth)
	case *card.Table:
		return e.table(path, el, depth)
	case *card.Columns:
		return e.columns(path, el, depth)
	case *card.People:
		return e.people(path, el)
	case *card.Progress:
		return []obj{e.progress(path, el)}
	case *card.Collapse:
		return e.collapse(path, el, depth)
	case *card.Form:
		return e.form(path, el)
	case *card.Files:
		e.loseBehind(path, "files", "files are shown by name")
		e.losses[len(e.losses)-1].Everywhere = true
		return e.fields(path, el.Fields(), depth)
	}
	e.lose(path, card.Name(el), "this program does not know how to draw it", card.Content)
	return nil
}

// inner draws a body inside a container.
func (e *encoder) inner(path string, els []card.Element, depth int) []obj {
	var out []obj
	for i, el := range els {
		if i == e.plan.nested {
			e.loseBehind(path, "card", fmt.Sprintf("%d of %d elements left out", len(els)-i, len(els)))
			return append(out, e.restNote())
		}
		out = append(out, e.element(fmt.Sprintf("%s[%d]", path, i), el, depth)...)
	}
	return out
}

// instead draws the author's replacement of an element; ok is false when there is none.
func (e *encoder) instead(path string, el card.Element, why string, depth int) (out []obj, ok bool) {
	alt := card.FallbackOf(el)
	if len(alt) == 0 {
		return nil, false
	}
	e.lose(path, card.Name(el), why+"; replaced as its author said", card.Cosmetic)
	for i, a := range alt {
		if _, form := a.(*card.Form); form && depth > 0 {
			continue
		}
		out = append(out, e.element(fmt.Sprintf("%s.fallback[%d]", path, i), a, depth)...)
	}
	return out, true
}

func (e *encoder) drawText(path string, el *card.Markdown) obj {
	was := false
	defer func() {
		if was {
			e.loseBehind(path, "markdown", fmt.Sprintf("text cut at %d characters", e.plan.text))
		}
	}()
	if e.level >= 2 {
		if !e.bare {
			e.bare = true
			e.lose("body", "markdown", "drawn without markup", card.Cosmetic)
		}
		return e.textElement(func(code string, _ words) string {
			s, cut := cutText(card.PlainMarkdown(el.Text.In(code)), e.plan.text)
			was = was || cut
			return s
		}, "")
	}
	return e.markdown(func(code string, _ words) string {
		s, cut := drawMarkdown(el.Text.In(code), e.level >= 1, e.plan.text)
		was = was || cut
		return s
	})
}

// value cuts one of the small texts.
func (e *encoder) value(path, element string, t card.Text, code string) string {
	s, cut := cutText(t.In(code), e.plan.value)
	if cut && code == e.langs[0].code {
		e.loseBehind(path, element, fmt.Sprintf("text cut at %d characters", e.plan.value))
	}
	return s
}

func (e *encoder) note(path string, el *card.Note) obj {
	if e.level >= 2 {
		return e.textElement(func(code string, _ words) string { return e.value(path, "note", el.Text, code) }, "")
	}
	o := e.markdown(func(code string, _ words) string {
		return colored("grey", escapeMD(e.value(path, "note", el.Text, code)))
	})
	o["text_size"] = "notation"
	return o
}

// colored puts every line of escaped text in a colour: a tag does not reach over an empty line.
func colored(color, md string) string {
	lines := strings.Split(md, "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) != "" {
			lines[i] = "<font color='" + color + "'>" + l + "</font>"
		}
	}
	return strings.Join(lines, "\n")
}

// fields draws pairs: two short ones side by side, the others as lines of one text.
func (e *encoder) fields(path string, el *card.Fields, depth int) []obj {
	items := el.Items
	if len(items) > e.plan.items {
		e.loseBehind(path, "fields", fmt.Sprintf("%d of %d fields left out", len(items)-e.plan.items, len(items)))
		items = items[:e.plan.items]
	}
	pairs := e.plan.pairs && e.level == 0 && depth <= maxNested-2
	var out []obj
	for i := 0; i < len(items); {
		if pairs && items[i].Short && i+1 < len(items) && items[i+1].Short {
			out = append(out, columnSet("none", []obj{
				column(1, e.fieldBox(fmt.Sprintf("%s.items[%d]", path, i), items[i])),
				column(1, e.fieldBox(fmt.Sprintf("%s.items[%d]", path, i+1), items[i+1])),
			}))
			i += 2
			continue
		}
		from := i
		for i < len(items) && !(i > from && pairs && items[i].Short && i+1 < len(items) && items[i+1].Short) {
			i++
		}
		out = append(out, e.fieldLines(path, items[from:i], from))
	}
	return out
}

func (e *encoder) fieldBox(path string, f card.Field) obj {
	return e.markdown(func(code string, _ words) string {
		return colored("grey", escapeMD(oneLine(f.Label.In(code)))) + "\n" + escapeMD(e.value(path, "fields", f.Value, code))
	})
}

func (e *encoder) fieldLines(path string, items []card.Field, from int) obj {
	line := func(i int, f card.Field, code string) (label, value string) {
		return oneLine(f.Label.In(code)), e.value(fmt.Sprintf("%s.items[%d]", path, from+i), "fields", f.Value, code)
	}
	if e.level >= 2 {
		return e.textElement(func(code string, w words) string {
			lines := make([]string, len(items))
			for i, f := range items {
				l, v := line(i, f, code)
				lines[i] = l + w.colon + v
			}
			return strings.Join(lines, "\n")
		}, "")
	}
	return e.markdown(func(code string, w words) string {
		lines := make([]string, len(items))
		for i, f := range items {
			l, v := line(i, f, code)
			lines[i] = colored("grey", escapeMD(l)+w.colon) + escapeMD(v)
		}
		return strings.Join(lines, "\n")
	})
}

// image draws a picture that Feishu has; of one that it does not have, a link.
func (e *encoder) image(path string, el *card.Image, depth int) []obj {
	alt := e.plain(path+".desc", "image", el.Desc, 100)
	if alt["content"] == "" {
		alt = e.localized(obj{"tag": "plain_text"}, func(_ string, w words) string { return w.picture })
	}
	if el.Key != "" && e.level == 0 {
		return []obj{{"tag": "img", "img_key": el.Key, "alt": alt}}
	}
	if out, ok := e.instead(path, el, "picture can't be drawn", depth); ok {
		return out
	}
	desc := func(code string, w words) string {
		s, _ := cutText(oneLine(el.Desc.In(code)), 100)
		if s == "" {
			return w.picture
		}
		return w.picture + w.colon + s
	}
	if el.URL == "" {
		e.loseBehind(path, "image", "picture shown as its description")
		return []obj{e.textElement(desc, "")}
	}
	e.lose(path, "image", "picture shown as a link: Feishu has no copy of it", card.Content)
	if e.level >= 2 {
		return []obj{e.textElement(func(code string, w words) string { return desc(code, w) + " " + el.URL }, "")}
	}
	return []obj{e.markdown(func(code string, w words) string {
		return "[" + escapeMD(desc(code, w)) + "](" + safeURL(el.URL) + ")"
	})}
}

// people draws those who have an account here as persons and the others by name.
func (e *encoder) people(path string, el *card.People) []obj {
	persons := el.Persons
	if len(persons) > e.plan.items {
		e.loseBehind(path, "people", fmt.Sprintf("%d of %d persons left out", len(persons)-e.plan.items, len(persons)))
		persons = persons[:e.plan.items]
	}
	var ids []obj
	var names []string
	for i, p := range persons {
		if id := accountID(p.Ref); id != "" && e.level == 0 {
			ids = append(ids, obj{"id": id})
			continue
		}
		name := oneLine(p.Name)
		if name == "" {
			name = p.Ref.ID
		}
		if e.level == 0 {
			e.lose(fmt.Sprintf("%s.persons[%d]", path, i), "people", "no account in Feishu, shown by name", card.Cosmetic)
		}
		names = append(names, name)
	}
	if e.level >= 1 && len(names) > 0 {
		e.lose(path, "people", "persons shown by name", card.Cosmetic)
	}
	var out []obj
	if !el.Label.IsZero() || len(names) > 0 {
		out = append(out, e.textElement(func(code string, w words) string {
			s := oneLine(el.Label.In(code))
			if s != "" {
				s += w.colon
			}
			return s + strings.Join(names, w.sep)
		}, ""))
	}
	if len(ids) > 0 {
		out = append(out, obj{"tag": "person_list", "persons": ids})
	}
	return out
}

// accountID is a person's id as Feishu takes it in a card; "" when they have none here.
func accountID(r event.Ref) string {
	if r.Scope.Platform != "" && r.Scope.Platform != Name || !isPersonID(r.ID) {
		return ""
	}
	switch r.Kind {
	case event.RefUser, event.RefUnion, event.RefTenant:
		return r.ID
	}
	return ""
}

// stepMarks stand before the steps of a Progress.
var stepMarks = map[card.StepState]string{
	card.StepTodo: "⚪", card.StepActive: "🔵", card.StepDone: "✅", card.StepFailed: "❌", card.StepSkipped: "⏭️",
}

// progress draws the steps as lines: there is no component for it, and a chart has no names.
func (e *encoder) progress(path string, el *card.Progress) obj {
	steps, from := el.Steps, 0
	if len(steps) > e.plan.items {
		// What was done first matters least.
		from = max(0, min(el.Current-e.plan.items/2, len(steps)-e.plan.items))
		e.loseBehind(path, "progress", fmt.Sprintf("%d of %d steps left out", len(steps)-e.plan.items, len(steps)))
		steps = steps[from : from+e.plan.items]
	}
	lines := func(code string, esc func(string) string, bold func(string) string) string {
		out := make([]string, len(steps))
		for i, s := range steps {
			state := s.State
			if state == card.StepTodo && from+i < el.Current {
				state = card.StepDone
			} else if state == card.StepTodo && from+i == el.Current {
				state = card.StepActive
			}
			name := esc(oneLine(s.Name.In(code)))
			if state == card.StepActive {
				name = bold(name)
			}
			out[i] = stepMarks[state] + " " + name
			if n := e.value(fmt.Sprintf("%s.steps[%d].note", path, from+i), "progress", s.Note, code); n != "" {
				out[i] += "　" + esc(oneLine(n))
			}
		}
		return strings.Join(out, "\n")
	}
	if e.level >= 2 {
		same := func(s string) string { return s }
		return e.textElement(func(code string, _ words) string { return lines(code, same, same) }, "")
	}
	return e.markdown(func(code string, _ words) string {
		return lines(code, escapeMD, func(s string) string { return "**" + s + "**" })
	})
}
