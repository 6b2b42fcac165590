package store

import (
	"context"
	"fmt"
	"time"

	"magpie/workflows"
)

// LinkAccount ties an account to a person, or with no person keeps it from being tied to anybody, and says
// so in the log of people. Whoever had only this account until now becomes another name of the person.
// ErrNotFound: no such account or person; workflows.ErrTwoPersons with Careful.
func (s *Store) LinkAccount(ctx context.Context, l workflows.Link) (workflows.Linked, error) {
	var out workflows.Linked
	err := s.changePeople(ctx, func(t tx, now time.Time) (err error) {
		out, err = s.link(t, l, now)
		return err
	})
	if err != nil {
		return workflows.Linked{}, fmt.Errorf("link account %s/%s: %w", l.Connection, l.Account, err)
	}
	return out, nil
}

// changePeople runs a change of the directory in one transaction, after everybody else's.
func (s *Store) changePeople(ctx context.Context, f func(t tx, now time.Time) error) error {
	now := s.now()
	return s.write(ctx, func(t tx) error {
		rev, err := s.lockRoster(t, now)
		if err != nil {
			return err
		}
		if err := f(t, now); err != nil {
			return err
		}
		return setRosterRev(t, rev+1, now)
	})
}

// lockRoster makes other changes of the directory wait, and tells its revision.
func (s *Store) lockRoster(t tx, now time.Time) (int64, error) {
	if _, err := t.exec(s.sql.addSetting, rosterRev, []byte("0"), now); err != nil {
		return 0, err
	}
	if _, err := t.exec(`UPDATE setting SET updated_at = ? WHERE name = ?`, now, rosterRev); err != nil {
		return 0, err
	}
	return rosterRevIn(t)
}

// heldAccount is an account inside a change.
type heldAccount struct {
	id, person string
	left       bool
}

func accountIn(t tx, connection, id string) (heldAccount, error) {
	var a heldAccount
	found := false
	err := t.query(`SELECT account, person, left_at FROM account WHERE connection = ? AND (account = ? OR ref_id = ?) ORDER BY account`,
		[]any{connection, id, id}, func(scan scanFunc) error {
			var left int64
			if found {
				return nil
			}
			found = true
			err := scan(&a.id, &a.person, &left)
			a.left = left != 0
			return err
		})
	if err == nil && !found {
		err = ErrNotFound
	}
	return a, err
}

// heldPerson is a person inside a change.
type heldPerson struct {
	name, employeeNo string
	accounts, open   int
	in               map[string]bool // connections with an open account
}

func personIn(t tx, id string) (heldPerson, error) {
	p := heldPerson{in: map[string]bool{}}
	found := false
	err := t.query(`SELECT name, employee_no FROM person WHERE id = ?`, []any{id}, func(scan scanFunc) error {
		found = true
		return scan(&p.name, &p.employeeNo)
	})
	if err != nil {
		return p, err
	}
	if !found {
		return p, fmt.Errorf("person %s: %w", id, ErrNotFound)
	}
	err = t.query(`SELECT connection, left_at FROM account WHERE person = ? AND is_primary = 1`, []any{id}, func(scan scanFunc) error {
		var connection string
		var left int64
		if err := scan(&connection, &left); err != nil {
			return err
		}
		p.accounts++
		if left == 0 {
			p.open++
			p.in[connection] = true
		}
		return nil
	})
	return p, err
}

func (s *Store) link(t tx, l workflows.Link, now time.Time) (workflows.Linked, error) {
	a, err := accountIn(t, l.Connection, l.Account)
	if err != nil {
		return workflows.Linked{}, err
	}
	out := workflows.Linked{Connection: l.Connection, Account: a.id, Person: l.Person, Before: a.person}
	var before heldPerson
	if moves := a.person != l.Person; a.person != "" {
		if before, err = personIn(t, a.person); err != nil {
			return out, err
		}
		out.Merged = moves && l.Person != "" && before.accounts == 1
		out.Gone = moves && !out.Merged && !a.left && before.open == 1
	}
	if l.Person != "" {
		to, err := personIn(t, l.Person)
		if err != nil {
			return out, err
		}
		if l.Careful && a.person != l.Person && twoPersons(l.Connection, a, before, to) {
			return out, workflows.ErrTwoPersons
		}
	}
	for _, x := range []struct {
		q    string
		args []any
	}{
		{`UPDATE account SET person = ?, conflict = '', updated_at = ? WHERE connection = ? AND account = ?`, []any{l.Person, now, l.Connection, a.id}},
		{`UPDATE membership SET person = ? WHERE connection = ? AND account = ?`, []any{l.Person, l.Connection, a.id}},
		{`REPLACE INTO account_link (connection, account, person, linked_by, actor, created_at) VALUES (?,?,?,?,?,?)`,
			[]any{l.Connection, a.id, l.Person, string(l.By), cut(l.Actor, 255), now}},
	} {
		if _, err := t.exec(x.q, x.args...); err != nil {
			return out, err
		}
	}
	if l.Person != "" && !a.left {
		// Named on purpose, somebody who was merged is a person again.
		if _, err := t.exec(`DELETE FROM person_alias WHERE id = ?`, l.Person); err != nil {
			return out, err
		}
		if _, err := t.exec(`UPDATE person SET active = 1, updated_at = ? WHERE id = ?`, now, l.Person); err != nil {
			return out, err
		}
	}
	if out.Gone || out.Merged {
		if _, err := t.exec(`UPDATE person SET active = 0, updated_at = ? WHERE id = ?`, now, a.person); err != nil {
			return out, err
		}
	}
	if out.Merged {
		if err := s.merge(t, a.person, l.Person, l.Actor, now); err != nil {
			return out, err
		}
	}
	action := "link"
	if l.Person == "" {
		action = "unlink"
	}
	person := l.Person
	if person == "" {
		person = a.person
	}
	return out, s.note(t, PeopleEntry{
		At: now, Actor: l.Actor, Action: action, Person: person, Connection: l.Connection, Account: a.id, Before: a.person, After: l.Person,
	})
}

// twoPersons: both have an employee number, and not the same; or one of them has an account of their own in
// the suite of the other.
func twoPersons(connection string, a heldAccount, before, to heldPerson) bool {
	if before.employeeNo != "" && to.employeeNo != "" && before.employeeNo != to.employeeNo {
		return true
	}
	if to.in[connection] {
		return true
	}
	for c := range before.in {
		if c != connection && to.in[c] {
			return true
		}
	}
	return false
}

// merge makes one person another name for another.
func (s *Store) merge(t tx, from, to, actor string, now time.Time) error {
	if _, err := t.exec(`UPDATE person_alias SET person = ? WHERE person = ?`, to, from); err != nil {
		return err
	}
	if _, err := t.exec(`REPLACE INTO person_alias (id, person, created_at) VALUES (?,?,?)`, from, to, now); err != nil {
		return err
	}
	return s.note(t, PeopleEntry{At: now, Actor: actor, Action: "merge", Person: to, Before: from, After: to})
}

// FreeAccount forgets what was decided about an account: the next pull links it by its keys. ErrNotFound.
func (s *Store) FreeAccount(ctx context.Context, connection, account, actor string) error {
	return wrap("free account "+connection+"/"+account, s.changePeople(ctx, func(t tx, now time.Time) error {
		a, err := accountIn(t, connection, account)
		if err != nil {
			return err
		}
		n, err := t.exec(`DELETE FROM account_link WHERE connection = ? AND account = ?`, connection, a.id)
		if err == nil && n == 0 {
			err = fmt.Errorf("nothing was decided about it: %w", ErrNotFound)
		}
		if err != nil {
			return err
		}
		return s.note(t, PeopleEntry{At: now, Actor: actor, Action: "free", Person: a.person, Connection: connection, Account: a.id, Before: a.person, After: a.person})
	}))
}

// Prefer sets the connection in which a person is written to; "" leaves it to the configuration's order.
// ErrNotFound: no such person, or they have no account there.
func (s *Store) Prefer(ctx context.Context, person, connection, actor string) error {
	return wrap("prefer "+connection+" for "+person, s.changePeople(ctx, func(t tx, now time.Time) error {
		p, err := personIn(t, person)
		if err != nil {
			return err
		}
		if connection != "" && !p.in[connection] {
			return fmt.Errorf("an account of %s in %s: %w", person, connection, ErrNotFound)
		}
		return s.set(t, "prefer", "preferred", person, connection, actor, now)
	}))
}

// SetManager names a person's manager, whatever the suites say; "" leaves it to them again. ErrNotFound.
func (s *Store) SetManager(ctx context.Context, person, manager, actor string) error {
	return wrap("set the manager of "+person, s.changePeople(ctx, func(t tx, now time.Time) error {
		for _, id := range []string{person, manager} {
			if _, err := personIn(t, id); err != nil && id != "" {
				return err
			}
		}
		return s.set(t, "manager", "manager", person, manager, actor, now)
	}))
}

// set writes one column of a person; column is one of ours.
func (s *Store) set(t tx, action, column, person, value, actor string, now time.Time) error {
	before := ""
	err := t.query(`SELECT `+column+` FROM person WHERE id = ?`, []any{person}, func(scan scanFunc) error { return scan(&before) })
	if err != nil || before == value {
		return err
	}
	if _, err := t.exec(`UPDATE person SET `+column+` = ?, updated_at = ? WHERE id = ?`, value, now, person); err != nil {
		return err
	}
	return s.note(t, PeopleEntry{At: now, Actor: actor, Action: action, Person: person, Before: before, After: value})
}
