package roster_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"magpie/workflows"
	"magpie/workflows/roster"
)

// still is a directory that never changes.
type still workflows.Roster

func (s still) RosterRev(context.Context) (int64, error)         { return 1, nil }
func (s still) Roster(context.Context) (workflows.Roster, error) { return workflows.Roster(s), nil }

func person(id, manager string, depts ...string) workflows.Person {
	return workflows.Person{ID: id, Name: id, Manager: manager, Depts: depts, Active: true}
}

func dept(id, name, parent string, leads []string, members ...string) workflows.Department {
	connection, _, _ := cut(id)
	if parent != "" {
		parent = connection + "/" + parent
	}
	return workflows.Department{ID: id, Connection: connection, Name: name, Parent: parent, Leads: leads, Members: members}
}

func cut(id string) (connection, rest string, ok bool) {
	i := slices.Index([]byte(id), '/')
	return id[:i], id[i+1:], true
}

// ask answers selectors for an initiator.
func ask(t testing.TB, all workflows.Roster, initiator string, selectors ...string) []string {
	t.Helper()
	r := roster.New(roster.Options{Source: still(all)})
	l, err := r.Resolve(t.Context(), workflows.Lookup{ID: "x", Selectors: selectors, Initiator: initiator})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range l.Persons {
		out = append(out, p.ID)
	}
	return out
}

// three suites: Feishu begins below the company, the others file it as a department; each has another name.
func threeSuites() workflows.Roster {
	return workflows.Roster{Rev: 1,
		Persons: []workflows.Person{
			person("boss", "", "d/1"), person("cook", "", "w/8"), person("han", "", "d/2"), person("li", "", "f/a"),
			person("xu", "", "f/b"), person("wang", "boss", "w/7"),
		},
		Departments: []workflows.Department{
			dept("d/1", "鹊桥科技", "", []string{"boss"}, "boss"), dept("d/2", "研发部", "1", []string{"han"}, "han"),
			dept("f/a", "研发部", "", nil, "li"), dept("f/b", "后端组", "a", nil, "xu"), dept("f/c", "财务部", "", nil),
			dept("w/1", "鹊桥（北京）科技有限公司", "", nil), dept("w/7", "财务部", "1", []string{"wang"}, "wang"),
			dept("w/8", "后端组", "1", nil, "cook"), // another one: not below 研发部
		}}
}

func TestDepartmentsOfAllSuitesAreOne(t *testing.T) {
	t.Parallel()
	all := threeSuites()
	for name, c := range map[string]struct {
		who  string
		by   string
		want []string
	}{
		"lead from another suite":             {"li", "dept:研发部/lead", []string{"han"}},
		"members of both":                     {"li", "dept:研发部/members", []string{"han", "li"}},
		"all, with what one suite has below":  {"li", "dept:研发部", []string{"han", "li", "xu"}},
		"own lead":                            {"li", "initiator.dept.lead", []string{"han"}},
		"manager is the lead":                 {"li", "initiator.manager", []string{"han"}},
		"the lead's manager is the one above": {"han", "initiator.manager", []string{"boss"}},
		"without a lead, the one above":       {"xu", "initiator.manager", []string{"han"}},
		"chain":                               {"xu", "initiator.managers(9)", []string{"han", "boss"}},
		"who leads all has none":              {"boss", "initiator.manager", nil},
		"the one that a suite names":          {"wang", "initiator.manager", []string{"boss"}},
		"same name, other path: its own":      {"cook", "initiator.manager", []string{"boss"}},
		"a name that is there twice":          {"li", "dept:后端组/members", []string{"xu", "cook"}},
		"the company by either name":          {"li", "dept:鹊桥（北京）科技有限公司/lead", []string{"boss"}},
		"everybody":                           {"li", "dept:鹊桥科技", []string{"boss", "han", "li", "xu", "wang", "cook"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, ask(t, all, c.who, c.by)); d != "" {
				t.Errorf("%s of %s (-want +got)\n%s", c.by, c.who, d)
			}
		})
	}
}

// A head department that one suite has below its company is no company in another suite that sees only it.
func TestHeadDepartmentIsNoCompany(t *testing.T) {
	t.Parallel()
	all := workflows.Roster{
		Persons: []workflows.Person{person("a", "", "f/2"), person("b", "", "w/3")},
		Departments: []workflows.Department{
			dept("f/1", "总部", "", nil), dept("f/2", "法务部", "1", nil, "a"),
			dept("w/1", "公司", "", nil), dept("w/2", "总部", "1", nil), dept("w/3", "法务部", "2", []string{"b"}, "b"),
		}}
	if got := ask(t, all, "a", "initiator.manager"); !slices.Equal(got, []string{"b"}) {
		t.Errorf("the manager is %v", got)
	}
}

// Two departments of one suite stay two, whatever they are called.
func TestTwinsInOneSuite(t *testing.T) {
	t.Parallel()
	all := workflows.Roster{
		Persons: []workflows.Person{person("a", "", "f/1"), person("b", "", "f/2"), person("c", "", "f/2")},
		Departments: []workflows.Department{
			dept("f/1", "销售部", "", nil, "a"), dept("f/2", "销售部", "", []string{"b"}, "b", "c"),
		}}
	if got := ask(t, all, "a", "initiator.manager"); got != nil {
		t.Errorf("somebody else's lead: %v", got)
	}
	if got := ask(t, all, "c", "initiator.manager"); !slices.Equal(got, []string{"b"}) {
		t.Errorf("the manager is %v", got)
	}
}

// Two who lead one department are not each other's managers, nor are two who lead each other's.
func TestLeadsMakeNoCircle(t *testing.T) {
	t.Parallel()
	all := workflows.Roster{
		Persons: []workflows.Person{person("a", "", "f/1"), person("b", "", "f/1"), person("p", "", "f/2"), person("q", "", "f/3")},
		Departments: []workflows.Department{
			dept("f/1", "一部", "", []string{"a", "b"}, "a", "b"),
			dept("f/2", "二部", "", []string{"q"}, "p"), dept("f/3", "三部", "", []string{"p"}, "q"),
		}}
	for who, want := range map[string][]string{"a": nil, "b": nil, "p": {"q"}, "q": nil} {
		if got := ask(t, all, who, "initiator.managers(9)"); !slices.Equal(got, want) {
			t.Errorf("managers of %s: %v, want %v", who, got, want)
		}
	}
}

// Whatever the directories look like, an answer comes; nobody is their own manager, and where no suite makes
// a circle there is none.
func TestAnyDirectory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var all workflows.Roster
		people := []string{"p0", "p1", "p2", "p3", "p4"}
		var ids []string
		for _, c := range []string{"d", "f"} {
			for i := range rapid.IntRange(0, 4).Draw(r, "departments") {
				id := fmt.Sprintf("%s/%d", c, i)
				parent := rapid.SampledFrom([]string{"", "0", "1", "2", "9"}).Draw(r, "parent")
				name := rapid.SampledFrom([]string{"甲", "乙", ""}).Draw(r, "name")
				leads := rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 2, rapid.ID).Draw(r, "leads")
				all.Departments = append(all.Departments, dept(id, name, parent, leads))
				ids = append(ids, id)
			}
		}
		for _, id := range people {
			p := person(id, "")
			p.Active = rapid.Bool().Draw(r, "active")
			if len(ids) > 0 {
				p.Depts = rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 2, rapid.ID).Draw(r, "of")
			}
			all.Persons = append(all.Persons, p)
		}
		src := roster.New(roster.Options{Source: still(all)})
		for _, id := range people {
			seen := map[string]bool{}
			for at := id; at != ""; {
				if seen[at] {
					r.Fatalf("a circle of managers from %s", id)
				}
				seen[at] = true
				p, err := src.Person(t.Context(), at)
				if err != nil {
					r.Fatal(err)
				}
				at = p.Manager
			}
		}
		if _, err := src.Resolve(t.Context(), workflows.Lookup{ID: "x", Selectors: []string{"dept:甲", "dept:乙/lead", "initiator.managers(9)"}, Initiator: "p0"}); err != nil {
			r.Fatal(err)
		}
	})
}
