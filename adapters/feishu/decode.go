package feishu

import (
	"slices"
	"time"

	"magpie/adapters/event"
)

// decoder translates one event. It holds what the decoders of the single types share.
type decoder struct {
	scoped
	env      callback
	received time.Time
	bot      string // our bot's open_id, "" while unknown
}

// decodeFunc fills kind, actor, conversation and body of ev from the event object. It returns false for
// what does not make sense; the event is then kept as unknown.
type decodeFunc func(d *decoder, ev *event.Event) bool

// decoders maps every vendor type that has a neutral kind. What is not here is kept as unknown.
//
// Source: Feishu Open Platform, "Event list" and "Card callback communication", checked 2026-11.
var decoders = map[string]decodeFunc{
	"im.message.receive_v1":                        (*decoder).message,
	"im.message.message_read_v1":                   (*decoder).messageRead,
	"im.message.recalled_v1":                       (*decoder).messageRecalled,
	"im.message.reaction.created_v1":               (*decoder).reactionAdded,
	"im.message.reaction.deleted_v1":               (*decoder).reactionRemoved,
	"im.chat.member.bot.added_v1":                  chatOf(event.KindBotAdded),
	"im.chat.member.bot.deleted_v1":                chatOf(event.KindBotRemoved),
	"im.chat.updated_v1":                           chatOf(event.KindChatChanged),
	"im.chat.disbanded_v1":                         chatOf(event.KindChatDisbanded),
	"im.chat.member.user.added_v1":                 membersOf(event.KindMemberJoined),
	"im.chat.member.user.deleted_v1":               membersOf(event.KindMemberLeft),
	"im.chat.member.user.withdrawn_v1":             membersOf(event.KindMemberLeft),
	"im.chat.access_event.bot_p2p_chat_entered_v1": (*decoder).opened,
	"application.bot.menu_v6":                      (*decoder).menu,

	"card.action.trigger": (*decoder).press,
	legacyPress:           (*decoder).pressLegacy,

	"contact.user.created_v3":       (*decoder).userCreated,
	"contact.user.updated_v3":       (*decoder).userUpdated,
	"contact.user.deleted_v3":       (*decoder).userDeleted,
	"contact.department.created_v3": (*decoder).deptChanged,
	"contact.department.updated_v3": (*decoder).deptChanged,
	"contact.department.deleted_v3": (*decoder).deptDeleted,
	"contact.scope.updated_v3":      (*decoder).scopeUpdated,

	"approval_instance":                   (*decoder).approvalInstance,
	"approval_task":                       (*decoder).approvalTask,
	"approval_cc":                         (*decoder).approvalCC,
	"approval.instance.status_changed_v4": (*decoder).approvalInstance,
	"approval.task.status_changed_v4":     (*decoder).approvalTask,
	"approval.approval.updated_v4":        (*decoder).approvalDefinition,
	"leave_approval":                      (*decoder).approvalForm,
	"leave_approvalV2":                    (*decoder).approvalForm,
	"work_approval":                       (*decoder).approvalForm,
	"shift_approval":                      (*decoder).approvalForm,
	"remedy_approval":                     (*decoder).approvalForm,
	"trip_approval":                       (*decoder).approvalForm,
	"out_approval":                        (*decoder).approvalForm,

	"vc.meeting.meeting_started_v1":             meetingOf(event.KindMeetingStarted),
	"vc.meeting.meeting_ended_v1":               meetingOf(event.KindMeetingEnded),
	"vc.meeting.all_meeting_started_v1":         meetingOf(event.KindMeetingStarted),
	"vc.meeting.all_meeting_ended_v1":           meetingOf(event.KindMeetingEnded),
	"vc.meeting.participant_meeting_started_v1": meetingOf(event.KindMeetingStarted),
	"vc.meeting.participant_meeting_ended_v1":   meetingOf(event.KindMeetingEnded),
	"vc.bot.meeting_started_v1":                 meetingOf(event.KindMeetingStarted),
	"vc.bot.meeting_ended_v1":                   meetingOf(event.KindMeetingEnded),
	"vc.meeting.recording_ready_v1":             (*decoder).recordingReady,
	"minutes.minute.generated_v1":               (*decoder).minutesReady,
	"vc.note.generated_v1":                      (*decoder).noteReady,

	"calendar.calendar.event.changed_v4": (*decoder).calendarEvent,
	"calendar.calendar.changed_v4":       (*decoder).calendarChanged,
	"task.task.update_user_access_v2":    (*decoder).taskAccess,
	"task.task.update_tenant_v1":         (*decoder).taskTenant,
	"task.task.updated_v1":               (*decoder).taskUpdated,

	"app_status_change": (*decoder).appStatus,
}

// decode translates a body that is authentic. An event that is not mapped, or whose body makes no sense,
// is kept as event.KindUnknown with its bytes.
func (r *receiver) decode(env callback, received time.Time) event.Event {
	tenant := env.tenant
	if tenant == "" {
		tenant = r.tenant
	}
	d := &decoder{scoped: scoped{tenant: tenant, app: r.appID}, env: env, received: received, bot: r.botID()}

	base := event.Event{
		ID:         "ev:" + env.key(),
		Delivery:   env.id,
		Kind:       event.KindUnknown,
		Scope:      event.Scope{Platform: Name, Tenant: tenant, App: r.appID},
		At:         env.at,
		ReceivedAt: received,
		VendorType: env.eventType,
		Reply:      event.ReplyContract{Mode: event.ReplyAck, Deadline: received.Add(answerBudget)},
		Raw:        env.raw,
	}
	decode := decoders[env.eventType]
	if decode == nil {
		return base
	}
	ev := base
	if !decode(d, &ev) {
		r.log.Warn("an event of a known type can't be understood and is kept as unknown",
			"connection", r.connection, "type", env.eventType, "id", base.ID)
		if isPress(env) { // somebody waits for an answer all the same
			base.Reply.Mode = event.ReplyAnswer
			base.ID = "act:" + env.key()
		}
		return base
	}
	return ev
}

// isPress reports whether a body is a press on a card.
func isPress(env callback) bool {
	return env.shape == shapePress || env.eventType == "card.action.trigger" || env.eventType == legacyPress
}

// personIDs are the three personIDs of one person. user_id is filled only with the right contact:user.employee_id:readonly.
type personIDs struct {
	OpenID  looseText `json:"open_id"`
	UnionID looseText `json:"union_id"`
	UserID  looseText `json:"user_id"`
}

func (i personIDs) empty() bool { return i.OpenID == "" && i.UnionID == "" && i.UserID == "" }

// actor makes an Actor of a person: the open_id if there is one, else the user_id, else the union_id, and
// the others as aliases. tenant is the person's own; another one than ours makes them external.
func (d *decoder) actor(i personIDs, tenant looseText) event.Actor {
	a := event.Actor{Type: event.ActorUser}
	if tenant != "" && d.tenant != "" && string(tenant) != d.tenant {
		a.Type = event.ActorExternal
	}
	refs := d.account(string(i.OpenID), string(i.UnionID), string(i.UserID))
	if i.OpenID == "" && len(refs) == 2 {
		slices.Reverse(refs) // user_id before union_id
	}
	if len(refs) > 0 {
		a.Ref = refs[0]
	}
	if len(refs) > 1 {
		a.Aliases = refs[1:]
	}
	return a
}

// users lists the first reference of each person that has one.
func (d *decoder) users(list []personIDs) []event.Ref {
	var refs []event.Ref
	for _, i := range list {
		if a := d.actor(i, ""); !a.Ref.IsZero() {
			refs = append(refs, a.Ref)
		}
	}
	return refs
}
