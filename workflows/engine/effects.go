package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// seal numbers the trail of a command and chains it to what came before. saw is the digest of the card that the
// person had who pressed: it stands at what they did.
func seal(w *work, cause, person, saw string) error {
	seq, head := w.base.Seq, w.base.Head
	for i := range w.commit.Trail {
		t := &w.commit.Trail[i]
		seq++
		t.Instance, t.Seq, t.Event = w.base.ID, seq, cause
		if t.At.IsZero() {
			t.At = w.commit.Now
		}
		t.At = t.At.UTC().Truncate(time.Millisecond)
		if t.Actor != "" && t.Actor == person {
			t.Card = saw
		}
		if t.Private != nil {
			var salt [16]byte
			if _, err := rand.Read(salt[:]); err != nil {
				return fmt.Errorf("make a salt: %w", err)
			}
			t.Salt = hex.EncodeToString(salt[:])
		}
		workflows.Seal(t, head)
		head = t.Hash
	}
	w.inst.Seq, w.inst.Head = seq, head
	return nil
}

// effects turns what the program wants into jobs. It returns the ids of the outbox rows. Of several cards
// for one slot the last counts.
func (c *command) effects(ctx context.Context, w *work) ([]string, error) {
	var out []string
	at := w.commit.Now
	if c.hold {
		at = at.Add(c.e.o.Hold)
	}
	last := map[string]int{}
	for i, eff := range w.effects {
		if s, ok := eff.(workflows.ShowCard); ok && s.Slot != "" {
			last[s.Slot] = i
		}
	}
	rev := w.base.Rev
	if w.inst != nil {
		rev = w.inst.Rev
	}
	for i, eff := range w.effects {
		j := workflows.Job{Queue: workflows.QueueOut, RunAt: at, Instance: c.instance}
		var err error
		switch eff := eff.(type) {
		case workflows.ShowCard:
			if eff.Slot != "" && last[eff.Slot] != i {
				continue
			}
			j.IfShown = eff.Once
			j.ID, j.Message, err = c.showCard(ctx, eff, rev, i)
		case workflows.SendText:
			j.ID = "text/" + c.subject() + "/" + eff.Key
			j.Message, err = c.message(ctx, j.ID, eff.To)
			if err == nil {
				j.Message.Text, j.Message.ReplyTo = eff.Text, eff.ReplyTo
			}
		case workflows.Urge:
			j.ID = "urge/" + c.subject() + "/" + eff.Key
			j.Message, err = c.message(ctx, j.ID, eff.To)
			if err == nil {
				j.Message.Urge = &card.Urge{Slot: c.instance + "/" + eff.Slot, Level: eff.Level, To: []event.Ref{j.Message.To}}
			}
		case workflows.SetTimer:
			j.ID, j.Queue, j.RunAt = timerID(c.instance, eff.Name), workflows.QueueTimer, eff.At
			j.Timer = &event.Timer{Instance: c.instance, Name: eff.Name, Generation: eff.Generation, DueAt: eff.At}
		case workflows.CancelTimer:
			w.commit.Cancel = append(w.commit.Cancel, timerID(c.instance, eff.Name))
			continue
		case workflows.Post:
			ev, err := c.post(eff, w)
			if err != nil {
				return nil, err
			}
			w.commit.Posts = append(w.commit.Posts, ev)
			continue
		case workflows.Publish:
			c.e.o.Log.Debug("published", "instance", c.instance, "name", eff.Name)
			continue
		default:
			err = &fatal{fmt.Errorf("unknown effect %T", eff)}
		}
		if err != nil {
			return nil, err
		}
		if m := j.Message; m != nil && m.Quiet {
			if m.Slot == "" {
				continue // nobody is there to be told
			}
			j.IfShown = true
		}
		w.commit.Jobs = append(w.commit.Jobs, j)
		if j.Queue == workflows.QueueOut {
			out = append(out, j.ID)
		}
	}
	// A timer that the same command set again must not be removed.
	w.commit.Cancel = keepUnset(w.commit.Cancel, w.commit.Jobs)
	return out, nil
}

func keepUnset(cancel []string, jobs []workflows.Job) []string {
	kept := cancel[:0]
next:
	for _, id := range cancel {
		for _, j := range jobs {
			if j.ID == id {
				continue next
			}
		}
		kept = append(kept, id)
	}
	return kept
}

func timerID(instance, name string) string { return "timer/" + instance + "/" + name }

// subject is what a message without a slot is about: the instance, or the event when there is none.
func (c *command) subject() string {
	if c.instance != "" {
		return c.instance
	}
	return hashID(c.ev.Connection, c.ev.ID)
}

// message starts an outgoing message. Its key is the same whenever the same row is sent again.
func (c *command) message(ctx context.Context, id string, to workflows.To) (*card.Message, error) {
	if c.e.gone(ctx, to.Person) {
		return &card.Message{Key: hashID(id), Quiet: true}, nil
	}
	a, others, err := c.e.address(ctx, to)
	if err != nil {
		return nil, err
	}
	return &card.Message{Key: hashID(id), Connection: a.Connection, To: a.Ref, Else: others}, nil
}

// showCard drafts a card for its address. It is drawn when it leaves: see Draw.
func (c *command) showCard(ctx context.Context, s workflows.ShowCard, rev int64, n int) (string, *card.Message, error) {
	full := c.instance + "/" + s.Slot
	if c.instance == "" {
		full = DeskSlots + full
	}
	id := "card/" + full
	if s.Slot == "" {
		id = fmt.Sprintf("note/%s/%d", c.subject(), n)
	}
	m, err := c.message(ctx, id, s.To)
	if err != nil {
		return "", nil, err
	}
	m.Draft = &card.Draft{Template: s.Template}
	if s.Template != "" {
		if m.Draft.View, err = json.Marshal(s.View); err != nil {
			return "", nil, &fatal{fmt.Errorf("view of slot %s: %w", full, err)}
		}
	}
	if s.Slot != "" {
		m.Slot, m.Rev = full, rev
		m.Handles = c.handles(s.Slot, m.Connection)
	}
	return id, m, nil
}

// handles are the rights to change a card that a press on this very card brought: they go with its change.
func (c *command) handles(slot, connection string) []event.Handle {
	a, ok := c.ev.Body.(*event.Action)
	if !ok || a.Slot != slot || c.ev.Connection != connection {
		return nil
	}
	var hs []event.Handle
	for _, h := range c.ev.Reply.Handles {
		if h.Update {
			hs = append(hs, h)
		}
	}
	return hs
}

// lookupJob asks the directory again later.
func (c *command) lookupJob(l workflows.Lookup, at time.Time) workflows.Job {
	return workflows.Job{
		ID: "lookup/" + c.instance + "/" + l.ID, Queue: workflows.QueueLookup, RunAt: at,
		Instance: c.instance, Lookup: &workflows.Pending{Instance: c.instance, Lookup: l},
	}
}
