package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"magpie/config"
	"magpie/simulator"
	"magpie/workflows"
	"magpie/workflows/roster"
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
	p.testPeople = roster.New(roster.Options{
		Source: fixed(all),
		Roles:  func() map[string][]string { return p.env.Roles },
	})
	return ps
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

// fixed is a directory that never changes.
type fixed workflows.Roster

func (f fixed) RosterRev(context.Context) (int64, error)         { return f.Rev, nil }
func (f fixed) Roster(context.Context) (workflows.Roster, error) { return workflows.Roster(f), nil }
