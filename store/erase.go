package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// ErrRunning: personal text is needed while an instance runs.
var ErrRunning = errors.New("it has not ended")

// EraseOptions say what is erased, and why.
type EraseOptions struct {
	By     string // the operator; stays in the trail, required
	Reason string // stays in the trail, required
	// Entry chooses the entries whose personal text goes. nil: all, and everything else that tells of the instance.
	Entry func(e workflows.Entry) bool
	Fold  Fold // required for instances of a kind that has one
}

// EraseResult is what was erased of one instance.
type EraseResult struct {
	Entries int `json:"entries"` // of the trail
	Events  int `json:"events"`  // of the inbox
	Jobs    int `json:"jobs"`    // texts in the outbox
	Files   int `json:"files"`   // that were attached
}

const (
	sqlEraseInstance = "UPDATE instance SET rev = ?, title = ?, seq = ?, head = ?, updated_at = ?, state = ? WHERE id = ? AND rev = ?"
	sqlEraseTasks    = "UPDATE task SET title = ? WHERE id >= ? AND id < ? AND title <> ''"
	sqlEraseEvent    = "UPDATE inbox SET event = ?, raw = NULL, toast = NULL, cause = '' WHERE id = ? AND state <> 0"
	sqlEraseSlot     = "UPDATE slot SET message = ? WHERE id = ? AND message = ?"
	sqlEventsOf      = "SELECT id, event FROM inbox WHERE id > ? AND state <> 0 AND (instance = ? OR instr(event, ?) > 0) ORDER BY id LIMIT 500"
	sqlJobsOf        = "SELECT id, body FROM job WHERE instance = ? AND lane = ?"
)

// Erase removes personal text of an instance that has ended, so that nobody can find it again: the private parts of
// trail entries with their salts, what the instance, its tasks, its events and its messages hold of them, its files. Digests
// stay, so that the chain still verifies, and a new entry says what was erased, by whom and why. Cards that were
// sent are drawn again without it, where their suite lets them be changed. Erasing what is erased already changes
// nothing. ErrNotFound, ErrRunning; ErrConflict when the instance changed at this moment.
func (s *Store) Erase(ctx context.Context, instance string, o EraseOptions) (EraseResult, error) {
	r, err := s.erase(ctx, instance, o)
	if err != nil {
		return r, fmt.Errorf("erase personal text of instance %s: %w", instance, err)
	}
	return r, nil
}

func (s *Store) erase(ctx context.Context, id string, o EraseOptions) (r EraseResult, err error) {
	if o.By == "" || o.Reason == "" {
		return r, errors.New("who erases, and why, must be said: it stays in the trail")
	}
	in, err := s.LoadInstance(ctx, id)
	switch {
	case err != nil:
		return r, err
	case !in.Status.Ended():
		return r, ErrRunning
	}
	p := erasing{s: s, whole: o.Entry == nil, before: in, now: s.now().UTC().Truncate(time.Millisecond)}
	if err := p.entries(ctx, o); err != nil {
		return r, err
	}
	for _, collect := range []func(context.Context) error{p.events, p.jobs, p.slots} {
		if err := collect(ctx); err != nil {
			return r, err
		}
	}
	r = EraseResult{Entries: p.erased, Events: len(p.inbox), Jobs: len(p.drop)}
	state := in.State
	if r != (EraseResult{}) {
		if err := s.write(ctx, p.write); err != nil {
			return r, err
		}
		state = p.after.State
	}
	// Only now that the state does not name them: what is left when this breaks off goes with the next call.
	r.Files, err = s.dropUnnamed(ctx, id, state)
	return r, err
}

// erasing is one erasure: what it reads first, and then writes at once.
type erasing struct {
	s      *Store
	whole  bool
	before workflows.Instance
	now    time.Time
	erased int
	rows   []trailRow // rewritten, with their new entries
	last   []trailRow // the entry that says so
	after  workflows.Instance
	inbox  []op
	drop   []string
	shown  []op // slots, and jobs that draw their cards again
}

// entries rewrites the trail in memory, and follows it to what the instance is then.
func (p *erasing) entries(ctx context.Context, o EraseOptions) error {
	var trail []workflows.Entry
	var gone []int64
	err := p.s.read(ctx, sqlTrailOf, []any{p.before.ID}, func(scan scanFunc) error {
		r, err := scanTrail(scan)
		if err != nil {
			return err
		}
		list, changed := r.list(), false
		for i := range list {
			e := &list[i]
			if (e.Private != nil || e.Salt != "") && (o.Entry == nil || o.Entry(*e)) {
				e.Private, e.Salt, changed = nil, "", true
				r.entries[i].Private, r.entries[i].Salt = nil, ""
				gone = append(gone, e.Seq)
			}
		}
		if changed {
			p.rows = append(p.rows, r)
		}
		trail = append(trail, list...)
		return nil
	})
	if err != nil {
		return err
	}
	p.after, p.erased = p.before, len(gone)
	p.after.Rev++
	p.after.UpdatedAt = p.now
	if len(gone) > 0 {
		e := workflows.Entry{
			Instance: p.before.ID, Seq: p.before.Seq + 1, At: p.now, Kind: workflows.EntryErased, Event: "audit erase",
			Data: workflows.Data(workflows.Erased{By: clean(o.By), Reason: clean(o.Reason), Entries: gone}),
		}
		workflows.Seal(&e, p.before.Head)
		p.after.Seq, p.after.Head = e.Seq, e.Hash
		if p.last, err = trailRows([]workflows.Entry{e}); err != nil {
			return err
		}
		trail = append(trail, e)
	}
	f, ok, err := workflows.Folded{}, false, error(nil)
	if o.Fold != nil {
		if f, ok, err = o.Fold(p.before.Kind, trail); err != nil {
			return fmt.Errorf("follow its trail: %w", err)
		}
	}
	if ok {
		p.after.State = f.State
	} else {
		f.Title, p.after.State = "", json.RawMessage("null")
	}
	if p.after.Title = f.Title; f.Title == "" {
		p.after.Title = workflows.TextErased
	}
	return nil
}

// events finds what people said and pressed. What waits to be handled is left: it is done soon, and pruned a week
// later.
func (p *erasing) events(ctx context.Context) error {
	if !p.whole {
		return nil
	}
	after, more := int64(0), true
	for more {
		more = false
		err := p.s.read(ctx, sqlEventsOf, []any{after, p.before.ID, []byte(`"` + p.before.ID + `/`)}, func(scan scanFunc) error {
			var body []byte
			if err := scan(&after, &body); err != nil {
				return err
			}
			more = true
			bare, err := bareEvent(body)
			if err == nil && !bytes.Equal(bare, body) {
				p.inbox = append(p.inbox, op{q: sqlEraseEvent, args: []any{bare, after}})
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bareEvent is an event without what was said.
func bareEvent(body []byte) ([]byte, error) {
	var ev event.Event
	if err := json.Unmarshal(body, &ev); err != nil {
		ev = event.Event{Kind: event.KindUnknown} // not even its id is worth keeping
	}
	bare := event.Event{
		ID: ev.ID, Kind: event.KindUnknown, Connection: ev.Connection, Scope: ev.Scope, VendorType: "erased",
		At: ev.At, ReceivedAt: ev.ReceivedAt, TraceID: ev.TraceID,
	}
	return bare.AppendJSON(nil)
}

// jobs finds messages with text of their own that were not sent, dead letters among them. A card that is drawn when
// it leaves holds none.
func (p *erasing) jobs(ctx context.Context) error {
	return p.s.read(ctx, sqlJobsOf, []any{p.before.ID, laneOut}, func(scan scanFunc) error {
		var id string
		var body []byte
		if err := scan(&id, &body); err != nil {
			return err
		}
		var m card.Message
		if json.Unmarshal(body, &m) != nil || !projected(m) {
			p.drop = append(p.drop, id)
		}
		return nil
	})
}

// slots has the cards that were sent drawn anew, and forgets what was said about their losses.
func (p *erasing) slots(ctx context.Context) error {
	q := "SELECT " + slotColumns + " FROM slot WHERE id >= ? AND id < ? ORDER BY id"
	return p.s.read(ctx, q, []any{p.before.ID + "/", p.before.ID + "0"}, func(scan scanFunc) error {
		var raw []byte
		sl, err := scanSlot(func(dest ...any) error {
			err := scan(dest...)
			raw = *dest[3].(*[]byte)
			return err
		})
		if err != nil {
			return err
		}
		if len(sl.Ref.Losses) > 0 {
			ref := sl.Ref
			ref.Losses = nil
			b, err := json.Marshal(ref)
			if err != nil {
				return err
			}
			p.shown = append(p.shown, op{q: sqlEraseSlot, args: []any{b, sl.ID, raw}})
		}
		key := sha256.Sum256([]byte("erase/" + sl.ID))
		j := workflows.Job{
			ID: "card/" + sl.ID, Queue: workflows.QueueOut, RunAt: p.now, Instance: p.before.ID,
			Message: &card.Message{Key: hex.EncodeToString(key[:13]), Connection: sl.Connection, Slot: sl.ID, Rev: p.after.Rev, Draft: &card.Draft{}, Quiet: true},
		}
		o, err := p.s.jobOp(j, millis(p.now))
		p.shown = append(p.shown, o)
		return err
	})
}

// write is the transaction.
func (p *erasing) write(t tx) error {
	in := p.after
	n, err := t.exec(sqlEraseInstance, in.Rev, clean(in.Title), in.Seq, in.Head, in.UpdatedAt, []byte(in.State), in.ID, p.before.Rev)
	if err == nil && n == 0 {
		err = ErrConflict
	}
	if err != nil {
		return err
	}
	for _, r := range p.rows {
		b, err := appendEntries(nil, r.entries)
		if err != nil {
			return err
		}
		if n, err = t.exec(sqlRewriteTrail, b, r.instance, r.seq, r.body); err == nil && n == 0 {
			err = ErrConflict
		}
		if err != nil {
			return err
		}
	}
	for _, r := range p.last {
		if _, err := t.exec(sqlInsertTrail, r.instance, r.seq, r.at, r.event, r.prev, r.body); err != nil {
			return err
		}
	}
	if in.Title == workflows.TextErased { // else they say what the instance's still says
		if _, err := t.exec(sqlEraseTasks, in.Title, in.ID+"/", in.ID+"0"); err != nil {
			return err
		}
	}
	ops := p.inbox
	for _, id := range p.drop {
		ops = append(ops, op{q: sqlCancelJob, args: []any{id}})
	}
	for _, o := range append(ops, p.shown...) {
		if _, err := t.exec(o.q, o.args...); err != nil {
			return err
		}
	}
	return nil
}
