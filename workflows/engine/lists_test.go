package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/engine"
)

// counter answers for the desk's slots.
type counter struct{ down bool }

func (c *counter) Press(_ context.Context, ev event.Event) (workflows.Outcome, error) {
	b := ev.Body.(*event.Action)
	switch {
	case c.down:
		return workflows.Outcome{}, errors.New("the database is away")
	case ev.Actor.Person != "boss":
		return workflows.Outcome{}, workflows.Refuse("not_yours", "不是你的")
	}
	return workflows.Outcome{
		Effects: []workflows.Effect{workflows.ShowCard{Slot: b.Slot, To: workflows.To{Person: "boss", Connection: "c"}, Template: "ask", View: b.Verb}},
		Toast:   &card.Toast{Kind: card.ToastSuccess, Text: card.T("好")},
	}, nil
}

func (c *counter) Card(_ context.Context, slot string) (string, any, error) {
	if slot != "pending/boss/1" {
		return "", nil, workflows.ErrNotFound
	}
	return "ask", nil, nil
}

// A press on a card of the desk needs its token like any other, is judged by the desk, and changes the card that was
// pressed: there is no instance. What fails is tried again.
func TestPressOnAList(t *testing.T) {
	t.Parallel()
	c := &counter{}
	r := newRig(t, func(o *engine.Options) { o.Lists = c })
	const slot = "desk/pending/boss/1"
	press := func(id, who, token string) workflows.Leased {
		return r.store.put(event.Event{
			ID: "act:" + id, Kind: event.KindCardAction, Connection: "c", Actor: event.Actor{Ref: account(who), Type: event.ActorUser},
			Reply: event.ReplyContract{Mode: event.ReplyAnswer}, Body: &event.Action{Slot: slot, Rev: 7, Verb: "page_2", Token: token},
		})
	}
	token := engine.Sign(key, slot, 7, "page_2")
	if res := r.do(press("1", "u-boss", "forged"), true); res.What != "refused:bad_token" {
		t.Errorf("a forged press: %+v", res)
	}
	if res := r.do(press("2", "u-lilei", token), true); res.What != "refused:not_yours" || res.Toast.Text.Default != "不是你的" {
		t.Errorf("somebody else's: %+v", res)
	}
	c.down = true
	if _, err := r.engine.Process(t.Context(), press("3", "u-boss", token), true); err == nil || !strings.Contains(err.Error(), "database is away") {
		t.Errorf("while the desk is away: %v", err)
	}
	c.down = false
	res := r.do(press("4", "u-boss", token), true)
	if res.What != "answered" || res.Toast.Text.Default != "好" || len(res.Held) != 1 || res.Instance != "" {
		t.Fatalf("it was %+v", res)
	}
	j, ok := r.store.job("card/" + slot)
	if !ok || j.Message.Slot != slot || j.Message.Rev <= 7 || j.Instance != "" {
		t.Fatalf("the card is %+v", j)
	}
	drawn, err := r.engine.Draw(t.Context(), *j.Message)
	if err != nil || drawn.Card.Slot != slot || drawn.Card.Rev != j.Message.Rev || drawn.Card.Actions[0].Token == "" {
		t.Errorf("drawn as %+v, %v", drawn.Card, err)
	}
	if len(r.store.snapshot()) != 0 {
		t.Error("an instance was made")
	}
}

// A page of ours draws the card of the desk as it is now.
func TestShowAList(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *engine.Options) { o.Lists = &counter{} })
	c, err := r.engine.Show(t.Context(), "desk/pending/boss/1")
	if err != nil || c.Slot != "desk/pending/boss/1" || c.Rev == 0 || c.Actions[0].Token == "" {
		t.Errorf("shown as %+v, %v", c, err)
	}
	if _, err := r.engine.Show(t.Context(), "desk/other"); !errors.Is(err, workflows.ErrNotFound) {
		t.Errorf("a slot of no list: %v", err)
	}
}

// A card that is sent anew is another message for the suite, under another key.
func TestSendAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	if err := r.engine.SendAnew(t.Context(), id+"/boss", "boss"); err != nil {
		t.Fatal(err)
	}
	j, _ := r.store.job("card/" + id + "/boss")
	if !j.Message.Anew || !j.Message.Redraw || j.Message.Key == m.Key {
		t.Errorf("sent as %+v", j.Message)
	}
	if err := r.engine.Resend(t.Context(), id+"/boss", "boss"); err != nil {
		t.Fatal(err)
	}
	if j, _ = r.store.job("card/" + id + "/boss"); j.Message.Anew || j.Message.Key != m.Key {
		t.Errorf("changed as %+v", j.Message)
	}
}
