package workflows

import (
	"time"

	"magpie/adapters/event"
	"magpie/config"
)

// Definition is one version of a flow.
type Definition struct {
	ID     string // stable name in YAML: "purchase"
	Kind   string // "approval"
	Name   string // what people read: 采购申请
	Hash   string // SHA-256 of Source, hex: the version
	Source []byte // the YAML as it was
}

// Kind compiles one kind of flow.
type Kind interface {
	// Name is the value of `kind:` in YAML.
	Name() string
	// Compile checks everything that can be checked and returns a Program, or every mistake at once as
	// config.Problems with positions. Problems of severity warning come together with a Program.
	Compile(src *config.Node, env Env) (Program, config.Problems)
}

// Env is what a definition may refer to outside itself.
type Env struct {
	Roles    map[string][]string // role → selectors, from the configuration
	OnCall   []string            // names of the duty rosters of the configuration; nil: not known
	Location *time.Location      // of dates and working hours; nil is Asia/Shanghai
	Calendar Calendar            // working time; nil counts every hour
}

// Calendar knows working time. Implementations are immutable.
type Calendar interface {
	// AddWorkHours returns the instant when d of working time has passed since t.
	AddWorkHours(t time.Time, d time.Duration) time.Time
	// AddWorkDays returns the same clock time n working days later, inside working hours.
	AddWorkDays(t time.Time, n int) time.Time
	// NextWorkday returns the clock time on the next working day after t.
	NextWorkday(t time.Time, clock time.Duration) time.Time
	// Known reports whether holiday data exist for every year between the two instants: a deadline
	// that reaches beyond them says so.
	Known(from, to time.Time) bool
}

// Program is a compiled Definition. It is immutable and safe for concurrent use.
type Program interface {
	Definition() Definition
	// Correlate says whether an event that is not addressed to an instance (a message, a menu, a vendor's
	// approval) concerns this flow. Card actions, timers and lookups never come here: their slot or body
	// names the instance.
	Correlate(ev event.Event) (Correlation, bool)
	// Step decides. It returns the Outcome, or a *Refusal, which is shown to the person and commits
	// nothing, or another error, which is a bug and sends the event to the dead letters.
	// For a first event in.Rev is 0 and only in.ID, in.Definition and in.Hash are set.
	Step(in Instance, ev event.Event, now time.Time) (Outcome, error)
	// Commands are the words that start it, for the help text; empty when nothing in a chat does.
	Commands() []string
}

// Correlation addresses an instance of a definition.
type Correlation struct {
	Key   string // unique for the instance within the definition; the event's own id when only this event concerns it
	Start bool   // the instance is made if there is none
	// Lasting: later events find the instance by the same Key. Without it only its slots and timers do.
	Lasting bool
}

// Projector is a Program whose cards show the state of the instance, whatever led to it. Such a card is
// drawn when it leaves, so that it is never older than need be and a decision does not wait for drawing.
type Projector interface {
	// Card gives one card of an instance as it is now; ok is false when there is none in that slot. Pure.
	Card(in Instance, slot string, now time.Time) (template string, view any, ok bool, err error)
}
