package selector

import "magpie/workflows"

// Directory is what evaluating selectors needs to know of people: one consistent state of the directory,
// already read. It is only read while a selector is evaluated, and nothing of it changes meanwhile.
type Directory interface {
	// Person finds one by id, or by an id of before they were found to be one with somebody: theirs is in the
	// answer. Departed ones are found too, with Active false.
	Person(id string) (workflows.Person, bool)
	// Titled lists the persons with a job title, in a stable order. Spaces around it do not count.
	Titled(title string) []string
	// Group lists the persons of the groups of that name in every suite, or of "CONNECTION/NAME" in one, each once
	// and in a stable order.
	Group(name string) []string
	// Depts finds every department of that name or id: names need not be unique over suites.
	Depts(name string) []Department
	// Dept finds one by id.
	Dept(id string) (Department, bool)
	// Members lists the person ids of a department by its id, in a stable order; deep includes those of
	// the departments below.
	Members(dept string, deep bool) []string
	// Role gives the selectors that the configuration lists for a role.
	Role(name string) ([]string, bool)
	// OnCall lists who is on duty in a roster at the instant of the question.
	OnCall(name string) ([]string, bool)
}

// Department is a department over all suites.
type Department struct {
	ID     string
	Name   string
	Parent string   // id; "" at the root
	Leads  []string // person ids
}
