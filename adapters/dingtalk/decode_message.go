package dingtalk

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

// Topics of the stream's callbacks; they name messages and presses of the webhook too.
const (
	TopicMessage  = "/v1.0/im/bot/messages/get"
	TopicDelegate = "/v1.0/im/bot/messages/delegate"
	TopicCard     = "/v1.0/card/instances/callback"
)

// overQuota is the code of a message that DingTalk has emptied because the month's pushes are used up.
const overQuota = "20001"

// robotMessage is what somebody wrote to the robot: the same object over both transports.
// Source: DingTalk Open Platform, "Receive messages of the robot", checked 2026-08.
type robotMessage struct {
	ID         looseText       `json:"msgId"`
	At         looseTime       `json:"createAt"`
	ConvType   looseText       `json:"conversationType"` // 1 direct, 2 group
	Conv       looseText       `json:"conversationId"`
	ConvTitle  looseText       `json:"conversationTitle"`
	Sender     looseText       `json:"senderId"` // opaque
	SenderUser looseText       `json:"senderStaffId"`
	Union      looseText       `json:"senderUnionId"`
	Nick       looseText       `json:"senderNick"`
	SenderCorp looseText       `json:"senderCorpId"`
	BotCorp    looseText       `json:"chatbotCorpId"`
	Bot        looseText       `json:"chatbotUserId"`
	Robot      looseText       `json:"robotCode"`
	AtUs       *looseBool      `json:"isInAtList"`
	AtUsers    []atUser        `json:"atUsers"`
	Webhook    looseText       `json:"sessionWebhook"`
	WebhookEnd looseTime       `json:"sessionWebhookExpiredTime"`
	Type       looseText       `json:"msgtype"`
	Text       json.RawMessage `json:"text"`
	Content    json.RawMessage `json:"content"`
	Original   looseText       `json:"originalMsgId"`
	Quote      struct {
		ID looseText `json:"msgId"`
	} `json:"quoteMessage"`
	ErrorCode  looseText `json:"errorCode"`
	ErrCode    looseText `json:"errCode"`
	ErrorText  looseText `json:"errorMessage"`
	ErrMessage looseText `json:"errMsg"`
}

// atUser is somebody mentioned.
type atUser struct {
	ID    looseText `json:"dingtalkId"`
	User  looseText `json:"staffId"`
	Union looseText `json:"unionId"`
}

// decodeMessage translates a message to the robot. delivery is the frame's id, "" over HTTP. Errors:
// KindInvalid for what is no message, KindUnauthenticated for one to another robot.
func (r *receiver) decodeMessage(body []byte, delivery string, received time.Time) (event.Event, error) {
	if !isObject(body) {
		return event.Event{}, r.fail(adapters.KindInvalid, errNoObject)
	}
	var in robotMessage
	if err := decodeLenient(body, &in); err != nil {
		return event.Event{}, r.fail(adapters.KindInvalid, err)
	}
	if err := r.checkCorp(string(in.BotCorp)); err != nil {
		return event.Event{}, err
	}
	if in.Robot != "" && string(in.Robot) != r.cfg.RobotCode && string(in.Robot) != r.cfg.ClientID {
		return event.Event{}, r.refuse("for robot %.40q, not ours", string(in.Robot))
	}
	ev := r.base(received)
	ev.Delivery, ev.At, ev.VendorType, ev.Raw = delivery, in.At.Time, TopicMessage, body
	if in.ID == "" {
		return event.Event{}, r.fail(adapters.KindInvalid, errors.New("a message without msgId"))
	}
	ev.ID = "msg:" + string(in.ID)
	if delivery == "" {
		ev.Delivery = string(in.ID)
	}
	s := scoped{r.cfg.CorpID}
	if in.ErrorCode+in.ErrCode == overQuota {
		ev.Kind = event.KindAppHealth
		ev.Body = &event.AppHealth{State: "quota_used_up", What: string(in.ErrorText + in.ErrMessage)}
		return ev, nil
	}
	if in.Conv == "" || in.Sender == "" && in.SenderUser == "" {
		r.log.Warn("a message without sender or conversation is kept as unknown", "connection", r.cfg.ID, "id", ev.ID)
		return ev, nil
	}
	ev.Actor = in.actor(s)
	ev.Conv = in.conv(s, ev.Actor.Ref)
	m := &event.Message{Ref: s.message(string(in.ID))}
	in.fill(s, m)
	ev.Kind, ev.Body = event.KindMessage, m
	if in.Webhook != "" && !in.WebhookEnd.IsZero() {
		ev.Reply.Handles = []event.Handle{{Kind: HandleSession, Value: string(in.Webhook), Expires: in.WebhookEnd.Time}}
	}
	return ev, nil
}

// actor is who wrote it. People of other organisations, and everybody until the robot is published, come
// without a userId: their opaque id can't be written to, but their conversation can. Ids of another organisation are
// references into that one.
func (in *robotMessage) actor(s scoped) event.Actor {
	ours := s.tenant
	if in.SenderCorp != "" {
		s.tenant = string(in.SenderCorp)
	}
	a := s.actor(string(in.SenderUser), string(in.Union))
	if a.Ref.IsZero() {
		a = event.Actor{Ref: s.user(string(in.Sender)), Type: event.ActorUser}
	}
	if s.tenant != ours || in.SenderUser == "" && in.SenderCorp == "" {
		a.Type = event.ActorExternal
	}
	a.Name = string(in.Nick)
	return a
}

// conv is where it was written. A direct chat has no address of its own: messages go to the person.
func (in *robotMessage) conv(s scoped, who event.Ref) *event.Conversation {
	c := &event.Conversation{Ref: s.chat(string(in.Conv)), Type: event.ConvGroup, Title: string(in.ConvTitle)}
	if in.ConvType == "2" {
		// A robot gets nothing of a group but what mentions it.
		c.ToBot = in.AtUs == nil || bool(*in.AtUs)
		return c
	}
	c.Type, c.ToBot, c.Title = event.ConvDirect, true, ""
	if in.SenderUser != "" && who.Scope.Tenant == s.tenant {
		c.Ref = who
	}
	return c
}

// fill reads what was written.
func (in *robotMessage) fill(s scoped, m *event.Message) {
	for _, u := range in.AtUsers {
		if u.ID != "" && u.ID == in.Bot {
			continue
		}
		if a := s.actor(string(u.User), string(u.Union)); !a.Ref.IsZero() {
			m.Mentions = append(m.Mentions, a)
		}
	}
	text := innerObject(in.Text)
	switch quoted := innerObject(text["repliedMsg"]); {
	case scalarText(quoted["msgId"]) != "":
		m.ReplyTo = refTo(s.message(scalarText(quoted["msgId"])))
	case in.Original != "":
		m.ReplyTo = refTo(s.message(string(in.Original)))
	case in.Quote.ID != "":
		m.ReplyTo = refTo(s.message(string(in.Quote.ID)))
	}
	content := innerObject(in.Content)
	switch in.Type {
	case "text", "":
		words := scalarText(text["content"])
		if words == "" && content == nil {
			words = scalarText(in.Content) // the whole text stands at the top in some
		}
		m.Text = strings.TrimSpace(words)
		m.Parts = textPart(nil, m.Text)
	case "markdown":
		m.Text = strings.TrimSpace(scalarText(content["text"]))
		m.Parts = textPart(nil, m.Text)
	case "richText":
		in.rich(s, m, content)
	case "picture":
		m.Parts = append(m.Parts, filePart(s, event.PartImage, content))
	case "audio":
		m.Text = scalarText(content["recognition"])
		m.Parts = textPart(append(m.Parts, filePart(s, event.PartAudio, content)), m.Text)
	case "video":
		m.Parts = append(m.Parts, filePart(s, event.PartVideo, content))
	case "file":
		m.Parts = append(m.Parts, filePart(s, event.PartFile, content))
	case "interactiveCard":
		m.Parts = append(m.Parts, event.Part{Kind: event.PartCard})
	default:
		m.Parts = append(m.Parts, event.Part{Kind: event.PartOther, Text: string(in.Type)})
	}
}

// rich reads a text with pictures. One item may have both.
func (in *robotMessage) rich(s scoped, m *event.Message, content map[string]json.RawMessage) {
	var items []map[string]json.RawMessage
	if json.Unmarshal(content["richText"], &items) != nil {
		return
	}
	var words []string
	for _, it := range items {
		text := scalarText(it["text"])
		if text == "" {
			text = scalarText(it["content"])
		}
		if name := scalarText(it["atName"]); name != "" {
			text = "@" + strings.TrimPrefix(name, "@")
		}
		if t := strings.TrimSpace(text); t != "" {
			words = append(words, t)
			m.Parts = textPart(m.Parts, t)
		}
		if scalarText(it["downloadCode"]) != "" || scalarText(it["pictureUrl"]) != "" {
			m.Parts = append(m.Parts, filePart(s, event.PartImage, it))
		}
	}
	m.Text = strings.Join(words, "\n")
}

func textPart(parts []event.Part, text string) []event.Part {
	if text == "" {
		return parts
	}
	return append(parts, event.Part{Kind: event.PartText, Text: text})
}

// filePart is a file by the code that it can be fetched with, for a short while.
func filePart(s scoped, kind event.PartKind, content map[string]json.RawMessage) event.Part {
	p := event.Part{Kind: kind, Text: scalarText(content["fileName"]), URL: scalarText(content["pictureUrl"])}
	if code := scalarText(content["downloadCode"]); code != "" {
		p.Ref = refTo(s.ref(event.RefFile, code))
	}
	var ms looseInt
	if ms.UnmarshalJSON(bytes.TrimSpace(content["duration"])) == nil && ms > 0 && ms < 1<<40 {
		p.Duration = time.Duration(ms) * time.Millisecond
	}
	return p
}

func refTo(r event.Ref) *event.Ref { return &r }
