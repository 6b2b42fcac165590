package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"magpie/simulator"
)

const (
	socketPath    = "/ws/v2"
	maxSockets    = 50               // connections of one app
	ticketLife    = time.Minute      // of an address from the endpoint call
	splitBytes    = 64 << 10         // payloads above it go in several frames
	pingInterval  = 120              // seconds, as the client is told
	socketSilence = 5 * time.Minute  // without a frame a connection is given up
	writeTime     = 10 * time.Second // for one frame
	serviceID     = 33554678
)

// clientConfig is what a client is told about keeping its connection, in seconds; -1 is for ever.
type clientConfig struct {
	ReconnectCount    int
	ReconnectInterval int
	ReconnectNonce    int
	PingInterval      int
}

// reconnect is short where the real one spreads clients over two minutes: nobody waits for a demo.
var reconnect = clientConfig{ReconnectCount: -1, ReconnectInterval: 2, ReconnectNonce: 1, PingInterval: pingInterval}

// socket is one long connection of an app.
type socket struct {
	app     *app
	id      string
	conn    *websocket.Conn
	writing sync.Mutex

	mu      sync.Mutex
	waiting map[string]chan ack // by message_id
	gone    bool
}

// ack is what a client answers a data frame with; Data is base64 in the JSON.
type ack struct {
	Code int    `json:"code"`
	Data []byte `json:"data"`
}

// serveEndpoint is POST /callback/ws/endpoint: credentials against an address to dial.
func (s *Server) serveEndpoint(w http.ResponseWriter, r *http.Request) {
	var in struct{ AppID, AppSecret string }
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err == nil {
		err = json.Unmarshal(raw, &in)
	}
	s.mu.Lock()
	fault := s.faults.Take(r.URL.Path, true)
	a, code := s.identify(in.AppID, in.AppSecret)
	var ticket string
	if a != nil {
		ticket = random(32)
		for t, until := range a.tickets {
			if until.Before(s.now()) {
				delete(a.tickets, t)
			}
		}
		a.tickets[ticket] = s.now().Add(ticketLife)
	}
	base := s.base
	s.mu.Unlock()

	status, body := http.StatusOK, map[string]any{"code": 0, "msg": "ok"}
	switch {
	case fault == faultDrop || fault == faultTimeout:
		s.record(r, 0, 0)
		if fault == faultTimeout {
			s.hold(r)
		}
		simulator.Cut(w)
		return
	case fault == faultServer || fault == faultRate:
		code = 1
		body = map[string]any{"code": code, "msg": "system busy"}
	case err != nil:
		code = 1000040344
		body = map[string]any{"code": code, "msg": "the body is not JSON"}
	case a == nil:
		body = map[string]any{"code": code, "msg": texts[code]}
	default:
		q := url.Values{"device_id": {strconv.FormatUint(rand.Uint64()>>1, 10)}, "service_id": {strconv.Itoa(serviceID)},
			"access_key": {random(32)}, "ticket": {ticket}, "aid": {a.AppID}}
		body["data"] = map[string]any{"URL": s.socketBase(base, r) + socketPath + "?" + q.Encode(), "ClientConfig": reconnect}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	s.record(r, status, code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// socketBase turns the base address, or the address the request came to, into a websocket one.
func (s *Server) socketBase(base string, r *http.Request) string {
	if base == "" {
		// Whatever was stripped off in front of Handler is in RequestURI still.
		path, _, _ := strings.Cut(r.RequestURI, "?")
		base = "http://" + r.Host + strings.TrimSuffix(path, r.URL.Path)
		if r.TLS != nil {
			base = "https" + strings.TrimPrefix(base, "http")
		}
	}
	return "ws" + strings.TrimPrefix(base, "http")
}

// serveSocket is the handshake of the address from serveEndpoint.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	refuse := func(status int, msg, auth string) {
		w.Header().Set("Handshake-Status", strconv.Itoa(status))
		w.Header().Set("Handshake-Msg", msg)
		if auth != "" {
			w.Header().Set("Handshake-Autherrcode", auth)
		}
		s.record(r, status, 0)
		w.WriteHeader(status)
	}
	s.mu.Lock()
	var a *app
	for _, candidate := range s.apps {
		until, there := candidate.tickets[q.Get("ticket")]
		if candidate.AppID == q.Get("aid") && there && s.now().Before(until) {
			a = candidate
			delete(a.tickets, q.Get("ticket"))
		}
	}
	full := a != nil && len(a.sockets) >= maxSockets
	fault := s.faults.Take(socketPath, true)
	s.mu.Unlock()
	switch {
	case a == nil:
		refuse(http.StatusForbidden, "the ticket is not valid", "")
		return
	case full:
		refuse(514, "the number of connections exceeded the limit", "1000040350")
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // the ticket is what counts
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.record(r, http.StatusBadRequest, 0)
		return // Upgrade has answered
	}
	s.record(r, http.StatusSwitchingProtocols, 0)
	c := &socket{app: a, id: q.Get("device_id"), conn: conn, waiting: map[string]chan ack{}}
	s.mu.Lock()
	// The count is taken again: others may have shaken hands meanwhile.
	admitted := s.ctx.Err() == nil && len(a.sockets) < maxSockets
	if admitted {
		a.sockets = append(a.sockets, c)
	}
	s.mu.Unlock()
	if !admitted || fault == faultDrop {
		c.hangUp()
	}
	s.publish(simulator.Notice{Type: "delivery", Text: "long connection opened"})
	if s.life.Enter() {
		c.read()
		s.life.Leave()
	}
	s.mu.Lock()
	a.sockets = slices.DeleteFunc(a.sockets, func(other *socket) bool { return other == c })
	s.mu.Unlock()
	s.publish(simulator.Notice{Type: "delivery", Text: "long connection closed"})
}

// hangUp closes the connection without ceremony; read ends then. It takes none of the server's locks.
func (c *socket) hangUp() { _ = c.conn.Close() }

// read answers pings and hands acknowledgements on until the connection ends.
func (c *socket) read() {
	defer c.fail()
	c.conn.SetReadLimit(4 << 20)
	for {
		_ = c.conn.SetReadDeadline(time.Now().Add(socketSilence)) // sockets live in the machine's time
		kind, raw, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		if kind != websocket.BinaryMessage {
			continue
		}
		f, err := unmarshalFrame(raw)
		if err != nil {
			return
		}
		switch {
		case f.Method == frameControl && f.header("type") == "ping":
			config, _ := json.Marshal(reconnect)
			pong := &frame{Service: f.Service, Method: frameControl, Headers: []frameHeader{{"type", "pong"}}, Payload: config}
			if c.write(pong) != nil {
				return
			}
		case f.Method == frameData:
			var a ack
			if json.Unmarshal(f.Payload, &a) != nil {
				a = ack{Code: http.StatusInternalServerError}
			}
			c.mu.Lock()
			if ch := c.waiting[f.header("message_id")]; ch != nil {
				delete(c.waiting, f.header("message_id"))
				ch <- a // has room for its one answer
			}
			c.mu.Unlock()
		}
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
	return c.conn.WriteMessage(websocket.BinaryMessage, f.marshal())
}

// overSocket hands a body to one of the app's connections, whichever chance picks, and waits for its answer.
func (s *Server) overSocket(ctx context.Context, a *app, id string, body []byte) (int, []byte, error) {
	s.mu.Lock()
	if len(a.sockets) == 0 {
		s.mu.Unlock()
		return 0, nil, errNowhere
	}
	c := a.sockets[rand.IntN(len(a.sockets))]
	s.mu.Unlock()
	messageID := random(32)
	answers := make(chan ack, 1)
	c.mu.Lock()
	if c.gone {
		c.mu.Unlock()
		return 0, nil, errTCP
	}
	c.waiting[messageID] = answers
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, messageID)
		c.mu.Unlock()
	}()
	parts := (len(body) + splitBytes - 1) / splitBytes
	for seq := range parts {
		f := &frame{SeqID: rand.Uint64() >> 1, LogID: rand.Uint64() >> 1, Service: serviceID, Method: frameData,
			Headers: []frameHeader{{"type", "event"}, {"message_id", messageID}, {"sum", strconv.Itoa(parts)},
				{"seq", strconv.Itoa(seq)}, {"trace_id", id}, {"timestamp", millis(s.clock.Now())}},
			Payload: body[seq*splitBytes : min((seq+1)*splitBytes, len(body))]}
		if err := c.write(f); err != nil {
			c.hangUp()
			return 0, nil, fmt.Errorf("%w: %w", errTCP, err)
		}
	}
	select {
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	case answer, came := <-answers:
		switch {
		case !came:
			return 0, nil, errTCP
		case answer.Code != http.StatusOK:
			return answer.Code, answer.Data, fmt.Errorf("%w: code %d", errStatus, answer.Code)
		}
		return answer.Code, answer.Data, nil
	}
}
