package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"magpie/workflows"
)

const (
	sqlAuditPage     = "SELECT " + instanceColumns + " FROM instance WHERE id > ? ORDER BY id LIMIT ?"
	sqlAuditTrail    = "SELECT " + trailColumns + " FROM trail WHERE instance > ? AND instance <= ? ORDER BY instance, seq"
	sqlAuditTrailEnd = "SELECT " + trailColumns + " FROM trail WHERE instance > ? ORDER BY instance, seq"
	// Task ids begin with their instance and a slash; '0' is the character after it.
	sqlAuditTasks    = "SELECT " + taskColumns + " FROM task WHERE id > ? AND id < ? ORDER BY id"
	sqlAuditTasksEnd = "SELECT " + taskColumns + " FROM task WHERE id > ? ORDER BY id"
)

// snapshot begins to read at one moment.
func (s *Store) snapshot(ctx context.Context) (*sql.Tx, error) {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.mysql {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return s.rdb.BeginTx(ctx, opts)
}

func queryTx(ctx context.Context, t *sql.Tx, q string, args []any, row func(scan scanFunc) error) error {
	rows, err := t.QueryContext(ctx, q, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, row)
}

// auditPage verifies the next instances, read at one moment together with their entries and tasks.
func (s *Store) auditPage(ctx context.Context, a *findings, o AuditOptions, after string) (last string, more bool, err error) {
	t, err := s.snapshot(ctx)
	if err != nil {
		return "", false, err
	}
	defer t.Rollback() //nolint:errcheck // it only read
	v := verifier{a: a, o: o}
	if err := queryTx(ctx, t, sqlAuditPage, []any{after, auditPage}, v.instance); err != nil {
		return "", false, err
	}
	trail, tasks := sqlAuditTrailEnd, sqlAuditTasksEnd
	trailArgs, taskArgs := []any{after}, []any{after + "0"}
	if after == "" {
		taskArgs[0] = ""
	}
	if more = len(v.heads) == auditPage; more {
		last = v.heads[len(v.heads)-1].ID
		trail, tasks = sqlAuditTrail, sqlAuditTasks
		trailArgs, taskArgs = append(trailArgs, last), append(taskArgs, last+"0")
	}
	if o.Fold != nil {
		if err := queryTx(ctx, t, tasks, taskArgs, v.task); err != nil {
			return "", false, err
		}
	}
	if err := queryTx(ctx, t, trail, trailArgs, v.scan); err != nil {
		return "", false, err
	}
	v.end()
	if err := t.Rollback(); err != nil { // nothing stays open while files are read
		return "", false, err
	}
	return last, more, s.auditFiles(ctx, a, v.files)
}

// auditThese verifies the instances named, in order. One that is not there is no break of its own.
func (s *Store) auditThese(ctx context.Context, a *findings, o AuditOptions, ids []string) error {
	t, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	defer t.Rollback() //nolint:errcheck // it only read
	v := verifier{a: a, o: o}
	in, args := marks(len(ids)), make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	if err := queryTx(ctx, t, "SELECT "+instanceColumns+" FROM instance WHERE id IN "+in+" ORDER BY id", args, v.instance); err != nil {
		return err
	}
	if o.Fold != nil {
		for _, id := range ids {
			if err := queryTx(ctx, t, sqlTasksIn, []any{id + "/", id + "0"}, v.task); err != nil {
				return err
			}
		}
	}
	if err := queryTx(ctx, t, "SELECT "+trailColumns+" FROM trail WHERE instance IN "+in+" ORDER BY instance, seq", args, v.scan); err != nil {
		return err
	}
	v.end()
	if err := t.Rollback(); err != nil {
		return err
	}
	return s.auditFiles(ctx, a, v.files)
}

// verifier goes through instances and entries side by side; both are ordered by instance.
type verifier struct {
	a      *findings
	o      AuditOptions
	heads  []workflows.Instance
	tasks  map[string][]workflows.Task
	orphan string // the instance already reported
	seq    int64  // of the last entry of heads[0]
	hash   string
	bare   []int64           // entries of heads[0] whose personal text is gone, and nobody has said why
	trail  []workflows.Entry // of heads[0], where they are folded
	files  []claimedFile     // to be compared
}

func (v *verifier) fail(instance string, seq int64, kind, format string, args ...any) {
	v.a.fail(Break{Instance: instance, Seq: seq, Kind: kind}, format, args...)
}

func (v *verifier) instance(scan scanFunc) error {
	i, err := scanInstance(scan)
	if v.o.Fold == nil {
		i.State = nil
	}
	v.heads = append(v.heads, i)
	return err
}

func (v *verifier) task(scan scanFunc) error {
	t, err := scanTask(scan)
	if v.tasks == nil {
		v.tasks = map[string][]workflows.Task{}
	}
	v.tasks[t.Instance] = append(v.tasks[t.Instance], t)
	return err
}

func (v *verifier) scan(scan scanFunc) error {
	r, err := scanTrail(scan)
	if err == nil || errors.Is(err, errTrail) {
		v.row(r, err)
		err = nil
	}
	return err
}

// end closes what is left.
func (v *verifier) end() {
	v.upTo("", true)
	for _, id := range slices.Sorted(mapKeys(v.tasks)) {
		if v.orphan != id {
			v.fail(id, 0, BreakOrphan, "task %s is of no instance", v.tasks[id][0].ID)
		}
	}
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// upTo closes all instances before one, or all.
func (v *verifier) upTo(instance string, all bool) {
	for len(v.heads) > 0 && (all || v.heads[0].ID < instance) {
		h := v.heads[0]
		switch {
		case v.seq < h.Seq:
			v.fail(h.ID, h.Seq, BreakCut, "the instance has %d entries, the trail ends with %d", h.Seq, v.seq)
		case v.seq > h.Seq:
			v.fail(h.ID, v.seq, BreakExtra, "the instance has %d entries, the trail ends with %d", h.Seq, v.seq)
		case v.hash != h.Head:
			v.fail(h.ID, h.Seq, BreakCut, "the last entry is not the one that the instance names")
		}
		if len(v.bare) > 0 {
			v.fail(h.ID, v.bare[0], BreakErased, "its personal text is gone, and no entry says that it was erased")
		}
		v.fold(h)
		v.a.Instances++
		delete(v.tasks, h.ID)
		v.heads, v.seq, v.hash, v.bare, v.trail = v.heads[1:], 0, "", nil, nil
	}
}

// fold compares an instance whose trail is sound with what that leads to.
func (v *verifier) fold(h workflows.Instance) {
	if v.o.Fold == nil || v.a.reported[h.ID] {
		return
	}
	f, ok, err := v.o.Fold(h.Kind, v.trail)
	switch {
	case err != nil:
		v.fail(h.ID, h.Seq, BreakState, "the trail can't be followed: %v", err)
		return
	case !ok:
		return
	}
	if v.o.Files {
		for _, x := range f.Files {
			v.files = append(v.files, claimedFile{h.ID, h.Head, x})
		}
	}
	switch {
	case f.Status != h.Status:
		v.fail(h.ID, h.Seq, BreakState, "its status is %s, its trail leads to %s", h.Status, f.Status)
		return
	case f.Initiator != h.Initiator:
		v.fail(h.ID, h.Seq, BreakState, "its initiator is %s, in its trail %s", h.Initiator, f.Initiator)
		return
	case f.Title != "" && f.Title != h.Title:
		v.fail(h.ID, h.Seq, BreakState, "its title is not the one in its trail")
		return
	case !sameJSON(f.State, h.State):
		v.fail(h.ID, h.Seq, BreakState, "its state is not what its trail leads to")
		return
	}
	have := map[string]workflows.Task{}
	for _, t := range v.tasks[h.ID] {
		have[t.ID] = t
	}
	for _, want := range f.Tasks {
		t, ok := have[want.ID]
		delete(have, want.ID)
		switch {
		case !ok:
			v.fail(h.ID, h.Seq, BreakTask, "task %s is missing", want.ID)
		case t.Person != want.Person || t.State != want.State || t.Node != want.Node || t.Seat != want.Seat || t.Round != want.Round:
			v.fail(h.ID, h.Seq, BreakTask, "task %s is %s of %s, the trail leads to %s of %s", t.ID, t.State, t.Person, want.State, want.Person)
		case want.Title != "" && t.Title != want.Title:
			v.fail(h.ID, h.Seq, BreakTask, "the title of task %s is not the one in the trail", t.ID)
		case !t.ClosedAt.Equal(want.ClosedAt):
			v.fail(h.ID, h.Seq, BreakTask, "task %s was closed at %s, by the trail at %s", t.ID, workflows.FormatTime(t.ClosedAt), workflows.FormatTime(want.ClosedAt))
		}
	}
	for _, t := range v.tasks[h.ID] {
		if _, more := have[t.ID]; more {
			v.fail(h.ID, h.Seq, BreakTask, "task %s does not come from the trail", t.ID)
		}
	}
}

// sameJSON compares what two texts say, however they are written.
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	m, _ := json.Marshal(x)
	n, _ := json.Marshal(y)
	return bytes.Equal(m, n)
}

// row goes through the entries of a row; err is why they can't be read.
func (v *verifier) row(r trailRow, err error) {
	if err != nil {
		v.entry(workflows.Entry{Instance: r.instance, Seq: r.seq, PrevHash: r.prev}, "")
		return
	}
	for i, e := range r.list() {
		v.entry(e, r.entries[i].Digest)
	}
	if n := len(v.a.Breaks); !r.asWritten() && (n == 0 || v.a.Breaks[n-1].Instance != r.instance) {
		v.fail(r.instance, r.seq, BreakChanged, "the entries do not stand there as they were written")
	}
}

func (v *verifier) entry(e workflows.Entry, digest string) {
	v.a.Entries++
	v.upTo(e.Instance, false)
	if len(v.heads) == 0 || v.heads[0].ID != e.Instance {
		if v.orphan != e.Instance {
			v.orphan = e.Instance
			v.fail(e.Instance, e.Seq, BreakOrphan, "there is no such instance")
		}
		return
	}
	switch {
	case e.Seq != v.seq+1:
		v.fail(e.Instance, v.seq+1, BreakMissing, "entry %d is followed by %d", v.seq, e.Seq)
	case e.PrevHash != v.hash:
		v.fail(e.Instance, e.Seq, BreakChain, "it does not follow the entry before")
	}
	switch {
	case e.Private != nil && workflows.PrivateDigest(e) != digest:
		v.fail(e.Instance, e.Seq, BreakChanged, "the private part does not fit its digest")
	case e.Private == nil && digest != "":
		v.a.Erased++
		v.bare = append(v.bare, e.Seq)
	}
	if workflows.HashEntry(e, digest) != e.Hash {
		v.fail(e.Instance, e.Seq, BreakChanged, "the content does not fit the hash")
	}
	if e.Kind == workflows.EntryErased {
		v.bare = slices.DeleteFunc(v.bare, workflows.ErasedBy(e).Has)
	}
	v.seq, v.hash = e.Seq, e.Hash
	if v.o.Fold != nil {
		v.trail = append(v.trail, e)
	}
}
