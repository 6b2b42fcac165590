package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// tx is one write transaction. A function that is given one may be run again from its start, so it
// sets its results, it doesn't add to them. It does no I/O of its own and never waits.
type tx interface {
	// exec runs one statement and tells how many rows it changed or, for an UPDATE, found.
	exec(q string, args ...any) (int64, error)
	// query calls row for each row of the answer, before it returns.
	query(q string, args []any, row func(scan scanFunc) error) error
}

// scanFunc copies the columns of a row to *string, *int64, *int, *bool, *[]byte or *sql.NullInt64.
type scanFunc func(dest ...any) error

// write runs fn in a transaction. On SQLite others share it; an error of fn takes back what fn wrote,
// and only that.
func (s *Store) write(ctx context.Context, fn func(t tx) error) error {
	if s.mysql {
		return s.writeMySQL(ctx, fn)
	}
	return s.w.do(ctx, fn)
}

// read queries outside any transaction; the statement is prepared once per text, so q must be constant
// but for the number of its placeholders.
func (s *Store) read(ctx context.Context, q string, args []any, row func(scan scanFunc) error) error {
	st, err := s.stmts.get(ctx, q)
	if err != nil {
		return err
	}
	var rows *sql.Rows
	if st != nil {
		rows, err = st.QueryContext(ctx, args...)
	} else {
		rows, err = s.rdb.QueryContext(ctx, q, args...)
	}
	if err != nil {
		return err
	}
	return eachRow(rows, row)
}

func eachRow(rows *sql.Rows, row func(scan scanFunc) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readOne reads one row, ErrNotFound when there is none.
func (s *Store) readOne(ctx context.Context, q string, args []any, dest ...any) error {
	found := false
	err := s.read(ctx, q, args, func(scan scanFunc) error {
		if found {
			return nil
		}
		found = true
		return scan(dest...)
	})
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}

// stmtCache keeps prepared statements of the reading pool. On MySQL only what every command reads is prepared:
// each connection has to prepare it for itself. Elsewhere the driver puts the parameters into the text, which
// saves a round trip.
type stmtCache struct {
	db  *sql.DB
	off bool
	mu  sync.RWMutex
	m   map[string]*sql.Stmt
}

// maxCachedStatements bounds the cache: lists of ids make many texts.
const maxCachedStatements = 200

func (c *stmtCache) get(ctx context.Context, q string) (*sql.Stmt, error) {
	if c.off && q != sqlLoadInstance {
		return nil, nil
	}
	c.mu.RLock()
	st, full := c.m[q], len(c.m) >= maxCachedStatements
	c.mu.RUnlock()
	if st != nil || full {
		return st, nil
	}
	st, err := c.db.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.m[q]; old != nil {
		_ = st.Close()
		return old, nil
	}
	if c.m == nil {
		c.m = map[string]*sql.Stmt{}
	}
	c.m[q] = st
	return st, nil
}

func (c *stmtCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, st := range c.m {
		_ = st.Close()
	}
	c.m = nil
}

// value turns an argument into what both drivers take.
func value(a any) driver.Value {
	switch v := a.(type) {
	case int:
		return int64(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case []byte:
		if v == nil {
			return nil
		}
		return a // not v, which would be put on the heap once more
	case json.RawMessage:
		if v == nil {
			return nil
		}
		return []byte(v)
	case time.Time:
		return millis(v)
	case nil, int64, string:
		return v
	}
	panic(fmt.Sprintf("store: argument of type %T", a))
}

func values(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = value(a)
	}
	return out
}

// assign copies a driver's value to a destination; it stands for database/sql where the store talks to
// the driver itself.
func assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *int64:
		n, err := asInt(v)
		*d = n
		return err
	case *int:
		n, err := asInt(v)
		*d = int(n)
		return err
	case *bool:
		n, err := asInt(v)
		*d = n != 0
		return err
	case *sql.NullInt64:
		if v == nil {
			*d = sql.NullInt64{}
			return nil
		}
		n, err := asInt(v)
		*d = sql.NullInt64{Int64: n, Valid: true}
		return err
	case *string:
		switch v := v.(type) {
		case string:
			*d = v
			return nil
		case []byte:
			*d = string(v)
			return nil
		}
	case *[]byte:
		switch v := v.(type) {
		case nil:
			*d = nil
			return nil
		case []byte:
			*d = append([]byte{}, v...)
			return nil
		case string:
			*d = []byte(v)
			return nil
		}
	}
	return fmt.Errorf("read a column: %T does not fit %T", v, dest)
}

func asInt(v driver.Value) (int64, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case []byte:
		return strconv.ParseInt(string(v), 10, 64)
	}
	return 0, fmt.Errorf("read a column: %T is not a number", v)
}
