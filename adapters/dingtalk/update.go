package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Update replaces what a card shows. It is drawn with the template that it was made from: one that this does not
// suffice for, and messages that are no cards, are KindGone. The outcome of a press that only one person sees is
// cleared.
// Source: DingTalk Open Platform, "Update cards", checked 2026-08.
func (p *Platform) Update(ctx context.Context, ref adapters.MessageRef, m card.Message) (adapters.MessageRef, error) {
	if m.Card == nil {
		return ref, p.invalid(opUpdate, errors.New("only a card can be replaced, by a card"))
	}
	id, with := handle(ref, HandleCard), handle(ref, HandleTemplate)
	if id == "" {
		return ref, p.gone(opUpdate, errors.New("robot messages can't be changed"))
	}
	if _, there := p.cfg.Templates[with]; !there {
		return ref, p.gone(opUpdate, errors.New("the template that the card was made from is not configured any more"))
	}
	if with != templateForm && hasForm(m.Card) && p.chooseTemplate(m.Card, "") == templateForm {
		return ref, p.gone(opUpdate, errors.New("the card was made from a template without inputs"))
	}
	var refused []card.Loss
	for level := 0; level < levelLinks; level++ {
		w, losses, err := p.encode(*m.Card, adapters.EncodeOptions{Level: level}, with)
		if err != nil {
			return ref, p.invalid(opUpdate, err)
		}
		err = p.putCard(ctx, id, m.To, w)
		if err == nil {
			ref.Losses = append(losses, refused...)
			return ref, nil
		}
		if adapters.KindOf(err) != adapters.KindInvalid || level == levelLinks-1 {
			return ref, err
		}
		refused = append(refused, card.Loss{Element: "card", Severity: card.Content, What: "DingTalk refused the card as it was drawn (code " + codeOf(err) + "); drawn plainer"})
	}
	return ref, nil
}

func (p *Platform) putCard(ctx context.Context, id string, to event.Ref, w adapters.Wire) error {
	var drawn drawnCard
	if err := json.Unmarshal(w.Body, &drawn); err != nil {
		return p.invalid(opUpdate, err)
	}
	body := map[string]any{
		"outTrackId": id, "userIdType": 1, "cardData": drawn.Data,
		"cardUpdateOptions": map[string]bool{"updateCardDataByKey": true, "updatePrivateDataByKey": true},
	}
	if to.Kind == event.RefUser && !strings.HasPrefix(to.ID, "$:") {
		body["privateData"] = map[string]cardParams{to.ID: {map[string]string{"result": ""}}}
	}
	var out struct {
		Success *looseBool `json:"success"`
	}
	if err := p.api.call(ctx, opUpdate, http.MethodPut, "/v1.0/card/instances", nil, body, &out); err != nil {
		return err
	}
	if out.Success != nil && !bool(*out.Success) {
		return &adapters.Error{Connection: p.cfg.ID, Op: opUpdate, Kind: adapters.KindTransient, Err: errors.New("DingTalk did not change the card, and does not say why")}
	}
	return nil
}

// Recall takes a message back, within 24 hours. A card is no message by itself: the one that carries it is
// taken back. What went by a conversation's webhook, or to several people at once, stays.
// Source: DingTalk Open Platform, "Recall robot messages" and "Recall work notifications", checked 2026-08.
func (p *Platform) Recall(ctx context.Context, ref adapters.MessageRef) error {
	if task := handle(ref, HandleTask); task != "" {
		body := map[string]any{"agent_id": p.cfg.AgentID, "msg_task_id": json.Number(task)}
		return p.api.do(ctx, opRecall, http.MethodPost, "/topapi/message/corpconversation/recall", nil, body, nil, callOptions{old: true})
	}
	switch {
	case ref.Message.ID == "" || ref.Message.Kind != event.RefMessage:
		return p.gone(opRecall, errors.New("the message has no key: it can't be taken back"))
	case handle(ref, HandleShared) != "":
		return p.gone(opRecall, errors.New("others got the same message: it can't be taken back for one"))
	case p.older(ref):
		return p.gone(opRecall, errors.New("sent more than 24 hours ago"))
	}
	body := map[string]any{"robotCode": p.cfg.RobotCode, "processQueryKeys": []string{ref.Message.ID}}
	path := "/v1.0/robot/otoMessages/batchRecall" // the path for sending is written oTo, this one is not
	if ref.Chat.ID != "" {
		path = "/v1.0/robot/groupMessages/recall"
		body["openConversationId"] = ref.Chat.ID
	}
	var out struct {
		Failed map[string]looseText `json:"failedResult"`
	}
	if err := p.api.call(ctx, opRecall, http.MethodPost, path, nil, body, &out); err != nil {
		return err
	}
	if code, failed := out.Failed[ref.Message.ID]; failed {
		return &adapters.Error{Connection: p.cfg.ID, Op: opRecall, Kind: kindOf(opRecall, string(code), http.StatusBadRequest), Code: string(code), Err: errors.New("not taken back")}
	}
	return nil
}

// older reports that a message was sent before DingTalk's own limit for asking about it.
func (p *Platform) older(ref adapters.MessageRef) bool {
	return !ref.SentAt.IsZero() && !p.now().Before(ref.SentAt.Add(readFor))
}

// routeState is whether the address for presses has been registered by this process.
type routeState struct {
	mu    sync.Mutex
	done  bool
	until time.Time // of the pause after a failure
	err   error
}

// ensureRoute registers the address that presses are sent to, once for each process, where it is configured.
// Source: DingTalk Open Platform, "Register card callback", checked 2026-08.
func (p *Platform) ensureRoute(ctx context.Context) error {
	if p.cfg.Transport != TransportWebhook || p.cfg.CallbackURL == "" {
		return nil
	}
	r := &p.route
	r.mu.Lock()
	defer r.mu.Unlock()
	now := p.now()
	if r.done || r.err != nil && now.Before(r.until) {
		return r.err
	}
	body := map[string]any{
		"callbackRouteKey": p.cfg.CardRoute, "callbackUrl": p.cfg.CallbackURL, "apiSecret": p.cfg.CardSecret.Reveal(), "forceUpdate": true,
	}
	r.err = readOnly(p.api.call(ctx, opRegister, http.MethodPost, "/v1.0/card/callbacks/register", nil, body, nil)) // the same again changes nothing
	r.done, r.until = r.err == nil, now.Add(10*time.Second)
	return r.err
}
