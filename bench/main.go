// Command bench measures Magpie against floors taken in the same run, prints a table and writes
// bench/results.md. Absolute figures move with the machine; the ratios are what counts.
//
//	go run ./bench [-seconds N] [-turn 1s] [-rounds N] [-only webhook|approval|open] [-store sqlite|mysql] [-open N]
//
// MAGPIE_TEST_MYSQL holds the address of an empty MariaDB or MySQL server ("root@tcp(127.0.0.1:3306)/");
// without it those rows are left out, and the table says so.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // as magpie serve; for the floors as well
	}
	if len(os.Args) > 1 && os.Args[1] == serveArg {
		if err := serveChild(ctx, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench server:", err)
			os.Exit(1)
		}
		return
	}
	seconds := flag.Int("seconds", 8, "length of each measurement of the way in")
	turn := flag.Duration("turn", time.Second, "length of each turn of the approvals, for the floor and for ours")
	rounds := flag.Int("rounds", 24, "turns of the approvals for each; the median of their ratios counts")
	only := flag.String("only", "", "webhook, approval or open; all when empty")
	one := flag.String("store", "", "sqlite or mysql; both when empty")
	open := flag.Int("open", 0, "measure with so many open instances as well, which are made first: a million are some 5 GB on each database; 0: not")
	fillFor := flag.Duration("fill-for", 6*time.Minute, "make no more of them after so long")
	out := flag.String("out", "bench/results.md", "write the table here as well; empty: nowhere")
	flag.StringVar(&profileTo, "cpuprofile", "", "write a CPU profile of each turn of approvals, without the floor, to a file that begins so; go tool pprof takes them all together")
	flag.Parse()
	r := &report{store: *one, mysql: os.Getenv("MAGPIE_TEST_MYSQL"), each: time.Duration(*seconds) * time.Second, turn: *turn, rounds: *rounds, open: *open, fillFor: *fillFor}
	if err := r.run(ctx, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	text := r.markdown()
	fmt.Print(text)
	if *out != "" {
		if err := os.WriteFile(*out, []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
	if !r.met() {
		os.Exit(1)
	}
}
