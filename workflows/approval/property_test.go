package approval_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

// drawFlow makes a flow of a few steps of every sort.
func drawFlow(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("kind: approval\nid: flow\nname: 流程\nstart: {commands: [走]}\nform:\n  - {id: item, type: text, label: 内容, required: true}\n  - {id: amount, type: money, label: 金额}\n  - {id: who, type: person, label: 人}\nsteps:\n")
	who := rapid.SampledFrom([]string{"initiator.manager", "role:finance", "role:board", "initiator.managers(3)", "role:nobody", "initiator", "form.who", "form.who.manager", "person:zhao.min"})
	step := func(id string) string {
		by := fmt.Sprintf("%q", who.Draw(t, "by"))
		if rapid.IntRange(0, 4).Draw(t, "chosen") == 0 {
			by = `"chosen"` + rapid.SampledFrom([]string{"", `, from: ["role:board"]`, `, from: ["role:board"], at_most: 2`}).Draw(t, "from")
		}
		s := fmt.Sprintf("{id: %s, approve: {by: %s, mode: %s%s}", id, by,
			rapid.SampledFrom([]string{"any", "all", "sequence", "{ratio: 60%}", "{count: 2}", "{weight: 2, of: {\"role:finance\": 2, sun.li: 3}}"}).Draw(t, "mode"),
			rapid.SampledFrom([]string{"", ", veto: true", ", veto: false", ", abstain: counts", ", abstain: ignored", ", batch: false", ", fields: {amount: hidden}", ", fields: {item: edit, who: edit}", ", sign: true", ", sign: true, fields: {item: edit}"}).Draw(t, "veto"))
		signs := strings.Contains(s, "sign: true")
		s += rapid.SampledFrom([]string{"", ", if: form.amount >= 100", ", if: not given(form.who)"}).Draw(t, "if")
		s += rapid.SampledFrom([]string{"", ", remind: {after: 4 work hours, every: 1 work day, at_most: 2}"}).Draw(t, "remind")
		late := rapid.SampledFrom([]string{"", ", timeout: {after: 2 work days, then: escalate}", ", timeout: {after: 1 day, then: remind}", ", timeout: {after: 1 day, then: approve}",
			", timeout: {after: 3 hours, then: reject}", ", timeout: {after: 3 hours, then: transfer, to: \"person:sun.li\"}"}).Draw(t, "timeout")
		if signs { // nobody signs when the time is up
			late = strings.Replace(late, "approve", "reject", 1)
		}
		s += late
		s += rapid.SampledFrom([]string{"", "", ", if_rejected: start", ", return: {to: start, then: back}", ", return: {then: again}"}).Draw(t, "back")
		return s + rapid.SampledFrom([]string{"", ", if_nobody: skip", ", if_nobody: reject", ", if_nobody: admin", ", if_nobody: \"person:sun.li\""}).Draw(t, "nobody") + "}"
	}
	n := rapid.IntRange(1, 4).Draw(t, "steps")
	for i := range n {
		switch rapid.IntRange(0, 7).Draw(t, "sort") {
		case 0:
			fmt.Fprintf(&b, "  - branch:\n      - {if: form.amount >= 50, steps: [%s]}\n      - {else: true, steps: []}\n", step("a"+strconv.Itoa(i)))
		case 1:
			b.WriteString("  - cc: {to: [\"dept:行政部/lead\", initiator]}\n")
		case 2:
			fmt.Fprintf(&b, "  - parallel: [[%s, %s], [%s]]\n", step("p"+strconv.Itoa(i)), step("q"+strconv.Itoa(i)), step("r"+strconv.Itoa(i)))
		case 3:
			fmt.Fprintf(&b, "  - inclusive: [{if: form.amount >= 50, steps: [%s, {parallel: [[%s], [%s]]}]}, {if: given(form.who), steps: [%s]}, {else: true, steps: []}]\n",
				step("i"+strconv.Itoa(i)), step("j"+strconv.Itoa(i)), step("k"+strconv.Itoa(i)), step("l"+strconv.Itoa(i)))
		}
		b.WriteString("  - " + step("s"+strconv.Itoa(i)) + "\n")
	}
	fmt.Fprintf(&b, "rules: {same_person: %s, initiator_is_approver: %s, revoke: {within: 2 days, approve: {by: %q, mode: all}}}\n",
		rapid.SampledFrom([]string{"off", "consecutive", "whole"}).Draw(t, "same"), rapid.SampledFrom([]string{"ask", "skip", "manager"}).Draw(t, "self"), who.Draw(t, "revoke"))
	return b.String()
}

// told holds what people are told of an instance against what happened: every line has words in both
// languages, and whoever has a card may look.
func told(t *rapid.T, b *workflowstest.Bench) {
	p := b.Program.(workflows.Teller)
	lines, err := p.Tell(b.Inst, b.Trail)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range lines {
		if l.At.IsZero() || l.What.Default == "" || l.What.In("en-US") == l.What.Default || strings.Contains(l.What.Default+l.What.In("en-US"), "%!") {
			t.Fatalf("line %+v", l)
		}
		if i > 0 && l.At.Before(lines[i-1].At) {
			t.Fatalf("line %d is older than the one above", i)
		}
	}
	all, err := p.Slots(b.Inst, "")
	if err != nil {
		t.Fatal(err)
	}
	for slot, c := range b.Cards {
		mine, err := p.Slots(b.Inst, c.To.Person)
		if err != nil || !slices.Contains(mine, slot) || !slices.Contains(all, slot) {
			t.Fatalf("%s has the card %s, but is told of %v: %v", c.To.Person, slot, mine, err)
		}
	}
	for _, k := range b.Open() {
		mine, err := p.Slots(b.Inst, k.Person)
		if k.Node == "start" {
			if err != nil || !slices.Contains(mine, "initiator") {
				t.Fatalf("%s has the form back, but sees %v: %v", k.Person, mine, err)
			}
			continue
		}
		if err != nil || !strings.HasPrefix(mine[0], "task/") || b.Tasks[b.Inst.ID+strings.TrimPrefix(mine[0], "task")].State != workflows.TaskOpen {
			t.Fatalf("%s has the open task %s, but sees %v first: %v", k.Person, k.ID, mine, err)
		}
	}
}

// signed holds every vote at a step that is signed: who agreed has signed, with a picture that was not there before and
// that the state names.
func signed(t *rapid.T, b *workflowstest.Bench) {
	once := map[string]bool{}
	for _, e := range b.Trail {
		if e.Kind != "voted" {
			continue
		}
		var f struct{ Node, Verb, Auto, Sign string }
		var p struct {
			Sign struct {
				ID string `json:"id"`
			} `json:"sign"`
		}
		must(t, json.Unmarshal(e.Data, &f))
		if len(e.Private) > 0 {
			must(t, json.Unmarshal(e.Private, &p))
		}
		if wants := strings.Contains(drawn(b, f.Node), "sign: true") && f.Verb == "approve"; wants != (f.Sign != "") || wants && (f.Auto != "" || e.Actor == "") {
			t.Fatalf("a vote is %s", e.Data)
		}
		if f.Sign == "" {
			continue
		}
		if once[p.Sign.ID] || !strings.Contains(string(b.Inst.State), `"`+p.Sign.ID+`"`) {
			t.Fatalf("the signature %q was there before, or is not named now", p.Sign.ID)
		}
		once[p.Sign.ID] = true
	}
}

// hides reports whether a step of a drawn flow hides the amount.
func hides(b *workflowstest.Bench, node string) bool {
	return strings.Contains(drawn(b, node), "amount: hidden")
}

// check holds an instance against everything that must always be true.
func check(t *rapid.T, b *workflowstest.Bench) {
	if len(b.Trail) > 0 {
		again, err := approval.Rebuild(b.Trail)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(b.Inst.State), string(again)); diff != "" {
			t.Fatalf("the fold of the trail is another state:\n%s", diff)
		}
		told(t, b)
		signed(t, b)
		modelled(t, b, []string{"ops.admin"})
	}
	ends := 0
	for _, e := range b.Trail {
		if e.Kind == "ended" {
			ends++
		}
	}
	if ends > 1 || (ends == 1) != b.Inst.Status.Ended() {
		t.Fatalf("%d ends, status %s", ends, b.Inst.Status)
	}
	open := b.Open()
	alone := strings.Contains(string(b.Program.Definition().Source), "initiator_is_approver: manager")
	if b.Inst.Status == workflows.StatusRunning && len(open) == 0 && len(b.Waiting) == 0 && !asksAgain(b) {
		t.Fatal("the instance is stuck: no open task, no question, and no timer that asks again")
	}
	revoking := slices.ContainsFunc(open, func(k workflows.Task) bool { return k.Node == "revoke" })
	if b.Inst.Status.Ended() && slices.ContainsFunc(open, func(k workflows.Task) bool { return k.Node != "revoke" }) {
		t.Fatalf("ended with open tasks: %v", open)
	}
	if revoking && b.Inst.Status != workflows.StatusApproved {
		t.Fatalf("%s, and whether it is revoked is asked", b.Inst.Status)
	}
	seats, rounds := map[string]bool{}, map[string]int{}
	for _, k := range open {
		id := fmt.Sprint(k.Node, k.Round, k.Seat)
		if seats[id] {
			t.Fatalf("two open tasks in seat %s", id)
		}
		seats[id] = true
		if round, there := rounds[k.Node]; there && round != k.Round {
			t.Fatalf("step %s is open in round %d and %d", k.Node, round, k.Round)
		}
		rounds[k.Node] = k.Round
		if !active(b, k.Node) {
			t.Fatalf("%s is open, and the initiator's card does not say so", k.Node)
		}
		if k.Node == "start" {
			c := b.Cards["initiator"]
			if k.Person != b.Inst.Initiator || !slices.Contains(c.View["actions"].([]any), any("submit")) || c.View["form"] == nil {
				t.Fatalf("the initiator can't change the form: %v", c)
			}
			continue
		}
		if alone && k.Person == b.Inst.Initiator {
			t.Fatalf("the initiator is asked to decide at %s", k.ID)
		}
		if at := fmt.Sprint(k.Node, k.Round, " ", k.Person); seats[at] {
			t.Fatalf("%s sits twice at %s", k.Person, k.Node)
		} else {
			seats[at] = true
		}
		c, ok := b.Cards[b.SlotOf(k)]
		if !ok || c.To.Person != k.Person || len(c.View["actions"].([]any)) < 2 {
			t.Fatalf("the open task %s has no card to decide on: %v", k.ID, c)
		}
	}
	for slot, c := range b.Cards {
		if node, _, _ := strings.Cut(strings.TrimPrefix(slot, "task/"), "/"); strings.HasPrefix(slot, "task/") && hides(b, node) {
			if raw := fmt.Sprint(c.View); strings.Contains(raw, "金额") || strings.Contains(raw, "¥") {
				t.Fatalf("card %s shows a hidden field: %s", slot, raw)
			}
		}
		if got := c.View["instance"].(map[string]any)["status"]; got != string(b.Inst.Status) {
			t.Fatalf("card %s shows %v, the instance is %s", slot, got, b.Inst.Status)
		}
		if actions := c.View["actions"].([]any); b.Inst.Status.Ended() && len(actions) > 0 && !strings.HasPrefix(slot, "task/revoke/") && fmt.Sprint(slot, actions) != "initiator[revoke]" {
			t.Fatalf("card %s of an ended instance still offers %v", slot, actions)
		}
		if strings.HasPrefix(slot, "task/") {
			id := b.Inst.ID + "/" + strings.TrimPrefix(slot, "task/")
			if b.Tasks[id].State != workflows.TaskOpen && c.View["mine"] == true {
				t.Fatalf("card %s of a closed task can be pressed", slot)
			}
		}
	}
	for _, task := range b.Tasks {
		if task.State == workflows.TaskOpen && !slices.ContainsFunc(open, func(o workflows.Task) bool { return o.ID == task.ID }) {
			t.Fatalf("task %s is lost", task.ID)
		}
	}
}

// asksAgain reports whether a step that nobody could be found for is tried once more.
func asksAgain(b *workflowstest.Bench) bool {
	for name := range b.Timers {
		if strings.HasPrefix(name, "retry/") {
			return true
		}
	}
	return false
}

// active reports whether the initiator's card shows a step as one that somebody is asked at.
func active(b *workflowstest.Bench, node string) bool {
	steps, _ := b.Cards["initiator"].View["steps"].([]any)
	return slices.ContainsFunc(steps, func(s any) bool {
		m := s.(map[string]any)
		return m["id"] == node && m["state"] == "active"
	})
}

// sendBack returns the request from an open task to some of the steps that its card offers.
func sendBack(t *rapid.T, b *workflowstest.Bench) {
	open := slices.DeleteFunc(b.Open(), func(k workflows.Task) bool { return k.Node == "start" })
	if len(open) == 0 {
		return
	}
	k := rapid.SampledFrom(open).Draw(t, "returner")
	more, _ := b.Cards[b.SlotOf(k)].View["more"].(map[string]any)
	list, _ := more["steps"].([]any)
	if len(list) == 0 {
		return
	}
	var to []string
	for range rapid.IntRange(1, 2).Draw(t, "targets") {
		if id := rapid.SampledFrom(list).Draw(t, "target").(map[string]any)["value"].(string); !slices.Contains(to, id) {
			to = append(to, id)
		}
	}
	then := rapid.SampledFrom([]string{"", "again", "back"}).Draw(t, "then")
	must(t, b.Press(k.Person, b.SlotOf(k), "return", map[string]event.Value{"step": event.List(to...), "then": event.Text(then), "opinion": event.Text("理由")}))
	switch {
	case b.Refusal != nil && len(to) == 1 && b.Refusal.Code != "with_initiator":
		t.Fatalf("the card of %s offers to return to %v, which is refused: %v", k.ID, to, b.Refusal)
	case b.Refusal == nil && b.Tasks[k.ID].State != workflows.TaskReturned:
		t.Fatalf("the task %s was returned and is %s", k.ID, b.Tasks[k.ID].State)
	}
}

// Whatever people, clocks and directories do, no instance is stuck, none ends twice, the trail folds to the
// state, and every card is true.
func TestAnything(t *testing.T) {
	t.Parallel()
	e := env(t)
	rapid.Check(t, func(t *rapid.T) {
		src := drawFlow(t)
		p := program(t, src, e)
		c := workflowstest.NewCompany()
		if rapid.Bool().Draw(t, "no admin") {
			c.Roles["admin"] = nil
		}
		b := workflowstest.New(p, c, time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		b.Hold = rapid.Bool().Draw(t, "slow directory")
		people := rapid.SampledFrom(c.Order)
		by := people.Draw(t, "by")
		must(t, b.Say(by, "走"))
		check(t, b)
		old := map[string]int64{}
		var signs []event.Value
		for range rapid.IntRange(1, 25).Draw(t, "events") {
			before, trail := string(b.Inst.State), len(b.Trail)
			switch rapid.IntRange(0, 13).Draw(t, "event") {
			case 0, 1:
				form := map[string]event.Value{
					"item": event.Text("x"), "amount": event.Text(rapid.SampledFrom([]string{"", "1", "100"}).Draw(t, "amount")), "who": event.Text(rapid.SampledFrom([]string{"", "sun.li"}).Draw(t, "who")),
				}
				drawChoice(t, b, people, form)
				must(t, b.Press(by, "initiator", "submit", form))
			case 2, 3, 4, 5:
				var all []workflows.Task
				for _, k := range b.Tasks {
					all = append(all, k)
				}
				if len(all) == 0 {
					continue
				}
				slices.SortFunc(all, func(a, b workflows.Task) int { return strings.Compare(a.ID, b.ID) })
				k := rapid.SampledFrom(all).Draw(t, "task")
				person := k.Person
				if rapid.IntRange(0, 5).Draw(t, "wrong person") == 0 {
					person = people.Draw(t, "presser")
				}
				form := map[string]event.Value{"opinion": event.Text("理由")}
				if rapid.IntRange(0, 2).Draw(t, "changes") == 0 {
					form["field_item"] = event.Text(rapid.SampledFrom([]string{"", "y", "z"}).Draw(t, "item"))
				}
				verb := rapid.SampledFrom([]string{"approve", "approve", "approve", "reject", "abstain", "transfer", "delegate", "add_before", "add_after", "add_beside", "remove_sign", "comment"}).Draw(t, "verb")
				if verb != "approve" && verb != "reject" && verb != "abstain" {
					form["who"] = event.Value{Kind: event.ValuePeople, List: rapid.SliceOfNDistinct(people, 1, 2, rapid.ID[string]).Draw(t, "who")}
				}
				switch rapid.IntRange(0, 4).Draw(t, "signs") {
				case 0:
				case 1:
					if len(signs) > 0 {
						form[workflows.SignatureInput] = rapid.SampledFrom(signs).Draw(t, "old signature")
					}
				default:
					form[workflows.SignatureInput] = b.Signature()
					signs = append(signs, form[workflows.SignatureInput])
				}
				must(t, b.Press(person, b.SlotOf(k), verb, form))
				late := verb == "remove_sign" || verb == "comment" // may come at a task that is decided
				if b.Refusal == nil && (k.State != workflows.TaskOpen && !late || person != k.Person) {
					t.Fatalf("%s did %s at the %s task of %s", person, verb, k.State, k.Person)
				}
			case 6:
				if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
					must(t, b.Press(by, "initiator", rapid.SampledFrom([]string{"withdraw", "cancel", "terminate"}).Draw(t, "verb"), map[string]event.Value{"opinion": event.Text("理由")}))
				} else {
					must(t, b.Press(by, "initiator", "urge", nil))
				}
			case 12:
				atOnce(t, b, people.Draw(t, "of whom"))
				continue
			case 13:
				handOver(t, b, people)
			case 10:
				sendBack(t, b)
			case 11:
				if b.Inst.Status == workflows.StatusRunning {
					sendBack(t, b)
				} else {
					must(t, b.Press(by, "initiator", "revoke", map[string]event.Value{"opinion": event.Text("理由")}))
				}
			case 7:
				must(t, b.Advance(b.Now.Add(time.Duration(rapid.IntRange(1, 100).Draw(t, "hours"))*time.Hour)))
			case 8: // a timer that fires again, or an old one
				for name, x := range b.Timers {
					if g, seen := old[name]; seen {
						stale := x
						stale.Generation = g
						if g != x.Generation {
							must(t, b.Fire(stale))
							if len(b.Trail) != trail {
								t.Fatalf("the stale timer %s changed something", name)
							}
						}
					}
					old[name] = x.Generation
				}
			case 9:
				if len(b.Waiting) > 0 {
					must(t, b.Answer(rapid.IntRange(0, len(b.Waiting)-1).Draw(t, "answer")))
				} else if rapid.IntRange(0, 4).Draw(t, "leaves") == 0 {
					c.Leave(people.Draw(t, "leaver"))
				}
			}
			if b.Refusal != nil && (string(b.Inst.State) != before || len(b.Trail) != trail) {
				t.Fatal("a refusal changed something")
			}
			check(t, b)
		}
	})
}

// The order of independent votes never changes the outcome, where no single vote decides, and closing early gives
// what counting everything at the end would.
func TestOrderOfVotes(t *testing.T) {
	t.Parallel()
	e := env(t)
	board := []string{"zhang.wei", "han.meimei", "sun.li", "chen.jie", "wang.fang"}
	weight := map[string]int{"zhang.wei": 3, "sun.li": 2}
	// What the votes make of each mode when all are counted at the end: agreeing persons and weight, those who
	// refuse, and how many count.
	modes := map[string]func(yes, heavy, no, total int) bool{
		"all":                      func(yes, _, _, total int) bool { return yes == total },
		"{ratio: 60%}":             func(yes, _, _, total int) bool { return 100*yes >= 60*total },
		"{ratio: 1%}":              func(yes, _, _, total int) bool { return 100*yes >= total },
		"{ratio: 100%}":            func(yes, _, _, total int) bool { return yes == total },
		"{ratio: 60%}, veto: true": func(yes, _, no, total int) bool { return no == 0 && 100*yes >= 60*total },
		"{count: 1}":               func(yes, _, _, _ int) bool { return yes >= 1 },
		"{count: 3}":               func(yes, _, _, _ int) bool { return yes >= 3 },
		"{count: 3}, veto: true":   func(yes, _, no, _ int) bool { return no == 0 && yes >= 3 },
		"{count: 5}":               func(yes, _, _, _ int) bool { return yes >= 5 },
		"any, veto: false":         func(yes, _, _, _ int) bool { return yes >= 1 },
		"{weight: 4, of: {zhang.wei: 3, sun.li: 2}}": func(_, heavy, _, _ int) bool { return heavy > 4 },
	}
	names := slices.Sorted(maps.Keys(modes))
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom(names).Draw(t, "mode")
		abstain := rapid.SampledFrom([]string{"counts", "ignored"}).Draw(t, "abstain")
		p := program(t, "kind: approval\nid: flow\nname: 流程\nstart: {commands: [走]}\nform: [{id: item, type: text, label: 内容}]\nsteps: [{id: s, approve: {by: role:board, mode: "+mode+", abstain: "+abstain+"}}]\n", e)
		votes := map[string]string{}
		yes, heavy, no, total := 0, 0, 0, 0
		for _, who := range board {
			votes[who] = rapid.SampledFrom([]string{"approve", "approve", "reject", "abstain"}).Draw(t, who)
			switch votes[who] {
			case "approve":
				yes, heavy = yes+1, heavy+max(1, weight[who])
			case "reject":
				no++
			case "abstain":
				if abstain == "ignored" {
					continue
				}
			}
			total++
		}
		want := workflows.StatusRejected
		if yes > 0 && modes[mode](yes, heavy, no, total) {
			want = workflows.StatusApproved
		}
		b := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		must(t, b.Begin("li.lei", nil))
		for _, who := range rapid.Permutation(board).Draw(t, "order") {
			k, ok := b.TaskOf("s", who)
			if !ok {
				t.Fatalf("%s was not asked", who)
			}
			must(t, b.Press(who, b.SlotOf(k), votes[who], map[string]event.Value{"opinion": event.Text("理由")}))
			check(t, b)
		}
		if got := b.Inst.Status; got != want {
			t.Fatalf("%v with %s, abstentions %s: %s, want %s", votes, mode, abstain, got, want)
		}
	})
}

// Withdrawing and approving at once: whichever comes first wins, the other is told.
func TestWithdrawRace(t *testing.T) {
	t.Parallel()
	p := program(t, "kind: approval\nid: flow\nname: 流程\nstart: {commands: [走]}\nform: [{id: item, type: text, label: 内容}]\nsteps: [{id: s, approve: {by: initiator.manager}}]\n", env(t))
	for _, withdrawFirst := range []bool{true, false} {
		b := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		must(t, b.Begin("li.lei", nil))
		withdraw := func() { must(t, b.Press("li.lei", "initiator", "withdraw", nil)) }
		approve := func() { must(t, b.Press("han.meimei", "task/s/1/0", "approve", nil)) }
		want := workflows.StatusApproved
		if withdrawFirst {
			withdraw()
			approve()
			want = workflows.StatusWithdrawn
		} else {
			approve()
			withdraw()
		}
		if b.Inst.Status != want || b.Refusal == nil || b.Refusal.Code != "ended" || !b.Refusal.Refresh {
			t.Errorf("withdraw first %v: %s, %v", withdrawFirst, b.Inst.Status, b.Refusal)
		}
	}
}

// fataler is what testing.T and rapid.T have in common.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// form is the values of a form, by turns name and text.
func form(pairs ...string) map[string]event.Value {
	out := map[string]event.Value{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = event.Text(pairs[i+1])
	}
	return out
}

// In whatever order those decide who are asked at the same time in several arms, the same people are asked at the same
// steps, once each, and what follows waits for all of them.
func TestOrderOfArms(t *testing.T) {
	t.Parallel()
	p := program(t, `kind: approval
id: flow
name: 流程
start: {commands: [走]}
form: [{id: item, type: text, label: 内容}]
steps:
  - parallel:
      - - {id: a1, approve: {by: initiator.manager}}
        - parallel: [[{id: a2, approve: {by: role:finance, mode: all}}], [{id: a3, approve: {by: "person:sun.li"}}, {id: a4, approve: {by: "person:chen.jie"}}]]
        - {id: a5, approve: {by: "person:zhang.wei"}}
      - - {id: b1, approve: {by: "person:wang.fang"}}
        - {id: b2, approve: {by: initiator.manager}}
      - [{id: c1, if: form.item == "", approve: {by: "person:liu.yang"}}]
  - {id: last, approve: {by: role:ceo}}
`, env(t))
	want := []string{"a1 1 han.meimei", "a2 1 wang.fang", "a2 1 zhao.min", "a3 1 sun.li", "a4 1 chen.jie", "a5 1 zhang.wei", "b1 1 wang.fang", "b2 1 han.meimei", "last 1 zhang.wei"}
	after := map[string][]string{"a2": {"a1"}, "a3": {"a1"}, "a4": {"a3"}, "a5": {"a2", "a4"}, "b2": {"b1"}, "last": {"a5", "b2"}}
	rapid.Check(t, func(t *rapid.T) {
		b := workflowstest.New(p, workflowstest.NewCompany(), time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		must(t, b.Begin("li.lei", form("item", "x")))
		for len(b.Open()) > 0 {
			for _, k := range b.Open() {
				for _, first := range after[k.Node] {
					for _, other := range b.Tasks {
						if other.Node == first && other.State == workflows.TaskOpen {
							t.Fatalf("%s is asked while %s is open", k.Node, first)
						}
					}
				}
			}
			k := rapid.SampledFrom(b.Open()).Draw(t, "next")
			must(t, b.Press(k.Person, b.SlotOf(k), "approve", nil))
			check(t, b)
		}
		var got []string
		for _, k := range b.Tasks {
			got = append(got, fmt.Sprint(k.Node, " ", k.Round, " ", k.Person))
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" || b.Inst.Status != workflows.StatusApproved {
			t.Fatalf("%s, asked:\n%s", b.Inst.Status, diff)
		}
	})
}
