package simulator

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Suite is the server side of one vendor with one app (the bot) in one tenant.
// All methods may be called concurrently.
type Suite interface {
	// Name is "feishu", "dingtalk" or "wecom".
	Name() string
	// Handler serves the vendor's API below the suite's base path; the prefix is stripped already.
	Handler() http.Handler
	// Connections is what an administrator would copy from the vendor's console.
	Connections() []Connection
	// Account is how the suite knows a person: its own ids by name (Feishu: open_id, union_id, user_id). ok is
	// false for somebody who is not in this suite.
	Account(person string) (ids map[string]string, ok bool)
	// Chats lists what a person can open: the direct chat with the bot first, then groups.
	Chats(person string) []Chat
	// Say writes as a person; chat "" is the direct chat with the bot. The suite then calls Magpie back.
	Say(ctx context.Context, person, chat, text string) (messageID string, err error)
	// Messages is what a person sees in a chat, oldest first; chat "" is every chat of theirs.
	Messages(person, chat string) ([]Message, error)
	// Press presses a button, or submits a form, as a person. It waits for Magpie's answer as the client does.
	Press(ctx context.Context, person, messageID, button string, form map[string]any) (PressResult, error)
	// Read opens a message as a person.
	Read(ctx context.Context, person, messageID string) error
	// Fault makes the next calls misbehave.
	Fault(f Fault) error
	// Calls lists the calls that Magpie made, oldest first.
	Calls() []Call
	// Close saves what is to be kept, ends what runs in the background and waits for it.
	Close() error
}

// Connection is what Magpie is given for one app. The credentials are simulated, made anew for each data
// folder, and shown on purpose: an outside client can play either side with them.
type Connection struct {
	ID          string            `json:"id"`
	Suite       string            `json:"suite"`
	Transport   string            `json:"transport"`
	Webhook     string            `json:"webhook"` // where the suite delivers to
	Base        string            `json:"base"`    // where a client finds the vendor's API
	Credentials map[string]string `json:"credentials"`
}

// Chat is a conversation as one person sees it.
type Chat struct {
	ID      string   `json:"id"` // the vendor's chat id
	Name    string   `json:"name"`
	Type    string   `json:"type"` // direct, group
	Members []string `json:"members"`
	Unread  int      `json:"unread"`
}

// Message is a message as one person sees it.
type Message struct {
	ID      string          `json:"message_id"`
	Chat    string          `json:"chat"`
	From    string          `json:"from"`           // person id, or "bot"
	Kind    string          `json:"kind"`           // text, card
	Text    string          `json:"text"`           // of a card: all it says, as plain text
	Card    json.RawMessage `json:"card,omitempty"` // the vendor's own JSON as accepted
	Buttons []Button        `json:"buttons"`
	Inputs  []Input         `json:"inputs"`
	Status  string          `json:"status"`  // sent, recalled
	Updated bool            `json:"updated"` // the card was replaced after it was sent
	Urgent  bool            `json:"urgent,omitempty"`
	ReplyTo string          `json:"reply_to,omitempty"`
	At      time.Time       `json:"at"`
	ReadBy  []string        `json:"read_by"`
}

// Button can be pressed by its ID (the vendor's component name where it has one) or its label.
type Button struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Disabled bool   `json:"disabled"`
	Submit   bool   `json:"submit,omitempty"`  // hands in the form
	Confirm  string `json:"confirm,omitempty"` // asked first
	URL      string `json:"url,omitempty"`
}

// Input is one field of a card's form. Form values are given by Name: a string; for persons their person
// id; for multiple choice a list; for dates 2006-01-02, for times 2006-01-02 15:04; for a tick true or false.
type Input struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Kind     string   `json:"kind"` // text, longtext, select, multiselect, person, people, date, time, datetime, bool
	Required bool     `json:"required"`
	Options  []Option `json:"options,omitempty"`
	Value    any      `json:"value,omitempty"`
	Max      int      `json:"max,omitempty"`
	Hint     string   `json:"hint,omitempty"`
}

// Option is a choice of an Input.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// PressResult is what the person who pressed sees.
type PressResult struct {
	Toast  *Toast `json:"toast,omitempty"`
	Status string `json:"status"` // ok; or the client's error: timeout, failed, with the vendor's code
}

// Toast is the vendor's short notice.
type Toast struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

// Fault is a misbehaviour to switch on.
type Fault struct {
	Suite string `json:"suite"`
	Kind  string `json:"fault"` // rate_limit, server_error, timeout, expire_token, redeliver, drop_connection
	Times int    `json:"times"`
	API   string `json:"api,omitempty"` // only calls whose path contains it
}

// Call is one call that Magpie made.
type Call struct {
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Code   int       `json:"code"` // the vendor's code in the answer
	At     time.Time `json:"at"`
}

// Notice is one thing on the bus: the page listens to it.
type Notice struct {
	Type    string    `json:"type"` // message, update, read, call, delivery, fault, press
	Suite   string    `json:"suite"`
	Persons []string  `json:"persons,omitempty"` // whose view changes; empty is everybody's
	Chat    string    `json:"chat,omitempty"`
	Message string    `json:"message_id,omitempty"`
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at"`
}
