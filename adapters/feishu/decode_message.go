package feishu

import (
	"slices"
	"strings"
	"time"

	"magpie/adapters/event"
)

// keyAll is the placeholder of a mention of everybody. An entry in mentions may or may not go with it; if
// one does, its personIDs are empty.
const keyAll = "@_all"

// nameAll is what a mention of everybody reads like.
const nameAll = "@所有人"

// editedAfter is by how much update_time must be later than create_time for a message to count as edited.
const editedAfter = time.Second

// mentioned is one entry of a message's mentions.
type mentioned struct {
	Key    string    `json:"key"` // "@_user_1"
	ID     personIDs `json:"id"`
	Type   looseText `json:"mentioned_type"` // user or bot
	Name   looseText `json:"name"`
	Tenant looseText `json:"tenant_key"`
}

// messageEvent is im.message.receive_v1.
type messageEvent struct {
	Sender struct {
		ID     personIDs `json:"sender_id"`
		Type   looseText `json:"sender_type"`
		Tenant looseText `json:"tenant_key"`
	} `json:"sender"`
	Message struct {
		ID       looseText   `json:"message_id"`
		Root     looseText   `json:"root_id"`
		Parent   looseText   `json:"parent_id"`
		Thread   looseText   `json:"thread_id"`
		Created  looseTime   `json:"create_time"`
		Updated  looseTime   `json:"update_time"`
		Chat     looseText   `json:"chat_id"`
		ChatType looseText   `json:"chat_type"`
		Type     looseText   `json:"message_type"`
		Content  looseText   `json:"content"` // JSON in a string
		Mentions []mentioned `json:"mentions"`
	} `json:"message"`
}

// message decodes a message that somebody wrote to the bot, or in a group that the bot may read.
// It is known by its message_id, not by the event: Feishu's own rule.
func (d *decoder) message(ev *event.Event) bool {
	var in messageEvent
	if !in.scan(d.env.event) {
		in = messageEvent{}
		if decodeLenient(d.env.event, &in) != nil {
			return false
		}
	}
	if in.Message.ID == "" {
		return false
	}
	m := &in.Message

	ev.Kind, ev.ID = event.KindMessage, "msg:"+string(m.ID)
	if !m.Created.IsZero() && m.Updated.Sub(m.Created.Time) > editedAfter {
		ev.Kind = event.KindMessageEdited
		ev.ID += "@" + m.Updated.Format("20060102T150405.000")
	}
	if !m.Created.IsZero() {
		ev.At = m.Created.Time
	}
	ev.Actor = d.sender(in)

	mentioned := newMentions(d, m.Mentions)
	body := &event.Message{Ref: d.scoped.message(string(m.ID))}
	d.content(body, string(m.Type), string(m.Content), mentioned)
	body.Mentions = mentioned.actors
	body.ToAll = mentioned.all
	body.ReplyTo, body.Root = d.messageRef(m.Parent), d.messageRef(m.Root)
	ev.Body = body

	// The chat is what can be answered to; a message in a topic is answered through its root.
	kind := event.ConvGroup
	switch {
	case m.ChatType == "p2p":
		kind = event.ConvDirect
	case m.Thread != "":
		kind = event.ConvThread
	}
	if ev.Conv = d.conv(m.Chat, kind); ev.Conv != nil {
		ev.Conv.ToBot = m.ChatType == "p2p" || mentioned.bot
	}
	return true
}

// scan reads what messages look like day by day, without reflection. It returns false where encoding/json
// would have to be asked: keys that come twice or in other letters, fields of another type. What it
// reads is what decodeLenient would have read.
func (in *messageEvent) scan(b []byte) bool {
	var ev, sender, message object
	if ev.read(b) != nil || !ev.plainKeys() || !sender.readField(&ev, "sender") || !message.readField(&ev, "message") {
		return false
	}
	if !in.Sender.ID.scan(&sender, "sender_id") {
		return false
	}
	in.Sender.Type, in.Sender.Tenant = sender.loose("sender_type"), sender.loose("tenant_key")

	m := &in.Message
	m.ID, m.Root, m.Parent, m.Thread = message.loose("message_id"), message.loose("root_id"), message.loose("parent_id"), message.loose("thread_id")
	m.Created.Time, m.Updated.Time = parseTime(message.text("create_time")), parseTime(message.text("update_time"))
	m.Chat, m.ChatType = message.loose("chat_id"), message.loose("chat_type")
	m.Type, m.Content = message.loose("message_type"), message.loose("content")
	if list := message.get("mentions"); list != nil {
		return decodeLenient(list, &m.Mentions) == nil
	}
	return true
}

// scan reads the field of an object that holds personIDs, see messageEvent.scan.
func (i *personIDs) scan(in *object, field string) bool {
	var o object
	if !o.readField(in, field) {
		return false
	}
	i.OpenID, i.UnionID, i.UserID = o.loose("open_id"), o.loose("union_id"), o.loose("user_id")
	return true
}

// textOf is the field text of the content of a text message; "" when there is none.
func textOf(raw []byte) string {
	var o object
	if o.read(raw) == nil && o.plainKeys() {
		if text := o.get("text"); text == nil || text[0] == '"' {
			return scalarText(text)
		}
	}
	var in struct {
		Text string `json:"text"`
	}
	_ = decodeLenient(raw, &in)
	return in.Text
}

// sender tells people from bots: a missing type is a person, "bot" and "app" are bots.
func (d *decoder) sender(in messageEvent) event.Actor {
	a := d.actor(in.Sender.ID, in.Sender.Tenant)
	switch in.Sender.Type {
	case "", "user":
	case "bot", "app":
		a.Type = event.ActorBot
	default:
		a.Type = event.ActorSystem
	}
	return a
}

func (d *decoder) messageRef(id looseText) *event.Ref {
	if id == "" {
		return nil
	}
	ref := d.scoped.message(string(id))
	return &ref
}

// content reads the message's own JSON, by its type. What can't be read is kept as PartOther, so that a
// message is never lost for its content.
func (d *decoder) content(body *event.Message, kind, content string, ms *mentionSet) {
	other := func() { body.Parts = append(body.Parts, event.Part{Kind: event.PartOther, Text: kind}) }
	raw := []byte(content)
	if checkJSON(raw) != nil {
		other()
		return
	}
	switch kind {
	case "text":
		t := newText(ms)
		t.placeholders(textOf(raw))
		body.Text, body.Parts = t.finish()
	case "post":
		t := newText(ms)
		if !d.post(t, raw) {
			other()
			return
		}
		body.Text, body.Parts = t.finish()
	case "image", "file", "folder", "audio", "media", "sticker":
		body.Parts = append(body.Parts, d.attachment(kind, raw))
	case "interactive":
		var in struct {
			Title looseText `json:"title"`
		}
		_ = decodeLenient(raw, &in)
		body.Parts = append(body.Parts, event.Part{Kind: event.PartCard, Text: string(in.Title)})
	default:
		other()
	}
}

// attachment reads the types that carry one file.
func (d *decoder) attachment(kind string, raw []byte) event.Part {
	var in struct {
		Image    looseText `json:"image_key"`
		File     looseText `json:"file_key"`
		Name     looseText `json:"file_name"`
		Duration looseText `json:"duration"` // milliseconds
	}
	_ = decodeLenient(raw, &in)
	p := event.Part{Kind: event.PartFile, Text: string(in.Name), Duration: readMillis(in.Duration)}
	key := in.File
	switch kind {
	case "image":
		p.Kind, key = event.PartImage, in.Image
	case "sticker":
		p.Kind = event.PartImage
	case "audio":
		p.Kind = event.PartAudio
	case "media":
		p.Kind = event.PartVideo
	}
	p.Ref = d.fileRef(key)
	return p
}

func (d *decoder) fileRef(key looseText) *event.Ref {
	if key == "" {
		return nil
	}
	ref := d.shared(event.RefFile, string(key))
	return &ref
}

// readMillis reads a duration in milliseconds; 0 for what is none.
func readMillis(s looseText) time.Duration {
	ms, err := time.ParseDuration(string(s) + "ms")
	if err != nil || ms < 0 {
		return 0
	}
	return ms
}

// mentionSet is what a message's placeholders stand for.
type mentionSet struct {
	byKey  map[string]mentionText
	keys   []string // longest first: "@_user_1" is the beginning of "@_user_10"
	actors []event.Actor
	all    bool
	bot    bool // our own bot is mentioned
}

// noMentions is what a placeholder may mean where nobody is mentioned; nobody writes to it.
var noMentions = map[string]mentionText{keyAll: {text: nameAll}}

// mentionText is what one placeholder becomes.
type mentionText struct {
	text string // "@name"; "" for our own bot, which is left out
	ref  *event.Ref
}

// newMentions sorts out who is mentioned: our bot, everybody, and the others in order. While our own
// open_id is not known, every bot is taken for ours.
func newMentions(d *decoder, list []mentioned) *mentionSet {
	if len(list) == 0 {
		return &mentionSet{byKey: noMentions, keys: []string{keyAll}}
	}
	ms := &mentionSet{byKey: map[string]mentionText{keyAll: {text: nameAll}}}
	for _, m := range list {
		switch {
		case m.Key == "":
			continue
		case m.Key == keyAll:
			ms.all = true
			continue
		case d.isUs(m):
			ms.bot = true
			ms.byKey[m.Key] = mentionText{}
			continue
		}
		a := d.actor(m.ID, m.Tenant)
		a.Name = string(m.Name)
		if m.Type == "bot" {
			a.Type = event.ActorBot
		}
		r := mentionText{text: "@" + string(m.Name)}
		if !a.Ref.IsZero() {
			r.ref = &a.Ref
		}
		if _, again := ms.byKey[m.Key]; !again {
			ms.actors = append(ms.actors, a)
		}
		ms.byKey[m.Key] = r
	}
	for k := range ms.byKey {
		ms.keys = append(ms.keys, k)
	}
	slices.SortFunc(ms.keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return ms
}

// isUs reports whether a mention is of our own bot.
func (d *decoder) isUs(m mentioned) bool {
	if d.bot != "" {
		return string(m.ID.OpenID) == d.bot
	}
	return m.Type == "bot"
}

// at returns the placeholder that s begins with, "" if none. "@_user_1" is none in front of a further
// digit: that is the beginning of a longer one which was not explained to us.
func (ms *mentionSet) at(s string) string {
	for _, k := range ms.keys {
		if !strings.HasPrefix(s, k) {
			continue
		}
		if last, rest := k[len(k)-1], s[len(k):]; isDecimal(last) && rest != "" && isDecimal(rest[0]) {
			return ""
		}
		return k
	}
	return ""
}

func isDecimal(c byte) bool { return '0' <= c && c <= '9' }
