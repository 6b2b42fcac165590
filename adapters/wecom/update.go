package wecom

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Update replaces the card of a message for everybody who got it. Each change costs a response code. Those that
// presses brought are spent first. The send's own is kept for the last state, after which nothing is to be pressed; where a
// state on the way has no other code, it turns the card into a hint at a newer one, and KindGone has that one sent, with a
// code of its own: no card is left behind that says what is no longer so.
//
// A code that turns out to be spent is dropped and the next one tried; without any it is KindGone. Changes of one
// message come one after the other: a lost race costs a code.
// Source: WeCom developer documents, "Update template cards" (path 94888), checked 2026-11.
func (p *Platform) Update(ctx context.Context, ref adapters.MessageRef, m card.Message) (adapters.MessageRef, error) {
	if p.cfg.Kind == KindRobot {
		return ref, adapters.Unsupported(p.cfg.ID, "update")
	}
	if m.Card == nil {
		return ref, p.invalid(opUpdate, errors.New("only a card can be replaced, by a card"))
	}
	unlock := p.changes.lock(ref.Message.ID)
	defer unlock()

	var codes, spares, others []event.Handle
	for _, h := range ref.Handles {
		switch {
		case h.Kind != HandleCode && h.Kind != HandleSpare:
			others = append(others, h)
		case h.Value == "" || !p.now().Before(h.Expires) || hasCode(codes, h.Value) || hasCode(spares, h.Value):
		case h.Kind == HandleSpare:
			spares = append(spares, h)
		default:
			codes = append(codes, h)
		}
	}
	for codes = append(codes, spares...); len(codes) > 0; codes = codes[1:] {
		shown, hint := *m.Card, codes[0].Kind == HandleSpare && len(m.Card.Choices()) > 0
		if hint {
			shown = newerHint(shown)
		}
		losses, err := p.plainer(opUpdate, shown, asChange, func(d drawn) error {
			body := obj{"atall": 1, "agentid": p.cfg.AgentID, "response_code": codes[0].Value, "template_card": d.card}
			return p.api.call(ctx, opUpdate, http.MethodPost, "/cgi-bin/message/update_template_card", nil, body, nil)
		})
		switch {
		case err == nil && hint:
			return ref, p.gone(opUpdate, "its last code says that there is a newer card")
		case err == nil:
			ref.Handles, ref.Losses = append(others, codes[1:]...), losses
			return ref, nil
		case codeOf(err) != "60140":
			return ref, err
		}
	}
	return ref, p.gone(opUpdate, "no response code is left: each changes the card once, within 72 hours")
}

// newerHint is a card that says that there is a newer one.
func newerHint(c card.Card) card.Card {
	said := card.Text{Default: "内容有更新，请看最新的卡片", I18n: map[string]string{"en-US": "There is a newer card."}}
	return card.Card{
		Slot: c.Slot, Rev: c.Rev, Title: c.Title, Summary: said, Link: c.Link, Lang: c.Lang,
		Status: card.Text{Default: "已更新", I18n: map[string]string{"en-US": "Updated"}},
	}
}

func hasCode(hs []event.Handle, code string) bool {
	for _, h := range hs {
		if h.Value == code {
			return true
		}
	}
	return false
}

// Recall takes a message of ours back, within 24 hours. WeChat readers keep it.
// Source: WeCom developer documents, "Recall application messages" (path 94867), checked 2026-11.
func (p *Platform) Recall(ctx context.Context, ref adapters.MessageRef) error {
	switch {
	case p.cfg.Kind == KindRobot:
		return adapters.Unsupported(p.cfg.ID, "recall")
	case ref.Message.Kind != event.RefMessage || ref.Message.ID == "":
		return p.invalid(opRecall, errors.New("no message that WeCom gave a number"))
	case !ref.SentAt.IsZero() && !p.now().Before(ref.SentAt.Add(recallFor)):
		return p.gone(opRecall, "sent more than 24 hours ago")
	}
	return p.api.call(ctx, opRecall, http.MethodPost, "/cgi-bin/message/recall", nil, obj{"msgid": ref.Message.ID}, nil)
}

// locks are one lock for each name that is in use.
type locks struct {
	mu sync.Mutex
	by map[string]*turn
}

type turn struct {
	mu sync.Mutex
	n  int // who holds it or waits for it
}

// lock waits for a name's turn and gives what ends it.
func (l *locks) lock(name string) (unlock func()) {
	l.mu.Lock()
	if l.by == nil {
		l.by = map[string]*turn{}
	}
	t := l.by[name]
	if t == nil {
		t = &turn{}
		l.by[name] = t
	}
	t.n++
	l.mu.Unlock()
	t.mu.Lock()
	return func() {
		t.mu.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if t.n--; t.n == 0 {
			delete(l.by, name)
		}
	}
}
