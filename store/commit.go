package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// op is one statement of a command.
type op struct {
	q    string
	args []any
	// need is what the command fails with when no row was touched; nil: that is no failure.
	need error
	// other: this statement stands for the one before, where that touched no row. Both together must
	// touch one.
	other bool
}

// errDuplicateKey is a key that was taken meanwhile: for a command that is a conflict.
var errDuplicateKey = ErrConflict

// Commit writes one command. See workflows.Store.
func (s *Store) Commit(ctx context.Context, c workflows.Commit) error {
	ops, err := s.commitOps(c)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if len(ops) == 0 {
		return nil
	}
	if s.mysql {
		key := ""
		if c.Instance != nil {
			key = c.Instance.ID
		}
		err = s.com.do(ctx, key, ops)
	} else {
		err = s.w.do(ctx, func(t tx) error { return runOps(t, ops) })
	}
	if err != nil {
		return fmt.Errorf("commit %s: %w", subject(c), err)
	}
	return nil
}

func subject(c workflows.Commit) string {
	switch {
	case c.Instance != nil:
		return "instance " + c.Instance.ID + " revision " + strconv.FormatInt(c.Instance.Rev, 10)
	case c.Event != nil && c.Event.New != nil:
		return "new event " + c.Event.New.ID
	case c.Event != nil:
		return "event " + c.Event.ID
	case c.Job != nil:
		return "job " + c.Job.ID
	}
	return "jobs"
}

// runOps carries out the statements, several rows of one statement at a time where it takes them.
func runOps(t tx, ops []op) error {
	ops, err := shownOnly(t, ops)
	if err != nil {
		return err
	}
	var before int64
	for i := 0; i < len(ops); {
		o := ops[i]
		if o.other && before > 0 {
			i++
			continue
		}
		n, q, args := 1, o.q, o.args
		if many, ok := liteRows[o.q]; ok {
			for n < maxRows && i+n < len(ops) && ops[i+n].q == o.q {
				n++
			}
			if n > 1 {
				q, args = many.text(n), make([]any, 0, n*len(o.args))
				for _, o := range ops[i : i+n] {
					args = append(args, o.args...)
				}
			}
		}
		rows, err := t.exec(q, args...)
		if err != nil {
			return err
		}
		if rows < int64(n) && o.need != nil {
			return o.need
		}
		before = rows
		i += n
	}
	return nil
}

// shownOnly leaves those jobs out that count only where their slot was shown, and it was not; the others are put
// like any job, in one statement with them.
func shownOnly(t tx, ops []op) ([]op, error) {
	first := slices.IndexFunc(ops, func(o op) bool { return o.q == sqliteStatements.putShownJob })
	if first < 0 {
		return ops, nil
	}
	kept := slices.Clone(ops[:first])
	for _, o := range ops[first:] {
		if o.q == sqliteStatements.putShownJob {
			job := len(o.args) - 2 // of the row; then come what asks for the slot and for the job
			shown := false
			if err := t.query(sqlShown, o.args[job:], func(scanFunc) error { shown = true; return nil }); err != nil {
				return nil, err
			}
			if !shown {
				continue
			}
			o.q, o.args = sqliteStatements.putJob, o.args[:job]
		}
		kept = append(kept, o)
	}
	return kept, nil
}

// commitOps makes the statements. The guard on the instance comes first, so that a command that lost a
// race has written nothing yet.
func (s *Store) commitOps(c workflows.Commit) ([]op, error) {
	var ops []op
	add := func(q string, args ...any) *op {
		ops = append(ops, op{q: q, args: args})
		return &ops[len(ops)-1]
	}
	now := c.Now
	if now.IsZero() {
		now = s.now()
	}
	at := millis(now)

	if i := c.Instance; i != nil {
		if err := checkInstance(*i, c.ExpectRev); err != nil {
			return nil, err
		}
		state := []byte(i.State)
		if state == nil {
			state = []byte("null")
		}
		if s.mysql {
			state = roomy(state, len(i.Status)+len(i.Title))
		}
		if c.ExpectRev == 0 {
			add(s.sql.insertInstance, i.ID, i.Definition, i.Hash, i.Kind, i.Rev, string(i.Status), i.Initiator, clean(i.Title),
				i.Seq, i.Head, millis(i.CreatedAt), millis(i.UpdatedAt), millis(i.EndedAt), state).need = ErrConflict
		} else {
			add(sqlUpdateInstance, i.Rev, string(i.Status), clean(i.Title), i.Seq, i.Head, millis(i.UpdatedAt), millis(i.EndedAt), state, i.Hash,
				i.ID, c.ExpectRev).need = ErrConflict
		}
	}
	if e := c.Event; e != nil {
		toast, err := marshalToast(e.Toast)
		if err != nil {
			return nil, err
		}
		if e.New != nil {
			n, err := s.newEvent(*e.New, 0)
			if err != nil {
				return nil, fmt.Errorf("event: %w", err)
			}
			add(s.sql.insertDone, n.id, n.connection, s.dedupeArg(n), n.kind, n.received, at, cut(e.Result, 255), e.Instance, toast, n.event, n.raw).need = ErrDuplicate
		} else {
			id, ok := parseID(e.ID)
			if !ok {
				return nil, fmt.Errorf("event %q: %w", e.ID, ErrNotFound)
			}
			add(sqlFinishEvent, at, cut(e.Result, 255), e.Instance, toast, id, e.Token).need = ErrLeaseLost
		}
	}
	if j := c.Job; j != nil {
		add(sqlDeleteJob, j.ID, j.Token, j.Gen)
		o := add(sqlReleaseJob, j.ID, j.Token)
		o.other, o.need = true, ErrLeaseLost
	}
	for _, t := range c.Tasks {
		// The lists of a person go by closed_at: a task is open, or was closed at some time.
		switch {
		case t.State == workflows.TaskOpen:
			t.ClosedAt = time.Time{}
		case t.ClosedAt.IsZero() && t.OpenedAt.IsZero():
			t.ClosedAt = now
		case t.ClosedAt.IsZero():
			t.ClosedAt = t.OpenedAt
		}
		add(s.sql.putTask, t.ID, t.Instance, t.Node, t.Seat, t.Round, t.Person, string(t.State), clean(t.Title),
			millis(t.OpenedAt), millis(t.DueAt), millis(t.ClosedAt))
	}
	rows, err := trailRows(c.Trail)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		add(s.sql.insertTrail, r.instance, r.seq, r.at, r.event, r.prev, r.body).need = ErrConflict
	}
	for _, id := range c.Cancel {
		add(sqlCancelJob, id)
	}
	for _, j := range c.Jobs {
		o, err := s.jobOp(j, at)
		if err != nil {
			return nil, err
		}
		ops = append(ops, o)
	}
	for _, ev := range c.Posts {
		o, err := s.postOp(ev)
		if err != nil {
			return nil, err
		}
		ops = append(ops, o)
	}
	for _, r := range c.Receipts {
		add(s.sql.putReceipt, refKey(r.Message), refKey(r.Account), r.State, r.Person, r.Source, millis(r.At))
	}
	return ops, nil
}

func checkInstance(i workflows.Instance, expect int64) error {
	switch {
	case i.ID == "" || len(i.ID) > 64 || strings.Contains(i.ID, "/"):
		return fmt.Errorf("instance id %q: 1 to 64 characters without a slash", i.ID)
	case i.Rev != expect+1:
		return fmt.Errorf("instance %s: revision %d does not follow %d", i.ID, i.Rev, expect)
	}
	return nil
}

// jobIfShown is the last of the arguments of putJob.
const jobIfShown = 12

// jobOp is the statement that puts a job.
func (s *Store) jobOp(j workflows.Job, now int64) (op, error) {
	var body any
	var b []byte
	var err error
	lane, slot, rev := laneSelf, "", int64(0)
	switch j.Queue {
	case workflows.QueueOut:
		if j.Message == nil {
			return op{}, fmt.Errorf("job %s: no message", j.ID)
		}
		m := *j.Message
		lane, slot, rev = laneOut, m.Slot, m.Rev
		if projected(m) {
			m.Rev = 0 // it is in its column; the row says the same for every revision
		}
		b, err = m.AppendJSON(make([]byte, 0, 512))
	case workflows.QueueTimer:
		if j.Timer == nil {
			return op{}, fmt.Errorf("job %s: no timer", j.ID)
		}
		body = j.Timer
	case workflows.QueueLookup:
		if j.Lookup == nil {
			return op{}, fmt.Errorf("job %s: no lookup", j.ID)
		}
		body = j.Lookup
	default:
		return op{}, fmt.Errorf("job %s: queue %q is not known", j.ID, j.Queue)
	}
	if j.ID == "" || len(j.ID) > 255 {
		return op{}, fmt.Errorf("job id %.40q: 1 to 255 bytes", j.ID)
	}
	if body != nil {
		b, err = json.Marshal(body)
	}
	if err != nil {
		return op{}, fmt.Errorf("job %s: %w", j.ID, err)
	}
	run := millis(j.RunAt)
	if run == 0 {
		run = now
	}
	o := op{q: s.sql.putJob, args: []any{
		j.ID, lane, string(j.Queue), shardOf(j.ID), run, run, rev, j.Instance, slot, now, now, b, ifShownAlways,
	}}
	switch {
	case !j.IfShown:
	case slot == "":
		return op{}, fmt.Errorf("job %s: IfShown without a slot", j.ID)
	case s.mysql:
		o.args[jobIfShown] = ifShownOrGone
	default:
		o.q = s.sql.putShownJob
		o.args = append(o.args, slot, j.ID)
	}
	return o, nil
}

// projected reports whether a message is a card that is drawn of its instance as it is when it leaves. A
// row with one that waits untouched need not be written again for a newer revision: it will show that anyway.
func projected(m card.Message) bool { return m.Draft != nil && m.Draft.Template == "" && m.Slot != "" }

func marshalToast(t *card.Toast) ([]byte, error) {
	if t == nil {
		return nil, nil
	}
	return t.AppendJSON(make([]byte, 0, 128))
}

// refKey writes a foreign id as one text that is unique: the parts that may hold anything come quoted.
func refKey(r event.Ref) string {
	if r.IsZero() {
		return ""
	}
	return r.Scope.Platform + ":" + string(r.Kind) + ":" + strconv.Quote(r.Scope.Tenant) + ":" + strconv.Quote(r.Scope.App) + ":" + r.ID
}

// clean makes text that every database takes: the server refuses bytes that are not UTF-8.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// cut shortens to at most n bytes, between characters.
func cut(s string, n int) string {
	s = clean(s)
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// asConflict: MySQL reports a taken key as an error, where SQLite's statements report no row.
func asConflict(err error) error {
	if isDuplicate(err) && strings.Contains(err.Error(), "inbox_dedupe") {
		return errors.Join(ErrDuplicate, err)
	}
	if isDuplicate(err) {
		return errors.Join(errDuplicateKey, err)
	}
	return err
}
