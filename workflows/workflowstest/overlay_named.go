package workflowstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"magpie/workflows"
	"magpie/workflows/selector"
)

// checkGroups refuses groups of persons whom nobody knows.
func checkGroups(groups map[string]workflows.TestWho, known func(string) bool) error {
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		for i, id := range groups[name] {
			if !known(id) {
				return &Mistake{fmt.Sprintf("%s[%d]", below("groups", name), i), fmt.Sprintf("there is no person %q", id), "person ids, or none"}
			}
		}
	}
	return nil
}

// OverrideGroups is groups with some of them replaced. NAME alone stands for the groups of that name in every suite.
func OverrideGroups(groups []workflows.Group, with map[string]workflows.TestWho, known func(string) bool) ([]workflows.Group, error) {
	if err := checkGroups(with, known); err != nil {
		return nil, err
	}
	out := slices.Clone(groups)
	for _, name := range slices.Sorted(maps.Keys(with)) {
		out = slices.DeleteFunc(out, func(g workflows.Group) bool { return g.Name == name || g.Connection+"/"+g.Name == name })
		g := workflows.Group{Name: name, Members: with[name]}
		if c, rest, ok := strings.Cut(name, "/"); ok {
			g.Connection, g.Name = c, rest
		}
		out = append(out, g)
	}
	return out, nil
}

// OverrideDuties is duty rosters with somebody on duty all the time in some of them; none is nobody.
func OverrideDuties(duties map[string]selector.Duty, with map[string]string, known func(string) bool) (map[string]selector.Duty, error) {
	out := maps.Clone(duties)
	if out == nil {
		out = map[string]selector.Duty{}
	}
	for _, name := range slices.Sorted(maps.Keys(with)) {
		switch id := with[name]; {
		case id == "none":
			out[name] = selector.Duty{}
		case !known(id):
			return nil, &Mistake{below("oncall", name), fmt.Sprintf("there is no person %q", id), "a person id, or none"}
		default:
			out[name] = selector.Duty{Covers: []selector.Cover{{Person: id, To: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}}}
		}
	}
	return out, nil
}
