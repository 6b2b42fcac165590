package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// suite is a platform whose bodies are lists of what the test wants: {"events":[{"id":"1","press":true}]}.
// Anything without the header Key: right is not authentic.
type suite struct {
	answers bool
}

type wire struct {
	Challenge string `json:"challenge"`
	Panic     bool   `json:"panic"`
	Events    []struct {
		ID    string `json:"id"`
		Press bool   `json:"press"`
	} `json:"events"`
}

const secret = "hunter2"

func (s *suite) Receive(_ context.Context, r adapters.Request) (adapters.Delivery, error) {
	if r.Header.Get("Key") != "right" {
		return adapters.Delivery{}, &adapters.Error{Op: "receive", Kind: adapters.KindUnauthenticated, Err: errors.New("signature does not fit")}
	}
	var w wire
	if err := json.Unmarshal(r.Body, &w); err != nil {
		return adapters.Delivery{}, &adapters.Error{Op: "receive", Kind: adapters.KindInvalid, Err: errors.New("not JSON")}
	}
	if w.Panic {
		panic("with " + secret)
	}
	if w.Challenge != "" {
		return adapters.Delivery{Response: adapters.Response{ContentType: "application/json", Body: []byte(`{"challenge":"` + w.Challenge + `"}`)}}, nil
	}
	d := adapters.Delivery{Response: adapters.Response{ContentType: "text/plain", Body: []byte("ack")}}
	for _, e := range w.Events {
		ev := event.Event{ID: e.ID, Kind: event.KindMessage, Body: &event.Message{Text: secret}, Raw: r.Body, Reply: event.ReplyContract{Mode: event.ReplyAck}}
		if e.Press {
			ev.Kind, ev.Body, ev.Reply.Mode = event.KindCardAction, &event.Action{Verb: "approve"}, event.ReplyAnswer
		}
		d.Events = append(d.Events, ev)
	}
	return d, nil
}

func (s *suite) Send(context.Context, card.Message) (adapters.MessageRef, error) {
	return adapters.MessageRef{}, errors.New("not used")
}

func (s *suite) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{Platform: "fake", Answer: s.answers, AnswerBudget: 3 * time.Second}
}

func (s *suite) EncodeAnswer(_ event.Event, toast *card.Toast) (adapters.Response, error) {
	if toast == nil {
		return adapters.Response{Body: []byte("{}")}, nil
	}
	return adapters.Response{Body: []byte(string(toast.Kind) + ":" + toast.Text.Default)}, nil
}

// inbox keeps events in memory. slow and err are looked at before each Put.
type inbox struct {
	mu     sync.Mutex
	slow   time.Duration
	err    error
	events map[string]event.Event
	done   map[string]*card.Toast
	n      int
	oldest time.Time
	asked  int
}

func (b *inbox) Put(ctx context.Context, ev event.Event, _ time.Duration) (adapters.Stored, error) {
	b.mu.Lock()
	slow, err := b.slow, b.err
	b.mu.Unlock()
	if slow > 0 {
		select {
		case <-ctx.Done():
			return adapters.Stored{}, ctx.Err()
		case <-time.After(slow):
		}
	}
	if err != nil {
		return adapters.Stored{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	st := adapters.Stored{ID: "row-" + ev.ID, Token: "t"}
	if toast, ok := b.done[ev.ID]; ok {
		st.Done, st.Toast = true, toast
		return st, nil
	}
	if _, ok := b.events[ev.ID]; ok {
		return st, nil
	}
	if b.events == nil {
		b.events = map[string]event.Event{}
	}
	b.events[ev.ID] = ev
	st.New = true
	return st, nil
}

func (b *inbox) Backlog(context.Context) (int, time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	return b.n, b.oldest, nil
}

func (b *inbox) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *inbox) has(id string) (event.Event, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ev, ok := b.events[id]
	return ev, ok
}

// engine answers a press with a toast that names it.
type engine struct {
	inbox  *inbox
	mu     sync.Mutex
	slow   time.Duration
	deaf   bool // does not mind ctx
	err    error
	panics bool
	queued []string
	done   []string
}

func (e *engine) Decide(ctx context.Context, ev event.Event) (Outcome, error) {
	if e.panics {
		panic("with " + secret)
	}
	var ended <-chan struct{}
	if !e.deaf {
		ended = ctx.Done()
	}
	if e.slow > 0 {
		select {
		case <-ended:
			return Outcome{}, ctx.Err()
		case <-time.After(e.slow):
		}
	}
	if e.err != nil {
		return Outcome{}, e.err
	}
	toast := &card.Toast{Kind: card.ToastSuccess, Text: card.T("已同意 " + ev.ID)}
	if err := e.inbox.decided(ctx, ev, toast); err != nil {
		return Outcome{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done = append(e.done, ev.ID)
	return Outcome{Toast: toast, Held: []string{"card/" + ev.ID}}, nil
}

// decided stores an event with its outcome, unless it is there.
func (b *inbox) decided(ctx context.Context, ev event.Event, toast *card.Toast) error {
	st, err := b.Put(ctx, ev, 0)
	if err != nil {
		return err
	}
	if !st.New {
		return errors.New("the event is stored already")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done == nil {
		b.done = map[string]*card.Toast{}
	}
	b.done[ev.ID] = toast
	return nil
}

func (e *engine) Enqueue(id, token string, _ event.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queued = append(e.queued, id+"/"+token)
}

func (e *engine) waiting() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.queued...)
}

// rig is a handler over the fakes, with what it released.
type rig struct {
	*Handler
	inbox  *inbox
	engine *engine
	conn   *adapters.Connection

	mu       sync.Mutex
	released []string
	at       time.Time
	lost     int
}

func newRig(t *testing.T, change func(*Options)) *rig {
	t.Helper()
	b := &inbox{}
	r := &rig{inbox: b, engine: &engine{inbox: b}, conn: adapters.New("c", &suite{answers: true})}
	o := Options{
		Connections: func(id string) (*adapters.Connection, bool) { return r.conn, id == "c" },
		Inbox:       r.inbox, Engine: r.engine,
		Release: func(ids []string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.released, r.at = append(r.released, ids...), time.Now()
		},
		Metrics: Metrics{Lost: func(string) { r.lost++ }},
	}
	if change != nil {
		change(&o)
	}
	r.Handler = New(o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.Wait(ctx); err != nil {
			t.Errorf("work is left: %v", err)
		}
	})
	return r
}

func (r *rig) let() ([]string, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.released...), r.at
}

func events(ids ...string) string {
	var w wire
	for _, id := range ids {
		e := struct {
			ID    string `json:"id"`
			Press bool   `json:"press"`
		}{ID: id, Press: id[0] == 'p'}
		w.Events = append(w.Events, e)
	}
	b, err := json.Marshal(w)
	if err != nil {
		panic(fmt.Sprint("test body: ", err))
	}
	return string(b)
}
