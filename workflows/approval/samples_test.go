package approval_test

import (
	"os"
	"path/filepath"
	"testing"

	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/approval"
	"magpie/workflows/workcal"
	"magpie/workflows/workflowstest"
)

// program compiles a workflow that must be without errors.
func program(t fataler, src string, env workflows.Env) *approval.Program {
	t.Helper()
	n, ps := config.Parse("flow.yaml", []byte(src))
	if ps.Bad() {
		t.Fatal(ps)
	}
	p, ps := approval.Kind{}.Compile(n, env)
	if ps.Bad() {
		t.Fatalf("%v\n%s", ps, src)
	}
	return p.(*approval.Program)
}

func env(t testing.TB) workflows.Env {
	t.Helper()
	cal, err := workcal.New(workcal.Options{Years: workcal.Shipped("cn")})
	if err != nil {
		t.Fatal(err)
	}
	return workflows.Env{Roles: workflowstest.NewCompany().Roles, Calendar: cal}
}

// The workflows of the demo pass their own tests, without a warning.
func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../cmd/magpie/sample/workflows/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d sample workflows: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			n, ps := config.Parse(filepath.Base(file), src)
			if ps.Bad() {
				t.Fatal(ps)
			}
			e := env(t)
			p, ps := approval.Kind{}.Compile(n, e)
			if len(ps) > 0 {
				t.Error(ps)
			}
			if p == nil {
				return
			}
			results, ps := workflowstest.Run(n, p, workflowstest.Options{People: workflowstest.NewCompany(), Calendar: e.Calendar})
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			if len(results) < 4 {
				t.Errorf("%d tests, at least 4 are wanted", len(results))
			}
			for _, r := range results {
				if !r.Passed() {
					t.Errorf("%s:\n%v", r.Name, r.Failure)
				}
			}
		})
	}
}
