package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/store"
	"magpie/workflows"
)

// Whatever is done to the tables behind the store's back, the audit names the instance and the entry.
func TestAuditFindsTampering(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]store.Break{
		"UPDATE trail SET data = CAST('{\"n\":9}' AS BLOB) WHERE instance = 'i2' AND seq = 2":                                       {Instance: "i2", Seq: 2, Kind: store.BreakChanged},
		"UPDATE trail SET actor = 'x' WHERE instance = 'i1' AND seq = 1":                                                            {Instance: "i1", Seq: 1, Kind: store.BreakChanged},
		"UPDATE trail SET at = at + 1 WHERE instance = 'i3' AND seq = 3":                                                            {Instance: "i3", Seq: 3, Kind: store.BreakChanged},
		"UPDATE trail SET private = CAST('\"y\"' AS BLOB) WHERE instance = 'i2' AND seq = 1":                                        {Instance: "i2", Seq: 1, Kind: store.BreakChanged},
		"DELETE FROM trail WHERE instance = 'i2' AND seq = 2":                                                                       {Instance: "i2", Seq: 2, Kind: store.BreakMissing},
		"DELETE FROM trail WHERE instance = 'i2' AND seq = 1":                                                                       {Instance: "i2", Seq: 1, Kind: store.BreakMissing},
		"DELETE FROM trail WHERE instance = 'i2' AND seq = 3":                                                                       {Instance: "i2", Seq: 3, Kind: store.BreakCut},
		"DELETE FROM trail WHERE instance = 'i2'":                                                                                   {Instance: "i2", Seq: 3, Kind: store.BreakCut},
		"UPDATE instance SET seq = 2 WHERE id = 'i2'":                                                                               {Instance: "i2", Seq: 3, Kind: store.BreakExtra},
		"UPDATE instance SET head = 'x' WHERE id = 'i2'":                                                                            {Instance: "i2", Seq: 3, Kind: store.BreakCut},
		"DELETE FROM instance WHERE id = 'i2'":                                                                                      {Instance: "i2", Seq: 1, Kind: store.BreakOrphan},
		"DELETE FROM instance WHERE id = 'i3'":                                                                                      {Instance: "i3", Seq: 1, Kind: store.BreakOrphan},
		"UPDATE trail SET prev_hash = (SELECT hash FROM trail WHERE instance = 'i1' AND seq = 1) WHERE instance = 'i2' AND seq = 2": {Instance: "i2", Seq: 2, Kind: store.BreakChain},
	} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "m.db")
			s, err := store.Open(t.Context(), store.Options{DSN: path})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for i := 1; i <= 3; i++ {
				chain(t, s, fmt.Sprint("i", i))
			}
			if a, err := s.AuditVerify(t.Context()); err != nil || !a.OK() || a.Entries != 9 {
				t.Fatalf("before: %+v, %v", a, err)
			}
			if _, err := rawSQLite(t, path).Exec(sql); err != nil {
				t.Fatal(err)
			}
			a, err := s.AuditVerify(t.Context())
			if err != nil || a.OK() {
				t.Fatalf("found nothing: %+v, %v", a, err)
			}
			got := a.Breaks[0]
			got.Detail = ""
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("the break (-want +got):\n%s", d)
			}
		})
	}
}

// chain commits an instance with three entries.
func chain(t *testing.T, s *store.Store, id string) {
	t.Helper()
	var trail []workflows.Entry
	prev := ""
	for seq := int64(1); seq <= 3; seq++ {
		e := workflows.Entry{Instance: id, Seq: seq, At: time.UnixMilli(1e12 + seq).UTC(), Kind: "voted", Actor: "a", Data: []byte(`{}`)}
		if seq == 1 {
			e.Private, e.Salt = []byte(`"x"`), "salt"
		}
		workflows.Seal(&e, prev)
		prev = e.Hash
		trail = append(trail, e)
	}
	in := &workflows.Instance{ID: id, Rev: 1, Status: workflows.StatusRunning, State: []byte("{}"), Seq: 3, Head: prev}
	if err := s.Commit(t.Context(), workflows.Commit{Instance: in, Trail: trail}); err != nil {
		t.Fatal(err)
	}
}

// More instances than a page, and entries beyond the last of them.
func TestAuditPages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.db")
	s, err := store.Open(t.Context(), store.Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 1000 {
		chain(t, s, fmt.Sprintf("i%04d", i))
	}
	for _, drop := range []string{"i0499", "i0500", "i0999"} {
		if _, err := rawSQLite(t, path).Exec("DELETE FROM instance WHERE id = ?", drop); err != nil {
			t.Fatal(err)
		}
	}
	a, err := s.AuditVerify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a.Instances != 997 || a.Entries != 3000 || len(a.Breaks) != 3 {
		t.Fatalf("audit: %d instances, %d entries, %+v", a.Instances, a.Entries, a.Breaks)
	}
	for i, want := range []string{"i0499", "i0500", "i0999"} {
		if a.Breaks[i].Instance != want || a.Breaks[i].Kind != store.BreakOrphan {
			t.Fatalf("break %d: %+v", i, a.Breaks[i])
		}
	}
}
