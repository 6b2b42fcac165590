package cond

import (
	"fmt"
	"slices"
	"sort"
	"strings"

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
