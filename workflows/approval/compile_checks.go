package approval

import (
	"fmt"
	"strings"

	"magpie/config"
	"magpie/workflows/cond"
)

// maxChecks is how many rules between fields a form has at most.
const maxChecks = 50

// rule is a compiled rule between fields.
type rule struct {
	must *cond.Cond
	say  string
	at   string // field
}

// checks compiles the rules between fields.
func (c *compiler) checks(specs []checkSpec) {
	if len(specs) > maxChecks {
		c.fail("checks", fmt.Sprintf("%d rules", len(specs)), fmt.Sprintf("at most %d", maxChecks))
		return
	}
	for i, s := range specs {
		path := fmt.Sprintf("checks[%d]", i)
		r := rule{say: oneLine(s.Say, 200), at: s.At}
		if s.Must != "" {
			r.must = c.cond(s.Must, path+".must")
		}
		if r.must == nil {
			continue
		}
		if _, fixed := r.must.Fixed(); fixed || len(r.must.Fields()) == 0 {
			c.fail(path+".must", "the rule looks at no field of the form", "form.end >= form.start")
			continue
		}
		if r.at == "" {
			r.at = append(r.must.Compared(), r.must.Fields()...)[0]
		}
		if f, ok := c.p.byField[r.at]; !ok || f.typ == typeNote {
			var ids []string
			for k := range c.p.fields {
				ids = append(ids, c.p.fields[k].id)
			}
			want := "one of " + strings.Join(ids, ", ")
			if best := config.Nearest(r.at, ids); best != "" {
				want = "did you mean " + best + "?"
			}
			c.fail(path+".at", "the form has no field "+r.at, want)
			continue
		}
		c.p.checks = append(c.p.checks, r)
	}
}
