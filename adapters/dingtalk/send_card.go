package dingtalk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// sendCard sends a card in the best way that there is.
func (p *Platform) sendCard(ctx context.Context, to address, m card.Message) (adapters.MessageRef, error) {
	var refused []card.Loss
	var last []byte
	for level := 0; level <= levelLinks; level++ {
		w, losses, err := p.EncodeCard(*m.Card, adapters.EncodeOptions{Level: level})
		if err != nil {
			return adapters.MessageRef{}, p.invalid(opSend, err)
		}
		if string(w.Body) == string(last) || w.Kind == WireTemplate && to.only {
			continue // nothing plainer about it, or no way for it
		}
		last = w.Body
		var ref adapters.MessageRef
		if w.Kind == WireTemplate {
			ref, err = p.createCard(ctx, to, m.Key, w)
			if err != nil && unreachable[codeOf(err)] && p.cfg.AgentID != 0 && to.user != "" {
				level = levelLinks - 1 // a work notification, drawn as links
				continue
			}
		} else {
			var c robotContent
			if c, err = readContent(w); err == nil {
				ref, err = p.sendContent(ctx, to, c, nil, to.only)
			}
		}
		if err == nil {
			ref.Losses = append(append(losses, ref.Losses...), refused...)
			return ref, nil
		}
		var e *adapters.Error
		if !errors.As(err, &e) || e.Kind != adapters.KindInvalid || level == levelLinks {
			return adapters.MessageRef{}, err
		}
		refused = append(refused, card.Loss{Element: "card", Severity: card.Content,
			What: fmt.Sprintf("DingTalk refused the card as it was drawn (level %d, code %s); drawn plainer", level, e.Code)})
		if strings.HasPrefix(e.Code, "param.template") {
			level = levelLinks - 1 // no other drawing helps a template that is not there
		}
	}
	return adapters.MessageRef{}, p.invalid(opSend, errors.New("no way to draw the card for this receiver"))
}

// trackID makes our own name of a card of a message's key: always the same, and of this connection only.
func (p *Platform) trackID(key string) string {
	sum := sha256.Sum256([]byte(p.cfg.CorpID + "\x00" + p.cfg.ClientID + "\x00" + key))
	return "magpie-" + hex.EncodeToString(sum[:20])
}

// pendingCards are cards that exist, but whose delivery DingTalk has refused: they are delivered by a call of
// its own, since creating them again says no more than that they exist.
type pendingCards struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (c *pendingCards) set(id string, pending bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !pending:
		delete(c.ids, id)
	case c.ids == nil:
		c.ids = map[string]bool{id: true}
	case len(c.ids) < 10_000:
		c.ids[id] = true
	}
}

func (c *pendingCards) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ids[id]
}

// delivered is what became of the delivery of a card to one space.
type delivered struct {
	SpaceType string    `json:"spaceType"`
	SpaceID   string    `json:"spaceId"`
	Success   looseBool `json:"success"`
	Carrier   string    `json:"carrierId"`
	Error     looseText `json:"errorMsg"`
}

// createCard makes a card and delivers it. Its outcome is never in doubt: the same call again finds the card there.
// Source: DingTalk Open Platform, "Create and deliver cards", checked 2026-08.
func (p *Platform) createCard(ctx context.Context, to address, key string, w adapters.Wire) (adapters.MessageRef, error) {
	var drawn drawnCard
	if err := json.Unmarshal(w.Body, &drawn); err != nil {
		return adapters.MessageRef{}, p.invalid(opSend, err)
	}
	if key == "" {
		var random [16]byte
		p.in.random(random[:])
		key = hex.EncodeToString(random[:])
	}
	id := p.trackID(key)
	ref := adapters.MessageRef{
		Message: p.scoped().card(id), SentAt: stamp(p.now()),
		Handles: []event.Handle{{Kind: HandleCard, Value: id}, {Kind: HandleTemplate, Value: drawn.Template}},
	}
	if to.chat != "" {
		ref.Chat = p.scoped().chat(to.chat)
	}
	if err := p.ensureRoute(ctx); err != nil {
		return adapters.MessageRef{}, err
	}
	deliver := p.delivery(to, drawn, id)
	var results []delivered
	var err error
	if p.pending.has(id) {
		var out struct {
			Result []delivered `json:"result"`
		}
		err = p.api.call(ctx, opSend, http.MethodPost, "/v1.0/card/instances/deliver", nil, deliver, &out)
		results = out.Result
	} else {
		body := p.instance(drawn)
		for k, v := range deliver {
			body[k] = v
		}
		var out struct {
			Result struct {
				Delivered []delivered `json:"deliverResults"`
			} `json:"result"`
		}
		err = p.api.call(ctx, opSend, http.MethodPost, "/v1.0/card/instances/createAndDeliver", nil, body, &out)
		results = out.Result.Delivered
	}
	switch {
	case codeOf(err) == codeExists: // an earlier attempt got through
		return ref, nil
	case adapters.KindOf(err) == adapters.KindUnknown:
		var e *adapters.Error
		if errors.As(err, &e) {
			e.Kind = adapters.KindTransient // again under the same outTrackId
		}
		return adapters.MessageRef{}, err
	case err != nil:
		return adapters.MessageRef{}, err
	}
	return p.judgeDelivery(ref, id, results)
}

// judgeDelivery looks at every result: the call succeeds although the card reached nobody.
func (p *Platform) judgeDelivery(ref adapters.MessageRef, id string, results []delivered) (adapters.MessageRef, error) {
	for _, r := range results {
		if r.Success {
			p.pending.set(id, false)
			if r.Carrier != "" {
				// The carrier is what receipts name; the card itself is changed by the handle.
				ref.Message = p.scoped().message(r.Carrier)
			}
			return ref, nil
		}
	}
	p.pending.set(id, true)
	code := ""
	if len(results) > 0 {
		code = string(results[0].Error)
	}
	kind := kindOf(opSend, code, http.StatusBadRequest)
	if len(results) == 0 {
		kind = adapters.KindTransient
	}
	return adapters.MessageRef{}, &adapters.Error{Connection: p.cfg.ID, Op: opSend, Kind: kind, Code: code, Err: errors.New("the card was made, but not delivered")}
}

// instance is the part of a card that is made once.
func (p *Platform) instance(drawn drawnCard) map[string]any {
	body := map[string]any{"cardTemplateId": drawn.TemplateID, "cardData": drawn.Data, "callbackType": "STREAM"}
	if p.cfg.Transport == TransportWebhook {
		body["callbackType"], body["callbackRouteKey"] = "HTTP", p.cfg.CardRoute
	}
	return body
}

// delivery is the part of a card that says where it goes.
func (p *Platform) delivery(to address, drawn drawnCard, id string) map[string]any {
	body := map[string]any{"outTrackId": id, "userIdType": 1}
	space := map[string]any{
		"supportForward":  false,
		"lastMessageI18n": map[string]string{"ZH_CN": drawn.Summary},
		"notification":    map[string]any{"alertContent": drawn.Summary, "notificationOff": false},
	}
	if to.chat != "" {
		body["openSpaceId"] = "dtv1.card//IM_GROUP." + to.chat
		body["imGroupOpenSpaceModel"] = space
		model := map[string]any{"robotCode": p.cfg.RobotCode}
		if len(drawn.Mentions) > 0 {
			model["atUserIds"] = drawn.Mentions
		}
		body["imGroupOpenDeliverModel"] = model
		return body
	}
	body["openSpaceId"] = "dtv1.card//IM_ROBOT." + to.user
	body["imRobotOpenSpaceModel"] = space
	body["imRobotOpenDeliverModel"] = map[string]any{"spaceType": "IM_ROBOT", "robotCode": p.cfg.RobotCode}
	return body
}
