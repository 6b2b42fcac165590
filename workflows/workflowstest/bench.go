package workflowstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// Bench is one instance of a program, kept in memory: what the engine and the store do, in little.
// It is not safe for concurrent use.
type Bench struct {
	Program workflows.Program
	People  workflows.People
	Now     time.Time

	Inst    workflows.Instance
	Trail   []workflows.Entry
	Tasks   map[string]workflows.Task
	Cards   map[string]Shown // by slot, as they are now
	Texts   []workflows.SendText
	Urges   []workflows.Urge
	Out     []workflows.Publish
	Timers  map[string]workflows.SetTimer
	Waiting []workflows.Lookup                 // questions that are not answered yet, when Hold is set
	Posts   []workflows.Post                   // to other instances, and starts of them
	Flows   func(workflows.Post) []event.Event // what a Post leads to; nil: what it starts has passed at once
	Hold    bool                               // keep lookups instead of answering them at once

	Toast   *card.Toast        // answer to the last event
	Refusal *workflows.Refusal // of the last event, nil when it was accepted
	Left    []string           // steps that the last Batch left for a decision of their own
	n       int
	signed  int // signatures that were made up
}

// Shown is a card in its slot.
type Shown struct {
	workflows.ShowCard
	View map[string]any // as a template sees it
	Rev  int64
}

// New makes a Bench.
func New(p workflows.Program, people workflows.People, now time.Time) *Bench {
	return &Bench{
		Program: p, People: people, Now: now.UTC().Truncate(time.Millisecond),
		Inst:  workflows.Instance{ID: "i1", Definition: p.Definition().ID, Hash: p.Definition().Hash, CreatedAt: now},
		Tasks: map[string]workflows.Task{}, Cards: map[string]Shown{}, Timers: map[string]workflows.SetTimer{},
	}
}

// Do sends an event and everything that follows from it at once. A refusal is no error: see Refusal.
func (b *Bench) Do(ev event.Event) error {
	b.n++
	if ev.ID == "" {
		ev.ID = "ev:" + strconv.Itoa(b.n)
	}
	ev.ReceivedAt = b.Now
	b.Toast, b.Refusal = nil, nil
	queue := []event.Event{ev}
	for steps := 0; len(queue) > 0; steps++ {
		if steps > 2000 {
			return errors.New("the flow goes in circles")
		}
		more, err := b.step(queue[0], steps == 0)
		if err != nil {
			return err
		}
		queue = append(queue[1:], more...)
	}
	return nil
}

func (b *Bench) step(ev event.Event, first bool) ([]event.Event, error) {
	out, err := b.Program.Step(b.Inst, ev, b.Now)
	var no *workflows.Refusal
	if errors.As(err, &no) {
		if first {
			b.Refusal = no
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if out.Instance != nil {
		next := *out.Instance
		next.Rev, next.CreatedAt, next.UpdatedAt = b.Inst.Rev+1, b.Inst.CreatedAt, b.Now
		b.Inst = next
	}
	for _, t := range out.Tasks {
		b.Tasks[t.ID] = t
	}
	for _, e := range out.Trail {
		e.Instance, e.Event = b.Inst.ID, ev.ID
		b.Inst.Seq++
		e.Seq = b.Inst.Seq
		b.Trail = append(b.Trail, e)
	}
	if out.Toast != nil {
		b.Toast = out.Toast
	}
	return b.effects(out.Effects)
}

func (b *Bench) effects(all []workflows.Effect) (more []event.Event, err error) {
	for _, eff := range all {
		switch eff := eff.(type) {
		case workflows.ShowCard:
			if _, shown := b.Cards[eff.Slot]; eff.Once && !shown {
				continue
			}
			if eff.Template == "" {
				var ok bool
				if eff.Template, eff.View, ok, err = b.project(eff.Slot); err != nil || !ok {
					return nil, fmt.Errorf("card in slot %s: there: %v: %w", eff.Slot, ok, err)
				}
			}
			raw, err := json.Marshal(eff.View)
			if err != nil {
				return nil, fmt.Errorf("view of %s: %w", eff.Slot, err)
			}
			s := Shown{ShowCard: eff, Rev: b.Inst.Rev}
			if err := json.Unmarshal(raw, &s.View); err != nil {
				return nil, fmt.Errorf("view of %s: %w", eff.Slot, err)
			}
			b.Cards[eff.Slot] = s
		case workflows.SendText:
			b.Texts = append(b.Texts, eff)
		case workflows.Urge:
			b.Urges = append(b.Urges, eff)
		case workflows.Publish:
			b.Out = append(b.Out, eff)
		case workflows.SetTimer:
			b.Timers[eff.Name] = eff
		case workflows.CancelTimer:
			delete(b.Timers, eff.Name)
		case workflows.Post:
			b.Posts = append(b.Posts, eff)
			more = append(more, b.posted(eff)...)
		case workflows.Lookup:
			b.Waiting = append(b.Waiting, eff)
		}
	}
	if b.Hold {
		return more, nil
	}
	for _, l := range b.Waiting {
		ev, err := b.resolve(l)
		if err != nil {
			return nil, err
		}
		more = append(more, ev)
	}
	b.Waiting = nil
	return more, nil
}

// project asks the program what is on a card now.
func (b *Bench) project(slot string) (template string, view any, ok bool, err error) {
	p, is := b.Program.(workflows.Projector)
	if !is {
		return "", nil, false, nil
	}
	template, view, ok, err = p.Card(b.Inst, slot, b.Now)
	return template, b.foresee(view), ok, err
}

func (b *Bench) resolve(l workflows.Lookup) (event.Event, error) {
	ans, err := b.People.Resolve(context.Background(), l)
	if err != nil {
		return event.Event{}, fmt.Errorf("lookup %s: %w", l.ID, err)
	}
	ans.ID = l.ID
	return event.Event{ID: "lookup:" + l.ID, Kind: event.KindLookup, Actor: event.Actor{Type: event.ActorSystem}, Body: &ans}, nil
}

// Answer gives the answer to the i-th waiting question.
func (b *Bench) Answer(i int) error {
	l := b.Waiting[i]
	b.Waiting = append(b.Waiting[:i:i], b.Waiting[i+1:]...)
	ev, err := b.resolve(l)
	if err != nil {
		return err
	}
	return b.Do(ev)
}

// actor is a person who acts.
func (b *Bench) actor(id string) event.Actor {
	a := event.Actor{Person: id, Name: id, Type: event.ActorUser, Ref: event.Ref{Scope: event.Scope{Platform: "loopback"}, Kind: event.RefUser, ID: id}}
	if p, err := b.People.Person(context.Background(), id); err == nil {
		a.Name = p.Name
	}
	return a
}

// Say sends a direct message to the bot.
func (b *Bench) Say(person, text string) error {
	return b.Do(b.Message(person, text, event.ConvDirect))
}

// Message makes a message to the bot.
func (b *Bench) Message(person, text string, in event.ConvType) event.Event {
	scope := event.Scope{Platform: "loopback"}
	return event.Event{
		Kind: event.KindMessage, Connection: "loop", Actor: b.actor(person),
		Conv: &event.Conversation{Ref: event.Ref{Scope: scope, Kind: event.RefChat, ID: "chat"}, Type: in, ToBot: true},
		Body: &event.Message{Ref: event.Ref{Scope: scope, Kind: event.RefMessage, ID: "m1"}, Text: text},
	}
}

// Press presses a button of the card in a slot, as it is shown now.
func (b *Bench) Press(person, slot, verb string, form map[string]event.Value) error {
	return b.press(person, slot, verb, form, false)
}

// press is Press; whole says that the form is all there is to say.
func (b *Bench) press(person, slot, verb string, form map[string]event.Value, whole bool) error {
	return b.Do(event.Event{
		Kind: event.KindCardAction, Connection: "loop", Actor: b.actor(person),
		Body: &event.Action{Slot: b.Inst.ID + "/" + slot, Verb: verb, Form: form, Rev: b.Cards[slot].Rev, Whole: whole},
	})
}

// Advance moves the clock and fires the timers that come due on the way, in their order.
func (b *Bench) Advance(to time.Time) error {
	for n := 0; ; n++ {
		t, ok := b.due(to)
		if !ok || n > 10_000 {
			break
		}
		if t.At.After(b.Now) {
			b.Now = t.At
		}
		if err := b.Fire(t); err != nil {
			return err
		}
	}
	if to.After(b.Now) {
		b.Now = to.UTC().Truncate(time.Millisecond)
	}
	return nil
}

// Fire fires a timer, whether it is due or not.
func (b *Bench) Fire(t workflows.SetTimer) error {
	if cur, ok := b.Timers[t.Name]; ok && cur.Generation == t.Generation {
		delete(b.Timers, t.Name)
	}
	return b.Do(event.Event{Kind: event.KindTimer, Actor: event.Actor{Type: event.ActorSystem},
		Body: &event.Timer{Instance: b.Inst.ID, Name: t.Name, Generation: t.Generation, DueAt: t.At}})
}

// due is the timer that fires first, of those that fire until a time.
func (b *Bench) due(until time.Time) (workflows.SetTimer, bool) {
	var names []string
	for n := range b.Timers {
		names = append(names, n)
	}
	sort.Strings(names)
	var first workflows.SetTimer
	for _, n := range names {
		if t := b.Timers[n]; !t.At.After(until) && (first.Name == "" || t.At.Before(first.At)) {
			first = t
		}
	}
	return first, first.Name != ""
}

// Open lists the open tasks by their id.
func (b *Bench) Open() []workflows.Task {
	var out []workflows.Task
	for _, t := range b.Tasks {
		if t.State == workflows.TaskOpen {
			out = append(out, t)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// SlotOf is the slot of a task's card.
func (b *Bench) SlotOf(t workflows.Task) string {
	return strings.TrimPrefix(t.Slot(), b.Inst.ID+"/")
}

// TaskOf finds the task of a person at a step, or at any without one: the open one, else the one opened last.
func (b *Bench) TaskOf(step, person string) (workflows.Task, bool) {
	var best workflows.Task
	for _, t := range b.Tasks {
		if step != "" && t.Node != step || person != "" && t.Person != person {
			continue
		}
		switch {
		case best.ID == "", t.State == workflows.TaskOpen && best.State != workflows.TaskOpen,
			(t.State == workflows.TaskOpen) == (best.State == workflows.TaskOpen) && (t.OpenedAt.After(best.OpenedAt) || t.OpenedAt.Equal(best.OpenedAt) && t.ID > best.ID):
			best = t
		}
	}
	return best, best.ID != ""
}

// Explain tells how far the instance is.
func (b *Bench) Explain() (workflows.Explanation, error) {
	e, ok := b.Program.(workflows.Explainer)
	if !ok {
		return workflows.Explanation{}, fmt.Errorf("kind %s can't explain its instances", b.Program.Definition().Kind)
	}
	return e.Explain(b.Inst)
}
