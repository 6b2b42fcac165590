package approval

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// maxFlowDepth is how many workflows may have started each other in a row.
const maxFlowDepth = 8

// endedPrefix begins the result that a child tells its parent.
const endedPrefix = "ended:"

// flowKey names a start among those of an instance: the step, its round, and which try it is.
func flowKey(node string, round, try int) string {
	return fmt.Sprintf("flow/%s/%d/%d", node, round, try)
}

func readFlowKey(key string) (node string, round, try int, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 4 || parts[0] != "flow" {
		return "", 0, 0, false
	}
	round, err := strconv.Atoi(parts[2])
	try, err2 := strconv.Atoi(parts[3])
	return parts[1], round, try, err == nil && err2 == nil
}

// startFlow has another workflow started as the same initiator.
func (d *decider) startFlow(n *node, round int, back []string) []way {
	d.postStart(n, round, 1, back)
	if n.flow.wait {
		return nil
	}
	d.emit(&closed{Node: n.id, Round: round, Result: runPassed})
	return d.after(n, back)
}

func (d *decider) postStart(n *node, round, try int, back []string) {
	d.emit(&flowed{Node: n.id, Round: round, Start: n.flow.start, Try: try, Back: back})
	depth := 1
	if d.s.Parent != nil {
		depth = d.s.Parent.Depth + 1
	}
	key := flowKey(n.id, round, try)
	d.effect(workflows.Post{
		Key: key, Start: n.flow.start, StartKey: d.in.ID + "/" + key, As: d.s.By, Kind: event.KindStart, Answer: true,
		Body: &event.Start{Form: d.formOf(n.flow), Title: d.s.Title, Depth: depth},
	})
}

// startFrom begins an instance with the form that another one has filled in. A form that is wrong is refused as a
// whole: nothing of it is kept, and whoever asked hears why.
func (d *decider) startFrom(b *event.Start) error {
	by := d.ev.Actor.Person
	if by == "" || d.ev.Post == nil {
		return fmt.Errorf("step %s: a start needs somebody who starts it", d.in.ID)
	}
	if b.Depth > maxFlowDepth {
		return workflows.Refuse("too_deep", textTooDeep, maxFlowDepth)
	}
	f := &started{Gen: 1, Parent: &parent{ID: d.ev.Post.From, Key: d.ev.Post.Key, Depth: b.Depth}}
	f.p.People = map[string]person{by: {Name: d.ev.Actor.Name}}
	f.p.ParentTitle = oneLine(b.Title, maxTitle)
	d.emitBy(f, by)
	if d.p.waits() {
		// Whether they may, and whom fields offer, is not known yet: the form waits, and is judged then.
		d.s.Draft.Hidden, d.early = false, true
		if no := d.handIn(b.Form); no != nil {
			return no
		}
		again := &decider{p: d.p, in: d.in, ev: d.ev, now: d.now, s: &state{}}
		f.Hidden = true
		f.p.Values = d.s.Form
		again.emitBy(f, by)
		again.timerAt(timerDraft, d.now.Add(draftLife), 1, "7 days")
		again.lookup(ask{ID: "initiator", For: "initiator"}, []string{"person:" + by}, by)
		if len(d.p.who) > 0 {
			again.lookup(ask{ID: "who", For: "who"}, d.p.who, by)
		}
		again.askOffers(by)
		*d = *again
		return nil
	}
	d.lookup(ask{ID: "initiator", For: "initiator"}, []string{"person:" + by}, by)
	if no := d.handIn(b.Form); no != nil {
		return no
	}
	return nil
}

// handIn submits a form that nobody looks at first: what is not given has its default.
func (d *decider) handIn(given map[string]event.Value) *workflows.Refusal {
	form := maps.Clone(given)
	if form == nil {
		form = map[string]event.Value{}
	}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		if _, ok := form[f.id]; ok {
			continue
		}
		switch {
		case !f.def.empty():
			form[f.id] = f.input(f.def, d.p.loc)
		case f.self:
			form[f.id] = event.List(d.s.By)
		}
	}
	if no := d.submit(&event.Action{Slot: slotInitiator, Verb: "submit", Form: form, Whole: true}); no != nil {
		return no
	}
	if d.s.Status != workflows.StatusDraft {
		return nil
	}
	why := textUnknown
	if d.toast != nil {
		why = d.toast.Text.Default
	}
	return workflows.Refuse("invalid_form", "%s", why)
}

// admitChild hands the form in that waited until it was known whether they may start it.
func (d *decider) admitChild() {
	form := map[string]event.Value{}
	for i := range d.p.fields {
		f := &d.p.fields[i]
		if v := d.s.Draft.Values[f.id]; !v.empty() {
			form[f.id] = f.input(v, d.p.loc)
		}
	}
	if no := d.handIn(form); no != nil {
		d.finish(workflows.StatusTerminated, "not_allowed", no.Message.Default, "")
	}
}

// flowAnswer takes what came of a start, or how the other workflow ended.
func (d *decider) flowAnswer(b *event.Answer) {
	node, round, try, ok := readFlowKey(b.Key)
	n, r := d.p.nodes[node], d.s.run(node, round)
	if !ok || n == nil || n.flow == nil || r == nil || try != r.Tries {
		return
	}
	if st, ended := strings.CutPrefix(b.Result, endedPrefix); ended {
		d.flowEnded(n, r, b, workflows.Status(st))
		return
	}
	if b.Result == "stepped" || b.Result == "duplicate" {
		if r.Child == "" {
			d.emit(&begun{Node: node, Round: round, Child: b.Instance})
		}
		if r = d.s.run(node, round); n.flow.wait && r.State == runCanceled && r.ChildEnd == "" {
			d.recall(r) // it began after it was no longer wanted
		}
		return
	}
	if r.State == runCanceled {
		return
	}
	f := &unbegun{Node: node, Round: round, Code: strings.TrimPrefix(b.Result, "refused:")}
	f.p.Text = b.Text
	d.emit(f)
	d.lookup(ask{ID: "flow_admin/" + b.Key, For: "flow_admin", Node: node, Round: round}, []string{"role:admin"}, d.s.By)
	d.effect(workflows.SendText{Key: "refused/" + b.Key, To: workflows.To{Person: d.s.By, Connection: d.s.From}, Text: card.T(d.flowProblem(n, r.Why))})
	if !n.flow.wait || d.s.Status != workflows.StatusRunning {
		return
	}
	gen, until := d.nextGen(), d.now.Add(stuckFor)
	d.emit(&stuck{Node: node, Round: round, Gen: gen, Until: stampOf(until)})
	d.timerAt("retry/"+node+"/"+strconv.Itoa(round), until, gen, "1 hour")
}

// flowProblem words why a sub-flow could not be started.
func (d *decider) flowProblem(n *node, why string) string {
	return fmt.Sprintf(textFlowRefused, d.s.Title, n.name, why)
}

// tellAdmins tells the administrators of a step that is stuck.
func (d *decider) tellAdmins(a ask, found []string) {
	n, r := d.p.nodes[a.Node], d.s.run(a.Node, a.Round)
	if n == nil || r == nil {
		return
	}
	for _, id := range found {
		if id != d.s.By {
			d.effect(workflows.SendText{Key: a.ID + "/" + id, To: workflows.To{Person: id}, Text: card.T(d.flowProblem(n, r.Why))})
		}
	}
}

// flowEnded goes on when the other workflow has ended.
func (d *decider) flowEnded(n *node, r *run, b *event.Answer, st workflows.Status) {
	if r.ChildEnd != "" {
		return
	}
	waits := r.State == runOpen && n.flow.wait && d.s.Status == workflows.StatusRunning
	d.emit(&childEnded{Node: n.id, Round: r.Round, Child: b.Instance, Status: st})
	switch {
	case !waits:
	case st == workflows.StatusApproved:
		d.emit(&closed{Node: n.id, Round: r.Round, Result: runPassed})
		d.goOn(d.s.run(n.id, r.Round))
	default:
		d.emit(&closed{Node: n.id, Round: r.Round, Result: runFailed})
		d.failed(n, d.s.run(n.id, r.Round), strings.TrimSpace(fmt.Sprintf(textFlowFailed, n.name, statusWords[st], b.Text)))
	}
}

// recall takes back what the other workflow was started for.
func (d *decider) recall(r *run) {
	d.effect(workflows.Post{
		Key: "recall/" + flowKey(r.Node, r.Round, r.Tries), Instance: r.Child, Kind: event.KindCardAction,
		Body: &event.Action{Slot: slotInitiator, Verb: "withdraw"},
	})
}

// recallOf takes a sub-flow back that a run waits for, when the run ends.
func (d *decider) recallOf(r *run) {
	if n := d.p.nodes[r.Node]; n != nil && n.flow != nil && n.flow.wait && r.State == runOpen && r.Child != "" && r.ChildEnd == "" {
		d.recall(r)
	}
}

// recalled ends a sub-flow whose parent does not want it any more, whatever the flow says of withdrawing.
func (d *decider) recalled() bool {
	p := d.s.Parent
	if p == nil || d.ev.Post == nil || d.ev.Post.From != p.ID || d.ev.Connection != event.Self || d.ev.Actor.Type != event.ActorSystem {
		return false
	}
	if !d.s.Status.Ended() {
		d.finish(workflows.StatusWithdrawn, "parent", textParentEnded, "")
	}
	return true
}

// tellParent tells the instance that started this one how it ended.
func (d *decider) tellParent(st workflows.Status, why, reason string) {
	if p := d.s.Parent; p != nil && why != "parent" {
		d.effect(workflows.Post{
			Key: "ended", Instance: p.ID, Kind: event.KindAnswer,
			Body: &event.Answer{Key: p.Key, Instance: d.in.ID, Result: endedPrefix + string(st), Text: reason},
		})
	}
}

// flowNote is the line of a flow step in the progress.
func (p *Program) flowNote(n *node, r *run) string {
	switch {
	case r.State == runStuck, r.State == runPassed && r.Why != "":
		return fmt.Sprintf(textFlowStuck, r.Why)
	case r.ChildEnd != "":
		return fmt.Sprintf(textFlowEnded, statusWords[r.ChildEnd])
	case r.State == runOpen:
		return textFlowWaits
	case r.State == runSkipped:
		return textSkipIf
	case r.State == runCanceled:
		return textCanceledRun
	}
	return textFlowBegun
}
