package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"magpie/config"
	"magpie/simulator"
	"magpie/workflows"
	"magpie/workflows/roster"
	"magpie/workflows/selector"
	"magpie/workflows/workflowstest"
)

// testPeopleFile stands beside magpie.yaml and holds the people that tests and dry runs are about. Without
// it they are about the sample company of the demo.
const testPeopleFile = "test-people.yaml"

// testOptions are the people and the calendar of `magpie test`, `simulate`, `render` and `check`.
func (p *project) testOptions() workflowstest.Options {
	return workflowstest.Options{People: p.testPeople, Calendar: p.calendar, Location: p.cfg.Server.Location}
}

// loadTestPeople reads the people of tests.
func (p *project) loadTestPeople() config.Problems {
	all := sampleRoster()
	file := filepath.Join(p.cfg.Dir, testPeopleFile)
	var ps config.Problems
	if src, err := os.ReadFile(file); err == nil {
		var n *config.Node
		if n, ps = config.Parse(shown(file), src, config.NoVariables()); !ps.Bad() {
			all, ps = readPeople(n)
		}
	}
	p.testPeople = newTestPeople(all, p.configured())
	return ps
}

// named is what the configuration names: roles and duty rosters.
type named struct {
	roles  func() map[string][]string
	duties func() map[string]selector.Duty
}

// testPeople are people in memory that a test may change.
type testPeople struct {
	*roster.Roster
	all  workflows.Roster
	conf named
}

var _ workflowstest.Overrider = (*testPeople)(nil)

func newTestPeople(all workflows.Roster, conf named) *testPeople {
	return &testPeople{Roster: roster.New(roster.Options{Source: fixed(all), Roles: conf.roles, Duties: conf.duties}), all: all, conf: conf}
}

// With implements workflowstest.Overrider.
func (t *testPeople) With(cast workflows.TestCast) (workflows.People, error) {
	people := cast.People
	roles, err := workflowstest.OverrideRoles(t.conf.roles(), cast.Roles)
	if err != nil {
		return nil, err
	}
	all := workflows.Roster{Rev: t.all.Rev, Accounts: t.all.Accounts, Aliases: t.all.Aliases, Persons: slices.Clone(t.all.Persons), Proxies: append(slices.Clone(t.all.Proxies), workflowstest.GrantsOf(people)...)}
	for _, d := range t.all.Departments {
		d.Leads, d.Members = slices.Clone(d.Leads), slices.Clone(d.Members)
		all.Departments = append(all.Departments, d)
	}
	at := make(map[string]int, len(all.Persons))
	for i, p := range all.Persons {
		at[p.ID] = i
	}
	known := func(id string) bool {
		_, there := at[id]
		_, made := people[id]
		return there || made
	}
	if all.Groups, err = workflowstest.OverrideGroups(t.all.Groups, cast.Groups, known); err != nil {
		return nil, err
	}
	duties, err := workflowstest.OverrideDuties(t.conf.duties(), cast.OnCall, known)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(people)) {
		var p workflows.Person
		i, there := at[id]
		if there {
			p = all.Persons[i]
		}
		if p, err = workflowstest.Override(p, id, people[id], known, deptOf(all)); err != nil {
			return nil, err
		}
		if there {
			all.Persons[i] = p
		} else {
			all.Persons = append(all.Persons, p)
		}
		place(all.Departments, p, people[id])
	}
	return newTestPeople(all, named{func() map[string][]string { return roles }, func() map[string]selector.Duty { return duties }}), nil
}

// deptOf finds departments by id or name.
func deptOf(all workflows.Roster) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, d := range all.Departments {
			if d.ID == name || d.Name == name {
				return d.ID, true
			}
		}
		return "", false
	}
}

// place makes a person a member, and a lead or not, of the department they are in now.
func place(depts []workflows.Department, p workflows.Person, o workflows.TestPerson) {
	without := func(list []string) []string {
		return slices.DeleteFunc(list, func(id string) bool { return id == p.ID })
	}
	for i := range depts {
		d := &depts[i]
		leads := slices.Contains(d.Leads, p.ID)
		if o.Dept != nil {
			d.Members, d.Leads = without(d.Members), without(d.Leads)
		}
		if !slices.Contains(p.Depts, d.ID) {
			continue
		}
		if o.Lead != nil {
			leads = *o.Lead
			d.Leads = without(d.Leads)
		}
		if !slices.Contains(d.Members, p.ID) {
			d.Members = append(d.Members, p.ID)
		}
		if leads && !slices.Contains(d.Leads, p.ID) {
			d.Leads = append([]string{p.ID}, d.Leads...)
		}
	}
}

// testPersonSpec is one person of test-people.yaml.
type testPersonSpec struct {
	ID      string `yaml:"id,required"`
	Name    string `yaml:"name,required"`
	Dept    string `yaml:"dept"`
	Title   string `yaml:"title"`
	Manager string `yaml:"manager"`
	Lead    bool   `yaml:"lead"` // leads the department
	Left    bool   `yaml:"left"`
	// Groups of the suites that they are in: NAME, or CONNECTION/NAME.
	Groups []string `yaml:"groups,scalar"`
}

func readPeople(n *config.Node) (workflows.Roster, config.Problems) {
	var specs []testPersonSpec
	if ps := n.Decode(&specs); ps.Bad() {
		return workflows.Roster{}, ps
	}
	var ps config.Problems
	b := newRosterBuilder()
	known := map[string]bool{}
	for i, s := range specs {
		if known[s.ID] {
			ps = append(ps, n.At(fmt.Sprintf("[%d].id", i)).Problem(fmt.Sprintf("person %q is there twice", s.ID), "one entry a person"))
		}
		known[s.ID] = true
		b.add(workflows.Person{ID: s.ID, Name: s.Name, Title: s.Title, Manager: s.Manager, Active: !s.Left}, s.Dept, s.Dept, s.Lead)
		for _, g := range s.Groups {
			b.join(g, s.ID)
		}
	}
	for i, s := range specs {
		if s.Manager != "" && !known[s.Manager] {
			ps = append(ps, n.At(fmt.Sprintf("[%d].manager", i)).Problem(fmt.Sprintf("there is no person %q", s.Manager), "the id of somebody in this file"))
		}
	}
	return b.roster, ps
}

// sampleRoster is the sample company as our store would know it.
func sampleRoster() workflows.Roster {
	c := simulator.SampleCompany()
	b := newRosterBuilder()
	for _, p := range c.People {
		d, _ := c.Department(p.Department)
		b.add(workflows.Person{ID: p.ID, Name: p.Name, EmployeeNo: p.EmployeeNo, Email: p.Email, Title: p.Title, Manager: p.Manager, Active: true}, d.ID, d.Name, d.Lead == p.ID)
	}
	// Its groups as the demo's connections have them.
	for _, suite := range []struct{ name, connection string }{{"feishu", "feishu-main"}, {"dingtalk", "ding-main"}, {"wecom", "wecom-main"}} {
		for _, g := range c.Of(suite.name).UserGroups {
			b.group(suite.connection + "/" + g.Name)
			for _, id := range g.Members {
				b.join(suite.connection+"/"+g.Name, id)
			}
			for _, d := range g.Departments {
				for _, p := range c.Of(suite.name).Members(d) {
					b.join(suite.connection+"/"+g.Name, p.ID)
				}
			}
		}
	}
	return b.roster
}

// rosterBuilder puts people into departments.
type rosterBuilder struct {
	roster workflows.Roster
	at     map[string]int
}

func newRosterBuilder() *rosterBuilder {
	return &rosterBuilder{roster: workflows.Roster{Rev: 1}, at: map[string]int{}}
}

func (b *rosterBuilder) add(p workflows.Person, dept, deptName string, lead bool) {
	if dept != "" {
		i, ok := b.at[dept]
		if !ok {
			i = len(b.roster.Departments)
			b.at[dept] = i
			b.roster.Departments = append(b.roster.Departments, workflows.Department{ID: dept, Name: deptName})
		}
		p.Depts = []string{dept}
		b.roster.Departments[i].Members = append(b.roster.Departments[i].Members, p.ID)
		if lead {
			b.roster.Departments[i].Leads = append(b.roster.Departments[i].Leads, p.ID)
		}
	}
	b.roster.Persons = append(b.roster.Persons, p)
}

// group makes a group, NAME or CONNECTION/NAME, unless it is there.
func (b *rosterBuilder) group(group string) *workflows.Group {
	g := workflows.Group{Name: group}
	if c, name, ok := strings.Cut(group, "/"); ok {
		g.Connection, g.Name = c, name
	}
	i := slices.IndexFunc(b.roster.Groups, func(x workflows.Group) bool { return x.Connection == g.Connection && x.Name == g.Name })
	if i < 0 {
		i = len(b.roster.Groups)
		b.roster.Groups = append(b.roster.Groups, g)
	}
	return &b.roster.Groups[i]
}

// join puts somebody into a group.
func (b *rosterBuilder) join(group, person string) {
	g := b.group(group)
	if !slices.Contains(g.Members, person) {
		g.Members = append(g.Members, person)
	}
}

// fixed is a directory that never changes.
type fixed workflows.Roster

func (f fixed) RosterRev(context.Context) (int64, error)         { return f.Rev, nil }
func (f fixed) Roster(context.Context) (workflows.Roster, error) { return workflows.Roster(f), nil }
