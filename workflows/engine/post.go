package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// maxHops bounds how many posts may follow from each other without anybody doing anything: more are instances that
// write to each other in circles.
const maxHops = 64

// PostID is the id of a posted event in the inbox: those for one instance stand together there.
func PostID(instance, from, key string) string {
	if len(key) > 80 {
		key = "sha256:" + hashID(key)
	}
	return instance + "/" + from + "/" + key
}

// StartID is the instance that a flow has under a sender's name for it.
func StartID(definition, key string) string {
	return InstanceID(definition, "post\x00"+key, time.Time{})
}

// post makes the event that a Post stands for.
func (c *command) post(p workflows.Post, w *work) (event.Event, error) {
	to := &event.Post{Instance: p.Instance, From: c.instance, Key: p.Key, Answer: p.Answer, Tell: p.Tell}
	switch {
	case p.Key == "" || len(p.Key) > 255:
		return event.Event{}, &fatal{fmt.Errorf("post to %q: a key of 1 to 255 bytes is needed", p.Instance+p.Start)}
	case p.Body == nil:
		return event.Event{}, &fatal{fmt.Errorf("post %s: it has no body", p.Key)}
	case (p.Instance == "") == (p.Start == ""):
		return event.Event{}, &fatal{fmt.Errorf("post %s: it goes either to an instance or to the start of a flow", p.Key)}
	case p.Start != "" && p.StartKey == "":
		return event.Event{}, &fatal{fmt.Errorf("post %s: a start needs a name for the instance", p.Key)}
	case p.Answer && c.instance == "":
		return event.Event{}, &fatal{fmt.Errorf("post %s: there is no instance to answer", p.Key)}
	}
	if p.Start != "" {
		to.Instance, to.Start = StartID(p.Start, p.StartKey), p.Start
	}
	if c.ev.Post != nil {
		to.Hops = c.ev.Post.Hops + 1
	}
	at := w.commit.Now
	if !at.After(w.base.UpdatedAt) {
		at = w.base.UpdatedAt.Add(time.Millisecond) // after what the instance sent before, by whichever process
	}
	actor := event.Actor{Person: p.As, Type: event.ActorUser}
	if p.As == "" {
		actor.Type = event.ActorSystem
	}
	return event.Event{
		ID: PostID(to.Instance, c.subject(), p.Key), Kind: p.Kind, Connection: event.Self, At: at, ReceivedAt: at,
		Actor: actor, Body: p.Body, TraceID: c.ev.TraceID, Post: to,
	}, nil
}

// posted handles an event that was posted.
func (e *Engine) posted(ctx context.Context, c *command) (Result, error) {
	p := c.ev.Post
	c.instance = p.Instance
	if p.Hops > maxHops {
		return Result{}, &fatal{fmt.Errorf("%d posts in a row: the instances write to each other in circles", p.Hops)}
	}
	if who := c.ev.Actor.Person; who != "" {
		switch as, err := e.o.People.Person(ctx, who); {
		case errors.Is(err, workflows.ErrNotFound) || err == nil && !as.Active:
			return c.finish(ctx, "refused:unknown_person", toast(card.ToastWarning, textStranger))
		case err != nil:
			return Result{}, fmt.Errorf("find %s: %w", who, err)
		default:
			c.ev.Actor.Name = as.Name
		}
	}
	if p.Start != "" {
		prog, ok := c.rt.Program(p.Start)
		if !ok {
			return c.finish(ctx, "refused:no_flow", toast(card.ToastWarning, textNoFlow))
		}
		d := prog.Definition()
		c.start, c.definition, c.hash = true, d.ID, d.Hash
	}
	return c.run(ctx)
}

// answered tells those who wait for what came of a posted event: its sender, and whoever is to read it. t is what
// a person would see.
func (c *command) answered(ctx context.Context, commit *workflows.Commit, what string, t *card.Toast) (out []string, err error) {
	p := c.ev.Post
	if p == nil {
		return nil, nil
	}
	if p.Answer && p.From != "" {
		a := &event.Answer{Key: p.Key, Instance: p.Instance, Result: what}
		if t != nil {
			a.Text = t.Text.Default
		}
		commit.Posts = append(commit.Posts, event.Event{
			ID: PostID(p.From, p.Instance, "answer/"+p.Key), Kind: event.KindAnswer, Connection: event.Self, At: commit.Now, ReceivedAt: commit.Now,
			Actor: event.Actor{Type: event.ActorSystem}, Body: a, TraceID: c.ev.TraceID,
			Post: &event.Post{Instance: p.From, From: p.Instance, Key: "answer/" + p.Key, Hops: p.Hops + 1},
		})
	}
	if p.Tell == nil || t == nil || t.Text.IsZero() {
		return nil, nil
	}
	to := workflows.To{Person: p.Tell.Person, Connection: p.Tell.Connection, Conv: p.Tell.Conv}
	id := "told/" + hashID(c.ev.Connection, c.ev.ID)
	m, err := c.message(ctx, id, to)
	if err != nil || m.Quiet || m.To.IsZero() {
		return nil, err
	}
	m.Text, m.ReplyTo = about(t.Text, p.Tell.About, strings.HasPrefix(what, "stepped")), p.Tell.ReplyTo
	commit.Jobs = append(commit.Jobs, workflows.Job{ID: id, Queue: workflows.QueueOut, RunAt: commit.Now, Instance: c.instance, Message: m})
	return []string{id}, nil
}

// about puts what it was about to an outcome: 已同意：李雷的采购申请, or 李雷的采购申请：已经被韩梅梅同意.
func about(t card.Text, what string, done bool) card.Text {
	if what == "" {
		return t
	}
	join := func(s string) string {
		if done {
			return s + "：" + what
		}
		return what + "：" + s
	}
	out := card.Text{Default: join(t.Default)}
	for lang, s := range t.I18n {
		if out.I18n == nil {
			out.I18n = map[string]string{}
		}
		out.I18n[lang] = join(s)
	}
	return out
}

// buried tells those who wait for a posted event that it came to nothing, before it is put among the dead letters.
func (e *Engine) buried(ctx context.Context, l workflows.Leased) error {
	if l.Event.Post == nil {
		return nil
	}
	c := &command{e: e, rt: e.o.Runtime(), ev: l.Event, instance: l.Event.Post.Instance}
	commit := workflows.Commit{Now: e.now()}
	out, err := c.answered(ctx, &commit, "failed", toast(card.ToastError, textFailed))
	if err != nil || len(commit.Posts) == 0 && len(commit.Jobs) == 0 {
		return err
	}
	if err := e.o.Store.Commit(ctx, commit); err != nil {
		return fmt.Errorf("tell that event %s failed: %w", l.ID, err)
	}
	e.sent(commit.Posts, out)
	return nil
}

// sent looks at once for what was just posted, and lets the delivery know of its rows.
func (e *Engine) sent(posts []event.Event, out []string) {
	if len(posts) > 0 {
		select {
		case e.wake <- struct{}{}:
		default:
		}
	}
	if len(out) > 0 {
		e.o.Kick(out)
	}
}
