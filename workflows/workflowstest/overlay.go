package workflowstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/selector"
)

// Overrider is a workflows.People that can be had with some of it changed: `people:`, `roles:`, `groups:` and
// `oncall:` of a test.
type Overrider interface {
	// With returns other People; the receiver stays as it is. An error that a person who writes the test can
	// mend is a *Mistake.
	With(cast workflows.TestCast) (workflows.People, error)
}

// Mistake is a wrong override.
type Mistake struct {
	Path string // below the test: "people.li.lei.manager"
	What string
	Want string
}

func (m *Mistake) Error() string { return m.Path + ": " + m.What + "; " + m.Want }

// Override changes one person as a test says. dept finds a department's id by its id or name; known tells
// whether there is a person.
func Override(p workflows.Person, id string, o workflows.TestPerson, known func(string) bool, dept func(string) (string, bool)) (workflows.Person, error) {
	path := below("people", id)
	if p.ID == "" {
		p = workflows.Person{ID: id, Name: id, Active: true}
	}
	if o.Name != nil {
		p.Name = *o.Name
	}
	if o.Title != nil {
		p.Title = *o.Title
	}
	if o.Left != nil {
		p.Active = !*o.Left
	}
	if o.Manager != nil {
		p.Manager = *o.Manager
		switch {
		case p.Manager == "none":
			p.Manager = ""
		case !known(p.Manager):
			return p, &Mistake{path + ".manager", fmt.Sprintf("there is no person %q", p.Manager), "a person id, or none"}
		}
	}
	if o.Dept != nil {
		d, ok := dept(*o.Dept)
		if !ok {
			return p, &Mistake{path + ".dept", fmt.Sprintf("there is no department %q", *o.Dept), "the name or id of a department"}
		}
		p.Depts = []string{d}
	}
	return p, nil
}

// GrantsOf are the standing grants that a test gives, in the order of the persons' ids.
func GrantsOf(people map[string]workflows.TestPerson) []workflows.Proxy {
	var out []workflows.Proxy
	for _, id := range slices.Sorted(maps.Keys(people)) {
		if g := people[id].Proxy; g != nil {
			out = append(out, workflows.Proxy{ID: "test/" + id, Of: id, To: g.To, Flows: g.Flows, Max: g.Max, Open: g.Open, Actor: "test"})
		}
	}
	return out
}

// OverrideRoles is roles with some of them replaced; a bare id is a person.
func OverrideRoles(roles map[string][]string, with map[string]workflows.TestWho) (map[string][]string, error) {
	out := maps.Clone(roles)
	if out == nil {
		out = map[string][]string{}
	}
	for _, role := range slices.Sorted(maps.Keys(with)) {
		who := []string{}
		for _, w := range with[role] {
			if _, err := selector.Parse(w); err != nil && !strings.Contains(w, ":") {
				w = "person:" + w
			}
			if _, err := selector.Parse(w); err != nil {
				return nil, &Mistake{below("roles", role), err.Error(), "persons or selectors"}
			}
			who = append(who, w)
		}
		out[role] = who
	}
	return out, nil
}

// With implements Overrider.
func (c *Company) With(cast workflows.TestCast) (workflows.People, error) {
	people := cast.People
	out := &Company{People: maps.Clone(c.People), Depts: slices.Clone(c.Depts), Order: slices.Clone(c.Order), Proxies: slices.Clone(c.Proxies), Groups: maps.Clone(c.Groups)}
	out.Proxies = append(out.Proxies, GrantsOf(people)...)
	var err error
	if out.Roles, err = OverrideRoles(c.Roles, cast.Roles); err != nil {
		return nil, err
	}
	known := func(id string) bool {
		_, there := c.People[id]
		_, made := people[id]
		return there || made
	}
	if err = checkGroups(cast.Groups, known); err != nil {
		return nil, err
	}
	for name, who := range cast.Groups {
		out.Groups[name] = who
	}
	if out.Duties, err = OverrideDuties(c.Duties, cast.OnCall, known); err != nil {
		return nil, err
	}
	dept := func(name string) (string, bool) {
		all := directory{c: c}.Depts(name)
		if len(all) == 0 {
			return "", false
		}
		return all[0].ID, true
	}
	for _, id := range slices.Sorted(maps.Keys(people)) {
		p, there := c.People[id]
		if p, err = Override(p, id, people[id], known, dept); err != nil {
			return nil, err
		}
		if len(p.Depts) == 0 {
			p.Depts = []string{c.Depts[0].ID}
		}
		if !there {
			out.Order = append(out.Order, id)
		}
		out.People[id] = p
		for i, d := range out.Depts {
			lead, is := people[id].Lead, slices.Contains(d.Leads, id)
			switch {
			case lead == nil || d.ID != p.Depts[0] || *lead == is:
			case *lead:
				out.Depts[i].Leads = append([]string{id}, d.Leads...)
			default:
				out.Depts[i].Leads = slices.DeleteFunc(slices.Clone(d.Leads), func(x string) bool { return x == id })
			}
		}
	}
	return out, nil
}

// nearest is a "did you mean", or a list of what there is.
func nearest(word string, all []string) string {
	if best := config.Nearest(word, all); best != "" {
		return "did you mean " + best + "?"
	}
	if len(all) == 0 {
		return "there is none"
	}
	return "one of " + strings.Join(all, ", ")
}
