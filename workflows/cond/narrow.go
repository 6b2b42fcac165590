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
	givenName = "given"   // of the map that given(form.x) becomes an access to
	internal  = "magpie_" // prefix of functions that only this file may call
)

// narrow refuses what is not in our language and turns numbers into millionths. It visits children
// before their parents, once each; operands of a chained comparison stand in two places and are seen twice.
type narrow struct {
	env    *Env
	src    []rune
	own    map[ast.Node]bool // nodes made here
	used   []string
	person bool
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
		switch x.Value {
		case "form", "initiator", "given", "len", "lower", "upper", "trim":
		default:
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
		n.fail(x.Location(), "functions over lists are not allowed", `"text" in form.FIELD, len(form.FIELD)`)
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
	base, ok := m.Node.(*ast.IdentifierNode)
	prop, named := m.Property.(*ast.StringNode)
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
	case "/", "%", "**", "^":
		n.fail(x.Location(), x.Operator+" is not exact", "multiply the other side instead: form.a * 2 > form.b")
	case "..":
		n.fail(x.Location(), "ranges are not allowed", "form.days >= 1 and form.days <= 3")
	default:
		n.fail(x.Location(), "the operator "+x.Operator+" is not allowed", "")
	}
}

func (n *narrow) arithmetic(node *ast.Node, x *ast.BinaryNode, l, r Kind) {
	if l != Number || r != Number {
		n.fail(x.Location(), x.Operator+" needs numbers on both sides", "")
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
			n.fail(x.Location(), "* needs a whole number written out on one side", "form.price * 3")
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
		if f, ok := n.field(side); ok && (f.Kind == Date || f.Kind == DateTime) {
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
		n.fail(x.Location(), "this can't be called", "len, lower, upper, trim or given")
		return
	}
	switch {
	case callee.Value == "given":
		if len(x.Arguments) == 1 {
			if _, ok := n.field(x.Arguments[0]); ok {
				n.patch(node, n.given(x.Arguments[0]))
				return
			}
		}
		n.fail(x.Location(), "given asks about one field of the form", "given(form.FIELD)")
	case n.loosen() && len(x.Arguments) != 1:
		n.fail(x.Location(), callee.Value+" takes one argument", "")
	default:
		k := n.kindOf(x.Arguments[0])
		if k == List && isLiteral(x.Arguments[0]) || k != Text && !(k == List && callee.Value == "len") {
			n.fail(x.Location(), callee.Value+" takes a text"+map[bool]string{true: " or a list of the form"}[callee.Value == "len"], "")
		}
	}
}

// given makes the access that tells whether the field of a node was filled in.
func (n *narrow) given(field ast.Node) ast.Node {
	m := &ast.MemberNode{Node: &ast.IdentifierNode{Value: givenName}, Property: &ast.StringNode{Value: field.(*ast.MemberNode).Property.(*ast.StringNode).Value}}
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
			case callee.Value == "len" || strings.HasPrefix(callee.Value, internal) && n.own[callee]:
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

func (n *narrow) guess(word string) string {
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
