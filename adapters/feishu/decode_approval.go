package feishu

import (
	"strconv"
	"strings"

	"magpie/adapters/event"
)

// approvalEvent holds the fields of all events about Feishu's own approvals: approval_instance,
// approval_task and approval_cc of schema 1.0, and their v4 successors of schema 2.0. Times come as
// strings or numbers in one and the same event.
type approvalEvent struct {
	Code       looseText `json:"approval_code"`
	Instance   looseText `json:"instance_code"`
	Status     looseText `json:"status"`
	At         looseTime `json:"operate_time"`
	InstanceAt looseTime `json:"instance_operate_time"`
	UUID       looseText `json:"uuid"`        // 1.0: ours, if it was given at the start; not the delivery's
	ExternalID looseText `json:"external_id"` // 2.0

	Task         looseText `json:"task_id"`
	TaskExternal looseText `json:"task_external_id"`
	CustomKey    looseText `json:"custom_key"`
	DefKey       looseText `json:"def_key"`

	OpenID   looseText `json:"open_id"` // 1.0, the assignee
	UserID   looseText `json:"user_id"`
	Assignee personIDs `json:"assigned_user"` // 2.0
	Starter  personIDs `json:"start_user"`

	Operate looseText `json:"operate"` // cc: CREATE or READ
	Created looseTime `json:"create_time"`
	From    looseText `json:"from"` // cc: who copied, a user_id

	EmployeeID looseText `json:"employee_id"` // leave, work and so on
	Ended      looseTime `json:"end_time"`
}

// approvalWords are our words for Feishu's states of an instance. A state that is not here keeps
// Feishu's word, in lower case.
var approvalWords = map[looseText]string{
	"PENDING":  "running",
	"APPROVED": "approved",
	"REJECTED": "rejected",
	"CANCELED": "withdrawn",
	"DELETED":  "deleted",
	"REVERTED": "reverted",
}

func approvalWord(s looseText) string {
	if w, ok := approvalWords[s]; ok {
		return w
	}
	return strings.ToLower(string(s))
}

func (d *decoder) approval() (approvalEvent, *event.Approval, bool) {
	var in approvalEvent
	if decodeLenient(d.env.event, &in) != nil || in.Instance == "" {
		return in, nil, false
	}
	return in, &event.Approval{
		Instance:   d.shared(event.RefInstance, string(in.Instance)),
		Definition: string(in.Code),
		ExternalID: string(in.UUID + in.ExternalID + in.TaskExternal),
		At:         in.At.Time,
	}, true
}

func (d *decoder) approvalInstance(ev *event.Event) bool {
	in, body, ok := d.approval()
	if !ok {
		return false
	}
	body.Status = approvalWord(in.Status)
	switch body.Status {
	case "running":
		ev.Kind = event.KindApprovalStarted
	case "approved", "rejected", "withdrawn", "deleted", "reverted":
		ev.Kind = event.KindApprovalEnded
	default: // overtime_close, overtime_recover
		ev.Kind = event.KindApprovalChanged
	}
	if body.At.IsZero() {
		body.At = in.InstanceAt.Time
	}
	if !in.Starter.empty() {
		ev.Actor = d.actor(in.Starter, "")
	}
	ev.Body = body
	return true
}

// approvalTask keeps Feishu's words for the state of a task, in lower case: pending, approved, rejected,
// transferred, rollback, done, reverted, overtime_close, overtime_recover.
func (d *decoder) approvalTask(ev *event.Event) bool {
	in, body, ok := d.approval()
	if !ok {
		return false
	}
	body.Task, body.TaskStatus = string(in.Task), strings.ToLower(string(in.Status))
	if body.NodeKey = string(in.CustomKey); body.NodeKey == "" {
		body.NodeKey = string(in.DefKey)
	}
	who := in.Assignee
	if who.empty() {
		who = personIDs{OpenID: in.OpenID, UserID: in.UserID}
	}
	if !who.empty() {
		a := d.actor(who, "")
		body.Assignee = &a
	}
	ev.Kind, ev.Body = event.KindApprovalChanged, body
	return true
}

// approvalCC is about somebody who was copied; READ says that they have read it.
func (d *decoder) approvalCC(ev *event.Event) bool {
	in, body, ok := d.approval()
	if !ok || in.UserID == "" {
		return false
	}
	a := d.actor(personIDs{UserID: in.UserID}, "")
	body.CC, body.Read, body.Assignee = true, in.Operate == "READ", &a
	body.At = in.Created.Time
	switch {
	case body.Read:
		ev.Actor = a
	case in.From != "":
		ev.Actor = d.actor(personIDs{UserID: in.From}, "")
	}
	ev.Kind, ev.Body = event.KindApprovalChanged, body
	return true
}

// approvalDefinition is a new version of a definition: there is no instance in it.
func (d *decoder) approvalDefinition(ev *event.Event) bool {
	var in struct {
		Object struct {
			Code looseText `json:"approval_code"`
			At   looseTime `json:"timestamp"`
		} `json:"object"`
		Code looseText `json:"approval_code"`
		At   looseTime `json:"timestamp"`
	}
	if decodeLenient(d.env.event, &in) != nil {
		return false
	}
	body := &event.Approval{Definition: string(in.Object.Code), Status: "definition_changed", At: in.Object.At.Time}
	if body.Definition == "" {
		body.Definition, body.At = string(in.Code), in.At.Time
	}
	if body.Definition == "" {
		return false
	}
	ev.Kind, ev.Body = event.KindApprovalChanged, body
	return true
}

// approvalForm is one of the attendance approvals, leave, overtime, trip and so on, which come with the
// form's fields and without a state. The fields stay in Raw.
func (d *decoder) approvalForm(ev *event.Event) bool {
	in, body, ok := d.approval()
	if !ok {
		return false
	}
	user := in.UserID
	if user == "" {
		user = in.EmployeeID
	}
	if who := (personIDs{OpenID: in.OpenID, UserID: user}); !who.empty() {
		ev.Actor = d.actor(who, "")
	}
	body.At = in.Ended.Time
	ev.Kind, ev.Body = event.KindApprovalChanged, body
	return true
}

// readInt reads a whole number; 0 for what is none.
func readInt(s looseText) int64 {
	n, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
