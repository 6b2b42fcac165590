package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"magpie/workflows"
)

// MaxPrepared is how many statements a connection keeps prepared on MySQL.
const MaxPrepared = maxPrepared

// PrepareMany runs n different statements twice on one connection and tells how many it keeps prepared.
func (s *Store) PrepareMany(ctx context.Context, n int) (kept int, err error) {
	conn, err := s.wdb.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	err = conn.Raw(func(dc any) error {
		c := dc.(*writeConn)
		for i := range 2 * n {
			want, got := int64(i), int64(-1)
			q := fmt.Sprintf("SELECT ? + %d", i%n)
			if err := c.query(ctx, q, []driver.Value{want - int64(i%n)}, func(scan scanFunc) error { return scan(&got) }); err != nil {
				return err
			}
			if got != want {
				return fmt.Errorf("%s gave %d, want %d", q, got, want)
			}
		}
		kept = len(c.stmts)
		return nil
	})
	return kept, err
}

// CommitTogether sends commands in one shared transaction on MySQL, as if they had come at the same time.
func (s *Store) CommitTogether(list ...workflows.Commit) ([]error, error) {
	var batch []*command
	for _, c := range list {
		ops, err := s.commitOps(c)
		if err != nil {
			return nil, err
		}
		key := ""
		if c.Instance != nil {
			key = c.Instance.ID
		}
		batch = append(batch, &command{key: key, ops: ops})
	}
	all := append([]*command(nil), batch...)
	s.com.run(batch)
	errs := make([]error, len(all))
	for i, r := range all {
		errs[i] = r.err
	}
	return errs, nil
}

// Bump has a SQLite file say that a newer program made it.
func Bump(path string) error {
	db, err := sql.Open("sqlite", liteDSN(path, false))
	if err != nil {
		return err
	}
	_, err = db.Exec("INSERT INTO " + versionTable + " (version_id, is_applied) VALUES (9999, 1)")
	return errors.Join(err, db.Close())
}

// CloseDay makes the head of a day for a process that saw none of it a moment ago.
func (s *Store) CloseDay(ctx context.Context, day string) (Head, error) {
	return s.makeHead(ctx, day, false)
}
