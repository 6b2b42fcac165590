package approval_test

import (
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
	return workflows.Env{Roles: workflowstest.NewCompany().Roles, OnCall: []string{"ops"}, Calendar: cal}
}
