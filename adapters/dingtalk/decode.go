package dingtalk

import (
	"time"

	"magpie/adapters/event"
)

// decoder translates one event.
type decoder struct {
	scoped
	env envelope
}

// decodeFunc fills kind, actor, conversation and body of ev from the business object. It returns false for what
// does not make sense; the event is then kept as unknown.
type decodeFunc func(d *decoder, ev *event.Event) bool

// decoders maps every vendor type that has a neutral kind. What is not here is kept as unknown.
//
// Source: DingTalk Open Platform, "Event list of internal apps", checked 2026-08.
var decoders = map[string]decodeFunc{
	"bpms_instance_change":                 (*decoder).approvalInstance,
	"bpms_task_change":                     (*decoder).approvalTask,
	"workflow_instance_change_directed":    (*decoder).approvalInstance,
	"workflow_instance_change_broadcast":   (*decoder).approvalInstance,
	"workflow_task_change_directed":        (*decoder).approvalTask,
	"workflow_task_change_broadcast":       (*decoder).approvalTask,
	"user_add_org":                         peopleOf(event.KindPersonCreated),
	"user_active_org":                      peopleOf(event.KindPersonChanged),
	"user_leave_org":                       peopleOf(event.KindPersonLeft),
	"user_modify_org":                      (*decoder).personChanged,
	"org_admin_add":                        peopleOf(event.KindPersonChanged),
	"org_admin_remove":                     peopleOf(event.KindPersonChanged),
	"org_dept_create":                      deptOf(false),
	"org_dept_modify":                      deptOf(false),
	"org_dept_remove":                      deptOf(true),
	"org_change":                           (*decoder).resync,
	"label_user_change":                    (*decoder).resync, // who has a role
	"label_conf_add":                       (*decoder).resync,
	"label_conf_modify":                    (*decoder).resync,
	"label_conf_del":                       (*decoder).resync,
	"org_remove":                           (*decoder).orgRemoved,
	"chat_add_member":                      membersOf(event.KindMemberJoined),
	"chat_remove_member":                   membersOf(event.KindMemberLeft),
	"chat_quit":                            membersOf(event.KindMemberLeft),
	"chat_update_owner":                    chatOf(event.KindChatChanged),
	"chat_update_title":                    chatOf(event.KindChatChanged),
	"chat_disband":                         chatOf(event.KindChatDisbanded),
	"im_cool_app_install":                  chatOf(event.KindBotAdded),
	"im_cool_app_uninstall":                chatOf(event.KindBotRemoved),
	"robot_msg_read":                       receiptOf(event.KindMessageRead),
	"robot_msg_recall":                     receiptOf(event.KindMessageRecalled),
	"todo_task_create":                     (*decoder).todo,
	"todo_task_update":                     (*decoder).todo,
	"todo_task_delete":                     (*decoder).todo,
	"calendar_event_change":                (*decoder).calendar,
	"meeting_status_change":                (*decoder).meeting,
	"meeting_status_change_target_push":    (*decoder).meeting,
	"flash_minutes_open_event":             (*decoder).minutes,
	"flash_minutes_open_event_target_push": (*decoder).minutes,
}

// decodeEvent translates an event that is authentic. An event that is not mapped, or whose body makes no sense,
// is kept as event.KindUnknown with its bytes.
func (r *receiver) decodeEvent(env envelope, received time.Time) event.Event {
	base := r.base(stamp(received))
	base.ID, base.Delivery = "ev:"+env.key(), env.delivery()
	base.At, base.VendorType, base.Raw = env.at, env.typ, env.raw
	decode := decoders[env.typ]
	if decode == nil {
		return base
	}
	d := &decoder{scoped: scoped{r.cfg.CorpID}, env: env}
	ev := base
	if !decode(d, &ev) {
		r.log.Warn("an event of a known type can't be understood and is kept as unknown",
			"connection", r.cfg.ID, "type", env.typ, "id", base.ID)
		return base
	}
	return ev
}

// at is when something happened by the body, or else by the envelope.
func (d *decoder) at(t time.Time) time.Time {
	if t.IsZero() {
		return d.env.at
	}
	return t
}

// users makes references of userIds.
func (d *decoder) users(ids []string) []event.Ref {
	var out []event.Ref
	for _, id := range ids {
		out = append(out, d.user(id))
	}
	return out
}

// unions makes references of unionIds.
func (d *decoder) unions(ids []string) []event.Ref {
	var out []event.Ref
	for _, id := range ids {
		out = append(out, d.union(id))
	}
	return out
}
