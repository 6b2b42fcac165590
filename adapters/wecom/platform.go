package wecom

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"magpie/adapters"
	"magpie/config"
)

// Platform is one app or one robot in one corp. It is safe for concurrent use.
type Platform struct {
	cfg     Config
	api     *client
	in      *receiver
	now     func() time.Time
	log     *slog.Logger
	changes locks // of messages that are being changed
	urls    urls  // of a robot over HTTP
	robot   Robot // of a robot over its socket; else nil
}

// What a Platform can do beside receiving and sending. Which of it counts says Capabilities: an app and a
// robot differ.
var (
	_ adapters.Platform    = (*Platform)(nil)
	_ adapters.Answerer    = (*Platform)(nil)
	_ adapters.Updater     = (*Platform)(nil)
	_ adapters.Recaller    = (*Platform)(nil)
	_ adapters.ChatManager = (*Platform)(nil)
	_ adapters.CardEncoder = (*Platform)(nil)
	_ adapters.Listener    = (*socketPlatform)(nil)
)

// socketPlatform is a robot whose events come over the long connection.
type socketPlatform struct {
	*Platform
	adapters.Listener
}

// Robot is the long connection of a smart robot.
type Robot interface {
	adapters.Listener
	// Push sends one message unasked. body holds msgtype and what goes with it. Errors: *adapters.Error;
	// KindTransient while there is no connection, KindUnknown when no answer came.
	Push(ctx context.Context, to string, group bool, body map[string]any) error
}

// Socket is what a robot's long connection is opened with.
type Socket struct {
	Connection string // for errors and log lines
	BotID      string
	Secret     config.Secret
	URL        string       // wss://openws.work.weixin.qq.com
	HTTP       *http.Client // whose proxy and TLS settings the socket takes
	Now        func() time.Time
	Log        *slog.Logger
	// Receive decodes the plain JSON of one message or event. What came over the socket is authentic.
	Receive func(ctx context.Context, payload []byte, receivedAt time.Time) (adapters.Delivery, error)
}

// NewListener makes the long connection of a robot. It does no I/O before Listen.
type NewListener func(Socket) Robot

// Option changes what Factory makes.
type Option func(*options)

type options struct{ listener NewListener }

// WithListener says what holds the long connection of robots (aibot.Plug). It is not imported here, so that
// who uses webhooks only does not link a socket.
func WithListener(n NewListener) Option { return func(o *options) { o.listener = n } }

// New is Factory without options: websocket connections are refused.
func New(c config.Connection, env adapters.Env) (adapters.Platform, error) { return Factory()(c, env) }

// Factory makes Platforms of this suite. A Platform is an adapters.Listener only if its transport is websocket.
func Factory(opts ...Option) adapters.Factory {
	var o options
	for _, set := range opts {
		set(&o)
	}
	return func(c config.Connection, env adapters.Env) (adapters.Platform, error) {
		cfg, ps := ReadConfig(c)
		if err := ps.Err(); err != nil {
			return nil, err
		}
		if cfg.Transport == TransportWebSocket && o.listener == nil {
			return nil, fmt.Errorf("connection %s: this program was built without the long connection of robots", cfg.ID)
		}
		p, err := newPlatform(cfg, env)
		if err != nil || cfg.Transport != TransportWebSocket {
			return p, err
		}
		p.robot = o.listener(p.socket(env))
		return &socketPlatform{Platform: p, Listener: p.robot}, nil
	}
}

func newPlatform(cfg Config, env adapters.Env) (*Platform, error) {
	p := &Platform{cfg: cfg, now: env.Now, log: env.Log}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.api = newClient(cfg, env.HTTP, p.now, p.log, env.Shared)
	var err error
	if p.in, err = newReceiver(cfg, p.now, p.log); err != nil {
		return nil, fmt.Errorf("connection %s: %w", cfg.ID, err)
	}
	return p, nil
}

// socket is what the long connection of this Platform is opened with.
func (p *Platform) socket(env adapters.Env) Socket {
	return Socket{
		Connection: p.cfg.ID, BotID: p.cfg.BotID, Secret: p.cfg.BotSecret, URL: p.cfg.SocketURL,
		HTTP: env.HTTP, Now: p.now, Log: p.log,
		Receive: func(_ context.Context, payload []byte, at time.Time) (adapters.Delivery, error) {
			d := p.in.deliver(payload, at.UTC().Truncate(time.Millisecond), "")
			p.met(d)
			return d, nil
		},
	}
}

// Receive authenticates one callback and decodes it.
func (p *Platform) Receive(ctx context.Context, r adapters.Request) (adapters.Delivery, error) {
	d, err := p.in.Receive(ctx, r)
	if err == nil {
		p.met(d)
	}
	return d, err
}

// met keeps where a robot may answer.
func (p *Platform) met(d adapters.Delivery) {
	if p.cfg.Kind != KindRobot {
		return
	}
	for _, ev := range d.Events {
		p.urls.keep(ev, p.now())
	}
}

// refs makes references of this app.
func (p *Platform) refs() scoped { return p.cfg.scoped() }

// target is what this connection's cards are drawn for.
func (p *Platform) target() target {
	if p.cfg.Kind == KindRobot {
		return toRobot
	}
	return toPerson
}
