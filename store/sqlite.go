package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// liteReaders is the default size of the reading pool.
const liteReaders = 4

// openSQLite migrates the file when that is wanted, and makes the writing connection and the reading pool.
func (s *Store) openSQLite(ctx context.Context, o Options) error {
	path, err := litePath(o.DSN)
	s.file = path
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	wdb, err := sql.Open("sqlite", liteDSN(path, false))
	if err != nil {
		return err
	}
	wdb.SetMaxOpenConns(1)
	if err := prepareSQLite(ctx, wdb, path, o); err != nil {
		return errors.Join(err, wdb.Close())
	}
	if s.w, err = newWriter(ctx, wdb); err != nil {
		return err
	}
	if s.rdb, err = sql.Open("sqlite", liteDSN(path, true)); err != nil {
		return err
	}
	n := o.Readers
	if n <= 0 {
		n = liteReaders
	}
	s.rdb.SetMaxOpenConns(n)
	s.rdb.SetMaxIdleConns(n)
	return s.rdb.PingContext(ctx)
}

// litePath takes the path out of a DSN: "magpie.db", "file:magpie.db". Parameters are refused, since the
// store sets those that it depends on and a typo in the others would go unseen.
func litePath(dsn string) (string, error) {
	path := strings.TrimPrefix(dsn, "file:")
	switch {
	case path == "":
		return "", errors.New("sqlite: the dsn is empty; give the path of the file")
	case strings.Contains(path, ":memory:"):
		return "", errors.New("sqlite: a database in memory would lose acknowledged events; give the path of a file")
	case strings.Contains(path, "?"):
		return "", errors.New("sqlite: the dsn takes no parameters; give the path of the file alone")
	}
	return filepath.Abs(path)
}

// liteDSN sets what the store depends on. synchronous=FULL: a commit is on disk when it returns.
func liteDSN(path string, reading bool) string {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(5000)")
	q.Add("_pragma", "journal_mode(WAL)")
	q.Add("_pragma", "synchronous(FULL)")
	q.Add("_pragma", "cache_size(-8192)")
	q.Add("_pragma", "temp_store(MEMORY)")
	if reading {
		q.Set("_txlock", "deferred")
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "wal_autocheckpoint(4000)")
		q.Add("_pragma", "journal_size_limit(67108864)")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// prepareSQLite brings the file to the version of this program, or says why not.
func prepareSQLite(ctx context.Context, db *sql.DB, path string, o Options) error {
	if err := liteHealthy(ctx, db); err != nil {
		return err
	}
	p, err := newProvider(DriverSQLite, db, o.Log)
	if err != nil {
		return err
	}
	have, want, err := versions(ctx, db, p, false)
	switch {
	case err != nil:
		return err
	case have == want:
		return nil
	case have > want:
		return newerError(have, want)
	case o.Migrate == MigrateNever:
		return olderError(have, want)
	}
	if have > 0 {
		copied := fmt.Sprintf("%s.bak-%d", path, have)
		if err := copySQLite(ctx, db, copied); err != nil {
			return err
		}
		o.Log.Info("copied the database before migrating it", "copy", copied, "from", have, "to", want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate from version %d to %d: %w", have, want, err)
	}
	return nil
}

// liteHealthy checks that WAL is in use: on file systems without shared memory SQLite stays in another
// mode without a word, and reading would then block writing.
func liteHealthy(ctx context.Context, db *sql.DB) error {
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("sqlite: journal mode is %q, not wal; the folder's file system may not allow it", mode)
	}
	return nil
}

// copySQLite writes a consistent copy. One of the same version that is there already is kept under
// another name, never overwritten: it may be the only good one.
func copySQLite(ctx context.Context, db *sql.DB, to string) error {
	name := to
	for i := 2; ; i++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			break
		} else if err != nil {
			return err
		}
		name = fmt.Sprintf("%s.%d", to, i)
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", name); err != nil {
		return fmt.Errorf("copy the database to %s before migrating it: %w", name, err)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
