package feishu

import (
	"encoding/json"

	"magpie/simulator"
)

// patchMessage is PATCH /im/v1/messages/:id: it replaces a card for everybody.
//
// While a card callback on the message is unanswered, the client puts the old card back when the answer
// comes, so the change does not last.
func patchMessage(q *request) (answer, *apiError) {
	var in struct {
		Content *string `json:"content"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if in.Content == nil || *in.Content == "" {
		return nil, badField("content", "content is required")
	}
	m, c, refusal := q.message(true)
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case m.Type != "interactive":
		return nil, fail(230054)
	case q.now.Sub(m.Created) > updateLife:
		return nil, fail(230031)
	}
	if refusal := q.s.rates.fiveASecond("patch "+m.ID, q.now); refusal != nil {
		return nil, refusal
	}
	if refusal := q.s.replaceCard(q.app, m, *in.Content); refusal != nil {
		return nil, refusal
	}
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID, Message: m.ID})
	return data(struct{}{}), nil
}

// replaceCard puts new content into a shared card, if it may follow the old. Callers hold s.mu.
func (s *Server) replaceCard(a *app, m *message, content string) *apiError {
	if bad := successor(m.Content, content); bad != nil {
		return bad.apiError()
	}
	next := *m
	if refusal := s.acceptCard(a, &next, content); refusal != nil {
		return refusal
	}
	if m.pending > 0 && m.before == nil {
		old := m.Content
		m.before = &old
	}
	m.Content, m.Updated, m.Changed = next.Content, true, s.now()
	s.touch()
	return nil
}

// successor says whether a card may replace another: both shared, and never from 2.0 back to 1.0.
func successor(old, next string) *cardError {
	was, is := cardHead([]byte(old)), cardHead([]byte(next))
	switch {
	case was.Schema == "2.0" && is.Schema != "2.0":
		return &cardError{code: 200830, msg: "a card of schema V2 can not be changed to schema V1", value: is.Schema}
	case !was.shared() || !is.shared():
		return &cardError{code: 200621, path: "ROOT -> config -> update_multi", msg: "only a shared card can be updated, set update_multi to true before and after", value: "false"}
	}
	return nil
}

// head is what decides how a card is treated.
type head struct {
	Schema string `json:"schema"`
	Config struct {
		UpdateMulti *bool `json:"update_multi"`
	} `json:"config"`
}

func cardHead(raw []byte) head {
	var h head
	_ = json.Unmarshal(raw, &h) // checked where the card was accepted
	return h
}

// shared is the default of 2.0 only.
func (h head) shared() bool {
	if h.Config.UpdateMulti == nil {
		return h.Schema == "2.0"
	}
	return *h.Config.UpdateMulti
}

// editMessage is PUT /im/v1/messages/:id: it edits a text or a rich text.
func editMessage(q *request) (answer, *apiError) {
	var in messageBody
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := in.check(); refusal != nil {
		return nil, refusal
	}
	m, c, refusal := q.message(true)
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case m.Type != "text" && m.Type != "post" || in.MsgType != "text" && in.MsgType != "post":
		return nil, fail(230054)
	case m.Edits >= maxEdits:
		return nil, fail(230072)
	}
	next := *m
	next.Type = in.MsgType
	if refusal := q.s.accept(q.app, &next, *in.Content); refusal != nil {
		return nil, refusal
	}
	m.Type, m.Content, m.Mentions = next.Type, next.Content, next.Mentions
	m.Edits, m.Updated, m.Changed = m.Edits+1, true, q.now
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID, Message: m.ID})
	return data(q.s.messageView(q.app, m)), nil
}

// recallMessage is DELETE /im/v1/messages/:id, for the bot's own messages.
func recallMessage(q *request) (answer, *apiError) {
	m, c, refusal := q.message(false)
	if refusal != nil {
		return nil, refusal
	}
	switch {
	case m.App != q.app.ID:
		return nil, fail(230026)
	case m.Recalled:
		return nil, fail(230011)
	}
	m.Recalled, m.Changed = true, q.now
	q.s.touch()
	q.s.publish(simulator.Notice{Type: "update", Persons: c.Members, Chat: c.ID, Message: m.ID})
	return data(struct{}{}), nil
}

// getMessage is GET /im/v1/messages/:id.
func getMessage(q *request) (answer, *apiError) {
	m, _, refusal := q.message(false)
	if refusal != nil {
		return nil, refusal
	}
	return data(map[string]any{"items": []any{q.viewOf(m)}}), nil
}

// listMessages is GET /im/v1/messages of one chat, oldest first.
func listMessages(q *request) (answer, *apiError) {
	if t := q.query.Get("container_id_type"); t != "chat" {
		return nil, badField("container_id_type", "container_id_type is required, options: [chat, thread]")
	}
	c := q.s.state.Chats[q.query.Get("container_id")]
	if c == nil || !c.hasBot(q.app) {
		return nil, fail(230002)
	}
	var list []any
	for _, m := range q.s.state.Messages {
		if m.Chat == c.ID {
			list = append(list, q.viewOf(m))
		}
	}
	return q.page(list, 20, 50)
}

// viewOf is messageView, with the card's own JSON where the query asks for it.
func (q *request) viewOf(m *message) map[string]any {
	v := q.s.messageView(q.app, m)
	if t := q.query.Get("card_msg_content_type"); m.Type == "interactive" && !m.Recalled && (t == "raw_card_content" || t == "user_card_content") {
		v["body"] = map[string]string{"content": m.Content}
	}
	return v
}
