package store

import (
	"context"
	"fmt"
	"time"
)

// PeopleEntry is something that a person decided about people, for the record.
type PeopleEntry struct {
	At         time.Time `json:"at"`
	Actor      string    `json:"actor"`  // "cli:root@host", "person:li.lei"
	Action     string    `json:"action"` // link, unlink, free, merge, prefer, manager
	Person     string    `json:"person"`
	Connection string    `json:"connection,omitempty"`
	Account    string    `json:"account,omitempty"`
	Before     string    `json:"before"`
	After      string    `json:"after"`
}

// note adds to the log, which only grows.
func (s *Store) note(t tx, e PeopleEntry) error {
	_, err := t.exec(`INSERT INTO people_log (id, at, actor, action, person, connection, account, was, became) VALUES (?,?,?,?,?,?,?,?,?)`,
		s.ids.next(e.At), e.At, cut(e.Actor, 255), e.Action, e.Person, e.Connection, e.Account, e.Before, e.After)
	return err
}

// PeopleLog reads what was decided about people, the newest first; person "" is everybody. limit 0 is 100.
func (s *Store) PeopleLog(ctx context.Context, person string, limit int) ([]PeopleEntry, error) {
	q, args := `SELECT at, actor, action, person, connection, account, was, became FROM people_log`, []any{}
	if person != "" {
		q += ` WHERE person = ?`
		args = append(args, person)
	}
	var out []PeopleEntry
	err := s.read(ctx, q+` ORDER BY id DESC LIMIT ?`, append(args, int64(Filter{Limit: limit}.limit())), func(scan scanFunc) error {
		var e PeopleEntry
		var at int64
		err := scan(&at, &e.Actor, &e.Action, &e.Person, &e.Connection, &e.Account, &e.Before, &e.After)
		e.At = time.UnixMilli(at).UTC()
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the log of people: %w", err)
	}
	return out, nil
}
