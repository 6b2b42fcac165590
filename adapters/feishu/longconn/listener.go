// Package longconn holds Feishu's long connection: a socket that we open, over which Feishu sends what it
// would otherwise post to a callback address.
//
// It speaks the protocol itself instead of using the vendor's kit. The kit hands a payload only to a
// handler that was registered for its type and answers everything else with 500, so that an event of a type
// nobody thought of is repeated and then lost; its list of handlers can't be replaced by one for all. It
// also drops frames of type card, and starts any number of handlers at once. Here every payload takes one
// way, whatever its type, and what is acknowledged has been stored.
//
// Feishu sends each event to one connection of the app, at random, and at most 50 may exist. What is not
// acknowledged within 3 s comes again, as over HTTP, so that a connection that breaks loses nothing.
package longconn

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"magpie/adapters"
	"magpie/config"
)

// DefaultHandlers is how many payloads are worked on at once if Options does not say.
const DefaultHandlers = 32

const (
	maxMessage   = 4 << 20 // bytes of one frame
	writeTimeout = 10 * time.Second
	// handleTimeout bounds one payload. Feishu waits for 3 s and then sends it again; a store that
	// takes longer than this is not going to answer.
	handleTimeout = 10 * time.Second
)

// Options is what a Listener is made from.
type Options struct {
	Connection string // name in the config, for errors and the log
	AppID      string
	AppSecret  config.Secret
	Domain     string            // https://open.feishu.cn
	HTTP       *http.Client      // nil: a client of its own. Redirects are never followed: the secret would go along
	Dialer     *websocket.Dialer // nil: with the proxy and TLS settings of HTTP's transport
	Now        func() time.Time  // nil: time.Now
	Log        *slog.Logger      // nil: discards
	Handlers   int               // payloads worked on at once; 0 is DefaultHandlers. More wait in the socket
	// Decode reads one payload: the plain JSON of an event or a press.
	Decode func(ctx context.Context, payload []byte, receivedAt time.Time) (adapters.Delivery, error)
}

// Listener is one long connection of one app. It implements adapters.Listener.
type Listener struct {
	o      Options
	http   *http.Client
	dialer *websocket.Dialer
	second time.Duration // what the server's numbers count; shorter in tests
	random func(n int64) int64
	busy   atomic.Bool
}

var _ adapters.Listener = (*Listener)(nil)

// New makes a Listener. It does no I/O.
func New(o Options) *Listener {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Handlers <= 0 {
		o.Handlers = DefaultHandlers
	}
	l := &Listener{o: o, http: &http.Client{}, dialer: o.Dialer, second: time.Second, random: rand.Int64N}
	if o.HTTP != nil {
		c := *o.HTTP
		l.http = &c
	}
	l.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if l.dialer == nil {
		l.dialer = dialerLike(l.http.Transport)
	}
	return l
}

// dialerLike makes a dialer that goes the same way as an HTTP transport.
func dialerLike(rt http.RoundTripper) *websocket.Dialer {
	d := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: callTimeout}
	if t, ok := rt.(*http.Transport); ok {
		d.Proxy, d.NetDialContext = t.Proxy, t.DialContext
		if t.TLSClientConfig != nil {
			d.TLSClientConfig = t.TLSClientConfig.Clone()
			d.TLSClientConfig.NextProtos = nil // a socket is upgraded from HTTP/1.1
		}
	}
	return d
}

// Listen connects and stays connected until ctx ends (nil) or until Feishu refuses for good (an
// *adapters.Error). Every payload is decoded and given to sink; an error of either tells Feishu to send
// it again. It waits for the sinks that run, whose context ends with ctx. One call at a time.
func (l *Listener) Listen(ctx context.Context, sink adapters.Sink) error {
	if !l.busy.CompareAndSwap(false, true) {
		return &adapters.Error{Connection: l.o.Connection, Op: "listen", Kind: adapters.KindInvalid, Err: errors.New("already listening")}
	}
	defer l.busy.Store(false)

	r := &run{ctx: ctx, l: l, sink: sink, log: l.o.Log.With("connection", l.o.Connection), slots: make(chan struct{}, l.o.Handlers)}
	r.setConfig(defaultConfig)
	defer r.handlers.Wait()

	failures := 0
	for {
		heard, err := r.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		var final *refusal
		if errors.As(err, &final) {
			return final.asError(l.o.Connection)
		}
		if heard {
			failures = 0
		}
		wait := l.delay(failures, r.config())
		failures++
		r.log.Warn("the long connection is down", "err", err, "failures", failures, "retry_in", wait)
		if !pause(ctx, wait) {
			return nil
		}
	}
}

// delay is how long to wait before connecting again: at first at random, so that the clients of a server
// that restarts do not come all at once, then at the interval that the server asked for.
func (l *Listener) delay(failures int, c clientConfig) time.Duration {
	if failures > 0 {
		return time.Duration(c.ReconnectInterval) * l.second
	}
	return time.Duration(l.random(int64(time.Duration(c.ReconnectNonce)*l.second)) + 1)
}

// pause waits; it returns false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// run is one call of Listen, over all its connections.
type run struct {
	ctx      context.Context // Listen's: the handlers' end, which may come after their connection's
	l        *Listener
	sink     adapters.Sink
	log      *slog.Logger
	slots    chan struct{} // one for each handler that runs
	handlers sync.WaitGroup

	mu  sync.Mutex
	cfg clientConfig
	now *socket // the connection that is up, nil between two
}

func (r *run) config() clientConfig {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cfg
}

func (r *run) setConfig(c clientConfig) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cfg = r.cfg.with(c)
}

func (r *run) current() *socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *run) setCurrent(s *socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = s
}

// connect makes one connection and serves it until it ends. heard says that something came over it.
func (r *run) connect(ctx context.Context) (heard bool, err error) {
	ep, err := r.l.bootstrap(ctx)
	if err != nil {
		return false, err
	}
	r.setConfig(ep.config)
	conn, err := r.l.dial(ctx, ep)
	if err != nil {
		return false, err
	}
	s := &socket{run: r, conn: conn, service: ep.service, parts: newAssembler(r.l.o.Now), faster: make(chan struct{}, 1)}
	r.setCurrent(s)
	defer r.setCurrent(nil)
	r.log.Info("the long connection is up", "host", ep.url.Host, "conn_id", ep.conn)
	err = s.serve(ctx)
	return s.heard, err
}
