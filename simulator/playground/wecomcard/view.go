package wecomcard

import (
	"fmt"
	"slices"
)

// builder turns one message's JSON into the view that card.gohtml draws. It serves one drawing.
type builder struct {
	o   Options
	ids int // HTML ids so far
}

// cardView is a message as it is drawn. Kind is the card's kind, or the message's type.
type cardView struct {
	Kind        string
	Source      string
	SourceInk   string
	Menu        []buttonView
	MenuLabel   string
	Title, Desc string
	Figure      figureView
	Picture     bool
	Beside      *besideView
	Quote       *quoteView
	SubTitle    string
	Rows        []rowView
	Verticals   []figureView
	Inputs      []inputView
	Buttons     []buttonView
	Jumps       []buttonView
	Action      *buttonView
	Lines       []line
	Articles    []articleView
	Note        string
}

// HasForm says that there is something to choose or to press.
func (v cardView) HasForm() bool { return len(v.Inputs)+len(v.Buttons) > 0 }

type figureView struct{ Title, Desc string }

type besideView struct{ Title, Desc, URL string }

type quoteView struct{ Title, Text, URL string }

type rowView struct {
	Key, Value, URL string
	Who             string // our person id, of a member
	File            bool
}

type buttonView struct {
	ID, Label, Style, URL string
	Press, Submit         bool
	Disabled              bool
}

type inputView struct {
	ID, Name, Label, Kind string
	Pick                  bool // drawn as a list of boxes
	Disabled              bool
	Options               []optionView
}

type optionView struct {
	Value, Label string
	Selected     bool
}

type articleView struct {
	Title, Desc string
	Button      *buttonView
	First       bool
}

// Characters that the client shows of each text.
//
// Source: WeCom developer documents, "Send app messages", template card (path 90236), checked 2026-11.
const (
	cutSource, cutTitle, cutDesc, cutLong    = 20, 36, 44, 160
	cutVote, cutFigure, cutFigureDesc        = 16, 14, 22
	cutKey, cutValue, cutVertical            = 5, 30, 38
	cutButton, cutOption, cutChoice, cutJump = 10, 16, 17, 18
	cutCardTitle, cutCardText, cutCardButton = 128, 512, 4
)

var kinds = []string{"text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"}

// sourceInks are the colours of the line on top.
var sourceInks = []string{"grey", "black", "red", "green"}

// card lays a template card out; replace stands grey in place of its buttons.
func (b *builder) card(c object, replace string) cardView {
	v := cardView{Kind: "text_notice", SourceInk: "grey"}
	if kind := c.str("card_type"); slices.Contains(kinds, kind) {
		v.Kind = kind
	}
	source := c.obj("source")
	v.Source = cut(source.str("desc"), cutSource)
	if n := source.num("desc_color"); n > 0 && n < len(sourceInks) {
		v.SourceInk = sourceInks[n]
	}
	title, desc := cutTitle, cutDesc
	switch v.Kind {
	case "vote_interaction":
		title, desc = cutVote, cutLong
	case "multiple_interaction":
		desc = cutLong
	}
	v.Title, v.Desc = cut(c.obj("main_title").str("title"), title), cut(c.obj("main_title").str("desc"), desc)
	menu := c.obj("action_menu")
	v.MenuLabel = firstOf(menu.str("desc"), "更多")
	for _, item := range menu.list("action_list") {
		v.Menu = append(v.Menu, buttonView{ID: item.str("key"), Label: item.str("text"), Press: true})
	}
	b.content(&v, c)
	b.actions(&v, c, firstOf(replace, c.str("replace_text")))
	return v
}

func (b *builder) content(v *cardView, c object) {
	figure := c.obj("emphasis_content")
	v.Figure = figureView{cut(figure.str("title"), cutFigure), cut(figure.str("desc"), cutFigureDesc)}
	v.Picture = c.obj("card_image") != nil
	if beside := c.obj("image_text_area"); beside != nil {
		v.Beside = &besideView{beside.str("title"), beside.str("desc"), link(beside)}
	}
	if quote := c.obj("quote_area"); quote != nil {
		v.Quote = &quoteView{quote.str("title"), quote.str("quote_text"), link(quote)}
	}
	v.SubTitle = cut(c.str("sub_title_text"), cutLong)
	for _, r := range c.list("horizontal_content_list") {
		row := rowView{Key: cut(r.str("keyname"), cutKey), Value: cut(r.str("value"), cutValue), URL: link(r), File: r.num("type") == 2}
		if r.num("type") == 3 && b.o.Who != nil {
			if p, ok := b.o.Who(r.str("userid")); ok {
				row.Who, row.Value = p.ID, firstOf(row.Value, p.Name)
			}
		}
		v.Rows = append(v.Rows, row)
	}
	for _, r := range c.list("vertical_content_list") {
		v.Verticals = append(v.Verticals, figureView{cut(r.str("title"), cutVertical), cut(r.str("desc"), cutLong)})
	}
}

// link is where a part leads; mini programs lead nowhere here.
func link(o object) string {
	if o.num("type") != 1 {
		return ""
	}
	return webURL(o.str("url"))
}

func (b *builder) actions(v *cardView, c object, replace string) {
	selects := c.list("select_list")
	if sel := c.obj("button_selection"); sel != nil {
		selects = append(selects, sel)
	}
	for _, sel := range selects {
		v.Inputs = append(v.Inputs, b.choice(sel, "select", replace != ""))
	}
	if box := c.obj("checkbox"); box != nil {
		in := b.choice(box, "select", replace != "")
		in.Pick = true
		if box.num("mode") == 1 {
			in.Kind = "multiselect"
		}
		v.Inputs = append(v.Inputs, in)
	}
	if replace != "" {
		v.Buttons = []buttonView{{ID: "replaced", Label: replace, Style: "grey", Disabled: true}}
	} else {
		b.buttons(v, c)
	}
	for i, j := range c.list("jump_list") {
		v.Jumps = append(v.Jumps, buttonView{ID: fmt.Sprintf("jump-%d", i+1), Label: cut(j.str("title"), cutJump), URL: link(j),
			Press: j.num("type") == 3 && j.str("question") != ""})
	}
	if u := link(c.obj("card_action")); u != "" {
		v.Action = &buttonView{ID: "card", Label: "查看详情", URL: u}
	}
}

// buttonStyles are blue, red, black and white on blue, as the client has them.
var buttonStyles = []string{"", "1", "2", "3", "4"}

func (b *builder) buttons(v *cardView, c object) {
	submit := len(v.Inputs) > 0
	for i, o := range c.list("button_list") {
		button := buttonView{ID: o.str("key"), Label: cut(o.str("text"), cutButton), Style: "1", Press: true, Submit: submit}
		if n := o.num("style"); n > 0 && n < len(buttonStyles) {
			button.Style = buttonStyles[n]
		}
		if o.num("type") == 1 {
			button.ID, button.URL, button.Press, button.Submit = fmt.Sprintf("link-%d", i+1), webURL(o.str("url")), false, false
		}
		v.Buttons = append(v.Buttons, button)
	}
	if o := c.obj("submit_button"); o != nil {
		v.Buttons = append(v.Buttons, buttonView{ID: o.str("key"), Label: cut(o.str("text"), cutButton), Style: "4", Press: true, Submit: true})
	}
}

// choice reads a question. A drop-down shows its first option unless it names another.
func (b *builder) choice(o object, kind string, closed bool) inputView {
	b.ids++
	in := inputView{ID: fmt.Sprintf("%s-w%d", b.o.Prefix, b.ids), Name: o.str("question_key"), Label: o.str("title"), Kind: kind,
		Disabled: closed || o.yes("disable")}
	most := cutOption
	if o["is_checked"] != nil || o["mode"] != nil {
		most = cutChoice
	}
	for _, option := range o.list("option_list") {
		id := option.str("id")
		in.Options = append(in.Options, optionView{Value: id, Label: cut(option.str("text"), most),
			Selected: option.yes("is_checked") || id != "" && id == o.str("selected_id")})
	}
	return in
}

func (b *builder) textCard(o object) cardView {
	v := cardView{Kind: "textcard", Title: cut(o.str("title"), cutCardTitle), Lines: cardLines(cut(o.str("description"), cutCardText))}
	if u := webURL(o.str("url")); u != "" {
		v.Action = &buttonView{ID: "card", Label: cut(firstOf(o.str("btntxt"), "详情"), cutCardButton), URL: u}
	}
	return v
}

func (b *builder) news(o object) cardView {
	v := cardView{Kind: "news"}
	for i, a := range o.list("articles") {
		article := articleView{Title: a.str("title"), Desc: firstOf(a.str("description"), a.str("digest")), First: i == 0}
		if u := webURL(a.str("url")); u != "" {
			article.Button = &buttonView{ID: fmt.Sprintf("article-%d", i+1), URL: u}
		}
		v.Articles = append(v.Articles, article)
	}
	return v
}
