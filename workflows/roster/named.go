package roster

import (
	"context"
	"slices"
	"strings"

	"magpie/workflows"
)

var _ workflows.Namer = (*Roster)(nil)

// Names implements workflows.Namer.
func (r *Roster) Names(ctx context.Context, kind string) ([]string, error) {
	s, err := r.current(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	switch kind {
	case "title":
		for title, ids := range s.titles {
			if slices.ContainsFunc(ids, func(id string) bool { return s.persons[id].Active }) {
				out = append(out, title)
			}
		}
	case "group":
		for name := range s.groups {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// titlesOf sorts persons by their job title, in the order of the directory.
func titlesOf(persons []workflows.Person) map[string][]string {
	out := map[string][]string{}
	for i := range persons {
		if t := strings.TrimSpace(persons[i].Title); t != "" {
			out[t] = append(out[t], persons[i].ID)
		}
	}
	return out
}

// groupsOf sorts the members of groups by name, and by connection and name. Several of one name are one.
func groupsOf(groups []workflows.Group) map[string][]string {
	out := make(map[string][]string, 2*len(groups))
	for _, g := range groups {
		for _, name := range []string{g.Name, g.Connection + "/" + g.Name} {
			out[name] = union(out[name], g.Members)
		}
	}
	return out
}
