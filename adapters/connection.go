package adapters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// Deadlines of calls to a suite. A caller's own, if sooner, wins.
const (
	CallTimeout = 10 * time.Second // one message, one person, one group
	PullTimeout = 10 * time.Minute // a whole directory or list of groups, many pages
)

// Connection is one app in one tenant of one suite, as everybody outside adapters holds it. It says
// KindUnsupported for what the suite can't do, gives every call a deadline, chooses between changing a
// card and sending a new one, and fails with *Error only, its Connection filled in. It does not retry and
// does not wait for budgets: adapters/delivery does. Safe for concurrent use.
type Connection struct {
	ID    string // name in the configuration
	Suite string // "feishu", "loopback", …

	p    Platform
	caps Capabilities
	now  func() time.Time
}

// Open makes the Platform of a configured connection. It does no I/O. Errors are those of the factory:
// config.Problems with every mistake in the settings.
func Open(cfg config.Connection, f Factory, env Env) (*Connection, error) {
	p, err := f(cfg, env)
	if err != nil {
		return nil, err
	}
	c := New(cfg.ID, p)
	if env.Now != nil {
		c.now = env.Now
	}
	return c, nil
}

// New wraps a Platform that exists already: in tests and for the loopback.
func New(id string, p Platform) *Connection {
	caps := p.Capabilities()
	return &Connection{ID: id, Suite: caps.Platform, p: p, caps: caps, now: time.Now}
}

// Capabilities says what the suite can do. The answer never changes and must not be changed.
func (c *Connection) Capabilities() Capabilities { return c.caps }

// Receive authenticates and decodes one inbound call. See Platform.Receive for its errors.
func (c *Connection) Receive(ctx context.Context, r Request) (Delivery, error) {
	d, err := c.p.Receive(ctx, r)
	return d, c.fail("receive", err)
}

// Send sends a message once. A suite that can't answer a message gets a plain one; so does one whose
// answered message is gone.
func (c *Connection) Send(ctx context.Context, m card.Message) (MessageRef, error) {
	if !c.caps.Reply {
		m.ReplyTo = nil
	}
	ref, err := c.send(ctx, m)
	if m.ReplyTo != nil && KindOf(err) == KindGone {
		m.ReplyTo = nil
		ref, err = c.send(ctx, m)
	}
	return ref, err
}

func (c *Connection) send(ctx context.Context, m card.Message) (MessageRef, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	ref, err := c.p.Send(ctx, m)
	return ref, c.fail("send", err)
}

// Updated says how a card was brought up to date.
type Updated struct {
	Ref  MessageRef // to be used next time
	New  bool       // a new message was sent; the old one stays as it was
	Gone error      // why, when the suite can update but this message can't be: nil when it never can
}

// Updatable reports whether Update will try to change the message rather than send a new one. Budgets
// differ: the delivery runtime asks before it calls.
func (c *Connection) Updatable(ref MessageRef) bool {
	if _, ok := c.p.(Updater); !ok || !c.caps.Update || ref.Message.IsZero() && len(ref.Handles) == 0 {
		return false
	}
	now := c.now()
	for _, h := range ref.Handles {
		if h.Update && now.Before(h.Expires) { // it came with a press, later than the message
			return true
		}
	}
	return c.caps.UpdateFor == 0 || ref.SentAt.IsZero() || now.Before(ref.SentAt.Add(c.caps.UpdateFor))
}

// Update replaces the card of a message. When the suite can't change messages, or not this one any more
// (KindGone, or older than Capabilities.UpdateFor), a new message is sent that answers the old one; its
// key is derived from m.Key and the message it replaces, since a vendor may drop a second send of one key as a
// repetition: neither the first message's key nor that of an earlier replacement may come again. A quiet
// message is never sent anew: KindGone.
func (c *Connection) Update(ctx context.Context, ref MessageRef, m card.Message) (Updated, error) {
	var gone error
	if c.Updatable(ref) {
		next, err := c.update(ctx, ref, m)
		if KindOf(err) != KindGone {
			return Updated{Ref: next}, err
		}
		gone = err
	} else if c.caps.Update || m.Quiet {
		gone = c.fail("update", &Error{Op: "update", Kind: KindGone, Err: errors.New("the message is too old or not known")})
	}
	if m.Quiet {
		return Updated{Ref: ref}, gone
	}
	m.Key = replacementKey(m.Key, ref)
	if m.ReplyTo == nil && !ref.Message.IsZero() {
		old := ref.Message
		m.ReplyTo = &old
	}
	next, err := c.Send(ctx, m)
	if k := KindOf(err); k == KindNotFound && m.ReplyTo != nil { // perhaps the old message is what was not found
		m.ReplyTo = nil
		next, err = c.Send(ctx, m)
	}
	return Updated{Ref: next, New: true, Gone: gone}, err
}

// replacementKey is the same whenever the same message is replaced, and short: vendors limit their keys.
func replacementKey(key string, old MessageRef) string {
	d := sha256.Sum256([]byte(key + "\x00" + old.Message.ID + "\x00" + strconv.FormatInt(old.SentAt.UnixMilli(), 10)))
	return hex.EncodeToString(d[:13])
}

func (c *Connection) update(ctx context.Context, ref MessageRef, m card.Message) (MessageRef, error) {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	next, err := c.p.(Updater).Update(ctx, ref, m)
	return next, c.fail("update", err)
}

// AnswerLate changes the card that was pressed through the press's own handle.
func (c *Connection) AnswerLate(ctx context.Context, h event.Handle, cd card.Card) error {
	p, ok := c.p.(LateAnswerer)
	if !ok || !c.caps.LateAnswer {
		return Unsupported(c.ID, "late answer")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.fail("late answer", p.AnswerLate(ctx, h, cd))
}

// Recall takes a message back.
func (c *Connection) Recall(ctx context.Context, ref MessageRef) error {
	p, ok := c.p.(Recaller)
	if !ok || !c.caps.Recall {
		return Unsupported(c.ID, "recall")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	return c.fail("recall", p.Recall(ctx, ref))
}

// Urge makes people look at a message, at a level that the suite has.
func (c *Connection) Urge(ctx context.Context, ref MessageRef, level card.UrgeLevel, to []event.Ref) (unreached []event.Ref, err error) {
	p, ok := c.p.(Urger)
	if !ok || !has(c.caps.Urge, level) {
		return nil, Unsupported(c.ID, "urge by "+string(level))
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	unreached, err = p.Urge(ctx, ref, level, to)
	return unreached, c.fail("urge", err)
}

// Readers asks who has read a message.
func (c *Connection) Readers(ctx context.Context, ref MessageRef) ([]Reader, error) {
	p, ok := c.p.(ReceiptReader)
	if !ok || !c.caps.Receipts {
		return nil, Unsupported(c.ID, "receipts")
	}
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	rs, err := p.Readers(ctx, ref)
	return rs, c.fail("readers", err)
}

// EncodeCard draws a card as the suite gets it. Pure.
func (c *Connection) EncodeCard(cd card.Card, o EncodeOptions) (Wire, []card.Loss, error) {
	p, ok := c.p.(CardEncoder)
	if !ok {
		return Wire{}, nil, Unsupported(c.ID, "card encoder")
	}
	w, ls, err := p.EncodeCard(cd, o)
	if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
		err = &Error{Op: "encode", Kind: KindInvalid, Err: err} // nothing but the card can be at fault
	}
	return w, ls, c.fail("encode", err)
}

// Answers reports whether a press is answered in the response. Where not, it is acknowledged like any event.
func (c *Connection) Answers() bool {
	_, ok := c.p.(Answerer)
	return ok && c.caps.Answer
}

// EncodeAnswer encodes the outcome of a press. Pure.
func (c *Connection) EncodeAnswer(ev event.Event, toast *card.Toast) (Response, error) {
	p, ok := c.p.(Answerer)
	if !ok || !c.caps.Answer {
		return Response{}, Unsupported(c.ID, "answer")
	}
	r, err := p.EncodeAnswer(ev, toast)
	return r, c.fail("answer", err)
}

// Listens reports whether the platform holds a long connection.
func (c *Connection) Listens() bool {
	_, ok := c.p.(Listener)
	return ok
}

// Listen holds the long connection until ctx ends. It has no deadline.
func (c *Connection) Listen(ctx context.Context, sink Sink) error {
	p, ok := c.p.(Listener)
	if !ok {
		return Unsupported(c.ID, "long connection")
	}
	return c.fail("listen", p.Listen(ctx, sink))
}

// fail turns any error into an *Error that names the connection. What the platform said stays as it is.
func (c *Connection) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	switch {
	case !errors.As(err, &e):
		return &Error{Connection: c.ID, Op: op, Kind: KindOf(err), Err: err}
	case e.Connection != "":
		return err
	case e == err:
		named := *e // the platform may hold on to its own
		named.Connection = c.ID
		return &named
	}
	// An *Error inside other errors: keep the chain, repeat what decides.
	return &Error{Connection: c.ID, Op: op, Kind: e.Kind, Code: e.Code, RequestID: e.RequestID, RetryAfter: e.RetryAfter,
		Err: fmt.Errorf("%w", err)}
}

func has[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}
