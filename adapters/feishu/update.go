package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Update replaces the card of a message. Later than 14 days after sending it is KindGone without a call.
// There is no compare-and-set: the last call wins.
// Source: Feishu Open Platform, "Update message card", checked 2026-11.
func (p *Platform) Update(ctx context.Context, ref adapters.MessageRef, m card.Message) (adapters.MessageRef, error) {
	if m.Card == nil {
		return ref, p.invalid(opUpdate, errors.New("only a card can be replaced, by a card"))
	}
	path, err := p.messagePath(opUpdate, ref)
	if err != nil {
		return ref, err
	}
	if !ref.SentAt.IsZero() && !p.now().Before(ref.SentAt.Add(updateFor)) {
		return ref, &adapters.Error{Connection: p.cfg.ID, Op: opUpdate, Kind: adapters.KindGone, Err: errors.New("sent more than 14 days ago")}
	}
	losses, err := p.plainer(opUpdate, *m.Card, func(w adapters.Wire) error {
		return p.api.call(ctx, opUpdate, http.MethodPatch, path, nil, map[string]string{"content": string(w.Body)}, nil)
	})
	if err != nil {
		return ref, err
	}
	ref.Losses = losses
	return ref, nil
}

// AnswerLate changes the card that was pressed through the press's own token: twice within 30 minutes, and
// only after the press was answered. Shared cards are better changed by Update; this is for a message whose
// reference was lost.
// Source: Feishu Open Platform, "Delayed update of message cards", checked 2026-11.
func (p *Platform) AnswerLate(ctx context.Context, h event.Handle, c card.Card) error {
	if h.Kind != HandleClick || h.Value == "" {
		return p.invalid(opAnswerLate, fmt.Errorf("a handle of kind %q is not a press's token", h.Kind))
	}
	if !h.Expires.IsZero() && !p.now().Before(h.Expires) {
		return &adapters.Error{Connection: p.cfg.ID, Op: opAnswerLate, Kind: adapters.KindGone, Err: errors.New("the press was more than 30 minutes ago")}
	}
	_, err := p.plainer(opAnswerLate, c, func(w adapters.Wire) error {
		body := struct {
			Token string          `json:"token"`
			Card  json.RawMessage `json:"card"`
		}{h.Value, w.Body}
		return p.api.call(ctx, opAnswerLate, http.MethodPost, "/open-apis/interactive/v1/card/update", nil, body, nil)
	})
	return err
}

// Recall takes a message of ours back.
// Source: Feishu Open Platform, "Recall message", checked 2026-11.
func (p *Platform) Recall(ctx context.Context, ref adapters.MessageRef) error {
	path, err := p.messagePath(opRecall, ref)
	if err != nil {
		return err
	}
	return p.api.call(ctx, opRecall, http.MethodDelete, path, nil, nil, nil)
}

// messagePath is where a message is found.
func (p *Platform) messagePath(op string, ref adapters.MessageRef) (string, error) {
	if ref.Message.Kind != event.RefMessage || ref.Message.ID == "" {
		return "", p.invalid(op, errors.New("no message"))
	}
	return "/open-apis/im/v1/messages/" + url.PathEscape(ref.Message.ID), nil
}
