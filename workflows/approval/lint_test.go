package approval_test

import (
	"strings"
	"testing"

	"magpie/config"
	"magpie/workflows/approval"
	"magpie/workflows/workflowstest"
)

// What only the directory shows: nobody found, too few, people who decide about themselves.
func TestLintPeople(t *testing.T) {
	t.Parallel()
	const head = "kind: approval\nid: f\nname: 流程\nstart: {commands: [走]}\nform: [{id: x, type: text, label: 内容}]\nsteps:\n"
	for name, c := range map[string]struct {
		steps, want string
		change      func(*workflowstest.Company)
	}{
		"nobody":                     {"  - {id: a, approve: {by: role:nobody}}\n", `flow.yaml:7:27: warning: steps[0].approve.by: step a: today role:nobody finds nobody: role:admin is asked instead`, nil},
		"nobody, skipped":            {"  - {id: a, approve: {by: role:nobody}, if_nobody: skip}\n", `today role:nobody finds nobody: the step is passed over; a selector that finds somebody`, nil},
		"no stand-in":                {"  - {id: a, approve: {by: initiator.manager}}\n", `flow.yaml:7:5: warning: steps[0]: step a: when nobody is found role:admin is asked, and that is nobody today`, func(c *workflowstest.Company) { c.Roles["admin"] = nil }},
		"some":                       {"  - {id: a, approve: {by: initiator.manager}, if_nobody: reject}\n", `step a: for zhang.wei, ops.admin initiator.manager finds nobody: the request is rejected; if_nobody: admin`, nil},
		"too few":                    {"  - {id: a, approve: {by: role:finance, mode: {count: 3}}}\n", `flow.yaml:7:47: warning: steps[0].approve.mode: step a: 3 must agree, but today only 2 can be asked`, nil},
		"alone":                      {"  - {id: a, approve: {by: role:ceo}}\n", `step a: zhang.wei can decide alone about their own request; rules: {initiator_is_approver: manager}`, nil},
		"any of them":                {"  - {id: a, approve: {by: role:finance}}\n", `step a: wang.fang, zhao.min can decide alone`, nil},
		"all, so not":                {"  - {id: a, approve: {by: role:finance, mode: all}}\n", "", nil},
		"left":                       {"  - {id: a, approve: {by: \"person:li.lei\"}}\n", `today person:li.lei finds nobody`, func(c *workflowstest.Company) { c.Leave("li.lei") }},
		"told":                       {"  - {id: a, approve: {by: role:finance, mode: all}}\n  - cc: {to: \"dept:法务部\"}\n", `flow.yaml:8:14: warning: steps[1].cc.to: step cc_1 tells nobody: today dept:法务部 finds nobody`, nil},
		"chosen among nobody":        {"  - {id: a, approve: {by: chosen, from: role:nobody}}\n", `flow.yaml:7:41: warning: steps[0].approve.from: 选择审批人：a offers nobody today: the form can't be handed in; a selector that finds somebody`, nil},
		"a title with a slip":        {"  - {id: a, approve: {by: \"title:财务主任\"}}\n", `flow.yaml:7:27: warning: steps[0].approve.by: step a: today title:财务主任 finds nobody: role:admin is asked instead; did you mean title:财务主管?`, nil},
		"a title in a list":          {"  - {id: a, approve: {by: [\"role:ceo\", \"title:财务主任\"], mode: all}}\n", `flow.yaml:7:40: warning: steps[0].approve.by[1]: today nobody has the job title 财务主任; did you mean title:财务主管?`, nil},
		"a title nobody has now":     {"  - {id: a, approve: {by: \"title:财务主管\"}}\n", `today title:财务主管 finds nobody`, func(c *workflowstest.Company) { c.Leave("wang.fang") }},
		"a title in a dept":          {"  - {id: a, approve: {by: [\"role:ceo\", \"dept:财务部/title:会记\"], mode: all}}\n", `steps[0].approve.by[1]: today nobody has the job title 会记; did you mean title:会计?`, nil},
		"a group":                    {"  - {id: a, approve: {by: \"group:评审委员\"}}\n", `finds nobody: role:admin is asked instead; did you mean group:评审委员会?`, nil},
		"an empty group":             {"  - {id: a, approve: {by: [\"role:ceo\", \"group:评审委员会\"], mode: all}}\n", `steps[0].approve.by[1]: today nobody is in a group 评审委员会; ask for somebody to be put into it`, func(c *workflowstest.Company) { c.Groups["评审委员会"] = nil }},
		"a bound with a slip":        {"  - {id: a, approve: {by: \"initiator.managers(until: title:总经里)\", mode: all}}\n", `flow.yaml:7:27: warning: steps[0].approve.by: today nobody has the job title 总经里: the chain goes up to the top; did you mean title:总经理?`, nil},
		"a bound who left":           {"  - {id: a, approve: {by: \"initiator.managers(until: person:sun.li)\", mode: all}}\n", `steps[0].approve.by: today person:sun.li finds nobody: the chain goes up to the top; a bound that finds somebody`, func(c *workflowstest.Company) { c.Leave("sun.li") }},
		"a bound above nobody":       {"  - {id: a, approve: {by: \"initiator.managers(until: person:li.lei)\", mode: all}}\n", `steps[0].approve.by: person:li.lei is above nobody who may start this flow: the chain goes up to the top; a bound in the line of those who ask`, nil},
		"a bound above some":         {"  - {id: a, approve: {by: \"initiator.managers(until: person:han.meimei)\", mode: all}}\n", "", nil},
		"who is told":                {"  - {id: a, approve: {by: role:finance, mode: all}}\n  - cc: {to: [\"role:ceo\", \"title:律师\"]}\n", `flow.yaml:8:27: warning: steps[1].cc.to[1]: today nobody has the job title 律师; a job title that somebody has`, nil},
		"after the timeout":          {"  - {id: a, approve: {by: role:finance, mode: all}, timeout: {after: 1 hours, then: transfer, to: \"title:会记\"}}\n", `steps[0].timeout.to: today nobody has the job title 会记; did you mean title:会计?`, nil},
		"who weighs":                 {"  - {id: a, approve: {by: role:finance, mode: {weight: 2, of: {\"title:会记\": 2}}}}\n", `flow.yaml:7:64: warning: steps[0].approve.mode.of.title:会记: today nobody has the job title 会记; did you mean title:会计?`, nil},
		"who decides on withdrawing": {"  - {id: a, approve: {by: role:finance, mode: all}}\nrules: {revoke: {within: 31 days, approve: {by: \"title:总经里\"}}}\n", `flow.yaml:8:49: warning: rules.revoke.approve.by: nobody decides on withdrawing after the approval: today title:总经里 finds nobody; did you mean title:总经理?`, nil},
		"on duty":                    {"  - {id: a, approve: {by: \"oncall:ops\"}, if_nobody: skip}\n", `step a: today oncall:ops finds nobody: the step is passed over`, func(c *workflowstest.Company) { c.Duties = nil }},
		"roles in a circle": {"  - {id: a, approve: {by: role:one}}\n", `today role:one finds nobody`, func(c *workflowstest.Company) {
			c.Roles["one"], c.Roles["two"] = []string{"role:two"}, []string{"role:one"}
		}},
		"managers in a circle": {"  - {id: a, approve: {by: initiator.managers(3)}, if_nobody: reject}\n", `for ops.admin initiator.managers(3) finds nobody`, func(c *workflowstest.Company) {
			p := c.People["zhang.wei"]
			p.Manager = "li.lei"
			c.People["zhang.wei"] = p
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			company := workflowstest.NewCompany()
			if c.change != nil {
				c.change(company)
			}
			e := env(t)
			e.Roles = company.Roles
			n, ps := config.Parse("flow.yaml", []byte(head+c.steps))
			p, more := approval.Kind{}.Compile(n, e)
			if ps = append(ps, more...); ps.Bad() {
				t.Fatal(ps)
			}
			got := approval.Kind{}.Lint(t.Context(), n, p, company, company.Order)
			if ps.Bad() || got.Bad() {
				t.Error("a lint is a warning")
			}
			if c.want == "" && len(got) > 0 || !strings.Contains(got.Error(), c.want) {
				t.Errorf("want %s\ngot\n%v", c.want, got)
			}
		})
	}
}
