package dingtalk

import "magpie/adapters/event"

// todo decodes that a to-do was made, changed or deleted. How it stands is not in it.
// Source: DingTalk Open Platform, "To-do events", checked 2026-08.
func (d *decoder) todo(ev *event.Event) bool {
	var in struct {
		ID     looseText `json:"taskId"`
		Unions looseList `json:"unionIdList"`
	}
	if decodeLenient(d.env.data, &in) != nil || in.ID == "" {
		return false
	}
	body := &event.Todo{ID: string(in.ID), Users: d.unions(in.Unions), Deleted: d.env.typ == "todo_task_delete"}
	if !body.Deleted {
		body.Changes = []string{map[string]string{"todo_task_create": "create", "todo_task_update": "update"}[d.env.typ]}
	}
	ev.Kind, ev.Body = event.KindTodoChanged, body
	return true
}

// calendar decodes that an entry of somebody's calendar changed.
// Source: DingTalk Open Platform, "Calendar event change", checked 2026-08.
func (d *decoder) calendar(ev *event.Event) bool {
	var in struct {
		Event    looseText `json:"calendarEventId"`
		Calendar looseText `json:"calendarId"`
		Change   looseText `json:"changeType"`
		Unions   looseList `json:"unionIdList"`
		At       looseTime `json:"calendarEventUpdateTime"`
	}
	if decodeLenient(d.env.data, &in) != nil || in.Event == "" {
		return false
	}
	ev.At = d.at(in.At.Time)
	ev.Kind = event.KindCalendarChanged
	ev.Body = &event.Calendar{CalendarID: string(in.Calendar), EventID: string(in.Event), Change: string(in.Change), Users: d.unions(in.Unions)}
	return true
}

// conference is a meeting, in the events about it.
type conference struct {
	ID       looseText `json:"conferenceId"`
	Schedule looseText `json:"scheduleConferenceId"`
	Calendar looseText `json:"calendarEventId"`
	Title    looseText `json:"title"`
	Creator  looseText `json:"creatorId"` // a unionId
	Nick     looseText `json:"creatorNick"`
	Start    looseTime `json:"startTime"`
	Code     looseText `json:"roomCode"`
}

// meeting decodes that a meeting began or ended, by changeScene: the number beside it means other things in
// other places. The words for the end are not in DingTalk's sample; what is none of them stays unknown.
// Source: DingTalk Open Platform, "Meeting status change", checked 2026-08.
func (d *decoder) meeting(ev *event.Event) bool {
	var in struct {
		Conf  conference `json:"openConfModel"`
		Scene looseText  `json:"changeScene"`
	}
	if decodeLenient(d.env.data, &in) != nil || in.Conf.ID == "" {
		return false
	}
	c := in.Conf
	ev.Actor = d.actor("", string(c.Creator))
	ev.Actor.Name = string(c.Nick)
	body := &event.Meeting{
		ID: string(c.ID), Number: string(c.Code), Topic: string(c.Title), StartedAt: c.Start.Time, EventID: string(c.Calendar),
	}
	if !ev.Actor.Ref.IsZero() {
		who := ev.Actor
		body.Owner = &who
	}
	switch in.Scene {
	case "conference_created", "conference_started":
		ev.Kind = event.KindMeetingStarted
	case "conference_ended", "conference_finished", "conference_closed":
		ev.Kind, body.EndedAt = event.KindMeetingEnded, d.env.at
	default:
		return true
	}
	ev.Body = body
	return true
}

// minutes decodes that the recording or the summary of a meeting can be fetched.
// Source: DingTalk Open Platform, "Flash minutes status change", checked 2026-08.
func (d *decoder) minutes(ev *event.Event) bool {
	var in struct {
		Conf conference `json:"openConfModel"`
		Type looseText  `json:"minutesEventType"`
		Biz  looseText  `json:"bizType"`
		ID   looseText  `json:"minutesTaskId"`
	}
	if decodeLenient(d.env.data, &in) != nil || in.ID == "" && in.Conf.ID == "" {
		return false
	}
	kind := "recording"
	if in.Type == "summary_generated" {
		kind = "minutes"
	}
	ev.Kind = event.KindMinutesReady
	ev.Body = &event.Minutes{ID: string(in.ID), Kind: kind, Meeting: string(in.Conf.ID)}
	return true
}
