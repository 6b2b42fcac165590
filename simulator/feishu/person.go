package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"magpie/simulator"
)

// Chats implements simulator.Suite: the direct chats with the bots, the first app's first, then the groups
// by name.
func (s *Server) Chats(person string) []simulator.Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.company.Person(person); !there {
		return nil
	}
	unread := map[string]int{}
	for _, m := range s.state.Messages {
		if _, read := m.ReadAt[person]; m.App != "" && !read && !m.Recalled {
			unread[m.Chat]++
		}
	}
	var out []simulator.Chat
	for _, a := range s.apps {
		if !s.available(a, person) {
			continue
		}
		id := s.directChatID(a, person)
		out = append(out, simulator.Chat{ID: id, Name: a.Name, Type: "direct", Members: []string{person}, Unread: unread[id]})
	}
	var groups []simulator.Chat
	for _, c := range s.state.Chats {
		if c.Type == "group" && !c.Dissolved && c.has(person) {
			groups = append(groups, simulator.Chat{ID: c.ID, Name: c.Name, Type: "group", Members: slices.Clone(c.Members), Unread: unread[c.ID]})
		}
	}
	sort.Slice(groups, func(i, j int) bool {
		return groups[i].Name < groups[j].Name || groups[i].Name == groups[j].Name && groups[i].ID < groups[j].ID
	})
	return append(out, groups...)
}

// chatOf finds a chat that a person is in; "" is the direct chat with the first bot. Callers hold s.mu.
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
	if c := s.state.Chats[id]; c != nil && c.has(person) && !c.Dissolved && c.Type == "group" {
		return c, nil
	}
	return nil, fmt.Errorf("chat %q of %s: %w", id, person, simulator.ErrNotFound)
}

// Say implements simulator.Suite. @ before the name of a bot, of somebody in the chat or of 所有人 mentions
// them. The events leave on their own: Say does not wait for Magpie.
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
	now := s.now()
	m := &message{ID: "om_x100b" + random(27), Chat: c.ID, Person: person, Type: "text", Created: now, Changed: now}
	text, m.Mentions = s.mentions(c, text)
	m.Content = encode(map[string]any{"text": text})
	s.post(m)
	for _, a := range s.apps {
		if c.hasBot(a) && (c.Type == "p2p" || a.AllGroupMessages || mentionsBot(m, a)) {
			s.emit(a, "im.message.receive_v1", s.received(a, c, m), "")
		}
	}
	return m.ID, nil
}

func mentionsBot(m *message, a *app) bool {
	return slices.ContainsFunc(m.Mentions, func(at mention) bool { return at.App == a.ID })
}

// mentions replaces every @name of the chat by a placeholder. Longer names are tried first, since one name
// may begin another; the same person mentioned twice keeps one placeholder.
func (s *Server) mentions(c *chat, text string) (string, []mention) {
	var names []mention
	for _, a := range s.apps {
		if c.hasBot(a) {
			names = append(names, mention{App: a.ID, Name: a.Name})
		}
	}
	for _, id := range c.Members {
		if p, ok := s.company.Person(id); ok {
			names = append(names, mention{Person: id, Name: p.Name})
		}
	}
	if c.Type == "group" {
		names = append(names, mention{Key: "@_all", Name: "所有人"})
	}
	sort.SliceStable(names, func(i, j int) bool { return len(names[i].Name) > len(names[j].Name) })
	var out strings.Builder
	var found []mention
	next := 0
	for {
		at := strings.IndexByte(text, '@')
		if at < 0 {
			out.WriteString(text)
			return out.String(), found
		}
		out.WriteString(text[:at])
		text = text[at:]
		i := slices.IndexFunc(names, func(n mention) bool { return strings.HasPrefix(text[1:], n.Name) })
		if i < 0 {
			out.WriteByte('@')
			text = text[1:]
			continue
		}
		if !slices.ContainsFunc(found, func(m mention) bool { return m.Name == names[i].Name }) {
			if names[i].Key == "" {
				next++
				names[i].Key = fmt.Sprintf("@_user_%d", next)
			}
			found = append(found, names[i])
		}
		out.WriteString(names[i].Key)
		text = text[1+len(names[i].Name):]
	}
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
		if only != "" && m.Chat != only || !c.has(person) || c.Dissolved {
			continue
		}
		out = append(out, s.seen(m, person))
	}
	return out, nil
}

// seen is a message as a person sees it. Callers hold s.mu.
func (s *Server) seen(m *message, person string) simulator.Message {
	v := simulator.Message{ID: m.ID, Chat: m.Chat, From: m.Person, Kind: "text", Status: "sent", Updated: m.Updated,
		Urgent: m.Urgent[person], ReplyTo: m.Parent, At: m.Created,
		Buttons: []simulator.Button{}, Inputs: []simulator.Input{}, ReadBy: []string{}}
	if m.App != "" {
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
	if m.Type != "interactive" {
		v.Text = s.plain(m)
		return v
	}
	card := s.view(m.Content)
	v.Kind, v.Text, v.Card = "card", card.text, json.RawMessage(m.Content)
	for _, b := range card.buttons {
		v.Buttons = append(v.Buttons, b.Button)
	}
	for _, in := range card.inputs {
		v.Inputs = append(v.Inputs, in.Input)
	}
	return v
}

// plain is what a message without a card says.
func (s *Server) plain(m *message) string {
	var v map[string]any
	_ = json.Unmarshal([]byte(m.Content), &v)
	switch m.Type {
	case "text":
		text, _ := v["text"].(string)
		// From the back: @_user_1 begins @_user_10.
		for i := len(m.Mentions) - 1; i >= 0; i-- {
			text = strings.ReplaceAll(text, m.Mentions[i].Key, "@"+m.Mentions[i].Name)
		}
		return strings.ReplaceAll(text, "@_all", "@所有人")
	case "post":
		return s.postText(v)
	case "image":
		return "[图片]"
	case "share_chat":
		return "[群名片]"
	case "share_user":
		return "[个人名片]"
	}
	return "[" + m.Type + "]"
}

func (s *Server) postText(v map[string]any) string {
	body, _ := v["zh_cn"].(map[string]any)
	for _, lang := range sortedKeys(v) {
		if body == nil {
			body, _ = v[lang].(map[string]any)
		}
	}
	var lines []string
	if title, _ := body["title"].(string); title != "" {
		lines = append(lines, title)
	}
	paragraphs, _ := body["content"].([]any)
	for _, p := range paragraphs {
		nodes, _ := p.([]any)
		line := ""
		for _, n := range nodes {
			node, _ := n.(map[string]any)
			text, _ := node["text"].(string)
			switch node["tag"] {
			case "at":
				id, _ := node["user_id"].(string)
				line += "@" + s.nameOf(id)
			case "img":
				line += "[图片]"
			case "md":
				line += s.plainMarkdown(text)
			default:
				line += text
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// nameOf is the name behind any id of a person or bot, the id itself when nobody has it.
func (s *Server) nameOf(id string) string {
	if id == "all" {
		return "所有人"
	}
	for _, kind := range []string{"open_id", "user_id", "union_id"} {
		if ref, ok := s.byID[kind+" "+id]; ok {
			p, _ := s.company.Person(ref.person)
			return p.Name
		}
	}
	for _, a := range s.apps {
		if id == s.botID(a) {
			return a.Name
		}
	}
	return id
}

// Read implements simulator.Suite: the person opens the chat and sees the message. In a direct chat the bot
// is told both.
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
	if c := s.state.Chats[m.Chat]; c.Type == "p2p" {
		a := s.appNamed(c.Bots[0])
		s.emit(a, "im.chat.access_event.bot_p2p_chat_entered_v1", s.enteredEvent(a, person, c), "")
	}
	s.markRead(m, person)
	return nil
}

// visible finds a message in a chat that a person is in. Callers hold s.mu.
func (s *Server) visible(person, id string) (*message, error) {
	m := s.byMsg[id]
	if m != nil {
		if c := s.state.Chats[m.Chat]; c.has(person) && !c.Dissolved {
			return m, nil
		}
	}
	return nil, fmt.Errorf("message %q of %s: %w", id, person, simulator.ErrNotFound)
}

// markRead notes the first reading of a bot's message. Callers hold s.mu.
func (s *Server) markRead(m *message, person string) {
	if _, read := m.ReadAt[person]; read || m.App == "" {
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
	c := s.state.Chats[m.Chat]
	s.publish(simulator.Notice{Type: "read", Persons: c.Members, Chat: c.ID, Message: m.ID, Text: person})
	if a := s.appNamed(m.App); c.Type == "p2p" && a != nil {
		s.emit(a, "im.message.message_read_v1", s.readEvent(a, person, at, []string{m.ID}), "")
	}
}
