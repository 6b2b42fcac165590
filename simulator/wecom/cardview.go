package wecom

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"magpie/simulator"
)

// Characters that the client shows of each text; the rest is cut.
const (
	showTitle    = 36
	showDesc     = 44
	showLongDesc = 160
	showVote     = 16
	showSubTitle = 160
	showSource   = 20
	showKey      = 5
	showValue    = 30
	showButton   = 10
	showOption   = 16
	showChoice   = 17
	showJump     = 18
	showVertical = 38
	showFigure   = 14
	showFigDesc  = 22
)

// cardView is a card as a person finds it: all it says, and what can be done.
type cardView struct {
	kind    string
	lines   []string
	buttons []viewButton
	inputs  []viewInput
	updated bool // only an update can lock a question
	closed  bool // the buttons have been replaced
}

type viewButton struct {
	simulator.Button
	full     string // the label before it is cut
	key      string // of the callback; "" opens a page only
	menu     bool
	selector bool   // takes the choices along
	question string // put to the robot in the person's name
}

// viewInput is a question with what is chosen.
type viewInput struct {
	simulator.Input
	many     bool
	disabled bool
	chosen   []string
}

func (v *cardView) say(parts ...string) {
	line := strings.Join(nonEmpty(parts), " ")
	if line != "" {
		v.lines = append(v.lines, line)
	}
}

func nonEmpty(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// viewCard lays a card out. replace stands in place of the buttons, when it is not empty.
func viewCard(content json.RawMessage, replace string, updated bool) *cardView {
	card, err := parseObject(content)
	if err != nil {
		card = object{map[string]any{}, new(bool)}
	}
	v := &cardView{kind: card.str("card_type"), updated: updated}
	v.head(card)
	v.body(card)
	if name := card.str("replace_text"); name != "" && replace == "" {
		replace = name
	}
	v.actions(card, replace)
	return v
}

func (v *cardView) head(card object) {
	source, _ := card.obj("source")
	v.say(shorten(source.str("desc"), showSource))
	title, _ := card.obj("main_title")
	long, desc := showTitle, showDesc
	switch v.kind {
	case "vote_interaction":
		long, desc = showVote, showLongDesc
	case "multiple_interaction":
		desc = showLongDesc
	}
	v.say(shorten(title.str("title"), long))
	v.say(shorten(title.str("desc"), desc))
	figure, _ := card.obj("emphasis_content")
	v.say(shorten(figure.str("title"), showFigure), shorten(figure.str("desc"), showFigDesc))
}

func (v *cardView) body(card object) {
	quote, _ := card.obj("quote_area")
	v.say(quote.str("title"))
	v.say(quote.str("quote_text"))
	beside, _ := card.obj("image_text_area")
	v.say(beside.str("title"))
	v.say(beside.str("desc"))
	v.say(shorten(card.str("sub_title_text"), showSubTitle))
	for _, row := range card.list("horizontal_content_list") {
		v.say(shorten(row.str("keyname"), showKey), shorten(row.str("value"), showValue))
	}
	for _, row := range card.list("vertical_content_list") {
		v.say(shorten(row.str("title"), showVertical))
		v.say(shorten(row.str("desc"), showLongDesc))
	}
}

// actions are buttons, menus, jumps and questions, in the order of the card.
func (v *cardView) actions(card object, replace string) {
	selector := false
	if sel, there := card.obj("button_selection"); there {
		v.ask(sel, false, showOption)
		selector = true
	}
	if box, there := card.obj("checkbox"); there {
		mode, _ := box.num("mode")
		v.ask(box, mode == 1, showChoice)
	}
	for _, sel := range card.list("select_list") {
		v.ask(sel, false, showOption)
	}
	if replace != "" {
		v.closed = true
		v.buttons = append(v.buttons, viewButton{Button: simulator.Button{ID: "replaced", Label: replace, Disabled: true}})
	} else {
		v.press(card, selector)
	}
	menu, _ := card.obj("action_menu")
	for _, item := range menu.list("action_list") {
		v.buttons = append(v.buttons, viewButton{key: item.str("key"), menu: true, full: item.str("text"),
			Button: simulator.Button{ID: item.str("key"), Label: item.str("text")}})
	}
	for i, jump := range card.list("jump_list") {
		id, label := fmt.Sprintf("jump-%d", i+1), shorten(jump.str("title"), showJump)
		if kind, _ := jump.num("type"); kind == 3 {
			v.buttons = append(v.buttons, viewButton{full: jump.str("title"), question: jump.str("question"), Button: simulator.Button{ID: id, Label: label}})
			continue
		}
		v.link(id, label, jump)
	}
	if action, there := card.obj("card_action"); there {
		v.link("card", "查看详情", action)
	}
}

func (v *cardView) press(card object, selector bool) {
	for i, b := range card.list("button_list") {
		label := shorten(b.str("text"), showButton)
		if kind, _ := b.num("type"); kind == 1 {
			v.buttons = append(v.buttons, viewButton{full: b.str("text"),
				Button: simulator.Button{ID: fmt.Sprintf("link-%d", i+1), Label: label, URL: b.str("url")}})
			continue
		}
		v.buttons = append(v.buttons, viewButton{key: b.str("key"), full: b.str("text"), selector: selector,
			Button: simulator.Button{ID: b.str("key"), Label: label, Submit: selector}})
	}
	if submit, there := card.obj("submit_button"); there {
		v.buttons = append(v.buttons, viewButton{key: submit.str("key"), full: submit.str("text"), selector: true,
			Button: simulator.Button{ID: submit.str("key"), Label: shorten(submit.str("text"), showButton), Submit: true}})
	}
}

// link is a button that only opens a page; mini programs open nothing here.
func (v *cardView) link(id, label string, o object) {
	if kind, _ := o.num("type"); kind == 1 && o.str("url") != "" {
		v.buttons = append(v.buttons, viewButton{full: label, Button: simulator.Button{ID: id, Label: label, URL: o.str("url")}})
	}
}

// ask adds a question. A drop-down has its first option chosen unless the card names another.
func (v *cardView) ask(o object, many bool, most int) {
	in := viewInput{many: many, disabled: v.updated && o.flag("disable")}
	in.Name, in.Label, in.Kind, in.Required = o.str("question_key"), o.str("title"), "select", true
	if many {
		in.Kind = "multiselect"
	}
	selected := o.str("selected_id")
	for _, option := range o.list("option_list") {
		id := option.str("id")
		in.Options = append(in.Options, simulator.Option{Value: id, Label: shorten(option.str("text"), most)})
		if option.flag("is_checked") && (many || len(in.chosen) == 0) || id == selected && selected != "" {
			in.chosen = append(in.chosen, id)
		}
	}
	if len(in.chosen) == 0 && v.kind != "vote_interaction" && len(in.Options) > 0 {
		in.chosen = []string{in.Options[0].Value}
	}
	switch {
	case many:
		in.Value = append([]string{}, in.chosen...)
	case len(in.chosen) > 0:
		in.Value = in.chosen[0]
	}
	v.inputs = append(v.inputs, in)
}

// find looks a button up by id or label, the whole or the cut one. Greyed ones come last.
func (v *cardView) find(name string) *viewButton {
	for _, same := range []func(b *viewButton) bool{
		func(b *viewButton) bool { return b.ID == name },
		func(b *viewButton) bool { return b.Label == name || b.full == name },
	} {
		for i := range v.buttons {
			if same(&v.buttons[i]) {
				return &v.buttons[i]
			}
		}
	}
	return nil
}

// anchor is a link in a text.
var anchor = regexp.MustCompile(`<a\s[^>]*href\s*=\s*["']?([^"'>\s]*)["']?[^>]*>([^<]*)</a>`)

// plainWords is a text as it is read.
func plainWords(text string) string {
	return anchor.ReplaceAllStringFunc(text, func(found string) string {
		m := anchor.FindStringSubmatch(found)
		if m[2] == m[1] || m[2] == "" {
			return m[1]
		}
		return m[2] + "（" + m[1] + "）"
	})
}

var (
	markup  = regexp.MustCompile(`<[^>]*>`)
	mdLink  = regexp.MustCompile(`\[([^\]]*)\]\(([^)]*)\)`)
	mdMarks = regexp.MustCompile("(?m)^(#{1,6}\\s+|>\\s?)|\\*\\*|`")
)

// plainMarkdown is what markdown says, without its marks.
func plainMarkdown(text string) string {
	text = markup.ReplaceAllString(text, "")
	text = mdLink.ReplaceAllString(text, "$1")
	return mdMarks.ReplaceAllString(text, "")
}
