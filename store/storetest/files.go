package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"testing/iotest"
	"time"

	"magpie/store"
	"magpie/workflows"
)

// testFiles keeps files in pieces, gives them back as they were, and removes those that nobody names.
func testFiles(e *env) {
	content := bytes.Repeat([]byte("鹊桥\x00\xff"), 80_000) // three pieces
	f, err := e.PutFile(e.ctx, "i1", "li.lei", iotest.HalfReader(bytes.NewReader(content)))
	e.ok(err)
	sum := sha256.Sum256(content)
	same(e, f.Sum, hex.EncodeToString(sum[:]))
	same(e, f.Size, int64(len(content)))
	r, size, err := e.OpenFile(e.ctx, f.ID)
	e.ok(err)
	same(e, size, f.Size)
	got, err := io.ReadAll(iotest.OneByteReader(io.LimitReader(r, 10)))
	e.ok(err)
	rest, err := io.ReadAll(r)
	e.ok(err)
	if !bytes.Equal(append(got, rest...), content) {
		e.Error("the file came back changed")
	}
	e.ok(r.Close())
	empty, err := e.PutFile(e.ctx, "i1", "li.lei", bytes.NewReader(nil))
	e.ok(err)
	_, size, err = e.OpenFile(e.ctx, empty.ID)
	e.ok(err)
	same(e, size, int64(0))
	whose, err := e.FileOwner(e.ctx, f.ID)
	e.ok(err)
	same(e, whose, workflows.KeptFile{Instance: "i1", Owner: "li.lei", Size: f.Size, Sum: f.Sum})
	_, err = e.FileOwner(e.ctx, "none")
	e.is(err, store.ErrNotFound)
	broken := errors.New("the line is cut")
	if _, err = e.PutFile(e.ctx, "i1", "li.lei", io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		e.Errorf("a broken upload: %v", err)
	}
	_, _, err = e.OpenFile(e.ctx, "none")
	e.is(err, store.ErrNotFound)
	n, err := e.Uploaded(e.ctx, "li.lei", e.clock.Now().Add(-time.Hour))
	e.ok(err)
	same(e, n, int64(len(content)))

	// The state of i1 names the first; nothing names the others.
	i := inst("i1", 1)
	i.State = json.RawMessage(`{"f":{"files":{"f":[{"id":"` + f.ID + `"}]}}}`)
	trail := sealed("i1", 1, "", 1)
	i.Seq, i.Head = 1, trail[0].Hash
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Instance: i, Trail: trail}))
	removed, err := e.PruneFiles(e.ctx, e.clock.Now())
	e.ok(err)
	same(e, removed, 0)
	late := e.clock.Now().Add(store.KeepLoose + time.Minute)
	removed, err = e.PruneFiles(e.ctx, late)
	e.ok(err)
	same(e, removed, 2)
	_, _, err = e.OpenFile(e.ctx, f.ID)
	e.ok(err)
	_, _, err = e.OpenFile(e.ctx, empty.ID)
	e.is(err, store.ErrNotFound)

	next := inst("i1", 2)
	next.Status, next.EndedAt, next.Seq, next.Head, next.State = workflows.StatusApproved, Start.Add(time.Hour), 1, i.Head, i.State
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Instance: next, ExpectRev: 1}))
	removed, err = e.PruneFiles(e.ctx, late.Add(48*time.Hour))
	e.ok(err)
	same(e, removed, 0)
	_, _, err = e.OpenFile(e.ctx, f.ID)
	e.ok(err)

	// Erasing what people wrote takes the files that the state does not name any more along.
	Ended(e, e.Store, "over", e.clock.Now())
	g, err := e.PutFile(e.ctx, "over", "li.lei", bytes.NewReader(content))
	e.ok(err)
	o := store.EraseOptions{By: "root", Reason: "r"}
	res, err := e.Erase(e.ctx, "over", o)
	e.ok(err)
	same(e, res.Files, 1)
	_, _, err = e.OpenFile(e.ctx, g.ID)
	e.is(err, store.ErrNotFound)
	_, _, err = e.OpenFile(e.ctx, f.ID)
	e.ok(err)
	g, err = e.PutFile(e.ctx, "over", "li.lei", bytes.NewReader(content)) // one that was left when it broke off
	e.ok(err)
	res, err = e.Erase(e.ctx, "over", o)
	e.ok(err)
	same(e, res, store.EraseResult{Files: 1})
	_, err = e.FileOwner(e.ctx, g.ID)
	e.is(err, store.ErrNotFound)
}
