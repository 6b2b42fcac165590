package dingtalk

import "magpie/adapters/event"

// chatEvent is what the events about a group have in common.
// Source: DingTalk Open Platform, "Group events", checked 2026-08.
type chatEvent struct {
	Chat     looseText `json:"openConversationId"`
	OldChat  looseText `json:"chatId"`
	Title    looseText `json:"title"`
	Users    looseList `json:"userId"`
	Unions   looseList `json:"unionId"`
	Operator looseText `json:"operator"`
	OpUnion  looseText `json:"operatorUnionId"`
	At       looseTime `json:"timeStamp"`
	AppAt    looseTime `json:"operateTime"`
}

func (d *decoder) chatEvent(ev *event.Event) (chatEvent, bool) {
	var in chatEvent
	if decodeLenient(d.env.data, &in) != nil || in.Chat == "" {
		return in, false
	}
	ev.Actor = d.actor(string(in.Operator), string(in.OpUnion))
	ev.Conv = &event.Conversation{Ref: d.chat(string(in.Chat)), Type: event.ConvGroup, Title: string(in.Title)}
	ev.At = d.at(in.At.Time)
	if !in.AppAt.IsZero() {
		ev.At = in.AppAt.Time
	}
	return in, true
}

// chatOf decodes an event about a group, or about our app's place in it.
func chatOf(kind event.Kind) decodeFunc {
	return func(d *decoder, ev *event.Event) bool {
		in, ok := d.chatEvent(ev)
		if !ok {
			return false
		}
		ev.Kind, ev.Body = kind, &event.Chat{Chat: d.chat(string(in.Chat)), Title: string(in.Title)}
		return true
	}
}

// membersOf decodes an event about people in a group. Its two lists of ids run side by side.
func membersOf(kind event.Kind) decodeFunc {
	return func(d *decoder, ev *event.Event) bool {
		in, ok := d.chatEvent(ev)
		if !ok {
			return false
		}
		body := &event.Membership{Chat: d.chat(string(in.Chat)), Title: string(in.Title)}
		for i := range max(len(in.Users), len(in.Unions)) {
			var user, union string
			if i < len(in.Users) {
				user = in.Users[i]
			}
			if i < len(in.Unions) && (len(in.Unions) == len(in.Users) || len(in.Users) == 0) {
				union = in.Unions[i]
			}
			if a := d.actor(user, union); !a.Ref.IsZero() {
				body.Members = append(body.Members, a)
			}
		}
		ev.Kind, ev.Body = kind, body
		return true
	}
}

// receiptOf decodes that a message of the robot was read or taken back. The time's name is misspelt on the wire.
// Source: DingTalk Open Platform, "Robot message read" and "Robot message recalled", checked 2026-08.
func receiptOf(kind event.Kind) decodeFunc {
	return func(d *decoder, ev *event.Event) bool {
		var in struct {
			User  looseText `json:"userId"`
			Union looseText `json:"unionId"`
			Chat  looseText `json:"openConversationId"`
			Key   looseText `json:"processQueryKey"`
			At    looseTime `json:"operatTime"`
			At2   looseTime `json:"operateTime"`
		}
		if decodeLenient(d.env.data, &in) != nil || in.Key == "" {
			return false
		}
		ev.Actor = d.actor(string(in.User), string(in.Union))
		if in.Chat != "" {
			ev.Conv = &event.Conversation{Ref: d.chat(string(in.Chat)), Type: event.ConvGroup}
		}
		at := in.At.Time
		if at.IsZero() {
			at = in.At2.Time
		}
		body := &event.Receipt{Messages: []event.Ref{d.message(string(in.Key))}, At: d.at(at)}
		if kind == event.KindMessageRecalled {
			body.By = "robot"
		}
		ev.Kind, ev.Body = kind, body
		return true
	}
}
