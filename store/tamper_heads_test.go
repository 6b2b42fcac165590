package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/store"
	"magpie/workflows"
)

// followed is a small kind: what an instance is follows from how many entries it has.
func followed(kind string, trail []workflows.Entry) (workflows.Folded, bool, error) {
	if kind != "test" {
		return workflows.Folded{}, false, nil
	}
	f := workflows.Folded{Status: workflows.StatusApproved, Initiator: "li.lei", State: workflows.Data(map[string]int{"n": len(trail)})}
	if len(trail) == 0 {
		return f, true, nil
	}
	id := trail[0].Instance
	f.Title = "title of " + id
	f.Tasks = []workflows.Task{{ID: id + "/a/1/0", Instance: id, Node: "a", Seat: "0", Round: 1, Person: "han.meimei", State: workflows.TaskApproved, ClosedAt: trail[len(trail)-1].At}}
	return f, true, nil
}

// settled commits an instance that is what its trail leads to.
func settled(t *testing.T, s *store.Store, id, actor string) {
	t.Helper()
	var trail []workflows.Entry
	prev := ""
	for seq := int64(1); seq <= 3; seq++ {
		e := workflows.Entry{Instance: id, Seq: seq, At: time.UnixMilli(1e12 + seq).UTC(), Kind: "voted", Actor: actor, Event: "e", Data: []byte(`{}`)}
		if seq == 2 {
			e.Private, e.Salt = []byte(`"x"`), "salt"
		}
		workflows.Seal(&e, prev)
		prev = e.Hash
		trail = append(trail, e)
	}
	f, _, _ := followed("test", trail)
	in := &workflows.Instance{
		ID: id, Kind: "test", Definition: "d", Hash: "h", Rev: 1, Status: f.Status, Initiator: f.Initiator, Title: f.Title, State: f.State,
		Seq: 3, Head: prev, CreatedAt: trail[0].At, UpdatedAt: trail[2].At,
	}
	if err := s.Commit(t.Context(), workflows.Commit{Instance: in, Trail: trail, Tasks: f.Tasks}); err != nil {
		t.Fatal(err)
	}
}

// What the owner of a database can do so that every chain still holds together is found by what is stored beside
// it, by the heads, and in the end by what was published of them.
func TestAuditFindsWhatAnOwnerDoes(t *testing.T) {
	t.Parallel()
	rebuilt := func(t *testing.T) [][2]string { // the trail of i2 with another actor, chained anew
		t.Helper()
		other, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "other.db")})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		settled(t, other, "i2", "wang.fang")
		trail, err := other.TrailOf(t.Context(), "i2")
		if err != nil {
			t.Fatal(err)
		}
		return [][2]string{{trail[0].Hash, trail[1].Hash}, {trail[2].Hash, ""}}
	}
	for name, c := range map[string]struct {
		do   []string
		want store.Break
	}{
		"state":            {[]string{`UPDATE instance SET state = CAST('{"n":4}' AS BLOB) WHERE id = 'i2'`}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakState}},
		"status":           {[]string{"UPDATE instance SET status = 'rejected' WHERE id = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakState}},
		"initiator":        {[]string{"UPDATE instance SET initiator = 'x' WHERE id = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakState}},
		"title":            {[]string{"UPDATE instance SET title = 'x' WHERE id = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakState}},
		"task's person":    {[]string{"UPDATE task SET person = 'x' WHERE instance = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakTask}},
		"task's decision":  {[]string{"UPDATE task SET state = 'rejected' WHERE instance = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakTask}},
		"task's time":      {[]string{"UPDATE task SET closed_at = closed_at + 1 WHERE instance = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakTask}},
		"task taken away":  {[]string{"DELETE FROM task WHERE instance = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakTask}},
		"task added":       {[]string{"INSERT INTO task SELECT 'i2/b/1/0', instance, node, seat, round, person, state, title, opened_at, due_at, closed_at FROM task WHERE instance = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Kind: store.BreakTask}},
		"task of nobody":   {[]string{"INSERT INTO task SELECT 'i9/b/1/0', 'i9', node, seat, round, person, state, title, opened_at, due_at, closed_at FROM task WHERE instance = 'i2'"}, store.Break{Instance: "i9", Kind: store.BreakOrphan}},
		"text taken away":  {[]string{`UPDATE trail SET entries = CAST(replace(CAST(entries AS TEXT), ',"private":"x"', '') AS BLOB) WHERE instance = 'i2'`}, store.Break{Instance: "i2", Seq: 2, Kind: store.BreakErased}},
		"entries swapped":  {[]string{`UPDATE trail SET entries = CAST('[' || json_extract(CAST(entries AS TEXT), '$[1]') || ',' || char(10) || json_extract(CAST(entries AS TEXT), '$[0]') || ',' || char(10) || json_extract(CAST(entries AS TEXT), '$[2]') || ']' AS BLOB) WHERE instance = 'i2'`}, store.Break{Instance: "i2", Seq: 1, Kind: store.BreakChanged}},
		"cut all through":  {[]string{"DELETE FROM trail WHERE instance = 'i2'", "UPDATE instance SET seq = 0, head = '', kind = 'x' WHERE id = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Head: 1, Kind: store.BreakCut}},
		"deleted whole":    {[]string{"DELETE FROM trail WHERE instance = 'i2'", "DELETE FROM instance WHERE id = 'i2'", "DELETE FROM task WHERE instance = 'i2'"}, store.Break{Instance: "i2", Seq: 3, Head: 1, Kind: store.BreakDeleted}},
		"newest head gone": {[]string{"DELETE FROM audit_head WHERE n = 2"}, store.Break{Head: 2, Kind: store.BreakHead}},
		"first head gone":  {[]string{"DELETE FROM audit_head WHERE n = 1"}, store.Break{Head: 1, Kind: store.BreakHead}},
		"head changed":     {[]string{"UPDATE audit_head SET at = at - 1 WHERE n = 1"}, store.Break{Head: 1, Kind: store.BreakHead}},
		"head's day":       {[]string{"UPDATE audit_head SET day = '2026-01-01' WHERE n = 2"}, store.Break{Head: 2, Kind: store.BreakHead}},
		"list gone":        {[]string{"DELETE FROM audit_list"}, store.Break{Head: 1, Kind: store.BreakHead}},
		"list shortened":   {[]string{"UPDATE audit_list SET items = substr(items, 1, 71)"}, store.Break{Head: 1, Kind: store.BreakHead}},
		"list unreadable":  {[]string{"UPDATE audit_list SET items = CAST('x' AS BLOB)"}, store.Break{Head: 1, Kind: store.BreakHead}},
		"heads forgotten":  {[]string{"DELETE FROM audit_head", "DELETE FROM audit_list", "DELETE FROM setting WHERE name = 'audit_head'"}, store.Break{Head: 1, Kind: store.BreakPublished}},
		"newest forgotten": {[]string{"DELETE FROM setting WHERE name = 'audit_head'"}, store.Break{Head: 2, Kind: store.BreakHead}},
		"chained anew":     {nil, store.Break{Instance: "i2", Seq: 3, Head: 1, Kind: store.BreakRewritten}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "m.db")
			s, err := store.Open(t.Context(), store.Options{DSN: path})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for i := 1; i <= 3; i++ {
				settled(t, s, fmt.Sprint("i", i), "han.meimei")
			}
			var published bytes.Buffer
			for range 2 {
				h, err := s.MakeHead(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := json.NewEncoder(&published).Encode(h); err != nil {
					t.Fatal(err)
				}
			}
			audit := func() store.Audit {
				t.Helper()
				a, err := s.Audit(t.Context(), store.AuditOptions{Fold: followed, Published: bytes.NewReader(published.Bytes())})
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			if a := audit(); !a.OK() || a.Heads != 2 || a.Published != 2 {
				t.Fatalf("before: %+v", a)
			}
			db := rawSQLite(t, path)
			do := c.do
			if do == nil {
				was, err := s.TrailOf(t.Context(), "i2")
				if err != nil {
					t.Fatal(err)
				}
				now := rebuilt(t)
				do = []string{fmt.Sprintf("UPDATE trail SET entries = CAST(replace(replace(replace(replace(CAST(entries AS TEXT), 'han.meimei', 'wang.fang'), '%s', '%s'), '%s', '%s'), '%s', '%s') AS BLOB) WHERE instance = 'i2'",
					was[0].Hash, now[0][0], was[1].Hash, now[0][1], was[2].Hash, now[1][0]),
					fmt.Sprintf("UPDATE instance SET head = '%s' WHERE id = 'i2'", now[1][0])}
			}
			for _, q := range do {
				if _, err := db.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
			a := audit()
			if a.OK() {
				t.Fatal("found nothing")
			}
			got := a.Breaks[0]
			got.Detail = ""
			if d := cmp.Diff(c.want, got); d != "" {
				t.Fatalf("the break (-want +got):\n%s\n%+v", d, a.Breaks)
			}
		})
	}
}

// Heads and lists computed anew as well leave nothing to find in the database; what was published tells.
func TestPublishedHeadsProve(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.db")
	s, err := store.Open(t.Context(), store.Options{DSN: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	settled(t, s, "i1", "han.meimei")
	before, err := s.MakeHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	published, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"DELETE FROM trail", "DELETE FROM instance", "DELETE FROM task", "DELETE FROM audit_head", "DELETE FROM audit_list", "DELETE FROM setting"} {
		if _, err := rawSQLite(t, path).Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	settled(t, s, "i1", "wang.fang")
	if _, err := s.MakeHead(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Audit(t.Context(), store.AuditOptions{Fold: followed}); err != nil || !a.OK() {
		t.Fatalf("the database alone: %+v, %v", a, err)
	}
	a, err := s.Audit(t.Context(), store.AuditOptions{Fold: followed, Published: bytes.NewReader(published)})
	if err != nil || len(a.Breaks) != 1 || a.Breaks[0].Kind != store.BreakPublished || !strings.Contains(a.Breaks[0].Detail, "written anew") {
		t.Fatalf("with what was published: %+v, %v", a, err)
	}
}
