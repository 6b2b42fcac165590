package approval

import (
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows/cond"
)

// flowSpec is a step that starts another workflow as the same initiator.
type flowSpec struct {
	Start string                  `yaml:"start,required" jsonschema_description:"id of the workflow"`
	Form  map[string]*config.Node `yaml:"form" jsonschema_description:"field of its form to form.FIELD, initiator.FIELD, a number, a quoted text or a formula"`
	Wait  *bool                   `yaml:"wait" jsonschema_description:"false: go on at once; true, the default: go on when it has passed"`
}

// flowNode is a compiled flowSpec.
type flowNode struct {
	start string
	wait  bool
	form  []given
	at    *config.Node // where it stands in the file
}

// given is what one field of the other form is filled with.
type given struct {
	field     string
	form      string        // a field of ours, or
	initiator string        // id, name, dept or title, or
	literal   string        // or
	formula   *cond.Formula // of kind
	kind      cond.Kind
	at        *config.Node
}

// flow compiles a flow step.
func (c *compiler) flow(n *node, s *flowSpec, path string) {
	f := &flowNode{start: s.Start, wait: s.Wait == nil || *s.Wait, at: c.root.At(path)}
	if !idForm.MatchString(s.Start) {
		c.fail(path+".start", fmt.Sprintf("%q is not the id of a workflow", s.Start), "start: purchase")
	}
	if s.Start == c.p.def.ID {
		c.fail(path+".start", "the workflow starts itself", "another workflow")
	}
	if node := f.at.Get("form"); node != nil {
		for _, field := range node.Keys() {
			f.form = append(f.form, c.given(field, node.Get(field)))
		}
	}
	n.flow = f
}

// flowFailed reads where the flow goes when the other workflow is refused.
func (c *compiler) flowFailed(n *node, s stepSpec, path string) {
	if s.Failed == "" || s.Failed == "end" {
		return
	}
	n.ifFailed = s.Failed
	c.later = append(c.later, func() { c.backTo(n, s.Failed, path+".if_rejected", true) })
}

// given compiles what a field is filled with.
func (c *compiler) given(field string, at *config.Node) given {
	g := given{field: field, at: at}
	text := strings.TrimSpace(at.Text())
	name, isForm := strings.CutPrefix(text, "form.")
	who, isInitiator := strings.CutPrefix(text, "initiator.")
	quoted := len(text) >= 2 && (text[0] == '\'' || text[0] == '"') && strings.Count(text, text[:1]) == 2 && text[len(text)-1] == text[0]
	switch {
	case quoted:
		g.literal = text[1 : len(text)-1]
	case strings.ContainsAny(text, "+*/()?<>=") || strings.ContainsRune(strings.TrimPrefix(text, "-"), '-') && (isForm || isInitiator):
		c.givenFormula(&g, text)
	case isForm:
		if g.form = name; c.p.byField[name] == nil {
			want := "a field of the form"
			if near := config.Nearest(name, c.fieldIDs()); near != "" {
				want = "did you mean form." + near + "?"
			}
			c.ps = append(c.ps, at.Problem("the form has no field "+name, want))
		}
	case isInitiator:
		if g.initiator = who; !slices.Contains([]string{"id", "name", "dept", "title"}, who) {
			c.ps = append(c.ps, at.Problem("the initiator has no "+who, "initiator.id, initiator.name, initiator.dept or initiator.title"))
		}
	case text != "" && strings.Trim(text, "-0123456789.") == "":
		g.literal = text
	default:
		c.ps = append(c.ps, at.Problem(fmt.Sprintf("%q is no value", text), `form.FIELD, initiator.name, a number, or a text in quotes: "'办公用品'"`))
	}
	return g
}

// givenFormula compiles what is more than a field, whatever it gives.
func (c *compiler) givenFormula(g *given, text string) {
	var first error
	for _, g.kind = range [...]cond.Kind{cond.Number, cond.Text, cond.Bool} {
		k, err := c.conds.Formula(text, g.kind)
		if err == nil {
			g.formula = k
			return
		}
		if first == nil {
			first = err
		}
	}
	c.place(first.(*cond.Error), "formula: ", g.at.Path())
}

func (c *compiler) fieldIDs() []string {
	out := make([]string, len(c.p.fields))
	for i := range c.p.fields {
		out[i] = c.p.fields[i].id
	}
	return out
}

// formOf is the other workflow's form, as far as the step fills it.
func (d *decider) formOf(f *flowNode) map[string]event.Value {
	out := map[string]event.Value{}
	for _, g := range f.form {
		switch {
		case g.formula != nil:
			// One that has no result is as good as a field that was left empty: the other form says what is missing.
			if v, err := g.formula.Eval(d.s.values(), nil); err == nil && v.Text != "" {
				out[g.field] = event.Text(v.Text)
			}
		case g.form != "":
			x := d.p.byField[g.form]
			if v := d.s.Form[g.form]; x != nil && !v.empty() {
				out[g.field] = x.input(v, d.p.loc)
			}
		case g.initiator != "":
			p := d.s.People[d.s.By]
			out[g.field] = event.Text(map[string]string{"id": d.s.By, "name": d.s.name(d.s.By), "dept": p.Dept, "title": p.Title}[g.initiator])
		default:
			out[g.field] = event.Text(g.literal)
		}
	}
	return out
}
