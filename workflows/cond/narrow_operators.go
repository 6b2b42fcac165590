package cond

import (
	"fmt"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"
)

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
