package feishucard

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"time"
)

//go:embed card.gohtml
var files embed.FS

var page = template.Must(template.New("card.gohtml").ParseFS(files, "card.gohtml"))

// ErrNotCard is wrapped by Draw when the JSON is not an object.
var ErrNotCard = errors.New("not a card")

// Person is who a vendor's user id stands for.
type Person struct {
	ID   string // our person id
	Name string
}

// Options say how to draw. The zero value draws without names and in UTC.
type Options struct {
	// Prefix starts every HTML id, so that two drawings can stand on one page. Letters, digits, - and _.
	Prefix string
	// Who finds the person behind an open_id, union_id or user_id; nil knows nobody.
	Who func(ref string) (Person, bool)
	// Viewer is the person looking, whose own mention is highlighted.
	Viewer string
	// Location is used for local_datetime; nil is UTC.
	Location *time.Location
}

// Draw draws one card, JSON 2.0 or 1.0. The result is safe to put into a page as it is. It fails with
// ErrNotCard when raw is not a JSON object; anything else is drawn as far as it can be understood.
// It may be called concurrently.
func Draw(raw json.RawMessage, o Options) (template.HTML, error) {
	var top object
	if err := json.Unmarshal(raw, &top); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotCard, err)
	}
	if top == nil {
		return "", fmt.Errorf("%w: null", ErrNotCard)
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	b := &builder{o: o}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "card", b.card(top)); err != nil {
		return "", fmt.Errorf("draw card: %w", err)
	}
	return template.HTML(out.String()), nil
}

// Summary is the line that Feishu shows for a card in the chat list: config.summary, else the title,
// else "[卡片]".
func Summary(raw json.RawMessage) string {
	var top object
	if json.Unmarshal(raw, &top) == nil {
		if s := top.str("config", "summary", "content"); s != "" {
			return s
		}
		if s := top.obj("header").str("title", "content"); s != "" {
			return s
		}
	}
	return "[卡片]"
}
