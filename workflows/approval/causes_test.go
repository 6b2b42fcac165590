package approval

import (
	"strings"
	"testing"

	"magpie/config"
	"magpie/workflows"
)

const causesBase = `kind: approval
id: purchase
name: 采购申请
start: {commands: [采购]}
form:
  - {id: item, type: text, label: 采购内容, required: true, max: 200}
  - {id: amount, type: money, label: 金额, required: true, min: 0.01}
title: "{{.initiator.name}}：{{.form.item}} ¥{{.form.amount}}"
steps:
  - {id: leader, name: 直属主管, approve: {by: initiator.manager}, remind: {after: 4 work hours, every: 4 work hours, at_most: 3}}
  - {id: ceo, name: 总经理, if: form.amount >= 5000, approve: {by: initiator.manager}}
tests:
  - {name: 小额, start: {by: li.lei, form: {item: 键盘, amount: 300}}, expect: {path: [leader]}}
`

// Each mistake is one line; what only follows from it isn't told.
func TestOneMistakeIsOneLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, want string }{
		{"type: money", "type: mony", `7:24: form[1].type: "mony" is not known here; did you mean money?`},
		{"type: money", "type: geld", `7:24: form[1].type: "geld" is not known here`},
		{"type: money", "type: [1]", "7:24: form[1].type: is a list"},
		{"type: text, label: 采购内容,", "label: 采购内容,", `6:5: form[0]: required key "type" is missing`},
		{"{id: amount, type", "{id: [a], type", "7:10: form[1].id: is a list"},
		{"{id: amount, type", `{id: "?", type`, `7:10: form[1].id: "?" is not a field id`},
		{"{id: leader, name", "{idd: leader, name", `10:6: steps[0].idd: unknown key "idd"; did you mean id?`},
		{"{id: leader, name", "{name", "10:5: steps[0]: the step has no id"},
		{"approve: {by: initiator.manager}, remind", "aprove: {by: initiator.manager}, remind", `10:30: steps[0].aprove: unknown key "aprove"; did you mean approve?`},
		{"every: 4 work hours", "every: soon", `10:101: steps[0].remind.every: `},
		{"by: initiator.manager}, remind", "by: [[x]]}, remind", "steps[0].approve.by[0]: is a list"},
		{"form.item", "form.itme", "8:8: title: the form has no field itme"},
		{"form.amount >= 5000", "form.amuont >= 5000", "steps[1].if: condition: the form has no field amuont"},
		{"form.amount >= 5000", `form.amount >= "viel"`, "steps[1].if: condition: "},
	} {
		src := strings.Replace(causesBase, c.old, c.new, 1)
		if src == causesBase {
			t.Fatalf("%q is not in the file", c.old)
		}
		root, ps := config.Parse("f.yaml", []byte(src))
		if ps.Bad() {
			t.Fatal(ps)
		}
		_, ps = Kind{}.Compile(root, workflows.Env{})
		var bad config.Problems
		for _, p := range ps {
			if p.Severity == config.Error {
				bad = append(bad, p)
			}
		}
		if len(bad) != 1 || !strings.Contains(bad.Error(), c.want) {
			t.Errorf("%s → %s:\ngot\n%v\nwant one line with %s", c.old, c.new, bad, c.want)
		}
	}
}

// Mistakes that do not follow from each other are all told, in their order.
func TestThreeMistakesAreThreeLines(t *testing.T) {
	t.Parallel()
	src := strings.NewReplacer("type: money", "type: mony", "form.item", "form.itme", "approve: {by: initiator.manager}, remind", "aprove: {by: initiator.manager}, remind").Replace(causesBase)
	root, _ := config.Parse("f.yaml", []byte(src))
	_, ps := Kind{}.Compile(root, workflows.Env{})
	var at []string
	for _, p := range ps {
		at = append(at, strings.Join(strings.SplitN(p.String(), ":", 4)[1:3], ":"))
	}
	if got := strings.Join(at, " "); got != "7:24 8:8 10:30" {
		t.Errorf("at %s:\n%v", got, ps)
	}
}
