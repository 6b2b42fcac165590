package workflowstest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
	"magpie/workflows/selector"
	"magpie/workflows/workcal"
)

// Company is a small company as workflows.People: 研发部 under han.meimei, 财务部 under wang.fang, 行政部 under
// chen.jie, 市场部 under sun.li, and zhang.wei above them all.
type Company struct {
	Roles  map[string][]string
	People map[string]workflows.Person
	Depts  []selector.Department
	Order  []string            // person ids, as departments list them
	Groups map[string][]string // person ids by NAME, or CONNECTION/NAME
	Duties map[string]selector.Duty
	// Proxies are the standing grants.
	Proxies []workflows.Proxy
}

var (
	_ workflows.People   = (*Company)(nil)
	_ workflows.Namer    = (*Company)(nil)
	_ selector.Directory = directory{}
)

// NewCompany makes the company; each caller gets one of its own to change.
func NewCompany() *Company {
	c := &Company{
		Roles: map[string][]string{
			"finance": {"person:wang.fang", "person:zhao.min"}, "ceo": {"person:zhang.wei"}, "admin": {"person:ops.admin"}, "nobody": {},
			"board": {"person:zhang.wei", "person:han.meimei", "person:sun.li", "person:chen.jie", "person:wang.fang"},
		},
		People: map[string]workflows.Person{},
		Depts: []selector.Department{
			{ID: "d0", Name: "鹊桥科技", Leads: []string{"zhang.wei"}},
			{ID: "d1", Name: "研发部", Parent: "d0", Leads: []string{"han.meimei"}},
			{ID: "d2", Name: "财务部", Parent: "d0", Leads: []string{"wang.fang"}},
			{ID: "d3", Name: "行政部", Parent: "d0", Leads: []string{"chen.jie"}},
			{ID: "d4", Name: "市场部", Parent: "d0", Leads: []string{"sun.li"}},
		},
	}
	for _, p := range []struct{ id, name, manager, dept, title string }{
		{"zhang.wei", "张伟", "", "d0", "总经理"}, {"han.meimei", "韩梅梅", "zhang.wei", "d1", "研发部主管"}, {"li.lei", "李雷", "han.meimei", "d1", "工程师"},
		{"lin.tao", "林涛", "han.meimei", "d1", "工程师"}, {"wang.fang", "王芳", "zhang.wei", "d2", "财务主管"}, {"zhao.min", "赵敏", "wang.fang", "d2", "会计"},
		{"chen.jie", "陈洁", "zhang.wei", "d3", "行政主管"}, {"sun.li", "孙丽", "zhang.wei", "d4", "市场部主管"}, {"liu.yang", "刘洋", "sun.li", "d4", "市场专员"},
		{"ops.admin", "管理员", "", "d3", "系统管理员"},
	} {
		c.People[p.id] = workflows.Person{ID: p.id, Name: p.name, Manager: p.manager, Depts: []string{p.dept}, Title: p.title, Active: true}
		c.Order = append(c.Order, p.id)
	}
	c.Groups = map[string][]string{"评审委员会": {"wang.fang", "han.meimei"}}
	c.Duties = map[string]selector.Duty{"ops": {
		Persons: []string{"lin.tao", "li.lei", "chen.jie"}, Every: selector.Turn{N: 1, Unit: selector.Weeks},
		From:   time.Date(2026, 3, 2, 9, 0, 0, 0, workcal.Shanghai()),
		Covers: []selector.Cover{{Person: "liu.yang", From: time.Date(2026, 3, 12, 0, 0, 0, 0, workcal.Shanghai()), To: time.Date(2026, 3, 13, 0, 0, 0, 0, workcal.Shanghai())}},
	}}
	return c
}

// Leave makes a person one who has left.
func (c *Company) Leave(id string) {
	p := c.People[id]
	p.Active = false
	c.People[id] = p
}

// Resolve answers a lookup.
func (c *Company) Resolve(_ context.Context, l workflows.Lookup) (event.Lookup, error) {
	at := l.At
	if at.IsZero() {
		at = time.Now()
	}
	found, err := selector.Eval(l.Selectors, selector.Subject{Initiator: l.Initiator, Form: l.Form, Chosen: l.Chosen}, directory{c, at})
	if err != nil {
		return event.Lookup{}, err
	}
	out := event.Lookup{ID: l.ID, Snapshot: "1", Persons: []event.Person{}, Proxies: c.proxies(), Short: found.Short}
	for _, id := range found.Persons {
		p := c.People[id]
		d, _ := directory{c: c}.Dept(p.Depts[0])
		out.Persons = append(out.Persons, event.Person{ID: id, Name: p.Name, Dept: d.Name, Title: p.Title, Active: p.Active})
	}
	return out, nil
}

// ByRef finds a person by an account whose id is the person's.
func (c *Company) ByRef(_ context.Context, refs []event.Ref) (workflows.Person, error) {
	for _, r := range refs {
		if p, ok := c.People[r.ID]; ok {
			return p, nil
		}
	}
	return workflows.Person{}, workflows.ErrNotFound
}

// Person reads one.
func (c *Company) Person(_ context.Context, id string) (workflows.Person, error) {
	if p, ok := c.People[id]; ok {
		return p, nil
	}
	return workflows.Person{}, workflows.ErrNotFound
}

// Addresses gives everybody one account in the connection "loop".
func (c *Company) Addresses(_ context.Context, id string) ([]workflows.Address, error) {
	if _, ok := c.People[id]; !ok {
		return nil, nil
	}
	return []workflows.Address{{Connection: "loop", Ref: event.Ref{Scope: event.Scope{Platform: "loopback"}, Kind: event.RefUser, ID: id}}}, nil
}

// Names implements workflows.Namer.
func (c *Company) Names(_ context.Context, kind string) ([]string, error) {
	var out []string
	switch kind {
	case "title":
		for _, p := range c.People {
			if p.Active && p.Title != "" {
				out = append(out, p.Title)
			}
		}
	case "group":
		out = slices.Collect(maps.Keys(c.Groups))
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// directory is a Company as selectors see it, at an instant.
type directory struct {
	c  *Company
	at time.Time
}

func (d directory) Person(id string) (workflows.Person, bool) { p, ok := d.c.People[id]; return p, ok }

func (d directory) Depts(name string) []selector.Department {
	var out []selector.Department
	for _, x := range d.c.Depts {
		if x.Name == name || x.ID == name {
			out = append(out, x)
		}
	}
	return out
}

func (d directory) Dept(id string) (selector.Department, bool) {
	for _, x := range d.c.Depts {
		if x.ID == id {
			return x, true
		}
	}
	return selector.Department{}, false
}

func (d directory) Members(dept string, deep bool) []string {
	var out []string
	for _, id := range d.c.Order {
		for at := d.c.People[id].Depts[0]; at != ""; {
			if at == dept {
				out = append(out, id)
				break
			}
			x, _ := d.Dept(at)
			if !deep {
				break
			}
			at = x.Parent
		}
	}
	return out
}

func (d directory) Role(name string) ([]string, bool) { r, ok := d.c.Roles[name]; return r, ok }

func (d directory) Titled(title string) []string {
	var out []string
	for _, id := range d.c.Order {
		if strings.TrimSpace(d.c.People[id].Title) == title {
			out = append(out, id)
		}
	}
	return out
}

func (d directory) Group(name string) []string { return d.c.Groups[name] }

func (d directory) OnCall(name string) ([]string, bool) {
	duty, ok := d.c.Duties[name]
	if who := duty.On(d.at); who != "" {
		return []string{who}, ok
	}
	return nil, ok
}
