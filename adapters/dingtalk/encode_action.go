package dingtalk

import (
	"fmt"
	"strconv"
	"strings"

	"magpie/adapters"
	"magpie/adapters/card"
)

// WireMessage is the kind of a card that is drawn as a robot message: markdown or an ActionCard.
const WireMessage = "message"

// robotContent is the body of a Wire of kind WireMessage, and of every other robot message.
type robotContent struct {
	Key   string            `json:"msgKey"`
	Param map[string]string `json:"msgParam"`
}

// linkButton is a button that opens an address.
type linkButton struct{ label, url string }

// messageDrawing collects the buttons of a message.
type messageDrawing struct {
	*encoder
	buttons []linkButton
}

// actionCard draws the card as a message whose buttons open pages. An action without a page stays as a word to
// reply with: a button that leads nowhere would be worse.
// Source: DingTalk Open Platform, "Robot message types", checked 2026-08.
func (e *encoder) actionCard() (adapters.Wire, error) {
	d := &messageDrawing{encoder: e}
	e.form = d.drawForm
	if e.c.Tone != card.Neutral && e.c.Status.IsZero() {
		e.lose("tone", "card", "the tone is a word in the title", card.Cosmetic)
	}
	e.body()
	for i, b := range e.c.Actions {
		d.action(fmt.Sprintf("actions[%d]", i), "", b)
	}
	if e.c.Link != "" {
		d.buttons = append(d.buttons, linkButton{e.words.more, e.c.Link})
	}
	// More buttons than fit are links in the text; the last place is left for the card's own page.
	if over := len(d.buttons) - maxLinks; over > 0 {
		first := maxLinks
		if e.c.Link != "" {
			first--
		}
		for _, b := range d.buttons[first : first+over] {
			e.lead(b.label, b.url)
		}
		d.buttons = append(d.buttons[:first:first], d.buttons[first+over:]...)
		e.lose("actions", "card", fmt.Sprintf("%d buttons are links in the text", over), card.Cosmetic)
	}
	return d.fit()
}

// action draws an action as a link.
func (d *messageDrawing) action(path, form string, b card.Button) {
	label := oneLine(d.in(b.Label))
	if b.URL != "" {
		d.buttons = append(d.buttons, linkButton{label, b.URL})
		return
	}
	page := d.page(b)
	if page == "" {
		d.lose(path, "button", "buttons of robot messages only open pages, and it has none: a word to reply with", card.Interaction)
		d.hint(form, b)
		return
	}
	d.lose(path, "button", "buttons of robot messages only open pages: asked for on the page", card.Interaction)
	d.buttons = append(d.buttons, linkButton{label, page})
}

func (d *messageDrawing) drawForm(path string, f *card.Form) {
	d.losePage(path, f, "robot messages have no inputs")
	if p := d.lines(d.in(f.Problem)); p != "" {
		d.add(p)
	}
	if !f.Fold.IsZero() { // the page has the rest
		b := f.Submit
		b.Label = f.Fold
		d.action(path+".submit", f.ID, b)
		return
	}
	d.action(path+".submit", f.ID, f.Submit)
	for i, b := range f.Others {
		d.action(fmt.Sprintf("%s.others[%d]", path, i), f.ID, b)
	}
}

// fit makes the message, with as much of the text as there is room for.
func (d *messageDrawing) fit() (adapters.Wire, error) {
	tail := strings.Join(d.tail, "\n\n")
	text := strings.Join(d.chunks, "\n\n")
	head := "### " + d.escape(d.title())
	cut := false
	for {
		all := head
		for _, s := range []string{text, tail} {
			if s != "" {
				all += "\n\n" + s
			}
		}
		body, err := marshal(d.message(all))
		if err != nil {
			return adapters.Wire{}, fmt.Errorf("draw card: %w", err)
		}
		over := len(body) - maxMsgParam
		if over <= 0 {
			return adapters.Wire{Kind: WireMessage, Body: body}, nil
		}
		if !cut {
			cut = true
			d.loseBehind("body", "card", fmt.Sprintf("text cut: a message takes %d bytes", maxMsgParam))
		}
		if text == "" {
			return adapters.Wire{}, fmt.Errorf("draw card: %d bytes are more than %d, with nothing left but its actions", len(body), maxMsgParam)
		}
		mark := "…"
		if d.c.Link != "" {
			mark = d.words.rest
		}
		shorter, _ := cutBytes(strings.TrimSuffix(text, "\n\n"+mark), max(0, len(text)-over-len(mark)-16))
		shorter = strings.TrimSuffix(shorter, "…")
		if text = shorter + "\n\n" + mark; strings.TrimSpace(shorter) == "" {
			text = ""
		}
	}
}

// message chooses the message by the number of its buttons.
func (d *messageDrawing) message(text string) robotContent {
	title, _ := cutBytes(oneLine(d.in(d.c.Summary)), 200)
	m := robotContent{Key: "sampleMarkdown", Param: map[string]string{"title": title, "text": text}}
	switch n := len(d.buttons); n {
	case 0:
	case 1:
		m.Key = "sampleActionCard"
		m.Param["singleTitle"], m.Param["singleURL"] = d.buttons[0].label, d.buttons[0].url
	default:
		m.Key = "sampleActionCard" + strconv.Itoa(n)
		for i, b := range d.buttons {
			m.Param[fmt.Sprintf("actionTitle%d", i+1)], m.Param[fmt.Sprintf("actionURL%d", i+1)] = b.label, b.url
		}
	}
	return m
}
