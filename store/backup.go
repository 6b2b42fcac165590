package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// Errors of Backup and Restore.
var (
	// ErrNoBackup: the database is a server's, whose own tools copy it.
	ErrNoBackup = errors.New("only a SQLite file is copied by magpie; use the server's own tools for MySQL and MariaDB")
	// ErrUnsound: a file is no whole database of ours.
	ErrUnsound = errors.New("it is not a sound copy")
	// ErrThere: something is where a file is to go.
	ErrThere = errors.New("something is there already")
)

// Copy is what a SQLite file holds, as it is described to people.
type Copy struct {
	File      string    `json:"file"`
	Version   int64     `json:"version"` // of the schema
	Bytes     int64     `json:"bytes"`
	Instances int64     `json:"instances"`
	Last      time.Time `json:"last,omitzero"` // when the newest thing in it happened; zero: nothing did
}

// Backup copies the SQLite file of o as it is at one moment, also beside a running server, to a file that must not
// be there yet. The copy is checked before it gets its name: every page and index, its schema, and what verify
// says of it; nil asks nothing more. ErrNoBackup on MySQL, ErrThere, ErrUnsound.
func Backup(ctx context.Context, o Options, to string, verify func(*Store) error) (c Copy, err error) {
	o = o.withDefaults()
	from, err := liteFile(o)
	if err != nil {
		return c, err
	}
	if _, err := os.Stat(from); err != nil {
		return c, fmt.Errorf("back up %s: %w", from, err)
	}
	if to, err = filepath.Abs(to); err != nil {
		return c, err
	}
	part := to + ".part"
	for _, path := range []string{to, part} {
		if _, err := os.Lstat(path); err == nil {
			return c, fmt.Errorf("back up to %s: %w", path, ErrThere)
		} else if !errors.Is(err, os.ErrNotExist) {
			return c, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return c, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeLite(part))
		}
	}()
	if err := vacuumInto(ctx, from, part); err != nil {
		return c, fmt.Errorf("back up %s: %w", from, err)
	}
	if c, err = CheckCopy(ctx, part); err != nil {
		return c, err
	}
	if verify != nil {
		if err := verifyLite(ctx, o, part, verify); err != nil {
			return c, err
		}
	}
	if err := os.Rename(part, to); err != nil {
		return c, err
	}
	c.File = to
	return c, syncDir(filepath.Dir(to))
}

// CheckCopy reads a SQLite file without changing it: whether it is whole, and what is in it. ErrUnsound when it is
// not, or no database of ours; ErrSchema when a newer program made it.
func CheckCopy(ctx context.Context, path string) (Copy, error) {
	c := Copy{File: path}
	info, err := os.Stat(path)
	if err != nil {
		return c, fmt.Errorf("read the copy: %w", err)
	}
	c.Bytes = info.Size()
	db, err := openReading(path)
	if err != nil {
		return c, err
	}
	defer db.Close()
	unsound := func(what any) (Copy, error) { return c, fmt.Errorf("%s: %w: %v", path, ErrUnsound, what) }
	rows, err := db.QueryContext(ctx, "PRAGMA integrity_check(5)")
	if err != nil {
		return unsound(err)
	}
	for rows.Next() {
		var said string
		if err := rows.Scan(&said); err != nil {
			return c, errors.Join(err, rows.Close())
		}
		if said != "ok" {
			return c, errors.Join(fmt.Errorf("%s: %w: %s", path, ErrUnsound, said), rows.Close())
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return unsound(err)
	}
	p, err := newProvider(DriverSQLite, db, slog.New(slog.DiscardHandler))
	if err != nil {
		return c, err
	}
	have, want, err := versions(ctx, db, p, false)
	switch {
	case err != nil:
		return unsound(err)
	case have == 0:
		return unsound("it is no database of magpie")
	case have > want:
		return c, fmt.Errorf("%s: %w", path, newerError(have, want))
	}
	c.Version = have
	var last int64
	q := "SELECT (SELECT COUNT(*) FROM instance), MAX(COALESCE((SELECT MAX(updated_at) FROM instance), 0), COALESCE((SELECT MAX(received_at) FROM inbox), 0))"
	if err := db.QueryRowContext(ctx, q).Scan(&c.Instances, &last); err != nil {
		return unsound(err)
	}
	if last > 0 {
		c.Last = time.UnixMilli(last).UTC()
	}
	return c, nil
}

// liteFile is the path of the database file.
func liteFile(o Options) (string, error) {
	if o.Driver != DriverSQLite {
		return "", ErrNoBackup
	}
	return litePath(o.DSN)
}

// vacuumInto writes a copy as of one moment, and has it on disk when it returns. Somebody who writes meanwhile waits
// for nothing.
func vacuumInto(ctx context.Context, from, to string) error {
	db, err := openReading(from)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return err
	}
	if err := os.Chmod(to, 0o600); err != nil {
		return err
	}
	return syncFile(to)
}

// openReading opens a SQLite file that is not to be changed in any way.
func openReading(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro&_pragma=busy_timeout(5000)"}).String())
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// verifyLite opens a copy as a store for f, and leaves it in one file.
func verifyLite(ctx context.Context, o Options, path string, f func(*Store) error) error {
	o.DSN, o.Migrate = path, MigrateNever
	s, err := Open(ctx, o)
	if err != nil {
		return err
	}
	if err := errors.Join(f(s), s.Close()); err != nil {
		return err
	}
	return alone(ctx, path)
}

// alone puts what stands beside a file into it, and fails while anybody else has it open.
func alone(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: "_pragma=busy_timeout(2000)"}).String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	var mode string
	err = db.QueryRowContext(ctx, "PRAGMA journal_mode=DELETE").Scan(&mode)
	if err == nil && mode != "delete" {
		err = fmt.Errorf("%s: another program has it open", path)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	return syncFile(path)
}

func removeLite(path string) error {
	var errs []error
	for _, p := range []string{path, path + "-wal", path + "-shm", path + "-journal"} {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir has the names in a folder on disk.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
