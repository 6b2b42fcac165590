package store

import (
	"context"
	"fmt"
	"io"

	"magpie/workflows"
)

// Break is one place where a trail is not what was written.
type Break struct {
	Instance string `json:"instance,omitempty"`
	Seq      int64  `json:"seq,omitempty"`  // of the entry concerned; with BreakCut the last that should be there
	Head     int64  `json:"head,omitempty"` // number of the head concerned
	Kind     string `json:"kind"`
	Detail   string `json:"detail"`
}

// Kinds of Break.
const (
	BreakChanged   = "changed"   // an entry's content does not fit its hash
	BreakMissing   = "missing"   // entries are missing in the middle, or at the start
	BreakChain     = "chain"     // an entry does not follow the one before
	BreakCut       = "cut"       // the last entries are missing: the instance or a head says that there were more
	BreakExtra     = "extra"     // there are more entries than the instance says
	BreakOrphan    = "orphan"    // entries or tasks of an instance that is not there
	BreakErased    = "erased"    // personal text is gone, and no entry says that it was erased
	BreakState     = "state"     // the instance is not what its trail leads to
	BreakTask      = "task"      // a task is not what the trail leads to
	BreakFile      = "file"      // a file or hand signature is missing, or is not the one that the trail names
	BreakDeleted   = "deleted"   // a head names an instance that is not there
	BreakRewritten = "rewritten" // the chain holds together, but is not the one that a head names
	BreakHead      = "head"      // the heads themselves are not what was written
	BreakPublished = "published" // a head that was published is not in the store, or another is
)

// Audit is the result of AuditVerify.
type Audit struct {
	Instances int     `json:"instances"`
	Entries   int     `json:"entries"`
	Erased    int     `json:"erased"` // entries whose personal text was erased
	Files     int     `json:"files"`  // that were compared with their digests
	Heads     int     `json:"heads"`
	Published int     `json:"published"` // published heads that were compared
	Last      *Head   `json:"last,omitempty"`
	Breaks    []Break `json:"breaks"` // at most maxBreaks
}

// findings are an Audit under way.
type findings struct {
	Audit
	reported map[string]bool // instances with a Break
}

// OK reports whether everything is as it was written.
func (a Audit) OK() bool { return len(a.Breaks) == 0 }

func (a *findings) full() bool { return len(a.Breaks) >= maxBreaks }

func (a *findings) fail(b Break, format string, args ...any) {
	b.Detail = fmt.Sprintf(format, args...)
	a.Breaks = append(a.Breaks, b)
	if a.reported == nil {
		a.reported = map[string]bool{}
	}
	a.reported[b.Instance] = true
}

// Fold computes what an instance of a kind must be after its trail. ok false: the kind does not say.
type Fold func(kind string, trail []workflows.Entry) (f workflows.Folded, ok bool, err error)

// AuditOptions say how much is looked at. The zero value is everything that the database alone can tell.
type AuditOptions struct {
	// Instance is the only one to look at, and its part of the heads is left out.
	Instance string
	// Since is a day, "2026-11-20": only instances that are on the lists of its head or a later one are looked at.
	// Whoever verifies every day need not walk the trails of years.
	Since string
	// Fold has instances and their tasks compared with their trails. nil: that is not looked at.
	Fold Fold
	// Files has the files that folded trails name read, and compared with the digests there.
	Files bool
	// Published are heads as they were published, JSON Lines. They prove what the database's owner could
	// otherwise write anew. nil: none.
	Published io.Reader
}

const (
	maxBreaks = 1000
	auditPage = 500
)

// AuditVerify walks every trail and every head. See Audit.
func (s *Store) AuditVerify(ctx context.Context) (Audit, error) {
	return s.Audit(ctx, AuditOptions{})
}

// Audit walks trails: each entry fits its hash, follows the one before, and the last is the one that the instance
// names; and the instance is what its trail leads to. Then it walks the heads, and looks for what they name. It
// reads a page at a time, however much there is.
func (s *Store) Audit(ctx context.Context, o AuditOptions) (Audit, error) {
	a := findings{}
	if err := s.audit(ctx, &a, o); err != nil {
		return a.Audit, fmt.Errorf("verify the trail: %w", err)
	}
	if len(a.Breaks) > maxBreaks {
		a.Breaks = a.Breaks[:maxBreaks]
	}
	return a.Audit, nil
}

func (s *Store) audit(ctx context.Context, a *findings, o AuditOptions) error {
	if o.Instance != "" {
		return s.auditThese(ctx, a, o, []string{o.Instance})
	}
	after, more := "", o.Since == ""
	for more && !a.full() {
		var err error
		if after, more, err = s.auditPage(ctx, a, o, after); err != nil {
			return err
		}
	}
	if err := s.auditHeads(ctx, a, o); err != nil {
		return err
	}
	if o.Published == nil {
		return nil
	}
	return s.auditPublished(ctx, a, o.Published)
}
