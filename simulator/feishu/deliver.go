package feishu

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"magpie/simulator"
)

// redeliveries are the waits before an unacknowledged event is sent again; after the last it is given up.
//
// Source: Feishu Open Platform, "Event subscription overview", checked 2026-11.
var redeliveries = []time.Duration{15 * time.Second, 5 * time.Minute, time.Hour, 6 * time.Hour}

// answerTime is how long Feishu waits for an acknowledgement or for the answer to a card callback.
const answerTime = 3 * time.Second

const (
	maxAnswer = 1 << 20 // bytes of an answer that are read
	keepSent  = 2000    // deliveries remembered
)

// Delivery is one attempt to hand an event over.
type Delivery struct {
	EventID   string
	EventType string
	Attempt   int    // 1 is the first
	Status    int    // HTTP, or the code in a frame; 0 when nothing came back
	Err       string // "" when acknowledged
	At        time.Time
}

// delivery is one event on its way to one app.
type delivery struct {
	app       *app
	eventID   string
	eventType string
	body      []byte
	order     string
	attempt   int
	again     bool // an extra copy of an acknowledged event
}

// dispatch starts an event, or queues it behind the one of the same order key. Callers hold s.mu.
func (s *Server) dispatch(d *delivery) {
	if d.order != "" {
		key := d.app.ID + " " + d.order
		s.queues[key] = append(s.queues[key], d)
		if len(s.queues[key]) > 1 {
			return
		}
	}
	s.life.Spawn(func() { s.attempt(d) })
}

// attempt sends an event once and arranges what follows.
func (s *Server) attempt(d *delivery) {
	d.attempt++
	status, _, err := s.exchange(s.ctx, d.app, d.eventID, d.body)
	if s.ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remember(d, status, err)
	if err == nil && !d.again && s.faults.TakeRedelivery(d.eventType) {
		extra := *d
		extra.again, extra.order = true, ""
		s.life.Spawn(func() { s.attempt(&extra) })
	}
	if err != nil && d.attempt <= len(redeliveries) {
		s.life.After(redeliveries[d.attempt-1], func() { s.attempt(d) })
		return
	}
	if d.order == "" {
		return
	}
	key := d.app.ID + " " + d.order
	if s.queues[key] = s.queues[key][1:]; len(s.queues[key]) == 0 {
		delete(s.queues, key)
		return
	}
	next := s.queues[key][0]
	s.life.Spawn(func() { s.attempt(next) })
}

// remember notes an attempt and tells the bus. Callers hold s.mu.
func (s *Server) remember(d *delivery, status int, err error) {
	row := Delivery{EventID: d.eventID, EventType: d.eventType, Attempt: d.attempt, Status: status, At: s.now()}
	text := fmt.Sprintf("%s #%d %d", d.eventType, d.attempt, status)
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

// Why an exchange failed; the client shows a code for each.
var (
	errNowhere = errors.New("no callback address, or no long connection")
	errLate    = errors.New("no answer within 3 s")
	errTCP     = errors.New("can not connect")
	errStatus  = errors.New("not acknowledged")
)

// exchange hands one body over by the app's transport and returns the answer. err is nil only for an
// acknowledgement: HTTP 200, or code 200 in a frame.
func (s *Server) exchange(ctx context.Context, a *app, id string, body []byte) (status int, answer []byte, err error) {
	s.mu.Lock()
	transport, webhook := a.Transport, a.Webhook
	s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := s.clock.AfterFunc(answerTime, func() { cancel(errLate) })
	defer stop()
	if transport == TransportWebsocket {
		status, answer, err = s.overSocket(ctx, a, id, body)
	} else {
		status, answer, err = s.overHTTP(ctx, a, webhook, body)
	}
	if err != nil && errors.Is(context.Cause(ctx), errLate) {
		err = errLate
	}
	return status, answer, err
}

// overHTTP posts a body, sealed and signed when the app has an encrypt key.
func (s *Server) overHTTP(ctx context.Context, a *app, url string, body []byte) (int, []byte, error) {
	if url == "" {
		return 0, nil, errNowhere
	}
	if a.EncryptKey != "" {
		iv := make([]byte, 16)
		_, _ = rand.Read(iv) // never fails, by its contract
		body, _ = json.Marshal(map[string]string{"encrypt": encrypt(a.EncryptKey, iv, body)})
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, errNowhere
	}
	req.Header.Set("Content-Type", "application/json;charset=utf-8")
	if a.EncryptKey != "" {
		timestamp, nonce := strconv.FormatInt(s.clock.Now().Unix(), 10), random(20)
		req.Header.Set("X-Lark-Request-Timestamp", timestamp)
		req.Header.Set("X-Lark-Request-Nonce", nonce)
		req.Header.Set("X-Lark-Signature", signature(timestamp, nonce, a.EncryptKey, body))
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", errTCP, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return resp.StatusCode, nil, fmt.Errorf("%w: %w", errTCP, err)
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, answer, fmt.Errorf("%w: HTTP %d", errStatus, resp.StatusCode)
	}
	return resp.StatusCode, answer, nil
}

// Verify sends an app's request address the challenge that saving it in the console does, and checks that it
// comes back, with HTTP 200, within a second.
func (s *Server) Verify(ctx context.Context, connection string) error {
	s.mu.Lock()
	a := s.appNamed(connection)
	s.mu.Unlock()
	if a == nil {
		return fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	challenge := random(32)
	body, _ := json.Marshal(map[string]string{"challenge": challenge, "token": a.VerificationToken, "type": "url_verification"})
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := s.clock.AfterFunc(time.Second, func() { cancel(errLate) })
	defer stop()
	s.mu.Lock()
	webhook := a.Webhook
	s.mu.Unlock()
	_, answer, err := s.overHTTP(ctx, a, webhook, body)
	if err != nil {
		return fmt.Errorf("verify %s: %w", connection, err)
	}
	var got struct{ Challenge string }
	if err := json.Unmarshal(answer, &got); err != nil || got.Challenge != challenge {
		return fmt.Errorf("verify %s: the challenge did not come back", connection)
	}
	return nil
}
