package dingtalk

import "magpie/adapters/event"

// Name is the suite's name in configuration and in every Scope.
const Name = "dingtalk"

// Kinds of handles.
const (
	// HandleSession is the webhook of one conversation, about 90 minutes from a message in it.
	HandleSession = "dingtalk.session"
	// HandleCard is the outTrackId by which an interactive card is changed.
	HandleCard = "dingtalk.card"
	// HandleTemplate names which of our templates a card was made from.
	HandleTemplate = "dingtalk.template"
	// HandleTask is the number of a work notification.
	HandleTask = "dingtalk.task"
	// HandleShared says that several receivers share one message, so that it can't be taken back for one.
	HandleShared = "dingtalk.shared"
)

// scoped makes references inside one organisation. A userId is the same for all its apps.
type scoped struct{ tenant string }

func (s scoped) ref(kind event.RefKind, id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: Name, Tenant: s.tenant}, Kind: kind, ID: id}
}

func (s scoped) user(id string) event.Ref    { return s.ref(event.RefUser, id) }
func (s scoped) union(id string) event.Ref   { return s.ref(event.RefUnion, id) }
func (s scoped) chat(id string) event.Ref    { return s.ref(event.RefChat, id) }
func (s scoped) message(id string) event.Ref { return s.ref(event.RefMessage, id) }
func (s scoped) card(id string) event.Ref    { return s.ref(event.RefCard, id) }
func (s scoped) dept(id string) event.Ref    { return s.ref(event.RefDept, id) }

// account lists the ids of one person, the userId first. Empty ids are left out.
func (s scoped) account(userID, unionID string) []event.Ref {
	var refs []event.Ref
	if userID != "" {
		refs = append(refs, s.user(userID))
	}
	if unionID != "" {
		refs = append(refs, s.union(unionID))
	}
	return refs
}

// actor makes an Actor of a person; the zero Actor without an id.
func (s scoped) actor(userID, unionID string) event.Actor {
	refs := s.account(userID, unionID)
	if len(refs) == 0 {
		return event.Actor{}
	}
	a := event.Actor{Ref: refs[0], Type: event.ActorUser}
	if len(refs) > 1 {
		a.Aliases = refs[1:]
	}
	return a
}
