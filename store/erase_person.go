package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"magpie/workflows"
)

// Concerned is an instance that somebody has to do with.
type Concerned struct {
	ID        string
	Status    workflows.Status
	Initiator string
}

const (
	// States name persons by id, in quotes. This reads every instance: it is done once when somebody asks for it.
	sqlConcerning  = "SELECT id, status, initiator FROM instance WHERE id > ? AND (initiator = ? OR instr(state, ?) > 0) ORDER BY id LIMIT 500"
	sqlErasePerson = "UPDATE person SET name = ?, employee_no = '', email = '', mobile = '', title = '' WHERE id = ? AND active = 0"
	sqlEraseOwn    = "UPDATE account SET name = ?, employee_no = '', email = '', mobile = '', title = '' WHERE person = ? AND active = 0"
)

// Concerning calls f for every instance that a person has to do with, by id.
func (s *Store) Concerning(ctx context.Context, person string, f func(Concerned) error) error {
	quoted := workflows.Data(person)
	after := ""
	for {
		var page []Concerned
		err := s.read(ctx, sqlConcerning, []any{after, person, []byte(quoted)}, func(scan scanFunc) error {
			var c Concerned
			var status string
			err := scan(&c.ID, &status, &c.Initiator)
			c.Status = workflows.Status(status)
			page = append(page, c)
			return err
		})
		if err != nil {
			return fmt.Errorf("instances that concern %s: %w", person, err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, c := range page {
			if err := f(c); err != nil {
				return err
			}
		}
		after = page[len(page)-1].ID
	}
}

// PersonName is what a person is called, "" when nobody knows.
func (s *Store) PersonName(ctx context.Context, person string) (string, error) {
	name := ""
	err := s.readOne(ctx, "SELECT name FROM person WHERE id = ?", []any{person}, &name)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return name, wrap("name of "+person, err)
}

// ErasePerson removes what is known of somebody who has left, but for their id. ErrRunning while a directory still
// lists them: it would bring it back.
func (s *Store) ErasePerson(ctx context.Context, person string) error {
	active := false
	err := s.readOne(ctx, "SELECT active FROM person WHERE id = ?", []any{person}, &active)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err == nil && active:
		err = ErrRunning
	case err == nil:
		err = s.changePeople(ctx, func(t tx, _ time.Time) error {
			for _, q := range [...]string{sqlErasePerson, sqlEraseOwn} {
				if _, err := t.exec(q, workflows.TextErased, person); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return wrap("erase person "+person, err)
}

// Compact makes the file anew, so that nothing stands in it that is in no row: what was erased or replaced is
// still in free pages until then. Writers wait meanwhile. On MySQL it does nothing: the server reuses its pages, and
// its own logs are the server's.
func (s *Store) Compact(ctx context.Context) error {
	if s.mysql {
		return nil
	}
	db, err := sql.Open("sqlite", liteDSN(s.file, false))
	if err != nil {
		return fmt.Errorf("compact the database: %w", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "VACUUM"); err != nil {
		return fmt.Errorf("compact the database: %w", err)
	}
	var busy, frames, moved int
	err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if err == nil && busy != 0 {
		err = errors.New("somebody reads: its write-ahead log still holds old pages")
	}
	return wrap("compact the database", err)
}
