package approval

import (
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows/cond"
)

// form compiles the fields, in order: a field's expressions know the fields above it.
func (c *compiler) form(specs []fieldSpec) {
	if len(specs) > maxFields {
		c.fail("form", fmt.Sprintf("%d fields", len(specs)), fmt.Sprintf("at most %d", maxFields))
		return
	}
	for _, s := range specs {
		c.ids = append(c.ids, s.ID)
	}
	var conds []cond.Field
	for i, s := range specs {
		c.above = cond.New(conds, c.p.loc)
		if f, ok := c.field(s, fmt.Sprintf("form[%d]", i)); ok {
			c.p.fields = append(c.p.fields, f)
			if f.typ != typeNote {
				conds = append(conds, f.condField())
			}
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
	if s.Type == "" {
		return field{}, false
	}
	if s.ID != "" && !fieldForm.MatchString(s.ID) {
		c.fail(path+".id", fmt.Sprintf("%q is not a field id", s.ID), "letters, digits and _, at most 40, a letter first")
	}
	if slices.ContainsFunc(c.p.fields, func(o field) bool { return o.id == s.ID }) {
		c.fail(path+".id", fmt.Sprintf("the field %s is there already", s.ID), "another id")
		return field{}, false
	}
	if strings.HasSuffix(s.ID, suffixFrom) || strings.HasSuffix(s.ID, suffixTo) {
		c.fail(path+".id", fmt.Sprintf("%q ends as the two ends of a range do", s.ID), "another id")
	}
	f, ok := c.common(s, path)
	if !ok {
		return f, false
	}
	f.required = s.Required.Always
	if s.Required.If != "" {
		f.must = c.upper(s.Required.If, path+".required")
	}
	switch {
	case s.chosen && s.Show != "": // what is wrong with the step's condition is said there
		f.when, _ = c.above.Compile(s.Show)
	case s.Show != "":
		f.when = c.upper(s.Show, path+".show")
	}
	if s.From != nil {
		c.later = append(c.later, func() {
			if f := c.p.byField[s.ID]; f != nil {
				f.from, f.fromAt = c.offers(s.From, path+".from"), path+".from"
			}
		})
	}
	c.kindOnly(s, path)
	switch f.typ {
	case typeTable:
		c.table(&f, s, path)
	case typeRange:
		if f.of = typeDate; s.Of == "datetime" {
			f.of = typeDateTime
		}
	case typeAttachment, typeImage:
		c.files(&f, s, path)
	}
	if s.Value != "" || s.Type == "computed" {
		c.computed(&f, s, path, c.above)
		if s.Required != (requiredSpec{}) {
			c.fail(path+".required", "a computed field is not filled in", "remove it")
		}
	}
	if f.capitals = s.Capitals; f.capitals && !f.yuan() && f.typ != typeComputed { // else its formula is wrong
		c.fail(path+".capitals", "only an amount of yuan has capitals", "type: money without currency, or remove it")
	}
	c.money = c.money || f.typ == typeMoney
	if s.Default != nil && s.Default.Kind() != config.Null {
		c.fieldDefault(&f, s.Default)
	}
	return f, true
}

// common compiles what fields and columns share.
func (c *compiler) common(s fieldSpec, path string) (field, bool) {
	f := field{id: s.ID, label: s.Label, placeholder: s.Placeholder, typ: fieldType(s.Type), options: s.Options, currency: s.Currency}
	if s.Currency != "" && s.Type != "money" {
		c.fail(path+".currency", fmt.Sprintf("a field of type %s has no currency", s.Type), "type: money, or remove it")
	}
	f.min, f.max = c.bound(s.Min, path+".min", f.typ), c.bound(s.Max, path+".max", f.typ)
	if f.min != nil && f.max != nil && *f.min > *f.max {
		c.fail(path+".min", fmt.Sprintf("min %s is more than max %s", f.min, f.max), "swap them")
	}
	c.options(s, path)
	return f, true
}

// kindOnly refuses keys that belong to fields of other types.
func (c *compiler) kindOnly(s fieldSpec, path string) {
	for _, k := range []struct {
		key   string
		given bool
		types []string
	}{
		{"from", s.From != nil, []string{"person", "persons"}}, {"columns", s.Columns != nil, []string{"table"}}, {"rows", s.Rows != nil, []string{"table"}}, {"of", s.Of != "", []string{"range"}},
		{"accept", s.Accept != nil, []string{"attachment"}}, {"max_size", s.MaxSize != "", []string{"attachment", "image"}},
		{"value", s.Value != "", []string{"computed", "number", "money", "text"}},
	} {
		if k.given && !slices.Contains(k.types, s.Type) {
			c.ps = append(c.ps, c.root.At(path).Key(k.key).Problem(fmt.Sprintf("%s does not belong to a field of type %s", k.key, s.Type), "remove it"))
		}
	}
	for key, given := range map[string]bool{"required": s.Required != (requiredSpec{}), "default": s.Default != nil} {
		if given && s.Type == "note" {
			c.ps = append(c.ps, c.root.At(path).Key(key).Problem(key+" does not belong to a note: it asks nothing", "remove it"))
		}
	}
}

// upper compiles a condition on the fields that stand above.
func (c *compiler) upper(src, path string) *cond.Cond {
	k, err := c.above.Compile(src)
	if err != nil {
		c.badExpr(err, "condition: ", path)
		return nil
	}
	return k
}

// badExpr reports what is wrong with an expression; a field that stands below is told apart from one that is
// nowhere.
func (c *compiler) badExpr(err error, what, path string) {
	e := *err.(*cond.Error)
	if id, ok := strings.CutPrefix(e.What, "the form has no field "); ok && slices.Contains(c.ids, id) {
		e.What, e.Want = fmt.Sprintf("the field %s does not stand above", id), "what a field depends on comes before it in the form"
	}
	c.place(&e, what, path)
}

// computed compiles the formula of a field or column.
func (c *compiler) computed(f *field, s fieldSpec, path string, env *cond.Env) {
	if s.Value == "" {
		c.fail(path+".value", "a computed field needs a formula", `value: "sum(form.lines.amount)"`)
		return
	}
	if s.Default != nil && s.Default.Kind() != config.Null {
		c.ps = append(c.ps, c.root.At(path).Key("default").Problem("a computed field has no default", "remove it"))
	}
	want := cond.Number
	if f.typ == typeText {
		want = cond.Text
	}
	k, err := env.Formula(s.Value, want)
	if err != nil {
		c.badExpr(err, "formula: ", path+".value")
		f.formula = &cond.Formula{} // compared with nil only: the file is refused
		return
	}
	f.formula = k
	if f.typ == typeComputed {
		if f.typ = typeNumber; k.Money() {
			f.typ = typeMoney
		}
	}
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
	case t == typeTable:
		c.fail(path, "a table has no min or max", "rows: {min: 1, max: 20}")
		return nil
	case t != typeText && t != typeLongText && t != typeMultiSelect && t != typePersons && t != typeAttachment && t != typeImage:
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

// fieldDefault compiles what a field holds at first: a value, something of the initiator's, or {value: formula}.
func (c *compiler) fieldDefault(f *field, n *config.Node) {
	if f.formula != nil || f.typ == typeNote {
		return // said already
	}
	src := ""
	switch {
	case n.Kind() == config.Map && n.Has("value"):
		var long struct {
			Value string `yaml:"value,required"`
		}
		if ps := n.Decode(&long); ps.Bad() {
			c.ps = append(c.ps, ps...)
			return
		}
		src = long.Value
	case n.Kind() == config.Scalar && (f.typ == typePerson || f.typ == typePersons) && n.Text() == "initiator":
		f.self = true
		return
	case n.Kind() == config.Scalar && strings.HasPrefix(n.Text(), "initiator.") && (f.private() || f.typ == typeDepartment):
		src = n.Text()
	}
	if src != "" {
		want := f.condKind()
		if want != cond.Number && want != cond.Text && want != cond.Bool {
			c.ps = append(c.ps, n.Problem(fmt.Sprintf("the default of a field of type %s can't be computed", f.typ), "a value"))
			return
		}
		k, err := c.above.Formula(src, want)
		if err != nil {
			path := n.Path()
			if n.Kind() == config.Map {
				path += ".value"
			}
			c.badExpr(err, "formula: ", path)
			return
		}
		f.fill = k
		return
	}
	if f.typ == typeTable || f.files() {
		c.ps = append(c.ps, n.Problem(fmt.Sprintf("a field of type %s has no default", f.typ), "remove it"))
		return
	}
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
