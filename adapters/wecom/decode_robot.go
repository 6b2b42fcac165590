package wecom

import (
	"encoding/json"
	"strings"
	"time"

	"magpie/adapters/event"
)

// urlFor is how long a robot's answer address lasts.
const urlFor = time.Hour

// robotBody is what a smart robot is sent, over HTTP and over its socket.
// Source: WeCom developer documents, "Smart robot: receive messages" (path 100719) and "events" (101027), checked 2026-11.
type robotBody struct {
	MsgID    looseText `json:"msgid"`
	Created  looseText `json:"create_time"`
	Chat     looseText `json:"chatid"`
	ChatType looseText `json:"chattype"`
	From     struct {
		User looseText `json:"userid"`
		Corp looseText `json:"corpid"`
	} `json:"from"`
	URL   looseText  `json:"response_url"`
	Type  looseText  `json:"msgtype"`
	Text  robotWords `json:"text"`
	Voice robotWords `json:"voice"`
	Image robotFile  `json:"image"`
	File  robotFile  `json:"file"`
	Video robotFile  `json:"video"`
	Mixed robotMixed `json:"mixed"`
	Event struct {
		Type looseText `json:"eventtype"`
		Card robotCard `json:"template_card_event"`
		Back struct {
			ID   looseText `json:"id"`
			Type looseText `json:"type"`
		} `json:"feedback_event"`
	} `json:"event"`
}

type robotWords struct {
	Content looseText `json:"content"`
}

type robotFile struct {
	URL looseText `json:"url"`
	Key looseText `json:"aeskey"` // over the socket each has its own
}

type robotMixed struct {
	Items []struct {
		Type  looseText  `json:"msgtype"`
		Text  robotWords `json:"text"`
		Image robotFile  `json:"image"`
	} `json:"msg_item"`
}

type robotCard struct {
	Type   looseText `json:"card_type"`
	Key    looseText `json:"event_key"`
	Task   looseText `json:"task_id"`
	Chosen struct {
		Items []struct {
			Question looseText `json:"question_key"`
			Options  struct {
				IDs []looseText `json:"option_id"`
			} `json:"option_ids"`
		} `json:"selected_item"`
	} `json:"selected_items"`
}

// robot decodes what a smart robot was sent. nonce is the address's, which an answer must repeat; "" over
// the socket.
func (d *decoder) robot(nonce string) event.Event {
	ev := d.base()
	var in robotBody
	err := checkJSON(d.raw)
	if err == nil {
		err = decodeLenient(d.raw, &in)
	}
	if err != nil {
		d.log.Warn("an authentic body is not the JSON that it should be, and is kept as unknown", "connection", d.connection, "err", err, "bytes", len(d.raw))
		ev.VendorType = "not_json"
		return ev
	}
	typ := string(in.Type)
	ev.VendorType = short(typ)
	if typ == "event" {
		ev.VendorType = short(string(in.Event.Type))
	}
	if ev.VendorType == "" {
		ev.VendorType = "none"
	}
	if in.MsgID != "" {
		ev.ID, ev.Delivery = "msg:"+short(string(in.MsgID)), short(string(in.MsgID))
	}
	ev.At = seconds(string(in.Created))
	ev.Actor = d.actor(string(in.From.User))
	if in.From.Corp != "" && in.From.User != "" && !strings.EqualFold(string(in.From.Corp), d.corp) {
		ev.Actor.Type = event.ActorExternal
		ev.Actor.Ref = scoped{corp: short(string(in.From.Corp))}.user(string(in.From.User))
	}
	if in.URL != "" {
		ev.Reply.Handles = []event.Handle{{Kind: HandleURL, Value: string(in.URL), Uses: 1, Expires: d.received.Add(urlFor)}}
	}
	d.robotKind(&ev, &in, nonce)
	return ev
}

// robotKind fills what the single kinds say. What is not known stays unknown.
func (d *decoder) robotKind(ev *event.Event, in *robotBody, nonce string) {
	if ev.Actor.Ref.IsZero() {
		return
	}
	conv := direct(ev.Actor)
	if in.Chat != "" {
		conv = &event.Conversation{Ref: d.chat(string(in.Chat)), Type: event.ConvGroup, ToBot: true}
	}
	var parts []event.Part
	text := ""
	switch ev.VendorType {
	case "text":
		text = robotSaid(string(in.Text.Content), conv)
		parts = []event.Part{{Kind: event.PartText, Text: text}}
	case "voice":
		text = string(in.Voice.Content)
		parts = []event.Part{{Kind: event.PartText, Text: text}}
	case "image":
		parts = []event.Part{{Kind: event.PartImage, URL: string(in.Image.URL)}}
	case "file":
		parts = []event.Part{{Kind: event.PartFile, URL: string(in.File.URL)}}
	case "video":
		parts = []event.Part{{Kind: event.PartVideo, URL: string(in.Video.URL)}}
	case "mixed":
		for _, it := range in.Mixed.Items {
			if it.Type == "image" {
				parts = append(parts, event.Part{Kind: event.PartImage, URL: string(it.Image.URL)})
				continue
			}
			said := robotSaid(string(it.Text.Content), conv)
			text = strings.TrimSpace(text + " " + said)
			parts = append(parts, event.Part{Kind: event.PartText, Text: said})
		}
	case "template_card_event":
		d.robotPress(ev, in, conv, nonce)
		return
	case "enter_chat":
		ev.Kind, ev.Conv, ev.Body = event.KindOpened, conv, &event.Opened{At: ev.At}
		return
	default:
		return
	}
	ev.Kind, ev.Conv = event.KindMessage, conv
	ev.Body = &event.Message{Ref: d.scoped.message(short(string(in.MsgID))), Text: text, Parts: parts}
}

// robotSaid is what was said, without the robot's own name before it, which stands there in groups.
func robotSaid(s string, conv *event.Conversation) string {
	s = strings.TrimSpace(s)
	if conv.Type != event.ConvGroup || !strings.HasPrefix(s, "@") {
		return s
	}
	if i := strings.IndexAny(s, " \u2005\u00a0\n"); i > 0 {
		return strings.TrimSpace(strings.TrimLeft(s[i:], "\u2005\u00a0"))
	}
	return ""
}

// robotPress decodes a press. WeCom sends it once, and the answer is the only way to change the card: what the
// answer needs is kept in the event.
func (d *decoder) robotPress(ev *event.Event, in *robotBody, conv *event.Conversation, nonce string) {
	c := in.Event.Card
	if in.MsgID == "" {
		ev.ID = "act:" + digest(string(c.Task), string(in.From.User), string(c.Key), string(in.Created))
	}
	a := &event.Action{Element: string(c.Type)}
	if c.Task != "" {
		a.Message = d.card(short(string(c.Task)))
	}
	link := readKey(a, string(c.Key))
	for _, it := range c.Chosen.Items {
		options := make([]string, len(it.Options.IDs))
		for i, o := range it.Options.IDs {
			options[i] = string(o)
		}
		d.choose(a, string(it.Question), options)
	}
	how, _ := json.Marshal(robotAnswer{Task: string(c.Task), Link: link, Nonce: nonce})
	ev.Reply.Mode = event.ReplyAnswer
	ev.Reply.Handles = append(ev.Reply.Handles, event.Handle{Kind: handleAnswer, Value: string(how), Uses: 1, Expires: d.received.Add(answerBudget)})
	ev.Kind, ev.Conv, ev.Body = event.KindCardAction, conv, a
}

// handleAnswer carries what the answer to a robot's press needs.
const handleAnswer = "wecom.answer"

type robotAnswer struct {
	Task  string `json:"task"`
	Link  string `json:"link,omitempty"`
	Nonce string `json:"nonce,omitempty"`
}
