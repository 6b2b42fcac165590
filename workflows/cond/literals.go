package cond

import "slices"

// literals are the values that a condition compares with: between two neighbours of them it can't change.
type literals struct {
	numbers []Decimal
	texts   []string
	loose   bool // it also depends on sums, parts of texts or two fields at once
}

func (l *literals) number(d Decimal) {
	if !slices.Contains(l.numbers, d) {
		l.numbers = append(l.numbers, d)
	}
}

func (l *literals) text(s string) {
	if !slices.Contains(l.texts, s) {
		l.texts = append(l.texts, s)
	}
}

// loosen notes a function of a value; it is true, to stand in a condition.
func (n *narrow) loosen() bool {
	n.seen.loose = true
	return true
}

// Literals are the numbers and texts that the condition compares fields with. exact is set when it depends on
// nothing else: tried with each literal, its neighbours and something else, it shows all that it can be.
func (c *Cond) Literals() (numbers []Decimal, texts []string, exact bool) {
	return c.lit.numbers, c.lit.texts, !c.lit.loose && !c.person
}
