package stream

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"magpie/adapters"
	"magpie/adapters/dingtalk"
	"magpie/config"
)

const (
	// connections is how many stand at the same time.
	connections = 2
	// openTimeout bounds opening one.
	openTimeout = 15 * time.Second
	// checkEvery is how often a connection is looked after: what comes while none stands may be lost, and a look
	// at one that stands costs nothing.
	checkEvery = 250 * time.Millisecond
	// slowest and refusedWait bound the pauses between attempts to open one.
	slowest     = time.Minute
	refusedWait = 30 * time.Second
	// handleTimeout bounds one frame. DingTalk waits for 2 or 3 s; a store that takes longer is not going to answer.
	handleTimeout = 10 * time.Second
)

// Client is one connection of the vendor's kit, as far as it is used. Start opens it if it is not open, and does
// nothing if it is: calling it again is how a broken one is mended.
type Client interface {
	Start(ctx context.Context) error
	Close()
}

// Handlers are what a Client calls for each frame. They may be called concurrently.
type Handlers struct {
	// Frame takes an EVENT or a CALLBACK and says what to acknowledge it with.
	Frame func(ctx context.Context, f dingtalk.Frame) Ack
	// Alive is told of every other sign of life.
	Alive func()
	// Disconnect is told that the server wants to close. The connection is closed when it returns.
	Disconnect func()
}

// Ack acknowledges a frame.
type Ack struct {
	Code int    // 200, or 500 to have it sent again
	Data string // JSON
}

// Options is what a Listener is made from.
type Options struct {
	Connection   string // name in the config, for errors and the log
	ClientID     string
	ClientSecret config.Secret
	APIURL       string        // https://api.dingtalk.com
	Silence      time.Duration // how long a connection may bring nothing until it is replaced
	Now          func() time.Time
	Log          *slog.Logger
	// Decode reads one frame.
	Decode func(ctx context.Context, f dingtalk.Frame, receivedAt time.Time) (adapters.Delivery, error)
	// Dial makes a client. nil: the vendor's kit.
	Dial func(h Handlers) Client
	// Tick, when set, takes the place of the clock that the connections are looked after by.
	Tick <-chan time.Time
}

// Listener holds the connections of one app. It implements adapters.Listener.
type Listener struct {
	o    Options
	busy atomic.Bool
}

var _ adapters.Listener = (*Listener)(nil)

// Of makes the stream connection of a DingTalk Platform: it is what dingtalk.WithListener takes. It does no I/O.
func Of(s dingtalk.Stream) adapters.Listener {
	return New(Options{
		Connection: s.Connection, ClientID: s.ClientID, ClientSecret: s.ClientSecret, APIURL: s.APIURL,
		Silence: s.Silence, Now: s.Now, Log: s.Log, Decode: s.Receive,
	})
}

var _ dingtalk.NewListener = Of

// New makes a Listener. It does no I/O.
func New(o Options) *Listener {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Silence <= 0 {
		o.Silence = dingtalk.DefaultSilence
	}
	if o.Dial == nil {
		o.Dial = func(h Handlers) Client { return newKit(o, h) }
	}
	return &Listener{o: o}
}

// Listen connects and stays connected until ctx ends (nil). Every frame is decoded and given to sink; an error of
// either has DingTalk send it again. It waits for the sinks that run. One call at a time.
func (l *Listener) Listen(ctx context.Context, sink adapters.Sink) error {
	if !l.busy.CompareAndSwap(false, true) {
		return &adapters.Error{Connection: l.o.Connection, Op: "listen", Kind: adapters.KindInvalid, Err: errors.New("already listening")}
	}
	defer l.busy.Store(false)
	r := &run{l: l, ctx: ctx, sink: sink, log: l.o.Log.With("connection", l.o.Connection)}
	tick := l.o.Tick
	if tick == nil {
		t := time.NewTicker(checkEvery)
		defer t.Stop()
		tick = t.C
	}
	lines := make([]*line, connections)
	for i := range lines {
		lines[i] = &line{run: r, n: i + 1}
	}
	var opening sync.WaitGroup
	look := func() {
		for _, ln := range lines {
			if ln.work.TryLock() {
				opening.Go(func() {
					defer ln.work.Unlock()
					ln.look()
				})
			}
		}
	}
	look()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick:
			look()
		}
	}
	opening.Wait()
	for _, ln := range lines {
		ln.close()
	}
	r.taking.end()
	return nil
}

// run is one call of Listen.
type run struct {
	l    *Listener
	ctx  context.Context
	sink adapters.Sink
	log  *slog.Logger

	taking taking
}

// taking counts the frames that are being taken in.
type taking struct {
	mu   sync.Mutex
	n    int
	over bool
	idle chan struct{} // closed when the last one is through, after the end
}

// begin lets a frame in; false after the end.
func (k *taking) begin() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.over {
		return false
	}
	k.n++
	return true
}

func (k *taking) done() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n--; k.n == 0 && k.idle != nil {
		close(k.idle)
	}
}

// end lets no more frames in, and waits for those that are being taken in.
func (k *taking) end() {
	k.mu.Lock()
	k.over = true
	if k.n > 0 {
		k.idle = make(chan struct{})
	}
	idle := k.idle
	k.mu.Unlock()
	if idle != nil {
		<-idle
	}
}

// line is one of the connections that stand at the same time, over all the clients that hold it in turn.
type line struct {
	*run
	n    int
	work sync.Mutex // held by who opens or replaces

	mu       sync.Mutex
	client   Client
	up       bool      // the last Start succeeded
	heard    time.Time // the last sign of life of the present client
	failures int
	wait     time.Time // no attempt before
}

// look opens the line, mends it, or replaces a client that has gone silent.
func (ln *line) look() {
	ln.mu.Lock()
	now := ln.l.o.Now()
	client, silent := ln.client, ln.up && now.Sub(ln.heard) > ln.l.o.Silence
	early := now.Before(ln.wait)
	ln.mu.Unlock()
	switch {
	case early || ln.ctx.Err() != nil:
	case client == nil:
		ln.replace("first connection")
	case silent:
		ln.replace("silence")
	default:
		// Does nothing while the connection stands; opens it anew when it broke.
		if err := ln.start(client); err != nil {
			ln.failed(err)
		} else {
			ln.opened(nil)
		}
	}
}

// replace puts a new client in the place of the present one: the new connection is up before the old one is let go.
func (ln *line) replace(why string) {
	next := &lease{line: ln}
	next.client = ln.l.o.Dial(Handlers{Frame: ln.frame, Alive: ln.alive(next), Disconnect: next.disconnect})
	if err := ln.start(next.client); err != nil {
		next.client.Close()
		ln.failed(err)
		return
	}
	old := ln.opened(next.client)
	ln.log.Info("stream connection is up", "line", ln.n, "why", why)
	if old != nil {
		old.Close()
	}
}

func (ln *line) start(c Client) error {
	ctx, cancel := context.WithTimeout(ln.ctx, openTimeout)
	defer cancel()
	return c.Start(ctx)
}

// opened notes that the line stands. A new client takes the place of the old one, which is given back.
func (ln *line) opened(next Client) (old Client) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if next != nil {
		old, ln.client = ln.client, next
		ln.heard = ln.l.o.Now()
	}
	if !ln.up {
		ln.heard = ln.l.o.Now()
	}
	ln.up, ln.failures = true, 0
	return old
}

// failed notes that the line could not be opened, and when to try again: at first soon, then at growing pauses, at
// random so that many processes do not come at once.
func (ln *line) failed(err error) {
	if ln.ctx.Err() != nil {
		return
	}
	ln.mu.Lock()
	ln.failures++
	pause := min(time.Second<<min(ln.failures, 6), slowest)
	if refusedForGood(err) {
		pause = max(pause, refusedWait)
	}
	pause = pause/2 + rand.N(pause/2+1)
	ln.wait = ln.l.o.Now().Add(pause)
	failures := ln.failures
	if ln.client == nil || failures > 1 {
		ln.up = false
	}
	ln.mu.Unlock()
	ln.log.Warn("stream connection is down", "line", ln.n, "err", safe(err, ln.l.o.ClientSecret.Reveal()), "failures", failures, "retry_in", pause)
}

func (ln *line) close() {
	ln.mu.Lock()
	c := ln.client
	ln.client, ln.up = nil, false
	ln.mu.Unlock()
	if c != nil {
		c.Close()
	}
}

// alive notes signs of life of the client that holds the line now.
func (ln *line) alive(of *lease) func() {
	return func() {
		ln.mu.Lock()
		defer ln.mu.Unlock()
		if ln.client == nil || ln.client == of.client {
			ln.heard = ln.l.o.Now()
		}
	}
}

// lease is one client's hold of its line.
type lease struct {
	*line
	client Client
	once   sync.Once
}

// disconnect opens the next connection at once: nothing more comes over this one, and it is closed when this returns.
func (ls *lease) disconnect() {
	ls.once.Do(func() {
		ls.work.Lock()
		defer ls.work.Unlock()
		ls.mu.Lock()
		current := ls.line.client == ls.client
		ls.mu.Unlock()
		if current && ls.ctx.Err() == nil {
			ls.replace("disconnect")
		}
	})
}
