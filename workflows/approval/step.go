package approval

import (
	"fmt"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/cond"
)

// decider is one command being decided: it emits facts, which change the state at once, and effects.
type decider struct {
	p       *Program
	in      workflows.Instance
	ev      event.Event
	now     time.Time
	s       *state
	trail   []workflows.Entry
	text    []byte // what its entries say
	effects []workflows.Effect
	toast   *card.Toast
	told    []workflows.Task // rows for those who were told
	ways    []way            // still to be gone while one is walked
	vals    *cond.Values     // what conditions read on the way
	early   bool             // a form is judged before it is known whom its fields offer
	dry     *rehearsal       // nothing of it is kept; nil: it is real
}

// Step decides one event. An event that changes nothing, such as a stale timer, gives the zero Outcome.
func (p *Program) Step(in workflows.Instance, ev event.Event, now time.Time) (workflows.Outcome, error) {
	s, err := take(in)
	if err != nil {
		return workflows.Outcome{}, fmt.Errorf("step %s: %w", in.ID, err)
	}
	d := &decider{p: p.under(s.Alias), in: in, ev: ev, now: now.UTC().Truncate(time.Millisecond), s: s,
		trail: make([]workflows.Entry, 0, 4), text: make([]byte, 0, 512)} // what a vote needs
	if err := d.decide(); err != nil {
		return workflows.Outcome{}, err
	}
	return d.outcome(), nil
}

// decide finds out what the event asks for.
func (d *decider) decide() error {
	if d.in.Rev == 0 && d.s.Begun == 0 {
		if rest, ok := d.p.command(d.ev); ok && d.ev.Actor.Person != "" {
			d.start(rest)
			return nil
		}
		if b, ok := d.ev.Body.(*event.Start); ok {
			return d.startFrom(b)
		}
		return fmt.Errorf("step %s: a %s can't start the flow %s", d.in.ID, d.ev.Kind, d.p.def.ID)
	}
	switch b := d.ev.Body.(type) {
	case *event.Answer:
		d.flowAnswer(b)
	case *event.Action:
		if d.recalled() {
			return nil
		}
		if r := d.press(b); r != nil {
			return r
		}
	case *event.Timer:
		d.timer(b)
	case *event.Lookup:
		return d.answer(b)
	case *event.Directory:
		switch d.ev.Kind {
		case event.KindPersonLeft:
			d.left(b)
		case event.KindPersonAway:
			d.away(b)
		}
	}
	return nil
}

// emit records a fact and applies it.
func (d *decider) emit(f fact) { d.emitBy(f, "") }

// emitBy records a fact of a person.
func (d *decider) emitBy(f fact, actor string) {
	f.apply(d.s, stampOf(d.now), actor)
	if d.dry != nil {
		d.dry.see(f)
		return
	}
	e, text := entry(d.text, f, d.now, actor)
	d.trail, d.text = append(d.trail, e), text
}

func (d *decider) effect(e workflows.Effect) { d.effects = append(d.effects, e) }

// say answers the press.
func (d *decider) say(kind card.ToastKind, format string, args ...any) {
	d.toast = &card.Toast{Kind: kind, Text: card.T(fmt.Sprintf(format, args...))}
}

// outcome closes the command: tasks that changed, every card, and the new state.
func (d *decider) outcome() workflows.Outcome {
	if len(d.trail) == 0 {
		return workflows.Outcome{Effects: d.effects, Toast: d.toast}
	}
	d.cards()
	in := d.in
	in.Definition, in.Hash, in.Kind = d.p.def.ID, d.p.def.Hash, "approval"
	in.Status, in.Initiator, in.Title = d.s.Status, d.s.By, d.s.Title
	if in.Title == "" && d.s.Erased != 0 {
		in.Title = workflows.TextErased
	}
	if in.Title == "" {
		in.Title = d.p.def.Name
	}
	in.EndedAt = d.s.Ended.time()
	in.State = encodeState(d.s)
	out := workflows.Outcome{Instance: &in, Tasks: append(d.tasks(), d.told...), Trail: d.trail, Effects: d.effects, Toast: d.toast}
	in.Warm = keep(d.s, in.State)
	return out
}

// tasks lists the rows that changed.
func (d *decider) tasks() []workflows.Task {
	var out []workflows.Task
	for i := range d.s.Runs {
		r := &d.s.Runs[i]
		for k := range r.Seats {
			x := &r.Seats[k]
			for _, old := range x.Past {
				if old.dirty {
					out = append(out, d.task(r, x, old.N, old.Person, old.State, old.At, old.Due, old.Closed))
				}
			}
			if x.dirty && x.Task > 0 {
				st := x.State
				if x.Auto == autoSame || x.Auto == autoSelf {
					st = workflows.TaskSkipped
				}
				if x.Auto == autoTimeout {
					st = workflows.TaskTimedOut
				}
				out = append(out, d.task(r, x, x.Task, x.Person, st, x.At, x.Due, x.Closed))
			}
		}
	}
	return out
}

func (d *decider) task(r *run, x *seat, n int, person string, st workflows.TaskState, at, due, closed stamp) workflows.Task {
	return workflows.Task{
		ID: d.in.ID + "/" + taskKey(r.Node, r.Round, x.ID, n), Instance: d.in.ID, Node: r.Node, Seat: x.ID, Round: r.Round,
		Person: person, State: st, Title: d.taskTitle(r.Node), OpenedAt: at.time(), DueAt: due.time(), ClosedAt: closed.time(),
	}
}

// taskTitle is what the person of a task sees in their list; "" in a fold, which knows no program.
func (d *decider) taskTitle(node string) string {
	if d.p == nil {
		return ""
	}
	return d.titleAt(d.p.nodes[node])
}

// nextGen is the generation for a timer that is set now.
func (d *decider) nextGen() int64 {
	d.s.Gen++ // the fact that carries it sets it again; a fold sees only the fact
	return d.s.Gen
}

func (d *decider) timerAt(name string, at time.Time, gen int64, rule string) {
	d.effect(workflows.SetTimer{Name: name, At: at, Generation: gen, Rule: rule})
}

// lookup asks who is meant.
func (d *decider) lookup(a ask, selectors []string, initiator string) {
	d.ask(&asked{ask: a, Selectors: selectors}, initiator)
}

func (d *decider) ask(f *asked, initiator string) {
	d.emit(f)
	form := map[string][]string{}
	for i := range d.p.fields {
		switch f := &d.p.fields[i]; f.typ {
		case typePerson, typeDepartment:
			if v := d.s.Form[f.id]; v.T != "" {
				form[f.id] = []string{v.T}
			}
		case typePersons:
			if v := d.s.Form[f.id]; len(v.L) > 0 {
				form[f.id] = v.L
			}
		}
	}
	d.effect(workflows.Lookup{ID: f.ID, Selectors: f.Selectors, Initiator: initiator, Form: form, At: d.now})
}

// slot is the slot's name without the instance.
func (d *decider) slot(full string) string { return strings.TrimPrefix(full, d.in.ID+"/") }

// clock is an instant as people read it: the time today, with the date on other days.
func (d *decider) clock(t time.Time) string { return clockText(t, d.now, d.p.loc) }

func clockText(t, now time.Time, loc *time.Location) string {
	t, now = t.In(loc), now.In(loc)
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("01-02 15:04")
	}
	return t.Format("2006-01-02 15:04")
}
