package wecom

import (
	"fmt"
	"slices"
	"strings"

	"magpie/adapters"
	"magpie/adapters/card"
)

// maxLevel is the plainest construction: a title, the buttons, and what fits into one text.
const maxLevel = 2

// Limits of what stands on a card, in characters; clients cut what is longer, or leave it out.
// Source: WeCom developer documents, "Template card messages" (path 90236), checked 2026-11.
const (
	maxSource    = 20
	maxTitle     = 36
	maxDesc      = 44
	maxWideDesc  = 160 // of votes and of several selectors
	maxVoteTitle = 16
	maxSubTitle  = 160
	maxRows      = 6
	maxRowKey    = 5
	maxRowValue  = 30
	maxJumps     = 3
	maxJumpTitle = 18
	maxButtons   = 6
	maxMenu      = 3
	maxButton    = 10
	maxSelectors = 3
	maxOptions   = 10 // of a selector
	maxVotes     = 20
	maxOption    = 16
	maxVote      = 17
	maxVertical  = 4
	maxVertTitle = 38
	maxVertDesc  = 160
	maxURL       = 2048 // bytes
	maxText      = 2048 // bytes of a text message
)

// target is what a card is drawn for.
type target int

const (
	toPerson target = iota // an app's card
	toRobot                // a robot's: a press can only be answered, so its key says where it leads
	toPush                 // a group push: nothing on it acts
	asChange               // replaces a card that was sent: it has to be a card, whatever is on it
)

// obj is a piece of card JSON. encoding/json writes its keys in order, so that the same card is the same
// bytes.
type obj = map[string]any

// drawn is a card as WeCom gets it, but for its task id.
type drawn struct {
	kind   string // template_card or text
	card   obj
	text   string
	losses []card.Loss
}

// EncodeCard draws a card as a template card for a person, without its task id, or as a text when there is
// nothing to press or to open on it: WeCom has no card for that. It is pure. Level 1 leaves out pictures and
// rows, level 2 also forms where a page can take them. The error is that of Validate.
func (p *Platform) EncodeCard(c card.Card, o adapters.EncodeOptions) (adapters.Wire, []card.Loss, error) {
	d, err := draw(c, o, p.target())
	if err != nil {
		return adapters.Wire{}, nil, err
	}
	if d.kind == "text" {
		return adapters.Wire{Kind: d.kind, Body: []byte(d.text)}, d.losses, nil
	}
	body, err := marshal(d.card)
	if err != nil {
		return adapters.Wire{}, nil, fmt.Errorf("draw card: %w", err)
	}
	return adapters.Wire{Kind: d.kind, Body: body}, d.losses, nil
}

func draw(c card.Card, o adapters.EncodeOptions, to target) (drawn, error) {
	if err := c.Validate(); err != nil {
		return drawn{}, fmt.Errorf("draw card: %w", err)
	}
	e := &encoder{c: &c, level: max(0, min(o.Level, maxLevel)), to: to, lang: o.Lang, keys: map[string]bool{}}
	if e.lang == "" && len(c.Lang) > 0 {
		e.lang = c.Lang[0]
	}
	e.w = wordsIn(e.lang)
	return e.draw(), nil
}

// encoder draws one card once.
type encoder struct {
	c      *card.Card
	level  int
	to     target
	lang   string
	w      words
	losses []card.Loss

	form    *formPlan
	acts    []act    // in the order of their weight
	rows    []obj    // horizontal_content_list
	lines   []string // what becomes running text
	picture *card.Image
	keys    map[string]bool // taken in this card
	behind  bool            // something is only behind Link
}

// act is something to press on the card.
type act struct {
	path string
	b    card.Button
	key  string // of a press
	url  string // of a link
}

func (e *encoder) draw() drawn {
	if len(e.c.Lang) > 1 {
		e.lose("lang", "card", "only "+e.langName()+" is shown", card.Cosmetic)
	}
	e.planForm()
	e.collect()
	e.body()
	var root obj
	switch {
	case e.to == toPush:
		root = e.notice()
	case e.form != nil && e.form.kind == "multiple_interaction", e.form != nil && e.form.kind == "vote_interaction":
		root = e.selectors()
	case e.newsFits():
		root = e.news()
	case len(e.acts) == 0 && e.c.Slot == "" && e.form == nil && e.link() != "" && e.to != asChange:
		root = e.notice()
	default:
		root = e.buttons()
	}
	if root == nil {
		return drawn{kind: "text", text: e.plainText(), losses: e.losses}
	}
	return drawn{kind: "template_card", card: e.extend(root), losses: e.losses}
}

// plainText is the whole card as a text message.
func (e *encoder) plainText() string {
	text, cut := cutBytes(clean(e.c.PlainTextIn(e.lang)), maxText)
	// Of the drawing that was given up only the actions that have no place anywhere count.
	e.losses = slices.DeleteFunc(e.losses, func(l card.Loss) bool { return l.Severity != card.Interaction })
	if e.c.Tone != card.Neutral || len(e.c.Body) > 0 {
		e.lose("", "card", "shown as text: there is nothing to open or to press", card.Cosmetic)
	}
	if cut {
		e.lose("body", "card", "text cut at 2048 bytes", card.Content)
	}
	return text
}

func (e *encoder) langName() string {
	if e.lang == "" {
		return "zh-CN"
	}
	return e.lang
}

// lose records what can't be shown.
func (e *encoder) lose(path, element, what string, s card.Severity) {
	e.losses = append(e.losses, card.Loss{Path: path, Element: element, What: what, Severity: s})
}

// loseBehind records what was cut or left out, and that the rest is behind the link, if there is one.
func (e *encoder) loseBehind(path, element, what string) {
	if e.link() != "" {
		what += "; the rest is behind the link"
		e.behind = true
	}
	e.lose(path, element, what, card.Content)
}

// link is the card's page, if WeCom takes its address.
func (e *encoder) link() string { return goodURL(e.c.Link) }

// said is a text in the card's language, on one line, cut at max characters.
func (e *encoder) said(path, element string, t card.Text, max int) string {
	s, was := cutText(oneLine(t.In(e.lang)), max)
	if was {
		e.lose(path, element, fmt.Sprintf("text cut at %d characters", max), card.Content)
	}
	return s
}

// colors of the line above the title.
var colors = map[card.Tone]int{card.Neutral: 0, card.Info: 1, card.Success: 3, card.Warning: 2, card.Danger: 2}

// source is the line above the title: the card's state in the colour of its tone.
func (e *encoder) source(colored bool) obj {
	text := e.said("status", "card", e.c.Status, maxSource)
	if text == "" {
		text = e.w.tone[e.c.Tone]
	}
	if text == "" {
		return nil
	}
	if !colored {
		if e.c.Tone != card.Neutral {
			e.lose("tone", "card", "no colour on this kind of card", card.Cosmetic)
		}
		return obj{"desc": text}
	}
	return obj{"desc": text, "desc_color": colors[e.c.Tone]}
}

// titles are the title and the line below it: the summary, unless the text says it already.
func (e *encoder) titles(maxTitle int) obj {
	t := obj{"title": e.said("title", "card", e.c.Title, maxTitle)}
	sum := oneLine(e.c.Summary.In(e.lang))
	if sum != "" && sum != oneLine(e.c.Title.In(e.lang)) {
		t["desc"], _ = cutText(sum, maxDesc) // the card says the same in full elsewhere
	}
	return t
}

// subTitle is the running text.
func (e *encoder) subTitle() string {
	text := strings.Join(e.lines, "\n")
	s, cut := cutText(text, maxSubTitle)
	if cut {
		e.loseBehind("body", "card", fmt.Sprintf("text cut at %d characters", maxSubTitle))
	}
	return s
}

// common are the blocks of all cards that have a text.
func (e *encoder) common(kind string) obj {
	root := obj{"card_type": kind, "main_title": e.titles(maxTitle)}
	if s := e.source(true); s != nil {
		root["source"] = s
	}
	if len(e.rows) > 0 {
		root["horizontal_content_list"] = e.rows
	}
	if l := e.link(); l != "" {
		root["card_action"] = obj{"type": 1, "url": l}
	}
	return root
}

// buttons draws a button_interaction, which can always be changed later. nil: it would have no button.
func (e *encoder) buttons() obj {
	list, menu := e.split()
	if len(list) == 0 && e.link() != "" {
		list = append(list, obj{"type": 1, "text": e.w.more, "style": 1, "url": e.link()})
	}
	ended := ""
	if len(list) == 0 {
		if e.to != asChange {
			return nil
		}
		// Nothing is left to do: a grey button says how it ended.
		if ended, _ = cutText(oneLine(e.c.Status.In(e.lang)), maxButton); ended == "" {
			ended = e.w.ended
		}
		list = []obj{{"text": ended, "style": 1, "key": "-"}}
	}
	root := e.common("button_interaction")
	if ended != "" {
		root["replace_text"] = ended
	}
	if s := e.subTitle(); s != "" {
		root["sub_title_text"] = s
	}
	if e.form != nil && e.form.kind == "button_interaction" {
		root["button_selection"] = e.form.selectors[0]
	}
	root["button_list"] = list
	if len(menu) > 0 {
		root["action_menu"] = obj{"desc": e.w.others, "action_list": menu}
	}
	return root
}

// notice draws a text_notice: it opens something, nothing on it acts, and it never changes. nil: there is
// nothing to open.
func (e *encoder) notice() obj {
	jumps := e.jumps()
	open := e.link()
	if open == "" && len(jumps) > 0 {
		open, _ = jumps[0]["url"].(string)
	}
	if open == "" {
		return nil
	}
	if e.to == toPush && e.picture != nil && e.level == 0 {
		return e.newsWith(jumps, nil)
	}
	root := e.common("text_notice")
	root["card_action"] = obj{"type": 1, "url": open}
	if s := e.subTitle(); s != "" {
		root["sub_title_text"] = s
	}
	if len(jumps) > 0 {
		root["jump_list"] = jumps
	}
	return root
}

// newsFits reports whether a card with a picture can be a news_notice without losing an action.
func (e *encoder) newsFits() bool {
	if e.picture == nil || e.level > 0 || e.form != nil || e.link() == "" || e.to == toPush {
		return false
	}
	presses, links := 0, 0
	for _, a := range e.acts {
		if a.key != "" {
			presses++
		} else {
			links++
		}
	}
	// Without a menu it could never be changed.
	return presses <= maxMenu && links <= maxJumps && (presses > 0 || e.c.Slot == "")
}

func (e *encoder) news() obj {
	var menu, jumps []obj
	for _, a := range e.acts {
		if a.key != "" {
			menu = append(menu, obj{"text": e.said(a.path+".label", "button", a.b.Label, maxButton), "key": a.key})
		} else {
			jumps = append(jumps, obj{"type": 1, "title": e.said(a.path+".label", "button", a.b.Label, maxJumpTitle), "url": a.url})
		}
	}
	return e.newsWith(jumps, menu)
}

func (e *encoder) newsWith(jumps, menu []obj) obj {
	root := e.common("news_notice")
	root["card_image"] = obj{"url": e.picture.URL, "aspect_ratio": 2.25}
	if root["card_action"] == nil {
		root["card_action"] = obj{"type": 1, "url": jumps[0]["url"]}
	}
	if text := strings.Join(e.lines, "\n"); text != "" {
		s, cut := cutText(text, maxVertDesc)
		if cut {
			e.loseBehind("body", "card", fmt.Sprintf("text cut at %d characters", maxVertDesc))
		}
		root["vertical_content_list"] = []obj{{"title": e.w.about, "desc": s}}
	}
	if len(jumps) > 0 {
		root["jump_list"] = jumps
	}
	if len(menu) > 0 {
		root["action_menu"] = obj{"desc": e.w.others, "action_list": menu}
		e.lose("actions", "button", "the buttons are in the card's menu, since it shows a picture", card.Cosmetic)
	}
	return root
}

// selectors draws a vote or a card of several drop-downs: a title, the selectors, one button.
func (e *encoder) selectors() obj {
	f := e.form
	limit := maxTitle
	if f.kind == "vote_interaction" {
		limit = maxVoteTitle
	}
	main := obj{"title": e.said("title", "card", e.c.Title, limit)}
	for _, r := range e.rows {
		e.lines = append(e.lines, fmt.Sprint(r["keyname"])+e.w.colon+fmt.Sprint(r["value"]))
	}
	text := strings.Join(e.lines, "\n")
	if text == "" {
		text = clean(e.c.Summary.In(e.lang))
	}
	desc, cut := cutText(text, maxWideDesc)
	if cut {
		e.lose("body", "card", fmt.Sprintf("text cut at %d characters; this kind of card leads nowhere", maxWideDesc), card.Content)
	}
	if desc != "" {
		main["desc"] = desc
	}
	root := obj{"card_type": f.kind, "main_title": main}
	if s := e.source(false); s != nil {
		root["source"] = s
	}
	root["submit_button"] = obj{"text": e.said(f.path+".submit.label", "button", f.form.Submit.Label, maxButton), "key": e.acts[0].key}
	if f.kind == "vote_interaction" {
		root["checkbox"] = f.selectors[0]
	} else {
		root["select_list"] = f.selectors
	}
	return root
}
