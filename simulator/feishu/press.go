package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"magpie/simulator"
)

// pressLife is how long the components of a 2.0 card react; those of a 1.0 card do for 30 days.
const (
	pressLife   = 14 * 24 * time.Hour
	pressLifeV1 = 30 * 24 * time.Hour
)

// click is one card callback, through whose token the card can be changed later.
type click struct {
	app      *app
	message  string
	person   string
	uses     int
	until    time.Time
	answered bool
}

// What a click's token is good for.
const (
	clickUses = 2
	clickLife = 30 * time.Minute
)

// Press implements simulator.Suite. The button is one of the card's buttons by id or label, or the name of an
// input outside a form, whose value form then holds.
//
// Status is "ok", "timeout 200341" or "failed" with the client's code when the callback went wrong, and
// "disabled", "incomplete", "expired" or "recalled" when the client would not even send it.
func (s *Server) Press(ctx context.Context, person, messageID, button string, form map[string]any) (simulator.PressResult, error) {
	p, done, err := s.begin(person, messageID, button, form)
	if err != nil || done != nil {
		if done == nil {
			done = &simulator.PressResult{}
		}
		return *done, err
	}
	status, raw, err := s.exchange(ctx, p.app, p.eventID, p.body)
	return s.finish(p, status, raw, err), nil
}

// press is one callback under way.
type press struct {
	app     *app
	message *message
	person  string
	token   string
	eventID string
	body    []byte
}

// begin does what the client does before it calls the server. done is set when there is nothing to send.
func (s *Server) begin(person, messageID, button string, form map[string]any) (*press, *simulator.PressResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, nil, simulator.ErrClosed
	}
	m, err := s.visible(person, messageID)
	if err != nil {
		return nil, nil, err
	}
	if m.Recalled {
		return nil, refusePress("recalled", "消息已撤回"), nil
	}
	if m.Type != "interactive" {
		return nil, nil, fmt.Errorf("message %q has no buttons: %w", messageID, simulator.ErrInvalid)
	}
	card := s.view(m.Content)
	b, in := card.find(button)
	if b == nil && in == nil {
		return nil, nil, fmt.Errorf("button %q of message %q: %w", button, messageID, simulator.ErrNotFound)
	}
	a := s.appNamed(m.App)
	s.markRead(m, person)
	life := pressLife
	if !card.v2 {
		life = pressLifeV1
	}
	if s.now().Sub(m.Created) > life {
		return nil, refusePress("expired", "卡片已过期，无法操作"), nil
	}
	var action map[string]any
	if b != nil {
		action, done, err := s.pressButton(a, card, b, form)
		if err != nil || done != nil {
			return nil, done, err
		}
		return s.callback(a, m, person, action), nil, nil
	}
	action, done, err := s.pressInput(a, in, form)
	if err != nil || done != nil {
		return nil, done, err
	}
	return s.callback(a, m, person, action), nil, nil
}

func refusePress(status, toast string) *simulator.PressResult {
	return &simulator.PressResult{Status: status, Toast: &simulator.Toast{Type: "error", Content: toast}}
}

// pressButton is the action of a button, with the form's values if it hands one in.
func (s *Server) pressButton(a *app, card *cardView, b *viewButton, form map[string]any) (map[string]any, *simulator.PressResult, error) {
	if b.Disabled {
		return nil, refusePress("disabled", orElse(b.disabledTips, "按钮不可用")), nil
	}
	action := map[string]any{"tag": b.tag, "value": b.value}
	if b.name != "" {
		action["name"] = b.name
	}
	if b.option != "" {
		action["option"] = b.option
	}
	if b.form != "" {
		if !b.Submit {
			return nil, &simulator.PressResult{Status: "ok"}, nil // reset stays in the client
		}
		values, done, err := s.formValues(a, card, b.form, form)
		if err != nil || done != nil {
			return nil, done, err
		}
		action["form_value"], action["timezone"] = values, zoneName
	}
	if b.form == "" && len(form) > 0 {
		return nil, nil, fmt.Errorf("button %q hands in no form: %w", b.ID, simulator.ErrInvalid)
	}
	if !b.callback {
		return nil, &simulator.PressResult{Status: "ok"}, nil // only opens a page
	}
	return action, nil, nil
}

// callback makes the event of a press. Callers hold s.mu.
func (s *Server) callback(a *app, m *message, person string, action map[string]any) *press {
	if action["value"] == nil {
		action["value"] = map[string]any{}
	}
	ids := s.idsOf(a, person)
	p := &press{app: a, message: m, person: person, token: "c-" + random(40)}
	for token, c := range s.clicks {
		// Kept a while longer, so that a late use is told expired rather than unknown.
		if s.now().Sub(c.until) > 24*time.Hour {
			delete(s.clicks, token)
		}
	}
	s.clicks[p.token] = &click{app: a, message: m.ID, person: person, uses: clickUses, until: s.now().Add(clickLife)}
	m.pending++
	p.eventID, p.body = s.envelop(a, cardTrigger, map[string]any{
		"operator": map[string]any{"tenant_key": s.state.TenantKey, "user_id": ids.UserID, "open_id": ids.OpenID, "union_id": ids.UnionID},
		"token":    p.token, "action": action, "host": "im_message",
		"context": map[string]any{"open_message_id": m.ID, "open_chat_id": m.Chat},
	})
	return p
}

// finish shows the answer as the client does: what a PATCH changed meanwhile is put back, then the answer's
// card is shown.
func (s *Server) finish(p *press, status int, raw []byte, err error) simulator.PressResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := p.message
	m.pending--
	changed := m.before != nil
	if changed {
		m.Content, m.before = *m.before, nil
	}
	result := simulator.PressResult{Status: "ok"}
	code := failureCode(status, err)
	if code == 0 {
		var card string
		if result.Toast, card, code = s.readAnswer(p.app, m, raw); code == 0 && card != "" {
			m.Content, m.Updated, m.Changed, changed = card, true, s.now(), true
		}
	}
	d := &delivery{eventID: p.eventID, eventType: cardTrigger, attempt: 1}
	if code != 0 {
		result = simulator.PressResult{Status: fmt.Sprintf("failed %d", code),
			Toast: &simulator.Toast{Type: "error", Content: fmt.Sprintf("出错了，请稍后重试 code: %d", code)}}
		if code == 200341 {
			result.Status = "timeout 200341"
		}
		if err == nil {
			err = fmt.Errorf("the client shows %d", code)
		}
	} else if c := s.clicks[p.token]; c != nil {
		c.answered = true
	}
	s.remember(d, status, err)
	members := s.state.Chats[m.Chat].Members
	if changed {
		s.touch()
		s.publish(simulator.Notice{Type: "update", Persons: members, Chat: m.Chat, Message: m.ID})
	}
	s.publish(simulator.Notice{Type: "press", Persons: members, Chat: m.Chat, Message: m.ID, Text: p.person + " " + result.Status})
	return result
}

// failureCode is what the client shows when no good answer came.
//
// Source: Feishu Open Platform, "Card callback communication", error codes of the client, checked 2026-11.
func failureCode(status int, err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errLate) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return 200341
	case errors.Is(err, errNowhere):
		return 200340
	case errors.Is(err, errTCP):
		return 200342
	case errors.Is(err, errStatus):
		return 200671
	}
	return 300000
}

var toastTypes = map[string]bool{"": true, "info": true, "success": true, "error": true, "warning": true}

// readAnswer checks the body of a good answer. card is the content to show, "" for the old one; code is what
// the client shows when the answer will not do.
func (s *Server) readAnswer(a *app, m *message, raw []byte) (toast *simulator.Toast, card string, code int) {
	var in struct {
		Toast *struct {
			Type    string            `json:"type"`
			Content string            `json:"content"`
			I18n    map[string]string `json:"i18n"`
		} `json:"toast"`
		Card *struct {
			Type string          `json:"type"`
			Data json.RawMessage `json:"data"`
		} `json:"card"`
	}
	// Over the long connection an answer may be left out altogether; over HTTP {} or null stands for none.
	if len(raw) == 0 && a.Transport == TransportWebsocket {
		return nil, "", 0
	}
	if strictJSON(raw, &in) != nil {
		return nil, "", 200672
	}
	if in.Toast != nil {
		if !toastTypes[in.Toast.Type] {
			return nil, "", 200672
		}
		for lang := range in.Toast.I18n {
			if !languages[lang] {
				return nil, "", 200672
			}
		}
		text := orElse(in.Toast.I18n["zh_cn"], in.Toast.Content)
		if text == "" {
			return nil, "", 200672
		}
		toast = &simulator.Toast{Type: orElse(in.Toast.Type, "info"), Content: text}
	}
	if in.Card == nil {
		return toast, "", 0
	}
	if in.Card.Type != "raw" {
		return nil, "", 200673 // a template, of which this tenant has none, or nothing known
	}
	card = string(in.Card.Data)
	if was, is := cardHead([]byte(m.Content)), cardHead(in.Card.Data); was.Schema == "2.0" && is.Schema != "2.0" {
		return nil, "", 200830
	}
	next := *m
	if s.acceptCard(a, &next, card) != nil {
		return nil, "", 200673
	}
	return toast, next.Content, 0
}
