package dingtalk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/simulator"
)

// httpRedelivery are the waits before an event over HTTP that was not acknowledged is sent again; after the
// last it is given up and, failedAfter later, listed for the app to fetch.
//
// Source: DingTalk Open Platform, "Obtain the event list of failed push messages", checked 2026-08.
var httpRedelivery = []time.Duration{10 * time.Second, 30 * time.Second}

const (
	failedAfter  = 3 * time.Minute
	streamAnswer = 3 * time.Second
	cardAnswer   = 2 * time.Second
	maxAnswer    = 1 << 20 // bytes of an answer that are read
	keepSent     = 2000    // deliveries remembered
)

// Kinds of push, which are the stream's topics too.
const (
	pushEvent = "*"
	pushRobot = "/v1.0/im/bot/messages/get"
	pushCard  = "/v1.0/card/instances/callback"
)

// Delivery is one attempt to hand something over to Magpie.
type Delivery struct {
	ID      string // eventId, msgId, or of a card callback its frame's messageId
	Type    string // event type, or the topic
	Attempt int    // 1 is the first
	Status  int    // HTTP, or the code in an acknowledgement; 0 when nothing came back
	Err     string // "" when acknowledged
	At      time.Time
}

// push is one thing on its way to one app.
type push struct {
	app       *app
	kind      string
	eventType string // of an event; else the topic
	id        string
	at        time.Time
	data      []byte // as the stream carries it
	flat      []byte // as HTTP carries it, before it is sealed
	route     *cardRoute
	stream    bool
	messageID string // of the frame
	attempt   int
	again     bool  // an extra copy of something acknowledged
	refused   error // why it is not sent at all
	message   string
}

// Why an exchange failed.
var (
	errNowhere = errors.New("no callback address, or no stream connection for it")
	errLate    = errors.New("no answer in time")
	errTCP     = errors.New("can not connect")
	errStatus  = errors.New("not acknowledged")
	errQuota   = errors.New("the month's pushes are used up")
)

// dispatch starts a push. Callers hold s.mu.
func (s *Server) dispatch(p *push) { s.life.Spawn(func() { s.attempt(p) }) }

// attempt sends once and arranges what follows.
func (s *Server) attempt(p *push) {
	p.attempt++
	status, raw, err := s.exchange(s.ctx, p)
	if s.ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remember(p, status, err)
	if err == nil && p.kind == pushRobot && !p.stream {
		s.answeredInPlace(p, raw)
	}
	if err == nil && !p.again && s.faults.TakeRedelivery(p.eventType) {
		extra := *p
		extra.again = true
		s.life.Spawn(func() { s.attempt(&extra) })
	}
	if err == nil || p.again {
		return
	}
	waits := s.waits(p)
	if p.attempt <= len(waits) {
		if p.kind == pushRobot {
			p.messageID = newFrameID() // msgId is what stays
		}
		s.life.After(waits[p.attempt-1], func() { s.attempt(p) })
		return
	}
	if p.kind == pushEvent && !p.stream {
		s.life.After(failedAfter, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.state.addFailed(p)
			s.touch()
		})
	}
}

// waits are the times between attempts. Robot messages over HTTP come once.
func (s *Server) waits(p *push) []time.Duration {
	switch {
	case p.kind == pushEvent && !p.stream:
		return httpRedelivery
	case p.kind == pushEvent:
		return s.limits.Redelivery
	case p.stream && len(s.limits.Redelivery) > 0:
		return s.limits.Redelivery[:1]
	}
	return nil
}

// remember notes an attempt and tells the bus. Callers hold s.mu.
func (s *Server) remember(p *push, status int, err error) {
	row := Delivery{ID: p.id, Type: p.eventType, Attempt: p.attempt, Status: status, At: s.now()}
	text := fmt.Sprintf("%s #%d %d", p.eventType, p.attempt, status)
	if err != nil {
		row.Err = err.Error()
		text += " " + row.Err
	}
	s.sent = append(s.sent, row)
	if len(s.sent) > keepSent {
		s.sent = slices.Clone(s.sent[len(s.sent)-keepSent:])
	}
	s.publish(simulator.Notice{Type: "delivery", Text: text})
}

// Deliveries lists what was sent to Magpie, card callbacks included, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// deadline is how long DingTalk waits for an answer.
func (s *Server) deadline(p *push) time.Duration {
	switch {
	case p.kind == pushCard:
		return cardAnswer
	case p.stream:
		return streamAnswer
	case p.kind == pushRobot:
		return s.limits.RobotAnswer
	}
	return s.limits.EventAnswer
}

// exchange hands a push over and returns the answer. err is nil only for an acknowledgement.
func (s *Server) exchange(ctx context.Context, p *push) (status int, raw []byte, err error) {
	if p.refused != nil {
		return 0, nil, p.refused
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := s.clock.AfterFunc(s.deadline(p), func() { cancel(errLate) })
	defer stop()
	switch {
	case p.stream:
		status, raw, err = s.overSocket(ctx, p)
	case p.kind == pushEvent:
		status, raw, err = s.eventOverHTTP(ctx, p)
	case p.kind == pushRobot:
		s.mu.Lock()
		to := p.app.RobotWebhook
		if to == "" {
			to = p.app.Webhook
		}
		s.mu.Unlock()
		timestamp := millis(s.clock.Now())
		status, raw, err = s.post(ctx, to, p.flat, map[string]string{"timestamp": timestamp, "sign": robotSignature(p.app.ClientSecret, timestamp)})
	default:
		header := map[string]string{}
		if p.route.Secret != "" {
			timestamp := millis(s.clock.Now())
			header["x-ddpaas-signature-timestamp"] = timestamp
			header["x-ddpaas-signature"] = cardSignature(p.route.Secret, timestamp)
		}
		status, raw, err = s.post(ctx, p.route.URL, p.flat, header)
	}
	if err != nil && errors.Is(context.Cause(ctx), errLate) {
		err = errLate
	}
	return status, raw, err
}

// post sends one body and takes HTTP 200 for a good answer.
func (s *Server) post(ctx context.Context, to string, body []byte, header map[string]string) (int, []byte, error) {
	if to == "" {
		return 0, nil, errNowhere
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, nil, errNowhere
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", errTCP, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return resp.StatusCode, nil, fmt.Errorf("%w: %w", errTCP, err)
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, raw, fmt.Errorf("%w: HTTP %d", errStatus, resp.StatusCode)
	}
	return resp.StatusCode, raw, nil
}

// eventOverHTTP seals and signs an event, and checks that its answer is success, sealed the same way.
func (s *Server) eventOverHTTP(ctx context.Context, p *push) (int, []byte, error) {
	s.mu.Lock()
	a, to := p.app, p.app.Webhook
	s.mu.Unlock()
	sealed, err := seal(a.AESKey, randomBytes(16), p.flat, a.ClientID)
	if err != nil {
		return 0, nil, err
	}
	timestamp, nonce := millis(s.clock.Now()), randomLetters(16)
	signature := eventSignature(a.Token, timestamp, nonce, sealed)
	u, err := url.Parse(to)
	if to == "" || err != nil {
		return 0, nil, errNowhere
	}
	q := u.Query()
	q.Set("signature", signature)
	q.Set("msg_signature", signature)
	q.Set("timestamp", timestamp)
	q.Set("nonce", nonce)
	u.RawQuery = q.Encode()
	body, _ := json.Marshal(map[string]string{"encrypt": sealed})
	status, raw, err := s.post(ctx, u.String(), body, nil)
	if err == nil {
		err = a.acknowledged(raw)
	}
	return status, raw, err
}

// acknowledged checks the four fields of an answer to an event.
func (a *app) acknowledged(raw []byte) error {
	var in struct {
		Signature string `json:"msg_signature"`
		Timestamp string `json:"timeStamp"`
		Nonce     string `json:"nonce"`
		Encrypt   string `json:"encrypt"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("%w: the answer is not the JSON that it should be: %w", errStatus, err)
	}
	if in.Signature != eventSignature(a.Token, in.Timestamp, in.Nonce, in.Encrypt) {
		return fmt.Errorf("%w: the answer's msg_signature is wrong", errStatus)
	}
	word, err := unseal(a.AESKey, in.Encrypt, a.ClientID)
	if err != nil || string(word) != "success" {
		return fmt.Errorf("%w: the answer does not say success", errStatus)
	}
	return nil
}

// Verify sends an app's event address check_url, as saving it in the console does.
func (s *Server) Verify(ctx context.Context, connection string) error {
	s.mu.Lock()
	a := s.appNamed(connection)
	s.mu.Unlock()
	if a == nil {
		return fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	p := &push{app: a, kind: pushEvent, eventType: "check_url", flat: []byte(`{"EventType":"check_url"}`)}
	if _, _, err := s.exchange(ctx, p); err != nil {
		return fmt.Errorf("verify %s: %w", connection, err)
	}
	return nil
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func newFrameID() string {
	return strings.Join([]string{random(8), randomDigits(3), random(11), random(4)}, "_")
}
