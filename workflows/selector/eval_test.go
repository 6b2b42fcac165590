package selector_test

import (
	"maps"
	"slices"
	"strings"
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
	for _, id := range []string{"dev", "fin", "fin2", "team", "unit", "all", "ring"} {
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
func (c company) Titled(title string) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(c.people)) {
		if strings.TrimSpace(c.people[id].Title) == title {
			out = append(out, id)
		}
	}
	return out
}
func (c company) Group(name string) []string {
	return map[string][]string{"值班": {"wang.fang", "gone", "li.lei"}, "ding/值班": {"li.lei"}}[name]
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
	// deep → mid → dir.a (总监) → dir.b (总监) → top, in 组 below 事业部, which top leads too, below 公司.
	for _, p := range []workflows.Person{
		{ID: "deep", Manager: "mid", Depts: []string{"team"}}, {ID: "mid", Manager: "dir.a", Depts: []string{"team"}},
		{ID: "dir.a", Manager: "dir.b", Title: " 总监 "}, {ID: "dir.b", Manager: "top", Title: "总监"}, {ID: "top"}, {ID: "under", Manager: "wang.fang"},
	} {
		p.Active = true
		c.people[p.ID] = p
	}
	li := c.people["li.lei"]
	li.Title = "工程师"
	c.people["li.lei"] = li
	c.people["left.dir"] = workflows.Person{ID: "left.dir", Title: "总监"}
	c.depts["team"] = selector.Department{ID: "team", Name: "组", Parent: "unit", Leads: []string{"mid"}}
	c.depts["unit"] = selector.Department{ID: "unit", Name: "事业部", Parent: "empty", Leads: []string{"dir.a", "mid"}}
	c.depts["empty"] = selector.Department{ID: "empty", Name: "板块", Parent: "all"}
	c.depts["all"] = selector.Department{ID: "all", Name: "公司", Leads: []string{"top", "dir.a"}}
	c.depts["ring"] = selector.Department{ID: "ring", Name: "圈", Parent: "ring2", Leads: []string{"b"}}
	c.depts["ring2"] = selector.Department{ID: "ring2", Name: "圈二", Parent: "ring", Leads: []string{"c"}}
	c.roles["top"] = []string{"person:top"}
	c.roles["self"] = []string{"initiator.managers(until: role:self)"}
	c.roles["finance"] = []string{"person:wang.fang", "dept:财务部/lead"}
	c.roles["loop"] = []string{"role:loop", "role:loop2", "person:li.lei"}
	c.roles["loop2"] = []string{"role:loop"}
	return c
}

func TestEval(t *testing.T) {
	t.Parallel()
	sub := selector.Subject{Initiator: "li.lei", Form: map[string][]string{"buyer": {"wang.fang", "nobody"}, "team": {"li.lei", "wang.fang"}, "where": {"研发部"}, "team_of": {"组"}, "loop": {"圈"}}, Chosen: []string{"zhang.wei"}}
	for name, c := range map[string]struct {
		by    []string
		who   string // initiator, "" is li.lei
		want  []string
		short []string
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
		"title":                       {by: []string{"title:总监"}, want: []string{"dir.a", "dir.b"}},
		"title nobody has":            {by: []string{"title:总裁"}},
		"a title is not a part":       {by: []string{"title:总"}},
		"title in a department":       {by: []string{"dept:研发部/title:工程师"}, want: []string{"li.lei"}},
		"title in own department":     {by: []string{"initiator.dept.title(工程师)"}, want: []string{"li.lei"}},
		"group over suites":           {by: []string{"group:值班"}, want: []string{"wang.fang", "li.lei"}},
		"group of one suite":          {by: []string{"group:ding/值班"}, want: []string{"li.lei"}},
		"manager of a field":          {by: []string{"form.buyer.manager"}, want: []string{"zhang.wei"}},
		"chain of a field":            {by: []string{"form.team.managers(2)"}, want: []string{"han.meimei", "zhang.wei"}},
		"lead of a field's dept":      {by: []string{"form.buyer.dept.lead"}, want: []string{"wang.fang"}},
		"lead of a dept field":        {by: []string{"form.where.lead"}, want: []string{"han.meimei"}},
		"members of a dept field":     {by: []string{"form.where.members"}, want: []string{"li.lei"}},
		"empty dept field":            {by: []string{"form.nowhere.lead"}},
		"up to a person":              {by: []string{"initiator.managers(until: person:dir.a)"}, who: "deep", want: []string{"mid", "dir.a"}},
		"up to a title":               {by: []string{"initiator.managers(until: title:总监)"}, who: "deep", want: []string{"mid", "dir.a"}},
		"up to a role":                {by: []string{"initiator.managers(until: role:top)"}, who: "deep", want: []string{"mid", "dir.a", "dir.b", "top"}},
		"up to a group":               {by: []string{"initiator.managers(until: group:值班)"}, who: "under", want: []string{"wang.fang"}},
		"up to one who has left":      {by: []string{"initiator.managers(until: person:gone)"}, who: "below", want: []string{"zhang.wei"}, short: []string{"initiator.managers(until: person:gone)"}},
		"bound not met":               {by: []string{"initiator.managers(until: title:总裁)"}, who: "deep", want: []string{"mid", "dir.a", "dir.b", "top"}, short: []string{"initiator.managers(until: title:总裁)"}},
		"bound in a loop":             {by: []string{"initiator.managers(until: title:总监)"}, who: "a", want: []string{"b", "c"}, short: []string{"initiator.managers(until: title:总监)"}},
		"bound that names itself":     {by: []string{"role:self"}, who: "deep", want: []string{"mid", "dir.a", "dir.b", "top"}, short: []string{"initiator.managers(until: role:self)"}},
		"own title is no bound":       {by: []string{"initiator.managers(until: title:总监)"}, who: "dir.b", want: []string{"top"}, short: []string{"initiator.managers(until: title:总监)"}},
		"leads upwards":               {by: []string{"initiator.dept.leads(2)"}, who: "deep", want: []string{"mid", "dir.a"}},
		"leads, each once":            {by: []string{"initiator.dept.leads(9)"}, who: "deep", want: []string{"mid", "dir.a", "top"}},
		"leads up to a department":    {by: []string{"initiator.dept.leads(until: dept:事业部)"}, who: "deep", want: []string{"mid", "dir.a"}},
		"leads up to a person":        {by: []string{"initiator.dept.leads(until: person:mid)"}, who: "deep", want: []string{"mid"}},
		"leads up to nobody":          {by: []string{"initiator.dept.leads(until: dept:财务部)"}, who: "deep", want: []string{"mid", "dir.a", "top"}, short: []string{"initiator.dept.leads(until: dept:财务部)"}},
		"leads in a loop":             {by: []string{"form.loop.leads(until: dept:财务部)"}, want: []string{"b", "c"}, short: []string{"form.loop.leads(until: dept:财务部)"}},
		"leads of a dept field":       {by: []string{"form.team_of.leads(2)"}, want: []string{"mid", "dir.a"}},
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
			if d := cmp.Diff(selector.Found{Persons: c.want, Short: c.short}, got); d != "" {
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
			c.people[id] = workflows.Person{ID: id, Manager: rapid.SampledFrom(ids).Draw(r, "manager"), Active: rapid.Bool().Draw(r, "active"), Title: "x", Depts: []string{id}}
			c.depts[id] = selector.Department{ID: id, Name: id, Parent: rapid.SampledFrom(ids).Draw(r, "parent"), Leads: []string{rapid.SampledFrom(ids).Draw(r, "lead")}}
		}
		some := rapid.SampledFrom([]string{"role:a", "role:b", "person:p0", "initiator.managers(10)", "initiator.manager.manager", "initiator",
			"initiator.managers(until: role:b)", "initiator.managers(until: person:p1)", "initiator.dept.leads(until: role:a)", "initiator.dept.leads(3)", "title:x"})
		c.roles["a"] = rapid.SliceOfN(some, 0, 4).Draw(r, "a")
		c.roles["b"] = rapid.SliceOfN(some, 0, 4).Draw(r, "b")
		got, err := selector.Eval(rapid.SliceOfN(some, 1, 5).Draw(r, "by"), selector.Subject{Initiator: rapid.SampledFrom(ids).Draw(r, "who")}, c)
		if err != nil {
			r.Fatal(err)
		}
		seen := map[string]bool{}
		for _, id := range got.Persons {
			if seen[id] || !c.people[id].Active {
				r.Fatalf("%s is named twice or has left: %v", id, got.Persons)
			}
			seen[id] = true
		}
	})
}
