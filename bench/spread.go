package main

import (
	"fmt"
	"slices"
)

// spread is one figure as several rounds gave it.
type spread []float64

// median is the middle one, 0 when there is none.
func (s spread) median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// String is the median with the lowest and the highest.
func (s spread) String() string {
	if len(s) < 2 {
		return fmt.Sprintf("%.2f", s.median())
	}
	return fmt.Sprintf("%.2f (%.2f to %.2f, %d rounds)", s.median(), slices.Min(s), slices.Max(s), len(s))
}
