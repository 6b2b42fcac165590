package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	headPage   = 200
	claimBatch = 200
	maxLine    = 64 << 10 // of a published head
)

// auditHeads walks the heads, and looks for what their lists name.
func (s *Store) auditHeads(ctx context.Context, a *findings, o AuditOptions) error {
	var prev Head
	walk := o.Since == ""
	for {
		page, err := s.Heads(ctx, prev.N, headPage)
		if err != nil {
			return err
		}
		for _, h := range page {
			if a.full() {
				return nil
			}
			a.Heads++
			at := Break{Head: h.N, Kind: BreakHead}
			switch {
			case h.N != prev.N+1:
				a.fail(Break{Head: prev.N + 1, Kind: BreakHead}, "head %d is followed by %d", prev.N, h.N)
			case h.Prev != prev.Hash:
				a.fail(at, "it does not follow the head before")
			case h.Hash != h.Sum():
				a.fail(at, "its content does not fit its hash")
			}
			walk = walk || h.Day != "" && h.Day >= o.Since
			if walk {
				if err := s.auditList(ctx, a, o, h); err != nil {
					return err
				}
			}
			prev = h
		}
		if len(page) < headPage {
			break
		}
	}
	if prev.N > 0 {
		a.Last = &prev
	}
	return s.auditNewest(ctx, a, prev)
}

// auditNewest asks whether the newest head is the one that was made last.
func (s *Store) auditNewest(ctx context.Context, a *findings, last Head) error {
	b, err := s.Setting(ctx, newestHead)
	var newest Head
	switch {
	case errors.Is(err, ErrNotFound):
		if last.N > 0 {
			a.fail(Break{Head: last.N, Kind: BreakHead}, "which head is the newest is not on record any more")
		}
		return nil
	case err != nil:
		return err
	}
	if err := json.Unmarshal(b, &newest); err != nil {
		a.fail(Break{Head: last.N, Kind: BreakHead}, "the record of the newest head can't be read")
		return nil
	}
	if newest.N > last.N { // made meanwhile?
		again, err := s.heads(ctx, sqlHead, newest.N)
		if err != nil {
			return err
		}
		if len(again) == 1 && again[0].Hash == newest.Hash {
			return nil
		}
		a.fail(Break{Head: newest.N, Kind: BreakHead}, "head %d was made last, and is missing: the heads end with %d", newest.N, last.N)
	} else if newest.N == last.N && newest.Hash != last.Hash || newest.N < last.N {
		a.fail(Break{Head: last.N, Kind: BreakHead}, "the newest head is not the one that was made last")
	}
	return nil
}

// claim is a line of a list: what a trail ended with.
type claim struct {
	id   string
	seq  int64
	hash string
}

func parseClaim(line []byte) (c claim, ok bool) {
	f := strings.Split(string(line), " ")
	if len(f) != 3 {
		return c, false
	}
	n, err := strconv.ParseInt(f[1], 10, 64)
	return claim{f[0], n, f[2]}, err == nil && n > 0 && f[0] != ""
}

// auditList reads a head's list part by part.
func (s *Store) auditList(ctx context.Context, a *findings, o AuditOptions, h Head) error {
	sum := sha256.New()
	at := Break{Head: h.N, Kind: BreakHead}
	n, bad := int64(0), false
	var batch []claim
	flush := func() error {
		err := s.auditClaims(ctx, a, o, h, batch)
		batch = batch[:0]
		return err
	}
	for part := int64(0); ; part++ {
		var items []byte
		err := s.readOne(ctx, sqlList, []any{h.list, part}, &items)
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
		sum.Write(items)
		for line := range bytes.Lines(items) {
			c, ok := parseClaim(bytes.TrimSuffix(line, []byte("\n")))
			if !ok {
				bad = true
				continue
			}
			n++
			if batch = append(batch, c); len(batch) == claimBatch {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		if a.full() {
			return nil
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if bad || n != h.Instances || hex.EncodeToString(sum.Sum(nil)) != h.Digest {
		a.fail(at, "its list of instances is not the one that was written")
	}
	return nil
}

// auditClaims looks whether trails still hold what they ended with when a head was made. A head is made between two
// commands, so what it names is the end of a trail, or what a row of it follows.
func (s *Store) auditClaims(ctx context.Context, a *findings, o AuditOptions, h Head, batch []claim) error {
	if len(batch) == 0 {
		return nil
	}
	ids, args := make([]string, len(batch)), make([]any, len(batch))
	for i, c := range batch {
		ids[i], args[i] = c.id, c.id
	}
	if o.Since != "" {
		if err := s.auditThese(ctx, a, o, ids); err != nil {
			return err
		}
	}
	// First the instances: what is committed meanwhile is seen in the rows.
	in := marks(len(batch))
	ends := map[string]claim{}
	err := s.read(ctx, "SELECT id, seq, head FROM instance WHERE id IN "+in, args, func(scan scanFunc) error {
		var c claim
		err := scan(&c.id, &c.seq, &c.hash)
		ends[c.id] = c
		return err
	})
	if err != nil {
		return err
	}
	next := map[string]int64{}
	for _, c := range batch {
		next[c.id] = c.seq + 1
	}
	follows := map[string]string{}
	err = s.read(ctx, "SELECT instance, seq, prev_hash FROM trail WHERE instance IN "+in, args, func(scan scanFunc) error {
		var c claim
		err := scan(&c.id, &c.seq, &c.hash)
		if next[c.id] == c.seq {
			follows[c.id] = c.hash
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range batch {
		if a.reported[c.id] {
			continue
		}
		end, there := ends[c.id]
		at := Break{Instance: c.id, Seq: c.seq, Head: h.N}
		what := fmt.Sprintf("head %d of %s names entry %d", h.N, h.At.Format("2006-01-02 15:04"), c.seq)
		switch {
		case !there:
			at.Kind = BreakDeleted
			a.fail(at, "%s of it, and there is no such instance any more", what)
		case end.seq < c.seq:
			at.Kind = BreakCut
			a.fail(at, "%s, the trail ends with %d", what, end.seq)
		case end.seq == c.seq && end.hash != c.hash, end.seq > c.seq && follows[c.id] != c.hash:
			at.Kind = BreakRewritten
			a.fail(at, "%s; it is another now, or one before it is", what)
		}
	}
	return nil
}

// auditPublished compares heads that were given away with those that are here.
func (s *Store) auditPublished(ctx context.Context, a *findings, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var h Head
		if err := json.Unmarshal(line, &h); err != nil || h.N < 1 {
			return fmt.Errorf("published heads, line %d: no head: %.60q", n, line)
		}
		if a.full() {
			return nil
		}
		a.Published++
		at := Break{Head: h.N, Kind: BreakPublished}
		if h.Hash != h.Sum() {
			a.fail(at, "line %d: its content does not fit its hash: it was changed after it was published", n)
			continue
		}
		here, err := s.heads(ctx, sqlHead, h.N)
		switch {
		case err != nil:
			return err
		case len(here) == 0:
			a.fail(at, "line %d: it was published, and is not in the database", n)
		case here[0].Hash != h.Hash:
			a.fail(at, "line %d: another was published than is in the database: its history was written anew", n)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("published heads: %w", err)
	}
	return nil
}
