package cond

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"
)

// Formula is a compiled expression that gives a value: a number, a text, yes or no. It is immutable and safe for
// concurrent use.
type Formula struct {
	src    string
	prog   *vm.Program
	env    *Env
	fields []string
	cells  []string // columns of the same row that it reads
	kind   Kind
	money  bool
}

// Row makes an Env for formulas of a table's column: the columns before it are names of their own.
func (e *Env) Row(columns []Field) *Env {
	r := *e
	r.row = map[string]Field{}
	for _, c := range columns {
		r.row[c.ID] = c
		r.rowOrder = append(r.rowOrder, c.ID)
	}
	return &r
}

// Reserved reports whether a name means something in expressions, so that no column can have it.
func Reserved(name string) bool {
	return slices.Contains(names, name) || strings.HasPrefix(name, internal) ||
		slices.Contains([]string{"true", "false", "nil", "and", "or", "not", "in", "let", "if", "else", "contains", "startsWith", "endsWith", "matches"}, name)
}

// Formula reads, narrows and types an expression that gives a value of a kind: Number, Text or Bool. The error
// is an *Error.
func (e *Env) Formula(src string, want Kind) (*Formula, error) {
	if len(src) > maxSource {
		return nil, &Error{1, 1, fmt.Sprintf("the formula is longer than %d bytes", maxSource), "put parts of it into computed fields"}
	}
	if strings.TrimSpace(src) == "" {
		return nil, &Error{1, 1, "the formula is empty", "form.price * form.qty"}
	}
	n := newNarrow(e, src)
	n.exact = true
	as := map[Kind]expr.Option{Number: expr.AsKind(reflect.Int), Text: expr.AsKind(reflect.String), Bool: expr.AsBool()}[want]
	prog, err := expr.Compile(src, append([]expr.Option{as}, append(e.formulaOpts(), expr.Patch(n))...)...)
	if n.err != nil {
		return nil, n.err
	}
	if err != nil {
		fe := fromExpr(err)
		if fe.Want != "" {
			fe.Want = "form.price * form.qty, sum(form.lines.amount)"
		}
		return nil, fe
	}
	f := &Formula{src: src, prog: prog, env: e, fields: n.used, cells: n.cells, kind: want}
	f.money = want == Number && n.money(prog.Node())
	return f, nil
}

// formulaOpts are those of conditions with an arithmetic that fails where it can't be exact, and the row's
// columns as names.
func (e *Env) formulaOpts() []expr.Option {
	top := maps.Clone(e.types)
	for id, f := range e.row {
		top[id] = typeOf(f)
	}
	return []expr.Option{
		expr.Env(top), expr.WarnOnAny(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.DisableIfOperator(), expr.Optimize(false),
		lenFunc(), text("lower", strings.ToLower), text("upper", strings.ToUpper), text("trim", strings.TrimSpace),
		exact("add", exactAdd), exact("sub", exactSub), exact("mul", exactMul), exact("div", exactDiv),
		expr.Function("sum", exactSum, new(func([]int) int)),
		extreme("min", func(a, b int) bool { return a < b }), extreme("max", func(a, b int) bool { return a > b }), countFunc(),
		dateFuncs()[0], dateFuncs()[1],
	}
}

func exact(name string, f func(a, b int) (int, error)) expr.Option {
	return expr.Function(internal+name, func(a ...any) (any, error) {
		n, err := f(a[0].(int), a[1].(int))
		return n, err
	}, new(func(int, int) int))
}

// Money reports whether the result is an amount of money: money stays money when it is added up, multiplied or
// divided, and one amount divided by another is a plain number.
func (f *Formula) Money() bool { return f.money }

// Fields lists the form's fields that the formula reads, in order of first use.
func (f *Formula) Fields() []string { return f.fields }

// Cells lists the columns of the same row that it reads.
func (f *Formula) Cells() []string { return f.cells }

// String is the formula as written.
func (f *Formula) String() string { return f.src }

// Eval computes the value, in canonical form; row is nil outside a table. ErrOverflow, ErrDivide; any other
// error means that a value is not in canonical form.
func (f *Formula) Eval(v Values, row map[string]Value) (Value, error) {
	in, err := f.env.input(f.fields, v)
	if err != nil {
		return Value{}, fmt.Errorf("formula %q: %w", f.src, err)
	}
	for _, id := range f.cells {
		x, err := f.env.row[id].native(row[id])
		if err != nil {
			return Value{}, fmt.Errorf("formula %q: column %s: %w", f.src, id, err)
		}
		in[id] = x
	}
	machine := vm.VM{MemoryBudget: maxMemory}
	out, err := machine.Run(f.prog, in)
	switch {
	case errors.Is(err, ErrOverflow):
		return Value{}, ErrOverflow
	case errors.Is(err, ErrDivide):
		return Value{}, ErrDivide
	case err != nil:
		return Value{}, fmt.Errorf("formula %q: %w", f.src, err)
	}
	switch out := out.(type) {
	case int:
		n, err := sure(out)
		return Value{Text: Decimal(n).String()}, err
	case bool:
		return Value{Text: map[bool]string{true: "true", false: "false"}[out]}, nil
	case string:
		return Value{Text: out}, nil
	}
	return Value{}, fmt.Errorf("formula %q gives a %T", f.src, out)
}

// money tells whether a number is an amount of money.
func (n *narrow) money(node ast.Node) bool {
	switch x := node.(type) {
	case *ast.MemberNode:
		if f, ok := n.field(x); ok {
			return f.Money
		}
		if f, ok := n.column(x); ok {
			return f.Money
		}
	case *ast.IdentifierNode:
		return n.env.row[x.Value].Money
	case *ast.ConditionalNode:
		return n.money(x.Exp1) || n.money(x.Exp2)
	case *ast.CallNode:
		callee, ok := x.Callee.(*ast.IdentifierNode)
		if !ok || len(x.Arguments) == 0 {
			return false
		}
		switch callee.Value {
		case internal + "div":
			return n.money(x.Arguments[0]) && !n.money(x.Arguments[1])
		case internal + "add", internal + "sub", internal + "mul", "min", "max", "sum":
			return slices.ContainsFunc(x.Arguments, n.money)
		}
	}
	return false
}

// compared lists the fields whose values a program looks at. What it only asks of is whether they were given.
func (n *narrow) compared(root ast.Node) []string {
	v := &readers{n: n}
	ast.Walk(&root, v)
	return v.ids
}

type readers struct {
	n   *narrow
	ids []string
}

// Visit implements ast.Visitor.
func (r *readers) Visit(node *ast.Node) {
	m, ok := (*node).(*ast.MemberNode)
	if !ok {
		return
	}
	base, isName := m.Node.(*ast.IdentifierNode)
	prop, named := m.Property.(*ast.StringNode)
	if isName && named && base.Value == "form" && !slices.Contains(r.ids, prop.Value) {
		r.ids = append(r.ids, prop.Value)
	}
}
