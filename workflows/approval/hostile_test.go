package approval_test

import (
	"fmt"
	"strings"
	"testing"

	"magpie/config"
	"magpie/workflows/approval"
)

// Definitions that would hurt are refused with a place, and quickly: none of them is compiled.
func TestHostileDefinitions(t *testing.T) {
	t.Parallel()
	const head = "kind: approval\nid: f\nname: 流程\nstart: {commands: [走]}\nform: [{id: amount, type: money, label: 金额}, {id: item, type: text, label: 内容}]\nsteps:\n"
	step := func(cond string) string {
		return head + fmt.Sprintf("  - {id: a, if: %q, approve: {by: initiator.manager}}\n", cond)
	}
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	many := strings.Builder{}
	for i := range 2000 {
		fmt.Fprintf(&many, "  - {id: s%d, approve: {by: initiator.manager}}\n", i)
	}
	for name, c := range map[string]struct{ src, want string }{
		"divided by zero":       {step("form.amount / 0 > 1"), "/ is not exact"},
		"remainder of zero":     {step("form.amount % 0 == 1"), "% is not exact"},
		"text against money":    {step("form.item > form.amount"), "a text is compared with a number"},
		"a range":               {step("form.amount in 1..1000000000"), "ranges are not allowed"},
		"an expression of 1 MB": {step(strings.Repeat("form.amount > 1 and ", 50_000) + "true"), "longer than 1000 bytes"},
		"a file over 1 MiB":     {head + "# " + strings.Repeat("x", 1<<20), "1 MiB"},
		"thousands of steps":    {head + many.String(), "500"},
		"nested without end":    {head + "  - {id: a, approve: {by: " + deep + "}}\n", "nest"},
		"a step before itself":  {head + "  - {id: a, approve: {by: initiator.manager}, if_rejected: a}\n", "if_rejected"},
		"an alias of itself":    {head + "  - &a {id: a, branch: [*a]}\n", "anchor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, ps := config.Parse("flow.yaml", []byte(c.src))
			if !ps.Bad() {
				p, more := approval.Kind{}.Compile(n, env(t))
				if ps = append(ps, more...); p != nil {
					t.Error("it compiles")
				}
			}
			if !ps.Bad() || !strings.Contains(ps.Error(), c.want) {
				t.Errorf("want %q\ngot %.2000s", c.want, ps.Error())
			}
		})
	}
}
