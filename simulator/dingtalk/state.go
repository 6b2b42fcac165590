package dingtalk

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// stateVersion is the shape of the state file; another number is refused rather than guessed at.
const stateVersion = 1

// state is all that outlives a run.
type state struct {
	Version  int                     `json:"version"`
	CorpID   string                  `json:"corp_id"`
	Apps     map[string]*Credentials `json:"apps"` // by connection id
	Chats    map[string]*chat        `json:"chats"`
	Messages []*message              `json:"messages"` // oldest first
	Sends    map[string]*send        `json:"sends"`    // by processQueryKey
	Sessions map[string]*session     `json:"sessions"` // by the key in a sessionWebhook
	Cards    map[string]*card        `json:"cards"`    // by outTrackId
	Routes   map[string]*cardRoute   `json:"routes"`   // by callbackRouteKey
	Notices  []*workNotice           `json:"notices"`
	Todos    []*todo                 `json:"todos"`
	Dings    map[string]*ding        `json:"dings"`
	Media    map[string]string       `json:"media"`  // media_id to the app that uploaded it
	Failed   []*failed               `json:"failed"` // events given up, oldest first
	Usage    usage                   `json:"usage"`
}

// Kinds of chat.
const (
	chatDirect = "direct" // one person and one robot
	chatGroup  = "group"
	chatWork   = "work" // a person's work notifications
	chatTodo   = "todo" // a person's todos
)

// chat is a conversation; its id is the openConversationId.
type chat struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Name      string    `json:"name,omitempty"`
	Owner     string    `json:"owner,omitempty"`
	Members   []string  `json:"members"`
	Bots      []string  `json:"bots"`            // connection ids
	Maker     string    `json:"maker,omitempty"` // connection id of the app that made it
	Template  string    `json:"template,omitempty"`
	UUID      string    `json:"uuid,omitempty"`
	Disbanded bool      `json:"disbanded,omitempty"`
	Created   time.Time `json:"created,omitzero"`
}

func (c *chat) has(person string) bool { return slices.Contains(c.Members, person) }
func (c *chat) hasBot(a *app) bool     { return slices.Contains(c.Bots, a.ID) }

// How a message came to be, and with that the shape of its content.
const (
	viaPerson = "person"  // a text that a person wrote
	viaRobot  = "robot"   // msgKey and msgParam
	viaHook   = "session" // the body of a webhook
	viaCard   = "card"    // an interactive card
	viaWork   = "work"    // msg of a work notification
	viaTodo   = "todo"
	viaDing   = "ding"
)

// message is one message of a chat.
type message struct {
	ID       string               `json:"id"`
	Chat     string               `json:"chat"`
	Via      string               `json:"via"`
	App      string               `json:"app,omitempty"`    // connection id of the sender
	Person   string               `json:"person,omitempty"` // the sender
	Kind     string               `json:"kind"`             // msgKey or msgtype
	Content  string               `json:"content"`          // JSON as accepted; of a person the text
	Only     []string             `json:"only,omitempty"`   // who of the chat sees it; empty is everybody
	Query    string               `json:"query,omitempty"`  // processQueryKey
	Ref      string               `json:"ref,omitempty"`    // outTrackId, task_id, todo id or openDingId
	Reply    string               `json:"reply,omitempty"`  // the message it answers
	Created  time.Time            `json:"created"`
	Updated  bool                 `json:"updated,omitempty"`
	Recalled bool                 `json:"recalled,omitempty"`
	ReadAt   map[string]time.Time `json:"read_at,omitempty"`
	Urgent   map[string]bool      `json:"urgent,omitempty"` // by person, true until read
}

// send is one call that sent messages: what a processQueryKey stands for.
type send struct {
	App      string    `json:"app"`
	Chat     string    `json:"chat,omitempty"` // of a group
	Messages []string  `json:"messages"`
	Recalled bool      `json:"recalled,omitempty"`
	Created  time.Time `json:"created"`
}

// load reads the state file, or starts a new organisation.
func (s *Server) load() error {
	s.state = state{Version: stateVersion, CorpID: "ding" + random(32), Apps: map[string]*Credentials{},
		Chats: map[string]*chat{}, Sends: map[string]*send{}, Sessions: map[string]*session{}, Cards: map[string]*card{},
		Routes: map[string]*cardRoute{}, Dings: map[string]*ding{}, Media: map[string]string{}}
	var kept state
	if there, err := s.saver.Load(&kept); !there || err != nil {
		return err
	}
	if kept.Version != stateVersion || kept.CorpID == "" {
		return fmt.Errorf("%s has version %d, not %d; remove it to start anew", s.saver.File(), kept.Version, stateVersion)
	}
	s.state.CorpID, s.state.Usage = kept.CorpID, kept.Usage
	keep(s.state.Apps, kept.Apps)
	keep(s.state.Chats, kept.Chats)
	keep(s.state.Sends, kept.Sends)
	keep(s.state.Sessions, kept.Sessions)
	keep(s.state.Cards, kept.Cards)
	keep(s.state.Routes, kept.Routes)
	keep(s.state.Dings, kept.Dings)
	for id, owner := range kept.Media {
		s.state.Media[id] = owner
	}
	s.state.Messages = present(kept.Messages)
	s.state.Notices = present(kept.Notices)
	s.state.Todos = present(kept.Todos)
	s.state.Failed = present(kept.Failed)
	return nil
}

// keep copies what is there; a hand-edited file may hold null.
func keep[T any](to, from map[string]*T) {
	for k, v := range from {
		if v != nil {
			to[k] = v
		}
	}
}

func present[T any](list []*T) []*T {
	return slices.DeleteFunc(list, func(v *T) bool { return v == nil })
}

// adopt fits what was kept to the apps and the company of this run: apps that are gone take along what was
// theirs, and every robot is in the company's groups.
func (s *Server) adopt() {
	known := func(app string) bool { return app == "" || s.appNamed(app) != nil }
	for id, c := range s.state.Chats {
		c.Bots = slices.DeleteFunc(c.Bots, func(bot string) bool { return !known(bot) })
		c.Members = slices.DeleteFunc(c.Members, func(p string) bool { _, there := s.company.Person(p); return !there })
		if c.Type != chatGroup && len(c.Members) != 1 || c.Type == chatDirect && len(c.Bots) != 1 {
			delete(s.state.Chats, id)
		}
	}
	for id, c := range s.state.Cards {
		if !known(c.App) || s.templates[c.Template] == nil {
			delete(s.state.Cards, id)
		}
	}
	s.state.Messages = slices.DeleteFunc(s.state.Messages, func(m *message) bool {
		return s.state.Chats[m.Chat] == nil || !known(m.App) || m.Via == viaCard && s.state.Cards[m.Ref] == nil
	})
	for _, m := range s.state.Messages {
		s.byMsg[m.ID] = m
	}
	for id, sent := range s.state.Sends {
		if s.now().Sub(sent.Created) > 2*queryLife {
			delete(s.state.Sends, id) // nothing can be asked about it any more
			continue
		}
		sent.Messages = slices.DeleteFunc(sent.Messages, func(m string) bool { return s.byMsg[m] == nil })
		if !known(sent.App) {
			delete(s.state.Sends, id)
		}
	}
	for key, r := range s.state.Routes {
		if !known(r.App) {
			delete(s.state.Routes, key)
		}
	}
	for key, v := range s.state.Sessions {
		if !known(v.App) || s.state.Chats[v.Chat] == nil {
			delete(s.state.Sessions, key)
		}
	}
	for id, d := range s.state.Dings {
		if !known(d.App) {
			delete(s.state.Dings, id)
		}
	}
	s.state.Notices = slices.DeleteFunc(s.state.Notices, func(n *workNotice) bool {
		return !known(n.App) || s.now().Sub(n.Created) > statusBarLife
	})
	s.state.Todos = slices.DeleteFunc(s.state.Todos, func(t *todo) bool { return !known(t.App) })
	s.state.Failed = slices.DeleteFunc(s.state.Failed, func(f *failed) bool { return !known(f.App) })
	for _, g := range s.company.Groups {
		id := s.groupID(g.ID)
		c := s.state.Chats[id]
		if c == nil {
			c = &chat{ID: id, Type: chatGroup, Name: g.Name, Owner: g.Owner, Members: slices.Clone(g.Members), Created: s.now()}
			s.state.Chats[id] = c
		}
		for _, a := range s.apps {
			if !c.hasBot(a) {
				c.Bots = append(c.Bots, a.ID)
			}
		}
	}
}

// touch asks for the state to be saved soon.
func (s *Server) touch() { s.saver.Touch() }

// snapshot is the state as its file holds it.
func (s *Server) snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.Marshal(s.state)
}
