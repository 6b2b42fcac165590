package store

import (
	"bytes"
	"context"
)

// held is what was there before, locked until the transaction ends.
type held struct {
	jobs  map[string]*heldJob
	shown map[string]bool // slots, of those that it matters for
}

// heldJob is what a job row says of itself.
type heldJob struct {
	rev, state, due, uncertain, created, gen, attempt int64
	token                                             string
	body                                              []byte
}

// hold locks and reads the jobs that will be written. Their instances are locked before, by moveInstances or, where
// only the job changes, here: whoever writes a job of an instance holds it, so that no job comes between this and its
// replacement.
func (p *shared) hold(ctx context.Context, c *writeConn) (*held, error) {
	const instance = 9 // among the arguments of sqlUpdateInstance
	h := &held{jobs: map[string]*heldJob{}, shown: map[string]bool{}}
	locked := map[string]bool{"": true}
	for _, m := range p.moves {
		locked[m.o.args[instance].(string)] = true
	}
	var instances, jobs, slots []any
	for _, o := range p.jobs {
		if in := o.args[jobInstance].(string); !locked[in] {
			locked[in] = true
			instances = append(instances, in)
		}
		jobs = append(jobs, o.args[jobID])
	}
	for _, o := range p.canceled {
		jobs = append(jobs, o.args[jobID])
	}
	err := byIDs(ctx, c, "SELECT id FROM instance WHERE id IN ", " FOR UPDATE", instances, func(scanFunc) error { return nil })
	if err != nil {
		return nil, err
	}
	const columns = "id, rev, state, due_at, uncertain, created_at, gen, attempt, token, body"
	err = byIDs(ctx, c, "SELECT "+columns+" FROM job WHERE id IN ", " FOR UPDATE", jobs, func(scan scanFunc) error {
		var id string
		j := &heldJob{}
		err := scan(&id, &j.rev, &j.state, &j.due, &j.uncertain, &j.created, &j.gen, &j.attempt, &j.token, &j.body)
		h.jobs[id] = j
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, o := range p.jobs {
		if o.q == mysqlStatements.putShownJob && !h.jobs[o.args[jobID].(string)].waits() {
			slots = append(slots, o.args[jobSlot])
		}
	}
	return h, byIDs(ctx, c, "SELECT id FROM slot WHERE id IN ", "", slots, func(scan scanFunc) error {
		var id string
		err := scan(&id)
		h.shown[id] = true
		return err
	})
}

// byIDs reads rows by their ids. Some ids are given twice, so that there are few texts to prepare.
func byIDs(ctx context.Context, c *writeConn, q, lock string, ids []any, row func(scanFunc) error) error {
	if len(ids) == 0 {
		return nil
	}
	n := 1
	for n < len(ids) {
		n *= 2
	}
	x := part{q: q + marks(n) + lock}
	x.bind(ids)
	for range n - len(ids) {
		x.bind(ids[:1])
	}
	return c.query(ctx, x.q, x.args, row)
}

// waits reports whether there is such a row, and it is still to be worked on.
func (j *heldJob) waits() bool { return j != nil && j.state == stateWaiting }

// after notes what a statement of a command has done to a job that is held.
func (h *held) after(o op) {
	switch o.q {
	case sqlDeleteJob:
		delete(h.jobs, o.args[jobID].(string))
	case sqlReleaseJob:
		if j := h.jobs[o.args[jobID].(string)]; j != nil {
			j.token = ""
		}
	}
}

// replacedJobs puts jobs whose old rows are locked: what becomes of them was worked out here, which costs the
// server less than a condition for each column.
var replacedJobs = &rowsText{head: "REPLACE INTO job (" + jobColumns + ") VALUES ", row: "(?, ?, ?, ?, 0, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, '', ?)"}

// The places of the arguments of putJob.
const (
	jobID, jobRun, jobRev, jobInstance, jobSlot, jobCreated, jobUpdated, jobBody = 0, 5, 6, 7, 8, 9, 10, 11
)

// putJobs is putJob and putShownJob for the jobs of several commands.
func (p *shared) putJobs(ctx context.Context, c *writeConn, h *held) error {
	if err := p.cancelJobs(ctx, c, h); err != nil {
		return err
	}
	rows := make([]op, 0, len(p.jobs))
	at := map[string]int{} // where in rows
	for _, o := range p.jobs {
		id := o.args[jobID].(string)
		old := h.jobs[id]
		if o.q == mysqlStatements.putShownJob && !old.waits() && !h.shown[o.args[jobSlot].(string)] {
			continue
		}
		if old != nil && (o.args[jobRev].(int64) < old.rev || old.says(o.args)) {
			continue
		}
		now, row := old.next(o.args)
		h.jobs[id] = now
		if i, twice := at[id]; twice {
			rows[i] = op{args: row}
			continue
		}
		at[id] = len(rows)
		rows = append(rows, op{args: row})
	}
	if len(rows) == 0 {
		return nil
	}
	x := rowsPart(replacedJobs, rows)
	_, err := c.exec(ctx, x.q, x.args)
	return err
}

// cancelJobs removes those that are there: most timers that are canceled were never set.
func (p *shared) cancelJobs(ctx context.Context, c *writeConn, h *held) error {
	var there []op
	for _, o := range p.canceled {
		if id := o.args[jobID].(string); h.jobs[id] != nil {
			there = append(there, o)
			delete(h.jobs, id)
		}
	}
	if len(there) == 0 {
		return nil
	}
	x := rowsPart(sharedRows[sqlCancelJob], there)
	_, err := c.exec(ctx, x.q, x.args)
	return err
}

// says reports whether a row of a card that waits untouched says already what the new one would, as liteOnJob
// has it.
func (j *heldJob) says(args []any) bool {
	body, _ := args[jobBody].([]byte)
	return j.state == stateWaiting && j.token == "" && j.attempt == 0 && j.uncertain == 0 && j.due <= args[jobRun].(int64) &&
		args[jobSlot].(string) != "" && bytes.Equal(j.body, body)
}

// next is the row after new content came, as myOnJob has it.
func (j *heldJob) next(args []any) (*heldJob, []any) {
	now, run := args[jobUpdated].(int64), args[jobRun].(int64)
	n := heldJob{rev: args[jobRev].(int64), body: args[jobBody].([]byte), due: run, created: args[jobCreated].(int64), gen: 1}
	if j != nil {
		n.gen, n.uncertain = j.gen+1, j.uncertain
		if j.uncertain != 0 || j.token != "" {
			n.created = j.created
		}
		switch {
		case j.token != "" && j.due > now: // somebody works on it
			n.due, n.token = j.due, j.token
		case j.token != "":
			n.uncertain = 1
		}
	}
	return &n, []any{
		args[jobID], args[1], args[2], args[3], n.due, run, n.token, n.gen, n.rev, args[jobInstance], args[jobSlot],
		n.uncertain, n.created, args[jobUpdated], args[jobBody],
	}
}
