package dingtalk

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"magpie/simulator"
)

// failed is an event that was given up, until the app fetches it.
type failed struct {
	App  string          `json:"app"`
	Type string          `json:"type"`
	At   int64           `json:"at"` // milliseconds
	Data json.RawMessage `json:"data"`
}

// maxFailed is how many given-up events one call lists.
const maxFailed = 200

func (s *state) addFailed(p *push) {
	s.Failed = append(s.Failed, &failed{App: p.app.ID, Type: p.eventType, At: p.at.UnixMilli(), Data: p.data})
}

// emit sends an event to one app. data is the business object as the stream carries it. Callers hold s.mu.
func (s *Server) emit(a *app, eventType string, data map[string]any) string {
	p := &push{app: a, kind: pushEvent, eventType: eventType, id: strings.ToLower(random(27)) + "-" + eventType,
		at: s.now(), messageID: newFrameID(), stream: a.Transport == TransportStream}
	p.data, p.flat = encode(data), encode(s.flatten(p, data))
	if !aboutContacts(eventType) && !s.countPush(s.now()) {
		p.attempt = 1
		s.remember(p, 0, errQuota)
		return p.id
	}
	s.dispatch(p)
	return p.id
}

// aboutContacts tells events that the quota leaves out.
func aboutContacts(eventType string) bool {
	for _, prefix := range []string{"user_", "org_", "label_"} {
		if strings.HasPrefix(eventType, prefix) {
			return true
		}
	}
	return false
}

// capitals are the keys that HTTP writes with a capital where the stream does not.
//
// Source: DingTalk Open Platform, events "todo_task_create" and "robot_msg_read", checked 2026-08.
var capitals = map[string][]string{
	"todo_task_create": {"unionIdList"}, "todo_task_update": {"unionIdList"}, "todo_task_delete": {"unionIdList"},
	"robot_msg_read":   {"userId", "unionId", "robotCode", "processQueryKey", "openConversationId", "operatTime"},
	"robot_msg_recall": {"userId", "unionId", "robotCode", "processQueryKey", "openConversationId", "operatTime"},
}

// flatten is an event as HTTP carries it: the envelope's fields beside the payload's.
func (s *Server) flatten(p *push, data map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range data {
		out[k] = v
	}
	for _, k := range capitals[p.eventType] {
		if v, there := out[k]; there {
			delete(out, k)
			out[strings.ToUpper(k[:1])+k[1:]] = v
		}
	}
	out["EventType"], out["EventTime"], out["CorpId"] = p.eventType, p.at.UnixMilli(), s.state.CorpID
	out["BizId"], out["eventId"] = millis(p.at), p.id
	return out
}

// Emit sends an event of any type to one connection, as things that happen outside the chats do: changes of
// the directory, meetings, the suite's own approvals. data is the business object as the stream carries it;
// over HTTP it is flattened with the envelope. The returned id is the event's.
func (s *Server) Emit(connection, eventType string, data map[string]any) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if a == nil {
		return "", fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	if _, err := json.Marshal(data); err != nil {
		return "", fmt.Errorf("event %s: %w: %w", eventType, simulator.ErrInvalid, err)
	}
	return s.emit(a, eventType, data), nil
}

// failedEvents is GET /call_back/get_call_back_failed_result: events given up, each listed once.
func failedEvents(q *request) (answer, *apiError) {
	list, rest := []map[string]any{}, []*failed{}
	more := false
	for _, f := range q.s.state.Failed {
		if f.App != q.app.ID || len(list) == maxFailed {
			more = more || f.App == q.app.ID
			rest = append(rest, f)
			continue
		}
		inner := map[string]any{"corpid": q.s.state.CorpID}
		var data map[string]any
		_ = json.Unmarshal(f.Data, &data) // encoded by emit
		switch {
		case strings.HasPrefix(f.Type, "bpms_"):
			inner["bpmsCallBackData"] = data
		case strings.HasPrefix(f.Type, "label_"):
			inner["roleLabelChange"] = data
		case strings.HasPrefix(f.Type, "user_"):
			inner["userid"] = data["userId"]
		default:
			inner["callbackData"] = data
		}
		list = append(list, map[string]any{"call_back_tag": f.Type, "event_time": f.At, f.Type: inner})
	}
	q.s.state.Failed = rest
	q.s.touch()
	return answer{"failed_list": list, "has_more": more}, nil
}

// readEvent and its like are the bodies of the events that this simulator makes by itself. The time is a text
// when something was read and a number when it was recalled; its name is misspelt by the vendor.
func (s *Server) readEvent(a *app, m *message, person string, at time.Time) map[string]any {
	return map[string]any{"unionId": s.unionID(person), "operatTime": millis(at), "robotCode": a.ClientID,
		"openConversationId": m.Chat, "userId": s.userID(person), "processQueryKey": m.Query}
}

func (s *Server) recallEvent(a *app, m *message, person string, at time.Time) map[string]any {
	return map[string]any{"unionId": s.unionID(person), "operatTime": at.UnixMilli(), "robotCode": a.ClientID,
		"openConversationId": m.Chat, "userId": s.userID(person), "processQueryKey": m.Query}
}

// chatEvent is what all events about a group have in common.
func (s *Server) chatEvent(c *chat, operator string) map[string]any {
	return map[string]any{"timeStamp": s.now().UnixMilli(), "chatId": s.oldChatID(c.ID), "corpId": s.state.CorpID,
		"openConversationId": c.ID, "operator": s.userID(operator), "operatorUnionId": s.unionID(operator)}
}

// encode is JSON of plain data, which always works.
func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err))
	}
	return raw
}
