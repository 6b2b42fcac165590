package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// row is one figure beside its floor.
type row struct {
	what   string
	figure string
	floor  string
	ratio  string
	bar    string
	met    bool
}

type report struct {
	mysql   string
	store   string        // driver of the only store to measure; "": all
	each    time.Duration // of one measurement of the way in
	turn    time.Duration // of one measurement of approvals, of which there are
	rounds  int           // turns for the floor, and as many for ours
	open    int           // instances to be made first; 0: not measured
	fillFor time.Duration
	rows    []row
	notes   []string
}

func (r *report) add(rows ...row) { r.rows = append(r.rows, rows...) }

// progress tells whoever waits how it goes; the table comes at the end.
func (r *report) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

func (r *report) met() bool {
	for _, x := range r.rows {
		if !x.met {
			return false
		}
	}
	return true
}

var sqlite = driver{name: "SQLite FULL", driver: "sqlite", maxCPU: 1.5}

// drivers are the stores measured in this run.
func (r *report) drivers() []driver {
	all := []driver{sqlite}
	if r.mysql != "" {
		all = append(all, driver{name: "MariaDB", driver: "mysql", server: r.mysql, maxCPU: 3})
	}
	return slices.DeleteFunc(all, func(d driver) bool { return r.store != "" && r.store != d.driver })
}

func (r *report) run(ctx context.Context, only string) error {
	if r.mysql == "" && r.store != "sqlite" {
		r.notes = append(r.notes, "MAGPIE_TEST_MYSQL is not set: the MariaDB rows were left out.")
	}
	if only == "" || only == "webhook" {
		if err := r.webhook(ctx); err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
	}
	if only == "" || only == "approval" {
		if err := r.approval(ctx); err != nil {
			return fmt.Errorf("approval: %w", err)
		}
	}
	if r.open > 0 && (only == "" || only == "open") {
		if err := r.grown(ctx); err != nil {
			return fmt.Errorf("with many open instances: %w", err)
		}
	}
	return nil
}

func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\n%s, %d cores, %s, commit %s, %s\n\n", cpuModel(), runtime.NumCPU(), runtime.Version(), commitID(),
		time.Now().UTC().Format("2006-01-02 15:04Z"))
	b.WriteString("| what | figure | floor, same run | ratio | bar | met |\n|---|---|---|---|---|---|\n")
	for _, x := range r.rows {
		met := "yes"
		if !x.met {
			met = "**no**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", x.what, x.figure, x.floor, x.ratio, x.bar, met)
	}
	b.WriteString("\n")
	for _, n := range append(r.notes, notes...) {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

// notes say what is measured, so that nobody reads more into a figure than there is.
var notes = []string{
	"Webhook: an encrypted, signed Feishu message over HTTP on loopback, 50 connections; the server is a process of its own, its CPU time is read from the kernel. The floor is the same handler that authenticates, decrypts and decodes, and stores nothing.",
	"Events are stored and acknowledged; handling them is not part of these rows.",
	"Three-step approval: handing in the form and three approvals by three persons, each press stored in the inbox, stepped, and committed with its cards in the outbox; 8 clients, the last commit seen. Making the draft is not timed, sending is not part of it. The floor is four bare transactions, each one INSERT and one UPDATE by key, through the same driver and settings, 8 clients. Both run in turns; figures are medians of the turns, the ratio is the median of the rounds' ratios.",
	"Garbage is collected as in magpie serve (GOGC 400 for a small heap), for the floors as well.",
	"Load and server share the machine's cores.",
}

func commitID() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func cpuModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return runtime.GOARCH
}
