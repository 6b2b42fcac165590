package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/workflows"
)

// What goes into rows comes out as it was, byte for byte, whatever the texts are.
func FuzzTrailRows(f *testing.F) {
	f.Add("voted", "a", "c/ev-1", `{"n": 1,"x":"<&>"}`, `"理由 \" \u2028"`, "salt", int64(1e12), int64(3))
	f.Add("", "\"\\\n", "\x00\xff", "null", "null", "\u2028", int64(0), int64(0))
	f.Add("x", "\xff", "", ` {}`, ``, "", int64(-5), int64(1))
	f.Fuzz(func(t *testing.T, kind, actor, cause, data, private, salt string, at, step int64) {
		var trail []workflows.Entry
		prev := ""
		for i := range int64(4) {
			e := workflows.Entry{Instance: "i", Seq: 7 + i, At: time.UnixMilli(at%1e15 + i/2*(step%1e6)).UTC(), Kind: kind, Actor: actor, Event: cause, Data: []byte(data)}
			if i%2 == 0 {
				e.Private, e.Salt, e.Card = []byte(private), salt, actor
			}
			if i == 3 {
				e.Event += "x" // another cause: a row of its own
			}
			workflows.Seal(&e, prev)
			prev = e.Hash
			trail = append(trail, e)
		}
		rows, err := trailRows(trail)
		if err != nil {
			return // it says so, and stores nothing
		}
		if len(rows) != 2 || rows[1].seq != 10 {
			t.Fatalf("%d rows: %+v", len(rows), rows)
		}
		var got []workflows.Entry
		for _, r := range rows {
			r.entries = nil
			if err := r.decode(); err != nil {
				t.Fatalf("%v\n%s", err, r.body)
			}
			if !r.asWritten() {
				t.Fatalf("it would not be written so: %s", r.body)
			}
			for _, e := range r.list() {
				if e.At.IsZero() && at == 0 { // 0 is how no time is stored
					e.At = time.UnixMilli(0).UTC()
				}
				got = append(got, e)
			}
		}
		if d := cmp.Diff(trail, got); d != "" {
			t.Fatalf("(-put +got):\n%s", d)
		}
	})
}

func TestTrailRowsRefuse(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]workflows.Entry{
		"data that is no JSON":    {Kind: "x", Data: []byte("{"), Hash: "h"},
		"data with a space after": {Kind: "x", Data: []byte("{} "), Hash: "h"},
		"an empty private part":   {Kind: "x", Private: []byte{}, Hash: "h"},
		"an actor in Latin-1":     {Kind: "x", Actor: "\xe4", Hash: "h"},
	} {
		if rows, err := trailRows([]workflows.Entry{e}); err == nil {
			t.Errorf("%s was taken: %s", name, rows[0].body)
		}
	}
}
