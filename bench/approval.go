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

const approvalClients = 8

var buttonKey = []byte("0123456789abcdef0123456789abcdef")

// approval measures the three-step approval on each store, floor and ours in turns: a machine that becomes slower
// meanwhile does so for both. What counts is the median of the rounds' ratios.
func (r *report) approval(ctx context.Context) error {
	for _, d := range r.drivers() {
		var floors, ours, ratios, floorCPU, cpu, p99 spread
		for range r.rounds {
			floor, err := approvalFloor(ctx, d, r.turn)
			if err != nil {
				return fmt.Errorf("floor on %s: %w", d.name, err)
			}
			got, err := freshApproval(ctx, d, r.turn)
			if err != nil {
				return fmt.Errorf("on %s: %w", d.name, err)
			}
			floors, ours, ratios = append(floors, floor.perSecond), append(ours, got.perSecond), append(ratios, got.perSecond/floor.perSecond)
			floorCPU, cpu, p99 = append(floorCPU, inMillis(floor.cpuEach)), append(cpu, inMillis(got.cpuEach)), append(p99, inMillis(got.p99))
			r.progress("three-step approvals, %s: %.0f/s of %.0f/s, %.2f; CPU %s of %s ms", d.name, got.perSecond, floor.perSecond, got.perSecond/floor.perSecond, cpu[len(cpu)-1:], floorCPU[len(cpu)-1:])
		}
		r.add(row{
			what: "three-step approvals, " + d.name, figure: fmt.Sprintf("%.0f/s", ours.median()), floor: fmt.Sprintf("%.0f/s", floors.median()),
			ratio: ratios.String(), bar: "≥ 0.60", met: ratios.median() >= 0.6,
		}, row{
			what: "CPU an approval, load and database included, " + d.name, figure: fmt.Sprintf("%.2f ms", cpu.median()), floor: fmt.Sprintf("%.2f ms", floorCPU.median()),
			ratio: fmt.Sprintf("%.2f", cpu.median()/floorCPU.median()), bar: fmt.Sprintf("≤ %.1f ms", d.maxCPU), met: cpu.median() <= d.maxCPU,
		}, row{
			what: "one press stored, decided and committed, p99, " + d.name, figure: fmt.Sprintf("%.2f ms", p99.median()), bar: "≤ 25 ms", met: p99.median() <= 25,
		})
	}
	return nil
}

// approvalFloor is four bare transactions an operation, one INSERT and one UPDATE by key each.
func approvalFloor(ctx context.Context, d driver, each time.Duration) (f approvalFigures, err error) {
	db, done, err := d.bare(ctx)
	if err != nil {
		return f, err
	}
	defer done()
	pid, before := d.pid(ctx), time.Duration(0)
	if before, err = cpuWith(pid); err != nil {
		return f, err
	}
	state := fmt.Sprintf("%0600d", 0)
	n, took, _, err := clients(ctx, approvalClients, each, func(ctx context.Context, c, i int) error {
		id := fmt.Sprintf("%d-%d", c, i)
		for step := range 4 {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if step == 0 {
				_, err = tx.ExecContext(ctx, "INSERT INTO floor_item (id, rev, state) VALUES (?, 1, ?)", id, state)
			} else {
				_, err = tx.ExecContext(ctx, "INSERT INTO floor_log (id, item, body) VALUES (?, ?, ?)", id+"-"+strconv.Itoa(step), id, state)
			}
			if err == nil {
				_, err = tx.ExecContext(ctx, "UPDATE floor_item SET rev = rev + 1, state = ? WHERE id = ?", state, id)
			}
			if err != nil {
				_ = tx.Rollback()
				return err
			}
			if err := tx.Commit(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return f, err
	}
	return figures(n, took, before, pid)
}

type approvalFigures struct {
	perSecond float64
	cpuEach   time.Duration
	p99       time.Duration
}

// figures are those of n operations, during which this process and the server used the CPU since before.
func figures(n int, took, before time.Duration, pid int) (approvalFigures, error) {
	after, err := cpuWith(pid)
	return approvalFigures{perSecond: float64(n) / took.Seconds(), cpuEach: (after - before) / time.Duration(max(n, 1))}, err
}

// rig is an engine on a real store, with people in memory and nobody who sends.
type rig struct {
	*store.Store
	engine *engine.Engine
	cards  sync.Map // slot → revision of its card, as committed last
}

// Commit remembers which cards there are.
func (g *rig) Commit(ctx context.Context, c workflows.Commit) error {
	if err := g.Store.Commit(ctx, c); err != nil {
		return err
	}
	for _, j := range c.Jobs {
		if j.Message != nil && j.Message.ShowsCard() {
			g.cards.Store(j.Message.Slot, j.Message.Rev)
		}
	}
	return nil
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
		Store: g, People: roster.New(roster.Options{Source: all}), Key: buttonKey,
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

// press presses a button of a card as its reader. The token is made here: drawing cards is part of sending,
// and sending is not measured.
func (g *rig) press(ctx context.Context, slot, who, verb string, form map[string]event.Value) error {
	v, ok := g.cards.LoadAndDelete(slot)
	if !ok {
		return fmt.Errorf("there is no card in slot %s", slot)
	}
	rev := v.(int64)
	res, err := g.take(ctx, g.event(who, event.KindCardAction, &event.Action{
		Slot: slot, Verb: verb, Rev: rev, Token: engine.Sign(buttonKey, slot, rev, verb), Form: form,
	}))
	if err == nil && res.What != "stepped" {
		err = fmt.Errorf("%s on %s: %s", verb, slot, res.What)
	}
	return err
}

// freshApproval measures on a store of its own.
func freshApproval(ctx context.Context, d driver, each time.Duration) (f approvalFigures, err error) {
	s, done, err := d.open(ctx)
	if err != nil {
		return f, err
	}
	defer done()
	g, err := newRig(ctx, s)
	if err != nil {
		return f, err
	}
	return measureApproval(ctx, d, g, each)
}

// draft makes a form that is not handed in yet and tells its instance.
func (g *rig) draft(ctx context.Context) (string, error) {
	res, err := g.take(ctx, g.event("li.lei", event.KindMessage, &event.Message{Ref: event.Ref{Kind: event.RefMessage, ID: "om"}, Text: "采购"}))
	if err == nil && res.Instance == "" {
		err = fmt.Errorf("no draft was made: %s", res.What)
	}
	return res.Instance, err
}

// submit hands the form of a draft in.
func (g *rig) submit(ctx context.Context, id string) error {
	return g.press(ctx, id+"/initiator", "li.lei", "submit", map[string]event.Value{"item": event.Text("机械键盘 2 把"), "amount": event.Text("1299.00")})
}

func measureApproval(ctx context.Context, d driver, g *rig, each time.Duration) (f approvalFigures, err error) {
	// Drafts first, untimed. A machine that uses them up ends a little sooner.
	drafts := make(chan string, 1<<20)
	perClient := int(each.Seconds()*1500)/approvalClients + 1
	_, _, _, err = clients(ctx, approvalClients, time.Hour, func(ctx context.Context, c, i int) error {
		if i >= perClient {
			return errEnough
		}
		id, err := g.draft(ctx)
		if err == nil {
			drafts <- id
		}
		return err
	})
	if err != nil {
		return f, err
	}
	close(drafts)
	var mu sync.Mutex
	var presses []time.Duration
	timed := func(op func() error) error {
		t := time.Now()
		err := op()
		mu.Lock()
		presses = append(presses, time.Since(t))
		mu.Unlock()
		return err
	}
	stop, err := profile()
	if err != nil {
		return f, err
	}
	defer stop()
	pid, before := d.pid(ctx), time.Duration(0)
	if before, err = cpuWith(pid); err != nil {
		return f, err
	}
	n, took, _, err := clients(ctx, approvalClients, each, func(ctx context.Context, c, i int) error {
		id, ok := <-drafts
		if !ok {
			return errEnough
		}
		if err := timed(func() error { return g.submit(ctx, id) }); err != nil {
			return err
		}
		for k, node := range []string{"one", "two", "three"} {
			slot, who := id+"/task/"+node+"/1/0", "a"+strconv.Itoa(k+1)
			if err := timed(func() error { return g.press(ctx, slot, who, "approve", nil) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return f, err
	}
	if f, err = figures(n, took, before, pid); err != nil {
		return f, err
	}
	sortDurations(presses)
	f.p99 = percentile(presses, .99)
	return f, nil
}
