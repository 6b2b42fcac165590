package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"magpie/workflows"
)

// GrantProxy keeps a standing grant; ID and CreatedAt are filled in. ErrNotFound when one of the two persons is
// not there, or is no longer.
func (s *Store) GrantProxy(ctx context.Context, p workflows.Proxy) (workflows.Proxy, error) {
	flows, err := json.Marshal(p.Flows)
	if err != nil {
		return p, fmt.Errorf("grant a proxy: %w", err)
	}
	err = s.changePeople(ctx, func(t tx, now time.Time) error {
		for _, id := range []string{p.Of, p.To} {
			n := 0
			if err := t.query(`SELECT 1 FROM person WHERE id = ? AND active = 1`, []any{id}, func(scanFunc) error { n++; return nil }); err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("person %q: %w", id, ErrNotFound)
			}
		}
		p.ID, p.CreatedAt = "g"+strconv.FormatInt(s.ids.next(now), 36), now.UTC().Truncate(time.Millisecond)
		if _, err := t.exec(`INSERT INTO proxy (id, of_person, to_person, from_at, until_at, flows, max_amount, open_too, actor, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)`,
			p.ID, p.Of, p.To, p.From, millis(p.Until), string(flows), p.Max, p.Open, cut(p.Actor, 255), now); err != nil {
			return err
		}
		return s.note(t, PeopleEntry{At: now, Actor: p.Actor, Action: "proxy", Person: p.Of, After: p.To + " (" + p.ID + ")"})
	})
	if err != nil {
		return p, fmt.Errorf("grant a proxy: %w", err)
	}
	return p, nil
}

// RevokeProxy ends a grant now. ErrNotFound when there is none of this id, or it was revoked already.
func (s *Store) RevokeProxy(ctx context.Context, id, actor string) (workflows.Proxy, error) {
	var p workflows.Proxy
	err := s.changePeople(ctx, func(t tx, now time.Time) error {
		n, err := t.exec(`UPDATE proxy SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at = 0`, now, cut(actor, 255), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		if err := t.query(proxyColumns+` WHERE id = ?`, []any{id}, func(scan scanFunc) (err error) {
			p, err = scanProxy(scan)
			return err
		}); err != nil {
			return err
		}
		return s.note(t, PeopleEntry{At: now, Actor: actor, Action: "proxy", Person: p.Of, Before: p.To + " (" + p.ID + ")"})
	})
	if err != nil {
		return p, fmt.Errorf("revoke proxy %s: %w", id, err)
	}
	return p, nil
}

// Proxies lists grants, the newest first: of a person or to them, "" for everybody's. past lists those that are
// over as well.
func (s *Store) Proxies(ctx context.Context, person string, past bool) ([]workflows.Proxy, error) {
	q, args := proxyColumns+` WHERE 1 = 1`, []any{}
	if !past {
		q += ` AND revoked_at = 0 AND (until_at = 0 OR until_at > ?)`
		args = append(args, millis(s.now()))
	}
	if person != "" {
		q += ` AND (of_person = ? OR to_person = ?)`
		args = append(args, person, person)
	}
	var out []workflows.Proxy
	err := s.read(ctx, q+` ORDER BY created_at DESC, id DESC`, args, func(scan scanFunc) error {
		p, err := scanProxy(scan)
		out = append(out, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read proxies: %w", err)
	}
	return out, nil
}

const proxyColumns = `SELECT id, of_person, to_person, from_at, until_at, flows, max_amount, open_too, actor, created_at, revoked_at FROM proxy`

func scanProxy(scan scanFunc) (workflows.Proxy, error) {
	var p workflows.Proxy
	var from, until, created, revoked int64
	var flows string
	if err := scan(&p.ID, &p.Of, &p.To, &from, &until, &flows, &p.Max, &p.Open, &p.Actor, &created, &revoked); err != nil {
		return p, err
	}
	for at, to := range map[*int64]*time.Time{&from: &p.From, &until: &p.Until, &created: &p.CreatedAt, &revoked: &p.RevokedAt} {
		if *at != 0 {
			*to = time.UnixMilli(*at).UTC()
		}
	}
	if err := json.Unmarshal([]byte(flows), &p.Flows); err != nil {
		return p, fmt.Errorf("flows of proxy %s: %w", p.ID, err)
	}
	return p, nil
}

// Away lists instances that wait for somebody whose place is taken now, at most n: those that came in the grant's
// window, and by a grant that says so what waited before. Some of them may wait for that person nevertheless: what
// a grant covers is for the program to judge.
func (s *Store) Away(ctx context.Context, n int) ([]workflows.AwayTask, error) {
	now := millis(s.now())
	var out []workflows.AwayTask
	err := s.read(ctx, `SELECT DISTINCT p.of_person, t.instance FROM proxy p JOIN task t ON t.person = p.of_person AND t.state = 'open'
		WHERE p.revoked_at = 0 AND p.from_at <= ? AND (p.until_at = 0 OR p.until_at > ?) AND (p.open_too = 1 OR t.opened_at >= p.from_at)
		ORDER BY t.instance LIMIT ?`, []any{now, now, int64(n)}, func(scan scanFunc) error {
		var a workflows.AwayTask
		err := scan(&a.Person, &a.Instance)
		out = append(out, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what waits for people who are away: %w", err)
	}
	return out, nil
}
