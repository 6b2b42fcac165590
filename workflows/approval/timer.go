package approval

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/selector"
)

// timer takes a timer that fired. One whose generation moved on does nothing.
func (d *decider) timer(t *event.Timer) {
	kind, key, _ := strings.Cut(t.Name, "/")
	switch kind {
	case timerDraft:
		if d.s.Status == workflows.StatusDraft {
			d.finish(workflows.StatusExpired, "expired", "", "")
		}
		return
	case "retry":
		d.retry(key, t.Generation)
		return
	case timerCalendar:
		d.recount()
		return
	}
	r, x, n := d.find(key)
	if x == nil || n != x.Task || x.State != workflows.TaskOpen || !d.running(r) {
		return
	}
	switch {
	case kind == "remind" && t.Generation == x.Remind:
		d.remind(r, x)
	case kind == "timeout" && t.Generation == x.Late:
		d.overdue(r, x)
	}
}

// retry asks again for the approvers of a step that nobody could name.
func (d *decider) retry(key string, gen int64) {
	node, round, ok := strings.Cut(key, "/")
	k, err := strconv.Atoi(round)
	if !ok || err != nil {
		return
	}
	if r := d.s.run(node, k); r != nil && r.State == runStuck && r.Gen == gen {
		if n := d.p.nodes[node]; n.flow != nil {
			d.postStart(n, k, r.Tries+1, r.Back)
			return
		}
		d.askApprovers(d.p.nodes[node], k, int(gen)+1, nil)
	}
}

// remind nudges the person, and sets the next reminder.
func (d *decider) remind(r *run, x *seat) {
	n := d.p.nodes[r.Node]
	if n.remind == nil {
		return
	}
	key := taskKey(r.Node, r.Round, x.ID, x.Task)
	f := &reminded{place: place{r.Node, r.Round, x.ID}, N: x.Nudged + 1}
	if f.N < n.remind.AtMost && !n.remind.Every.IsZero() {
		at, _ := d.p.after(d.now, n.remind.Every)
		f.Next = d.nextGen()
		d.timerAt("remind/"+key, at, f.Next, n.remind.Every.String())
	}
	d.emit(f)
	d.effect(workflows.SendText{
		Key: fmt.Sprintf("remind/%s/%d", key, f.N), To: workflows.To{Person: x.Person},
		Text: card.T(fmt.Sprintf(textRemind, d.titleFor(x.Person), waited(d.now.Sub(x.At.time())))),
	})
}

// waited words how long somebody waits.
func waited(w time.Duration) string {
	switch {
	case w < time.Hour:
		return fmt.Sprintf("%d 分钟", max(1, int(w/time.Minute)))
	case w < 48*time.Hour:
		return fmt.Sprintf("%d 小时", int(w/time.Hour))
	}
	return fmt.Sprintf("%d 天", int(w/(24*time.Hour)))
}

// overdue does what the step says when time is up.
func (d *decider) overdue(r *run, x *seat) {
	n := d.p.nodes[r.Node]
	if n.timeout == nil {
		return
	}
	at := place{r.Node, r.Round, x.ID}
	of := x.Person
	if x.Back != nil {
		of = x.Back.Person
	}
	d.emit(&overdue{place: at, Then: n.timeout.Then})
	switch n.timeout.Then {
	case "approve", "reject":
		if n.timeout.Then == "approve" && of == d.s.By && d.p.self != "ask" {
			d.handAsk(r, x, "up", of, 1) // no way round the rule, the clock's neither
			return
		}
		word := map[string]string{"approve": "同意", "reject": "拒绝"}[n.timeout.Then]
		d.vote(r, x, n.timeout.Then, autoTimeout, fmt.Sprintf(textAutoTimeout, word), "", nil)
	case "escalate":
		d.handAsk(r, x, "up", of, 1)
	case "transfer":
		d.handAsk(r, x, "to", d.s.By, 1)
	default:
		d.nag(r, x)
	}
}

// nag tells the person that their time is up.
func (d *decider) nag(r *run, x *seat) {
	key := taskKey(r.Node, r.Round, x.ID, x.Task)
	d.effect(workflows.SendText{Key: "timeout/" + key, To: workflows.To{Person: x.Person}, Text: card.T(fmt.Sprintf(textTimedOut, d.titleFor(x.Person)))})
}

// handAsk asks who takes a seat over: the manager of somebody, or those whom the step names.
func (d *decider) handAsk(r *run, x *seat, how, of string, hop int) {
	n := d.p.nodes[r.Node]
	selectors := []string{"initiator.manager"} // of whoever is asked about
	if how == "to" {
		selectors = n.timeout.To
	}
	d.lookup(ask{
		ID:  fmt.Sprintf("%s/%s/%d", how, taskKey(r.Node, r.Round, x.ID, x.Task), hop),
		For: how, Node: r.Node, Round: r.Round, Seat: x.ID, Task: x.Task, Hops: hop,
	}, selectors, of)
}

// handOver seats whoever was found. The initiator is passed over unless they may decide for themself, and
// so is whoever sits there already; with nobody left the seat stays and its person is told.
func (d *decider) handOver(a ask, found []string, grants []grant) {
	r := d.s.run(a.Node, a.Round)
	if r == nil || !d.running(r) {
		return
	}
	x := r.seat(a.Seat)
	if x == nil || x.State != workflows.TaskOpen || x.Task != a.Task {
		return // decided meanwhile
	}
	for _, id := range found {
		if id == d.s.By && d.p.self != "ask" {
			if a.For == "up" && a.Hops < selector.MaxLevel {
				d.handAsk(r, x, "up", id, a.Hops+1)
				return
			}
			continue
		}
		if r.sits(id) || x.Task > selector.MaxLevel {
			continue
		}
		d.stopTimer(r, x)
		why := map[string]string{"up": "escalate", "to": "transfer"}[a.For]
		to := d.standFor(id, grants, 0, r.sits)
		d.name(map[string]person{to.person: to.who})
		d.emit(&moved{place: place{a.Node, a.Round, a.Seat}, To: to.person, Why: why, Was: workflows.TaskTimedOut, proxied: to.proxied})
		d.open(d.p.nodes[a.Node], r, x)
		return
	}
	d.nag(r, x)
}
