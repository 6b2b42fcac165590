package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// outbox is a small working Outbox: leases, fencing, slots, newest content wins.
type outbox struct {
	mu    sync.Mutex
	rows  map[string]*stored
	slots map[string]*slot
	// what happened, for the tests
	sent   []string // "id@rev"
	buried map[string]string
	given  []given
	fail   func(what string) error
}

type given struct {
	ID, Cause string
	At        time.Time
	Uncertain bool
}

type stored struct {
	o     adapters.Outgoing
	runAt time.Time
}

type slot struct {
	ref adapters.MessageRef
	rev int64
}

func newOutbox() *outbox {
	return &outbox{rows: map[string]*stored{}, slots: map[string]*slot{}, buried: map[string]string{}}
}

// put adds or replaces a row that is due.
func (b *outbox) put(id string, runAt time.Time, m card.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.Connection == "" {
		m.Connection = "c"
	}
	if m.Key == "" {
		m.Key = id + "/" + fmt.Sprint(m.Rev)
	}
	if s := b.rows[id]; s != nil {
		if m.Rev < s.o.Message.Rev {
			return
		}
		s.o.Gen++
		s.o.Message, s.runAt = m, runAt
		return
	}
	b.rows[id] = &stored{o: adapters.Outgoing{ID: id, Gen: 1, Message: m, CreatedAt: time.Now()}, runAt: runAt}
}

func (b *outbox) lease(s *stored, now time.Time, d time.Duration) (adapters.Outgoing, bool) {
	if s.o.Lease.Until.After(now) {
		return s.o, false
	}
	s.o.Attempt++
	if s.o.Lease.Token != "" { // whoever held it is gone
		s.o.Uncertain = true
	}
	s.o.Lease = adapters.Lease{Token: fmt.Sprint(s.o.ID, s.o.Attempt, now.UnixNano()), Until: now.Add(d)}
	name := s.o.Message.Slot
	if s.o.Message.Urge != nil {
		name = s.o.Message.Urge.Slot
	}
	if sl := b.slots[name]; sl != nil && name != "" {
		ref := sl.ref
		s.o.Ref, s.o.ShownRev = &ref, sl.rev
	}
	return s.o, true
}

func (b *outbox) Lease(_ context.Context, now time.Time, n int, d time.Duration) ([]adapters.Outgoing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.failing("lease"); err != nil {
		return nil, err
	}
	var out []adapters.Outgoing
	due := make([]*stored, 0, len(b.rows))
	for _, s := range b.rows {
		if !s.runAt.After(now) {
			due = append(due, s)
		}
	}
	slices.SortFunc(due, func(x, y *stored) int { return x.runAt.Compare(y.runAt) })
	for _, s := range due {
		if len(out) == n {
			break
		}
		if o, ok := b.lease(s, now, d); ok {
			out = append(out, o)
		}
	}
	return out, nil
}

func (b *outbox) LeaseIDs(_ context.Context, ids []string, now time.Time, d time.Duration) ([]adapters.Outgoing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []adapters.Outgoing
	for _, id := range ids {
		if s := b.rows[id]; s != nil {
			if o, ok := b.lease(s, now, d); ok {
				out = append(out, o)
			}
		}
	}
	return out, nil
}

var errLost = errors.New("the lease was lost")

func (b *outbox) held(o adapters.Outgoing) (*stored, error) {
	s := b.rows[o.ID]
	if s == nil || s.o.Lease.Token != o.Lease.Token {
		return nil, errLost
	}
	return s, nil
}

func (b *outbox) failing(what string) error {
	if b.fail != nil {
		return b.fail(what)
	}
	return nil
}

func (b *outbox) Sent(_ context.Context, o adapters.Outgoing, ref adapters.MessageRef, at time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.failing("sent"); err != nil {
		return err
	}
	if n := o.Message.Slot; n != "" {
		b.slots[n] = &slot{ref, o.Message.Rev}
	}
	b.sent = append(b.sent, fmt.Sprintf("%s@%d", o.ID, o.Message.Rev))
	s, err := b.held(o)
	if err != nil {
		return err
	}
	if s.o.Gen != o.Gen {
		s.o.Lease, s.o.Attempt, s.runAt = adapters.Lease{}, 0, at
		return nil
	}
	delete(b.rows, o.ID)
	return nil
}

func (b *outbox) Reschedule(_ context.Context, o adapters.Outgoing, at time.Time, cause string, uncertain bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, err := b.held(o)
	if err != nil {
		return err
	}
	if cause == "" {
		s.o.Attempt--
	}
	s.o.Lease, s.o.Uncertain = adapters.Lease{}, uncertain
	if s.o.Gen == o.Gen {
		s.runAt = at
	}
	b.given = append(b.given, given{o.ID, cause, at, uncertain})
	return nil
}

func (b *outbox) Bury(_ context.Context, o adapters.Outgoing, cause string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.held(o); err != nil {
		return err
	}
	delete(b.rows, o.ID)
	b.buried[o.ID] = cause
	return nil
}

func (b *outbox) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.rows)
}

// suite is a platform whose calls take time and fail as told. It notes each call's time.
type suite struct {
	caps adapters.Capabilities
	took time.Duration

	mu    sync.Mutex
	calls []call
	// each call takes the next error; nil entries succeed. Past the end all succeed.
	script []error
	inCall map[string]int
	most   int // calls at the same time for one slot
}

type call struct {
	Op, Key string
	Rev     int64
	At      time.Time
	Reply   bool
	Handles []event.Handle // of the message that is changed
}

func (s *suite) Capabilities() adapters.Capabilities { return s.caps }

func (s *suite) Receive(context.Context, adapters.Request) (adapters.Delivery, error) {
	return adapters.Delivery{}, errors.New("not used")
}

func (s *suite) do(ctx context.Context, op string, m card.Message, handles ...event.Handle) (adapters.MessageRef, error) {
	s.mu.Lock()
	s.calls = append(s.calls, call{op, m.Key, m.Rev, time.Now(), m.ReplyTo != nil, handles})
	if s.inCall == nil {
		s.inCall = map[string]int{}
	}
	s.inCall[m.Slot]++
	if m.Slot != "" {
		s.most = max(s.most, s.inCall[m.Slot])
	}
	var err error
	if len(s.script) > 0 {
		err, s.script = s.script[0], s.script[1:]
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inCall[m.Slot]--
		s.mu.Unlock()
	}()
	if s.took > 0 {
		select {
		case <-ctx.Done():
			return adapters.MessageRef{}, ctx.Err()
		case <-time.After(s.took):
		}
	}
	if err != nil {
		return adapters.MessageRef{}, err
	}
	return adapters.MessageRef{Message: event.Ref{Kind: event.RefMessage, ID: "m-" + m.Key}, SentAt: time.Now()}, nil
}

func (s *suite) Send(ctx context.Context, m card.Message) (adapters.MessageRef, error) {
	return s.do(ctx, opSend, m)
}

func (s *suite) Update(ctx context.Context, ref adapters.MessageRef, m card.Message) (adapters.MessageRef, error) {
	return s.do(ctx, opUpdate, m, ref.Handles...)
}

func (s *suite) Urge(ctx context.Context, _ adapters.MessageRef, _ card.UrgeLevel, _ []event.Ref) ([]event.Ref, error) {
	_, err := s.do(ctx, opUrge, card.Message{})
	return nil, err
}

func (s *suite) made() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *suite) ops() (out []string) {
	for _, c := range s.made() {
		out = append(out, fmt.Sprintf("%s@%d", c.Op, c.Rev))
	}
	return out
}

func fails(kind adapters.Kind) error { return &adapters.Error{Op: "send", Kind: kind} }

func everything() adapters.Capabilities {
	return adapters.Capabilities{Platform: "fake", Update: true, Reply: true, Urge: []card.UrgeLevel{card.UrgeApp}, SendKey: time.Hour}
}

// run starts a pump over the fakes and stops it at the end of the test. To be called in a synctest bubble.
func run(t *testing.T, b *outbox, s *suite, change func(*Options)) *Pump {
	t.Helper()
	conn := adapters.New("c", s)
	o := Options{
		Outbox: b, Rand: func() float64 { return 0.5 },
		Connections: func(id string) (*adapters.Connection, bool) { return conn, id == "c" },
	}
	if change != nil {
		change(&o)
	}
	p := New(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return p
}

func cardOf(slot string, rev int64) card.Message {
	return card.Message{Slot: slot, Rev: rev, To: event.Ref{Kind: event.RefUser, ID: "u-" + slot}, Card: &card.Card{Slot: slot, Rev: rev, Title: card.T("t"), Summary: card.T("s")}}
}

func textTo(to string) card.Message {
	return card.Message{To: event.Ref{Kind: event.RefChat, ID: to}, Text: card.T("hi")}
}
