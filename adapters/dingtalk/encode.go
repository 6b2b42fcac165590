package dingtalk

import (
	"fmt"
	"strings"

	"magpie/adapters"
	"magpie/adapters/card"
)

// Levels of drawing.
const (
	levelPlain = 1 // texts without markup
	levelLinks = 2 // an ActionCard, although there are templates
)

// EncodeCard draws a card: as the variables of one of our templates where the tenant has them, else as an
// ActionCard. It is pure. Level 1 leaves out markup, level 2 the template too. What does not fit is cut, and
// the rest is behind the card's link; actions stay, as buttons, as links to their pages, or at the least as
// words to reply with. The error is that of Validate.
func (p *Platform) EncodeCard(c card.Card, o adapters.EncodeOptions) (adapters.Wire, []card.Loss, error) {
	return p.encode(c, o, "")
}

// encode draws with a template that is given, as a card that was sent must be drawn: one that does not suffice
// is an error.
func (p *Platform) encode(c card.Card, o adapters.EncodeOptions, with string) (adapters.Wire, []card.Loss, error) {
	if err := c.Validate(); err != nil {
		return adapters.Wire{}, nil, fmt.Errorf("draw card: %w", err)
	}
	if name := p.chooseTemplate(&c, with); name != "" && (o.Level < levelLinks || with != "") {
		e := newEncoder(&c, o)
		w, err := e.template(name, p.cfg.Templates[name])
		if err == nil || with != "" {
			return w, e.losses, err
		}
	}
	e := newEncoder(&c, o)
	w, err := e.actionCard()
	return w, e.losses, err
}

// chooseTemplate says which template a card is drawn with: the one with inputs for a form, "" for none.
func (p *Platform) chooseTemplate(c *card.Card, with string) string {
	if with != "" {
		return with
	}
	if _, ok := p.cfg.Templates[templateForm]; ok && hasForm(c) {
		return templateForm
	}
	if _, ok := p.cfg.Templates[templateCard]; ok {
		return templateCard
	}
	return ""
}

func hasForm(c *card.Card) bool {
	for _, el := range c.Body {
		if _, ok := el.(*card.Form); ok {
			return true
		}
	}
	return false
}

// encoder draws one card once.
type encoder struct {
	c      *card.Card
	lang   string
	words  words
	plain  bool // no markup
	losses []card.Loss
	chunks []string // the body so far: one text of DingTalk's markdown for each element
	tail   []string // words and links that lead to actions: they stand below the body and are never cut
	native bool     // drawn with a template: mentions can be told, tones have colours

	// form draws a form where it stands; what it can't draw becomes links.
	form func(path string, f *card.Form)
}

func newEncoder(c *card.Card, o adapters.EncodeOptions) *encoder {
	e := &encoder{c: c, lang: o.Lang, plain: o.Level >= levelPlain}
	first := o.Lang
	if len(c.Lang) > 0 && first == "" {
		first = c.Lang[0]
	}
	e.words = wordsFor(first)
	if len(c.Lang) > 1 && o.Lang == "" {
		e.lose("lang", "card", "only "+c.Lang[0]+" is shown: a card of DingTalk has one language", card.Cosmetic)
	}
	if e.plain {
		e.lose("body", "markdown", "drawn without markup", card.Cosmetic)
	}
	return e
}

// lose records what can't be shown.
func (e *encoder) lose(path, element, what string, s card.Severity) {
	e.losses = append(e.losses, card.Loss{Path: path, Element: element, What: what, Severity: s})
}

// loseBehind records what was cut.
func (e *encoder) loseBehind(path, element, what string) {
	if e.c.Link != "" {
		what += "; the rest is behind the link"
	}
	e.lose(path, element, what, card.Content)
}

// in is a text in the language that is drawn.
func (e *encoder) in(t card.Text) string { return t.In(e.lang) }

// escape makes what somebody typed stand for itself.
func (e *encoder) escape(s string) string { return escapeMD(s) }

// add puts a piece under the ones before.
func (e *encoder) add(s string) {
	if strings.TrimSpace(s) != "" {
		e.chunks = append(e.chunks, s)
	}
}

// title is the card's title with its state before it, where there is no place of its own for that.
func (e *encoder) title() string {
	mark := e.in(e.c.Status)
	if mark == "" {
		mark = e.words.tone[e.c.Tone]
	}
	title := oneLine(e.in(e.c.Title))
	if mark != "" {
		title = "【" + oneLine(mark) + "】" + title
	}
	return title
}

// page is where an action is asked for: its own page, or the card's.
func (e *encoder) page(b card.Button) string {
	if b.Page != "" {
		return b.Page
	}
	return e.c.Link
}

// choice is the number of an action that a person may reply with; 0 if it has none.
func (e *encoder) choice(form string, verb string) int {
	for _, ch := range e.c.Choices() {
		if ch.Form == form && ch.Button.Verb == verb {
			return ch.Number
		}
	}
	return 0
}

// hint is the last way for an action that nothing leads to: a word to reply with.
func (e *encoder) hint(form string, b card.Button) {
	e.tail = append(e.tail, fmt.Sprintf(e.words.reply, e.choice(form, b.Verb), e.escape(oneLine(e.in(b.Label)))))
}

// lead draws a link in the text that must not be cut.
func (e *encoder) lead(label, url string) {
	e.tail = append(e.tail, "["+escapeMD(label)+"]("+safeURL(url)+")")
}

// words are what an encoder says by itself.
type words struct {
	colon, more, reply, rest, fill, picture, sep string
	tone                                         map[card.Tone]string
}

var chinese = words{
	colon: "：", more: "查看详情", reply: "回复 %d %s", rest: "……其余内容请查看详情", fill: "填写", picture: "图片", sep: "、",
	tone: map[card.Tone]string{card.Info: "提示", card.Success: "成功", card.Warning: "注意", card.Danger: "警告"},
}

var english = words{
	colon: ": ", more: "Details", reply: "Reply %d to %s", rest: "… see the details for the rest", fill: "Fill in", picture: "picture", sep: ", ",
	tone: map[card.Tone]string{card.Info: "Info", card.Success: "Success", card.Warning: "Attention", card.Danger: "Alert"},
}

func wordsFor(lang string) words {
	if strings.HasPrefix(lang, "en") {
		return english
	}
	return chinese
}
