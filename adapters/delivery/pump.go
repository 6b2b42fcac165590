package delivery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/config"
)

// Options are what a Pump is made of. Outbox and Connections are required.
type Options struct {
	Outbox Outbox
	// Connections finds a connection by its id; it may change while the pump runs.
	Connections func(id string) (*adapters.Connection, bool)
	// Draw fills in the Card of a message that holds a Draft. Pure but for looking people up; an error
	// buries the row. nil: drafts are buried.
	Draw func(ctx context.Context, m card.Message) (card.Message, error)
	// Limits lower the vendors' budgets, by connection. nil: none.
	Limits func(connection string) config.Limits

	Workers   int           // calls at the same time. Defaults to 16
	Lease     time.Duration // how long a row is this process's. Defaults to 90 s; at least 30 s
	Poll      time.Duration // how often the outbox is asked when nothing else says so. Defaults to 1 s, jittered
	Processes int           // how many processes share the vendors' budgets. Defaults to 1

	MaxAttempts int           // a row is given up after so many, if it is old enough too. Defaults to 12
	GiveUpAfter time.Duration // … Defaults to 12 h: with the backoff's bounds, 12 attempts take about a day at most

	Now     func() time.Time // nil: time.Now
	Rand    func() float64   // in [0, 1); nil: math/rand
	Log     *slog.Logger     // nil: discards
	Metrics Metrics
}

// Metrics are told what happens. Each may be nil; they must not block.
type Metrics struct {
	Called func(connection, op string, kind adapters.Kind, took time.Duration) // kind "" is success
	Sent   func(connection, op string, age time.Duration)
	Buried func(connection, op string, kind adapters.Kind)
	Paused func(connection string, until time.Time)
}

// Pump delivers. Run it once; Kick from anywhere.
type Pump struct {
	o       Options
	budgets budgets

	wake  chan struct{} // something to look at
	ready chan *row     // to the workers

	mu      sync.Mutex
	kicked  []string
	next    time.Time         // earliest moment something of ours becomes due; zero: none
	replan  bool              // next has changed and nothing else has
	active  map[string][]*row // by order: one is being worked on, these wait
	inHand  int               // leased rows, those in waiting not counted
	starved bool              // there may be more due than there was room for
	// starvedOut: there is room again.
	starvedOut bool
	stop       bool
	waiting    map[*row]*time.Timer // rows that wait in memory for the moment of their token
	rests      map[string]*rest
}

const (
	maxHeld = 256
	maxHold = 2 * time.Second // a longer wait is spent in the outbox
)

// New makes a Pump.
func New(o Options) *Pump {
	if o.Workers <= 0 {
		o.Workers = 16
	}
	if o.Lease == 0 {
		o.Lease = 90 * time.Second
	}
	o.Lease = max(o.Lease, 30*time.Second)
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.MaxAttempts <= 0 {
		o.MaxAttempts = 12
	}
	if o.GiveUpAfter <= 0 {
		o.GiveUpAfter = 12 * time.Hour
	}
	if o.Limits == nil {
		o.Limits = func(string) config.Limits { return config.Limits{} }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = defaultRand
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Pump{
		o: o, budgets: budgets{processes: o.Processes},
		wake: make(chan struct{}, 1), ready: make(chan *row, 8*o.Workers+maxHeld),
		active: map[string][]*row{}, rests: map[string]*rest{}, waiting: map[*row]*time.Timer{},
	}
}

// Kick has rows delivered now, due or not: those that have just been written or released. It never blocks.
// Rows that are not taken this way (too many at once, or no room) leave when they are due.
func (p *Pump) Kick(ids []string) {
	if len(ids) == 0 {
		return
	}
	p.mu.Lock()
	if len(p.kicked)+len(ids) <= 10_000 {
		p.kicked = append(p.kicked, ids...)
	}
	p.mu.Unlock()
	p.signal()
}

// Run delivers until ctx ends. Calls in flight are finished, rows not started are given back; then it
// returns nil.
func (p *Pump) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	for range p.o.Workers {
		workers.Go(func() {
			for r := range p.ready {
				p.done(r, p.work(r))
			}
		})
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-p.wake:
			if !p.onlyReplan() {
				p.round(ctx)
			}
		case <-timer.C:
			p.round(ctx)
		}
		timer.Reset(p.pollIn())
	}
	p.drain()
	close(p.ready)
	workers.Wait()
	return nil
}

// round leases what was kicked and what is due, as far as there is room.
func (p *Pump) round(ctx context.Context) {
	for ctx.Err() == nil {
		free := p.free()
		if free == 0 {
			return // done wakes us
		}
		now := p.o.Now()
		ids := p.takeKicked(free)
		if len(ids) > 0 {
			rows, err := p.o.Outbox.LeaseIDs(ctx, ids, now, p.o.Lease)
			p.take(ctx, "lease rows", rows, err)
			continue
		}
		p.mu.Lock()
		if !p.next.After(now) {
			p.next = time.Time{} // what is due now is seen below; what is put in meanwhile sets it anew
		}
		p.mu.Unlock()
		rows, err := p.o.Outbox.Lease(ctx, now, free, p.o.Lease)
		p.take(ctx, "lease due rows", rows, err)
		if err != nil || len(rows) < free {
			return
		}
	}
}

func (p *Pump) take(ctx context.Context, what string, rows []adapters.Outgoing, err error) {
	if err != nil {
		if ctx.Err() == nil {
			p.o.Log.Error(what, "err", err)
		}
		return
	}
	for _, o := range rows {
		conn, ok := p.o.Connections(o.Message.Connection)
		if !ok {
			p.orphan(o)
			continue
		}
		p.submit(newRow(o, conn))
	}
}

// drop is done with a row that leads to no call: a card for somebody who has left, which can't be changed and which
// nobody looks at, or an urge that the suite does not have.
func (p *Pump) drop(o adapters.Outgoing) {
	ref := adapters.MessageRef{}
	if o.Ref != nil {
		ref = *o.Ref
	}
	now := p.o.Now()
	p.store(&row{o: o}, "drop", func(ctx context.Context) error { return p.o.Outbox.Sent(ctx, o, ref, now) })
}

// orphan puts off a row whose connection is not configured: perhaps it comes back with the next start. One
// that names none is for a person who can't be reached anywhere: an operator should know now.
func (p *Pump) orphan(o adapters.Outgoing) {
	ctx, cancel := context.WithTimeout(context.Background(), margin)
	defer cancel()
	if o.Message.Quiet {
		p.drop(o)
		return
	}
	const cause = "its connection is not configured"
	err := error(nil)
	if o.Message.Connection == "" {
		err = p.o.Outbox.Bury(ctx, o, "nobody to send it to: the person has no account in any connection")
	} else if now := p.o.Now(); o.Attempt >= p.o.MaxAttempts && now.Sub(o.CreatedAt) >= p.o.GiveUpAfter {
		err = p.o.Outbox.Bury(ctx, o, cause)
	} else {
		err = p.o.Outbox.Reschedule(ctx, o, now.Add(p.backoff(o.Attempt)+time.Minute), cause, o.Uncertain)
	}
	p.o.Log.Warn("row without a connection", "job", o.ID, "connection", o.Message.Connection, "err", err)
}

// submit hands a row to the workers, or lets it wait for the one of its slot that they have.
func (p *Pump) submit(r *row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inHand++
	key := r.order()
	if waiting, busy := p.active[key]; busy {
		p.active[key] = append(waiting, r)
		return
	}
	p.active[key] = nil
	p.ready <- r // has room for all that free and maxHeld let in
}

// done ends a worker's turn with a row. A row that has its tokens but must wait for them comes back by
// itself, and keeps its place before others of its slot; else the next of the slot starts.
func (p *Pump) done(r *row, hold time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if hold > 0 {
		if p.stop {
			p.ready <- r
			return
		}
		p.inHand--
		p.waiting[r] = time.AfterFunc(hold, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.resume(r)
		})
	} else {
		p.inHand--
		p.advance(r)
	}
	if p.starved && p.inHand <= 2*p.o.Workers || p.stop {
		p.starved, p.starvedOut = false, true
		p.signal()
	}
}

// resume gives a waiting row to the workers. Called with the lock held.
func (p *Pump) resume(r *row) {
	t, ok := p.waiting[r]
	if !ok {
		return
	}
	t.Stop()
	delete(p.waiting, r)
	p.inHand++
	p.ready <- r
}

// drain has the workers finish or give back all that is in hand.
func (p *Pump) drain() {
	p.mu.Lock()
	p.stop = true
	for r := range p.waiting {
		p.resume(r)
	}
	for p.inHand > 0 {
		p.mu.Unlock()
		<-p.wake
		p.mu.Lock()
	}
	p.mu.Unlock()
}

// advance starts the next row of the slot. Called with the lock held.
func (p *Pump) advance(r *row) {
	key := r.order()
	rest := p.active[key]
	if len(rest) == 0 {
		delete(p.active, key)
		return
	}
	p.active[key] = rest[1:]
	p.ready <- rest[0]
}

// free says how many rows may be leased.
func (p *Pump) free() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := max(0, 4*p.o.Workers-p.inHand)
	p.starved = n == 0
	return n
}

func (p *Pump) takeKicked(n int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = min(n, len(p.kicked))
	ids := p.kicked[:n:n]
	p.kicked = p.kicked[n:]
	if len(p.kicked) == 0 {
		p.kicked = nil
	}
	return ids
}

func (p *Pump) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// hold says how long a row may wait in memory.
func (p *Pump) hold() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop || len(p.waiting) >= maxHeld {
		return 0
	}
	return maxHold
}

func (p *Pump) stopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stop
}

// wakeAt has the outbox asked when something of ours becomes due, rather than at the next poll.
func (p *Pump) wakeAt(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next.IsZero() || at.Before(p.next) {
		p.next = at
		p.replan = true
		p.signal()
	}
}

// onlyReplan reports whether a wake-up asked for nothing but a new time to wake.
func (p *Pump) onlyReplan() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	only := p.replan && len(p.kicked) == 0 && !p.starvedOut
	p.replan, p.starvedOut = false, false
	return only
}

// pollIn says when to ask next: at the poll, jittered, or sooner if something of ours is due; not more
// often than every 20 ms.
func (p *Pump) pollIn() time.Duration {
	d := p.o.Poll*3/4 + p.jitter(p.o.Poll/2)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.next.IsZero() {
		d = min(d, max(p.next.Sub(p.o.Now()), 20*time.Millisecond))
	}
	return d
}

// limits lists the budgets of a connection.
func (p *Pump) limits(c *adapters.Connection) []adapters.Budget {
	return budgetsOf(c.Capabilities(), p.o.Limits(c.ID))
}
