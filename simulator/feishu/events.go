package feishu

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"magpie/simulator"
)

// envelope is schema 2.0 of everything that Feishu sends.
type envelope struct {
	Schema string         `json:"schema"`
	Header envelopeHeader `json:"header"`
	Event  any            `json:"event"`
}

type envelopeHeader struct {
	EventID    string `json:"event_id"`
	EventType  string `json:"event_type"`
	CreateTime string `json:"create_time"`
	Token      string `json:"token"`
	AppID      string `json:"app_id"`
	TenantKey  string `json:"tenant_key"`
}

// cardTrigger is the one callback among the events: it wants an answer, is timed in microseconds and never
// sent again.
const cardTrigger = "card.action.trigger"

// envelop wraps an event for one app. Over the long connection there is no verification token.
func (s *Server) envelop(a *app, eventType string, event any) (id string, body []byte) {
	now := s.clock.Now()
	at := strconv.FormatInt(now.UnixMilli(), 10)
	if eventType == cardTrigger {
		at = strconv.FormatInt(now.UnixMicro(), 10)
	}
	e := envelope{"2.0", envelopeHeader{random(32), eventType, at, a.VerificationToken, a.AppID, s.state.TenantKey}, event}
	if a.Transport == TransportWebsocket {
		e.Header.Token = ""
	}
	body, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("event %s: %v", eventType, err)) // only plain data is ever passed
	}
	return e.Header.EventID, body
}

// emit sends an event to one app. orderKey, when not empty, makes it wait until the events of the same key
// before it are acknowledged or given up. Callers hold s.mu.
func (s *Server) emit(a *app, eventType string, event any, orderKey string) string {
	id, body := s.envelop(a, eventType, event)
	s.dispatch(&delivery{app: a, eventID: id, eventType: eventType, body: body, order: orderKey})
	return id
}

// Emit sends an event of any type to one connection, as things that happen outside the chats do: directory
// changes, meetings, the suite's own approvals. event is the part named so in the document. With schema 1.0
// (v1) the envelope is the old one and event must hold its own type; an orderKey makes it one of the ordered
// kinds. The returned id is the envelope's.
func (s *Server) Emit(connection, eventType string, v1 bool, event map[string]any, orderKey string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if a == nil {
		return "", fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	if !v1 {
		return s.emit(a, eventType, event, orderKey), nil
	}
	now := s.clock.Now()
	inner := map[string]any{"app_id": a.AppID, "tenant_key": s.state.TenantKey, "type": eventType}
	for k, v := range event {
		inner[k] = v
	}
	id := random(28)
	body, err := json.Marshal(map[string]any{
		"ts": fmt.Sprintf("%d.%07d", now.Unix(), now.Nanosecond()/100), "uuid": id, "token": a.VerificationToken,
		"type": "event_callback", "event": inner,
	})
	if err != nil {
		return "", fmt.Errorf("event %s: %w: %w", eventType, simulator.ErrInvalid, err)
	}
	s.dispatch(&delivery{app: a, eventID: id, eventType: eventType, body: body, order: orderKey})
	return id, nil
}

// The bodies of the events that this simulator makes by itself.
//
// Source: Feishu Open Platform, im.message.receive_v1, im.message.message_read_v1,
// im.chat.access_event.bot_p2p_chat_entered_v1, checked 2026-11.

func (s *Server) received(a *app, c *chat, m *message) map[string]any {
	body := map[string]any{
		"message_id": m.ID, "create_time": millis(m.Created), "update_time": millis(m.Changed), "chat_id": c.ID,
		"chat_type": c.Type, "message_type": m.Type, "content": m.Content,
	}
	if m.Root != "" {
		body["root_id"], body["parent_id"] = m.Root, m.Parent
	}
	if len(m.Mentions) > 0 {
		list := make([]map[string]any, 0, len(m.Mentions))
		for _, at := range m.Mentions {
			row := map[string]any{"key": at.Key, "name": at.Name, "tenant_key": s.state.TenantKey}
			switch b := s.appNamed(at.App); {
			case at.App != "" && b != nil:
				row["id"], row["mentioned_type"] = userIDs{UnionID: s.unionID("\x00bot" + b.AppID), OpenID: s.botID(b)}, "bot"
			case at.Person != "":
				row["id"], row["mentioned_type"] = s.idsOf(a, at.Person), "user"
			default: // everybody
				row["id"] = userIDs{}
			}
			list = append(list, row)
		}
		body["mentions"] = list
	}
	return map[string]any{
		"sender":  map[string]any{"sender_id": s.idsOf(a, m.Person), "sender_type": "user", "tenant_key": s.state.TenantKey},
		"message": body,
	}
}

func (s *Server) readEvent(a *app, person string, at time.Time, messages []string) map[string]any {
	return map[string]any{
		"reader":          map[string]any{"reader_id": s.idsOf(a, person), "read_time": millis(at), "tenant_key": s.state.TenantKey},
		"message_id_list": messages,
	}
}

func (s *Server) enteredEvent(a *app, person string, c *chat) map[string]any {
	out := map[string]any{"chat_id": c.ID, "operator_id": s.idsOf(a, person), "last_message_id": "", "last_message_create_time": ""}
	for i := len(s.state.Messages) - 1; i >= 0; i-- {
		if m := s.state.Messages[i]; m.Chat == c.ID {
			out["last_message_id"], out["last_message_create_time"] = m.ID, millis(m.Created)
			break
		}
	}
	return out
}
