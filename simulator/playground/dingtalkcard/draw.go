package dingtalkcard

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

// Options say how to draw.
type Options struct {
	// Prefix starts every HTML id, so that two drawings can stand on one page. Letters, digits, - and _.
	Prefix string
}

// Bounds of a drawing; what goes beyond is left out, visibly.
const (
	maxParts = 300
	maxText  = 20_000 // bytes of one text
)

// Draw draws one card. The result is safe to put into a page as it is. It fails with ErrNotCard when raw is
// not one of the known kinds; anything else is drawn as far as it can be understood. It may be called
// concurrently.
func Draw(raw json.RawMessage, o Options) (template.HTML, error) {
	v, err := read(raw, o)
	if err != nil {
		return "", err
	}
	if len(v.Parts) > maxParts {
		v.Parts = append(v.Parts[:maxParts:maxParts], part{Kind: "note", Text: "其余未显示"})
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "card", v); err != nil {
		return "", fmt.Errorf("draw card: %w", err)
	}
	return template.HTML(out.String()), nil
}

// Summary is the line that the chat list shows: the title, else "[卡片]".
func Summary(raw json.RawMessage) string {
	if v, err := read(raw, Options{}); err == nil && v.Title != "" {
		return v.Title
	}
	return "[卡片]"
}

func read(raw json.RawMessage, o Options) (cardView, error) {
	var top object
	if err := json.Unmarshal(raw, &top); err != nil || top == nil {
		return cardView{}, fmt.Errorf("%w: no JSON object", ErrNotCard)
	}
	b := &builder{o: o}
	switch {
	case top.obj("template") != nil:
		return b.templated(top), nil
	case top.str("msgKey") != "":
		param := top.obj("msgParam")
		if param == nil { // as it travels: a text
			_ = json.Unmarshal([]byte(scalar(top["msgParam"])), &param)
		}
		return b.robot(top.str("msgKey"), param), nil
	case top.str("msgtype") != "":
		return b.hook(top), nil
	case top.obj("msg") != nil:
		return b.work(top.obj("msg")), nil
	case top.obj("todo") != nil:
		return b.todo(top.obj("todo")), nil
	}
	return cardView{}, fmt.Errorf("%w: none of the known kinds", ErrNotCard)
}
