package workflows

import (
	"fmt"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Outcome is what one Step decided: committed whole, or not at all.
type Outcome struct {
	// Instance is the new state. Rev, Seq, Head, Hash and the times are the engine's. Nil for a program
	// that keeps no instance (help texts): then only Effects and Toast count.
	Instance *Instance
	Tasks    []Task  // new and changed ones
	Trail    []Entry // Instance, Seq, Event, Salt and hashes are the engine's
	Effects  []Effect
	Toast    *card.Toast // the answer to the press, when there was one
}

// Refusal is a "no" to a person: shown to them, and nothing is committed.
type Refusal struct {
	Code    string    // stable, for programs: "not_your_task", "already_decided", "stale", "invalid_form", …
	Message card.Text // for the person
	// Refresh asks for the presser's card to be drawn again: it shows something that is over.
	Refresh bool
}

// Error is for logs.
func (r *Refusal) Error() string { return "refused: " + r.Code + ": " + r.Message.Default }

// Refuse makes a Refusal with a Chinese message.
func Refuse(code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Message: card.T(fmt.Sprintf(format, args...))}
}

// Effect is something the world must do. It leaves through the outbox, after the commit.
type Effect interface{ effect() }

// To is where something is shown: a person, whose account the engine chooses, or a conversation.
type To struct {
	Person     string    // person id
	Connection string    // with Conv; with Person, where they are to get it if they have an account there
	Conv       event.Ref // a chat, or an account that is not linked to a person
}

// ShowCard puts a card into a slot, or replaces the one that is there. It is kept as a draft and drawn when
// it leaves, with slot, revision, tokens and accounts filled in by the engine.
type ShowCard struct {
	Slot string // unique in the instance: "initiator", "task/leader/1/0"
	To   To
	// Template and View are what is shown, when it is known now. Without a Template the program, a Projector,
	// is asked when the card leaves: it shows the instance as it is then.
	Template string // "approval.task"
	View     any    // what the template sees; marshals to JSON
	// Once is set where a card must not be sent when the slot has none yet: only existing ones are updated.
	Once bool
}

// SendText sends a short text.
type SendText struct {
	Key     string // unique in the instance
	To      To
	Text    card.Text
	ReplyTo *event.Ref
}

// Urge makes the person look at the card of a slot.
type Urge struct {
	Key   string // unique in the instance
	Slot  string
	To    To
	Level card.UrgeLevel
}

// SetTimer asks for an event.KindTimer at a time. A timer of the same name is replaced.
type SetTimer struct {
	Name       string
	At         time.Time
	Generation int64  // comes back in event.Timer; a stale one is for the program to ignore
	Rule       string // how At was computed, for explain: "4 work hours"
}

// CancelTimer removes a timer; one that fired already is harmless.
type CancelTimer struct{ Name string }

// Lookup asks who is meant. The answer is an event.Lookup with the same ID. A failing directory is
// asked again and again; an empty answer is an answer.
type Lookup struct {
	ID        string              // unique in the instance
	Selectors []string            // "initiator.manager", "role:finance", …
	Initiator string              // person id
	Form      map[string][]string // fields of the form that hold persons (their ids) or a department (its name), by field id
	Chosen    []string            // persons the initiator picked
	At        time.Time           `json:",omitzero"` // when it was asked, whenever it is answered: who is on duty then; zero is now
}

// Publish tells the outside that something happened: outgoing webhooks, other flows.
type Publish struct {
	Name string // "approval.approved"
	Data map[string]any
}

func (ShowCard) effect()    {}
func (SendText) effect()    {}
func (Urge) effect()        {}
func (SetTimer) effect()    {}
func (CancelTimer) effect() {}
func (Lookup) effect()      {}
func (Publish) effect()     {}
