package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"magpie/workflows"
)

// Break is one place where a trail is not what was written.
type Break struct {
	Instance string `json:"instance"`
	Seq      int64  `json:"seq"` // of the entry concerned; with BreakCut the last that should be there
	Kind     string `json:"kind"`
	Detail   string `json:"detail"`
}

// Kinds of Break.
const (
	BreakChanged = "changed" // an entry's content does not fit its hash
	BreakMissing = "missing" // entries are missing in the middle, or at the start
	BreakChain   = "chain"   // an entry does not follow the one before
	BreakCut     = "cut"     // the last entries are missing: the instance says that there were more
	BreakExtra   = "extra"   // there are more entries than the instance says
	BreakOrphan  = "orphan"  // entries of an instance that is not there
)

// Audit is the result of AuditVerify.
type Audit struct {
	Instances int     `json:"instances"`
	Entries   int     `json:"entries"`
	Breaks    []Break `json:"breaks"` // at most maxBreaks
}

// OK reports whether everything is as it was written.
func (a Audit) OK() bool { return len(a.Breaks) == 0 }

const (
	maxBreaks = 1000
	auditPage = 500

	sqlAuditPage     = "SELECT id, seq, head FROM instance WHERE id > ? ORDER BY id LIMIT ?"
	sqlAuditTrail    = "SELECT " + trailColumns + " FROM trail WHERE instance > ? AND instance <= ? ORDER BY instance, seq"
	sqlAuditTrailEnd = "SELECT " + trailColumns + " FROM trail WHERE instance > ? ORDER BY instance, seq"
)

// AuditVerify walks every trail: each entry fits its hash, follows the one before, and the last is the one
// that the instance names. Whoever owns the database can still recompute everything: publish heads.
func (s *Store) AuditVerify(ctx context.Context) (Audit, error) {
	a := Audit{}
	after, more := "", true
	for more && len(a.Breaks) < maxBreaks {
		var err error
		if after, more, err = s.auditPage(ctx, &a, after); err != nil {
			return a, fmt.Errorf("verify the trail: %w", err)
		}
	}
	if len(a.Breaks) > maxBreaks {
		a.Breaks = a.Breaks[:maxBreaks]
	}
	return a, nil
}

// head is what an instance says of its trail.
type head struct {
	id   string
	seq  int64
	hash string
}

// auditPage verifies the next instances, read at one moment together with their entries.
func (s *Store) auditPage(ctx context.Context, a *Audit, after string) (last string, more bool, err error) {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.mysql {
		opts.Isolation = sql.LevelRepeatableRead
	}
	t, err := s.rdb.BeginTx(ctx, opts)
	if err != nil {
		return "", false, err
	}
	defer t.Rollback() //nolint:errcheck // it only read
	var heads []head
	rows, err := t.QueryContext(ctx, sqlAuditPage, after, auditPage)
	if err != nil {
		return "", false, err
	}
	if err := eachRow(rows, func(scan scanFunc) error {
		var h head
		err := scan(&h.id, &h.seq, &h.hash)
		heads = append(heads, h)
		return err
	}); err != nil {
		return "", false, err
	}
	more = len(heads) == auditPage
	if more {
		last = heads[len(heads)-1].id
		rows, err = t.QueryContext(ctx, sqlAuditTrail, after, last)
	} else {
		rows, err = t.QueryContext(ctx, sqlAuditTrailEnd, after)
	}
	if err != nil {
		return "", false, err
	}
	v := verifier{a: a, heads: heads}
	if err := eachRow(rows, func(scan scanFunc) error {
		r, err := scanTrail(scan)
		if err == nil || errors.Is(err, errTrail) {
			v.row(r, err)
			err = nil
		}
		return err
	}); err != nil {
		return "", false, err
	}
	v.upTo("", true)
	return last, more, nil
}

// verifier goes through heads and entries side by side; both are ordered by instance.
type verifier struct {
	a      *Audit
	heads  []head
	orphan string // the instance already reported
	seq    int64  // of the last entry of heads[0]
	hash   string
}

func (v *verifier) fail(instance string, seq int64, kind, format string, args ...any) {
	v.a.Breaks = append(v.a.Breaks, Break{Instance: instance, Seq: seq, Kind: kind, Detail: fmt.Sprintf(format, args...)})
}

// upTo closes all instances before one, or all.
func (v *verifier) upTo(instance string, all bool) {
	for len(v.heads) > 0 && (all || v.heads[0].id < instance) {
		h := v.heads[0]
		switch {
		case v.seq < h.seq:
			v.fail(h.id, h.seq, BreakCut, "the instance has %d entries, the trail ends with %d", h.seq, v.seq)
		case v.seq > h.seq:
			v.fail(h.id, v.seq, BreakExtra, "the instance has %d entries, the trail ends with %d", h.seq, v.seq)
		case v.hash != h.hash:
			v.fail(h.id, h.seq, BreakCut, "the last entry is not the one that the instance names")
		}
		v.a.Instances++
		v.heads, v.seq, v.hash = v.heads[1:], 0, ""
	}
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
	if len(v.heads) == 0 || v.heads[0].id != e.Instance {
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
	if e.Private != nil && workflows.PrivateDigest(e) != digest {
		v.fail(e.Instance, e.Seq, BreakChanged, "the private part does not fit its digest")
	}
	if workflows.HashEntry(e, digest) != e.Hash {
		v.fail(e.Instance, e.Seq, BreakChanged, "the content does not fit the hash")
	}
	v.seq, v.hash = e.Seq, e.Hash
}
