package delivery

import (
	"context"

	"magpie/adapters"
	"magpie/adapters/card"
)

// anew sends a card whose slot was shown as a new message, and lets the old one say so: it would not change any more.
// What becomes of the old one is not worth a second try.
func (p *Pump) anew(ctx context.Context, r *row, m card.Message) (adapters.MessageRef, error) {
	ref, err := r.conn.Send(ctx, m)
	if err != nil || !r.conn.Updatable(*r.o.Ref) || ref.Message == r.o.Ref.Message {
		return ref, err
	}
	old := m
	old.Anew, old.Quiet = false, true // changed or left as it is, never sent
	old.Card = &card.Card{
		Slot: m.Card.Slot, Rev: m.Card.Rev, Title: m.Card.Title, Summary: m.Card.Summary, Sharing: m.Card.Sharing, Lang: m.Card.Lang,
		Status: card.Text{Default: "已重新发送", I18n: map[string]string{"en-US": "Sent again"}},
		Body: card.Elements{&card.Note{Text: card.Text{
			Default: "这张卡片已重新发送，请看最新的一张。", I18n: map[string]string{"en-US": "This card was sent again; please use the newest one."}}}},
	}
	if _, err := r.conn.Update(ctx, *r.o.Ref, old); err != nil {
		p.o.Log.Info("the card before the one that was sent anew could not be changed", "job", r.o.ID, "connection", r.conn.ID, "err", err)
	}
	return ref, nil
}
