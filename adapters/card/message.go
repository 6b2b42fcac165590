package card

import (
	"encoding/json"

	"magpie/adapters/event"
)

// Message is one thing to be shown to one address: the payload of an outbox row, and what an adapter
// sends. Exactly one of Card, Draft, Text and Urge is set; an adapter never sees a Draft.
type Message struct {
	Key        string     `json:"key"`            // idempotency key; the same through all retries, travels as the vendor's de-duplication field where there is one
	Connection string     `json:"connection"`     // which app sends it
	To         event.Ref  `json:"to"`             // a person's account or a chat
	Slot       string     `json:"slot,omitempty"` // replaced by a later message of the same slot
	Rev        int64      `json:"rev,omitempty"`
	Card       *Card      `json:"card,omitempty"`
	Draft      *Draft     `json:"draft,omitempty"`
	Redraw     bool       `json:"redraw,omitempty"` // send the card even when its slot shows this revision: what a person sees was taken back
	Anew       bool       `json:"anew,omitempty"`   // send the card as a new message though its slot was shown; the old one says so from then on
	Text       Text       `json:"text,omitzero"`
	ReplyTo    *event.Ref `json:"reply_to,omitempty"` // the message that this one answers
	Urge       *Urge      `json:"urge,omitempty"`
	// Handles are rights to change the slot's message that a press on it brought, freshest first. Delivery
	// puts them before those that the message has already.
	Handles []event.Handle `json:"handles,omitempty"`
	// Else are the other accounts of the same person: a card that is shown in one of them already stays there.
	Else []Place `json:"else,omitempty"`
	// Quiet is for somebody who has left: the card that they have is changed if that can be done, nothing is
	// sent anew, and what the suite refuses is no dead letter. It names no address.
	Quiet bool `json:"quiet,omitempty"`
}

// Place is an account and the connection that reaches it.
type Place struct {
	Connection string    `json:"connection"`
	To         event.Ref `json:"to"`
}

// Stay has the message go where its slot's card is shown, if the person has an account there.
func (m *Message) Stay(connection string) {
	if m.Quiet {
		m.Connection = connection
	}
	if m.Connection == connection {
		return
	}
	for i, p := range m.Else {
		if p.Connection != connection {
			continue
		}
		others := append([]Place{{m.Connection, m.To}}, m.Else[:i]...)
		m.Connection, m.To, m.Else = p.Connection, p.To, append(others, m.Else[i+1:]...)
		if m.Urge != nil {
			u := *m.Urge
			u.To = []event.Ref{p.To}
			m.Urge = &u
		}
		return
	}
}

// ShowsCard reports whether the message is a card, drawn or not.
func (m Message) ShowsCard() bool { return m.Card != nil || m.Draft != nil }

// Draft is a card that is drawn when it leaves: of several revisions that wait for one slot only the
// newest is ever drawn, and a decision never waits for drawing.
type Draft struct {
	Template string          `json:"template,omitempty"` // "": whoever owns the slot says what is in it when it is drawn
	View     json.RawMessage `json:"view,omitempty"`     // what the template sees
}

// Urge makes people look at a card that was sent before.
type Urge struct {
	Slot  string      `json:"slot"`  // whose message
	Level UrgeLevel   `json:"level"` // app, sms, phone
	To    []event.Ref `json:"to"`
}

// UrgeLevel is how loud. SMS and phone cost money in every suite.
type UrgeLevel string

const (
	UrgeApp   UrgeLevel = "app"
	UrgeSMS   UrgeLevel = "sms"
	UrgePhone UrgeLevel = "phone"
)

// Toast is the short outcome shown to the person who pressed.
type Toast struct {
	Kind ToastKind `json:"kind"`
	Text Text      `json:"text"`
}

// ToastKind is the toast's mood.
type ToastKind string

const (
	ToastSuccess ToastKind = "success"
	ToastInfo    ToastKind = "info"
	ToastWarning ToastKind = "warning"
	ToastError   ToastKind = "error"
)
