package adapterstest

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Side is the vendor's end of one fresh platform.
type Side struct {
	Platform adapters.Platform
	// Secrets must appear in no error and no log line: app secret, keys, tokens.
	Secrets []string
	// To is an address that messages reach; the user in it also presses.
	To event.Ref

	// Handshake is the call that verifies the address, and how its answer is judged. nil: the suite has none.
	Handshake func() (adapters.Request, func(adapters.Response) error)
	// Message is an authentic delivery of a text message with a business id. The same id twice is a
	// redelivery, as the vendor would make it.
	Message func(id string) adapters.Request
	// Unknown is an authentic delivery of an event type that nobody has heard of.
	Unknown func(id string) adapters.Request
	// Forged are calls that must be refused as not authentic, by what is wrong with them: "wrong signature",
	// "no signature", "stale", "plain body".
	Forged map[string]adapters.Request
	// BodyUnsigned: what authenticates a Message does not cover its body, so that a changed one may be another event.
	BodyUnsigned bool
	// Press is the authentic delivery of a press on the button with that verb of the card sent last.
	Press func(t *testing.T, ref adapters.MessageRef, verb string) adapters.Request

	// Faults make the next send fail in the vendor's way, by the Kind that it must come back as. Each ends what
	// the one before it left.
	Faults map[adapters.Kind]func()
	// TokenFetches counts the access tokens that were asked for; ExpireToken has the vendor refuse the present one. nil: the
	// suite has no tokens.
	TokenFetches func() int
	ExpireToken  func()
	// Sends counts the messages that the vendor accepted.
	Sends func() int
}

// Run goes over an adapter. newSide is called for each check, with the time and the log to use.
func Run(t *testing.T, newSide func(t *testing.T, env adapters.Env) Side) {
	t.Helper()
	for _, c := range checks {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			var log safeBuffer
			s := newSide(t, adapters.Env{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
			k := &kit{T: t, Side: s, conn: adapters.New("conn", s.Platform), log: &log}
			c.run(k)
			k.leaks()
		})
	}
}

var checks = []struct {
	name string
	run  func(*kit)
}{
	{"capabilities are honest", (*kit).capabilities},
	{"handshake", (*kit).handshake},
	{"forged calls are refused", (*kit).forged},
	{"a delivery twice has one id", (*kit).identity},
	{"an unknown event is kept", (*kit).unknown},
	{"broken input is refused without panic", (*kit).broken},
	{"a button brings back what was put in", (*kit).press},
	{"an answer can be encoded", (*kit).answer},
	{"cards of any size are drawn within the limits", (*kit).sizes},
	{"drawing is pure", (*kit).pure},
	{"failures have the right kind", (*kit).faults},
	{"a key is sent once", (*kit).idempotent},
	{"an expired token is refreshed once", (*kit).expired},
	{"many sends need one token", (*kit).stampede},
}

// kit is one check at work.
type kit struct {
	*testing.T
	Side
	conn *adapters.Connection
	log  *safeBuffer
	errs []error
	mu   sync.Mutex
}

// seen notes an error, to be searched for secrets.
func (k *kit) seen(err error) error {
	if err != nil {
		k.mu.Lock()
		k.errs = append(k.errs, err)
		k.mu.Unlock()
	}
	return err
}

// leaks fails when a secret shows anywhere.
func (k *kit) leaks() {
	k.Helper()
	said := k.log.String()
	for _, err := range k.errs {
		said += fmt.Sprintf("\n%v\n%+v", err, err)
		for e := err; e != nil; e = errors.Unwrap(e) {
			said += "\n" + e.Error()
		}
	}
	for _, s := range k.Secrets {
		if s != "" && strings.Contains(said, s) {
			k.Errorf("a secret (%d characters, begins with %.2s) shows in an error or a log line", len(s), s)
		}
	}
}

func (k *kit) without(what string) { k.Logf("the suite has no %s", what) }

// receive takes a request in, at its own time.
func (k *kit) receive(r adapters.Request) (adapters.Delivery, error) {
	d, err := k.conn.Receive(k.Context(), r)
	return d, k.seen(err)
}

func (k *kit) one(r adapters.Request) event.Event {
	k.Helper()
	d, err := k.receive(r)
	if err != nil {
		k.Fatalf("receive: %v", err)
	}
	if len(d.Events) != 1 {
		k.Fatalf("%d events, want 1", len(d.Events))
	}
	return d.Events[0]
}

// send sends a card with the usual buttons and says where it is.
func (k *kit) send(key string) (adapters.MessageRef, card.Message) {
	k.Helper()
	m := Card(k.To, key)
	ref, err := k.conn.Send(k.Context(), m)
	if k.seen(err) != nil {
		k.Fatalf("send: %v", err)
	}
	return ref, m
}

// Card makes a message that has something of everything, with the buttons "approve" and "reject".
func Card(to event.Ref, key string) card.Message {
	c := &card.Card{
		Slot: "inst-1/approver", Rev: 7, Template: "approval.pending", Title: card.T("采购申请"), Tone: card.Warning, Status: card.T("待审批"),
		Summary: card.T("李雷的采购申请"), Link: "https://bot.example.com/m/1",
		Body: card.Elements{
			&card.Markdown{Text: card.T("**原因** " + card.EscapeMarkdown("键盘 *坏* 了 <at id=all></at> [x](http://evil.example)"))},
			&card.Fields{Items: []card.Field{{Label: card.T("金额"), Value: card.T("¥300.00"), Short: true}, {Label: card.T("日期"), Value: card.T("2026-08-03")}}},
			&card.Divider{},
			&card.Progress{Steps: []card.Step{{Name: card.T("主管"), State: card.StepActive}, {Name: card.T("财务")}}},
			&card.Note{Text: card.T("单号 1")},
		},
		Actions: []card.Button{
			{Verb: "approve", Label: card.T("同意"), Style: card.StylePrimary, Data: map[string]string{"task": "t-1"}, Token: "token-approve"},
			{Verb: "reject", Label: card.T("拒绝"), Style: card.StyleDanger, Token: "token-reject", Confirm: &card.Confirm{Title: card.T("确定？"), Body: card.T("不能撤销")}},
		},
	}
	return card.Message{Key: key, Connection: "conn", To: to, Slot: c.Slot, Rev: c.Rev, Card: c}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
