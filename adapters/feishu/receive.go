package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/config"
)

const (
	// answerBudget is Feishu's own limit for an answer, end to end, for events and presses alike. A press
	// is never delivered a second time.
	answerBudget = 3 * time.Second
	// pressAge is how old a signed press may be, and how far any signed time may lie in the future. A
	// press is never repeated by Feishu, so an old one is a replay.
	pressAge = 5 * time.Minute
	// eventAge is the default of receiverOptions.MaxAge: Feishu repeats an event for about 7.1 h.
	eventAge = 8 * time.Hour

	// maxBody is how large a body may be; Feishu's stay far below.
	maxBody = 1 << 20
	// maxUnsigned is how large a body may be that we decrypt although its signature does not fit: the
	// request that verifies the address is not signed, and it is small.
	maxUnsigned = 4 << 10

	headerTimestamp = "X-Lark-Request-Timestamp"
	headerNonce     = "X-Lark-Request-Nonce"
	headerSignature = "X-Lark-Signature"
)

// receiverOptions is what a receiver is made from.
type receiverOptions struct {
	Connection        string // name in the config, for errors
	AppID             string
	Tenant            string // tenant_key; "" takes any, and references carry what the body says
	EncryptKey        config.Secret
	VerificationToken config.Secret
	MaxAge            time.Duration    // how old a signed event may be; 0 is eventAge
	Now               func() time.Time // nil: time.Now
	Log               *slog.Logger     // nil: discards
}

// receiver authenticates and decodes what Feishu sends to one app. Safe for concurrent use.
//
// With an encrypt key, a body must be encrypted and signed: the signature over the raw bytes is checked
// first, then the body is opened, then the verification token (if one is set) and the app are compared. What is signed
// so and can't be read is kept as an unknown event: a refusal would only have it repeated, and then lost.
// Without one, the verification token is all there is. The request that verifies the address
// (url_verification) is not signed by Feishu and is answered on its token alone; it never yields an event.
type receiver struct {
	connection string
	appID      string
	tenant     string
	encryptKey string
	token      string
	sealer     sealer
	maxAge     time.Duration
	now        func() time.Time
	log        *slog.Logger
	bot        atomic.Pointer[string] // our bot's open_id once known
}

// newReceiver makes a receiver. Without any secret it accepts nothing over HTTP: only DecodeSocket works.
func newReceiver(o receiverOptions) *receiver {
	r := &receiver{
		connection: o.Connection, appID: o.AppID, tenant: o.Tenant,
		encryptKey: o.EncryptKey.Reveal(), token: o.VerificationToken.Reveal(),
		maxAge: o.MaxAge, now: o.Now, log: o.Log,
	}
	if r.encryptKey != "" {
		r.sealer = newSealer(r.encryptKey)
	}
	if r.maxAge == 0 {
		r.maxAge = eventAge
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	return r
}

// setBot tells the bot's own open_id. Until then any bot that is mentioned is taken for ours.
func (r *receiver) setBot(openIDForm string) { r.bot.Store(&openIDForm) }

func (r *receiver) botID() string {
	if p := r.bot.Load(); p != nil {
		return *p
	}
	return ""
}

// Receive authenticates one callback and decodes it. See adapters.Platform for the errors.
func (r *receiver) Receive(_ context.Context, req adapters.Request) (adapters.Delivery, error) {
	received := req.ReceivedAt
	if received.IsZero() {
		received = r.now()
	}
	env, err := r.authenticate(req, received)
	if err != nil {
		return adapters.Delivery{}, err
	}
	if env.shape == shapeChallenge {
		body, err := json.Marshal(map[string]string{"challenge": env.challenge})
		if err != nil {
			return adapters.Delivery{}, r.fail(adapters.KindInvalid, err)
		}
		return adapters.Delivery{Response: jsonResponse(body)}, nil
	}
	return r.deliver(env, received), nil
}

// DecodeSocket decodes one payload of the long connection, where the connection itself is what
// authenticates: there is no signature, and the token is not checked. What can't be read is kept as unknown. Errors:
// KindInvalid when there is nothing to keep, KindUnauthenticated when it is meant for another app.
func (r *receiver) DecodeSocket(_ context.Context, raw []byte, receivedAt time.Time) (adapters.Delivery, error) {
	env, err := parseCallback(raw)
	switch {
	case len(raw) == 0:
		return adapters.Delivery{}, r.fail(adapters.KindInvalid, err)
	case err != nil:
		env = r.keepUnreadable(raw, err)
	case env.shape == shapeChallenge:
		return adapters.Delivery{}, r.fail(adapters.KindInvalid, errors.New("url_verification over the long connection"))
	}
	if err := r.checkOwner(env); err != nil {
		return adapters.Delivery{}, err
	}
	return r.deliver(env, receivedAt), nil
}

// deliver decodes an authenticated body. It never fails: what is not understood stays an unknown event.
func (r *receiver) deliver(env callback, received time.Time) adapters.Delivery {
	ev := r.decode(env, received.UTC().Truncate(time.Millisecond))
	return adapters.Delivery{Events: []event.Event{ev}, Response: jsonResponse([]byte("{}"))}
}

// authenticate turns a request into a callback that we believe.
func (r *receiver) authenticate(req adapters.Request, received time.Time) (callback, error) {
	if req.Method != "" && req.Method != http.MethodPost {
		return callback{}, r.refuse("method %.10q", req.Method)
	}
	if len(req.Body) > maxBody {
		return callback{}, r.refuse("body of %d bytes", len(req.Body))
	}
	var (
		env callback
		err error
	)
	switch {
	case r.encryptKey != "":
		env, err = r.authenticateEncrypted(req, received)
	case r.token != "":
		env, err = r.authenticatePlain(req, received)
	default:
		err = r.refuse("neither encrypt key nor verification token is configured")
	}
	if err != nil {
		return callback{}, err
	}
	if env.shape != shapeChallenge {
		if err := r.checkOwner(env); err != nil {
			return callback{}, err
		}
	}
	return env, nil
}

// authenticateEncrypted is the way of a connection with an encrypt key.
func (r *receiver) authenticateEncrypted(req adapters.Request, received time.Time) (callback, error) {
	sig := r.checkSignature(req)
	if sig == signedNot && len(req.Body) > maxUnsigned {
		return callback{}, r.refuse("the signature is missing or wrong")
	}
	var outer object
	if err := outer.read(req.Body); err != nil {
		return callback{}, r.refuse("the body can't be read: %v", err)
	}
	sealed := innerText(outer.get("encrypt"))
	if len(sealed) == 0 || outer.n != 1 {
		return callback{}, r.refuse("a plain body, though an encrypt key is configured")
	}
	plain, err := r.sealer.open(sealed)
	if err != nil {
		return callback{}, r.refuse("%v", err)
	}
	env, err := parseCallback(plain)
	switch {
	case err != nil && sig == signedEvent && len(plain) > 0:
		env = r.keepUnreadable(plain, err)
		return env, r.checkAge(req, env, received)
	case err != nil && sig != signedNot:
		return callback{}, r.fail(adapters.KindInvalid, err)
	case err != nil:
		return callback{}, r.refuse("the signature is missing or wrong")
	case env.shape == shapeChallenge:
		return env, r.checkChallenge(env, sig)
	case sig == signedNot:
		return callback{}, r.refuse("the signature is missing or wrong")
	case sig == signedLegacy && env.shape != shapePress:
		return callback{}, r.refuse("an event that is signed like an old card callback")
	case env.shape == shapeEvent && r.token != "" && !sameSecret(env.token, r.token):
		return callback{}, r.refuse("the verification token is wrong")
	}
	return env, r.checkAge(req, env, received)
}

// authenticatePlain is the way of a connection that has only a verification token.
func (r *receiver) authenticatePlain(req adapters.Request, received time.Time) (callback, error) {
	env, err := parseCallback(req.Body)
	if err != nil {
		var outer object
		if outer.read(req.Body) == nil && outer.get("encrypt") != nil {
			return callback{}, r.refuse("an encrypted body, though no encrypt key is configured")
		}
		return callback{}, r.refuse("the body can't be read: %v", err)
	}
	switch env.shape {
	case shapeChallenge:
		return env, r.checkChallenge(env, signedNot)
	case shapePress:
		// The token inside is the click's own; only the signature says who sent it.
		if r.checkSignature(req) != signedLegacy {
			return callback{}, r.refuse("the signature of an old card callback is missing or wrong")
		}
	default:
		if !sameSecret(env.token, r.token) {
			return callback{}, r.refuse("the verification token is wrong")
		}
	}
	return env, r.checkAge(req, env, received)
}

// keepUnreadable takes an authentic body that can't be read.
func (r *receiver) keepUnreadable(raw []byte, err error) callback {
	r.log.Warn("an authentic body can't be read and is kept as unknown", "connection", r.connection, "err", err, "bytes", len(raw))
	return unknownCallback(raw)
}

// checkChallenge decides about url_verification: by its token, or, where none is configured, by a signature.
func (r *receiver) checkChallenge(env callback, sig signed) error {
	switch {
	case env.challenge == "":
		return r.refuse("url_verification without a challenge")
	case r.token == "" && sig == signedEvent:
		return nil
	case r.token == "":
		return r.refuse("url_verification without a signature can only be checked with verification_token, which is not configured")
	case !sameSecret(env.token, r.token):
		return r.refuse("the verification token of url_verification is wrong")
	}
	return nil
}

// signed says what the signature of a request is worth.
type signed int

const (
	signedNot    signed = iota // none, or a wrong one
	signedEvent                // SHA-256 with the encrypt key
	signedLegacy               // SHA-1 with the verification token
)

// checkSignature compares the signature header with both formulas. A header that comes twice counts as
// missing: another server on the way might have looked at the other one.
func (r *receiver) checkSignature(req adapters.Request) signed {
	ts, nonce, given := oneHeader(req.Header, headerTimestamp), oneHeader(req.Header, headerNonce), oneHeader(req.Header, headerSignature)
	switch {
	case given == "" || ts == "":
		return signedNot
	case r.encryptKey != "" && signedBy(given, ts, nonce, r.encryptKey, req.Body):
		return signedEvent
	case r.token != "" && sameSecret(given, signatureLegacy(ts, nonce, r.token, req.Body)):
		return signedLegacy
	}
	return signedNot
}

// oneHeader returns the value of a header that comes exactly once.
func oneHeader(h http.Header, key string) string {
	if v := h.Values(key); len(v) == 1 {
		return v[0]
	}
	return ""
}

// checkAge refuses what was signed too long ago or too far ahead. A plain request without a timestamp has
// no age; its copies are found by their id like every other.
func (r *receiver) checkAge(req adapters.Request, env callback, received time.Time) error {
	text := oneHeader(req.Header, headerTimestamp)
	if text == "" {
		return nil
	}
	at := parseTime(text)
	if at.IsZero() {
		return r.refuse("the timestamp is not a time")
	}
	limit := r.maxAge
	if isPress(env) {
		limit = min(limit, pressAge)
	}
	switch age := received.Sub(at); {
	case age > limit:
		return r.refuse("stale: signed %s ago, the limit is %s", age.Round(time.Second), limit)
	case age < -pressAge:
		return r.refuse("signed %s in the future", (-age).Round(time.Second))
	}
	return nil
}

// checkOwner makes sure that the body is for our app and tenant.
func (r *receiver) checkOwner(env callback) error {
	if env.appID != "" && r.appID != "" && env.appID != r.appID {
		return r.refuse("for app %.40q, not ours", env.appID)
	}
	if env.tenant != "" && r.tenant != "" && env.tenant != r.tenant {
		return r.refuse("for tenant %.40q, not ours", env.tenant)
	}
	return nil
}

// refuse makes the error for what is not authentic. The text is for our log only.
func (r *receiver) refuse(format string, args ...any) error {
	return r.fail(adapters.KindUnauthenticated, fmt.Errorf(format, args...))
}

func (r *receiver) fail(kind adapters.Kind, err error) error {
	return &adapters.Error{Connection: r.connection, Op: "receive", Kind: kind, Err: err}
}

// jsonResponse is 200 with a JSON body.
func jsonResponse(body []byte) adapters.Response {
	return adapters.Response{Status: http.StatusOK, ContentType: "application/json; charset=utf-8", Body: body}
}
