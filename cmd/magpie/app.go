package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/delivery"
	"magpie/adapters/directory"
	"magpie/adapters/event"
	"magpie/adapters/webhook"
	"magpie/config"
	"magpie/store"
	"magpie/web/pages"
	"magpie/workflows"
	"magpie/workflows/engine"
	"magpie/workflows/roster"
	"magpie/workflows/selector"
)

// AppOptions say what to run.
type AppOptions struct {
	Config string // path of magpie.yaml
	Log    *slog.Logger
	Now    func() time.Time
	HTTP   *http.Client // for calls to the suites
	// Watch reloads workflows, templates, people and calendar when their files change.
	Watch bool
	// Variables answers ${NAME} in the configuration; nil: the process's environment.
	Variables func(name string) (string, bool)
	// Mount adds to the HTTP surface: the simulated suites of magpie demo.
	Mount func(*http.ServeMux)
	// Stopping is called when the HTTP server begins to shut down, to end what would keep it waiting. Optional.
	Stopping func()
}

// App is a running Magpie: what `serve` and `demo` run and what end-to-end tests start. Open makes it, Run
// works until its context ends, Close frees what is held.
type App struct {
	o       AppOptions
	store   *store.Store
	live    *config.Live[running]
	engine  *engine.Engine
	pump    *delivery.Pump
	people  *roster.Roster
	asked   *settledPeople // people, asked no sooner than they are known
	sync    *directory.Sync
	hooks   *webhook.Handler
	pages   *pages.Handler
	handler http.Handler
	metrics *metrics
	ready   atomic.Bool
	closing sync.Mutex // of days
	conns   map[string]*adapters.Connection
	shared  together
	ownHTTP bool // the client was made here
}

// newClient calls the suites: a host or two, often and at the same time.
func newClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	return &http.Client{Timeout: 10 * time.Second, Transport: t}
}

// running is one configuration in force.
type running struct {
	project *project
	runtime *engine.Runtime
}

// signingKey is where the store keeps the key of the buttons' tokens.
const signingKey = "button_key"

// Open loads the configuration, opens the database and puts everything together. Nothing listens yet.
func Open(ctx context.Context, o AppOptions) (_ *App, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	own := o.HTTP == nil
	if own {
		o.HTTP = newClient()
	}
	a := &App{o: o, ownHTTP: own, metrics: newMetrics()}
	p, ps := loadProject(o.Config, a.env(), o.variables()...)
	if p == nil {
		return nil, fmt.Errorf("the configuration can't be used:\n%w", ps)
	}
	for _, w := range ps {
		o.Log.Warn("configuration", "problem", w.String())
	}
	if len(p.connections) == 0 {
		return nil, errors.New("the configuration has no connections: nothing to serve")
	}
	a.store, err = store.Open(ctx, store.Options{Driver: p.cfg.Store.Driver, DSN: p.cfg.Store.DSN.Reveal(), Now: o.Now, Log: o.Log})
	if err != nil {
		return nil, err
	}
	a.shared.store.Store(a.store)
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	if err := a.store.Own(ctx); err != nil {
		return nil, err
	}
	first, err := a.build(ctx, p)
	if err != nil {
		return nil, err
	}
	a.live = config.NewLive(first)
	a.conns = make(map[string]*adapters.Connection, len(p.connections))
	for _, c := range p.connections {
		a.conns[c.ID] = c
	}
	a.metrics.registry.MustRegister(newUsage(func() []*adapters.Connection { return p.connections }))
	if err := a.assemble(ctx, p); err != nil {
		return nil, err
	}
	a.handler = a.routes()
	return a, nil
}

func (a *App) env() adapters.Env {
	return adapters.Env{HTTP: a.o.HTTP, Now: a.o.Now, Log: a.o.Log, Shared: &a.shared}
}

// build makes a configuration ready to be swapped in: its versions are in the store before any event
// meets them.
func (a *App) build(ctx context.Context, p *project) (*running, error) {
	rt, err := p.runtime()
	if err != nil {
		return nil, err
	}
	if err := rt.Publish(ctx, a.store); err != nil {
		return nil, err
	}
	return &running{project: p, runtime: rt}, nil
}

func (a *App) assemble(ctx context.Context, p *project) error {
	key, err := a.buttonKey(ctx)
	if err != nil {
		return err
	}
	a.people = roster.New(roster.Options{
		Source: a.store, Now: a.o.Now,
		Roles:  func() map[string][]string { return a.live.Get().project.env.Roles },
		Duties: func() map[string]selector.Duty { return a.live.Get().project.duties },
		Order:  a.order,
	})
	a.sync = directory.New(directory.Options{
		Store: a.store, Every: p.cfg.People.Sync, Log: a.o.Log, Changed: a.people.Invalidate,
		Connections: func() []*adapters.Connection { return p.connections },
		By:          func() []directory.Key { return linkKeys(a.config().People.LinkBy) },
	})
	a.pump = delivery.New(delivery.Options{
		Outbox: a.store, Now: a.o.Now, Log: a.o.Log, Connections: a.connection,
		Limits:  func(id string) config.Limits { return a.config().Limits[id] },
		Metrics: a.metrics.delivery(),
		Draw:    func(ctx context.Context, m card.Message) (card.Message, error) { return a.engine.Draw(ctx, m) },
	})
	people, err := a.settle(ctx)
	if err != nil {
		return err
	}
	a.asked = people
	if err := a.openPages(key); err != nil {
		return err
	}
	lists := a.lists(people)
	a.engine, err = engine.New(engine.Options{
		Store: a.store, People: people, Key: key, Now: a.o.Now, Log: a.o.Log,
		Runtime:   func() *engine.Runtime { return a.live.Get().runtime },
		Platform:  a.platform,
		Kick:      a.pump.Kick,
		Page:      a.pageAddress,
		Learn:     a.learn,
		Files:     a.store.FileOwner,
		Directory: a.sync.Event,
		Desk:      answerers{a.desk(people, key), lists}.Answer,
		Lists:     lists,
	})
	if err != nil {
		return err
	}
	a.hooks = webhook.New(webhook.Options{
		Connections: a.connection, Inbox: a.store, Engine: engineForWebhook{a.engine},
		Release: a.pump.Kick, Now: a.o.Now, Log: a.o.Log, Metrics: a.metrics.webhook(),
	})
	return nil
}

// buttonKey is made once and shared by all processes on one database.
func (a *App) buttonKey(ctx context.Context) ([]byte, error) {
	var fresh [32]byte
	if _, err := rand.Read(fresh[:]); err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	key, err := a.store.SettingOnce(ctx, signingKey, fresh[:])
	if err != nil {
		return nil, fmt.Errorf("keep the signing key: %w", err)
	}
	return key, nil
}

func (a *App) config() *config.Config { return a.live.Get().project.cfg }

func (a *App) order() []string {
	cs := a.config().Connections
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = c.ID
	}
	return out
}

func (a *App) connection(id string) (*adapters.Connection, bool) {
	c, ok := a.conns[id]
	return c, ok
}

func (a *App) platform(id string) string {
	if c, ok := a.conns[id]; ok {
		return c.Suite
	}
	return ""
}

func linkKeys(names []string) []directory.Key {
	out := make([]directory.Key, len(names))
	for i, n := range names {
		out[i] = directory.Key(n)
	}
	return out
}

// Handler is the whole HTTP surface.
func (a *App) Handler() http.Handler { return a.handler }

// Store is the open database, for tests and tools.
func (a *App) Store() *store.Store { return a.store }

// Run works until ctx ends: it serves ln (nil: no HTTP), holds the long connections, dispatches, delivers
// and keeps people fresh. When ctx ends, requests and calls in hand are finished first.
func (a *App) Run(ctx context.Context, ln net.Listener) error {
	// What takes things in stops first, then what works on them.
	back, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var work, in sync.WaitGroup
	errs := make(chan error, 16)
	spawn := func(wg *sync.WaitGroup, what string, f func() error) {
		wg.Go(func() {
			if err := f(); err != nil && !errors.Is(err, context.Canceled) {
				errs <- fmt.Errorf("%s: %w", what, err)
			}
		})
	}
	spawn(&work, "engine", func() error { return a.engine.Run(back) })
	spawn(&work, "delivery", func() error { return a.pump.Run(back) })
	spawn(&in, "directory", func() error { return a.sync.Run(ctx) })
	spawn(&in, "directory", func() error { return a.notePulled(ctx) })
	spawn(&work, "leavers", func() error { return a.handOn(back) })
	spawn(&work, "proxies", func() error { return a.standIn(back) })
	spawn(&work, "calendar", func() error { return a.recount(back) })
	spawn(&in, "heads", func() error { return a.closeDays(ctx) })
	spawn(&in, "cleaning", func() error { return a.clean(ctx) })
	for _, c := range a.conns {
		if c.Listens() {
			spawn(&in, c.ID, func() error {
				// One app that its suite refuses for good is no reason for the others to stop.
				if err := c.Listen(ctx, a.hooks.Sink(c)); err != nil && ctx.Err() == nil {
					a.o.Log.Error("long connection ended for good; mend its settings and start again", "connection", c.ID, "err", err)
				}
				return nil
			})
		}
	}
	if a.o.Watch {
		spawn(&in, "watch", func() error { return a.watch(ctx) })
	}
	var server *http.Server
	if ln != nil {
		server = &http.Server{Handler: a.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
		if a.o.Stopping != nil {
			server.RegisterOnShutdown(a.o.Stopping)
		}
		spawn(&in, "http", func() error {
			if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	for _, c := range a.conns {
		c.Usage() // what was spent before this start is read from now on
	}
	a.ready.Store(true)

	var err error
	select {
	case <-ctx.Done():
	case err = <-errs:
	}
	a.ready.Store(false)
	if server != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if serr := server.Shutdown(end); serr != nil {
			a.o.Log.Warn("calls that were still in hand are cut off", "err", serr)
			_ = server.Close()
		}
	}
	if err != nil {
		stop()
		return err // the process ends; whoever still works is cut off, and nothing is lost by it
	}
	in.Wait()
	// Presses that were answered before they were through are handed to the engine, while it still works.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := a.hooks.Wait(end); err != nil {
		a.o.Log.Warn("presses in hand are left to the next start", "err", err)
	}
	stop()
	work.Wait()
	return nil
}

// clean removes what was handled long ago.
func (a *App) clean(ctx context.Context) error {
	for {
		if _, err := a.store.Prune(ctx, a.o.Now()); err != nil && ctx.Err() == nil {
			a.o.Log.Error("prune the inbox", "err", err)
		}
		if _, err := a.store.PruneFiles(ctx, a.o.Now()); err != nil && ctx.Err() == nil {
			a.o.Log.Error("prune the files", "err", err)
		}
		if err := a.store.PruneSlots(ctx, a.o.Now()); err != nil && ctx.Err() == nil {
			a.o.Log.Error("prune the slots", "err", err)
		}
		if err := a.cleanTogether(ctx); err != nil && ctx.Err() == nil {
			a.o.Log.Error("forget what is old", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Hour):
		}
	}
}

// Close frees the database. Run must have returned.
func (a *App) Close() error {
	if a.ownHTTP {
		a.o.HTTP.CloseIdleConnections()
	}
	return a.store.Close()
}

// engineForWebhook gives the engine the shape that the webhook runtime asks for: the two know nothing of
// each other.
type engineForWebhook struct{ e *engine.Engine }

func (w engineForWebhook) Decide(ctx context.Context, ev event.Event) (webhook.Outcome, error) {
	r, err := w.e.Process(ctx, workflows.Leased{Attempt: 1, Event: ev}, true)
	return webhook.Outcome{Toast: r.Toast, Held: r.Held}, err
}

func (w engineForWebhook) Enqueue(id, token string, ev event.Event) {
	w.e.Enqueue(workflows.Leased{ID: id, Token: token, Attempt: 1, Event: ev})
}
