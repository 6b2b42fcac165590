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
	in := func(instance string, seq int64) string {
		return fmt.Sprintf(" WHERE instance = '%s' AND seq = %d", instance, seq)
	}
	replace := func(old, with string) string {
		return fmt.Sprintf("UPDATE trail SET entries = CAST(replace(CAST(entries AS TEXT), '%s', '%s') AS BLOB)", old, with)
	}
	for sql, want := range map[string]store.Break{
		// i1 to i3 have each entry in a row of its own, i4 has all three in one.
		replace(`"data":{}`, `"data":{"n":9}`) + in("i2", 2):                                                        {Instance: "i2", Seq: 2, Kind: store.BreakChanged},
		replace(`"actor":"a"`, `"actor":"x"`) + in("i1", 1):                                                         {Instance: "i1", Seq: 1, Kind: store.BreakChanged},
		replace(`"kind":"voted"`, `"kind":"x"`) + in("i1", 3):                                                       {Instance: "i1", Seq: 3, Kind: store.BreakChanged},
		replace(`"private":"x"`, `"private":"y"`) + in("i2", 1):                                                     {Instance: "i2", Seq: 1, Kind: store.BreakChanged},
		replace(`}]`, `,"actor":"a"}]`) + in("i2", 2):                                                               {Instance: "i2", Seq: 2, Kind: store.BreakChanged},
		replace(`}]`, `,"note":"x"}]`) + in("i2", 2):                                                                {Instance: "i2", Seq: 2, Kind: store.BreakChanged},
		replace(`}]`, `}`) + in("i2", 2):                                                                            {Instance: "i2", Seq: 2, Kind: store.BreakChanged},
		"UPDATE trail SET entries = x'5b5d'" + in("i2", 2):                                                          {Instance: "i2", Seq: 2, Kind: store.BreakChanged},
		"UPDATE trail SET at = at + 1" + in("i3", 3):                                                                {Instance: "i3", Seq: 3, Kind: store.BreakChanged},
		"UPDATE trail SET event = 'x'" + in("i3", 2):                                                                {Instance: "i3", Seq: 2, Kind: store.BreakChanged},
		"DELETE FROM trail" + in("i2", 2):                                                                           {Instance: "i2", Seq: 2, Kind: store.BreakMissing},
		"DELETE FROM trail" + in("i2", 1):                                                                           {Instance: "i2", Seq: 1, Kind: store.BreakMissing},
		"DELETE FROM trail" + in("i2", 3):                                                                           {Instance: "i2", Seq: 3, Kind: store.BreakCut},
		"DELETE FROM trail WHERE instance = 'i2'":                                                                   {Instance: "i2", Seq: 3, Kind: store.BreakCut},
		"UPDATE instance SET seq = 2 WHERE id = 'i2'":                                                               {Instance: "i2", Seq: 3, Kind: store.BreakExtra},
		"UPDATE instance SET head = 'x' WHERE id = 'i2'":                                                            {Instance: "i2", Seq: 3, Kind: store.BreakCut},
		"DELETE FROM instance WHERE id = 'i2'":                                                                      {Instance: "i2", Seq: 1, Kind: store.BreakOrphan},
		"DELETE FROM instance WHERE id = 'i3'":                                                                      {Instance: "i3", Seq: 1, Kind: store.BreakOrphan},
		"UPDATE trail SET prev_hash = 'x'" + in("i2", 2):                                                            {Instance: "i2", Seq: 2, Kind: store.BreakChain},
		"UPDATE trail SET entries = CAST(json_set(CAST(entries AS TEXT), '$[1].actor', 'x') AS BLOB)" + in("i4", 1): {Instance: "i4", Seq: 2, Kind: store.BreakChanged},
		"UPDATE trail SET entries = CAST(json_remove(CAST(entries AS TEXT), '$[0]') AS BLOB)" + in("i4", 1):         {Instance: "i4", Seq: 1, Kind: store.BreakChanged},
		"UPDATE trail SET entries = CAST(json_remove(CAST(entries AS TEXT), '$[1]') AS BLOB)" + in("i4", 1):         {Instance: "i4", Seq: 2, Kind: store.BreakChanged},
		"UPDATE trail SET entries = CAST(json_remove(CAST(entries AS TEXT), '$[2]') AS BLOB)" + in("i4", 1):         {Instance: "i4", Seq: 1, Kind: store.BreakChanged},
		replace(`},`, `} ,`) + in("i4", 1):                                                                          {Instance: "i4", Seq: 1, Kind: store.BreakChanged},
		"UPDATE trail SET seq = 2" + in("i4", 1):                                                                    {Instance: "i4", Seq: 1, Kind: store.BreakMissing},
		"UPDATE trail SET event = 'x'" + in("i4", 1):                                                                {Instance: "i4", Seq: 1, Kind: store.BreakChanged},
		"DELETE FROM trail WHERE instance = 'i4'":                                                                   {Instance: "i4", Seq: 3, Kind: store.BreakCut},
		"UPDATE trail SET prev_hash = 'x'" + in("i4", 1):                                                            {Instance: "i4", Seq: 1, Kind: store.BreakChain},
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
				chain(t, s, fmt.Sprint("i", i), 1)
			}
			chain(t, s, "i4", 3)
			if a, err := s.AuditVerify(t.Context()); err != nil || !a.OK() || a.Entries != 12 {
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

// chain commits an instance with three entries, so many at a time.
func chain(t *testing.T, s *store.Store, id string, each int) {
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
	for rev := int64(1); len(trail) > 0; rev++ {
		part := trail[:each]
		trail = trail[each:]
		last := part[each-1]
		in := &workflows.Instance{ID: id, Rev: rev, Status: workflows.StatusRunning, State: []byte("{}"), Seq: last.Seq, Head: last.Hash}
		if err := s.Commit(t.Context(), workflows.Commit{Instance: in, ExpectRev: rev - 1, Trail: part}); err != nil {
			t.Fatal(err)
		}
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
		chain(t, s, fmt.Sprintf("i%04d", i), 3)
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
