package feishu

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
	Version   int                     `json:"version"`
	TenantKey string                  `json:"tenant_key"`
	Apps      map[string]*Credentials `json:"apps"` // by connection id
	Chats     map[string]*chat        `json:"chats"`
	Messages  []*message              `json:"messages"` // oldest first
	Images    map[string]string       `json:"images"`   // image_key to the app that uploaded it
}

// chat is a conversation. A direct one has one member and one bot.
type chat struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"` // p2p, group
	Name        string    `json:"name,omitempty"`
	Description string    `json:"description,omitempty"`
	Owner       string    `json:"owner,omitempty"` // person; "" is the bot that made it
	Members     []string  `json:"members"`
	Bots        []string  `json:"bots"` // connection ids
	Dissolved   bool      `json:"dissolved,omitempty"`
	Key         string    `json:"key,omitempty"` // app, uuid and owner it was made with
	Created     time.Time `json:"created,omitzero"`
}

func (c *chat) has(person string) bool { return slices.Contains(c.Members, person) }
func (c *chat) hasBot(a *app) bool     { return slices.Contains(c.Bots, a.ID) }

// message is one message of a chat. App is the bot that sent it, Person the person who did; one is empty.
type message struct {
	ID        string               `json:"id"`
	Chat      string               `json:"chat"`
	App       string               `json:"app,omitempty"`
	Person    string               `json:"person,omitempty"`
	Type      string               `json:"type"`
	Content   string               `json:"content"` // as accepted: stringified JSON
	Mentions  []mention            `json:"mentions,omitempty"`
	Root      string               `json:"root,omitempty"`
	Parent    string               `json:"parent,omitempty"`
	UUID      string               `json:"uuid,omitempty"`
	Created   time.Time            `json:"created"`
	Changed   time.Time            `json:"changed"`
	Edits     int                  `json:"edits,omitempty"`
	Updated   bool                 `json:"updated,omitempty"`
	Recalled  bool                 `json:"recalled,omitempty"`
	ReadAt    map[string]time.Time `json:"read_at,omitempty"` // by person
	Urgent    map[string]bool      `json:"urgent,omitempty"`  // by person, true until read
	Reactions []reaction           `json:"reactions,omitempty"`

	pending int     // card callbacks on their way
	before  *string // what a PATCH during one replaced, to be put back
}

type mention struct {
	Key    string `json:"key"`
	Person string `json:"person,omitempty"`
	App    string `json:"app,omitempty"`
	Name   string `json:"name"`
}

type reaction struct {
	ID     string    `json:"id"`
	Emoji  string    `json:"emoji"`
	App    string    `json:"app,omitempty"`
	Person string    `json:"person,omitempty"`
	At     time.Time `json:"at"`
}

// load reads the state file, or starts a new tenant.
func (s *Server) load() error {
	s.state = state{Version: stateVersion, TenantKey: random(16), Apps: map[string]*Credentials{},
		Chats: map[string]*chat{}, Images: map[string]string{}}
	var kept state
	if there, err := s.saver.Load(&kept); !there || err != nil {
		return err
	}
	if kept.Version != stateVersion || kept.TenantKey == "" {
		return fmt.Errorf("%s has version %d, not %d; remove it to start anew", s.saver.File(), kept.Version, stateVersion)
	}
	for id, cred := range kept.Apps {
		if cred != nil {
			s.state.Apps[id] = cred
		}
	}
	for id, c := range kept.Chats {
		if c != nil {
			s.state.Chats[id] = c
		}
	}
	for key, owner := range kept.Images {
		s.state.Images[key] = owner
	}
	s.state.TenantKey = kept.TenantKey
	s.state.Messages = slices.DeleteFunc(kept.Messages, func(m *message) bool { return m == nil })
	return nil
}

// adopt fits what was kept to the apps and the company of this run: bots that are gone take their messages
// and direct chats along, and every bot is in the company's groups.
func (s *Server) adopt() {
	known := func(app string) bool { return s.appNamed(app) != nil }
	for id, c := range s.state.Chats {
		c.Bots = slices.DeleteFunc(c.Bots, func(bot string) bool { return !known(bot) })
		if c.Type == "p2p" && (len(c.Bots) != 1 || len(c.Members) != 1) {
			delete(s.state.Chats, id)
		}
	}
	s.state.Messages = slices.DeleteFunc(s.state.Messages, func(m *message) bool {
		return s.state.Chats[m.Chat] == nil || m.App != "" && !known(m.App)
	})
	for _, m := range s.state.Messages {
		s.index(m)
	}
	for _, g := range s.company.Groups {
		id := s.groupID(g.ID)
		c := s.state.Chats[id]
		if c == nil {
			c = &chat{ID: id, Type: "group", Name: g.Name, Owner: g.Owner, Members: slices.Clone(g.Members)}
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
