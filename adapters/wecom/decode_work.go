package wecom

import (
	"strings"

	"magpie/adapters/event"
)

// calendarChanges are what happened, by the event's name.
var calendarChanges = map[string]string{
	"modify_calendar": "update", "delete_calendar": "delete", "add_schedule": "create", "modify_schedule": "update",
	"delete_schedule": "delete", "respond_schedule": "rsvp",
}

func (d *decoder) calendar(ev *event.Event) bool {
	c := &event.Calendar{CalendarID: d.x.str("CalId"), EventID: d.x.str("ScheduleId"), Change: calendarChanges[strings.ToLower(ev.VendorType)]}
	if !ev.Actor.Ref.IsZero() {
		c.Users = []event.Ref{ev.Actor.Ref}
	}
	ev.Kind, ev.Body = event.KindCalendarChanged, c
	return c.CalendarID != "" || c.EventID != ""
}

// meeting decodes the start and the end of a meeting. Other changes stay unknown: the names of most are not
// documented.
func (d *decoder) meeting(ev *event.Event) bool {
	m := &event.Meeting{ID: d.x.str("MeetingId")}
	if who := ev.Actor; !who.Ref.IsZero() {
		m.Host = &who
	}
	change := strings.ToLower(d.x.str("ChangeType"))
	ev.VendorType += "." + short(change)
	switch change {
	case "meeting_start":
		ev.Kind, m.StartedAt = event.KindMeetingStarted, ev.At
	case "meeting_end":
		ev.Kind, m.EndedAt = event.KindMeetingEnded, ev.At
	default:
		return false
	}
	ev.Body = m
	return m.ID != ""
}
