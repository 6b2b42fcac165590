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

// Update replaces the card of a message for everybody who got it. Each change costs a response code: the
// freshest first, which presses brought, the send's own last, so that it is there for a change that no press brings.
// A code that turns out to be spent is dropped and the next one tried; without any it is KindGone. Changes of
// one message come one after the other: a lost race costs a code.
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

	var codes, others []event.Handle
	for _, h := range ref.Handles {
		switch {
		case h.Kind != HandleCode:
			others = append(others, h)
		case h.Value != "" && p.now().Before(h.Expires) && !hasCode(codes, h.Value):
			codes = append(codes, h)
		}
	}
	for len(codes) > 0 {
		losses, err := p.plainer(opUpdate, *m.Card, asChange, func(d drawn) error {
			body := obj{"atall": 1, "agentid": p.cfg.AgentID, "response_code": codes[0].Value, "template_card": d.card}
			return p.api.call(ctx, opUpdate, http.MethodPost, "/cgi-bin/message/update_template_card", nil, body, nil)
		})
		if err != nil && codeOf(err) != "60140" {
			return ref, err
		}
		codes = codes[1:]
		if err == nil {
			ref.Handles, ref.Losses = append(others, codes...), losses
			return ref, nil
		}
	}
	return ref, p.gone(opUpdate, "no response code is left: each changes the card once, within 72 hours")
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
