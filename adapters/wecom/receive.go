package wecom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
)

const (
	// answerBudget is WeCom's own limit for an answer, end to end.
	answerBudget = 5 * time.Second
	// ahead is how far a signed time may lie in the future.
	ahead = 5 * time.Minute
	// maxBody is how large a body may be; WeCom's stay far below.
	maxBody = 1 << 20
)

// receiver authenticates and decodes what WeCom sends to one address. Safe for concurrent use.
//
// What is signed is the encrypted text alone, with a time and a nonce of the address. The signature is
// checked first, then the age, then the text is opened, and the id in it compared with ours.
type receiver struct {
	scoped
	connection string
	robot      bool
	sealers    []*sealer // the app's, then the contact assistant's
	maxAge     time.Duration
	now        func() time.Time
	log        *slog.Logger
}

func newReceiver(cfg Config, now func() time.Time, log *slog.Logger) (*receiver, error) {
	r := &receiver{
		scoped: cfg.scoped(), connection: cfg.ID, robot: cfg.Kind == KindRobot, maxAge: cfg.MaxAge, now: now, log: log,
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	receive := cfg.CorpID
	if r.robot {
		receive = "" // WeCom leaves it empty for robots
	}
	if !cfg.Token.IsZero() {
		s, err := newSealer(cfg.Token.Reveal(), cfg.AESKey.Reveal(), receive)
		if err != nil {
			return nil, fmt.Errorf("aes_key: %w", err)
		}
		r.sealers = append(r.sealers, s)
	}
	if !cfg.ContactToken.IsZero() {
		s, err := newSealer(cfg.ContactToken.Reveal(), cfg.ContactAESKey.Reveal(), cfg.CorpID)
		if err != nil {
			return nil, fmt.Errorf("contact_aes_key: %w", err)
		}
		r.sealers = append(r.sealers, s)
	}
	return r, nil
}

// scoped makes references of the connection's app or robot. The robot's own id is not known before it writes, and
// is not needed: the connection's name keeps its chats apart.
func (c *Config) scoped() scoped {
	if c.Kind == KindRobot {
		return scoped{c.CorpID, "robot:" + c.ID}
	}
	return scoped{c.CorpID, strconv.FormatInt(c.AgentID, 10)}
}

// Receive authenticates one callback and decodes it. See adapters.Platform for the errors.
//
// What is authentic but is not XML (JSON, of a robot), or makes no sense, is kept as an unknown event: a
// refusal would only have it repeated, and then lost.
func (r *receiver) Receive(_ context.Context, req adapters.Request) (adapters.Delivery, error) {
	received := req.ReceivedAt
	if received.IsZero() {
		received = r.now()
	}
	received = received.UTC().Truncate(time.Millisecond)
	switch {
	case len(r.sealers) == 0:
		return adapters.Delivery{}, r.refuse("this connection takes no callbacks")
	case len(req.Body) > maxBody:
		return adapters.Delivery{}, r.refuse("body of %d bytes", len(req.Body))
	case req.Method == http.MethodGet:
		// Some servers on the way turn an unescaped + into a space.
		echo, ok := oneValue(req.Query, "echostr")
		if !ok || echo == "" {
			return adapters.Delivery{}, r.refuse("a GET without echostr")
		}
		plain, _, err := r.unseal(req, strings.ReplaceAll(echo, " ", "+"), received)
		if err != nil {
			return adapters.Delivery{}, err
		}
		return adapters.Delivery{Response: adapters.Response{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: plain}}, nil
	case req.Method != "" && req.Method != http.MethodPost:
		return adapters.Delivery{}, r.refuse("method %.10q", req.Method)
	}
	sealed, err := r.envelope(req.Body)
	if err != nil {
		return adapters.Delivery{}, r.refuse("the envelope can't be read: %v", err)
	}
	plain, nonce, err := r.unseal(req, sealed, received)
	if err != nil {
		return adapters.Delivery{}, err
	}
	return r.deliver(plain, received, nonce), nil
}

// deliver decodes what is authentic. It never fails. Robots' polls for a stream of ours make no event.
func (r *receiver) deliver(plain []byte, received time.Time, nonce string) adapters.Delivery {
	d := &decoder{scoped: r.scoped, raw: plain, received: received, log: r.log, connection: r.connection}
	var ev event.Event
	if r.robot {
		ev = d.robot(nonce)
	} else {
		ev = d.app()
	}
	return adapters.Delivery{Events: []event.Event{ev}, Response: adapters.Response{Status: http.StatusOK}}
}

// envelope finds the encrypted text.
func (r *receiver) envelope(body []byte) (string, error) {
	if r.robot {
		var in struct {
			Encrypt string `json:"encrypt"`
		}
		if err := checkJSON(body); err != nil {
			return "", err
		}
		if err := json.Unmarshal(body, &in); err != nil || in.Encrypt == "" {
			return "", errors.New("no encrypt")
		}
		return in.Encrypt, nil
	}
	n, err := parseXML(body)
	if err != nil {
		return "", err
	}
	if found := n.all("Encrypt"); len(found) != 1 || len(found[0].kids) > 0 || n.name != "xml" {
		return "", errors.New("no Encrypt, or more than one")
	}
	return n.str("Encrypt"), nil
}

// unseal checks the signature and the age of encrypted text, and opens it.
func (r *receiver) unseal(req adapters.Request, sealed string, received time.Time) (plain []byte, nonce string, err error) {
	sig, ok1 := oneValue(req.Query, "msg_signature")
	ts, ok2 := oneValue(req.Query, "timestamp")
	nonce, ok3 := oneValue(req.Query, "nonce")
	if !ok1 || !ok2 || !ok3 || sig == "" || ts == "" {
		return nil, "", r.refuse("the signature is missing")
	}
	var by *sealer
	for _, s := range r.sealers {
		if s.signed(sig, ts, nonce, sealed) && by == nil {
			by = s
		}
	}
	if by == nil {
		return nil, "", r.refuse("the signature is wrong")
	}
	at, err := strconv.ParseInt(ts, 10, 64)
	if err != nil {
		return nil, "", r.refuse("the timestamp is not a time")
	}
	switch age := received.Sub(time.Unix(at, 0)); {
	case age > r.maxAge:
		return nil, "", r.refuse("stale: signed %s ago, the limit is %s", age.Round(time.Second), r.maxAge)
	case age < -ahead:
		return nil, "", r.refuse("signed %s in the future", (-age).Round(time.Second))
	}
	plain, err = by.open(sealed)
	if err != nil {
		return nil, "", r.refuse("%v", err)
	}
	return plain, nonce, nil
}

// oneValue returns a parameter that comes exactly once: another server on the way might have looked at the
// other one.
func oneValue(q url.Values, key string) (string, bool) {
	if v := q[key]; len(v) == 1 {
		return v[0], true
	}
	return "", false
}

// refuse makes the error for what is not authentic. The text is for our log only.
func (r *receiver) refuse(format string, args ...any) error {
	return r.fail(adapters.KindUnauthenticated, fmt.Errorf(format, args...))
}

func (r *receiver) fail(kind adapters.Kind, err error) error {
	return &adapters.Error{Connection: r.connection, Op: "receive", Kind: kind, Err: err}
}
