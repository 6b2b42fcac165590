package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/store"
	"magpie/templates"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/engine"
	"magpie/workflows/roster"
)

// approvalYAML is three approvals one after the other.
const approvalYAML = `kind: approval
id: bench
name: 采购申请
start: {commands: [采购], who: everyone}
form:
  - {id: item, type: text, label: 采购内容, required: true, max: 200}
  - {id: amount, type: money, label: 金额, required: true, min: 0.01}
title: "{{.initiator.name}}的采购申请：{{.form.item}}"
steps:
  - {id: one, name: 直属主管, approve: {by: "person:a1"}}
  - {id: two, name: 财务审核, approve: {by: "person:a2"}}
  - {id: three, name: 总经理, approve: {by: "person:a3"}}
`

var buttonKey = []byte("0123456789abcdef0123456789abcdef")

// rig is an engine on a real store, with people in memory and nobody who sends.
type rig struct {
	*store.Store
	engine *engine.Engine
	drafts []draft // forms that are not handed in yet
}

// draft is a form that is not handed in yet, with all presses that complete it. Their tokens are made before anything
// is timed: drawing cards is part of sending, and sending is not measured.
type draft struct {
	id      string
	presses []event.Action
}

type people workflows.Roster

func (p people) RosterRev(context.Context) (int64, error)         { return 1, nil }
func (p people) Roster(context.Context) (workflows.Roster, error) { return workflows.Roster(p), nil }

func person(id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: "feishu", Tenant: "t", App: "a"}, Kind: event.RefUser, ID: "ou_" + id}
}

func newRig(ctx context.Context, s *store.Store) (*rig, error) {
	g := &rig{Store: s}
	n, ps := config.Parse("bench.yaml", []byte(approvalYAML))
	if ps.Bad() {
		return nil, ps
	}
	prog, ps := approval.Kind{}.Compile(n, workflows.Env{})
	if ps.Bad() {
		return nil, ps
	}
	set, ps := templates.Load(nil, templates.Builtin())
	if ps.Bad() {
		return nil, ps
	}
	rt, err := engine.NewRuntime([]workflows.Program{prog}, set, nil, nil)
	if err != nil {
		return nil, err
	}
	if err := rt.Publish(ctx, s); err != nil {
		return nil, err
	}
	var all people
	all.Rev = 1
	for _, id := range []string{"li.lei", "a1", "a2", "a3"} {
		all.Persons = append(all.Persons, workflows.Person{ID: id, Name: "姓名" + id, Active: true})
		all.Accounts = append(all.Accounts, workflows.Account{Connection: "c", Ref: person(id), Person: id, Send: true})
	}
	g.engine, err = engine.New(engine.Options{
		Store: g.Store, People: roster.New(roster.Options{Source: all}), Key: buttonKey,
		Runtime: func() *engine.Runtime { return rt }, Platform: func(string) string { return "feishu" },
	})
	return g, err
}

// take handles an event as the webhook does with a press: stored together with its outcome.
func (g *rig) take(ctx context.Context, ev event.Event) (engine.Result, error) {
	return g.engine.Process(ctx, workflows.Leased{Attempt: 1, Event: ev}, true)
}

var serial atomic.Int64

func (g *rig) event(who string, kind event.Kind, body event.Body) event.Event {
	id := strconv.FormatInt(serial.Add(1), 10)
	return event.Event{
		ID: string(kind) + ":" + id, Kind: kind, Connection: "c", Scope: person("").Scope, ReceivedAt: time.Now(),
		Actor: event.Actor{Ref: person(who), Type: event.ActorUser},
		Conv:  &event.Conversation{Ref: event.Ref{Kind: event.RefChat, ID: "oc_" + who}, Type: event.ConvDirect, ToBot: true},
		Body:  body, Reply: event.ReplyContract{Mode: event.ReplyAnswer}, Raw: make([]byte, 600),
	}
}

// press presses a button of a card as its reader.
func (g *rig) press(ctx context.Context, who string, a *event.Action) error {
	res, err := g.take(ctx, g.event(who, event.KindCardAction, a))
	if err == nil && res.What != "stepped" {
		err = fmt.Errorf("%s on %s: %s", a.Verb, a.Slot, res.What)
	}
	return err
}

// draft makes a form that is not handed in yet.
func (g *rig) draft(ctx context.Context) (draft, error) {
	res, err := g.take(ctx, g.event("li.lei", event.KindMessage, &event.Message{Ref: event.Ref{Kind: event.RefMessage, ID: "om"}, Text: "采购"}))
	if err == nil && res.Instance == "" {
		err = fmt.Errorf("no draft was made: %s", res.What)
	}
	if err != nil {
		return draft{}, err
	}
	in, err := g.LoadInstance(ctx, res.Instance)
	if err != nil {
		return draft{}, err
	}
	// Each command makes one revision, which the card of the next press shows.
	d := draft{id: in.ID}
	add := func(slot, verb string, form map[string]event.Value) {
		slot, rev := in.ID+"/"+slot, in.Rev+int64(len(d.presses))
		d.presses = append(d.presses, event.Action{Slot: slot, Verb: verb, Rev: rev, Token: engine.Sign(buttonKey, slot, rev, verb), Form: form})
	}
	add("initiator", "submit", map[string]event.Value{"item": event.Text("机械键盘 2 把"), "amount": event.Text("1299.00")})
	for _, node := range []string{"one", "two", "three"} {
		add("task/"+node+"/1/0", "approve", nil)
	}
	return d, nil
}

// prepare makes drafts until there are n.
func (g *rig) prepare(ctx context.Context, n int) error {
	var mu sync.Mutex
	var left atomic.Int64
	left.Store(int64(n - len(g.drafts)))
	_, _, _, err := clients(ctx, approvalClients, time.Hour, func(ctx context.Context, _, _ int) error {
		if left.Add(-1) < 0 {
			return errEnough
		}
		d, err := g.draft(ctx)
		if err == nil {
			mu.Lock()
			g.drafts = append(g.drafts, d)
			mu.Unlock()
		}
		return err
	})
	return err
}

// complete hands the form of a draft in and has three persons approve it. timed is given each press.
func (g *rig) complete(ctx context.Context, d draft, timed func(press func() error) error) error {
	for i, who := range []string{"li.lei", "a1", "a2", "a3"} {
		if err := timed(func() error { return g.press(ctx, who, &d.presses[i]) }); err != nil {
			return err
		}
	}
	return nil
}
