package feishu

import (
	"encoding/json"
	"fmt"
	"regexp"

	"magpie/simulator"
)

// accept checks the content of a message that a bot wants to send and stores it in m.
func (s *Server) accept(a *app, m *message, content string) *apiError {
	switch m.Type {
	case "text":
		return s.acceptText(a, m, content)
	case "post":
		return acceptPost(m, content)
	case "image":
		return s.acceptImage(a, m, content)
	case "interactive":
		return s.acceptCard(a, m, content)
	case "file", "audio", "media", "sticker":
		// Nothing that could be referred to can have been uploaded here.
		return fail(230055)
	case "share_chat", "share_user":
		return s.acceptShare(a, m, content)
	}
	return failf(230001, "invalid msg_type %q", m.Type)
}

// object decodes content as the JSON object that every type of message has.
func object(content string) (map[string]any, *apiError) {
	var v map[string]any
	if err := json.Unmarshal([]byte(content), &v); err != nil || v == nil {
		return nil, failf(230001, "content is not a string in json format")
	}
	return v, nil
}

// atTag is a mention in the text of a message that a bot sends; cards have another syntax.
var atTag = regexp.MustCompile(`<at user_id="([^"]*)">[^<]*</at>`)

func (s *Server) acceptText(a *app, m *message, content string) *apiError {
	if len(content) > maxTextBytes {
		return fail(230025)
	}
	v, refusal := object(content)
	if refusal != nil {
		return refusal
	}
	text, isText := v["text"].(string)
	if !isText || text == "" {
		return failf(230001, "text is required")
	}
	m.Mentions = nil
	text = atTag.ReplaceAllStringFunc(text, func(tag string) string {
		id := atTag.FindStringSubmatch(tag)[1]
		if id == "all" {
			return "@_all"
		}
		for _, kind := range []string{"open_id", "user_id", "union_id"} {
			if person, found, _ := s.personOf(a, kind, id); found {
				p, _ := s.company.Person(person)
				key := fmt.Sprintf("@_user_%d", len(m.Mentions)+1)
				m.Mentions = append(m.Mentions, mention{Key: key, Person: person, Name: p.Name})
				return key
			}
		}
		return tag // an id nobody has stays as it was written
	})
	v["text"] = text
	m.Content = encode(v)
	return nil
}

// postNodes are what a paragraph of a rich text may hold.
var postNodes = map[string]bool{"text": true, "a": true, "at": true, "img": true, "media": true, "emotion": true,
	"hr": true, "code_block": true, "md": true}

func acceptPost(m *message, content string) *apiError {
	if len(content) > maxCardBytes {
		return fail(230025)
	}
	v, refusal := object(content)
	if refusal != nil {
		return refusal
	}
	if len(v) == 0 {
		return failf(230001, "invalid post content: no language")
	}
	for lang, body := range v {
		if !languages[lang] {
			return failf(230001, "invalid post content: unknown language %q", lang)
		}
		post, _ := body.(map[string]any)
		paragraphs, isList := post["content"].([]any)
		if !isList {
			return failf(230001, "invalid post content: %s.content is not a list", lang)
		}
		for i, p := range paragraphs {
			nodes, isList := p.([]any)
			if !isList {
				return failf(230001, "invalid post content: %s.content[%d] is not a list", lang, i)
			}
			for _, n := range nodes {
				node, _ := n.(map[string]any)
				tag, _ := node["tag"].(string)
				if !postNodes[tag] {
					return failf(230001, "invalid post content: unknown tag %q", tag)
				}
				if tag == "md" && len(nodes) > 1 {
					return failf(230001, "invalid post content: md must be alone in its paragraph")
				}
			}
		}
	}
	m.Content = encode(v)
	return nil
}

func (s *Server) acceptImage(a *app, m *message, content string) *apiError {
	v, refusal := object(content)
	if refusal != nil {
		return refusal
	}
	key, _ := v["image_key"].(string)
	if key == "" {
		return failf(230001, "image_key is required")
	}
	if s.state.Images[key] != a.ID {
		return fail(230017)
	}
	m.Content = encode(v)
	return nil
}

func (s *Server) acceptShare(a *app, m *message, content string) *apiError {
	v, refusal := object(content)
	if refusal != nil {
		return refusal
	}
	if m.Type == "share_chat" {
		id, _ := v["chat_id"].(string)
		if c := s.state.Chats[id]; c == nil || !c.hasBot(a) {
			return fail(230002)
		}
	} else {
		id, _ := v["user_id"].(string)
		if _, refusal := s.find(a, "open_id", id); refusal != nil {
			return refusal
		}
	}
	m.Content = encode(v)
	return nil
}

// acceptCard checks a card by the rules of its own version.
func (s *Server) acceptCard(a *app, m *message, content string) *apiError {
	if len(content) > maxCardBytes {
		return fail(230025)
	}
	warnings, bad := s.checkCard(a, []byte(content))
	if bad != nil {
		return bad.apiError()
	}
	for _, w := range warnings {
		s.flags = append(s.flags, m.ID+": "+w)
		s.publish(simulator.Notice{Type: "call", Chat: m.Chat, Message: m.ID, Text: "warning: " + w})
	}
	m.Content = content
	return nil
}

// encode writes JSON without escaping what is only dangerous in HTML.
func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // only ever given what json.Unmarshal made
	}
	return string(raw)
}
