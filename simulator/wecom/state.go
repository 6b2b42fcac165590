package wecom

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// stateVersion is the shape of the state file; another number is refused rather than guessed at.
const stateVersion = 1

// state is all that outlives a run. The bytes of uploaded media do not.
type state struct {
	Version       int                          `json:"version"`
	CorpID        string                       `json:"corp_id"`
	ContactSecret string                       `json:"contact_secret"`
	Apps          map[string]*Credentials      `json:"apps"`   // by connection id
	Robots        map[string]*RobotCredentials `json:"robots"` // by connection id
	Pushes        map[string]string            `json:"pushes"` // keys by id
	Chats         map[string]*chat             `json:"chats"`  // groups
	Messages      []*message                   `json:"messages"`
	Codes         map[string]*responseCode     `json:"codes"`
	Tasks         map[string]string            `json:"tasks"` // connection and task_id to message
	Media         map[string]*media            `json:"media"`
	UserIDs       map[string]string            `json:"user_ids,omitempty"` // persons whose userid was changed
	Gone          map[string]bool              `json:"gone,omitempty"`     // persons who left
	Moved         map[string]string            `json:"moved,omitempty"`    // persons to departments
}

// chat is a group: one that people made, with robots and pushes in it, or one that an app made.
type chat struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Owner   string    `json:"owner"` // person
	Members []string  `json:"members"`
	App     string    `json:"app,omitempty"` // the app that made it; "" when people did
	Created time.Time `json:"created,omitzero"`
}

func (c *chat) has(person string) bool { return slices.Contains(c.Members, person) }

// message is one message. From is the connection id of the app or robot, or the id of the push, that sent it,
// and Person who did; one is empty. Chat is a group; without one it went to each of To, in their own
// conversation with From, or came from Person in theirs with With.
type message struct {
	ID       string               `json:"id"`
	From     string               `json:"from,omitempty"`
	Person   string               `json:"person,omitempty"`
	With     string               `json:"with,omitempty"`
	Chat     string               `json:"chat,omitempty"`
	To       []string             `json:"to,omitempty"`
	Missed   []string             `json:"missed,omitempty"` // members of Chat it was dropped for
	Type     string               `json:"type"`
	Content  json.RawMessage      `json:"content"` // the part named like the type, as accepted
	TaskID   string               `json:"task_id,omitempty"`
	Quotes   string               `json:"quotes,omitempty"` // the message that it answers
	Created  time.Time            `json:"created"`
	Finished bool                 `json:"finished,omitempty"` // a stream that has ended
	Updated  bool                 `json:"updated,omitempty"`  // the content was replaced for everybody
	Recalled bool                 `json:"recalled,omitempty"`
	Views    map[string]*view     `json:"views,omitempty"` // by person: what an update changed for them alone
	ReadAt   map[string]time.Time `json:"read_at,omitempty"`
}

// view is what an update made of a card for one person.
type view struct {
	Card    json.RawMessage `json:"card,omitempty"`    // instead of the message's
	Replace string          `json:"replace,omitempty"` // stands grey in place of the buttons
}

// responseCode allows one update of one message.
type responseCode struct {
	App     string    `json:"app"`
	Message string    `json:"message"`
	Until   time.Time `json:"until"`
	Used    bool      `json:"used,omitempty"`
}

// media is an uploaded file.
type media struct {
	Type  string    `json:"type"`
	Name  string    `json:"name"`
	Size  int       `json:"size"`
	Push  string    `json:"push,omitempty"` // usable by this push only
	Until time.Time `json:"until"`
}

// load reads the state file, or starts a new corp.
func (s *Server) load() error {
	s.state = state{Version: stateVersion, CorpID: "ww" + random(16)}
	s.state.fill()
	var kept state
	if there, err := s.saver.Load(&kept); !there || err != nil {
		return err
	}
	if kept.Version != stateVersion || kept.CorpID == "" {
		return fmt.Errorf("%s has version %d, not %d; remove it to start anew", s.saver.File(), kept.Version, stateVersion)
	}
	kept.fill()
	kept.Messages = slices.DeleteFunc(kept.Messages, func(m *message) bool { return m == nil })
	dropNil(kept.Apps)
	dropNil(kept.Robots)
	dropNil(kept.Chats)
	dropNil(kept.Codes)
	dropNil(kept.Media)
	s.state = kept
	return nil
}

// fill makes the maps that are not there.
func (st *state) fill() {
	make1(&st.Apps)
	make1(&st.Robots)
	make1(&st.Pushes)
	make1(&st.Chats)
	make1(&st.Codes)
	make1(&st.Tasks)
	make1(&st.Media)
	make1(&st.UserIDs)
	make1(&st.Gone)
	make1(&st.Moved)
}

func make1[V any](m *map[string]V) {
	if *m == nil {
		*m = map[string]V{}
	}
}

func dropNil[V any](m map[string]*V) {
	for k, v := range m {
		if v == nil {
			delete(m, k)
		}
	}
}

// adopt fits what was kept to the apps and the company of this run: what is gone takes its messages along.
func (s *Server) adopt() {
	for _, g := range s.company.Groups {
		id := s.groupID(g.ID)
		if s.state.Chats[id] == nil {
			s.state.Chats[id] = &chat{ID: id, Name: g.Name, Owner: g.Owner, Members: slices.Clone(g.Members)}
		}
	}
	for id, c := range s.state.Chats {
		if c.App != "" && s.appNamed(c.App) == nil {
			delete(s.state.Chats, id)
		}
	}
	s.state.Messages = slices.DeleteFunc(s.state.Messages, func(m *message) bool {
		return m.From != "" && !s.sender(m.From) || m.With != "" && !s.sender(m.With) || m.Chat != "" && s.state.Chats[m.Chat] == nil
	})
	for _, m := range s.state.Messages {
		s.byMsg[m.ID] = m
	}
	for name, c := range s.state.Codes {
		if s.byMsg[c.Message] == nil {
			delete(s.state.Codes, name)
		}
	}
}

// sender tells whether an app, a robot or a push of that id is there.
func (s *Server) sender(id string) bool {
	return s.appNamed(id) != nil || s.robotNamed(id) != nil || s.pushNamed(id) != nil
}

// touch asks for the state to be saved soon.
func (s *Server) touch() { s.saver.Touch() }

// snapshot is the state as its file holds it.
func (s *Server) snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.Marshal(s.state)
}
