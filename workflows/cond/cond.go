package cond

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Kind is the type of a field, as conditions see it.
type Kind string

const (
	Text     Kind = "text"     // also selects: Options are then the values it can have
	Number   Kind = "number"   // also money
	Bool     Kind = "bool"     //
	Date     Kind = "date"     // 2006-01-02
	DateTime Kind = "datetime" // RFC 3339 in UTC, whole seconds
	List     Kind = "list"     // of texts: multiselects and persons
	Range    Kind = "range"    // two dates, read as form.x.start and form.x.end
	Span     Kind = "span"     // two times, the same
	Table    Kind = "table"    // rows; its columns are read whole: sum(form.lines.amount)
)

// Field is one field of the form.
type Field struct {
	ID      string
	Kind    Kind
	Options []string // nil: any text
	Money   bool     // of a Number: what is computed with it is money
	Columns []Field  // of a Table: texts, numbers, dates and the like
}

// Value is a field's value in canonical form: a Number as Decimal.String writes it, a Bool as "true" or
// "false", a DateTime as CanonicalTime writes it. The zero Value is a field that was left empty.
type Value struct {
	Text string
	List []string           // of a Range or Span: start and end
	Rows []map[string]Value // of a Table: column → value
}

func (v Value) given() bool { return v.Text != "" || len(v.List) > 0 || len(v.Rows) > 0 }

// Initiator is what conditions know of who started it.
type Initiator struct{ ID, Name, Dept, Title string }

// Values is what a condition is evaluated on.
type Values struct {
	Form      map[string]Value
	Initiator Initiator
}

// Limits of one condition.
const (
	maxSource = 1000 // bytes
	maxNodes  = 200
	maxMemory = 10_000 // elements that a run may allocate
)

// Env types conditions by a form. It is immutable and safe for concurrent use.
type Env struct {
	fields map[string]Field
	order  []string
	loc    *time.Location
	types  types.Map // of what stands at the top
	opts   []expr.Option

	row      map[string]Field // columns of the row that a formula belongs to
	rowOrder []string
}

// initiatorFields are the names below `initiator`, all texts.
var initiatorFields = []string{"dept", "id", "name", "title"}

// New makes the Env of a form. Times written in conditions are of loc; nil is UTC.
func New(fields []Field, loc *time.Location) *Env {
	if loc == nil {
		loc = time.UTC
	}
	e := &Env{fields: make(map[string]Field, len(fields)), loc: loc}
	form, given := types.Map{}, types.Map{}
	for _, f := range fields {
		e.fields[f.ID] = f
		e.order = append(e.order, f.ID)
		form[f.ID] = typeOf(f)
		given[f.ID] = types.Bool
	}
	initiator := types.Map{}
	for _, name := range initiatorFields {
		initiator[name] = types.String
	}
	e.types = types.Map{"form": form, "initiator": initiator, givenName: given}
	e.opts = []expr.Option{
		expr.Env(e.types),
		expr.AsBool(), expr.WarnOnAny(),
		expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.DisableIfOperator(), expr.Optimize(false),
		lenFunc(), text("lower", strings.ToLower), text("upper", strings.ToUpper), text("trim", strings.TrimSpace),
		arith("add", add), arith("sub", sub), arith("mul", mul),
	}
	e.opts = append(e.opts, columnFuncs()...)
	e.opts = append(e.opts, dateFuncs()...)
	return e
}

func lenFunc() expr.Option {
	return expr.Function("len", func(a ...any) (any, error) {
		if l, ok := a[0].([]string); ok {
			return len(l) * Scale, nil
		}
		return len([]rune(a[0].(string))) * Scale, nil
	}, new(func(string) int), new(func([]string) int))
}

func text(name string, f func(string) string) expr.Option {
	return expr.Function(name, func(a ...any) (any, error) { return f(a[0].(string)), nil }, new(func(string) string))
}

func arith(name string, f func(a, b int) int) expr.Option {
	return expr.Function(internal+name, func(a ...any) (any, error) { return f(a[0].(int), a[1].(int)), nil }, new(func(int, int) int))
}

func typeOf(f Field) types.Type {
	switch f.Kind {
	case Number:
		return types.Int
	case Bool:
		return types.Bool
	case List:
		return types.TypeOf([]string(nil))
	case Range, Span:
		return types.Map{"start": types.String, "end": types.String}
	case Table:
		cols := types.Map{rowsName: types.Int}
		for _, c := range f.Columns {
			cols[c.ID] = columnType(c.Kind)
		}
		return cols
	}
	return types.String
}

// columnType is that of a whole column.
func columnType(k Kind) types.Type {
	if k == Number {
		return types.TypeOf([]int(nil))
	}
	return types.TypeOf([]string(nil))
}

// Error is a condition that can't be compiled.
type Error struct {
	Line, Col int // in the condition's own text, from 1, in characters
	What      string
	Want      string
}

// Error is the line for people.
func (e *Error) Error() string {
	s := fmt.Sprintf("%d:%d: %s", e.Line, e.Col, e.What)
	if e.Want != "" {
		s += "; " + e.Want
	}
	return s
}

// Cond is a compiled condition. It is immutable and safe for concurrent use.
type Cond struct {
	src    string
	prog   *vm.Program
	env    *Env
	fields []string
	read   []string // fields whose values count, not only whether they were given
	person bool     // reads the initiator
	lit    literals
}

// Compile reads, narrows and types a condition; the error is an *Error.
func (e *Env) Compile(src string) (*Cond, error) {
	if len(src) > maxSource {
		return nil, &Error{1, 1, fmt.Sprintf("the condition is longer than %d bytes", maxSource), "split it into several steps"}
	}
	if strings.TrimSpace(src) == "" {
		return nil, &Error{1, 1, "the condition is empty", "form.amount >= 5000"}
	}
	n := newNarrow(e, src)
	prog, err := expr.Compile(src, append(e.opts[:len(e.opts):len(e.opts)], expr.Patch(n))...)
	if n.err != nil {
		return nil, n.err
	}
	if err != nil {
		return nil, fromExpr(err)
	}
	return &Cond{src: src, prog: prog, env: e, fields: n.used, read: n.compared(prog.Node()), person: n.person, lit: n.seen}, nil
}

// fromExpr keeps the place and the first line of expr's message, in our words for types.
func fromExpr(err error) *Error {
	var fe *file.Error
	if errors.As(err, &fe) {
		line := max(fe.Line, 1)
		return &Error{line, fe.Column + 1, ourWords(fe.Message), ""}
	}
	what, _, _ := strings.Cut(err.Error(), "\n")
	return &Error{1, 1, ourWords(what), "a comparison, such as form.amount >= 5000"}
}

var ourWords = strings.NewReplacer("[]string", "list", "string", "text", "expected bool, but got int", "expected yes or no, but it is a number", "but got bool", "but it is a yes or no", "expected bool", "expected yes or no",
	"compilation failed: expression exceeds maximum allowed nodes", "the condition has too many parts", "int", "number").Replace

// String is the condition as written.
func (c *Cond) String() string { return c.src }

// Fields lists the form's fields that the condition reads, in order of first use; none for a nil condition.
func (c *Cond) Fields() []string {
	if c == nil {
		return nil
	}
	return c.fields
}

// Eval decides the condition. An error means that a value is not in canonical form.
func (c *Cond) Eval(v Values) (bool, error) {
	in, err := c.env.input(c.fields, v)
	if err != nil {
		return false, fmt.Errorf("condition %q: %w", c.src, err)
	}
	machine := vm.VM{MemoryBudget: maxMemory}
	out, err := machine.Run(c.prog, in)
	if err != nil {
		return false, fmt.Errorf("condition %q: %w", c.src, err)
	}
	return out.(bool), nil
}

// Compared lists the fields whose values the condition looks at: those of Fields but for the ones of which it
// only asks whether they were given.
func (c *Cond) Compared() []string { return c.read }

// input is what a program runs on: the fields that it reads.
func (e *Env) input(fields []string, v Values) (map[string]any, error) {
	form := make(map[string]any, len(fields))
	given := make(map[string]any, len(fields))
	for _, id := range fields {
		val, f := v.Form[id], e.fields[id]
		given[id] = val.given()
		x, err := f.native(val)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", id, err)
		}
		form[id] = x
	}
	return map[string]any{
		"form": form, givenName: given,
		"initiator": map[string]any{"id": v.Initiator.ID, "name": v.Initiator.Name, "dept": v.Initiator.Dept, "title": v.Initiator.Title},
	}, nil
}

// native is a value as expr sees it.
func (f Field) native(v Value) (any, error) {
	switch f.Kind {
	case Number:
		if v.Text == "" {
			return 0, nil
		}
		n, err := ParseDecimal(v.Text)
		return int(n), err
	case Bool:
		return v.Text == "true", nil
	case List:
		return v.List, nil
	case Range, Span:
		ends := map[string]any{"start": "", "end": ""}
		if len(v.List) == 2 {
			ends["start"], ends["end"] = v.List[0], v.List[1]
		}
		return ends, nil
	case Table:
		cols := make(map[string]any, len(f.Columns)+1)
		cols[rowsName] = len(v.Rows) * Scale
		for _, c := range f.Columns {
			x, err := c.column(v.Rows)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", c.ID, err)
			}
			cols[c.ID] = x
		}
		return cols, nil
	}
	return v.Text, nil
}

// column is a whole column of a table, without the cells that were left empty.
func (f Field) column(rows []map[string]Value) (any, error) {
	var numbers []int
	var texts []string
	for _, r := range rows {
		cell := r[f.ID]
		if !cell.given() {
			continue
		}
		if f.Kind != Number {
			texts = append(texts, cell.Text)
			continue
		}
		n, err := ParseDecimal(cell.Text)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, int(n))
	}
	if f.Kind == Number {
		return numbers, nil
	}
	return texts, nil
}

// CanonicalTime writes an instant as a DateTime value.
func CanonicalTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Fixed is the value of a condition that reads nothing that can change; ok is false for others.
func (c *Cond) Fixed() (v, ok bool) {
	if c == nil || len(c.fields) > 0 || c.person {
		return false, false
	}
	v, err := c.Eval(Values{})
	return v, err == nil
}
