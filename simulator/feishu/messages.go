package feishu

import (
	"strconv"
	"strings"
	"time"

	"magpie/simulator"
)

// Limits of messages.
//
// Source: Feishu Open Platform, "Send message", "Edit message", "Update card", checked 2026-11.
const (
	maxTextBytes = 150 << 10
	maxCardBytes = 30 << 10
	maxUUID      = 50
	uuidLife     = time.Hour
	updateLife   = 14 * 24 * time.Hour
	maxEdits     = 20
)

type messageBody struct {
	ReceiveID string  `json:"receive_id"`
	MsgType   string  `json:"msg_type"`
	Content   *string `json:"content"`
	UUID      string  `json:"uuid"`
}

func (b messageBody) check() *apiError {
	switch {
	case b.MsgType == "":
		return badField("msg_type", "msg_type is required")
	case b.Content == nil || *b.Content == "":
		return badField("content", "content is required")
	case len([]rune(b.UUID)) > maxUUID:
		return badField("uuid", "the max len is 50")
	}
	return nil
}

// createMessage is POST /im/v1/messages.
func createMessage(q *request) (answer, *apiError) {
	idType := q.query.Get("receive_id_type")
	switch idType {
	case "open_id", "union_id", "user_id", "email", "chat_id":
	default:
		return nil, badField("receive_id_type", "receive_id_type is required, options: [open_id, union_id, user_id, email, chat_id]")
	}
	var in messageBody
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if in.ReceiveID == "" {
		return nil, badField("receive_id", "receive_id is required")
	}
	if refusal := in.check(); refusal != nil {
		return nil, refusal
	}
	if m := q.s.sentBefore(q.app, in.UUID, q.now); m != nil {
		return data(q.s.messageView(q.app, m)), nil
	}
	c, refusal := q.s.receiver(q.app, idType, in.ReceiveID)
	if refusal != nil {
		return nil, refusal
	}
	return q.send(c, in, nil)
}

// replyMessage is POST /im/v1/messages/:id/reply.
func replyMessage(q *request) (answer, *apiError) {
	var in messageBody
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	if refusal := in.check(); refusal != nil {
		return nil, refusal
	}
	if m := q.s.sentBefore(q.app, in.UUID, q.now); m != nil {
		return data(q.s.messageView(q.app, m)), nil
	}
	m, c, refusal := q.message(false)
	if refusal != nil {
		return nil, refusal
	}
	return q.send(c, in, m)
}

// send checks content and pace, then puts the message into the chat.
func (q *request) send(c *chat, in messageBody, parent *message) (answer, *apiError) {
	m := &message{ID: "om_x100b" + random(27), Chat: c.ID, App: q.app.ID, Type: in.MsgType, UUID: in.UUID,
		Created: q.now, Changed: q.now}
	if refusal := q.s.accept(q.app, m, *in.Content); refusal != nil {
		return nil, refusal
	}
	key := "to " + c.ID
	if refusal := q.s.rates.fiveASecond(key, q.now); refusal != nil {
		return nil, refusal
	}
	if parent != nil {
		m.Parent, m.Root = parent.ID, parent.ID
		if parent.Root != "" {
			m.Root = parent.Root
		}
	}
	q.s.post(m)
	return data(q.s.messageView(q.app, m)), nil
}

// post adds a message to its chat and tells who can see it. Callers hold s.mu.
func (s *Server) post(m *message) {
	s.state.Messages = append(s.state.Messages, m)
	s.index(m)
	s.touch()
	s.publish(simulator.Notice{Type: "message", Persons: s.state.Chats[m.Chat].Members, Chat: m.Chat, Message: m.ID})
}

// index makes a message findable. Callers hold s.mu.
func (s *Server) index(m *message) {
	s.byMsg[m.ID] = m
	if m.UUID != "" {
		s.byUUID[m.App+" "+m.UUID] = m
	}
}

// sentBefore finds what the same uuid sent within the hour.
func (s *Server) sentBefore(a *app, uuid string, now time.Time) *message {
	m := s.byUUID[a.ID+" "+uuid]
	if uuid == "" || m == nil || now.Sub(m.Created) >= uuidLife {
		return nil
	}
	return m
}

// receiver finds the chat that an id means, opening the direct chat with a person if need be.
func (s *Server) receiver(a *app, idType, id string) (*chat, *apiError) {
	if idType == "chat_id" {
		if !strings.HasPrefix(id, "oc_") {
			return nil, fail(230034)
		}
		c := s.state.Chats[id]
		switch {
		case c == nil || !c.hasBot(a):
			return nil, fail(230002)
		case c.Dissolved:
			return nil, fail(232009)
		case c.Type == "p2p" && !s.available(a, c.Members[0]):
			return nil, fail(230013)
		}
		return c, nil
	}
	person, refusal := s.find(a, idType, id)
	if refusal != nil {
		return nil, refusal
	}
	if !s.available(a, person) {
		return nil, fail(230013)
	}
	return s.directChat(a, person), nil
}

// find is personOf with the gateway's refusals.
func (s *Server) find(a *app, idType, id string) (string, *apiError) {
	person, found, crossApp := s.personOf(a, idType, id)
	switch {
	case found:
		return person, nil
	case crossApp:
		return "", fail(99992361)
	case idType == "email":
		return "", fail(230034)
	case idType == "user_id":
		return "", failf(99992360, "Invalid ids: [%s]", id)
	case idType == "union_id":
		return "", failf(99992363, "Invalid ids: [%s]", id)
	}
	return "", failf(99992351, "Invalid ids: [%s]", id)
}

func (s *Server) available(a *app, person string) bool {
	for _, p := range a.Unavailable {
		if p == person {
			return false
		}
	}
	return true
}

// directChat is the conversation of a person with a bot, made when first used.
func (s *Server) directChat(a *app, person string) *chat {
	id := s.directChatID(a, person)
	c := s.state.Chats[id]
	if c == nil {
		c = &chat{ID: id, Type: "p2p", Members: []string{person}, Bots: []string{a.ID}}
		s.state.Chats[id] = c
		s.touch()
	}
	return c
}

// message finds the one the path names, which must be in a chat the bot is in; own asks for one that this
// bot sent and that still stands.
func (q *request) message(own bool) (*message, *chat, *apiError) {
	id := q.path("id")
	if !strings.HasPrefix(id, "om_") {
		return nil, nil, badField("message_id", "message_id is not a valid open_message_id")
	}
	m := q.s.byMsg[id]
	if m == nil {
		return nil, nil, failf(230001, "message %s does not exist", id)
	}
	c := q.s.state.Chats[m.Chat]
	switch {
	case !c.hasBot(q.app):
		return nil, nil, fail(230002)
	case c.Dissolved:
		return nil, nil, fail(232009)
	case own && m.App != q.app.ID:
		return nil, nil, fail(230012)
	case own && m.Recalled:
		return nil, nil, fail(230011)
	}
	return m, c, nil
}

// messageView is a message as the API returns it.
func (s *Server) messageView(a *app, m *message) map[string]any {
	sender := map[string]any{"id": "", "id_type": "app_id", "sender_type": "app", "tenant_key": s.state.TenantKey}
	if m.App != "" {
		sender["id"] = s.appNamed(m.App).AppID
	} else {
		sender["id"], sender["id_type"], sender["sender_type"] = s.openID(a, m.Person), "open_id", "user"
	}
	content := m.Content
	if m.Type == "interactive" {
		content = s.cardDigest(m.Content)
	}
	out := map[string]any{
		"message_id": m.ID, "msg_type": m.Type, "chat_id": m.Chat, "deleted": m.Recalled, "updated": m.Updated,
		"create_time": millis(m.Created), "update_time": millis(m.Changed), "sender": sender,
		"body": map[string]string{"content": content},
	}
	if m.Recalled {
		out["body"] = map[string]string{"content": "This message was recalled"}
	}
	if m.Root != "" {
		out["root_id"], out["parent_id"] = m.Root, m.Parent
	}
	if len(m.Mentions) > 0 {
		list := make([]map[string]any, 0, len(m.Mentions))
		for _, at := range m.Mentions {
			row := map[string]any{"key": at.Key, "name": at.Name, "id_type": "open_id", "tenant_key": s.state.TenantKey}
			if b := s.appNamed(at.App); at.App != "" && b != nil {
				row["id"] = s.botID(b)
			} else {
				row["id"] = s.openID(a, at.Person)
			}
			list = append(list, row)
		}
		out["mentions"] = list
	}
	return out
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
