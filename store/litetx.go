package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

// liteTx is the transaction of the writing connection: statements are prepared once and kept.
type liteTx struct {
	conn   driver.ConnPrepareContext
	stmts  map[string]*liteStmt
	args   []driver.NamedValue
	begin_ *liteStmt
	end    *liteStmt
	undo   *liteStmt
	// dirty: since it was set to false something was written, or a statement failed.
	dirty bool
}

// liteStmt is a prepared statement of the driver.
type liteStmt struct {
	driver.Stmt
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
}

func newLiteTx(dc any) (*liteTx, error) {
	conn, ok := dc.(driver.ConnPrepareContext)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver's %T can't prepare statements", dc)
	}
	t := &liteTx{conn: conn, stmts: map[string]*liteStmt{}}
	var err error
	for _, s := range []struct {
		text string
		to   **liteStmt
	}{{"BEGIN IMMEDIATE", &t.begin_}, {"COMMIT", &t.end}, {"ROLLBACK", &t.undo}} {
		if *s.to, err = t.prepare(s.text); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *liteTx) close() {
	for _, s := range t.stmts {
		_ = s.Close()
	}
}

func (t *liteTx) prepare(q string) (*liteStmt, error) {
	if s := t.stmts[q]; s != nil {
		return s, nil
	}
	st, err := t.conn.PrepareContext(context.Background(), q)
	if err != nil {
		return nil, fmt.Errorf("prepare %.60q: %w", q, err)
	}
	s := &liteStmt{Stmt: st}
	var ok1, ok2 bool
	s.exec, ok1 = st.(driver.StmtExecContext)
	s.query, ok2 = st.(driver.StmtQueryContext)
	if !ok1 || !ok2 {
		return nil, errors.New("the SQLite driver's statements take no context")
	}
	if len(t.stmts) >= maxCachedStatements {
		for text, old := range t.stmts { // any one: this happens only with lists of odd lengths
			if old != t.begin_ && old != t.end && old != t.undo {
				_ = old.Close()
				delete(t.stmts, text)
				break
			}
		}
	}
	t.stmts[q] = s
	return s, nil
}

func (t *liteTx) bind(args []any) []driver.NamedValue {
	t.args = t.args[:0]
	for i, a := range args {
		t.args = append(t.args, driver.NamedValue{Ordinal: i + 1, Value: value(a)})
	}
	return t.args
}

func (t *liteTx) exec(q string, args ...any) (int64, error) {
	st, err := t.prepare(q)
	if err != nil {
		t.dirty = true
		return 0, err
	}
	res, err := st.exec.ExecContext(context.Background(), t.bind(args))
	if err != nil {
		t.dirty = true
		return 0, err
	}
	n, err := res.RowsAffected()
	if n > 0 {
		t.dirty = true
	}
	return n, err
}

func (t *liteTx) query(q string, args []any, row func(scan scanFunc) error) error {
	st, err := t.prepare(q)
	if err != nil {
		t.dirty = true
		return err
	}
	rows, err := st.query.QueryContext(context.Background(), t.bind(args))
	if err != nil {
		t.dirty = true
		return err
	}
	defer rows.Close()
	if !strings.HasPrefix(q, "SELECT") {
		t.dirty = true // … RETURNING
	}
	vals := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(vals); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			t.dirty = true
			return err
		}
		err := row(func(dest ...any) error {
			if len(dest) != len(vals) {
				return fmt.Errorf("read a row: %d columns, %d destinations", len(vals), len(dest))
			}
			for i := range dest {
				if err := assign(dest[i], vals[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func (t *liteTx) begin() error  { return t.control(t.begin_, "begin") }
func (t *liteTx) commit() error { return t.control(t.end, "commit") }

// rollback fails only when SQLite has rolled back already.
func (t *liteTx) rollback() { _ = t.control(t.undo, "roll back") }

func (t *liteTx) control(s *liteStmt, what string) error {
	if _, err := s.exec.ExecContext(context.Background(), nil); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
