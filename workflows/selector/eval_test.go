package selector_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"magpie/workflows"
	"magpie/workflows/selector"
)

// company is a small directory: a → b → c → a is a loop of managers.
type company struct {
	people map[string]workflows.Person
	depts  map[string]selector.Department
	roles  map[string][]string
}

func (c company) Person(id string) (workflows.Person, bool) { p, ok := c.people[id]; return p, ok }
func (c company) Dept(id string) (selector.Department, bool) {
	d, ok := c.depts[id]
	return d, ok
}
func (c company) Depts(name string) []selector.Department {
	var out []selector.Department
	for _, id := range []string{"dev", "fin", "fin2"} {
		if d := c.depts[id]; d.Name == name {
			out = append(out, d)
		}
	}
	return out
}
func (c company) Members(dept string, deep bool) []string {
	m := map[string][]string{"dev": {"li.lei", "gone"}, "fin": {"wang.fang"}}[dept]
	if deep && dept == "dev" {
		m = append(m, "below")
	}
	return m
}
func (c company) Role(name string) ([]string, bool)   { r, ok := c.roles[name]; return r, ok }
func (c company) OnCall(name string) ([]string, bool) { return []string{"wang.fang"}, name == "ops" }

func sample() company {
	c := company{people: map[string]workflows.Person{}, depts: map[string]selector.Department{}, roles: map[string][]string{}}
	for _, p := range []workflows.Person{
		{ID: "li.lei", Manager: "han.meimei", Depts: []string{"dev"}}, {ID: "han.meimei", Manager: "zhang.wei", Depts: []string{"dev"}},
		{ID: "zhang.wei"}, {ID: "wang.fang", Manager: "zhang.wei", Depts: []string{"fin"}}, {ID: "below", Manager: "gone"},
		{ID: "a", Manager: "b"}, {ID: "b", Manager: "c"}, {ID: "c", Manager: "a"},
	} {
		p.Active = true
		c.people[p.ID] = p
	}
	c.people["gone"] = workflows.Person{ID: "gone", Manager: "zhang.wei"}
	c.depts["dev"] = selector.Department{ID: "dev", Name: "研发部", Leads: []string{"han.meimei"}}
	c.depts["fin"] = selector.Department{ID: "fin", Name: "财务部", Leads: []string{"wang.fang"}}
	c.depts["fin2"] = selector.Department{ID: "fin2", Name: "财务部", Leads: []string{"zhang.wei"}}
	c.roles["finance"] = []string{"person:wang.fang", "dept:财务部/lead"}
	c.roles["loop"] = []string{"role:loop", "role:loop2", "person:li.lei"}
	c.roles["loop2"] = []string{"role:loop"}
	return c
}

func TestEval(t *testing.T) {
	t.Parallel()
	sub := selector.Subject{Initiator: "li.lei", Form: map[string][]string{"buyer": {"wang.fang", "nobody"}}, Chosen: []string{"zhang.wei"}}
	for name, c := range map[string]struct {
		by   []string
		who  string // initiator, "" is li.lei
		want []string
	}{
		"person":                      {by: []string{"person:wang.fang"}, want: []string{"wang.fang"}},
		"person who has left":         {by: []string{"person:gone"}},
		"unknown person":              {by: []string{"person:x"}},
		"role without duplicates":     {by: []string{"role:finance"}, want: []string{"wang.fang", "zhang.wei"}},
		"unknown role is nobody":      {by: []string{"role:x"}},
		"role that names itself":      {by: []string{"role:loop"}, want: []string{"li.lei"}},
		"lead of every dept so named": {by: []string{"dept:财务部/lead"}, want: []string{"wang.fang", "zhang.wei"}},
		"direct members":              {by: []string{"dept:研发部/members"}, want: []string{"li.lei"}},
		"members below":               {by: []string{"dept:研发部"}, want: []string{"li.lei", "below"}},
		"initiator":                   {by: []string{"initiator"}, want: []string{"li.lei"}},
		"manager":                     {by: []string{"initiator.manager"}, want: []string{"han.meimei"}},
		"second manager":              {by: []string{"initiator.manager.manager"}, want: []string{"zhang.wei"}},
		"no third manager":            {by: []string{"initiator.manager.manager.manager"}},
		"chain":                       {by: []string{"initiator.managers(5)"}, want: []string{"han.meimei", "zhang.wei"}},
		"chain in a loop":             {by: []string{"initiator.managers(9)"}, who: "a", want: []string{"b", "c"}},
		"manager who has left":        {by: []string{"initiator.manager"}, who: "below"},
		"above one who has left":      {by: []string{"initiator.manager.manager"}, who: "below", want: []string{"zhang.wei"}},
		"lead of own dept":            {by: []string{"initiator.dept.lead"}, want: []string{"han.meimei"}},
		"form field":                  {by: []string{"form.buyer"}, want: []string{"wang.fang"}},
		"chosen":                      {by: []string{"chosen"}, want: []string{"zhang.wei"}},
		"on call":                     {by: []string{"oncall:ops"}, want: []string{"wang.fang"}},
		"list keeps its order":        {by: []string{"chosen", "initiator.manager", "chosen"}, want: []string{"zhang.wei", "han.meimei"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sub
			if c.who != "" {
				s.Initiator = c.who
			}
			got, err := selector.Eval(c.by, s, sample())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
	if _, err := selector.Eval([]string{"nonsense"}, sub, sample()); err == nil {
		t.Error("a selector that can't be read must be an error, not nobody")
	}
}

// Whatever the directory looks like, evaluation ends, and nobody is named twice or after leaving.
func TestEvalProperties(t *testing.T) {
	t.Parallel()
	ids := []string{"p0", "p1", "p2", "p3", "p4"}
	rapid.Check(t, func(r *rapid.T) {
		c := company{people: map[string]workflows.Person{}, depts: map[string]selector.Department{}, roles: map[string][]string{}}
		for _, id := range ids {
			c.people[id] = workflows.Person{ID: id, Manager: rapid.SampledFrom(ids).Draw(r, "manager"), Active: rapid.Bool().Draw(r, "active")}
		}
		some := rapid.SampledFrom([]string{"role:a", "role:b", "person:p0", "initiator.managers(10)", "initiator.manager.manager", "initiator"})
		c.roles["a"] = rapid.SliceOfN(some, 0, 4).Draw(r, "a")
		c.roles["b"] = rapid.SliceOfN(some, 0, 4).Draw(r, "b")
		got, err := selector.Eval(rapid.SliceOfN(some, 1, 5).Draw(r, "by"), selector.Subject{Initiator: rapid.SampledFrom(ids).Draw(r, "who")}, c)
		if err != nil {
			r.Fatal(err)
		}
		seen := map[string]bool{}
		for _, id := range got {
			if seen[id] || !c.people[id].Active {
				r.Fatalf("%s is named twice or has left: %v", id, got)
			}
			seen[id] = true
		}
	})
}
