package wecom

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"magpie/simulator"
)

// Smart robots: JSON callbacks, or the same bodies over one WebSocket.
//
// Source: WeCom developer documents, "Smart robot" (paths 100719, 101027, 101031, 101032, 101033, 101138,
// 101463), checked 2026-11.
const (
	streamLife    = 6 * time.Minute // from the person's message
	streamPoll    = time.Second     // how often a callback robot is asked how its stream goes on
	responseLife  = time.Hour       // of a response_url
	maxInFlight   = 3               // messages of one person that one robot has not finished answering
	maxStream     = 20480           // bytes
	maxStreamPics = 10
)

// robot is one smart robot at run time. Transport, Webhook and sockets are guarded by Server.mu.
type robot struct {
	Robot
	RobotCredentials
	sockets []*socket // those that are open; only the last one to subscribe is told anything
	live    *socket
	pending map[string]*exchange // what the long connection can still answer, by req_id
}

// exchange is one callback that a robot may answer.
type exchange struct {
	kind     string // message, enter_chat, card
	person   string
	group    *chat
	at       time.Time
	card     *message // of a press
	stream   *message
	streamID string
	withCard bool // the answer's one card has been sent
	answered bool
}

// replyURL is a response_url that has been handed out.
type replyURL struct {
	robot  *robot
	person string
	group  *chat
	quote  string // the message it answers
	until  time.Time
	used   bool
}

func (s *Server) addRobot(r Robot) error {
	if r.Name == "" {
		r.Name = "鹊桥"
	}
	if r.Transport == "" {
		r.Transport = TransportWebhook
	}
	switch {
	case r.ID == "" || s.appNamed(r.ID) != nil || s.robotNamed(r.ID) != nil || r.ID == s.contacts.ID:
		return fmt.Errorf("robot %q: the id is missing or there twice", r.ID)
	case r.Transport != TransportWebhook && r.Transport != TransportWebsocket:
		return fmt.Errorf("robot %s: transport %q is neither webhook nor websocket", r.ID, r.Transport)
	}
	cred := r.Credentials
	if cred == nil {
		cred = s.state.Robots[r.ID]
	}
	if cred == nil {
		cred = &RobotCredentials{BotID: "aib" + secret(29), Secret: secret(43), Token: secret(24), EncodingAESKey: secret(43)}
	}
	if _, err := aesKey(cred.EncodingAESKey); err != nil {
		return fmt.Errorf("robot %s: %w", r.ID, err)
	}
	s.state.Robots[r.ID] = cred
	s.robots = append(s.robots, &robot{Robot: r, RobotCredentials: *cred, pending: map[string]*exchange{}})
	return nil
}

func (s *Server) addPush(p Push) error {
	if p.Name == "" {
		p.Name = "消息推送"
	}
	if p.ID == "" || s.sender(p.ID) {
		return fmt.Errorf("push %q: the id is missing or there twice", p.ID)
	}
	if !slices.ContainsFunc(s.company.Groups, func(g simulator.Group) bool { return g.ID == p.Group }) {
		return fmt.Errorf("push %s: there is no group %q", p.ID, p.Group)
	}
	if p.Key == "" {
		p.Key = s.state.Pushes[p.ID]
	}
	if p.Key == "" {
		k := random(32)
		p.Key = k[:8] + "-" + k[8:12] + "-" + k[12:16] + "-" + k[16:20] + "-" + k[20:]
	}
	s.state.Pushes[p.ID] = p.Key
	s.pushes = append(s.pushes, &push{p})
	return nil
}

func (s *Server) robotNamed(id string) *robot {
	for _, r := range s.robots {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// callback is the part that all bodies to a robot have in common. Callers hold s.mu.
func (s *Server) callback(r *robot, person string, group *chat, msgtype string) map[string]any {
	userid := s.userID(person)
	if r.Sealed {
		userid = s.openUserID(person)
	}
	body := map[string]any{"msgid": secret(32), "create_time": s.now().Unix(), "aibotid": r.BotID, "chattype": "single",
		"from": map[string]string{"userid": userid}, "msgtype": msgtype}
	if group != nil {
		body["chattype"], body["chatid"] = "group", group.ID
	}
	return body
}

// responseURL hands out the right to one answer later on. Callers hold s.mu.
func (s *Server) responseURL(r *robot, person string, group *chat, quote string) string {
	now := s.now()
	for name, u := range s.replies {
		if now.Sub(u.until) > time.Hour {
			delete(s.replies, name)
		}
	}
	name := secret(43)
	s.replies[name] = &replyURL{robot: r, person: person, group: group, quote: quote, until: now.Add(responseLife)}
	return s.base + "/cgi-bin/aibot/response?response_code=" + name
}

// tellRobot hands a message to a robot. Callers hold s.mu.
func (s *Server) tellRobot(r *robot, m *message, group *chat) {
	if group == nil {
		s.enterRobot(r, m.Person)
	}
	key := r.ID + " " + m.Person
	if s.inFlight[key] >= maxInFlight {
		s.warn("%s: %s has %d messages in flight, one more was not passed on", r.ID, m.Person, maxInFlight)
		return
	}
	s.inFlight[key]++
	o, _ := parseObject(m.Content)
	body := s.callback(r, m.Person, group, "text")
	body["msgid"] = m.ID
	body["text"] = map[string]string{"content": o.str("content")}
	body["response_url"] = s.responseURL(r, m.Person, group, m.ID)
	s.tell(r, "text", body, &exchange{kind: "message", person: m.Person, group: group, at: s.now()})
}

// ask puts a question to a robot in a person's name. Callers hold s.mu.
func (s *Server) ask(r *robot, person string, group *chat, question string) {
	m := &message{ID: number64(), Person: person, Type: "text", Created: s.now()}
	if group != nil {
		m.Chat, question = group.ID, "@"+r.Name+" "+question
	} else {
		m.With = r.ID
	}
	m.Content = encode(map[string]string{"content": question})
	s.post(m)
	s.tellRobot(r, m, group)
}

// enterRobot tells a robot of a person's first visit of the day, once. Callers hold s.mu.
func (s *Server) enterRobot(r *robot, person string) {
	today, key := day(s.now()), r.ID+" "+person
	if s.entered[key] == today {
		return
	}
	s.entered[key] = today
	body := s.callback(r, person, nil, "event")
	body["event"] = map[string]any{"eventtype": "enter_chat"}
	s.tell(r, "enter_chat", body, &exchange{kind: "enter_chat", person: person, at: s.now()})
}

// tell sends one body to a robot by its transport. Callers hold s.mu.
func (s *Server) tell(r *robot, event string, body map[string]any, x *exchange) {
	if r.Transport == TransportWebsocket {
		if s.overSocket(r, event, body, x) != nil && x.kind == "message" {
			s.release(r, x)
		}
		return
	}
	to, _ := s.endpoint(r.ID)
	if *to.webhook == "" {
		s.release(r, x)
		return
	}
	// A message is repeated as an app's is; a visit is told once.
	s.dispatch(&delivery{to: to, event: event, body: encode(body), once: x.kind != "message",
		replied: func(reply []byte) { s.answer(r, x, reply) },
		done: func() {
			if x.stream == nil {
				s.release(r, x)
			}
		}})
}

// release ends a message's being in flight. Callers hold s.mu.
func (s *Server) release(r *robot, x *exchange) {
	if x.kind != "message" || x.answered {
		return
	}
	x.answered = true
	if key := r.ID + " " + x.person; s.inFlight[key] > 0 {
		s.inFlight[key]--
	}
}

// pressRobot makes the event of a press on a robot's card. It is sent once: without an answer within 5 s the
// press is lost. Callers hold s.mu.
func (s *Server) pressRobot(r *robot, m *message, person, kind, key string, selected []selection) *press {
	group := s.state.Chats[m.Chat]
	event := map[string]any{"card_type": kind, "event_key": key, "task_id": m.TaskID}
	if len(selected) > 0 {
		items := []any{}
		for _, sel := range selected {
			items = append(items, map[string]any{"question_key": sel.question, "option_ids": map[string]any{"option_id": sel.options}})
		}
		event["selected_items"] = map[string]any{"selected_item": items}
	}
	body := s.callback(r, person, group, "event")
	body["event"] = map[string]any{"eventtype": "template_card_event", "template_card_event": event}
	body["response_url"] = s.responseURL(r, person, group, m.ID)
	x := &exchange{kind: "card", person: person, group: group, at: s.now(), card: m}
	if r.Transport == TransportWebsocket {
		err := s.overSocket(r, "template_card_event", body, x)
		return &press{message: m, send: func(context.Context) error { return err }}
	}
	to, _ := s.endpoint(r.ID)
	d := &delivery{to: to, event: "template_card_event", body: encode(body), once: true,
		replied: func(reply []byte) { s.answer(r, x, reply) }}
	return &press{message: m, send: func(ctx context.Context) error { return s.wait(ctx, d) }}
}

// socketURL is where robots open their long connection.
func (s *Server) socketURL() string {
	return strings.Replace(s.base, "http", "ws", 1) + socketPath
}
