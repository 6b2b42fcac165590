package main

import (
	"fmt"
	"slices"
)

// spread is one figure as several rounds gave it.
type spread []float64

// median is the middle one, 0 when there is none.
func (s spread) median() float64 { return s.at(.5) }

// at is the figure below which that part of them lies.
func (s spread) at(part float64) float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	x := part * float64(len(s)-1)
	i := int(x)
	if i == len(s)-1 {
		return sorted[i]
	}
	return sorted[i] + (x-float64(i))*(sorted[i+1]-sorted[i])
}

// inverse is one divided by each.
func (s spread) inverse() spread {
	out := make(spread, len(s))
	for i, x := range s {
		out[i] = 1 / x
	}
	return out
}

// String is the median, and between which two figures half of the rounds lie.
func (s spread) String() string {
	if len(s) < 4 {
		return fmt.Sprintf("%.2f", s.median())
	}
	return fmt.Sprintf("%.2f (half of %d rounds: %.2f to %.2f)", s.median(), len(s), s.at(.25), s.at(.75))
}
