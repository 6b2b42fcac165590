package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing/iotest"
	"time"

	"magpie/adapters/event"
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

// testAuditFiles compares files with what the trails name: another content, a shorter one and one that is missing are
// told, with instance, entry and place; what was put out of the form, or erased, is not missed.
func testAuditFiles(e *env) {
	put := func(content string) event.File {
		f, err := e.PutFile(e.ctx, "i1", "li.lei", strings.NewReader(content))
		e.ok(err)
		return f
	}
	large := put(strings.Repeat("鹊桥", 100_000))
	other, short, gone, old := put("另一个"), put("短"), put("没了"), put("从前")
	i := inst("i1", 1)
	trail := sealed("i1", 1, "", 3)
	i.Seq, i.Head = 3, trail[2].Hash
	e.ok(e.Commit(e.ctx, workflows.Commit{Now: e.clock.Now(), Instance: i, Trail: trail}))
	named := []workflows.FoldedFile{
		{Seq: 1, Where: "field quote", File: large, Kept: true}, {Seq: 1, Where: "field quote", File: other, Kept: true},
		{Seq: 2, Where: "field bill", File: short, Kept: true}, {Seq: 3, Where: "seat leader/1/0", File: gone, Kept: true}, {Seq: 1, Where: "field quote", File: old},
	}
	verify := func(files bool) store.Audit {
		a, err := e.Audit(e.ctx, store.AuditOptions{Files: files, Fold: func(string, []workflows.Entry) (workflows.Folded, bool, error) {
			return workflows.Folded{Status: i.Status, Initiator: i.Initiator, State: i.State, Files: named}, true, nil
		}})
		e.ok(err)
		return a
	}
	if a := verify(true); !a.OK() || a.Files != 5 {
		e.Fatalf("as they were handed in: %+v", a)
	}
	named[1].File.Sum = large.Sum
	named[2].File.Size++
	named[3].File.ID, named[4].File.ID = "gone", "pruned"
	a := verify(true)
	same(e, a.Files, 5)
	same(e, a.Breaks, []store.Break{
		{Instance: "i1", Seq: 1, Kind: store.BreakFile, Detail: "the file " + other.ID + " of field quote is not what was handed in: its content has another digest"},
		{Instance: "i1", Seq: 2, Kind: store.BreakFile, Detail: "the file " + short.ID + " of field bill has 3 bytes, 4 were handed in"},
		{Instance: "i1", Seq: 3, Kind: store.BreakFile, Detail: "the file gone of seat leader/1/0 is missing"},
	})
	if a := verify(false); !a.OK() || a.Files != 0 {
		e.Fatalf("nobody asked for files: %+v", a)
	}
	named = named[:1] // the others were erased: the trail names them no more
	if a := verify(true); !a.OK() {
		e.Fatalf("after an erasure: %+v", a)
	}
}
