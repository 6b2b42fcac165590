package feishu

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// Platform is one app in one tenant. It is safe for concurrent use.
type Platform struct {
	cfg  Config
	api  *client
	in   *receiver
	now  func() time.Time
	self self
}

// What a Platform can do beside receiving and sending.
var (
	_ adapters.Platform      = (*Platform)(nil)
	_ adapters.Answerer      = (*Platform)(nil)
	_ adapters.Updater       = (*Platform)(nil)
	_ adapters.LateAnswerer  = (*Platform)(nil)
	_ adapters.Recaller      = (*Platform)(nil)
	_ adapters.Urger         = (*Platform)(nil)
	_ adapters.ReceiptReader = (*Platform)(nil)
	_ adapters.Directory     = (*Platform)(nil)
	_ adapters.ChatManager   = (*Platform)(nil)
	_ adapters.CardEncoder   = (*Platform)(nil)
	_ adapters.Listener      = (*socketPlatform)(nil)
)

// socketPlatform is a Platform whose events come over the long connection.
type socketPlatform struct {
	*Platform
	adapters.Listener
}

// Option changes what Factory makes.
type Option func(*options)

type options struct{ listener NewListener }

// Socket is what a long connection is opened with.
type Socket struct {
	Connection string // for errors and log lines
	AppID      string
	AppSecret  config.Secret
	Domain     string // https://open.feishu.cn
	HTTP       *http.Client
	Now        func() time.Time
	Log        *slog.Logger
	// Receive decodes the plain JSON of one event or press. What came over the socket is authentic.
	Receive func(ctx context.Context, payload []byte, receivedAt time.Time) (adapters.Delivery, error)
}

// NewListener makes the long connection of a Platform. It does no I/O before Listen.
type NewListener func(Socket) adapters.Listener

// WithListener says what holds the long connection where the transport is websocket. The package that
// does (longconn.Of) is not imported here, so that who uses webhooks only does not link a socket.
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
			return nil, fmt.Errorf("connection %s: this program was built without Feishu's long connection", cfg.ID)
		}
		p := newPlatform(cfg, env)
		if cfg.Transport != TransportWebSocket {
			return p, nil
		}
		return &socketPlatform{Platform: p, Listener: o.listener(p.socket(env))}, nil
	}
}

func newPlatform(cfg Config, env adapters.Env) *Platform {
	p := &Platform{cfg: cfg, now: env.Now}
	if p.now == nil {
		p.now = time.Now
	}
	p.api = newClient(cfg, env.HTTP, p.now, env.Shared)
	p.in = newReceiver(receiverOptions{
		Connection: cfg.ID, AppID: cfg.AppID, Tenant: cfg.TenantKey, EncryptKey: cfg.EncryptKey,
		VerificationToken: cfg.VerificationToken, MaxAge: cfg.MaxAge, Now: p.now, Log: env.Log,
	})
	return p
}

// socket is what the long connection of this Platform is opened with.
func (p *Platform) socket(env adapters.Env) Socket {
	log := env.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return Socket{
		Connection: p.cfg.ID, AppID: p.cfg.AppID, AppSecret: p.cfg.AppSecret, Domain: p.cfg.Domain,
		HTTP: env.HTTP, Now: p.now, Log: log,
		Receive: func(ctx context.Context, payload []byte, receivedAt time.Time) (adapters.Delivery, error) {
			d, err := p.in.DecodeSocket(ctx, payload, receivedAt)
			p.met(d)
			return d, err
		},
	}
}

// Receive authenticates one callback and decodes it.
func (p *Platform) Receive(ctx context.Context, r adapters.Request) (adapters.Delivery, error) {
	d, err := p.in.Receive(ctx, r)
	p.met(d)
	return d, err
}

// EncodeAnswer writes the outcome of a press into the answer to it.
func (p *Platform) EncodeAnswer(ev event.Event, toast *card.Toast) (adapters.Response, error) {
	return p.in.EncodeAnswer(ev, toast)
}

// scoped makes references of this app, under the tenant as far as it is known.
func (p *Platform) scoped() scoped {
	return scoped{tenant: p.self.tenantOr(p.cfg.TenantKey), app: p.cfg.AppID}
}
