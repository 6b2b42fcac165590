package feishu

import (
	"bytes"
	"encoding/json"
	"fmt"

	"magpie/adapters"
	"magpie/adapters/card"
)

// maxLevel is the plainest construction: texts, buttons and links only.
const maxLevel = 2

// EncodeCard draws a card as card JSON 2.0. It is pure. Level 1 leaves out what Feishu is most often strict
// about (tables, panels, person components, mentions), level 2 the markup too, and forms where the card has
// a Link. A card that is too large is drawn again with less of it, step by step; actions stay. The
// error is that of Validate, or says that even the actions alone are too much.
func (p *Platform) EncodeCard(c card.Card, o adapters.EncodeOptions) (adapters.Wire, []card.Loss, error) {
	return encodeCard(c, o)
}

func encodeCard(c card.Card, o adapters.EncodeOptions) (adapters.Wire, []card.Loss, error) {
	if err := c.Validate(); err != nil {
		return adapters.Wire{}, nil, fmt.Errorf("draw card: %w", err)
	}
	level := max(0, min(o.Level, maxLevel))
	var reason error
	for i := range plans {
		e := newEncoder(&c, o.Lang, level, plans[i])
		root := e.card()
		root = e.extend(root)
		body, err := marshal(root)
		if err != nil {
			return adapters.Wire{}, nil, fmt.Errorf("draw card: %w", err)
		}
		if reason = fits(root, len(body)); reason == nil {
			return adapters.Wire{Kind: "interactive", Body: body}, e.losses, nil
		}
	}
	return adapters.Wire{}, nil, fmt.Errorf("draw card: %w, with nothing left but its actions", reason)
}

// plan says how much of a card is drawn.
type plan struct {
	text    int  // characters of one Markdown
	value   int  // characters of one field, cell, note
	items   int  // fields, steps, persons of one element
	rows    int  // of one table
	options int  // of one select
	blocks  int  // elements of a body
	nested  int  // elements inside columns and panels
	pairs   bool // two fields side by side, buttons in rows
	langs   bool // translations
	forms   bool // false: a form becomes a link, where there is one
}

// plans are tried in turn until the card fits.
var plans = []plan{
	{text: 10000, value: 2000, items: 60, rows: 100, options: 100, blocks: 100, nested: 50, pairs: true, langs: true, forms: true},
	{text: 6000, value: 1000, items: 40, rows: 50, options: 100, blocks: 60, nested: 12, pairs: true, langs: true, forms: true},
	{text: 3000, value: 500, items: 40, rows: 20, options: 80, blocks: 50, nested: 4, langs: true, forms: true},
	{text: 2000, value: 300, items: 30, rows: 20, options: 80, blocks: 40, nested: 2, forms: true},
	{text: 1000, value: 150, items: 20, rows: 8, options: 60, blocks: 25, forms: true},
	{text: 300, value: 80, items: 10, rows: 3, options: 50, blocks: 12, forms: true},
	{text: 120, value: 40, items: 5, rows: 1, options: 40, blocks: 4, forms: true},
	{text: 80, value: 30, items: 3, rows: 1, options: 20, forms: true},
	{text: 80, value: 30, items: 3, rows: 1, options: 10},
}

// encoder draws one card once.
type encoder struct {
	c      *card.Card
	langs  []lang // the first is the default; never empty
	level  int
	plan   plan
	losses []card.Loss
	names  map[string]bool // taken in this card
	tables int
	behind bool // something is only behind Link, or a form wants a way out
	bare   bool // it was said that markup is left out
}

func newEncoder(c *card.Card, only string, level int, p plan) *encoder {
	e := &encoder{c: c, level: level, plan: p, names: map[string]bool{}}
	e.pickLangs(only)
	for _, el := range c.Body {
		if f, ok := el.(*card.Form); ok {
			for _, in := range f.Inputs {
				e.names[in.Name] = true
			}
		}
	}
	return e
}

// pickLangs chooses the languages that are drawn.
func (e *encoder) pickLangs(only string) {
	all := e.c.Lang
	if len(all) == 0 {
		all = []string{"zh-CN"}
	}
	if only != "" {
		all = []string{only}
	}
	for i, code := range all {
		key := langKey(code)
		if key == "" && i > 0 {
			e.lose(fmt.Sprintf("lang[%d]", i), "card", "Feishu has no language "+code, card.Cosmetic)
			continue
		}
		if key == "" {
			key = "zh_cn"
		}
		e.langs = append(e.langs, lang{code, key})
	}
	if len(e.langs) > 1 && (!e.plan.langs || e.level >= 2) {
		e.langs = e.langs[:1]
		e.lose("lang", "card", "only "+e.langs[0].code+" is shown", card.Content)
	}
}

// lose records what can't be shown.
func (e *encoder) lose(path, element, what string, s card.Severity) {
	e.losses = append(e.losses, card.Loss{Path: path, Element: element, What: what, Severity: s})
}

// loseBehind records what was cut, and makes sure that a way to the rest is drawn.
func (e *encoder) loseBehind(path, element, what string) {
	if e.c.Link != "" {
		what += "; the rest is behind the link"
		e.behind = true
	}
	e.lose(path, element, what, card.Content)
}

// name takes a component name that is unique in the card.
func (e *encoder) name(want string) string {
	n := want
	for i := 2; e.names[n]; i++ {
		n = fmt.Sprintf("%s_%d", want, i)
	}
	e.names[n] = true
	return n
}

// templates are the colours of the header, tagColors those of the status beside the title.
var (
	templates = map[card.Tone]string{card.Neutral: "grey", card.Info: "blue", card.Success: "green", card.Warning: "orange", card.Danger: "red"}
	tagColors = map[card.Tone]string{card.Neutral: "neutral", card.Info: "blue", card.Success: "green", card.Warning: "orange", card.Danger: "red"}
)

// card draws the whole card.
// Source: Feishu Open Platform, "Card JSON 2.0 structure", checked 2026-11.
func (e *encoder) card() obj {
	c := e.c
	config := obj{
		"update_multi": true,
		"summary":      e.localized(obj{}, func(code string, _ words) string { s, _ := cutText(oneLine(c.Summary.In(code)), 200); return s }),
	}
	if len(e.langs) > 1 {
		keys := make([]string, len(e.langs))
		for i, l := range e.langs {
			keys[i] = l.key
		}
		config["locales"] = keys
	}
	if c.Sharing == card.PerPerson {
		config["enable_forward"] = false // it shows what is for one person
	}
	header := obj{"title": e.plain("title", "card", c.Title, 200), "template": templates[c.Tone]}
	if !c.Status.IsZero() {
		header["text_tag_list"] = []obj{{"tag": "text_tag", "text": e.plain("status", "card", c.Status, 40), "color": tagColors[c.Tone]}}
	}

	elements := e.body()
	if len(c.Actions) > 0 {
		elements = append(elements, e.buttons(c.Actions)...)
	}
	root := obj{"schema": "2.0", "config": config, "header": header}
	if c.Link != "" {
		if e.behind {
			elements = append(elements, e.linkButton(func(w words) string { return w.more }))
		} else {
			root["card_link"] = obj{"url": c.Link}
		}
	}
	if len(elements) == 0 {
		elements = append(elements, e.textElement(func(code string, _ words) string { s, _ := cutText(c.Summary.In(code), 200); return s }, ""))
	}
	root["body"] = obj{"direction": "vertical", "vertical_spacing": "8px", "elements": elements}
	return root
}

// body draws the elements. Forms are always drawn, whatever else is cut.
func (e *encoder) body() []obj {
	var out []obj
	drawn, left := 0, 0
	for i, el := range e.c.Body {
		path := fmt.Sprintf("body[%d]", i)
		if f, ok := el.(*card.Form); ok {
			out = append(out, e.form(path, f)...)
			continue
		}
		if drawn == e.plan.blocks {
			left++
			continue
		}
		drawn++
		out = append(out, e.element(path, el, 0)...)
	}
	if left > 0 {
		e.loseBehind("body", "card", fmt.Sprintf("%d of %d elements left out", left, len(e.c.Body)))
		out = append(out, e.restNote())
	}
	return out
}

// restNote says in the card that something was cut.
func (e *encoder) restNote() obj {
	return e.textElement(func(_ string, w words) string {
		if e.c.Link == "" {
			return w.cut
		}
		return w.rest
	}, "notation")
}

// textElement draws plain words in the way of the level: markdown with everything escaped, or plain text.
func (e *encoder) textElement(render func(code string, w words) string, size string) obj {
	var o obj
	if e.level >= 2 {
		text := e.localized(obj{"tag": "plain_text"}, render)
		o = obj{"tag": "div", "text": text}
	} else {
		o = e.markdown(func(code string, w words) string { return escapeMD(render(code, w)) })
		if size != "" {
			o["text_size"] = size
		}
	}
	return o
}

// marshal writes card JSON, < and > as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// fits checks a drawn card against Feishu's limits.
func fits(root obj, size int) error {
	if size > maxCardBytes {
		return fmt.Errorf("%d bytes are more than %d", size, maxCardBytes)
	}
	if n := countTags(root); n > maxCardElements {
		return fmt.Errorf("%d elements are more than %d", n, maxCardElements)
	}
	return nil
}

// countTags counts elements as Feishu does: everything with a tag, texts too.
func countTags(v any) int {
	n := 0
	switch v := v.(type) {
	case obj:
		if _, ok := v["tag"]; ok {
			n++
		}
		for _, x := range v {
			n += countTags(x)
		}
	case map[string]any:
		return countTags(obj(v))
	case []obj:
		for _, x := range v {
			n += countTags(x)
		}
	case []any:
		for _, x := range v {
			n += countTags(x)
		}
	}
	return n
}
