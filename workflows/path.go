package workflows

// Pather is a Program that can tell the way an instance has gone, forks and copies included. It is for dry
// runs and timelines; the engine does not need it.
type Pather interface {
	// Path reads it off the instance and its trail, in order. Pure.
	Path(in Instance, trail []Entry) ([]PathStep, error)
}

// PathStep is one thing on the way: a step that asks, a fork, a copy, another flow.
type PathStep struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"` // approve, branch, parallel, inclusive, cc, flow
	// Inside are the arms around it, "<step>/<arm>", the outermost first.
	Inside []string `json:"inside,omitempty"`
	Round  int      `json:"round,omitempty"`
	State  string   `json:"state,omitempty"` // of approve: waiting, open, passed, failed, skipped, …
	// Why says what decided: the condition, the selectors, the rule.
	Why   string          `json:"why,omitempty"`
	Took  []string        `json:"took,omitempty"` // of a fork: the arms that were gone, as their conditions
	Left  []string        `json:"left,omitempty"` // … and those that were not
	Seats []ExplainedSeat `json:"seats,omitempty"`
	Told  []ExplainedSeat `json:"told,omitempty"` // of cc: who was told
	Due   string          `json:"due,omitempty"`  // RFC 3339; "": no deadline
	// DueRule is how Due was computed: "2 work days".
	DueRule string   `json:"due_rule,omitempty"`
	Rules   []string `json:"rules,omitempty"` // what happens as time passes, in words
	// Guessed: Due reaches into a year without holiday data.
	Guessed bool   `json:"guessed,omitempty"`
	Flow    string `json:"flow,omitempty"` // of flow: the definition that is started
}
