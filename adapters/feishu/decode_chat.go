package feishu

import (
	"slices"

	"magpie/adapters/event"
)

// messageRead is sent for direct messages of the bot only; groups have to be asked.
func (d *decoder) messageRead(ev *event.Event) bool {
	var in struct {
		Reader struct {
			ID     personIDs `json:"reader_id"`
			At     looseTime `json:"read_time"`
			Tenant looseText `json:"tenant_key"`
		} `json:"reader"`
		Messages []looseText `json:"message_id_list"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.Reader.ID.empty() {
		return false
	}
	body := &event.Receipt{At: in.Reader.At.Time}
	for _, id := range in.Messages {
		if id != "" {
			body.Messages = append(body.Messages, d.scoped.message(string(id)))
		}
	}
	if len(body.Messages) == 0 {
		return false
	}
	ev.Kind, ev.Body = event.KindMessageRead, body
	ev.Actor = d.actor(in.Reader.ID, in.Reader.Tenant)
	return true
}

// messageRecalled does not say who recalled, only in which role.
func (d *decoder) messageRecalled(ev *event.Event) bool {
	var in struct {
		Message looseText `json:"message_id"`
		Chat    looseText `json:"chat_id"`
		At      looseTime `json:"recall_time"`
		By      looseText `json:"recall_type"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.Message == "" {
		return false
	}
	ev.Kind = event.KindMessageRecalled
	ev.Body = &event.Receipt{
		Messages: []event.Ref{d.scoped.message(string(in.Message))},
		At:       in.At.Time,
		By:       string(in.By),
	}
	ev.Conv = d.conv(in.Chat, "")
	return true
}

func (d *decoder) reactionAdded(ev *event.Event) bool   { return d.reaction(ev, false) }
func (d *decoder) reactionRemoved(ev *event.Event) bool { return d.reaction(ev, true) }

func (d *decoder) reaction(ev *event.Event, removed bool) bool {
	var in struct {
		Message looseText `json:"message_id"`
		Type    struct {
			Emoji looseText `json:"emoji_type"`
		} `json:"reaction_type"`
		OperatorType looseText `json:"operator_type"`
		User         personIDs `json:"user_id"`
		App          looseText `json:"app_id"`
		At           looseTime `json:"action_time"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.Message == "" {
		return false
	}
	ev.Kind = event.KindReaction
	ev.Body = &event.Reaction{
		Message: d.scoped.message(string(in.Message)),
		Emoji:   string(in.Type.Emoji),
		Removed: removed,
		At:      in.At.Time,
	}
	ev.Actor = d.actor(in.User, "")
	if in.OperatorType != "" && in.OperatorType != "user" {
		ev.Actor.Type, ev.Actor.Name = event.ActorBot, string(in.App)
	}
	return true
}

// chatEvent is what the events about a group have in common.
type chatEvent struct {
	Chat     looseText `json:"chat_id"`
	Operator personIDs `json:"operator_id"`
	Tenant   looseText `json:"operator_tenant_key"`
	External bool      `json:"external"`
	Name     looseText `json:"name"`
	Names    i18nNames `json:"i18n_names"`
	After    struct {
		Name  looseText `json:"name"`
		Names i18nNames `json:"i18n_names"`
	} `json:"after_change"`
	Users []struct {
		Name   looseText `json:"name"`
		Tenant looseText `json:"tenant_key"`
		ID     personIDs `json:"user_id"` // an object here
	} `json:"users"`
}

type i18nNames struct {
	Zh looseText `json:"zh_cn"`
	En looseText `json:"en_us"`
	Ja looseText `json:"ja_jp"`
}

// title is the group's name as far as the event tells it.
func (c chatEvent) title() string {
	for _, s := range []looseText{c.After.Name, c.After.Names.Zh, c.Name, c.Names.Zh, c.Names.En, c.Names.Ja} {
		if s != "" {
			return string(s)
		}
	}
	return ""
}

// chatOf decodes an event about a group, or about our bot's place in it.
func chatOf(kind event.Kind) decodeFunc {
	return func(d *decoder, ev *event.Event) bool {
		in, ok := d.chatEvent(ev)
		if !ok {
			return false
		}
		ev.Kind = kind
		ev.Body = &event.Chat{Chat: d.chat(string(in.Chat)), Title: in.title(), External: in.External}
		return true
	}
}

// membersOf decodes an event about people in a group.
func membersOf(kind event.Kind) decodeFunc {
	return func(d *decoder, ev *event.Event) bool {
		in, ok := d.chatEvent(ev)
		if !ok {
			return false
		}
		body := &event.Membership{Chat: d.chat(string(in.Chat)), Title: in.title()}
		for _, u := range in.Users {
			a := d.actor(u.ID, u.Tenant)
			a.Name = string(u.Name)
			body.Members = append(body.Members, a)
		}
		ev.Kind, ev.Body = kind, body
		return true
	}
}

func (d *decoder) chatEvent(ev *event.Event) (chatEvent, bool) {
	var in chatEvent
	if decodeLenient(d.env.event, &in) != nil || in.Chat == "" {
		return in, false
	}
	if !in.Operator.empty() {
		ev.Actor = d.actor(in.Operator, in.Tenant)
	}
	ev.Conv = d.conv(in.Chat, event.ConvGroup)
	ev.Conv.Title = in.title()
	return in, true
}

// opened fires each time a person opens the chat with the bot.
func (d *decoder) opened(ev *event.Event) bool {
	var in struct {
		Chat     looseText `json:"chat_id"`
		Operator personIDs `json:"operator_id"`
		Last     looseText `json:"last_message_id"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.Operator.empty() {
		return false
	}
	body := &event.Opened{At: ev.At}
	if in.Last != "" {
		ref := d.scoped.message(string(in.Last))
		body.Last = &ref
	}
	ev.Kind, ev.Body = event.KindOpened, body
	ev.Actor = d.actor(in.Operator, "")
	if ev.Conv = d.conv(in.Chat, event.ConvDirect); ev.Conv != nil {
		ev.Conv.ToBot = true
	}
	return true
}

// menu names no chat: who pressed has to be answered by their id.
func (d *decoder) menu(ev *event.Event) bool {
	var in struct {
		Operator struct {
			Name looseText `json:"operator_name"`
			ID   personIDs `json:"operator_id"`
		} `json:"operator"`
		Key looseText `json:"event_key"`
		At  looseTime `json:"timestamp"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.Operator.ID.empty() {
		return false
	}
	ev.Kind, ev.Body = event.KindMenu, &event.Menu{Key: string(in.Key)}
	ev.Actor = d.actor(in.Operator.ID, "")
	ev.Actor.Name = string(in.Operator.Name)
	if ev.At.IsZero() {
		ev.At = in.At.Time
	}
	return true
}

// appStatus is an administrator, or Feishu, switching our app on or off.
func (d *decoder) appStatus(ev *event.Event) bool {
	var in struct {
		Status   looseText `json:"status"`
		Operator personIDs `json:"operator"`
	}
	if decodeLenient(d.env.event, &in) != nil || in.Status == "" {
		return false
	}
	ev.Kind, ev.Body = event.KindAppHealth, &event.AppHealth{State: string(in.Status)}
	if slices.Contains([]looseText{"stop_by_tenant", "stop_by_platform"}, in.Status) {
		ev.Body = &event.AppHealth{State: "suspended", What: string(in.Status)}
	}
	if !in.Operator.empty() {
		ev.Actor = d.actor(in.Operator, "")
	}
	return true
}

// conv is the conversation with a chat id, nil without one. An empty type means that the event does not
// tell a direct chat from a group: both have personIDs of the same form.
func (d *decoder) conv(chat looseText, t event.ConvType) *event.Conversation {
	if chat == "" {
		return nil
	}
	return &event.Conversation{Ref: d.chat(string(chat)), Type: t}
}
