package feishu

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"magpie/simulator"
)

var _ simulator.Suite = (*Server)(nil)

// Server is one simulated tenant. Make it with New and end it with Close.
type Server struct {
	company *simulator.Company
	clock   simulator.Clock
	client  *http.Client
	bus     *simulator.Bus
	log     *slog.Logger
	life    *simulator.Life
	ctx     context.Context // of life
	saver   *simulator.Saver
	apps    []*app

	mu     sync.Mutex // guards everything below
	base   string
	state  state
	byID   map[string]personRef
	byMsg  map[string]*message
	byUUID map[string]*message // by app and uuid, the newest
	tokens map[string]*accessToken
	clicks map[string]*click
	// of log-ins to web pages
	loginCodes map[string]*loginCode
	userTokens map[string]*userToken
	rates      windows
	faults     simulator.Faults
	calls      []simulator.Call
	sent       []Delivery
	flags      []string
	queues     map[string][]*delivery // ordered events waiting behind an unacknowledged one
}

// app is one bot at run time. Transport and Webhook are guarded by Server.mu.
type app struct {
	App
	Credentials
	sockets []*socket
	tickets map[string]time.Time // of handed-out long connection addresses, until when
	smsLeft int
}

// New starts a tenant. The error is about the state file or the options.
func New(o Options) (*Server, error) {
	s := &Server{
		company: o.Company, clock: o.Clock, client: o.Client, bus: o.Bus, log: o.Log, base: o.Base,
		byMsg: map[string]*message{}, byUUID: map[string]*message{}, tokens: map[string]*accessToken{}, clicks: map[string]*click{},
		loginCodes: map[string]*loginCode{}, userTokens: map[string]*userToken{},
		rates: windows{seen: map[string][]time.Time{}}, faults: simulator.Faults{Socket: socketPath}, queues: map[string][]*delivery{},
	}
	if s.company == nil {
		s.company = simulator.SampleCompany().Within("feishu")
	}
	s.company = s.company.Of("feishu")
	if s.clock == nil {
		s.clock = simulator.WallClock{}
	}
	// A redirect is an error to Feishu, not something to follow.
	s.client = simulator.NoRedirects(s.client)
	if s.log == nil {
		s.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s.saver = simulator.NewSaver(o.StateFile, s.snapshot)
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("open state of the simulated feishu: %w", err)
	}
	apps := o.Apps
	if len(apps) == 0 {
		apps = []App{{}}
	}
	for _, a := range apps {
		if err := s.addApp(a); err != nil {
			return nil, err
		}
	}
	s.indexPeople()
	s.adopt()
	s.life = simulator.NewLife(s.clock)
	s.ctx = s.life.Context()
	s.life.Spawn(func() {
		s.saver.Run(s.ctx, func(err error) { s.log.Error("save state of the simulated feishu", "err", err) })
	})
	s.touch()
	return s, nil
}

func (s *Server) addApp(a App) error {
	if a.ID == "" {
		a.ID = "feishu-main"
	}
	if a.Name == "" {
		a.Name = "鹊桥"
	}
	if a.Transport == "" {
		a.Transport = TransportWebhook
	}
	if a.Transport != TransportWebhook && a.Transport != TransportWebsocket {
		return fmt.Errorf("app %s: transport %q is neither webhook nor websocket", a.ID, a.Transport)
	}
	if s.appNamed(a.ID) != nil {
		return fmt.Errorf("app %s is there twice", a.ID)
	}
	cred := a.Credentials
	if cred == nil {
		cred = s.state.Apps[a.ID]
	}
	if cred == nil {
		cred = &Credentials{AppID: "cli_" + random(16), AppSecret: random(32), VerificationToken: random(32)}
		if !a.Plain {
			cred.EncryptKey = random(32)
		}
	}
	s.state.Apps[a.ID] = cred
	s.apps = append(s.apps, &app{App: a, Credentials: *cred, tickets: map[string]time.Time{}, smsLeft: paidUrgents})
	return nil
}

// appNamed finds an app by connection id, nil if there is none.
func (s *Server) appNamed(id string) *app {
	for _, a := range s.apps {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// Name implements simulator.Suite.
func (s *Server) Name() string { return "feishu" }

// SetBase says where clients reach Handler, for servers that learn their address late.
func (s *Server) SetBase(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
}

// SetWebhook changes where an app's events go. The connection id must be known.
func (s *Server) SetWebhook(connection, url string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if a == nil {
		return fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	a.Webhook = url
	return nil
}

// SetTransport changes how an app's events go, as saving the console's page does.
func (s *Server) SetTransport(connection, transport string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if a == nil {
		return fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	if transport != TransportWebhook && transport != TransportWebsocket {
		return fmt.Errorf("transport %q: %w", transport, simulator.ErrInvalid)
	}
	a.Transport = transport
	return nil
}

// Connections implements simulator.Suite.
func (s *Server) Connections() []simulator.Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]simulator.Connection, 0, len(s.apps))
	for _, a := range s.apps {
		out = append(out, simulator.Connection{
			ID: a.ID, Suite: s.Name(), Transport: a.Transport, Webhook: a.Webhook, Base: s.base,
			Credentials: map[string]string{
				"app_id": a.AppID, "app_secret": a.AppSecret, "encrypt_key": a.EncryptKey,
				"verification_token": a.VerificationToken, "tenant_key": s.state.TenantKey,
			},
		})
	}
	return out
}

// Account implements simulator.Suite. open_id is the first app's; of each further app it is
// "open_id@<connection>".
func (s *Server) Account(person string) (map[string]string, bool) {
	if _, there := s.company.Person(person); !there {
		return nil, false
	}
	ids := map[string]string{"union_id": s.unionID(person), "user_id": s.userID(person)}
	for i, a := range s.apps {
		key := "open_id"
		if i > 0 {
			key += "@" + a.ID
		}
		ids[key] = s.openID(a, person)
	}
	return ids, true
}

// Calls implements simulator.Suite.
func (s *Server) Calls() []simulator.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Warnings lists what was accepted as legal but is known to hurt, such as a button value that is a string,
// which the official SDK cannot decode. Oldest first.
func (s *Server) Warnings() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.flags)
}

// now is the clock's time as Feishu writes it, in milliseconds.
func (s *Server) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

// Close implements simulator.Suite: waiting redeliveries are given up, connections closed, state saved.
func (s *Server) Close() error {
	if !s.life.Close(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.dropSockets()
	}) {
		return nil
	}
	s.client.CloseIdleConnections()
	return s.saver.Save()
}

// publish tells the bus; callers may hold s.mu, since the bus never waits.
func (s *Server) publish(n simulator.Notice) {
	n.Suite, n.At, n.Persons = s.Name(), s.now(), slices.Clone(n.Persons)
	s.bus.Publish(n)
}
