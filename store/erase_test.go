package store_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"magpie/store"
	"magpie/store/storetest"
)

// After an erasure the text is nowhere in the database: in no row, and on SQLite in no byte of its files.
func TestErasedIsNowhere(t *testing.T) {
	t.Parallel()
	o := store.EraseOptions{By: "root", Reason: "request 7"}
	now := time.Now().UTC().Truncate(time.Millisecond)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "m.db")
		s, err := store.Open(t.Context(), store.Options{DSN: path})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		found := func() (n int) {
			t.Helper()
			files, err := filepath.Glob(path + "*")
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				n += bytes.Count(b, []byte(storetest.Personal))
			}
			return n
		}
		storetest.Ended(t, s, "gone", now)
		if found() < 8 {
			t.Fatalf("before erasing the text is there %d times: the test looks in the wrong place", found())
		}
		if _, err := s.Erase(t.Context(), "gone", o); err != nil {
			t.Fatal(err)
		}
		if err := s.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := found(); n != 0 {
			t.Errorf("the text is still there %d times", n)
		}
		if n := count(t, rawSQLite(t, path), "SELECT name FROM sqlite_master WHERE type = 'table'"); n != 0 {
			t.Errorf("%d rows hold the text", n)
		}
		if a, err := s.AuditVerify(t.Context()); err != nil || !a.OK() || a.Erased != 2 {
			t.Errorf("audit: %+v, %v", a, err)
		}
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		so := store.Options{Driver: store.DriverMySQL, DSN: mysqlDSN(t)}
		if _, err := store.Migrate(t.Context(), so); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), so)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		db, err := sql.Open("mysql", so.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		storetest.Ended(t, s, "gone", now)
		if n := count(t, db, "SHOW TABLES"); n < 7 {
			t.Fatalf("before erasing %d rows hold the text: the test looks in the wrong place", n)
		}
		if _, err := s.Erase(t.Context(), "gone", o); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, "SHOW TABLES"); n != 0 {
			t.Errorf("%d rows hold the text", n)
		}
		if a, err := s.AuditVerify(t.Context()); err != nil || !a.OK() || a.Erased != 2 {
			t.Errorf("audit: %+v, %v", a, err)
		}
	})
}

// count dumps all tables and counts the rows that hold the text.
func count(t *testing.T, db *sql.DB, tables string) (n int) {
	t.Helper()
	names, err := db.QueryContext(t.Context(), tables)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		list = append(list, name)
	}
	_ = names.Close()
	for _, name := range list {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+name)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]sql.RawBytes, len(columns))
			dest := make([]any, len(columns))
			for i := range values {
				dest[i] = &values[i]
			}
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(bytes.Join(rawBytes(values), nil), []byte(storetest.Personal)) {
				t.Logf("in %s", name)
				n++
			}
		}
		_ = rows.Close()
	}
	return n
}

func rawBytes(values []sql.RawBytes) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
