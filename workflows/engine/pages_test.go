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

// address is a page's address that shows what it was made of.
func address(p engine.Page) string {
	return "https://pages.example/" + strings.Join([]string{p.Slot, p.Person, p.Connection, p.Verb}, "|")
}

func withPages(o *engine.Options) { o.Page = address }

func TestCardsLeadToPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, withPages)
	id, m := r.start()
	slot := id + "/boss"
	if want := "https://pages.example/" + slot + "|boss|c|"; m.Card.Link != want {
		t.Errorf("link %q, want %q", m.Card.Link, want)
	}
	if want := "https://pages.example/" + slot + "|boss|c|yes"; yes(m).Page != want {
		t.Errorf("page of the form's button %q, want %q", yes(m).Page, want)
	}
	if want := "https://pages.example/" + slot + "|boss|c|no"; m.Card.Actions[0].Page != want {
		t.Errorf("page of the footer's button %q, want %q", m.Card.Actions[0].Page, want)
	}
}

// What opens from a group opens for everybody, so a card there has no links; nor has one for an account that
// belongs to nobody, one without a slot, or any when there are no pages.
func TestCardsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	r := newRig(t, withPages)
	_, m := r.start()
	draft := *m
	draft.Card, draft.Draft = nil, &card.Draft{Template: "ask", View: []byte("{}")}
	for name, change := range map[string]func(*card.Message){
		"a group":              func(m *card.Message) { m.To = event.Ref{Kind: event.RefChat, ID: "chat"} },
		"nobody's account":     func(m *card.Message) { m.To = account("u-unknown") },
		"nowhere":              func(m *card.Message) { m.To = event.Ref{} },
		"a card without place": func(m *card.Message) { m.Slot = "" },
	} {
		in := draft
		change(&in)
		out, err := r.engine.Draw(context.Background(), in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if out.Card.Link != "" || yes(&out).Page != "" || out.Card.Actions[0].Page != "" {
			t.Errorf("%s: link %q, pages %q %q", name, out.Card.Link, yes(&out).Page, out.Card.Actions[0].Page)
		}
	}
	plain := newRig(t)
	if _, m := plain.start(); m.Card.Link != "" || yes(m).Page != "" {
		t.Errorf("without pages: %q %q", m.Card.Link, yes(m).Page)
	}
}

// Show draws what a slot holds now, with tokens that count.
func TestShow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, sent := r.start()
	c, err := r.engine.Show(context.Background(), id+"/boss")
	if err != nil {
		t.Fatal(err)
	}
	m := &card.Message{Card: &c}
	if c.Slot != id+"/boss" || c.Rev != 1 || yes(m).Token != yes(sent).Token || yes(m).Token == "" {
		t.Errorf("%+v", c)
	}
	if p := c.Body[0].(*card.People).Persons[0]; !p.Ref.IsZero() || p.Name != "老板" {
		t.Errorf("a person on a page: %+v", p)
	}
	// A press from a page says itself who pressed: no account of a suite is behind it.
	ev := event.Event{
		ID: "act:page", Kind: event.KindCardAction, Connection: "pages", Actor: event.Actor{Person: "boss", Name: "老板", Type: event.ActorUser},
		Body: &event.Action{Slot: c.Slot, Rev: c.Rev, Verb: "yes", Token: yes(m).Token},
	}
	if res := r.do(workflows.Leased{Attempt: 1, Event: ev}, false); res.Toast == nil || res.Toast.Kind != card.ToastSuccess {
		t.Errorf("the press: %+v", res)
	}
	for _, slot := range []string{id + "/nobody", id, "", "missing/boss"} {
		if _, err := r.engine.Show(context.Background(), slot); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("slot %q: %v", slot, err)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, _ := r.start()
	in, p, err := r.engine.Load(context.Background(), id)
	if err != nil || in.ID != id || p.Definition().Hash != in.Hash {
		t.Errorf("%+v %v %v", in, p, err)
	}
	if _, _, err := r.engine.Load(context.Background(), "missing"); !errors.Is(err, workflows.ErrNotFound) {
		t.Error(err)
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, _ := r.start()
	ctx := context.Background()
	if err := r.engine.Resend(ctx, id+"/boss", "boss"); err != nil {
		t.Fatal(err)
	}
	j, _ := r.store.job("card/" + id + "/boss")
	if j.Message == nil || !j.Message.Redraw || j.Message.To != account("u-boss") || j.Message.Draft == nil || j.Message.Rev != 1 {
		t.Errorf("job %+v", j.Message)
	}
	if kicked := r.kicked.Load(); kicked == nil || len(*kicked) != 1 || (*kicked)[0] != j.ID {
		t.Errorf("kicked %v", kicked)
	}
	for name, c := range map[string][2]string{"no card": {id + "/other", "boss"}, "no instance": {"missing/boss", "boss"}, "no account": {id + "/boss", "nobody"}} {
		if err := r.engine.Resend(ctx, c[0], c[1]); !errors.Is(err, workflows.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
