package wecom

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
)

// openReply checks the reply to a callback and decrypts it. No body and the word success mean none.
func (s *Server) openReply(to endpoint, nonce string, body []byte) ([]byte, error) {
	trimmed := strings.TrimSpace(string(body))
	if trimmed == "" || trimmed == "success" {
		return nil, nil
	}
	var in struct{ encrypt, signature, timestamp, nonce string }
	if to.robot != nil {
		var e struct {
			Encrypt      string      `json:"encrypt"`
			MsgSignature string      `json:"msgsignature"`
			TimeStamp    json.Number `json:"timestamp"`
			Nonce        string      `json:"nonce"`
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return nil, err
		}
		if e.Nonce != nonce {
			return nil, errors.New("nonce is not that of the callback")
		}
		in.encrypt, in.signature, in.timestamp, in.nonce = e.Encrypt, e.MsgSignature, e.TimeStamp.String(), e.Nonce
	} else {
		var e struct {
			Encrypt      string
			MsgSignature string
			TimeStamp    string
			Nonce        string
		}
		if err := xml.Unmarshal(body, &e); err != nil {
			return nil, err
		}
		in.encrypt, in.signature, in.timestamp, in.nonce = e.Encrypt, e.MsgSignature, e.TimeStamp, e.Nonce
	}
	if !sameText(signature(to.token, in.timestamp, in.nonce, in.encrypt), in.signature) {
		return nil, errors.New("the signature is wrong")
	}
	key, err := aesKey(to.key)
	if err != nil {
		return nil, err
	}
	return unseal(key, in.encrypt, to.receiver)
}

// xmlNode is any XML, for replies, whose lists are repeated siblings.
type xmlNode struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []xmlNode `xml:",any"`
}

func (n xmlNode) first(name string) (xmlNode, bool) {
	for _, c := range n.Children {
		if strings.EqualFold(c.XMLName.Local, name) {
			return c, true
		}
	}
	return xmlNode{}, false
}

func (n xmlNode) str(name string) string {
	c, _ := n.first(name)
	return strings.TrimSpace(c.Text)
}

// Elements of a passive card that stand for lists, and those that are numbers.
var (
	xmlLists = map[string]bool{"horizontal_content_list": true, "jump_list": true, "vertical_content_list": true, "action_list": true,
		"button_list": true, "option_list": true, "select_list": true}
	xmlNumbers = map[string]bool{"type": true, "style": true, "desc_color": true, "mode": true, "aspect_ratio": true}
	xmlFlags   = map[string]bool{"disable": true, "is_checked": true}
	xmlNames   = map[string]string{"KeyName": "keyname", "AppId": "appid", "PagePath": "pagepath", "UserId": "userid",
		"CheckBox": "checkbox"}
)

// jsonName turns HorizontalContentList into horizontal_content_list.
func jsonName(name string) string {
	if known := xmlNames[name]; known != "" {
		return known
	}
	var out strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				out.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		out.WriteRune(r)
	}
	return out.String()
}

// maxXMLDepth is more than any card has.
const maxXMLDepth = 8

// cardFields turns a TemplateCard element into the fields of the JSON form.
func (n xmlNode) cardFields(depth int) map[string]any {
	out := map[string]any{}
	if depth > maxXMLDepth {
		return out
	}
	for _, c := range n.Children {
		name := jsonName(c.XMLName.Local)
		var value any
		switch content := strings.TrimSpace(c.Text); {
		case len(c.Children) > 0:
			value = c.cardFields(depth + 1)
		case xmlNumbers[name] && json.Valid([]byte(content)):
			value = json.Number(content)
		case xmlFlags[name]:
			value = content == "1" || strings.EqualFold(content, "true")
		default:
			value = content
		}
		if xmlLists[name] {
			list, _ := out[name].([]any)
			out[name] = append(list, value)
		} else {
			out[name] = value
		}
	}
	return out
}

// passive carries out what an app's reply to a callback asks for: a text for the person, or another card for
// them alone. Callers hold s.mu.
func (s *Server) passive(a *app, person string, card *message, body []byte) {
	var n xmlNode
	if err := xml.Unmarshal(body, &n); err != nil {
		s.warn("%s: a reply is no XML: %v", a.ID, err)
		return
	}
	q := s.internal(a)
	switch kind := n.str("MsgType"); kind {
	case "text":
		words := cutBytes(n.str("Content"), maxText)
		if words == "" || !s.admit(a.ID, person, q.now) {
			return
		}
		s.post(&message{ID: secret(43), From: a.ID, To: []string{person}, Type: "text", Created: q.now,
			Content: encode(map[string]string{"content": words})})
	case "update_button", "update_template_card":
		if err := s.passiveCard(q, n, kind, card, person); err != nil {
			s.warn("%s: a reply was passed over: %v", a.ID, err)
		}
	default:
		s.warn("%s: a reply of type %q was passed over", a.ID, kind)
	}
}

func (s *Server) passiveCard(q *request, n xmlNode, kind string, card *message, person string) error {
	if card == nil {
		return fmt.Errorf("%s answers no card", kind)
	}
	next := &view{}
	if kind == "update_button" {
		button, _ := n.first("Button")
		if next.Replace = button.str("ReplaceName"); next.Replace == "" {
			return errors.New("ReplaceName is empty")
		}
	} else {
		element, _ := n.first("TemplateCard")
		o := object{element.cardFields(0), new(bool)}
		if refusal := q.checkCard(o); refusal != nil {
			return fmt.Errorf("%d %s %s", refusal.code, texts[refusal.code], refusal.detail)
		}
		next.Card = o.marshal()
	}
	s.tellChanged(card, s.replaceFor(card, []string{person}, next))
	return nil
}
