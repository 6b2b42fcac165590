package wecom

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"magpie/simulator"
)

const (
	// socketPath stands for wss://openws.work.weixin.qq.com.
	socketPath = "/openws"

	socketSilence = 100 * time.Second // three heartbeats of 30 s: without a frame a connection is given up
	writeTime     = 10 * time.Second  // for one frame
	maxFrame      = 4 << 20
	keepPending   = 24 * time.Hour
)

// frame is what goes both ways; answers have a code and no command.
type frame struct {
	Cmd     string          `json:"cmd,omitempty"`
	Headers frameHeaders    `json:"headers"`
	Body    json.RawMessage `json:"body,omitempty"`
	ErrCode *int            `json:"errcode,omitempty"`
	ErrMsg  string          `json:"errmsg,omitempty"`
}

type frameHeaders struct {
	ReqID string `json:"req_id"`
}

// socket is one long connection.
type socket struct {
	conn    *websocket.Conn
	writing sync.Mutex
	robot   *robot // set once it has subscribed; guarded by Server.mu
}

// hangUp closes the connection without ceremony; read ends then. It takes none of the server's locks.
func (c *socket) hangUp() { _ = c.conn.Close() }

func (c *socket) write(f frame) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeTime)) // sockets live in the machine's time
	return c.conn.WriteMessage(websocket.TextMessage, encode(f))
}

// serveSocket is the long connection from its handshake on. Who it is for, its first frame says.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fault := s.faults.Take(socketPath, true)
	s.mu.Unlock()
	if fault == faultDrop || fault == faultTimeout {
		s.record(r, 0, 0)
		simulator.Cut(w)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // the secret is what counts
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.record(r, http.StatusBadRequest, 0)
		return // Upgrade has answered
	}
	s.record(r, http.StatusSwitchingProtocols, 0)
	c := &socket{conn: conn}
	if !s.life.Enter() {
		c.hangUp()
		return
	}
	defer s.life.Leave()
	// Close can only hang up what has subscribed; the rest ends with the context.
	done := make(chan struct{})
	defer close(done)
	s.life.Spawn(func() {
		select {
		case <-s.ctx.Done():
			c.hangUp()
		case <-done:
		}
	})
	s.readSocket(c)
	c.hangUp()
	s.mu.Lock()
	if robot := c.robot; robot != nil {
		robot.sockets = slices.DeleteFunc(robot.sockets, func(other *socket) bool { return other == c })
		if robot.live == c {
			robot.live = nil
		}
	}
	s.mu.Unlock()
	s.publish(simulator.Notice{Type: "delivery", Text: "long connection closed"})
}

// readSocket answers frames until the connection ends.
func (s *Server) readSocket(c *socket) {
	c.conn.SetReadLimit(maxFrame)
	for {
		_ = c.conn.SetReadDeadline(time.Now().Add(socketSilence))
		kind, raw, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var f frame
		if kind != websocket.TextMessage || json.Unmarshal(raw, &f) != nil {
			return
		}
		code, detail := 0, ""
		if refusal := s.handleFrame(c, f); refusal != nil {
			code, detail = refusal.code, refusal.message(s.now(), remoteAddr(c))
		}
		if code == 0 {
			detail = "ok"
		}
		if c.write(frame{Headers: f.Headers, ErrCode: &code, ErrMsg: detail}) != nil {
			return
		}
	}
}

func remoteAddr(c *socket) string {
	host, _, _ := strings.Cut(c.conn.RemoteAddr().String(), ":")
	return host
}

// handleFrame carries out one command.
func (s *Server) handleFrame(c *socket, f frame) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Headers.ReqID == "" {
		return fail(846605)
	}
	in := object{map[string]any{}, new(bool)}
	if len(f.Body) > 0 {
		var err error
		if in, err = parseObject(f.Body); err != nil {
			return failf(40058, "body is not an object")
		}
	}
	if f.Cmd == "aibot_subscribe" {
		return s.subscribe(c, in)
	}
	r := c.robot
	if r == nil || r.live != c {
		return fail(846609)
	}
	if f.Cmd == "ping" {
		return nil
	}
	switch fault := s.faults.Take(socketPath+"/"+f.Cmd, false); fault {
	case faultServer:
		return fail(-1)
	case faultRate:
		return fail(45009)
	}
	switch f.Cmd {
	case "aibot_respond_msg", "aibot_respond_welcome_msg", "aibot_respond_update_msg":
		return s.respondFrame(r, f.Cmd, f.Headers.ReqID, in)
	case "aibot_send_msg":
		return s.sendFrame(r, in)
	}
	return failf(40058, "there is no command %q", f.Cmd)
}

// subscribe makes a connection the one of its robot. The one before is told, and closed. Callers hold s.mu.
func (s *Server) subscribe(c *socket, in object) *apiError {
	if c.robot != nil {
		return failf(40058, "subscribed already")
	}
	for _, r := range s.robots {
		if r.BotID != in.str("bot_id") || !sameText(r.Secret, in.str("secret")) {
			continue
		}
		if r.Transport != TransportWebsocket {
			return fail(846601)
		}
		if old := r.live; old != nil {
			body := map[string]any{"msgid": secret(32), "create_time": s.now().Unix(), "aibotid": r.BotID, "msgtype": "event",
				"event": map[string]any{"eventtype": "disconnected_event"}}
			s.life.Spawn(func() {
				_ = old.write(frame{Cmd: "aibot_event_callback", Headers: frameHeaders{"aibot_event_callback_" + random(24)}, Body: encode(body)})
				old.hangUp()
			})
		}
		c.robot, r.live = r, c
		r.sockets = append(r.sockets, c)
		s.publish(simulator.Notice{Type: "delivery", Text: "long connection opened"})
		return nil
	}
	return fail(853000)
}

// overSocket sends a body over a robot's long connection. Nothing is kept for later: without a connection it
// is lost. Callers hold s.mu.
func (s *Server) overSocket(r *robot, event string, body map[string]any, x *exchange) error {
	d := &delivery{to: endpoint{id: r.ID}, event: event, attempt: 1}
	c := r.live
	if c == nil {
		s.delivered(d, 0, errNowhere)
		return errNowhere
	}
	cmd := "aibot_msg_callback"
	if body["msgtype"] == "event" {
		cmd = "aibot_event_callback"
	}
	now := s.now()
	for id, old := range r.pending {
		if now.Sub(old.at) > keepPending {
			delete(r.pending, id)
		}
	}
	reqID := cmd + "_" + random(24)
	r.pending[reqID] = x
	copies := 1
	if s.faults.TakeRedelivery(event) {
		copies = 2
	}
	f := frame{Cmd: cmd, Headers: frameHeaders{reqID}, Body: encode(body)}
	s.life.Spawn(func() {
		for range copies {
			err := c.write(f)
			if err != nil {
				c.hangUp()
				err = fmt.Errorf("%w: %w", errTCP, err)
			}
			s.mu.Lock()
			s.delivered(d, 0, err)
			s.mu.Unlock()
		}
	})
	return nil
}

// respondFrame answers a callback through its req_id, once; a stream goes on until it is finished. Callers hold
// s.mu.
func (s *Server) respondFrame(r *robot, cmd, reqID string, in object) *apiError {
	x := r.pending[reqID]
	if x == nil {
		return fail(846605)
	}
	now := s.now()
	fits := map[string]string{"message": "aibot_respond_msg", "enter_chat": "aibot_respond_welcome_msg", "card": "aibot_respond_update_msg"}
	streaming := x.stream != nil && !x.stream.Finished
	switch {
	case fits[x.kind] != cmd:
		return failf(846605, "%s answers no %s", cmd, x.kind)
	case x.kind == "message" && x.answered && !streaming, x.kind != "message" && x.answered:
		return fail(846606)
	case x.kind != "message" && now.Sub(x.at) > answerTime:
		return fail(846604)
	}
	if refusal := s.respond(r, x, in); refusal != nil {
		return refusal
	}
	if x.kind != "message" {
		x.answered = true
	}
	return nil
}

// sendFrame sends unprompted, to a person who has written to the robot, or to a group where somebody did.
// Callers hold s.mu.
func (s *Server) sendFrame(r *robot, in object) *apiError {
	q := s.internal(nil)
	q.in = in
	id := in.str("chatid")
	person, isPerson := s.personOf(id)
	group := s.state.Chats[id]
	if !isPerson && (group == nil || group.App != "") {
		return fail(93006)
	}
	if isPerson {
		group = nil
	}
	spoken := slices.ContainsFunc(s.state.Messages, func(m *message) bool {
		if m.Person == "" {
			return false
		}
		if group == nil {
			return m.Person == person && m.With == r.ID
		}
		o, _ := parseObject(m.Content)
		return m.Chat == group.ID && strings.Contains(o.str("content"), "@"+r.Name)
	})
	if !spoken {
		return fail(846607)
	}
	m, refusal := q.robotMessage(r, person, group)
	if refusal != nil {
		return refusal
	}
	s.post(m)
	return nil
}
