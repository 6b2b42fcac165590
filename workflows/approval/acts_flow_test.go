package approval_test

import (
	"testing"

	"magpie/config"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

// What `tests:` of a workflow say about ways, returns and ends is done as people would do it.
func TestFlowActs(t *testing.T) {
	t.Parallel()
	src := `kind: approval
id: contract
name: 合同
start: {commands: [合同]}
form: [{id: item, type: text, label: 合同, required: true}, {id: amount, type: money, label: 金额, max: 100000}]
steps:
  - {id: leader, approve: {by: initiator.manager}}
  - parallel:
      - [{id: legal, approve: {by: "person:sun.li"}}]
      - [{id: finance, approve: {by: "person:wang.fang"}}]
rules: {revoke: {within: 31 days, approve: {by: initiator.manager}}}
tests:
  - name: 退回修改，再通过，再撤销
    start: {by: li.lei, form: {item: 租赁, amount: 300}}
    do:
      - {approve: {step: leader, by: han.meimei}}
      - {return: {step: legal, by: sun.li, to: [start], then: again, reason: 金额不对}}
      - {resubmit: {form: {amount: 500}}}
      - {approve: {step: leader, by: han.meimei}}
      - {approve: {step: legal, by: sun.li}}
      - {approve: {step: finance, by: wang.fang}}
      - {revoke: {reason: 不签了}}
      - {approve: {step: revoke, by: han.meimei}}
    expect: {path: [leader, legal, finance, leader, legal, finance, revoke], state: revoked}
  - name: 管理员终止
    start: {by: li.lei, form: {item: 租赁}}
    do:
      - {terminate: {by: sun.li, reason: 重复}}
      - {terminate: {by: ops.admin, reason: 重复}}
    expect: {path: [leader], open: [], state: terminated}
`
	n, ps := config.Parse("flow.yaml", []byte(src))
	if ps.Bad() {
		t.Fatal(ps)
	}
	e := env(t)
	p, ps := approval.Kind{}.Compile(n, e)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	results, ps := workflowstest.Run(n, p, workflowstest.Options{People: workflowstest.NewCompany(), Calendar: e.Calendar})
	if len(ps) > 0 || len(results) != 2 {
		t.Fatal(results, ps)
	}
	for _, r := range results {
		if !r.Passed() {
			t.Errorf("%s:\n%v", r.Name, r.Failure)
		}
	}
}
