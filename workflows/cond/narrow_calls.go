package cond

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
)

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
