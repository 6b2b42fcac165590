package loopback

import (
	"log/slog"
	"sync"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Platform is the loopback suite. Safe for concurrent use.
type Platform struct {
	secret []byte
	tenant string
	now    func() time.Time
	log    *slog.Logger
	pushed chan pushed // to Listen

	mu       sync.Mutex
	messages []Message
	byKey    map[string]int     // idempotency key → message
	script   map[string][]error // op → failures of the next calls; nil is a success
	users    []event.Account
	groups   []event.UserGroup
	chats    []chat
}

var (
	_ adapters.Platform      = (*Platform)(nil)
	_ adapters.Answerer      = (*Platform)(nil)
	_ adapters.CardEncoder   = (*Platform)(nil)
	_ adapters.Updater       = (*Platform)(nil)
	_ adapters.Recaller      = (*Platform)(nil)
	_ adapters.Urger         = (*Platform)(nil)
	_ adapters.ReceiptReader = (*Platform)(nil)
	_ adapters.Directory     = (*Platform)(nil)
	_ adapters.Grouper       = (*Platform)(nil)
	_ adapters.ChatManager   = (*Platform)(nil)
	_ adapters.Listener      = (*Platform)(nil)
)

// Message is what the suite keeps of a message.
type Message struct {
	ID       string
	To       event.Ref
	Text     string // of a card: all that it says
	Card     []byte // as the suite got it; nil for a text
	ReplyTo  string
	SentAt   time.Time
	Updates  int // how often its card was replaced
	Recalled bool
	Urged    []card.UrgeLevel
	ReadBy   []adapters.Reader
}

// maxCardBytes is as small as the smallest of the real suites'.
const maxCardBytes = 28 << 10

// Capabilities says what the loopback can do: everything but a delayed answer.
func (p *Platform) Capabilities() adapters.Capabilities {
	inputs := map[card.InputKind]bool{}
	for _, k := range []card.InputKind{card.InputText, card.InputLongText, card.InputNumber, card.InputSelect, card.InputMultiSelect,
		card.InputPerson, card.InputPeople, card.InputDate, card.InputDateTime, card.InputBool} {
		inputs[k] = true
	}
	return adapters.Capabilities{
		Platform: platformName, Transports: []string{"webhook", "websocket"},
		Answer: true, AnswerBudget: 3 * time.Second, Update: true, Recall: true, Urge: []card.UrgeLevel{card.UrgeApp},
		Receipts: true, Directory: true, Groups: true, Chats: true, Reply: true, SendKey: 24 * time.Hour, SendKeyMax: 256,
		MaxCardBytes: maxCardBytes, MaxTextBytes: 30 << 10, Inputs: inputs,
	}
}

func (p *Platform) scope() event.Scope { return event.Scope{Platform: platformName, Tenant: p.tenant} }

func (p *Platform) ref(k event.RefKind, id string) event.Ref {
	return event.Ref{Scope: p.scope(), Kind: k, ID: id}
}

// Fail has the next calls of an operation ("send", "update", "urge", …) fail, one error each; a nil is a
// success in between.
func (p *Platform) Fail(op string, errs ...error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script[op] = append(p.script[op], errs...)
}

// scripted takes the next failure. Called with the lock held.
func (p *Platform) scripted(op string) error {
	q := p.script[op]
	if len(q) == 0 {
		return nil
	}
	p.script[op] = q[1:]
	return q[0]
}

func failure(op string, k adapters.Kind, err error) error {
	return &adapters.Error{Op: op, Kind: k, Err: err}
}
