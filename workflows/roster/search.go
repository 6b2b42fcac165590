package roster

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"magpie/workflows"
)

// Found is a person that a search found.
type Found struct {
	workflows.Person
	Dept string // name of the primary department, "" when it is not known
}

// Search finds persons who are there, at most limit, by a part of their name, id, title or department. Several
// words must all be found. Whose id or name is just what was asked for comes first, then whose begins so.
func (r *Roster) Search(ctx context.Context, asked string, limit int) ([]Found, error) {
	s, err := r.current(ctx)
	if err != nil {
		return nil, err
	}
	asked = strings.ToLower(strings.TrimSpace(asked))
	words := strings.Fields(asked)
	if len(words) == 0 || limit <= 0 {
		return nil, nil
	}
	type hit struct {
		Found
		rank int
	}
	var hits []hit
	for id, p := range s.persons {
		if !p.Active || id != p.ID { // or another name of theirs
			continue
		}
		dept := s.deptName(p)
		id, name := strings.ToLower(p.ID), strings.ToLower(p.Name)
		rank := 3
		switch {
		case id == asked:
			rank = 0
		case name == asked:
			rank = 1
		case strings.HasPrefix(name, asked) || strings.HasPrefix(id, asked):
			rank = 2
		default:
			text := id + "\n" + name + "\n" + strings.ToLower(p.Title) + "\n" + strings.ToLower(dept)
			if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
				continue
			}
		}
		hits = append(hits, hit{Found{*p, dept}, rank})
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	out := make([]Found, 0, min(limit, len(hits)))
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, h.Found)
	}
	return out, nil
}

// Departments finds departments by a part of their name, at most limit: whose name is just what was asked for comes
// first, then whose begins so. Two of one name are one: a name is all that people and selectors know them by.
func (r *Roster) Departments(ctx context.Context, asked string, limit int) ([]string, error) {
	s, err := r.current(ctx)
	if err != nil {
		return nil, err
	}
	asked = strings.ToLower(strings.TrimSpace(asked))
	if asked == "" || limit <= 0 {
		return nil, nil
	}
	rank := func(name string) int {
		switch n := strings.ToLower(name); {
		case n == asked:
			return 0
		case strings.HasPrefix(n, asked):
			return 1
		case strings.Contains(n, asked):
			return 2
		}
		return 3
	}
	var out []string
	for _, d := range s.depts {
		if rank(d.Name) < 3 && !slices.Contains(out, d.Name) {
			out = append(out, d.Name)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) })
	return out[:min(limit, len(out))], nil
}
