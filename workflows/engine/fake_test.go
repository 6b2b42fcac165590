package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// memory is a small working store: commits are guarded by revision and fenced by tokens.
type memory struct {
	mu        sync.Mutex
	instances map[string]workflows.Instance
	trail     []workflows.Entry
	tasks     map[string]workflows.Task
	jobs      map[string]workflows.Job
	defs      map[string]workflows.Definition
	events    map[string]*stored
	receipts  []workflows.Receipt
	buried    map[string]string
	retried   map[string]time.Time
	timers    []workflows.LeasedJob
	conflicts int // the next commits of an instance fail
	posts     int // how many events were posted
	commits   int
}

type stored struct {
	ev      event.Event
	token   string
	done    *workflows.EventDone
	attempt int
}

func newMemory() *memory {
	return &memory{
		instances: map[string]workflows.Instance{}, tasks: map[string]workflows.Task{}, jobs: map[string]workflows.Job{},
		defs: map[string]workflows.Definition{}, events: map[string]*stored{}, buried: map[string]string{}, retried: map[string]time.Time{},
	}
}

// put stores an event and leases it.
func (m *memory) put(ev event.Event) workflows.Leased {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := ev.Connection + "|" + ev.ID
	if _, ok := m.events[id]; !ok {
		m.events[id] = &stored{ev: ev, token: "t-" + id}
	}
	return workflows.Leased{ID: id, Token: m.events[id].token, Attempt: 1, Event: ev}
}

func (m *memory) result(l workflows.Leased) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.events[l.ID].done; d != nil {
		return d.Result
	}
	return ""
}

func (m *memory) LoadInstance(_ context.Context, id string) (workflows.Instance, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if in, ok := m.instances[id]; ok {
		return in, nil
	}
	return workflows.Instance{}, workflows.ErrNotFound
}

func (m *memory) PutDefinition(_ context.Context, d workflows.Definition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.defs[d.ID+"@"+d.Hash] = d
	return nil
}

func (m *memory) LoadDefinition(_ context.Context, id, hash string) (workflows.Definition, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d, ok := m.defs[id+"@"+hash]; ok {
		return d, nil
	}
	return workflows.Definition{}, workflows.ErrNotFound
}

func (m *memory) Commit(_ context.Context, c workflows.Commit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Instance != nil {
		if m.conflicts > 0 {
			m.conflicts--
			return workflows.ErrConflict
		}
		if m.instances[c.Instance.ID].Rev != c.ExpectRev {
			return workflows.ErrConflict
		}
	}
	if c.Event != nil && c.Event.New != nil {
		id := c.Event.New.Connection + "|" + c.Event.New.ID
		if m.events[id] != nil {
			return workflows.ErrDuplicate
		}
		m.events[id] = &stored{ev: *c.Event.New, done: c.Event}
	} else if c.Event != nil {
		s := m.events[c.Event.ID]
		if s == nil || s.token != c.Event.Token || s.done != nil {
			return workflows.ErrLeaseLost
		}
		s.done = c.Event
	}
	m.commits++
	if c.Instance != nil {
		m.instances[c.Instance.ID] = *c.Instance
	}
	for _, t := range c.Tasks {
		m.tasks[t.ID] = t
	}
	m.trail = append(m.trail, c.Trail...)
	for _, j := range c.Jobs {
		m.jobs[j.ID] = j
	}
	for _, id := range c.Cancel {
		delete(m.jobs, id)
	}
	m.receipts = append(m.receipts, c.Receipts...)
	for _, ev := range c.Posts {
		m.post(ev)
	}
	return nil
}

func (m *memory) RetryEvent(_ context.Context, l workflows.Leased, at time.Time, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retried[l.ID] = at
	if s := m.events[l.ID]; s != nil && s.ev.Post != nil {
		s.token = ""
	}
	return nil
}

func (m *memory) BuryEvent(_ context.Context, l workflows.Leased, cause string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.buried[l.ID] = cause
	return nil
}

func (m *memory) LeaseTimers(context.Context, time.Time, int, time.Duration) ([]workflows.LeasedJob, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.timers
	m.timers = nil
	return out, nil
}

func (m *memory) RetryJob(_ context.Context, j workflows.LeasedJob, at time.Time, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retried[j.ID] = at
	return nil
}

func (m *memory) BuryJob(_ context.Context, j workflows.LeasedJob, cause string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.buried[j.ID] = cause
	return nil
}

// folk is a directory of two persons; down makes lookups fail.
type folk struct {
	more map[string][]workflows.Address // accounts in other connections
	mu   sync.Mutex
	down bool
	who  map[event.Ref]workflows.Person
}

func (f *folk) Resolve(_ context.Context, l workflows.Lookup) (event.Lookup, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return event.Lookup{}, errors.New("directory is down")
	}
	return event.Lookup{ID: l.ID, Persons: []event.Person{{ID: "boss", Name: "老板", Active: true}}}, nil
}

func (f *folk) ByRef(_ context.Context, refs []event.Ref) (workflows.Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range refs {
		if p, ok := f.who[r]; ok {
			return p, nil
		}
	}
	return workflows.Person{}, workflows.ErrNotFound
}

func (f *folk) Person(_ context.Context, id string) (workflows.Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.who {
		if p.ID == id {
			return p, nil
		}
	}
	return workflows.Person{}, workflows.ErrNotFound
}

func (f *folk) Addresses(_ context.Context, id string) ([]workflows.Address, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for r, p := range f.who {
		if p.ID == id {
			return append([]workflows.Address{{Connection: "c", Ref: r}}, f.more[id]...), nil
		}
	}
	return nil, workflows.ErrNotFound
}

func account(id string) event.Ref {
	return event.Ref{Scope: event.Scope{Platform: "loopback"}, Kind: event.RefUser, ID: id}
}

// poll is a tiny program: 「问」 starts it and asks the boss; the boss answers yes once.
type poll struct{ hash string }

type pollState struct {
	Boss string `json:"boss,omitempty"`
	Yes  bool   `json:"yes,omitempty"`
}

func (p poll) Definition() workflows.Definition {
	return workflows.Definition{ID: "poll", Kind: "poll", Name: "问", Hash: p.hash, Source: []byte(p.hash)}
}
func (poll) Commands() []string { return []string{"问"} }
func (poll) Correlate(ev event.Event) (workflows.Correlation, bool) {
	m, ok := ev.Body.(*event.Message)
	return workflows.Correlation{Key: ev.ID, Start: true}, ok && (m.Text == "问" || m.Text == "panic")
}

func (p poll) Step(in workflows.Instance, ev event.Event, now time.Time) (workflows.Outcome, error) {
	var s pollState
	if len(in.State) > 0 {
		if err := json.Unmarshal(in.State, &s); err != nil {
			return workflows.Outcome{}, err
		}
	}
	out := workflows.Outcome{}
	entry := func(kind string, private any) {
		e := workflows.Entry{At: now, Kind: kind, Actor: ev.Actor.Person, Data: workflows.Data(s)}
		if private != nil {
			e.Private = workflows.Data(private)
		}
		out.Trail = append(out.Trail, e)
	}
	switch b := ev.Body.(type) {
	case *event.Message:
		if b.Text == "panic" {
			panic("a bug in a program")
		}
		in.Status, in.Initiator, in.Title = workflows.StatusRunning, ev.Actor.Person, "问老板"
		out.Effects = append(out.Effects,
			workflows.Lookup{ID: "boss", Selectors: []string{"initiator.manager"}, Initiator: ev.Actor.Person},
			workflows.SetTimer{Name: "late", At: now.Add(time.Hour), Generation: 1})
		entry("asked", map[string]string{"text": b.Text})
	case *event.Lookup:
		if s.Boss != "" {
			return out, workflows.Refuse("stale", "已经知道了")
		}
		s.Boss = b.Persons[0].ID
		entry("found", nil)
		out.Effects = append(out.Effects, workflows.ShowCard{Slot: "boss", To: workflows.To{Person: s.Boss}, Template: "ask", View: s})
		out.Tasks = append(out.Tasks, workflows.Task{ID: in.ID + "/1", Instance: in.ID, Person: s.Boss, State: workflows.TaskOpen, OpenedAt: now})
	case *event.Action:
		if ev.Actor.Person != s.Boss {
			return out, workflows.Refuse("not_your_task", "这不是你的任务")
		}
		if b.Verb == "nudge" { // nothing that the card shows changes
			entry("nudged", nil)
			out.Toast = &card.Toast{Kind: card.ToastSuccess, Text: card.T("已提醒")}
			out.Effects = append(out.Effects, workflows.ShowCard{Slot: "boss", To: workflows.To{Person: s.Boss}, Template: "ask", View: s})
			break
		}
		if s.Yes {
			no := workflows.Refuse("already_decided", "已经同意过了")
			no.Refresh = true
			return out, no
		}
		s.Yes = true
		in.Status = workflows.StatusApproved
		entry("yes", nil)
		out.Toast = &card.Toast{Kind: card.ToastSuccess, Text: card.T("已同意")}
		out.Effects = append(out.Effects, workflows.CancelTimer{Name: "late"},
			workflows.ShowCard{Slot: "boss", To: workflows.To{Person: s.Boss}, Template: "ask", View: s})
	case *event.Timer:
		if s.Yes || b.Generation != 1 {
			return out, workflows.Refuse("stale", "过时的提醒")
		}
		entry("late", nil)
		out.Effects = append(out.Effects, workflows.SendText{Key: "late", To: workflows.To{Person: s.Boss}, Text: card.T("请尽快")})
	}
	in.State = workflows.Data(s)
	out.Instance = &in
	return out, nil
}

// Card shows the boss's card again.
func (poll) Card(in workflows.Instance, slot string, _ time.Time) (template string, view any, ok bool, err error) {
	return "ask", in.State, slot == "boss", nil
}

// ask renders the one template there is.
type ask struct{}

func (ask) Render(template string, _ any) (card.Card, error) {
	if template != "ask" {
		return card.Card{}, errors.New("no template " + template)
	}
	return card.Card{
		Template: template, Title: card.T("问老板"), Summary: card.T("问老板"),
		Body: []card.Element{
			&card.People{Persons: []card.Person{{ID: "boss", Name: "老板"}}},
			&card.Form{ID: "f", Inputs: []card.Input{{Name: "why", Label: card.T("为什么"), Kind: card.InputText}},
				Submit: card.Button{Verb: "yes", Label: card.T("同意")}},
		},
		Actions: []card.Button{{Verb: "no", Label: card.T("拒绝")}},
	}, nil
}

func (m *memory) job(id string) (workflows.Job, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j, ok := m.jobs[id]
	return j, ok
}

func (m *memory) snapshot() map[string]workflows.Instance {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.instances)
}
