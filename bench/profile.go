package main

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// profileTo is where the CPU profile of each turn of ours goes, the last one staying; "": none is made.
var profileTo string

// profile starts one; stop ends it.
func profile() (stop func(), err error) {
	if profileTo == "" {
		return func() {}, nil
	}
	f, err := os.Create(profileTo)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("profile: %w", err)
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}
