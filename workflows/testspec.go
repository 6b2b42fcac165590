package workflows

import "magpie/config"

// TestSpec is one of the `tests:` of a workflow file. The shape is the same for every kind.
type TestSpec struct {
	Name   string       `yaml:"name,required"`
	Start  TestStart    `yaml:"start,required"`
	Do     []TestDo     `yaml:"do"`
	Expect TestExpect   `yaml:"expect,required"`
	Node   *config.Node `yaml:"-"` // where it stands, set by whoever decodes it
}

// TestStart hands a form in.
type TestStart struct {
	By   string                  `yaml:"by,required"` // person id
	Form map[string]*config.Node `yaml:"form"`        // field id → value
	At   string                  `yaml:"at"`          // "2026-03-02 09:00"; a Monday morning without it
}

// TestDo is one thing that happens next; exactly one key is set.
type TestDo struct {
	Approve  *TestPress `yaml:"approve"`
	Reject   *TestPress `yaml:"reject"`
	Withdraw *TestBy    `yaml:"withdraw"`
	Urge     *TestBy    `yaml:"urge"`
	Wait     string     `yaml:"wait"` // a span: "2 work days"
}

// TestPress is a decision at a step.
type TestPress struct {
	Step    string `yaml:"step,required"`
	By      string `yaml:"by,required"`
	Reason  string `yaml:"reason"`
	Refused string `yaml:"refused"` // the refusal's code, when the press must be refused
}

// TestBy is something the initiator does.
type TestBy struct {
	By      string `yaml:"by"` // the initiator without it
	Refused string `yaml:"refused"`
}

// TestExpect is what must be true at the end. Keys that are not given are not looked at.
type TestExpect struct {
	Path      *[]string           `yaml:"path"`      // steps that asked somebody, in order
	Approvers map[string][]string `yaml:"approvers"` // step → persons asked
	Skipped   *[]string           `yaml:"skipped"`   // steps that were passed over
	Open      *[]string           `yaml:"open"`      // persons with an open task
	CC        *[]string           `yaml:"cc"`        // persons told
	State     string              `yaml:"state"`     // a Status
	Title     string              `yaml:"title"`
	Refused   string              `yaml:"refused"` // the form itself must be refused for these fields: "amount, item"
}
