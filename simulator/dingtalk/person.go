package dingtalk

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"magpie/simulator"
)

// maxTextBytes is the longest text that a person writes here.
const maxTextBytes = 20 << 10

// Chats implements simulator.Suite: the direct chats with the robots, the first app's first, then the work
// notifications and the todos of whoever has any, then the groups by name.
func (s *Server) Chats(person string) []simulator.Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.company.Person(person); !there {
		return nil
	}
	unread := map[string]int{}
	for _, m := range s.state.Messages {
		if _, read := m.ReadAt[person]; m.Via != viaPerson && !read && !m.Recalled && m.seenBy(person) {
			unread[m.Chat]++
		}
	}
	var out []simulator.Chat
	for _, a := range s.apps {
		if s.available(a, person) {
			id := s.directChatID(a, person)
			out = append(out, simulator.Chat{ID: id, Name: a.Name, Type: "direct", Members: []string{person}, Unread: unread[id]})
		}
	}
	for _, id := range []string{s.workChatID(person), s.todoChatID(person)} {
		if c := s.state.Chats[id]; c != nil {
			out = append(out, simulator.Chat{ID: id, Name: c.Name, Type: "direct", Members: []string{person}, Unread: unread[id]})
		}
	}
	var groups []simulator.Chat
	for _, c := range s.state.Chats {
		if c.Type == chatGroup && !c.Disbanded && c.has(person) {
			groups = append(groups, simulator.Chat{ID: c.ID, Name: c.Name, Type: "group", Members: slices.Clone(c.Members), Unread: unread[c.ID]})
		}
	}
	sort.Slice(groups, func(i, j int) bool {
		return groups[i].Name < groups[j].Name || groups[i].Name == groups[j].Name && groups[i].ID < groups[j].ID
	})
	return append(out, groups...)
}

// directChat finds or makes a person's chat with a robot. Callers hold s.mu.
func (s *Server) directChat(a *app, person string) *chat {
	return s.chatFor(s.directChatID(a, person), &chat{Type: chatDirect, Members: []string{person}, Bots: []string{a.ID}})
}

func (s *Server) workChat(person string) *chat {
	return s.chatFor(s.workChatID(person), &chat{Type: chatWork, Name: "工作通知", Members: []string{person}})
}

func (s *Server) todoChat(person string) *chat {
	return s.chatFor(s.todoChatID(person), &chat{Type: chatTodo, Name: "待办", Members: []string{person}})
}

func (s *Server) chatFor(id string, fresh *chat) *chat {
	if c := s.state.Chats[id]; c != nil {
		return c
	}
	fresh.ID, fresh.Created = id, s.now()
	s.state.Chats[id] = fresh
	s.touch()
	return fresh
}

// chatOf finds a chat that a person can open; "" is the direct chat with the first robot. Callers hold s.mu.
func (s *Server) chatOf(person, id string) (*chat, error) {
	if _, there := s.company.Person(person); !there {
		return nil, fmt.Errorf("person %q: %w", person, simulator.ErrNotFound)
	}
	if id == "" {
		id = s.directChatID(s.apps[0], person)
	}
	for _, a := range s.apps {
		if id == s.directChatID(a, person) && s.available(a, person) {
			return s.directChat(a, person), nil
		}
	}
	if c := s.state.Chats[id]; c != nil && c.Type != chatDirect && c.has(person) && !c.Disbanded {
		return c, nil
	}
	return nil, fmt.Errorf("chat %q of %s: %w", id, person, simulator.ErrNotFound)
}

// Say implements simulator.Suite. In a group a robot hears only what mentions it, as @ and its name. The
// callback leaves on its own: Say does not wait for Magpie.
func (s *Server) Say(_ context.Context, person, chatID, text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("text is empty: %w", simulator.ErrInvalid)
	}
	if len(text) > maxTextBytes {
		return "", fmt.Errorf("text of %d bytes: %w", len(text), simulator.ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return "", simulator.ErrClosed
	}
	c, err := s.chatOf(person, chatID)
	if err != nil {
		return "", err
	}
	if c.Type == chatWork || c.Type == chatTodo {
		return "", fmt.Errorf("nobody can write into %s: %w", c.Name, simulator.ErrInvalid)
	}
	m := &message{ID: newMessageID(), Chat: c.ID, Via: viaPerson, Person: person, Kind: "text", Content: text, Created: s.now()}
	s.postMessage(m)
	for _, a := range s.apps {
		heard, at := s.heard(a, c, text)
		if c.Type == chatDirect && c.hasBot(a) {
			s.hear(a, c, m, text, nil)
		} else if c.hasBot(a) && len(at) > 0 {
			s.hear(a, c, m, heard, at)
		}
	}
	return m.ID, nil
}

// heard is what a robot gets of a group's text: without its own name. at are the ids mentioned, the robot's
// first, empty when it is not among them.
func (s *Server) heard(a *app, c *chat, text string) (string, []map[string]any) {
	own := "@" + a.Name
	if !strings.Contains(text, own) {
		return "", nil
	}
	at := []map[string]any{{"dingtalkId": s.botID(a)}}
	for _, id := range c.Members {
		if p, ok := s.company.Person(id); ok && strings.Contains(text, "@"+p.Name) {
			// Over the stream the staffId of who was mentioned is left out.
			row := map[string]any{"dingtalkId": s.dingtalkID(id)}
			if a.RobotTransport == TransportWebhook {
				row["staffId"] = s.userID(id)
			}
			at = append(at, row)
		}
	}
	return strings.ReplaceAll(text, own, ""), at
}

// Messages implements simulator.Suite.
func (s *Server) Messages(person, chatID string) ([]simulator.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.company.Person(person); !there {
		return nil, fmt.Errorf("person %q: %w", person, simulator.ErrNotFound)
	}
	only := ""
	if chatID != "" {
		c, err := s.chatOf(person, chatID)
		if err != nil {
			return nil, err
		}
		only = c.ID
	}
	out := []simulator.Message{}
	for _, m := range s.state.Messages {
		c := s.state.Chats[m.Chat]
		if only != "" && m.Chat != only || !c.has(person) || c.Disbanded || !m.seenBy(person) {
			continue
		}
		out = append(out, s.seen(m, person))
	}
	return out, nil
}

// seenBy tells whether a message is for a person of its chat.
func (m *message) seenBy(person string) bool {
	return len(m.Only) == 0 || slices.Contains(m.Only, person)
}

// audience is whose view a message is in. Callers hold s.mu.
func (s *Server) audience(m *message) []string {
	if len(m.Only) > 0 {
		return m.Only
	}
	return s.state.Chats[m.Chat].Members
}

// postMessage adds a message to its chat. Callers hold s.mu.
func (s *Server) postMessage(m *message) {
	s.state.Messages = append(s.state.Messages, m)
	s.byMsg[m.ID] = m
	s.touch()
	s.publish(simulator.Notice{Type: "message", Persons: s.audience(m), Chat: m.Chat, Message: m.ID})
}

// seen is a message as a person sees it. Callers hold s.mu.
func (s *Server) seen(m *message, person string) simulator.Message {
	v := simulator.Message{ID: m.ID, Chat: m.Chat, From: m.Person, Kind: "text", Status: "sent", Updated: m.Updated,
		Urgent: m.Urgent[person], ReplyTo: m.Reply, At: m.Created,
		Buttons: []simulator.Button{}, Inputs: []simulator.Input{}, ReadBy: []string{}}
	if m.Via != viaPerson {
		v.From = "bot"
	}
	for p := range m.ReadAt {
		v.ReadBy = append(v.ReadBy, p)
	}
	slices.Sort(v.ReadBy)
	if m.Recalled {
		v.Status = "recalled"
		return v
	}
	shown := s.messageView(m)
	if m.Via == viaCard {
		c := s.state.Cards[m.Ref]
		shown = s.view(c, person)
		v.Kind, v.Card = "card", s.cardJSON(c, person)
	} else if raw := m.cardJSON(); raw != nil {
		v.Kind, v.Card = "card", raw
	}
	v.Text = shown.text
	for _, b := range shown.buttons {
		v.Buttons = append(v.Buttons, b.Button)
	}
	for _, in := range shown.inputs {
		v.Inputs = append(v.Inputs, in.Input)
	}
	return v
}

// Read implements simulator.Suite: the person opens the chat and sees the message. The app is told.
func (s *Server) Read(_ context.Context, person, messageID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return simulator.ErrClosed
	}
	m, err := s.visible(person, messageID)
	if err != nil {
		return err
	}
	s.markRead(m, person)
	return nil
}

// visible finds a message in a chat that a person is in. Callers hold s.mu.
func (s *Server) visible(person, id string) (*message, error) {
	if m := s.byMsg[id]; m != nil {
		if c := s.state.Chats[m.Chat]; c.has(person) && !c.Disbanded && m.seenBy(person) {
			return m, nil
		}
	}
	return nil, fmt.Errorf("message %q of %s: %w", id, person, simulator.ErrNotFound)
}

// markRead notes the first reading of what an app sent. What was sent by the robot is reported as an event.
// Callers hold s.mu.
func (s *Server) markRead(m *message, person string) {
	if _, read := m.ReadAt[person]; read || m.Via == viaPerson {
		return
	}
	if m.ReadAt == nil {
		m.ReadAt = map[string]time.Time{}
	}
	at := s.now()
	m.ReadAt[person] = at
	if m.Urgent[person] {
		m.Urgent[person] = false
	}
	s.touch()
	s.publish(simulator.Notice{Type: "read", Persons: s.audience(m), Chat: m.Chat, Message: m.ID, Text: person})
	if a := s.appNamed(m.App); a != nil && m.Query != "" {
		s.emit(a, "robot_msg_read", s.readEvent(a, m, person, at))
	}
}

// Withdraw takes a robot's message out of a group as its owner, who may do that to everybody's. The app is
// told by robot_msg_recall.
func (s *Server) Withdraw(person, messageID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return simulator.ErrClosed
	}
	m, err := s.visible(person, messageID)
	if err != nil {
		return err
	}
	if c := s.state.Chats[m.Chat]; c.Type != chatGroup || c.Owner != person || m.Via == viaPerson || m.Recalled {
		return fmt.Errorf("%s can not withdraw %q: %w", person, messageID, simulator.ErrInvalid)
	}
	s.recallMessage(m)
	if sent := s.state.Sends[m.Query]; sent != nil {
		sent.Recalled = true
	}
	if a := s.appNamed(m.App); a != nil && m.Query != "" {
		s.emit(a, "robot_msg_recall", s.recallEvent(a, m, person, s.now()))
	}
	return nil
}
