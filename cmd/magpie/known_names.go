package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"magpie/config"
	"magpie/workflows/selector"
)

// lintNames holds the roles and duty rosters of magpie.yaml against the people of today: job titles and groups that
// nobody goes by, and persons on duty whom nobody knows.
func (p *project) lintNames(ctx context.Context, known *knownPeople) config.Problems {
	var ps config.Problems
	at := p.cfg.People.Node
	for _, role := range slices.Sorted(maps.Keys(p.cfg.People.Roles)) {
		node := child(at, "roles", role)
		for i, text := range p.cfg.People.Roles[role] {
			s, err := selector.Parse(text)
			if err != nil {
				continue // a bare id
			}
			if what, want := selector.Vain(ctx, known, s); what != "" {
				ps = append(ps, element(node, i).Warn(what, want))
			}
		}
	}
	for _, duty := range slices.Sorted(maps.Keys(p.cfg.People.OnCall)) {
		node, o := child(at, "oncall", duty), p.cfg.People.OnCall[duty]
		for i, id := range o.Persons {
			if what, want := known.absent(ctx, id); what != "" {
				ps = append(ps, element(child(node, "persons"), i).Warn(fmt.Sprintf("%s is never on duty: %s", id, what), want))
			}
		}
		for _, x := range child(node, "overrides").Items() {
			id := ""
			if n := x.Get("person"); n != nil {
				id = strings.TrimPrefix(n.Text(), "person:")
			}
			if what, want := known.absent(ctx, id); what != "" {
				ps = append(ps, x.At("person").Warn(fmt.Sprintf("%s is never on duty: %s", id, what), want))
			}
		}
	}
	return ps
}

// child is the node below some keys, or the nearest above it.
func child(n *config.Node, keys ...string) *config.Node {
	for _, k := range keys {
		next := n.Get(k)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// element is the i-th of a list, or the value that stands for a list of one.
func element(n *config.Node, i int) *config.Node {
	if items := n.Items(); i < len(items) {
		return items[i]
	}
	return n
}

// absent says why a person can't be asked, "" when they can.
func (k *knownPeople) absent(ctx context.Context, id string) (what, want string) {
	person, err := k.Person(ctx, id)
	switch {
	case err == nil && person.Active:
		return "", ""
	case err == nil:
		return "they have left", "somebody else in their place"
	}
	ids := make([]string, 0, len(k.all.Persons))
	for _, p := range k.all.Persons {
		if p.Active {
			ids = append(ids, p.ID)
		}
	}
	if near := config.Nearest(id, ids); near != "" {
		return "nobody has this id", "did you mean " + near + "?"
	}
	return "nobody has this id", "an id of magpie people list"
}
