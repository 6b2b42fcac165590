package roster

import (
	"slices"
	"strings"

	"magpie/workflows"
)

// merge makes one department of those that several suites have under the same path of names: 研发部 is one,
// whoever of it is in which suite. The result's ids and order are those of the first suite that has it; of
// tells where each suite's own id went.
//
// Some suites file everybody below a department that stands for the company, others begin with what is below
// it: a department that all others of its suite are below is no part of the paths, unless another suite has one
// of that name below its own top. Two departments of one suite are never one.
func merge(all []workflows.Department) (merged []*workflows.Department, of map[string]*workflows.Department) {
	t := newTree(all)
	of = make(map[string]*workflows.Department, len(all))
	at := make(map[string]*workflows.Department, len(all))
	in := make(map[*workflows.Department]map[string]bool) // connections that a merged one has
	for i := range all {
		d := &all[i]
		m := at[t.path(d)]
		if m == nil || in[m][d.Connection] {
			c := *d
			c.Leads, c.Members = nil, nil
			m = &c
			merged = append(merged, m)
			in[m] = map[string]bool{}
			if p := t.path(d); at[p] == nil {
				at[p] = m
			}
		}
		in[m][d.Connection] = true
		of[d.ID] = m
		m.Leads = union(m.Leads, d.Leads)
		m.Members = union(m.Members, d.Members)
	}
	company := at[""]
	for _, m := range merged {
		m.Parent = ""
	}
	for i := range all {
		d := &all[i]
		if m := of[d.ID]; m.Parent == "" && m != company {
			if p := of[d.Parent]; p != nil && p != m {
				m.Parent = p.ID
			}
		}
	}
	for _, m := range merged {
		if company != nil && m.Parent == "" && m != company {
			m.Parent = company.ID // of a suite that begins below the company
		}
	}
	return merged, of
}

// union keeps the order, each once.
func union(have, more []string) []string {
	if len(have) == 0 {
		return more
	}
	seen := make(map[string]bool, len(have)+len(more))
	out := make([]string, 0, len(have)+len(more))
	for _, l := range [][]string{have, more} {
		for _, id := range l {
			if !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	return out
}

// tree knows the paths of all suites' departments.
type tree struct {
	by      map[string]*workflows.Department
	company map[string]bool // ids of departments that stand for the company
	paths   map[string]string
}

func newTree(all []workflows.Department) *tree {
	t := &tree{by: make(map[string]*workflows.Department, len(all)), company: map[string]bool{}, paths: make(map[string]string, len(all))}
	for i := range all {
		t.by[all[i].ID] = &all[i]
	}
	roots, children := map[string][]*workflows.Department{}, map[string][]string{}
	var connections []string
	for i := range all {
		d := &all[i]
		if !slices.Contains(connections, d.Connection) {
			connections = append(connections, d.Connection)
		}
		if p := t.by[d.Parent]; d.Parent == "" || p == nil {
			roots[d.Connection] = append(roots[d.Connection], d)
		} else {
			children[p.ID] = append(children[p.ID], d.Name)
		}
	}
	// What each suite has at the top, below the company.
	tops := map[string][]string{}
	lone := map[string]*workflows.Department{}
	for c, rs := range roots {
		if len(rs) == 1 && len(children[rs[0].ID]) > 0 {
			lone[c], tops[c] = rs[0], children[rs[0].ID]
			continue
		}
		for _, r := range rs {
			tops[c] = append(tops[c], r.Name)
		}
	}
	for c, r := range lone {
		elsewhere := slices.ContainsFunc(connections, func(o string) bool { return o != c && slices.Contains(tops[o], r.Name) })
		if !elsewhere {
			t.company[r.ID] = true
		}
	}
	return t
}

// path is a department's names from the top, "" for the company; a loop in the directory ends it, and what
// has no name stays by itself.
func (t *tree) path(d *workflows.Department) string {
	if p, ok := t.paths[d.ID]; ok {
		return p
	}
	var names []string
	seen := map[string]bool{}
	for at := d; at != nil && !seen[at.ID] && !t.company[at.ID]; at = t.by[at.Parent] {
		seen[at.ID] = true
		name := strings.TrimSpace(at.Name)
		if name == "" {
			name = "\x00" + at.ID
		}
		names = append(names, name)
	}
	slices.Reverse(names)
	p := strings.Join(names, "\x1f")
	t.paths[d.ID] = p
	return p
}
