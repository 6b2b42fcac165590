package dingtalk

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"magpie/simulator"
)

const (
	socketPath    = "/connect"
	maxSockets    = 50               // connections of one app; unpublished
	ticketLife    = 90 * time.Second // of an answer to the open call
	pingEvery     = 30 * time.Second // by the gateway, to each connection
	closeAfter    = 10 * time.Second // a disconnect frame
	socketSilence = 5 * time.Minute  // without a frame a connection is given up
	writeTime     = 10 * time.Second // for one frame
	maxFrame      = 4 << 20          // bytes from a client
)

type subscription struct {
	Type  string `json:"type"`
	Topic string `json:"topic"`
}

// ticket lets one connection in.
type ticket struct {
	until time.Time
	subs  []subscription
}

// frame is what the gateway sends.
//
// Source: DingTalk developer handbook, "Stream protocol", checked 2026-08.
type frame struct {
	SpecVersion string            `json:"specVersion"`
	Type        string            `json:"type"` // SYSTEM, EVENT, CALLBACK
	Headers     map[string]string `json:"headers"`
	Data        string            `json:"data"`
}

// ack is what a client answers a frame with.
type ack struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Headers map[string]string `json:"headers"`
	Data    string            `json:"data"`
}

// socket is one stream connection of an app.
type socket struct {
	app     *app
	id      string
	conn    *websocket.Conn
	subs    []subscription
	writing sync.Mutex

	leaving bool // a disconnect frame was sent: nothing more is delivered; guarded by Server.mu
	mute    bool // pings are answered, nothing is delivered; guarded by Server.mu

	mu      sync.Mutex
	waiting map[string]chan ack // by messageId
	gone    bool
}

// takes tells whether a connection asked for a topic.
func (c *socket) takes(kind string) bool {
	return slices.ContainsFunc(c.subs, func(s subscription) bool {
		if kind == pushEvent {
			return s.Type == "EVENT"
		}
		return s.Type == "CALLBACK" && s.Topic == kind
	})
}

// serveOpen is POST /v1.0/gateway/connections/open: credentials against an address to dial.
func (s *Server) serveOpen(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ClientID      string         `json:"clientId"`
		ClientSecret  string         `json:"clientSecret"`
		Subscriptions []subscription `json:"subscriptions"`
		UA            string         `json:"ua"`
		LocalIP       string         `json:"localIp"`
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err == nil {
		err = json.Unmarshal(raw, &in)
	}
	s.mu.Lock()
	fault := s.faults.Take(r.URL.Path, true)
	a := s.identify(in.ClientID, in.ClientSecret)
	s.mu.Unlock()
	var refusal *apiError
	switch {
	case fault == faultDrop || fault == faultTimeout:
		s.record(r, 0, 0, "")
		if fault == faultTimeout {
			s.hold(r)
		}
		simulator.Cut(w)
		return
	case fault == faultServer:
		refusal = serverError(false)
	case fault == faultRate:
		refusal = tooFast(&route{})
	case err != nil:
		refusal = badParam("body", "the body is not JSON")
	case a == nil:
		refusal = &apiError{status: http.StatusUnauthorized, code: "authFailed", msg: "鉴权失败"}
	default:
		refusal = checkSubscriptions(in.Subscriptions)
	}
	out := answer{}
	if refusal == nil {
		t := randomUUID()
		s.mu.Lock()
		for name, kept := range a.tickets {
			if !kept.until.After(s.now()) {
				delete(a.tickets, name)
			}
		}
		a.tickets[t] = ticket{s.now().Add(ticketLife), in.Subscriptions}
		base := s.base
		s.mu.Unlock()
		out = answer{"endpoint": "ws" + strings.TrimPrefix(baseOf(base, r), "http") + socketPath, "ticket": t}
	}
	// Who does not ask for JSON gets XML.
	if accept := r.Header.Get("Accept"); refusal == nil && !strings.Contains(accept, "json") {
		s.record(r, http.StatusOK, 0, "")
		w.Header().Set("Content-Type", "application/xml")
		_ = xml.NewEncoder(w).Encode(struct {
			XMLName  xml.Name `xml:"OpenConnectionResponse"`
			Endpoint any      `xml:"endpoint"`
			Ticket   any      `xml:"ticket"`
		}{Endpoint: out["endpoint"], Ticket: out["ticket"]})
		return
	}
	s.reply(w, r, &route{}, out, refusal)
}

func checkSubscriptions(subs []subscription) *apiError {
	for _, sub := range subs {
		switch {
		case sub.Type == "EVENT" && sub.Topic != "*":
			return badParam("subscriptions", "EVENT supports topic * only, not %q", sub.Topic)
		case sub.Type != "EVENT" && sub.Type != "CALLBACK" && sub.Type != "SYSTEM":
			return badParam("subscriptions", "type %q is none of EVENT, CALLBACK, SYSTEM", sub.Type)
		}
	}
	if !slices.ContainsFunc(subs, func(s subscription) bool { return s.Type != "SYSTEM" }) {
		return badParam("subscriptions", "there is nothing to subscribe to")
	}
	return nil
}

// baseOf is the suite's base address: the one configured, or the one that a request came to.
func baseOf(base string, r *http.Request) string {
	if base != "" {
		return base
	}
	// Whatever was stripped off in front of Handler is in RequestURI still.
	path, _, _ := strings.Cut(r.RequestURI, "?")
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + strings.TrimSuffix(path, r.URL.Path)
}

// serveSocket is the handshake at the address from serveOpen.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("ticket")
	s.mu.Lock()
	var a *app
	var subs []subscription
	for _, candidate := range s.apps {
		if t, there := candidate.tickets[name]; there {
			delete(candidate.tickets, name) // it lets one connection in, or none
			if t.until.After(s.now()) {
				a, subs = candidate, t.subs
			}
		}
	}
	full := a != nil && len(a.sockets) >= maxSockets
	fault := s.faults.Take(socketPath, true)
	s.mu.Unlock()
	switch {
	case a == nil:
		s.reply(w, r, &route{}, nil, &apiError{status: http.StatusUnauthorized, code: "invalidTicket", msg: "the ticket is not valid"})
		return
	case full || fault == faultServer || fault == faultRate:
		s.reply(w, r, &route{}, nil, &apiError{status: http.StatusServiceUnavailable, code: "ServiceUnavailable", msg: "too many connections"})
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // the ticket is what counts
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.record(r, http.StatusBadRequest, 0, "")
		return // Upgrade has answered
	}
	s.record(r, http.StatusSwitchingProtocols, 0, "")
	c := &socket{app: a, id: randomUUID(), conn: conn, subs: subs, waiting: map[string]chan ack{}}
	s.mu.Lock()
	// The count is taken again: others may have shaken hands meanwhile.
	admitted := s.ctx.Err() == nil && len(a.sockets) < maxSockets
	if admitted {
		a.sockets = append(a.sockets, c)
	}
	s.mu.Unlock()
	if !admitted || fault == faultDrop || fault == faultTimeout {
		c.hangUp()
	}
	s.publish(simulator.Notice{Type: "delivery", Text: "stream connection opened"})
	if s.life.Enter() {
		stop := s.ping(c)
		c.read()
		stop()
		s.life.Leave()
	} else {
		c.hangUp()
	}
	s.mu.Lock()
	a.sockets = slices.DeleteFunc(a.sockets, func(other *socket) bool { return other == c })
	s.mu.Unlock()
	s.publish(simulator.Notice{Type: "delivery", Text: "stream connection closed"})
}

// ping sends the gateway's own ping now and then. stop ends it.
func (s *Server) ping(c *socket) (stop func()) {
	var mu sync.Mutex
	ended := false
	cancel := func() {}
	var next func()
	next = func() {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return
		}
		cancel = s.life.After(pingEvery, func() {
			f := systemFrame("ping", map[string]string{"opaque": random(16)})
			f.Headers["messageId"], f.Headers["time"] = newFrameID(), millis(s.clock.Now())
			if c.write(f) == nil {
				next()
			}
		})
	}
	next()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
		cancel()
	}
}

func systemFrame(topic string, data map[string]string) *frame {
	return &frame{SpecVersion: "1.0", Type: "SYSTEM", Headers: map[string]string{"topic": topic, "contentType": "application/json"},
		Data: string(encode(data))}
}

// hangUp closes the connection without ceremony; read ends then. It takes none of the server's locks.
func (c *socket) hangUp() { _ = c.conn.Close() }

// read hands acknowledgements on until the connection ends.
func (c *socket) read() {
	defer c.fail()
	c.conn.SetReadLimit(maxFrame)
	pong := c.conn.PingHandler()
	c.conn.SetPingHandler(func(data string) error {
		_ = c.conn.SetReadDeadline(time.Now().Add(socketSilence))
		return pong(data)
	})
	for {
		_ = c.conn.SetReadDeadline(time.Now().Add(socketSilence)) // sockets live in the machine's time
		kind, raw, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var a ack
		if kind != websocket.TextMessage || json.Unmarshal(raw, &a) != nil {
			continue
		}
		c.mu.Lock()
		if ch := c.waiting[a.Headers["messageId"]]; ch != nil {
			delete(c.waiting, a.Headers["messageId"])
			ch <- a // has room for its one answer
		}
		c.mu.Unlock()
	}
}

// fail tells everybody who waits that no answer will come.
func (c *socket) fail() {
	c.hangUp()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	for id, ch := range c.waiting {
		delete(c.waiting, id)
		close(ch)
	}
}

func (c *socket) write(f *frame) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeTime))
	return c.conn.WriteMessage(websocket.TextMessage, encode(f))
}

// Disconnect announces to every stream connection of an app that it ends, delivers nothing more on it and
// closes it 10 s later, as the gateway does from time to time. It returns how many there were.
func (s *Server) Disconnect(connection string) int {
	s.mu.Lock()
	a := s.appNamed(connection)
	var going []*socket
	if a != nil {
		for _, c := range a.sockets {
			if !c.leaving {
				c.leaving = true
				going = append(going, c)
			}
		}
	}
	s.mu.Unlock()
	for _, c := range going {
		_ = c.write(systemFrame("disconnect", map[string]string{"reason": "connection is expired"}))
		s.life.After(closeAfter, c.hangUp)
	}
	return len(going)
}

// Mute makes the app's present stream connections deaf ends: they stay open and answer pings, are still
// picked, and nothing pushed on them arrives. It returns how many there were.
func (s *Server) Mute(connection string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if a == nil {
		return 0
	}
	for _, c := range a.sockets {
		c.mute = true
	}
	return len(a.sockets)
}

// overSocket hands a push to one of the app's connections that asked for it, whichever chance picks, and
// waits for its answer.
func (s *Server) overSocket(ctx context.Context, p *push) (int, []byte, error) {
	s.mu.Lock()
	var fit []*socket
	for _, c := range p.app.sockets {
		if !c.leaving && c.takes(p.kind) {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		s.mu.Unlock()
		return 0, nil, errNowhere
	}
	c := fit[rand.IntN(len(fit))]
	mute := c.mute
	s.mu.Unlock()
	if mute {
		<-ctx.Done()
		return 0, nil, ctx.Err()
	}
	answers := make(chan ack, 1)
	c.mu.Lock()
	if c.gone {
		c.mu.Unlock()
		return 0, nil, errTCP
	}
	c.waiting[p.messageID] = answers
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, p.messageID)
		c.mu.Unlock()
	}()
	if err := c.write(s.frameOf(p, c)); err != nil {
		c.hangUp()
		return 0, nil, fmt.Errorf("%w: %w", errTCP, err)
	}
	select {
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	case a, came := <-answers:
		if !came {
			return 0, nil, errTCP
		}
		return a.Code, []byte(a.Data), a.check(p.kind)
	}
}

// frameOf is a push as a frame for one connection.
func (s *Server) frameOf(p *push, c *socket) *frame {
	f := &frame{SpecVersion: "1.0", Type: "CALLBACK", Data: string(p.data), Headers: map[string]string{
		"topic": p.kind, "messageId": p.messageID, "contentType": "application/json", "time": millis(s.clock.Now())}}
	if p.kind != pushEvent {
		f.Headers["appId"], f.Headers["connectionId"] = p.app.UnifiedAppID, c.id
		return f
	}
	f.Type = "EVENT"
	f.Headers["eventType"], f.Headers["eventId"], f.Headers["eventCorpId"] = p.eventType, p.id, s.state.CorpID
	f.Headers["eventBornTime"], f.Headers["eventUnifiedAppId"] = millis(p.at), p.app.UnifiedAppID
	return f
}

// check says why an answer is no acknowledgement: another code than 200, or an event to be sent later.
func (a ack) check(kind string) error {
	if a.Code != http.StatusOK {
		return fmt.Errorf("%w: code %d", errStatus, a.Code)
	}
	if kind != pushEvent {
		return nil
	}
	var in struct{ Status string }
	if err := json.Unmarshal([]byte(a.Data), &in); err != nil || in.Status != "SUCCESS" {
		return fmt.Errorf("%w: status %q", errStatus, in.Status)
	}
	return nil
}
