package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"time"

	"github.com/pressly/goose/v3"

	"magpie/store/migrations"
)

// Migration is one numbered step of the schema.
type Migration struct {
	Version   int64     `json:"version"`
	File      string    `json:"file"` // "" for one that only the database knows
	AppliedAt time.Time `json:"applied_at,omitzero"`
}

// Applied reports whether the database has it.
func (m Migration) Applied() bool { return !m.AppliedAt.IsZero() }

// versionTable is where goose notes what was applied.
const versionTable = "schema_version"

// Migrate brings the schema to the version of this program and returns what it applied: none when there
// was nothing to do. A SQLite file that has data is copied before ("<file>.bak-<version>"). ErrSchema
// when the database is newer than the program. Other processes should not run meanwhile.
func Migrate(ctx context.Context, o Options) ([]Migration, error) {
	o = o.withDefaults()
	db, dialect, err := openForMigration(o)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	defer db.Close()
	before, err := statusOf(ctx, db, dialect, o.Log)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if dialect == DriverSQLite {
		var p string
		if p, err = litePath(o.DSN); err == nil {
			o.Migrate = MigrateAuto
			err = prepareSQLite(ctx, db, p, o)
		}
	} else {
		err = upMySQL(ctx, db, o.Log)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	after, err := statusOf(ctx, db, dialect, o.Log)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	was := map[int64]bool{}
	for _, m := range before {
		was[m.Version] = m.Applied()
	}
	var done []Migration
	for _, m := range after {
		if m.Applied() && !was[m.Version] {
			done = append(done, m)
		}
	}
	return done, nil
}

// MigrationStatus lists all steps that this program or the database knows, and changes nothing.
func MigrationStatus(ctx context.Context, o Options) ([]Migration, error) {
	o = o.withDefaults()
	db, dialect, err := openForMigration(o)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	defer db.Close()
	list, err := statusOf(ctx, db, dialect, o.Log)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	return list, nil
}

func openForMigration(o Options) (*sql.DB, string, error) {
	switch o.Driver {
	case DriverSQLite:
		p, err := litePath(o.DSN)
		if err != nil {
			return nil, "", err
		}
		db, err := sql.Open("sqlite", liteDSN(p, false))
		if err != nil {
			return nil, "", err
		}
		db.SetMaxOpenConns(1)
		return db, DriverSQLite, nil
	case DriverMySQL:
		db, err := openMySQLPool(o.DSN, false)
		return db, DriverMySQL, err
	}
	return nil, "", fmt.Errorf("driver %q is not known: sqlite or mysql", o.Driver)
}

func newProvider(driver string, db *sql.DB, log *slog.Logger) (*goose.Provider, error) {
	return newProviderFS(driver, db, migrations.FS, log)
}

func newProviderFS(driver string, db *sql.DB, all fs.FS, log *slog.Logger) (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if driver == DriverMySQL {
		dialect = goose.DialectMySQL
	}
	sub, err := fs.Sub(all, driver)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, sub,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
}

// versions reads which version the database has, without making the version table, and which one this
// program needs.
func versions(ctx context.Context, db *sql.DB, p *goose.Provider, mysql bool) (have, want int64, err error) {
	for _, s := range p.ListSources() {
		want = max(want, s.Version)
	}
	applied, err := appliedVersions(ctx, db, mysql)
	for v := range applied {
		have = max(have, v)
	}
	return have, want, err
}

func appliedVersions(ctx context.Context, db *sql.DB, mysql bool) (map[int64]time.Time, error) {
	q := "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
	if mysql {
		q = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
	}
	var n int
	if err := db.QueryRowContext(ctx, q, versionTable).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	at := "CAST(strftime('%s', tstamp) AS INTEGER)"
	if mysql {
		at = "UNIX_TIMESTAMP(tstamp)"
	}
	rows, err := db.QueryContext(ctx, "SELECT version_id, "+at+" FROM "+versionTable+" WHERE version_id > 0 AND is_applied = 1 ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	m := map[int64]time.Time{}
	for rows.Next() {
		var v int64
		var sec float64
		if err := rows.Scan(&v, &sec); err != nil {
			return nil, err
		}
		m[v] = time.Unix(int64(sec), 0).UTC()
	}
	return m, rows.Err()
}

func statusOf(ctx context.Context, db *sql.DB, driver string, log *slog.Logger) ([]Migration, error) {
	p, err := newProvider(driver, db, log)
	if err != nil {
		return nil, err
	}
	applied, err := appliedVersions(ctx, db, driver == DriverMySQL)
	if err != nil {
		return nil, err
	}
	var list []Migration
	last := int64(0)
	for _, src := range p.ListSources() {
		list = append(list, Migration{Version: src.Version, File: path.Base(src.Path), AppliedAt: applied[src.Version]})
		last = max(last, src.Version)
	}
	for v := last + 1; ; v++ {
		at, ok := applied[v]
		if !ok {
			return list, nil
		}
		list = append(list, Migration{Version: v, AppliedAt: at})
	}
}

// checkMySQL refuses a schema that does not fit. It changes nothing.
func checkMySQL(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	p, err := newProvider(DriverMySQL, db, log)
	if err != nil {
		return err
	}
	have, want, err := versions(ctx, db, p, true)
	switch {
	case err != nil:
		return err
	case have > want:
		return newerError(have, want)
	case have < want:
		return olderError(have, want)
	}
	return nil
}

// upMySQL applies what is missing. Two that run at once are kept apart by a lock of the server.
func upMySQL(ctx context.Context, db *sql.DB, log *slog.Logger) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(CONCAT('magpie.migrate.', DATABASE()), 10)").Scan(&got); err != nil {
		return err
	}
	if got.Int64 != 1 {
		return errors.New("another process migrates this database")
	}
	defer func() {
		_, e := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK(CONCAT('magpie.migrate.', DATABASE()))")
		err = errors.Join(err, e)
	}()
	p, err := newProvider(DriverMySQL, db, log)
	if err != nil {
		return err
	}
	have, want, err := versions(ctx, db, p, true)
	if err != nil {
		return err
	}
	if have > want {
		return newerError(have, want)
	}
	_, err = p.Up(ctx)
	return err
}

func olderError(have, want int64) error {
	return fmt.Errorf("%w: the database has version %d, this program needs %d; back it up, then run: magpie migrate up", ErrSchema, have, want)
}

func newerError(have, want int64) error {
	return fmt.Errorf("%w: the database has version %d, this program knows only %d; run the newer program, or restore the copy made before it (magpie migrate up can't go back)", ErrSchema, have, want)
}
