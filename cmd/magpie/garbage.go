package main

import (
	"context"
	"os"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

const (
	// mostGarbage is how much may pile up before it is collected, in percent of what is in use: with the
	// runtime's own 100 a tenth of a webhook's CPU time went into collecting it, since little is in use.
	mostGarbage = 400
	// garbageRoom bounds it in bytes where more is in use: a large directory does not take five times its size.
	garbageRoom  = 128 << 20
	garbageEvery = 10 * time.Second
)

// tuneGarbage sets how often garbage is collected, and keeps it fitting until ctx ends. GOGC in the environment wins.
func tuneGarbage(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	set := garbagePercent(liveBytes())
	debug.SetGCPercent(set)
	go func() {
		tick := time.NewTicker(garbageEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			// Setting it stops the world for a moment: not for a trifle.
			if want := garbagePercent(liveBytes()); want*10 < set*9 || want*9 > set*10 || want != set && want == mostGarbage {
				set = want
				debug.SetGCPercent(set)
			}
		}
	}()
}

// garbagePercent is the setting for so many bytes in use, between 100 and mostGarbage.
func garbagePercent(live uint64) int {
	if live == 0 {
		return mostGarbage
	}
	return int(min(max(100*garbageRoom/live, 100), mostGarbage))
}

// liveBytes is what the last collection found in use; 0 before the first.
func liveBytes() uint64 {
	s := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtimemetrics.Read(s)
	if s[0].Value.Kind() != runtimemetrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}
