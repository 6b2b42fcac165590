package feishu

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"magpie/adapters/event"
)

// messageText builds a message's plain text and its parts side by side.
type messageText struct {
	ms    *mentionSet
	plain strings.Builder
	parts []event.Part
	eat   bool // our own mention was left out: the space behind it goes as well
}

func newText(ms *mentionSet) *messageText { return &messageText{ms: ms} }

// add appends text as it is.
func (t *messageText) add(s string) {
	if t.eat {
		s = strings.TrimLeft(s, " \u00a0\u2005")
		t.eat = s == ""
	}
	if s == "" {
		return
	}
	t.plain.WriteString(s)
	if n := len(t.parts); n > 0 && t.parts[n-1].Kind == event.PartText {
		t.parts[n-1].Text += s
		return
	}
	t.parts = append(t.parts, event.Part{Kind: event.PartText, Text: s})
}

// part appends something that is not text; show is what stands for it in the plain text.
func (t *messageText) part(p event.Part, show string) {
	t.eat = false
	t.plain.WriteString(show)
	t.parts = append(t.parts, p)
}

// placeholders appends text in which mentions are placeholders, in one pass: a name that looks like a
// placeholder is not read again.
func (t *messageText) placeholders(s string) {
	from := 0
	for i := 0; i < len(s); {
		key := ""
		if s[i] == '@' {
			key = t.ms.at(s[i:])
		}
		if key == "" {
			i++
			continue
		}
		t.add(s[from:i])
		t.mention(key)
		i += len(key)
		from = i
	}
	t.add(s[from:])
}

// mention appends what a placeholder stands for.
func (t *messageText) mention(key string) {
	r, known := t.ms.byKey[key]
	switch {
	case key == keyAll:
		t.ms.all = true
	case !known:
		t.add(key)
		return
	case r.text == "":
		t.eat = true
		return
	}
	t.part(event.Part{Kind: event.PartMention, Text: r.text, Ref: r.ref}, r.text)
}

// newline ends a paragraph.
func (t *messageText) newline() {
	t.eat = false
	if t.plain.Len() > 0 {
		t.add("\n")
	}
}

// finish returns the text without white space at its ends, and the parts.
func (t *messageText) finish() (string, []event.Part) {
	lines := strings.Split(t.plain.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\u00a0\u2005")
	}
	parts := slices.DeleteFunc(t.parts, func(p event.Part) bool {
		return p.Kind == event.PartText && strings.TrimSpace(p.Text) == ""
	})
	return strings.TrimSpace(strings.Join(lines, "\n")), parts
}

// postNode is one piece of a paragraph of a post.
type postNode struct {
	Tag      string    `json:"tag"`
	Text     looseText `json:"text"`
	Href     looseText `json:"href"`
	User     looseText `json:"user_id"` // a placeholder
	UserName looseText `json:"user_name"`
	Image    looseText `json:"image_key"`
	File     looseText `json:"file_key"`
	Emoji    looseText `json:"emoji_type"`
}

// postBody is a post. Newer clients send a second body, content_v2, with markdown nodes of its own.
type postBody struct {
	Title     looseText         `json:"title"`
	Content   []json.RawMessage `json:"content"`
	ContentV2 []json.RawMessage `json:"content_v2"`
}

func (p postBody) empty() bool { return p.Title == "" && len(p.Content) == 0 && len(p.ContentV2) == 0 }

// post reads rich text. It returns false if there is nothing to read.
func (d *decoder) post(t *messageText, raw []byte) bool {
	body, ok := findPost(raw)
	if !ok {
		return false
	}
	t.add(string(body.Title))
	paragraphs := body.ContentV2
	if len(paragraphs) == 0 {
		paragraphs = body.Content
	}
	for _, p := range paragraphs {
		var nodes []postNode
		if decodeLenient(p, &nodes) != nil {
			continue
		}
		t.newline()
		for _, n := range nodes {
			d.postNode(t, n)
		}
	}
	return true
}

// findPost looks for the post itself, which may stand below a language key.
func findPost(raw []byte) (postBody, bool) {
	var body postBody
	_ = decodeLenient(raw, &body)
	if !body.empty() {
		return body, true
	}
	var langs map[string]json.RawMessage
	if json.Unmarshal(raw, &langs) != nil {
		return body, false
	}
	order := []string{"zh_cn", "en_us", "ja_jp"}
	for l := range langs {
		if !slices.Contains(order, l) {
			order = append(order, l)
		}
	}
	slices.Sort(order[3:])
	for _, l := range order {
		var body postBody
		if langs[l] != nil && decodeLenient(langs[l], &body) == nil && !body.empty() {
			return body, true
		}
	}
	return body, false
}

// postNode appends one piece of a paragraph.
func (d *decoder) postNode(t *messageText, n postNode) {
	switch n.Tag {
	case "text", "code_block":
		t.add(string(n.Text))
	case "md":
		t.markdown(string(n.Text))
	case "a":
		show := string(n.Text)
		if show == "" {
			show = string(n.Href)
		}
		t.part(event.Part{Kind: event.PartLink, Text: show, URL: string(n.Href)}, show)
	case "at":
		t.at(string(n.User), string(n.UserName))
	case "img":
		t.part(event.Part{Kind: event.PartImage, Ref: d.fileRef(n.Image)}, "")
	case "media":
		t.part(event.Part{Kind: event.PartVideo, Ref: d.fileRef(n.File)}, "")
	case "emotion":
		t.add("[" + string(n.Emoji) + "]")
	case "hr":
		t.add("---")
	default:
		if n.Text != "" {
			t.add(string(n.Text))
			return
		}
		t.part(event.Part{Kind: event.PartOther, Text: n.Tag}, "")
	}
}

// at appends a mention postNode, whose user_id is a placeholder, "all", or an id that mentions does not list.
func (t *messageText) at(key, name string) {
	if key == "all" {
		key = keyAll
	}
	if _, known := t.ms.byKey[key]; known {
		t.mention(key)
		return
	}
	if name == "" {
		name = key
	}
	t.part(event.Part{Kind: event.PartMention, Text: "@" + strings.TrimPrefix(name, "@")}, "@"+strings.TrimPrefix(name, "@"))
}

// atTag is a mention inside markdown: <at user_id="@_user_1">name</at>, also with id=.
var atTag = regexp.MustCompile(`<at\s+(?:user_)?id=["']?([^"'\s>]+)["']?[^>]*>([^<]*)</at>`)

// markdown appends a markdown postNode, with its mentions mentionText and the rest as it is.
func (t *messageText) markdown(s string) {
	from := 0
	for _, m := range atTag.FindAllStringSubmatchIndex(s, -1) {
		t.placeholders(s[from:m[0]])
		t.at(s[m[2]:m[3]], s[m[4]:m[5]])
		from = m[1]
	}
	t.placeholders(s[from:])
}
