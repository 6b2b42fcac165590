package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"magpie/workflows"
)

// States of an account, as lists show and figures count them.
const (
	AccountLinked   = "linked"
	AccountUnlinked = "unlinked" // nobody's, and nothing is wrong: no keys, or a person said so
	AccountConflict = "conflict" // its keys lead to several, or to somebody who has an account there
	AccountLeft     = "left"
)

// AccountItem is one account of one connection, for lists.
type AccountItem struct {
	Connection string             `json:"connection"`
	Account    string             `json:"account"`
	State      string             `json:"state"`
	Person     string             `json:"person,omitempty"`
	Name       string             `json:"name"`
	EmployeeNo string             `json:"employee_no,omitempty"`
	Email      string             `json:"email,omitempty"`
	Mobile     string             `json:"mobile,omitempty"`
	Conflict   string             `json:"conflict,omitempty"`
	LinkedBy   workflows.LinkedBy `json:"linked_by,omitempty"` // "" is its keys
}

// Accounts lists the accounts in one of the states, by connection and id; none given is all but those that
// have left.
func (s *Store) Accounts(ctx context.Context, states ...string) ([]AccountItem, error) {
	pins, err := s.pins(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.accounts(ctx, "")
	if err != nil {
		return nil, err
	}
	if len(states) == 0 {
		states = []string{AccountLinked, AccountUnlinked, AccountConflict}
	}
	var out []AccountItem
	for _, r := range rows {
		if st := r.state(); r.primary && slices.Contains(states, st) {
			out = append(out, AccountItem{
				Connection: r.connection, Account: r.account, State: st, Person: r.person, Name: r.name, EmployeeNo: r.employeeNo,
				Email: r.email, Mobile: r.mobile, Conflict: r.conflict, LinkedBy: pins[accountKey{r.connection, r.account}],
			})
		}
	}
	return out, nil
}

func (r accountRow) state() string {
	switch {
	case r.left:
		return AccountLeft
	case r.person != "":
		return AccountLinked
	case r.conflict != "":
		return AccountConflict
	}
	return AccountUnlinked
}

// PersonItem is one person and their accounts, for lists.
type PersonItem struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	EmployeeNo string   `json:"employee_no,omitempty"`
	Title      string   `json:"title,omitempty"`
	Manager    string   `json:"manager,omitempty"` // set by an administrator
	Preferred  string   `json:"preferred,omitempty"`
	Active     bool     `json:"active"`
	MergedInto string   `json:"merged_into,omitempty"`
	Accounts   []string `json:"accounts"` // "connection/account", those that have not left
}

// People lists everybody by id.
func (s *Store) People(ctx context.Context) ([]PersonItem, error) {
	persons, err := s.persons(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.accounts(ctx, "")
	if err != nil {
		return nil, err
	}
	of := map[string][]string{}
	for _, r := range rows {
		if r.primary && !r.left && r.person != "" {
			of[r.person] = append(of[r.person], r.connection+"/"+r.account)
		}
	}
	out := make([]PersonItem, len(persons))
	for i, p := range persons {
		out[i] = PersonItem{
			ID: p.ID, Name: p.Name, EmployeeNo: p.EmployeeNo, Title: p.Title, Manager: p.Manager, Preferred: p.Preferred,
			Active: p.Active, MergedInto: p.MergedInto, Accounts: append([]string{}, of[p.ID]...),
		}
	}
	return out, nil
}

// AccountCount is how many accounts of a connection are in a state.
type AccountCount struct {
	Connection, State string
	N                 int64
}

// CountAccounts counts accounts by connection and state.
func (s *Store) CountAccounts(ctx context.Context) ([]AccountCount, error) {
	var out []AccountCount
	err := s.read(ctx, `SELECT connection, CASE WHEN left_at <> 0 THEN 'left' WHEN person <> '' THEN 'linked' WHEN conflict <> '' THEN 'conflict' ELSE 'unlinked' END AS st,
		COUNT(*) FROM account WHERE is_primary = 1 GROUP BY connection, st ORDER BY connection, st`, nil, func(scan scanFunc) error {
		var c AccountCount
		err := scan(&c.Connection, &c.State, &c.N)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count accounts: %w", err)
	}
	return out, nil
}

// ParseAccount reads "connection/account", as lists write it.
func ParseAccount(s string) (connection, account string, ok bool) {
	connection, account, ok = strings.Cut(s, "/")
	return connection, account, ok && connection != "" && account != ""
}
