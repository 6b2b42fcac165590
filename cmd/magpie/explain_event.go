package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"magpie/adapters/event"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/roster"
)

// explaining is what an explanation is made from.
type explaining struct {
	p        *project
	store    *store.Store
	people   *roster.Roster
	versions *versions
}

func newExplaining(p *project, s *store.Store) *explaining {
	return &explaining{
		p: p, store: s, versions: &versions{store: s, env: p.env, known: map[string]workflows.Program{}},
		people: roster.New(roster.Options{Source: s, Roles: p.configured().roles, Duties: p.configured().duties}),
	}
}

// explainedEvent is what there is to say about a stored event.
type explainedEvent struct {
	ID         string           `json:"id"`
	State      string           `json:"state"`
	Connection string           `json:"connection"`
	Kind       event.Kind       `json:"kind"`
	EventID    string           `json:"event_id"` // the suite's
	ReceivedAt time.Time        `json:"received_at"`
	DoneAt     time.Time        `json:"done_at,omitzero"`
	Attempts   int              `json:"attempts"`
	Sender     explainedSender  `json:"sender"`
	About      string           `json:"about"` // what it says, in a line
	Asked      []explainedAsked `json:"asked,omitempty"`
	Result     string           `json:"result"`
	Meaning    string           `json:"meaning"` // the result in words
	Cause      string           `json:"cause,omitempty"`
	Answer     string           `json:"answer,omitempty"` // what the person was told
	Instance   string           `json:"instance,omitempty"`
	No         string           `json:"no,omitempty"`
	Title      string           `json:"title,omitempty"`
	Rev        int64            `json:"rev,omitempty"` // of the instance now
	Facts      []explainedFact  `json:"facts"`         // what it wrote into the trail
	Jobs       []explainedJob   `json:"jobs"`          // messages and timers of the instance that are not through
	Cards      []explainedCard  `json:"cards"`
}

type explainedSender struct {
	Type    event.ActorType `json:"type"`
	Account string          `json:"account,omitempty"`
	Person  string          `json:"person,omitempty"`
	Name    string          `json:"name,omitempty"`
	Why     string          `json:"why,omitempty"` // why no person is known
}

// explainedAsked is a workflow that was asked whether the event concerns it.
type explainedAsked struct {
	Workflow string `json:"workflow"`
	Yes      bool   `json:"yes"`
	Why      string `json:"why"`
}

type explainedFact struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Actor string    `json:"actor,omitempty"`
	Data  string    `json:"data"` // without personal text
}

type explainedJob struct {
	ID      string    `json:"id"`
	State   string    `json:"state"`
	DueAt   time.Time `json:"due_at"`
	Attempt int       `json:"attempt,omitempty"`
	Cause   string    `json:"cause,omitempty"`
}

type explainedCard struct {
	Slot       string    `json:"slot"`
	Connection string    `json:"connection"`
	ShownRev   int64     `json:"shown_rev"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// event tells what became of a stored event.
func (x *explaining) event(ctx context.Context, i store.InboxItem) (*explainedEvent, error) {
	out := &explainedEvent{
		ID: i.ID, State: i.State, Connection: i.Connection, Kind: i.Kind, EventID: i.Event.ID, ReceivedAt: i.ReceivedAt, DoneAt: i.DoneAt, Attempts: i.Attempt,
		Result: i.Result, Cause: i.Cause, Instance: i.Instance, About: aboutEvent(i.Event), Facts: []explainedFact{}, Jobs: []explainedJob{}, Cards: []explainedCard{},
	}
	if i.Toast != nil {
		out.Answer = i.Toast.Text.Default
	}
	ev := i.Event
	var err error
	if out.Sender, err = x.sender(ctx, &ev); err != nil {
		return nil, err
	}
	out.Asked = x.asked(ev)
	out.Meaning = meaningOf(i)
	if i.Instance == "" {
		return out, nil
	}
	in, err := x.store.LoadInstance(ctx, i.Instance)
	if errors.Is(err, store.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.No, out.Title, out.Rev = workflows.NumberEnd(in.ID), in.Title, in.Rev
	trail, err := x.store.TrailOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range trail {
		if e.Event == i.Connection+"/"+i.Event.ID {
			out.Facts = append(out.Facts, explainedFact{e.Seq, e.At, e.Kind, e.Actor, string(e.Data)})
		}
	}
	out.Jobs, out.Cards, err = x.work(ctx, in.ID)
	return out, err
}

// sender finds out who sent it, as the directory is now, and puts the person into the event.
func (x *explaining) sender(ctx context.Context, ev *event.Event) (explainedSender, error) {
	a := ev.Actor
	out := explainedSender{Type: a.Type, Person: a.Person, Name: a.Name}
	if !a.Ref.IsZero() {
		out.Account = string(a.Ref.Kind) + " " + a.Ref.ID
	}
	if a.Type != event.ActorUser || a.Person != "" {
		return out, nil
	}
	p, err := x.people.ByRef(ctx, a.Refs())
	switch {
	case errors.Is(err, workflows.ErrNotFound):
		out.Why = "no person is linked to this account; 'magpie people list --unlinked' shows such accounts"
	case err != nil:
		return out, err
	default:
		out.Person, out.Name = p.ID, p.Name
		ev.Actor.Person = p.ID
	}
	return out, nil
}

// asked asks every workflow in force again.
func (x *explaining) asked(ev event.Event) []explainedAsked {
	switch ev.Body.(type) {
	case *event.Action, *event.Timer, *event.Lookup, *event.Directory, *event.Receipt:
		return nil // these name the instance, or concern none
	}
	var out []explainedAsked
	for _, p := range x.p.programs {
		_, yes := p.Correlate(ev)
		out = append(out, explainedAsked{p.Definition().ID, yes, whyNot(p, ev, yes)})
	}
	return out
}

// whyNot says why a workflow takes an event for its own or does not.
func whyNot(p workflows.Program, ev event.Event, yes bool) string {
	words := strings.Join(p.Commands(), ", ")
	if words == "" {
		words = "none"
	}
	switch b := ev.Body.(type) {
	case *event.Message:
		switch {
		case yes:
			return "the message begins with one of its commands: " + words
		case ev.Actor.Type != event.ActorUser:
			return "a person must write it, this is a " + string(ev.Actor.Type)
		case ev.Actor.Person == "":
			return "nobody knows who writes"
		case ev.Conv == nil || !ev.Conv.ToBot:
			return "the message is not to the bot"
		}
		word, _, _ := strings.Cut(strings.TrimSpace(b.Text), " ")
		return fmt.Sprintf("%q is none of its commands: %s", cutWord(word), words)
	case *event.Command:
		if !yes {
			return fmt.Sprintf("/%s is none of its commands: %s", strings.TrimPrefix(b.Name, "/"), words)
		}
	case *event.Menu:
		if !yes {
			return fmt.Sprintf("the menu entry %q is not one of its start.menu", b.Key)
		}
	default:
		if !yes {
			return "events of kind " + string(ev.Kind) + " do not start it"
		}
	}
	return "it starts it"
}

func cutWord(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

// aboutEvent says in a line what an event is. Texts of messages are shortened.
func aboutEvent(ev event.Event) string {
	switch b := ev.Body.(type) {
	case *event.Message:
		return "message " + fmt.Sprintf("%q", cutWord(b.Text))
	case *event.Action:
		return fmt.Sprintf("press of %s on the card %s, which showed revision %d", b.Verb, b.Slot, b.Rev)
	case *event.Command:
		return "command /" + strings.TrimPrefix(b.Name, "/")
	case *event.Menu:
		return "menu entry " + b.Key
	case *event.Receipt:
		return fmt.Sprintf("receipt for %d messages", len(b.Messages))
	case *event.Directory:
		return "change of the directory"
	}
	return string(ev.Kind)
}

// meanings are the results of the inbox in words.
var meanings = map[string]string{
	"stepped": "a request took it", "stepped:nothing": "a request was asked, and nothing was to be done", "answered": "it was answered; no request was concerned",
	"ignored": "no workflow takes it for its own", "ignored:bot": "a bot wrote it", "ignored:no_instance": "the request that it names is not there", "duplicate": "it came before, and counted then",
	"directory": "the people were updated", "receipt": "who has read what was kept", "refused:bad_token": "the card is not ours, or was altered", "refused:bad_slot": "the card names no request",
	"refused:unknown_person": "no person is linked to the account",
}

func meaningOf(i store.InboxItem) string {
	switch {
	case i.State == store.StateWaiting && i.Cause != "":
		return "it failed, and is tried again"
	case i.State == store.StateWaiting:
		return "it waits to be handled"
	case i.State == store.StateLeased:
		return "it is being handled"
	case i.State == store.StateDead:
		return "it failed for good; 'magpie inbox replay " + i.ID + "' tries again"
	}
	if m, ok := meanings[i.Result]; ok {
		return m
	}
	if code, ok := strings.CutPrefix(i.Result, "refused:"); ok {
		return "the request refused it: " + code
	}
	return i.Result
}

// work lists what is under way for an instance, and what its cards show.
func (x *explaining) work(ctx context.Context, instance string) ([]explainedJob, []explainedCard, error) {
	jobs, cards := []explainedJob{}, []explainedCard{}
	list, err := x.store.OutboxList(ctx, store.Filter{Queue: "*", Instance: instance, Limit: 1000})
	if err != nil {
		return nil, nil, err
	}
	for _, j := range list {
		jobs = append(jobs, explainedJob{strings.Replace(j.ID, instance+"/", "", 1), j.State, j.RunAt, j.Attempt, j.Cause})
	}
	slots, err := x.store.Slots(ctx, instance)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range slots {
		cards = append(cards, explainedCard{strings.TrimPrefix(s.ID, instance+"/"), s.Connection, s.ShownRev, s.UpdatedAt})
	}
	return jobs, cards, nil
}

func (e *explainedEvent) show(x *explaining, c *cobra.Command) {
	w := c.OutOrStdout()
	fmt.Fprintf(w, "event %s: %s\n", e.ID, e.About)
	fmt.Fprintf(w, "  came by %s at %s as %s; %s after %d attempts\n", e.Connection, at(e.ReceivedAt), e.EventID, e.State, e.Attempts)
	who := string(e.Sender.Type) + " " + e.Sender.Account
	if e.Sender.Person != "" {
		who += " is " + strings.TrimSpace(e.Sender.Name+" ("+e.Sender.Person+")")
	}
	if e.Sender.Why != "" {
		who += ": " + e.Sender.Why
	}
	fmt.Fprintf(w, "  from %s\n", who)
	for _, a := range e.Asked {
		fmt.Fprintf(w, "  asked %s: %s, %s\n", a.Workflow, map[bool]string{true: "yes", false: "no"}[a.Yes], a.Why)
	}
	fmt.Fprintf(w, "  result %s: %s\n", orNone(e.Result), e.Meaning)
	if e.Cause != "" {
		fmt.Fprintf(w, "  because: %s\n", e.Cause)
	}
	if e.Answer != "" {
		fmt.Fprintf(w, "  the person was told: %s\n", e.Answer)
	}
	if e.Instance == "" {
		return
	}
	fmt.Fprintf(w, "  request %s (%s) %s, revision %d now\n", e.No, e.Instance, e.Title, e.Rev)
	if len(e.Facts) == 0 {
		fmt.Fprintln(w, "  wrote nothing into its trail")
	}
	for _, f := range e.Facts {
		fmt.Fprintf(w, "  wrote %d %s %s\n", f.Seq, f.Kind, f.Data)
	}
	showWork(w, e.Jobs, e.Cards, e.Rev, e.Instance)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
