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
	text, args := packetText(ops)
	return retryMySQL(ctx, func() error {
		conn, err := s.wdb.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		var result error
		err = conn.Raw(func(dc any) error {
			var broken error
			result, broken = sendPacket(ctx, dc.(driver.ExecerContext), text, args, ops)
			return broken
		})
		return errors.Join(result, err)
	})
}

// packetText joins the statements.
func packetText(ops []op) (string, []driver.NamedValue) {
	var b strings.Builder
	var args []driver.NamedValue
	b.WriteString("START TRANSACTION")
	for _, o := range ops {
		b.WriteString(";")
		b.WriteString(o.q)
		for _, a := range o.args {
			args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: value(a)})
		}
	}
	return b.String(), args
}

// sendPacket returns the outcome, and as broken whether the connection can't be used again.
func sendPacket(ctx context.Context, conn driver.ExecerContext, text string, args []driver.NamedValue, ops []op) (result, broken error) {
	res, err := conn.ExecContext(ctx, text, args)
	if err == nil {
		if err = judge(res, ops); err == nil {
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
func judge(res driver.Result, ops []op) error {
	r, ok := res.(mysql.Result)
	if !ok {
		return fmt.Errorf("the MySQL driver's %T does not tell rows per statement", res)
	}
	rows := r.AllRowsAffected()
	if len(rows) != len(ops)+1 { // START TRANSACTION is the first
		return fmt.Errorf("%d statements gave %d results", len(ops)+1, len(rows))
	}
	rows = rows[1:]
	for i, o := range ops {
		n := rows[i]
		if o.other {
			n += rows[i-1]
		}
		if n == 0 && o.need != nil {
			return o.need
		}
	}
	return nil
}
