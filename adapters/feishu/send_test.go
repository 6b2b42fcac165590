package feishu

import (
	"context"
	"testing"

	"magpie/adapters"
	"magpie/adapters/card"
)

func TestSendCardAndText(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	ref, err := p.Send(context.Background(), card.Message{Key: "card/inst-1/boss", To: userRef("ou_1"), Card: approvalCard()})
	if err != nil {
		t.Fatal(err)
	}
	if ref.Message.ID == "" || ref.Chat.ID == "" || ref.SentAt.IsZero() {
		t.Fatalf("reference %+v", ref)
	}
	next, err := p.Update(context.Background(), ref, card.Message{Card: approvalCard()})
	if err != nil || next.Message != ref.Message {
		t.Fatalf("update: %+v, %v", next, err)
	}
	if _, err := p.Send(context.Background(), card.Message{Key: "text/1/a", To: userRef("ou_1"), Text: card.T("hi <at user_id=\"all\">x</at>")}); err != nil {
		t.Fatal(err)
	}
	_ = adapters.KindOf(nil)
}
