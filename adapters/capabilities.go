package adapters

import (
	"time"

	"magpie/adapters/card"
)

// Capabilities is what a suite can do, as data: the support matrix, magpie check and the conformance
// suite read it. A false here means that the matching call says KindUnsupported.
type Capabilities struct {
	Platform   string
	Transports []string // "webhook", "websocket"

	Answer       bool          // a press is answered with a toast in the response
	AnswerBudget time.Duration // the vendor's own limit for it, end to end
	Update       bool
	UpdateFor    time.Duration // how long after sending a card may be replaced; 0 is without a limit
	PressFor     time.Duration // how long a card can be pressed
	LateAnswer   bool
	Recall       bool
	Urge         []card.UrgeLevel
	Receipts     bool
	Directory    bool
	Groups       bool // the directory has user groups, roles or tags
	Chats        bool
	Reply        bool          // a message can answer another one
	Login        bool          // pages can ask the suite who opens them, once it is set up
	SendKey      time.Duration // how long the vendor de-duplicates sends by our key; 0 is never
	SendKeyMax   int           // characters of that key

	MaxCardBytes   int
	MaxElements    int
	MaxTables      int
	MaxColumns     int
	MaxTextBytes   int
	MaxButtons     int // 0 is without a limit
	MaxButtonRunes int
	Inputs         map[card.InputKind]bool // what a form can ask on a card

	Budgets []Budget
}

// BudgetScope says what a budget is counted per.
type BudgetScope string

const (
	PerApp       BudgetScope = "app"       // one app in one tenant
	PerRecipient BudgetScope = "recipient" // one person or one chat
	PerMessage   BudgetScope = "message"   // one message that is changed
)

// Budget is one limit of the vendor: at most N calls of an operation in Every, counted per Scope.
// Configuration may lower it, never raise it.
type Budget struct {
	Op    string // "send", "update", "urge", "*"
	Scope BudgetScope
	N     int
	Every time.Duration
}
