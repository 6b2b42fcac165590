package store

import (
	"context"
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

// KnownPeople reads all persons, and which person each linked account id belongs to.
func (s *Store) KnownPeople(ctx context.Context) ([]adapters.Person, map[event.Ref]string, error) {
	var persons []adapters.Person
	err := s.read(ctx, `SELECT id, name, employee_no, email, mobile, title, manager, preferred, source, active FROM person ORDER BY id`, nil,
		func(scan scanFunc) error {
			var p adapters.Person
			if err := scan(&p.ID, &p.Name, &p.EmployeeNo, &p.Email, &p.Mobile, &p.Title, &p.Manager, &p.Preferred, &p.Source, &p.Active); err != nil {
				return err
			}
			persons = append(persons, p)
			return nil
		})
	if err != nil {
		return nil, nil, fmt.Errorf("read persons: %w", err)
	}
	links := map[event.Ref]string{}
	rows, err := s.accounts(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		if r.person != "" {
			links[r.ref] = r.person
		}
	}
	return persons, links, nil
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
// is there, so that a full pull that brings no news writes nothing.
func (s *Store) PutPeople(ctx context.Context, p adapters.People) error {
	have, err := s.accounts(ctx, p.Connection)
	if err != nil {
		return err
	}
	old := make(map[string]accountRow, len(have))
	for _, r := range have {
		old[r.key()] = r
	}
	var changed []accountRow
	seen := map[string]bool{}
	for _, a := range p.Accounts {
		for _, r := range accountRows(p.Connection, a) {
			seen[r.key()] = true
			if old[r.key()] != r {
				changed = append(changed, r)
			}
		}
	}
	if p.Full {
		for _, r := range have {
			if !seen[r.key()] && !r.left {
				r.left, r.active = true, false
				changed = append(changed, r)
			}
		}
	}
	members, err := s.membershipChange(ctx, p)
	if err != nil {
		return err
	}
	depts, err := s.departmentChange(ctx, p)
	if err != nil {
		return err
	}
	if len(changed) == 0 && len(p.Persons) == 0 && members.empty() && depts.empty() {
		return nil
	}
	now := s.now()
	err = s.write(ctx, func(t tx) error {
		// First of all, so that of two processes the second waits here and counts on from the first: a
		// number that both give would leave everybody with what one of them wrote.
		if _, err := t.exec(`UPDATE setting SET updated_at = ? WHERE name = ?`, now, rosterRev); err != nil {
			return err
		}
		if err := putPersons(t, p.Persons, now); err != nil {
			return err
		}
		if err := putAccounts(t, changed, now); err != nil {
			return err
		}
		if err := depts.apply(t, p.Connection, now); err != nil {
			return err
		}
		if err := members.apply(t, p.Connection); err != nil {
			return err
		}
		return bumpRoster(t, now)
	})
	if err != nil {
		return fmt.Errorf("put people of %s: %w", p.Connection, err)
	}
	return nil
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

func putPersons(t tx, persons []adapters.Person, now time.Time) error {
	for _, p := range persons {
		n, err := t.exec(`UPDATE person SET name=?, employee_no=?, email=?, mobile=?, title=?, manager=?, preferred=?, source=?, active=?, updated_at=? WHERE id=?`,
			p.Name, p.EmployeeNo, p.Email, p.Mobile, p.Title, p.Manager, p.Preferred, p.Source, p.Active, now, p.ID)
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

func bumpRoster(t tx, now time.Time) error {
	rev := int64(0)
	err := t.query(`SELECT value FROM setting WHERE name = ?`, []any{rosterRev}, func(scan scanFunc) error {
		var v []byte
		if err := scan(&v); err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(v), 10, 64)
		rev = n
		return err
	})
	if err != nil {
		return err
	}
	_, err = t.exec(`REPLACE INTO setting (name, value, updated_at) VALUES (?,?,?)`, rosterRev, []byte(strconv.FormatInt(rev+1, 10)), now)
	return err
}

// RosterRev tells the revision of the directory: 0 while it is empty.
func (s *Store) RosterRev(ctx context.Context) (int64, error) {
	rev := int64(0)
	err := s.read(ctx, `SELECT value FROM setting WHERE name = ?`, []any{rosterRev}, func(scan scanFunc) error {
		var v []byte
		if err := scan(&v); err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(v), 10, 64)
		rev = n
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read the revision of the directory: %w", err)
	}
	return rev, nil
}

// Roster reads the whole directory. The revision is read first: a change meanwhile makes the next look
// read again.
func (s *Store) Roster(ctx context.Context) (workflows.Roster, error) {
	rev, err := s.RosterRev(ctx)
	if err != nil {
		return workflows.Roster{}, err
	}
	out := workflows.Roster{Rev: rev}
	persons, _, err := s.KnownPeople(ctx)
	if err != nil {
		return workflows.Roster{}, err
	}
	at := make(map[string]int, len(persons))
	for i, p := range persons {
		at[p.ID] = i
		out.Persons = append(out.Persons, workflows.Person{
			ID: p.ID, Name: p.Name, EmployeeNo: p.EmployeeNo, Email: p.Email, Mobile: p.Mobile, Title: p.Title,
			Manager: p.Manager, Preferred: p.Preferred, Active: p.Active,
		})
	}
	rows, err := s.accounts(ctx, "")
	if err != nil {
		return workflows.Roster{}, err
	}
	nameManagers(out.Persons, persons, rows)
	for _, r := range rows {
		if r.person != "" && !r.left {
			out.Accounts = append(out.Accounts, workflows.Account{Connection: r.connection, Ref: r.ref, Person: r.person, Send: r.primary && r.active})
		}
	}
	if out.Departments, err = s.departments(ctx); err != nil {
		return workflows.Roster{}, err
	}
	err = s.read(ctx, `SELECT connection, dept_id, person FROM membership WHERE person <> '' AND is_member = 1 ORDER BY person, is_primary DESC, dept_id`, nil,
		func(scan scanFunc) error {
			var connection, dept, person string
			if err := scan(&connection, &dept, &person); err != nil {
				return err
			}
			i, ok := at[person]
			if !ok {
				return nil
			}
			id := deptID(connection, dept)
			if p := &out.Persons[i]; !slices.Contains(p.Depts, id) {
				if connection == persons[i].Source {
					// The directory that the person comes from says which department is theirs.
					own := 0
					for own < len(p.Depts) && hasConnection(p.Depts[own], connection) {
						own++
					}
					p.Depts = slices.Insert(p.Depts, own, id)
				} else {
					p.Depts = append(p.Depts, id)
				}
			}
			return nil
		})
	if err != nil {
		return workflows.Roster{}, fmt.Errorf("read memberships: %w", err)
	}
	return out, nil
}

// nameManagers gives each person the manager whom their accounts name: the one of the connection that the
// person comes from before others, and somebody who is there before somebody who has left. What an
// administrator has set stays. rows come in an order that is always the same.
func nameManagers(out []workflows.Person, persons []adapters.Person, rows []accountRow) {
	at := make(map[string]int, len(persons))
	for i, p := range persons {
		at[p.ID] = i
	}
	owner := make(map[[2]string]string, len(rows))
	for _, r := range rows {
		owner[[2]string{r.connection, r.ref.ID}] = r.person
	}
	best := make([]int, len(persons))
	for _, r := range rows {
		i, known := at[r.person]
		if !known || !r.primary || r.manager == "" || persons[i].Manager != "" || r.left && persons[i].Active {
			continue
		}
		m, known := at[owner[[2]string{r.connection, r.manager}]]
		if !known || m == i {
			continue
		}
		rank := 1
		if r.connection == persons[i].Source {
			rank++
		}
		if persons[m].Active {
			rank += 2
		}
		if rank > best[i] {
			best[i], out[i].Manager = rank, persons[m].ID
		}
	}
}

// deptID is a department's id over all connections.
func deptID(connection, vendor string) string { return connection + "/" + vendor }

func hasConnection(id, connection string) bool {
	return len(id) > len(connection) && id[:len(connection)] == connection && id[len(connection)] == '/'
}
