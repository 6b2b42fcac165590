package workflows

import (
	"time"

	"magpie/adapters/event"
)

// Differ is a Kind that can tell what changes for people between two versions of a flow.
type Differ interface {
	// Diff lists what changes, the weightiest first. Pure.
	Diff(old, changed Program) []Change
}

// Areas of a change, in the order of their weight.
const (
	AreaSteps      = "steps"      // somebody is asked who was not, or no longer
	AreaApprovers  = "approvers"  // others are asked, or it takes more or fewer of them
	AreaConditions = "conditions" // what decides whether somebody is asked
	AreaRules      = "rules"      // what the flow allows
	AreaDeadlines  = "deadlines"
	AreaFields     = "fields"
	AreaWords      = "words" // names and titles
)

// Change is one thing that changes for people.
type Change struct {
	Area string `json:"area"`
	Step string `json:"step,omitempty"`
	What string `json:"what"` // in words, English
	// Was and Now are the selectors of a change of approvers.
	Was []string `json:"was,omitempty"`
	Now []string `json:"now,omitempty"`
}

// Migrator is a Program to which instances of other versions of its flow can be moved.
type Migrator interface {
	// Fit says whether an instance of an older version can go on with this one. nodes maps ids of the old
	// version's steps to this one's; what is not in it keeps its id. Pure.
	Fit(old Program, in Instance, nodes map[string]string) (Fit, error)
	// Migrate moves it: a refusal when it does not fit. Pure; the caller commits the outcome and pins the instance
	// to this version.
	Migrate(old Program, in Instance, nodes map[string]string, now time.Time) (Outcome, error)
}

// Fit is how an instance and another version go together.
type Fit struct {
	Touched bool     // what is still to come is different there
	Busy    bool     // somebody is being looked up: try again in a moment
	Blocked []string // why it can't be moved, in words; nil: it can
}

// Replayer is a Program that can tell from a trail what people did and whom the directory named, so that the
// same can be done again with another version.
type Replayer interface {
	// Record reads them off. The error says why the instance can't be replayed.
	Record(in Instance, trail []Entry) (Record, error)
}

// Record is what came into an instance from outside.
type Record struct {
	By    string // who started it
	Deeds []Deed
	// Answers are whom the directory named, by question: RecordKey.
	Answers map[string][]string
	Names   map[string]string // person id → name
}

// RecordKey names a question about people: who is asked about, and by which selectors.
func RecordKey(initiator string, selectors []string) string {
	key := initiator
	for _, s := range selectors {
		key += "\n" + s
	}
	return key
}

// Deed is one thing that somebody did.
type Deed struct {
	At     time.Time
	Actor  string
	Verb   string
	Step   string            // "": at the initiator's card
	Form   map[string]string // texts that were written beside it
	Lists  map[string][]string
	Values map[string]event.Value // of the form that was handed in with it
	Person string                 // whose task it was at
	Admin  bool                   // Actor did it as an administrator, with the right to
}
