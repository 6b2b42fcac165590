package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"gorm.io/gorm"

	"magpie/workflows"
)

// Errors, to be tested with errors.Is. The first three are those of package workflows.
var (
	ErrNotFound  = workflows.ErrNotFound
	ErrConflict  = workflows.ErrConflict
	ErrDuplicate = workflows.ErrDuplicate
	ErrLeaseLost = workflows.ErrLeaseLost
	// ErrClosed: the Store was closed. Nothing was written.
	ErrClosed = errors.New("the store is closed")
	// ErrSchema: the tables are not of the version that this program needs.
	ErrSchema = errors.New("the database schema does not fit")
)

// Drivers that Open knows.
const (
	DriverSQLite = "sqlite"
	DriverMySQL  = "mysql" // MySQL and MariaDB
)

// MigrateMode says what Open does about an older schema.
type MigrateMode string

const (
	// MigrateAuto brings a SQLite file up to date, after a copy of it; MySQL is only checked.
	MigrateAuto MigrateMode = ""
	// MigrateNever only checks: ErrSchema when the version does not fit.
	MigrateNever MigrateMode = "never"
)

// Options say which database.
type Options struct {
	Driver string // DriverSQLite or DriverMySQL; "" is SQLite
	// DSN is a file path for SQLite ("magpie.db"), and for MySQL what its Go driver takes
	// ("user:password@tcp(host:3306)/magpie"). Parameters that the store depends on are set by it.
	DSN     string
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: discards
	Migrate MigrateMode
	// Readers is the size of the reading pool, on MySQL of the whole pool. 0 is 4 and 16.
	Readers int
}

func (o Options) withDefaults() Options {
	if o.Driver == "" {
		o.Driver = DriverSQLite
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Store is an open database. Safe for concurrent use.
type Store struct {
	now   func() time.Time
	log   *slog.Logger
	mysql bool
	sql   *statements
	rdb   *sql.DB  // reading; on MySQL the only plain pool
	orm   *gorm.DB // over rdb: lists
	stmts stmtCache
	ids   idSource

	w     *writer  // SQLite only: the writing connection
	file  string   // SQLite only
	owned *os.File // SQLite only: the lock, once Own was called

	wdb *sql.DB    // MySQL only: several statements a packet
	put *putter    // MySQL only
	com *committer // MySQL only
}

// Open opens the database and checks its schema: ErrSchema when it does not fit, with what to do about it.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	s := &Store{now: o.Now, log: o.Log, mysql: o.Driver == DriverMySQL}
	var err error
	switch o.Driver {
	case DriverSQLite:
		s.sql = sqliteStatements
		err = s.openSQLite(ctx, o)
	case DriverMySQL:
		s.sql = mysqlStatements
		err = s.openMySQL(ctx, o)
	default:
		return nil, fmt.Errorf("open store: driver %q is not known: sqlite or mysql", o.Driver)
	}
	if err == nil {
		s.stmts.db = s.rdb
		s.orm, err = openORM(s.rdb, s.mysql)
	}
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// Close ends what runs and closes the connections. Writes that wait already are still carried out.
func (s *Store) Close() error {
	var errs []error
	if s.w != nil {
		errs = append(errs, s.w.close())
	}
	if s.put != nil {
		s.put.close()
	}
	if s.com != nil {
		s.com.close()
	}
	s.stmts.close()
	for _, db := range []*sql.DB{s.rdb, s.wdb} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.owned != nil {
		errs = append(errs, s.owned.Close())
	}
	return errors.Join(errs...)
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.rdb.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// millis is how times are stored: 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is the reverse.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
