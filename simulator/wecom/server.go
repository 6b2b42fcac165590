package wecom

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"magpie/simulator"
)

var _ simulator.Suite = (*Server)(nil)

// Server is one simulated corp. Make it with New and end it with Close.
type Server struct {
	company  *simulator.Company
	clock    simulator.Clock
	client   *http.Client
	bus      *simulator.Bus
	log      *slog.Logger
	life     *simulator.Life
	ctx      context.Context // of life
	saver    *simulator.Saver
	numbers  string
	accounts int
	apps     []*app
	robots   []*robot
	pushes   []*push
	contacts *app // the contact-sync assistant: no agent, another callback

	mu       sync.Mutex // guards everything below
	base     string
	state    state
	byUser   map[string]string // folded userid to person
	byMsg    map[string]*message
	tokens   map[string]*accessToken
	signIns  map[string]*signIn
	tickets  map[string]*userTicket
	files    map[string][]byte // by media_id
	rates    windows
	quotas   quotas
	recent   map[string]time.Time // bodies sent with the duplicate check, until when
	entered  map[string]string    // robot and person to the day they last opened the conversation
	opened   map[string]time.Time // app and person to when they last did
	replies  map[string]*replyURL // response_url codes of robots
	inFlight map[string]int       // messages of a person that a robot has not finished answering
	faults   simulator.Faults
	calls    []simulator.Call
	sent     []Delivery
	flags    []string
}

// app is one app at run time. Webhook is guarded by Server.mu.
type app struct {
	App
	Credentials
	sync bool // the contact-sync assistant
}

// New starts a corp. The error is about the state file or the options.
func New(o Options) (*Server, error) {
	s := &Server{
		company: o.Company, clock: o.Clock, client: o.Client, bus: o.Bus, log: o.Log, base: o.Base,
		numbers: o.Numbers, accounts: o.Accounts,
		byMsg: map[string]*message{}, tokens: map[string]*accessToken{}, signIns: map[string]*signIn{},
		tickets: map[string]*userTicket{}, files: map[string][]byte{}, rates: windows{seen: map[string][]time.Time{}}, faults: simulator.Faults{Socket: socketPath},
		quotas: quotas{}, recent: map[string]time.Time{}, entered: map[string]string{}, opened: map[string]time.Time{}, replies: map[string]*replyURL{},
		inFlight: map[string]int{},
	}
	if s.company == nil {
		s.company = simulator.SampleCompany().Within("wecom")
	}
	s.company = s.company.Of("wecom")
	if s.clock == nil {
		s.clock = simulator.WallClock{}
	}
	// A redirect is not an acknowledgement, and not something to follow.
	s.client = simulator.NoRedirects(s.client)
	if s.log == nil {
		s.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if s.accounts <= 0 {
		s.accounts = 1000
	}
	if s.numbers == "" {
		s.numbers = NumberInExtAttr
	}
	if !slices.Contains([]string{NumberInExtAttr, NumberInUserID, NumberInAlias}, s.numbers) {
		return nil, fmt.Errorf("numbers %q: extattr, userid or alias", s.numbers)
	}
	s.saver = simulator.NewSaver(o.StateFile, s.snapshot)
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("open state of the simulated wecom: %w", err)
	}
	if err := s.install(o); err != nil {
		return nil, err
	}
	s.indexPeople()
	s.adopt()
	s.life = simulator.NewLife(s.clock)
	s.ctx = s.life.Context()
	s.life.Spawn(func() {
		s.saver.Run(s.ctx, func(err error) { s.log.Error("save state of the simulated wecom", "err", err) })
	})
	s.touch()
	return s, nil
}

// install adds what the options name: apps, the contact-sync assistant, robots, pushes.
func (s *Server) install(o Options) error {
	apps := o.Apps
	if len(apps) == 0 {
		apps = []App{{}}
	}
	for _, a := range apps {
		if err := s.addApp(a); err != nil {
			return err
		}
	}
	s.addContacts(o.Contacts)
	for _, r := range o.Robots {
		if err := s.addRobot(r); err != nil {
			return err
		}
	}
	for _, p := range o.Pushes {
		if err := s.addPush(p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) addApp(a App) error {
	if a.ID == "" {
		a.ID = "wecom-main"
	}
	if a.Name == "" {
		a.Name = "鹊桥"
	}
	if s.appNamed(a.ID) != nil {
		return fmt.Errorf("app %s is there twice", a.ID)
	}
	cred := a.Credentials
	if cred == nil {
		cred = s.state.Apps[a.ID]
	}
	if cred == nil {
		cred = &Credentials{AgentID: s.freeAgentID(), Secret: secret(43), Token: secret(24), EncodingAESKey: secret(43)}
	}
	if _, err := aesKey(cred.EncodingAESKey); err != nil {
		return fmt.Errorf("app %s: %w", a.ID, err)
	}
	for _, other := range s.apps {
		if other.AgentID == cred.AgentID || other.Secret == cred.Secret {
			return fmt.Errorf("apps %s and %s share an agent id or a secret", other.ID, a.ID)
		}
	}
	s.state.Apps[a.ID] = cred
	s.apps = append(s.apps, &app{App: a, Credentials: *cred})
	return nil
}

// freeAgentID counts on from 1000002, where a corp's first own app usually stands.
func (s *Server) freeAgentID() int {
	id := 1000002
	for _, c := range s.state.Apps {
		id = max(id, c.AgentID+1)
	}
	return id
}

func (s *Server) addContacts(c Contacts) {
	first := s.apps[0].Credentials
	cred := c.Credentials
	if cred == nil {
		if s.state.ContactSecret == "" {
			s.state.ContactSecret = secret(43)
		}
		cred = &Credentials{Secret: s.state.ContactSecret, Token: first.Token, EncodingAESKey: first.EncodingAESKey}
	}
	s.state.ContactSecret = cred.Secret
	s.contacts = &app{App: App{ID: "contacts", Name: "通讯录同步", Webhook: c.Webhook}, Credentials: *cred, sync: true}
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
func (s *Server) Name() string { return "wecom" }

// SetBase says where clients reach Handler, for servers that learn their address late.
func (s *Server) SetBase(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
}

// SetWebhook changes the callback address of an app or a robot, or with the connection "contacts" that of the
// contact-sync assistant, without the check that saving it in the console makes; see Register.
func (s *Server) SetWebhook(connection, url string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	to, ok := s.endpoint(connection)
	if !ok {
		return fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	*to.webhook = url
	return nil
}

// Connections implements simulator.Suite: the apps, then the robots. The contact-sync assistant's secret is
// told with each app.
func (s *Server) Connections() []simulator.Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]simulator.Connection, 0, len(s.apps)+len(s.robots))
	for _, a := range s.apps {
		out = append(out, simulator.Connection{
			ID: a.ID, Suite: s.Name(), Transport: TransportWebhook, Webhook: a.Webhook, Base: s.base,
			Credentials: map[string]string{
				"corp_id": s.state.CorpID, "agent_id": strconv.Itoa(a.AgentID), "secret": a.Secret, "token": a.Token,
				"encoding_aes_key": a.EncodingAESKey, "contact_secret": s.contacts.Secret,
				"contact_token": s.contacts.Token, "contact_encoding_aes_key": s.contacts.EncodingAESKey,
			},
		})
	}
	for _, r := range s.robots {
		out = append(out, simulator.Connection{
			ID: r.ID, Suite: s.Name(), Transport: r.Transport, Webhook: r.Webhook, Base: s.base,
			Credentials: map[string]string{
				"corp_id": s.state.CorpID, "bot_id": r.BotID, "bot_secret": r.Secret, "token": r.Token,
				"encoding_aes_key": r.EncodingAESKey, "socket_url": s.socketURL(),
			},
		})
	}
	return out
}

// Account implements simulator.Suite.
func (s *Server) Account(person string) (map[string]string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.employed(person) {
		return nil, false
	}
	return map[string]string{"userid": s.userID(person), "open_userid": s.openUserID(person)}, true
}

// Calls implements simulator.Suite.
func (s *Server) Calls() []simulator.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Warnings lists what the real one passes over in silence but whoever sent it should know: text that was cut,
// unknown card fields, messages dropped for a member who got too many, replies that were ignored. Oldest first.
func (s *Server) Warnings() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.flags)
}

// keepFlags is how many warnings are remembered.
const keepFlags = 1000

// warn notes something for Warnings. Callers hold s.mu.
func (s *Server) warn(format string, args ...any) {
	s.flags = append(s.flags, fmt.Sprintf(format, args...))
	if len(s.flags) > keepFlags {
		s.flags = slices.Clone(s.flags[len(s.flags)-keepFlags:])
	}
}

// now is the clock's time as it is kept.
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
