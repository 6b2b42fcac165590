package link

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	codeDigits = 8
	codeLife   = 10 * time.Minute
	maxTries   = 5 // of an account in a window
	maxCodes   = 10
	window     = time.Hour
)

// Store is where codes and links are kept. Errors are workflows.ErrNotFound, ErrConflict and ErrTwoPersons.
type Store interface {
	PutCode(ctx context.Context, c workflows.Code) error
	// Codes lists those that count, and for a while those that were used or ran out.
	Codes(ctx context.Context) ([]workflows.Code, error)
	// UseCode uses a code up and links, all or nothing; ErrConflict when it was used or ran out.
	UseCode(ctx context.Context, id, usedBy string, l workflows.Link) (workflows.Linked, error)
	DropCode(ctx context.Context, id string) error
	// Attempt counts a try and tells how many there were, and until when they count.
	Attempt(ctx context.Context, account string, window time.Duration) (n int, until time.Time, err error)
	ForgetAttempts(ctx context.Context, account string) error
	// Prefer sets where a person is written to; ErrNotFound when they have no account there.
	Prefer(ctx context.Context, person, connection, actor string) error
}

// Options of a Desk. Store, People and Key are required.
type Options struct {
	Store    Store
	People   workflows.People
	Key      []byte                         // of the digests: the same for all processes on one store
	Suite    func(connection string) string // what people call it: 飞书; default is its id
	Names    []string                       // of the bot, which people write before a command
	Changed  func()                         // called after people changed; optional
	Now      func() time.Time
	Location *time.Location // of times that people are told
	Rand     func() (code string, err error)
}

// Desk answers what people ask about their accounts. Safe for concurrent use.
type Desk struct{ o Options }

// New makes a Desk.
func New(o Options) *Desk {
	if o.Suite == nil {
		o.Suite = func(c string) string { return c }
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Location == nil {
		o.Location = time.FixedZone("CST", 8*3600)
	}
	if o.Rand == nil {
		o.Rand = newCode
	}
	return &Desk{o}
}

func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}

// digest is what is kept of a code.
func (d *Desk) digest(code string) string {
	m := hmac.New(sha256.New, d.o.Key)
	m.Write([]byte("magpie link code\x00" + code))
	return hex.EncodeToString(m.Sum(nil))
}

// Answer answers a message that is about the writer's accounts; ok is false for all others. An error means
// that it should be tried again, which does no harm.
func (d *Desk) Answer(ctx context.Context, ev event.Event) (out []workflows.Effect, ok bool, err error) {
	w, digits := parse(ev, d.o.Names)
	if w == nothing || ev.Actor.Type == event.ActorBot || ev.Actor.Type == event.ActorExternal || len(ev.Actor.Refs()) == 0 {
		return nil, false, nil
	}
	private := ev.Conv == nil || ev.Conv.Type == event.ConvDirect
	switch {
	case w == stayHere && ev.Actor.Person == "":
		return nil, false, nil // the engine knows what to tell a stranger
	case w == stayHere:
		out, err = d.here(ctx, ev)
	case w == wantCode && !private:
		out = d.say(ev, textInPrivate())
	case w == wantCode:
		out, err = d.give(ctx, ev)
	case !private:
		out, err = d.burn(ctx, ev, digits)
	default:
		out, err = d.take(ctx, ev, digits)
	}
	return out, err == nil, err
}

// say answers where the message was written.
func (d *Desk) say(ev event.Event, t card.Text) []workflows.Effect {
	to := workflows.To{Connection: ev.Connection, Conv: ev.Actor.Refs()[0]}
	if ev.Conv != nil {
		to.Conv = ev.Conv.Ref
	}
	e := workflows.SendText{Key: "link", To: to, Text: t}
	if m, ok := ev.Body.(*event.Message); ok && !m.Ref.IsZero() {
		e.ReplyTo = &m.Ref
	}
	return []workflows.Effect{e}
}

// give makes a code.
func (d *Desk) give(ctx context.Context, ev event.Event) ([]workflows.Effect, error) {
	connection, account := workflows.AccountOf(ev)
	n, until, err := d.o.Store.Attempt(ctx, "code:"+connection+"/"+account, window)
	if err != nil {
		return nil, err
	}
	if n > maxCodes {
		return d.say(ev, textTooMany(d.clock(until))), nil
	}
	code, err := d.o.Rand()
	if err != nil {
		return nil, err
	}
	err = d.o.Store.PutCode(ctx, workflows.Code{
		ID: d.digest(code), Connection: connection, Account: account, Person: ev.Actor.Person, ExpiresAt: d.o.Now().Add(codeLife),
	})
	if err != nil {
		return nil, err
	}
	return d.say(ev, textCode(code)), nil
}

// find looks a code up. Every code is compared, each in the same time whatever it is.
func (d *Desk) find(ctx context.Context, digits string) (workflows.Code, bool, error) {
	all, err := d.o.Store.Codes(ctx)
	if err != nil {
		return workflows.Code{}, false, err
	}
	want, at := []byte(d.digest(digits)), -1
	for i, c := range all {
		at = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare([]byte(c.ID), want), i, at)
	}
	if at < 0 {
		return workflows.Code{}, false, nil
	}
	return all[at], true, nil
}

// burn makes a code worthless that everybody in a group has seen.
func (d *Desk) burn(ctx context.Context, ev event.Event, digits string) ([]workflows.Effect, error) {
	c, found, err := d.find(ctx, digits)
	if err != nil {
		return nil, err
	}
	if found {
		if err := d.o.Store.DropCode(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	return d.say(ev, textSeen()), nil
}

// take uses a code.
func (d *Desk) take(ctx context.Context, ev event.Event, digits string) ([]workflows.Effect, error) {
	connection, account := workflows.AccountOf(ev)
	me := connection + "/" + account
	n, until, err := d.o.Store.Attempt(ctx, me, window)
	if err != nil {
		return nil, err
	}
	if n > maxTries {
		return d.say(ev, textTooMany(d.clock(until))), nil
	}
	c, found, err := d.find(ctx, digits)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return d.say(ev, textWrong(maxTries-n)), nil
	case c.UsedBy == me: // the answer got lost, or they wrote it twice
		return d.linked(ctx, ev, c)
	case c.UsedBy != "":
		return d.say(ev, textUsed()), nil
	case !d.o.Now().Before(c.ExpiresAt):
		return d.say(ev, textExpired()), nil
	case c.Connection == connection:
		return d.say(ev, textSameSuite(d.o.Suite(connection))), nil
	}
	l, known, err := d.whose(ctx, ev, c)
	if err != nil {
		return nil, err
	}
	if !known {
		return d.say(ev, textNobody()), nil
	}
	_, err = d.o.Store.UseCode(ctx, c.ID, me, l)
	switch {
	case errors.Is(err, workflows.ErrConflict):
		return d.say(ev, textUsed()), nil
	case errors.Is(err, workflows.ErrTwoPersons):
		return d.say(ev, textTwoPersons()), nil
	case errors.Is(err, workflows.ErrNotFound):
		return d.say(ev, textNoAccount()), nil
	case err != nil:
		return nil, err
	}
	d.o.Changed()
	if err := d.o.Store.ForgetAttempts(ctx, me); err != nil {
		return nil, err
	}
	return d.linked(ctx, ev, c)
}

// whose says which account goes to whom: the account at hand to the person who asked for the code; or, when
// nobody knows that one, theirs to the person at hand.
func (d *Desk) whose(ctx context.Context, ev event.Event, c workflows.Code) (workflows.Link, bool, error) {
	connection, account := workflows.AccountOf(ev)
	l := workflows.Link{Connection: connection, Account: account, By: workflows.LinkedByCode, Careful: true}
	if c.Person != "" {
		p, err := d.o.People.Person(ctx, c.Person) // they may have been merged meanwhile
		if err == nil && !p.Active {
			return l, false, nil // they left after they had asked for it
		}
		if err == nil {
			l.Person, l.Actor = p.ID, "person:"+p.ID
			return l, true, nil
		}
		if !errors.Is(err, workflows.ErrNotFound) {
			return l, false, err
		}
	}
	if ev.Actor.Person == "" {
		return l, false, nil
	}
	l.Connection, l.Account, l.Person, l.Actor = c.Connection, c.Account, ev.Actor.Person, "person:"+ev.Actor.Person
	return l, true, nil
}

// linked tells both sides.
func (d *Desk) linked(ctx context.Context, ev event.Event, c workflows.Code) ([]workflows.Effect, error) {
	p, err := d.o.People.ByRef(ctx, ev.Actor.Refs())
	switch {
	case errors.Is(err, workflows.ErrNotFound): // undone meanwhile
		return d.say(ev, textUsed()), nil
	case err != nil:
		return nil, fmt.Errorf("read who was linked: %w", err)
	}
	out := d.say(ev, textLinked(p.Name, d.o.Suite(c.Connection)))
	return append(out, workflows.SendText{
		Key: "linked", To: workflows.To{Person: p.ID, Connection: c.Connection}, Text: textToldOther(p.Name, d.o.Suite(ev.Connection)),
	}), nil
}

// here makes this suite the one where the person's cards go.
func (d *Desk) here(ctx context.Context, ev event.Event) ([]workflows.Effect, error) {
	all, err := d.o.People.Addresses(ctx, ev.Actor.Person)
	if err != nil && !errors.Is(err, workflows.ErrNotFound) {
		return nil, err
	}
	suite := d.o.Suite(ev.Connection)
	if len(all) < 2 {
		return d.say(ev, textOnlyHere(suite)), nil
	}
	switch err := d.o.Store.Prefer(ctx, ev.Actor.Person, ev.Connection, "person:"+ev.Actor.Person); {
	case errors.Is(err, workflows.ErrNotFound):
		return d.say(ev, textNoAccount()), nil
	case err != nil:
		return nil, err
	}
	d.o.Changed()
	return d.say(ev, textHere(suite)), nil
}

func (d *Desk) clock(t time.Time) string { return t.In(d.o.Location).Format("15:04") }
