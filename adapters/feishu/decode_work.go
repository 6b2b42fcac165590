package feishu

import (
	"net/url"
	"path"
	"slices"

	"magpie/adapters/event"
)

// meetingUser is a person in a meeting event.
type meetingUser struct {
	ID personIDs `json:"id"`
}

// meetingEvent is the event of vc.meeting.*_v1.
type meetingEvent struct {
	Meeting struct {
		ID       looseText   `json:"id"`
		Topic    looseText   `json:"topic"`
		Number   looseText   `json:"meeting_no"`
		Start    looseTime   `json:"start_time"`
		End      looseTime   `json:"end_time"`
		Host     meetingUser `json:"host_user"`
		Owner    meetingUser `json:"owner"`
		Calendar looseText   `json:"calendar_event_id"`
	} `json:"meeting"`
	Operator meetingUser `json:"operator"`
	URL      looseText   `json:"url"`
	Duration looseText   `json:"duration"` // milliseconds
}

func (d *decoder) meetingEvent(ev *event.Event) (meetingEvent, bool) {
	var in meetingEvent
	if decodeLenient(d.env.event, &in) != nil || in.Meeting.ID == "" {
		return in, false
	}
	if !in.Operator.ID.empty() {
		ev.Actor = d.actor(in.Operator.ID, "")
	}
	return in, true
}

// meetingOf decodes the start or the end of a meeting.
func meetingOf(kind event.Kind) decodeFunc {
	return func(d *decoder, ev *event.Event) bool {
		in, ok := d.meetingEvent(ev)
		if !ok {
			return false
		}
		m := in.Meeting
		ev.Kind = kind
		ev.Body = &event.Meeting{
			ID: string(m.ID), Number: string(m.Number), Topic: string(m.Topic),
			StartedAt: m.Start.Time, EndedAt: m.End.Time,
			Host: d.actorOrNil(m.Host.ID), Owner: d.actorOrNil(m.Owner.ID),
			EventID: string(m.Calendar),
		}
		return true
	}
}

func (d *decoder) actorOrNil(i personIDs) *event.Actor {
	if i.empty() {
		return nil
	}
	a := d.actor(i, "")
	return &a
}

// recordingReady names the minutes only by their address, whose last part is their token.
func (d *decoder) recordingReady(ev *event.Event) bool {
	in, ok := d.meetingEvent(ev)
	if !ok || in.URL == "" {
		return false
	}
	body := &event.Minutes{
		ID: string(in.Meeting.ID), Kind: "recording", Meeting: string(in.Meeting.ID),
		URL: string(in.URL), Duration: readMillis(in.Duration),
	}
	if u, err := url.Parse(string(in.URL)); err == nil {
		if last := path.Base(u.Path); last != "." && last != "/" {
			body.ID = last
		}
	}
	if !in.Meeting.Owner.ID.empty() {
		body.Users = d.users([]personIDs{in.Meeting.Owner.ID})
	}
	ev.Kind, ev.Body = event.KindMinutesReady, body
	return true
}

func (d *decoder) minutesReady(ev *event.Event) bool {
	var in struct {
		Token  looseText `json:"minute_token"`
		Source struct {
			Type looseText `json:"source_type"`
			ID   looseText `json:"source_entity_id"`
		} `json:"minute_source"`
		Users []personIDs `json:"subscriber_ids"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.Token == "" {
		return false
	}
	body := &event.Minutes{ID: string(in.Token), Kind: "minutes", Users: d.users(in.Users)}
	if in.Source.Type == "meeting" {
		body.Meeting = string(in.Source.ID)
	}
	ev.Kind, ev.Body = event.KindMinutesReady, body
	return true
}

func (d *decoder) noteReady(ev *event.Event) bool {
	var in struct {
		ID    looseText   `json:"note_id"`
		Users []personIDs `json:"subscriber_ids"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.ID == "" {
		return false
	}
	ev.Kind = event.KindMinutesReady
	ev.Body = &event.Minutes{ID: string(in.ID), Kind: "note", Users: d.users(in.Users)}
	return true
}

// calendarEvent may come without the entry's id, which is not given to every tenant yet.
func (d *decoder) calendarEvent(ev *event.Event) bool {
	var in struct {
		Calendar looseText   `json:"calendar_id"`
		Users    []personIDs `json:"user_id_list"`
		Event    looseText   `json:"calendar_event_id"`
		Change   looseText   `json:"change_type"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.Calendar == "" {
		return false
	}
	ev.Kind = event.KindCalendarChanged
	ev.Body = &event.Calendar{
		CalendarID: string(in.Calendar), EventID: string(in.Event), Change: string(in.Change), Users: d.users(in.Users),
	}
	return true
}

// calendarChanged says only whose list of calendars changed.
func (d *decoder) calendarChanged(ev *event.Event) bool {
	var in struct {
		Users []personIDs `json:"user_id_list"`
	}
	if decodeLenient(d.env.event, &in) != nil || len(in.Users) == 0 {
		return false
	}
	ev.Kind, ev.Body = event.KindCalendarChanged, &event.Calendar{Users: d.users(in.Users)}
	return true
}

// taskAccess holds no values: the task has to be read again.
func (d *decoder) taskAccess(ev *event.Event) bool {
	var in struct {
		ID    looseText `json:"task_guid"`
		Types []string  `json:"event_types"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.ID == "" {
		return false
	}
	ev.Kind = event.KindTodoChanged
	ev.Body = &event.Todo{ID: string(in.ID), Changes: in.Types, Deleted: slices.Contains(in.Types, "task_deleted")}
	return true
}

// taskTenant has an event_type of its own inside the event, and its list of users is nested twice.
func (d *decoder) taskTenant(ev *event.Event) bool {
	var in struct {
		ID    looseText `json:"task_id"`
		Type  looseText `json:"event_type"`  // create, update, delete
		Of    looseText `json:"object_type"` // task, collaborator, follower
		Users struct {
			List []personIDs `json:"user_id_list"`
		} `json:"user_id_list"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.ID == "" {
		return false
	}
	body := &event.Todo{ID: string(in.ID), Users: d.users(in.Users.List)}
	if in.Type != "" {
		body.Changes = []string{string(in.Of + "." + in.Type)}
	}
	body.Deleted = in.Type == "delete" && (in.Of == "task" || in.Of == "")
	ev.Kind, ev.Body = event.KindTodoChanged, body
	return true
}

// taskKinds are the numbers of obj_type, in the words of task.task.update_user_access_v2.
var taskKinds = map[looseText]string{
	"1": "task_desc_update", "2": "task_assignees_update", "3": "task_followers_update", "4": "task_reminders_update",
	"5": "task_completed_update", "6": "task_completed_update", "7": "task_deleted",
}

func (d *decoder) taskUpdated(ev *event.Event) bool {
	var in struct {
		ID   looseText `json:"task_id"`
		Type looseText `json:"obj_type"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.ID == "" {
		return false
	}
	body := &event.Todo{ID: string(in.ID), Deleted: in.Type == "7"}
	if k := taskKinds[in.Type]; k != "" {
		body.Changes = []string{k}
	} else if in.Type != "" {
		body.Changes = []string{string(in.Type)}
	}
	ev.Kind, ev.Body = event.KindTodoChanged, body
	return true
}
