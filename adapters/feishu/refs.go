package feishu

import "magpie/adapters/event"

// Name is the suite's name in configuration and in every Scope.
const Name = "feishu"

// HandleClick is the kind of the handle that comes with a press: two uses within 30 minutes, and only
// after the press was answered.
const HandleClick = "feishu.click_token"

// scoped makes references for one app in one tenant. An open_id differs from app to app; everything
// else is the same for all apps of the tenant.
type scoped struct{ tenant, app string }

func (s scoped) user(openID string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: Name, Tenant: s.tenant, App: s.app}, Kind: event.RefUser, ID: openID}
}

func (s scoped) shared(kind event.RefKind, id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: Name, Tenant: s.tenant}, Kind: kind, ID: id}
}

func (s scoped) union(id string) event.Ref    { return s.shared(event.RefUnion, id) }
func (s scoped) employee(id string) event.Ref { return s.shared(event.RefTenant, id) }
func (s scoped) chat(id string) event.Ref     { return s.shared(event.RefChat, id) }
func (s scoped) message(id string) event.Ref  { return s.shared(event.RefMessage, id) }
func (s scoped) dept(id string) event.Ref     { return s.shared(event.RefDept, id) }

// account lists the ids of one person, the app's own first. Empty ids are left out.
func (s scoped) account(openID, unionID, userID string) []event.Ref {
	var refs []event.Ref
	if openID != "" {
		refs = append(refs, s.user(openID))
	}
	if unionID != "" {
		refs = append(refs, s.union(unionID))
	}
	if userID != "" {
		refs = append(refs, s.employee(userID))
	}
	return refs
}
