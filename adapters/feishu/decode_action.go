package feishu

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"magpie/adapters/event"
)

const (
	// clickUses and clickFor bound what may be done with a press's token later.
	clickUses = 2
	clickFor  = 30 * time.Minute
)

// pressEvent is the event of card.action.trigger.
type pressEvent struct {
	Operator struct {
		personIDs
		Tenant looseText `json:"tenant_key"`
	} `json:"operator"`
	Token   looseText   `json:"token"` // "c-…": the click's own
	Action  pressAction `json:"action"`
	Context struct {
		Message looseText `json:"open_message_id"`
		Chat    looseText `json:"open_chat_id"`
	} `json:"context"`
}

// legacyPressBody is the whole body of card.action.trigger_v1.
type legacyPressBody struct {
	personIDs
	Tenant  looseText   `json:"tenant_key"`
	Token   looseText   `json:"token"`
	Message looseText   `json:"open_message_id"`
	Chat    looseText   `json:"open_chat_id"`
	Action  pressAction `json:"action"`
}

// pressAction is what was pressed. Value is whatever the card carried: we write objects, others may write
// strings.
type pressAction struct {
	Tag     looseText       `json:"tag"`
	Name    looseText       `json:"name"`
	Value   json.RawMessage `json:"value"`
	Form    json.RawMessage `json:"form_value"`
	Input   *string         `json:"input_value"`
	Option  json.RawMessage `json:"option"`
	Options json.RawMessage `json:"options"`
	Checked *bool           `json:"checked"`
}

// press decodes a press on a card, or the submit of its form. The button's value is our own data coming
// back; the engine checks its token before it believes any of it.
func (d *decoder) press(ev *event.Event) bool {
	var in pressEvent
	if decodeLenient(d.env.event, &in) != nil || in.Operator.empty() {
		return false
	}
	return d.pressed(ev, in.Operator.personIDs, in.Operator.Tenant, in.Action, in.Token, in.Context.Message, in.Context.Chat)
}

// pressLegacy decodes a press on an old card. It has no event id and no time: the digest of the body,
// which holds the click's own token, takes the id's place.
func (d *decoder) pressLegacy(ev *event.Event) bool {
	var in legacyPressBody
	if decodeLenient(d.env.event, &in) != nil || in.empty() {
		return false
	}
	return d.pressed(ev, in.personIDs, in.Tenant, in.Action, in.Token, in.Message, in.Chat)
}

func (d *decoder) pressed(ev *event.Event, who personIDs, tenant looseText, a pressAction, token, message, chat looseText) bool {
	ev.Kind, ev.ID = event.KindCardAction, "act:"+d.env.key()
	ev.Actor = d.actor(who, tenant)
	ev.Conv = d.conv(chat, "")
	ev.Reply.Mode = event.ReplyAnswer
	if token != "" {
		ev.Reply.Handles = []event.Handle{{
			Kind: HandleClick, Value: string(token), Uses: clickUses, Expires: d.received.Add(clickFor),
		}}
	}
	body := &event.Action{Element: string(a.Name)}
	if body.Element == "" {
		body.Element = string(a.Tag)
	}
	if message != "" {
		body.Message = d.scoped.message(string(message))
	}
	readValue(body, a.Value)
	body.Form = d.form(a, body.Element)
	ev.Body = body
	return true
}

// readValue takes a button's value apart. Ours is an object with slot, rev, verb, token and data; it is
// recognised by its verb together with a slot or a token. Of any other object each member becomes a text
// in Data; a value that is no object becomes Data["value"].
func readValue(body *event.Action, raw json.RawMessage) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return
	}
	m, ok := readMembers(raw)
	if !ok {
		body.Data = map[string]string{"value": asText(raw)}
		return
	}
	slot, verb, token := scalarText(m["slot"]), scalarText(m["verb"]), scalarText(m["token"])
	if verb == "" || slot == "" && token == "" {
		body.Data = asTexts(m)
		return
	}
	body.Slot, body.Verb, body.Token = slot, verb, token
	body.Rev, _ = strconv.ParseInt(scalarText(m["rev"]), 10, 64)
	if data, ok := readMembers(m["data"]); ok {
		body.Data = asTexts(data)
	}
}

// readMembers reads an object, or a string that holds one. Of a key that comes twice the last counts.
func readMembers(raw json.RawMessage) (map[string]json.RawMessage, bool) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) == nil && m != nil {
		return m, true
	}
	inner := []byte(scalarText(raw))
	if len(inner) == 0 || inner[0] != '{' || checkJSON(inner) != nil || json.Unmarshal(inner, &m) != nil {
		return nil, false
	}
	return m, true
}

// asTexts makes every member a text; nil for none.
func asTexts(m map[string]json.RawMessage) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = asText(v)
	}
	return out
}

// asText is the text of a scalar, or the JSON of anything else, without white space; "" for null.
func asText(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
		var b bytes.Buffer
		if json.Compact(&b, raw) == nil {
			return b.String()
		}
	}
	return scalarText(raw)
}
