package delivery

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"magpie/adapters"
	"magpie/config"
)

// budgets are the token buckets of all connections. Safe for concurrent use.
type budgets struct {
	processes int

	mu      sync.Mutex
	buckets map[bucketKey]*bucket
	swept   time.Time
}

type bucketKey struct {
	connection string
	op         string
	scope      adapters.BudgetScope
	subject    string // recipient or message; "" per app
	n          int
	every      time.Duration
}

type bucket struct {
	*rate.Limiter
	used time.Time
	tail time.Time // when the last of those that wait outside is to ask again
}

// spacing is the coalescing of updates: one change a second and slot, over any longer time. Three may follow each
// other at once: the first after a card was sent is the answer to a press, and decisions that follow quickly are to be
// seen within a second each.
var spacing = adapters.Budget{Op: opUpdate, Scope: adapters.PerMessage, N: 1, Every: time.Second}

const spacingBurst = 3

// stage says which budgets count. A row passes those of its own recipient and message first, and those it
// shares with the whole app when it is about to leave: tokens taken long before the call would be no limit.
type stage int

const (
	own stage = iota
	shared
)

// room is when a row may leave.
type room struct {
	wait time.Duration // 0: now
	// taken: the tokens are this row's, it leaves after wait. Otherwise none were taken: the row is to ask
	// again after wait, which is spread so that rows that wait for the same budget come back one by one.
	taken bool
}

// reserve asks every budget of a stage that applies. A wait of at most hold is taken, except one for the
// row's own message: given back, it may be replaced by newer content meanwhile.
func (b *budgets) reserve(now time.Time, st stage, r *row, all []adapters.Budget, hold time.Duration) room {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	var wait time.Duration
	var longest *bucket
	var taken []*rate.Reservation
	replaceable := false
	for _, g := range all {
		if (g.Scope == adapters.PerApp) != (st == shared) || g.Op != "*" && g.Op != r.op {
			continue
		}
		l := b.bucket(r, g)
		if l == nil {
			continue
		}
		l.used = now
		res := l.ReserveN(now, 1)
		taken = append(taken, res)
		if d := res.DelayFrom(now); d > wait {
			wait, longest, replaceable = d, l, g.Scope == adapters.PerMessage
		}
	}
	if wait == 0 || wait <= hold && !replaceable {
		return room{wait, true}
	}
	for i := len(taken) - 1; i >= 0; i-- {
		taken[i].CancelAt(now)
	}
	if !replaceable {
		gap := time.Duration(float64(time.Second) / float64(longest.Limit()))
		at := now.Add(wait)
		if next := longest.tail.Add(gap); next.After(at) {
			at = next
		}
		longest.tail = at
		wait = at.Sub(now)
	}
	return room{wait, false}
}

// bucket finds or makes the bucket of a budget for a row; nil when it does not concern it.
func (b *budgets) bucket(r *row, g adapters.Budget) *bucket {
	subject := ""
	switch g.Scope {
	case adapters.PerRecipient:
		subject = r.recipient
	case adapters.PerMessage:
		subject = r.slot
	}
	if subject == "" && g.Scope != adapters.PerApp {
		return nil
	}
	k := bucketKey{r.conn.ID, g.Op, g.Scope, subject, g.N, g.Every}
	l := b.buckets[k]
	if l == nil {
		l = &bucket{Limiter: limiter(g, b.processes)}
		if b.buckets == nil {
			b.buckets = map[bucketKey]*bucket{}
		}
		b.buckets[k] = l
	}
	return l
}

// limiter makes a bucket that lets at most N through in any span of Every: what may burst and what flows
// in meanwhile add up to N.
func limiter(g adapters.Budget, processes int) *rate.Limiter {
	n, every := g.N, g.Every
	if processes > 1 {
		if n >= processes {
			n /= processes
		} else { // fewer than one each: the same share over a longer span
			every, n = every*time.Duration(processes)/time.Duration(n), 1
		}
	}
	if g == spacing {
		return rate.NewLimiter(rate.Every(every), spacingBurst)
	}
	if n <= 1 {
		return rate.NewLimiter(rate.Every(every), 1)
	}
	burst := max(1, n/5)
	return rate.NewLimiter(rate.Limit(float64(n-burst)/every.Seconds()), burst)
}

// sweep forgets buckets that are full again. Called with the lock held.
func (b *budgets) sweep(now time.Time) {
	if now.Sub(b.swept) < time.Minute {
		return
	}
	b.swept = now
	for k, l := range b.buckets {
		if now.Sub(l.used) > k.every && l.TokensAt(now) >= float64(l.Burst()) {
			delete(b.buckets, k)
		}
	}
}

// budgetsOf lists what limits a connection: the vendor's, the administrator's, and ours.
func budgetsOf(caps adapters.Capabilities, l config.Limits) []adapters.Budget {
	out := make([]adapters.Budget, 0, len(caps.Budgets)+4)
	for _, g := range caps.Budgets {
		if g.N > 0 && g.Every > 0 {
			out = append(out, g)
		}
	}
	if l.PerMinute > 0 {
		out = append(out, adapters.Budget{Op: "*", Scope: adapters.PerApp, N: l.PerMinute, Every: time.Minute})
	}
	if l.PerSecond > 0 {
		out = append(out, adapters.Budget{Op: "*", Scope: adapters.PerApp, N: l.PerSecond, Every: time.Second})
	}
	if l.PerRecipient > 0 {
		out = append(out, adapters.Budget{Op: "*", Scope: adapters.PerRecipient, N: l.PerRecipient, Every: time.Second})
	}
	return append(out, spacing)
}
