package approval

import (
	"fmt"
	"slices"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows/cond"
)

// form compiles the fields.
func (c *compiler) form(specs []fieldSpec) {
	if len(specs) > maxFields {
		c.fail("form", fmt.Sprintf("%d fields", len(specs)), fmt.Sprintf("at most %d", maxFields))
		return
	}
	var conds []cond.Field
	for i, s := range specs {
		if f, ok := c.field(s, fmt.Sprintf("form[%d]", i)); ok {
			c.p.fields = append(c.p.fields, f)
			conds = append(conds, cond.Field{ID: f.id, Kind: f.condKind(), Options: optionValues(f.options)})
		}
	}
	for i := range c.p.fields {
		c.p.byField[c.p.fields[i].id] = &c.p.fields[i]
	}
	c.conds = cond.New(conds, c.p.loc)
}

func optionValues(os []optionSpec) []string {
	var vs []string
	for _, o := range os {
		vs = append(vs, o.Value)
	}
	return vs
}

func (c *compiler) field(s fieldSpec, path string) (field, bool) {
	f := field{id: s.ID, label: s.Label, placeholder: s.Placeholder, typ: fieldType(s.Type), required: s.Required, options: s.Options}
	switch s.Type {
	case "table", "attachment", "computed":
		c.fail(path+".type", fmt.Sprintf("the type %s is not supported yet", s.Type), "leave the field out for now")
		return f, false
	case "":
		return f, false
	}
	if s.ID != "" && !fieldForm.MatchString(s.ID) {
		c.fail(path+".id", fmt.Sprintf("%q is not a field id", s.ID), "letters, digits and _, at most 40, a letter first")
	}
	if slices.ContainsFunc(c.p.fields, func(o field) bool { return o.id == s.ID }) {
		c.fail(path+".id", fmt.Sprintf("the field %s is there already", s.ID), "another id")
		return f, false
	}
	for key, n := range map[string]*config.Node{"columns": s.Columns, "value": s.Value} {
		if n != nil {
			c.ps = append(c.ps, c.root.At(path).Key(key).Problem(fmt.Sprintf("%s does not belong to a field of type %s", key, s.Type), "remove it"))
		}
	}
	f.min, f.max = c.bound(s.Min, path+".min", f.typ), c.bound(s.Max, path+".max", f.typ)
	if f.min != nil && f.max != nil && *f.min > *f.max {
		c.fail(path+".min", fmt.Sprintf("min %s is more than max %s", f.min, f.max), "swap them")
	}
	c.options(s, path)
	c.money = c.money || f.typ == typeMoney
	if s.Default != nil && s.Default.Kind() != config.Null {
		c.fieldDefault(&f, s.Default)
	}
	return f, true
}

// bound reads min or max: a value for numbers, a count for the rest.
func (c *compiler) bound(d config.Decimal, path string, t fieldType) *cond.Decimal {
	if d == "" {
		return nil
	}
	v, err := cond.ParseDecimal(string(d))
	switch {
	case err != nil:
		c.fail(path, fmt.Sprintf("%s: %v", d, err), "a plain number")
		return nil
	case t == typeMoney && v.Fraction() > 2:
		c.fail(path, fmt.Sprintf("%s has more than 2 digits after the point", d), "whole cents")
	case t == typeNumber || t == typeMoney:
	case t == typeDate || t == typeDateTime || t == typeSelect || t == typePerson || t == typeBool:
		c.fail(path, fmt.Sprintf("a field of type %s has no min or max", t), "remove it")
		return nil
	case v.Fraction() > 0 || v < 0 || v > 10000*cond.Scale:
		c.fail(path, fmt.Sprintf("%s is not a count", d), "a whole number up to 10000")
		return nil
	}
	return &v
}

func (c *compiler) options(s fieldSpec, path string) {
	if choice := s.Type == "select" || s.Type == "multiselect"; choice != (len(s.Options) > 0) {
		if choice {
			c.fail(path, "options are missing", "options: [设备, 软件]")
		} else {
			c.fail(path+".options", fmt.Sprintf("a field of type %s has no options", s.Type), "remove them")
		}
	}
	seen := map[string]bool{}
	for i, o := range s.Options {
		at := fmt.Sprintf("%s.options[%d]", path, i)
		if seen[o.Value] {
			c.fail(at, fmt.Sprintf("the option %q is there already", o.Value), "remove one")
		}
		if o.Value == "" || len([]rune(o.Value)) > 100 {
			c.fail(at, "an option has 1 to 100 characters", "a shorter one")
		}
		seen[o.Value] = true
	}
}

func (c *compiler) fieldDefault(f *field, n *config.Node) {
	in, ps := formValue(n)
	c.ps = append(c.ps, ps...)
	if ps.Bad() {
		return
	}
	v, problem := f.parse(in, c.p.loc)
	if problem != "" {
		c.ps = append(c.ps, n.Problem(fmt.Sprintf("the default does not fit: %s", problem), "a value that a person could hand in"))
	}
	f.def = v
}

// formValue reads a value of a form as YAML writes it: a scalar or a list of them.
func formValue(n *config.Node) (event.Value, config.Problems) {
	if n.Kind() == config.List {
		var l []string
		ps := n.Decode(&l)
		return event.List(l...), ps
	}
	var s string
	ps := n.Decode(&s)
	return event.Text(s), ps
}
