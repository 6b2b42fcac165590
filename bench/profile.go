package main

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// profileTo begins the names of the CPU profiles of our turns, which go tool pprof takes all together; "": none are made.
var profileTo string

var profiles int

// profile starts one; stop ends it.
func profile() (stop func(), err error) {
	if profileTo == "" {
		return func() {}, nil
	}
	profiles++
	f, err := os.Create(fmt.Sprintf("%s.%d", profileTo, profiles))
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("profile: %w", err)
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}
