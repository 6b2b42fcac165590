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
		"person:li.lei":             {Kind: selector.Person, Name: "li.lei"},
		"role:finance":              {Kind: selector.Role, Name: "finance"},
		"role:财务 专员":                {Kind: selector.Role, Name: "财务 专员"},
		"dept:财务部":                  {Kind: selector.Dept, Name: "财务部", Part: selector.All},
		"dept:财务部/lead":             {Kind: selector.Dept, Name: "财务部", Part: selector.Lead},
		"dept:财务部/members":          {Kind: selector.Dept, Name: "财务部", Part: selector.Members},
		"dept:财务部/all":              {Kind: selector.Dept, Name: "财务部", Part: selector.All},
		"initiator":                 {Kind: selector.Initiator},
		"initiator.manager":         {Kind: selector.Manager, Level: 1},
		"initiator.manager.manager": {Kind: selector.Manager, Level: 2},
		"initiator.managers(3)":     {Kind: selector.Managers, Level: 3},
		"initiator.dept.lead":       {Kind: selector.DeptLead},
		"form.reviewer":             {Kind: selector.Form, Name: "reviewer"},
		"chosen":                    {Kind: selector.Chosen},
		"oncall:运维":                 {Kind: selector.OnCall, Name: "运维"},
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
		{"form.a.b", 6, "one name"},
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

func TestCheck(t *testing.T) {
	t.Parallel()
	sc := selector.Scope{
		Roles: map[string][]string{"finance": {"person:wang.fang"}, "empty": nil},
		People: func(f string) (bool, bool) {
			return f == "reviewer", f == "reviewer" || f == "amount"
		},
	}
	for _, c := range []struct {
		text, what string
		soft       bool
	}{
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
	for _, s := range []string{"person:li.lei", "dept:财务部/lead", "initiator.manager.manager", "initiator.managers(3)", "form.x", "chosen", "oncall:a", ":", "initiator..", "dept:/"} {
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
