package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/store"
	"magpie/store/migrations"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Databases out there have run these files, and goose keeps no checksum of them: a changed file would
// leave two kinds of databases behind one version number. -update adds the line of a new file, and never
// changes one.
func TestReleasedMigrationsStay(t *testing.T) {
	t.Parallel()
	const list = "migrations/released.txt"
	b, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(b)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		known[name] = sum
	}
	files, err := fs.Glob(migrations.FS, "*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		d := sha256.Sum256(text)
		sum := hex.EncodeToString(d[:])
		switch want, ok := known[name]; {
		case !ok && *update:
			b = append(b, sum+"  "+name+"\n"...)
		case !ok:
			t.Errorf("%s is not in %s; -update adds it", name, list)
		case sum != want:
			t.Errorf("%s has changed: put the change into a new file", name)
		}
		delete(known, name)
	}
	for name := range known {
		t.Errorf("%s is gone", name)
	}
	if *update {
		if err := os.WriteFile(list, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Both dialects have the same steps.
func TestMigrationsArePaired(t *testing.T) {
	t.Parallel()
	names := func(dir string) []string {
		list, err := fs.Glob(migrations.FS, dir+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			list[i] = filepath.Base(list[i])
		}
		return list
	}
	if d := cmp.Diff(names("sqlite"), names("mysql")); d != "" {
		t.Fatalf("sqlite and mysql differ:\n%s", d)
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Fatalf("%s differs; -update rewrites it:\n%s", path, d)
	}
}

func TestSchemaSQLite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.db")
	if _, err := store.Migrate(t.Context(), store.Options{DSN: path}); err != nil {
		t.Fatal(err)
	}
	db := rawSQLite(t, path)
	rows, err := db.QueryContext(t.Context(), "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name <> 'schema_version' ORDER BY tbl_name, type DESC, name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		b.WriteString(s + ";\n")
	}
	golden(t, "migrations/sqlite/schema.sql", b.String())
}

func TestSchemaMySQL(t *testing.T) {
	t.Parallel()
	dsn := mysqlDSN(t)
	if _, err := store.Migrate(t.Context(), store.Options{Driver: store.DriverMySQL, DSN: dsn}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SHOW TABLES")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != "schema_version" {
			names = append(names, n)
		}
	}
	_ = rows.Close()
	var b strings.Builder
	for _, n := range names {
		var name, text string
		if err := db.QueryRowContext(t.Context(), "SHOW CREATE TABLE "+n).Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		b.WriteString(plainMySQL(text) + ";\n")
	}
	golden(t, "migrations/mysql/schema.sql", b.String())
}

var myNoise = regexp.MustCompile("`| CHARACTER SET utf8mb4| COLLATE utf8mb4_bin| COLLATE=utf8mb4_bin|\\(20\\)|\\(11\\)| ROW_FORMAT=DYNAMIC| DEFAULT CHARSET=utf8mb4")

// plainMySQL removes what servers print differently.
func plainMySQL(s string) string {
	s = myNoise.ReplaceAllString(s, "")
	s = regexp.MustCompile(`DEFAULT (\d+)`).ReplaceAllString(s, "DEFAULT '$1'")
	return strings.ReplaceAll(s, " DEFAULT NULL", "")
}

func rawSQLite(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestOpenSQLiteMigrates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", "m.db")
	o := store.Options{DSN: path}
	before, err := store.MigrationStatus(t.Context(), store.Options{DSN: filepath.Join(dir, "m0.db")})
	if err != nil || len(before) == 0 || before[0].Applied() {
		t.Fatalf("status of a new file: %+v, %v", before, err)
	}
	_, err = store.Open(t.Context(), store.Options{DSN: path, Migrate: store.MigrateNever})
	if !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "magpie migrate up") {
		t.Fatalf("open without migrating: %v", err)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if copies, _ := filepath.Glob(path + ".bak-*"); len(copies) != 0 {
		t.Fatalf("a new file was copied: %v", copies)
	}
	list, err := store.MigrationStatus(t.Context(), o)
	if err != nil || !list[len(list)-1].Applied() {
		t.Fatalf("status: %+v, %v", list, err)
	}
	done, err := store.Migrate(t.Context(), o)
	if err != nil || len(done) != 0 {
		t.Fatalf("a second migration did %+v, %v", done, err)
	}
	// A program that knows more: its version is in the table.
	db := rawSQLite(t, path)
	next := list[len(list)-1].Version + 1
	if _, err := db.Exec("INSERT INTO schema_version (version_id, is_applied) VALUES (?, 1)", next); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "newer") {
		t.Fatalf("open of a newer database: %v", err)
	}
	if _, err := store.Migrate(t.Context(), o); !errors.Is(err, store.ErrSchema) {
		t.Fatalf("migrate of a newer database: %v", err)
	}
	list, err = store.MigrationStatus(t.Context(), o)
	if last := list[len(list)-1]; err != nil || last.Version != next || last.File != "" || !last.Applied() {
		t.Fatalf("status of a newer database: %+v, %v", list, err)
	}
}

func TestOpenMySQLOnlyChecks(t *testing.T) {
	t.Parallel()
	o := store.Options{Driver: store.DriverMySQL, DSN: mysqlDSN(t)}
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "magpie migrate up") {
		t.Fatalf("open of an empty database: %v", err)
	}
	if list, err := store.MigrationStatus(t.Context(), o); err != nil || list[0].Applied() {
		t.Fatalf("opening changed something: %+v, %v", list, err)
	}
	done, err := store.Migrate(t.Context(), o)
	if err != nil || len(done) == 0 {
		t.Fatalf("migrated %+v, %v", done, err)
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", o.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO schema_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "9999") {
		t.Fatalf("open of a newer database: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, o := range []store.Options{
		{Driver: "postgres", DSN: "x"}, {}, {DSN: ":memory:"}, {DSN: "x.db?_pragma=synchronous(OFF)"},
		{Driver: store.DriverMySQL, DSN: "geheim"}, {Driver: store.DriverMySQL, DSN: "u:geheim@tcp(127.0.0.1:1)/"},
		{Driver: store.DriverMySQL, DSN: "u:geheim@tcp(127.0.0.1:1)/x"}, {DSN: "/dev/null/x.db"},
	} {
		s, err := store.Open(context.Background(), o)
		if err == nil {
			_ = s.Close()
			t.Errorf("opened %+v", o)
			continue
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}
