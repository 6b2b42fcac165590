package dingtalk

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// sessionLife is how long the webhook in a robot message can be written to.
const sessionLife = 90 * time.Minute

// session is a sessionWebhook: a conversation that can be written to for a while, without a token.
type session struct {
	App   string    `json:"app"`
	Chat  string    `json:"chat"`
	Until time.Time `json:"until"`
}

// hear calls a robot back with what somebody wrote.
//
// Source: DingTalk Open Platform, "Receive message", checked 2026-08. Callers hold s.mu.
func (s *Server) hear(a *app, c *chat, m *message, text string, at []map[string]any) {
	now := s.now()
	for key, old := range s.state.Sessions {
		if now.Sub(old.Until) > 24*time.Hour {
			delete(s.state.Sessions, key)
		}
	}
	key := random(32)
	s.state.Sessions[key] = &session{App: a.ID, Chat: c.ID, Until: now.Add(sessionLife)}
	p, _ := s.company.Person(m.Person)
	body := map[string]any{
		"msgId": m.ID, "createAt": now.UnixMilli(), "conversationType": "1", "conversationId": c.ID,
		"senderId": s.dingtalkID(m.Person), "senderUnionId": s.unionID(m.Person), "senderNick": p.Name, "senderCorpId": s.state.CorpID,
		"senderPlatform": "Mac", "chatbotCorpId": s.state.CorpID, "chatbotUserId": s.botID(a), "robotCode": a.ClientID,
		"sessionWebhook": s.base + "/oapi/robot/sendBySession?session=" + key, "sessionWebhookExpiredTime": now.Add(sessionLife).UnixMilli(),
		"msgtype": "text", "text": map[string]any{"content": text},
	}
	if !a.Unpublished {
		body["senderStaffId"], body["isAdmin"] = s.userID(m.Person), slices.Contains(s.admins, m.Person)
	}
	if c.Type == chatGroup {
		body["conversationType"], body["conversationTitle"] = "2", c.Name
		body["isInAtList"], body["atUsers"] = true, at
	}
	if !s.countPush(now) {
		delete(body, "text")
		body["errorCode"], body["errorMessage"] = "20001", "受调用量超量影响，当前我的消息服务已经暂停。"
	}
	raw := encode(body)
	s.dispatch(&push{app: a, kind: pushRobot, eventType: pushRobot, id: m.ID, at: now, data: raw, flat: raw,
		stream: a.RobotTransport == TransportStream, messageID: newFrameID(), message: m.ID})
}

// answeredInPlace posts what a robot answered in the HTTP response itself. Callers hold s.mu.
func (s *Server) answeredInPlace(p *push, raw []byte) {
	if strings.TrimSpace(string(raw)) == "" || p.again {
		return
	}
	asked := s.byMsg[p.message]
	if asked == nil {
		return
	}
	var head struct {
		MsgType string `json:"msgtype"`
	}
	if json.Unmarshal(raw, &head) != nil || head.MsgType == "" || head.MsgType == "empty" {
		return
	}
	kind, why := checkHook(raw)
	if why != "" {
		s.warn("the answer to robot message %s is no message: %s", p.id, why)
		return
	}
	s.postMessage(&message{ID: newMessageID(), Chat: asked.Chat, Via: viaHook, App: p.app.ID, Kind: kind, Content: string(raw), Reply: asked.ID, Created: s.now()})
}

// sendBySession is POST /robot/sendBySession: it takes no token, knows no quota of its own and leaves no
// message id behind.
func sendBySession(q *request) (answer, *apiError) {
	v := q.s.state.Sessions[q.query.Get("session")]
	if v == nil || !v.Until.After(q.now) {
		return nil, deny(300001, "session 不存在")
	}
	c := q.s.state.Chats[v.Chat]
	if c == nil || c.Disbanded {
		return nil, deny(400013, "群已被解散")
	}
	kind, why := checkHook(q.body)
	if why != "" {
		return nil, badField("%s", why)
	}
	q.s.postMessage(&message{ID: newMessageID(), Chat: c.ID, Via: viaHook, App: v.App, Kind: kind, Content: string(q.body), Created: q.now})
	return answer{}, nil
}
