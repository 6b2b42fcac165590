package cond

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"magpie/config"
)

const (
	givenName = "given"           // of the map that given(form.x) becomes an access to
	internal  = "magpie_"         // prefix of functions that only this package may call
	rowsName  = internal + "rows" // of a table: how many rows it has
)

// names are those that an expression may use by themselves.
var names = []string{"form", "initiator", "given", "len", "lower", "upper", "trim", "sum", "min", "max", "count", "days", "hours"}

// narrow refuses what is not in our language and turns numbers into millionths. It visits children
// before their parents, once each; operands of a chained comparison stand in two places and are seen twice.
type narrow struct {
	env    *Env
	src    []rune
	own    map[ast.Node]bool // nodes made here
	used   []string
	cells  []string // columns of the same row
	person bool
	exact  bool // a formula: its arithmetic fails rather than stop at the ends of the range
	err    *Error
	seen   literals
}

func newNarrow(e *Env, src string) *narrow {
	return &narrow{env: e, src: []rune(src), own: map[ast.Node]bool{}}
}

// fail keeps the first mistake, in the order of the text.
func (n *narrow) fail(at file.Location, what, want string) {
	line, col := 1, 1
	for i, r := range n.src {
		if i == at.From {
			break
		}
		if col++; r == '\n' {
			line, col = line+1, 1
		}
	}
	if n.err == nil || line < n.err.Line || line == n.err.Line && col < n.err.Col {
		n.err = &Error{line, col, what, want}
	}
}

// Visit is called by expr for each node.
func (n *narrow) Visit(node *ast.Node) {
	if n.own[*node] {
		return
	}
	switch x := (*node).(type) {
	case *ast.IntegerNode:
		n.literal(node)
	case *ast.FloatNode:
		n.literal(node)
	case *ast.StringNode:
		n.seen.text(x.Value)
	case *ast.BoolNode, *ast.ConstantNode:
	case *ast.IdentifierNode:
		if _, cell := n.env.row[x.Value]; cell {
			if !slices.Contains(n.cells, x.Value) {
				n.cells = append(n.cells, x.Value)
			}
		} else if !slices.Contains(names, x.Value) {
			n.fail(x.Location(), "unknown name "+x.Value, n.guess(x.Value))
		}
	case *ast.MemberNode:
		n.member(x)
	case *ast.UnaryNode:
		n.unary(node, x)
	case *ast.BinaryNode:
		n.binary(node, x)
	case *ast.CallNode:
		n.call(node, x)
	case *ast.ArrayNode:
		for _, el := range x.Nodes {
			if k := n.kindOf(el); k != Text && k != Number || !isLiteral(el) {
				n.fail(el.Location(), "a list may hold texts in quotes or numbers only", `["设备", "软件"]`)
			}
		}
	case *ast.ConditionalNode:
	case *ast.NilNode:
		n.fail(x.Location(), "nil is not used here", "given(form.FIELD) says whether a field was filled in")
	case *ast.BuiltinNode, *ast.PredicateNode, *ast.PointerNode:
		n.fail(x.Location(), "functions over lists are not allowed", `"text" in form.FIELD, len(form.FIELD), sum(form.TABLE.COLUMN)`)
	default:
		n.fail(x.Location(), "this form of expression is not allowed", "comparisons of form.FIELD and initiator.FIELD joined by and, or, not")
	}
}

// literal turns the text of a number, not its float, into millionths.
func (n *narrow) literal(node *ast.Node) {
	loc := (*node).Location()
	word := string(n.src[loc.From:loc.To])
	d, err := ParseDecimal(strings.ReplaceAll(word, "_", ""))
	if err != nil {
		n.fail(loc, fmt.Sprintf("the number %s: %v", word, err), "plain digits, such as 5000 or 0.5")
	}
	n.seen.number(d)
	n.patch(node, &ast.ConstantNode{Value: int(d)})
}

func (n *narrow) patch(node *ast.Node, by ast.Node) {
	n.own[by] = true
	ast.Patch(node, by)
}

func (n *narrow) member(m *ast.MemberNode) {
	prop, named := m.Property.(*ast.StringNode)
	if inner, ok := m.Node.(*ast.MemberNode); ok && named && !m.Optional {
		if f, ok := n.field(inner); ok && n.part(m, f, prop) {
			return
		}
	}
	base, ok := m.Node.(*ast.IdentifierNode)
	if !ok || !named || m.Optional {
		n.fail(m.Location(), "only form.FIELD and initiator.FIELD can be read", "")
		return
	}
	switch base.Value {
	case "form":
		if _, ok := n.env.fields[prop.Value]; !ok {
			n.fail(prop.Location(), "the form has no field "+prop.Value, oneOf(prop.Value, n.env.order))
			return
		}
		if k := n.env.fields[prop.Value].Kind; k == Table || k == Range || k == Span {
			n.loosen()
		}
		if !slices.Contains(n.used, prop.Value) {
			n.used = append(n.used, prop.Value)
		}
	case "initiator":
		n.person = true
		if !slices.Contains(initiatorFields, prop.Value) {
			n.fail(prop.Location(), "the initiator has no "+prop.Value, oneOf(prop.Value, initiatorFields))
		}
	default:
		n.fail(base.Location(), "unknown name "+base.Value, n.guess(base.Value))
	}
}

// part checks what stands behind a second point: an end of a range, or a column of a table. False when the field
// has no parts.
func (n *narrow) part(m *ast.MemberNode, f Field, prop *ast.StringNode) bool {
	switch f.Kind {
	case Range, Span:
		if prop.Value != "start" && prop.Value != "end" {
			n.fail(prop.Location(), fmt.Sprintf("the field %s has no %s", f.ID, prop.Value), "start or end")
		}
		return true
	case Table:
		var ids []string
		for _, c := range f.Columns {
			if c.ID == prop.Value {
				return true
			}
			ids = append(ids, c.ID)
		}
		n.fail(prop.Location(), fmt.Sprintf("the table %s has no column %s", f.ID, prop.Value), oneOf(prop.Value, ids))
		return true
	}
	return false
}

// column tells which column of a table a node reads.
func (n *narrow) column(node ast.Node) (Field, bool) {
	m, ok := node.(*ast.MemberNode)
	if !ok {
		return Field{}, false
	}
	f, ok := n.field(m.Node)
	prop, named := m.Property.(*ast.StringNode)
	if !ok || !named || f.Kind != Table {
		return Field{}, false
	}
	for _, c := range f.Columns {
		if c.ID == prop.Value {
			return c, true
		}
	}
	return Field{}, false
}

func (n *narrow) unary(node *ast.Node, x *ast.UnaryNode) {
	switch k := n.kindOf(x.Node); x.Operator {
	case "not", "!":
		if k != Bool {
			n.fail(x.Location(), "not needs a condition", "not (form.amount > 100)")
		}
	case "-":
		if k != Number {
			n.fail(x.Location(), "only a number can be negative", "")
			return
		}
		if c, ok := x.Node.(*ast.ConstantNode); ok {
			n.seen.number(Decimal(-c.Value.(int)))
			n.patch(node, &ast.ConstantNode{Value: -c.Value.(int)})
			return
		}
		n.seen.loose = true
		n.patch(node, n.apply("sub", &ast.ConstantNode{Value: 0}, x.Node))
	default:
		n.fail(x.Location(), "the sign "+x.Operator+" has no use here", "")
	}
}

func (n *narrow) apply(name string, args ...ast.Node) ast.Node {
	callee := &ast.IdentifierNode{Value: internal + name}
	n.own[callee] = true
	return &ast.CallNode{Callee: callee, Arguments: args}
}

func (n *narrow) binary(node *ast.Node, x *ast.BinaryNode) {
	l, r := n.kindOf(x.Left), n.kindOf(x.Right)
	switch x.Operator {
	case "and", "or", "&&", "||":
		for _, side := range []ast.Node{x.Left, x.Right} {
			if k := n.kindOf(side); k != Bool && k != "" {
				n.fail(side.Location(), fmt.Sprintf("%s joins conditions, this is a %s", x.Operator, k), "form.amount > 100 and form.urgent")
			}
		}
	case "==", "!=", "<", "<=", ">", ">=":
		n.compare(node, x, l, r)
	case "in":
		n.in(x, l, r)
	case "contains", "startsWith", "endsWith", "matches":
		n.seen.loose = true
		if l != Text || r != Text {
			n.fail(x.Location(), x.Operator+" compares texts", `form.item `+x.Operator+` "电脑"`)
		}
		if _, ok := x.Right.(*ast.StringNode); x.Operator == "matches" && !ok {
			n.fail(x.Location(), "the pattern of matches must be written in quotes", `form.item matches "^A[0-9]+$"`)
		}
	case "+", "-", "*":
		n.arithmetic(node, x, l, r)
	case "/":
		if n.exact {
			n.arithmetic(node, x, l, r)
			return
		}
		n.fail(x.Location(), x.Operator+" is not exact", "multiply the other side instead: form.a * 2 > form.b; or compare a computed field")
	case "%", "**", "^":
		n.fail(x.Location(), x.Operator+" is not exact", "multiply the other side instead: form.a * 2 > form.b")
	case "..":
		n.fail(x.Location(), "ranges are not allowed", "form.days >= 1 and form.days <= 3")
	default:
		n.fail(x.Location(), "the operator "+x.Operator+" is not allowed", "")
	}
}

func (n *narrow) arithmetic(node *ast.Node, x *ast.BinaryNode, l, r Kind) {
	if l != Number || r != Number {
		want := ""
		for _, side := range []ast.Node{x.Left, x.Right} {
			if k := n.kindOf(side); k == numbers {
				want = "sum(form.TABLE.COLUMN)"
			}
		}
		n.fail(x.Location(), x.Operator+" needs numbers on both sides", want)
		return
	}
	if n.exact {
		if c, ok := x.Right.(*ast.ConstantNode); ok && x.Operator == "/" && c.Value == 0 {
			n.fail(x.Right.Location(), "it is divided by zero", "another number")
		}
		n.patch(node, n.apply(map[string]string{"+": "add", "-": "sub", "*": "mul", "/": "div"}[x.Operator], x.Left, x.Right))
		return
	}
	n.seen.loose = true
	switch x.Operator {
	case "+":
		n.patch(node, n.apply("add", x.Left, x.Right))
	case "-":
		n.patch(node, n.apply("sub", x.Left, x.Right))
	case "*":
		value, factor := x.Left, x.Right
		if _, ok := factor.(*ast.ConstantNode); !ok {
			value, factor = x.Right, x.Left
		}
		c, ok := factor.(*ast.ConstantNode)
		if !ok || c.Value.(int)%Scale != 0 {
			n.fail(x.Location(), "* needs a whole number written out on one side", "form.price * 3; or compare a computed field")
			return
		}
		n.patch(node, n.apply("mul", value, &ast.ConstantNode{Value: c.Value.(int) / Scale}))
	}
}

func (n *narrow) compare(node *ast.Node, x *ast.BinaryNode, l, r Kind) {
	order := x.Operator != "==" && x.Operator != "!="
	_, yesLeft := x.Left.(*ast.BoolNode)
	_, yesRight := x.Right.(*ast.BoolNode)
	if !isLiteral(x.Left) && !isLiteral(x.Right) && !yesLeft && !yesRight {
		n.seen.loose = true
	}
	for _, side := range []struct {
		field, other ast.Node
		put          *ast.Node
	}{{x.Left, x.Right, &x.Right}, {x.Right, x.Left, &x.Left}} {
		f, ok := n.field(side.field)
		if d, isDate := n.dateField(side.field); isDate {
			f, ok = d, true
		}
		lit, quoted := side.other.(*ast.StringNode)
		if !ok || !quoted || n.own[lit] {
			continue
		}
		switch f.Kind {
		case Date, DateTime:
			n.instant(side.put, lit, f.Kind)
		case Text:
			n.option(f, lit)
		}
	}
	l, r = n.kindOf(x.Left), n.kindOf(x.Right)
	dates := []ast.Node{}
	for _, side := range []ast.Node{x.Left, x.Right} {
		if f, ok := n.dateField(side); ok {
			dates = append(dates, side)
			if lit, ok := map[bool]ast.Node{true: x.Right, false: x.Left}[side == x.Left].(*ast.StringNode); ok && n.own[lit] {
				l, r = f.Kind, f.Kind
			}
		}
	}
	switch {
	case l == "" || r == "": // a mistake below, already reported
	case l != r:
		n.fail(x.Location(), fmt.Sprintf("a %s is compared with a %s", l, r), "")
	case l == List:
		n.fail(x.Location(), "lists can't be compared", `"text" in form.FIELD`)
	case l == numbers:
		n.fail(x.Location(), "columns can't be compared", "sum(form.TABLE.COLUMN) > 100")
	case l == Table:
		n.fail(x.Location(), "tables can't be compared", "count(form.TABLE) > 3")
	case l == Range || l == Span:
		n.fail(x.Location(), "ranges can't be compared", "form.FIELD.start < form.OTHER.start")
	case order && (l == Text || l == Bool):
		n.fail(x.Location(), fmt.Sprintf("%s orders numbers and dates, not a %s", x.Operator, l), "== or !=")
	}
	if len(dates) == 0 || n.err != nil {
		return
	}
	var whole ast.Node = &ast.BinaryNode{Operator: x.Operator, Left: x.Left, Right: x.Right}
	whole.SetLocation(x.Location())
	n.own[whole] = true
	for _, d := range dates {
		whole = &ast.BinaryNode{Operator: "and", Left: n.given(d), Right: whole}
		whole.SetLocation(x.Location())
		n.own[whole] = true
	}
	n.patch(node, whole)
}

// instant checks a date or time in quotes and writes it as values are written.
func (n *narrow) instant(put *ast.Node, lit *ast.StringNode, k Kind) {
	if k == Date {
		if t, err := time.Parse(time.DateOnly, lit.Value); err != nil || t.Format(time.DateOnly) != lit.Value {
			n.fail(lit.Location(), fmt.Sprintf("%q is not a date", lit.Value), `"2026-01-31"`)
		}
		n.seen.text(lit.Value)
		n.patch(put, &ast.StringNode{Value: lit.Value})
		return
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", lit.Value, n.env.loc)
	if err != nil {
		t, err = time.Parse(time.RFC3339, lit.Value)
	}
	if err != nil {
		n.fail(lit.Location(), fmt.Sprintf("%q is not a time", lit.Value), `"2026-01-31 18:00"`)
	}
	n.seen.text(CanonicalTime(t))
	n.patch(put, &ast.StringNode{Value: CanonicalTime(t)})
}

func (n *narrow) option(f Field, lit *ast.StringNode) {
	if f.Options != nil && lit.Value != "" && !slices.Contains(f.Options, lit.Value) {
		n.fail(lit.Location(), fmt.Sprintf("%q is not an option of %s", lit.Value, f.ID), oneOf(lit.Value, f.Options))
	}
}

func (n *narrow) in(x *ast.BinaryNode, l, r Kind) {
	if l == "" || r == "" {
		return
	}
	if r != List || l != Text && l != Number {
		n.fail(x.Location(), "in asks whether a text or number is in a list", `form.type in ["设备", "软件"] or "设备" in form.types`)
		return
	}
	if arr, ok := x.Right.(*ast.ArrayNode); ok {
		f, isField := n.field(x.Left)
		for _, el := range arr.Nodes {
			if k := n.kindOf(el); k != l {
				n.fail(el.Location(), fmt.Sprintf("the list holds a %s where a %s is looked for", k, l), "")
			}
			if lit, ok := el.(*ast.StringNode); ok && isField {
				n.option(f, lit)
			}
		}
		return
	}
	if l != Text {
		n.fail(x.Location(), "the list holds texts", `"设备" in form.types`)
	}
	if f, ok := n.field(x.Right); ok {
		if lit, ok := x.Left.(*ast.StringNode); ok {
			n.option(f, lit)
		}
	}
}

func (n *narrow) call(node *ast.Node, x *ast.CallNode) {
	callee, ok := x.Callee.(*ast.IdentifierNode)
	if !ok {
		n.fail(x.Location(), "this can't be called", strings.Join(names[2:], ", "))
		return
	}
	switch {
	case callee.Value == "given":
		if len(x.Arguments) == 1 {
			_, field := n.field(x.Arguments[0])
			if _, end := n.dateField(x.Arguments[0]); field || end {
				n.patch(node, n.given(x.Arguments[0]))
				return
			}
		}
		n.fail(x.Location(), "given asks about one field of the form", "given(form.FIELD)")
	case callee.Value == "days" || callee.Value == "hours":
		n.loosen()
		n.between(node, x, callee.Value)
	case callee.Value == "sum" || callee.Value == "min" || callee.Value == "max" || callee.Value == "count":
		n.loosen()
		n.over(node, x, callee.Value)
	case n.loosen() && len(x.Arguments) != 1:
		n.fail(x.Location(), callee.Value+" takes one argument", "")
	default:
		k := n.kindOf(x.Arguments[0])
		if f, ok := n.field(x.Arguments[0]); ok && f.Kind == Table && callee.Value == "len" {
			n.over(node, x, "count")
			return
		}
		if k == List && isLiteral(x.Arguments[0]) || k != Text && !(k == List && callee.Value == "len") {
			n.fail(x.Location(), callee.Value+" takes a text"+map[bool]string{true: " or a list of the form"}[callee.Value == "len"], "")
		}
	}
}

// over checks sum, min, max and count: of a column; count also of a table, min and max also of two numbers.
func (n *narrow) over(node *ast.Node, x *ast.CallNode, name string) {
	if len(x.Arguments) == 0 || len(x.Arguments) > 2 {
		n.fail(x.Location(), name+" takes one column", name+"(form.TABLE.COLUMN)")
		return
	}
	arg := x.Arguments[0]
	_, isColumn := n.column(arg)
	f, isField := n.field(arg)
	switch k := n.kindOf(arg); {
	case len(x.Arguments) == 2:
		if name == "sum" || name == "count" || k != Number || n.kindOf(x.Arguments[1]) != Number {
			n.fail(x.Location(), name+" takes one column"+map[bool]string{true: " or two numbers"}[name == "min" || name == "max"], name+"(form.TABLE.COLUMN)")
		}
	case name == "count" && isField && f.Kind == Table:
		m := &ast.MemberNode{Node: arg, Property: &ast.StringNode{Value: rowsName}}
		m.SetLocation(x.Location())
		m.Property.SetLocation(x.Location())
		n.own[m.Property] = true
		n.patch(node, m)
	case name == "count" && isColumn:
	case isColumn && k == numbers:
	case k == "" && n.err != nil: // said already
	case isColumn:
		n.fail(arg.Location(), fmt.Sprintf("%s needs a column of numbers", name), "count(form.TABLE.COLUMN)")
	default:
		n.fail(x.Location(), name+" takes a column of a table", name+"(form.TABLE.COLUMN)")
	}
}

// between checks days and hours: of a range, or from one date to another.
func (n *narrow) between(node *ast.Node, x *ast.CallNode, name string) {
	whole, end := Range, Date
	if name == "hours" {
		whole, end = Span, DateTime
	}
	args := x.Arguments
	if len(args) == 1 {
		if f, ok := n.field(args[0]); ok && f.Kind == whole {
			args = []ast.Node{n.endOf(args[0], "start"), n.endOf(args[0], "end")}
		}
	}
	ok := len(args) == 2
	for _, a := range args {
		f, isField := n.dateField(a)
		ok = ok && isField && f.Kind == end
	}
	if !ok {
		n.fail(x.Location(), fmt.Sprintf("%s takes a %s of dates, or two %ss of the form", name, whole, end), name+"(form.FIELD) or "+name+"(form.START, form.END)")
		return
	}
	n.patch(node, n.apply(name, args...))
}

// endOf makes the access to an end of a range.
func (n *narrow) endOf(field ast.Node, end string) ast.Node {
	m := &ast.MemberNode{Node: field, Property: &ast.StringNode{Value: end}}
	m.SetLocation(field.Location())
	m.Property.SetLocation(field.Location())
	n.own[m], n.own[m.Property] = true, true
	return m
}

// dateField is the date or time that a node reads: a field, or an end of a range as a field of its own.
func (n *narrow) dateField(node ast.Node) (Field, bool) {
	if f, ok := n.field(node); ok {
		return f, f.Kind == Date || f.Kind == DateTime
	}
	m, ok := node.(*ast.MemberNode)
	if !ok {
		return Field{}, false
	}
	f, ok := n.field(m.Node)
	switch {
	case ok && f.Kind == Range:
		return Field{ID: f.ID, Kind: Date}, true
	case ok && f.Kind == Span:
		return Field{ID: f.ID, Kind: DateTime}, true
	}
	return Field{}, false
}

// given makes the access that tells whether the field of a node was filled in.
func (n *narrow) given(field ast.Node) ast.Node {
	f, ok := n.field(field)
	if !ok {
		f, _ = n.dateField(field)
	}
	m := &ast.MemberNode{Node: &ast.IdentifierNode{Value: givenName}, Property: &ast.StringNode{Value: f.ID}}
	m.SetLocation(field.Location())
	m.Node.SetLocation(field.Location())
	m.Property.SetLocation(field.Location())
	n.own[m], n.own[m.Node], n.own[m.Property] = true, true, true
	return m
}

// field tells which field of the form a node reads.
func (n *narrow) field(node ast.Node) (Field, bool) {
	m, ok := node.(*ast.MemberNode)
	if !ok {
		return Field{}, false
	}
	base, ok := m.Node.(*ast.IdentifierNode)
	prop, named := m.Property.(*ast.StringNode)
	if !ok || !named || base.Value != "form" {
		return Field{}, false
	}
	f, ok := n.env.fields[prop.Value]
	return f, ok
}

// kindOf is the type of a node that was visited, "" when it is a mistake reported elsewhere.
func (n *narrow) kindOf(node ast.Node) Kind {
	switch x := node.(type) {
	case *ast.ConstantNode:
		return Number
	case *ast.IdentifierNode:
		if f, ok := n.env.row[x.Value]; ok {
			return f.Kind
		}
	case *ast.BoolNode:
		return Bool
	case *ast.StringNode:
		return Text
	case *ast.ArrayNode:
		return List
	case *ast.MemberNode:
		if f, ok := n.field(x); ok {
			return f.Kind
		}
		if f, ok := n.dateField(x); ok {
			return f.Kind
		}
		if f, ok := n.column(x); ok {
			if f.Kind == Number {
				return numbers
			}
			return List
		}
		if p, ok := x.Property.(*ast.StringNode); ok && p.Value == rowsName {
			return Number
		}
		if base, ok := x.Node.(*ast.IdentifierNode); ok {
			switch {
			case base.Value == "initiator":
				return Text
			case n.own[x]:
				return Bool
			}
		}
	case *ast.UnaryNode:
		if x.Operator == "-" {
			return Number
		}
		return Bool
	case *ast.BinaryNode:
		switch x.Operator {
		case "+", "-", "*":
			return Number
		case "..", "??", "/", "%", "**", "^", "|":
			return ""
		}
		return Bool
	case *ast.CallNode:
		if callee, ok := x.Callee.(*ast.IdentifierNode); ok {
			switch {
			case slices.Contains([]string{"len", "sum", "min", "max", "count", "days", "hours"}, callee.Value) || strings.HasPrefix(callee.Value, internal) && n.own[callee]:
				return Number
			case callee.Value == "given":
				return Bool
			}
			return Text
		}
	case *ast.ConditionalNode:
		if a, b := n.kindOf(x.Exp1), n.kindOf(x.Exp2); a == b {
			return a
		}
	}
	return ""
}

func isLiteral(node ast.Node) bool {
	switch node.(type) {
	case *ast.StringNode, *ast.ConstantNode, *ast.ArrayNode:
		return true
	}
	return false
}

// numbers is the kind of a column of numbers; one of texts is a List.
const numbers Kind = "column of numbers"

func (n *narrow) guess(word string) string {
	if n.env.row != nil {
		if len(n.env.row) == 0 {
			return "a column that stands before this one, or form.FIELD"
		}
		return oneOf(word, n.env.rowOrder) + ", or form.FIELD"
	}
	if _, ok := n.env.fields[word]; ok {
		return "form." + word
	}
	return "form.FIELD or initiator.FIELD; texts stand in quotes"
}

// oneOf suggests the nearest of some names, or lists them.
func oneOf(word string, names []string) string {
	if best := config.Nearest(word, names); best != "" {
		return "did you mean " + best + "?"
	}
	sorted := slices.Clone(names)
	sort.Strings(sorted)
	if len(sorted) > 12 {
		sorted = append(sorted[:12:12], "…")
	}
	return "one of " + strings.Join(sorted, ", ")
}
