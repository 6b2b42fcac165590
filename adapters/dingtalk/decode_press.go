package dingtalk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

// cardCallback is a press on an interactive card, or its question for data.
// Source: DingTalk Open Platform, "Card callback", checked 2026-08.
type cardCallback struct {
	Type    looseText       `json:"type"`
	Card    looseText       `json:"outTrackId"`
	Corp    looseText       `json:"corpId"`
	User    looseText       `json:"userId"`
	IDType  looseText       `json:"userIdType"` // 2: the user is a unionId
	Space   looseText       `json:"spaceType"`
	SpaceID looseText       `json:"spaceId"`
	Content json.RawMessage `json:"content"`
	Value   json.RawMessage `json:"value"` // the same as content, in newer ones
}

// pressed is what content holds.
type pressed struct {
	Private struct {
		Actions looseList                  `json:"actionIds"`
		Params  map[string]json.RawMessage `json:"params"`
	} `json:"cardPrivateData"`
}

// decodePress translates a press. delivery is the frame's id, or the time that was signed. The zero Event is a
// press that says nothing: it is legal, answered, and no event. Errors: KindInvalid, KindUnauthenticated.
func (r *receiver) decodePress(body []byte, delivery string, received time.Time) (event.Event, error) {
	if !isObject(body) {
		return event.Event{}, r.fail(adapters.KindInvalid, errNoObject)
	}
	var in cardCallback
	if err := decodeLenient(body, &in); err != nil {
		return event.Event{}, r.fail(adapters.KindInvalid, err)
	}
	if err := r.checkCorp(string(in.Corp)); err != nil {
		return event.Event{}, err
	}
	if in.Card == "" || in.User == "" {
		return event.Event{}, r.fail(adapters.KindInvalid, errors.New("a card callback without card or person"))
	}
	s := scoped{r.cfg.CorpID}
	ev := r.base(received)
	ev.Delivery, ev.VendorType, ev.Raw = delivery, TopicCard, body
	var p pressed
	for _, raw := range []json.RawMessage{in.Value, in.Content} {
		if m := innerObject(raw); m != nil {
			if b := m["cardPrivateData"]; b != nil && decodeLenient(b, &p.Private) == nil && (len(p.Private.Actions) > 0 || len(p.Private.Params) > 0) {
				break
			}
		}
	}
	action := ""
	if len(p.Private.Actions) > 0 {
		action = p.Private.Actions[0]
	}
	ev.ID = "act:" + strings.Join([]string{string(in.Card), string(in.User), actionKey(action, p.Private.Params), delivery}, ":")
	if in.Type != "" && in.Type != "actionCallback" {
		ev.ID = "ev:" + envelope{data: body}.key()
		return ev, nil // a question for data, or what we do not know: kept, answered with nothing
	}
	ev.Actor = s.actor(string(in.User), "")
	if in.IDType == "2" {
		ev.Actor = s.actor("", string(in.User))
	}
	if strings.EqualFold(string(in.Space), "IM_GROUP") && in.SpaceID != "" {
		ev.Conv = &event.Conversation{Ref: s.chat(string(in.SpaceID)), Type: event.ConvGroup}
	} else if in.Space != "" {
		ev.Conv = &event.Conversation{Ref: ev.Actor.Ref, Type: event.ConvDirect}
	}
	act := &event.Action{Message: s.card(string(in.Card)), Element: action}
	if !r.readPress(act, p.Private.Params) && action == "" {
		return event.Event{}, nil
	}
	ev.Kind, ev.Body = event.KindCardAction, act
	ev.Reply.Mode = event.ReplyAnswer
	return ev, nil
}

// actionKey names what was pressed: the component, or what it said.
func actionKey(action string, params map[string]json.RawMessage) string {
	if action != "" {
		return action
	}
	b, err := json.Marshal(params) // sorted by key
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// noise are parameters that clients send by themselves.
var noise = map[string]bool{"fromConfig": true, "user_cancel": true, "tv": true}

// readPress takes the parameters of a press apart: our own value, which names slot, rev, verb, token and data
// and says which input of the template asks for which field of the form; of a card that is not ours every
// parameter becomes a text in Data. It reports whether there was anything.
func (r *receiver) readPress(act *event.Action, params map[string]json.RawMessage) bool {
	value := params
	if v := innerObject(params["value"]); v != nil {
		value = v
	}
	verb := scalarText(value["verb"])
	if verb == "" || scalarText(value["slot"]) == "" && scalarText(value["token"]) == "" {
		for k, v := range params {
			if !noise[k] {
				if act.Data == nil {
					act.Data = map[string]string{}
				}
				act.Data[k] = trimEnd(asText(v))
			}
		}
		return len(act.Data) > 0
	}
	act.Slot, act.Verb, act.Token = scalarText(value["slot"]), verb, scalarText(value["token"])
	act.Rev, _ = strconv.ParseInt(scalarText(value["rev"]), 10, 64)
	for k, v := range innerObject(value["data"]) {
		if act.Data == nil {
			act.Data = map[string]string{}
		}
		act.Data[k] = asText(v)
	}
	act.Form = readForm(innerObject(value["in"]), params)
	if tv := scalarText(params["tv"]); tv != "" && tv != strconv.Itoa(shipped[templateCard].Version) {
		if r.staleTemplate.Add(1) == 1 {
			r.log.Warn("a press came from another version of our card templates: make them anew from the files of this version",
				"connection", r.cfg.ID, "version", tv, "want", shipped[templateCard].Version)
		}
	}
	return true
}

// readForm reads what was filled in. in maps the template's inputs to the form's; their names begin with the
// kind. Values stand inside params.form, or beside it.
func readForm(in, params map[string]json.RawMessage) map[string]event.Value {
	if len(in) == 0 {
		return nil
	}
	filled := innerObject(params["form"])
	out := map[string]event.Value{}
	for slot, name := range in {
		field := scalarText(name)
		raw, ok := filled[slot]
		if !ok {
			raw, ok = params[slot]
		}
		if !ok || field == "" {
			continue
		}
		if v, ok := readInput(strings.TrimRight(slot, "0123456789"), raw); ok {
			out[field] = v
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// readInput reads one value. Pickers give an object, or a text that holds one: {"index":1,"value":"…"}, at
// times inside a further object; null is no value.
func readInput(kind string, raw json.RawMessage) (event.Value, bool) {
	for range 3 {
		m := innerObject(raw)
		if m == nil {
			break
		}
		next, found := json.RawMessage(nil), false
		for _, k := range []string{"value", "values", "selectResult", "__built_in_selectResult__", "inputResult"} {
			if v, ok := m[k]; ok {
				next, found = v, true
				break
			}
		}
		if !found {
			return event.Value{}, false
		}
		raw = next
	}
	if t := strings.TrimSpace(string(raw)); t == "" || t == "null" {
		return event.Value{}, false
	}
	text := trimEnd(asText(raw))
	switch kind {
	case "multi":
		var list []string
		for _, s := range readList(raw) {
			if s = trimEnd(s); s != "" {
				list = append(list, s)
			}
		}
		return event.Value{Kind: event.ValueList, List: list}, true
	case "check":
		var b looseBool
		_ = b.UnmarshalJSON(raw)
		return event.Bool(bool(b)), true
	case "select":
		if list := readList(raw); len(list) > 0 {
			text = trimEnd(list[0])
		}
		return event.Text(text), true
	case "date", "datetime":
		if text == "" {
			return event.Value{}, false
		}
		at := parseTime(text)
		if at.IsZero() {
			return event.Text(text), true
		}
		if kind == "date" {
			return event.Value{Kind: event.ValueDate, Text: at.In(beijing).Format(time.DateOnly), Raw: text}, true
		}
		return event.Value{Kind: event.ValueDateTime, Text: at.In(beijing).Format(time.RFC3339), Raw: text}, true
	}
	return event.Text(text), true
}

// trimEnd removes the line break that some clients leave behind a value.
func trimEnd(s string) string { return strings.TrimRight(s, "\r\n") }
