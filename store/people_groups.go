package store

import (
	"context"
	"fmt"

	"magpie/adapters"
	"magpie/workflows"
)

// groupRow is one group of people of a suite.
type groupRow struct{ id, name string }

// groupMember says that an account, or everybody of a department and of those below it, is in a group.
type groupMember struct {
	group, member string
	dept          bool
}

func (m groupMember) key() string {
	if m.dept {
		return m.group + "\x00d" + m.member
	}
	return m.group + "\x00" + m.member
}

type groupChange struct {
	groups  change[groupRow]
	members change[groupMember]
}

func (c groupChange) empty() bool { return c.groups.empty() && c.members.empty() }

// groupChange is what differs from the groups that are known; nothing where they could not be read.
func (s *Store) groupChange(ctx context.Context, p adapters.People) (groupChange, error) {
	if !p.GroupsRead {
		return groupChange{}, nil
	}
	groups := map[string]groupRow{}
	err := s.read(ctx, `SELECT group_id, name FROM user_group WHERE connection = ?`, []any{p.Connection}, func(scan scanFunc) error {
		var r groupRow
		err := scan(&r.id, &r.name)
		groups[r.id] = r
		return err
	})
	if err != nil {
		return groupChange{}, fmt.Errorf("read groups: %w", err)
	}
	members := map[string]groupMember{}
	err = s.read(ctx, `SELECT group_id, is_dept, member FROM user_group_member WHERE connection = ?`, []any{p.Connection}, func(scan scanFunc) error {
		var m groupMember
		err := scan(&m.group, &m.dept, &m.member)
		members[m.key()] = m
		return err
	})
	if err != nil {
		return groupChange{}, fmt.Errorf("read members of groups: %w", err)
	}
	wantGroups, wantMembers := map[string]groupRow{}, map[string]groupMember{}
	for _, g := range p.Groups {
		wantGroups[g.ID] = groupRow{g.ID, g.Name}
		for _, ref := range g.Members {
			m := groupMember{group: g.ID, member: ref.ID}
			wantMembers[m.key()] = m
		}
		for _, d := range g.Depts {
			m := groupMember{group: g.ID, member: d, dept: true}
			wantMembers[m.key()] = m
		}
	}
	return groupChange{diff(groups, wantGroups, true), diff(members, wantMembers, true)}, nil
}

func (c groupChange) apply(t tx, connection string) error {
	for _, g := range c.groups.gone {
		if _, err := t.exec(`DELETE FROM user_group WHERE connection = ? AND group_id = ?`, connection, g.id); err != nil {
			return err
		}
	}
	for _, g := range c.groups.put {
		if _, err := t.exec(`REPLACE INTO user_group (connection, group_id, name) VALUES (?,?,?)`, connection, g.id, g.name); err != nil {
			return err
		}
	}
	for _, m := range c.members.gone {
		if _, err := t.exec(`DELETE FROM user_group_member WHERE connection = ? AND group_id = ? AND is_dept = ? AND member = ?`, connection, m.group, m.dept, m.member); err != nil {
			return err
		}
	}
	for _, m := range c.members.put {
		if _, err := t.exec(`REPLACE INTO user_group_member (connection, group_id, is_dept, member) VALUES (?,?,?,?)`, connection, m.group, m.dept, m.member); err != nil {
			return err
		}
	}
	return nil
}

// groups reads all groups with their persons, those who have left out: first those who are in it themselves, then
// those of its departments.
func (s *Store) groups(ctx context.Context, rows []accountRow, depts []workflows.Department) ([]workflows.Group, error) {
	var out []workflows.Group
	at := map[[2]string]int{}
	err := s.read(ctx, `SELECT connection, group_id, name FROM user_group ORDER BY connection, name, group_id`, nil, func(scan scanFunc) error {
		var connection, id, name string
		err := scan(&connection, &id, &name)
		at[[2]string{connection, id}] = len(out)
		out = append(out, workflows.Group{Connection: connection, Name: name})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	if len(out) == 0 {
		return nil, nil
	}
	person := make(map[[2]string]string, len(rows))
	for _, r := range rows {
		if !r.left && r.person != "" {
			person[[2]string{r.connection, r.ref.ID}] = r.person
		}
	}
	below := childrenOf(depts)
	in := map[int]map[string]bool{}
	err = s.read(ctx, `SELECT connection, group_id, is_dept, member FROM user_group_member ORDER BY connection, group_id, is_dept, member`, nil, func(scan scanFunc) error {
		var connection, id, member string
		var dept bool
		if err := scan(&connection, &id, &dept, &member); err != nil {
			return err
		}
		i, ok := at[[2]string{connection, id}]
		if !ok {
			return nil
		}
		if in[i] == nil {
			in[i] = map[string]bool{}
		}
		add := func(who string) {
			if who != "" && !in[i][who] {
				in[i][who] = true
				out[i].Members = append(out[i].Members, who)
			}
		}
		if !dept {
			add(person[[2]string{connection, member}])
			return nil
		}
		for _, d := range below(deptID(connection, member)) {
			for _, who := range d.Members {
				add(who)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read members of groups: %w", err)
	}
	return out, nil
}

// childrenOf walks a department and all below it, a loop once.
func childrenOf(depts []workflows.Department) func(id string) []workflows.Department {
	byID, under := make(map[string]int, len(depts)), map[string][]string{}
	for i, d := range depts {
		byID[d.ID] = i
		under[d.Parent] = append(under[d.Parent], d.ID)
	}
	return func(id string) []workflows.Department {
		var out []workflows.Department
		seen := map[string]bool{}
		for next := []string{id}; len(next) > 0; next = next[1:] {
			if i, ok := byID[next[0]]; ok && !seen[next[0]] {
				seen[next[0]] = true
				out = append(out, depts[i])
				next = append(next, under[next[0]]...)
			}
		}
		return out
	}
}
