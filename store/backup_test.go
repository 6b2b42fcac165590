package store

import (
	"database/sql"
	"io/fs"
	"log/slog"
	"path/filepath"
	"testing"

	"magpie/store/migrations"
)

// A file of an older version is copied, whole, before it is migrated. The older version is one of before
// the last migration; while there is only one, it is a database whose version table says so.
func TestCopyBeforeMigrating(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.db")
	db, err := sql.Open("sqlite", liteDSN(path, false))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{"CREATE TABLE precious (x TEXT)", "INSERT INTO precious VALUES ('数据')"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range []string{".bak-1", ".bak-1.2", ".bak-1.3"} {
		if err := copySQLite(t.Context(), db, path+".bak-1"); err != nil {
			t.Fatal(n, err)
		}
		c, err := sql.Open("sqlite", path+want)
		if err != nil {
			t.Fatal(err)
		}
		var x string
		if err := c.QueryRow("SELECT x FROM precious").Scan(&x); err != nil || x != "数据" {
			t.Fatalf("%s: %q, %v", want, x, err)
		}
		_ = c.Close()
	}
}

func TestProviderKnowsAllFiles(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{DriverSQLite, DriverMySQL} {
		db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		p, err := newProvider(dialect, db, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		files, err := fs.Glob(migrations.FS, dialect+"/*.sql")
		if err != nil || len(files) != len(p.ListSources()) {
			t.Fatalf("%s: %d files, %d steps, %v", dialect, len(files), len(p.ListSources()), err)
		}
	}
}
