package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// committers is how many shared transactions may be under way: while one is with the server, the next is
	// written by its clients. More of them make smaller groups, which cost the server more.
	committers = 2
	maxShared  = 32
	maxLinger  = 3 * time.Millisecond // far below what a person notices
)

// committer lets commands that are committed at the same time share a transaction on MySQL: the server
// then reads one long INSERT per table instead of many, and syncs once. Each command keeps its own guards.
// When one fails them the transaction is rolled back and sent again without it; when a statement fails, or
// the revision of an instance moved on, each command goes alone.
type committer struct {
	s     *Store
	queue chan *command
	quit  chan struct{}
	ended chan struct{}
	once  sync.Once
	wg    sync.WaitGroup
}

// command is a Commit on its way.
type command struct {
	key   string // the instance; two commands on one instance never share a transaction
	ops   []op
	state atomic.Int32
	err   error
	done  chan struct{}
}

func newCommitter(s *Store) *committer {
	c := &committer{s: s, queue: make(chan *command, 8*maxShared), quit: make(chan struct{}), ended: make(chan struct{})}
	for range committers {
		c.wg.Go(c.loop)
	}
	return c
}

// close carries out what waits.
func (c *committer) close() {
	c.once.Do(func() {
		close(c.quit)
		c.wg.Wait()
		close(c.ended)
	})
}

func (c *committer) do(ctx context.Context, key string, ops []op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &command{key: key, ops: ops, done: make(chan struct{})}
	select {
	case c.queue <- r:
	case <-c.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-r.done:
	case <-c.ended:
		select {
		case <-r.done: // answered just before the end
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		if r.state.CompareAndSwap(requestWaits, requestGivenUp) {
			return ctx.Err()
		}
		<-r.done
	}
	return r.err
}

func (c *committer) loop() {
	var next []*command // came in, but another of its instance went first
	quit := c.quit
	var l gather
	for {
		batch, keys := []*command(nil), map[string]bool{}
		add := func(r *command) bool {
			if r.key != "" && keys[r.key] {
				return false
			}
			if r.state.Load() == requestTaken || r.state.CompareAndSwap(requestWaits, requestTaken) {
				keys[r.key] = true
				batch = append(batch, r)
			}
			return true
		}
		next = slices.DeleteFunc(next, func(r *command) bool { return len(batch) < maxShared && add(r) })
		if len(batch) == 0 {
			select {
			case r := <-c.queue:
				add(r)
			case <-quit:
				quit = nil // take what is there, then end
			}
		}
		var patience <-chan time.Time
		if d := l.patience(time.Now()); d > 0 {
			patience = time.After(d)
		}
		for more := true; more && len(batch) < maxShared && len(next) < maxShared; {
			var late <-chan time.Time
			if len(batch) < l.size && quit != nil {
				late = patience
			}
			var r *command
			select {
			case r = <-c.queue:
			default:
				if late == nil {
					more = false
					break
				}
				select {
				case r = <-c.queue:
				case <-late:
					more = false
				case <-quit:
					more = false
				}
			}
			if r != nil && !add(r) && r.state.CompareAndSwap(requestWaits, requestTaken) {
				next = append(next, r)
			}
		}
		if len(batch) == 0 {
			if quit == nil && len(next) == 0 {
				return
			}
			continue
		}
		began := time.Now()
		c.run(batch)
		for _, r := range batch {
			close(r.done)
		}
		l.ran(len(batch)+len(next)+len(c.queue), began, time.Now())
	}
}

// gather is how long a group waits to become as large as the one before with those that waited meanwhile: who
// was in that one comes again soon when the server is busy, and what a group costs hardly depends on its size.
type gather struct {
	size  int // of the group that is expected
	took  time.Duration
	ended time.Time
}

func (l *gather) ran(size int, began, ended time.Time) {
	l.size, l.took, l.ended = min(size, maxShared), ended.Sub(began), ended
}

// patience is at most half of what the last group took, and none when that was long ago.
func (l *gather) patience(now time.Time) time.Duration {
	if l.size < 2 || now.Sub(l.ended) > l.took {
		l.size = 0
		return 0
	}
	return min(l.took/2, maxLinger)
}

// run carries out commands together, and sets the outcome of each.
func (c *committer) run(batch []*command) {
	slices.SortFunc(batch, func(a, b *command) int { return cmp.Compare(a.key, b.key) })
	for len(batch) > 0 {
		failed, err := c.s.sendShared(context.Background(), batch)
		if err != nil {
			break
		}
		if len(failed) == 0 {
			return
		}
		batch = slices.DeleteFunc(slices.Clone(batch), func(r *command) bool { return slices.Contains(failed, r) })
	}
	for _, r := range batch {
		r.err = c.s.packet(context.Background(), r.ops)
	}
}

// sendShared sends the commands as one transaction. failed are those whose guards found no row, with
// their errors set; nothing was written then. An error means that nobody's outcome is known but that
// nothing was written.
func (s *Store) sendShared(ctx context.Context, batch []*command) (failed []*command, err error) {
	conn, err := s.wdb.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	e := conn.Raw(func(dc any) error {
		c := dc.(*writeConn)
		together := shareCommands(batch)
		if failed, err = together.send(ctx, c); err == nil && len(failed) == 0 {
			if _, e := c.exec(ctx, "COMMIT", nil); e != nil {
				// Unknown to all of them: sending again would judge them by their own writes.
				for _, r := range batch {
					r.err = fmt.Errorf("the outcome of COMMIT is not known: %w", e)
				}
				return driver.ErrBadConn
			}
			for _, r := range batch {
				r.err = nil
			}
			return nil
		}
		if _, e := c.ExecContext(ctx, "ROLLBACK", nil); e != nil {
			return driver.ErrBadConn
		}
		if errors.Is(err, errMoved) {
			lost, e := together.lostRaces(ctx, c)
			if e == nil && len(lost) > 0 {
				failed, err = lost, nil
			}
			if _, e := c.ExecContext(ctx, "ROLLBACK", nil); e != nil {
				return driver.ErrBadConn
			}
		}
		return nil
	})
	_ = e // the connection is thrown away; the outcome is known or set above
	return failed, err
}
