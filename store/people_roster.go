package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"magpie/adapters"
	"magpie/workflows"
)

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

// rosterRevIn tells the revision inside a change.
func rosterRevIn(t tx) (rev int64, err error) {
	err = t.query(`SELECT value FROM setting WHERE name = ?`, []any{rosterRev}, func(scan scanFunc) error {
		var v []byte
		if err := scan(&v); err != nil {
			return err
		}
		rev, err = strconv.ParseInt(string(v), 10, 64)
		return err
	})
	return rev, err
}

// Roster reads the whole directory. The revision is read first: a change meanwhile makes the next look
// read again.
func (s *Store) Roster(ctx context.Context) (workflows.Roster, error) {
	rev, err := s.RosterRev(ctx)
	if err != nil {
		return workflows.Roster{}, err
	}
	out := workflows.Roster{Rev: rev}
	everybody, err := s.persons(ctx)
	if err != nil {
		return workflows.Roster{}, err
	}
	persons := everybody[:0]
	for _, p := range everybody {
		if p.MergedInto == "" {
			persons = append(persons, p)
			continue
		}
		if out.Aliases == nil {
			out.Aliases = map[string]string{}
		}
		out.Aliases[p.ID] = p.MergedInto
	}
	at := make(map[string]int, len(persons))
	for i, p := range persons {
		at[p.ID] = i
		out.Persons = append(out.Persons, workflows.Person{
			ID: p.ID, Name: p.Name, EmployeeNo: p.EmployeeNo, Email: p.Email, Mobile: p.Mobile, Title: p.Title,
			Manager: p.Manager, Preferred: p.Preferred, Active: p.Active,
		})
	}
	if out.Proxies, err = s.Proxies(ctx, "", false); err != nil {
		return workflows.Roster{}, err
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
	// Where an account that left belonged to is kept: whoever looks after what a leaver leaves is found by it.
	left := map[accountKey]bool{}
	for _, r := range rows {
		if r.left {
			left[accountKey{r.connection, r.account}] = true
		}
	}
	if out.Departments, err = s.departments(ctx, left); err != nil {
		return workflows.Roster{}, err
	}
	if out.Groups, err = s.groups(ctx, rows, out.Departments); err != nil {
		return workflows.Roster{}, err
	}
	err = s.read(ctx, `SELECT connection, dept_id, account, person FROM membership WHERE person <> '' AND is_member = 1 ORDER BY person, is_primary DESC, dept_id`, nil,
		func(scan scanFunc) error {
			var connection, dept, account, person string
			if err := scan(&connection, &dept, &account, &person); err != nil {
				return err
			}
			i, ok := at[person]
			if !ok || left[accountKey{connection, account}] && persons[i].Active {
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
