package wecom

import (
	"strings"

	"magpie/adapters/event"
)

// Name is the suite's name in configuration and in every Scope.
const Name = "wecom"

// Kinds of handles.
const (
	// HandleCode changes an app's card: one successful call within 72 hours. It came with a press.
	HandleCode = "wecom.response_code"
	// HandleSpare is the same, but came with the send: the one change that needs no press.
	HandleSpare = "wecom.send_code"
	// HandleURL answers a message to a smart robot: one call within an hour. It can't change a card.
	HandleURL = "wecom.response_url"
)

// Prefix of the chats that are a group's push address (消息推送) rather than an app chat: push:NAME, NAME
// from the configuration.
const pushPrefix = "push:"

// scoped makes references inside one corp. A userid is the same for all apps of the corp, and its case does
// not matter to WeCom: it is folded, since references are compared.
type scoped struct{ corp, app string }

func (s scoped) shared(kind event.RefKind, id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: Name, Tenant: s.corp}, Kind: kind, ID: id}
}

func (s scoped) own(kind event.RefKind, id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: Name, Tenant: s.corp, App: s.app}, Kind: kind, ID: id}
}

func (s scoped) user(id string) event.Ref    { return s.shared(event.RefUser, strings.ToLower(id)) }
func (s scoped) dept(id string) event.Ref    { return s.shared(event.RefDept, id) }
func (s scoped) chat(id string) event.Ref    { return s.own(event.RefChat, id) }
func (s scoped) message(id string) event.Ref { return s.own(event.RefMessage, id) }
func (s scoped) card(task string) event.Ref  { return s.own(event.RefCard, task) }
func (s scoped) file(id string) event.Ref    { return s.shared(event.RefFile, id) }

func (s scoped) scope() event.Scope {
	return event.Scope{Platform: Name, Tenant: s.corp, App: s.app}
}
