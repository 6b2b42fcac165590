package dingtalk

import "magpie/adapters/event"

// approvalEvent holds the fields of the events about DingTalk's own approvals. finshTime and finsh are
// misspelt in some of them, and both spellings occur.
// Source: DingTalk Open Platform, "Approval events", checked 2026-08.
type approvalEvent struct {
	Instance looseText `json:"processInstanceId"`
	Code     looseText `json:"processCode"`
	Type     looseText `json:"type"`
	Result   looseText `json:"result"`
	Task     looseText `json:"taskId"`
	Staff    looseText `json:"staffId"` // originator of an instance, approver of a task
	Created  looseTime `json:"createTime"`
	Finished looseTime `json:"finishTime"`
	Finshed  looseTime `json:"finshTime"`
	Activity looseText `json:"activityId"`
}

func (d *decoder) approval(ev *event.Event) (approvalEvent, *event.Approval, bool) {
	var in approvalEvent
	if decodeLenient(d.env.data, &in) != nil || in.Instance == "" {
		return in, nil, false
	}
	if in.Type == "finsh" {
		in.Type = "finish"
	}
	body := &event.Approval{
		Instance: d.ref(event.RefInstance, string(in.Instance)), Definition: string(in.Code), NodeKey: string(in.Activity),
	}
	for _, t := range []looseTime{in.Finished, in.Finshed, in.Created} {
		if !t.IsZero() {
			body.At = t.Time
			break
		}
	}
	ev.Actor = d.actor(string(in.Staff), "")
	return in, body, true
}

func (d *decoder) approvalInstance(ev *event.Event) bool {
	in, body, ok := d.approval(ev)
	if !ok {
		return false
	}
	ev.Kind, ev.Body = event.KindApprovalEnded, body
	switch in.Type {
	case "start":
		ev.Kind, body.Status = event.KindApprovalStarted, "running"
	case "finish":
		switch in.Result {
		case "agree":
			body.Status = "approved"
		case "refuse":
			body.Status = "rejected"
		default:
			body.Status = string(in.Result)
		}
	case "terminate":
		body.Status = "withdrawn"
	case "delete":
		body.Status = "deleted"
	default: // a comment, or a word nobody has told us
		ev.Kind, body.Status = event.KindApprovalChanged, string(in.Type)
	}
	return true
}

func (d *decoder) approvalTask(ev *event.Event) bool {
	in, body, ok := d.approval(ev)
	if !ok {
		return false
	}
	body.Status, body.Task = "running", string(in.Task)
	if !ev.Actor.Ref.IsZero() {
		who := ev.Actor
		body.Assignee = &who
	}
	switch in.Type {
	case "start":
		body.TaskStatus = "pending"
	case "finish":
		switch in.Result {
		case "agree":
			body.TaskStatus = "approved"
		case "refuse":
			body.TaskStatus = "rejected"
		case "redirect":
			body.TaskStatus = "transferred"
		default:
			body.TaskStatus = string(in.Result)
		}
	case "cancel":
		body.TaskStatus = "done" // somebody else decided first
	default:
		body.TaskStatus = string(in.Type)
	}
	ev.Kind, ev.Body = event.KindApprovalChanged, body
	return true
}
