package approval

import (
	"strings"
	"text/template"
	"time"
	"unicode"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/cond"
	"magpie/workflows/workcal"
)

// Kind is the approval kind, for the registry.
type Kind struct{}

var _ workflows.Kind = Kind{}

// Name is what YAML says after `kind:`.
func (Kind) Name() string { return "approval" }

// Program is a compiled approval. It is immutable and safe for concurrent use.
type Program struct {
	def      workflows.Definition
	about    string
	commands []string
	menu     []string
	who      []string // selectors of those who may start it; nil: everyone
	fields   []field
	byField  map[string]*field
	checks   []rule // between fields
	title    *template.Template
	nodes    map[string]*node
	order    []*node // as in the file
	first    string  // id of the first node, "" when there is none
	same     string  // off, consecutive, whole
	self     string  // ask, skip, manager
	withdraw bool
	urge     workcal.Span // between two urges of one task
	within   workcal.Span // after the approval, in which it can be withdrawn; see nodes["revoke"]
	cal      workflows.Calendar
	loc      *time.Location
	accept   map[string][]card.Severity
}

var (
	_ workflows.Program      = (*Program)(nil)
	_ workflows.Explainer    = (*Program)(nil)
	_ workflows.LossAccepter = (*Program)(nil)
)

// nodeKind tells what a node does.
type nodeKind int

const (
	nodeApprove nodeKind = iota
	nodeCC
	nodeBranch
	nodeParallel  // all arms are gone
	nodeInclusive // the arms whose condition holds are gone
	nodeFlow      // another workflow is started
	nodeJoin      // the end of one arm of a split; its id is "<split>/<arm>"
	nodeBegin     // the initiator, to whom a request can be returned
)

// node is one compiled step. next is the node after it, "" at the end of the flow.
type node struct {
	id, name string
	kind     nodeKind
	cond     *cond.Cond // nil: always
	next     string

	by       []string // approve: selectors
	mode     modeSpec
	veto     bool
	flow     *flowNode
	alone    bool // approve: not decided together with others
	sign     bool // approve: agreeing takes a hand signature
	remind   *remindSpec
	timeout  *timeoutSpec
	rights   map[string]string // field → edit or hidden
	abstain  string            // "", counts or ignored
	denied   map[string]bool   // words of allow: that it does not give
	ifNobody string            // skip, reject, or a selector
	returnTo []string          // steps that it may be returned to; nil: all that were passed
	then     string            // what follows a return: again, back, ask
	ifFailed string            // where a refusal leads; "": to the end

	to   []string // cc
	arms []arm    // branch and splits; of branch and inclusive the last has no cond

	pos    int      // in the order of the file
	within []string // the arms around it, "<node>/<arm>", the outermost first
	of     *node    // join: its split
	arm    int      // join: which arm of it ends here
}

// splits reports whether several ways go on from a node at once.
func (n *node) splits() bool { return n.kind == nodeParallel || n.kind == nodeInclusive }

// before reports whether a way leads from n to m. Ways never lead back, so that what is written first comes
// first, unless the two stand in different arms of the same step.
func (n *node) before(m *node) bool {
	if n.pos >= m.pos {
		return false
	}
	for i := range min(len(n.within), len(m.within)) {
		if n.within[i] != m.within[i] {
			a, _, _ := strings.Cut(n.within[i], "/")
			b, _, _ := strings.Cut(m.within[i], "/")
			return a != b
		}
	}
	return true
}

// arm is one way through a branch or a split. first is its first node; of an empty arm it is the branch's next, or the join.
type arm struct {
	cond  *cond.Cond
	first string
}

// Definition returns what the Program was compiled from.
func (p *Program) Definition() workflows.Definition { return p.def }

// AcceptedLosses implements workflows.LossAccepter.
func (p *Program) AcceptedLosses() map[string][]card.Severity { return p.accept }

// Commands are the words that start it.
func (p *Program) Commands() []string { return p.commands }

// Description is what the file says about the flow, "" when it says nothing.
func (p *Program) Description() string { return p.about }

// Correlate starts an instance for a command of a known person, in a message to the bot, as a slash
// command or from the menu.
func (p *Program) Correlate(ev event.Event) (workflows.Correlation, bool) {
	if ev.Actor.Type != event.ActorUser || ev.Actor.Person == "" {
		return workflows.Correlation{}, false
	}
	if _, ok := p.command(ev); !ok {
		return workflows.Correlation{}, false
	}
	return workflows.Correlation{Key: ev.Connection + "/" + ev.ID, Start: true}, true
}

// command tells whether an event starts the flow, and what was written after the command.
func (p *Program) command(ev event.Event) (rest string, ok bool) {
	switch b := ev.Body.(type) {
	case *event.Message:
		if ev.Kind != event.KindMessage || ev.Conv == nil || !ev.Conv.ToBot {
			return "", false
		}
		text := strings.TrimSpace(b.Text)
		word, rest := text, ""
		if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
			word, rest = text[:i], strings.TrimSpace(text[i:])
		}
		return rest, p.hasCommand(strings.TrimPrefix(word, "/"))
	case *event.Command:
		return strings.TrimSpace(b.Args), p.hasCommand(strings.TrimPrefix(b.Name, "/"))
	case *event.Menu:
		for _, key := range p.menu {
			if b.Key == key {
				return "", true
			}
		}
	}
	return "", false
}

func (p *Program) hasCommand(word string) bool {
	for _, c := range p.commands {
		if strings.EqualFold(c, word) {
			return true
		}
	}
	return false
}

// after is t and a span, and whether holidays are known for all of it.
func (p *Program) after(t time.Time, s workcal.Span) (time.Time, bool) {
	due := s.After(t, p.cal, p.loc).UTC().Truncate(time.Millisecond)
	known := p.cal == nil || s.Unit != workcal.WorkHours && s.Unit != workcal.WorkDays && s.Unit != workcal.NextDay || p.cal.Known(t, due)
	return due, known
}
