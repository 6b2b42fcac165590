package dingtalk

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

// Platform is one app in one organisation. It is safe for concurrent use.
type Platform struct {
	cfg      Config
	api      *client
	in       *receiver
	now      func() time.Time
	log      *slog.Logger
	sessions sessions
	batches  batches
	chats    chatBook
	pending  pendingCards
	route    routeState
	unions   unions
	pulls    pullPace
}

// What a Platform can do beside receiving and sending.
var (
	_ adapters.Platform      = (*Platform)(nil)
	_ adapters.Answerer      = (*Platform)(nil)
	_ adapters.Updater       = (*Platform)(nil)
	_ adapters.Recaller      = (*Platform)(nil)
	_ adapters.Urger         = (*Platform)(nil)
	_ adapters.ReceiptReader = (*Platform)(nil)
	_ adapters.Directory     = (*Platform)(nil)
	_ adapters.ChatManager   = (*Platform)(nil)
	_ adapters.CardEncoder   = (*Platform)(nil)
	_ adapters.Meter         = (*Platform)(nil)
	_ adapters.TodoMirror    = (*Platform)(nil)
	_ adapters.Listener      = (*streamPlatform)(nil)
)

// streamPlatform is a Platform whose events come over the stream connection.
type streamPlatform struct {
	*Platform
	adapters.Listener
}

// Option changes what Factory makes.
type Option func(*options)

type options struct{ listener NewListener }

// Stream is what a stream connection is opened with.
type Stream struct {
	Connection   string // for errors and log lines
	ClientID     string
	ClientSecret config.Secret
	APIURL       string // https://api.dingtalk.com
	Silence      time.Duration
	Now          func() time.Time
	Log          *slog.Logger
	// Receive decodes one frame of type EVENT or CALLBACK. What came over the connection is authentic. Its
	// Response, or the answer that takes its place, is what the acknowledgement carries.
	Receive func(ctx context.Context, f Frame, receivedAt time.Time) (adapters.Delivery, error)
}

// NewListener makes the stream connection of a Platform. It does no I/O before Listen.
type NewListener func(Stream) adapters.Listener

// WithListener says what holds the connection where the transport is stream. The package that does (stream.Of)
// is not imported here, so that who uses webhooks only does not link a socket.
func WithListener(n NewListener) Option { return func(o *options) { o.listener = n } }

// New is Factory without options: stream connections are refused.
func New(c config.Connection, env adapters.Env) (adapters.Platform, error) { return Factory()(c, env) }

// Factory makes Platforms of this suite. A Platform is an adapters.Listener only if its transport is stream.
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
		if cfg.Transport == TransportStream && o.listener == nil {
			return nil, fmt.Errorf("connection %s: this program was built without DingTalk's stream connection", cfg.ID)
		}
		p := newPlatform(cfg, env)
		if cfg.Transport != TransportStream {
			return p, nil
		}
		return &streamPlatform{Platform: p, Listener: o.listener(p.stream())}, nil
	}
}

func newPlatform(cfg Config, env adapters.Env) *Platform {
	p := &Platform{cfg: cfg, now: env.Now, log: env.Log}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.api = newClient(cfg, env.HTTP, p.now, env.Shared)
	p.in = newReceiver(cfg, p.now, p.log)
	return p
}

// stream is what the stream connection of this Platform is opened with.
func (p *Platform) stream() Stream {
	return Stream{
		Connection: p.cfg.ID, ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, APIURL: p.cfg.APIURL,
		Silence: p.cfg.Silence, Now: p.now, Log: p.log,
		Receive: func(_ context.Context, f Frame, receivedAt time.Time) (adapters.Delivery, error) {
			d, err := p.in.ReceiveFrame(f, receivedAt)
			p.met(d)
			return d, err
		},
	}
}

// Receive authenticates one callback and decodes it.
func (p *Platform) Receive(_ context.Context, r adapters.Request) (adapters.Delivery, error) {
	d, err := p.in.Receive(r)
	p.met(d)
	return d, err
}

// EncodeAnswer writes the outcome of a press into the answer to it.
func (p *Platform) EncodeAnswer(ev event.Event, toast *card.Toast) (adapters.Response, error) {
	return p.in.EncodeAnswer(ev, toast)
}

// scoped makes references of this organisation.
func (p *Platform) scoped() scoped { return scoped{p.cfg.CorpID} }

// met learns from an authentic delivery: the webhooks of conversations, and which groups there are.
func (p *Platform) met(d adapters.Delivery) {
	for i := range d.Events {
		ev := &d.Events[i]
		p.api.quota.pushed(ev.VendorType)
		if ev.Conv == nil {
			continue
		}
		if ev.Conv.Type == event.ConvGroup {
			p.chats.met(*ev.Conv, ev.Kind)
		}
		for _, h := range ev.Reply.Handles {
			if h.Kind == HandleSession {
				p.sessions.put(ev.Conv.Ref, h)
			}
		}
	}
}

// ReceiveFrame decodes one frame of the stream connection, which is authentic by itself. What can't be read is kept as
// unknown. Errors: KindInvalid when it is empty or too large, KindUnauthenticated when it is meant for somebody else.
func (r *receiver) ReceiveFrame(f Frame, received time.Time) (adapters.Delivery, error) {
	if len(f.Data) > maxBody {
		return adapters.Delivery{}, r.fail(adapters.KindInvalid, fmt.Errorf("frame of %d bytes", len(f.Data)))
	}
	id := f.Headers["messageId"]
	if f.Type == "CALLBACK" {
		switch f.Topic {
		case TopicMessage, TopicDelegate:
			d, err := r.message([]byte(f.Data), id, received)
			if adapters.KindOf(err) == adapters.KindInvalid {
				d, err = r.keep([]byte(f.Data), id, received, err)
			}
			d.Response = jsonResponse([]byte("null"))
			return d, err
		case TopicCard:
			d, err := r.press([]byte(f.Data), id, received)
			if adapters.KindOf(err) == adapters.KindInvalid {
				d, err = r.keep([]byte(f.Data), id, received, err)
				d.Response = jsonResponse([]byte("{}"))
			}
			return d, err
		}
	}
	env, err := frameEnvelope(f)
	if err != nil {
		return r.keep([]byte(f.Data), id, received, err)
	}
	if env.typ == "" {
		env.typ = f.Topic
	}
	if err := r.checkCorp(env.corp); err != nil {
		return adapters.Delivery{}, err
	}
	return adapters.Delivery{Events: []event.Event{r.decodeEvent(env, received)}}, nil
}
