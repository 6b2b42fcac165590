package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// errEnough ends a client of clients.
var errEnough = errors.New("enough")

func sortDurations(all []time.Duration) { slices.Sort(all) }

// clients runs op in a closed loop by n clients for a while and tells how many were done, how long it
// took, and how long each op took, in order.
func clients(ctx context.Context, n int, d time.Duration, op func(ctx context.Context, client, i int) error) (int, time.Duration, []time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var done atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	var first error
	start := time.Now()
	for c := range n {
		wg.Go(func() {
			var mine []time.Duration
			for i := 0; time.Since(start) < d && ctx.Err() == nil; i++ {
				t := time.Now()
				err := op(ctx, c, i)
				if errors.Is(err, errEnough) {
					break
				}
				if err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
					cancel()
					break
				}
				mine = append(mine, time.Since(t))
				done.Add(1)
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	took := time.Since(start)
	sortDurations(all)
	return int(done.Load()), took, all, first
}

// percentile of sorted durations.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return all[min(len(all)-1, int(float64(len(all))*p))]
}

// cpuWith is the CPU time so far of this process, and of the other one unless that is 0.
func cpuWith(pid int) (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	mine := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	if pid == 0 {
		return mine, nil
	}
	other, err := cpuOf(pid)
	return mine + other, err
}

func inMillis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
