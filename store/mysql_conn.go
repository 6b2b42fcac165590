package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/go-sql-driver/mysql"
)

// driverConn is what a connection of the MySQL driver can do, as far as database/sql asks for it.
type driverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// maxPrepared bounds the statements that a connection keeps prepared: the server allows 16382 to all of its
// clients together, and holds them in memory.
const maxPrepared = 200

// writeConn is a connection that keeps the statements that it has prepared. Not for concurrent use, like any
// connection of a driver.
type writeConn struct {
	driverConn
	wire  *wire // nil: every statement is an exchange of its own
	stmts map[string]*preparedStmt
	uses  int64
}

type preparedStmt struct {
	driver.Stmt
	used int64
}

// prepared is the statement of a text. nil without an error: the server does not prepare it, or no more.
func (c *writeConn) prepared(ctx context.Context, q string) (*preparedStmt, error) {
	c.uses++
	if st := c.stmts[q]; st != nil {
		st.used = c.uses
		return st, nil
	}
	if len(c.stmts) >= maxPrepared {
		oldest := ""
		for q, st := range c.stmts {
			if oldest == "" || st.used < c.stmts[oldest].used {
				oldest = q
			}
		}
		c.forget(oldest)
	}
	raw, err := c.PrepareContext(ctx, q)
	if err != nil {
		if e := (*mysql.MySQLError)(nil); errors.As(err, &e) {
			return nil, nil
		}
		return nil, err
	}
	if c.stmts == nil {
		c.stmts = map[string]*preparedStmt{}
	}
	st := &preparedStmt{Stmt: raw, used: c.uses}
	c.stmts[q] = st
	return st, nil
}

func (c *writeConn) forget(q string) {
	if st := c.stmts[q]; st != nil {
		delete(c.stmts, q)
		_ = st.Close() // the connection tells with its next statement if it is gone
	}
}

// named is what a statement takes that is not prepared. Those that are take values: the driver makes such of what is
// named at once, and there are a hundred in a command. ctx ends none of them: what was begun is ended here.
func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return out
}

// exec runs a statement and tells how many rows it touched.
func (c *writeConn) exec(ctx context.Context, q string, args []driver.Value) (int64, error) {
	st, err := c.prepared(ctx, q)
	if err != nil {
		return 0, err
	}
	var res driver.Result
	if st == nil {
		res, err = c.ExecContext(ctx, q, named(args))
	} else if res, err = st.Exec(args); err != nil {
		c.forget(q)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query calls row for each row of the answer.
func (c *writeConn) query(ctx context.Context, q string, args []driver.Value, row func(scan scanFunc) error) error {
	st, err := c.prepared(ctx, q)
	if err != nil {
		return err
	}
	var rows driver.Rows
	if st == nil {
		rows, err = c.QueryContext(ctx, q, named(args))
	} else if rows, err = st.Query(args); err != nil {
		c.forget(q)
	}
	if err != nil {
		return err
	}
	values := make([]driver.Value, len(rows.Columns()))
	scan := func(dest ...any) error {
		for i, d := range dest {
			if err := assign(d, values[i]); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		if err = rows.Next(values); err != nil {
			break
		}
		if err = row(scan); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, rows.Close())
}
