package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

const (
	// maxSteps bounds the lookups that one command may ask in a row: more is a program that circles.
	maxSteps = 2000
	// maxConflicts bounds how often a command is judged again because another process was faster.
	maxConflicts = 12
)

// command is one event on its way through one instance: loaded, stepped, committed.
type command struct {
	e  *Engine
	rt *Runtime
	ev event.Event

	done *workflows.EventDone // the inbox row to finish, or
	job  *workflows.JobDone   // the timer or lookup to finish
	hold bool

	instance, definition, hash string
	start                      bool
	receipts                   []workflows.Receipt
}

// run loads the instance, steps it and commits, again and again while others are faster.
func (c *command) run(ctx context.Context) (Result, error) {
	at := c.e.stripe(c.instance)
	at.mu.Lock()
	defer at.mu.Unlock()
	for try := 1; ; try++ {
		r, err := c.once(ctx, at)
		if errors.Is(err, errStale) {
			at.forget()
			continue
		}
		if !errors.Is(err, workflows.ErrConflict) || try == maxConflicts {
			return r, err
		}
		at.forget()
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 5)))):
		}
	}
}

// errStale: what this process remembered led to nothing; look at what is stored.
var errStale = errors.New("judged on a remembered instance")

func (c *command) once(ctx context.Context, at *stripe) (Result, error) {
	now := c.e.now()
	in, known := at.remembered(c.instance)
	var err error
	if !known {
		in, err = c.e.o.Store.LoadInstance(ctx, c.instance)
	}
	switch {
	case err == nil && c.start:
		return c.finish(ctx, "duplicate", nil) // an earlier try got as far as the commit
	case errors.Is(err, workflows.ErrNotFound) && c.start:
		in = workflows.Instance{ID: c.instance, Definition: c.definition, Hash: c.hash, CreatedAt: now}
	case errors.Is(err, workflows.ErrNotFound):
		return c.finish(ctx, "ignored:no_instance", toast(card.ToastWarning, textGone))
	case err != nil:
		return Result{}, fmt.Errorf("load instance %s: %w", c.instance, err)
	}
	p, err := c.rt.version(ctx, c.e.o.Store, in.Definition, in.Hash)
	if err != nil {
		return Result{}, err
	}

	w := work{program: p, commit: workflows.Commit{Now: now, ExpectRev: in.Rev}, base: in}
	err = c.steps(ctx, p, &w, now)
	if known && (err != nil || w.inst == nil) {
		return Result{}, errStale
	}
	if err != nil {
		var no *workflows.Refusal
		if errors.As(err, &no) {
			return c.refuse(ctx, p, in, no)
		}
		if !errors.Is(err, errLookup) {
			err = &fatal{err}
		}
		return Result{}, fmt.Errorf("step %s of instance %s: %w", c.ev.Kind, c.instance, err)
	}
	r, err := c.commit(ctx, &w)
	if err == nil && w.inst != nil {
		at.remember(*w.inst)
	} else if err != nil {
		at.forget() // it may be on disk all the same
	}
	return r, err
}

// errLookup marks an error of the directory while nothing was decided yet: try the whole event again.
var errLookup = errors.New("people could not be looked up")

// work is what the steps of one command add up to.
type work struct {
	program workflows.Program  // nil where no instance is stepped
	base    workflows.Instance // as loaded
	inst    *workflows.Instance
	commit  workflows.Commit
	effects []workflows.Effect
	toast   *card.Toast
}

// steps runs the event, and then each answer to a lookup, through the program.
func (c *command) steps(ctx context.Context, p workflows.Program, w *work, now time.Time) error {
	in, queue := w.base, []event.Event{c.ev}
	for n := 0; len(queue) > 0; n++ {
		if n == maxSteps {
			return fmt.Errorf("more than %d lookups in one command: the flow goes in circles", maxSteps)
		}
		ev := queue[0]
		queue = queue[1:]
		out, err := p.Step(in, ev, now)
		if err != nil {
			var no *workflows.Refusal
			if n > 0 && errors.As(err, &no) {
				continue // an answer that nobody waits for any more
			}
			return err
		}
		if out.Instance != nil {
			next := *out.Instance
			next.ID, next.Definition, next.Hash = w.base.ID, w.base.Definition, w.base.Hash
			next.Kind, next.CreatedAt, next.UpdatedAt = p.Definition().Kind, w.base.CreatedAt, now
			next.Rev = w.base.Rev + 1
			in, w.inst = next, &next
		}
		w.commit.Trail = append(w.commit.Trail, out.Trail...)
		w.commit.Tasks = mergeTasks(w.commit.Tasks, out.Tasks)
		if out.Toast != nil {
			w.toast = out.Toast
		}
		for _, eff := range out.Effects {
			l, ok := eff.(workflows.Lookup)
			if !ok {
				w.effects = append(w.effects, eff)
				continue
			}
			ans, err := c.e.o.People.Resolve(ctx, l)
			if err != nil {
				if ctx.Err() != nil {
					return fmt.Errorf("%w: %w", errLookup, err)
				}
				// A directory that fails is not an empty answer: ask again later, the node waits.
				c.e.o.Log.Warn("lookup failed, asked again later", "instance", c.instance, "lookup", l.ID, "err", err)
				w.commit.Jobs = append(w.commit.Jobs, c.lookupJob(l, now.Add(backoff(3))))
				continue
			}
			ans.ID = l.ID
			queue = append(queue, lookupEvent(c.ev, ans))
		}
	}
	return nil
}

// mergeTasks keeps the newest state of each task, in order of first appearance.
func mergeTasks(have, more []workflows.Task) []workflows.Task {
next:
	for _, t := range more {
		for i := range have {
			if have[i].ID == t.ID {
				have[i] = t
				continue next
			}
		}
		have = append(have, t)
	}
	return have
}

// lookupEvent is the answer to a lookup, as an event like any other.
func lookupEvent(cause event.Event, ans event.Lookup) event.Event {
	return event.Event{
		ID: "lookup:" + ans.ID, Kind: event.KindLookup, Connection: cause.Connection,
		ReceivedAt: cause.ReceivedAt, Actor: event.Actor{Type: event.ActorSystem},
		Body: &ans, TraceID: cause.TraceID,
	}
}

// commit seals the trail, turns effects into jobs and writes it all.
func (c *command) commit(ctx context.Context, w *work) (Result, error) {
	if w.inst == nil && len(w.effects) == 0 && len(w.commit.Jobs) == 0 {
		return c.finish(ctx, "stepped:nothing", w.toast)
	}
	if w.inst != nil {
		if err := seal(w, c.cause(), c.ev.Actor.Person, c.saw()); err != nil {
			return Result{}, &fatal{err}
		}
		w.commit.Instance = w.inst
	}
	out, err := c.effects(ctx, w)
	if err != nil {
		return Result{}, err
	}
	if !c.shows(w) {
		told, err := c.tell(ctx, w.toast)
		if err != nil {
			return Result{}, err
		}
		if told != nil {
			w.commit.Jobs, out = append(w.commit.Jobs, *told), append(out, told.ID)
		}
	}
	r := Result{Toast: w.toast, What: "stepped", Instance: c.instance}
	if w.inst == nil {
		r.What, r.Instance = "answered", ""
	}
	w.commit.Receipts, w.commit.Job = c.receipts, c.job
	if c.done != nil {
		d := *c.done
		d.Result, d.Instance, d.Toast = r.What, r.Instance, r.Toast
		w.commit.Event = &d
	}
	told, err := c.answered(ctx, &w.commit, r.What, r.Toast)
	if err != nil {
		return Result{}, err
	}
	out = append(out, told...)
	if err := c.e.o.Store.Commit(ctx, w.commit); err != nil {
		return Result{}, fmt.Errorf("commit instance %s: %w", c.instance, err)
	}
	if c.hold {
		r.Held, out = out, nil
	}
	c.e.sent(w.commit.Posts, out)
	return r, nil
}

// saw is the digest of the card that was pressed, "" where none was. The token was verified: it can't be another's.
func (c *command) saw() string {
	if a, ok := c.ev.Body.(*event.Action); ok {
		return seen(a.Token)
	}
	return ""
}

// cause is what the trail names as the reason: the event by its business id, or the timer.
func (c *command) cause() string {
	id := c.ev.Connection + "/" + c.ev.ID
	if c.done == nil && c.job != nil {
		id = c.job.ID
	}
	if len(id) > 200 { // the column's bound; the inbox keeps the whole id
		return "sha256:" + hashID(id)
	}
	return id
}

// refuse tells a person no. Where the program says that they pressed something that is over, their card is
// sent once more: the suite takes a change back that reaches a card while a press on it is under way.
func (c *command) refuse(ctx context.Context, p workflows.Program, in workflows.Instance, no *workflows.Refusal) (Result, error) {
	var again []workflows.Job
	a, pressed := c.ev.Body.(*event.Action)
	if pr, ok := p.(workflows.Projector); ok && pressed && no.Refresh {
		if _, _, there, err := pr.Card(in, a.Slot, c.e.now()); err == nil && there {
			id, m, err := c.showCard(ctx, workflows.ShowCard{Slot: a.Slot, To: workflows.To{Person: c.ev.Actor.Person, Connection: c.ev.Connection}}, in.Rev, 0)
			if err != nil {
				return Result{}, err
			}
			m.Redraw = true
			at := c.e.now()
			if c.hold {
				at = at.Add(c.e.o.Hold)
			}
			again = append(again, workflows.Job{ID: id, Queue: workflows.QueueOut, RunAt: at, Instance: c.instance, Message: m, IfShown: true})
		}
	}
	return c.finish(ctx, "refused:"+no.Code, &card.Toast{Kind: card.ToastWarning, Text: no.Message}, again...)
}

// finish ends an event or job that changes no instance. jobs are outbox rows. Where nobody waits for the toast, it is
// written.
func (c *command) finish(ctx context.Context, what string, t *card.Toast, jobs ...workflows.Job) (Result, error) {
	r := Result{Toast: t, What: what, Instance: c.instance}
	told, err := c.tell(ctx, t)
	if err != nil {
		return Result{}, err
	}
	if told != nil {
		jobs = append(jobs, *told)
	}
	if c.done == nil && c.job == nil && len(jobs) == 0 {
		return r, nil // nothing of it is stored
	}
	commit := workflows.Commit{Now: c.e.now(), Receipts: c.receipts, Job: c.job, Jobs: jobs}
	if c.done != nil {
		d := *c.done
		d.Result, d.Instance, d.Toast = what, c.instance, t
		commit.Event = &d
	}
	if _, err := c.answered(ctx, &commit, what, t); err != nil {
		return Result{}, err
	}
	if err := c.e.o.Store.Commit(ctx, commit); err != nil {
		return Result{}, fmt.Errorf("finish event as %s: %w", what, err)
	}
	if len(commit.Jobs) == 0 && len(commit.Posts) == 0 {
		return r, nil
	}
	out := make([]string, len(commit.Jobs))
	for i, j := range commit.Jobs {
		out[i] = j.ID
	}
	if c.hold {
		r.Held, out = out, nil
	}
	c.e.sent(commit.Posts, out)
	return r, nil
}
