package feishucard

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// How much is drawn at most, so that hostile JSON cannot make a page of any size.
const (
	maxElements = 600
	maxDepth    = 12
)

// colours are the names that Feishu gives its palette.
var colours = []string{"blue", "wathet", "turquoise", "green", "lime", "yellow", "orange", "red", "carmine",
	"violet", "purple", "indigo", "grey", "neutral", "default"}

// colour makes a palette name out of one ("red", "red-500"); anything else is "default".
func colour(s string) string {
	base, _, _ := strings.Cut(s, "-")
	return oneOf(base, "default", colours...)
}

// builder turns one card's JSON into the view that card.gohtml draws. It serves one drawing.
type builder struct {
	o     Options
	n     int // elements so far
	ids   int // HTML ids so far
	depth int
	form  bool // inside a form
}

type cardView struct {
	Header   *headerView
	Elements []element
	Width    string // default, compact, fill
	Link     string
}

type headerView struct {
	Colour   string
	Icon     bool
	Title    textView
	Subtitle textView
	Tags     []tagView
}

type tagView struct{ Text, Colour string }

// textView is plain text, or finished HTML when HTML is not empty.
type textView struct {
	Text string
	HTML template.HTML
}

// Empty says that there is nothing to show.
func (t textView) Empty() bool { return t.Text == "" && t.HTML == "" }

// element is one drawn component: Kind names the template, Data is its view.
type element struct {
	Kind string
	Data any
}

func (b *builder) card(top object) cardView {
	v := cardView{
		Width: oneOf(top.str("config", "width_mode"), "default", "compact", "fill"),
		Link:  firstOf(top.str("card_link", "url"), top.str("card_link", "pc_url")),
	}
	if h := top.obj("header"); h != nil {
		v.Header = b.header(h)
	}
	if body := top.obj("body"); body != nil {
		v.Elements = b.elements(body.list("elements"))
	} else {
		v.Elements = b.elements(top.list("elements"))
	}
	return v
}

func (b *builder) header(h object) *headerView {
	v := &headerView{
		Colour:   colour(h.str("template")),
		Icon:     h.obj("icon") != nil || h.obj("ud_icon") != nil,
		Title:    b.text(h.obj("title")),
		Subtitle: b.text(h.obj("subtitle")),
	}
	for _, t := range h.list("text_tag_list") {
		if s := t.str("text", "content"); s != "" {
			v.Tags = append(v.Tags, tagView{Text: s, Colour: colour(t.str("color"))})
		}
	}
	return v
}

// text reads a text object; lark_md and markdown become HTML. Chinese is preferred where there are several languages.
func (b *builder) text(t object) textView {
	content := firstOf(t.str("i18n_content", "zh_cn"), t.str("i18n", "zh_cn"), t.str("content"))
	switch t.str("tag") {
	case "lark_md":
		return textView{HTML: b.markdown(content, false)}
	case "markdown":
		return textView{HTML: b.markdown(content, true)}
	}
	return textView{Text: content}
}

// plain reads a text object as text only, for labels and places that take no markup.
func (b *builder) plain(t object) string {
	return firstOf(t.str("i18n_content", "zh_cn"), t.str("i18n", "zh_cn"), t.str("content"))
}

// elements builds a list of components, to the limits.
func (b *builder) elements(list []object) []element {
	b.depth++
	defer func() { b.depth-- }()
	var out []element
	for _, o := range list {
		if b.n >= maxElements || b.depth > maxDepth {
			return append(out, element{"unknown", "内容过多，其余未显示"})
		}
		b.n++
		out = append(out, b.element(o))
	}
	return out
}

// id makes a new HTML id.
func (b *builder) id() string {
	b.ids++
	return fmt.Sprintf("%s-f%d", b.o.Prefix, b.ids)
}

// who looks a vendor's user id up.
func (b *builder) who(ref string) (Person, bool) {
	if b.o.Who == nil || ref == "" {
		return Person{}, false
	}
	return b.o.Who(ref)
}

// pixels reads "120px" or 120 within bounds, 0 for everything else.
func pixels(o object, key string) int {
	f, ok := o.num(key)
	if !ok || math.IsNaN(f) || f < 1 || f > 1200 {
		return 0
	}
	return int(f)
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
