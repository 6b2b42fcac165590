package approval_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

// fromBoard is among whom a drawn step that lets the initiator choose may limit the choice.
var fromBoard = []string{"zhang.wei", "han.meimei", "sun.li", "chen.jie", "wang.fang"}

var chosenStep = regexp.MustCompile(`\{id: (\w+), approve: \{by: "chosen"(, from: \["role:board"\])?(, at_most: 2)?`)

// drawChoice fills in whom the initiator chooses for each step that asks for it: often nobody, or somebody who is not
// offered.
func drawChoice(t *rapid.T, b *workflowstest.Bench, people *rapid.Generator[string], form map[string]event.Value) {
	for _, m := range chosenStep.FindAllStringSubmatch(string(b.Program.Definition().Source), -1) {
		from := people
		if m[2] != "" && rapid.IntRange(0, 3).Draw(t, "offered") > 0 {
			from = rapid.SampledFrom(fromBoard)
		}
		n := rapid.SampledFrom([]int{1, 1, 1, 1, 0, 2}).Draw(t, "how many")
		if n > 0 {
			form["chosen_"+m[1]] = event.List(rapid.SliceOfNDistinct(from, n, n, rapid.ID[string]).Draw(t, "chosen")...)
		}
	}
}

// modelSeat is where a seat is, by its trail alone.
type modelSeat struct {
	Node  string `json:"node"`
	Round int    `json:"round"`
	Seat  string `json:"seat"`
}

// model follows a trail by the few rules that say who sits where, apart from the engine's own fold.
type model struct {
	t      *rapid.T
	b      *workflowstest.Bench
	sits   map[modelSeat]string
	lent   map[modelSeat]string  // whom a delegated seat comes back to
	chosen map[string][]string   // step → whom the form names
	steps  map[string]chosenSpec // those that let the initiator choose
}

type chosenSpec struct {
	from bool // only members of the board
	most int
}

// modelled holds a trail against the model: who is asked at a step of the initiator's choice was chosen and may be, and
// who hands a task on has it or is an administrator.
func modelled(t *rapid.T, b *workflowstest.Bench, admins []string) {
	m := &model{t: t, b: b, sits: map[modelSeat]string{}, lent: map[modelSeat]string{}, chosen: map[string][]string{}, steps: map[string]chosenSpec{}}
	for _, x := range chosenStep.FindAllStringSubmatch(string(b.Program.Definition().Source), -1) {
		s := chosenSpec{from: x[2] != "", most: 1}
		if x[3] != "" {
			s.most = 2
		}
		m.steps[x[1]] = s
	}
	for _, e := range b.Trail {
		m.entry(e, admins)
	}
}

func (m *model) entry(e workflows.Entry, admins []string) {
	var f struct {
		modelSeat
		To    json.RawMessage
		Why   string
		How   string
		Seats json.RawMessage
		Form  map[string]struct {
			T string
			L []string
		}
	}
	must(m.t, json.Unmarshal(e.Data, &f))
	at := f.modelSeat
	to := ""
	_ = json.Unmarshal(f.To, &to)
	var seats []struct{ ID, Person string }
	switch e.Kind {
	case "submitted", "resubmitted":
		for step, s := range m.steps {
			v := f.Form["chosen_"+step]
			who := v.L
			if v.T != "" {
				who = []string{v.T}
			}
			if len(who) > s.most || s.from && slices.ContainsFunc(who, func(id string) bool { return !slices.Contains(fromBoard, id) }) {
				m.t.Fatalf("%v are chosen for %s: %s", who, step, e.Data)
			}
			m.chosen[step] = who
		}
	case "entered":
		must(m.t, json.Unmarshal(f.Seats, &seats))
		_, is := m.steps[f.Node]
		who := m.chosen[f.Node]
		for _, x := range seats {
			m.sits[modelSeat{f.Node, f.Round, x.ID}] = x.Person
			if is && len(who) > 0 && !slices.Contains(who, m.b.Inst.Initiator) && !slices.Contains(who, x.Person) && !m.stoodIn(f.Node, f.Round) {
				m.t.Fatalf("%s is asked at %s, chosen are %v", x.Person, f.Node, who)
			}
		}
	case "added":
		must(m.t, json.Unmarshal(f.Seats, &seats))
		for _, x := range seats {
			m.sits[modelSeat{f.Node, f.Round, x.ID}] = x.Person
		}
	case "delegated":
		m.lent[at], m.sits[at] = m.sits[at], to
	case "advised":
		m.sits[at] = m.lent[at]
		delete(m.lent, at)
	case "moved":
		if f.Why == "transfer_by_hand" {
			admin := slices.Contains(admins, e.Actor) && e.Actor != m.b.Inst.Initiator || strings.HasPrefix(e.Actor, "cli:")
			if e.Actor != m.sits[at] && !admin {
				m.t.Fatalf("%s handed on what waited for %s", e.Actor, m.sits[at])
			}
			if f.Node == workflows.NodeStart || to == m.b.Inst.Initiator && !strings.Contains(string(m.b.Program.Definition().Source), "initiator_is_approver: ask") {
				m.t.Fatalf("%s has %s now", to, f.Node)
			}
		}
		m.sits[at] = to
		delete(m.lent, at)
	}
}

// stoodIn reports whether others were asked for at a step, because nobody of those who were meant could be.
func (m *model) stoodIn(node string, round int) bool {
	for _, e := range m.b.Trail {
		var f struct {
			For   string `json:"f"`
			Node  string `json:"n"`
			Round int    `json:"o"`
		}
		if e.Kind == "asked" && json.Unmarshal(e.Data, &f) == nil && f.Node == node && f.Round == round && f.For != "by" {
			return true
		}
	}
	return false
}

// atOnce decides several tasks of somebody at once, and holds what became of each against the rule: what wants a
// decision of its own stays, everything else that may be decided is.
func atOnce(t *rapid.T, b *workflowstest.Bench, person string) {
	verb, opinion := rapid.SampledFrom([]string{"approve", "approve", "reject"}).Draw(t, "batch verb"), rapid.SampledFrom([]string{"", "理由"}).Draw(t, "batch opinion")
	var mine []workflows.Task
	for _, k := range b.Open() {
		if k.Person == person && k.Node != workflows.NodeStart {
			mine = append(mine, k)
		}
	}
	if len(mine) == 0 {
		return
	}
	var steps []string
	if rapid.Bool().Draw(t, "some") {
		steps = []string{rapid.SampledFrom(mine).Draw(t, "of").Node}
	}
	before := len(b.Trail)
	must(t, b.Batch(person, verb, opinion, steps))
	for _, k := range mine {
		now := b.Tasks[k.ID]
		meant := len(steps) == 0 || slices.Contains(steps, k.Node)
		single := wantsItsOwn(b, k.Node)
		switch {
		case single && meant && now.State == workflows.TaskOpen && !slices.Contains(b.Left, k.Node):
			t.Fatalf("%s wants a decision of its own, and nobody is told: %v", k.ID, b.Left)
		case !single && meant && now.State == workflows.TaskOpen && b.Refusal == nil:
			t.Fatalf("%s of %s is still open after all were decided", k.ID, person)
		case verb == "reject" && opinion == "" && now.State == workflows.TaskRejected:
			t.Fatalf("%s was refused without a reason", k.ID)
		}
	}
	for _, e := range b.Trail[before:] {
		var f struct{ Node, Auto string }
		must(t, json.Unmarshal(e.Data, &f))
		if e.Kind != "voted" || f.Auto != "" {
			continue
		}
		if wantsItsOwn(b, f.Node) || e.Actor != person || len(steps) > 0 && !slices.Contains(steps, f.Node) {
			t.Fatalf("deciding %v at once wrote %s by %s", steps, e.Data, e.Actor)
		}
	}
}

// wantsItsOwn reports whether a drawn step can't be decided together with others.
func wantsItsOwn(b *workflowstest.Bench, node string) bool {
	step := drawn(b, node)
	return strings.Contains(step, "sign: true") || strings.Contains(step, ": edit") || strings.Contains(step, "batch: false")
}

// drawn is the text of a step of a drawn flow.
func drawn(b *workflowstest.Bench, node string) string {
	_, step, _ := strings.Cut(string(b.Program.Definition().Source), "{id: "+node+",")
	step, _, _ = strings.Cut(step, "{id: ")
	return step
}

// handOver has an administrator hand a task on: one of role admin on the page, an operator by a command, or somebody who
// is neither. What may not be is refused or said so; what was done closes the task.
func handOver(t *rapid.T, b *workflowstest.Bench, people *rapid.Generator[string]) {
	var all []workflows.Task
	for _, k := range b.Tasks {
		all = append(all, k)
	}
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b workflows.Task) int { return strings.Compare(a.ID, b.ID) })
	k := rapid.SampledFrom(all).Draw(t, "handed")
	key := strings.TrimPrefix(k.ID, b.Inst.ID+"/")
	form := map[string]event.Value{"task": event.Text(key), "who": event.List(people.Draw(t, "heir")), "opinion": event.Text("休假")}
	before := len(b.Trail)
	who := rapid.SampledFrom([]string{"ops.admin", "ops.admin", "cli", "somebody"}).Draw(t, "admin")
	switch who {
	case "cli":
		must(t, b.Do(act("transfer", form)))
	case "somebody":
		who = people.Draw(t, "no admin")
		must(t, b.Press(who, "admin", "transfer", form))
	default:
		must(t, b.Press(who, "admin", "transfer", form))
	}
	moved := slices.ContainsFunc(b.Trail[before:], func(e workflows.Entry) bool { return e.Kind == "moved" })
	if moved && (b.Refusal != nil || k.State != workflows.TaskOpen || b.Tasks[k.ID].State != workflows.TaskTransferred) {
		t.Fatalf("%s handed on the %s task %s, which is %s now: %v", who, k.State, k.ID, b.Tasks[k.ID].State, b.Refusal)
	}
	said := b.Toast != nil && b.Toast.Kind == card.ToastSuccess // not so while the heir is looked up
	if who == "cli" && b.Refusal == nil && said && !moved {
		t.Fatalf("the operator was told that %s is handed on, and it is not", k.ID)
	}
}
