package workflows

import "time"

// Measurer is a Kind that tells of an instance what figures are made of: when which step and which person had it, and
// what became of it. It tells no more than the instance's state does, which is a fold of its trail.
type Measurer interface {
	// Measure reads an instance. Pure.
	Measure(in Instance) (Measure, error)
}

// StepLister is a Program that tells its steps, for lists of them.
type StepLister interface {
	// Steps are those that somebody decides, as they come one after the other in the flow.
	Steps() []NamedStep
}

// NamedStep is a step and what people call it.
type NamedStep struct{ ID, Name string }

// Measure is what there is to count of one instance.
type Measure struct {
	SentAt  time.Time       // when it was handed in; zero: it never was
	Erased  bool            // personal text was removed from it
	Known   map[string]bool // persons whose names it still knows
	Returns int             // how often it was sent back
	Passes  []Pass          // in the order that they began
}

// PassState is how a pass through a step ended.
type PassState string

const (
	PassOpen     PassState = "open"
	PassPassed   PassState = "passed"
	PassFailed   PassState = "failed"
	PassReturned PassState = "returned" // somebody there sent the request back
	PassSkipped  PassState = "skipped"  // nobody was asked: a condition, nobody found, or all had decided before
	PassCanceled PassState = "canceled" // the instance ended or went elsewhere
)

// Pass is one way through a step that somebody, or another flow, has to decide. Nothing of it is a guess: an instant
// that is not known is zero.
type Pass struct {
	Node  string // in the version that the instance goes on with now
	Round int
	State PassState
	From  time.Time // when its approvers were known, and the first of them was asked
	To    time.Time // zero while it is open
	Asked []Asked   // in the order of the seats; of one seat in the order of time
}

// Asked is one task of one person. Who was told only, or decided for by a rule without being asked, is none.
type Asked struct {
	Person string
	State  TaskState
	From   time.Time
	To     time.Time // zero while it is open
	Due    time.Time // zero: none
	// ByTime: nobody decided it, the time-out of the step did.
	ByTime bool
}
