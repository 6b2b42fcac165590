package wecom

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"magpie/simulator"
)

// maxSaid is the longest text that the client lets a person write, in bytes.
const maxSaid = 2048

// Chats implements simulator.Suite: the conversations with the apps, the first app's first, then those with
// the robots, then groups by name. A group of people is there when a robot or a push is in it.
func (s *Server) Chats(person string) []simulator.Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.employed(person) {
		return nil
	}
	unread := map[string]int{}
	for _, m := range s.state.Messages {
		if _, read := m.ReadAt[person]; m.From != "" && !read && !m.Recalled && slices.Contains(s.seenBy(m), person) {
			unread[chatOf(m, person)]++
		}
	}
	var out []simulator.Chat
	direct := func(connection, name string) {
		id := directChatID(connection, person)
		out = append(out, simulator.Chat{ID: id, Name: name, Type: "direct", Members: []string{person}, Unread: unread[id]})
	}
	for _, a := range s.apps {
		if s.visible(a, person) {
			direct(a.ID, a.Name)
		}
	}
	for _, r := range s.robots {
		direct(r.ID, r.Name)
	}
	var groups []simulator.Chat
	for _, c := range s.state.Chats {
		if c.has(person) && s.alive(c) {
			groups = append(groups, simulator.Chat{ID: c.ID, Name: c.Name, Type: "group", Members: slices.Clone(c.Members), Unread: unread[c.ID]})
		}
	}
	sort.Slice(groups, func(i, j int) bool {
		return groups[i].Name < groups[j].Name || groups[i].Name == groups[j].Name && groups[i].ID < groups[j].ID
	})
	return append(out, groups...)
}

// alive tells whether a group has something of ours in it. Callers hold s.mu.
func (s *Server) alive(c *chat) bool {
	if c.App != "" || len(s.robots) > 0 {
		return true
	}
	return slices.ContainsFunc(s.pushes, func(p *push) bool { return s.groupID(p.Group) == c.ID })
}

// place is where a person writes: the conversation with an app or a robot, or a group.
type place struct {
	id    string
	app   *app
	robot *robot
	group *chat
}

// placeOf finds a conversation of a person; "" is that with the first app. Callers hold s.mu.
func (s *Server) placeOf(person, id string) (place, error) {
	if !s.employed(person) {
		return place{}, fmt.Errorf("person %q: %w", person, simulator.ErrNotFound)
	}
	for _, a := range s.apps {
		if own := directChatID(a.ID, person); (id == own || id == "") && s.visible(a, person) {
			return place{id: own, app: a}, nil
		}
	}
	for _, r := range s.robots {
		if own := directChatID(r.ID, person); id == own {
			return place{id: own, robot: r}, nil
		}
	}
	if c := s.state.Chats[id]; c != nil && c.has(person) && s.alive(c) {
		return place{id: id, group: c}, nil
	}
	return place{}, fmt.Errorf("chat %q of %s: %w", id, person, simulator.ErrNotFound)
}

// Say implements simulator.Suite. An app hears what is written to it alone; a robot also what mentions it in a
// group. The callbacks leave on their own: Say does not wait for Magpie.
func (s *Server) Say(_ context.Context, person, chatID, words string) (string, error) {
	if strings.TrimSpace(words) == "" {
		return "", fmt.Errorf("text is empty: %w", simulator.ErrInvalid)
	}
	if len(words) > maxSaid {
		return "", fmt.Errorf("text of %d bytes: %w", len(words), simulator.ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return "", simulator.ErrClosed
	}
	at, err := s.placeOf(person, chatID)
	if err != nil {
		return "", err
	}
	m := &message{ID: number64(), Person: person, Type: "text", Created: s.now(), Content: encode(map[string]string{"content": words})}
	switch {
	case at.app != nil:
		m.With = at.app.ID
	case at.robot != nil:
		m.With = at.robot.ID
	default:
		m.Chat = at.group.ID
	}
	s.post(m)
	switch {
	case at.app != nil:
		a := at.app
		to, _ := s.endpoint(a.ID)
		s.dispatch(&delivery{to: to, event: "text", body: s.said(a, person, m.ID, words),
			replied: func(reply []byte) { s.passive(a, person, nil, reply) }})
	case at.robot != nil:
		s.tellRobot(at.robot, m, nil)
	default:
		for _, r := range s.robots {
			if strings.Contains(words, "@"+r.Name) && at.group.App == "" {
				s.tellRobot(r, m, at.group)
			}
		}
	}
	return m.ID, nil
}

// Messages implements simulator.Suite.
func (s *Server) Messages(person, chatID string) ([]simulator.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.employed(person) {
		return nil, fmt.Errorf("person %q: %w", person, simulator.ErrNotFound)
	}
	only := ""
	if chatID != "" {
		at, err := s.placeOf(person, chatID)
		if err != nil {
			return nil, err
		}
		only = at.id
	}
	out := []simulator.Message{}
	for _, m := range s.state.Messages {
		if !slices.Contains(s.seenBy(m), person) || only != "" && chatOf(m, person) != only {
			continue
		}
		out = append(out, s.shown(m, person))
	}
	return out, nil
}

// cards are the types that are drawn as cards rather than said.
var cards = map[string]bool{"template_card": true, "textcard": true, "markdown": true, "markdown_v2": true, "news": true, "mpnews": true,
	"miniprogram_notice": true}

// shown is a message as a person sees it. Its card is the message as the API takes it: msgtype and the part of
// that name; a card whose buttons were greyed has button.replace_name beside it. Callers hold s.mu.
func (s *Server) shown(m *message, person string) simulator.Message {
	v := simulator.Message{ID: m.ID, Chat: chatOf(m, person), From: m.Person, Kind: "text", Status: "sent", Updated: m.Updated, ReplyTo: m.Quotes, At: m.Created,
		Buttons: []simulator.Button{}, Inputs: []simulator.Input{}, ReadBy: []string{}}
	if m.From != "" {
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
	if m.Views[person] != nil {
		v.Updated = true
	}
	card, replace := m.cardOf(person)
	if !cards[m.Type] {
		v.Text = s.words(m)
		return v
	}
	whole := map[string]any{"msgtype": m.Type, m.Type: card}
	if replace != "" {
		whole["button"] = map[string]string{"replace_name": replace}
	}
	v.Kind, v.Text, v.Card = "card", s.words(m), encode(whole)
	if m.Type != "template_card" {
		v.Buttons = append(v.Buttons, otherButtons(m)...)
		return v
	}
	laid := m.view(person)
	v.Text = strings.Join(laid.lines, "\n")
	for _, b := range laid.buttons {
		v.Buttons = append(v.Buttons, b.Button)
	}
	for _, in := range laid.inputs {
		if !in.disabled && !laid.closed {
			v.Inputs = append(v.Inputs, in.Input)
		}
	}
	return v
}

// otherButtons are the links of cards that are no template cards.
func otherButtons(m *message) []simulator.Button {
	o, err := parseObject(m.Content)
	if err != nil {
		return nil
	}
	switch m.Type {
	case "textcard":
		label := o.str("btntxt")
		if label == "" {
			label = "详情"
		}
		return []simulator.Button{{ID: "card", Label: label, URL: o.str("url")}}
	case "news":
		var out []simulator.Button
		for i, a := range o.list("articles") {
			if a.str("url") != "" {
				out = append(out, simulator.Button{ID: fmt.Sprintf("article-%d", i+1), Label: a.str("title"), URL: a.str("url")})
			}
		}
		return out
	}
	return nil
}

// words is what a message says.
func (s *Server) words(m *message) string {
	o, err := parseObject(m.Content)
	if err != nil {
		return ""
	}
	switch m.Type {
	case "text", "stream":
		return plainWords(o.str("content"))
	case "markdown", "markdown_v2":
		return plainMarkdown(o.str("content"))
	case "textcard":
		return o.str("title") + "\n" + markup.ReplaceAllString(strings.ReplaceAll(o.str("description"), "<br>", "\n"), "")
	case "news", "mpnews":
		var lines []string
		for _, a := range o.list("articles") {
			lines = append(lines, nonEmpty([]string{a.str("title"), a.str("description")})...)
		}
		return strings.Join(lines, "\n")
	case "miniprogram_notice":
		return o.str("title")
	case "image":
		return "[图片]"
	case "voice":
		return "[语音]"
	case "video":
		return "[视频]"
	case "file":
		if f := s.state.Media[o.str("media_id")]; f != nil {
			return "[文件] " + f.Name
		}
		return "[文件]"
	}
	return "[" + m.Type + "]"
}

// openFor is how long a conversation with an app counts as open; reading on in it is no new visit.
const openFor = time.Minute

// Read implements simulator.Suite: the person opens the conversation and sees the message. WeCom tells nobody
// who has read what; only that the conversation was opened is told, when there was something new in it.
func (s *Server) Read(_ context.Context, person, messageID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return simulator.ErrClosed
	}
	m, err := s.message(person, messageID)
	if err != nil {
		return err
	}
	fresh := s.markRead(m, person)
	if a := s.appNamed(m.From); fresh && a != nil && m.Chat == "" && s.visit(a, person) {
		s.emit(a, "enter_agent", s.event(a, s.userID(person), "enter_agent", text("EventKey", "")))
	}
	if r := s.robotNamed(m.From); r != nil && m.Chat == "" {
		s.enterRobot(r, person)
	}
	return nil
}

// visit notes that a person reads in an app's conversation, and tells whether they have only now opened it.
// Callers hold s.mu.
func (s *Server) visit(a *app, person string) bool {
	key, now := a.ID+" "+person, s.now()
	last, before := s.opened[key]
	s.opened[key] = now
	return !before || now.Sub(last) >= openFor
}

// message finds one that a person can see. Callers hold s.mu.
func (s *Server) message(person, id string) (*message, error) {
	if m := s.byMsg[id]; m != nil && s.employed(person) && slices.Contains(s.seenBy(m), person) {
		return m, nil
	}
	return nil, fmt.Errorf("message %q of %s: %w", id, person, simulator.ErrNotFound)
}

// markRead notes the first reading of a message that an app sent, for the page alone. Callers hold s.mu.
func (s *Server) markRead(m *message, person string) bool {
	if _, read := m.ReadAt[person]; read || m.From == "" {
		return false
	}
	if m.ReadAt == nil {
		m.ReadAt = map[string]time.Time{}
	}
	m.ReadAt[person] = s.now()
	s.touch()
	s.publish(simulator.Notice{Type: "read", Persons: s.seenBy(m), Chat: chatOf(m, person), Message: m.ID, Text: person})
	return true
}
