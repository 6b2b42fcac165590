package main

import "testing"

func TestGarbagePercent(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 400, 8 << 20: 400, 32 << 20: 400, 64 << 20: 200, 128 << 20: 100, 4 << 30: 100} {
		if got := garbagePercent(live); got != want {
			t.Errorf("with %d MB in use: %d %%, want %d", live>>20, got, want)
		}
	}
	if liveBytes() > 1<<40 {
		t.Error("more than a terabyte is in use")
	}
}
