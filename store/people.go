package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/workflows"
)

// rosterRev is the setting that counts changes of the directory.
const rosterRev = "people_rev"

// accountRow is one id of one account: an account with an open_id, a union_id and a user_id is three rows.
type accountRow struct {
	ref        event.Ref
	connection string
	account    string // the id of the account's first ref: the same on all its rows
	primary    bool
	person     string
	name       string
	employeeNo string
	email      string
	mobile     string
	title      string
	manager    string
	conflict   string
	active     bool
	left       bool
}

func (r accountRow) key() string {
	return r.connection + "\x00" + string(r.ref.Kind) + "\x00" + r.ref.ID
}

// KnownPeople reads all persons, and all ids of the accounts of every connection. The revision is read first:
// a change meanwhile makes PutPeople refuse what is worked out from it.
func (s *Store) KnownPeople(ctx context.Context) (adapters.KnownPeople, error) {
	rev, err := s.RosterRev(ctx)
	if err != nil {
		return adapters.KnownPeople{}, err
	}
	out := adapters.KnownPeople{Rev: rev}
	if out.Persons, err = s.persons(ctx); err != nil {
		return adapters.KnownPeople{}, err
	}
	pinned, err := s.pins(ctx)
	if err != nil {
		return adapters.KnownPeople{}, err
	}
	rows, err := s.accounts(ctx, "")
	if err != nil {
		return adapters.KnownPeople{}, err
	}
	for _, r := range rows {
		_, pin := pinned[accountKey{r.connection, r.account}]
		out.Accounts = append(out.Accounts, adapters.KnownAccount{
			Connection: r.connection, Account: r.account, Ref: r.ref, Person: r.person, Pinned: pin, Left: r.left,
		})
	}
	return out, nil
}

// persons reads everybody, those who were merged into others too.
func (s *Store) persons(ctx context.Context) ([]adapters.Person, error) {
	var persons []adapters.Person
	err := s.read(ctx, `SELECT p.id, p.name, p.employee_no, p.email, p.mobile, p.title, p.manager, p.preferred, p.source, p.active, COALESCE(a.person, '')
		FROM person p LEFT JOIN person_alias a ON a.id = p.id ORDER BY p.id`, nil,
		func(scan scanFunc) error {
			var p adapters.Person
			if err := scan(&p.ID, &p.Name, &p.EmployeeNo, &p.Email, &p.Mobile, &p.Title, &p.Manager, &p.Preferred, &p.Source, &p.Active, &p.MergedInto); err != nil {
				return err
			}
			persons = append(persons, p)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read persons: %w", err)
	}
	return persons, nil
}

// accountKey names an account.
type accountKey struct{ connection, account string }

// pins reads what persons have decided about accounts: the person, "" for nobody, and who decided.
func (s *Store) pins(ctx context.Context) (map[accountKey]workflows.LinkedBy, error) {
	out := map[accountKey]workflows.LinkedBy{}
	err := s.read(ctx, `SELECT connection, account, linked_by FROM account_link`, nil, func(scan scanFunc) error {
		var k accountKey
		var by string
		err := scan(&k.connection, &k.account, &by)
		out[k] = workflows.LinkedBy(by)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return out, nil
}

// accounts reads the account rows of a connection, "" for all.
func (s *Store) accounts(ctx context.Context, connection string) ([]accountRow, error) {
	q := `SELECT ref_id, kind, platform, tenant, app, connection, account, is_primary, person, name, employee_no, email, mobile, title,
		manager_ref, conflict, active, left_at FROM account`
	var args []any
	if connection != "" {
		q += ` WHERE connection = ?`
		args = append(args, connection)
	}
	var out []accountRow
	err := s.read(ctx, q+` ORDER BY connection, account, is_primary DESC, kind`, args, func(scan scanFunc) error {
		var r accountRow
		var kind string
		var left int64
		err := scan(&r.ref.ID, &kind, &r.ref.Scope.Platform, &r.ref.Scope.Tenant, &r.ref.Scope.App, &r.connection, &r.account, &r.primary,
			&r.person, &r.name, &r.employeeNo, &r.email, &r.mobile, &r.title, &r.manager, &r.conflict, &r.active, &left)
		r.ref.Kind, r.left = event.RefKind(kind), left != 0
		out = append(out, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return out, nil
}

// PutPeople writes a change of the directory of one connection, all or nothing: only what differs from what
// is there, so that a full pull that brings no news writes nothing. What differs is worked out before the
// transaction, which begins with making sure that the directory is still as it was: with a Since that has
// moved on the answer is adapters.ErrPeopleMoved, and without one it is worked out again.
func (s *Store) PutPeople(ctx context.Context, p adapters.People) error {
	for try := 1; ; try++ {
		err := s.putPeople(ctx, p)
		if errors.Is(err, adapters.ErrPeopleMoved) && p.Since == 0 && try < 8 {
			continue
		}
		if err != nil {
			return fmt.Errorf("put people of %s: %w", p.Connection, err)
		}
		return nil
	}
}

func (s *Store) putPeople(ctx context.Context, p adapters.People) error {
	rev, err := s.RosterRev(ctx)
	if err != nil {
		return err
	}
	if p.Since != 0 && p.Since != rev {
		return adapters.ErrPeopleMoved
	}
	accounts, err := s.accountChange(ctx, p)
	if err != nil {
		return err
	}
	members, err := s.membershipChange(ctx, p)
	if err != nil {
		return err
	}
	depts, err := s.departmentChange(ctx, p)
	if err != nil {
		return err
	}
	groups, err := s.groupChange(ctx, p)
	if err != nil {
		return err
	}
	if len(accounts) == 0 && len(p.Persons) == 0 && members.empty() && depts.empty() && groups.empty() {
		return nil
	}
	now := s.now()
	return s.write(ctx, func(t tx) error {
		if err := s.holdRoster(t, rev, now); err != nil {
			return err
		}
		if err := putPersons(t, p.Persons, now); err != nil {
			return err
		}
		if err := putAccounts(t, accounts, now); err != nil {
			return err
		}
		if err := depts.apply(t, p.Connection, now); err != nil {
			return err
		}
		if err := members.apply(t, p.Connection); err != nil {
			return err
		}
		if err := groups.apply(t, p.Connection); err != nil {
			return err
		}
		return setRosterRev(t, rev+1, now)
	})
}

// accountChange lists the rows that differ. Of an account that has left only that is noted: what was known of
// it stays.
func (s *Store) accountChange(ctx context.Context, p adapters.People) ([]accountRow, error) {
	have, err := s.accounts(ctx, p.Connection)
	if err != nil {
		return nil, err
	}
	old := make(map[string]accountRow, len(have))
	byAccount := map[string][]accountRow{}
	for _, r := range have {
		old[r.key()] = r
		byAccount[r.account] = append(byAccount[r.account], r)
	}
	var changed []accountRow
	seen := map[string]bool{}
	leave := func(r accountRow) {
		if seen[r.key()] {
			return
		}
		seen[r.key()] = true
		if !r.left || r.active {
			r.left, r.active = true, false
			changed = append(changed, r)
		}
	}
	for _, a := range p.Accounts {
		rows := accountRows(p.Connection, a)
		if a.Left && len(rows) > 0 && len(byAccount[rows[0].account]) > 0 {
			for _, r := range byAccount[rows[0].account] {
				leave(r)
			}
			continue
		}
		for _, r := range rows {
			seen[r.key()] = true
			if old[r.key()] != r {
				changed = append(changed, r)
			}
		}
	}
	for _, r := range have {
		if p.Full || slices.Contains(p.Gone, r.ref) {
			leave(r)
		}
	}
	return changed, nil
}

func accountRows(connection string, a adapters.LinkedAccount) []accountRow {
	if len(a.Refs) == 0 {
		return nil
	}
	mail := a.WorkEmail
	if mail == "" {
		mail = a.Email
	}
	manager := ""
	if a.Manager != nil {
		manager = a.Manager.ID
	}
	out := make([]accountRow, len(a.Refs))
	for i, ref := range a.Refs {
		out[i] = accountRow{
			ref: ref, connection: connection, account: a.Refs[0].ID, primary: i == 0, person: a.Person, name: a.Name,
			employeeNo: a.EmployeeNo, email: mail, mobile: a.Mobile, title: a.Title, manager: manager,
			conflict: a.Conflict, active: a.Active && !a.Left, left: a.Left,
		}
	}
	return out
}

// putPersons leaves alone what people decide: managers and preferences.
func putPersons(t tx, persons []adapters.Person, now time.Time) error {
	for _, p := range persons {
		n, err := t.exec(`UPDATE person SET name=?, employee_no=?, email=?, mobile=?, title=?, source=?, active=?, updated_at=? WHERE id=?`,
			p.Name, p.EmployeeNo, p.Email, p.Mobile, p.Title, p.Source, p.Active, now, p.ID)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if _, err := t.exec(`INSERT INTO person (id, name, employee_no, email, mobile, title, manager, preferred, source, active, created_at, updated_at)
			VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`,
			p.ID, p.Name, p.EmployeeNo, p.Email, p.Mobile, p.Title, p.Manager, p.Preferred, p.Source, p.Active, now, now); err != nil {
			return err
		}
	}
	return nil
}

func putAccounts(t tx, rows []accountRow, now time.Time) error {
	for _, r := range rows {
		left := int64(0)
		if r.left {
			left = now.UnixMilli()
		}
		if _, err := t.exec(`REPLACE INTO account (ref_id, kind, platform, tenant, app, connection, account, is_primary, person, name, employee_no,
			email, mobile, title, manager_ref, conflict, active, left_at, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
			r.ref.ID, string(r.ref.Kind), r.ref.Scope.Platform, r.ref.Scope.Tenant, r.ref.Scope.App, r.connection, r.account, r.primary, r.person, r.name,
			r.employeeNo, r.email, r.mobile, r.title, r.manager, r.conflict, r.active, left, now, now); err != nil {
			return err
		}
	}
	return nil
}

// holdRoster begins a change of the directory: of two the second waits here, and finds that the revision has
// moved on. adapters.ErrPeopleMoved.
func (s *Store) holdRoster(t tx, rev int64, now time.Time) error {
	n, err := int64(0), error(nil)
	if rev == 0 {
		n, err = t.exec(s.sql.addSetting, rosterRev, []byte("0"), now)
	}
	if err == nil && n == 0 {
		n, err = t.exec(`UPDATE setting SET updated_at = ? WHERE name = ? AND value = ?`, now, rosterRev, []byte(strconv.FormatInt(rev, 10)))
	}
	if err == nil && n == 0 {
		err = adapters.ErrPeopleMoved
	}
	return err
}

func setRosterRev(t tx, rev int64, now time.Time) error {
	_, err := t.exec(`UPDATE setting SET value = ?, updated_at = ? WHERE name = ?`, []byte(strconv.FormatInt(rev, 10)), now, rosterRev)
	return err
}
