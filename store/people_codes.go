package store

import (
	"context"
	"fmt"
	"time"

	"magpie/workflows"
)

// codesKept is how long a code is remembered after it has run out, to tell people so.
const codesKept = 24 * time.Hour

// PutCode keeps a code, in place of an earlier one of the same account. Old ones are removed.
func (s *Store) PutCode(ctx context.Context, c workflows.Code) error {
	now := s.now()
	return wrap("put code", s.write(ctx, func(t tx) error {
		if _, err := t.exec(`DELETE FROM link_code WHERE expires_at < ? OR connection = ? AND account = ? AND used_by = ''`,
			now.Add(-codesKept), c.Connection, c.Account); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO link_code (id, connection, account, person, expires_at, used_by, created_at) VALUES (?,?,?,?,?,'',?)`,
			c.ID, c.Connection, c.Account, c.Person, c.ExpiresAt, now)
		return err
	}))
}

// Codes lists the codes that are kept: those that count, and for a day those that were used or ran out.
func (s *Store) Codes(ctx context.Context) ([]workflows.Code, error) {
	var out []workflows.Code
	err := s.read(ctx, `SELECT id, connection, account, person, expires_at, used_by FROM link_code WHERE expires_at >= ?`,
		[]any{millis(s.now().Add(-codesKept))}, func(scan scanFunc) error {
			var c workflows.Code
			var at int64
			err := scan(&c.ID, &c.Connection, &c.Account, &c.Person, &at, &c.UsedBy)
			c.ExpiresAt = time.UnixMilli(at).UTC()
			out = append(out, c)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	return out, nil
}

// UseCode uses a code up and links with it, in one transaction: of two that try at once one gets ErrConflict.
// ErrNotFound, workflows.ErrTwoPersons leave the code as it was.
func (s *Store) UseCode(ctx context.Context, id, usedBy string, l workflows.Link) (workflows.Linked, error) {
	var out workflows.Linked
	err := s.changePeople(ctx, func(t tx, now time.Time) error {
		n, err := t.exec(`UPDATE link_code SET used_by = ? WHERE id = ? AND used_by = '' AND expires_at > ?`, cut(usedBy, 255), id, now)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrConflict
		}
		out, err = s.link(t, l, now)
		return err
	})
	if err != nil {
		return workflows.Linked{}, fmt.Errorf("use code: %w", err)
	}
	return out, nil
}

// DropCode makes a code worthless.
func (s *Store) DropCode(ctx context.Context, id string) error {
	return wrap("drop code", s.one(ctx, nil, `DELETE FROM link_code WHERE id = ? AND used_by = ''`, id))
}

// Attempt counts a try of an account and tells how many it has made since the first of them, and until when
// they count. A window after the first all are forgotten.
func (s *Store) Attempt(ctx context.Context, account string, window time.Duration) (n int, until time.Time, err error) {
	now := s.now()
	account = cut(account, 255)
	err = s.write(ctx, func(t tx) error {
		if _, err := t.exec(`DELETE FROM link_attempt WHERE until <= ?`, now); err != nil {
			return err
		}
		changed, err := t.exec(`UPDATE link_attempt SET n = n + 1 WHERE account = ?`, account)
		if err != nil {
			return err
		}
		n, until = 1, now.Add(window)
		if changed == 0 {
			_, err = t.exec(`INSERT INTO link_attempt (account, n, until) VALUES (?, 1, ?)`, account, until)
			return err
		}
		return t.query(`SELECT n, until FROM link_attempt WHERE account = ?`, []any{account}, func(scan scanFunc) error {
			var at int64
			err := scan(&n, &at)
			until = time.UnixMilli(at).UTC()
			return err
		})
	})
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count an attempt: %w", err)
	}
	return n, until, nil
}

// ForgetAttempts is for somebody who got it right.
func (s *Store) ForgetAttempts(ctx context.Context, account string) error {
	return wrap("forget attempts", s.one(ctx, nil, `DELETE FROM link_attempt WHERE account = ?`, cut(account, 255)))
}

// Left lists instances that wait for people who are no longer there, or that were begun by somebody who turned
// out to be somebody else: at most n.
func (s *Store) Left(ctx context.Context, n int) ([]workflows.LeftTask, error) {
	var out []workflows.LeftTask
	seen := map[workflows.LeftTask]bool{}
	for _, q := range []string{
		`SELECT DISTINCT p.id, t.instance FROM person p JOIN task t ON t.person = p.id AND t.state = 'open' WHERE p.active = 0 ORDER BY t.instance LIMIT ?`,
		`SELECT a.id, i.id FROM person_alias a JOIN instance i ON i.initiator = a.id AND i.ended_at = 0 ORDER BY i.id LIMIT ?`,
	} {
		err := s.read(ctx, q, []any{int64(n)}, func(scan scanFunc) error {
			var l workflows.LeftTask
			if err := scan(&l.Person, &l.Instance); err != nil {
				return err
			}
			if !seen[l] {
				seen[l] = true
				out = append(out, l)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read what leavers leave: %w", err)
		}
	}
	return out, nil
}
