package wecom

import (
	"fmt"

	"magpie/adapters/card"
)

// jumps are the links of a notice. What would act leads to its page.
func (e *encoder) jumps() []obj {
	var out []obj
	for _, a := range e.acts {
		if a.key != "" {
			if a = e.toPage(a, "a press can't come back from here"); a.url == "" {
				continue
			}
		}
		if len(out) == maxJumps {
			e.loseLink(a, fmt.Sprintf("only %d links fit", maxJumps))
			continue
		}
		out = append(out, obj{"type": 1, "title": e.said(a.path+".label", "button", a.b.Label, maxJumpTitle), "url": a.url})
	}
	return out
}

// split shares the actions out: six buttons, then presses into the menu, then rows that lead to a page.
func (e *encoder) split() (list, menu []obj) {
	for i, a := range e.acts {
		switch {
		case i < maxButtons:
			list = append(list, e.button(a))
		case a.key != "" && len(menu) < maxMenu:
			e.lose(a.path, "button", "it stands in the card's menu: only 6 buttons fit", card.Cosmetic)
			menu = append(menu, obj{"text": e.said(a.path+".label", "button", a.b.Label, maxButton), "key": a.key})
		default:
			e.overflow(a)
		}
	}
	return list, menu
}

// styles are WeCom's: blue, red, black, and white on blue. The last catches the eye most: it is not for what is
// beside the matter.
var styles = map[card.Style]int{card.StylePrimary: 1, card.StyleDanger: 2, card.StyleDefault: 3}

func (e *encoder) button(a act) obj {
	o := obj{"text": e.said(a.path+".label", "button", a.b.Label, maxButton), "style": styles[a.b.Style]}
	if a.key != "" {
		o["key"] = a.key
	} else {
		o["type"], o["url"] = 1, a.url
	}
	return o
}

// overflow puts an action that has no place as a button into a row that leads to its page.
func (e *encoder) overflow(a act) {
	if a.key != "" {
		a = e.toPage(a, "only 9 actions fit")
	} else if len(e.rows) < maxRows {
		e.lose(a.path, "button", "shown as a row: only 6 buttons fit", card.Cosmetic)
	}
	if a.url == "" {
		return
	}
	if len(e.rows) == maxRows {
		e.loseLink(a, "no row is left")
		return
	}
	value, _ := cutText(oneLine(a.b.Label.In(e.lang)), maxRowValue)
	e.rows = append(e.rows, obj{"keyname": e.w.act, "value": value, "type": 1, "url": a.url})
}

// toPage turns a press into a link to the page that asks for it; url is "" when there is no page, and a
// line then says so.
func (e *encoder) toPage(a act, why string) act {
	a.key = ""
	if a.url = goodURL(a.b.Page); a.url == "" {
		a.url = e.link()
	}
	if a.url == "" {
		e.lose(a.path, "button", why+", and there is no page that leads to it", card.Interaction)
		e.hint(a)
		return a
	}
	e.lose(a.path, "button", why+": it leads to a page", card.Interaction)
	return a
}

// loseLink records an action that stands on the card's page only.
func (e *encoder) loseLink(a act, why string) {
	if e.link() == "" {
		e.lose(a.path, "button", why+", and there is no page that leads to it", card.Interaction)
		e.hint(a)
		return
	}
	e.behind = true
	e.lose(a.path, "button", why+": it is only behind the link", card.Interaction)
}

// hint says in the text that there is more to do than the card can carry.
func (e *encoder) hint(a act) {
	label, _ := cutText(oneLine(a.b.Label.In(e.lang)), maxButton)
	e.lines = append([]string{fmt.Sprintf(e.w.elsewhere, label)}, e.lines...)
}
