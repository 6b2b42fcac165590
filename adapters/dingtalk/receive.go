package dingtalk

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

const (
	// answerBudget is DingTalk's limit for the answer to a press, end to end; for events it is 1.5 s in one
	// place of its documents and 2.5 s in another.
	answerBudget = 2 * time.Second
	// pressAge is how old a signed press may be, and how far any signed time may lie in the future.
	pressAge = 10 * time.Minute
	// maxBody is how large a body may be; DingTalk's stay far below.
	maxBody = 1 << 20

	headerRobotTime = "Timestamp"
	headerRobotSign = "Sign"
	headerCardTime  = "X-Ddpaas-Signature-Timestamp"
	headerCardSign  = "X-Ddpaas-Signature"
)

// receiver authenticates and decodes what DingTalk sends to one app. Safe for concurrent use.
type receiver struct {
	cfg    Config
	sealer *sealer // nil without an aes_key
	secret string
	card   string
	token  string
	now    func() time.Time
	log    *slog.Logger
	random func([]byte) // fills with random bytes

	staleTemplate atomic.Int64 // presses that came from another version of our templates
}

func newReceiver(cfg Config, now func() time.Time, log *slog.Logger) *receiver {
	r := &receiver{
		cfg: cfg, secret: cfg.ClientSecret.Reveal(), card: cfg.CardSecret.Reveal(), token: cfg.Token.Reveal(),
		now: now, log: log, random: func(b []byte) { _, _ = rand.Read(b) }, // never fails
	}
	if s, err := newSealer(cfg.AESKey.Reveal()); err == nil {
		r.sealer = &s
	}
	return r
}

// Receive authenticates one callback and decodes it. What it is, its form says: an encrypted body is an event,
// the headers of a signature name a message to the robot or a press on a card.
func (r *receiver) Receive(req adapters.Request) (adapters.Delivery, error) {
	received := req.ReceivedAt
	if received.IsZero() {
		received = r.now()
	}
	if req.Method != "" && req.Method != http.MethodPost {
		return adapters.Delivery{}, r.refuse("method %.10q", req.Method)
	}
	if len(req.Body) > maxBody {
		return adapters.Delivery{}, r.refuse("body of %d bytes", len(req.Body))
	}
	switch {
	case req.Header.Get(headerCardSign) != "":
		return r.receivePress(req, received)
	case req.Header.Get(headerRobotSign) != "":
		return r.receiveMessage(req, received)
	}
	return r.receiveEvent(req, received)
}

// receiveEvent takes an encrypted event.
func (r *receiver) receiveEvent(req adapters.Request, received time.Time) (adapters.Delivery, error) {
	if r.sealer == nil || r.token == "" {
		return adapters.Delivery{}, r.refuse("neither a message nor a press, and token and aes_key are not configured")
	}
	timestamp, nonce := oneOf(req.Query, "timestamp", "timeStamp"), oneOf(req.Query, "nonce")
	given := oneOf(req.Query, "msg_signature", "signature")
	if given == "" || timestamp == "" {
		return adapters.Delivery{}, r.refuse("no signature")
	}
	encrypt := sealedText(req.Body)
	if encrypt == "" {
		return adapters.Delivery{}, r.refuse("the body is not {\"encrypt\": …}")
	}
	if !same(given, signature(r.token, timestamp, nonce, encrypt)) {
		return adapters.Delivery{}, r.refuse("the signature is wrong: is token the one of the console?")
	}
	if err := r.checkAge(timestamp, received, r.cfg.MaxAge); err != nil {
		return adapters.Delivery{}, err
	}
	plain, owner, err := r.sealer.open([]byte(encrypt))
	if err != nil {
		return adapters.Delivery{}, r.refuse("%w", err)
	}
	if !slices.Contains(r.cfg.owners(), string(owner)) {
		return adapters.Delivery{}, r.refuse("%w", errOwner)
	}
	answer := "success"
	env, err := flatEnvelope(plain)
	if err != nil {
		d, err := r.keep(plain, "", received, err)
		if err == nil {
			d.Response = r.encrypted(answer, string(owner))
		}
		return d, err
	}
	switch env.typ {
	case "check_url":
		return adapters.Delivery{Response: r.encrypted(answer, string(owner))}, nil
	case "check_create_suite_url", "check_update_suite_url":
		answer = env.random
		return adapters.Delivery{Response: r.encrypted(answer, string(owner))}, nil
	}
	if err := r.checkCorp(env.corp); err != nil {
		return adapters.Delivery{}, err
	}
	ev := r.decodeEvent(env, received)
	return adapters.Delivery{Events: []event.Event{ev}, Response: r.encrypted(answer, string(owner))}, nil
}

// keep takes a body that is authentic as a whole and can't be read: as an unknown event, since a refusal would only
// have it repeated, and then lost. why is what is wrong with it; of nothing at all it is the error.
func (r *receiver) keep(raw []byte, delivery string, received time.Time, why error) (adapters.Delivery, error) {
	if len(raw) == 0 {
		return adapters.Delivery{}, r.fail(adapters.KindInvalid, why)
	}
	r.log.Warn("an authentic body can't be read and is kept as unknown", "connection", r.cfg.ID, "err", why, "bytes", len(raw))
	env := envelope{typ: unreadable, data: raw, raw: raw, frame: delivery}
	return adapters.Delivery{Events: []event.Event{r.decodeEvent(env, received)}}, nil
}

// sealedText is what stands in {"encrypt": …}; "" where the body is something else.
func sealedText(body []byte) string {
	const open, end = `{"encrypt":"`, `"}`
	if n := len(body) - len(end); n > len(open) && string(body[:len(open)]) == open && string(body[n:]) == end && plainText(body[len(open):n]) {
		return string(body[len(open):n])
	}
	var outer struct {
		Encrypt string `json:"encrypt"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return ""
	}
	return outer.Encrypt
}

// receiveMessage takes what somebody wrote to the robot. The signature covers only the time: a copy of it is
// found by its msgId like any redelivery, and what can't be read is nobody's word and is refused.
func (r *receiver) receiveMessage(req adapters.Request, received time.Time) (adapters.Delivery, error) {
	timestamp, sign := oneHeader(req.Header, headerRobotTime), oneHeader(req.Header, headerRobotSign)
	if timestamp == "" || !same(sign, robotSign(r.secret, timestamp)) {
		return adapters.Delivery{}, r.refuse("the signature of a message is wrong: is client_secret the one of the console?")
	}
	if err := r.checkAge(timestamp, received, time.Hour); err != nil {
		return adapters.Delivery{}, err
	}
	return r.message(req.Body, "", received)
}

// message decodes a message to the robot that is authentic.
func (r *receiver) message(body []byte, delivery string, received time.Time) (adapters.Delivery, error) {
	ev, err := r.decodeMessage(body, delivery, stamp(received))
	if err != nil {
		return adapters.Delivery{}, err
	}
	return adapters.Delivery{Events: []event.Event{ev}}, nil
}

// receivePress takes a press on a card. The signature covers only the time, so that what can't be read is refused.
func (r *receiver) receivePress(req adapters.Request, received time.Time) (adapters.Delivery, error) {
	timestamp, sign := oneHeader(req.Header, headerCardTime), oneHeader(req.Header, headerCardSign)
	if timestamp == "" || !same(sign, cardSign(r.card, timestamp)) {
		return adapters.Delivery{}, r.refuse("the signature of a press is wrong: was the callback registered with another card_secret?")
	}
	if err := r.checkAge(timestamp, received, pressAge); err != nil {
		return adapters.Delivery{}, err
	}
	return r.press(req.Body, timestamp, received)
}

// press decodes a press that is authentic. delivery tells one delivery from the next.
func (r *receiver) press(body []byte, delivery string, received time.Time) (adapters.Delivery, error) {
	ev, err := r.decodePress(body, delivery, stamp(received))
	if err != nil {
		return adapters.Delivery{}, err
	}
	d := adapters.Delivery{Response: jsonResponse([]byte("{}"))}
	if ev.Kind != "" {
		d.Events = []event.Event{ev}
	}
	return d, nil
}

// checkAge refuses what was signed too long ago or too far ahead.
func (r *receiver) checkAge(timestamp string, received time.Time, limit time.Duration) error {
	at := parseTime(timestamp)
	if _, err := strconv.ParseUint(timestamp, 10, 63); err != nil || at.IsZero() {
		return r.refuse("the timestamp is not a time")
	}
	switch age := received.Sub(at); {
	case age > limit:
		return r.refuse("stale: signed %s ago, the limit is %s", age.Round(time.Second), limit)
	case age < -pressAge:
		return r.refuse("signed %s in the future", (-age).Round(time.Second))
	}
	return nil
}

// checkCorp makes sure that a body is for our organisation.
func (r *receiver) checkCorp(corp string) error {
	if corp != "" && corp != r.cfg.CorpID {
		return r.refuse("for organisation %.40q, not ours", corp)
	}
	return nil
}

// encrypted is the answer to an event: the word, encrypted and signed as events are.
// Source: DingTalk Open Platform, "HTTP callback", response, checked 2026-08.
func (r *receiver) encrypted(word, owner string) adapters.Response {
	var random [headBytes + 8]byte
	r.random(random[:])
	timestamp := strconv.FormatInt(r.now().UnixMilli(), 10)
	nonce := hex.EncodeToString(random[headBytes:])
	sealed := r.sealer.seal(word, owner, random[:headBytes])
	body := make([]byte, 0, len(sealed)+160)
	body = append(body, `{"msg_signature":"`...)
	body = append(body, signature(r.token, timestamp, nonce, sealed)...)
	body = append(body, `","timeStamp":"`...)
	body = append(body, timestamp...)
	body = append(body, `","nonce":"`...)
	body = append(body, nonce...)
	body = append(body, `","encrypt":"`...)
	body = append(body, sealed...)
	return jsonResponse(append(body, `"}`...))
}

// refuse makes the error for what is not authentic. The text is for our log only.
func (r *receiver) refuse(format string, args ...any) error {
	return r.fail(adapters.KindUnauthenticated, fmt.Errorf(format, args...))
}

func (r *receiver) fail(kind adapters.Kind, err error) error {
	return &adapters.Error{Connection: r.cfg.ID, Op: "receive", Kind: kind, Err: err}
}

var errNoObject = errors.New("the body is not a JSON object")

// isObject looks at the first character only.
func isObject(b []byte) bool {
	b = bytes.TrimSpace(b)
	return len(b) > 0 && b[0] == '{'
}

// oneOf returns the value of the first of some parameters that comes exactly once.
func oneOf(q url.Values, keys ...string) string {
	for _, k := range keys {
		if v := q[k]; len(v) == 1 && v[0] != "" {
			return v[0]
		}
	}
	return ""
}

// oneHeader returns the value of a header that comes exactly once.
func oneHeader(h http.Header, key string) string {
	if v := h.Values(key); len(v) == 1 {
		return v[0]
	}
	return ""
}

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// jsonResponse is 200 with a JSON body.
func jsonResponse(body []byte) adapters.Response {
	return adapters.Response{Status: http.StatusOK, ContentType: "application/json; charset=utf-8", Body: body}
}
