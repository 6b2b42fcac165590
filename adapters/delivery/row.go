package delivery

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
)

// Operations, as budgets and metrics name them.
const (
	opSend   = "send"
	opUpdate = "update"
	opUrge   = "urge"
)

// margin is what is left of a lease when a call ends at the latest: time to record its outcome.
const margin = 5 * time.Second

// row is a leased outbox row in this process.
type row struct {
	o         adapters.Outgoing
	conn      *adapters.Connection
	op        string
	slot      string // what it shows or urges; "" for one that stands alone
	recipient string
	stage     stage
}

func newRow(o adapters.Outgoing, conn *adapters.Connection) *row {
	if m := &o.Message; len(m.Handles) > 0 {
		if o.Ref != nil {
			ref := *o.Ref // the store may hold on to its own
			ref.Handles = slices.Concat(m.Handles, ref.Handles)
			o.Ref = &ref
		}
		m.Handles = nil
	}
	m := o.Message
	r := &row{o: o, conn: conn, op: opSend, slot: m.Slot, recipient: m.To.String()}
	switch {
	case m.Urge != nil:
		r.op, r.slot, r.recipient = opUrge, m.Urge.Slot, ""
	case m.Anew: // sent, whatever its slot shows
	case m.ShowsCard() && o.Ref != nil && conn.Updatable(*o.Ref):
		r.op, r.recipient = opUpdate, ""
	}
	return r
}

// order is what rows wait for each other by.
func (r *row) order() string {
	if r.slot != "" {
		return r.slot
	}
	return "\x00" + r.o.ID
}

// shown reports whether the slot shows this or something newer already. What a card that is drawn of its
// instance shows is known only then: its row may be older than what it will say.
func (r *row) shown() bool {
	m := r.o.Message
	return (m.Draft == nil || m.Draft.Template != "") && r.has(m)
}

// has reports whether the slot shows a card or a newer one.
func (r *row) has(m card.Message) bool {
	return m.ShowsCard() && !m.Redraw && r.o.Ref != nil && m.Rev > 0 && r.o.ShownRev >= m.Rev
}

// outdated reports whether the vendor may show something else under the row's key: the content that the row
// held, or the drawing that was made, when a call's answer was lost or its process died.
func (r *row) outdated() bool {
	return (r.o.Uncertain || r.o.Gen > 1) && r.o.Message.ShowsCard() && r.slot != ""
}

// work brings one row one step further. It never waits for a budget: hold is how long the row is to wait
// for the moment of a token that it has; 0 means that it has left our hands.
func (p *Pump) work(r *row) (hold time.Duration) {
	defer func() {
		if v := recover(); v != nil {
			p.o.Log.Error("panic while delivering", "job", r.o.ID, "connection", r.o.Message.Connection, "panic", v, "stack", string(debug.Stack()))
			p.bury(r, "panic, see the log", "")
		}
	}()
	now := p.o.Now()
	switch {
	case p.stopping():
		p.giveBack(r, now)
		return 0
	case r.shown():
		p.sent(r, *r.o.Ref, r.o.ShownRev)
		return 0
	case r.o.Message.Quiet && r.o.Ref == nil:
		p.drop(r.o)
		return 0
	case r.o.Lease.Until.Sub(now) < adapters.CallTimeout+margin:
		p.giveBack(r, now) // too late to be sure that nobody else starts on it before we end
		return 0
	}
	if until := p.pausedUntil(r.conn.ID); until.After(now) {
		p.giveBack(r, until.Add(p.jitter(500*time.Millisecond)))
		return 0
	}
	for ; r.stage <= shared; r.stage++ {
		room := p.budgets.reserve(now, r.stage, r, p.limits(r.conn), p.hold())
		switch {
		case room.wait == 0:
		case room.taken:
			r.stage++
			return room.wait
		default:
			p.giveBack(r, now.Add(room.wait))
			return 0
		}
	}
	p.call(r, now)
	return 0
}

// call makes the call and records what became of it.
func (p *Pump) call(r *row, now time.Time) {
	m := r.o.Message
	sending := r.op == opSend
	switch {
	case r.op == opUrge && !slices.Contains(r.conn.Capabilities().Urge, m.Urge.Level):
		p.o.Log.Info("the suite has no such urge: it is left out", "job", r.o.ID, "connection", r.conn.ID, "level", m.Urge.Level)
		p.drop(r.o)
		return
	case r.o.Uncertain && r.op == opUrge:
		p.bury(r, "outcome of the last attempt unknown, an urge is not repeated", adapters.KindUnknown)
		return
	case r.o.Uncertain && sending && !p.keyCovers(r, now):
		p.bury(r, "outcome of the last attempt unknown, sending again could show it twice", adapters.KindUnknown)
		return
	}
	// Calls in flight are finished even when the pump stops, but never outlive the lease.
	ctx, cancel := context.WithTimeout(context.Background(), r.o.Lease.Until.Sub(now)-margin)
	defer cancel()
	var ref adapters.MessageRef
	var err error
	if m, err = p.draw(ctx, m); err != nil {
		p.bury(r, err.Error(), adapters.KindInvalid)
		return
	}
	if r.o.Message.Draft != nil && r.has(m) {
		p.sent(r, *r.o.Ref, r.o.ShownRev)
		return
	}
	switch {
	case r.op == opUrge && r.o.Ref == nil:
		err = &adapters.Error{Connection: r.conn.ID, Op: opUrge, Kind: adapters.KindTransient, Err: errors.New("its message has not been sent yet")}
	case r.op == opUrge:
		ref = *r.o.Ref
		err = p.urge(ctx, r, *m.Urge)
	case m.Card != nil && r.o.Ref != nil && m.Anew:
		ref, err = p.anew(ctx, r, m)
	case m.Card != nil && r.o.Ref != nil:
		var u adapters.Updated
		u, err = r.conn.Update(ctx, *r.o.Ref, m)
		ref, sending = u.Ref, u.New
		if u.New && err == nil && u.Gone != nil {
			p.o.Log.Info("card replaced by a new message", "job", r.o.ID, "connection", r.conn.ID, "why", u.Gone)
		}
	default:
		if ref, err = r.conn.Send(ctx, m); err == nil && r.outdated() && r.conn.Updatable(ref) {
			var u adapters.Updated
			u, err = r.conn.Update(ctx, ref, m)
			ref = u.Ref
		}
	}
	took := p.o.Now().Sub(now)
	if p.o.Metrics.Called != nil {
		p.o.Metrics.Called(r.conn.ID, r.op, adapters.KindOf(err), took)
	}
	if err == nil {
		if m.Card != nil {
			ref.Card = m.Card.Digest
		}
		p.health(r.conn.ID, true, now)
		p.sent(r, ref, m.Rev)
		return
	}
	p.failed(r, err, sending)
}

// draw makes the card of a draft. One that can't be drawn is for a person to look at.
func (p *Pump) draw(ctx context.Context, m card.Message) (card.Message, error) {
	if m.Draft == nil {
		return m, nil
	}
	if p.o.Draw == nil {
		return m, errors.New("there is nobody who draws cards")
	}
	drawn, err := p.o.Draw(ctx, m)
	if err != nil {
		return m, fmt.Errorf("draw %s: %w", m.Draft.Template, err)
	}
	drawn.Draft = nil
	return drawn, nil
}

func (p *Pump) urge(ctx context.Context, r *row, u card.Urge) error {
	unreached, err := r.conn.Urge(ctx, *r.o.Ref, u.Level, u.To)
	if len(unreached) > 0 {
		p.o.Log.Warn("urge did not reach everybody", "job", r.o.ID, "connection", r.conn.ID, "level", u.Level, "unreached", len(unreached), "of", len(u.To))
	}
	return err
}

// failed records a failed call.
func (p *Pump) failed(r *row, err error, sending bool) {
	now := p.o.Now()
	f := p.decide(r, err, sending, now)
	kind := adapters.KindOf(err)
	switch {
	case f.pause > 0:
		p.pause(r.conn.ID, now.Add(f.pause))
	case r.op == opUrge && r.o.Ref == nil: // not the connection's fault
	case kind == adapters.KindTransient || kind == adapters.KindUnknown:
		p.health(r.conn.ID, false, now)
	}
	log := p.o.Log.Info
	if (f.loud || f.bury) && !r.o.Message.Quiet {
		log = p.o.Log.Error
	}
	log("delivery failed", "job", r.o.ID, "connection", r.conn.ID, "op", r.op, "kind", kind, "attempt", r.o.Attempt, "buried", f.bury, "again", f.after, "err", err)
	if f.bury {
		p.bury(r, f.cause, kind)
		return
	}
	at := p.spread(now, f.after)
	p.store(r, "reschedule", func(ctx context.Context) error {
		return p.o.Outbox.Reschedule(ctx, r.o, at, f.cause, f.uncertain)
	})
	p.wakeAt(at)
}

// sent records a message. It is tried a few times: what is not recorded is sent again.
func (p *Pump) sent(r *row, ref adapters.MessageRef, rev int64) {
	o := r.o
	if o.Message.ShowsCard() {
		o.Message.Rev = rev
	}
	now := p.o.Now()
	p.store(r, "record", func(ctx context.Context) error { return p.o.Outbox.Sent(ctx, o, ref, now) })
	if p.o.Metrics.Sent != nil {
		p.o.Metrics.Sent(o.Message.Connection, r.op, now.Sub(o.CreatedAt))
	}
}

// giveBack returns a row untried.
func (p *Pump) giveBack(r *row, at time.Time) {
	p.store(r, "give back", func(ctx context.Context) error {
		return p.o.Outbox.Reschedule(ctx, r.o, at, "", r.o.Uncertain)
	})
	p.wakeAt(at)
}

func (p *Pump) bury(r *row, cause string, kind adapters.Kind) {
	if r.o.Message.Quiet {
		p.drop(r.o)
		return
	}
	p.store(r, "bury", func(ctx context.Context) error { return p.o.Outbox.Bury(ctx, r.o, cause) })
	if p.o.Metrics.Buried != nil {
		p.o.Metrics.Buried(r.o.Message.Connection, r.op, kind)
	}
}

// store writes back, a few times if need be, until the lease is over.
func (p *Pump) store(r *row, what string, f func(context.Context) error) {
	wait := 50 * time.Millisecond
	for try := 1; ; try++ {
		ctx, cancel := context.WithTimeout(context.Background(), margin)
		err := f(ctx)
		cancel()
		if err == nil {
			return
		}
		if try == 4 || r.o.Lease.Until.Before(p.o.Now()) {
			p.o.Log.Error("outbox row not written back", "err", fmt.Errorf("%s job %s: %w", what, r.o.ID, err))
			return
		}
		time.Sleep(wait)
		wait *= 2
	}
}
