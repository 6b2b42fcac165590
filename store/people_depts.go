package store

import (
	"context"
	"fmt"
	"time"

	"magpie/adapters"
	"magpie/adapters/event"
	"magpie/workflows"
)

// deptRow is one department as it is stored.
type deptRow struct {
	id, parent, name string
	order            int64
}

// change is what differs between two sets of rows.
type change[T any] struct {
	put  []T
	gone []T
}

func (c change[T]) empty() bool { return len(c.put) == 0 && len(c.gone) == 0 }

// diff compares; with full false nothing is ever gone.
func diff[T comparable](have, want map[string]T, full bool) change[T] {
	var c change[T]
	for k, w := range want {
		if h, ok := have[k]; !ok || h != w {
			c.put = append(c.put, w)
		}
	}
	if full {
		for k, h := range have {
			if _, ok := want[k]; !ok {
				c.gone = append(c.gone, h)
			}
		}
	}
	return c
}

type deptChange struct{ change[deptRow] }

func (s *Store) departmentChange(ctx context.Context, p adapters.People) (deptChange, error) {
	have := map[string]deptRow{}
	err := s.read(ctx, `SELECT dept_id, parent, name, sort_order FROM department WHERE connection = ?`, []any{p.Connection}, func(scan scanFunc) error {
		var r deptRow
		err := scan(&r.id, &r.parent, &r.name, &r.order)
		have[r.id] = r
		return err
	})
	if err != nil {
		return deptChange{}, fmt.Errorf("read departments: %w", err)
	}
	want := make(map[string]deptRow, len(p.Departments))
	for _, d := range p.Departments {
		want[d.Ref.ID] = deptRow{id: d.Ref.ID, parent: d.Parent, name: d.Name, order: d.Order}
	}
	return deptChange{diff(have, want, p.Full)}, nil
}

func (c deptChange) apply(t tx, connection string, now time.Time) error {
	for _, r := range c.gone {
		if _, err := t.exec(`DELETE FROM department WHERE connection = ? AND dept_id = ?`, connection, r.id); err != nil {
			return err
		}
	}
	for _, r := range c.put {
		if _, err := t.exec(`REPLACE INTO department (connection, dept_id, parent, name, path, sort_order, updated_at) VALUES (?,?,?,?,'',?,?)`,
			connection, r.id, r.parent, r.name, r.order, now); err != nil {
			return err
		}
	}
	return nil
}

// memberRow says that an account belongs to a department, or leads it, or both.
type memberRow struct {
	dept, account, person string
	lead, member, primary bool
}

func (r memberRow) key() string { return r.dept + "\x00" + r.account }

type memberChange struct{ change[memberRow] }

func (s *Store) membershipChange(ctx context.Context, p adapters.People) (memberChange, error) {
	have := map[string]memberRow{}
	err := s.read(ctx, `SELECT dept_id, account, person, is_lead, is_member, is_primary FROM membership WHERE connection = ?`, []any{p.Connection},
		func(scan scanFunc) error {
			var r memberRow
			err := scan(&r.dept, &r.account, &r.person, &r.lead, &r.member, &r.primary)
			have[r.key()] = r
			return err
		})
	if err != nil {
		return memberChange{}, fmt.Errorf("read memberships: %w", err)
	}
	want := map[string]memberRow{}
	owner := map[event.Ref]adapters.LinkedAccount{}
	touched := map[string]bool{}
	for _, a := range p.Accounts {
		if len(a.Refs) == 0 {
			continue
		}
		id := a.Refs[0].ID
		touched[id] = true
		for _, ref := range a.Refs {
			owner[ref] = a
		}
		if a.Left {
			delete(touched, id) // where they belonged is kept
			continue
		}
		for i, d := range a.Depts {
			r := memberRow{dept: d, account: id, person: a.Person, member: true, primary: i == 0}
			r.lead = have[r.key()].lead && !p.Full // a change of one person says nothing of who leads
			want[r.key()] = r
		}
	}
	for _, d := range p.Departments {
		for _, lead := range d.Leads {
			a, ok := owner[lead]
			if !ok || a.Left {
				continue
			}
			r := memberRow{dept: d.Ref.ID, account: a.Refs[0].ID, person: a.Person}
			if old, ok := want[r.key()]; ok {
				r = old
			}
			r.lead = true
			want[r.key()] = r
		}
	}
	// Only rows of the accounts at hand may go. A lead who is no member stays one when it is only about a person.
	for k, r := range have {
		if !touched[r.account] {
			delete(have, k)
		} else if _, ok := want[k]; !ok && !p.Full && r.lead && !r.member {
			want[k] = r
		}
	}
	return memberChange{diff(have, want, true)}, nil
}

func (c memberChange) apply(t tx, connection string) error {
	for _, r := range c.gone {
		if _, err := t.exec(`DELETE FROM membership WHERE connection = ? AND dept_id = ? AND account = ?`, connection, r.dept, r.account); err != nil {
			return err
		}
	}
	for _, r := range c.put {
		if _, err := t.exec(`REPLACE INTO membership (connection, dept_id, account, person, is_lead, is_member, is_primary) VALUES (?,?,?,?,?,?,?)`,
			connection, r.dept, r.account, r.person, r.lead, r.member, r.primary); err != nil {
			return err
		}
	}
	return nil
}

// departments reads all departments with leads and members, those who have left out.
func (s *Store) departments(ctx context.Context, left map[accountKey]bool) ([]workflows.Department, error) {
	var out []workflows.Department
	at := map[string]int{}
	err := s.read(ctx, `SELECT connection, dept_id, parent, name FROM department ORDER BY connection, sort_order, dept_id`, nil, func(scan scanFunc) error {
		var d workflows.Department
		var id, parent string
		if err := scan(&d.Connection, &id, &parent, &d.Name); err != nil {
			return err
		}
		d.ID = deptID(d.Connection, id)
		if parent != "" {
			d.Parent = deptID(d.Connection, parent)
		}
		at[d.ID] = len(out)
		out = append(out, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read departments: %w", err)
	}
	err = s.read(ctx, `SELECT connection, dept_id, account, person, is_lead, is_member FROM membership WHERE person <> '' ORDER BY connection, dept_id, person`, nil,
		func(scan scanFunc) error {
			var connection, dept, account, person string
			var lead, member bool
			if err := scan(&connection, &dept, &account, &person, &lead, &member); err != nil {
				return err
			}
			i, ok := at[deptID(connection, dept)]
			if !ok || left[accountKey{connection, account}] {
				return nil
			}
			if lead {
				out[i].Leads = append(out[i].Leads, person)
			}
			if member {
				out[i].Members = append(out[i].Members, person)
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	return out, nil
}
