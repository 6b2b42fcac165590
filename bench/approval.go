package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const approvalClients = 8

// approval measures the three-step approval on each store, floor and ours in short turns: a machine that has other
// things to do meanwhile has them for both. What counts is the median of the rounds' ratios.
func (r *report) approval(ctx context.Context) error {
	for _, d := range r.drivers() {
		c, err := r.compareApprovals(ctx, d, func(ctx context.Context) (turns, func(), error) { return openFloor(ctx, d) })
		if err != nil {
			return fmt.Errorf("on %s: %w", d.name, err)
		}
		cpu, floorCPU, p99 := c.ours.cpu.median(), c.other.cpu.median(), c.ours.p99.median()
		r.add(row{
			what: "three-step approvals, " + d.name, figure: fmt.Sprintf("%.0f/s", c.ours.rate.median()), floor: fmt.Sprintf("%.0f/s", c.other.rate.median()),
			ratio: c.ratio.String(), bar: "≥ 0.60", met: c.ratio.median() >= 0.6,
		}, row{
			what: "CPU an approval, load and database included, " + d.name, figure: fmt.Sprintf("%.2f ms, here %.2f", cpu, c.ours.here.median()), floor: fmt.Sprintf("%.2f ms, here %.2f", floorCPU, c.other.here.median()),
			ratio: fmt.Sprintf("%.2f", cpu/floorCPU), bar: fmt.Sprintf("≤ %.1f ms", d.maxCPU), met: cpu <= d.maxCPU,
		}, row{
			what: "one press stored, decided and committed, p99, " + d.name, figure: fmt.Sprintf("%.2f ms", p99), bar: "≤ 25 ms", met: p99 <= 25,
		})
	}
	return nil
}

// turns is a load that can be run again and again.
type turns interface {
	// turn runs it for a while and tells how many operations were done, and how long parts of them took where it knows.
	turn(ctx context.Context, each time.Duration) (n int, took time.Duration, parts []time.Duration, err error)
}

// series is what several turns gave.
type series struct{ rate, cpu, here, p99 spread } // a second; milliseconds: here is the part of cpu that is not the database's

// comparison is two loads in turns.
type comparison struct {
	ours, other series
	ratio       spread
}

// compareApprovals runs approvals on a fresh store in turns with another load. A first turn of each is not counted.
func (r *report) compareApprovals(ctx context.Context, d driver, open func(context.Context) (turns, func(), error)) (c comparison, err error) {
	other, done, err := open(ctx)
	if err != nil {
		return c, err
	}
	defer done()
	s, done, err := d.open(ctx)
	if err != nil {
		return c, err
	}
	defer done()
	ours, err := newRig(ctx, s)
	if err != nil {
		return c, err
	}
	pid := d.pid(ctx)
	for i := range r.rounds + 1 {
		// Who comes first changes, so that neither always follows the other.
		first, second := turnOf{other, &c.other, false}, turnOf{ours, &c.ours, true}
		if i%2 == 1 {
			first, second = second, first
		}
		for _, t := range []turnOf{first, second} {
			if err := t.run(ctx, r.turn, pid); err != nil {
				return c, err
			}
		}
		if i == 0 {
			c = comparison{}
			continue
		}
		k := i - 1
		c.ratio = append(c.ratio, c.ours.rate[k]/c.other.rate[k])
		r.progress("three-step approvals, %s, round %d: %.0f/s beside %.0f/s, CPU %.2f ms, %.2f of it here, beside %.2f ms, %.2f", d.name, i, c.ours.rate[k], c.other.rate[k], c.ours.cpu[k], c.ours.here[k], c.other.cpu[k], c.other.here[k])
	}
	return c, nil
}

type turnOf struct {
	load    turns
	to      *series
	profile bool
}

// run is one turn. pid is the database's process, 0 where there is none.
func (t turnOf) run(ctx context.Context, each time.Duration, pid int) error {
	if g, ok := t.load.(*rig); ok {
		// As many as may be needed: who has done a thousand a second may do some more.
		n := 200
		if k := len(t.to.rate); k > 0 {
			n = int(2*t.to.rate[k-1]*each.Seconds()) + 50
		}
		if err := g.prepare(ctx, n); err != nil {
			return err
		}
	}
	if t.profile {
		stop, err := profile()
		if err != nil {
			return err
		}
		defer stop()
	}
	here, err := cpuWith(0)
	if err != nil {
		return err
	}
	before, err := cpuWith(pid)
	if err != nil {
		return err
	}
	n, took, parts, err := t.load.turn(ctx, each)
	if err != nil {
		return err
	}
	after, err := cpuWith(pid)
	if err != nil {
		return err
	}
	hereAfter, err := cpuWith(0)
	if err != nil {
		return err
	}
	sortDurations(parts)
	t.to.rate = append(t.to.rate, float64(n)/took.Seconds())
	t.to.cpu = append(t.to.cpu, inMillis((after-before)/time.Duration(max(n, 1))))
	t.to.here = append(t.to.here, inMillis((hereAfter-here)/time.Duration(max(n, 1))))
	t.to.p99 = append(t.to.p99, inMillis(percentile(parts, .99)))
	return nil
}

// turn completes drafts until the time or they are used up.
func (g *rig) turn(ctx context.Context, each time.Duration) (int, time.Duration, []time.Duration, error) {
	var mu sync.Mutex
	var presses []time.Duration
	timed := func(press func() error) error {
		t := time.Now()
		err := press()
		mu.Lock()
		presses = append(presses, time.Since(t))
		mu.Unlock()
		return err
	}
	var next atomic.Int64
	n, took, _, err := clients(ctx, approvalClients, each, func(ctx context.Context, _, _ int) error {
		i := int(next.Add(1)) - 1
		if i >= len(g.drafts) {
			return errEnough
		}
		return g.complete(ctx, g.drafts[i], timed)
	})
	g.drafts = g.drafts[min(int(next.Load()), len(g.drafts)):]
	return n, took, presses, err
}

// floor is four bare transactions an operation, one INSERT and one UPDATE by key each.
type floor struct {
	db    *sql.DB
	state string
	ids   atomic.Int64
}

func openFloor(ctx context.Context, d driver) (turns, func(), error) {
	db, done, err := d.bare(ctx)
	return &floor{db: db, state: strings.Repeat("0", 600)}, done, err
}

func (f *floor) turn(ctx context.Context, each time.Duration) (int, time.Duration, []time.Duration, error) {
	return clients(ctx, approvalClients, each, func(ctx context.Context, c, _ int) error {
		id := fmt.Sprintf("%d-%d", c, f.ids.Add(1))
		for step := range 4 {
			if err := f.transaction(ctx, id, step); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *floor) transaction(ctx context.Context, id string, step int) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if step == 0 {
		_, err = tx.ExecContext(ctx, "INSERT INTO floor_item (id, rev, state) VALUES (?, 1, ?)", id, f.state)
	} else {
		_, err = tx.ExecContext(ctx, "INSERT INTO floor_log (id, item, body) VALUES (?, ?, ?)", id+"-"+strconv.Itoa(step), id, f.state)
	}
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE floor_item SET rev = rev + 1, state = ? WHERE id = ?", f.state, id); err != nil {
		return err
	}
	return tx.Commit()
}
