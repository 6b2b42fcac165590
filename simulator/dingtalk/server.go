package dingtalk

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"magpie/simulator"
)

var _ simulator.Suite = (*Server)(nil)

// Server is one simulated organisation. Make it with New and end it with Close.
type Server struct {
	company   *simulator.Company
	admins    []string // who is at the top
	clock     simulator.Clock
	client    *http.Client
	bus       *simulator.Bus
	log       *slog.Logger
	life      *simulator.Life
	ctx       context.Context // of life
	saver     *simulator.Saver
	limits    Limits
	apps      []*app
	templates map[string]*template

	mu     sync.Mutex // guards everything below
	base   string
	state  state
	byUser map[string]string // userid to person
	byOne  map[string]string // unionid to person
	byUnit map[int64]string  // dept_id to department
	byMsg  map[string]*message
	tokens map[string]*accessToken
	codes  map[string]*authCode
	rates  windows
	faults simulator.Faults
	calls  []simulator.Call
	sent   []Delivery
	flags  []string

	userTokens map[string]*userToken
}

// app is one app at run time. Transports and webhooks are guarded by Server.mu.
type app struct {
	App
	Credentials
	sockets []*socket
	tickets map[string]ticket
}

// New starts an organisation. The error is about the state file, the options or a template file.
func New(o Options) (*Server, error) {
	s := &Server{
		company: o.Company, clock: o.Clock, client: o.Client, bus: o.Bus, log: o.Log, base: o.Base, limits: o.Limits,
		templates: map[string]*template{}, byMsg: map[string]*message{}, tokens: map[string]*accessToken{},
		codes: map[string]*authCode{}, userTokens: map[string]*userToken{},
		rates: windows{seen: map[string][]time.Time{}}, faults: simulator.Faults{Socket: socketPath},
	}
	s.limits.fill()
	if s.company == nil {
		s.company = simulator.SampleCompany().Within("dingtalk")
	}
	for _, p := range s.company.People {
		if p.Manager == "" {
			s.admins = append(s.admins, p.ID) // as the suite has it, managers from other suites are missing
		}
	}
	s.company = s.company.Of("dingtalk")
	if s.clock == nil {
		s.clock = simulator.WallClock{}
	}
	// A redirect is an error to DingTalk, not something to follow.
	s.client = simulator.NoRedirects(s.client)
	if s.log == nil {
		s.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	for id, raw := range o.Templates {
		t, err := parseTemplate(raw)
		if err != nil {
			return nil, fmt.Errorf("card template %s: %w", id, err)
		}
		s.templates[id] = t
	}
	s.saver = simulator.NewSaver(o.StateFile, s.snapshot)
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("open state of the simulated dingtalk: %w", err)
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
		s.saver.Run(s.ctx, func(err error) { s.log.Error("save state of the simulated dingtalk", "err", err) })
	})
	s.touch()
	return s, nil
}

// What the console takes for the token and the key of an event subscription.
var (
	goodToken  = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)
	goodAESKey = regexp.MustCompile(`^[A-Za-z0-9]{43}$`)
)

func (s *Server) addApp(a App) error {
	if a.ID == "" {
		a.ID = "ding-main"
	}
	if a.Name == "" {
		a.Name = "鹊桥"
	}
	if a.Transport == "" {
		a.Transport = TransportWebhook
	}
	if a.RobotTransport == "" {
		a.RobotTransport = a.Transport
	}
	for _, t := range []string{a.Transport, a.RobotTransport} {
		if t != TransportWebhook && t != TransportStream {
			return fmt.Errorf("app %s: transport %q is neither webhook nor stream", a.ID, t)
		}
	}
	if s.appNamed(a.ID) != nil {
		return fmt.Errorf("app %s is there twice", a.ID)
	}
	cred := a.Credentials
	if cred == nil {
		cred = s.state.Apps[a.ID]
	}
	if cred == nil {
		// The key is base64 of 32 bytes without its padding; a last letter out of these keeps it canonical.
		agent, _ := strconv.ParseInt("1"+randomDigits(9), 10, 64)
		cred = &Credentials{ClientID: "ding" + random(16), ClientSecret: randomLetters(64), AgentID: agent,
			Token: randomLetters(24), AESKey: randomLetters(42) + "A", UnifiedAppID: randomUUID()}
	}
	if !goodToken.MatchString(cred.Token) || !goodAESKey.MatchString(cred.AESKey) {
		return fmt.Errorf("app %s: the console takes a token of 3 to 32 and an aes_key of 43 letters or digits", a.ID)
	}
	s.state.Apps[a.ID] = cred
	s.apps = append(s.apps, &app{App: a, Credentials: *cred, tickets: map[string]ticket{}})
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
func (s *Server) Name() string { return "dingtalk" }

// SetBase says where clients reach Handler, for servers that learn their address late.
func (s *Server) SetBase(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
}

// SetWebhook changes where an app's events and robot messages go. The connection id must be known.
func (s *Server) SetWebhook(connection, url string) error {
	return s.configure(connection, func(a *app) { a.Webhook, a.RobotWebhook = url, url })
}

// SetTransport changes how an app's events and robot messages go, as saving the console's page does.
func (s *Server) SetTransport(connection, transport string) error {
	if transport != TransportWebhook && transport != TransportStream {
		return fmt.Errorf("transport %q: %w", transport, simulator.ErrInvalid)
	}
	return s.configure(connection, func(a *app) { a.Transport, a.RobotTransport = transport, transport })
}

func (s *Server) configure(connection string, change func(*app)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if a == nil {
		return fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	change(a)
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
				"client_id": a.ClientID, "client_secret": a.ClientSecret, "corp_id": s.state.CorpID,
				"agent_id": strconv.FormatInt(a.AgentID, 10), "robot_code": a.ClientID,
				"token": a.Token, "aes_key": a.AESKey,
			},
		})
	}
	return out
}

// Account implements simulator.Suite.
func (s *Server) Account(person string) (map[string]string, bool) {
	if _, there := s.company.Person(person); !there {
		return nil, false
	}
	return map[string]string{"userid": s.userID(person), "unionid": s.unionID(person)}, true
}

// Calls implements simulator.Suite. Code is errcode on the old host; on the new one, whose codes are words, it
// is the HTTP status of a refusal.
func (s *Server) Calls() []simulator.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Warnings lists what was accepted as legal but is known to hurt. Oldest first.
func (s *Server) Warnings() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.flags)
}

// warn notes something for Warnings. Callers hold s.mu.
func (s *Server) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(s.flags, text) && len(s.flags) < 1000 {
		s.flags = append(s.flags, text)
	}
}

// now is the clock's time as DingTalk writes it, in milliseconds.
func (s *Server) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }

// available tells whether a person is within an app's visible range.
func (s *Server) available(a *app, person string) bool {
	return !slices.Contains(a.Unavailable, person)
}

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
