package approval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/config"
	"magpie/workflows/cond"
)

// maxTried bounds how many forms are tried to find one that leads to a step.
const maxTried = 20_000

// hurdle is a condition on the way to a step: it must hold, or must not.
type hurdle struct {
	cond *cond.Cond
	not  bool
}

// reach warns of a step, or of an arm, that no form can lead to, and of a condition that always holds. Only
// conditions are judged that depend on nothing but comparisons with written values: they can be tried out.
func (c *compiler) reach(n *node, at *config.Node) {
	way := c.hurdles(n)
	if n.cond != nil {
		if _, fixed := n.cond.Fixed(); !fixed {
			switch yes, no, ok := c.try(append(slices.Clone(way), hurdle{cond: n.cond}), way); {
			case !ok:
			case !yes && !no: // the steps around it say so already
			case !yes:
				c.warnAt(at.At("if"), fmt.Sprintf("step %s can't be reached: no form makes %s true%s", n.id, n.cond, c.behind(way)), "a condition that some form fulfils")
			case !no:
				c.warnAt(at.At("if"), fmt.Sprintf("step %s: %s is always true%s", n.id, n.cond, c.behind(way)), "remove the condition")
			}
		}
	}
	if n.kind != nodeBranch && n.kind != nodeInclusive {
		return
	}
	key := "branch"
	if n.kind == nodeInclusive {
		key = "inclusive"
	}
	before := slices.Clone(way)
	for i, a := range n.arms {
		if a.cond != nil {
			if v, fixed := a.cond.Fixed(); fixed {
				if v {
					return // what follows is told of as unreachable already
				}
				continue
			}
		}
		to := before
		if n.kind == nodeInclusive && a.cond != nil {
			to = way
		}
		if a.cond != nil {
			to = append(slices.Clone(to), hurdle{cond: a.cond})
		}
		if yes, _, ok := c.try(to, nil); ok && !yes {
			word := "else"
			if a.cond != nil {
				word = a.cond.String()
			}
			c.warnAt(at.At(fmt.Sprintf("%s[%d]", key, i)), fmt.Sprintf("this arm can't be reached: %s after %s", word, c.words(to[:len(to)-btoi(a.cond != nil)])), "put the narrower condition first, or remove the arm")
		}
		if a.cond != nil {
			before = append(before, hurdle{cond: a.cond, not: true})
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// hurdles are the conditions of the arms around a step.
func (c *compiler) hurdles(n *node) []hurdle {
	var out []hurdle
	for _, w := range n.within {
		id, i, _ := strings.Cut(w, "/")
		outer := c.p.nodes[id]
		k, err := strconv.Atoi(i)
		if outer == nil || err != nil || k >= len(outer.arms) || outer.kind == nodeParallel {
			continue
		}
		if outer.kind == nodeBranch || outer.arms[k].cond == nil {
			for _, a := range outer.arms[:k] {
				if a.cond != nil {
					out = append(out, hurdle{cond: a.cond, not: true})
				}
			}
		}
		if a := outer.arms[k]; a.cond != nil {
			out = append(out, hurdle{cond: a.cond})
		}
	}
	return out
}

func (c *compiler) words(way []hurdle) string {
	var texts []string
	for _, h := range way {
		if h.not {
			texts = append(texts, "not ("+h.cond.String()+")")
		} else {
			texts = append(texts, h.cond.String())
		}
	}
	return pathWords(texts)
}

func (c *compiler) behind(way []hurdle) string {
	if len(way) == 0 {
		return ""
	}
	return " after " + c.words(way)
}

// try looks for a form that takes all hurdles, and for one that takes those of base but not all. ok is false
// when that can't be found out by trying.
func (c *compiler) try(all, base []hurdle) (yes, no, ok bool) {
	var numbers []cond.Decimal
	var texts, ids []string
	for _, h := range all {
		ns, ts, exact := h.cond.Literals()
		if !exact {
			return false, false, false
		}
		numbers, texts = append(numbers, ns...), append(texts, ts...)
		for _, id := range h.cond.Fields() {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	total := 1
	tries := make([][]cond.Value, len(ids))
	for i, id := range ids {
		f := c.p.byField[id]
		if f == nil || f.formula != nil { // what is computed is not free
			return false, false, false
		}
		tries[i] = samples(f, numbers, texts)
		if total *= len(tries[i]); total > maxTried || total == 0 {
			return false, false, false
		}
	}
	form := make(map[string]cond.Value, len(ids))
	for k := range total {
		for i, id := range ids {
			form[id] = tries[i][k%len(tries[i])]
			k /= len(tries[i])
		}
		switch {
		case holds(all, form):
			yes = true
		case holds(base, form):
			no = true
		}
		if yes && no {
			break
		}
	}
	return yes, no, true
}

func holds(way []hurdle, form map[string]cond.Value) bool {
	for _, h := range way {
		if v, err := h.cond.Eval(cond.Values{Form: form}); err != nil || v == h.not {
			return false
		}
	}
	return true
}

// samples are values of a field between which no condition can change: the literals, their neighbours, the
// bounds of the field, something else, and nothing where that is allowed.
func samples(f *field, numbers []cond.Decimal, texts []string) []cond.Value {
	var out []cond.Value
	add := func(s string) {
		if v := (cond.Value{Text: s}); !slices.ContainsFunc(out, func(o cond.Value) bool { return o.Text == s }) {
			out = append(out, v)
		}
	}
	if !f.required && f.typ != typeBool {
		add("")
	}
	switch f.condKind() {
	case cond.Number:
		low, high, step := cond.Decimal(-1<<40), cond.Decimal(1<<50), cond.Decimal(1)
		if f.typ == typeMoney {
			low, step = 0, cond.Scale/100
		}
		if f.min != nil {
			low = *f.min
		}
		if f.max != nil {
			high = *f.max
		}
		for _, n := range append(slices.Clone(numbers), low, high) {
			for _, d := range []cond.Decimal{n - step, n, n + step} {
				if d >= low && d <= high {
					add(d.String())
				}
			}
		}
	case cond.Bool:
		add("true")
		add("false")
	case cond.Date, cond.DateTime:
		add("1970-01-01")
		for _, t := range texts {
			add(t)
			if d, err := time.Parse(time.DateOnly, t); err == nil {
				add(d.AddDate(0, 0, 1).Format(time.DateOnly))
				add(d.AddDate(0, 0, -1).Format(time.DateOnly))
			} else if d, err := time.Parse(time.RFC3339, t); err == nil {
				add(cond.CanonicalTime(d.Add(time.Second)))
				add(cond.CanonicalTime(d.Add(-time.Second)))
			}
		}
		add("9999-12-31")
	case cond.List:
		return subsets(f, texts)
	default:
		if len(f.options) > 0 {
			for _, o := range f.options {
				add(o.Value)
			}
			break
		}
		for _, t := range texts {
			add(t)
		}
		add("\u0001") // something else
	}
	return out
}

// subsets are the choices of a list: every combination of those that are named, and one that is not.
func subsets(f *field, texts []string) []cond.Value {
	named := slices.Clone(texts)
	if len(f.options) > 0 {
		named = slices.DeleteFunc(named, func(t string) bool {
			return !slices.ContainsFunc(f.options, func(o optionSpec) bool { return o.Value == t })
		})
	}
	if len(named) > 8 {
		return nil
	}
	if len(f.options) != len(named) || len(f.options) == 0 {
		named = append(named, "\u0001")
	}
	var out []cond.Value
	for bits := range 1 << len(named) {
		var v cond.Value
		for i, t := range named {
			if bits>>i&1 == 1 {
				v.List = append(v.List, t)
			}
		}
		if len(v.List) > 0 || !f.required {
			out = append(out, v)
		}
	}
	return out
}
