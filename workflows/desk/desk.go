package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// Work is what is stored about what people have to do. skip rows are left out, at most limit come back.
type Work interface {
	OpenWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error)
	DecidedWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error)
	StartedWork(ctx context.Context, person string, skip, limit int) ([]workflows.Instance, error)
	// ToldWork lists what a person was told of, the newest first.
	ToldWork(ctx context.Context, person string, skip, limit int) ([]workflows.Task, error)
	LoadInstance(ctx context.Context, id string) (workflows.Instance, error)
	// SlotShownBy tells which of some slots was last shown by a message; "" when none was.
	SlotShownBy(ctx context.Context, slots []string, message event.Ref) (string, error)
}

// Options of a Desk. All but Now, Location, Names, Proxies, Flows, Changed and Unread are required.
type Options struct {
	Work   Work
	People workflows.People
	// Find lists those whose name or id is just that.
	Find func(ctx context.Context, name string) ([]workflows.Person, error)
	// Unread reports whether some directory was never read whole, so that who is not found may well be there; nil: none.
	Unread func(ctx context.Context) (bool, error)
	// Slots lists the slots of a person's cards of an instance, the one that asks something of them first.
	Slots func(ctx context.Context, instance, person string) ([]string, error)
	// Resend sends the card of a slot to its person once more; workflows.ErrNotFound when there is none.
	Resend func(ctx context.Context, slot, person string) error
	// Proxies are who decides in whose place; nil: nobody can be named in chat. Flows are those they can be narrowed
	// to; Changed is called after they changed.
	Proxies  Proxies
	Flows    func() []workflows.Program
	Changed  func()
	Names    []string // of the bot, which people write before a command
	Now      func() time.Time
	Location *time.Location
}

// Desk answers what people ask about their approvals. Safe for concurrent use.
type Desk struct{ o Options }

// New makes a Desk.
func New(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Location == nil {
		o.Location = time.FixedZone("CST", 8*3600)
	}
	return &Desk{o}
}

// Answer answers a message that asks for a list, decides something, or is about proxies; ok is false for all others. An error means
// that it should be tried again.
func (d *Desk) Answer(ctx context.Context, ev event.Event) (out []workflows.Effect, ok bool, err error) {
	if ev.Actor.Person == "" || ev.Actor.Type != event.ActorUser {
		return nil, false, nil
	}
	a, ok := read(ev, d.o.Names)
	if !ok {
		return nil, false, nil
	}
	switch {
	case a.list != "":
		out, err = d.list(ctx, ev, a)
	case a.proxy:
		out, err = d.proxy(ctx, ev, a.rest)
	default:
		out, err = d.command(ctx, ev, a)
	}
	return out, err == nil, err
}

// list sends a list to the person alone, wherever it was asked for.
func (d *Desk) list(ctx context.Context, ev event.Event, a asked) ([]workflows.Effect, error) {
	who := ev.Actor.Person
	v, err := d.view(ctx, who, a.list, 1, a.filter)
	if err != nil {
		return nil, err
	}
	slot := string(a.list) + "/" + who + "/" + digest(ev.Connection, ev.ID)
	out := []workflows.Effect{workflows.ShowCard{Slot: slot, To: d.to(ev), Template: "desk.list", View: v}}
	if !private(ev) {
		out = append(out, d.say(ev, textSentToYou()))
	}
	return out, nil
}

// Press judges a button of a list card. It implements what the engine asks of whoever answers for the desk's slots.
func (d *Desk) Press(ctx context.Context, ev event.Event) (workflows.Outcome, error) {
	b, _ := ev.Body.(*event.Action)
	which, owner, ok := slotOf(b)
	switch {
	case !ok:
		return workflows.Outcome{}, workflows.Refuse("unknown_action", "这个操作已经不可用")
	case owner != ev.Actor.Person:
		return workflows.Outcome{}, workflows.Refuse("not_yours", "这张卡片不是你的，不能操作")
	}
	verb, arg, _ := strings.Cut(b.Verb, "_")
	switch verb {
	case "page":
		return d.turn(ctx, ev, b, which, arg)
	case "list":
		return d.turn(ctx, ev, b, list(arg), "1")
	case "open":
		return d.open(ctx, ev, b)
	case "all", "approve", "reject":
		return d.many(ctx, ev, b)
	}
	return workflows.Outcome{}, workflows.Refuse("unknown_action", "这个操作已经不可用")
}

// Card draws the list card of a slot anew, for a page of ours.
func (d *Desk) Card(ctx context.Context, slot string) (template string, view any, err error) {
	which, owner, ok := slotOf(&event.Action{Slot: slot})
	if !ok {
		return "", nil, fmt.Errorf("desk slot %s: %w", slot, workflows.ErrNotFound)
	}
	v, err := d.view(ctx, owner, which, 0, "")
	return "desk.list", v, err
}

// slotOf reads the slot of a list card: the list, whose it is, and what tells it from others.
func slotOf(b *event.Action) (which list, owner string, ok bool) {
	if b == nil {
		return "", "", false
	}
	parts := strings.Split(b.Slot, "/")
	if len(parts) != 3 || words[list(parts[0])] == (label{}) || parts[1] == "" {
		return "", "", false
	}
	return list(parts[0]), parts[1], true
}

func private(ev event.Event) bool { return ev.Conv == nil || ev.Conv.Type == event.ConvDirect }

// to is the writer alone, where they wrote.
func (d *Desk) to(ev event.Event) workflows.To {
	return workflows.To{Person: ev.Actor.Person, Connection: ev.Connection}
}

// where a short answer goes: to the conversation.
func where(ev event.Event) workflows.To {
	if ev.Conv == nil {
		return workflows.To{Person: ev.Actor.Person, Connection: ev.Connection}
	}
	return workflows.To{Connection: ev.Connection, Conv: ev.Conv.Ref}
}

func messageOf(ev event.Event) *event.Ref {
	if m, ok := ev.Body.(*event.Message); ok && !m.Ref.IsZero() {
		return &m.Ref
	}
	return nil
}

func (d *Desk) say(ev event.Event, t card.Text) workflows.Effect {
	return workflows.SendText{Key: "desk", To: where(ev), Text: t, ReplyTo: messageOf(ev)}
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// clock is an instant as people read it.
func (d *Desk) clock(t time.Time) string {
	t, now := t.In(d.o.Location), d.o.Now().In(d.o.Location)
	switch {
	case t.IsZero():
		return ""
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("01-02 15:04")
	}
	return t.Format("2006-01-02 15:04")
}
