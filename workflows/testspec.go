package workflows

import "magpie/config"

// TestSpec is one of the `tests:` of a workflow file. The shape is the same for every kind.
type TestSpec struct {
	Name   string                `yaml:"name,required"`
	People map[string]TestPerson `yaml:"people" jsonschema_description:"who is different in this test from test-people.yaml, by person id"`
	Roles  map[string]TestWho    `yaml:"roles" jsonschema_description:"who is in a role in this test: persons or selectors"`
	Groups map[string]TestWho    `yaml:"groups" jsonschema_description:"who is in a group of the suites in this test, by NAME or CONNECTION/NAME: persons"`
	OnCall map[string]string     `yaml:"oncall" jsonschema_description:"who is on duty all the time in this test, by the name of the roster: a person; none: nobody"`
	Start  TestStart             `yaml:"start,required"`
	Do     []TestDo              `yaml:"do"`
	Expect TestExpect            `yaml:"expect,required"`
	Node   *config.Node          `yaml:"-"` // where it stands, set by whoever decodes it
}

// Cast is who is different in the test.
func (t TestSpec) Cast() TestCast {
	return TestCast{People: t.People, Roles: t.Roles, Groups: t.Groups, OnCall: t.OnCall}
}

// TestCast is what is different about people in one test.
type TestCast struct {
	People map[string]TestPerson // by person id
	Roles  map[string]TestWho    // persons or selectors by role
	Groups map[string]TestWho    // persons by NAME or CONNECTION/NAME
	OnCall map[string]string     // a person, or none, by duty roster
}

// Empty reports whether nothing is different.
func (c TestCast) Empty() bool {
	return len(c.People)+len(c.Roles)+len(c.Groups)+len(c.OnCall) == 0
}

// TestPerson is what is different about a person in one test. What is nil stays as it is; a person whom
// nobody knows is made.
type TestPerson struct {
	Name    *string `yaml:"name"`
	Manager *string `yaml:"manager" jsonschema_description:"person id; none: nobody"`
	Dept    *string `yaml:"dept" jsonschema_description:"name or id of a department"`
	Title   *string `yaml:"title"`
	Lead    *bool   `yaml:"lead" jsonschema_description:"leads the department"`
	Left    *bool   `yaml:"left" jsonschema_description:"is no longer with the company"`
	// Proxy is a standing grant for the whole test.
	Proxy *TestProxy `yaml:"proxy" jsonschema_description:"is away: who decides in their place"`
}

// TestProxy is who decides for somebody, and what.
type TestProxy struct {
	To    string   `yaml:"to,required" jsonschema_description:"person id"`
	Flows []string `yaml:"flows,scalar" jsonschema_description:"ids of flows; without it all"`
	Max   string   `yaml:"max" jsonschema_description:"only requests of no larger amount"`
	Open  bool     `yaml:"open" jsonschema_description:"also what was waiting before"`
}

// TestStart hands a form in.
type TestStart struct {
	By   string                  `yaml:"by,required"` // person id
	Form map[string]*config.Node `yaml:"form"`        // field id → value
	At   string                  `yaml:"at"`          // "2026-03-02 09:00"; a Monday morning without it
}

// TestDo is one thing that happens next; exactly one key is set. Deed reads it.
type TestDo struct {
	Approve    *TestAct    `yaml:"approve"`
	Reject     *TestAct    `yaml:"reject"`
	Abstain    *TestAct    `yaml:"abstain"`
	Transfer   *TestAct    `yaml:"transfer"`
	Delegate   *TestAct    `yaml:"delegate"`
	AddBefore  *TestAct    `yaml:"add_before"`
	AddAfter   *TestAct    `yaml:"add_after"`
	AddBeside  *TestAct    `yaml:"add_beside"`
	RemoveSign *TestAct    `yaml:"remove_sign"`
	Return     *TestAct    `yaml:"return"`
	Comment    *TestAct    `yaml:"comment"`
	Resubmit   *TestAct    `yaml:"resubmit" jsonschema_description:"the initiator hands the form in again: what form names is changed, the rest stays"`
	Cancel     *TestAct    `yaml:"cancel"`
	Withdraw   *TestAct    `yaml:"withdraw"`
	Revoke     *TestAct    `yaml:"revoke"`
	Urge       *TestAct    `yaml:"urge"`
	Terminate  *TestAct    `yaml:"terminate"`
	Batch      *TestAct    `yaml:"batch" jsonschema_description:"somebody approves or rejects several of their tasks at once, as from their list; verb says which, and all of them are meant without steps"`
	Press      *TestAct    `yaml:"press" jsonschema_description:"any other button: verb names it"`
	Left       *TestLeft   `yaml:"left" jsonschema_description:"somebody leaves the company"`
	Wait       string      `yaml:"wait" jsonschema_description:"a span: 2 work days"`
	Expect     *TestExpect `yaml:"expect" jsonschema_description:"what must be true at this point"`
}

// TestAct is a press of a button, or what comes to the same. Which keys an act takes is told by Acts.
type TestAct struct {
	Verb string `yaml:"verb"` // of press and batch
	Step string `yaml:"step" jsonschema_description:"at which step; a comment without it is made where the person has a card"`
	By   string `yaml:"by" jsonschema_description:"person id; the initiator without it, where it is the initiator's to do"`
	// Who are persons named by the act: to whom a task goes, who is added or taken out, who is mentioned.
	Who    []string                `yaml:"who,scalar"`
	To     []string                `yaml:"to,scalar" jsonschema_description:"of return: one or more steps, or start"`
	Then   string                  `yaml:"then" jsonschema:"enum=again,enum=back" jsonschema_description:"of return: everything again, or back to whoever returned it"`
	Steps  []string                `yaml:"steps,scalar" jsonschema_description:"of batch: at which steps; without it all of their tasks"`
	Alone  []string                `yaml:"alone,scalar" jsonschema_description:"of batch: the steps that must be left for a decision of their own"`
	Reason string                  `yaml:"reason" jsonschema_description:"what is written beside it"`
	Sign   bool                    `yaml:"sign" jsonschema_description:"of approve: with a hand signature"`
	Form   map[string]*config.Node `yaml:"form" jsonschema_description:"values of the form that are handed in with it"`
	// Refused is the refusal's code, when the act must be refused.
	Refused string `yaml:"refused"`
	Toast   string `yaml:"toast" jsonschema_description:"what the answer to the press must hold"`
}

// TestLeft says who leaves, and who takes over; without heirs the managers and role admin do.
type TestLeft struct {
	Person string
	Heirs  []string
	Same   bool // the person turns out to be the first of the heirs
}

// DecodeYAML reads a person's id alone, or {person, heirs, same}.
func (l *TestLeft) DecodeYAML(n *config.Node) config.Problems {
	if n.Kind() == config.Scalar {
		return n.Decode(&l.Person)
	}
	var long testLeftLong
	ps := n.Decode(&long)
	l.Person, l.Heirs, l.Same = long.Person, long.Heirs, long.Same
	return ps
}

type testLeftLong struct {
	Person string   `yaml:"person,required"`
	Heirs  []string `yaml:"heirs,scalar"`
	Same   bool     `yaml:"same"`
}

// JSONSchema describes a person's id, or who leaves and who takes over.
func (*TestLeft) JSONSchema() *config.JSONSchema {
	id := &config.JSONSchema{Type: "string", Description: "person id"}
	return &config.JSONSchema{AnyOf: []*config.JSONSchema{id, {
		Type: "object", Required: []string{"person"}, AdditionalProperties: &config.JSONSchema{Not: &config.JSONSchema{}},
		PatternProperties: map[string]*config.JSONSchema{
			"^person$": id, "^same$": {Type: "boolean", Description: "the person turns out to be the first of the heirs"},
			"^heirs$": {AnyOf: []*config.JSONSchema{id, {Type: "array", Items: id}}, Description: "who takes over; without it the managers and role admin"},
		},
	}}}
}

// TestWho is one person or selector, or a list of them.
type TestWho []string

// DecodeYAML reads either form; none and [] are nobody.
func (w *TestWho) DecodeYAML(n *config.Node) config.Problems {
	*w = TestWho{}
	if n.Kind() == config.List {
		return n.Decode((*[]string)(w))
	}
	var one string
	ps := n.Decode(&one)
	if one != "none" && one != "" {
		*w = TestWho{one}
	}
	return ps
}

// JSONSchema describes either form.
func (*TestWho) JSONSchema() *config.JSONSchema {
	one := &config.JSONSchema{Type: "string", Examples: []any{"li.lei", "role:finance", "none"}}
	return &config.JSONSchema{AnyOf: []*config.JSONSchema{one, {Type: "array", Items: one}}}
}

// TestExpect is what must be true. Keys that are not given are not looked at.
type TestExpect struct {
	Path      *[]string           `yaml:"path"`      // steps that asked somebody, in order
	Approvers map[string][]string `yaml:"approvers"` // step → persons asked
	Skipped   *[]string           `yaml:"skipped"`   // steps that were passed over
	Open      *[]string           `yaml:"open"`      // persons with an open task
	CC        *[]string           `yaml:"cc"`        // persons told
	State     string              `yaml:"state"`     // a Status
	Title     string              `yaml:"title"`
	Refused   string              `yaml:"refused"` // the form itself must be refused for these fields: "amount, item"
	Steps     map[string]TestStep `yaml:"steps" jsonschema_description:"how single steps stand"`
	Cards     map[string]string   `yaml:"cards" jsonschema_description:"how cards stand: initiator, cc of PERSON or STEP of PERSON, to a status, a task's state, or a text that the card says"`
	Trail     *[]string           `yaml:"trail" jsonschema_description:"entries of the trail that occur in this order, others between; no ENTRY: it does not occur"`
	Texts     map[string]string   `yaml:"texts" jsonschema_description:"person to a text that they were sent, or a part of it"`
}

// TestStep is how a step stands: its last round.
type TestStep struct {
	State  string            `yaml:"state" jsonschema_description:"waiting, open, passed, failed, skipped, canceled"`
	Due    string            `yaml:"due" jsonschema_description:"2026-03-04 09:00; none: no deadline"`
	Rounds int               `yaml:"rounds" jsonschema:"minimum=1" jsonschema_description:"how often it was reached"`
	Why    string            `yaml:"why" jsonschema_description:"a part of the reason"`
	Seats  map[string]string `yaml:"seats" jsonschema_description:"person to the state of their task; waiting: not their turn yet"`
}
