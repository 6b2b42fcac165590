package selector_test

import (
	"errors"
	"strings"
	"testing"

	"magpie/workflows/selector"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]selector.Selector{
		"person:li.lei":                                  {Kind: selector.Person, Name: "li.lei"},
		"role:finance":                                   {Kind: selector.Role, Name: "finance"},
		"role:财务 专员":                                     {Kind: selector.Role, Name: "财务 专员"},
		"dept:财务部":                                       {Kind: selector.Dept, Name: "财务部", Part: selector.All},
		"dept:财务部/lead":                                  {Kind: selector.Dept, Name: "财务部", Part: selector.Lead},
		"dept:财务部/members":                               {Kind: selector.Dept, Name: "财务部", Part: selector.Members},
		"dept:财务部/all":                                   {Kind: selector.Dept, Name: "财务部", Part: selector.All},
		"initiator":                                      {Kind: selector.Initiator},
		"initiator.manager":                              {Kind: selector.Manager, Level: 1},
		"initiator.manager.manager":                      {Kind: selector.Manager, Level: 2},
		"initiator.managers(3)":                          {Kind: selector.Managers, Level: 3},
		"initiator.dept.lead":                            {Kind: selector.DeptLead},
		"form.reviewer":                                  {Kind: selector.Form, Name: "reviewer"},
		"chosen":                                         {Kind: selector.Chosen},
		"oncall:运维":                                      {Kind: selector.OnCall, Name: "运维"},
		"title:财务经理":                                     {Kind: selector.Title, Name: "财务经理"},
		"title:产品经理/项目 经理（代）":                            {Kind: selector.Title, Name: "产品经理/项目 经理（代）"},
		"group:值班":                                       {Kind: selector.Group, Name: "值班"},
		"group:ding-main/值班":                             {Kind: selector.Group, Name: "ding-main/值班"},
		"dept:财务部/title:经理":                              {Kind: selector.Dept, Name: "财务部", Part: selector.Titled, Title: "经理"},
		"initiator.managers(until: person:zhang.wei)":    {Kind: selector.Managers, Until: "person:zhang.wei"},
		"initiator.managers(until:title:总监)":             {Kind: selector.Managers, Until: "title:总监"},
		"initiator.managers(until: title:总监(代))":         {Kind: selector.Managers, Until: "title:总监(代)"},
		"initiator.managers(until: role:ceo)":            {Kind: selector.Managers, Until: "role:ceo"},
		"initiator.managers(until: dept:总裁办/all)":        {Kind: selector.Managers, Until: "dept:总裁办"},
		"initiator.dept.leads(2)":                        {Kind: selector.DeptLeads, Level: 2},
		"initiator.dept.leads(until: dept:研发中心)":         {Kind: selector.DeptLeads, Until: "dept:研发中心"},
		"initiator.dept.title(财务(BP))":                   {Kind: selector.DeptTitle, Name: "财务(BP)"},
		"form.owner.manager.manager":                     {Kind: selector.Manager, Of: "owner", Level: 2},
		"form.owner.managers(until: group:高管)":           {Kind: selector.Managers, Of: "owner", Until: "group:高管"},
		"form.owner.dept.lead":                           {Kind: selector.DeptLead, Of: "owner"},
		"form.owner.dept.title(会计)":                      {Kind: selector.DeptTitle, Of: "owner", Name: "会计"},
		"form.dept.lead":                                 {Kind: selector.Dept, Of: "dept", Part: selector.Lead},
		"form.dept.members":                              {Kind: selector.Dept, Of: "dept", Part: selector.Members},
		"form.dept.leads(3)":                             {Kind: selector.Leads, Of: "dept", Level: 3},
		"form.dept.dept.leads(until: dept:财务部/title:经理)": {Kind: selector.DeptLeads, Of: "dept", Until: "dept:财务部/title:经理"},
	} {
		got, err := selector.Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", text, got, err, want)
		}
		again, err := selector.Parse(got.String())
		if err != nil || again != got {
			t.Errorf("%q is written as %q, which reads as %+v, %v", text, got.String(), again, err)
		}
	}
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		col  int
		what string
	}{
		{"", 1, "it is empty"},
		{" initiator", 1, "begins or ends with a space"},
		{"roles:finance", 1, `"roles" is not a known prefix`},
		{"role:", 6, "the name after role: is missing"},
		{"role: finance", 6, "a space follows the colon"},
		{"dept:财务部/boss", 10, `"boss" is not a part of a department`},
		{"dept:/lead", 6, "the department is missing"},
		{"initiator.boss", 11, `"boss" can't follow initiator`},
		{"initiator.manager.lead", 19, `"lead" can't follow initiator`},
		{"initiator.manager.", 19, `"" can't follow initiator`},
		{"initiator.managers(0)", 20, "from 1 to 10"},
		{"initiator.managers(三)", 20, "from 1 to 10"},
		{"initiator.managers(3", 20, "from 1 to 10"},
		{"form", 5, "the field is missing"},
		{"form.a.b", 8, `"b" can't follow a field`},
		{"form.a b", 6, "one name"},
		{"form.a.manager.x", 16, `"x" can't follow initiator`},
		{"title:", 7, "the name after title: is missing"},
		{"dept:财务部/title:", 16, "the job title is missing"},
		{"initiator.dept.title()", 22, "a job title in brackets is missing"},
		{"initiator.dept.leads(11)", 22, "the number of departments is not a whole number from 1 to 10"},
		{"initiator.managers(until: 总监)", 27, "the bound: it is not a known form"},
		{"initiator.managers(until: titel:总监)", 27, `the bound: "titel" is not a known prefix`},
		{"initiator.managers(until: dept:财务部/boss)", 36, `the bound: "boss" is not a part`},
		{"initiator.managers(until: )", 27, "the bound: it is empty"},
		{"initiator.managers(until: initiator)", 27, `the bound of a chain can't be "initiator"`},
		{"initiator.managers(until: form.dep.lead)", 27, `the bound of a chain can't be "form.dep.lead"`},
		{"initiator.managers(until: oncall:ops)", 27, `the bound of a chain can't be "oncall:ops"`},
		{"initiator.managers(until: title:x", 20, "from 1 to 10"},
		{"chosen.manager", 8, "nothing can follow chosen"},
		{"manager", 1, "not a known form"},
		{"person:li lei", 8, "a space"},
		{"initiator" + strings.Repeat(".manager", 11), 11, "more than 10 managers"},
		{"person:" + strings.Repeat("x", 300), 1, "longer than 200"},
		{"person:a\x00b", 1, "control character"},
	} {
		_, err := selector.Parse(c.text)
		var e *selector.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) = %v, want an *Error", c.text, err)
			continue
		}
		if e.Col != c.col || !strings.Contains(e.What, c.what) {
			t.Errorf("Parse(%q): col %d %q; want col %d %q", c.text, e.Col, e.What, c.col, c.what)
		}
	}
}

// What would be right is near what was written.
func TestParseWants(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"titel:总监":                            "did you mean title:总监?",
		"rolle:finance":                       "did you mean role:finance?",
		"initator.manager":                    "did you mean initiator.manager?",
		"initiator.mananger":                  "did you mean initiator.manager?",
		"initiator.depts.leads(2)":            "did you mean initiator.dept.leads(3)?",
		"initiator.managers(until: titel:总监)": "did you mean title:总监?",
		"initiator.managers(zero)":            "initiator.managers(3) or initiator.managers(until: title:NAME)",
		"form.owner.manger":                   "did you mean form.owner.manager?",
		"form.owner.boss":                     "form.owner.manager, form.owner.managers(3), form.owner.dept.lead, form.owner.dept.leads(3), form.owner.dept.title(NAME), form.owner.lead, form.owner.leads(3), form.owner.members or form.owner.all",
		"nobody":                              "person:ID, role:NAME, title:NAME, group:NAME, dept:NAME",
	} {
		var e *selector.Error
		if _, err := selector.Parse(text); !errors.As(err, &e) || !strings.HasPrefix(e.Want, want) {
			t.Errorf("Parse(%q): %v; want %s", text, err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	sc := selector.Scope{
		Roles:  map[string][]string{"finance": {"person:wang.fang"}, "empty": nil},
		OnCall: []string{"ops"},
		Field: func(f string) (selector.Holds, bool) {
			h := map[string]selector.Holds{"reviewer": selector.HoldsPersons, "branch": selector.HoldsDept}[f]
			return h, h != "" || f == "amount"
		},
	}
	for _, c := range []struct {
		text, what string
		soft       bool
	}{
		{"oncall:ops", "", false},
		{"oncall:opps", "not defined under people.oncall", true},
		{"form.reviewer.manager", "", false},
		{"form.reviewer.dept.leads(2)", "", false},
		{"form.branch.lead", "", false},
		{"form.branch.leads(until: role:finance)", "", false},
		{"form.branch", "holds a department", false},
		{"form.branch.dept.lead", "holds a department", false},
		{"form.branch.manager", "holds no persons", false},
		{"form.reviewer.lead", "holds persons", false},
		{"form.reviewer.members", "holds no department", false},
		{"form.amount.lead", "holds no department", false},
		{"form.nobody.manager", "no field nobody", false},
		{"initiator.managers(until: role:nobody)", "role nobody is not defined", true},
		{"role:finance", "", false},
		{"role:finanec", "not defined", true},
		{"role:empty", "no members", true},
		{"form.reviewer", "", false},
		{"form.amount", "holds no persons", false},
		{"form.nobody", "no field nobody", false},
		{"chosen", "nobody can be chosen", false},
		{"initiator.manager", "", false},
	} {
		s, err := selector.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		what, _, soft := selector.Check(s, sc)
		if soft != c.soft || (c.what == "") != (what == "") || !strings.Contains(what, c.what) {
			t.Errorf("Check(%s) = %q soft=%v; want %q soft=%v", c.text, what, soft, c.what, c.soft)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"person:li.lei", "dept:财务部/lead", "initiator.manager.manager", "initiator.managers(3)", "form.x", "chosen", "oncall:a", ":", "initiator..", "dept:/",
		"title:财务经理", "group:ding/值班", "dept:a/title:b/c", "initiator.managers(until: title:总监(代))", "initiator.managers(until:dept:a/all)", "initiator.dept.leads(2)",
		"initiator.dept.leads(until: dept:a)", "initiator.dept.title())", "form.a.manager.manager", "form.a.leads(until: role:x)", "form.a.lead", "form.a.dept.leads(3)",
		"initiator.managers(until: initiator.managers(until: role:x))", "initiator.managers(until: x", "form.a:b", "title:a\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := selector.Parse(text)
		if err != nil {
			var e *selector.Error
			if !errors.As(err, &e) || e.Col < 1 || e.Col > len([]rune(text))+1 {
				t.Fatalf("Parse(%q): error %v without a place inside", text, err)
			}
			return
		}
		again, err := selector.Parse(s.String())
		if err != nil || again != s {
			t.Fatalf("%q reads as %+v, is written %q and reads again as %+v, %v", text, s, s.String(), again, err)
		}
	})
}
