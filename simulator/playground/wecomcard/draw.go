package wecomcard

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
)

//go:embed card.gohtml
var files embed.FS

var page = template.Must(template.New("card.gohtml").ParseFS(files, "card.gohtml"))

// ErrNotCard is wrapped by Draw when the JSON is none of the kinds that the package comment lists.
var ErrNotCard = errors.New("not a card")

// Person is who a userid stands for.
type Person struct {
	ID   string // our person id
	Name string
}

// Options say how to draw. The zero value draws without names.
type Options struct {
	// Prefix starts every HTML id, so that two drawings can stand on one page. Letters, digits, - and _.
	Prefix string
	// Who finds the person behind a userid; nil knows nobody.
	Who func(ref string) (Person, bool)
}

// Bounds of a drawing; what goes beyond is left out.
const (
	maxList = 30   // entries of one list
	maxText = 6000 // characters of one text
	maxRows = 400  // lines of markdown
)

// Draw draws one message. The result is safe to put into a page as it is. It fails with ErrNotCard when raw is
// not one of the known kinds; anything else is drawn as far as it can be understood. It may be called
// concurrently.
func Draw(raw json.RawMessage, o Options) (template.HTML, error) {
	v, err := read(raw, o)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "card", v); err != nil {
		return "", fmt.Errorf("draw card: %w", err)
	}
	return template.HTML(out.String()), nil
}

// Summary is the line that the chat list shows: the title or the first words, else "[卡片]".
func Summary(raw json.RawMessage) string {
	v, err := read(raw, Options{})
	if err != nil {
		return "[卡片]"
	}
	if v.Title != "" {
		return v.Title
	}
	if v.SubTitle != "" {
		return v.SubTitle
	}
	for _, l := range v.Lines {
		if s := l.plain(); s != "" {
			return s
		}
	}
	if len(v.Articles) > 0 && v.Articles[0].Title != "" {
		return v.Articles[0].Title
	}
	return "[卡片]"
}

// read finds out what kind of message it is and lays it out.
func read(raw json.RawMessage, o Options) (cardView, error) {
	var top object
	if err := json.Unmarshal(raw, &top); err != nil || top == nil {
		return cardView{}, fmt.Errorf("%w: no JSON object", ErrNotCard)
	}
	b := &builder{o: o}
	kind := top.str("msgtype")
	switch {
	case top.obj("template_card") != nil:
		return b.card(top.obj("template_card"), top.obj("button").str("replace_name")), nil
	case top.str("card_type") != "":
		return b.card(top, ""), nil
	case kind == "" || top.obj(kind) == nil:
		return cardView{}, fmt.Errorf("%w: none of the known kinds", ErrNotCard)
	}
	part := top.obj(kind)
	switch kind {
	case "text":
		return cardView{Kind: kind, Lines: textLines(part.str("content"))}, nil
	case "markdown", "markdown_v2":
		return cardView{Kind: "markdown", Lines: b.markdown(part.str("content"), kind == "markdown_v2")}, nil
	case "textcard":
		return b.textCard(part), nil
	case "news", "mpnews":
		return b.news(part), nil
	}
	return cardView{Kind: "other", Title: part.str("title"), Note: kind}, nil
}
