package card

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Choice is an action of a card that a reply in text can take: "回复 1 同意" has Number 1.
type Choice struct {
	Number int // from 1, in the order of PlainText
	Button Button
	Form   string // id of the form that it hands in; "" for a button of the footer
}

// Choices lists the actions that act (not those that open an address): first every form's, in the
// order of the body, then the footer's. PlainText shows the same numbers.
func (c *Card) Choices() []Choice {
	var cs []Choice
	add := func(b Button, form string) {
		if b.URL == "" {
			cs = append(cs, Choice{len(cs) + 1, b, form})
		}
	}
	for _, e := range c.Body {
		if f, ok := e.(*Form); ok && f != nil {
			add(f.Submit, f.ID)
			for _, b := range f.Others {
				add(b, f.ID)
			}
		}
	}
	for _, b := range c.Actions {
		add(b, "")
	}
	return cs
}

// PlainText is the whole card as text in its first language, for suites and clients that draw nothing
// else: no action is missing, each is an address or a number to reply with.
func (c *Card) PlainText() string { return c.PlainTextIn("") }

// PlainTextIn is PlainText in a language; "" is the card's first. The few words of our own are English
// for "en…", else Chinese.
func (c *Card) PlainTextIn(lang string) string {
	first := lang
	if first == "" && len(c.Lang) > 0 {
		first = c.Lang[0]
	}
	p := &plain{lang: lang, words: wordsFor(first)}
	title := c.Title.In(lang)
	mark := c.Status.In(lang)
	if mark == "" {
		mark = p.words.tone[c.Tone]
	}
	if mark != "" {
		title = p.words.open + mark + p.words.shut + title
	}
	p.line(title)
	if c.Summary.In(lang) != "" && len(c.Body) == 0 {
		p.line(c.Summary.In(lang))
	}
	p.elements(c.Body)
	for _, b := range c.Actions {
		p.button(b)
	}
	if c.Link != "" {
		p.line(p.words.details + c.Link)
	}
	return strings.Join(p.lines, "\n")
}

// words are what PlainText says by itself.
type words struct {
	open, shut, colon, details, reply, fill, required string
	listSep                                           string
	tone                                              map[Tone]string
	step                                              map[StepState]string
}

var chinese = words{
	open: "【", shut: "】", colon: "：", details: "详情：", reply: "回复 %d %s", fill: "需填写：", required: "（必填）", listSep: "、",
	tone: map[Tone]string{Info: "提示", Success: "成功", Warning: "注意", Danger: "警告"},
	step: map[StepState]string{StepTodo: "○", StepActive: "▶", StepDone: "✓", StepFailed: "✗", StepSkipped: "–"},
}

var english = words{
	open: "[", shut: "] ", colon: ": ", details: "Details: ", reply: "Reply %d to %s", fill: "To fill in: ", required: " (required)", listSep: ", ",
	tone: map[Tone]string{Info: "Info", Success: "Success", Warning: "Attention", Danger: "Alert"},
	step: chinese.step,
}

func wordsFor(lang string) words {
	if strings.HasPrefix(lang, "en") {
		return english
	}
	return chinese
}

type plain struct {
	lang  string
	words words
	lines []string
	n     int // last number given to an action
}

func (p *plain) line(s string) { p.lines = append(p.lines, s) }

func (p *plain) elements(es []Element) {
	for _, e := range es {
		if !isNil(e) {
			p.element(e)
		}
	}
}

func (p *plain) element(e Element) {
	switch e := e.(type) {
	case *Markdown:
		p.line(PlainMarkdown(e.Text.In(p.lang)))
	case *Note:
		p.line(e.Text.In(p.lang))
	case *Divider:
		p.line("────")
	case *Fields:
		for _, f := range e.Items {
			p.line(f.Label.In(p.lang) + p.words.colon + f.Value.In(p.lang))
		}
	case *Image:
		if s := strings.TrimSpace(e.Desc.In(p.lang) + " " + e.URL); s != "" {
			p.line(s)
		}
	case *Table:
		p.table(e)
	case *Columns:
		for _, b := range e.Items {
			p.elements(b.Body)
		}
	case *People:
		names := make([]string, len(e.Persons))
		for i, q := range e.Persons {
			if names[i] = q.Name; q.Name == "" {
				names[i] = q.Ref.ID
			}
		}
		s := strings.Join(names, p.words.listSep)
		if label := e.Label.In(p.lang); label != "" {
			s = label + p.words.colon + s
		}
		p.line(s)
	case *Progress:
		p.progress(e)
	case *Collapse:
		p.line(e.Title.In(p.lang))
		p.elements(e.Body)
	case *Form:
		p.form(e)
	case *Files:
		p.element(e.Fields())
	}
}

// table writes one line a row: "品名：键盘，数量：2".
func (p *plain) table(t *Table) {
	for _, r := range t.Rows {
		cells := make([]string, 0, len(r))
		for i, x := range r {
			s := x.In(p.lang)
			if i < len(t.Cols) && t.Cols[i].Label.In(p.lang) != "" {
				s = t.Cols[i].Label.In(p.lang) + p.words.colon + s
			}
			cells = append(cells, s)
		}
		p.line("· " + strings.Join(cells, " | "))
	}
}

func (p *plain) progress(e *Progress) {
	for i, s := range e.Steps {
		state := s.State
		if state == StepTodo {
			switch {
			case i < e.Current:
				state = StepDone
			case i == e.Current:
				state = StepActive
			}
		}
		line := p.words.step[state] + " " + s.Name.In(p.lang)
		if note := s.Note.In(p.lang); note != "" {
			line += p.words.colon + note
		}
		p.line(line)
	}
}

func (p *plain) form(f *Form) {
	if s := f.Fold.In(p.lang); s != "" {
		p.line(s + p.words.colon)
	}
	if s := f.Problem.In(p.lang); s != "" {
		p.line(s)
	}
	for _, in := range f.Inputs {
		if !in.Kind.Asks() {
			if s := in.Label.In(p.lang); in.Kind == InputNote {
				p.line(s)
			} else if in.Default.Text != "" {
				p.line(s + p.words.colon + in.Default.Text)
			}
			continue
		}
		s := p.words.fill + in.Label.In(p.lang)
		if in.Required {
			s += p.words.required
		}
		if len(in.Options) > 0 {
			names := make([]string, len(in.Options))
			for i, o := range in.Options {
				names[i] = o.Label.In(p.lang)
			}
			s += p.words.colon + strings.Join(names, p.words.listSep)
		}
		p.line(s)
	}
	p.button(f.Submit)
	for _, b := range f.Others {
		p.button(b)
	}
}

func (p *plain) button(b Button) {
	label := b.Label.In(p.lang)
	if b.URL != "" {
		p.line(label + p.words.colon + b.URL)
		return
	}
	p.n++
	p.line(fmt.Sprintf(p.words.reply, p.n, label))
}

// PlainMarkdown shows Markdown as text: items with a mark before them, links with their address behind.
func PlainMarkdown(s string) string {
	var lines []string
	for _, b := range ParseMarkdown(s) {
		for i, l := range b.Lines {
			text := plainSpans(l)
			switch b.Kind {
			case BlockBullets:
				text = "· " + text
			case BlockNumbers:
				text = strconv.Itoa(b.Start+i) + ". " + text
			case BlockQuote:
				text = "> " + text
			}
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

func plainSpans(ss []Span) string {
	var b strings.Builder
	for _, s := range ss {
		switch s.Kind {
		case SpanMention:
			b.WriteString("@" + s.Text)
		case SpanLink:
			b.WriteString(s.Text)
			if s.Text != s.URL {
				b.WriteString(" " + s.URL)
			}
		default:
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
