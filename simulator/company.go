package simulator

import (
	"fmt"
	"slices"
)

// Company is who works where: what every simulated suite has in its directory. It is read only once built.
type Company struct {
	Name        string
	Domain      string // of its e-mail addresses
	Departments []Department
	People      []Person
	Groups      []Group
	UserGroups  []UserGroup

	people map[string]int
	depts  map[string]int
}

// Department is one unit. The six departments and the head office stand side by side below the company.
type Department struct {
	ID     string `json:"id"` // pinyin
	Name   string `json:"name"`
	Lead   string `json:"lead"`             // person id; "" when nobody is
	Parent string `json:"parent,omitempty"` // "" is the company itself
}

// Person is one employee. ID is the pinyin of the name; suites give their own ids on top.
type Person struct {
	ID         string
	Name       string
	EnName     string
	Department string // Department.ID
	Title      string
	Manager    string // person id; "" for the one at the top
	EmployeeNo string
	Email      string
	Mobile     string   // with +86
	Gender     int      // 1 male, 2 female
	Joined     int64    // seconds since 1970
	Suites     []string // names of the suites they have an account in
}

// In tells whether the person has an account in a suite.
func (p Person) In(suite string) bool { return slices.Contains(p.Suites, suite) }

// Group is a chat that exists from the start, with the bot in it.
type Group struct {
	ID      string // ours; each suite makes its own chat id of it
	Name    string
	Owner   string
	Members []string
}

// UserGroup is a group of people beside the departments: a user group in Feishu, a role in DingTalk, a tag in WeCom.
type UserGroup struct {
	ID          string // ours; each suite makes its own id of it
	Name        string
	Members     []string // persons
	Departments []string // everybody of these and of those below; DingTalk's roles have none
	Dynamic     bool     // a rule fills it
	Suites      []string // names of the suites that have it
}

// index prepares the lookups and refuses a company whose references do not hold.
func (c *Company) index() error {
	c.people, c.depts = map[string]int{}, map[string]int{}
	for i, d := range c.Departments {
		if _, twice := c.depts[d.ID]; twice {
			return fmt.Errorf("department %s is there twice", d.ID)
		}
		c.depts[d.ID] = i
	}
	for i, p := range c.People {
		if _, twice := c.people[p.ID]; twice {
			return fmt.Errorf("person %s is there twice", p.ID)
		}
		if _, there := c.depts[p.Department]; !there {
			return fmt.Errorf("person %s: no department %s", p.ID, p.Department)
		}
		c.people[p.ID] = i
	}
	for _, p := range c.People {
		if _, there := c.people[p.Manager]; p.Manager != "" && !there {
			return fmt.Errorf("person %s: no manager %s", p.ID, p.Manager)
		}
	}
	for _, d := range c.Departments {
		if _, there := c.people[d.Lead]; d.Lead != "" && !there {
			return fmt.Errorf("department %s: no lead %s", d.ID, d.Lead)
		}
	}
	for _, g := range c.Groups {
		for _, m := range g.Members {
			if _, there := c.people[m]; !there {
				return fmt.Errorf("group %s: no member %s", g.ID, m)
			}
		}
	}
	for _, g := range c.UserGroups {
		for _, m := range g.Members {
			if _, there := c.people[m]; !there {
				return fmt.Errorf("user group %s: no member %s", g.ID, m)
			}
		}
		for _, d := range g.Departments {
			if _, there := c.depts[d]; !there {
				return fmt.Errorf("user group %s: no department %s", g.ID, d)
			}
		}
	}
	return nil
}

// Within is the same company with only some of the suites, the first being the usual one: whoever has an
// account in none of them gets one there.
func (c *Company) Within(suites ...string) *Company {
	out := &Company{Name: c.Name, Domain: c.Domain, Departments: c.Departments, People: slices.Clone(c.People), Groups: c.Groups, UserGroups: c.UserGroups, people: c.people, depts: c.depts}
	for i := range out.People {
		p := &out.People[i]
		p.Suites = slices.DeleteFunc(slices.Clone(p.Suites), func(s string) bool { return !slices.Contains(suites, s) })
		if len(p.Suites) == 0 && len(suites) > 0 {
			p.Suites = suites[:1:1]
		}
	}
	return out
}

// With is the same company with more people in it.
func (c *Company) With(more ...Person) (*Company, error) {
	out := &Company{Name: c.Name, Domain: c.Domain, Departments: c.Departments, People: append(slices.Clone(c.People), more...), Groups: c.Groups, UserGroups: c.UserGroups}
	if err := out.index(); err != nil {
		return nil, err
	}
	return out, nil
}

// Of is what one suite's directory holds: its own people only. A manager, a lead or an owner who is not in
// the suite is not named there; a group without members is not there.
func (c *Company) Of(suite string) *Company {
	out := &Company{Name: c.Name, Domain: c.Domain}
	in := func(id string) bool {
		p, ok := c.Person(id)
		return ok && p.In(suite)
	}
	for _, p := range c.People {
		if !p.In(suite) {
			continue
		}
		if !in(p.Manager) {
			p.Manager = ""
		}
		out.People = append(out.People, p)
	}
	for _, d := range c.Departments {
		if !in(d.Lead) {
			d.Lead = ""
		}
		out.Departments = append(out.Departments, d)
	}
	for _, g := range c.Groups {
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(id string) bool { return !in(id) })
		if len(g.Members) == 0 {
			continue
		}
		if !in(g.Owner) {
			g.Owner = g.Members[0]
		}
		out.Groups = append(out.Groups, g)
	}
	for _, g := range c.UserGroups {
		if slices.Contains(g.Suites, suite) {
			g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(id string) bool { return !in(id) })
			out.UserGroups = append(out.UserGroups, g)
		}
	}
	if err := out.index(); err != nil {
		panic("the company as " + suite + " has it: " + err.Error()) // every reference was looked at above
	}
	return out
}

// Person finds an employee by id.
func (c *Company) Person(id string) (Person, bool) {
	i, ok := c.people[id]
	if !ok {
		return Person{}, false
	}
	return c.People[i], true
}

// Department finds a unit by id.
func (c *Company) Department(id string) (Department, bool) {
	i, ok := c.depts[id]
	if !ok {
		return Department{}, false
	}
	return c.Departments[i], true
}

// Members lists the people directly in a department, in the company's order.
func (c *Company) Members(department string) []Person {
	var out []Person
	for _, p := range c.People {
		if p.Department == department {
			out = append(out, p)
		}
	}
	return out
}

// Children lists the units directly below parent; "" is the company itself.
func (c *Company) Children(parent string) []Department {
	return slices.DeleteFunc(slices.Clone(c.Departments), func(d Department) bool { return d.Parent != parent })
}
