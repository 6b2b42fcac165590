package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	myPool = 16
	// myTries bounds how often a transaction is run again after a deadlock.
	myTries = 8
)

// openMySQL checks the schema and makes two pools: one for reading and small writes, and one that may
// send several statements in one packet. Every text of the second is a constant of this package, and
// values reach it only through the driver's escaping.
func (s *Store) openMySQL(ctx context.Context, o Options) error {
	n := o.Readers
	if n <= 0 {
		n = myPool
	}
	var err error
	if s.rdb, err = openMySQLPool(o.DSN, false); err != nil {
		return err
	}
	s.stmts.off = true
	s.rdb.SetMaxOpenConns(n)
	s.rdb.SetMaxIdleConns(n)
	if err := checkMySQL(ctx, s.rdb, o.Log); err != nil {
		return err
	}
	if s.wdb, err = openMySQLPool(o.DSN, true); err != nil {
		return err
	}
	s.wdb.SetMaxOpenConns(n)
	s.wdb.SetMaxIdleConns(n)
	s.put, s.com = newPutter(s), newCommitter(s)
	return nil
}

// Server is where a MySQL database is, without its password.
type Server struct {
	Socket, Host, Port string // Socket, or the other two
	User, Database     string
}

// ServerOf reads where the database of o is; ok is false when it is a file, or can't be read.
func ServerOf(o Options) (s Server, ok bool) {
	cfg, err := mysql.ParseDSN(o.DSN)
	if o.Driver != DriverMySQL || err != nil {
		return s, false
	}
	s.User, s.Database = cfg.User, cfg.DBName
	if cfg.Net == "unix" {
		s.Socket = cfg.Addr
		return s, true
	}
	s.Host, s.Port, err = net.SplitHostPort(cfg.Addr)
	return s, err == nil
}

func openMySQLPool(dsn string, many bool) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("mysql: the dsn can't be read; it looks like user:password@tcp(host:3306)/database")
	}
	if cfg.DBName == "" {
		return nil, errors.New("mysql: the dsn names no database; it looks like user:password@tcp(host:3306)/database")
	}
	cfg.InterpolateParams = true
	cfg.ClientFoundRows = true
	cfg.MultiStatements = many
	cfg.ParseTime = false
	cfg.Logger = log.New(io.Discard, "", 0) // what it would print comes back as an error as well
	// All text is UTF-8 already (clean), and the columns have their own character set and collation. Told that it
	// gets UTF-8 the server looks for the end of each character of each literal and argument; bytes it takes as
	// they are.
	if err := cfg.Apply(mysql.Charset("binary", "")); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.ReadTimeout == 0 {
		cfg.ReadTimeout = 5 * time.Minute // a dead server must not hold the writers for ever
	}
	if many {
		dialWire(cfg)
	}
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(&myConnector{Connector: c, many: many})
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, nil
}

// myConnector sets up each new connection. SET TRANSACTION is used since the variable's name differs
// between MySQL and MariaDB.
type myConnector struct {
	driver.Connector
	many bool // for writing: every statement is part of a transaction that must be ended
}

func (c *myConnector) Connect(ctx context.Context) (driver.Conn, error) {
	var w *wire
	conn, err := c.Connector.Connect(context.WithValue(ctx, wireKey{}, &w))
	if err != nil {
		return nil, err
	}
	setup := []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
		"SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 10",
	}
	if c.many {
		setup = append(setup, "SET SESSION autocommit = 0")
	}
	for _, q := range setup {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, q, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("set up the connection: %w", err), conn.Close())
		}
	}
	if !c.many {
		return conn, nil
	}
	dc, ok := conn.(driverConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the MySQL driver's %T can't do what database/sql asks for", conn), conn.Close())
	}
	return &writeConn{driverConn: dc, wire: w}, nil
}

// myTx is a transaction of a few round trips, for everything that is not hot.
type myTx struct {
	ctx context.Context
	tx  *sql.Tx
}

func (t myTx) exec(q string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(t.ctx, q, values(args)...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t myTx) query(q string, args []any, row func(scan scanFunc) error) error {
	rows, err := t.tx.QueryContext(t.ctx, q, values(args)...)
	if err != nil {
		return err
	}
	return eachRow(rows, row)
}

func (s *Store) writeMySQL(ctx context.Context, fn func(t tx) error) error {
	return retryMySQL(ctx, func() error {
		t, err := s.rdb.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := fn(myTx{ctx, t}); err != nil {
			_ = t.Rollback()
			return err
		}
		return t.Commit()
	})
}

// retryMySQL runs fn again after a deadlock or a lock that was not got in time, with growing pauses of
// random length.
func retryMySQL(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		if err == nil || try == myTries || !isLockError(err) {
			return err
		}
		pause := time.Duration(rand.Int64N(int64(2*time.Millisecond) << try))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isLockError: 1213 deadlock, 1205 lock wait timeout.
func isLockError(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && (e.Number == 1213 || e.Number == 1205)
}

// isDuplicate: 1062 duplicate key.
func isDuplicate(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == 1062
}

// isOutOfRange: 1690 value is out of range.
func isOutOfRange(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == 1690
}
