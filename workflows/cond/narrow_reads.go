package cond

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

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
