package approval

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// stuckFor is how long a step waits before it asks again for approvers that nobody could name.
const stuckFor = time.Hour

// askApprovers asks who decides at a step; back is where the flow goes after it instead of going on.
func (d *decider) askApprovers(n *node, round, try int, back []string) {
	id := fmt.Sprintf("by/%s/%d", n.id, round)
	if try > 1 {
		id += "/" + strconv.Itoa(try)
	}
	d.ask(&asked{ask: ask{ID: id, For: "by", Node: n.id, Round: round, Hops: try}, Selectors: n.by, Back: back}, d.s.By)
}

// holds evaluates a node's condition. Values are canonical, so evaluation can't fail; if it ever does the
// step is asked for rather than passed over.
func (d *decider) holds(n *node) bool {
	if n.cond == nil {
		return true
	}
	if d.vals == nil {
		v := d.s.values()
		d.vals = &v
	}
	ok, err := d.test(n, n.cond, *d.vals)
	return ok || err != nil
}

// fork chooses the arm of a branch.
func (d *decider) fork(n *node, round int) string {
	vals := d.s.values()
	for i, a := range n.arms {
		if a.cond != nil {
			if ok, err := d.test(n, a.cond, vals); err != nil || !ok {
				continue
			}
		}
		d.emit(&branched{Node: n.id, Round: round, Arm: i})
		return a.first
	}
	return n.next
}

// answer takes the answer to a question about people.
func (d *decider) answer(l *event.Lookup) error {
	a, ok := d.s.ask(l.ID)
	if !ok {
		return nil // answered before, or no longer wanted
	}
	var found []string
	people := map[string]person{}
	persons := l.Persons
	if a.For == "from" { // as many as can be offered, and nobody who has left
		persons = slices.DeleteFunc(slices.Clone(persons), func(x event.Person) bool { return !x.Active })
		persons = persons[:min(len(persons), maxChoice)]
	}
	for _, x := range persons {
		people[x.ID] = person{Name: x.Name, Dept: x.Dept, Title: x.Title}
		if x.Active && !slices.Contains(found, x.ID) {
			found = append(found, x.ID)
		}
	}
	// Everybody who may start the flow need not be remembered by every instance of it.
	if a.For == "who" {
		people, found = nil, slices.DeleteFunc(found, func(id string) bool { return id != d.s.By })
	}
	f := &answered{ID: l.ID, Who: found, Snap: l.Snapshot, Short: l.Short}
	f.p.People = people
	d.emit(f)
	grants := append(grantsOf(l.Proxies), a.Proxies...)
	switch a.For {
	case "initiator":
		if d.s.Status == workflows.StatusRunning && len(d.s.Runs) == 0 {
			d.walk(d.p.first)
		}
	case "who":
		if len(found) == 0 {
			d.admit(false)
			return nil
		}
		d.ready()
	case "from":
		d.emit(&offered{Field: a.Node, Persons: found})
		d.ready()
	case "cc":
		d.tell(a, found)
	case "by":
		d.approvers(a, found, grants)
	case "self":
		d.standIn(a, found, grants)
	case "else":
		d.fallback(a, found, grants)
	case "admin":
		d.administered(a, found)
	case "up", "to":
		d.handOver(a, found, grants)
	case "weight":
		d.weighed(a, found, grants)
	case "flow_admin":
		d.tellAdmins(a, found)
	case "do":
		d.requested(a, found, grants)
	}
	return nil
}

// admit lets the initiator fill the form in, or says that they may not.
func (d *decider) admit(may bool) {
	if d.s.Status != workflows.StatusDraft {
		return
	}
	if may {
		if d.emit(&admitted{}); d.s.Parent != nil {
			d.admitChild()
		}
		return
	}
	d.effect(workflows.CancelTimer{Name: timerDraft})
	d.effect(workflows.SendText{Key: "not_allowed", To: workflows.To{Person: d.s.By, Connection: d.s.From}, Text: card.T(fmt.Sprintf(textMayNot, d.p.def.Name))})
	d.finish(workflows.StatusTerminated, "not_allowed", "", "")
}

// tell shows the instance to persons who did not see it yet.
func (d *decider) tell(a ask, found []string) {
	var fresh []string
	for _, id := range found {
		if id != d.s.By && !slices.Contains(d.s.CC, id) {
			fresh = append(fresh, id)
		}
	}
	if len(fresh) > 0 {
		d.emit(&told{Node: a.Node, Persons: fresh})
		d.listTold(a.Node, fresh)
	}
}

// approvers has the step's people; the initiator among them is a question of its own.
func (d *decider) approvers(a ask, found []string, grants []grant) {
	n := d.p.nodes[a.Node]
	i := slices.Index(found, d.s.By)
	if i < 0 || d.p.self != "manager" {
		d.enter(n, a, found, grants)
		return
	}
	found = slices.Clone(found)
	found[i] = ""
	d.lookup(ask{ID: fmt.Sprintf("self/%s/%d/%d", n.id, a.Round, a.Hops), For: "self", Node: n.id, Round: a.Round, Persons: found, Hops: a.Hops, Proxies: grants}, []string{"initiator.manager"}, d.s.By)
}

// standIn puts the initiator's manager where the initiator was.
func (d *decider) standIn(a ask, found []string, grants []grant) {
	var who []string
	for _, id := range a.Persons {
		if id == "" && len(found) > 0 {
			id = found[0]
		}
		if id != "" && id != d.s.By && !slices.Contains(who, id) {
			who = append(who, id)
		}
	}
	d.enter(d.p.nodes[a.Node], a, who, grants)
}

// enter freezes the approvers as seats, or follows the rule for when there are too few.
func (d *decider) enter(n *node, a ask, who []string, grants []grant) {
	r := d.s.run(n.id, a.Round)
	if r == nil || r.State != runAsking {
		return
	}
	if len(who) == 0 || n.mode.Kind == modeCount && len(who) < n.mode.N {
		d.nobody(n, a)
		return
	}
	if n.mode.Kind == modeWeight && len(n.mode.Of) > 0 {
		d.weigh(n, a, who, grants)
		return
	}
	d.sitDown(n, a, who, grants, nil)
}

// nobody follows if_nobody.
func (d *decider) nobody(n *node, a ask) {
	switch n.ifNobody {
	case "skip":
		d.emit(&skipped{Node: n.id, Round: a.Round, Why: "nobody"})
		d.goOn(d.s.run(n.id, a.Round))
	case "reject":
		d.emit(&closed{Node: n.id, Round: a.Round, Result: runFailed, Why: "nobody"})
		d.finish(workflows.StatusRejected, "nobody", fmt.Sprintf(textNobody, n.name), "")
	default:
		d.lookup(ask{ID: fmt.Sprintf("else/%s/%d/%d", n.id, a.Round, a.Hops), For: "else", Node: n.id, Round: a.Round, Hops: a.Hops}, []string{n.ifNobody}, d.s.By)
	}
}

// fallback seats those who stand in when nobody is found. Any of them decides.
func (d *decider) fallback(a ask, found []string, grants []grant) {
	n := d.p.nodes[a.Node]
	r := d.s.run(n.id, a.Round)
	if r == nil || r.State != runAsking {
		return
	}
	if d.p.self != "ask" {
		found = slices.DeleteFunc(found, func(id string) bool { return id == d.s.By })
	}
	if len(found) > 0 {
		d.seat(n, a.Round, d.stands(n, found, grants), modeSpec{Kind: modeAny}, true)
		return
	}
	gen, until := d.nextGen(), d.now.Add(stuckFor)
	d.emit(&stuck{Node: n.id, Round: a.Round, Gen: gen, Until: stampOf(until)})
	d.timerAt("retry/"+n.id+"/"+strconv.Itoa(a.Round), until, gen, "1 hour")
}

// finish ends the instance and takes its timers down.
func (d *decider) finish(st workflows.Status, why, reason, actor string) {
	for i := range d.s.Runs {
		d.quiet(&d.s.Runs[i])
	}
	f := &ended{Status: st, Why: why}
	f.p.Reason = reason
	d.emitBy(f, actor)
	d.tellParent(st, why, reason)
	if d.s.Sent != 0 {
		d.publish(st)
	}
}

// publish tells the outside how the request ended.
func (d *decider) publish(st workflows.Status) {
	d.effect(workflows.Publish{Name: "approval." + string(st), Data: map[string]any{
		"instance": d.in.ID, "definition": d.p.def.ID, "no": d.s.No, "initiator": d.s.By, "status": string(st),
	}})
}

// quiet takes the timers of a run down.
func (d *decider) quiet(r *run) {
	d.recallOf(r)
	if r.State == runStuck {
		d.effect(workflows.CancelTimer{Name: "retry/" + r.Node + "/" + strconv.Itoa(r.Round)})
	}
	d.stopTimers(r)
}

// stopTimers takes the timers of open tasks down.
func (d *decider) stopTimers(r *run) {
	for i := range r.Seats {
		if x := &r.Seats[i]; x.State == workflows.TaskOpen {
			d.stopTimer(r, x)
		}
	}
}

func (d *decider) stopTimer(r *run, x *seat) {
	key := taskKey(r.Node, r.Round, x.ID, x.Task)
	if x.Remind != 0 {
		d.effect(workflows.CancelTimer{Name: "remind/" + key})
	}
	if x.Late != 0 {
		d.effect(workflows.CancelTimer{Name: "timeout/" + key})
	}
}
