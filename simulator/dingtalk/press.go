package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"magpie/simulator"
)

// press is one card callback under way.
type press struct {
	*push
	card    *card
	message *message
	person  string
}

// Press implements simulator.Suite. The button is one of the message's by id or label.
//
// Status is "ok" when the app answered, or the button only opens a page; "timeout" and "failed …" when the
// callback went wrong; and "disabled", "incomplete" or "recalled" when the client would not even send it.
// DingTalk shows no notice of the app's: what a press came to stands on the card.
func (s *Server) Press(ctx context.Context, person, messageID, button string, form map[string]any) (simulator.PressResult, error) {
	p, done, err := s.begin(person, messageID, button, form)
	if err != nil {
		return simulator.PressResult{}, err
	}
	if done != nil {
		return *done, nil
	}
	status, raw, err := s.exchange(ctx, p.push)
	return s.finish(p, status, raw, err), nil
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
	if m.Via != viaCard {
		for _, b := range s.messageView(m).buttons {
			if b.ID == button || b.Label == button {
				s.markRead(m, person)
				return nil, &simulator.PressResult{Status: "ok"}, nil // only opens a page
			}
		}
		return nil, nil, fmt.Errorf("button %q of message %q: %w", button, messageID, simulator.ErrNotFound)
	}
	c := s.state.Cards[m.Ref]
	view := s.view(c, person)
	b := view.find(button)
	if b == nil {
		return nil, nil, fmt.Errorf("button %q of message %q: %w", button, messageID, simulator.ErrNotFound)
	}
	s.markRead(m, person)
	switch {
	case b.Disabled:
		return nil, refusePress("disabled", "按钮不可用"), nil
	case b.URL != "":
		return nil, &simulator.PressResult{Status: "ok"}, nil
	case !b.Submit && len(form) > 0:
		return nil, nil, fmt.Errorf("button %q hands in no form: %w", b.ID, simulator.ErrInvalid)
	}
	params := map[string]any{}
	for k, v := range b.params {
		params[k] = v
	}
	if b.Submit {
		values, done, err := formValues(view, form)
		if err != nil || done != nil {
			return nil, done, err
		}
		for k, v := range values {
			params[k] = v
		}
	}
	return s.callback(c, m, person, b.ID, params), nil, nil
}

func refusePress(status, toast string) *simulator.PressResult {
	return &simulator.PressResult{Status: status, Toast: &simulator.Toast{Type: "error", Content: toast}}
}

// callback makes the body of a press.
//
// Source: DingTalk Open Platform, "Card callback", checked 2026-08. Callers hold s.mu.
func (s *Server) callback(c *card, m *message, person, action string, params map[string]any) *press {
	a := s.appNamed(c.App)
	content := string(encode(map[string]any{"cardPrivateData": map[string]any{"actionIds": []string{action}, "params": params}}))
	body := map[string]any{"type": "actionCallback", "outTrackId": c.TrackID, "corpId": s.state.CorpID,
		"userId": s.personID(c.IDType, person), "userIdType": c.IDType, "spaceType": spaceRobot, "spaceId": s.personID(c.IDType, person),
		"extension": "{}", "content": content}
	if m.Chat != s.directChatID(a, person) {
		body["spaceType"], body["spaceId"] = spaceGroup, m.Chat
	}
	p := &press{card: c, message: m, person: person, push: &push{app: a, kind: pushCard, eventType: pushCard, at: s.now(),
		messageID: newFrameID(), stream: c.Callback == "STREAM", attempt: 1, flat: encode(body)}}
	p.id = p.messageID
	body["value"] = content // the stream says it twice
	p.data = encode(body)
	if c.Callback == "HTTP" {
		p.route = s.state.Routes[c.Route]
	}
	if p.route == nil {
		p.route = &cardRoute{}
	}
	c.pending++
	if !s.countPush(s.now()) {
		p.refused = errQuota
	}
	return p
}

// finish shows the answer as the client does.
func (s *Server) finish(p *press, status int, raw []byte, err error) simulator.PressResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.card.pending--
	if err == nil {
		err = s.applyAnswer(p, raw)
	}
	result := simulator.PressResult{Status: "ok"}
	switch {
	case err == nil:
	case errors.Is(err, errLate) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		result = *refusePress("timeout", "操作超时，请稍后重试")
	default:
		result = *refusePress("failed", "操作失败，请稍后重试")
		if status != 0 {
			result.Status = fmt.Sprintf("failed %d", status)
		}
	}
	s.remember(p.push, status, err)
	if err == nil && s.faults.TakeRedelivery(p.eventType) {
		s.again(p, 0)
	} else if err != nil && p.stream && len(s.limits.Redelivery) > 0 && p.refused == nil && s.ctx.Err() == nil {
		s.again(p, 1)
	}
	s.publish(simulator.Notice{Type: "press", Persons: s.audience(p.message), Chat: p.message.Chat, Message: p.message.ID, Text: p.person + " " + result.Status})
	return result
}

// again sends a press once more, as the same frame: at once, or after the first wait. Its answer counts.
// Callers hold s.mu.
func (s *Server) again(p *press, wait int) {
	extra := *p.push
	twin := &press{push: &extra, card: p.card, message: p.message, person: p.person}
	run := func() {
		twin.attempt++
		status, raw, err := s.exchange(s.ctx, twin.push)
		if s.ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			err = s.applyAnswer(twin, raw)
		}
		s.remember(twin.push, status, err)
	}
	if wait == 0 {
		s.life.Spawn(run)
		return
	}
	s.life.After(s.limits.Redelivery[0], run)
}

// cardAnswerBody is what a callback may be answered with.
type cardAnswerBody struct {
	Update struct {
		ByKey        bool `json:"updateCardDataByKey"`
		PrivateByKey bool `json:"updatePrivateDataByKey"`
	} `json:"cardUpdateOptions"`
	CardData    *paramMap `json:"cardData"`
	PrivateData *paramMap `json:"userPrivateData"`
}

// applyAnswer changes the card as an answer says. Over the stream it is wrapped in response, and a null or
// missing one changes nothing. Callers hold s.mu.
func (s *Server) applyAnswer(p *press, raw []byte) error {
	var in cardAnswerBody
	if p.stream {
		var outer struct {
			Response json.RawMessage `json:"response"`
		}
		if len(raw) > 0 && json.Unmarshal(raw, &outer) != nil {
			return fmt.Errorf("%w: the answer is not JSON", errStatus)
		}
		raw = outer.Response
	}
	if len(raw) == 0 && p.stream {
		return nil
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("%w: the answer is not the JSON that it should be: %w", errStatus, err)
	}
	req := &cardRequest{UserIDType: p.card.IDType, CardData: in.CardData}
	if in.PrivateData != nil {
		req.PrivateData = map[string]paramMap{s.personID(p.card.IDType, p.person): *in.PrivateData}
	}
	private, refusal := s.cardData(s.templates[p.card.Template], req)
	if refusal != nil {
		return fmt.Errorf("%w: %s: %s", errStatus, refusal.code, refusal.msg)
	}
	var data map[string]string
	if in.CardData != nil {
		data = in.CardData.CardParamMap
	}
	if data != nil || len(private) > 0 {
		s.changeCard(p.card, data, private, in.Update.ByKey, in.Update.PrivateByKey)
	}
	return nil
}
