package wecom

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"magpie/simulator"
)

// Callbacks: answered within 5 s with HTTP 200, or repeated three times.
//
// Source: WeCom developer documents, "Callback configuration" (path 90930), "Receive messages" (path 90238),
// checked 2026-11. The documents disagree whether an answer other than 200 is repeated; here it is. How long
// WeCom waits in between is not documented; here it is 5 s. A repetition has a new timestamp and nonce.
const (
	answerTime = 5 * time.Second
	retryWait  = 5 * time.Second
	retries    = 3
	verifyTime = time.Second
)

const (
	maxAnswer = 1 << 20 // bytes of an answer that are read
	keepSent  = 2000    // deliveries remembered
)

// Delivery is one attempt to hand a callback over.
type Delivery struct {
	Connection string
	Event      string // the event's name, or the message's type
	Attempt    int    // 1 is the first
	Status     int    // HTTP; 0 when nothing came back
	Err        string // "" when acknowledged
	At         time.Time
}

// endpoint is where callbacks of one kind go.
type endpoint struct {
	id       string
	webhook  *string // guarded by Server.mu
	token    string
	key      string
	receiver string
	agent    string // AgentID of the envelope; "" is left out
	robot    *robot
}

// endpoint finds the callback configuration of a connection. Callers hold s.mu.
func (s *Server) endpoint(connection string) (endpoint, bool) {
	a := s.appNamed(connection)
	if connection == s.contacts.ID {
		a = s.contacts
	}
	if a != nil {
		to := endpoint{id: a.ID, webhook: &a.Webhook, token: a.Token, key: a.EncodingAESKey, receiver: s.state.CorpID}
		if !a.sync {
			to.agent = itoa(a.AgentID)
		}
		return to, true
	}
	if r := s.robotNamed(connection); r != nil {
		return endpoint{id: r.ID, webhook: &r.Webhook, token: r.Token, key: r.EncodingAESKey, robot: r}, true
	}
	return endpoint{}, false
}

// delivery is one callback on its way.
type delivery struct {
	to      endpoint
	event   string
	body    []byte
	attempt int
	once    bool              // not repeated
	again   bool              // an extra copy of an acknowledged one
	replied func(body []byte) // gets the decrypted reply, if there is one; runs under Server.mu
	done    func()            // after an acknowledgement or the last attempt; runs under Server.mu
}

// dispatch starts a callback. Callers hold s.mu.
func (s *Server) dispatch(d *delivery) {
	if *d.to.webhook == "" {
		return // an app without a callback is not told anything
	}
	s.life.Spawn(func() { _ = s.attempt(d) })
}

// attempt sends a callback once and arranges what follows.
func (s *Server) attempt(d *delivery) error {
	d.attempt++
	status, reply, err := s.exchange(s.ctx, d.to, d.body)
	if s.ctx.Err() != nil {
		return simulator.ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered(d, status, err)
	if err != nil {
		if d.attempt <= retries && !d.once {
			s.life.After(retryWait, func() { _ = s.attempt(d) })
		} else if d.done != nil {
			d.done()
		}
		return err
	}
	if reply != nil && d.replied != nil {
		d.replied(reply)
	}
	if d.done != nil {
		d.done()
	}
	if !d.again && s.faults.TakeRedelivery(d.event) {
		extra := *d
		extra.again, extra.replied, extra.done = true, nil, nil
		s.life.Spawn(func() { _ = s.attempt(&extra) })
	}
	return nil
}

// delivered notes an attempt and tells the bus. Callers hold s.mu.
func (s *Server) delivered(d *delivery, status int, err error) {
	row := Delivery{Connection: d.to.id, Event: d.event, Attempt: d.attempt, Status: status, At: s.now()}
	line := fmt.Sprintf("%s #%d %d", d.event, d.attempt, status)
	if err != nil {
		row.Err = err.Error()
		line += " " + row.Err
	}
	s.sent = append(s.sent, row)
	if len(s.sent) > keepSent {
		s.sent = slices.Clone(s.sent[len(s.sent)-keepSent:])
	}
	s.publish(simulator.Notice{Type: "delivery", Text: line})
}

// Deliveries lists what was sent to Magpie, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// Why an exchange failed.
var (
	errNowhere = errors.New("no callback address, or no long connection")
	errLate    = errors.New("no answer in time")
	errTCP     = errors.New("can not connect")
	errStatus  = errors.New("not acknowledged")
)

// exchange posts a body, sealed and signed, and returns the decrypted reply, nil when there is none. err is
// nil for HTTP 200, whatever the reply is worth: a bad one is passed over.
func (s *Server) exchange(ctx context.Context, to endpoint, body []byte) (status int, reply []byte, err error) {
	s.mu.Lock()
	webhook := *to.webhook
	s.mu.Unlock()
	if webhook == "" {
		return 0, nil, errNowhere
	}
	timestamp, nonce := unix(s.clock.Now()), random(10)
	key, _ := aesKey(to.key)
	sealed := seal(key, salt(), body, to.receiver)
	status, answer, err := s.call(ctx, to, http.MethodPost, webhook, url.Values{
		"msg_signature": {signature(to.token, timestamp, nonce, sealed)}, "timestamp": {timestamp}, "nonce": {nonce},
	}, envelope(to, s.corpID(), sealed), answerTime)
	if err != nil {
		return status, nil, err
	}
	reply, bad := s.openReply(to, nonce, answer)
	if bad != nil {
		s.mu.Lock()
		s.warn("%s: the reply to a callback was passed over: %v", to.id, bad)
		s.mu.Unlock()
	}
	return status, reply, nil
}

func (s *Server) corpID() string { return s.state.CorpID } // it never changes once loaded

func salt() []byte {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails, by its contract
	return raw
}

// envelope is the body of a callback around what is sealed.
func envelope(to endpoint, corp, sealed string) []byte {
	if to.robot != nil {
		return encode(map[string]string{"encrypt": sealed})
	}
	fields := []field{text("ToUserName", corp), text("Encrypt", sealed)}
	if to.agent != "" {
		fields = append(fields, text("AgentID", to.agent))
	}
	return document(fields...)
}

// call makes one request to a callback address and reads its answer, within limit of the suite's clock.
func (s *Server) call(ctx context.Context, to endpoint, method, address string, query url.Values, body []byte, limit time.Duration) (int, []byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return 0, nil, errNowhere
	}
	all := u.Query()
	for name, values := range query {
		all[name] = values
	}
	u.RawQuery = all.Encode()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := s.clock.AfterFunc(limit, func() { cancel(errLate) })
	defer stop()
	late := func(err error) error {
		if errors.Is(context.Cause(ctx), errLate) {
			return errLate
		}
		return fmt.Errorf("%w: %w", errTCP, withoutAddress(err))
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, errNowhere
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "text/xml")
		if to.robot != nil {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, late(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return resp.StatusCode, nil, late(err)
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, answer, fmt.Errorf("%w: HTTP %d", errStatus, resp.StatusCode)
	}
	return resp.StatusCode, answer, nil
}

// withoutAddress keeps the query of a request out of the log.
func withoutAddress(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// Register saves a callback address as the console does: it is asked to decrypt a challenge first, and is not
// saved when it can't.
func (s *Server) Register(ctx context.Context, connection, address string) error {
	s.mu.Lock()
	to, ok := s.endpoint(connection)
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	timestamp, nonce, challenge := unix(s.clock.Now()), random(10), number64()
	key, _ := aesKey(to.key)
	echo := seal(key, salt(), []byte(challenge), to.receiver)
	_, answer, err := s.call(ctx, to, http.MethodGet, address, url.Values{
		"msg_signature": {signature(to.token, timestamp, nonce, echo)}, "timestamp": {timestamp}, "nonce": {nonce}, "echostr": {echo},
	}, nil, verifyTime)
	if err != nil {
		return fmt.Errorf("openapi回调地址请求不通过 (%s): %w", connection, err)
	}
	if string(answer) != challenge {
		return fmt.Errorf("openapi回调地址请求不通过 (%s): the answer is not the decrypted echostr", connection)
	}
	return s.SetWebhook(connection, address)
}

// Verify asks the present callback address of a connection to decrypt a challenge, as saving it again would.
func (s *Server) Verify(ctx context.Context, connection string) error {
	s.mu.Lock()
	to, ok := s.endpoint(connection)
	address := ""
	if ok {
		address = *to.webhook
	}
	s.mu.Unlock()
	if !ok || strings.TrimSpace(address) == "" {
		return fmt.Errorf("callback of connection %q: %w", connection, simulator.ErrNotFound)
	}
	return s.Register(ctx, connection, address)
}
