package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// packet carries out a command on MySQL in two round trips: one packet with all statements, then COMMIT
// or, when a guard found no row, ROLLBACK.
func (s *Store) packet(ctx context.Context, ops []op) error {
	text, args, sizes := packetText(ops)
	return retryMySQL(ctx, func() error {
		conn, err := s.wdb.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		var result error
		err = conn.Raw(func(dc any) error {
			var broken error
			result, broken = sendPacket(ctx, dc.(driver.ExecerContext), text, args, ops, sizes)
			return broken
		})
		return errors.Join(result, err)
	})
}

// rowsText is a statement that can take several rows.
type rowsText struct {
	head, row, tail string
	made            [maxRows + 1]string // texts by number of rows
}

// text is the statement with n rows.
func (r *rowsText) text(n int) string {
	if n < len(r.made) && r.made[n] != "" {
		return r.made[n]
	}
	return r.compose(n)
}

func (r *rowsText) compose(n int) string {
	return r.head + strings.Repeat(r.row+",", n-1) + r.row + r.tail
}

// maxRows bounds the rows of one statement on SQLite: each number of rows is a prepared statement of its own.
const maxRows = 16

// myRows and liteRows are the statements that a command has several of: their rows go into one. sharedRows
// are those that several commands have: a key that is taken makes such a statement fail.
var (
	myRows     = manyRows(mysqlStatements)
	liteRows   = manyRows(sqliteStatements)
	sharedRows = manyRows(mysqlStatements, mysqlStatements.insertInstance, mysqlStatements.insertDone)
)

func manyRows(s *statements, also ...string) map[string]*rowsText {
	m := map[string]*rowsText{sqlCancelJob: {head: "DELETE FROM job WHERE id IN (", row: "?", tail: ")"}}
	for _, q := range append(also, s.putTask, s.insertTrail, s.putJob, s.putReceipt) {
		head, rest, _ := strings.Cut(q, "VALUES (")
		row, tail, _ := strings.Cut(rest, ")")
		m[q] = &rowsText{head: head + "VALUES ", row: "(" + row + ")", tail: tail}
	}
	for _, r := range m {
		for n := 2; n <= maxRows; n++ {
			r.made[n] = r.compose(n)
		}
	}
	return m
}

// packetText joins the statements. sizes tells how many of ops each statement of the packet stands for.
func packetText(ops []op) (text string, args []driver.NamedValue, sizes []int) {
	var b strings.Builder
	b.WriteString("START TRANSACTION")
	for i := 0; i < len(ops); {
		n := 1
		many, ok := myRows[ops[i].q]
		for ok && i+n < len(ops) && ops[i+n].q == ops[i].q {
			n++
		}
		b.WriteString(";")
		if n == 1 {
			b.WriteString(ops[i].q)
		} else {
			b.WriteString(many.text(n))
		}
		for _, o := range ops[i : i+n] {
			for _, a := range o.args {
				args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: value(a)})
			}
		}
		sizes = append(sizes, n)
		i += n
	}
	return b.String(), args, sizes
}

// sendPacket returns the outcome, and as broken whether the connection can't be used again.
func sendPacket(ctx context.Context, conn driver.ExecerContext, text string, args []driver.NamedValue, ops []op, sizes []int) (result, broken error) {
	res, err := conn.ExecContext(ctx, text, args)
	if err == nil {
		if err = judge(res, ops, sizes); err == nil {
			// From here on the outcome must be known: ctx no longer counts, the driver's own limits do.
			if _, err = conn.ExecContext(context.WithoutCancel(ctx), "COMMIT", nil); err != nil {
				return fmt.Errorf("the outcome of COMMIT is not known: %w", err), driver.ErrBadConn
			}
			return nil, nil
		}
	}
	if _, e := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK", nil); e != nil {
		return asConflict(err), driver.ErrBadConn
	}
	return asConflict(err), nil
}

// judge looks at the rows that each statement touched.
func judge(res driver.Result, ops []op, sizes []int) error {
	r, ok := res.(mysql.Result)
	if !ok {
		return fmt.Errorf("the MySQL driver's %T does not tell rows per statement", res)
	}
	rows := r.AllRowsAffected()
	if len(rows) != len(sizes)+1 { // START TRANSACTION is the first
		return fmt.Errorf("%d statements gave %d results", len(sizes)+1, len(rows))
	}
	rows = rows[1:]
	first := 0
	for i, size := range sizes {
		o, n := ops[first], rows[i]
		if o.other {
			n += rows[i-1]
		}
		if n == 0 && o.need != nil {
			return o.need
		}
		first += size
	}
	return nil
}
