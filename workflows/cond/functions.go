package cond

import (
	"time"

	"github.com/expr-lang/expr"
)

// Functions over the columns of a table and over dates. Conditions stop at the ends of the range, so that a
// comparison stays true; formulas fail there, so that no number is wrong.

// columnFuncs are sum, min, max and count for conditions.
func columnFuncs() []expr.Option {
	return []expr.Option{
		expr.Function("sum", func(a ...any) (any, error) {
			n := 0
			for _, x := range a[0].([]int) {
				n = add(n, x)
			}
			return n, nil
		}, new(func([]int) int)),
		extreme("min", func(a, b int) bool { return a < b }), extreme("max", func(a, b int) bool { return a > b }), countFunc(),
	}
}

func exactSum(a ...any) (any, error) {
	n, err := 0, error(nil)
	for _, x := range a[0].([]int) {
		if n, err = exactAdd(n, x); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// extreme is min or max: of a column, or of two numbers. Of an empty column it is 0.
func extreme(name string, better func(a, b int) bool) expr.Option {
	return expr.Function(name, func(a ...any) (any, error) {
		list, ok := a[0].([]int)
		if !ok {
			list = []int{a[0].(int), a[1].(int)}
		}
		best := 0
		for i, x := range list {
			if i == 0 || better(x, best) {
				best = x
			}
		}
		return best, nil
	}, new(func([]int) int), new(func(int, int) int))
}

// countFunc counts the cells of a column that were filled in. Rows are counted by a member of the table.
func countFunc() expr.Option {
	return expr.Function("count", func(a ...any) (any, error) {
		if l, ok := a[0].([]string); ok {
			return len(l) * Scale, nil
		}
		return len(a[0].([]int)) * Scale, nil
	}, new(func([]int) int), new(func([]string) int))
}

// dateFuncs count days and hours between two dates or times, which they get as texts. One that was not given,
// and an end before its start, make 0.
func dateFuncs() []expr.Option {
	return []expr.Option{
		expr.Function(internal+"days", func(a ...any) (any, error) {
			start, err1 := time.Parse(time.DateOnly, a[0].(string))
			end, err2 := time.Parse(time.DateOnly, a[1].(string))
			if err1 != nil || err2 != nil || end.Before(start) {
				return 0, nil
			}
			return (int(end.Sub(start)/(24*time.Hour)) + 1) * Scale, nil // both days count
		}, new(func(string, string) int)),
		expr.Function(internal+"hours", func(a ...any) (any, error) {
			start, err1 := time.Parse(time.RFC3339, a[0].(string))
			end, err2 := time.Parse(time.RFC3339, a[1].(string))
			if err1 != nil || err2 != nil || end.Before(start) {
				return 0, nil
			}
			return exactDiv(int(end.Sub(start)/time.Second)*Scale, 3600*Scale)
		}, new(func(string, string) int)),
	}
}
